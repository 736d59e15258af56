"""The table of quotes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base
from api.kernel.ids import new_id
from api.kernel.types import Json, UtcTime


class Quote(Base):
    """What somebody was told when they asked; nothing is reserved by it."""

    __tablename__ = "quotes"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("quo"))
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"), index=True, nullable=True)
    lot: Mapped[dict[str, Any]] = mapped_column(Json)  # as asked
    answer: Mapped[dict[str, Any]] = mapped_column(Json)  # as told
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime)
