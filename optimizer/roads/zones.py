"""Areas drawn by a planner: banned ones take roads out, preferred ones weigh on the choice of the path."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.errors import Fault, InputError
from optimizer.roads.graph import RoadGraph, keep_arcs
from optimizer.roads.profile import Profile


@dataclass(frozen=True)
class _Zone:
    shape: Any  # a shapely polygon
    banned: bool
    factor: float


def apply_zones(graph: RoadGraph, file: Path, profile: Profile) -> RoadGraph:
    """The graph without roads that enter a banned zone, and with the factor of preferred zones on roads in them.

    A road counts as in a preferred zone when the middle of its line is; of several such zones the last one counts.

    Raises:
        InputError: every fault of the file.
    """
    import shapely

    zones = read_zones(file, profile)
    shapes = np.diff(graph.shape_start)
    points = np.column_stack([graph.shape_lon, graph.shape_lat])
    lines = shapely.linestrings(points, indices=np.repeat(np.arange(len(shapes)), shapes))
    middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    crossed = np.zeros(len(lines), dtype=np.bool_)
    factor = np.ones(len(lines))
    for zone in zones:
        shapely.prepare(zone.shape)
        if zone.banned:
            crossed |= _enters(zone.shape, lines)
        else:
            factor[shapely.intersects(zone.shape, middles)] = zone.factor
    graph = replace(graph, factor=graph.factor * factor[graph.shape])
    return keep_arcs(graph, ~crossed[graph.shape], "arcs: in a banned zone")


def _enters(zone: Any, lines: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Lines with a piece inside the zone; one that only touches its edge does not enter."""
    import shapely

    enters: npt.NDArray[np.bool_] = shapely.intersects(zone, lines) & ~shapely.touches(zone, lines)
    return enters


def read_zones(file: Path, profile: Profile) -> list[_Zone]:
    """Polygons of a GeoJSON FeatureCollection with the property ``zone``: banned or preferred (with ``factor``).

    Raises:
        InputError: every fault of the file.
    """
    try:
        content = json.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise InputError.single(file.name, f"cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise InputError.single(file.name, f"is not GeoJSON ({error})") from None
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not features:
        raise InputError.single(file.name, "holds no features; expected a GeoJSON FeatureCollection of polygons")
    faults: list[Fault] = []
    zones = [_zone(file.name, number, feature, profile, faults) for number, feature in enumerate(features, start=1)]
    if faults:
        raise InputError(faults)
    return [zone for zone in zones if zone is not None]


def _zone(file: str, number: int, feature: Any, profile: Profile, faults: list[Fault]) -> _Zone | None:
    """One feature; its faults are added to the list."""
    place = f"feature {number}"
    about = feature.get("properties") if isinstance(feature, dict) else None
    about = about if isinstance(about, dict) else {}
    shape, problem = _polygon(feature.get("geometry") if isinstance(feature, dict) else None)
    if problem:
        faults.append(Fault(file, 0, place, problem))
    kind = about.get("zone")
    if kind not in ("banned", "preferred"):
        faults.append(
            Fault(file, 0, place, f'has zone = {kind!r}; expected the property "zone": "banned" or "preferred"')
        )
    factor = about.get("factor", profile.preferred_factor)
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0.01 <= factor <= 100:
        faults.append(
            Fault(
                file,
                0,
                place,
                f"has factor = {factor!r}; expected 0.01 to 100 (below 1 attracts trucks, above 1 keeps them away)",
            )
        )
        return None
    return _Zone(shape, kind == "banned", float(factor)) if shape is not None else None


def _polygon(geometry: Any) -> tuple[Any, str]:
    """A polygon in degrees, and what is wrong with it."""
    import shapely
    from shapely.geometry import shape

    try:
        polygon = shape(geometry)
    except (AttributeError, TypeError, ValueError, KeyError, IndexError, shapely.errors.ShapelyError):
        return None, "has no geometry that can be read; expected a Polygon or MultiPolygon"
    if polygon.geom_type not in ("Polygon", "MultiPolygon") or polygon.is_empty:
        return None, f"is a {polygon.geom_type}; expected a Polygon or MultiPolygon"
    bounds = polygon.bounds
    if (
        not all(map(math.isfinite, bounds))
        or max(abs(bounds[0]), abs(bounds[2])) > 180
        or max(abs(bounds[1]), abs(bounds[3])) > 90
    ):
        return None, "is not in degrees; GeoJSON is WGS-84 lon, lat"
    return shapely.make_valid(polygon), ""
