"""Need for fill: room, required part, daily rate, and the blend it may be made of."""

from __future__ import annotations

import numpy as np

from optimizer.lanes import Lanes
from optimizer.program import Coupling, Model
from optimizer.scenario import GRADES, Floats, Ints


def demand(m: Model) -> None:
    """A demand fills up in its own unit; a t of material counts a_im units (1 for t, 1/density for m³).

        Σ a_im x ≤ quantity_i                      Σ_day a_im x ≤ daily_max_i
        Σ a_im x + short_i ≥ required_i            short_i ≤ required_i

    Column ``demand.short`` is in own units; `unserved` counts it in t of the first accepted material, times priority.

    Dual of ``demand.room`` and ``demand.daily``: change of the goal per further own unit (≤ 0).
    Dual of ``demand.required``: change of the goal per further own unit required (≥ 0).
    """
    d = m.scenario.demands
    n = len(d.ids)
    every = np.arange(n, dtype=np.int32)
    room = m.add_rows("demand.room", -np.inf, d.quantity, demand=every)
    m.couple(_into(m, room.index))

    asks = np.flatnonzero(d.required > 0).astype(np.int32)
    required = m.add_rows("demand.required", d.required[asks], np.inf, demand=asks)
    row = np.full(n, -1, dtype=np.int32)
    row[asks] = required.index
    m.couple(_into(m, row))
    short = m.add_columns("demand.short", 0.0, d.required[asks], demand=asks)
    m.add(required.index, short.index, 1.0)
    m.cost("unserved", short.index, d.priority[asks] / d.units_per_t[asks, d.first_material[asks]])

    days = np.arange(m.scenario.days)
    open_day = (days >= d.first[:, None]) & (days <= d.last[:, None]) & np.isfinite(d.daily_max)[:, None]
    i, day = np.nonzero(open_day)
    daily = m.add_rows("demand.daily", -np.inf, d.daily_max[i], demand=i, day=day)
    table = np.full(open_day.shape, -1, dtype=np.int32)
    table[i, day] = daily.index
    if len(daily):
        m.couple(_into(m, table))


def blend(m: Model) -> None:
    """Share limits by mass over all that the demand receives in the horizon and has received before.

        Σ_material x − min_share Σ x ≥ min(0, min_share B − b)
        Σ_material x − max_share Σ x ≤ max(0, max_share B − b)

    b is what had come of the material, B of everything. Where they broke the limit, what comes keeps it by itself.
    Dual of ``blend.min`` and ``blend.max``: change of the goal per t by which the limit is loosened the wrong way
    round, that is, per t added to the right-hand side (≥ 0 for min, ≤ 0 for max).
    """
    mixes = m.scenario.mixes
    least = np.minimum(0.0, mixes.min_share * mixes.before_all - mixes.before)
    most = np.maximum(0.0, mixes.max_share * mixes.before_all - mixes.before)
    low, high = np.flatnonzero(mixes.min_share > 0), np.flatnonzero(mixes.max_share < 1)
    for name, share, rows, bounds in (
        ("blend.min", mixes.min_share, low, (least[low], np.inf)),
        ("blend.max", mixes.max_share, high, (-np.inf, most[high])),
    ):
        block = m.add_rows(name, *bounds, demand=mixes.demand[rows], material=mixes.material[rows])
        for row, mix in zip(block.index, rows, strict=True):
            m.couple(_share(m, int(row), int(mixes.demand[mix]), int(mixes.material[mix]), float(share[mix])))


def _into(m: Model, table: Ints) -> Coupling:
    """Coupling of lanes into demands: rows by demand, or by demand and day; coefficient in own units per t."""
    first, units = m.scenario.first_demand, m.scenario.demands.units_per_t

    def coupling(lanes: Lanes) -> tuple[Ints, Ints, Floats]:
        inside = lanes.into_demand
        at = lanes.destinations[inside] - first
        row = table[at, lanes.day[inside]] if table.ndim == 2 else table[at]
        return inside, row, units[at, lanes.commodities[inside] // GRADES]

    return coupling


def _share(m: Model, row: int, demand_index: int, material: int, share: float) -> Coupling:
    place = m.scenario.first_demand + demand_index

    def coupling(lanes: Lanes) -> tuple[Ints, Ints, Floats]:
        inside = np.flatnonzero(lanes.destinations == place)
        same = lanes.commodities[inside] // GRADES == material
        return inside, np.full(len(inside), row), np.where(same, 1.0, 0.0) - share

    return coupling
