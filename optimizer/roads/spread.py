"""Places spread evenly over the roads of an area, without snapping: each is made on its road."""

from __future__ import annotations

import numpy as np

from optimizer.roads.graph import Floats, RoadGraph, segment_km
from optimizer.roads.snapping import Snaps


def spread(graph: RoadGraph, box: tuple[float, float, float, float], most: int) -> tuple[Snaps, list[Floats]]:
    """At most so many places in the middle of equal pieces of road, and the line of each piece.

    A street shorter than a piece has one place of its own while places last, so that every street is on the map.

    Args:
        graph: the roads.
        box: west, south, east, north; a street counts when its first point lies inside.
        most: how many places.
    """
    lon, lat = graph.shape_lon[graph.shape_start[:-1]], graph.shape_lat[graph.shape_start[:-1]]
    used = np.zeros(len(lon), dtype=bool)
    used[graph.shape] = True  # a street that the profile has closed in both directions has no arc
    inside = used & (lon >= box[0]) & (lon <= box[2]) & (lat >= box[1]) & (lat <= box[3])
    arc = np.full(len(lon), np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(arc, graph.shape, np.arange(len(graph.shape), dtype=np.int32))
    streets = np.flatnonzero(inside)
    pieces = _pieces(graph.km[arc[streets]], most)
    arcs: list[int] = []
    shares: list[float] = []
    middles: list[Floats] = []
    lines: list[Floats] = []
    for street, n in zip(streets.tolist(), pieces.tolist(), strict=True):
        points = slice(graph.shape_start[street], graph.shape_start[street + 1])
        line = np.column_stack([graph.shape_lon[points], graph.shape_lat[points]])
        for i in range(n):
            middle = (i + 0.5) / n
            middles.append(_at(line, np.array([middle]))[0])
            lines.append(_piece(line, i / n, (i + 1) / n))
            arcs.append(int(arc[street]))
            shares.append(1.0 - middle if graph.reverse[arc[street]] else middle)
    spots = np.array(middles).reshape(-1, 2)
    found = np.array(arcs, dtype=np.int32)
    return Snaps(found, np.array(shares), np.zeros(len(found)), spots[:, 0], spots[:, 1]), lines


def _pieces(km: Floats, most: int) -> np.ndarray:
    """How many pieces each street is cut into; 0 for the shortest ones where there are more streets than places."""
    if len(km) >= most:
        kept = np.zeros(len(km), dtype=np.int64)
        kept[np.argsort(-km, kind="stable")[:most]] = 1
        return kept
    low, high = 0.0, float(km.sum())
    for _ in range(60):  # the shortest piece that makes no more than `most`
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(np.ceil(km / middle), 1).sum() > most else (low, middle)
    return np.maximum(np.ceil(km / high), 1).astype(np.int64)


def _along(line: Floats) -> Floats:
    """Share of its length at each corner of a line."""
    steps = segment_km(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1])
    along = np.concatenate([[0.0], np.cumsum(steps)])
    return along / along[-1] if along[-1] else np.linspace(0.0, 1.0, len(line))


def _at(line: Floats, share: Floats) -> Floats:
    along = _along(line)
    return np.column_stack([np.interp(share, along, line[:, 0]), np.interp(share, along, line[:, 1])])


def _piece(line: Floats, begin: float, end: float) -> Floats:
    along = _along(line)
    corners = along[(along > begin) & (along < end)]
    return _at(line, np.concatenate([[begin], corners, [end]]))
