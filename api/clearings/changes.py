"""What is different from the clearing before, pair by pair, and why: from facts that are on record, never a guess."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from api.audit.models import AuditEntry
from api.clearings.models import Clearing
from api.deals.models import Deal
from api.facilities.models import Facility
from api.kernel.work import Work
from api.listings.models import TRADING, Listing
from api.proposals.models import ANSWERABLE, Proposal

Pair = tuple[str, str, str]  # from, to, material
Why = tuple[str, str]  # in Chinese and English
SAME_KG = 500
MOST = 500  # changes kept, the largest first
STATES = {
    "withdrawn": ("已撤回", "was withdrawn"),
    "closed": ("已关闭", "was closed"),
    "expired": ("已过期", "is over"),
    "matched": ("已全部成交", "is wholly agreed"),
}
TOLD = ("listing.changed", "facility.changed", "facility.stock_reported")


@dataclass(frozen=True)
class Facts:
    """What happened between two clearings.

    Attributes:
        agreed: kg that became deals since, by pair.
        held: kg that proposals wait with for an answer, by pair; they are out of the new clearing.
        changed: ids of listings and facilities that their owners changed since.
    """

    clearing: Clearing
    previous: Clearing
    places: Mapping[str, Listing | Facility]
    agreed: Mapping[Pair, int]
    held: Mapping[Pair, int]
    changed: frozenset[str]


def changes_against(work: Work, clearing: Clearing, proposals: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Pairs whose t differ from the previous clearing's, the largest difference first."""
    if clearing.previous_id is None:
        return []
    previous = work.session.get_one(Clearing, clearing.previous_id)
    earlier = work.session.execute(select(Proposal).where(Proposal.clearing_id == previous.id)).scalars()
    before, now = _by_pair(earlier), _by_pair(proposals)
    pairs = [pair for pair in {**before, **now} if abs(before.get(pair, 0) - now.get(pair, 0)) > SAME_KG]
    pairs.sort(key=lambda pair: (-abs(before.get(pair, 0) - now.get(pair, 0)), pair))
    facts = _facts(work, clearing, previous, pairs[:MOST])
    changes = []
    for pair in pairs[:MOST]:
        why_zh, why_en = _why(pair, before.get(pair, 0), now.get(pair, 0), facts)
        changes.append(
            {
                "from_id": pair[0],
                "to_id": pair[1],
                "from_name": facts.places[pair[0]].name,
                "to_name": facts.places[pair[1]].name,
                "material": pair[2],
                "t_before": before.get(pair, 0) / 1000,
                "t_now": now.get(pair, 0) / 1000,
                "why_zh": why_zh,
                "why_en": why_en,
            }
        )
    return changes


def _by_pair(proposals: Iterable[Proposal]) -> dict[Pair, int]:
    totals: dict[Pair, int] = defaultdict(int)
    for row in proposals:
        seller = row.seller_listing_id or row.seller_facility_id
        buyer = row.buyer_listing_id or row.buyer_facility_id
        totals[str(seller), str(buyer), row.material] += row.kg
    return totals


def _facts(work: Work, clearing: Clearing, previous: Clearing, pairs: Sequence[Pair]) -> Facts:
    ends = {end for pair in pairs for end in pair[:2]}
    places: dict[str, Listing | Facility] = {}
    for listing in work.session.execute(select(Listing).where(Listing.id.in_(ends))).scalars():
        places[listing.id] = listing
    for facility in work.session.execute(select(Facility).where(Facility.id.in_(ends))).scalars():
        places[facility.id] = facility
    told = select(AuditEntry.subject).where(
        AuditEntry.subject.in_(ends), AuditEntry.action.in_(TOLD), AuditEntry.at > previous.created_at
    )
    return Facts(
        clearing,
        previous,
        places,
        _sums(work, Deal, Deal.created_at >= previous.created_at),
        _sums(work, Proposal, Proposal.state.in_(ANSWERABLE)),
        frozenset(work.session.execute(told).scalars()),
    )


