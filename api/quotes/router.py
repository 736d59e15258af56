"""``/v1/quotes``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.kernel.access import Caller
from api.kernel.idempotency import Once
from api.kernel.paging import Page, Paging
from api.kernel.problems import (
    Busy,
    IdempotencyConflict,
    NotApproved,
    NotFound,
    RefusedMaterial,
    UnknownCoordinateSystem,
)
from api.kernel.work import Work
from api.quotes import service
from api.quotes.market import Quoting
from api.quotes.repository import QuoteRepository
from api.quotes.schemas import QuoteNew, QuoteView
from api.requests import Running, Transacting, answers, asks, reads

router = APIRouter(prefix="/v1/quotes", tags=["quotes"], route_class=Transacting)


def quoting_of(request: Request) -> Quoting:
    """The server's market for quotes; a dependency."""
    quoting: Quoting = request.app.state.quoting
    return quoting


@router.get("", responses=answers())
def quotes(paging: Paging, work: Annotated[Work, reads("quotes:write")]) -> Page[QuoteView]:
    """What your organisation was told, newest first."""
    rows, cursor = QuoteRepository(work).page(paging)
    return Page(items=[QuoteView.model_validate(row.answer) for row in rows], next=cursor)


@router.post(
    "",
    status_code=201,
    response_model=QuoteView,
    responses=answers(Busy, NotApproved, IdempotencyConflict, RefusedMaterial, UnknownCoordinateSystem),
)
def ask(
    new: QuoteNew,
    once: Once,
    platform: Running,
    caller: Annotated[Caller, asks("quotes:write")],
    quoting: Annotated[Quoting, Depends(quoting_of)],
) -> Response:
    """Where a lot would go now, when, at what reference price, and what that saves. Nothing is reserved."""
    if not caller.approved:  # prices at the margin tell strangers what somebody is ready to pay
        raise NotApproved
    with platform.reading(caller) as work:  # the market is asked outside the write lock
        told = service.ask(work, quoting, new)
    with platform.writing(caller) as work:

        def make() -> tuple[QuoteView, str]:
            view = service.store(work, quoting, new, told)
            return view, f"/v1/quotes/{view.id}"

        return once.once(work, make)


@router.get("/{id}", responses=answers(NotFound))
def quote(id: str, work: Annotated[Work, reads("quotes:write")]) -> QuoteView:
    """One quote, as it was told."""
    return QuoteView.model_validate(QuoteRepository(work).get(id).answer)
