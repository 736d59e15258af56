"""The district's roads as vector lines for the map: no tiles, no other host."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from api.district import District
from optimizer.roads import RoadGraph

Array = npt.NDArray[Any]
STEP = 1e-5  # degrees, about 1 m
MOST_LINES = 25_000  # more than a phone draws smoothly; the fastest roads are kept
MAJOR_SHARE = 0.4  # of the length of all roads: drawn wider


def drawn_roads(district: District) -> dict[str, Any]:
    """Lines in whole :data:`STEP`, each as its first point and then differences; wide ones apart.

    A district without roads gives no lines; the map then shows its marks only.
    """
    graph = district.graph
    if graph is None:
        return {"step": STEP, "major": [], "minor": [], "attribution": ""}
    speed, km = _by_shape(graph)
    order = np.argsort(-speed, kind="stable")[:MOST_LINES]
    major = _count_major(speed[order], km[order])
    return {
        "step": STEP,
        "major": [_line(graph, int(shape)) for shape in order[:major]],
        "minor": [_line(graph, int(shape)) for shape in order[major:]],
        "attribution": graph.attribution,
    }


def _count_major(speed: Array, km: Array) -> int:
    """How many of the fastest lines are drawn wide: whole groups of one speed, or a road would change on its way."""
    share = np.cumsum(km) / max(float(km.sum()), 1e-9)
    ends = np.flatnonzero(np.append(speed[1:] != speed[:-1], True)) if len(speed) else np.empty(0, int)
    fitting = ends[share[ends] <= MAJOR_SHARE]
    return int(fitting[-1]) + 1 if len(fitting) else 0


def _by_shape(graph: RoadGraph) -> tuple[Array, Array]:
    """Speed (km/min) and length of each line, whichever direction is the faster."""
    shapes = len(graph.shape_start) - 1
    speed, km = np.zeros(shapes), np.zeros(shapes)
    np.maximum.at(speed, graph.shape, graph.km / np.maximum(graph.minutes, 1e-6))
    np.maximum.at(km, graph.shape, graph.km)
    return speed, km


def _line(graph: RoadGraph, shape: int) -> list[int]:
    part = slice(int(graph.shape_start[shape]), int(graph.shape_start[shape + 1]))
    points = np.rint(np.column_stack([graph.shape_lon[part], graph.shape_lat[part]]) / STEP).astype(np.int64)
    flat: list[int] = np.concatenate([points[:1], np.diff(points, axis=0)]).reshape(-1).tolist()
    return flat
