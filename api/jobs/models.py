"""The table of jobs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base
from api.kernel.ids import new_id
from api.kernel.types import Json, UtcTime


class Job(Base):
    """Work outside the request. A running job holds a lease; when the lease ends without a result it is run again.

    ``attempt`` makes the result unique: only the attempt that holds the lease may write it.
    """

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_due", "state", "lease_until"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("job"))
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"), index=True, nullable=True)
    kind: Mapped[str] = mapped_column(String(30))  # a handler of api.jobs.kinds
    subject_id: Mapped[str] = mapped_column(String(40), index=True)  # what it works on, for example a clearing
    state: Mapped[str] = mapped_column(String(20), default="queued")  # queued running succeeded failed cancelled
    progress: Mapped[float] = mapped_column(default=0.0)  # 0 … 1
    message: Mapped[str] = mapped_column(String(200), default="")
    attempt: Mapped[int] = mapped_column(default=0)
    losses: Mapped[int] = mapped_column(default=0)  # attempts that ended because the worker died
    lease_until: Mapped[dt.datetime | None] = mapped_column(UtcTime, nullable=True)
    time_limit: Mapped[float | None] = mapped_column(nullable=True)  # seconds
    error: Mapped[dict[str, Any] | None] = mapped_column(Json, nullable=True)  # a problem view
    trace: Mapped[str] = mapped_column(Text, default="")  # of a defect, for engineers; never shown
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    started_at: Mapped[dt.datetime | None] = mapped_column(UtcTime, nullable=True)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcTime, nullable=True)
