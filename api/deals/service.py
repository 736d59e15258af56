"""Striking deals, and showing them."""

from __future__ import annotations

from collections.abc import Sequence

from api.deals.models import Deal
from api.deals.repository import DealRepository
from api.deals.schemas import DealView, Step
from api.kernel.types import to_t
from api.kernel.work import Audience, Work
from api.listings import service as listings
from api.organisations.service import contact_of
from api.sides import Sides


def strike(work: Work, deal: Deal, *, reserved: bool) -> Deal:
    """Makes a deal: the quantities of its listings are committed and both parties are told.

    Args:
        reserved: the quantities are held already, by a proposal.

    Raises:
        OverCommitted: a listing has not that much left.
    """
    rows = listings.lock(work, (deal.seller_listing_id, deal.buyer_listing_id))
    if deal.seller_listing_id is not None:
        listings.commit(work, rows[deal.seller_listing_id], deal.kg, reserved=reserved)
    if deal.buyer_listing_id is not None:
        listings.commit(work, rows[deal.buyer_listing_id], deal.buyer_kg, reserved=reserved)
    DealRepository(work).add(deal)
    shown = {"material": deal.material, "t": to_t(deal.kg), "clearing_id": deal.clearing_id}
    work.tell("deal.struck", deal.id, to=Audience(organisations=(deal.seller_id, deal.buyer_id)), shown=shown)
    return deal


def views(work: Work, rows: Sequence[Deal]) -> list[DealView]:
    """Deals as the caller may see them; contacts are for the parties and overseers, who are all that see a deal."""
    sides = Sides(work, rows)
    return [_view(work, row, sides) for row in rows]


def _view(work: Work, row: Deal, sides: Sides) -> DealView:
    both = work.caller.oversees or row.offer_id is not None
    return DealView(
        **{name: getattr(row, name) for name in _PLAIN},
        **sides.named(row),
        t=to_t(row.kg),
        seller_price=row.seller_price if both or work.caller.owns(row.seller_id) else None,
        buyer_price=row.buyer_price if both or work.caller.owns(row.buyer_id) else None,
        schedule=[Step(date=step["date"], t=to_t(step["kg"])) for step in row.schedule],
        seller_contact=contact_of(sides.organisations[row.seller_id]),
        buyer_contact=contact_of(sides.organisations[row.buyer_id]),
    )


_PLAIN = (
    "id", "clearing_id", "proposal_id", "offer_id", "seller_id", "buyer_id", "seller_listing_id", "seller_facility_id",
    "buyer_listing_id", "buyer_facility_id", "material", "grade", "haul", "externality", "haul_by", "tolerance",
    "state", "created_at", "version",
)  # fmt: skip
