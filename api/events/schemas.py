"""What events give."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, Field


class EventView(BaseModel):
    """One thing that happened; also the body of a webhook's delivery."""

    number: int = Field(description="Counts up in the order of commits; the `id` of the stream.", examples=[1042])
    at: dt.datetime
    topic: str = Field(examples=["listing.opened"])
    subject: str = Field(description="Id of what it happened to.", examples=["lst_01j9zk3v5w8q2n7m4x6t0abcde"])
    data: dict[str, Any] = Field(description="What everybody who may see the event may know.")


class EventPage(BaseModel):
    """Events in the order in which they happened."""

    items: list[EventView]
    last: int = Field(description="Send it as `after` to go on; events that you may not see are skipped.")
    more: bool = Field(description="Whether there are later ones already.")
