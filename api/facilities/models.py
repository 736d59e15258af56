"""The tables of facilities and what lies in them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base
from api.kernel.geography import Placed
from api.kernel.ids import new_id
from api.kernel.types import Json, Money, UtcTime


class Facility(Placed, Base):
    """A yard, plant, disposal yard, off-site place or quarry; the columns of ``facilities.csv`` (DESIGN.md)."""

    __tablename__ = "facilities"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("fac"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20), index=True)  # optimizer.scenario.KINDS
    street: Mapped[str] = mapped_column(String(80), default="")
    accepts: Mapped[list[str]] = mapped_column(Json)  # material ids; ["*"] = all
    daily_in_kg: Mapped[int | None] = mapped_column(BigInteger, nullable=True)
    daily_out_kg: Mapped[int | None] = mapped_column(BigInteger, nullable=True)
    storage_kg: Mapped[int | None] = mapped_column(BigInteger, nullable=True)
    fee: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))  # CNY per t received; a quarry's price per t sold
    grade: Mapped[str] = mapped_column(String(1), default="")
    status: Mapped[str] = mapped_column(String(20), default="open")  # open | closed | candidate
    hours: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)  # [{"from": "07:00", "to": "18:00"}]
    closures: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)  # rows of calendar.csv
    hold_cost: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    end_cost: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    end_stock_max_kg: Mapped[int | None] = mapped_column(BigInteger, nullable=True)
    longest_stay: Mapped[int | None] = mapped_column(nullable=True)
    recipes: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)  # rows of recipes.csv
    auto_accept: Mapped[bool] = mapped_column(default=True)  # takes what a clearing proposes
    reported_at: Mapped[dt.datetime] = mapped_column(UtcTime)  # freshness: when its figures were last confirmed
    stock_as_of: Mapped[dt.date | None] = mapped_column(nullable=True)  # of the last report, which may be of nothing
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Stock(Base):
    """What lies at a facility, by material and grade, as last reported; private to its operator and overseers."""

    __tablename__ = "stocks"
    __table_args__ = (CheckConstraint("kg >= 0", name="not_negative"),)

    facility_id: Mapped[str] = mapped_column(ForeignKey("facilities.id"), primary_key=True)
    material: Mapped[str] = mapped_column(String(60), primary_key=True)
    grade: Mapped[str] = mapped_column(String(1), primary_key=True)
    kg: Mapped[int] = mapped_column(BigInteger)
    as_of: Mapped[dt.date]
