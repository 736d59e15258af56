"""Coordinates at the border: declared as wgs84, gcj02 or bd09, kept as WGS-84 with the original beside it.

GCJ-02 (Amap, Tencent) and BD-09 (Baidu) differ from WGS-84 by some 350 m in China. The forward transformation is the
published one (Krasovsky 1940 ellipsoid, a = 6378245 m, e² = 0.006693421622965943, with the well-known periodic terms;
BD-09 adds a rotation by sin/cos of x·π·3000/180 and the offset 0.0065°, 0.006°); the inverse iterates the forward one
to below 1e-9 degree (0.1 mm). Points outside China (72.004–137.8347 °E, 0.8293–55.8271 °N) are left as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, Field
from sqlalchemy import Float, String
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.problems import FieldFault, Problem, UnknownCoordinateSystem

System = Literal["wgs84", "gcj02", "bd09"]
SYSTEMS: tuple[System, ...] = ("wgs84", "gcj02", "bd09")
_A, _E2 = 6378245.0, 0.00669342162296594323
_X_PI = math.pi * 3000.0 / 180.0
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_CLOSE, _MOST_STEPS = 1e-9, 30
EARTH_KM = 6371.0088  # IUGG mean radius

Point = tuple[float, float]


class Placed:
    """Columns of a thing that has a place: WGS-84, and what was entered."""

    lon: Mapped[float] = mapped_column(Float)
    lat: Mapped[float] = mapped_column(Float)
    entered_lon: Mapped[float] = mapped_column(Float)
    entered_lat: Mapped[float] = mapped_column(Float)
    entered_crs: Mapped[str] = mapped_column(String(8))


class Location(BaseModel):
    """A point as somebody enters it; the coordinate system must be declared."""

    lon: float = Field(ge=-180, le=180, examples=[117.0321])
    lat: float = Field(ge=-90, le=90, examples=[36.8124])
    crs: str = Field(description="wgs84, gcj02 (Amap, Tencent) or bd09 (Baidu).", examples=["wgs84"], max_length=20)

    def columns(self, field: str = "location") -> dict[str, float | str]:
        """Values of :class:`Placed`.

        Raises:
            UnknownCoordinateSystem: the declared system is none of the three.
        """
        if self.crs not in SYSTEMS:
            raise UnknownCoordinateSystem(
                f"{field}.crs: {self.crs!r} is not known; declare wgs84, gcj02 or bd09",
                errors=[FieldFault(field=f"{field}.crs", message="declare wgs84, gcj02 or bd09")],
            )
        lon, lat = to_wgs84((self.lon, self.lat), self.crs)
        return {"lon": lon, "lat": lat, "entered_lon": self.lon, "entered_lat": self.lat, "entered_crs": self.crs}


class LocationView(BaseModel):
    """A point in WGS-84, with the original."""

    lon: float
    lat: float
    entered_lon: float
    entered_lat: float
    entered_crs: str

    @classmethod
    def of(cls, row: Placed) -> LocationView:
        """From a row."""
        return cls(
            lon=row.lon,
            lat=row.lat,
            entered_lon=row.entered_lon,
            entered_lat=row.entered_lat,
            entered_crs=row.entered_crs,
        )


def to_wgs84(point: Point, system: str) -> Point:
    """A point of a declared system in WGS-84."""
    if system == "wgs84":
        return point
    if system not in SYSTEMS:
        raise Problem(f"unknown coordinate system {system!r}")
    return _inverse(from_wgs84_to_gcj02 if system == "gcj02" else from_wgs84_to_bd09, point)


def from_wgs84_to_gcj02(point: Point) -> Point:
    """WGS-84 → GCJ-02."""
    lon, lat = point
    if not (_WEST <= lon <= _EAST and _SOUTH <= lat <= _NORTH):
        return point
    x, y = lon - 105.0, lat - 35.0
    wave = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + wave
    d_lat += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    d_lat += (160.0 * math.sin(y / 12.0 * math.pi) + 320 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    d_lon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + wave
    d_lon += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    d_lon += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    phi = math.radians(lat)
    magic = 1 - _E2 * math.sin(phi) ** 2
    d_lat = d_lat * 180.0 / (_A * (1 - _E2) / (magic * math.sqrt(magic)) * math.pi)
    d_lon = d_lon * 180.0 / (_A / math.sqrt(magic) * math.cos(phi) * math.pi)
    return lon + d_lon, lat + d_lat


def from_wgs84_to_bd09(point: Point) -> Point:
    """WGS-84 → BD-09, by way of GCJ-02."""
    lon, lat = point
    if not (_WEST <= lon <= _EAST and _SOUTH <= lat <= _NORTH):
        return point
    x, y = from_wgs84_to_gcj02(point)
    radius = math.hypot(x, y) + 0.00002 * math.sin(y * _X_PI)
    angle = math.atan2(y, x) + 0.000003 * math.cos(x * _X_PI)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def _inverse(forward: Callable[[Point], Point], point: Point) -> Point:
    """The WGS-84 point that ``forward`` maps to ``point``, by fixed-point iteration (the shift varies slowly)."""
    lon, lat = point
    for _ in range(_MOST_STEPS):
        x, y = forward((lon, lat))
        d_lon, d_lat = point[0] - x, point[1] - y
        lon, lat = lon + d_lon, lat + d_lat
        if abs(d_lon) < _CLOSE and abs(d_lat) < _CLOSE:
            break
    return lon, lat


def km_between(a: Point, b: Point) -> float:
    """Great-circle distance (haversine)."""
    (lon1, lat1), (lon2, lat2) = a, b
    p1, p2 = math.radians(lat1), math.radians(lat2)
    h = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, h)))


def box_around(point: Point, km: float) -> tuple[float, float, float, float]:
    """(west, south, east, north) degrees that surely hold a circle."""
    d_lat = math.degrees(km / EARTH_KM)
    d_lon = d_lat / max(0.01, math.cos(math.radians(min(89.0, abs(point[1]) + d_lat))))
    return point[0] - d_lon, point[1] - d_lat, point[0] + d_lon, point[1] + d_lat
