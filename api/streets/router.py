"""``/v1/streets``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from api.kernel.idempotency import Once
from api.kernel.paging import Page, Paging
from api.kernel.preconditions import IfMatch, show_etag
from api.kernel.problems import (
    Conflict,
    ForeignResource,
    IdempotencyConflict,
    NotFound,
    PreconditionRequired,
    StaleVersion,
)
from api.kernel.work import Work
from api.requests import Transacting, answers, reads, writes
from api.streets import service
from api.streets.models import Street
from api.streets.schemas import StreetNew, StreetPatch, StreetView
from api.streets.service import StreetRepository

router = APIRouter(prefix="/v1/streets", tags=["streets"], route_class=Transacting)


def _view(row: Street) -> StreetView:
    return StreetView.model_validate(row, from_attributes=True)


@router.get("", responses=answers(permission=False))
def streets(paging: Paging, work: Annotated[Work, reads()]) -> Page[StreetView]:
    """Streets of the zone."""
    rows, cursor = StreetRepository(work).page(paging)
    return Page(items=[_view(row) for row in rows], next=cursor)


@router.post("", status_code=201, response_model=StreetView, responses=answers(Conflict, IdempotencyConflict))
def create(new: StreetNew, once: Once, work: Annotated[Work, writes("streets:write")]) -> Response:
    """Names a street."""

    def make() -> tuple[StreetView, str]:
        row = service.create(work, new)
        return _view(row), f"/v1/streets/{row.id}"

    return once.once(work, make)


@router.get("/{id}", responses=answers(NotFound, permission=False))
def street(id: str, response: Response, work: Annotated[Work, reads()]) -> StreetView:
    """One street."""
    row = StreetRepository(work).get(id)
    show_etag(response, row)
    return _view(row)


@router.patch("/{id}", responses=answers(NotFound, ForeignResource, PreconditionRequired, StaleVersion, Conflict))
def change(
    id: str,
    patch: StreetPatch,
    response: Response,
    precondition: IfMatch,
    work: Annotated[Work, writes("streets:write")],
) -> StreetView:
    """Renames a street."""
    row = service.change(work, id, patch, precondition)
    show_etag(response, row)
    return _view(row)
