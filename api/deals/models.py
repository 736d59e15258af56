"""The table of deals."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base
from api.kernel.ids import new_id
from api.kernel.types import Json, Money, UtcTime


class Deal(Base):
    """What two parties agreed. It stands: no later clearing takes it away."""

    __tablename__ = "deals"
    __table_args__ = (CheckConstraint("kg > 0", name="positive"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("dea"))
    proposal_id: Mapped[str | None] = mapped_column(ForeignKey("proposals.id"), unique=True, nullable=True)
    offer_id: Mapped[str | None] = mapped_column(ForeignKey("offers.id"), unique=True, nullable=True)
    clearing_id: Mapped[str | None] = mapped_column(ForeignKey("clearings.id"), index=True, nullable=True)
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
    seller_price: Mapped[Decimal] = mapped_column(Money)  # CNY per t received ex-site
    buyer_price: Mapped[Decimal] = mapped_column(Money)  # CNY per t paid, delivered
    haul: Mapped[Decimal] = mapped_column(Money)
    externality: Mapped[Decimal] = mapped_column(Money)
    haul_by: Mapped[str] = mapped_column(String(10))  # buyer | seller | clearing
    schedule: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    tolerance: Mapped[float]
    state: Mapped[str] = mapped_column(String(20), default="agreed", index=True)  # agreed; manifests fulfil it later
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
