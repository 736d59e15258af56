"""Running a clearing from request to settlement.

    solving → solved → published → settled,   solving → failed | cancelled,   solved → cancelled

Publishing holds the quantities of both sides for as long as the parties may answer.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.clearings.changes import changes_against
from api.clearings.matches import drafts
from api.clearings.models import Clearing
from api.clearings.packing import files_of, pack, packed_folder
from api.clearings.refusing import refused
from api.clearings.repository import MEMBERS_SEE, ClearingRepository
from api.clearings.scenario import write_scenario
from api.clearings.schemas import ChangeView, ClearingNew, ClearingView
from api.clearings.solve import run
from api.clearings.store import packed_roads, scenario_parts
from api.clearings.week import has_many_parties
from api.facilities.models import Facility
from api.jobs.kinds import Kind, register
from api.jobs.models import Job
from api.jobs.service import enqueue
from api.kernel.preconditions import Precondition
from api.kernel.problems import ClosedWindow, ProblemView, WrongState, invalid
from api.kernel.work import EVERYBODY, OVERSEERS_ONLY, Audience, Work
from api.listings import service as listings
from api.listings.models import Listing
from api.platform import Platform
from api.proposals import service as proposals_
from api.proposals.account import first_day
from api.proposals.models import Proposal


def begin(work: Work, platform: Platform, new: ClearingNew) -> Clearing:
    """Freezes the scenario of everything that is open and queues its solution.

    Raises:
        Invalid: the start lies in the past, or nothing is open in the horizon.
    """
    if new.start < work.clock.today():
        raise invalid("start", f"lies in the past; today is {work.clock.today()}")
    with tempfile.TemporaryDirectory(prefix="cutfill-") as name:
        counts = write_scenario(
            work,
            Path(name),
            start=new.start,
            days=new.days,
            form=new.form,
            charges={str(goal): rate for goal, rate in new.charges.items()},
            order=list(new.order),
        )
        if not counts.supplies + counts.demands:
            raise invalid("start", "nothing is open in these days")
        scenario = packed_folder(Path(name))
    previous = work.session.execute(
        select(Clearing.id).where(Clearing.state.in_(MEMBERS_SEE)).order_by(Clearing.id.desc()).limit(1)
    ).scalar_one_or_none()
    fields = new.model_dump(include={"form", "start", "days", "charges", "order", "window_hours", "time_limit"})
    row = ClearingRepository(work).add(
        Clearing(
            organisation_id=work.caller.organisation_id,
            **fields,
            publish=new.publish,
            scenario_sha256=platform.blobs.put(scenario),
            roads_sha256=platform.blobs.put(packed_roads(platform.district)),
            counts={"supplies": counts.supplies, "demands": counts.demands, "facilities": counts.facilities},
            previous_id=previous,
            created_at=work.clock.now(),
        )
    )
    row.job_id = enqueue(work, "clearing", row.id).id
    work.session.flush()
    work.tell("clearing.begun", row.id, to=OVERSEERS_ONLY, shown={"form": row.form}, scenario=row.scenario_sha256)
    return row


def _prepare(platform: Platform, job: Job) -> bytes:
    with platform.reading() as work:
        row = work.session.get_one(Clearing, job.subject_id)
    request = {"form": row.form, "charges": row.charges, "time_limit": row.time_limit}
    scenario, roads = scenario_parts(platform, row)
    return pack({"scenario.zip": scenario, "roads.zip": roads, "request.json": json.dumps(request).encode()})


def _finish(work: Work, platform: Platform, job: Job, result: bytes) -> None:
    row = work.session.execute(
        select(Clearing).where(Clearing.id == job.subject_id).with_for_update(key_share=True)
    ).scalar_one()
    files = files_of(result)
    found: dict[str, Any] = json.loads(files["result.json"])
    row.plan_sha256 = platform.blobs.put(files["plan.zip"])
    proposals, left_out = drafts(work, row, found)
    work.session.add_all(proposals)
    summary = found["summary"]
    row.goals = [{key: goal[key] for key in ("name", "unit", "value", "bound")} for goal in summary["goals"]]
    row.kpis, row.totals = summary["kpis"], found["totals"]
    parties = {side: len({getattr(p, f"{side}_id") for p in proposals}) for side in ("seller", "buyer")}
    row.counts = {**row.counts, "proposals": len(proposals), **left_out,
                  "sellers": parties["seller"], "buyers": parties["buyer"], "termination": summary["termination"],
                  "lanes": summary["counts"]["lanes"], "columns": summary["counts"]["columns"]}  # fmt: skip
    row.state, row.solved_at = "solved", work.clock.now()
    work.session.flush()
    row.changes = changes_against(work, row, proposals)
    work.tell("clearing.solved", row.id, to=OVERSEERS_ONLY, shown={"proposals": len(proposals)}, plan=row.plan_sha256)
    if row.publish:
        _publish(work, row)


def _fail(work: Work, platform: Platform, job: Job, problem: ProblemView) -> None:
    row = work.session.execute(
        select(Clearing).where(Clearing.id == job.subject_id).with_for_update(key_share=True)
    ).scalar_one()
    row.state = "cancelled" if problem.code == "job-cancelled" else "failed"
    work.tell(f"clearing.{row.state}", row.id, to=OVERSEERS_ONLY, shown={"code": problem.code})


register(Kind("clearing", _prepare, run, _finish, _fail, address="/v1/clearings/{subject_id}"))


def publish(work: Work, id_: str, precondition: Precondition) -> Clearing:
    """Sends the proposals to the parties and holds the quantities; what cannot stand any more lapses.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState, ClosedWindow: the horizon is over.
    """
    row = ClearingRepository(work).get_own(id_)
    precondition.check(row)
    if row.state != "solved":
        raise WrongState(f"The clearing is {row.state}.")
    if _last_day(row) < work.clock.today():
        raise ClosedWindow("Its days are over; run another one.")
    _publish(work, row)
    work.session.flush()
    return row


def _last_day(row: Clearing) -> dt.date:
    return row.start + dt.timedelta(days=row.days - 1)


def _publish(work: Work, row: Clearing) -> None:
    now = work.clock.now()
    row.state, row.published_at = "published", now
    row.closes_at = max(now, min(now + dt.timedelta(hours=row.window_hours), work.clock.end_of(_last_day(row))))
    query = select(Proposal).where(Proposal.clearing_id == row.id).order_by(Proposal.id)
    facilities = proposals_.lock_facilities(work, work.session.execute(query).scalars())
    proposals = list(work.session.execute(query.with_for_update(key_share=True)).scalars())
    locked = listings.lock(work, (id_ for p in proposals for id_ in (p.seller_listing_id, p.buyer_listing_id)))
    dropped = refused(work, proposals, locked, facilities)
    for proposal in proposals:
        if proposal.id in dropped:
            proposal.state, (proposal.why_zh, proposal.why_en) = "lapsed", dropped[proposal.id]
            continue
        for id_, kg in ((proposal.seller_listing_id, proposal.kg), (proposal.buyer_listing_id, proposal.buyer_kg)):
            if id_ is not None:
                listings.reserve(work, locked[id_], kg)
        proposal.state = "open"
        proposal.closes_at = min(row.closes_at, work.clock.end_of(first_day(proposal)))
        _answer_for_automatic_sides(proposal, locked, facilities)
        work.tell(
            "proposal.opened",
            proposal.id,
            to=Audience(organisations=(proposal.seller_id, proposal.buyer_id)),
            shown={"clearing_id": row.id, "material": proposal.material, "t": proposal.kg / 1000},
        )
    row.counts = {**row.counts, "dropped": len(dropped)}
    work.session.flush()
    work.tell("clearing.published", row.id, to=EVERYBODY, shown={"closes_at": row.closes_at.isoformat()})
    proposals_.conclude(work, [proposal for proposal in proposals if proposal.state == "open"], facilities)


def _answer_for_automatic_sides(
    proposal: Proposal, locked: dict[str, Listing], facilities: dict[str, Facility]
) -> None:
    """Those who asked for it accept at once, a listing only at a price within its own reserve."""
    seller, buyer = proposal.seller_listing_id, proposal.buyer_listing_id
    if seller is not None:
        reserve = locked[seller].reserve or 0
        proposal.seller_answer = "accepted" if locked[seller].auto_accept and proposal.seller_price >= reserve else ""
    elif proposal.seller_facility_id is not None:
        proposal.seller_answer = "accepted" if facilities[proposal.seller_facility_id].auto_accept else ""
    if buyer is not None:
        reserve = locked[buyer].reserve or 0
        proposal.buyer_answer = "accepted" if locked[buyer].auto_accept and proposal.buyer_price <= reserve else ""
    elif proposal.buyer_facility_id is not None:
        proposal.buyer_answer = "accepted" if facilities[proposal.buyer_facility_id].auto_accept else ""


def settle(work: Work, id_: str, precondition: Precondition) -> Clearing:
    """Closes the window now; what is not agreed returns to the market.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState.
    """
    row = ClearingRepository(work).get_own(id_)
    precondition.check(row)
    if row.state != "published":
        raise WrongState(f"The clearing is {row.state}.")
    _settle(work, row)
    work.session.flush()
    return row


def discard(work: Work, id_: str, precondition: Precondition) -> Clearing:
    """Drops a solved clearing that was not published; one that is being solved is cancelled by its job.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState.
    """
    row = ClearingRepository(work).get_own(id_)
    precondition.check(row)
    if row.state != "solved":
        raise WrongState(f"The clearing is {row.state}.")
    _discard(work, row)
    return row


def _discard(work: Work, row: Clearing) -> None:
    for proposal in work.session.execute(select(Proposal).where(Proposal.clearing_id == row.id)).scalars():
        proposal.state = "lapsed"
    row.state = "cancelled"
    work.session.flush()
    work.tell("clearing.cancelled", row.id, to=OVERSEERS_ONLY, shown={})


def lapse(work: Work) -> int:
    """Settles clearings whose window is over, and drops those whose days passed before they were published."""
    query = select(Clearing).where(Clearing.state == "published", Clearing.closes_at <= work.clock.now())
    rows = list(
        work.session.execute(query.order_by(Clearing.id).with_for_update(skip_locked=True, key_share=True)).scalars()
    )
    for row in rows:
        _settle(work, row)
    query = select(Clearing).where(Clearing.state == "solved", Clearing.start < work.clock.today())
    stale = work.session.execute(
        query.order_by(Clearing.id).with_for_update(skip_locked=True, key_share=True)
    ).scalars()
    past = [row for row in stale if _last_day(row) < work.clock.today()]
    for row in past:
        _discard(work, row)
    return len(rows) + len(past)


def _settle(work: Work, row: Clearing) -> None:
    lapsed = proposals_.lapse_all(work, row.id)
    row.state = "settled"
    row.closes_at = min(row.closes_at or work.clock.now(), work.clock.now())
    row.counts = {**row.counts, "lapsed": lapsed}
    work.tell("clearing.settled", row.id, to=EVERYBODY, shown={"lapsed": lapsed})


def view(work: Work, row: Clearing) -> ClearingView:
    """A clearing as the caller may see it.

    Overseers see all of it. Members see what changed for themselves, and the figures of a clearing with several parties
    on either side: of fewer, a sum tells one party the other's price.
    """
    whole = ClearingView.model_validate(row, from_attributes=True)
    if work.caller.oversees:
        return whole
    hidden: dict[str, Any] = {"changes": _own_changes(work, row)}
    if not has_many_parties(row.counts.get("sellers", 0), row.counts.get("buyers", 0)):
        hidden |= {"goals": [], "kpis": {}, "totals": {}}
    return whole.model_copy(update=hidden)


def _own_changes(work: Work, row: Clearing) -> list[ChangeView]:
    ends = {change[end] for change in row.changes for end in ("from_id", "to_id")}
    own: set[str] = set()
    for model in (Listing, Facility):
        query = select(model.id).where(model.id.in_(ends), model.organisation_id == work.caller.organisation_id)
        own |= set(work.session.execute(query).scalars())
    return [ChangeView(**change) for change in row.changes if own & {change["from_id"], change["to_id"]}]
