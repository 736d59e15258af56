"""What a path engine does, and the one that is always there: SciPy's Dijkstra."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from optimizer.progress import Progress
from optimizer.roads.graph import Floats, Ints, Longs, RoadGraph

_ROWS_AT_ONCE = 64
_NO_NODE = -9999  # SciPy's mark for "no predecessor"


@dataclass(frozen=True)
class Ends:
    """Where K trips enter or leave the network: up to two nodes each, with the weight between place and node.

    Attributes:
        node: (K, 2) nodes; where only one exists it stands twice.
        weight: (K, 2) weight to or from the node; inf where the node cannot be used.
    """

    node: Ints
    weight: Floats

    def __len__(self) -> int:
        return len(self.node)


@dataclass(frozen=True)
class Route:
    """Arcs of one path between network nodes, and which of the two ends of origin and destination it uses."""

    start: int
    stop: int
    arcs: Ints


class Engine(Protocol):
    """Shortest paths by one weight per arc."""

    def table(self, starts: Ends, stops: Ends, progress: Progress) -> Floats:
        """(n, m) smallest weights through the network, ends included; inf where there is no path."""

    def routes(self, starts: Ends, stops: Ends, pairs: Longs) -> list[Route | None]:
        """The paths of (k, 2) index pairs; None where there is none."""


class DijkstraEngine:
    """SciPy's Dijkstra from every start, or back from every stop where these are fewer.

    Slow and sure: the fallback, and the cross-check in tests.
    """

    def __init__(self, graph: RoadGraph, weights: Floats):
        self._links, self._arc = links_of(graph, weights)

    def table(self, starts: Ends, stops: Ends, progress: Progress) -> Floats:
        """(n, m) smallest weights through the network, ends included; inf where there is no path."""
        if len(stops) < len(starts):
            return _table(self._links.T.tocsr(), stops, starts, progress).T
        return _table(self._links, starts, stops, progress)

    def routes(self, starts: Ends, stops: Ends, pairs: Longs) -> list[Route | None]:
        """The paths of (k, 2) index pairs; None where there is none."""
        from scipy.sparse.csgraph import dijkstra

        routes: list[Route | None] = [None] * len(pairs)
        for origin in np.unique(pairs[:, 0]):
            far, before = dijkstra(self._links, indices=starts.node[origin], return_predecessors=True)
            for pair in np.flatnonzero(pairs[:, 0] == origin):
                stop = pairs[pair, 1]
                total = starts.weight[origin][:, None] + far[:, stops.node[stop]] + stops.weight[stop][None, :]
                enter, leave = np.unravel_index(int(total.argmin()), total.shape)
                if np.isfinite(total[enter, leave]):
                    arcs = self._walk_back(before[enter], int(stops.node[stop, leave]))
                    routes[pair] = Route(int(enter), int(leave), arcs)
        return routes

    def _walk_back(self, before: Ints, node: int) -> Ints:
        arcs = []
        while before[node] != _NO_NODE:
            tail = int(before[node])
            row = slice(self._links.indptr[tail], self._links.indptr[tail + 1])
            arcs.append(self._arc[row][np.searchsorted(self._links.indices[row], node)])
            node = tail
        return np.asarray(arcs[::-1], dtype=np.int32)


def _table(links: Any, starts: Ends, stops: Ends, progress: Progress) -> Floats:
    """(n, m) smallest weights from every start along the links."""
    from scipy.sparse.csgraph import dijkstra

    nodes, at = np.unique(starts.node, return_inverse=True)
    at = at.reshape(starts.node.shape)
    reach = np.empty((len(nodes), len(stops)))
    for first in range(0, len(nodes), _ROWS_AT_ONCE):
        progress.step(first, len(nodes), "starts")
        far = dijkstra(links, indices=nodes[first : first + _ROWS_AT_ONCE])
        ways_in = far[:, stops.node] + stops.weight
        reach[first : first + _ROWS_AT_ONCE] = ways_in.min(axis=2)
    return np.minimum(reach[at[:, 0]] + starts.weight[:, :1], reach[at[:, 1]] + starts.weight[:, 1:])


def links_of(graph: RoadGraph, weights: Floats) -> tuple[Any, Ints]:
    """(N, N) sparse matrix of the lightest arc between each two nodes, and that arc per stored entry."""
    from scipy.sparse import csr_array

    n = len(graph.lon)
    ends = graph.tail.astype(np.int64) * n + graph.head
    order = np.argsort(ends, kind="stable")
    if (ends[order[1:]] == ends[order[:-1]]).any():
        order = np.lexsort((weights, ends))
    order = order[graph.tail[order] != graph.head[order]]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = ends[order[1:]] != ends[order[:-1]]
    arc = order[new].astype(np.int32)
    start = np.concatenate([[0], np.cumsum(np.bincount(graph.tail[arc], minlength=n))])
    return csr_array((weights[arc], graph.head[arc], start), shape=(n, n)), arc
