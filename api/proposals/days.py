"""How much of a listing is agreed or proposed on each day: its daily maximum is for all of its deals together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select

from api.deals.models import Deal
from api.kernel.work import Work
from api.listings.models import Listing
from api.proposals.models import ANSWERABLE, Proposal

Days = Mapping[str, int]  # date (ISO) → kg of the listing's own account


def used_by_day(work: Work, listings: Iterable[Listing]) -> dict[str, dict[str, int]]:
    """kg by listing and date that deals and open proposals take of those listings that have a daily maximum."""
    ids = sorted(row.id for row in listings if row.daily_max_kg is not None)
    used: dict[str, dict[str, int]] = {id_: defaultdict(int) for id_ in ids}
    if not ids:
        return used
    for model, where in ((Deal, ()), (Proposal, (Proposal.state.in_(ANSWERABLE),))):
        table: Any = model
        here = or_(table.seller_listing_id.in_(ids), table.buyer_listing_id.in_(ids))
        for row in work.session.execute(select(table).where(here, *where)).scalars():
            for listing_id, date, kg in steps_of(row):
                if listing_id in used:
                    used[listing_id][date] += kg
    return used


def steps_of(row: Deal | Proposal) -> Iterator[tuple[str, str, int]]:
    """listing, date, kg of the listing's own account, for each day and listing of a match."""
    for step in row.schedule:
        if row.seller_listing_id is not None:
            yield row.seller_listing_id, step["date"], step["kg"]
        if row.buyer_listing_id is not None:
            yield row.buyer_listing_id, step["date"], of_buyer(step["kg"], row.kg, row.buyer_kg)


def of_buyer(kg: int, total_kg: int, buyer_kg: int) -> int:
    """What kg of a match of ``total_kg`` take of a demand that the whole takes ``buyer_kg`` of."""
    return kg if buyer_kg == total_kg else round(kg * buyer_kg / total_kg)


def overfull(listing: Listing, used: Days, schedule: Sequence[tuple[str, int]]) -> str | None:
    """The first date on which a further schedule (date, kg) would be more than the listing's daily maximum."""
    most = listing.daily_max_kg
    if most is None:
        return None
    slack = 1  # of rounding to whole kg
    return next((date for date, kg in schedule if used.get(date, 0) + kg > most + slack), None)


def best_stretch(dates: Sequence[str], most: int, used: Days) -> tuple[str, str, int] | None:
    """The days on end, and the kg left on each of them, that leave the most for a further clearing; None: nothing.

    A scenario knows one daily maximum for a lot; where days are used up differently, this is the largest part of what
    is left that it can express.
    """
    left = [most - used.get(date, 0) for date in dates]
    best: tuple[int, int, int, int] | None = None
    for first in range(len(dates)):
        least = left[first]
        for last in range(first, len(dates)):
            least = min(least, left[last])
            if least > 0 and (best is None or least * (last - first + 1) > best[0]):
                best = (least * (last - first + 1), first, last, least)
    return None if best is None else (dates[best[1]], dates[best[2]], best[3])
