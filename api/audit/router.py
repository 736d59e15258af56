"""``/v1/audit``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from api.audit import service
from api.audit.models import AuditEntry
from api.audit.repository import AuditRepository
from api.audit.schemas import AuditView
from api.kernel.paging import Page, Paging
from api.kernel.problems import NotFound
from api.kernel.work import Work
from api.requests import Transacting, answers, reads

router = APIRouter(prefix="/v1/audit", tags=["audit"], route_class=Transacting)


@router.get("", responses=answers())
def trail(
    paging: Paging,
    work: Annotated[Work, reads("audit:read")],
    actor: Annotated[str | None, Query(max_length=80, examples=["user:usr_01j9zk3v5w8q2n7m"])] = None,
    subject: Annotated[str | None, Query(max_length=80, description="Id of what it happened to.")] = None,
    organisation_id: Annotated[str | None, Query(max_length=40, description="Of whoever did it.")] = None,
    action: Annotated[str | None, Query(max_length=60, description="Its beginning.", examples=["deal."])] = None,
    since: Annotated[AwareDatetime | None, Query(description="Not before; with its offset from UTC.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before; with its offset from UTC.")] = None,
) -> Page[AuditView]:
    """Who did what, newest first."""
    wanted = ((actor, AuditEntry.actor), (subject, AuditEntry.subject), (organisation_id, AuditEntry.organisation_id))
    where = [column == value for value, column in wanted if value is not None]
    if action is not None:
        where.append(AuditEntry.action.startswith(action, autoescape=True))
    if since is not None:
        where.append(AuditEntry.at >= _utc(since))
    if until is not None:
        where.append(AuditEntry.at < _utc(until))
    rows, cursor = AuditRepository(work).page(paging, *where)
    return Page(items=[service.view(row) for row in rows], next=cursor)


@router.get("/{number}", responses=answers(NotFound))
def entry(number: Annotated[int, Path(ge=0, le=2**62)], work: Annotated[Work, reads("audit:read")]) -> AuditView:
    """One entry."""
    return service.view(AuditRepository(work).get(number))


def _utc(time: dt.datetime) -> dt.datetime:
    """In UTC; a time at the edge of the calendar, which has none, as if it were."""
    try:
        return time.astimezone(dt.UTC)
    except OverflowError:
        return time.replace(tzinfo=dt.UTC)
