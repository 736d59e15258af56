"""Line layers: GeoPackage and Shapefile, in any projection they declare."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.errors import InputError
from optimizer.roads.graph import Floats, RoadGraph, Ways, graph_of_ways
from optimizer.roads.profile import Profile
from optimizer.roads.projection import to_wgs84
from optimizer.roads.rules import judge_way
from optimizer.roads.tables import CLASS, ONEWAY, SPEED, TAGS, oneway_words

_SAME_POINT = 1e7  # points that agree to 1e-7 degrees, about 1 cm, are one
_HSTORE = re.compile(r'"([^"]+)"=>"([^"]*)"')
_Kept = tuple[Floats, float, float, float]  # points, km/h along and against, factor


def read_lines(path: Path, profile: Profile, crs: str | None) -> RoadGraph:
    """The roads of a line layer. Lines meet where they share a point, as in OpenStreetMap.

    Columns are taken for tags: a class (highway, fclass, ...), oneway, maxspeed, maxweight and the other limits, and
    GDAL's ``other_tags``. Without a class column every line is a road of class ``unknown``.

    Raises:
        InputError: the layer cannot be read, or has no usable lines.
    """
    columns, lines, declared = _read(path)
    name = next((name for name in ONEWAY if name in columns), None)
    words = oneway_words([_text(cell) for cell in columns[name]] if name else [])
    kept: list[_Kept] = []
    dropped = Counter[str]()
    for row, coordinates in _single_lines(lines):
        tags = _tags({name: values[row] for name, values in columns.items()}, words)
        verdict = judge_way(tags, profile)
        if verdict.reason:
            dropped[verdict.reason] += 1
            continue
        speed = _speed(columns, row)
        forward, backward = (speed or v if v else 0.0 for v in (verdict.forward, verdict.backward))
        kept.append((coordinates, forward, backward, verdict.factor))
    if not kept:
        told = ", ".join(f"{count} {reason}" for reason, count in dropped.most_common(3)) or "no lines in it"
        raise InputError.single(path.name, f"holds no line that this truck may use ({told})")
    return replace(_joined(kept, path.name, crs or declared), dropped=dict(dropped))


def _joined(kept: list[_Kept], file: str, crs: str) -> RoadGraph:
    """The graph of lines in one projection; points that coincide are one."""
    xy = np.concatenate([line for line, *_ in kept])
    lon, lat = to_wgs84(crs, xy[:, 0], xy[:, 1])
    if not ((np.abs(lon) <= 180) & (np.abs(lat) <= 90)).all():
        raise InputError.single(
            file, f"has coordinates that are not on the earth when read as {crs}; declare their real crs"
        )
    rounded = np.round(np.column_stack([lon, lat]) * _SAME_POINT).astype(np.int64)
    _, first, number = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
    ends = np.cumsum([len(line) for line, *_ in kept])
    ways = Ways()
    for refs, (_, *rules) in zip(np.split(number.ravel(), ends[:-1]), kept, strict=True):
        ways.add(refs.tolist(), *rules)
    return graph_of_ways(ways, np.arange(len(first)), lon[first], lat[first])


def _read(path: Path) -> tuple[dict[str, Sequence[Any]], Any, str]:
    """Columns by lower-case name, geometries, and the declared projection."""
    import pyogrio
    import shapely

    try:
        layers = pyogrio.list_layers(path)
        layer = next((name for name, kind in layers if kind and ("LineString" in kind or kind == "Unknown")), None)
        if layer is None:
            kinds = ", ".join(f"{name} ({kind})" for name, kind in layers) or "no layers"
            raise InputError.single(path.name, f"has no layer of lines; it has {kinds}")
        about, _, geometry, values = pyogrio.raw.read(path, layer=layer)
        lines = shapely.from_wkb(geometry)
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        shapely.errors.ShapelyError,
        ValueError,
    ) as error:
        raise InputError.single(
            path.name,
            f"cannot be read as a line layer ({' '.join(str(error).split())}); "
            "expected a whole .gpkg, or a .shp with its .shx and .dbf",
        ) from None
    columns = {name.lower(): column for name, column in zip(about["fields"], values, strict=True)}
    return columns, lines, about["crs"] or "EPSG:4326"


def _single_lines(lines: Any) -> list[tuple[int, Floats]]:
    """(row, points) of every line; the parts of a multi-line are lines of their own."""
    import shapely

    parts, rows = shapely.get_parts(lines, return_index=True)
    good = shapely.get_type_id(parts) == 1  # LineString
    coordinates = [shapely.get_coordinates(part) for part in parts[good]]
    return [(int(row), line) for row, line in zip(rows[good], coordinates, strict=True) if len(line) > 1]


def _tags(cells: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, str]:
    """The tags that the cells of one row stand for."""
    told = dict(_HSTORE.findall(str(cells.get("other_tags") or "")))
    told |= {name: text for name in (*TAGS, "junction", "route") if (text := _text(cells.get(name)))}
    road = next((text for name in CLASS if (text := _text(cells.get(name)))), "")
    told["highway"] = road or "unknown"
    oneway = next((text for name in ONEWAY if (text := _text(cells.get(name)))), "")
    if oneway:
        told["oneway"] = words.get(oneway.lower(), oneway)
    if told.get("maxspeed") == "0":  # Geofabrik writes 0 for not known
        del told["maxspeed"]
    return told


def _text(cell: Any) -> str:
    """A cell as a tag value; blank for missing ones."""
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip()


def _speed(columns: Mapping[str, Sequence[Any]], row: int) -> float:
    """km/h of a row where a column gives it, else 0."""
    name = next((name for name in SPEED if name in columns), None)
    try:
        speed = float(columns[name][row]) if name else 0.0
    except (TypeError, ValueError):
        return 0.0
    return speed if 0 < speed < float("inf") else 0.0
