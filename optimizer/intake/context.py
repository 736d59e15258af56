"""What every check needs, and what all places have in common: windows and coordinates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.intake.faults import Faults
from optimizer.intake.lookups import Ids, Library
from optimizer.intake.settings import Horizon
from optimizer.intake.typed import Column, Typed, rows_where
from optimizer.scenario import Bools, Floats, Ints

NO_GRADE_X = "grade x (exceeds GB 36600 class 2) may only go to treatment or offsite; expected 1 or 2"


@dataclass(frozen=True)
class Intake:
    """The typed tables with all that is needed to check them.

    Attributes:
        tables: by name, all of the schema; absent ones are empty.
        library: the materials.
        horizon: the planned days.
        distances_given: coordinates are not needed for distances.
        places: ids of supplies, demands and facilities, numbered in this order.
        faults: collects.
    """

    tables: Mapping[str, Typed]
    library: Library
    horizon: Horizon
    distances_given: bool
    places: Ids
    faults: Faults


def dates(intake: Intake, table: Typed) -> tuple[Column, Column, Bools]:
    """First and last date of each row as ordinals, blanks at the ends of the horizon; and which rows are in order."""
    horizon = intake.horizon
    first = np.where(table["from"] == 0, horizon.first, table["from"])
    last = np.where(table["to"] == 0, horizon.last, table["to"])
    backwards = (table["from"] > 0) & (table["to"] > 0) & (last < first)
    for row in rows_where(backwards):
        table.fault(intake.faults, row, "to", f"{iso(last[row])} is before `from`, {iso(first[row])}")
    sound = ~(backwards | table.bad["from"] | table.bad["to"])
    return first, last, sound


def inside(intake: Intake, table: Typed, first: Column, last: Column, sound: Bools) -> tuple[Ints, Ints]:
    """Days of the horizon on which each row is active; rows that are wholly outside become faults."""
    horizon = intake.horizon
    if horizon.known:
        for row in rows_where(sound & (last < horizon.first)):
            message = f"ends {iso(last[row])}, before the horizon ({horizon}); correct the date or take the row out"
            table.fault(intake.faults, row, "to", message)
        for row in rows_where(sound & (first > horizon.last)):
            message = f"begins {iso(first[row])}, after the horizon ({horizon}); correct the date or take the row out"
            table.fault(intake.faults, row, "from", message)
    return days_of(horizon, first), days_of(horizon, last)


def days_of(horizon: Horizon, ordinals: Column) -> Ints:
    """Day numbers of dates, clipped to the horizon."""
    return np.clip(np.asarray(ordinals) - horizon.first, 0, horizon.days - 1).astype(np.int32)


def iso(ordinal: Any) -> str:
    """A date as messages show it."""
    return dt.date.fromordinal(int(ordinal)).isoformat()


def coordinates(intake: Intake, table: Typed) -> tuple[Floats, Floats]:
    """Longitude and latitude; blank ones are faults unless the scenario gives distances."""
    lon, lat = table["lon"], table["lat"]
    for name, values, other in (("lon", lon, lat), ("lat", lat, lon)):
        blank = np.isnan(values) & ~table.bad[name]
        half = blank & ~np.isnan(other)
        for row in rows_where(blank if not intake.distances_given else half):
            need = (
                "lon and lat belong together" if half[row] else "coordinates are needed unless [roads] names distances"
            )
            table.fault(intake.faults, row, name, f"is blank; {need}")
    if not intake.distances_given:
        for row in rows_where((lon == 0) & (lat == 0)):
            table.fault(intake.faults, row, "lon", "0, 0 lies in the sea off Africa; write the place's own coordinates")
    return lon, lat


def names(table: Typed, key: str) -> tuple[str, ...]:
    """Shown names; the id where blank."""
    return tuple(n or i for n, i in zip(table["name"].tolist(), table[key].tolist(), strict=True))


def refuse_grade_x(intake: Intake, table: Typed, rows: Bools) -> None:
    """Faults for rows that would take soil of grade x where nobody but treatment and offsite may."""
    for row in rows_where(rows & (table["grade"] == 3)):
        table.fault(intake.faults, row, "grade", NO_GRADE_X)
