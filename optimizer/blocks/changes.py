"""Distance from a reference plan, so that a new plan leaves alone what need not change."""

from __future__ import annotations

import numpy as np

from optimizer.program import Model
from optimizer.reference import reference_tonnes


def changes(m: Model) -> None:
    """`changes`: t moved differently from the reference plan, a tonne sent elsewhere counted once.

        x_l − more_l + less_l = ref_l        changes = ½ Σ (more + less) + ½ Σ ref of lanes that no longer exist

    `frozen` is the same over the first `frozen_days` days alone. Only where the scenario names a reference plan.
    Dual: change of the goal per t that the reference is raised.
    """
    folder = m.scenario.objective.reference
    if folder is None:
        return
    reference, lost = reference_tonnes(m.scenario, m.lanes, folder)
    flow = m.columns["flow"]
    rows = m.add_rows("changes.lane", reference, reference, arc=flow.keys[0], day=flow.keys[1])
    more = m.add_columns("changes.more", 0.0, np.inf, arc=flow.keys[0], day=flow.keys[1])
    less = m.add_columns("changes.less", 0.0, np.inf, arc=flow.keys[0], day=flow.keys[1])
    m.add(rows.index, flow.index, 1.0)
    m.add(rows.index, more.index, -1.0)
    m.add(rows.index, less.index, 1.0)
    m.cost("changes", np.concatenate([more.index, less.index]), 0.5)
    m.constant("changes", 0.5 * float(lost.sum()))
    frozen = np.flatnonzero(flow.keys[1] < m.scenario.objective.frozen_days)
    m.cost("frozen", np.concatenate([more.index[frozen], less.index[frozen]]), 0.5)
    m.constant("frozen", 0.5 * float(lost[: m.scenario.objective.frozen_days].sum()))
