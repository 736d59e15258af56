"""What trucks take and give."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field

# province, letter, then five (fuel) or six (new-energy) letters or digits without I and O
PLATE = r"^[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][A-HJ-NP-Z0-9]{5,6}$"
Plate = Annotated[str, Field(pattern=PLATE, examples=["鲁A12345"])]


class TruckNew(BaseModel):
    """A truck to register."""

    carrier_id: str = Field(max_length=40)
    plate: Plate
    axles: int = Field(ge=2, le=6)
    payload: float = Field(gt=0, le=60, description="t", examples=[16])
    body_m3: float = Field(gt=0, le=60, description="Loose m³.", examples=[18])
    emission: Literal["", "GB3", "GB4", "GB5", "GB6"] = ""
    energy: Literal["diesel", "electric", "gas", "hydrogen"] = "diesel"
    active: bool = True


class TruckPatch(BaseModel):
    """Fields to change; what is left out stays."""

    axles: int | None = Field(default=None, ge=2, le=6)
    payload: float | None = Field(default=None, gt=0, le=60)
    body_m3: float | None = Field(default=None, gt=0, le=60)
    emission: Literal["", "GB3", "GB4", "GB5", "GB6"] | None = None
    energy: Literal["diesel", "electric", "gas", "hydrogen"] | None = None
    active: bool | None = None


class TruckView(BaseModel):
    """A truck, for its carrier and overseers."""

    id: str
    organisation_id: str
    carrier_id: str
    plate: str
    axles: int
    payload: float
    body_m3: float
    emission: str
    energy: str
    active: bool
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int
