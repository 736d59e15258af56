"""``trucks.csv``, ``gates.csv`` and ``bans.csv``: who drives, where trucks are served, and when they may not drive."""

from __future__ import annotations

import numpy as np

from optimizer.intake.context import Intake, dates, days_of
from optimizer.intake.lookups import repeated
from optimizer.intake.typed import Column, Typed, rows_where
from optimizer.materials import narrow
from optimizer.scenario import Ban, Driving, Gate, Trucks

DAY = 24 * 60


def _hours(intake: Intake, table: Typed, start: str, end: str, blank: tuple[int, int]) -> list[tuple[int, int]]:
    """Minutes from and to of each row; an end before the start lies in the next morning, the same minute is a fault."""
    begin = np.where(table[start] < 0, blank[0], table[start])
    close = np.where(table[end] < 0, blank[1], table[end])
    for row in rows_where((begin == close) & ~table.bad[start] & ~table.bad[end]):
        what = f"is the same minute as {start}: no time is left; write 00:00 to 24:00 for the whole day"
        table.fault(intake.faults, row, end, what)
    close = np.where(close < begin, close + DAY, close)
    return list(zip(begin.tolist(), close.tolist(), strict=True))


def build_trucks(intake: Intake) -> Trucks:
    """The truck classes; where their depots lie is looked at by dispatch, since a plan does not need it."""
    table, faults = intake.tables["trucks"], intake.faults
    keys = table["truck"]
    for row, earlier in repeated(keys, among=keys != ""):
        table.fault(faults, row, "truck", f"{keys[row]} is already in row {table.lines[earlier]}; ids are used once")
    for row in rows_where(np.isnan(table["lon"]) != np.isnan(table["lat"])):
        table.fault(faults, row, "lon", "lon and lat belong together; give both or neither")
    carries, _ = intake.library.sets(table, "carries", faults, star=np.ones(len(table), dtype=bool))
    carries[[not cell for cell in table["carries"].tolist()]] = True
    loaded = table["range_loaded"]
    for name in ("range_empty", "charge_minutes", "chargers"):
        given = table[name] != "" if name == "chargers" else ~np.isnan(table[name])
        for row in rows_where(given & np.isnan(loaded) & ~table.bad["range_loaded"]):
            table.fault(faults, row, name, "is for electric trucks; give range_loaded too, or leave it blank")
    for row in rows_where(~np.isnan(loaded) & np.isnan(table["charge_minutes"]) & ~table.bad["charge_minutes"]):
        table.fault(faults, row, "charge_minutes", "is blank; an electric truck needs the minutes that charge it full")
    return Trucks(
        ids=table.text("truck"),
        count=_whole(table.filled("count", 1.0)),
        depot=table.text("depot"),
        lon=_floats(table["lon"]),
        lat=_floats(table["lat"]),
        payload=_floats(table["payload"]),
        body=_floats(table.filled("body", np.inf)),
        shift=tuple(_hours(intake, table, "shift_from", "shift_to", (0, DAY))),
        cost_per_km=_floats(table.filled("cost_per_km", 0.0)),
        cost_per_hour=_floats(table.filled("cost_per_hour", 0.0)),
        co2_per_km_loaded=_floats(table["co2_per_km_loaded"]),
        co2_per_km_empty=_floats(table["co2_per_km_empty"]),
        carrier=table.text("carrier"),
        vehicle=table.text("vehicle"),
        emission=_whole(table.filled("emission", 0.0)),
        carries=tuple(frozenset(np.flatnonzero(row).tolist()) for row in carries),
        driving_max=_floats(table.filled("driving_max", np.inf) * 60),
        rest_after=_whole(table.filled("rest_after", 4.0) * 60),
        rest=_whole(np.ceil(table.filled("rest", 20.0))),
        range_loaded=_floats(loaded),
        range_empty=_floats(np.where(np.isnan(table["range_empty"]), loaded, table["range_empty"])),
        charge_minutes=_floats(table["charge_minutes"]),
        reserve=_floats(table.filled("reserve", 0.1)),
        chargers=_chargers(intake, table),
    )


