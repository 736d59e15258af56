"""The second reading of truck schedules: every ticket's times, places, hours and load from the inputs alone.

It knows nothing of how schedules are made: legs come from the distances, gates, bans and shifts from the scenario, and
what must be carried from the plan's flows.csv. Minutes count from midnight of the first day. Of a day that was
dispatched anew, tickets that are done or under way are facts: whether they could be so fast is not asked, what follows
them is checked from where they end; and nothing else may begin before the day was known, at a closed gate, or on a
truck that is out. The battery of an electric truck is followed along its day, from full.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.check.result import Ledger
from optimizer.distances import Distances
from optimizer.scenario import UNITS, Gate, Scenario
from optimizer.tables import Table

TRIPS, TRUCKS, UNDONE, SUMMARY, EVENTS = "trips.csv", "trucks.csv", "undone.csv", "dispatch.json", "events.csv"
MOMENTS = ("start_at", "load_at", "depart_at", "arrive_at", "tip_at", "leave_at")
DAY = 1440
KM = 1e-6
T = 1e-3  # t of a lane over the horizon: a kilogram


@dataclass(frozen=True)
class _Leg:
    km: float
    laden: float  # minutes
    empty: float


class _Roads:
    """Legs by node; -1 - k is the depot of truck class k."""

    def __init__(self, scenario: Scenario, distances: Distances):
        self._s, self._d = scenario, distances
        self._known: dict[tuple[int, int], _Leg | None] = {}
        self._reach: dict[int, Any] = {}

    def leg(self, a: int, b: int) -> _Leg | None:
        """The leg between two nodes; None without a road."""
        if (a, b) not in self._known:
            km, minutes = self._measured(self._place(a), self._place(b))
            self._known[a, b] = None if math.isnan(km) else _Leg(km, *self._minutes(km, minutes))
        return self._known[a, b]

    def _place(self, node: int) -> int:
        """A depot that is a place is that place."""
        if node < 0 and self._s.trucks.depot[-1 - node] in self._s.place_ids:
            return self._s.place_ids.index(self._s.trucks.depot[-1 - node])
        return node

    def _measured(self, a: int, b: int) -> tuple[float, float]:
        if a == b:
            return 0.0, 0.0
        if a >= 0 and b >= 0:
            table = self._d
            if self._s.pairs is not None and math.isnan(table.km[a, b]):
                a, b = b, a
            return float(table.km[a, b]), float(table.minutes[a, b])
        depot = -1 - (a if a < 0 else b)
        if depot not in self._reach:
            assert self._d.reach is not None
            self._reach[depot] = self._d.reach(self._s.trucks.lon[depot], self._s.trucks.lat[depot])
        reach = self._reach[depot]
        if a < 0:
            return float(reach.km_out[b]), float(reach.minutes_out[b])
        return float(reach.km_in[a]), float(reach.minutes_in[a])

    def _minutes(self, km: float, minutes: float) -> tuple[float, float]:
        driving = self._s.driving
        speeds = ((driving.laden_km_h, 25.0), (driving.empty_km_h, 35.0))
        by_road = [km / standard * 60 if math.isnan(minutes) else minutes for _, standard in speeds]
        laden, empty = (road if math.isnan(speed) else km / speed * 60
                        for (speed, _), road in zip(speeds, by_road, strict=True))  # fmt: skip
        return laden, empty


def check_trips(scenario: Scenario, distances: Distances, flows: Table, folder: Path, ledger: Ledger) -> None:
    """Checks trips.csv, trucks.csv, undone.csv and dispatch.json of a plan folder."""
    try:
        trips, trucks, undone = (Table.read_csv(folder / name) for name in (TRIPS, TRUCKS, UNDONE))
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        rows = [_Row(i + 2, record, scenario) for i, record in enumerate(trips.records())]
        totals = [(i + 2, record) for i, record in enumerate(trucks.records())]
        left = list(undone.records())
        events = list(Table.read_csv(folder / EVENTS).records()) if (folder / EVENTS).exists() else []
        slack = {day["date"]: int(day.get("slack", 0)) for day in summary["days"]}
        _check_schedule(scenario, distances, rows, totals, slack, ledger)
        _check_gates(scenario, rows, ledger)
        _check_events(scenario, rows, events, summary.get("again"), ledger)
        _check_reconciliation(scenario, flows, events, rows, left, ledger)
        _check_summary(rows, totals, left, summary, ledger)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        what = f"{type(error).__name__}: {error}"
        ledger.add(TRIPS, 0, "", f"the schedules cannot be read ({what}); dispatch again")


class _Row:
    """One ticket, read: nodes, minutes and masses. Unknown names raise KeyError or ValueError."""

    def __init__(self, line: int, record: dict[str, str], scenario: Scenario):
        self.line, self.date, self.truck = line, record["date"], record["truck"]
        self.seq, self.t = int(record["seq"]), _number(record["t"])
        self.truck_class = truck_class(scenario, record["truck"])
        self.origin = scenario.place_ids.index(record["from"])
        self.destination = scenario.place_ids.index(record["to"])
        self.fact = {"planned": False, "running": True, "done": True}[record.get("state", "planned")]
        self.lane: tuple[str, ...] = (record["from"], record["to"], record["material"], record["grade"])
        self.material = scenario.materials.index[record["material"]]
        self.at = {name: _minute(scenario, record[name]) for name in MOMENTS}
        self.km_loaded, self.km_empty = _number(record["km_loaded"]), _number(record["km_empty"])
        self.charge, self.battery = _charge(record, scenario, self.truck_class)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"'{text}' is no finite number")
    return value


_Charge = tuple[int, int, int]  # node, plugged in, unplugged


def _charge(record: dict[str, str], scenario: Scenario, truck_class: int) -> tuple[_Charge | None, float | None]:
    """Where and when a truck charges before a leg, and the battery that is told for the end of the ticket."""
    battery = _number(record["battery"]) if record.get("battery") else None
    if not record.get("charge_at"):
        return None, battery
    name = record["charge_at"]
    node = -1 - truck_class if name == "depot" else scenario.place_ids.index(name)
    return (node, _minute(scenario, record["plug_at"]), _minute(scenario, record["unplug_at"])), battery


def _minute(scenario: Scenario, text: str) -> int:
    spent = dt.datetime.fromisoformat(text) - dt.datetime.combine(scenario.start, dt.time())
    return int(spent.total_seconds() // 60)


def truck_class(scenario: Scenario, name: str) -> int:
    """Class of a truck by its name: the id alone, or the id and a number up to the count.

    Raises:
        ValueError: there is no such truck.
    """
    for k, (known, count) in enumerate(zip(scenario.trucks.ids, scenario.trucks.count, strict=True)):
        number = re.fullmatch(re.escape(known) + r"-(\d+)", name)
        if (count == 1 and name == known) or (count > 1 and number and 1 <= int(number[1]) <= count):
            return k
    raise ValueError(f"'{name}' is no truck of trucks.csv")


def _check_schedule(
    scenario: Scenario, distances: Distances, rows: list[_Row], totals: list[tuple[int, dict[str, str]]],
    slack: dict[str, int], ledger: Ledger,
) -> None:  # fmt: skip
    """Every truck's day: capacity, legs, times and the day's slack, shift, driving and rests; and its totals."""
    roads = _Roads(scenario, distances)
    days: dict[tuple[str, str], list[_Row]] = defaultdict(list)
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
        _TruckDay(scenario, roads, visits, line, record, slack.get(key[0], 0), ledger).check()


def _check_load(scenario: Scenario, row: _Row, ledger: Ledger) -> None:
    trucks, k = scenario.trucks, row.truck_class
    loose = float(scenario.materials.density[row.material, UNITS.index("m3_loose")])
    ledger.checks += 3
    if row.material not in trucks.carries[k]:
        ledger.add(TRIPS, row.line, "material", f"{row.truck} may not carry {row.lane[2]}")
    if not 0 < row.t <= trucks.payload[k] + 1e-5:
        ledger.add(TRIPS, row.line, "t", f"{row.t:g} t on a truck of {trucks.payload[k]:g} t", row.t)
    if not math.isnan(loose) and row.t / loose > trucks.body[k] + 1e-5:
        ledger.add(TRIPS, row.line, "t", f"{row.t / loose:.3f} m³ loose in a body of {trucks.body[k]:g} m³", row.t)


class _TruckDay:
    """One truck on one day."""

    def __init__(
        self, scenario: Scenario, roads: _Roads, visits: list[_Row], line: int, record: dict[str, str], slack: int,
        ledger: Ledger,
    ):  # fmt: skip
        self.s, self.roads, self.visits, self.ledger = scenario, roads, visits, ledger
        self.line, self.record, self.slack = line, record, slack
        self.k = visits[0].truck_class
        self.midnight = (dt.date.fromisoformat(visits[0].date) - scenario.start).days * DAY
        self.driven, self.driven_all, self.battery = 0, 0, 1.0
        self.facts = False  # what is looked at cannot be helped any more

    def check(self) -> None:
        """All of it."""
        trucks, k = self.s.trucks, self.k
        gates = {(g.place, g.what): g for g in self.s.gates}
        node, now = -1 - k, self.midnight + trucks.shift[k][0]
        km_empty = 0.0
        for seq, row in enumerate(self.visits, start=1):
            self._is(row.seq == seq, TRIPS, row.line, "seq", f"is {row.seq}; the truck's next ticket is {seq}")
            at, line, self.facts = row.at, row.line, row.fact
            load, tip = (_times(self.s, gates, place, what)
                         for place, what in ((row.origin, "load"), (row.destination, "tip")))  # fmt: skip
            self._later(line, "start_at", at["start_at"], now, "the truck is free")
            self._spare(line, "start_at", at["start_at"] - now if seq > 1 else self.slack)
            there = self._empty(line, "km_empty", node, row.origin, at["start_at"], now, row.km_empty, row.charge)
            self._later(line, "load_at", at["load_at"], there, "it can be there")
            self._rested(at["load_at"] - there)
            self._later(line, "depart_at", at["depart_at"], at["load_at"] + load[0] + load[1], "it is loaded")
            km, laden = self._drive(line, "km_loaded", row.origin, row.destination, at["depart_at"],
                                    at["load_at"] + load[0] + load[1], laden=True)  # fmt: skip
            self._long(line, "km_loaded", row.km_loaded, km)
            self._later(line, "arrive_at", at["arrive_at"], at["depart_at"] + laden, "it can be there")
            self._later(line, "tip_at", at["tip_at"], at["arrive_at"], "it arrives")
            self._rested(at["tip_at"] - at["depart_at"] - laden)
            self._later(line, "leave_at", at["leave_at"], at["tip_at"] + tip[0] + tip[1], "it is tipped and washed")
            self._left(line, row.battery)
            node, now = row.destination, at["leave_at"]
            km_empty += row.km_empty
        self._home(node, now, km_empty)

    def _home(self, node: int, now: int, km_empty: float) -> None:
        trucks, k, record, line = self.s.trucks, self.k, self.record, self.line
        out, back, home = (_minute(self.s, record[name]) for name in ("out_at", "leave_for_home_at", "home_at"))
        km_home = _number(record["km_home"])
        self._is(out == self.visits[0].at["start_at"], TRUCKS, line, "out_at", "is not when the first ticket starts")
        self._later(line, "leave_for_home_at", back, now, "the truck is free", TRUCKS)
        stays = record.get("state") == "out"
        home_node = node if stays else -1 - k
        charge, battery = _charge(record, self.s, k)
        there = self._empty(line, "km_home", node, home_node, back, now, km_home, charge, TRUCKS)
        self._later(line, "home_at", home, there, "it can be there", TRUCKS)
        self._left(line, battery, TRUCKS)
        end = self.midnight + trucks.shift[k][1]
        self._is(self.facts or home <= end, TRUCKS, line, "home_at", f"is {home - end} min after the shift")
        self._spare(line, "home_at", max(end - home, back - now), TRUCKS)
        most = trucks.driving_max[k]
        self._is(
            self.facts or self.driven_all <= most,
            TRUCKS,
            line,
            "driving_h",
            f"drives {self.driven_all} min, more than {most:g}",
        )
        figures = {
            "trips": float(len(self.visits)),
            "t": sum(row.t for row in self.visits),
            "km_loaded": sum(row.km_loaded for row in self.visits),
            "km_empty": km_empty + km_home,
        }
        for name, value in figures.items():
            told = _number(record[name])
            self._is(abs(told - value) <= 1e-5, TRUCKS, line, name, f"is {told:g}; its tickets add up to {value:g}")

    def _empty(
        self, line: int, column: str, a: int, b: int, start: int, free: int, told: float, charge: _Charge | None,
        file: str = TRIPS,
    ) -> int:  # fmt: skip
        """Checks an empty way, by a charger where the ticket says so; returns when the truck can be there."""
        if charge is None:
            km, minutes = self._drive(line, column, a, b, start, free, laden=False, file=file)
            self._long(line, column, told, km, file)
            return start + minutes
        trucks, (place, plug, unplug) = self.s.trucks, charge
        electric = not math.isnan(trucks.range_loaded[self.k])
        can = electric and place in (-1 - self.k, *trucks.chargers[self.k])
        self._is(can, file, line, "charge_at", f"{self.visits[0].truck} cannot charge there")
        to, minutes = self._drive(line, column, a, place, start, free, laden=False, file=file)
        self._later(line, "plug_at", plug, start + minutes, "it can be there", file)
        self._later(line, "unplug_at", unplug, plug, "it is plugged in", file)
        self._rested(unplug - plug)
        if electric:
            self.battery = min(1.0, self.battery + max(0, unplug - plug) / trucks.charge_minutes[self.k])
        on, minutes = self._drive(line, column, place, b, unplug, unplug, laden=False, file=file)
        self._long(line, column, told, to + on, file)
        return unplug + minutes

    def _long(self, line: int, column: str, told: float, km: float, file: str = TRIPS) -> None:
        same = abs(told - km) <= KM * max(1.0, km)
        self._is(same, file, line, column, f"is {told:g}; the road has {km:g}")

    def _left(self, line: int, told: float | None, file: str = TRIPS) -> None:
        """The battery that is told is the one that is left."""
        if not math.isnan(self.s.trucks.range_loaded[self.k]):
            same = told is not None and abs(told - self.battery) <= 1e-4
            self._is(same, file, line, "battery", f"is {told}; {self.battery:.4f} of it are left")

    def _drive(
        self, line: int, column: str, a: int, b: int, start: int, free: int, *, laden: bool, file: str = TRIPS
    ) -> tuple[float, int]:
        """Checks one leg; returns its km and minutes. Facts are only followed."""
        leg = self.roads.leg(a, b)
        if leg is None:
            self._is(False, file, line, column, "there is no road")
            return 0.0, 0
        minutes = math.ceil((leg.laden if laden else leg.empty) - 1e-9)
        self._rested(start - free)
        self.driven += minutes
        self.driven_all += minutes
        most = self.s.trucks.rest_after[self.k]
        rested = self.facts or self.driven <= most
        self._is(rested, file, line, column, f"drives {self.driven} min without a rest, more than {most}")
        allowed = self.facts or self._allowed(a, b, start, start + minutes)
        self._is(allowed, file, line, column, "is on the way while a ban holds")
        self._use(line, leg.km, laden=laden, file=file)
        return leg.km, minutes

    def _use(self, line: int, km: float, *, laden: bool, file: str) -> None:
        """Takes a leg from the battery, if there is one."""
        trucks, k = self.s.trucks, self.k
        lasts = (trucks.range_loaded if laden else trucks.range_empty)[k]
        if not math.isnan(lasts):
            self.battery -= km / lasts
            enough = self.facts or self.battery >= trucks.reserve[k] - 1e-6
            told = f"{self.battery:.1%} would be left, {trucks.reserve[k]:.0%} must stay"
            self._is(enough, file, line, "battery", told)
            self.battery = max(0.0, self.battery)

    def _allowed(self, a: int, b: int, start: int, end: int) -> bool:
        s = self.s
        streets = [*s.supplies.street, *s.demands.street, *s.facilities.street]
        touched = {streets[node] for node in (a, b) if node >= 0}
        for ban in s.bans:
            vehicle = ban.vehicle in ("", s.trucks.vehicle[self.k])
            stage = ban.emission == 0 or 0 < s.trucks.emission[self.k] <= ban.emission
            if vehicle and stage and (not ban.street or ban.street in touched):
                for day in range(ban.first, ban.last + 1):
                    if start < day * DAY + ban.hours[1] and end > day * DAY + ban.hours[0] and end > start:
                        return False
        return True

    def _rested(self, wait: int) -> None:
        if wait >= self.s.trucks.rest[self.k]:
            self.driven = 0

    def _spare(self, line: int, column: str, minutes: int, file: str = TRIPS) -> None:
        """The slack that dispatch.json tells."""
        if self.slack:
            told = f"leaves {minutes} min to spare, dispatch.json tells {self.slack}"
            self._is(self.facts or minutes >= self.slack, file, line, column, told)

    def _later(self, line: int, column: str, at: int, least: int, when: str, file: str = TRIPS) -> None:
        self._is(self.facts or at >= least, file, line, column, f"is {least - at} min before {when}")

    def _is(self, holds: bool, file: str, line: int, column: str, message: str) -> None:
        self.ledger.checks += 1
        if not holds:
            self.ledger.add(file, line, column, message)


def _times(scenario: Scenario, gates: dict[tuple[int, str], Gate], place: int, what: str) -> tuple[int, int]:
    """(minutes of service, minutes of washing) at a place."""
    gate, d = gates.get((place, what)), scenario.driving
    if gate is not None:
        return math.ceil(gate.minutes), math.ceil(gate.wash)
    return (math.ceil(d.load_minutes), 0) if what == "load" else (math.ceil(d.tip_minutes), math.ceil(d.wash_minutes))


def _check_gates(scenario: Scenario, rows: list[_Row], ledger: Ledger) -> None:
    """Hours of every gate, and no more trucks at once than it has bays."""
    served: dict[tuple[int, str], list[tuple[int, _Row]]] = defaultdict(list)
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
    scenario: Scenario, rows: list[_Row], events: list[dict[str, str]], again: dict[str, Any] | None, ledger: Ledger
) -> None:
    """Of a day dispatched anew: nothing new begins before it was known, at closed gates, or on trucks that are out."""
    ledger.checks += 1
    if again is None:
        for row in rows:
            if row.fact:
                ledger.add(TRIPS, row.line, "state", "is no plan, and no day was dispatched anew")
        return
    known = _minute(scenario, again["from"])
    gates = {(place, what): _times(scenario, {(g.place, g.what): g for g in scenario.gates}, place, what)[0]
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
            begin = _minute(scenario, event["at"] or event["told_at"])
            end = _minute(scenario, event["until"]) if event["until"] else _midnight_after(scenario, row.date)
            if event["event"] == "breakdown" and event["truck"] == row.truck and row.at["start_at"] < end:
                ledger.add(TRIPS, row.line, "truck", f"{row.truck} is out then; it broke down")
            for place, what in ((row.origin, "load"), (row.destination, "tip")):
                at = row.at[f"{what}_at"]
                closed = event["event"] == "closed" and event["place"] == scenario.place_ids[place]
                if closed and event["what"] in ("", what) and at < end and at + gates[place, what] > begin:
                    ledger.add(TRIPS, row.line, f"{what}_at", f"{event['place']} is closed then")


def _midnight_after(scenario: Scenario, date: str) -> int:
    return _minute(scenario, date) + DAY


def _check_reconciliation(
    scenario: Scenario, flows: Table, events: list[dict[str, str]], rows: list[_Row], left: list[dict[str, str]],
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
            plan[lane][event["date"]] += _number(event["t"]) * (1 if event["event"] == "new" else -1)
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
        found[lane][record["date"]] += _number(record["t"])
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
    rows: list[_Row], totals: list[tuple[int, dict[str, str]]], left: list[dict[str, str]], summary: dict[str, Any],
    ledger: Ledger,
) -> None:  # fmt: skip
    """dispatch.json says what the tables say, and no bound lies above what it bounds."""
    goal, kpis, bad = summary["goals"][0], summary["kpis"], summary["violations"]
    empty = sum(_number(record["km_empty"]) for _, record in totals)
    figures = {
        "kpis.loads": (kpis["loads"], len(rows)),
        "kpis.t": (kpis["t"], sum(row.t for row in rows)),
        "kpis.truck_days": (kpis["truck_days"], len(totals)),
        "kpis.km_loaded": (kpis["km_loaded"], sum(row.km_loaded for row in rows)),
        "kpis.km_empty": (kpis["km_empty"], empty),
        "goals.empty_km": (goal["value"], empty),
        "violations.unserved_loads": (bad["unserved_loads"], sum(int(record["loads"]) for record in left)),
        "violations.unserved_t": (bad["unserved_t"], sum(_number(record["t"]) for record in left)),
    }
    for name, (told, value) in figures.items():
        ledger.checks += 1
        if not np.isclose(told, value, rtol=1e-6, atol=1e-3):
            ledger.add(SUMMARY, 0, name, f"is {told:g}; the tables add up to {value:g}", told - value)
    ledger.checks += 1
    if goal["bound"] > goal["value"] * (1 + 1e-9) + 1e-6:
        ledger.add(SUMMARY, 0, "goals.bound", f"{goal['bound']:g} lies above the value, {goal['value']:g}")
