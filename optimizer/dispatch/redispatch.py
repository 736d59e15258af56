"""``cutfill dispatch --from``: a published week of which one day is dispatched anew from a minute on."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.dispatch.again import closed_gates, dispatch_again, flow_key
from optimizer.dispatch.changes import CHANGES, change_figures, ticket_changes
from optimizer.dispatch.clock import hold
from optimizer.dispatch.days import MINUTES, Gates, build_gates
from optimizer.dispatch.events import BREAKDOWN, CANCELLED, CLOSED, DONE, NEW, RUNNING, Event, read_events
from optimizer.dispatch.facts import Ticket, minutes_of, read_tickets, settle
from optimizer.dispatch.figures import day_figures, summarise
from optimizer.dispatch.helps import what_would_help
from optimizer.dispatch.loads import Flow, Load, cut_loads, read_flows
from optimizer.dispatch.network import Network, build_network
from optimizer.dispatch.solve import Budget
from optimizer.dispatch.state import TAKE
from optimizer.dispatch.tables import (
    CHARGE,
    FILES,
    MOMENTS,
    TRIPS,
    TRUCKS,
    UNDONE,
    Week,
    clock,
    gate_hours,
    truck_numbers,
    week_tables,
)
from optimizer.distances import Distances
from optimizer.errors import InputError
from optimizer.progress import Progress
from optimizer.scenario import GRADES, Ints, Scenario
from optimizer.tables import Table

EVENTS = ("date", "told_at", "event", "ticket", "truck", "place", "what", "from", "to", "material", "grade", "t", "at",
          "until", *MOMENTS)  # fmt: skip
TEXTS = frozenset(
    {"ticket", "date", "truck", "carrier", "from", "to", "material", "grade", "class", "depot", "state", "why",
     "why_zh", "kind", "id", "what", "what_zh", *MOMENTS, *CHARGE[:3], "out_at", "leave_for_home_at", "home_at"}
)  # fmt: skip
KEPT = ("trips", "trucks", "loads", "undone", "helps")  # tables of which other days stay as they are
CALM = 1000.0  # empty km that one changed ticket counts


@dataclass(frozen=True)
class Published:
    """What a folder says was dispatched: its tables with numbers as numbers, summary, and the events told before."""

    tables: dict[str, Table]
    summary: dict[str, Any]
    events: Table
    changes: Table

    @classmethod
    def read(cls, folder: Path) -> Published:
        """Reads a plan folder.

        Raises:
            InputError: there is no dispatch in it.
        """
        try:
            tables = {name: _numbered(Table.read_csv(folder / FILES[name])) for name in KEPT}
            summary = json.loads((folder / "dispatch.json").read_text(encoding="utf-8"))
            events, changes = (
                Table.read_csv(folder / FILES[name]) if (folder / FILES[name]).exists() else Table(columns)
                for name, columns in (("events", EVENTS), ("changes", CHANGES))
            )
            for name, columns in (("trips", TRIPS), ("trucks", TRUCKS), ("undone", UNDONE)):
                if lacking := [column for column in columns if column not in tables[name].columns]:
                    raise ValueError(f"{FILES[name]} has no column {', '.join(lacking)}")
        except (OSError, ValueError, KeyError) as error:
            why = f"there is no dispatch in it that can be read ({error}); dispatch the whole week first"
            raise InputError.single(str(folder), why) from None
        return cls(tables, summary, events, changes)

    def day(self, scenario: Scenario, date: dt.date | None, named: set[str]) -> int:
        """The day that is meant: the one given, that of the tickets named, or the only one.

        Raises:
            InputError: no or more than one day could be meant, or nothing was dispatched on it.
        """
        trips = list(self.tables["trips"].records())
        dates = {dt.date.fromisoformat(row["date"]) for row in trips}
        meant = {date} if date else {dt.date.fromisoformat(r["date"]) for r in trips if r["ticket"] in named} or dates
        if len(meant) != 1 or not meant <= dates:
            days = ", ".join(sorted(map(str, dates)))
            raise InputError.single("--from", f"say the day as well, as in --from {min(dates, default='2025-03-03')}"
                                    f"T10:00; dispatched are {days}")  # fmt: skip
        return (meant.pop() - scenario.start).days


def _numbered(table: Table) -> Table:
    """Cells of number columns as numbers, blanks as None."""

    def cell(name: str, text: str) -> Any:
        if name in TEXTS:
            return text
        value = float(text) if text else None
        return int(value) if value is not None and name in ("seq", "trips", "charges", "loads", "part_loads") else value

    return Table(table.columns, [tuple(map(cell, table.columns, row)) for row in table.rows])


def named_tickets(path: Path | None) -> set[str]:
    """Tickets that a file of events names; nothing when it cannot be read, which is told later."""
    try:
        return {row.get("ticket", "") for row in Table.read_csv(path).records()} if path else set()
    except (OSError, ValueError, UnicodeDecodeError):
        return set()


@dataclass(frozen=True)
class Rest:
    """What is to be done.

    Attributes:
        published: what drivers have been told.
        day: of the horizon; now: its minute from which on everything is open that has not begun.
        actuals: file of events, if there are any.
        calm: empty km that a changed ticket counts.
    """

    published: Published
    day: int
    now: int
    actuals: Path | None
    calm: float = CALM


def dispatch_rest(
    scenario: Scenario, distances: Distances, flows: Table, rest: Rest, budget: Budget, progress: Progress
) -> tuple[dict[str, Any], dict[str, Table]]:
    """Dispatches the rest of a day anew; returns summary and tables of the whole horizon.

    Raises:
        InputError: what :func:`optimizer.dispatch.dispatch_scenario` refuses, and every fault of the events.
    """
    with progress.phase("facts"):
        network = build_network(scenario, distances)
        lanes = Lanes(scenario, read_flows(scenario, flows), rest.day)
        today = _Today(scenario, rest)
        gates = closed_gates(build_gates(scenario), scenario.place_ids, today.facts)
        others: list[tuple[Load, Ticket | None]] = [
            (Load(lanes.index(ticket.lane), rest.day, ticket.t, part=False), ticket) for ticket in today.facts.open
        ]
        left, new = list(today.left(lanes)), list(today.new_loads(network, lanes))
        others += [(load, None) for load in new]
        for ticket in (ticket for tickets in today.facts.begun.values() for ticket in tickets):
            lanes.index(ticket.lane)
        taken = _taken_by_others(scenario, rest, gates)
    until = None if budget.seconds is None else time.perf_counter() + budget.seconds
    with progress.phase("dispatch"):
        again = dispatch_again(scenario, network, gates, lanes.flows, rest.day, today.facts, others, left, taken,
                               budget, until, rest.calm, today.used_numbers())  # fmt: skip
    with progress.phase("tables"):
        week = Week(scenario, network, gates, lanes.flows, again.schedule.problem.loads, [again.schedule])
        tables = _merged(week, rest, today)
        changes = ticket_changes(week, again, today.facts)
        tables["changes"] = Table(CHANGES, [*rest.published.changes.rows, *changes.rows])
        days = [day for day in rest.published.summary["days"] if day["date"] != today.date]
        days = sorted([*days, day_figures(week, again.schedule)], key=lambda day: str(day["date"]))
    summary = summarise(scenario, tables, days, budget, progress)
    summary["again"] = change_figures(scenario, today.facts, changes, rest.day)
    return summary, tables


class Lanes:
    """The plan's lanes, and those that the day has beside the plan."""

    def __init__(self, scenario: Scenario, flows: list[Flow], day: int):
        self.flows, self._s, self._day = flows, scenario, day
        self._keys = {flow_key(scenario, flow): i for i, flow in enumerate(flows)}

    def index(self, lane: tuple[str, str, str, str]) -> int:
        """Number of a lane on this day."""
        if lane not in self._keys:
            places = self._s.place_ids
            commodity = self._s.materials.index[lane[2]] * GRADES + ("1", "2", "x").index(lane[3])
            self._keys[lane] = len(self.flows)
            self.flows.append(Flow(places.index(lane[0]), places.index(lane[1]), commodity, {}))
        self.flows[self._keys[lane]].t.setdefault(self._day, 0.0)
        return self._keys[lane]


