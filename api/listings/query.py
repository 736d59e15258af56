"""The filters of a search as they come with a request."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from api.kernel.geography import Location, Point
from api.kernel.problems import invalid
from api.listings.schemas import Grade, Price, Side, State, StoredText

FARTHEST_KM = 500.0
Box = tuple[float, float, float, float]


class SearchQuery(BaseModel):
    """Filters of a search; all that are given must hold."""

    model_config = ConfigDict(populate_by_name=True)

    side: Side | None = None
    material: StoredText | None = Field(default=None, max_length=80, description="Offered or accepted; id or name.")
    grade: Grade | None = Field(
        default=None, description="Supplies fit for a place of this grade, and demands that take soil of this grade."
    )
    state: State | None = Field(default=None, description="Blank = open and partly matched.")
    from_: dt.date | None = Field(default=None, alias="from", description="Window ends on or after this date.")
    to: dt.date | None = Field(default=None, description="Window begins on or before this date.")
    near: StoredText | None = Field(
        default=None, max_length=60, description="lon,lat to measure from.", examples=["117.03,36.81"]
    )
    crs: StoredText = Field(default="wgs84", max_length=20, description="System of `near` and `bbox`.")
    within_km: float | None = Field(default=None, gt=0, le=FARTHEST_KM, description="At most this far from `near`.")
    along: Literal["line", "road"] = Field(
        default="line",
        description="How the distance is measured. `road` sorts by distance and looks at the 1,000 nearest in a "
        "straight line.",
    )
    bbox: StoredText | None = Field(default=None, max_length=120, description="west,south,east,north")
    price_min: Price | None = Field(
        default=None, description="CNY/t. Only public prices and your own are compared; overseers search all."
    )
    price_max: Price | None = Field(default=None, description="CNY/t; see price_min.")
    text: StoredText | None = Field(default=None, max_length=80, description="Part of the name or street.")
    mine: bool = Field(default=False, description="Only of your own organisation, in any state.")
    sort: Literal["newest", "distance"] = "newest"

    def origin(self) -> Point | None:
        """Where distances are measured from, WGS-84.

        Raises:
            Invalid, UnknownCoordinateSystem.
        """
        asked = self.within_km is not None or self.sort == "distance" or self.along == "road"
        if self.near is None:
            if asked:
                raise invalid("near", "is needed for within_km, sort=distance and along=road")
            return None
        if self.along == "road" and self.within_km is None:
            raise invalid("within_km", "is needed for along=road")
        lon, lat = _numbers(self.near, 2, "near", "lon,lat")
        return _wgs84(lon, lat, self.crs, "near")

    def box(self) -> Box | None:
        """The rectangle asked for, WGS-84: west, south, east, north.

        Raises:
            Invalid, UnknownCoordinateSystem.
        """
        if self.bbox is None:
            return None
        west, south, east, north = _numbers(self.bbox, 4, "bbox", "west,south,east,north")
        if west > east or south > north:
            raise invalid("bbox", "is west,south,east,north: west ≤ east and south ≤ north")
        return (*_wgs84(west, south, self.crs, "bbox"), *_wgs84(east, north, self.crs, "bbox"))


Search = Annotated[SearchQuery, Query()]


def _numbers(text: str, count: int, field: str, what: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != count or not all(map(math.isfinite, values)):
        raise invalid(field, f"{text!r} is not {what}")
    return values


def _wgs84(lon: float, lat: float, crs: str, field: str) -> Point:
    if abs(lon) > 180 or abs(lat) > 90:
        raise invalid(field, "is no place on Earth")
    columns = Location(lon=lon, lat=lat, crs=crs).columns(field)
    return float(columns["lon"]), float(columns["lat"])
