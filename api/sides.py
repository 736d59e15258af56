"""What proposals, offers and deals have in common: two parties, each with a place, named for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from api.facilities.models import Facility
from api.kernel.work import Work
from api.listings.models import Listing
from api.organisations.models import Organisation


class Sides:
    """Names of the parties and places of some rows, read at once."""

    def __init__(self, work: Work, rows: Sequence[Any]) -> None:
        self.organisations = _by_id(work, Organisation, (id_ for row in rows for id_ in (row.seller_id, row.buyer_id)))
        listings = (id_ for row in rows for id_ in (row.seller_listing_id, row.buyer_listing_id))
        facilities = (id_ for row in rows for id_ in (row.seller_facility_id, row.buyer_facility_id))
        self._places = {**_by_id(work, Listing, listings), **_by_id(work, Facility, facilities)}

    def named(self, row: Any) -> dict[str, Any]:
        """seller, buyer, seller_place and buyer_place of a row."""
        return {
            "seller": self.organisations[row.seller_id].name,
            "buyer": self.organisations[row.buyer_id].name,
            "seller_place": self._place(row.seller_listing_id or row.seller_facility_id),
            "buyer_place": self._place(row.buyer_listing_id or row.buyer_facility_id),
        }

    def _place(self, id_: str | None) -> str:
        return self._places[id_].name if id_ is not None else ""


def _by_id(work: Work, model: Any, ids: Iterable[str | None]) -> dict[str, Any]:
    wanted = sorted({id_ for id_ in ids if id_ is not None})
    if not wanted:
        return {}
    return {row.id: row for row in work.session.execute(select(model).where(model.id.in_(wanted))).scalars()}
