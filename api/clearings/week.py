"""The published week: sums by day, material and street that give nobody away, and for a member its own matches."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from api.clearings.models import Clearing
from api.clearings.schemas import WeekLine, WeekMatch, WeekView
from api.deals.models import Deal
from api.facilities.models import Facility
from api.kernel.types import to_t
from api.kernel.work import Work
from api.listings.models import Listing
from api.proposals.models import ANSWERABLE, Proposal
from api.sides import Sides

FEWEST_PARTIES = 3  # on either side: of two, each knows the other's part
Key = tuple[str, str, str]  # date, material, street; "" = put together


@dataclass
class _Sum:
    kg: int = 0
    agreed_kg: int = 0
    sellers: set[str] = field(default_factory=set)
    buyers: set[str] = field(default_factory=set)

    def take(self, other: _Sum) -> None:
        self.kg += other.kg
        self.agreed_kg += other.agreed_kg
        self.sellers |= other.sellers
        self.buyers |= other.buyers

    @property
    def hides_everybody(self) -> bool:
        """Whether enough take part for the sum to tell nobody's share."""
        return has_many_parties(len(self.sellers), len(self.buyers))


def has_many_parties(sellers: int, buyers: int) -> bool:
    """Whether sums over so many organisations may be shown to those who do not oversee the market."""
    return min(sellers, buyers) >= FEWEST_PARTIES


def week_of(work: Work, clearing: Clearing) -> WeekView:
    """The week of a published clearing, for the caller."""
    states = (*ANSWERABLE, "agreed")
    query = select(Proposal).where(Proposal.clearing_id == clearing.id, Proposal.state.in_(states))
    proposals = list(work.session.execute(query.order_by(Proposal.id)).scalars())
    sums = _sums(proposals, _streets(work, proposals))
    withheld = 0
    if not work.caller.oversees:
        sums, withheld = _safe(sums)
    lines = [
        WeekLine(date=_day(date), material=material, street=street, t=to_t(s.kg), agreed_t=to_t(s.agreed_kg))
        for (date, material, street), s in sorted(sums.items())
    ]
    assert clearing.published_at is not None and clearing.closes_at is not None
    return WeekView(
        clearing_id=clearing.id,
        start=clearing.start,
        days=clearing.days,
        state=clearing.state,  # type: ignore[arg-type]
        published_at=clearing.published_at,
        closes_at=clearing.closes_at,
        lines=lines,
        withheld=withheld,
        mine=_own(work, proposals),
    )


def _sums(proposals: Iterable[Proposal], streets: Mapping[str, str]) -> dict[Key, _Sum]:
    sums: dict[Key, _Sum] = defaultdict(_Sum)
    for row in proposals:
        street = streets[row.seller_listing_id or row.seller_facility_id or ""]
        for step in row.schedule:
            agreed = step["kg"] if row.state == "agreed" else 0
            one = _Sum(step["kg"], agreed, {row.seller_id}, {row.buyer_id})
            sums[step["date"], row.material, street].take(one)
    return sums


def _safe(sums: Mapping[Key, _Sum]) -> tuple[dict[Key, _Sum], int]:
    """Lines that give nobody away: small ones are put together over streets, then over materials, or left out."""
    shown: dict[Key, _Sum] = {}
    left: dict[Key, list[_Sum]] = {key: [one] for key, one in sums.items()}
    for coarser in (lambda key: key, lambda key: (key[0], key[1], ""), lambda key: (key[0], "", "")):
        together: dict[Key, list[_Sum]] = defaultdict(list)
        for key, parts in left.items():
            together[coarser(key)] += parts
        left = {}
        for key, parts in together.items():
            total = _Sum()
            for part in parts:
                total.take(part)
            if total.hides_everybody:
                shown[key] = total
            else:
                left[key] = parts
    return shown, sum(len(parts) for parts in left.values())


def _streets(work: Work, proposals: Iterable[Proposal]) -> dict[str, str]:
    ids = {row.seller_listing_id or row.seller_facility_id for row in proposals}
    listings = select(Listing.id, Listing.street).where(Listing.id.in_(ids))
    facilities = select(Facility.id, Facility.street).where(Facility.id.in_(ids))
    return {id_: street for query in (listings, facilities) for id_, street in work.session.execute(query)}


def _own(work: Work, proposals: Iterable[Proposal]) -> list[WeekMatch]:
    own = [row for row in proposals if work.caller.owns(row.seller_id) or work.caller.owns(row.buyer_id)]
    sides = Sides(work, own)
    deals = select(Deal.proposal_id, Deal.id).where(Deal.proposal_id.in_([row.id for row in own]))
    deal_of = dict(work.session.execute(deals).all()) if own else {}
    matches = [_match(work, row, step, sides.named(row), deal_of.get(row.id)) for row in own for step in row.schedule]
    return sorted(matches, key=lambda match: (match.date, match.proposal_id))


def _match(
    work: Work, row: Proposal, step: Mapping[str, Any], named: Mapping[str, str], deal_id: str | None
) -> WeekMatch:
    return WeekMatch(
        date=_day(step["date"]),
        side="give" if work.caller.owns(row.seller_id) else "take",
        material=row.material,
        grade=row.grade,
        t=to_t(step["kg"]),
        seller_place=named["seller_place"],
        buyer_place=named["buyer_place"],
        state=row.state,  # type: ignore[arg-type]
        proposal_id=row.id,
        deal_id=deal_id,
    )


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
