"""The contraction hierarchy as a path engine, kept in the cache between runs."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np

from optimizer.progress import Progress
from optimizer.roads.cache import arrays_key, load_arrays, save_arrays
from optimizer.roads.engines import Ends, Route, links_of
from optimizer.roads.graph import Floats, Ints, Longs, RoadGraph
from optimizer.roads.hierarchy import Hierarchy, contract, customize
from optimizer.roads.query import Search, meet, search
from optimizer.roads.unpack import DOWN, UP, Steps, Unpacker, climb

_PLACES_AT_ONCE = 1024  # bounds the memory of a search


class HierarchyEngine:
    """Shortest paths by a customizable contraction hierarchy, prepared or read from the graph's cache."""

    def __init__(self, graph: RoadGraph, weights: Floats):
        self._graph = graph
        self._arc_weights = weights
        self._hierarchy = _prepared_hierarchy(graph)
        self._up, self._down = self._customized(graph.cache)

    def _customized(self, folder: Path | None) -> tuple[Floats, Floats]:
        name = "weights-" + arrays_key(
            self._hierarchy.above, self._hierarchy.start, self._graph.tail, self._arc_weights
        )
        kept = load_arrays(folder, name)
        if kept is None:
            from scipy.sparse import csr_array

            arcs = links_of(self._graph, self._arc_weights)[0].tocoo()
            rank = self._hierarchy.rank
            ranked = csr_array((arcs.data, (rank[arcs.row], rank[arcs.col])), shape=arcs.shape)
            up, down = customize(self._hierarchy, ranked)
            kept = {"up": up, "down": down}
            save_arrays(folder, name, kept)
        return kept["up"], kept["down"]

    def table(self, starts: Ends, stops: Ends, progress: Progress) -> Floats:
        """(n, m) smallest weights through the network, ends included; inf where there is no path."""
        table = np.empty((len(starts), len(stops)))
        downs = list(self._searches(stops, self._down))
        for rows, up in self._searches(starts, self._up):
            progress.step(len(rows), len(starts), "starts")
            for columns, down in downs:
                table[np.ix_(rows, columns)] = meet(up, down)
        return table

    def _searches(self, ends: Ends, weights: Floats) -> list[tuple[Longs, Search]]:
        """Searches of all places, so many at a time, and the places in the order of their columns."""
        ranked = self._ranked(ends)
        order = np.argsort(self._hierarchy.place[ranked.node.min(axis=1)], kind="stable")
        searches = []
        for first in range(0, len(order), _PLACES_AT_ONCE):
            part = order[first : first + _PLACES_AT_ONCE]
            found = search(self._hierarchy, Ends(ranked.node[part], ranked.weight[part]), weights)
            searches.append((part[found.order], found))
        return searches

    def _ranked(self, ends: Ends) -> Ends:
        return Ends(self._hierarchy.rank[ends.node], ends.weight)

    def routes(self, starts: Ends, stops: Ends, pairs: Longs) -> list[Route | None]:
        """The paths of (k, 2) index pairs; None where there is none."""
        routes: list[Route | None] = []
        for first in range(0, len(pairs), _PLACES_AT_ONCE):
            routes += self._some_routes(starts, stops, pairs[first : first + _PLACES_AT_ONCE])
        return routes

    def _some_routes(self, starts: Ends, stops: Ends, pairs: Longs) -> list[Route | None]:
        origins, row = np.unique(pairs[:, 0], return_inverse=True)
        targets, column = np.unique(pairs[:, 1], return_inverse=True)
        start, stop = (
            self._ranked(Ends(ends.node[who], ends.weight[who])) for ends, who in ((starts, origins), (stops, targets))
        )
        up = search(self._hierarchy, start, self._up, tracked=True)
        down = search(self._hierarchy, stop, self._down, tracked=True)
        row_at, column_at = np.argsort(up.order)[row], np.argsort(down.order)[column]
        depths = min(len(up.ancestor), len(down.ancestor))
        total = up.weight[:depths, row_at] + down.weight[:depths, column_at]
        total[up.ancestor[:depths, row_at] != down.ancestor[:depths, column_at]] = np.inf
        depth = total.argmin(axis=0)
        known = np.flatnonzero(np.isfinite(total[depth, np.arange(len(pairs))]))
        apex = up.ancestor[depth[known], row_at[known]]

        keys = self._hierarchy.keys
        rise, entry = climb(self._hierarchy, keys, up, row_at[known], apex, UP)
        fall, leave = climb(self._hierarchy, keys, down, column_at[known], apex, DOWN)
        path = np.concatenate([rise.path, fall.path])
        order = np.argsort(path, kind="stable")
        steps = Steps(path[order], np.concatenate([rise.piece, fall.piece])[order])
        arcs = self._unpacker.arcs(steps, len(known))
        first = _option(start, row[known], entry)
        last = _option(stop, column[known], leave)
        routes: list[Route | None] = [None] * len(pairs)
        for at, pair in enumerate(known):
            routes[pair] = Route(int(first[at]), int(last[at]), arcs[at])
        return routes

    @cached_property
    def _unpacker(self) -> Unpacker:
        hierarchy = self._hierarchy
        links, arc_of_link = links_of(self._graph, self._arc_weights)
        entries = links.tocoo()
        tail, head = hierarchy.rank[entries.row], hierarchy.rank[entries.col]
        low, high = np.minimum(tail, head).astype(np.int64), np.maximum(tail, head)
        at = (np.where(tail < head, UP, DOWN), np.searchsorted(hierarchy.keys, low * len(hierarchy.rank) + high))
        arcs = np.full((2, len(hierarchy.above)), -1, dtype=np.int32)
        weights = np.full(arcs.shape, np.inf)
        arcs[at], weights[at] = arc_of_link, entries.data
        return Unpacker(hierarchy, (self._up, self._down), arcs, weights)


def _option(ends: Ends, place: Longs, node: Ints) -> Ints:
    """Which end of each place a path uses: the lighter one of those at the node."""
    weight = np.where(ends.node[place] == node[:, None], ends.weight[place], np.inf)
    return weight.argmin(axis=1).astype(np.int32)


def _prepared_hierarchy(graph: RoadGraph) -> Hierarchy:
    name = "hierarchy-" + arrays_key(graph.tail, graph.head, graph.lon, graph.lat)
    kept = load_arrays(graph.cache, name)
    if kept is not None:
        return Hierarchy(**kept)
    hierarchy = contract(graph)
    fields = ("rank", "start", "above", "parent", "depth", "place")
    save_arrays(graph.cache, name, {field: getattr(hierarchy, field) for field in fields})
    return hierarchy
