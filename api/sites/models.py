"""The table of sites."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base
from api.kernel.geography import Placed
from api.kernel.ids import new_id
from api.kernel.types import Json, UtcTime


class Site(Placed, Base):
    """A building site with its pre-works estimate and permits."""

    __tablename__ = "sites"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("sit"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    street: Mapped[str] = mapped_column(String(80), default="")
    estimates: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    permits: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
