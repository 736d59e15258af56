"""What dispatch has found that a gate or the fleet cannot do: limits that only a plan made for it knows."""

from __future__ import annotations

from functools import partial

import numpy as np

from optimizer.lanes import Lanes
from optimizer.program import Model
from optimizer.scenario import GRADES, Floats, Ints


def cuts(m: Model) -> None:
    """A day's t at a gate, and a day's minutes of all trucks, where loads were left for want of them.

        Σ_out x ≤ t_pd   or   Σ_in x ≤ t_pd,        Σ_lanes minutes_per_t · x ≤ minutes_d

    Dual: change of the goal per further tonne through the gate, or minute of a truck, that day (≤ 0).
    """
    s, known = m.scenario, m.scenario.cuts
    for name, inbound in (("cut.out", False), ("cut.in", True)):
        chosen = known.inbound == inbound
        if chosen.any():
            rows = m.add_rows(name, -np.inf, known.t[chosen], place=known.place[chosen], day=known.day[chosen])
            table = np.full((len(s.place_ids), s.days), -1, dtype=np.int32)
            table[rows.keys[0], rows.keys[1]] = rows.index
            m.couple(partial(_at, table, inbound))
    if known.fleet:
        days = np.array(sorted(known.fleet), dtype=np.int32)
        rows = m.add_rows("cut.fleet", -np.inf, np.array([known.fleet[d] for d in days.tolist()]), day=days)
        of_day = np.full(s.days, -1, dtype=np.int32)
        of_day[days] = rows.index
        m.couple(lambda lanes: (_all(lanes), of_day[lanes.day], _minutes(m, lanes)))


def _at(table: Ints, inbound: bool, lanes: Lanes) -> tuple[Ints, Ints, float]:
    places = lanes.destinations if inbound else lanes.origins
    return _all(lanes), table[places, lanes.day], 1.0


def _all(lanes: Lanes) -> Ints:
    return np.arange(len(lanes), dtype=np.int32)


def _minutes(m: Model, lanes: Lanes) -> Floats:
    table = m.scenario.cuts.minutes_per_t
    assert table is not None
    found: Floats = table[lanes.origins, lanes.destinations, lanes.commodities // GRADES]
    return found
