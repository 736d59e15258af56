"""Dual values as a table: what one more tonne, here and on that day, would change.

Sign: the change of the goal (which is minimised) per unit added to the limit. A supply's price is what one more tonne
released costs the district (usually ≥ 0); room, gates, storage and daily rates are ≤ 0, for more of them helps.
"""

from __future__ import annotations

import numpy as np

from optimizer.blocks.street import named_streets
from optimizer.program import Program
from optimizer.scenario import GRADE_NAMES, GRADES, Floats, Scenario
from optimizer.solve import Stage
from optimizer.tables import Table

# row block → side in prices.csv
SIDES = {
    "supply.release": "supply",
    "supply.daily": "supply_daily",
    "demand.room": "demand",
    "demand.required": "demand_required",
    "demand.daily": "demand_daily",
    "blend.min": "blend_min",
    "blend.max": "blend_max",
    "plant.daily": "plant_daily",
    "facility.balance": "stock",
    "facility.storage": "storage",
    "facility.end_stock": "end_stock",
    "facility.stay": "longest_stay",
    "gate.in": "gate_in",
    "gate.out": "gate_out",
    "facility.room": "room",
    "street.share": "street_share",
    "street.most": "street_most",
}
ALWAYS = ("supply.release", "demand.room")  # shown even when zero
ZERO = 1e-9


def price_table(scenario: Scenario, program: Program, stages: tuple[Stage, ...]) -> Table:
    """Prices of the last goal, with one further column per goal of the order; empty when a stage did not end."""
    columns = ("id", "side", "material", "date", "price", *(stage.goal for stage in stages), "grade")
    if any(stage.price is None for stage in stages):
        return Table(columns)
    prices = np.column_stack([stage.price for stage in stages if stage.price is not None])
    rows: list[tuple[object, ...]] = []
    for name, side in SIDES.items():
        if name not in program.rows:  # only where the burden of streets is limited or a goal
            continue
        block = program.rows[name]
        keys = dict(zip(block.dims, block.keys, strict=True))
        values = prices[block.span] * _per_tonne(scenario, name, keys)[:, None]
        shown = np.arange(len(block)) if name in ALWAYS else np.flatnonzero(np.abs(values).max(axis=1) > ZERO)
        ids, materials, grades, dates = _labels(scenario, keys)
        for i in shown:
            cleaned = [0.0 if abs(v) < ZERO else float(v) for v in values[i]]
            rows.append((ids[i], side, materials[i], dates[i], cleaned[-1], *cleaned, grades[i]))
    return Table(columns, rows)


def _per_tonne(scenario: Scenario, block: str, keys: dict[str, np.ndarray]) -> Floats:
    """Own units of a row per tonne: a demand's prices are told per t of its first accepted material."""
    if block not in ("demand.room", "demand.required", "demand.daily"):
        return np.ones(len(next(iter(keys.values()))))
    d, at = scenario.demands, keys["demand"]
    units: Floats = d.units_per_t[at, d.first_material[at]]
    return units


def _labels(scenario: Scenario, keys: dict[str, np.ndarray]) -> tuple[list[str], ...]:
    """Ids, materials, grades and dates of the rows of a block; blank where a row has none."""
    s, d, f = scenario.supplies, scenario.demands, scenario.facilities
    n = len(next(iter(keys.values())))
    streets = named_streets(scenario)[0]
    for dim, ids in (("supply", s.ids), ("demand", d.ids), ("facility", f.ids), ("street", streets)):
        if dim in keys:
            places = [ids[i] for i in keys[dim].tolist()]
    names = scenario.materials.ids
    materials, grades, dates = [""] * n, [""] * n, [""] * n
    commodities = keys.get("commodity", s.commodity[keys["supply"]] if "supply" in keys else None)
    if commodities is not None:
        materials = [names[k // GRADES] for k in commodities.tolist()]
        grades = [GRADE_NAMES[k % GRADES] for k in commodities.tolist()]
    elif "material" in keys:
        materials = [names[m] for m in keys["material"].tolist()]
    elif "demand" in keys:
        materials = [names[m] for m in d.first_material[keys["demand"]].tolist()]
    if "day" in keys:
        dates = [scenario.date(day).isoformat() for day in keys["day"].tolist()]
    return places, materials, grades, dates
