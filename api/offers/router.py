"""``/v1/offers``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.kernel.idempotency import Once
from api.kernel.paging import Page, Paging
from api.kernel.preconditions import IfMatchOptional, show_etag
from api.kernel.problems import (
    ClosedWindow,
    ForeignResource,
    IdempotencyConflict,
    NotApproved,
    NotFound,
    OverCommitted,
    StaleVersion,
    WrongState,
)
from api.kernel.work import Work
from api.offers import service
from api.offers.models import Offer
from api.offers.schemas import OfferNew, OfferState, OfferView, Terms
from api.offers.service import OfferRepository
from api.requests import Transacting, answers, reads, writes

router = APIRouter(prefix="/v1/offers", tags=["offers"], route_class=Transacting)
ANSWERING = (NotFound, ForeignResource, StaleVersion, WrongState, ClosedWindow)
Writing = Annotated[Work, writes("offers:write", approved=True)]


@router.get("", responses=answers())
def offers(
    paging: Paging,
    work: Annotated[Work, reads("offers:read")],
    state: OfferState | None = None,
    listing_id: Annotated[str | None, Query(max_length=40)] = None,
    thread_id: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[OfferView]:
    """Offers that you made or got; overseers see all."""
    given = ((Offer.state, state), (Offer.listing_id, listing_id), (Offer.thread_id, thread_id))
    where = [column == value for column, value in given if value is not None]
    rows, cursor = OfferRepository(work).page(paging, *where)
    return Page(items=service.views(work, rows), next=cursor)


@router.post(
    "",
    status_code=201,
    response_model=OfferView,
    responses=answers(
        NotFound, ForeignResource, NotApproved, WrongState, ClosedWindow, OverCommitted, IdempotencyConflict
    ),
)
def make(new: OfferNew, once: Once, work: Writing) -> Response:
    """Makes an offer on somebody's listing; nothing is held until it is accepted."""

    def do() -> tuple[OfferView, str]:
        row = service.make(work, new)
        return service.views(work, [row])[0], f"/v1/offers/{row.id}"

    return once.once(work, do)


@router.get("/{id}", responses=answers(NotFound))
def offer(id: str, response: Response, work: Annotated[Work, reads("offers:read")]) -> OfferView:
    """One offer."""
    row = OfferRepository(work).get(id)
    show_etag(response, row)
    return service.views(work, [row])[0]


@router.post(
    "/{id}/counter",
    status_code=201,
    response_model=OfferView,
    responses=answers(*ANSWERING, NotApproved, OverCommitted, IdempotencyConflict),
)
def counter(id: str, terms: Terms, once: Once, precondition: IfMatchOptional, work: Writing) -> Response:
    """Answers with another offer in the same thread."""

    def do() -> tuple[OfferView, str]:
        row = service.counter(work, id, terms, precondition)
        return service.views(work, [row])[0], f"/v1/offers/{row.id}"

    return once.once(work, do)


@router.post("/{id}/accept", responses=answers(*ANSWERING, NotApproved, OverCommitted))
def accept(id: str, response: Response, precondition: IfMatchOptional, work: Writing) -> OfferView:
    """Makes the deal."""
    row = service.accept(work, id, precondition)
    work.session.flush()
    show_etag(response, row)
    return service.views(work, [row])[0]


@router.post("/{id}/decline", responses=answers(*ANSWERING, NotApproved))
def decline(id: str, response: Response, precondition: IfMatchOptional, work: Writing) -> OfferView:
    """Says no."""
    row = service.decline(work, id, precondition)
    show_etag(response, row)
    return service.views(work, [row])[0]


@router.post("/{id}/withdraw", responses=answers(NotFound, ForeignResource, StaleVersion, WrongState, NotApproved))
def withdraw(id: str, response: Response, precondition: IfMatchOptional, work: Writing) -> OfferView:
    """Takes it back before it is answered."""
    row = service.withdraw(work, id, precondition)
    show_etag(response, row)
    return service.views(work, [row])[0]
