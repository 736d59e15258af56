"""Distance from a reference plan, so that a new plan leaves alone what need not change."""

from __future__ import annotations

import numpy as np

from optimizer.program import Model
from optimizer.reference import reference_tonnes


def changes(m: Model) -> None:
    """`changes`: t moved differently from the reference plan, a tonne sent elsewhere counted once.

        x_l − more_l + less_l = ref_l        changes = ½ Σ (more + less) + ½ Σ ref of lanes that no longer exist

    Lanes of the first `reference_days` days only; `frozen` is the same over the first `frozen_days` alone.
    Only where the scenario names a reference plan. Dual: change of the goal per t that the reference is raised.
    """
    folder = m.scenario.objective.reference
    if folder is None:
        return
    objective, flow = m.scenario.objective, m.columns["flow"]
    covered = m.scenario.days if objective.reference_days is None else objective.reference_days
    reference, lost = reference_tonnes(m.scenario, m.lanes, folder)
    at = np.flatnonzero(flow.keys[1] < covered)
    keys = {"arc": flow.keys[0][at], "day": flow.keys[1][at]}
    rows = m.add_rows("changes.lane", reference[at], reference[at], **keys)
    more = m.add_columns("changes.more", 0.0, np.inf, **keys)
    less = m.add_columns("changes.less", 0.0, np.inf, **keys)
    m.add(rows.index, flow.index[at], 1.0)
    m.add(rows.index, more.index, -1.0)
    m.add(rows.index, less.index, 1.0)
    for goal, days in (("changes", covered), ("frozen", min(objective.frozen_days, covered))):
        counted = keys["day"] < days
        m.cost(goal, np.concatenate([more.index[counted], less.index[counted]]), 0.5)
        m.constant(goal, 0.5 * float(lost[:days].sum()))
