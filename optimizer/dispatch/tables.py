"""A week's schedules as the tables that people read: tickets, trucks, loads by lane, gates by hour, what is left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.dispatch.batteries import DEPOT, is_electric
from optimizer.dispatch.days import Gates, touched
from optimizer.dispatch.loads import Flow, Load
from optimizer.dispatch.network import Network
from optimizer.dispatch.solve import DaySchedule
from optimizer.dispatch.state import (
    BACK,
    BACK_HOME,
    BATTERY,
    BEGIN,
    COME,
    DESTINATION,
    FIXED,
    FREE,
    GO,
    HOME,
    LADEN_MIN,
    LEG,
    LOAD,
    OFF,
    ORIGIN,
    PLACE,
    PLUG,
    SIZE,
    START,
    TIP,
    UNPLUG,
    Day,
    Routes,
)
from optimizer.scenario import Ints, Scenario
from optimizer.tables import Table

FILES = {"trips": "trips.csv", "trucks": "trucks.csv", "loads": "loads.csv", "gates": "gate_hours.csv",
         "undone": "undone.csv", "helps": "helps.csv", "replay": "replay.csv", "events": "events.csv",
         "changes": "ticket_changes.csv"}  # fmt: skip
CHARGE = ("charge_at", "plug_at", "unplug_at", "battery")  # before the leg to the load; the share left at the end
MOMENTS = ("start_at", "load_at", "depart_at", "arrive_at", "tip_at", "leave_at")
TRIPS = ("ticket", "date", "truck", "seq", "carrier", "from", "to", "material", "grade", "t", *MOMENTS, "km_loaded",
         "km_empty", "state", *CHARGE)  # fmt: skip
TRUCKS = ("date", "truck", "class", "carrier", "depot", "out_at", "leave_for_home_at", "home_at", "trips", "t",
          "km_loaded", "km_empty", "km_home", "driving_h", "duty_h", "fuel_l", "co2_kg", "cost",
          "fuel_loaded_l", "fuel_empty_l", "co2_loaded_kg", "co2_empty_kg", "state", *CHARGE, "charges",
          "charge_h")  # fmt: skip
CARRIER = ("trips", "t", "km_loaded", "km_empty", "duty_h", "fuel_l", "fuel_empty_l", "co2_kg", "co2_empty_kg", "cost")
UNDONE = ("date", "from", "to", "material", "grade", "loads", "t", "why", "why_zh", "truck")


@dataclass(frozen=True)
class Week:
    """Everything that was decided, for the tables."""

    scenario: Scenario
    network: Network
    gates: Gates
    flows: list[Flow]
    loads: list[Load]
    days: list[DaySchedule]


def clock(scenario: Scenario, day: int, minute: int) -> str:
    """A minute of a day as local time, ``2025-03-03T07:15``."""
    moment = dt.datetime.combine(scenario.date(day), dt.time()) + dt.timedelta(minutes=int(minute))
    return moment.isoformat(timespec="minutes")


def truck_name(scenario: Scenario, truck_class: int, ordinal: int) -> str:
    """``T4A-007``; the id itself where there is only one of the class."""
    name, count = scenario.trucks.ids[truck_class], scenario.trucks.count[truck_class]
    return name if count == 1 else f"{name}-{ordinal + 1:0{max(2, len(str(count)))}d}"


def truck_numbers(scenario: Scenario) -> dict[str, int]:
    """Every truck by name, numbered class by class as in the arrays."""
    trucks = scenario.trucks
    names = [truck_name(scenario, k, i) for k, count in enumerate(trucks.count) for i in range(count)]
    return {name: number for number, name in enumerate(names)}


def week_tables(week: Week) -> dict[str, Table]:
    """trips, trucks, loads, gates and undone."""
    trips, trucks = Table(TRIPS), Table(TRUCKS)
    for schedule in week.days:
        for truck in np.flatnonzero(schedule.routes.trucks[:, SIZE]).tolist():
            rows = list(_trips(week, schedule, truck))
            trips.rows += rows
            trucks.rows.append(_truck(week, schedule, truck, rows))
    return {"trips": trips, "trucks": trucks, "loads": _loads(week), "gates": gate_hours(week, trips),
            "undone": _undone(week)}  # fmt: skip


def _trips(week: Week, schedule: DaySchedule, truck: int) -> Iterator[tuple[Any, ...]]:
    problem, s = schedule.problem, week.scenario
    day, truck_class = problem.arrays, int(problem.classes[truck])
    name = truck_name(s, truck_class, int(problem.ordinal[truck]))
    for seq in range(schedule.routes.trucks[truck, SIZE]):
        visit = schedule.routes.visits[truck, seq]
        load = problem.loads[visit[LOAD]]
        flow = week.flows[load.flow]
        lane = day.lanes[day.lane[visit[LOAD]]]
        material, grade = s.commodity_name(flow.commodity)
        charged, start = _charge(week, schedule, truck, seq)
        moments = (visit[LEG] if start is None else start, *visit[[BEGIN, GO, COME, TIP, FREE]])
        times = [clock(s, problem.date, moment) for moment in moments]
        ticket = problem.tickets.get((truck, seq), f"{s.date(problem.date):%Y%m%d}-{name}-{seq + 1:02d}")
        over = visit[FREE] <= problem.now
        state = "planned" if seq >= day.trucks[truck, FIXED] else "done" if over else "running"
        yield (ticket, s.date(problem.date).isoformat(), name, seq + 1, s.trucks.carrier[truck_class],
               s.place_ids[flow.origin], s.place_ids[flow.destination], material, grade, load.t, *times,
               float(day.km[lane[ORIGIN], lane[DESTINATION]]), float(schedule.routes.legs[truck, seq]), state,
               *charged)  # fmt: skip


def _charge(week: Week, schedule: DaySchedule, truck: int, p: int) -> tuple[tuple[Any, ...], int | None]:
    """Cells of ``CHARGE`` for a position, and when the truck leaves for the charger if there is one."""
    problem, charges = schedule.problem, schedule.routes.charges
    if not len(charges) or not is_electric(week.scenario, int(problem.classes[truck])):
        return (None,) * len(CHARGE), None
    row, battery = charges[truck, p], float(charges[truck, p, BATTERY])
    if row[PLACE] < 0:
        return (None, None, None, battery), None
    node = int(problem.nodes[int(row[PLACE])])
    names = week.scenario.place_ids
    moments = [clock(week.scenario, problem.date, int(row[column])) for column in (PLUG, UNPLUG)]
    return (names[node] if node < len(names) else DEPOT, *moments, battery), int(row[OFF])


def _truck(week: Week, schedule: DaySchedule, truck: int, rows: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    problem, routes, s = schedule.problem, schedule.routes, week.scenario
    day, k = problem.arrays, int(problem.classes[truck])
    visits = routes.visits[truck, : routes.trucks[truck, SIZE]]
    lanes = day.lanes[day.lane[visits[:, LOAD]]]
    stops = np.concatenate([[day.trucks[truck, START]], lanes[:, DESTINATION]])
    heads = np.concatenate([lanes[:, ORIGIN], [day.trucks[truck, HOME]]])
    km_home = float(routes.legs[truck, len(visits)])
    km_loaded, km_empty = (sum(row[TRIPS.index(name)] for row in rows) for name in ("km_loaded", "km_empty"))
    km_empty += km_home
    driving = int(lanes[:, LADEN_MIN].sum()) + _empty_minutes(day, routes, truck, stops, heads)
    _, off = _charge(week, schedule, truck, 0)
    out, home = int(visits[0, LEG]) if off is None else off, int(routes.trucks[truck, BACK_HOME])
    charged, _ = _charge(week, schedule, truck, len(visits))
    plugged = _plugged(routes, truck, len(visits))
    burns = 0 if is_electric(s, k) else 1
    fuel = (burns * km_loaded * s.driving.fuel_loaded / 100, burns * km_empty * s.driving.fuel_empty / 100)
    co2 = (_or(km_loaded * s.trucks.co2_per_km_loaded[k], fuel[0] * s.driving.co2_per_l),
           _or(km_empty * s.trucks.co2_per_km_empty[k], fuel[1] * s.driving.co2_per_l))  # fmt: skip
    cost = (km_loaded + km_empty) * s.trucks.cost_per_km[k] + (home - out) / 60 * s.trucks.cost_per_hour[k]
    return (rows[0][1], rows[0][2], s.trucks.ids[k], s.trucks.carrier[k], s.trucks.depot[k],
            clock(s, problem.date, out), clock(s, problem.date, routes.trucks[truck, BACK]),
            clock(s, problem.date, home), len(rows), sum(row[9] for row in rows), km_loaded, km_empty, km_home,
            driving / 60, (home - out) / 60, sum(fuel), sum(co2), cost, *fuel, *co2,
            "out" if truck in problem.stay else None, *charged, len(plugged), sum(plugged) / 60)  # fmt: skip


def _empty_minutes(day: Day, routes: Routes, truck: int, stops: Ints, heads: Ints) -> int:
    """Minutes of all empty legs, by way of the chargers."""
    if not len(routes.charges):
        return int(day.minutes[stops, heads].sum())
    place = routes.charges[truck, : len(stops), PLACE].astype(np.int64)
    by = np.where(place >= 0, place, stops)
    return int((day.minutes[stops, by] + day.minutes[by, heads]).sum())


def _plugged(routes: Routes, truck: int, size: int) -> list[float]:
    """Minutes of each charge of a truck's day."""
    if not len(routes.charges):
        return []
    rows = routes.charges[truck, : size + 1]
    return [float(row[UNPLUG] - row[PLUG]) for row in rows if row[PLACE] >= 0]


