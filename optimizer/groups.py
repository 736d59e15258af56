"""Ranks within groups, by arrays."""

from __future__ import annotations

import numpy as np

from optimizer.scenario import Floats, Ints


def rank_within(group: Ints, cost: Floats) -> Ints:
    """Position of each within its group by cost, ties in the order given."""
    order = np.lexsort((cost, group))
    sorted_group = group[order]
    first = np.flatnonzero(np.r_[True, sorted_group[1:] != sorted_group[:-1]]) if len(group) else np.zeros(0, int)
    start = np.repeat(first, np.diff(np.r_[first, len(group)]))
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - start
    return rank
