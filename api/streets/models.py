"""The table of streets (sub-districts)."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base
from api.kernel.ids import new_id


class Street(Base):
    """A street of the zone: the unit of local administration, for totals and fairness."""

    __tablename__ = "streets"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("str"))
    name: Mapped[str] = mapped_column(String(80), unique=True)
    name_en: Mapped[str] = mapped_column(String(80), default="")
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
