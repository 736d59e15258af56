"""Release of surplus, waiting on site, and what is left."""

from __future__ import annotations

import numpy as np

from optimizer.lanes import Lanes
from optimizer.program import Block, Model
from optimizer.scenario import Ints


def supply(m: Model) -> None:
    """Released soil leaves on a lane, waits on site, or is left over.

        Σ_lanes x_sd + w_sd + u_sd − w_s,d−1 = r_sd        day by day from the first date to the last
        Σ_lanes x_sd ≤ daily_max_s                          where given
        0 ≤ w_sd ≤ stock_max_s,   w_s,last = 0

    What one pit digs wet and dry (``twins`` s and s' of a drawn scenario) shares its gate and its heap:

        Σ_lanes x_sd + Σ_lanes x_s'd ≤ daily_max_s          w_sd + w_s'd ≤ stock_max_s

    Columns ``supply.wait`` (t on site after day d) and ``supply.left`` (t that the plan gives up on day d: on the last
    date, or earlier only where ``stock_max`` can force it). Left soil that must move is `unserved`, times priority.

    Dual of ``supply.release``: change of the goal per further tonne released that day.
    Dual of ``supply.daily``: change of the goal per further tonne a day that may leave (≤ 0).
    """
    s = m.scenario.supplies
    days = np.arange(m.scenario.days)
    within = (days >= s.first[:, None]) & (days <= s.last[:, None])
    lot, day = np.nonzero(within)
    release = m.add_rows("supply.release", s.release[lot, day], s.release[lot, day], supply=lot, day=day)
    row = _grid(within.shape, lot, day, release.index)
    m.couple(lambda lanes: (lanes.from_supply, *_by_origin(row, lanes)))

    waits = day < s.last[lot]
    wait = m.add_columns("supply.wait", 0.0, s.stock_max[lot[waits]], supply=lot[waits], day=day[waits])
    m.add(row[wait.keys[0], wait.keys[1]], wait.index, 1.0)
    m.add(row[wait.keys[0], wait.keys[1] + 1], wait.index, -1.0)

    gives_up = ~waits | np.isfinite(s.stock_max[lot])
    left = m.add_columns("supply.left", 0.0, np.inf, supply=lot[gives_up], day=day[gives_up])
    m.add(row[left.keys[0], left.keys[1]], left.index, 1.0)
    m.cost("unserved", left.index, np.where(s.must_move, s.priority, 0.0)[left.keys[0]])

    dry, wet = np.array(m.scenario.twins, dtype=np.int64).reshape(-1, 2).T
    limited = np.isfinite(s.daily_max[lot]) & ~np.isin(lot, wet)
    daily = m.add_rows("supply.daily", -np.inf, s.daily_max[lot[limited]], supply=lot[limited], day=day[limited])
    daily_row = _grid(within.shape, daily.keys[0], daily.keys[1], daily.index)
    daily_row[wet] = daily_row[dry]
    if len(daily):
        m.couple(lambda lanes: (lanes.from_supply, *_by_origin(daily_row, lanes)))
    _shared_heaps(m, wait, dry, wet)


def _shared_heaps(m: Model, wait: Block, dry: Ints, wet: Ints) -> None:
    """Wet and dry soil of one pit lie on one heap at night."""
    s = m.scenario.supplies
    column = _grid((len(s.ids), m.scenario.days), wait.keys[0], wait.keys[1], wait.index)
    pit, day = np.nonzero((column[dry] >= 0) & np.isfinite(s.stock_max[dry])[:, None])
    if len(pit):
        heap = m.add_rows("supply.heap", -np.inf, s.stock_max[dry[pit]], supply=dry[pit], day=day)
        m.add(heap.index, column[dry[pit], day], 1.0)
        m.add(heap.index, column[wet[pit], day], 1.0)


def _grid(shape: tuple[int, ...], i: Ints, j: Ints, values: Ints) -> Ints:
    """A table of row numbers by entity and day; -1 where there is no row."""
    table = np.full(shape, -1, dtype=np.int32)
    table[i, j] = values
    return table


def _by_origin(table: Ints, lanes: Lanes) -> tuple[Ints, float]:
    """Row and coefficient of each lane that leaves a supply; supplies are the first places."""
    return table[lanes.origins[lanes.from_supply], lanes.day[lanes.from_supply]], 1.0
