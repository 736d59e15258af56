"""The table of trucks."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base
from api.kernel.ids import new_id
from api.kernel.types import UtcTime


class Truck(Base):
    """One truck; the plate is unique and shown to its carrier, parties of a deal and overseers only."""

    __tablename__ = "trucks"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("trk"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    carrier_id: Mapped[str] = mapped_column(ForeignKey("carriers.id"), index=True)
    plate: Mapped[str] = mapped_column(String(20), unique=True)
    axles: Mapped[int]
    payload_kg: Mapped[int]
    body_m3: Mapped[float]  # loose m³
    emission: Mapped[str] = mapped_column(String(10), default="")  # for example GB6
    energy: Mapped[str] = mapped_column(String(10), default="diesel")  # diesel | electric | gas
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