class _Today:
    """The day that is dispatched anew: its tickets, events and facts."""

    def __init__(self, scenario: Scenario, rest: Rest):
        self.s, self.rest, self.date = scenario, rest, scenario.date(rest.day).isoformat()
        trips = {row["ticket"]: row for row in self.rows("trips")}
        others = set(rest.published.tables["trips"].column("ticket")) - trips.keys()
        before = [_event(row, scenario, rest.day) for row in rest.published.events.records()
                  if row["date"] == self.date]  # fmt: skip
        known = {_key(event) for event in before}
        named = {(event.kind, event.ticket) for event in before if event.kind in (NEW, CANCELLED)}
        told = [] if rest.actuals is None else read_events(rest.actuals, scenario, rest.day, rest.now, trips, others,
                                                           named)  # fmt: skip
        fresh = [event for event in told if event.kind in (DONE, RUNNING) or _key(event) not in known]
        self.fresh = [replace(event, at=rest.now) if event.kind in (BREAKDOWN, CLOSED) and event.at is None else event
                      for event in fresh]  # fmt: skip
        standing = [event for event in before if event.kind in (BREAKDOWN, CLOSED)]
        try:
            tickets = read_tickets(scenario, rest.day, trips.values())
        except KeyError as error:
            why = f"has no truck {error} any more, which has tickets that day; keep it and tell its breakdown"
            raise InputError.single("trucks.csv", why) from None
        self.facts = settle(scenario, tickets, self._homes(), [*standing, *self.fresh], rest.now)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Published rows of the day."""
        return [row for row in self.rest.published.tables[name].records() if row["date"] == self.date]

    def _homes(self) -> dict[int, tuple[int, int]]:
        numbers, midnight = truck_numbers(self.s), dt.datetime.combine(self.s.date(self.rest.day), dt.time())
        rows = [row for row in self.rows("trucks") if row["truck"] in numbers]
        times = [[minutes_of(row[name], midnight) for name in ("leave_for_home_at", "home_at")] for row in rows]
        return {numbers[row["truck"]]: (leaves, home) for row, (leaves, home) in zip(rows, times, strict=True)}

    def left(self, lanes: Lanes) -> Iterator[Load]:
        """Loads that had no truck before."""
        for row in self.rows("undone"):
            if not row["truck"]:
                lane = lanes.index((row["from"], row["to"], row["material"], row["grade"]))
                yield from [Load(lane, self.rest.day, row["t"] / row["loads"], part=False)] * row["loads"]

    def new_loads(self, network: Network, lanes: Lanes) -> Iterator[Load]:
        """Loads that are wanted now."""
        for event in self.facts.new:
            lane = lanes.index(event.lane)
            alone = replace(lanes.flows[lane], t={self.rest.day: event.t})
            for load in cut_loads(self.s, network, [alone]):
                yield replace(load, flow=lane)

    def stranded(self) -> list[tuple[Any, ...]]:
        """Rows of undone.csv for loads that stand on trucks."""
        before = [tuple(row.values()) for row in self.rows("undone") if row["truck"]]
        names = {number: name for name, number in truck_numbers(self.s).items()}
        for ticket in self.facts.stranded:
            truck = names[ticket.truck]
            why, why_zh = f"stands laden on {truck}, which broke down", f"装在故障车 {truck} 上"
            before.append((self.date, *ticket.lane, 1, ticket.t, why, why_zh, truck))
        return before

    def used_numbers(self) -> set[str]:
        """Numbers of tickets that there are or were."""
        p = self.rest.published
        void = (*p.changes.column("ticket"), *p.changes.column("ticket_now"), *p.events.column("ticket"))
        return {row["ticket"] for row in self.rows("trips")} | set(void)

    def event_rows(self) -> Iterator[tuple[Any, ...]]:
        """Rows of events.csv for what was told now."""
        s, day = self.s, self.rest.day
        tickets = {row["ticket"]: row for row in self.rows("trips")}
        for e in self.fresh:
            lane, t = e.lane, e.t
            if e.ticket in tickets:
                row = tickets[e.ticket]
                lane, t = (row["from"], row["to"], row["material"], row["grade"]), row["t"]
            moments = [None if m is None else clock(s, day, m) for m in (e.at, e.until, *e.times)]
            yield (self.date, clock(s, day, self.rest.now), e.kind, e.ticket, e.truck, e.place, e.what, *lane,
                   t or None, *moments)  # fmt: skip


def _key(event: Event) -> tuple[Any, ...]:
    return event.kind, event.ticket, event.truck, event.place, event.what, event.until


def _event(row: dict[str, str], scenario: Scenario, day: int) -> Event:
    """An event that was told before."""
    midnight = dt.datetime.combine(scenario.date(day), dt.time())
    at, until = (minutes_of(row[name], midnight) if row[name] else None for name in ("at", "until"))
    return Event(row["event"], row["ticket"], row["truck"], row["place"], row["what"], at=at, until=until, earlier=True)


def _taken_by_others(scenario: Scenario, rest: Rest, gates: Gates) -> Ints:
    """(G, T) bays taken by trucks of other days."""
    taken = np.zeros(gates.begin.shape, dtype=np.int64)
    date, midnight = scenario.date(rest.day).isoformat(), dt.datetime.combine(scenario.date(rest.day), dt.time())
    places = {name: node for node, name in enumerate(scenario.place_ids)}
    for row in rest.published.tables["trips"].records():
        if row["date"] == date:
            continue
        for place, what, moment in ((row["from"], "load", row["load_at"]), (row["to"], "tip", row["tip_at"])):
            at = minutes_of(moment, midnight)
            if 0 <= at < MINUTES:
                hold(gates.limits, taken, gates.of(places[place], what), at, TAKE)
    return taken


def _merged(week: Week, rest: Rest, today: _Today) -> dict[str, Table]:
    """The tables of all days: this one's from the schedule, the others' as published."""
    made = week_tables(week)
    made["helps"] = what_would_help(week)
    made["undone"].rows += today.stranded()
    was = {(row["from"], row["to"], row["material"], row["grade"]): row for row in today.rows("loads")}
    loads = Table(made["loads"].columns)
    for row in made["loads"].records():
        if row["date"] == today.date:
            old = was.get((row["from"], row["to"], row["material"], row["grade"]))
            row |= {"carried_t": old["carried_t"], "part_loads": old["part_loads"]} if old else {"carried_t": 0.0}
            loads.rows.append(tuple(row.values()))
    made["loads"] = loads
    tables = {}
    for name, published in rest.published.tables.items():
        others = [row for row in published.records() if row["date"] != today.date]
        rows = sorted([*others, *made[name].records()], key=lambda row: str(row["date"]))
        tables[name] = Table(made[name].columns, [tuple(row[c] for c in made[name].columns) for row in rows])
    tables["gates"] = gate_hours(week, tables["trips"])
    tables["events"] = Table(EVENTS, [*rest.published.events.rows, *today.event_rows()])
    return tables
