"""The outbox, and the head that numbers it and the audit trail."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base
from api.kernel.types import BigKey, Json, UtcTime


class LedgerHead(Base):
    """One row: the last audit entry with its hash, and the last event. Locking it orders all commits."""

    __tablename__ = "ledger_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry: Mapped[int] = mapped_column(BigKey, default=0)
    hash: Mapped[str] = mapped_column(String(64), default="")
    event: Mapped[int] = mapped_column(BigKey, default=0)


class OutboxEvent(Base):
    """One event, numbered without gaps in the order of commits."""

    __tablename__ = "outbox"

    number: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    at: Mapped[dt.datetime] = mapped_column(UtcTime)
    topic: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(80))
    public: Mapped[bool]
    organisations: Mapped[list[str]] = mapped_column(Json)
    data: Mapped[dict[str, Any]] = mapped_column(Json)
