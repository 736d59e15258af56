"""Empty running between loads: whoever tips goes on to where something is loaded, day by day."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.sparse import coo_array

from optimizer.lanes import Lanes
from optimizer.program import Model
from optimizer.scenario import Floats, Ints


def empties(m: Model) -> None:
    """`empties`: least t·km of room that drives empty from where it was tipped to where it is loaded next, each day.

        Σ_q e_pqd + a_pd = Σ_in x_pd        Σ_p e_pqd + b_qd = Σ_out x_qd        empties = Σ km_pq e + far · ½ Σ (a + b)

    Columns ``empty.leg`` e, and ``empty.astray`` a and b, room that finds no way on: a and b of a day are equal in sum,
    and each pair counts as the longest of all ways. Depots are left out: where a truck begins is not the plan's to say.
    Trucks of all sizes drive the same km per t of room; dispatch has the whole loads.

    Dual of ``empty.leave`` and ``empty.arrive``: change of the goal per further tonne tipped or loaded there that day.
    """
    km = m.lanes.empty_km
    if km is None:
        return
    tips, loads = np.unique(m.lanes.destination), np.unique(m.lanes.origin)
    days, places = m.scenario.days, len(m.lanes.kind)
    ends = []
    for name, at, side in (("empty.leave", tips, "destinations"), ("empty.arrive", loads, "origins")):
        rows = m.add_rows(name, 0.0, 0.0, place=np.repeat(at, days), day=np.tile(np.arange(days), len(at)))
        table = np.full((places, days), -1, dtype=np.int32)
        table[rows.keys] = rows.index
        m.couple(partial(_ends, table, side))
        astray = m.add_columns(f"{name}.astray", 0.0, np.inf, place=rows.keys[0], day=rows.keys[1])
        m.add(rows.index, astray.index, 1.0)
        m.cost("empties", astray.index, farthest(km) / 2)
        ends.append(table)
    i, j = np.nonzero(~np.isnan(km[np.ix_(tips, loads)]))
    tail, head = np.repeat(tips[i], days), np.repeat(loads[j], days)
    day = np.tile(np.arange(days), len(i))
    legs = m.add_columns("empty.leg", 0.0, np.inf, place=tail, next_place=head, day=day)
    m.add(ends[0][tail, day], legs.index, 1.0)
    m.add(ends[1][head, day], legs.index, 1.0)
    m.cost("empties", legs.index, km[tail, head])


def farthest(km: Floats) -> float:
    """The longest way there is."""
    return float(np.nanmax(km, initial=0.0))


def _ends(table: Ints, side: str, lanes: Lanes) -> tuple[Ints, Ints, float]:
    at: Ints = getattr(lanes, side)
    return np.arange(len(lanes), dtype=np.int32), table[at, lanes.day], -1.0


def least_empties(km: Floats, day: Ints, origin: Ints, destination: Ints, t: Floats) -> float:
    """The goal's value for given flows: a transportation problem for each day."""
    return sum(_of_day(km, origin[day == d], destination[day == d], t[day == d]) for d in np.unique(day))


def _of_day(km: Floats, origin: Ints, destination: Ints, t: Floats) -> float:
    from scipy.optimize import linprog  # 0.3 s, and few plans ask for it

    tips, come = np.unique(destination, return_inverse=True)
    loads, go = np.unique(origin, return_inverse=True)
    legs = km[np.ix_(tips, loads)]
    cost = np.where(np.isnan(legs), farthest(km), legs).ravel()
    i, j = np.divmod(np.arange(len(cost)), len(loads))
    shape = (len(tips) + len(loads), len(cost))
    sides = coo_array((np.ones(2 * len(cost)), (np.concatenate([i, len(tips) + j]), np.tile(np.arange(len(cost)), 2))),
                      shape=shape)  # fmt: skip
    wanted = np.concatenate([np.bincount(come, t), np.bincount(go, t)])
    return float(linprog(cost, A_eq=sides.tocsr(), b_eq=wanted, method="highs-ds").fun)
