"""Webhooks as a caller may see them: addresses may hold secrets, so nobody but their organisation sees them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false, select

from api.kernel.access import Caller
from api.kernel.repository import Repository
from api.webhooks.models import Delivery, Webhook


class WebhookRepository(Repository[Webhook]):
    """Those of the caller's organisation, overseers or not."""

    model, noun = Webhook, "webhook"

    def _seen_by(self, caller: Caller) -> ColumnElement[bool]:
        return false() if caller.organisation_id is None else self._owned_by(caller.organisation_id)


class DeliveryRepository(Repository[Delivery]):
    """Those of the webhooks that the caller sees."""

    model, noun = Delivery, "delivery"

    def _seen_by(self, caller: Caller) -> ColumnElement[bool]:
        own = select(Webhook.id).where(Webhook.organisation_id == caller.organisation_id)
        return Delivery.webhook_id.in_(own)
