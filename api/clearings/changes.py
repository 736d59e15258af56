"""What is different from the clearing before, pair by pair, and why: from facts that are on record, never a guess."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from api.clearings.models import Clearing
from api.deals.models import Deal
from api.facilities.models import Facility
from api.kernel.work import Work
from api.listings.models import Listing
from api.proposals.models import Proposal

Pair = tuple[str, str, str]  # from, to, material
SAME_KG = 500
MOST = 500  # changes kept, the largest first
STATES = {
    "withdrawn": ("已撤回", "was withdrawn"),
    "closed": ("已关闭", "was closed"),
    "expired": ("已过期", "is over"),
    "matched": ("已全部成交", "is wholly agreed"),
    "draft": ("未开放", "is not open"),
}


def changes_against(work: Work, clearing: Clearing, proposals: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Pairs whose t differ from the previous clearing's, the largest difference first."""
    if clearing.previous_id is None:
        return []
    previous = work.session.get_one(Clearing, clearing.previous_id)
    earlier = work.session.execute(select(Proposal).where(Proposal.clearing_id == previous.id)).scalars()
    before, now = _by_pair(earlier), _by_pair(proposals)
    pairs = [pair for pair in {**before, **now} if abs(before.get(pair, 0) - now.get(pair, 0)) > SAME_KG]
    pairs.sort(key=lambda pair: (-abs(before.get(pair, 0) - now.get(pair, 0)), pair))
    ends = {end for pair in pairs for end in pair[:2]}
    places: dict[str, Listing | Facility] = {}
    for listing in work.session.execute(select(Listing).where(Listing.id.in_(ends))).scalars():
        places[listing.id] = listing
    for facility in work.session.execute(select(Facility).where(Facility.id.in_(ends))).scalars():
        places[facility.id] = facility
    agreed = _agreed_since(work, previous)
    changes = []
    for pair in pairs[:MOST]:
        why_zh, why_en = _why(pair, before.get(pair, 0), now.get(pair, 0), places, agreed, previous)
        changes.append(
            {
                "from_id": pair[0],
                "to_id": pair[1],
                "from_name": places[pair[0]].name,
                "to_name": places[pair[1]].name,
                "material": pair[2],
                "t_before": before.get(pair, 0) / 1000,
                "t_now": now.get(pair, 0) / 1000,
                "why_zh": why_zh,
                "why_en": why_en,
            }
        )
    return changes


def _by_pair(proposals: Any) -> dict[Pair, int]:
    totals: dict[Pair, int] = defaultdict(int)
    for row in proposals:
        ends = (row.seller_listing_id or row.seller_facility_id, row.buyer_listing_id or row.buyer_facility_id)
        totals[ends[0], ends[1], row.material] += row.kg
    return totals


def _agreed_since(work: Work, previous: Clearing) -> dict[Pair, int]:
    """kg that became deals, by pair, since the clearing before."""
    query = select(
        func.coalesce(Deal.seller_listing_id, Deal.seller_facility_id),
        func.coalesce(Deal.buyer_listing_id, Deal.buyer_facility_id),
        Deal.material,
        func.sum(Deal.kg),
    ).where(Deal.created_at >= previous.created_at)
    rows = work.session.execute(query.group_by(*list(query.selected_columns)[:3])).all()
    return {(seller, buyer, material): int(kg) for seller, buyer, material, kg in rows}


def _why(
    pair: Pair,
    before: int,
    now: int,
    places: dict[str, Listing | Facility],
    agreed: dict[Pair, int],
    previous: Clearing,
) -> tuple[str, str]:
    fixed = agreed.get(pair, 0)
    if fixed and now < before:
        return (f"其中 {fixed / 1000:,.1f} 吨已成交，不再变动。", f"{fixed / 1000:,.1f} t of it are agreed and stand.")
    for end in pair[:2]:
        fact = _fact(places[end], previous)
        if fact is not None:
            return fact
    taken = [kg for other, kg in agreed.items() if other != pair and set(other[:2]) & set(pair[:2])]
    if taken:
        t = sum(taken) / 1000
        return (f"其中一方另有 {t:,.1f} 吨与他人成交。", f"One side has agreed {t:,.1f} t with others meanwhile.")
    if now > before:
        return ("价格变动后，这里更合算。", "At the new prices this is the better place.")
    return ("价格变动后，别处更合算。", "At the new prices another place is better.")


def _fact(place: Listing | Facility, previous: Clearing) -> tuple[str, str] | None:
    """What happened to a place since the clearing before, if anything did."""
    if place.created_at > previous.created_at:
        return (f"{place.name}是新挂出的。", f"{place.name} is new.")
    if isinstance(place, Facility):
        if place.status != "open":
            return (f"{place.name}已停用。", f"{place.name} is {place.status}.")
        if place.updated_at > previous.created_at:
            return (f"{place.name}的数据已更新。", f"The figures of {place.name} were changed.")
        return None
    if place.state in STATES:
        zh, en = STATES[place.state]
        return (f"{place.name}{zh}。", f"{place.name} {en}.")
    if place.state == "open" and place.updated_at > previous.created_at:
        return (f"{place.name}的数量或价格已更改。", f"The quantity or price of {place.name} was changed.")
    return None