def _or(value: float, otherwise: float) -> float:
    return otherwise if np.isnan(value) else value


def _loads(week: Week) -> Table:
    """Per lane and day: the plan's t, the t of its loads, what is carried on, what is left undone."""
    s = week.scenario
    table = Table(("date", "from", "to", "material", "grade", "plan_t", "loads", "part_loads", "loads_t", "carried_t",
                   "done_t", "undone_t"))  # fmt: skip
    undone: dict[tuple[int, int], float] = {}
    for schedule in week.days:
        for i in schedule.undone.tolist():
            load = schedule.problem.loads[i]
            undone[load.flow, load.day] = undone.get((load.flow, load.day), 0.0) + load.t
    cut: dict[tuple[int, int], list[Load]] = {}
    for load in week.loads:
        cut.setdefault((load.flow, load.day), []).append(load)
    for f, flow in enumerate(week.flows):
        material, grade = s.commodity_name(flow.commodity)
        carried = 0.0
        for day in sorted(flow.t):
            loads = cut.get((f, day), [])
            t, left = sum(load.t for load in loads), undone.get((f, day), 0.0)
            carried += flow.t[day] - t
            table.rows.append((s.date(day).isoformat(), s.place_ids[flow.origin], s.place_ids[flow.destination],
                               material, grade, flow.t[day], len(loads), sum(load.part for load in loads), t,
                               carried if abs(carried) > 1e-6 else 0.0, t - left, left))  # fmt: skip
    table.rows.sort(key=lambda row: row[:5])
    return table


