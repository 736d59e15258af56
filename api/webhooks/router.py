"""``/v1/webhooks``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.kernel.access import Caller
from api.kernel.idempotency import Once
from api.kernel.paging import Page, Paging
from api.kernel.preconditions import IfMatch, IfMatchOptional, show_etag
from api.kernel.problems import (
    Conflict,
    ForeignResource,
    IdempotencyConflict,
    NotFound,
    PreconditionRequired,
    StaleVersion,
    WrongState,
)
from api.kernel.work import Work
from api.requests import Running, Transacting, answers, asks, check, reads, writes
from api.webhooks import service
from api.webhooks.models import Delivery
from api.webhooks.repository import DeliveryRepository, WebhookRepository
from api.webhooks.schemas import DeliveryState, DeliveryView, WebhookMade, WebhookNew, WebhookPatch, WebhookView

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=Transacting)
Asking = Annotated[Caller, asks("webhooks:write")]


@router.get("", responses=answers())
def webhooks(paging: Paging, work: Annotated[Work, reads("webhooks:write")]) -> Page[WebhookView]:
    """Webhooks of your organisation."""
    rows, cursor = WebhookRepository(work).page(paging)
    return Page(items=[service.view(row) for row in rows], next=cursor)


@router.post("", status_code=201, response_model=WebhookMade, responses=answers(Conflict, IdempotencyConflict))
def register(new: WebhookNew, once: Once, platform: Running, caller: Asking) -> Response:
    """Registers a webhook; its secret is in this answer and nowhere else.

    It gets what the stream of events gives you.
    """
    check(caller, "events:read")
    service.refuse_address(platform, new.url)
    with platform.writing(caller) as work:

        def make() -> tuple[WebhookMade, str]:
            made = service.register(work, platform.settings, new)
            return made, f"/v1/webhooks/{made.id}"

        return once.once(work, make)


@router.get("/{id}", responses=answers(NotFound))
def webhook(id: str, response: Response, work: Annotated[Work, reads("webhooks:write")]) -> WebhookView:
    """One webhook, without its secret."""
    row = WebhookRepository(work).get(id)
    show_etag(response, row)
    return service.view(row)


@router.patch("/{id}", responses=answers(NotFound, ForeignResource, PreconditionRequired, StaleVersion))
def change(
    id: str,
    patch: WebhookPatch,
    response: Response,
    precondition: IfMatch,
    platform: Running,
    caller: Asking,
) -> WebhookView:
    """Changes a webhook."""
    check(caller, "events:read")  # or a key without it could send the events elsewhere
    service.refuse_address(platform, patch.url)
    with platform.writing(caller) as work:
        row = service.change(work, id, patch, precondition)
        show_etag(response, row)
        return service.view(row)


@router.delete("/{id}", status_code=204, responses=answers(NotFound, ForeignResource, StaleVersion))
def remove(id: str, precondition: IfMatchOptional, work: Annotated[Work, writes("webhooks:write")]) -> Response:
    """Deletes a webhook with its deliveries."""
    service.remove(work, id, precondition)
    return Response(status_code=204)


@router.post("/{id}/rotate", responses=answers(NotFound, ForeignResource))
def rotate(
    id: str, response: Response, platform: Running, work: Annotated[Work, writes("webhooks:write")]
) -> WebhookMade:
    """Gives it another secret, at once."""
    made = service.rotate(work, platform.settings, id)
    show_etag(response, made)
    return made


@router.post("/{id}/ping", status_code=202, responses=answers(NotFound, ForeignResource, WrongState))
def ping(id: str, work: Annotated[Work, writes("webhooks:write")]) -> DeliveryView:
    """Sends an event `webhook.ping`, to try the way."""
    return service.delivery_view(service.ping(work, id))


@router.get("/{id}/deliveries", responses=answers(NotFound))
def deliveries(
    id: str,
    paging: Paging,
    work: Annotated[Work, reads("webhooks:write")],
    state: Annotated[DeliveryState | None, Query(description="`dead` for those that were given up.")] = None,
) -> Page[DeliveryView]:
    """What was sent or is to be sent, newest first."""
    WebhookRepository(work).get(id)
    where = [Delivery.webhook_id == id]
    if state is not None:
        where.append(Delivery.state == state)
    rows, cursor = DeliveryRepository(work).page(paging, *where)
    return Page(items=[service.delivery_view(row) for row in rows], next=cursor)


@router.post("/{id}/deliveries/{delivery_id}/retry", responses=answers(NotFound, ForeignResource, WrongState))
def retry(id: str, delivery_id: str, work: Annotated[Work, writes("webhooks:write")]) -> DeliveryView:
    """Puts a dead delivery back on its way."""
    return service.delivery_view(service.retry(work, id, delivery_id))
