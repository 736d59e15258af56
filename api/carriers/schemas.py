"""What carriers take and give."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field

from api.kernel.geography import Location, LocationView


class CarrierNew(BaseModel):
    """A haulage company to register."""

    name: str = Field(min_length=1, max_length=200, examples=["北岸运输公司"])
    licence: str = Field(min_length=1, max_length=80, description="Transport licence number.")
    licence_until: dt.date
    location: Location = Field(description="Depot.")
    street: str = Field(default="", max_length=80)


class CarrierPatch(BaseModel):
    """Fields to change; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    licence: str | None = Field(default=None, min_length=1, max_length=80)
    licence_until: dt.date | None = None
    location: Location | None = None
    street: str | None = Field(default=None, max_length=80)


class CarrierView(BaseModel):
    """A carrier; its licence number is for itself and overseers."""

    id: str
    organisation_id: str
    name: str
    licence: str | None
    licensed: bool = Field(description="Its licence is valid today.")
    licence_until: dt.date | None
    location: LocationView
    street: str
    reported_at: dt.datetime
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int
