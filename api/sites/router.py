"""``/v1/sites``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from api.kernel.idempotency import Once
from api.kernel.paging import Page, Paging
from api.kernel.preconditions import IfMatch, show_etag
from api.kernel.problems import (
    ForeignResource,
    IdempotencyConflict,
    NotFound,
    PreconditionRequired,
    StaleVersion,
)
from api.kernel.work import Work
from api.requests import Transacting, answers, reads, writes
from api.sites import service
from api.sites.repository import SiteRepository
from api.sites.schemas import SiteNew, SitePatch, SiteView

router = APIRouter(prefix="/v1/sites", tags=["sites"], route_class=Transacting)


@router.get("", responses=answers())
def sites(paging: Paging, work: Annotated[Work, reads("organisation:write")]) -> Page[SiteView]:
    """Sites of your organisation; overseers see all."""
    rows, cursor = SiteRepository(work).page(paging)
    return Page(items=[service.view(row) for row in rows], next=cursor)


@router.post("", status_code=201, response_model=SiteView, responses=answers(IdempotencyConflict))
def register(new: SiteNew, once: Once, work: Annotated[Work, writes("sites:write")]) -> Response:
    """Registers a site with its pre-works estimate and permits."""

    def make() -> tuple[SiteView, str]:
        row = service.register(work, new)
        return service.view(row), f"/v1/sites/{row.id}"

    return once.once(work, make)


@router.get("/{id}", responses=answers(NotFound))
def site(id: str, response: Response, work: Annotated[Work, reads("organisation:write")]) -> SiteView:
    """One site."""
    row = SiteRepository(work).get(id)
    show_etag(response, row)
    return service.view(row)


@router.patch("/{id}", responses=answers(NotFound, ForeignResource, PreconditionRequired, StaleVersion))
def change(
    id: str,
    patch: SitePatch,
    response: Response,
    precondition: IfMatch,
    work: Annotated[Work, writes("sites:write")],
) -> SiteView:
    """Changes a site."""
    row = service.change(work, id, patch, precondition)
    show_etag(response, row)
    return service.view(row)
