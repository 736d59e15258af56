"""Km and minutes between snapped places, and the lines of the paths."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from optimizer.progress import Progress
from optimizer.roads.engines import DijkstraEngine, Ends, Engine, Route
from optimizer.roads.graph import KM_UNITS, MINUTE_UNITS, Floats, Ints, RoadGraph, segment_km
from optimizer.roads.snapping import Snaps
from optimizer.roads.weights import Weights, weigh

EngineName = Literal["auto", "cch", "scipy"]
_HALF_MM = 0.5e-6  # km; a place this near to the end of an arc is at its node


class Router:
    """Shortest paths on one graph by one metric, prepared once and used many times.

    Args:
        graph: the roads.
        by: what a path is chosen by. Preferred zones and destination-only roads weigh on the choice, not on figures.
        engine: ``cch`` is the contraction hierarchy, ``scipy`` Dijkstra; ``auto`` takes the hierarchy where
            the library that orders it is installed. Both give the same figures.
    """

    def __init__(self, graph: RoadGraph, *, by: Literal["distance", "time"], engine: EngineName = "auto"):
        if by not in ("distance", "time"):
            raise ValueError(f"by={by!r}: expected 'distance' or 'time'")
        self.graph = graph
        self.by = by
        self._twin = graph.twin
        self._parts, self._weights = weigh(graph, by)
        self.engine = _pick(engine)
        self._engines = [self._prepare(weights) for weights in self._weights]

    def _prepare(self, weights: Weights) -> Engine:
        if self.engine == "scipy":
            return DijkstraEngine(self.graph, weights.arcs)
        from optimizer.roads.cch import HierarchyEngine

        return HierarchyEngine(self.graph, weights.arcs)

    def matrix(self, origins: Snaps, destinations: Snaps, progress: Progress) -> tuple[Floats, Floats]:
        """Km and minutes of the chosen path from every origin to every destination.

        Both include the straight lines between the places and their snap points, driven at the graph's ``access_km_h``.

        Returns:
            km, minutes: (n, m) each; nan where there is no road or a place is beyond the snap limit.
        """
        totals = []
        for layer, engine in enumerate(self._engines):
            total = engine.table(self._ends(origins, layer, True), self._ends(destinations, layer, False), progress)
            i, j, direct = self._direct(origins, destinations, layer)
            total[i, j] = np.minimum(total[i, j], direct)
            total[origins.arc < 0] = np.inf
            total[:, destinations.arc < 0] = np.inf
            totals.append(total)
        km, minutes = self._read(totals)
        legs = origins.snap_km[:, None] + destinations.snap_km[None, :]
        none = np.isinf(totals[0])
        km, minutes = km + legs, minutes + legs / self.graph.access_km_h * 60
        km[none] = minutes[none] = np.nan
        return km, minutes

    def paths(self, origins: Snaps, destinations: Snaps, pairs: npt.ArrayLike) -> list[Floats]:
        """Lines of the chosen paths, from snap point to snap point along the arcs.

        Args:
            origins: n places.
            destinations: m places.
            pairs: (k, 2) index of origin and of destination.

        Returns:
            k arrays (p, 2) lon/lat; empty where there is no road.
        """
        wanted = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
        starts, stops = self._ends(origins, 0, True), self._ends(destinations, 0, False)
        routes = self._engines[0].routes(starts, stops, wanted)
        direct = dict(zip(*self._direct_pairs(origins, destinations), strict=True))
        lines = []
        for (i, j), route in zip(wanted.tolist(), routes, strict=True):
            through = np.inf if route is None else self._weight_of(route, starts, stops, i, j)
            if direct.get((i, j), np.inf) <= through and (i, j) in direct:
                lines.append(self._direct_line(origins, destinations, i, j))
            elif route is None:
                lines.append(np.empty((0, 2)))
            else:
                lines.append(self._route_line(origins, destinations, i, j, route))
        return lines

    def _read(self, totals: list[Floats]) -> tuple[Floats, Floats]:
        """Km and minutes from sums of weights."""
        if len(totals) == 1:
            basis, other = self._weights[0].chosen(totals[0]), self._weights[0].carried(totals[0])
        else:
            basis, other = (w.carried(t) for w, t in zip(self._weights, totals, strict=True))
        mm, ticks = (basis, other) if self.by == "distance" else (other, basis)
        return mm / KM_UNITS, ticks / MINUTE_UNITS

    def _part(self, layer: int, arc: Ints, share: Floats) -> Floats:
        """Weight of a share of arcs."""
        chosen, carried = self._parts[layer]
        return self._weights[layer].part(chosen[arc] * share, carried[arc] * share)

    def _ends(self, snaps: Snaps, layer: int, leaving: bool) -> Ends:
        """Entry or exit nodes of places: along the arc, and along its twin or where the place is at the node itself."""
        arc = np.maximum(snaps.arc, 0)
        graph, twin = self.graph, self._twin[arc]
        along = np.where(snaps.fraction < 0, 0.0, snaps.fraction)
        ahead, behind = (1.0 - along, along) if leaving else (along, 1.0 - along)
        near, far = (graph.head, graph.tail) if leaving else (graph.tail, graph.head)
        at_node = behind * graph.km[arc] < _HALF_MM
        back = np.where(twin >= 0, self._part(layer, np.maximum(twin, 0), behind), np.inf)
        weight = np.column_stack([self._part(layer, arc, ahead), np.where(at_node, 0.0, back)])
        weight[snaps.arc < 0] = np.inf
        return Ends(np.column_stack([near[arc], far[arc]]).astype(np.int32), weight)

    def _same_street(self, origins: Snaps, destinations: Snaps) -> tuple[Ints, Ints]:
        """Pairs of an origin and a destination that lie on one line of the map."""
        shape_from = np.where(origins.arc < 0, -1, self.graph.shape[np.maximum(origins.arc, 0)])
        shape_to = np.where(destinations.arc < 0, -2, self.graph.shape[np.maximum(destinations.arc, 0)])
        order = np.argsort(shape_to, kind="stable")
        first = np.searchsorted(shape_to[order], shape_from, side="left")
        counts = np.searchsorted(shape_to[order], shape_from, side="right") - first
        i = np.repeat(np.arange(len(origins), dtype=np.int32), counts)
        within = np.arange(len(i)) - np.repeat(np.cumsum(counts) - counts, counts)
        return i, order[np.repeat(first, counts) + within].astype(np.int32)

    def _direct(self, origins: Snaps, destinations: Snaps, layer: int) -> tuple[Ints, Ints, Floats]:
        """Pairs on one street that need no network, and the weight of the piece of street between them."""
        i, j = self._same_street(origins, destinations)
        arc, line_from, line_to = self._positions(origins, destinations, i, j)
        twin = self._twin[arc]
        along, against = np.where(self.graph.reverse[arc], twin, arc), np.where(self.graph.reverse[arc], arc, twin)
        ahead = line_to - line_from
        near = np.abs(ahead) * self.graph.km[arc] < _HALF_MM
        used = np.where(ahead >= 0, along, against)
        weight = self._part(layer, np.maximum(used, 0), np.abs(ahead))
        weight = np.where(near, 0.0, np.where(used >= 0, weight, np.inf))
        open_ = np.isfinite(weight)
        return i[open_], j[open_], weight[open_]

    def _positions(self, origins: Snaps, destinations: Snaps, i: Ints, j: Ints) -> tuple[Ints, Floats, Floats]:
        """Arc of the origin, and positions of both along the line that their arcs share."""
        backward_from, backward_to = self.graph.reverse[origins.arc[i]], self.graph.reverse[destinations.arc[j]]
        line_from = np.where(backward_from, 1.0 - origins.fraction[i], origins.fraction[i])
        line_to = np.where(backward_to, 1.0 - destinations.fraction[j], destinations.fraction[j])
        return origins.arc[i], line_from, line_to

    def _direct_pairs(self, origins: Snaps, destinations: Snaps) -> tuple[list[tuple[int, int]], list[float]]:
        i, j, weight = self._direct(origins, destinations, 0)
        return list(zip(i.tolist(), j.tolist(), strict=True)), weight.tolist()

    def _weight_of(self, route: Route, starts: Ends, stops: Ends, i: int, j: int) -> float:
        arcs = self._weights[0].arcs[route.arcs].sum()
        return float(starts.weight[i, route.start] + arcs + stops.weight[j, route.stop])

    def _route_line(self, origins: Snaps, destinations: Snaps, i: int, j: int, route: Route) -> Floats:
        """From the snap point to a node, along whole arcs, and from a node to the snap point."""
        pieces = [np.array([[origins.lon[i], origins.lat[i]]])]
        pieces.append(self._end_line(origins, i, route.start, True))
        pieces += [self.graph.line(arc) for arc in route.arcs]
        pieces.append(self._end_line(destinations, j, route.stop, False))
        pieces.append(np.array([[destinations.lon[j], destinations.lat[j]]]))
        return _without_repeats(np.concatenate(pieces))

    def _end_line(self, snaps: Snaps, place: int, option: int, leaving: bool) -> Floats:
        """The part of the snapped arc (or, as option 1, its twin) between the snap point and the node."""
        arc, fraction = int(snaps.arc[place]), float(snaps.fraction[place])
        if option == 1:
            arc, fraction = int(self._twin[arc]), 1.0 - fraction
            if arc < 0:  # the place is at the node
                return np.empty((0, 2))
        return _cut(self.graph.line(arc), fraction, 1.0) if leaving else _cut(self.graph.line(arc), 0.0, fraction)

    def _direct_line(self, origins: Snaps, destinations: Snaps, i: int, j: int) -> Floats:
        one = np.array([0])
        arc, line_from, line_to = self._positions(origins, destinations, one + i, one + j)
        line = self.graph.line(int(arc[0]))
        line = line[::-1] if self.graph.reverse[arc[0]] else line
        low, high = sorted((float(line_from[0]), float(line_to[0])))
        piece = _cut(line, low, high)
        piece = piece if line_from[0] <= line_to[0] else piece[::-1]
        first = np.array([[origins.lon[i], origins.lat[i]]])
        last = np.array([[destinations.lon[j], destinations.lat[j]]])
        return _without_repeats(np.concatenate([first, piece, last]))


def _pick(engine: EngineName) -> Literal["cch", "scipy"]:
    if engine not in ("auto", "cch", "scipy"):
        raise ValueError(f"engine={engine!r}: expected 'auto', 'cch' or 'scipy'")
    if engine != "auto":
        return engine
    from importlib.util import find_spec

    return "cch" if find_spec("routingkit_cch") else "scipy"


def _cut(line: Floats, begin: float, end: float) -> Floats:
    """The corners of a line strictly between two positions given as shares of its length."""
    steps = segment_km(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1])
    along = np.concatenate([[0.0], np.cumsum(steps)])
    total = along[-1]
    inside = (along > begin * total) & (along < end * total)
    inside[0] |= begin <= 0.0 < end
    inside[-1] |= begin < 1.0 <= end
    return line[inside]


def _without_repeats(line: Floats) -> Floats:
    moved = np.ones(len(line), dtype=np.bool_)
    moved[1:] = (line[1:] != line[:-1]).any(axis=1)
    moved[-1] = True
    line = line[moved]
    return line if len(line) > 1 else np.repeat(line, 2, axis=0)
