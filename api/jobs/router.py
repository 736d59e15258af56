"""``/v1/jobs``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.jobs import service
from api.jobs.models import Job
from api.jobs.repository import JobRepository
from api.jobs.schemas import JobState, JobView
from api.kernel.paging import Page, Paging
from api.kernel.problems import ForeignResource, NotFound, WrongState
from api.kernel.work import Work
from api.requests import Running, Transacting, answers, reads, writes

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=Transacting)


@router.get("", responses=answers())
def jobs(
    paging: Paging,
    work: Annotated[Work, reads("jobs:read")],
    state: Annotated[JobState | None, Query(description="Only in this state.")] = None,
    kind: Annotated[str | None, Query(max_length=30, examples=["clearing"])] = None,
    subject_id: Annotated[str | None, Query(max_length=40, description="Only on this thing.")] = None,
) -> Page[JobView]:
    """Jobs, newest first."""
    wanted = ((state, Job.state), (kind, Job.kind), (subject_id, Job.subject_id))
    where = [column == value for value, column in wanted if value is not None]
    rows, cursor = JobRepository(work).page(paging, *where)
    return Page(items=[service.view(row) for row in rows], next=cursor)


@router.get("/{id}", responses=answers(NotFound))
def job(id: str, work: Annotated[Work, reads("jobs:read")]) -> JobView:
    """One job: how far it is, and where its result is."""
    return service.view(JobRepository(work).get(id))


@router.post("/{id}/cancel", responses=answers(NotFound, ForeignResource, WrongState))
def cancel(id: str, platform: Running, work: Annotated[Work, writes("jobs:write")]) -> JobView:
    """Ends a job that is not finished. What it would have written is not written."""
    return service.view(service.cancel(work, platform, id))