def _sums(work: Work, model: Any, where: Any) -> dict[Pair, int]:
    ends = (
        func.coalesce(model.seller_listing_id, model.seller_facility_id),
        func.coalesce(model.buyer_listing_id, model.buyer_facility_id),
        model.material,
    )
    rows = work.session.execute(select(*ends, func.sum(model.kg)).where(where).group_by(*ends)).all()
    return {(seller, buyer, material): int(kg) for seller, buyer, material, kg in rows}


def _why(pair: Pair, before: int, now: int, facts: Facts) -> Why:
    """The most telling fact about a pair; that the rest of the market changed where there is none of its own."""
    if now < before and pair in facts.agreed:
        t = facts.agreed[pair] / 1000
        return f"其中 {t:,.1f} 吨已成交，不再变动。", f"{t:,.1f} t of it are agreed and stand."
    if now < before and pair in facts.held:
        t = facts.held[pair] / 1000
        return f"其中 {t:,.1f} 吨已提议，正等待答复。", f"{t:,.1f} t of it are proposed already and wait for an answer."
    for end in pair[:2]:
        fact = _fact(facts.places[end], facts)
        if fact is not None:
            return fact
    better = (
        ("市场其他部分有变，这里更合算。", "With what else changed on the market, this is the better place.")
        if now > before
        else ("市场其他部分有变，别处更合算。", "With what else changed on the market, another place is better.")
    )
    return _elsewhere(pair, facts) or _setting(facts.clearing, facts.previous) or better


def _fact(place: Listing | Facility, facts: Facts) -> Why | None:
    """What happened to a place since the clearing before, if anything did."""
    previous, clearing = facts.previous, facts.clearing
    if place.created_at > previous.created_at:
        return f"{place.name}是新挂出的。", f"{place.name} is new."
    if isinstance(place, Facility):
        if place.status != "open":
            return f"{place.name}已停用。", f"{place.name} is {place.status}."
        if place.id in facts.changed:
            return f"{place.name}的数据已更新。", f"The figures of {place.name} were changed."
        return None
    if place.state in STATES:
        zh, en = STATES[place.state]
        return f"{place.name}{zh}。", f"{place.name} {en}."
    if place.state in TRADING and place.id in facts.changed:
        return f"{place.name}的挂牌已更改。", f"The listing {place.name} was changed."
    last = clearing.start + dt.timedelta(days=clearing.days - 1)
    if place.window_to < clearing.start or place.window_from > last:
        return f"{place.name}不在本次计划期内。", f"{place.name} is not open in the days of this clearing."
    return None


def _elsewhere(pair: Pair, facts: Facts) -> Why | None:
    """What one of the two has with others that is new or waits."""

    def t_of(kg_by_pair: Mapping[Pair, int]) -> float:
        others = (kg for other, kg in kg_by_pair.items() if other != pair and set(other[:2]) & set(pair[:2]))
        return sum(others) / 1000

    if t := t_of(facts.agreed):
        return f"其中一方另有 {t:,.1f} 吨与他人成交。", f"One side has agreed {t:,.1f} t with others meanwhile."
    if t := t_of(facts.held):
        return (
            f"其中一方另有 {t:,.1f} 吨正等待他人答复。",
            f"One side has {t:,.1f} t in proposals to others that wait for an answer.",
        )
    return None


def _setting(clearing: Clearing, previous: Clearing) -> Why | None:
    """What the planner asked for otherwise than before."""
    if clearing.form != previous.form:
        return "本次撮合的方式不同。", "This clearing is of another form."
    if (clearing.start, clearing.days) != (previous.start, previous.days):
        return "本次撮合的日期不同。", "This clearing is of other days."
    same = clearing.charges == previous.charges if clearing.form == "welfare" else clearing.order == previous.order
    return None if same else ("本次撮合的目标或收费不同。", "This clearing has other goals or charges.")
