"""The table of proposals."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base
from api.kernel.ids import new_id
from api.kernel.types import Json, Money, UtcTime

ANSWERABLE = ("open", "waiting")


class Proposal(Base):
    """One match of a clearing: who, whom, what, when, at what price. Each side answers.

    ``draft`` (not published) → ``open`` → ``agreed`` (a deal exists) | ``waiting`` (both accepted; a facility's goods
    depend on an intake that is not agreed yet) | ``declined`` | ``lapsed``. A side is a listing or a facility.
    """

    __tablename__ = "proposals"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("pro"))
    clearing_id: Mapped[str] = mapped_column(ForeignKey("clearings.id"), index=True)
    seller_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    buyer_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    seller_listing_id: Mapped[str | None] = mapped_column(ForeignKey("listings.id"), index=True, nullable=True)
    seller_facility_id: Mapped[str | None] = mapped_column(ForeignKey("facilities.id"), index=True, nullable=True)
    buyer_listing_id: Mapped[str | None] = mapped_column(ForeignKey("listings.id"), index=True, nullable=True)
    buyer_facility_id: Mapped[str | None] = mapped_column(ForeignKey("facilities.id"), index=True, nullable=True)
    material: Mapped[str] = mapped_column(String(60))
    grade: Mapped[str] = mapped_column(String(1))
    kg: Mapped[int] = mapped_column(BigInteger)
    buyer_kg: Mapped[int] = mapped_column(BigInteger)  # what it takes of a buyer listing's quantity_kg
    schedule: Mapped[list[dict[str, Any]]] = mapped_column(Json)  # [{"date": "2026-11-30", "kg": 120000}]
    km: Mapped[float]
    seller_price: Mapped[Decimal] = mapped_column(Money)  # CNY per t received ex-site; negative = pays
    buyer_price: Mapped[Decimal] = mapped_column(Money)  # CNY per t paid delivered; negative = is paid
    haul: Mapped[Decimal] = mapped_column(Money)  # CNY per t
    externality: Mapped[Decimal] = mapped_column(Money)  # CNY per t
    within_limits: Mapped[bool] = mapped_column(Boolean, default=True)
    gap: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))  # CNY per t of subsidy that a policy match needs
    why_zh: Mapped[str] = mapped_column(Text, default="")
    why_en: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(20), default="draft", index=True)
    seller_answer: Mapped[str] = mapped_column(String(10), default="")  # "" | accepted | declined
    buyer_answer: Mapped[str] = mapped_column(String(10), default="")
    closes_at: Mapped[dt.datetime | None] = mapped_column(UtcTime, nullable=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
