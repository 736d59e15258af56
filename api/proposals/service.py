"""Answering proposals.

    draft → open → agreed,  open → waiting → agreed,  open | waiting → declined | lapsed

A proposal is agreed when both sides accepted and, where a facility is a side, it can stand there
(:mod:`api.proposals.cover`); until then it waits. Whatever ends without a deal gives its quantity back to the market.
It can be answered until the clearing's window closes, and no longer than its own first day lasts.

Facilities are locked before proposals, these before listings, each in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from sqlalchemy import ColumnElement, and_, or_, select

from api.deals.models import Deal
from api.deals.schemas import Step
from api.deals.service import strike
from api.facilities.models import Facility
from api.kernel.preconditions import Precondition
from api.kernel.problems import ClosedWindow, WrongState
from api.kernel.types import to_t
from api.kernel.work import Audience, Work
from api.listings import service as listings
from api.proposals.account import accounts, leg_of
from api.proposals.cover import standing
from api.proposals.models import ANSWERABLE, Proposal
from api.proposals.repository import ProposalRepository
from api.proposals.schemas import ProposalView
from api.sides import Sides

LAPSED_AT_ONCE = 500
TOLERANCE = 0.05
Side = Literal["seller", "buyer"]
Facilities = dict[str, Facility]


def accept(work: Work, id_: str, precondition: Precondition) -> Proposal:
    """Says yes for the caller's side, or both sides when both are the caller's; repeating it changes nothing.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState, ClosedWindow.
    """
    facilities = lock_facilities(work, [ProposalRepository(work).get(id_)])  # its ends never change
    row = ProposalRepository(work).get_own(id_)
    if _answer(work, row, precondition, "accepted"):
        _tell(work, row, "accepted")
        conclude(work, [row], facilities)
    return row


def decline(work: Work, id_: str, precondition: Precondition) -> Proposal:
    """Says no; the quantity returns to the market. Repeating it changes nothing.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState, ClosedWindow.
    """
    row = ProposalRepository(work).get_own(id_)
    if _answer(work, row, precondition, "declined"):
        end(work, [row], "declined")
    return row


def _answer(work: Work, row: Proposal, precondition: Precondition, answer: str) -> bool:
    """Writes the caller's answer into a locked row; False when it was given before."""
    sides = _sides_of_caller(work, row)
    if row.state in (*ANSWERABLE, "agreed", "declined") and all(getattr(row, f"{s}_answer") == answer for s in sides):
        return False
    precondition.check(row)
    if row.state not in ANSWERABLE:
        raise WrongState(f"The proposal is {row.state}.")
    if row.state == "waiting":
        raise WrongState("Both sides accepted it; it waits for the facility's other matches.")
    if row.closes_at is not None and row.closes_at <= work.clock.now():
        raise ClosedWindow(f"Answers were taken until {row.closes_at.isoformat()}.")
    for side in sides:
        setattr(row, f"{side}_answer", answer)
    row.updated_at = work.clock.now()
    work.session.flush()
    return True


def _sides_of_caller(work: Work, row: Proposal) -> list[Side]:
    if work.caller.role == "admin":
        return ["seller", "buyer"]
    sides: list[Side] = []
    if work.caller.owns(row.seller_id):
        sides.append("seller")
    if work.caller.owns(row.buyer_id):
        sides.append("buyer")
    return sides


def facilities_of(row: Proposal) -> set[str]:
    """The facilities among its two ends."""
    return {id_ for id_ in (row.seller_facility_id, row.buyer_facility_id) if id_ is not None}


