"""What a caller may see of a listing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from api.kernel.geography import LocationView
from api.kernel.types import to_t
from api.kernel.work import Work
from api.listings.models import Listing
from api.listings.repository import ListingRepository
from api.listings.schemas import ListingPrivate, ListingView
from api.listings.service import rough_t
from api.organisations.models import Organisation

_NAME = select(Organisation.name).where(Organisation.id == bindparam("id"))


def view(work: Work, row: Listing) -> ListingView:
    """One listing."""
    organisation = work.caller.organisation
    if not work.caller.owns(row.organisation_id):
        organisation = work.session.connection().execute(_NAME, {"id": row.organisation_id}).scalar_one()
    return _view(work, ListingRepository(work), row, organisation, None)


def views(work: Work, rows: Sequence[Any], km: Mapping[str, float]) -> list[ListingView]:
    """Rows that a search found; ``km`` by id where a distance was asked for."""
    repository = ListingRepository(work)
    return [_view(work, repository, row, row.organisation, km.get(row.id)) for row in rows]


def _view(work: Work, repository: ListingRepository, row: Listing, organisation: str, km: float | None) -> ListingView:
    private = repository.sees_private(row)
    return ListingView(
        id=row.id,
        organisation_id=row.organisation_id,
        organisation=organisation,
        mine=work.caller.owns(row.organisation_id),
        side=row.side,  # type: ignore[arg-type]
        name=row.name,
        materials=row.materials,
        grade=row.grade,  # type: ignore[arg-type]
        certified=row.certificate_id is not None,
        quantity=float(row.quantity),
        unit=row.unit,  # type: ignore[arg-type]
        t=to_t(row.quantity_kg),
        left_t=to_t(row.free_kg) if private else rough_t(row.free_kg),
        minimum_lot_t=to_t(row.minimum_lot_kg),
        window_from=row.window_from,
        window_to=row.window_to,
        price=row.reserve if row.price_public else None,
        street=row.street,
        location=LocationView.of(row),
        photo_ids=row.photo_ids,
        state=row.state,  # type: ignore[arg-type]
        km=None if km is None else round(km, 3),
        private=_private(row) if private else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )


def _private(row: Listing) -> ListingPrivate:
    return ListingPrivate(
        reserve=row.reserve,
        auto_accept=row.auto_accept,
        reserved_t=to_t(row.reserved_kg),
        committed_t=to_t(row.committed_kg),
        daily_max_t=None if row.daily_max_kg is None else to_t(row.daily_max_kg),
        site_id=row.site_id,
        certificate_id=row.certificate_id,
        note=row.note,
    )


def features(rows: Sequence[ListingView]) -> dict[str, object]:
    """GeoJSON of listings: points with the public fields."""
    hidden = {"location", "private", "mine"}
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": row.id,
                "geometry": {"type": "Point", "coordinates": [row.location.lon, row.location.lat]},
                "properties": row.model_dump(mode="json", exclude=hidden),
            }
            for row in rows
        ],
    }
