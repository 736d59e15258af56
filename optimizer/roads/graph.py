"""The frozen road graph, and how ways and single edges become its arcs.

Lengths are whole millimetres and times whole ten-thousandths of a minute, rounded once when the graph is made: sums
along a path are then exact whatever the order of adding, so every engine reports the same figure for the same path.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

KM_UNITS = 1_000_000  # mm in a km
MINUTE_UNITS = 10_000
OSM_ATTRIBUTION = "© OpenStreetMap contributors, ODbL"

_WGS84_A = 6378.137  # km, semi-major axis of WGS 84
_WGS84_E2 = 0.00669437999014


@dataclass(frozen=True)
class RoadGraph:
    """Directed roads passable for one truck profile: N nodes, A arcs, S shapes with P points.

    A shape is a line on the map. The two directions of a street are two arcs that share one shape, one of
    them ``reverse``; that is also how :attr:`twin` knows them as one street.

    Attributes:
        lon: (N,) degrees WGS-84.
        lat: (N,) degrees.
        tail: (A,) node the arc leaves.
        head: (A,) node it reaches.
        km: (A,) length, whole mm.
        minutes: (A,) laden driving time, whole 1e-4 minutes.
        factor: (A,) what a km or minute counts for when a path is chosen; never part of reported figures.
        shape: (A,) its line.
        reverse: (A,) the arc runs against its line.
        shape_start: (S + 1,) first point of each line.
        shape_lon: (P,) degrees.
        shape_lat: (P,) degrees.
        dropped: what was left out, counted by reason.
        source: name of the map.
        attribution: whose data it is; empty when the map does not say.
        access_km_h: speed between a site and the road it is snapped to.
        key: content hash of everything the graph was made from; empty for a graph made by hand.
        cache: folder where prepared hierarchies are kept; None keeps none.
    """

    lon: Floats
    lat: Floats
    tail: Ints
    head: Ints
    km: Floats
    minutes: Floats
    factor: Floats
    shape: Ints
    reverse: Bools
    shape_start: Longs
    shape_lon: Floats
    shape_lat: Floats
    dropped: dict[str, int] = field(default_factory=dict)
    source: str = ""
    attribution: str = ""
    access_km_h: float = 15.0
    key: str = ""
    cache: Path | None = None

    @property
    def twin(self) -> Ints:
        """(A,) the arc of the same street in the other direction; -1 on one-way roads."""
        twins = np.full(len(self.tail), -1, dtype=np.int32)
        against = np.full(len(self.shape_start) - 1, -1, dtype=np.int32)
        along = against.copy()
        arcs = np.arange(len(self.tail), dtype=np.int32)
        against[self.shape[self.reverse]] = arcs[self.reverse]
        along[self.shape[~self.reverse]] = arcs[~self.reverse]
        twins[self.reverse] = along[self.shape[self.reverse]]
        twins[~self.reverse] = against[self.shape[~self.reverse]]
        return twins

    def line(self, arc: int) -> Floats:
        """(p, 2) lon/lat of an arc, in driving direction."""
        shape = self.shape[arc]
        points = slice(self.shape_start[shape], self.shape_start[shape + 1])
        line = np.column_stack([self.shape_lon[points], self.shape_lat[points]])
        return line[::-1] if self.reverse[arc] else line

    @property
    def street_km(self) -> float:
        """Total length of roads, a two-way street counted once."""
        twin = self.twin
        return float(self.km[(twin < 0) | (np.arange(len(twin)) < twin)].sum())


def segment_km(lon: Floats, lat: Floats, lon_to: Floats, lat_to: Floats) -> Floats:
    """km between points near each other, on the WGS-84 ellipsoid by its radii of curvature at the middle latitude.

    Within 1e-6 of the geodesic up to some 10 km, which no piece of a road line exceeds.
    """
    middle = np.radians((lat + lat_to) / 2)
    bend = 1 - _WGS84_E2 * np.sin(middle) ** 2
    north = _WGS84_A * (1 - _WGS84_E2) / bend**1.5
    east = _WGS84_A / np.sqrt(bend) * np.cos(middle)
    return np.hypot(np.radians(lon_to - lon) * east, np.radians(lat_to - lat) * north)


@dataclass
class Ways:
    """Lines over shared points, as OSM and line layers have them. Readers fill it way by way."""

    refs: list[int] = field(default_factory=list)  # point ids, all ways one after the other
    start: list[int] = field(default_factory=lambda: [0])
    forward: list[float] = field(default_factory=list)  # km/h; 0 = closed
    backward: list[float] = field(default_factory=list)
    factor: list[float] = field(default_factory=list)

    def add(self, refs: list[int], forward: float, backward: float, factor: float) -> None:
        """One way of at least two points."""
        self.refs.extend(refs)
        self.start.append(len(self.refs))
        self.forward.append(forward)
        self.backward.append(backward)
        self.factor.append(factor)


def graph_of_ways(ways: Ways, ids: Longs, lon: Floats, lat: Floats) -> RoadGraph:
    """Cuts ways where they meet and end, and makes an arc for every direction open to trucks.

    Args:
        ways: lines over point ids, every id known.
        ids: (P,) point ids, sorted.
        lon: (P,) degrees.
        lat: (P,) degrees.
    """
    point = np.searchsorted(ids, np.asarray(ways.refs, dtype=np.int64))
    start = np.asarray(ways.start, dtype=np.int64)
    of_way = np.repeat(np.arange(len(start) - 1), np.diff(start))
    cut = np.bincount(point, minlength=len(ids))[point] > 1
    cut[start[:-1]] = cut[start[1:] - 1] = True
    cuts = np.flatnonzero(cut)
    same_way = of_way[cuts[:-1]] == of_way[cuts[1:]]
    first, last = cuts[:-1][same_way], cuts[1:][same_way]

    counts = last - first + 1
    shape_start = np.concatenate([[0], np.cumsum(counts)])
    within = np.arange(shape_start[-1]) - np.repeat(shape_start[:-1], counts)
    points = point[np.repeat(first, counts) + within]
    shape_lon, shape_lat = lon[points], lat[points]

    nodes, ends = np.unique(np.concatenate([point[first], point[last]]), return_inverse=True)
    tail, head = ends[: len(first)], ends[len(first) :]
    way = of_way[first]
    km = shape_km(shape_start, shape_lon, shape_lat)
    forward, backward = np.asarray(ways.forward)[way], np.asarray(ways.backward)[way]
    along, against = np.flatnonzero(forward > 0), np.flatnonzero(backward > 0)
    shape = np.concatenate([along, against])
    return make_graph(
        lon[nodes],
        lat[nodes],
        np.concatenate([tail[along], head[against]]),
        np.concatenate([head[along], tail[against]]),
        km[shape],
        km[shape] / np.concatenate([forward[along], backward[against]]) * 60,
        np.asarray(ways.factor)[way][shape],
        (shape, np.arange(len(shape)) >= len(along)),
        (shape_start, shape_lon, shape_lat),
    )


def make_graph(
    lon: Floats,
    lat: Floats,
    tail: npt.ArrayLike,
    head: npt.ArrayLike,
    km: Floats,
    minutes: Floats,
    factor: Floats,
    shapes_of_arcs: tuple[npt.ArrayLike, Bools],
    shapes: tuple[npt.ArrayLike, Floats, Floats],
) -> RoadGraph:
    """A graph with its types settled and its lengths and times rounded to whole units."""
    return RoadGraph(
        lon=np.asarray(lon, dtype=np.float64),
        lat=np.asarray(lat, dtype=np.float64),
        tail=np.asarray(tail, dtype=np.int32),
        head=np.asarray(head, dtype=np.int32),
        km=np.round(np.asarray(km, dtype=np.float64) * KM_UNITS) / KM_UNITS,
        minutes=np.round(np.asarray(minutes, dtype=np.float64) * MINUTE_UNITS) / MINUTE_UNITS,
        factor=np.asarray(factor, dtype=np.float64),
        shape=np.asarray(shapes_of_arcs[0], dtype=np.int32),
        reverse=np.asarray(shapes_of_arcs[1], dtype=np.bool_),
        shape_start=np.asarray(shapes[0], dtype=np.int64),
        shape_lon=np.asarray(shapes[1], dtype=np.float64),
        shape_lat=np.asarray(shapes[2], dtype=np.float64),
    )


def shape_km(start: Longs, lon: Floats, lat: Floats) -> Floats:
    """(S,) km of lines given by their points."""
    if len(lon) < 2:
        return np.zeros(len(start) - 1)
    steps = np.concatenate([segment_km(lon[:-1], lat[:-1], lon[1:], lat[1:]), [0.0]])
    steps[start[1:] - 1] = 0.0  # from the end of one line to the start of the next
    return np.add.reduceat(steps, start[:-1])


def pair_shapes(
    tail: list[int], head: list[int], lines: list[Floats], km: list[float]
) -> tuple[Ints, Bools, tuple[Longs, Floats, Floats]]:
    """Gives the two directions of a street one shared line: arcs between the same nodes, with equal length
    (within 0.1 %) and one line the reverse of the other.

    Args:
        tail: nodes the arcs leave.
        head: nodes they reach.
        lines: (p, 2) lon/lat of each arc in driving direction.
        km: length of each arc.

    Returns:
        shape and reverse per arc, and the lines kept as (start, lon, lat).
    """
    shape = np.empty(len(tail), dtype=np.int32)
    reverse = np.zeros(len(tail), dtype=np.bool_)
    waiting: dict[tuple[int, int, bytes], list[int]] = {}
    kept: list[Floats] = []
    for arc, line in enumerate(lines):
        partners = waiting.get((head[arc], tail[arc], line[::-1].tobytes()), [])
        partner = next((p for p in partners if abs(km[p] - km[arc]) <= 1e-3 * km[p]), None)
        if partner is None:
            shape[arc] = len(kept)
            kept.append(line)
            waiting.setdefault((tail[arc], head[arc], line.tobytes()), []).append(arc)
        else:
            partners.remove(partner)
            shape[arc], reverse[arc] = shape[partner], True
    start = np.concatenate([[0], np.cumsum([len(line) for line in kept], dtype=np.int64)]).astype(np.int64)
    points = np.concatenate(kept) if kept else np.empty((0, 2))
    return shape, reverse, (start, points[:, 0].copy(), points[:, 1].copy())


def keep_arcs(graph: RoadGraph, keep: Bools, reason: str) -> RoadGraph:
    """The graph without some arcs, the nodes and lines only they used gone as well; counts what went."""
    if keep.all():
        return graph
    dropped = Counter(graph.dropped)
    dropped[reason] += int((~keep).sum())
    nodes, ends = np.unique(np.concatenate([graph.tail[keep], graph.head[keep]]), return_inverse=True)
    count = int(keep.sum())
    shapes, shape = np.unique(graph.shape[keep], return_inverse=True)
    points = np.diff(graph.shape_start)[shapes]
    start = np.concatenate([[0], np.cumsum(points)])
    at = np.repeat(graph.shape_start[shapes] - start[:-1], points) + np.arange(start[-1])
    return replace(
        graph,
        lon=graph.lon[nodes],
        lat=graph.lat[nodes],
        tail=ends[:count].astype(np.int32),
        head=ends[count:].astype(np.int32),
        km=graph.km[keep],
        minutes=graph.minutes[keep],
        factor=graph.factor[keep],
        shape=shape.astype(np.int32),
        reverse=graph.reverse[keep],
        shape_start=start,
        shape_lon=graph.shape_lon[at],
        shape_lat=graph.shape_lat[at],
        dropped=dict(dropped),
    )


def largest_component(graph: RoadGraph) -> RoadGraph:
    """Only the largest part in which a truck can get from everywhere to everywhere; counts the rest."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n = len(graph.lon)
    links = csr_array((np.ones(len(graph.tail)), (graph.tail, graph.head)), shape=(n, n))
    count, part = connected_components(links, directed=True, connection="strong")
    if count <= 1:
        return graph
    largest = np.bincount(part).argmax()
    inside = (part[graph.tail] == largest) & (part[graph.head] == largest)
    kept = keep_arcs(graph, inside, "arcs: in fragments a truck cannot leave or reach")
    kept.dropped["nodes: in fragments a truck cannot leave or reach"] = n - len(kept.lon)
    return kept