def lock_facilities(work: Work, rows: Iterable[Proposal]) -> Facilities:
    """Facilities of proposals, and those that waiting proposals tie to them; locked in the order of their ids."""
    wanted = {id_ for row in rows for id_ in facilities_of(row)}
    found: set[str] = set()
    while wanted - found:
        found |= wanted
        query = select(Proposal.seller_facility_id, Proposal.buyer_facility_id).where(_waiting_at(found))
        wanted = found | {id_ for ends in work.session.execute(query) for id_ in ends if id_ is not None}
    if not found:
        return {}
    query_ = select(Facility).where(Facility.id.in_(found)).order_by(Facility.id).with_for_update(key_share=True)
    locked = work.session.execute(query_, execution_options={"populate_existing": True}).scalars()
    return {facility.id: facility for facility in locked}


def conclude(work: Work, rows: Iterable[Proposal], facilities: Facilities) -> list[Proposal]:
    """Makes deals of what both sides accepted and facilities can stand; the rest waits. Returns what was agreed.

    Args:
        facilities: of :func:`lock_facilities`.
    """
    agreed: list[Proposal] = []
    newly_waiting: list[Proposal] = []
    for row in rows:
        if row.state not in ANSWERABLE or not row.seller_answer == row.buyer_answer == "accepted":
            continue
        if facilities_of(row):
            row.state = "waiting"
            newly_waiting.append(row)
        else:
            agree(work, row)
            agreed.append(row)
    work.session.flush()
    waiting = _lock_waiting(work, facilities) if facilities else []
    stands = fitting(work, waiting, facilities)
    listings.lock(work, (id_ for row in stands for id_ in (row.seller_listing_id, row.buyer_listing_id)))
    for row in stands:
        agree(work, row)
    work.session.flush()
    for row in newly_waiting:
        if row.state == "waiting":
            _tell(work, row, "waiting")
    return agreed + stands


def fitting(
    work: Work, rows: Sequence[Proposal], facilities: Facilities, *, beside_held: bool = False
) -> list[Proposal]:
    """Those of the rows that can stand at all of their facilities, together and beside what is agreed.

    Args:
        beside_held: and beside what open proposals hold there.
    """
    books = accounts(work, list(facilities.values()))
    kept = list(rows)
    while True:
        falling: set[str] = set()
        for id_, book in books.items():
            legs = [leg_of(row, id_) for row in kept if id_ in facilities_of(row)]
            fixed = (*book.agreed, *book.held) if beside_held else book.agreed
            falling |= {leg.id for leg in legs} - {leg.id for leg in standing(book.plant, fixed, legs)}
        if not falling:
            return kept
        kept = [row for row in kept if row.id not in falling]


def _lock_waiting(work: Work, facilities: Facilities) -> list[Proposal]:
    """What waits in time at facilities that are all locked."""
    query = select(Proposal).where(_waiting_at(facilities)).order_by(Proposal.id).with_for_update(key_share=True)
    rows = work.session.execute(query, execution_options={"populate_existing": True}).scalars()
    now = work.clock.now()
    in_time = (row for row in rows if row.closes_at is None or row.closes_at > now)
    return [row for row in in_time if facilities_of(row) <= facilities.keys()]


def _waiting_at(facilities: Iterable[str]) -> ColumnElement[bool]:
    ids = list(facilities)
    return and_(
        Proposal.state == "waiting", or_(Proposal.seller_facility_id.in_(ids), Proposal.buyer_facility_id.in_(ids))
    )


def agree(work: Work, row: Proposal) -> None:
    """Makes the deal of a proposal that both sides accepted."""
    row.state, row.updated_at = "agreed", work.clock.now()
    strike(
        work,
        Deal(
            **{name: getattr(row, name) for name in _SHARED},
            proposal_id=row.id,
            haul_by="clearing",
            tolerance=TOLERANCE,
            created_at=work.clock.now(),
        ),
        reserved=True,
    )
    _tell(work, row, "agreed")


