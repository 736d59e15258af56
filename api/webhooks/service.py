"""Registering webhooks and looking after their deliveries.

A delivery is ``pending`` → ``delivered`` | ``dead`` → (retry) ``pending``.
"""

from __future__ import annotations

import secrets

from sqlalchemy import delete, func, select

from api.events.repository import last_number
from api.kernel.preconditions import Precondition
from api.kernel.problems import Conflict, NotFound, WrongState, invalid
from api.kernel.work import Work
from api.platform import Platform
from api.settings import Settings
from api.webhooks.address import AddressRefused, refuse_bad_address
from api.webhooks.models import Delivery, Webhook
from api.webhooks.repository import DeliveryRepository, WebhookRepository
from api.webhooks.schemas import DeliveryView, WebhookMade, WebhookNew, WebhookPatch, WebhookView
from api.webhooks.signing import secret_of

MOST_WEBHOOKS = 20  # of one organisation


def refuse_address(platform: Platform, url: str | None) -> None:
    """Checks an address that somebody enters; asks the name server in production, so outside a transaction.

    Raises:
        Invalid: it may not be used.
    """
    if url is None:
        return
    try:
        refuse_bad_address(platform.settings, url)
    except AddressRefused as refused:
        raise invalid("url", str(refused)) from None


def register(work: Work, settings: Settings, new: WebhookNew) -> WebhookMade:
    """A webhook of the caller's organisation, for events from now on.

    Raises:
        Conflict: there are 20 already.
    """
    repository = WebhookRepository(work)
    have = work.session.execute(
        select(func.count()).where(Webhook.organisation_id == work.caller.organisation_id)
    ).scalar_one()
    if have >= MOST_WEBHOOKS:
        raise Conflict(f"Your organisation has {have} webhooks already; delete one first.")
    now = work.clock.now()
    row = repository.add(
        Webhook(
            organisation_id=work.caller.organisation_id,
            role=work.caller.role,
            url=new.url,
            topics=new.topics,
            salt=secrets.token_hex(16),
            last_event=last_number(work.session),
            created_at=now,
            updated_at=now,
        )
    )
    work.tell("webhook.registered", row.id, topics=row.topics)
    return made(settings, row)


def change(work: Work, id_: str, patch: WebhookPatch, precondition: Precondition) -> Webhook:
    """Changes a webhook.

    Raises:
        NotFound, ForeignResource, PreconditionRequired, StaleVersion.
    """
    row = WebhookRepository(work).get_own(id_)
    precondition.check(row)
    if patch.active and not row.active:
        row.last_event = last_number(work.session)
    for name, value in patch.model_dump(exclude_none=True).items():
        setattr(row, name, value)
    row.updated_at = work.clock.now()
    work.session.flush()
    work.tell("webhook.changed", row.id, fields=sorted(patch.model_fields_set))
    return row


def remove(work: Work, id_: str, precondition: Precondition) -> None:
    """Deletes a webhook and what was not delivered yet.

    Raises:
        NotFound, ForeignResource, StaleVersion.
    """
    row = WebhookRepository(work).get_own(id_)
    precondition.check(row)
    work.session.execute(delete(Delivery).where(Delivery.webhook_id == row.id))
    work.session.delete(row)
    work.session.flush()
    work.tell("webhook.deleted", id_)


def rotate(work: Work, settings: Settings, id_: str) -> WebhookMade:
    """Gives a webhook another secret; the old one signs nothing any more.

    Raises:
        NotFound, ForeignResource.
    """
    row = WebhookRepository(work).get_own(id_)
    row.salt, row.updated_at = secrets.token_hex(16), work.clock.now()
    work.session.flush()
    work.tell("webhook.rotated", row.id)
    return made(settings, row)


def ping(work: Work, id_: str) -> Delivery:
    """A delivery that tells nothing, to try the way.

    Raises:
        NotFound, ForeignResource, WrongState: it is not active.
    """
    row = WebhookRepository(work).get_own(id_)
    if not row.active:
        raise WrongState("The webhook is not active; nothing is sent to it.")
    now = work.clock.now()
    delivery = DeliveryRepository(work).add(Delivery(webhook_id=row.id, event_number=0, next_at=now, created_at=now))
    work.tell("webhook.pinged", row.id)
    return delivery


def retry(work: Work, id_: str, delivery_id: str) -> Delivery:
    """Puts a dead delivery back on its way, with all its attempts.

    Raises:
        NotFound, ForeignResource, WrongState: it is not dead.
    """
    webhook = WebhookRepository(work).get_own(id_)
    row = DeliveryRepository(work).get(delivery_id, lock=True)
    if row.webhook_id != webhook.id:
        raise NotFound(f"The webhook has no delivery {delivery_id!r}.")
    if row.state != "dead":
        raise WrongState(f"The delivery is {row.state}; only dead ones are retried.")
    row.state, row.attempts, row.next_at = "pending", 0, work.clock.now()
    work.session.flush()
    work.tell("webhook.retried", webhook.id, delivery=row.id)
    return row


def view(row: Webhook) -> WebhookView:
    """A webhook without its secret."""
    return WebhookView.model_validate(row, from_attributes=True)


def made(settings: Settings, row: Webhook) -> WebhookMade:
    """A webhook with its secret."""
    return WebhookMade(**view(row).model_dump(), secret=secret_of(settings, row))


def delivery_view(row: Delivery) -> DeliveryView:
    """A delivery."""
    return DeliveryView.model_validate(row, from_attributes=True)
