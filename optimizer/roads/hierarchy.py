"""A customizable contraction hierarchy in NumPy: exact sums, both figures at once, all pairs in one go.

Why not only a library: RoutingKit's bindings (pyroutingkit, routingkit-cch) answer with one 31-bit figure, and the
second figure of the same path would need every path unpacked, 250,000 of them for 500 × 500. Here a weight
carries both (see :mod:`optimizer.roads.weights`). RoutingKit still does the hard part, the node order.

The method is that of Dibbelt, Strasser and Wagner, Customizable Contraction Hierarchies (JEA 2016):

1. *Order* the nodes by nested dissection (RoutingKit's inertial flow).
2. *Contract* in that order: each node's higher neighbours become a clique. Each node's lowest higher neighbour
   is its parent; all that a search from a node can reach upward are its ancestors in this elimination tree.
3. *Customize*: for every lower triangle x < y < z, going up the tree,
   ``up[y, z] = min(up[y, z], down[x, y] + up[x, z])``, and the same downward.
4. *Query* (:mod:`optimizer.roads.query`): weights from every start up to its ancestors, from ancestors down to every
   stop, and the smallest sum over the ancestors that a pair has in common.

Nodes are numbered by rank here. Steps 1 and 2 are kept in the cache for every set of roads, step 3 for every set of
weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.roads.graph import Floats, Ints, Longs, RoadGraph


@dataclass(frozen=True)
class Hierarchy:
    """The contracted graph without weights: N nodes by rank, E edges from a lower to a higher node.

    Attributes:
        rank: (N,) rank of every node of the graph.
        start: (N + 1,) first edge of every node.
        above: (E,) higher end of every edge, ascending within a node.
        parent: (N,) lowest higher neighbour; -1 at a root.
        depth: (N,) number of ancestors.
        place: (N,) number in an order where everything below a node directly follows it.
    """

    rank: Ints
    start: Longs
    above: Ints
    parent: Ints
    depth: Ints
    place: Ints

    @property
    def below(self) -> Ints:
        """(E,) lower end of every edge."""
        return np.repeat(np.arange(len(self.rank), dtype=np.int32), np.diff(self.start))

    @property
    def keys(self) -> Longs:
        """(E,) both ends as one ascending number, for finding edges."""
        return self.below.astype(np.int64) * len(self.rank) + self.above


def contract(graph: RoadGraph) -> Hierarchy:
    """Orders and contracts the graph; weights play no part."""
    import routingkit_cch

    n = len(graph.lon)
    order = routingkit_cch.compute_order_inertial(
        n, graph.tail.tolist(), graph.head.tolist(), graph.lat.tolist(), graph.lon.tolist()
    )
    rank = np.empty(n, dtype=np.int32)
    rank[order] = np.arange(n, dtype=np.int32)
    ends = np.column_stack([rank[graph.tail], rank[graph.head]])
    ends = ends[ends[:, 0] != ends[:, 1]]
    higher: list[set[int]] = [set() for _ in range(n)]
    for low, high in zip(ends.min(axis=1).tolist(), ends.max(axis=1).tolist(), strict=True):
        higher[low].add(high)
    parent = np.full(n, -1, dtype=np.int32)
    counts = np.zeros(n, dtype=np.int64)
    above: list[Ints] = []
    for node in range(n):
        clique = higher[node]
        if clique:
            lowest = min(clique)
            parent[node] = lowest
            clique_above = higher[lowest]
            clique_above |= clique
            clique_above.discard(lowest)
        counts[node] = len(clique)
        above.append(np.sort(np.fromiter(clique, dtype=np.int32, count=len(clique))))
        higher[node] = set()
    start = np.concatenate([[0], np.cumsum(counts)])
    edges = np.concatenate(above) if above else np.empty(0, dtype=np.int32)
    return Hierarchy(rank, start, edges, parent, *_walk(parent.tolist()))


def _walk(parent: list[int]) -> tuple[Ints, Ints]:
    """Depth of every node, and its number in preorder; parents come after their children in rank."""
    n = len(parent)
    size, depth, place = [1] * n, [0] * n, [0] * n
    for node, above in enumerate(parent):
        if above >= 0:
            size[above] += size[node]
    free = [1] * n  # numbers a node has given away, its own included
    roots = 0
    for node in range(n - 1, -1, -1):
        above = parent[node]
        if above < 0:
            place[node] = roots
            roots += size[node]
        else:
            depth[node] = depth[above] + 1
            place[node] = place[above] + free[above]
            free[above] += size[node]
    return np.asarray(depth, dtype=np.int32), np.asarray(place, dtype=np.int32)


def customize(hierarchy: Hierarchy, links: Any) -> tuple[Floats, Floats]:
    """Weights of all edges so that some path that goes up and then down is shortest for every pair.

    The triangles are relaxed front by front, as in multifrontal Cholesky factorisation with (min, +) for (+, ×): a
    front is the dense matrix of weights among a run of nodes with nested neighbourhoods and the neighbours above.

    Args:
        hierarchy: the contracted graph.
        links: (N, N) sparse weights between ranks.

    Returns:
        up, down: (E,) smallest weight from the lower to the higher end over lower nodes, and back; inf = none.
    """
    n = len(hierarchy.rank)
    up, down = (np.full(len(hierarchy.above), np.inf) for _ in range(2))
    _set_arcs(hierarchy, links, up, down)
    waiting: dict[int, list[tuple[Ints, Floats]]] = {}  # by the node whose front takes them: nodes and their weights
    start, above = hierarchy.start.tolist(), hierarchy.above
    last_of_run = _runs(hierarchy)
    first = 0
    while first < n:
        run = last_of_run[first] + 1 - first
        nodes = np.concatenate([[first], above[start[first] : start[first + 1]]])
        front = np.full((len(nodes), len(nodes)), np.inf)
        for k in range(run):
            edges = slice(start[first + k], start[first + k + 1])
            front[k, k + 1 :], front[k + 1 :, k] = up[edges], down[edges]
        for member in range(first, first + run):
            for child_nodes, child in waiting.pop(member, ()):
                at = np.searchsorted(nodes, child_nodes)
                block = np.ix_(at, at)
                front[block] = np.minimum(front[block], child)
        for k in range(run):
            edges = slice(start[first + k], start[first + k + 1])
            up[edges], down[edges] = front[k, k + 1 :], front[k + 1 :, k]
            rest = front[k + 1 :, k + 1 :]
            np.minimum(rest, front[k + 1 :, k, None] + front[k, None, k + 1 :], out=rest)
        if len(nodes) > run:
            waiting.setdefault(int(nodes[run]), []).append((nodes[run:], front[run:, run:]))
        first += run
    return up, down


def _set_arcs(hierarchy: Hierarchy, links: Any, up: Floats, down: Floats) -> None:
    """Puts the weights of arcs on their edges, in place."""
    arcs = links.tocoo()
    low, high = np.minimum(arcs.row, arcs.col), np.maximum(arcs.row, arcs.col)
    edge = np.searchsorted(hierarchy.keys, low.astype(np.int64) * len(hierarchy.rank) + high)
    rising = arcs.row < arcs.col
    up[edge[rising]] = arcs.data[rising]
    down[edge[~rising]] = arcs.data[~rising]


def _runs(hierarchy: Hierarchy) -> list[int]:
    """(N,) last node of the run that starts at each node: consecutive nodes, each the parent of the one before,
    whose neighbours above are the same apart from the run itself."""
    degree = np.diff(hierarchy.start)
    follows = (hierarchy.parent[:-1] == np.arange(1, len(degree))) & (degree[:-1] == degree[1:] + 1)
    last = list(range(len(degree)))
    for node in range(len(degree) - 2, -1, -1):
        if follows[node]:
            last[node] = last[node + 1]
    return last
