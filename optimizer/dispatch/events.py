"""What has become of a day so far: the file of ``cutfill dispatch --from HH:MM --actuals``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.dispatch.days import MIDNIGHT
from optimizer.dispatch.tables import CHARGE, MOMENTS, truck_numbers
from optimizer.intake.csv_source import read_csv
from optimizer.intake.faults import Faults, Refused
from optimizer.intake.typed import Typed, read_table
from optimizer.scenario import GRADES, Scenario
from optimizer.schema import MOST_T, PLACE_TABLES, Field, TableSpec

DONE, RUNNING, CANCELLED, NEW, BREAKDOWN, CLOSED = KINDS = (
    "done", "running", "cancelled", "new", "breakdown", "closed",
)  # fmt: skip
WHATS = ("load", "tip")
TRIPS_ONLY = ("date", "seq", "carrier", "km_loaded", "km_empty", "state", *CHARGE)
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


def _moment(name: str, en: str, zh: str) -> Field:
    return Field(name, "text", f"{en}: 10:25 or 2025-03-03T10:25.", f"{zh}：10:25 或 2025-03-03T10:25。")


EVENTS = TableSpec("tickets", "What has become of the day so far.", "当天至今的实际情况。", (
    Field("event", "choice", "What the row tells; blank = done, running, or nothing new, as its times are by --from.",
          "本行内容；空白则按各时刻与 --from 判断：done、running 或无新情况。", choices=KINDS),
    Field("ticket", "text", "Ticket of done, running, cancelled; a name of your own for new.",
          "done、running、cancelled 的联单号；new 时为自定名称。"),
    Field("truck", "text", "Truck of breakdown; of done and running if another one drove.",
          "breakdown 的车辆；done、running 换车时填写。"),
    Field("place", "ref", "Place of closed.", "closed 的地点。", refers=PLACE_TABLES),
    Field("what", "choice", "Gate of closed; blank = both.", "closed 的闸口；空白为装卸两处。", choices=WHATS),
    Field("from", "ref", "Where new is loaded.", "new 的装车地点。", refers=PLACE_TABLES),
    Field("to", "ref", "Where new is tipped.", "new 的卸车地点。", refers=PLACE_TABLES),
    Field("material", "material", "Material of new.", "new 的材料。"),
    Field("grade", "grade", "Grade of new; blank = 2.", "new 的等级；空白为 2。"),
    Field("t", "number", "Tonnes of new, cut into loads.", "new 的吨数，按车拆分。", unit="t", low=0, high=MOST_T),
    _moment("at", "When breakdown or closed begins; blank = --from", "breakdown、closed 的开始；空白为 --from"),
    _moment("until", "When it ends; blank = the rest of the day", "结束时间；空白为当天余下时间"),
    *(_moment(name, "When it really was", "实际时间") for name in MOMENTS),
    *(Field(name, "text", "Not read.", "不读取。") for name in TRIPS_ONLY),
))  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One row; minutes count from midnight of the day, None where blank.

    Attributes:
        lane: from, to, material, grade of ``new``, as trips.csv writes them.
        earlier: it was told when the day was dispatched anew before.
        times: minutes of ``MOMENTS``.
    """

    kind: str
    ticket: str = ""
    truck: str = ""
    place: str = ""
    what: str = ""
    lane: tuple[str, str, str, str] = ("", "", "", "")
    t: float = 0.0
    at: int | None = None
    until: int | None = None
    earlier: bool = False
    times: tuple[int | None, ...] = (None,) * len(MOMENTS)