def end(work: Work, rows: Sequence[Proposal], state: str) -> None:
    """Ends open or waiting proposals without a deal; what they held returns to the market."""
    locked = listings.lock(work, (id_ for row in rows for id_ in (row.seller_listing_id, row.buyer_listing_id)))
    for row in rows:
        if row.seller_listing_id is not None:
            listings.release(work, locked[row.seller_listing_id], row.kg)
        if row.buyer_listing_id is not None:
            listings.release(work, locked[row.buyer_listing_id], row.buyer_kg)
        row.state, row.updated_at = state, work.clock.now()
    work.session.flush()
    for row in rows:
        _tell(work, row, state)


def lapse(work: Work) -> int:
    """Ends what nobody answered in time. Returns how many ended."""
    query = select(Proposal).where(Proposal.state.in_(ANSWERABLE), Proposal.closes_at <= work.clock.now())
    query = query.order_by(Proposal.id).limit(LAPSED_AT_ONCE).with_for_update(skip_locked=True, key_share=True)
    rows = list(work.session.execute(query).scalars())
    end(work, rows, "lapsed")
    return len(rows)


def lapse_all(work: Work, clearing_id: str) -> int:
    """Ends everything of a clearing that is not agreed, whoever is answering it at this moment. Returns how many."""
    query = select(Proposal).where(Proposal.state.in_(ANSWERABLE), Proposal.clearing_id == clearing_id)
    lock_facilities(work, work.session.execute(query).scalars())
    locked = query.order_by(Proposal.id).with_for_update(key_share=True).execution_options(populate_existing=True)
    rows = list(work.session.execute(locked).scalars())
    end(work, rows, "lapsed")
    return len(rows)


def _tell(work: Work, row: Proposal, event: str) -> None:
    shown = {"clearing_id": row.clearing_id, "state": row.state, "t": to_t(row.kg), "material": row.material}
    work.tell(f"proposal.{event}", row.id, to=Audience(organisations=(row.seller_id, row.buyer_id)), shown=shown)


def views(work: Work, rows: Sequence[Proposal]) -> list[ProposalView]:
    """Proposals as the caller may see them: each party its own price."""
    sides = Sides(work, rows)
    wanted = select(Deal.proposal_id, Deal.id).where(Deal.proposal_id.in_([row.id for row in rows]))
    deals = dict(work.session.execute(wanted).all()) if rows else {}
    return [_view(work, row, sides, deals.get(row.id)) for row in rows]


def _view(work: Work, row: Proposal, sides: Sides, deal_id: str | None) -> ProposalView:
    caller = work.caller
    return ProposalView(
        **{name: getattr(row, name) for name in _PLAIN},
        **sides.named(row),
        t=to_t(row.kg),
        schedule=[Step(date=step["date"], t=to_t(step["kg"])) for step in row.schedule],
        seller_price=row.seller_price if caller.oversees or caller.owns(row.seller_id) else None,
        buyer_price=row.buyer_price if caller.oversees or caller.owns(row.buyer_id) else None,
        gap=row.gap if caller.oversees else None,
        why_zh=row.why_zh if _may_know_why(work, row) else "",
        why_en=row.why_en if _may_know_why(work, row) else "",
        deal_id=deal_id,
    )


def _may_know_why(work: Work, row: Proposal) -> bool:
    """The sentence compares with the giving side's own way out, so it is for that side."""
    giver = row.seller_id if row.seller_listing_id is not None else row.buyer_id
    return work.caller.oversees or work.caller.owns(giver)


_SHARED = (
    "clearing_id", "seller_id", "buyer_id", "seller_listing_id", "seller_facility_id", "buyer_listing_id",
    "buyer_facility_id", "material", "grade", "kg", "buyer_kg", "seller_price", "buyer_price", "haul", "externality",
    "schedule",
)  # fmt: skip
_PLAIN = (
    "id", "clearing_id", "seller_id", "buyer_id", "seller_listing_id", "seller_facility_id", "buyer_listing_id",
    "buyer_facility_id", "material", "grade", "km", "haul", "externality", "within_limits", "state", "seller_answer",
    "buyer_answer", "closes_at", "created_at", "updated_at", "version",
)  # fmt: skip
