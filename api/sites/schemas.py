"""What sites take and give."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from api.kernel.geography import Location, LocationView

Unit = Literal["t", "m3_bank", "m3_loose", "m3_compacted"]


class Estimate(BaseModel):
    """What a site expects to produce or need of one material, before the works begin."""

    material: str = Field(max_length=60, examples=["spoil_silty_clay"])
    quantity: float = Field(gt=0, le=1e9, examples=[8000])
    unit: Unit
    basis: str = Field(default="", max_length=200, description="Where the figure comes from.", examples=["BIM model"])


class Permit(BaseModel):
    """A disposal or receiving permit and the dates that it covers."""

    number: str = Field(min_length=1, max_length=80, examples=["济渣处字2026-0173"])
    kind: Literal["discharge", "transport", "receipt"] = "discharge"
    valid_from: dt.date
    valid_to: dt.date

    @model_validator(mode="after")
    def _in_order(self) -> Permit:
        if self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self


class SiteNew(BaseModel):
    """A site to register."""

    name: str = Field(min_length=1, max_length=200, examples=["大桥站基坑"])
    location: Location
    street: str = Field(default="", max_length=80, examples=["大桥"])
    estimates: list[Estimate] = Field(default_factory=list, max_length=50)
    permits: list[Permit] = Field(default_factory=list, max_length=20)


class SitePatch(BaseModel):
    """Fields to change; what is left out stays. Lists are replaced whole."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    location: Location | None = None
    street: str | None = Field(default=None, max_length=80)
    estimates: list[Estimate] | None = Field(default=None, max_length=50)
    permits: list[Permit] | None = Field(default=None, max_length=20)
    active: bool | None = None


class SiteView(BaseModel):
    """A site."""

    id: str
    organisation_id: str
    name: str
    location: LocationView
    street: str
    estimates: list[Estimate]
    permits: list[Permit]
    active: bool
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int
