"""Keeps the narrow rows that search looks through: there while a listing is on the market, gone when it is not."""

from __future__ import annotations

import math
from typing import Any

from sqlalchemy import bindparam, delete, insert

from api.kernel.database import bare
from api.kernel.work import Work
from api.listings.models import Listing, ListingMaterial

ANY = ""  # the row of a listing that stands for whatever its materials are
BANDS_PER_DEGREE = 50  # a band is 2.2 km from south to north

_TABLE = bare(ListingMaterial)
_PUT = insert(_TABLE)
_DROP = delete(_TABLE).where(
    _TABLE.c.listing_id == bindparam("listing"), _TABLE.c.material.in_(bindparam("materials", expanding=True))
)


def band(lat: float) -> int:
    """The strip of latitude that a place lies in."""
    return math.floor(lat * BANDS_PER_DEGREE)


def entries(row: Listing) -> list[dict[str, Any]]:
    """Values of the rows that stand for a listing."""
    shared = {
        "listing_id": row.id,
        "side": row.side,
        "grade": row.grade,
        "band": band(row.lat),
        "lon": row.lon,
        "lat": row.lat,
        "window_from": row.window_from,
        "window_to": row.window_to,
    }
    return [{"material": material, **shared} for material in (ANY, *row.materials)]


def put(work: Work, row: Listing) -> None:
    """Makes a listing findable; it has been flushed before."""
    work.session.connection().execute(_PUT, entries(row))


def drop(work: Work, row: Listing) -> None:
    """Takes a listing out of the search."""
    work.session.connection().execute(_DROP, {"listing": row.id, "materials": [ANY, *row.materials]})
