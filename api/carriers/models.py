"""The table of carriers."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base
from api.kernel.geography import Placed
from api.kernel.ids import new_id
from api.kernel.types import UtcTime


class Carrier(Placed, Base):
    """A haulage company with its transport licence and depot."""

    __tablename__ = "carriers"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("car"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    licence: Mapped[str] = mapped_column(String(80))
    licence_until: Mapped[dt.date]
    street: Mapped[str] = mapped_column(String(80), default="")
    reported_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
