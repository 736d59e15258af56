"""The table of offers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base
from api.kernel.ids import new_id
from api.kernel.types import Json, Money, UtcTime


class Offer(Base):
    """A direct offer on somebody's listing, or a counter-offer to one; nothing is reserved until it is accepted.

    ``open`` → ``accepted`` (a deal exists) | ``declined`` | ``countered`` | ``withdrawn`` | ``expired``.
    """

    __tablename__ = "offers"
    __table_args__ = (CheckConstraint("kg > 0", name="positive"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("off"))
    thread_id: Mapped[str] = mapped_column(String(40), index=True)  # id of the first offer of the exchange
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("offers.id"), nullable=True)
    listing_id: Mapped[str] = mapped_column(ForeignKey("listings.id"), index=True)
    own_listing_id: Mapped[str | None] = mapped_column(ForeignKey("listings.id"), index=True, nullable=True)
    from_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)  # who makes it
    to_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)  # who may accept it
    seller_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    buyer_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    material: Mapped[str] = mapped_column(String(60))
    grade: Mapped[str] = mapped_column(String(1))
    kg: Mapped[int] = mapped_column(BigInteger)
    price: Mapped[Decimal] = mapped_column(Money)  # CNY per t from buyer to seller, ex-site; negative = seller pays
    haul_by: Mapped[str] = mapped_column(String(10), default="buyer")  # who arranges and pays the haul
    schedule: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    tolerance: Mapped[float] = mapped_column(default=0.05)  # share by which the delivered t may differ
    message: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(20), default="open", index=True)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
