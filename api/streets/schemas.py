"""What streets take and give."""

from __future__ import annotations

from pydantic import BaseModel, Field


class StreetNew(BaseModel):
    """A street to name."""

    name: str = Field(min_length=1, max_length=80, examples=["大桥"])
    name_en: str = Field(default="", max_length=80, examples=["Daqiao"])


class StreetPatch(BaseModel):
    """Fields to change."""

    name: str | None = Field(default=None, min_length=1, max_length=80)
    name_en: str | None = Field(default=None, max_length=80)


class StreetView(StreetNew):
    """A street (sub-district)."""

    id: str
    version: int
