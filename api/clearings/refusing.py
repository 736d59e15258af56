"""Which proposals of a solved clearing cannot be published any more, and why: the market went on meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from api.facilities.models import Facility
from api.kernel.work import Work
from api.listings.models import TRADING, Listing
from api.proposals.account import first_day
from api.proposals.days import overfull, steps_of, used_by_day
from api.proposals.models import Proposal
from api.proposals.service import facilities_of, fitting

Why = tuple[str, str]  # in Chinese and English
PAST: Why = ("起始日已过，未能发布。", "Its first day was over before publication.")
LISTING: Why = (
    "发布前该挂牌已变更、撤回或另行成交。",
    "A listing was changed, withdrawn or agreed elsewhere before publication.",
)
DAYS: Why = ("发布前该挂牌的每日限量已被占用。", "A listing's daily maximum was used up before publication.")
FACILITY: Why = (
    "发布前该场地已停用、变更或已被占满。",
    "The facility was closed, changed or filled up before publication.",
)


def refused(
    work: Work, proposals: Sequence[Proposal], locked: Mapping[str, Listing], facilities: dict[str, Facility]
) -> dict[str, Why]:
    """Why, by proposal; nothing is changed.

    Args:
        proposals: drafts of one clearing, in the order in which they get what there is.
        locked, facilities: their listings and facilities, locked.
    """
    today = work.clock.today()
    free = {id_: row.free_kg for id_, row in locked.items()}
    used = used_by_day(work, locked.values())
    why: dict[str, Why] = {}
    kept = []
    for row in proposals:
        ends = _ends(row, locked)
        taken = _by_listing(row)
        if first_day(row) < today:
            why[row.id] = PAST
        elif any(not _as_it_was(listing, row) or free[listing.id] < kg for listing, kg in ends):
            why[row.id] = LISTING
        elif any(overfull(listing, used.get(listing.id, {}), taken[listing.id]) for listing, _ in ends):
            why[row.id] = DAYS
        elif not all(_takes(facilities[id_], row) for id_ in facilities_of(row)):
            why[row.id] = FACILITY
        else:
            kept.append(row)
            for listing, kg in ends:
                free[listing.id] -= kg
            for id_, date, kg in steps_of(row):
                if id_ in used:
                    used[id_][date] += kg
    standing = {row.id for row in fitting(work, kept, facilities, beside_held=True)}
    return why | {row.id: FACILITY for row in kept if row.id not in standing}


def _ends(row: Proposal, locked: Mapping[str, Listing]) -> list[tuple[Listing, int]]:
    ends = ((row.seller_listing_id, row.kg), (row.buyer_listing_id, row.buyer_kg))
    return [(locked[id_], kg) for id_, kg in ends if id_ is not None]


def _by_listing(row: Proposal) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for id_, date, kg in steps_of(row):
        found[id_].append((date, kg))
    return found


def _as_it_was(listing: Listing, row: Proposal) -> bool:
    """Whether a listing still trades on these days at this price."""
    dates = [step["date"] for step in row.schedule]
    if listing.state not in TRADING or not _within(listing, dates):
        return False
    if not row.within_limits:
        return True  # the policy's prices are beyond limits, and say so
    reserve = listing.reserve or 0
    return row.seller_price >= reserve if listing.id == row.seller_listing_id else row.buyer_price <= reserve


def _within(listing: Listing, dates: Iterable[str]) -> bool:
    return all(listing.window_from.isoformat() <= date <= listing.window_to.isoformat() for date in dates)


def _takes(facility: Facility, row: Proposal) -> bool:
    """Whether it is open and, as a buyer, still accepts the material."""
    if facility.status != "open":
        return False
    return facility.id != row.buyer_facility_id or facility.accepts == ["*"] or row.material in facility.accepts