def _chargers(intake: Intake, table: Typed) -> tuple[tuple[int, ...], ...]:
    """Places where the trucks of each row can charge."""
    found: list[tuple[int, ...]] = []
    for row, text in enumerate(table["chargers"].tolist()):
        names = [name.strip() for name in text.replace("；", ";").split(";") if name.strip()]
        numbers = [intake.places.number.get(narrow(name), -1) for name in names]
        for name, number in zip(names, numbers, strict=True):
            if number < 0:
                told = f"'{name}' is no place of the scenario; expected ids of supplies, demands or facilities"
                table.fault(intake.faults, row, "chargers", told)
        found.append(tuple(dict.fromkeys(number for number in numbers if number >= 0)))
    return tuple(found)


def _floats(column: Column) -> tuple[float, ...]:
    return tuple(column.tolist())


def _whole(column: Column) -> tuple[int, ...]:
    return tuple(int(v) for v in np.nan_to_num(column).tolist())


def build_gates(intake: Intake, driving: Driving) -> tuple[Gate, ...]:
    """Loading and tipping places, the rows of one gate together."""
    table, faults = intake.tables["gates"], intake.faults
    place = intake.places.column(table, "place", faults)
    hours = _hours(intake, table, "opens", "closes", (0, DAY))
    rows_of: dict[tuple[int, str], list[int]] = {}
    for row in rows_where((place >= 0) & (table["what"] != "")):
        rows_of.setdefault((int(place[row]), str(table["what"][row])), []).append(row)
    gates = []
    for (node, what), rows in rows_of.items():
        for column in ("bays", "minutes", "wash", "per_hour"):
            _same(intake, table, rows, column)
        spells = sorted(hours[row] for row in rows)
        for row, earlier in ((b, a) for a in rows for b in rows if a < b):
            if hours[row][0] < hours[earlier][1] and hours[earlier][0] < hours[row][1]:
                table.fault(faults, row, "opens", f"overlaps row {table.lines[earlier]}; spells of a gate stay apart")
        standard = (driving.load_minutes, 0.0) if what == "load" else (driving.tip_minutes, driving.wash_minutes)
        minutes, wash, bays, per_hour = (float(table[c][rows[0]]) for c in ("minutes", "wash", "bays", "per_hour"))
        service = standard[0] if np.isnan(minutes) else minutes
        for row in rows:
            if 0 < hours[row][1] - hours[row][0] < service:
                told = f"leaves {hours[row][1] - hours[row][0]} min, less than the {service:g} that one truck takes"
                table.fault(faults, row, "closes", told)
        if not np.isnan(per_hour) and np.isnan(bays):
            table.fault(faults, rows[0], "bays", "is blank and per_hour is not; say how many trucks are served at once")
        gates.append(Gate(node, what, tuple(spells), int(np.nan_to_num(bays)),
                          service, standard[1] if np.isnan(wash) else wash,
                          np.inf if np.isnan(per_hour) else per_hour))  # fmt: skip
    return tuple(gates)


def _same(intake: Intake, table: Typed, rows: list[int], column: str) -> None:
    values = table[column]
    for row in rows[1:]:
        if values[row] != values[rows[0]] and not (np.isnan(values[row]) and np.isnan(values[rows[0]])):
            table.fault(intake.faults, row, column, f"differs from row {table.lines[rows[0]]}; all rows of one gate "
                        f"carry the same {column}")  # fmt: skip


def build_bans(intake: Intake) -> tuple[Ban, ...]:
    """Driving bans; one that names a vehicle class or street that nothing else has is a fault."""
    table, faults = intake.tables["bans"], intake.faults
    first, last, sound = dates(intake, table)
    hours = _hours(intake, table, "hour_from", "hour_to", (0, DAY))
    vehicles = set(intake.tables["trucks"]["vehicle"].tolist())
    streets = {s for name in ("supplies", "demands", "facilities") for s in intake.tables[name]["street"].tolist()}
    for column, known, where in (("vehicle", vehicles, "trucks.csv"), ("street", streets, "any table of places")):
        for row, text in enumerate(table[column].tolist()):
            if text and text not in known:
                table.fault(faults, row, column, f"'{text}' is no {column} of {where}; the ban would touch nothing")
    horizon, emission = intake.horizon, _whole(table["emission"])
    inside = sound & (first <= horizon.last) & (last >= horizon.first)
    return tuple(
        Ban(str(table["vehicle"][r]), emission[r], str(table["street"][r]), int(days_of(horizon, first[r])),
            int(days_of(horizon, last[r])), hours[r])
        for r in rows_where(inside)
    )  # fmt: skip
