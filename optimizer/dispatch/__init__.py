"""From a plan's flows to truck schedules that can be driven.

Data flows one way: ``network`` (legs and depots), ``loads`` (whole truckloads), ``days`` (a day's arrays, ``state``),
``bound`` (what no schedule can beat; ``joined``, and ``routes_bound`` with ``cheapest``), ``solve`` (``clock`` and
``search``, compiled; ``parts`` of large days), ``tables``, ``helps`` (what more would be worth).
``optimizer.check.trips`` is the second reading and shares nothing of it but the inputs.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.dispatch.days import MIDNIGHT, build_gates, build_problem
from optimizer.dispatch.figures import day_figures, summarise
from optimizer.dispatch.helps import what_would_help
from optimizer.dispatch.loads import cut_loads, read_flows
from optimizer.dispatch.network import build_network
from optimizer.dispatch.slack import SLACK, schedule_with_slack
from optimizer.dispatch.solve import Budget, DaySchedule
from optimizer.dispatch.tables import Week, week_tables
from optimizer.distances import Distances
from optimizer.progress import Progress
from optimizer.scenario import Scenario
from optimizer.tables import Table

__all__ = ["SLACK", "Budget", "Dispatch", "dispatch_scenario"]


@dataclass(frozen=True)
class Dispatch:
    """Schedules of a whole horizon: the summary that becomes ``dispatch.json``, and the tables."""

    summary: dict[str, Any]
    tables: dict[str, Table]


def dispatch_scenario(
    scenario: Scenario,
    distances: Distances,
    flows: Table,
    budget: Budget,
    progress: Progress,
    slack: int = 0,
) -> Dispatch:
    """Schedules the trucks for a plan's flows, day by day.

    Args:
        scenario: the scenario, with trucks.
        distances: its distances.
        flows: the plan's ``flows.csv``.
        budget: when to stop.
        progress: told how far long work is.
        slack: minutes to spare after every load, on days on which no load is left by it.

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
            days.append(schedule_with_slack(problem, taken, budget, share, slack))
            taken = _tomorrow(days[-1].routes.taken, (dates[i + 1] - day) if i + 1 < len(dates) else 1)
    week = Week(scenario, network, gates, lanes, loads, days)
    with progress.phase("tables"):
        tables = week_tables(week)
        tables["helps"] = what_would_help(week)
    return Dispatch(summarise(scenario, tables, [day_figures(week, day) for day in days], budget, progress), tables)


def _tomorrow(taken: Any, days: int) -> Any:
    """Bays that trucks of a night shift still take ``days`` later."""
    later = np.zeros_like(taken)
    over = taken[:, days * MIDNIGHT :]
    later[:, : over.shape[1]] = over
    return later