def gate_hours(week: Week, trips: Table) -> Table:
    """Arrival profile: trucks served per gate and hour, and how much of its bays they take."""
    places = {name: i for i, name in enumerate(week.scenario.place_ids)}
    count: dict[tuple[str, str, str], int] = {}
    for row in trips.records():
        for place, what, moment in ((row["from"], "load", row["load_at"]), (row["to"], "tip", row["tip_at"])):
            key = (moment[:13] + ":00", place, what)
            count[key] = count.get(key, 0) + 1
    table = Table(("hour", "place", "what", "trucks", "bays", "busy_share"))
    for (hour, place, what), trucks in sorted(count.items()):
        bays, hold = week.gates.limits[week.gates.of(places[place], what)].tolist()
        table.rows.append((hour, place, what, trucks, bays or None, trucks * hold / (60 * bays) if bays else None))
    return table


def _undone(week: Week) -> Table:
    """Loads without a truck, by lane and day, with the first reason that holds; ``truck``: the one they stand on."""
    s, table = week.scenario, Table(UNDONE)
    for schedule in week.days:
        groups: dict[int, list[Load]] = {}
        for i in schedule.undone.tolist():
            groups.setdefault(schedule.problem.loads[i].flow, []).append(schedule.problem.loads[i])
        for f, loads in sorted(groups.items()):
            flow = week.flows[f]
            material, grade = s.commodity_name(flow.commodity)
            table.rows.append((s.date(schedule.problem.date).isoformat(), s.place_ids[flow.origin],
                               s.place_ids[flow.destination], material, grade, len(loads),
                               sum(load.t for load in loads), *_why(week, schedule, flow), None))  # fmt: skip
    return table


def _why(week: Week, schedule: DaySchedule, flow: Flow) -> tuple[str, str]:
    """The first reason that holds, in English and Chinese."""
    s, day = week.scenario, schedule.problem.date
    able = [k for k in range(len(s.trucks.ids)) if flow.material in s.trucks.carries[k]]
    if all(any(ban.first <= day <= ban.last and touched(s, ban, k) for ban in s.bans) for k in able):
        return "bans leave the trucks that may carry it too few hours", "限行后可承运车辆的时间不足"
    for node, what in ((flow.origin, "load"), (flow.destination, "tip")):
        gate = week.gates.of(node, what)
        if week.gates.limits[gate, 0] or gate > 1:
            name, does = s.place_ids[node], {"load": "装车", "tip": "卸车"}[what]
            return (f"the hours and bays of the gate {name} ({what}), or the shifts of the trucks, are used up",
                    f"{name}（{does}）的服务时间与车位，或车辆班次，已用满")  # fmt: skip
    return "the shifts of the trucks that may carry it are used up", "可承运车辆的班次已用满"


def by_carrier(trucks: Table) -> list[dict[str, Any]]:
    """Truck days, trips, t, km, hours, litres, kg and CNY per carrier."""
    found: dict[str, dict[str, Any]] = {}
    for row in trucks.records():
        total = found.setdefault(row["carrier"], dict.fromkeys(("truck_days", *CARRIER, "km"), 0.0))
        total["truck_days"] += 1
        total["km"] += row["km_loaded"] + row["km_empty"]
        for name in CARRIER:
            total[name] += row[name]
    return [{"carrier": name, **total} for name, total in sorted(found.items())]


def total(table: Table, column: str) -> float:
    """Sum of a column."""
    return float(sum(table.column(column)))
