"""``/v1/clearings``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.clearings import service
from api.clearings.models import Clearing
from api.clearings.repository import ClearingRepository, PublishedRepository
from api.clearings.schemas import ClearingNew, ClearingState, ClearingView, WeekView
from api.clearings.store import scenario_zip, unpacked
from api.clearings.week import week_of
from api.kernel.idempotency import Once
from api.kernel.paging import Page, Paging
from api.kernel.preconditions import IfMatchOptional, show_etag
from api.kernel.problems import (
    ClosedWindow,
    ForeignResource,
    IdempotencyConflict,
    NotFound,
    StaleVersion,
    WrongState,
)
from api.kernel.work import Work
from api.requests import Running, Transacting, answers, reads, writes

router = APIRouter(prefix="/v1/clearings", tags=["clearings"], route_class=Transacting)
CHANGING = (NotFound, ForeignResource, StaleVersion, WrongState)
ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}, "description": "A folder as a zip."}}
REPORT_POLICY = "default-src 'self' data: blob: 'unsafe-inline'; frame-ancestors 'self'; form-action 'none'"


@router.get("", responses=answers())
def clearings(
    paging: Paging, work: Annotated[Work, reads("clearings:read")], state: ClearingState | None = None
) -> Page[ClearingView]:
    """Clearings, newest first; members see what is published."""
    rows, cursor = ClearingRepository(work).page(paging, *(() if state is None else (Clearing.state == state,)))
    return Page(items=[service.view(work, row) for row in rows], next=cursor)


@router.post("", status_code=202, response_model=ClearingView, responses=answers(IdempotencyConflict))
def begin(
    new: ClearingNew, once: Once, platform: Running, work: Annotated[Work, writes("clearings:write")]
) -> Response:
    """Begins a clearing of everything that is open; `Location` is its job."""

    def make() -> tuple[ClearingView, str]:
        row = service.begin(work, platform, new)
        return service.view(work, row), f"/v1/jobs/{row.job_id}"

    return once.once(work, make, status=202)


@router.get("/{id}", responses=answers(NotFound))
def clearing(id: str, response: Response, work: Annotated[Work, reads("clearings:read")]) -> ClearingView:
    """One clearing."""
    row = ClearingRepository(work).get(id)
    show_etag(response, row)
    return service.view(work, row)


@router.get("/{id}/week", responses=answers(NotFound, permission=False))
def week(id: str, work: Annotated[Work, reads()]) -> WeekView:
    """The published days of a clearing, or of the `latest`: sums for everybody, and your own matches."""
    repository = PublishedRepository(work)
    return week_of(work, repository.latest() if id == "latest" else repository.get(id))


@router.get("/{id}/scenario", response_class=Response, responses={**answers(NotFound), **ZIP})
def scenario(id: str, platform: Running, work: Annotated[Work, reads("clearings:write")]) -> Response:
    """The scenario folder, roads included: `cutfill plan` on it gives the same goals. It holds reserve prices."""
    row = ClearingRepository(work).get(id)
    name = {"Content-Disposition": f'attachment; filename="{row.id}-scenario.zip"'}
    return Response(scenario_zip(platform, row), media_type="application/zip", headers=name)


@router.get("/{id}/plan", response_class=Response, responses={**answers(NotFound, WrongState), **ZIP})
def plan(id: str, platform: Running, work: Annotated[Work, reads("clearings:write")]) -> Response:
    """The plan folder."""
    row = _solved(work, id)
    name = {"Content-Disposition": f'attachment; filename="{row.id}-plan.zip"'}
    return Response(platform.blobs.get(row.plan_sha256), media_type="application/zip", headers=name)


@router.get("/{id}/report", response_class=HTMLResponse, responses=answers(NotFound, WrongState))
def report(id: str, platform: Running, work: Annotated[Work, reads("clearings:write")]) -> HTMLResponse:
    """The plan's report page."""
    page = unpacked(platform, _solved(work, id)) / "plan" / "report.html"
    return HTMLResponse(page.read_text(encoding="utf-8"), headers={"Content-Security-Policy": REPORT_POLICY})


def _solved(work: Work, id_: str) -> Clearing:
    row = ClearingRepository(work).get(id_)
    if not row.plan_sha256:
        raise WrongState(f"The clearing is {row.state}; it has no plan.")
    return row


@router.post("/{id}/publish", responses=answers(*CHANGING, ClosedWindow))
def publish(
    id: str, response: Response, precondition: IfMatchOptional, work: Annotated[Work, writes("clearings:write")]
) -> ClearingView:
    """Sends the proposals to the parties and holds the quantities while they answer."""
    row = service.publish(work, id, precondition)
    show_etag(response, row)
    return service.view(work, row)


@router.post("/{id}/settle", responses=answers(*CHANGING))
def settle(
    id: str, response: Response, precondition: IfMatchOptional, work: Annotated[Work, writes("clearings:write")]
) -> ClearingView:
    """Closes the window now; what is not agreed returns to the market."""
    row = service.settle(work, id, precondition)
    show_etag(response, row)
    return service.view(work, row)


@router.post("/{id}/discard", responses=answers(*CHANGING))
def discard(
    id: str, response: Response, precondition: IfMatchOptional, work: Annotated[Work, writes("clearings:write")]
) -> ClearingView:
    """Drops a solved clearing that was not published."""
    row = service.discard(work, id, precondition)
    show_etag(response, row)
    return service.view(work, row)
