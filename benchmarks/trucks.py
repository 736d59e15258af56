"""The example week's trucks: what the goal `empties` saves, what slack costs and saves, how little a day anew changes.

Figures, not times: they are told in docs/dispatch.md and come from here.
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rows import Row, told
from optimizer.dispatch import SLACK, Budget, Dispatch, dispatch_scenario
from optimizer.dispatch.changes import CHANGES
from optimizer.dispatch.feedback import as_written
from optimizer.dispatch.redispatch import EVENTS, KEPT, Published, Rest, dispatch_rest
from optimizer.distances import Distances, measure
from optimizer.planner import Options, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.replay import replay
from optimizer.scenario import Objective, Scenario
from optimizer.tables import Table

WEEK = Path(__file__).parents[1] / "scenarios" / "qibuqu-week"
ROUNDS, ROUNDS_AGAIN = 5_000, 20_000
POLICY = ("unserved", "offsite", "landfill", "transfer")
NOW = 10 * 60
ELECTRIC = ("T4B", "T3A")
BATTERY = {"range_loaded": 90.0, "range_empty": 150.0, "charge_minutes": 60.0}
SLACKS, REPLAYS = (0, 2, 3, 4, 6), 20
SMOKE_DAYS = 1  # of the week, when only whether it runs is asked
Record = dict[str, Any]


def run(smoke: bool) -> list[Row]:
    """Rows: empty km by order of goals; slack; electric trucks; the share of tickets that six events change."""
    scenario, progress = load_scenario(WEEK), Progress(quiet=True)
    distances = measure(scenario, progress)
    orders = {"haul": Objective((*POLICY, "haul")), "haul, empties": Objective((*POLICY, "haul", "empties"))}
    if not smoke:
        orders["haul, empties, tolerance 1 %"] = replace(orders["haul, empties"], tolerance=0.01)
        orders["empties, without haul"] = Objective((*POLICY, "empties"))
    rows, first = [], None
    for name, objective in orders.items():
        planning = plan_scenario(replace(scenario, objective=objective), Options(), progress, distances=distances)
        flows = as_written(planning.plan.tables["flows"])
        if smoke:
            flows.rows = [row for row in flows.rows if row[0] <= scenario.date(SMOKE_DAYS - 1).isoformat()]
        made = dispatch_scenario(scenario, distances, flows, Budget(0 if smoke else ROUNDS), progress)
        k, haul = made.summary["kpis"], planning.plan.summary["kpis"]["t_km"]
        note = f"haul {haul:,.0f} t·km, {k['truck_days']} truck days, {k['fuel_l']:,.0f} L, {k['cost']:,.0f} CNY"
        rows.append(told(f"empty km, order … {name}", k["km_empty"], note, "km"))
        first = first or (flows, made)
    assert first is not None
    rows += _slack(scenario, distances, *first, smoke, progress)
    rows.append(_electric(scenario, distances, first[0], smoke, progress))
    return [*rows, *_again(scenario, distances, *first, smoke, progress)]


def _slack(
    scenario: Scenario, distances: Distances, flows: Table, made: Dispatch, smoke: bool, progress: Progress
) -> list[Row]:
    """Truck days that end after the shift and loads that are late by minutes to spare, all under the same luck."""
    rows = []
    for minutes in SLACKS[:2] if smoke else SLACKS:
        one = made if not minutes else dispatch_scenario(
            scenario, distances, flows, Budget(0 if smoke else ROUNDS), progress, minutes
        )  # fmt: skip
        found = replay(scenario, distances, one.tables, replications=1 if smoke else REPLAYS, seed=1, progress=progress)
        k, r = one.summary["kpis"], found.summary
        worst = 0.0 if r["worst_gate"] is None else r["worst_gate"]["queue_p90_min"]
        note = (f"{r['late_share']:.1%} of loads late, {r['turned_away_loads']['mean']:.1f} turned away; queue p90 at "
                f"most {worst:.1f} min, {r['gates_over_10_min']} of {r['gates']} gates over 10; "
                f"{k['truck_days']} truck days, {k['km_empty']:,.0f} km empty, {k['cost']:,.0f} CNY")  # fmt: skip
        rows.append(told(f"truck days over their shift, {minutes} min slack", 100 * r["home_late_share"], note, "%"))
    return rows


def _electric(scenario: Scenario, distances: Distances, flows: Table, smoke: bool, progress: Progress) -> Row:
    """Two classes with batteries, under the slack that a dispatch has by default."""
    t = scenario.trucks
    electric = np.isin(t.ids, ELECTRIC)
    by_class = {name: tuple(np.where(electric, value, np.nan).tolist()) for name, value in BATTERY.items()}
    budget = Budget(0 if smoke else ROUNDS)
    made = dispatch_scenario(
        replace(scenario, trucks=replace(t, **by_class)), distances, flows, budget, progress, SLACK
    )
    k, left = made.summary["kpis"], made.summary["violations"]["unserved_loads"]
    number = int(np.array(t.count)[electric].sum())
    note = (f"{left} loads left; {k['charges']} charges, {k['charge_h']:,.0f} h plugged in; "
            f"{k['truck_days']} truck days, {SLACK} min slack")  # fmt: skip
    return told(f"empty km, {number} of {sum(t.count)} trucks electric", k["km_empty"], note, "km")


def _again(
    scenario: Scenario, distances: Distances, flows: Table, made: Dispatch, smoke: bool, progress: Progress
) -> list[Row]:
    trips = list(made.tables["trips"].records())
    date = Counter(row["date"] for row in trips).most_common(1)[0][0]
    published = Published({name: made.tables[name] for name in KEPT}, made.summary, Table(EVENTS), Table(CHANGES))
    with tempfile.TemporaryDirectory(prefix="cutfill-bench-") as folder:
        file = Path(folder) / "today.csv"
        _write(file, [row for row in trips if row["date"] == date], date)
        day = next(d for d in range(scenario.days) if scenario.date(d).isoformat() == date)
        budget = Budget(0 if smoke else ROUNDS_AGAIN)
        summary, _ = dispatch_rest(scenario, distances, flows, Rest(published, day, NOW, file), budget, progress)
    a, goal = summary["again"], summary["goals"][0]
    note = f"{a['changed_tickets']} of {a['open_tickets']}, {a['of_trucks_out']} had to; {a['stranded']} load stranded"
    return [
        told("open tickets changed by six events at 10:00", 100 * a["changed_share"], note, "%"),
        told("gap to the bound of all km after it", 100 * goal["gap_of_all_km"], unit="%"),
    ]


def _write(file: Path, trips: list[Record], date: str) -> None:
    """Two breakdowns, a late truck, a cancelled load, the busiest fill closed for an hour, 50 t more."""
    now = f"{date}T10:00"
    running = {row["truck"]: row for row in trips if row["start_at"] < now < row["leave_at"]}
    broken, flat, late = sorted(running)[:3]
    open_ = [row for row in trips if row["start_at"] > now and row["truck"] not in (broken, flat, late)]
    fill = Counter(row["to"] for row in open_).most_common(1)[0][0]
    lane = {name: trips[0][name] for name in ("from", "to", "material", "grade")}
    events: list[Record] = [
        {"event": "breakdown", "truck": broken, "at": "09:55"},
        {"event": "breakdown", "truck": flat, "until": "12:00"},
        {"event": "running", "ticket": running[late]["ticket"], "leave_at": "11:05"},
        {"event": "cancelled", "ticket": open_[0]["ticket"]},
        {"event": "closed", "place": fill, "what": "tip", "at": "11:00", "until": "12:00"},
        {"event": "new", "ticket": "more", "t": 50, **lane},
    ]
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(dict.fromkeys(key for event in events for key in event)), restval="")
        writer.writeheader()
        writer.writerows(events)
