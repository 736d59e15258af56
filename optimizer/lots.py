"""One lot that somebody thinks of posting: what it says, and whether it can be asked about at all."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from optimizer.errors import Fault, InputError
from optimizer.scenario import GRADE_NAMES, GRADES, UNITS, Floats, Ints, Scenario

FILE = "lot"  # where faults are located
Adder = Callable[[str, str], None]


@dataclass(frozen=True)
class Lot:
    """A surplus or a need that is not in the market yet; fields mean what they mean in supplies.csv and demands.csv.

    Attributes:
        side: ``supply`` or ``demand``.
        lon, lat: WGS-84 degrees.
        materials: of a supply the one, of a demand all it accepts, the first being the one its tonnes are told in.
        quantity: in ``unit``; a supply's is released evenly over its dates.
        first, last: dates, inclusive; what lies outside the market's horizon is left out.
        unit: ``t`` or one of the m³.
        grade: ``1``, ``2``, ``x`` or blank, which is ``2``.
        daily_max: in ``unit``; None for no limit.
        reserve: ask or bid in CNY per t; None counts as 0, as in the goal `welfare`.
        required: whether all of it must be served, at ``unserved_per_t`` for what is not.
    """

    side: Literal["supply", "demand"]
    lon: float
    lat: float
    materials: tuple[str, ...]
    quantity: float
    first: dt.date
    last: dt.date
    unit: str = "t"
    grade: str = ""
    daily_max: float | None = None
    reserve: float | None = None
    required: bool = False


@dataclass(frozen=True)
class ReadLot:
    """A lot in the numbers of a scenario.

    Attributes:
        commodities: (k,) that it offers or takes.
        units_per_t: (M,) its own units that one t counts for; nan where it has nothing to do with the material.
        release: (days,) t that a supply releases within the horizon.
        quantity, daily_max: a supply's in t (within the horizon), a demand's in its own unit; ``inf`` for no limit.
        first, last: days of the horizon.
    """

    commodities: Ints
    units_per_t: Floats
    release: Floats
    quantity: float
    daily_max: float
    first: int
    last: int


def read_lot(scenario: Scenario, lot: Lot) -> ReadLot:
    """Converts a lot as a scenario's own tables are converted.

    Raises:
        InputError: with every fault, located by field.
    """
    faults = faults_of(scenario, lot)
    if faults:
        raise InputError(faults)
    index = scenario.materials.index
    materials = np.array([index[name] for name in dict.fromkeys(lot.materials)], dtype=np.int32)
    grade = GRADE_NAMES.index(lot.grade or "2") + 1
    grades = np.array([grade]) if lot.side == "supply" else np.arange(1, grade + 1)
    commodities = (materials[:, None] * GRADES + grades[None, :] - 1).ravel()
    density = scenario.materials.density[:, UNITS.index(lot.unit)]
    units_per_t = np.full(len(scenario.materials.ids), np.nan)
    units_per_t[materials] = 1.0 / density[materials]
    days = np.array([(scenario.date(day) - lot.first).days for day in range(scenario.days)])
    within = np.flatnonzero((days >= 0) & (days <= (lot.last - lot.first).days))
    to_t = float(density[materials[0]]) if lot.side == "supply" else 1.0
    release = np.zeros(scenario.days)
    release[within] = lot.quantity * to_t / ((lot.last - lot.first).days + 1)
    return ReadLot(
        commodities=commodities.astype(np.int32),
        units_per_t=units_per_t,
        release=release,
        quantity=float(release.sum()) if lot.side == "supply" else lot.quantity,
        daily_max=math.inf if lot.daily_max is None else lot.daily_max * to_t,
        first=int(within[0]),
        last=int(within[-1]),
    )


def faults_of(scenario: Scenario, lot: Lot) -> list[Fault]:
    """Everything that is wrong with a lot, apart from where the roads are."""
    faults: list[Fault] = []

    def add(column: str, message: str) -> None:
        faults.append(Fault(FILE, 0, column, message))

    if lot.side not in ("supply", "demand"):
        add("side", f"is {lot.side!r}; expected supply or demand")
    _check_what(scenario, lot, add)
    if not (math.isfinite(lot.quantity) and lot.quantity > 0):
        add("quantity", f"is {lot.quantity:g}; expected more than 0")
    if lot.daily_max is not None and not lot.daily_max > 0:
        add("daily_max", f"is {lot.daily_max:g}; expected more than 0, or blank for no limit")
    if lot.reserve is not None and not math.isfinite(lot.reserve):
        add("reserve", f"is {lot.reserve:g}; expected CNY per t")
    if not (-180 <= lot.lon <= 180 and -90 <= lot.lat <= 90):
        add("lon, lat", f"{lot.lon:g}, {lot.lat:g} is no place on earth; expected WGS-84 degrees")
    start, end = scenario.start, scenario.date(scenario.days - 1)
    if lot.last < lot.first:
        add("last", f"{lot.last} is before the first date, {lot.first}")
    elif lot.last < start or lot.first > end:
        add("first", f"none of the dates {lot.first} to {lot.last} is in this market, {start} to {end}")
    return faults


def _check_what(scenario: Scenario, lot: Lot, add: Adder) -> None:
    """Materials, grade and unit."""
    index = scenario.materials.index
    if not lot.materials:
        add("materials", "is blank; expected a material")
    if lot.side == "supply" and len(lot.materials) > 1:
        add("materials", f"names {len(lot.materials)}; expected one, for a surplus is of one material")
    for name in lot.materials:
        if name not in index:
            add("materials", f"there is no material {name!r}; expected one of {', '.join(sorted(index))}")
        elif lot.unit in UNITS and np.isnan(scenario.materials.density[index[name], UNITS.index(lot.unit)]):
            add("unit", f"{name} has no density in {lot.unit}; expected another unit")
    if lot.unit not in UNITS:
        add("unit", f"is {lot.unit!r}; expected one of {', '.join(UNITS)}")
    if lot.grade not in ("", *GRADE_NAMES):
        add("grade", f"is {lot.grade!r}; expected 1, 2, x or blank")
    elif lot.grade == "x" and lot.side == "demand":
        add("grade", "x goes to treatment or off-site only; expected 1 or 2")
