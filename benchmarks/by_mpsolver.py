"""The week's program by OR-Tools' MPSolver, as a careful user writes it: rows first, then one loop over the columns.

Written from DESIGN.md and docs/maths.md over the plain figures of the scenario; it shares no rule, lane or matrix with
``optimizer``. Names are left empty because making them costs time, and each lane sets its own coefficients because
that needs no lists in between; both make this peer faster than the textbook loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Any

from ortools.linear_solver import pywraplp  # type: ignore[attr-defined]

from benchmarks.goods import Goods, goods
from benchmarks.measure import DisagreementError
from optimizer.distances import Distances
from optimizer.scenario import Scenario

Key = tuple[int, ...]


@dataclass
class _Rows:
    """Rows of the program by what they are about."""

    release: dict[Key, Any] = field(default_factory=dict)  # supply, day
    supply_daily: dict[Key, Any] = field(default_factory=dict)  # supply, day
    room: dict[int, Any] = field(default_factory=dict)  # demand
    required: dict[int, Any] = field(default_factory=dict)  # demand
    demand_daily: dict[Key, Any] = field(default_factory=dict)  # demand, day
    blends: dict[int, list[tuple[Any, int, float]]] = field(default_factory=dict)  # demand → row, material, share
    balance: dict[Key, Any] = field(default_factory=dict)  # facility, commodity, day
    gate_in: dict[Key, Any] = field(default_factory=dict)  # facility, day
    gate_out: dict[Key, Any] = field(default_factory=dict)  # facility, day
    facility_room: dict[int, Any] = field(default_factory=dict)  # facility


def build(scenario: Scenario, distances: Distances, weights: Mapping[str, float]) -> pywraplp.Solver:
    """The whole program with the weighted goals as its objective (minimised)."""
    solver = pywraplp.Solver.CreateSolver("GLOP")
    objective = solver.Objective()
    objective.SetMinimization()
    known = goods(scenario)
    rows = _Rows()
    _supplies(solver, objective, scenario, rows, weights["unserved"])
    _demands(solver, objective, scenario, rows, weights["unserved"])
    _facilities(solver, objective, scenario, known, rows, weights["unserved"])
    _lanes(solver, objective, scenario, distances, known, rows, weights)
    return solver


def solve(solver: pywraplp.Solver) -> float:
    """Optimum of the objective.

    Raises:
        DisagreementError: GLOP finds no optimum.
    """
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        raise DisagreementError("the MPSolver loop has no optimum")
    return float(solver.Objective().Value())


def _supplies(solver: Any, objective: Any, scenario: Scenario, rows: _Rows, unserved: float) -> None:
    s = scenario.supplies
    release, daily_max, stock_max = s.release.tolist(), s.daily_max.tolist(), s.stock_max.tolist()
    first, last = s.first.tolist(), s.last.tolist()
    penalty = [unserved * p if must else 0.0 for p, must in zip(s.priority.tolist(), s.must_move.tolist(), strict=True)]
    for lot in range(len(s.ids)):
        waiting = None
        for day in range(first[lot], last[lot] + 1):
            row = rows.release[lot, day] = solver.Constraint(release[lot][day], release[lot][day])
            if waiting is not None:
                row.SetCoefficient(waiting, -1.0)
            if day < last[lot]:
                waiting = solver.NumVar(0.0, stock_max[lot], "")
                row.SetCoefficient(waiting, 1.0)
            if day == last[lot] or isfinite(stock_max[lot]):
                left = solver.NumVar(0.0, inf, "")
                row.SetCoefficient(left, 1.0)
                objective.SetCoefficient(left, penalty[lot])
            if isfinite(daily_max[lot]):
                rows.supply_daily[lot, day] = solver.Constraint(-inf, daily_max[lot])


def _demands(solver: Any, objective: Any, scenario: Scenario, rows: _Rows, unserved: float) -> None:
    d = scenario.demands
    quantity, required, daily_max = d.quantity.tolist(), d.required.tolist(), d.daily_max.tolist()
    for need in range(len(d.ids)):
        rows.room[need] = solver.Constraint(-inf, quantity[need])
        if required[need] > 0:
            row = rows.required[need] = solver.Constraint(required[need], inf)
            short = solver.NumVar(0.0, required[need], "")
            row.SetCoefficient(short, 1.0)
            per_t = float(d.units_per_t[need, d.first_material[need]])
            objective.SetCoefficient(short, unserved * float(d.priority[need]) / per_t)
        if isfinite(daily_max[need]):
            for day in range(int(d.first[need]), int(d.last[need]) + 1):
                rows.demand_daily[need, day] = solver.Constraint(-inf, daily_max[need])
    m = scenario.mixes
    for need, material, low, high in zip(
        m.demand.tolist(), m.material.tolist(), m.min_share.tolist(), m.max_share.tolist(), strict=True
    ):
        shares = rows.blends.setdefault(need, [])
        if low > 0:
            shares.append((solver.Constraint(0.0, inf), material, low))
        if high < 1:
            shares.append((solver.Constraint(-inf, 0.0), material, high))


def _facilities(solver: Any, objective: Any, scenario: Scenario, known: Goods, rows: _Rows, unserved: float) -> None:
    f = scenario.facilities
    days = range(scenario.days)
    is_open, storage = f.open.tolist(), f.storage.tolist()
    daily_in, daily_out = f.daily_in.tolist(), f.daily_out.tolist()
    opening = {
        (place, commodity): t
        for place, commodity, t in zip(
            scenario.stocks.facility.tolist(),
            scenario.stocks.commodity.tolist(),
            scenario.stocks.t.tolist(),
            strict=True,
        )
    }
    for place, kind in enumerate(f.kind):
        for day in days:
            if is_open[place][day] and isfinite(daily_in[place][day]):
                rows.gate_in[place, day] = solver.Constraint(-inf, daily_in[place][day])
            if is_open[place][day] and isfinite(daily_out[place][day]):
                rows.gate_out[place, day] = solver.Constraint(-inf, daily_out[place][day])
        if kind in ("disposal", "offsite", "quarry"):
            if isfinite(storage[place]):
                rows.facility_room[place] = solver.Constraint(-inf, storage[place])
            continue
        held = sorted(known.held[place])
        nights = [solver.Constraint(-inf, storage[place]) for _ in days] if held and storage[place] > 0 else []
        end_max = float(f.end_stock_max[place])
        end = solver.Constraint(-inf, end_max) if nights and isfinite(end_max) else None
        for commodity in held:
            before = None
            for day in days:
                t = opening.get((place, commodity), 0.0) if day == 0 else 0.0
                row = rows.balance[place, commodity, day] = solver.Constraint(t, t)
                if before is not None:
                    row.SetCoefficient(before, -1.0)
                if nights:
                    before = solver.NumVar(0.0, inf, "")
                    row.SetCoefficient(before, 1.0)
                    nights[day].SetCoefficient(before, 1.0)
            if end is not None:
                end.SetCoefficient(before, 1.0)
            if isfinite(end_max) and (place, commodity) in opening:
                stuck = solver.NumVar(0.0, opening[place, commodity], "")
                objective.SetCoefficient(stuck, unserved)
                if end is not None:
                    end.SetCoefficient(stuck, -1.0)
    limits: dict[Key, Any] = {}
    for recipe in known.recipes:
        for day in days:
            if not is_open[recipe.plant][day]:
                continue
            process = solver.NumVar(0.0, inf, "")
            rows.balance[recipe.plant, recipe.takes, day].SetCoefficient(process, 1.0)
            for made, rate in recipe.makes.items():
                rows.balance[recipe.plant, made, day].SetCoefficient(process, -rate)
            if isfinite(recipe.daily_max):
                key = (recipe.plant, recipe.material, day)
                if key not in limits:
                    limits[key] = solver.Constraint(-inf, recipe.daily_max)
                limits[key].SetCoefficient(process, 1.0)


def _lanes(
    solver: Any,
    objective: Any,
    scenario: Scenario,
    distances: Distances,
    known: Goods,
    rows: _Rows,
    weights: Mapping[str, float],
) -> None:
    km, units = distances.km.tolist(), scenario.demands.units_per_t.tolist()
    n_supplies, n_demands = len(scenario.supplies.ids), len(scenario.demands.ids)
    entering = {"yard": weights["transfer"], "offsite": weights["offsite"]}
    max_km, haul = scenario.roads.max_km, weights["haul"]
    for commodity, senders in known.senders.items():
        material = known.material[commodity]
        for origin in senders:
            allowed = known.receivers[known.kind[origin]]
            lot = origin if origin < n_supplies else -1
            source = origin - n_supplies - n_demands
            for destination in known.takers.get(commodity, ()):
                kind = known.kind[destination]
                distance = km[origin][destination]
                if kind not in allowed or not distance <= max_km:  # no road is nan
                    continue
                need = destination - n_supplies if kind == "demand" else -1
                target = destination - n_supplies - n_demands
                cost = haul * distance + entering.get(kind, 0.0)
                per_t = units[need][material] if need >= 0 else 0.0
                for day in known.open_days[origin]:
                    if day not in known.open_days[destination]:
                        continue
                    x = solver.NumVar(0.0, inf, "")
                    objective.SetCoefficient(x, cost)
                    if lot >= 0:
                        rows.release[lot, day].SetCoefficient(x, 1.0)
                        if (lot, day) in rows.supply_daily:
                            rows.supply_daily[lot, day].SetCoefficient(x, 1.0)
                    else:
                        _leave(rows, source, commodity, day, x)
                    if need >= 0:
                        _fill(rows, need, material, day, x, per_t)
                    else:
                        _enter(rows, target, commodity, day, x)


def _leave(rows: _Rows, place: int, commodity: int, day: int, x: Any) -> None:
    if (place, commodity, day) in rows.balance:
        rows.balance[place, commodity, day].SetCoefficient(x, 1.0)
    if (place, day) in rows.gate_out:
        rows.gate_out[place, day].SetCoefficient(x, 1.0)
    if place in rows.facility_room:
        rows.facility_room[place].SetCoefficient(x, 1.0)


def _enter(rows: _Rows, place: int, commodity: int, day: int, x: Any) -> None:
    if (place, commodity, day) in rows.balance:
        rows.balance[place, commodity, day].SetCoefficient(x, -1.0)
    if (place, day) in rows.gate_in:
        rows.gate_in[place, day].SetCoefficient(x, 1.0)
    if place in rows.facility_room:
        rows.facility_room[place].SetCoefficient(x, 1.0)


def _fill(rows: _Rows, need: int, material: int, day: int, x: Any, per_t: float) -> None:
    rows.room[need].SetCoefficient(x, per_t)
    if need in rows.required:
        rows.required[need].SetCoefficient(x, per_t)
    if (need, day) in rows.demand_daily:
        rows.demand_daily[need, day].SetCoefficient(x, per_t)
    for row, of, share in rows.blends.get(need, ()):
        row.SetCoefficient(x, (1.0 if of == material else 0.0) - share)
