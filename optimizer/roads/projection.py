"""Coordinates in a declared projection become WGS-84."""

from __future__ import annotations

import numpy as np

from optimizer.errors import InputError
from optimizer.roads.graph import Floats


def to_wgs84(crs: str, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Lon and lat in degrees of points in the projection ``crs``; nan or inf where it is not defined.

    Raises:
        InputError: the projection is not known.
    """
    import pyproj

    try:
        transformer = pyproj.Transformer.from_crs(_named(crs), "EPSG:4326", always_xy=True)
    except pyproj.exceptions.ProjError:
        raise InputError.single(
            "crs", f"{crs!r} is not a known coordinate system; expected for example EPSG:32650 (UTM 50N) or EPSG:4547"
        ) from None
    lon, lat = transformer.transform(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    return np.asarray(lon), np.asarray(lat)


def _named(crs: str) -> str:
    return f"EPSG:{crs.strip()}" if crs.strip().isdigit() else crs.strip()
