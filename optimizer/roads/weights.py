"""One number per arc that carries both figures of a path.

The engines minimise one number. To get km and minutes of the *same* path, the number is made of two:

    weight = chosen · 2^bits + carried

where ``chosen`` is what the path is chosen by (mm, or 1e-4 minutes) and ``carried`` the other figure, both whole
numbers, and ``2^bits`` exceeds the largest possible sum of ``carried`` over a shortest path. Adding weights then adds
both figures exactly (all sums stay under 2^53), ties in the chosen figure are broken by the other one, and every
engine finds the same two figures, to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from optimizer.roads.cache import arrays_key, load_arrays, save_arrays
from optimizer.roads.graph import KM_UNITS, MINUTE_UNITS, Floats, RoadGraph

Metric = Literal["distance", "time"]
_EXACT = 2.0**53
_CHOICE_UNITS = (1, 10, 100)


@dataclass(frozen=True)
class Weights:
    """Weights of all arcs, and how to read a sum of them.

    Attributes:
        arcs: (A,) whole numbers.
        bits: the carried figure's share of a weight.
        coarse: carried units are this many of the graph's own units: 1, or more on very large maps.
    """

    arcs: Floats
    bits: int
    coarse: int

    def carried(self, total: Floats) -> Floats:
        """The carried figure of sums of weights, in graph units; 0 for inf."""
        return np.mod(np.where(np.isinf(total), 0.0, total), 2.0**self.bits) * self.coarse

    def chosen(self, total: Floats) -> Floats:
        """The chosen figure of sums of weights."""
        return np.floor(total / 2.0**self.bits)

    def part(self, chosen: Floats, carried: Floats) -> Floats:
        """Weight of part of an arc, from figures in graph units."""
        return np.round(chosen) * 2.0**self.bits + np.round(carried / self.coarse)


def combine(graph: RoadGraph, chosen: Floats, carried: Floats) -> Weights:
    """Weights of a graph whose paths are chosen by one figure and carry another.

    Args:
        graph: the roads; paths within its one component set the bounds.
        chosen: (A,) whole numbers.
        carried: (A,) whole numbers.
    """
    name = "room-" + arrays_key(graph.tail, graph.head, chosen, carried)
    room = load_arrays(graph.cache, name)
    if room is None:
        bits, coarse = _room(graph, chosen, carried)
        room = {"bits": np.array(bits), "coarse": np.array(coarse)}
        save_arrays(graph.cache, name, room)
    bits, coarse = int(room["bits"]), int(room["coarse"])
    return Weights(chosen * 2.0**bits + np.round(carried / coarse), bits, coarse)


def _room(graph: RoadGraph, chosen: Floats, carried: Floats) -> tuple[int, int]:
    """Bits that the carried figure needs, and how much coarser it must be for all sums to stay exact."""
    longest = _longest_path(graph, chosen) + 2 * chosen.max(initial=0.0)
    coarse = 1
    while True:
        rounded = np.round(carried / coarse)
        bits = max(1, math.ceil(math.log2(_most_carried(chosen, rounded, longest) + 2)))
        if (longest + 1) * 2.0**bits < _EXACT or not rounded.any():
            return bits, coarse
        coarse *= 10


def weigh(graph: RoadGraph, by: Metric) -> tuple[list[tuple[Floats, Floats]], list[Weights]]:
    """What paths are chosen by and what they carry, as (chosen, carried) of all arcs, and the weights made of them.

    Without factors one pair says it all. With factors (preferred zones, roads for destinations) the figure chosen
    by is neither km nor minutes, and each of those is carried by weights of its own; the choice is then made to a cm or
    coarser where a mm leaves no room to carry them unrounded.
    """
    mm, ticks = np.round(graph.km * KM_UNITS), np.round(graph.minutes * MINUTE_UNITS)
    basis, other = (mm, ticks) if by == "distance" else (ticks, mm)
    if (graph.factor == 1.0).all():
        return [(basis, other)], [combine(graph, basis, other)]
    for unit in _CHOICE_UNITS:
        chosen = np.round(basis * graph.factor / unit)
        weights = [combine(graph, chosen, carried) for carried in (basis, other)]
        if all(w.coarse == 1 for w in weights):
            break
    return [(chosen, basis), (chosen, other)], weights


def _longest_path(graph: RoadGraph, chosen: Floats) -> float:
    """No shortest path is longer than the way to some node plus the way from it."""
    from scipy.sparse.csgraph import dijkstra

    from optimizer.roads.engines import links_of

    if not len(chosen):
        return 0.0
    links = links_of(graph, chosen)[0]
    away, back = dijkstra(links, indices=0), dijkstra(links.T.tocsr(), indices=0)
    bound = float(away.max() + back.max())
    return bound if math.isfinite(bound) else float(chosen.sum())


def _most_carried(chosen: Floats, carried: Floats, longest: float) -> float:
    """Upper bound of the carried sum of a simple path no longer than ``longest``: the slowest arcs first."""
    free = chosen == 0
    order = np.argsort(-carried[~free] / chosen[~free])
    length, load = np.cumsum(chosen[~free][order]), np.cumsum(carried[~free][order])
    last = int(np.searchsorted(length, longest))  # the arc that passes the limit counts whole
    most = load[min(last, len(load) - 1)] if len(load) else 0.0
    return float(most + carried[free].sum() + 2 * carried.max(initial=0.0))
