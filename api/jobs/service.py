"""Beginning, ending and showing jobs. ``queued`` → ``running`` → ``succeeded`` | ``failed``, or ``cancelled``."""

from __future__ import annotations

from api.jobs.kinds import find_kind, kind_of
from api.jobs.models import Job
from api.jobs.repository import JobRepository
from api.jobs.schemas import JobView
from api.kernel.problems import JobCancelled, Problem, WrongState
from api.kernel.work import Audience, Work
from api.platform import Platform

UNFINISHED = ("queued", "running")


def enqueue(work: Work, kind: str, subject_id: str, *, time_limit: float | None = None) -> Job:
    """Begins a job in the caller's own transaction; it is run some time after the commit.

    Args:
        kind: name of a registered kind.
        subject_id: what it works on.
        time_limit: seconds; None = the kind's own.
    """
    job = JobRepository(work).add(
        Job(
            organisation_id=work.caller.organisation_id,
            kind=kind,
            subject_id=subject_id,
            time_limit=time_limit or kind_of(kind).time_limit,
            created_at=work.clock.now(),
        )
    )
    work.tell("job.queued", job.id, to=audience(job), shown=shown(job), kind=kind, of=subject_id)
    return job


def cancel(work: Work, platform: Platform, id_: str) -> Job:
    """Ends a job that is not finished; its worker is freed and a result that still comes is discarded.

    Raises:
        NotFound, ForeignResource, WrongState: it is finished.
    """
    job = JobRepository(work).get_own(id_)
    if job.state not in UNFINISHED:
        raise WrongState(f"The job is {job.state}.")
    end(work, platform, job, JobCancelled(f"Cancelled by {work.caller.name}."), state="cancelled")
    return job


def end(work: Work, platform: Platform, job: Job, problem: Problem, *, state: str = "failed", trace: str = "") -> None:
    """Marks a locked job as failed or cancelled, and lets its kind write down what follows."""
    mark_ended(work, job, problem, state=state, trace=trace)
    kind = find_kind(job.kind)
    if kind is not None:
        kind.fail(work, platform, job, problem.view())


def mark_ended(work: Work, job: Job, problem: Problem, *, state: str = "failed", trace: str = "") -> None:
    """Marks a locked job as failed or cancelled, nothing else.

    Args:
        trace: of a defect, for engineers.
    """
    job.state, job.error, job.trace = state, problem.view().model_dump(mode="json"), trace
    job.finished_at, job.lease_until = work.clock.now(), None
    work.session.flush()
    tell_finished(work, job)


def succeed(work: Work, platform: Platform, job: Job, result: bytes) -> None:
    """Marks a locked job as succeeded and writes its result, in the same transaction."""
    kind_of(job.kind).finish(work, platform, job, result)
    job.state, job.progress, job.message, job.error = "succeeded", 1.0, "", None
    job.finished_at, job.lease_until = work.clock.now(), None
    work.session.flush()
    tell_finished(work, job)


def tell_finished(work: Work, job: Job) -> None:
    """To the owner and the overseers."""
    work.tell("job.finished", job.id, to=audience(job), shown=shown(job), state=job.state, error=job.error)


def audience(job: Job) -> Audience:
    """The organisation that began it; overseers always."""
    return Audience(organisations=() if job.organisation_id is None else (job.organisation_id,))


def shown(job: Job) -> dict[str, object]:
    """What an event tells of a job."""
    return {
        "kind": job.kind,
        "subject_id": job.subject_id,
        "state": job.state,
        "progress": round(job.progress, 3),
        "message": job.message,
    }


def view(job: Job) -> JobView:
    """A job as its organisation sees it."""
    fields = {name: getattr(job, name) for name in JobView.model_fields if name != "result"}
    kind = find_kind(job.kind) if job.state == "succeeded" else None
    return JobView.model_validate({**fields, "result": None if kind is None else kind.result_of(job)})
