"""The second reading of truck schedules: every ticket's times, places, hours and load from the inputs alone.

It knows nothing of how schedules are made: legs come from the distances, gates, bans and shifts from the scenario, and
what must be carried from the plan's flows.csv. Minutes count from midnight of the first day. Of a day that was
dispatched anew, tickets that are done or under way are facts: whether they could be so fast is not asked, what follows
them is checked from where they end; and nothing else may begin before the day was known, at a closed gate, or on a
truck that is out. The battery of an electric truck is followed along its day, from full.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.check.claims import check_hashes
from optimizer.check.result import Ledger
from optimizer.check.truck_day import DAY, TRIPS, TRUCKS, Roads, Row, TruckDay, minute_of, number, times_at
from optimizer.distances import Distances
from optimizer.followed import NOT_THE_PLANS
from optimizer.scenario import UNITS, Scenario
from optimizer.tables import Table

UNDONE, SUMMARY, EVENTS = "undone.csv", "dispatch.json", "events.csv"
T = 1e-3  # t of a lane over the horizon: a kilogram


def check_trips(scenario: Scenario, distances: Distances, flows: Table, folder: Path, ledger: Ledger) -> None:
    """Checks trips.csv, trucks.csv, undone.csv and dispatch.json of a plan folder."""
    try:
        trips, trucks, undone = (Table.read_csv(folder / name) for name in (TRIPS, TRUCKS, UNDONE))
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        if "inputs" in summary:
            check_hashes(scenario, summary["inputs"], SUMMARY, "the schedules were", ledger, NOT_THE_PLANS)
        rows = [Row(i + 2, record, scenario) for i, record in enumerate(trips.records())]
        totals = [(i + 2, record) for i, record in enumerate(trucks.records())]
        left = list(undone.records())
        events = list(Table.read_csv(folder / EVENTS).records()) if (folder / EVENTS).exists() else []
        slack = {day["date"]: int(day["slack"]) for day in summary["days"] if "slack" in day}
        _check_schedule(scenario, distances, rows, totals, slack, ledger)
        _check_gates(scenario, rows, ledger)
        _check_events(scenario, rows, events, summary.get("again"), ledger)
        _check_reconciliation(scenario, flows, events, rows, left, ledger)
        _check_summary(rows, totals, left, summary, ledger)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        what = f"{type(error).__name__}: {error}"
        ledger.add(TRIPS, 0, "", f"the schedules cannot be read ({what}); dispatch again")


def dispatched_from(folder: Path) -> dict[str, Any] | None:
    """The inputs that dispatch.json of a plan folder names, None where none does."""
    try:
        return dict(json.loads((folder / SUMMARY).read_text(encoding="utf-8"))["inputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _check_schedule(
    scenario: Scenario, distances: Distances, rows: list[Row], totals: list[tuple[int, dict[str, str]]],
    slack: dict[str, int], ledger: Ledger,
) -> None:  # fmt: skip
    """Every truck's day: capacity, legs, times and the day's slack, shift, driving and rests; and its totals."""
    roads = Roads(scenario, distances)
    days: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        days[row.date, row.truck].append(row)
        _check_load(scenario, row, ledger)
    claimed = {(record["date"], record["truck"]): (line, record) for line, record in totals}
    ledger.checks += 1
    if len(claimed) != len(totals) or set(claimed) != set(days):
        odd = " ".join(min(set(claimed) ^ set(days), default=("one", "is there twice")))
        ledger.add(TRUCKS, 0, "truck", f"truck days differ from those of {TRIPS}: {odd}")
        return
    for key, visits in days.items():
        line, record = claimed[key]
        TruckDay(scenario, roads, visits, line, record, slack.get(key[0], 0), ledger).check()


def _check_load(scenario: Scenario, row: Row, ledger: Ledger) -> None:
    trucks, k = scenario.trucks, row.truck_class
    loose = float(scenario.materials.density[row.material, UNITS.index("m3_loose")])
    ledger.checks += 3
    if row.material not in trucks.carries[k]:
        ledger.add(TRIPS, row.line, "material", f"{row.truck} may not carry {row.lane[2]}")
    if not 0 < row.t <= trucks.payload[k] + 1e-5:
        ledger.add(TRIPS, row.line, "t", f"{row.t:g} t on a truck of {trucks.payload[k]:g} t", row.t)
    if not math.isnan(loose) and row.t / loose > trucks.body[k] + 1e-5:
        ledger.add(TRIPS, row.line, "t", f"{row.t / loose:.3f} m³ loose in a body of {trucks.body[k]:g} m³", row.t)


def _check_gates(scenario: Scenario, rows: list[Row], ledger: Ledger) -> None:
    """Hours of every gate, and no more trucks at once than it has bays."""
    served: dict[tuple[int, str], list[tuple[int, Row]]] = defaultdict(list)
    for row in rows:
        served[row.origin, "load"].append((row.at["load_at"], row))
        served[row.destination, "tip"].append((row.at["tip_at"], row))
    for gate in scenario.gates:
        service = math.ceil(gate.minutes)
        hold = max(service, 1, math.ceil(60 * gate.bays / gate.per_hour - 1e-9))
        leaving: list[int] = []
        name = f"{scenario.place_ids[gate.place]} ({gate.what})"
        for at, row in sorted(served[gate.place, gate.what], key=lambda pair: (pair[0], not pair[1].fact)):
            ledger.checks += 2
            inside = any(o + k * DAY <= at % DAY and at % DAY + service <= c + k * DAY
                         for o, c in gate.spells for k in (-1, 0))  # fmt: skip
            if not inside and not row.fact:
                ledger.add(TRIPS, row.line, f"{gate.what}_at", f"the gate {name} does not serve then")
            leaving = [end for end in leaving if end > at]
            leaving.append(at + hold)
            if gate.bays and len(leaving) > gate.bays and not row.fact:
                ledger.add(TRIPS, row.line, f"{gate.what}_at", f"{len(leaving)} trucks at the gate {name} at once, "
                           f"it has bays for {gate.bays}")  # fmt: skip


def _check_events(
    scenario: Scenario, rows: list[Row], events: list[dict[str, str]], again: dict[str, Any] | None, ledger: Ledger
) -> None:
    """Of a day dispatched anew: nothing new begins before it was known, at closed gates, or on trucks that are out."""
    ledger.checks += 1
    if again is None:
        for row in rows:
            if row.fact:
                ledger.add(TRIPS, row.line, "state", "is no plan, and no day was dispatched anew")
        return
    known = minute_of(scenario, again["from"])
    gates = {(place, what): times_at(scenario, {(g.place, g.what): g for g in scenario.gates}, place, what)[0]
             for row in rows for place, what in ((row.origin, "load"), (row.destination, "tip"))}  # fmt: skip
    for row in rows:
        if row.fact or row.date != again["date"]:
            continue
        ledger.checks += 1 + len(events)
        if row.at["start_at"] < known:
            ledger.add(TRIPS, row.line, "start_at", f"is before {again['from']}, when the day was dispatched anew")
        for event in events:
            if event["date"] != row.date:
                continue
            begin = minute_of(scenario, event["at"] or event["told_at"])
            end = minute_of(scenario, event["until"]) if event["until"] else _midnight_after(scenario, row.date)
            if event["event"] == "breakdown" and event["truck"] == row.truck and row.at["start_at"] < end:
                ledger.add(TRIPS, row.line, "truck", f"{row.truck} is out then; it broke down")
            for place, what in ((row.origin, "load"), (row.destination, "tip")):
                at = row.at[f"{what}_at"]
                closed = event["event"] == "closed" and event["place"] == scenario.place_ids[place]
                if closed and event["what"] in ("", what) and at < end and at + gates[place, what] > begin:
                    ledger.add(TRIPS, row.line, f"{what}_at", f"{event['place']} is closed then")


def _midnight_after(scenario: Scenario, date: str) -> int:
    return minute_of(scenario, date) + DAY


def _check_reconciliation(
    scenario: Scenario, flows: Table, events: list[dict[str, str]], rows: list[Row], left: list[dict[str, str]],
    ledger: Ledger,
) -> None:  # fmt: skip
    """Carried and undone t of every lane are the plan's, and nothing moves on a day or before it may.

    Loads that were added or cancelled during a day are added to the plan, or taken from it, on that day.
    """
    plan: dict[tuple[str, ...], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for flow in flows.records():
        lane = tuple(flow[name] for name in ("from", "to", "material", "grade"))
        plan[lane][flow["date"]] += float(flow["t"])
    for event in events:
        if event["event"] in ("new", "cancelled"):
            lane = tuple(event[name] for name in ("from", "to", "material", "grade"))
            plan[lane][event["date"]] += number(event["t"]) * (1 if event["event"] == "new" else -1)
    found: dict[tuple[str, ...], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    first: dict[tuple[str, ...], tuple[str, int]] = {}
    for row in rows:
        found[row.lane][row.date] += row.t
        first.setdefault(row.lane, (TRIPS, row.line))
        ledger.checks += 1
        if row.date not in plan.get(row.lane, {}):
            ledger.add(TRIPS, row.line, "date", "the plan moves nothing on this lane on this day")
    for line, record in enumerate(left, start=2):
        lane = tuple(record[name] for name in ("from", "to", "material", "grade"))
        found[lane][record["date"]] += number(record["t"])
        first.setdefault(lane, (UNDONE, line))
    for lane in sorted(set(plan) | set(found)):
        planned, moved = 0.0, 0.0
        file, line = first.get(lane, (TRIPS, 0))
        for date in sorted(set(plan[lane]) | set(found[lane])):
            planned += plan[lane][date]
            moved += found[lane][date]
            ledger.checks += 1
            if moved > planned + T:
                ledger.add(file, line, "t", f"{' → '.join(lane[:2])}: {moved:.3f} t by {date}, the plan has "
                           f"{planned:.3f}", moved - planned)  # fmt: skip
        if abs(moved - planned) > T:
            ledger.add(file, line, "t", f"{' → '.join(lane[:2])}: carried and left {moved:.3f} t of the plan's "
                       f"{planned:.3f}", moved - planned)  # fmt: skip


def _check_summary(
    rows: list[Row], totals: list[tuple[int, dict[str, str]]], left: list[dict[str, str]], summary: dict[str, Any],
    ledger: Ledger,
) -> None:  # fmt: skip
    """dispatch.json says what the tables say, and no bound lies above what it bounds."""
    goal, kpis, bad = summary["goals"][0], summary["kpis"], summary["violations"]
    empty = sum(number(record["km_empty"]) for _, record in totals)
    figures = {
        "kpis.loads": (kpis["loads"], len(rows)),
        "kpis.t": (kpis["t"], sum(row.t for row in rows)),
        "kpis.truck_days": (kpis["truck_days"], len(totals)),
        "kpis.km_loaded": (kpis["km_loaded"], sum(row.km_loaded for row in rows)),
        "kpis.km_empty": (kpis["km_empty"], empty),
        "goals.empty_km": (goal["value"], empty),
        "violations.unserved_loads": (bad["unserved_loads"], sum(int(record["loads"]) for record in left)),
        "violations.unserved_t": (bad["unserved_t"], sum(number(record["t"]) for record in left)),
    }
    for name, (told, value) in figures.items():
        ledger.checks += 1
        if not np.isclose(told, value, rtol=1e-6, atol=1e-3):
            ledger.add(SUMMARY, 0, name, f"is {told:g}; the tables add up to {value:g}", told - value)
    ledger.checks += 1
    if goal["bound"] > goal["value"] * (1 + 1e-9) + 1e-6:
        ledger.add(SUMMARY, 0, "goals.bound", f"{goal['bound']:g} lies above the value, {goal['value']:g}")
