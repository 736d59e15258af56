"""What the directory gives."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

EntryKind = Literal["builder", "carrier", "plant", "yard", "placement"]


class EntryView(BaseModel):
    """One entry of the public directory."""

    kind: EntryKind
    id: str
    name: str
    operator: str = Field(description="The organisation behind it.")
    street: str
    lon: float | None
    lat: float | None
    accepts: list[str] = Field(description="Materials, of plants and yards.")
    km: float | None = Field(default=None, description="Straight line from `near`.")
    confirmed_at: dt.datetime
    days_since_confirmed: int = Field(description="Freshness: older than 30 days should be asked about.")
