"""Recipes: what a plant makes of what it receives."""

from __future__ import annotations

import numpy as np

from optimizer.lanes import activities
from optimizer.program import Model
from optimizer.scenario import GRADES


def recipes(m: Model) -> None:
    """One activity z per plant, input commodity and open day, in t of input; outputs follow by yield in ``balance``.

        Σ_grades z_f,m,d ≤ daily_max_fm

    Mass not yielded is lost water or metal sold. Recipe cost is part of `cost`.

    Dual of ``plant.daily``: change of the goal per further tonne of that input processed that day (≤ 0).
    """
    facility, commodity = activities(m.scenario)
    reachable = m.lanes.may_hold[facility, commodity]  # an input that can never be there would be made of nothing
    facility, commodity = facility[reachable], commodity[reachable]
    r, is_open = m.scenario.recipes, m.scenario.facilities.open
    activity, day = np.nonzero(is_open[facility]) if len(facility) else (np.zeros(0, int), np.zeros(0, int))
    f, k = facility[activity], commodity[activity]
    columns = m.add_columns("plant.process", 0.0, np.inf, facility=f, commodity=k, day=day)

    inputs = sorted({(int(a), int(b) // GRADES) for a, b in zip(facility, commodity, strict=True)})
    limit, price = {}, {}
    for fm in inputs:
        rows = np.flatnonzero((r.facility == fm[0]) & (r.input == fm[1]))
        limit[fm], price[fm] = float(r.daily_max[rows[0]]), float(r.cost[rows[0]])
    keys = [(*fm, d) for fm in inputs if np.isfinite(limit[fm]) for d in np.flatnonzero(is_open[fm[0]])]
    table = np.array(keys, dtype=np.int32).reshape(-1, 3)
    daily = m.add_rows(
        "plant.daily",
        -np.inf,
        [limit[int(a), int(b)] for a, b, _ in table],
        facility=table[:, 0],
        material=table[:, 1],
        day=table[:, 2],
    )
    row_of = {tuple(key): int(row) for key, row in zip(table.tolist(), daily.index, strict=True)}
    own_rows = [row_of.get((int(a), int(b) // GRADES, int(c)), -1) for a, b, c in zip(f, k, day, strict=True)]
    m.add(own_rows, columns.index, 1.0)
    m.cost("cost", columns.index, [price[int(a), int(b) // GRADES] for a, b in zip(f, k, strict=True)])
