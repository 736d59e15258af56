"""``/v1/trucks``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.kernel.idempotency import Once
from api.kernel.paging import Page, Paging
from api.kernel.preconditions import IfMatch, show_etag
from api.kernel.problems import (
    Conflict,
    ExpiredPermit,
    ForeignResource,
    IdempotencyConflict,
    NotFound,
    PreconditionRequired,
    StaleVersion,
)
from api.kernel.work import Work
from api.requests import Transacting, answers, reads, writes
from api.trucks import service
from api.trucks.models import Truck
from api.trucks.schemas import TruckNew, TruckPatch, TruckView
from api.trucks.service import TruckRepository

router = APIRouter(prefix="/v1/trucks", tags=["trucks"], route_class=Transacting)


@router.get("", responses=answers())
def trucks(
    paging: Paging,
    work: Annotated[Work, reads("organisation:write")],
    carrier_id: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[TruckView]:
    """Your trucks; overseers see all."""
    rows, cursor = TruckRepository(work).page(
        paging, *(() if carrier_id is None else (Truck.carrier_id == carrier_id,))
    )
    return Page(items=[service.view(row) for row in rows], next=cursor)


@router.post(
    "",
    status_code=201,
    response_model=TruckView,
    responses=answers(NotFound, ForeignResource, Conflict, ExpiredPermit, IdempotencyConflict),
)
def register(new: TruckNew, once: Once, work: Annotated[Work, writes("carriers:write")]) -> Response:
    """Registers a truck of one of your carriers."""

    def make() -> tuple[TruckView, str]:
        row = service.register(work, new)
        return service.view(row), f"/v1/trucks/{row.id}"

    return once.once(work, make)


@router.get("/{id}", responses=answers(NotFound))
def truck(id: str, response: Response, work: Annotated[Work, reads("organisation:write")]) -> TruckView:
    """One truck."""
    row = TruckRepository(work).get(id)
    show_etag(response, row)
    return service.view(row)


@router.patch("/{id}", responses=answers(NotFound, ForeignResource, PreconditionRequired, StaleVersion, ExpiredPermit))
def change(
    id: str,
    patch: TruckPatch,
    response: Response,
    precondition: IfMatch,
    work: Annotated[Work, writes("carriers:write")],
) -> TruckView:
    """Changes a truck."""
    row = service.change(work, id, patch, precondition)
    show_etag(response, row)
    return service.view(row)
