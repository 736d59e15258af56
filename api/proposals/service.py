"""Answering proposals.

    draft → open → agreed,  open → waiting → agreed,  open | waiting → declined | lapsed

A proposal is agreed when both sides accepted and, where a facility is a side, its goods are covered
(:mod:`api.proposals.cover`); until then it waits. Whatever ends without a deal gives its quantity back to the market.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from sqlalchemy import or_, select

from api.deals.models import Deal
from api.deals.schemas import Step
from api.deals.service import strike
from api.facilities.models import Facility, Stock
from api.kernel.preconditions import Precondition
from api.kernel.problems import ClosedWindow, WrongState
from api.kernel.types import to_t
from api.kernel.work import Audience, Work
from api.listings import service as listings
from api.proposals.cover import Commodity, Leg, Plant, standing
from api.proposals.models import Proposal
from api.proposals.repository import ProposalRepository
from api.proposals.schemas import ProposalView
from api.sides import Sides
from optimizer.scenario import GRADE_NAMES

ANSWERABLE = ("open", "waiting")
LAPSED_AT_ONCE = 500
TOLERANCE = 0.05
Side = Literal["seller", "buyer"]


def accept(work: Work, id_: str, precondition: Precondition) -> Proposal:
    """Says yes for the caller's side, or both sides when both are the caller's; repeating it changes nothing.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState, ClosedWindow.
    """
    row = _answerable(work, id_, precondition, "accepted")
    if row.state in ANSWERABLE:
        for side in _sides_of_caller(work, row):
            setattr(row, f"{side}_answer", "accepted")
        row.updated_at = work.clock.now()
        work.session.flush()
        _tell(work, row, "accepted")
        conclude(work, [row])
    return row


def decline(work: Work, id_: str, precondition: Precondition) -> Proposal:
    """Says no; the quantity returns to the market. Repeating it changes nothing.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState, ClosedWindow.
    """
    row = _answerable(work, id_, precondition, "declined")
    if row.state in ANSWERABLE:
        for side in _sides_of_caller(work, row):
            setattr(row, f"{side}_answer", "declined")
        end(work, row, "declined")
    return row


def _answerable(work: Work, id_: str, precondition: Precondition, answer: str) -> Proposal:
    row = ProposalRepository(work).get_own(id_)
    precondition.check(row)
    sides = _sides_of_caller(work, row)
    same = all(getattr(row, f"{side}_answer") == answer for side in sides)
    if row.state not in ANSWERABLE:
        if same and answer == ("declined" if row.state == "declined" else "accepted") and row.state != "lapsed":
            return row
        raise WrongState(f"The proposal is {row.state}.")
    if row.state == "waiting" and answer == "declined":
        raise WrongState("Both sides accepted it; it waits for the facility's other matches.")
    if row.closes_at is not None and row.closes_at <= work.clock.now():
        raise ClosedWindow(f"Answers were taken until {row.closes_at.isoformat()}.")
    return row


def _sides_of_caller(work: Work, row: Proposal) -> list[Side]:
    if work.caller.role == "admin":
        return ["seller", "buyer"]
    sides: list[Side] = []
    if work.caller.owns(row.seller_id):
        sides.append("seller")
    if work.caller.owns(row.buyer_id):
        sides.append("buyer")
    return sides


def conclude(work: Work, rows: Iterable[Proposal]) -> list[Proposal]:
    """Makes deals of what both sides accepted and facilities can stand; the rest waits. Returns what was agreed."""
    agreed: list[Proposal] = []
    facilities: set[str] = set()
    for row in rows:
        if row.state not in ANSWERABLE or not row.seller_answer == row.buyer_answer == "accepted":
            continue
        own = {id_ for id_ in (row.seller_facility_id, row.buyer_facility_id) if id_ is not None}
        if own:
            row.state = "waiting"
            facilities |= own
        else:
            _agree(work, row)
            agreed.append(row)
    work.session.flush()
    while True:
        more = [row for facility in sorted(facilities) for row in _settle_facility(work, facility)]
        if not more:
            return agreed
        agreed += more


def _settle_facility(work: Work, facility_id: str) -> list[Proposal]:
    """Agrees what waits at a facility and can stand there, and at the facility on its other side if there is one."""
    facility = work.session.execute(select(Facility).where(Facility.id == facility_id).with_for_update()).scalar_one()
    waiting = _waiting(work, facility_id)
    stands = {leg.id for leg in standing(_plant(work, facility), _agreed(work, facility), _legs(waiting, facility_id))}
    done = []
    for row in waiting:
        other = {row.seller_facility_id, row.buyer_facility_id} - {facility_id, None}
        if row.id in stands and all(_stands_at(work, id_, row) for id_ in other if id_ is not None):
            _agree(work, row)
            done.append(row)
    work.session.flush()
    return done


def _stands_at(work: Work, facility_id: str, row: Proposal) -> bool:
    facility = work.session.execute(select(Facility).where(Facility.id == facility_id).with_for_update()).scalar_one()
    found = standing(_plant(work, facility), _agreed(work, facility), _legs(_waiting(work, facility_id), facility_id))
    return any(leg.id == row.id for leg in found)


def _waiting(work: Work, facility_id: str) -> list[Proposal]:
    here = or_(Proposal.seller_facility_id == facility_id, Proposal.buyer_facility_id == facility_id)
    query = select(Proposal).where(Proposal.state == "waiting", here).order_by(Proposal.id).with_for_update()
    return list(work.session.execute(query).scalars())


def _agreed(work: Work, facility: Facility) -> list[Leg]:
    here = or_(Deal.seller_facility_id == facility.id, Deal.buyer_facility_id == facility.id)
    since = facility.reported_at.date().isoformat()
    legs = _legs(work.session.execute(select(Deal).where(here)).scalars(), facility.id)
    return [Leg(leg.id, leg.way, leg.commodity, {d: kg for d, kg in leg.kg.items() if d >= since}) for leg in legs]


def _legs(rows: Iterable[Proposal | Deal], facility_id: str) -> list[Leg]:
    return [
        Leg(
            row.id,
            "in" if row.buyer_facility_id == facility_id else "out",
            (row.material, row.grade),
            {step["date"]: step["kg"] for step in row.schedule},
        )
        for row in rows
    ]


def _plant(work: Work, facility: Facility) -> Plant:
    stocks = work.session.execute(select(Stock).where(Stock.facility_id == facility.id)).scalars()
    makes: dict[Commodity, list[tuple[Commodity, float]]] = {}
    for recipe in facility.recipes:
        for grade in (recipe["grade_in"],) if recipe.get("grade_in") else GRADE_NAMES:
            output = (recipe["output"], recipe.get("grade_out") or grade)
            makes.setdefault((recipe["input"], grade), []).append((output, float(recipe["yield"])))
    return Plant(
        stock={(row.material, row.grade): row.kg for row in stocks},
        storage=(facility.storage_kg or 0) if facility.kind == "yard" else None,
        makes={commodity: tuple(outputs) for commodity, outputs in makes.items()},
        endless=facility.kind == "quarry",
    )


def _agree(work: Work, row: Proposal) -> None:
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


def end(work: Work, row: Proposal, state: str) -> None:
    """Ends an open or waiting proposal without a deal; what it held returns to the market."""
    rows = listings.lock(work, (row.seller_listing_id, row.buyer_listing_id))
    if row.seller_listing_id is not None:
        listings.release(work, rows[row.seller_listing_id], row.kg)
    if row.buyer_listing_id is not None:
        listings.release(work, rows[row.buyer_listing_id], row.buyer_kg)
    row.state, row.updated_at = state, work.clock.now()
    work.session.flush()
    _tell(work, row, state)


def lapse(work: Work, *, clearing_id: str | None = None) -> int:
    """Ends what nobody answered in time (or, for one clearing, at once). Returns how many ended."""
    query = select(Proposal).where(Proposal.state.in_(ANSWERABLE))
    query = (
        query.where(Proposal.closes_at <= work.clock.now())
        if clearing_id is None
        else query.where(Proposal.clearing_id == clearing_id)
    )
    query = query.order_by(Proposal.id).with_for_update(skip_locked=True)
    rows = list(work.session.execute(query.limit(LAPSED_AT_ONCE) if clearing_id is None else query).scalars())
    for row in rows:
        end(work, row, "lapsed")
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
