"""What webhooks take and give."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Url = Annotated[
    str,
    Field(
        max_length=500,
        pattern=r"^https?://[^\s]+$",
        description="Where events are sent by POST; in production https and publicly reachable.",
        examples=["https://erp.example.org/cutfill"],
    ),
]
Topics = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z_.]+$")]],
    Field(max_length=30, description="Beginnings of topics; empty = all.", examples=[["proposal.", "deal.struck"]]),
]
DeliveryState = Literal["pending", "delivered", "dead"]


class WebhookNew(BaseModel):
    """A webhook to register."""

    url: Url
    topics: Topics = Field(default_factory=list)


class WebhookPatch(BaseModel):
    """Fields to change; what is left out stays. Events of the time while it was not active are not sent later."""

    url: Url | None = None
    topics: Topics | None = None
    active: bool | None = None


class WebhookView(BaseModel):
    """A webhook without its secret."""

    id: str
    organisation_id: str
    url: str
    topics: list[str]
    active: bool
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int


class WebhookMade(WebhookView):
    """A webhook with its signing secret, which is shown this once.

    Each delivery carries ``X-Cutfill-Signature: t=<unix time>,v1=<hex>``: the HMAC-SHA-256 under the secret of the
    time, a full stop and the body. Refuse what does not match, or is older than some minutes.
    """

    secret: str = Field(description="Blank in a repeated answer to the same Idempotency-Key: it is not kept.")


class DeliveryView(BaseModel):
    """One event on its way to a webhook."""

    id: str
    webhook_id: str
    event_number: int = Field(description="Number of the event; 0 = a ping.")
    state: DeliveryState = Field(description="`dead` = given up; retry it when the receiver is mended.")
    attempts: int
    next_at: dt.datetime = Field(description="When it is tried next, while pending.")
    last_status: int | None = Field(description="HTTP status of the last answer.")
    last_error: str
    created_at: dt.datetime
