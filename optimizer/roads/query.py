"""Queries on a customized hierarchy, all places at once: up from the starts, down to the stops, where they meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.roads.engines import Ends
from optimizer.roads.graph import Floats, Ints, Longs
from optimizer.roads.hierarchy import Hierarchy

_SIDE_BY_SIDE = 12  # fewer places than this below a node are handled together with others


@dataclass(frozen=True)
class Search:
    """What K places reach upward: their ancestors by depth, and the weight to (or from) each.

    Places are sorted so that those below any one node stand side by side.

    Attributes:
        order: (K,) which place stands in which column.
        ancestor: (depths, K) node; -1 below the place's own.
        weight: (depths, K) smallest weight; inf where not reached.
        before: (depths, K) node before it on the way; -1 where the way begins here. None unless asked for.
    """

    order: Longs
    ancestor: Ints
    weight: Floats
    before: Ints | None


def search(hierarchy: Hierarchy, ends: Ends, weights: Floats, *, tracked: bool = False) -> Search:
    """Weights from places up to all their ancestors (with ``up``), or from ancestors to places (with ``down``).

    Args:
        hierarchy: the contracted graph.
        ends: two nodes by rank and a weight each; the nodes are neighbours, so one is the other's ancestor.
        weights: (E,) customized weights in the direction asked for.
        tracked: also keep the node before each.
    """
    low = ends.node.min(axis=1)
    order = np.argsort(hierarchy.place[low], kind="stable")
    ancestor = _ancestors(hierarchy, low[order])
    weight = np.full(ancestor.shape, np.inf)
    column = np.arange(len(order))
    for option in (0, 1):
        at = (hierarchy.depth[ends.node[order, option]], column)
        weight[at] = np.minimum(weight[at], ends.weight[order, option])
    before = np.full(ancestor.shape, -1, dtype=np.int32) if tracked else None
    for depth in range(len(ancestor) - 1, 0, -1):
        small = np.zeros(len(order), dtype=np.bool_)
        for node, begin, end in _groups(ancestor[depth]):
            if end - begin < _SIDE_BY_SIDE:
                small[begin:end] = True
            else:
                _relax_node(hierarchy, int(node), slice(begin, end), weights, weight, before)
        if small.any():
            _relax_columns(hierarchy, np.flatnonzero(small), ancestor[depth], weights, weight, before)
    return Search(order, ancestor, weight, before)


def _ancestors(hierarchy: Hierarchy, low: Ints) -> Ints:
    depth = hierarchy.depth[low]
    table = np.full((int(depth.max(initial=-1)) + 1, len(low)), -1, dtype=np.int32)
    node = low.copy()
    for level in range(len(table) - 1, -1, -1):
        here = hierarchy.depth[node] == level
        table[level, here] = node[here]
        if level:
            node[here] = hierarchy.parent[node[here]]
    return table


def _groups(row: Ints) -> list[tuple[int, int, int]]:
    """(node, begin, end) of the columns that share an ancestor."""
    edge = np.flatnonzero(row[1:] != row[:-1]) + 1
    begin, end = [0, *edge.tolist()], [*edge.tolist(), len(row)]
    nodes = row[begin].tolist()
    return [group for group in zip(nodes, begin, end, strict=True) if group[0] >= 0]


def _relax_node(
    hierarchy: Hierarchy, node: int, columns: slice, weights: Floats, weight: Floats, before: Ints | None
) -> None:
    """All edges of one node, for the places side by side below it."""
    edges = slice(hierarchy.start[node], hierarchy.start[node + 1])
    rows = hierarchy.depth[hierarchy.above[edges]]
    here = weight[hierarchy.depth[node], columns]
    reached = weights[edges, None] + here
    top, bottom = int(rows[-1]), int(rows[0])
    if bottom - top + 1 == len(rows):  # every ancestor from top to bottom: no gathering needed
        target = weight[top : bottom + 1, columns]
        reached = reached[::-1]
        if before is not None:
            before[top : bottom + 1, columns][reached < target] = node
        np.minimum(target, reached, out=target)
        return
    target = weight[rows, columns]
    if before is not None:
        before[rows, columns] = np.where(reached < target, node, before[rows, columns])
    weight[rows, columns] = np.minimum(target, reached)


def _relax_columns(
    hierarchy: Hierarchy, columns: Longs, nodes: Ints, weights: Floats, weight: Floats, before: Ints | None
) -> None:
    """All edges of one node per place, for places with different nodes at one depth."""
    node = nodes[columns]
    counts = hierarchy.start[node + 1] - hierarchy.start[node]
    of = np.repeat(np.arange(len(columns)), counts)
    edges = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts) + hierarchy.start[node][of]
    at = (hierarchy.depth[hierarchy.above[edges]], columns[of])
    reached = weights[edges] + weight[hierarchy.depth[node], columns][of]
    target = weight[at]
    if before is not None:
        closer = reached < target
        before[at[0][closer], at[1][closer]] = node[of][closer]
    weight[at] = np.minimum(target, reached)


def meet(up: Search, down: Search) -> Floats:
    """(n, m) smallest sums over common ancestors, in the columns' order."""
    best = np.full((len(up.order), len(down.order)), np.inf)
    sums = np.empty_like(best)
    for depth in range(min(len(up.ancestor), len(down.ancestor))):
        targets = {node: (begin, end) for node, begin, end in _groups(down.ancestor[depth])}
        rows, columns = [], []
        for node, begin, end in _groups(up.ancestor[depth]):
            if node not in targets:
                continue
            first, last = targets[node]
            if (end - begin) * (last - first) < _SIDE_BY_SIDE:
                grid = np.divmod(np.arange((end - begin) * (last - first)), last - first)
                rows.append(grid[0] + begin)
                columns.append(grid[1] + first)
            else:
                block, total = best[begin:end, first:last], sums[begin:end, first:last]
                np.add(up.weight[depth, begin:end, None], down.weight[depth, first:last], out=total)
                np.minimum(block, total, out=block)
        if rows:
            i, j = np.concatenate(rows), np.concatenate(columns)
            best[i, j] = np.minimum(best[i, j], up.weight[depth, i] + down.weight[depth, j])
    return best
