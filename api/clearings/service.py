"""Running a clearing from request to settlement.

    solving → solved → published → settled,   solving → failed | cancelled,   solved → cancelled

Publishing holds the quantities of both sides for as long as the parties may answer.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.clearings.changes import changes_against
from api.clearings.matches import drafts
from api.clearings.models import Clearing
from api.clearings.repository import ClearingRepository
from api.clearings.scenario import write_scenario
from api.clearings.schemas import ClearingNew, ClearingView
from api.clearings.store import pack, packed_folder, packed_roads, scenario_zip
from api.facilities.models import Facility
from api.jobs.kinds import Kind, register
from api.jobs.models import Job
from api.jobs.service import enqueue
from api.kernel.preconditions import Precondition
from api.kernel.problems import ClosedWindow, OverCommitted, ProblemView, WrongState, invalid
from api.kernel.work import EVERYBODY, OVERSEERS_ONLY, Audience, Work
from api.listings import service as listings
from api.listings.models import TRADING, Listing
from api.platform import Platform
from api.proposals import service as proposals_
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
        select(Clearing.id)
        .where(Clearing.state.in_(("solved", "published", "settled")))
        .order_by(Clearing.id.desc())
        .limit(1)
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
    with zipfile.ZipFile(io.BytesIO(scenario_zip(platform, row))) as archive:
        files = {f"scenario/{name}": archive.read(name) for name in archive.namelist()}
    return pack({**files, "request.json": json.dumps(request).encode()})


def _finish(work: Work, platform: Platform, job: Job, result: bytes) -> None:
    row = work.session.execute(select(Clearing).where(Clearing.id == job.subject_id).with_for_update()).scalar_one()
    with zipfile.ZipFile(io.BytesIO(result)) as archive:
        found: dict[str, Any] = json.loads(archive.read("result.json"))
        plan = {name.removeprefix("plan/"): archive.read(name) for name in archive.namelist() if name != "result.json"}
    row.plan_sha256 = platform.blobs.put(pack(plan))
    proposals, left_out = drafts(work, row, found)
    work.session.add_all(proposals)
    summary = found["summary"]
    row.goals = [{key: goal[key] for key in ("name", "unit", "value", "bound")} for goal in summary["goals"]]
    row.kpis, row.totals = summary["kpis"], found["totals"]
    row.counts = {**row.counts, "proposals": len(proposals), **left_out, "termination": summary["termination"],
                  "lanes": summary["counts"]["lanes"], "columns": summary["counts"]["columns"]}  # fmt: skip
    row.state, row.solved_at = "solved", work.clock.now()
    work.session.flush()
    row.changes = changes_against(work, row, proposals)
    work.tell("clearing.solved", row.id, to=OVERSEERS_ONLY, shown={"proposals": len(proposals)}, plan=row.plan_sha256)
    if row.publish:
        _publish(work, row)


def _fail(work: Work, platform: Platform, job: Job, problem: ProblemView) -> None:
    row = work.session.execute(select(Clearing).where(Clearing.id == job.subject_id).with_for_update()).scalar_one()
    row.state = "cancelled" if problem.code == "job-cancelled" else "failed"
    work.tell(f"clearing.{row.state}", row.id, to=OVERSEERS_ONLY, shown={"code": problem.code})


def _run(payload: bytes, report: Any) -> bytes:
    from api.clearings.solve import run

    return run(payload, report)


register(Kind("clearing", _prepare, _run, _finish, _fail, address="/v1/clearings/{subject_id}"))


def publish(work: Work, id_: str, precondition: Precondition) -> Clearing:
    """Sends the proposals to the parties and holds the quantities; what cannot be held any more lapses.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState, ClosedWindow: the horizon is over.
    """
    row = ClearingRepository(work).get_own(id_)
    precondition.check(row)
    if row.state != "solved":
        raise WrongState(f"The clearing is {row.state}.")
    if row.start + dt.timedelta(days=row.days - 1) < work.clock.today():
        raise ClosedWindow("Its days are over; run another one.")
    _publish(work, row)
    work.session.flush()
    return row


def _publish(work: Work, row: Clearing) -> None:
    now = work.clock.now()
    row.state, row.published_at = "published", now
    row.closes_at = now + dt.timedelta(hours=row.window_hours)
    proposals = list(
        work.session.execute(
            select(Proposal).where(Proposal.clearing_id == row.id).order_by(Proposal.id).with_for_update()
        ).scalars()
    )
    locked = listings.lock(work, (id_ for p in proposals for id_ in (p.seller_listing_id, p.buyer_listing_id)))
    facilities = {
        facility.id: facility
        for facility in work.session.execute(
            select(Facility).where(
                Facility.id.in_({i for p in proposals for i in (p.seller_facility_id, p.buyer_facility_id) if i})
            )
        ).scalars()
    }
    dropped = 0
    for proposal in proposals:
        if not _hold(work, proposal, locked):
            dropped += 1
            continue
        proposal.state, proposal.closes_at = "open", row.closes_at
        _answer_for_automatic_sides(proposal, locked, facilities)
        work.tell(
            "proposal.opened",
            proposal.id,
            to=_parties(proposal),
            shown={"clearing_id": row.id, "material": proposal.material, "t": proposal.kg / 1000},
        )
    row.counts = {**row.counts, "dropped": dropped}
    work.session.flush()
    work.tell("clearing.published", row.id, to=EVERYBODY, shown={"closes_at": row.closes_at.isoformat()})
    proposals_.conclude(work, [proposal for proposal in proposals if proposal.state == "open"])


def _parties(proposal: Proposal) -> Audience:
    return Audience(organisations=(proposal.seller_id, proposal.buyer_id))


def _hold(work: Work, proposal: Proposal, locked: dict[str, Listing]) -> bool:
    """Reserves both sides; False, and nothing held, when a listing left the market or has less than was seen."""
    wanted = [
        (locked[id_], kg)
        for id_, kg in ((proposal.seller_listing_id, proposal.kg), (proposal.buyer_listing_id, proposal.buyer_kg))
        if id_ is not None
    ]
    if any(listing.state not in TRADING or listing.free_kg < kg for listing, kg in wanted):
        proposal.state = "lapsed"
        proposal.why_zh = "发布前该挂牌已变更或撤回。"
        proposal.why_en = "The listing was changed or withdrawn before publication."
        return False
    for listing, kg in wanted:
        try:
            listings.reserve(work, listing, kg)
        except OverCommitted:  # cannot be: free was looked at under the lock
            raise AssertionError(listing.id) from None
    return True


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
    for proposal in work.session.execute(select(Proposal).where(Proposal.clearing_id == row.id)).scalars():
        proposal.state = "lapsed"
    row.state = "cancelled"
    work.session.flush()
    work.tell("clearing.cancelled", row.id, to=OVERSEERS_ONLY, shown={})
    return row


def lapse(work: Work) -> int:
    """Settles clearings whose window is over."""
    query = select(Clearing).where(Clearing.state == "published", Clearing.closes_at <= work.clock.now())
    rows = list(work.session.execute(query.order_by(Clearing.id).with_for_update(skip_locked=True)).scalars())
    for row in rows:
        _settle(work, row)
    return len(rows)


def _settle(work: Work, row: Clearing) -> None:
    lapsed = proposals_.lapse(work, clearing_id=row.id)
    row.state = "settled"
    row.closes_at = min(row.closes_at or work.clock.now(), work.clock.now())
    row.counts = {**row.counts, "lapsed": lapsed}
    work.tell("clearing.settled", row.id, to=EVERYBODY, shown={"lapsed": lapsed})


def view(row: Clearing) -> ClearingView:
    """A clearing as members see it."""
    return ClearingView.model_validate(row, from_attributes=True)
