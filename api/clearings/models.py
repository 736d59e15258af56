"""The table of clearings."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base
from api.kernel.ids import new_id
from api.kernel.types import Json, UtcTime


class Clearing(Base):
    """One run over everything that is open. Scenario and plan lie in the data folder as zips, under their hashes."""

    __tablename__ = "clearings"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("clr"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))  # whose planner ran it
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id"), nullable=True)
    form: Mapped[str] = mapped_column(String(10))  # welfare | policy
    start: Mapped[dt.date]
    days: Mapped[int]
    charges: Mapped[dict[str, float]] = mapped_column(Json)  # CNY per unit of a goal: externalities
    order: Mapped[list[str]] = mapped_column(Json)  # goals of the policy form
    window_hours: Mapped[float]  # how long parties may answer after publication
    time_limit: Mapped[float | None] = mapped_column(nullable=True)
    # solving → solved → published → settled, or failed | cancelled
    state: Mapped[str] = mapped_column(String(20), default="solving", index=True)
    publish: Mapped[bool] = mapped_column(default=False)  # as soon as it is solved
    roads_sha256: Mapped[str] = mapped_column(String(64), default="")
    scenario_sha256: Mapped[str] = mapped_column(String(64), default="")
    plan_sha256: Mapped[str] = mapped_column(String(64), default="")
    counts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    goals: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    kpis: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    totals: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # money: paid, received, haul, charges, surplus
    changes: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)  # against the clearing before, and why
    previous_id: Mapped[str | None] = mapped_column(ForeignKey("clearings.id"), nullable=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    solved_at: Mapped[dt.datetime | None] = mapped_column(UtcTime, nullable=True)
    published_at: Mapped[dt.datetime | None] = mapped_column(UtcTime, nullable=True)
    closes_at: Mapped[dt.datetime | None] = mapped_column(UtcTime, nullable=True)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
