"""The tables of listings."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base
from api.kernel.geography import Placed
from api.kernel.ids import new_id
from api.kernel.types import Json, Money, UtcTime

SIDES = ("supply", "demand")
TRADING = ("open", "partly_matched")  # states in which a listing takes part in clearings and offers


class Listing(Placed, Base):
    """Surplus to be rid of, or a need to be filled.

    ``quantity`` is as entered, in ``unit``; ``quantity_kg`` is its mass (a demand's by its first material), the unit
    of account. ``reserved_kg`` is held by open proposals, ``committed_kg`` by deals; together never more than there is.
    ``reserve`` is private: the ask (least CNY per t ex-site) of a supply, the bid (most CNY per t delivered) of a
    demand.
    """

    __tablename__ = "listings"
    __table_args__ = (
        CheckConstraint("reserved_kg >= 0 AND committed_kg >= 0", name="not_negative"),
        CheckConstraint("reserved_kg + committed_kg <= quantity_kg", name="not_over_committed"),
        Index("ix_listings_expiry", "state", "window_to"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("lst"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id"), nullable=True, index=True)
    side: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(200))
    street: Mapped[str] = mapped_column(String(80), default="")
    material: Mapped[str] = mapped_column(String(60))  # of a demand the first it accepts
    materials: Mapped[list[str]] = mapped_column(Json)  # of a demand all it accepts; of a supply the one
    grade: Mapped[str] = mapped_column(String(1), default="2")
    quantity: Mapped[Decimal] = mapped_column(Money)  # two decimals of its own unit
    unit: Mapped[str] = mapped_column(String(15))
    quantity_kg: Mapped[int] = mapped_column(BigInteger)
    minimum_lot_kg: Mapped[int] = mapped_column(BigInteger, default=0)
    daily_max_kg: Mapped[int | None] = mapped_column(BigInteger, nullable=True)
    window_from: Mapped[dt.date]
    window_to: Mapped[dt.date]
    reserve: Mapped[Decimal | None] = mapped_column(Money, nullable=True)
    price_public: Mapped[bool] = mapped_column(default=False)
    auto_accept: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(20), default="draft")
    reserved_kg: Mapped[int] = mapped_column(BigInteger, default=0)
    committed_kg: Mapped[int] = mapped_column(BigInteger, default=0)
    certificate_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"), nullable=True)
    photo_ids: Mapped[list[str]] = mapped_column(Json, default=list)
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def free_kg(self) -> int:
        """What is neither reserved nor committed."""
        return self.quantity_kg - self.reserved_kg - self.committed_kg


class ListingMaterial(Base):
    """What search looks through: narrow rows of listings that are on the market (see :mod:`api.listings.index`).

    One row for each material that it offers or accepts and one under ``""`` for any material. ``band`` is a strip
    of latitude, so that a place is found by a few ranges of one index, which holds all that is asked for.
    """

    __tablename__ = "listing_materials"
    __table_args__ = (
        Index(
            "ix_listing_materials_search",
            *("material", "side", "band", "lon", "lat", "window_from", "window_to", "grade", "listing_id"),
        ),
    )

    material: Mapped[str] = mapped_column(String(60), primary_key=True)
    listing_id: Mapped[str] = mapped_column(ForeignKey("listings.id", ondelete="CASCADE"), primary_key=True)
    side: Mapped[str] = mapped_column(String(10))
    grade: Mapped[str] = mapped_column(String(1))
    band: Mapped[int]
    lon: Mapped[float]
    lat: Mapped[float]
    window_from: Mapped[dt.date]
    window_to: Mapped[dt.date]
