"""One truck's day for the second reading of schedules: its tickets, legs, hours, rests, slack and battery."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import Any

from optimizer.check.result import Ledger
from optimizer.distances import Distances
from optimizer.scenario import Gate, Scenario

TRIPS, TRUCKS = "trips.csv", "trucks.csv"
MOMENTS = ("start_at", "load_at", "depart_at", "arrive_at", "tip_at", "leave_at")
DAY = 1440
KM = 1e-6


@dataclass(frozen=True)
class Leg:
    """A leg by road, before any rounding."""

    km: float
    laden: float  # minutes
    empty: float


class Roads:
    """Legs by node; -1 - k is the depot of truck class k."""

    def __init__(self, scenario: Scenario, distances: Distances):
        self._s, self._d = scenario, distances
        self._known: dict[tuple[int, int], Leg | None] = {}
        self._reach: dict[int, Any] = {}

    def leg(self, a: int, b: int) -> Leg | None:
        """The leg between two nodes; None without a road."""
        if (a, b) not in self._known:
            km, minutes = self._measured(self._place(a), self._place(b))
            self._known[a, b] = None if math.isnan(km) else Leg(km, *self._minutes(km, minutes))
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


class Row:
    """One ticket, read: nodes, minutes and masses. Unknown names raise KeyError or ValueError."""

    def __init__(self, line: int, record: dict[str, str], scenario: Scenario):
        self.line, self.date, self.truck = line, record["date"], record["truck"]
        self.seq, self.t = int(record["seq"]), number(record["t"])
        self.truck_class = truck_class(scenario, record["truck"])
        self.origin = scenario.place_ids.index(record["from"])
        self.destination = scenario.place_ids.index(record["to"])
        self.fact = {"planned": False, "running": True, "done": True}[record.get("state", "planned")]
        self.lane: tuple[str, ...] = (record["from"], record["to"], record["material"], record["grade"])
        self.material = scenario.materials.index[record["material"]]
        self.at = {name: minute_of(scenario, record[name]) for name in MOMENTS}
        self.km_loaded, self.km_empty = number(record["km_loaded"]), number(record["km_empty"])
        self.charge, self.battery = charge_of(record, scenario, self.truck_class)


def number(text: str) -> float:
    """A number of a cell; ValueError where it is none."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"'{text}' is no finite number")
    return value


Charge = tuple[int, int, int]  # node, plugged in, unplugged


def charge_of(record: dict[str, str], scenario: Scenario, truck_class: int) -> tuple[Charge | None, float | None]:
    """Where and when a truck charges before a leg, and the battery that is told for the end of the ticket."""
    battery = number(record["battery"]) if record.get("battery") else None
    if not record.get("charge_at"):
        return None, battery
    name = record["charge_at"]
    node = -1 - truck_class if name == "depot" else scenario.place_ids.index(name)
    return (node, minute_of(scenario, record["plug_at"]), minute_of(scenario, record["unplug_at"])), battery


def minute_of(scenario: Scenario, text: str) -> int:
    """Minutes from midnight of the first day."""
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


class TruckDay:
    """One truck on one day."""

    def __init__(
        self, scenario: Scenario, roads: Roads, visits: list[Row], line: int, record: dict[str, str], slack: int,
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
            load, tip = (times_at(self.s, gates, place, what)
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
        out, back, home = (minute_of(self.s, record[name]) for name in ("out_at", "leave_for_home_at", "home_at"))
        km_home = number(record["km_home"])
        self._is(out == self.visits[0].at["start_at"], TRUCKS, line, "out_at", "is not when the first ticket starts")
        self._later(line, "leave_for_home_at", back, now, "the truck is free", TRUCKS)
        stays = record.get("state") == "out"
        home_node = node if stays else -1 - k
        charge, battery = charge_of(record, self.s, k)
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
            told = number(record[name])
            self._is(abs(told - value) <= 1e-5, TRUCKS, line, name, f"is {told:g}; its tickets add up to {value:g}")

    def _empty(
        self, line: int, column: str, a: int, b: int, start: int, free: int, told: float, charge: Charge | None,
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


def times_at(scenario: Scenario, gates: dict[tuple[int, str], Gate], place: int, what: str) -> tuple[int, int]:
    """(minutes of service, minutes of washing) at a place."""
    gate, d = gates.get((place, what)), scenario.driving
    if gate is not None:
        return math.ceil(gate.minutes), math.ceil(gate.wash)
    return (math.ceil(d.load_minutes), 0) if what == "load" else (math.ceil(d.tip_minutes), math.ceil(d.wash_minutes))
