"""From a plan's flows to truck schedules that can be driven.

Data flows one way: ``network`` (legs and depots), ``loads`` (whole truckloads), ``days`` (a day's arrays, ``state``),
``bound`` (what no schedule can beat), ``solve`` (``clock`` and ``search``, compiled), ``tables``, ``helps`` (what more
would be worth). ``optimizer.check.trips`` is the second reading and shares nothing of it but the inputs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.dispatch.days import MIDNIGHT, build_gates, build_problem
from optimizer.dispatch.helps import what_would_help
from optimizer.dispatch.loads import cut_loads, read_flows
from optimizer.dispatch.network import build_network
from optimizer.dispatch.solve import Budget, DaySchedule, schedule_day
from optimizer.dispatch.state import SIZE
from optimizer.dispatch.tables import Week, by_carrier, total, week_tables
from optimizer.distances import Distances
from optimizer.progress import Progress
from optimizer.scenario import Scenario
from optimizer.tables import Table

__all__ = ["Budget", "Dispatch", "dispatch_scenario"]


@dataclass(frozen=True)
class Dispatch:
    """Schedules of a whole horizon: the summary that becomes ``dispatch.json``, and the tables."""

    summary: dict[str, Any]
    tables: dict[str, Table]


def dispatch_scenario(
    scenario: Scenario, distances: Distances, flows: Table, budget: Budget, progress: Progress
) -> Dispatch:
    """Schedules the trucks for a plan's flows, day by day.

    Args:
        scenario: the scenario, with trucks.
        distances: its distances.
        flows: the plan's ``flows.csv``.
        budget: when to stop.
        progress: told how far long work is.

    Raises:
        InputError: no trucks, depots nobody can place, materials no truck may carry, lanes no truck can reach.
    """
    with progress.phase("loads"):
        network = build_network(scenario, distances)
        lanes = read_flows(scenario, flows)
        loads = cut_loads(scenario, network, lanes)
        gates = build_gates(scenario)
    until = None if budget.seconds is None else time.perf_counter() + budget.seconds
    taken = np.zeros(gates.begin.shape, dtype=np.int64)
    days: list[DaySchedule] = []
    with progress.phase("dispatch"):
        dates = sorted({load.day for load in loads})
        for i, day in enumerate(dates):
            progress.step(i, len(dates), "days")
            today = [load for load in loads if load.day == day]
            problem = build_problem(scenario, network, gates, lanes, day, today)
            share = None if until is None else time.perf_counter() + (until - time.perf_counter()) / (len(dates) - i)
            days.append(schedule_day(problem, taken, budget, share))
            taken = _tomorrow(days[-1].routes.taken, (dates[i + 1] - day) if i + 1 < len(dates) else 1)
    week = Week(scenario, network, gates, lanes, loads, days)
    with progress.phase("tables"):
        tables = week_tables(week)
        tables["helps"] = what_would_help(week)
    return Dispatch(_summary(week, tables, budget, progress), tables)


def _tomorrow(taken: Any, days: int) -> Any:
    """Bays that trucks of a night shift still take ``days`` later."""
    later = np.zeros_like(taken)
    over = taken[:, days * MIDNIGHT :]
    later[:, : over.shape[1]] = over
    return later


def _summary(week: Week, tables: dict[str, Table], budget: Budget, progress: Progress) -> dict[str, Any]:
    trips, trucks = tables["trips"], tables["trucks"]
    loaded, empty = total(trips, "km_loaded"), total(trucks, "km_empty")
    bound = sum(schedule.bound.empty_km for schedule in week.days)
    limited = any(schedule.termination == "time_limit" for schedule in week.days)
    return {
        "name": week.scenario.name,
        "termination": "time_limit" if limited else "rounds",
        "seed": budget.seed,
        "rounds": [schedule.rounds for schedule in week.days],
        "violations": {
            "unserved_loads": sum(len(schedule.undone) for schedule in week.days),
            "unserved_t": total(tables["undone"], "t"),
        },
        "goals": [
            {"name": "empty_km", "unit": "km", "value": empty, "bound": bound,
             "gap_of_empty_km": _gap(empty, bound), "gap_of_all_km": _gap(loaded + empty, loaded + bound)},
        ],
        "kpis": {
            "loads": len(trips),
            "t": total(trips, "t"),
            "km_loaded": loaded,
            "km_empty": empty,
            "empties_share": empty / (loaded + empty) if loaded + empty else None,
            "truck_days": len(trucks),
            "duty_h": total(trucks, "duty_h"),
            "driving_h": total(trucks, "driving_h"),
            "fuel_l": total(trucks, "fuel_l"),
            "fuel_empty_l": total(trucks, "fuel_empty_l"),
            "co2_kg": total(trucks, "co2_kg"),
            "co2_empty_kg": total(trucks, "co2_empty_kg"),
            "cost": total(trucks, "cost"),
        },
        "carriers": by_carrier(trucks),
        "days": [_day(week, schedule) for schedule in week.days],
        "seconds": progress.seconds,
    }  # fmt: skip


def _day(week: Week, schedule: DaySchedule) -> dict[str, Any]:
    return {
        "date": week.scenario.date(schedule.problem.date).isoformat(),
        "loads": len(schedule.problem.loads),
        "unserved_loads": len(schedule.undone),
        "empty_km": schedule.empty_km,
        "empty_km_bound": schedule.bound.empty_km,
        "empty_km_first_schedule": schedule.first_km,
        "trucks": int((schedule.routes.trucks[:, SIZE] > 0).sum()),
        "trucks_bound": schedule.bound.trucks,
        "rounds": schedule.rounds,
    }


def _gap(value: float, bound: float) -> float:
    return (value - bound) / max(1.0, value)
