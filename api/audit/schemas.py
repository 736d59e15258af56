"""What the audit trail gives."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, Field


class AuditView(BaseModel):
    """One thing that was done."""

    number: int = Field(description="Counts up without gaps.", examples=[5120])
    at: dt.datetime
    actor: str = Field(description="`user:…`, `key:…`, `public` or `system`.", examples=["user:usr_01j9zk3v5w8q2n7m"])
    organisation_id: str | None
    action: str = Field(examples=["listing.opened"])
    subject: str
    details: dict[str, Any]
    previous: str = Field(description="Hash of the entry before.")
    hash: str = Field(description="SHA-256 over `previous` and the canonical JSON of this entry.")
