"""The quantity account of a listing: free → reserved → committed. Nothing else in the platform changes it.

    draft → open → partly_matched → matched,  and  open | partly_matched | matched → closed,
    draft | open → withdrawn,  open → expired,  partly_matched → closed when its window is over

Every function works on rows that :func:`lock` has locked; the database itself refuses more than there is. What is
reserved keeps a listing from being ended, by its owner or by time, until its proposals are answered.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from api.kernel.problems import ClosedWindow, OverCommitted, WrongState
from api.kernel.types import to_t
from api.kernel.work import EVERYBODY, Work
from api.listings import index
from api.listings.models import TRADING, Listing

EXPIRED_AT_ONCE = 500
CRUMB_KG = 100  # what rounding to whole kg may leave is nothing to go on trading


def lock(work: Work, ids: Iterable[str | None]) -> dict[str, Listing]:
    """Listings by id, locked in the order of their ids, whosever they are; None is passed over."""
    wanted = sorted({id_ for id_ in ids if id_ is not None})
    if not wanted:
        return {}
    query = select(Listing).where(Listing.id.in_(wanted)).order_by(Listing.id).with_for_update(key_share=True)
    rows = work.session.execute(query, execution_options={"populate_existing": True}).scalars()
    return {row.id: row for row in rows}


def refuse_unless_trading(work: Work, listing: Listing) -> None:
    """Only what is on the market can be matched.

    Raises:
        WrongState: it is not. ClosedWindow: its last day is over.
    """
    if listing.state not in TRADING:
        raise WrongState(f"The listing {listing.id} is {listing.state}.")
    if listing.window_to < work.clock.today():
        raise ClosedWindow(f"The window of listing {listing.id} ended on {listing.window_to}.")


def reserve(work: Work, listing: Listing, kg: int) -> None:
    """Free → reserved.

    Raises:
        OverCommitted: there is not that much left. WrongState, ClosedWindow: it is not on the market.
    """
    refuse_unless_trading(work, listing)
    _refuse_more(listing, kg, listing.free_kg)
    listing.reserved_kg += kg


def release(work: Work, listing: Listing, kg: int) -> None:
    """Reserved → free."""
    _refuse_more(listing, kg, listing.reserved_kg)
    listing.reserved_kg -= kg


def commit(work: Work, listing: Listing, kg: int, *, reserved: bool) -> None:
    """Reserved, or free, → committed; moves the state and tells.

    Raises:
        OverCommitted: there is not that much left. WrongState, ClosedWindow: nothing was reserved, and it is not on the
            market.
    """
    if reserved:
        release(work, listing, kg)
    else:
        refuse_unless_trading(work, listing)
    _refuse_more(listing, kg, listing.free_kg)
    listing.committed_kg += kg
    move(work, listing, state_on_market(listing))
    shown = {"state": listing.state, "left_t": rough_t(listing.free_kg)}
    work.tell("listing.matched", listing.id, to=EVERYBODY, shown=shown, kg=kg)


def state_on_market(listing: Listing) -> str:
    """open, partly_matched or matched, by what is committed."""
    if listing.committed_kg == 0:
        return "open"
    return "matched" if listing.quantity_kg - listing.committed_kg < CRUMB_KG else "partly_matched"


def move(work: Work, listing: Listing, state: str) -> None:
    """Into another state, and into or out of the search with it. The caller tells."""
    was, listing.state = listing.state, state
    listing.updated_at = work.clock.now()
    if was in TRADING and state not in TRADING:
        index.drop(work, listing)
    elif state in TRADING and was not in TRADING:
        work.session.flush()
        index.put(work, listing)


def rough_t(kg: int) -> float:
    """What others may know of a quantity left, in t: its first two digits, rounded down."""
    step = 10 ** max(0, len(str(kg)) - 2)
    return to_t(kg // step * step)


def expire(work: Work) -> int:
    """Takes listings off the market whose window is over; what proposals hold is left to their own end."""
    over = (
        select(Listing)
        .where(Listing.state.in_(TRADING), Listing.window_to < work.clock.today(), Listing.reserved_kg == 0)
        .order_by(Listing.id)
        .limit(EXPIRED_AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True)
    )
    rows = list(work.session.execute(over).scalars())
    for row in rows:
        move(work, row, "expired" if row.committed_kg == 0 else "closed")
        work.tell(f"listing.{row.state}", row.id, to=EVERYBODY, shown={"state": row.state})
    return len(rows)


def _refuse_more(listing: Listing, kg: int, available: int) -> None:
    if kg < 0 or kg > available:
        raise OverCommitted(f"Listing {listing.id} has {to_t(available):,.3f} t left for this, not {to_t(kg):,.3f} t.")
