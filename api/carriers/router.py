"""``/v1/carriers``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from api.carriers import service
from api.carriers.schemas import CarrierNew, CarrierPatch, CarrierView
from api.carriers.service import CarrierRepository
from api.kernel.idempotency import Once
from api.kernel.paging import Page, Paging
from api.kernel.preconditions import IfMatch, show_etag
from api.kernel.problems import (
    ExpiredPermit,
    ForeignResource,
    IdempotencyConflict,
    NotApproved,
    NotFound,
    PreconditionRequired,
    StaleVersion,
    UnknownCoordinateSystem,
)
from api.kernel.work import Work
from api.requests import Transacting, answers, reads, writes

router = APIRouter(prefix="/v1/carriers", tags=["carriers"], route_class=Transacting)


@router.get("", responses=answers(permission=False))
def carriers(paging: Paging, work: Annotated[Work, reads()]) -> Page[CarrierView]:
    """Haulage companies, newest first."""
    rows, cursor = CarrierRepository(work).page(paging)
    return Page(items=[service.view(work, row) for row in rows], next=cursor)


@router.post(
    "",
    status_code=201,
    response_model=CarrierView,
    responses=answers(IdempotencyConflict, NotApproved, ExpiredPermit, UnknownCoordinateSystem),
)
def register(new: CarrierNew, once: Once, work: Annotated[Work, writes("carriers:write", approved=True)]) -> Response:
    """Registers a haulage company with its licence and depot."""

    def make() -> tuple[CarrierView, str]:
        row = service.register(work, new)
        return service.view(work, row), f"/v1/carriers/{row.id}"

    return once.once(work, make)


@router.get("/{id}", responses=answers(NotFound, permission=False))
def carrier(id: str, response: Response, work: Annotated[Work, reads()]) -> CarrierView:
    """One carrier."""
    row = CarrierRepository(work).get(id)
    show_etag(response, row)
    return service.view(work, row)


@router.patch(
    "/{id}",
    responses=answers(
        NotFound, ForeignResource, PreconditionRequired, StaleVersion, ExpiredPermit, UnknownCoordinateSystem
    ),
)
def change(
    id: str,
    patch: CarrierPatch,
    response: Response,
    precondition: IfMatch,
    work: Annotated[Work, writes("carriers:write")],
) -> CarrierView:
    """Changes a carrier."""
    row = service.change(work, id, patch, precondition)
    show_etag(response, row)
    return service.view(work, row)
