"""Tickets and truck days as published, in minutes from midnight of the first day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.dispatch.batteries import DEPOT
from optimizer.dispatch.tables import MOMENTS
from optimizer.scenario import Bools, Floats, Ints, Scenario
from optimizer.tables import Table

START, LOAD, DEPART, ARRIVE, TIP, LEAVE = range(6)
MIDNIGHT = 24 * 60


@dataclass(frozen=True)
class Charge:
    """Before a leg: at which node, plugged in and unplugged at which minutes."""

    node: int
    plug: float
    unplug: float


@dataclass(frozen=True)
class TruckDay:
    """A truck's shift: its tickets by number, in order, and when it should be home."""

    truck: str
    truck_class: int
    day: int
    tickets: tuple[int, ...]
    back: float  # leaves for home
    home: float
    shift_end: float
    stays: bool  # it broke down, and does not come home by itself
    charge: Charge | None  # on the way home


@dataclass(frozen=True)
class Schedule:
    """n tickets and the truck days that drive them.

    Attributes:
        names: (n,) ticket numbers.
        origin, destination: (n,) nodes of the scenario.
        at: (n, 6) minutes of ``MOMENTS``.
        facts: (n,) tickets that are done or under way: they go as they went.
        charges: (n,) where a truck charges before it goes to load.
        days: truck days, the earlier ones of a truck first.
    """

    names: tuple[str, ...]
    origin: Ints
    destination: Ints
    at: Floats
    facts: Bools
    charges: tuple[Charge | None, ...]
    days: tuple[TruckDay, ...]


def read_schedule(scenario: Scenario, trips: Table, trucks: Table) -> Schedule:
    """The schedule of trips.csv and trucks.csv.

    Raises:
        ValueError: names that the scenario does not know, moments that are none, truck days that do not fit.
    """
    places = {name: node for node, name in enumerate(scenario.place_ids)}
    classes = {name: k for k, name in enumerate(scenario.trucks.ids)}
    rows = list(trips.records())
    own: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for i, row in enumerate(rows):
        own[row["truck"], row["date"]].append((int(row["seq"]), i))
    days: list[TruckDay] = []
    charges: dict[int, Charge | None] = {}
    for record in sorted(trucks.records(), key=lambda record: (record["truck"], record["date"])):
        if record["class"] not in classes or (record["truck"], record["date"]) not in own:
            raise ValueError(f"trucks.csv: {record['truck']} on {record['date']} is no truck with tickets")
        k = classes[record["class"]]
        day = (dt.date.fromisoformat(record["date"]) - scenario.start).days
        tickets = tuple(i for _, i in sorted(own.pop((record["truck"], record["date"]))))
        back, home = (minute(scenario, record[name]) for name in ("leave_for_home_at", "home_at"))
        end = day * MIDNIGHT + scenario.trucks.shift[k][1]
        charge = _charge(scenario, places, record, k)
        stays = record.get("state") == "out"
        days.append(TruckDay(record["truck"], k, day, tickets, back, home, float(end), stays, charge))
        charges |= {i: _charge(scenario, places, rows[i], k) for i in tickets}
    unknown = {row[end] for row in rows for end in ("from", "to")} - places.keys()
    if own or unknown:
        raise ValueError(
            f"trips.csv: nobody knows {', '.join(sorted(unknown) or sorted(' '.join(key) for key in own))}"
        )
    return Schedule(
        names=tuple(row["ticket"] for row in rows),
        origin=np.array([places[row["from"]] for row in rows], dtype=np.int32),
        destination=np.array([places[row["to"]] for row in rows], dtype=np.int32),
        at=np.array([[minute(scenario, row[name]) for name in MOMENTS] for row in rows]).reshape(-1, 6),
        facts=np.array([row.get("state", "planned") != "planned" for row in rows], dtype=bool),
        charges=tuple(charges[i] for i in range(len(rows))),
        days=tuple(days),
    )


def _charge(scenario: Scenario, places: dict[str, int], row: dict[str, Any], truck_class: int) -> Charge | None:
    name = row.get("charge_at")
    if not name:
        return None
    node = len(places) + truck_class if name == DEPOT else places[name]
    return Charge(node, minute(scenario, row["plug_at"]), minute(scenario, row["unplug_at"]))


def minute(scenario: Scenario, moment: str) -> float:
    """Minutes from midnight of the first day."""
    spent = dt.datetime.fromisoformat(moment) - dt.datetime.combine(scenario.start, dt.time())
    return spent.total_seconds() / 60
