"""From edges of the hierarchy back to arcs of the road, for many paths at once.

No edge remembers what it stands for. Weights are whole numbers, so the lower triangle an edge came from is found
again by exact equality.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.roads.graph import Floats, Ints, Longs
from optimizer.roads.hierarchy import Hierarchy
from optimizer.roads.query import Search

UP, DOWN = 0, 1
_CANDIDATES_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Steps:
    """Pieces of K paths, in path order within each path.

    Attributes:
        path: (n,) path a piece belongs to, ascending.
        piece: (n,) 2 × edge + side, where side 0 runs up the edge and 1 down.
    """

    path: Longs
    piece: Longs


class Unpacker:
    """Finds the arcs of edges.

    Args:
        hierarchy: the contracted graph.
        weights: customized weights, up and down.
        arcs: (2, E) arc that lies on an edge upward and downward; -1 where none does.
        arc_weights: (2, E) weight of those arcs; inf where there is none.
    """

    def __init__(self, hierarchy: Hierarchy, weights: tuple[Floats, Floats], arcs: Ints, arc_weights: Floats):
        self._n = len(hierarchy.rank)
        self._weights = np.stack(weights)
        self._arcs, self._arc_weights = arcs, arc_weights
        self._below, self._above, self._keys = hierarchy.below, hierarchy.above, hierarchy.keys
        self._by_above = np.argsort(hierarchy.above, kind="stable")
        self._first_below = np.concatenate([[0], np.cumsum(np.bincount(hierarchy.above, minlength=self._n))])

    def arcs(self, steps: Steps, paths: int) -> list[Ints]:
        """Arcs of every path, in driving order."""
        path, piece = steps.path, steps.piece
        arc = np.full(len(piece), -1, dtype=np.int64)
        while (arc < 0).any():
            open_ = np.flatnonzero(arc < 0)
            codes, which = np.unique(piece[open_], return_inverse=True)
            found, first, second = self._resolve(codes)
            arc[open_] = found[which]
            counts = np.ones(len(piece), dtype=np.int64)
            split = open_[found[which] < 0]
            counts[split] = 2
            at = np.cumsum(counts) - counts
            path, arc, piece = (np.repeat(values, counts) for values in (path, arc, piece))
            pairs = which[found[which] < 0]
            piece[at[split]], piece[at[split] + 1] = first[pairs], second[pairs]
        return np.split(arc.astype(np.int32), np.searchsorted(path, np.arange(1, paths)))

    def _resolve(self, codes: Longs) -> tuple[Longs, Longs, Longs]:
        """The arc of each piece, or -1 and the two pieces it consists of."""
        edge, side = codes // 2, codes % 2
        own = self._weights[side, edge] == self._arc_weights[side, edge]
        found = np.where(own, self._arcs[side, edge], -1).astype(np.int64)
        first, second = np.zeros((2, len(codes)), dtype=np.int64)
        todo = np.flatnonzero(~own)
        fewest, _ = self._candidates(edge[todo])
        chunks = np.cumsum(fewest) // _CANDIDATES_AT_ONCE
        for chunk in np.unique(chunks):
            part = todo[chunks == chunk]
            first[part], second[part] = self._middle(edge[part], side[part])
        return found, first, second

    def _candidates(self, edge: Longs) -> tuple[Longs, Ints]:
        """The end of each edge with fewer nodes below it: how many, and which end."""
        ends = np.stack([self._below[edge], self._above[edge]])
        counts = self._first_below[ends + 1] - self._first_below[ends]
        choice = counts.argmin(axis=0)
        picked = np.arange(len(edge))
        return counts[choice, picked], ends[choice, picked]

    def _middle(self, edge: Longs, side: Longs) -> tuple[Longs, Longs]:
        """Both pieces of the triangle that each edge's weight came from."""
        counts, end = self._candidates(edge)
        of = np.repeat(np.arange(len(edge)), counts)
        within = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts)
        leg = self._by_above[self._first_below[end][of] + within]  # middle - end
        other_end = np.where(end == self._below[edge], self._above[edge], self._below[edge])
        key = self._below[leg].astype(np.int64) * self._n + other_end[of]
        other = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)  # middle - other end
        # Going up, the path enters the middle from the edge's lower end; going down, from its higher end.
        from_end = (end == self._below[edge])[of] == (side[of] == UP)
        into, out = np.where(from_end, leg, other), np.where(from_end, other, leg)
        total = self._weights[DOWN, into] + self._weights[UP, out]
        fits = np.flatnonzero((self._keys[other] == key) & (total == self._weights[side, edge][of]))
        _, chosen = np.unique(of[fits], return_index=True)
        hit = fits[chosen]
        return 2 * into[hit] + DOWN, 2 * out[hit] + UP


def climb(
    hierarchy: Hierarchy, keys: Longs, search: Search, column: Longs, node: Ints, side: int
) -> tuple[Steps, Ints]:
    """Edges between places and ancestors of theirs.

    Args:
        hierarchy: the contracted graph.
        keys: its edges' keys.
        search: a tracked search.
        column: (k,) place's column in the search.
        node: (k,) ancestor reached.
        side: UP for paths from places, which come out in order; DOWN for paths to places.

    Returns:
        the pieces, and the (k,) nodes at which the places enter or leave.
    """
    assert search.before is not None
    node = node.copy()
    paths, pieces = [], []
    rounds: list[Longs] = []
    active = np.arange(len(column))
    while len(active):
        before = search.before[hierarchy.depth[node[active]], column[active]]
        active, before = active[before >= 0], before[before >= 0]
        edge = np.searchsorted(keys, before.astype(np.int64) * len(hierarchy.rank) + node[active])
        paths.append(active)
        pieces.append(2 * edge + side)
        rounds.append(np.full(len(active), len(rounds)))
        node[active] = before
    path, piece, turn = (np.concatenate(parts) for parts in (paths, pieces, rounds))
    order = np.lexsort((-turn if side == UP else turn, path))
    return Steps(path[order], piece[order]), node
