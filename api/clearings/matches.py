"""From the matches of a settlement to draft proposals."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from api.clearings.models import Clearing
from api.facilities.models import Facility
from api.kernel.quantities import density
from api.kernel.types import round_cny
from api.kernel.work import Work
from api.listings.models import Listing
from api.proposals.models import Proposal

MOST_ROUNDING = Decimal("0.03")  # CNY/t that rounding to the fen can move a price
GRAM = 1e-3  # kg; the solver is exact to less
LEAST_KG = 100  # what the solver's rounding leaves is no match


def drafts(work: Work, clearing: Clearing, found: dict[str, Any]) -> tuple[list[Proposal], dict[str, int]]:
    """One proposal for each pair, material and grade; and how many matches are not proposed, by reason.

    Quantities are rounded down to whole kg, so that no listing gives more than it has. A match below the minimum lot of
    either side is not proposed: its quantity stays on the market.
    """
    listings = _rows(work, Listing, _ids(found, "lst"))
    facilities = _rows(work, Facility, _ids(found, "fac"))
    left_out = {"below_minimum_lot": 0, "too_small": 0}
    proposals = []
    for match in found["matches"]:
        schedule = _whole_kg(match["dates"])
        kg = sum(step["kg"] for step in schedule)
        seller, buyer = (listings.get(match[end]) or facilities[match[end]] for end in ("from", "to"))
        buyer_kg = _taken_of(work, buyer, match["material"], kg) if isinstance(buyer, Listing) else kg
        lots = [(side, own) for side, own in ((seller, kg), (buyer, buyer_kg)) if isinstance(side, Listing)]
        if kg < LEAST_KG:
            left_out["too_small"] += 1
        elif any(own < side.minimum_lot_kg for side, own in lots):
            left_out["below_minimum_lot"] += 1
        else:
            proposals.append(_proposal(clearing, match, seller, buyer, kg, buyer_kg, schedule, found, facilities))
    return proposals, left_out


def _whole_kg(dates: list[tuple[str, float]]) -> list[dict[str, Any]]:
    """Days in whole kg; what is cut off one day is carried to the next, so that only the last gram is lost."""
    schedule, total, told = [], 0.0, 0
    for date, t in dates:
        total += t
        kg = math.floor(total * 1000 + GRAM) - told
        if kg > 0:
            schedule.append({"date": date, "kg": kg})
            told += kg
    return schedule


def _rows(work: Work, model: Any, ids: list[str]) -> dict[str, Any]:
    return {row.id: row for row in work.session.execute(select(model).where(model.id.in_(ids))).scalars()}


def _ids(found: dict[str, Any], prefix: str) -> list[str]:
    ends = {match[end] for match in found["matches"] for end in ("from", "to")}
    ends |= {gate["place"] for gate in found["nearest"].values()}
    return sorted(id_ for id_ in ends if id_.startswith(f"{prefix}_"))


def _taken_of(work: Work, listing: Listing, material: str, kg: int) -> int:
    """What kg of a material takes of a demand's quantity: in m³ each material counts by its own density."""
    units = kg / 1000 / density(work.district.materials[material], listing.unit)
    return math.floor(units * listing.quantity_kg / float(listing.quantity) + GRAM)


def _proposal(
    clearing: Clearing,
    match: dict[str, Any],
    seller: Listing | Facility,
    buyer: Listing | Facility,
    kg: int,
    buyer_kg: int,
    schedule: list[dict[str, Any]],
    found: dict[str, Any],
    facilities: dict[str, Facility],
) -> Proposal:
    seller_price, buyer_price, haul, externality = _prices(seller, buyer, match)
    now = clearing.created_at
    why_zh, why_en = _why(match, seller, buyer, found["nearest"].get(match["from"]), facilities)
    return Proposal(
        clearing_id=clearing.id,
        seller_id=seller.organisation_id,
        buyer_id=buyer.organisation_id,
        seller_listing_id=seller.id if isinstance(seller, Listing) else None,
        seller_facility_id=seller.id if isinstance(seller, Facility) else None,
        buyer_listing_id=buyer.id if isinstance(buyer, Listing) else None,
        buyer_facility_id=buyer.id if isinstance(buyer, Facility) else None,
        material=match["material"],
        grade=match["grade"],
        kg=kg,
        buyer_kg=buyer_kg,
        schedule=schedule,
        km=round(match["km"], 3),
        seller_price=seller_price,
        buyer_price=buyer_price,
        haul=haul,
        externality=externality,
        within_limits=match["within_limits"],
        gap=round_cny(match["gap"]),
        why_zh=why_zh,
        why_en=why_en,
        created_at=now,
        updated_at=now,
    )


def _prices(
    seller: Listing | Facility, buyer: Listing | Facility, match: dict[str, Any]
) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Seller's price, buyer's price, haul and externality in whole fen that still add up and keep within limits.

    The seller's price is rounded, and moved by a fen where rounding would carry it past the seller's reserve; the
    buyer's follows, and what is left of a fen past the buyer's reserve is taken off the drive.
    """
    haul, externality = round_cny(match["haul"]), round_cny(match["externality"])
    seller_price = round_cny(match["seller_price"])
    within = match["within_limits"]
    if within and isinstance(seller, Listing):
        seller_price = max(seller_price, seller.reserve or Decimal(0))
    buyer_price = seller_price + haul + externality
    if within and isinstance(buyer, Listing):
        over = buyer_price - (buyer.reserve or Decimal(0))
        if Decimal(0) < over <= MOST_ROUNDING:
            haul, buyer_price = haul - over, buyer_price - over
    return seller_price, buyer_price, haul, externality


def _why(
    match: dict[str, Any],
    seller: Listing | Facility,
    buyer: Listing | Facility,
    gate: dict[str, Any] | None,
    facilities: dict[str, Facility],
) -> tuple[str, str]:
    """Why here: how far, what the drive costs and, for who gives away, what the nearest legal gate would cost."""
    km, haul = match["km"], match["haul"]
    zh = f"离{buyer.name} {km:.1f} 公里，每吨运费 {haul:.2f} 元。"
    en = f"{km:.1f} km to {buyer.name}, {haul:.2f} CNY/t for the drive."
    if gate is None or gate["place"] == buyer.id:
        if gate is not None:
            zh += "这也是最近的合法去处。"
            en += " It is the nearest legal gate as well."
        return zh, en
    saving = match["seller_price"] + gate["cost"]
    name = facilities[gate["place"]].name
    zh += f"最近的合法去处{name}在 {gate['km']:.1f} 公里外，连同进场费每吨 {gate['cost']:.2f} 元"
    en += (
        f" The nearest legal gate, {name}, is {gate['km']:.1f} km away and costs {gate['cost']:.2f} CNY/t with its fee"
    )
    if saving > 0.005:
        return f"{zh}；这样每吨省 {saving:.2f} 元。", f"{en}; this saves {saving:.2f} CNY/t."
    return f"{zh}。", f"{en}."
