"""Loads that no truck could take go back to the plan as limits of gates and of the fleet, and both are made again."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from optimizer.dispatch.loads import capacity
from optimizer.dispatch.network import Network, build_network
from optimizer.distances import Distances
from optimizer.planner import Options, Planning, plan_scenario
from optimizer.progress import Progress
from optimizer.scenario import Cuts, Floats, Scenario
from optimizer.tables import Table, format_cell

SLACK = 1e-6  # t and minutes: a limit is not missed by rounding


@dataclass
class Limits:
    """Limits found so far: t by (place, load | tip, day), minutes of all trucks by day."""

    gates: dict[tuple[str, str, int], float] = field(default_factory=dict)
    fleet: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Round:
    """One plan and its schedules; ``planning`` is None for the plan that was there."""

    planning: Planning | None
    flows: Table
    tables: dict[str, Table]
    summary: dict[str, Any]
    unserved_t: float  # by plan and dispatch together


Dispatcher = Callable[[Table], tuple[dict[str, Table], dict[str, Any]]]


def with_feedback(
    scenario: Scenario,
    distances: Distances,
    first: Round,
    dispatch: Dispatcher,
    rounds: int,
    progress: Progress,
) -> tuple[Round, list[dict[str, Any]]]:
    """Plans and dispatches again while loads are left, at most ``rounds`` times.

    Args:
        scenario: what was planned.
        distances: its distances.
        first: the plan that was there, dispatched.
        dispatch: schedules of flows.
        rounds: how often.
        progress: told how far it is.

    Returns:
        The round that leaves least, the first of equal ones; and what each round was told and changed.
    """
    limits, per_t = Limits(), minutes_per_t(scenario, build_network(scenario, distances))
    best, last, told = first, first, []
    for number in range(1, rounds + 1):
        if not len(last.tables["undone"]):
            break
        new = tighten(scenario, per_t, limits, last.tables)
        if not new:
            break
        planning = plan_scenario(
            replace(scenario, cuts=as_cuts(scenario, per_t, limits)), Options(), progress, distances=distances
        )
        flows = as_written(planning.plan.tables["flows"])
        tables, summary = dispatch(flows)
        unserved = float(planning.plan.summary["kpis"]["unserved_t"]) + summary["violations"]["unserved_t"]
        last = Round(planning, flows, tables, summary, unserved)
        better = unserved < best.unserved_t - SLACK
        told.append({
            "round": number,
            "limits": new,
            "moved_t": moved(first.flows, flows),
            "unserved_by_plan_t": float(planning.plan.summary["kpis"]["unserved_t"]),
            "unserved_loads": summary["violations"]["unserved_loads"],
            "unserved_t": unserved,
            "before_t": best.unserved_t,
            "goals": {goal["name"]: goal["value"] for goal in planning.plan.summary["goals"]},
            "better": better,
        })  # fmt: skip
        best = last if better else best
    return best, told


def tighten(scenario: Scenario, per_t: Floats, limits: Limits, tables: dict[str, Table]) -> list[dict[str, Any]]:
    """Limits of the days on which loads were left: what was done there, where one more truck or hour would have helped.

    Where neither would, the fleet is the limit. Returns those that are new or lower than before.
    """
    done: dict[tuple[str, str, int], float] = defaultdict(float)
    busy: dict[int, float] = defaultdict(float)
    places, materials = {name: i for i, name in enumerate(scenario.place_ids)}, scenario.materials.index
    for row in tables["trips"].records():
        day, t = _day(scenario, row["date"]), float(row["t"])
        done[row["from"], "load", day] += t
        done[row["to"], "tip", day] += t
        busy[day] += t * per_t[places[row["from"]], places[row["to"]], materials[row["material"]]]
    helps: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in tables["helps"].records():
        helps[row["date"]].append(row)
    found: list[dict[str, Any]] = []
    for date in sorted(set(tables["undone"].column("date"))):
        day = _day(scenario, date)
        for row in helps[date]:
            if row["kind"] != "truck":
                gate = (row["id"], row["kind"], day)
                if done[gate] < limits.gates.get(gate, np.inf) - SLACK:
                    limits.gates[gate] = done[gate]
                    found.append(
                        {"date": date, "place": row["id"], "what": row["kind"], "most": done[gate], "unit": "t"}
                    )
        trucks = not helps[date] or any(row["kind"] == "truck" for row in helps[date])
        if trucks and busy[day] < limits.fleet.get(day, np.inf) - SLACK:
            limits.fleet[day] = busy[day]
            found.append({"date": date, "place": "", "what": "fleet", "most": busy[day], "unit": "truck minutes"})
    return found


def as_cuts(scenario: Scenario, per_t: Floats, limits: Limits) -> Cuts:
    """The limits in the scenario's numbers."""
    places = {name: i for i, name in enumerate(scenario.place_ids)}
    keys = sorted(limits.gates)
    return Cuts(
        place=np.array([places[place] for place, _, _ in keys], dtype=np.int32),
        day=np.array([day for _, _, day in keys], dtype=np.int32),
        inbound=np.array([what == "tip" for _, what, _ in keys], dtype=bool),
        t=np.array([limits.gates[key] + SLACK for key in keys]),
        fleet={day: minutes + SLACK for day, minutes in limits.fleet.items()},
        minutes_per_t=per_t if limits.fleet else None,
    )


def minutes_per_t(scenario: Scenario, network: Network) -> Floats:
    """(P, P, M) truck minutes that a t takes: loading, the way there and back, and tipping, by the largest truck."""
    n, driving = len(scenario.place_ids), scenario.driving
    holds = np.array([max((capacity(scenario, k, m) for k in range(len(scenario.trucks.ids))), default=0.0)
                      for m in range(len(scenario.materials.ids))])  # fmt: skip
    cycle = (driving.load_minutes + driving.tip_minutes + driving.wash_minutes
             + np.maximum(network.laden[:n, :n], 0) + np.maximum(network.empty[:n, :n].T, 0))  # fmt: skip
    return cycle[:, :, None] / np.where(holds > 0, holds, 1.0)[None, None, :]


def moved(before: Table, after: Table) -> float:
    """t that go on another lane or another day than before."""
    sums: dict[tuple[Any, ...], float] = defaultdict(float)
    for table, sign in ((before, 1.0), (after, -1.0)):
        for row in table.records():
            sums[tuple(row[name] for name in ("date", "from", "to", "material", "grade"))] += sign * float(row["t"])
    return max(sum(max(0.0, sign * t) for t in sums.values()) for sign in (1.0, -1.0))


def as_written(flows: Table) -> Table:
    """A plan's flows as they are read from its folder: every cell is text."""
    return Table(flows.columns, [tuple(map(format_cell, row)) for row in flows.rows])


def _day(scenario: Scenario, date: str) -> int:
    return (dt.date.fromisoformat(date) - scenario.start).days