def read_events(
    path: Path,
    scenario: Scenario,
    day: int,
    now: int,
    trips: Mapping[str, Mapping[str, Any]],
    others: set[str],
    told: set[tuple[str, str]],
) -> list[Event]:
    """The events of a day. A corrected copy of trips.csv is one: rows that have not begun tell nothing.

    Args:
        path: a CSV file with the columns of ``EVENTS``.
        scenario: the scenario.
        day: of the horizon.
        now: minute of the day from which on trucks are dispatched anew.
        trips: published tickets of the day, by number.
        others: tickets of other days.
        told: (event, ticket) that were told before; they may be told again.

    Raises:
        InputError: with every fault of the file.
    """
    faults = Faults()
    table = read_table(read_csv(path, EVENTS, path.name, faults, {}), EVENTS, path.name, faults)
    reader = _Reader(scenario, day, now, trips, table, faults)
    cells = list(zip(table["event"].tolist(), table["ticket"].tolist(), strict=True))
    news = [row for row, (event, ticket) in enumerate(cells)
            if (event or ticket not in others) and (event, ticket) not in told]  # fmt: skip
    events = [event for row in news if (event := reader.event(row)) is not None]
    faults.raise_if_any()
    return events


class _Reader:
    def __init__(self, scenario: Scenario, day: int, now: int, trips: Mapping[str, Any], table: Typed, faults: Faults):
        self.s, self.day, self.now, self.trips = scenario, day, now, trips
        self.table, self.faults = table, faults
        self.known_trucks = truck_numbers(scenario)
        self.midnight = dt.datetime.combine(scenario.date(day), dt.time())
        self.named: dict[str, int] = {}

    def event(self, row: int) -> Event | None:
        """One row, with its faults told; None when it tells nothing."""
        cell = {name: str(self.table[name][row]) for name in ("event", "ticket", "truck", "place", "what")}
        times = tuple(self.minute(row, name) for name in MOMENTS)
        at, until = self.minute(row, "at"), self.minute(row, "until")
        kind = cell["event"] or ("" if self.table.bad["event"][row] else self.by_times(times))
        if cell["truck"] and cell["truck"] not in self.known_trucks:
            self.fault(row, "truck", Refused(f"{cell['truck']} is no truck of trucks.csv", cell["truck"],
                                             tuple(self.known_trucks)))  # fmt: skip
        if not kind:
            return None
        if kind in (DONE, RUNNING, CANCELLED, NEW):
            self.ticket(row, kind, cell["ticket"])
        if kind in (DONE, RUNNING):
            self.times(row, kind, times)
        if kind == BREAKDOWN and not cell["truck"]:
            self.fault(row, "truck", "is blank; breakdown needs the truck")
        if kind == BREAKDOWN and at is not None and at > self.now:
            self.fault(row, "at", "is after --from; tell a breakdown when it has happened")
        if kind in (BREAKDOWN, CLOSED) and until is not None and until <= (self.now if at is None else at):
            self.fault(row, "until", "is not after it began")
        if kind == CLOSED:
            self.place(row, "place", cell["place"])
        lane, t = self.new(row) if kind == NEW else (("", "", "", ""), 0.0)
        return Event(kind, cell["ticket"], cell["truck"], cell["place"], cell["what"], lane, t, at, until, times=times)

    def by_times(self, times: tuple[int | None, ...]) -> str:
        """What a ticket is whose row does not say it."""
        if times[-1] is not None and times[-1] <= self.now:
            return DONE
        begun = next((minute for minute in times if minute is not None), self.now)
        return RUNNING if begun < self.now else ""

    def fault(self, row: int, column: str, message: str | Refused) -> None:
        """A fault of a row."""
        self.table.fault(self.faults, row, column, message)

    def minute(self, row: int, name: str) -> int | None:
        """Minutes from midnight of the day; None where blank or wrong."""
        text = str(self.table[name][row]).strip()
        if not text:
            return None
        if clock := _CLOCK.fullmatch(text):
            return int(clock[1]) * 60 + int(clock[2])
        try:
            spent = dt.datetime.fromisoformat(text).replace(tzinfo=None) - self.midnight
        except ValueError:
            self.fault(row, name, f"{text!r} is no moment; write it as 10:25 or {self.midnight:%Y-%m-%d}T10:25")
            return None
        if not 0 <= spent.total_seconds() < 2 * MIDNIGHT * 60:
            self.fault(row, name, f"{text} is not on {self.midnight:%Y-%m-%d}, the day that is dispatched anew")
            return None
        return int(spent.total_seconds() // 60)

    def ticket(self, row: int, kind: str, ticket: str) -> None:
        """It is named, once, and published unless it is new."""
        if not ticket:
            self.fault(row, "ticket", f"is blank; {kind} needs " + ("a name" if kind == NEW else "the ticket's number"))
        elif ticket in self.named:
            self.fault(row, "ticket", f"{ticket} is told already in row {self.named[ticket]}; keep one")
        elif kind != NEW and ticket not in self.trips:
            self.fault(row, "ticket", Refused(f"{ticket} is no ticket of {self.midnight:%Y-%m-%d}", ticket,
                                              tuple(self.trips)))  # fmt: skip
        elif kind == NEW and ticket in self.trips:
            self.fault(row, "ticket", f"{ticket} is a published ticket; give the new load a name of its own")
        self.named.setdefault(ticket, int(self.table.lines[row]))

    def times(self, row: int, kind: str, times: tuple[int | None, ...]) -> None:
        """They follow each other, and what is done is over."""
        latest, earlier = -1, ""
        for name, minute in zip(MOMENTS, times, strict=True):
            if minute is not None and minute < latest:
                self.fault(row, name, f"is before {earlier}")
            if minute is not None:
                latest, earlier = minute, name
        if kind == DONE and latest > self.now:
            self.fault(row, earlier, "is after --from; what is not over is running")
        if kind == RUNNING and times[0] is not None and times[0] > self.now:
            self.fault(row, MOMENTS[0], "is after --from; what has not begun is not told")

    def place(self, row: int, column: str, name: str) -> None:
        """There is such a place."""
        if not name:
            self.fault(row, column, "is blank; expected the id of a place")
        elif name not in self.s.place_ids:
            self.fault(row, column, Refused(f"{name} is no place of the scenario", name, tuple(self.s.place_ids)))

    def new(self, row: int) -> tuple[tuple[str, str, str, str], float]:
        """Lane and t of new loads."""
        ends = str(self.table["from"][row]), str(self.table["to"][row])
        for column, name in zip(("from", "to"), ends, strict=True):
            self.place(row, column, name)
        material, grade = str(self.table["material"][row]), int(self.table["grade"][row]) or 2
        index = self.s.materials.index.get(material)
        if index is None:
            self.fault(row, "material", Refused(f"{material or 'blank'} is no material of the scenario; write its id",
                                                material, tuple(self.s.materials.ids)))  # fmt: skip
        t = float(self.table["t"][row])
        if not t > 0:
            self.fault(row, "t", "is blank or 0; expected the tonnes that are to move")
        if index is None or not set(ends) <= set(self.s.place_ids):
            return ("", "", "", ""), 0.0
        origin, destination = (self.s.place_ids.index(name) for name in ends)
        self.ends(row, origin, destination, index, grade)
        name, shown = self.s.commodity_name(index * GRADES + grade - 1)
        return (*ends, name, shown), t

    def ends(self, row: int, origin: int, destination: int, material: int, grade: int) -> None:
        """Nothing leaves a need, nothing enters a lot, and a need takes what it accepts."""
        s, ids = self.s, self.s.place_ids
        if s.first_demand <= origin < s.first_facility:
            self.fault(row, "from", f"{ids[origin]} is a demand; expected a supply or facility")
        if destination < s.first_demand:
            self.fault(row, "to", f"{ids[destination]} is a supply; expected a demand or facility")
        elif destination < s.first_facility and np.isnan(s.demands.units_per_t[destination - s.first_demand, material]):
            self.fault(row, "material", f"{ids[destination]} does not accept it")
        if origin < s.first_demand and s.supplies.commodity[origin] != material * GRADES + grade - 1:
            own = " grade ".join(s.commodity_name(int(s.supplies.commodity[origin])))
            self.fault(row, "material", f"{ids[origin]} holds {own}; correct the material or the grade")
