"""``facilities.csv`` and ``calendar.csv``: what each place takes, and on which days."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from optimizer.intake.context import Intake, coordinates, dates, days_of, iso, names, refuse_grade_x
from optimizer.intake.typed import Typed, rows_where
from optimizer.scenario import PLANTS, Bools, Facilities, Floats, Ints


def build_facilities(intake: Intake) -> Facilities:
    """The facilities, with their limits by day."""
    table, faults = intake.tables["facilities"], intake.faults
    kind = table["kind"]
    accepts, _ = intake.library.sets(table, "accepts", faults, star=kind != "quarry")
    from_, to, _ = dates(intake, table)
    lon, lat = coordinates(intake, table)
    day = np.arange(intake.horizon.days) + intake.horizon.first
    within = (day >= from_[:, None]) & (day <= to[:, None])
    daily_in, daily_out, closed = _daily(intake, table)
    holds = np.isin(kind, ("yard", *PLANTS))
    return Facilities(
        ids=table.text("facility"),
        names=names(table, "facility"),
        kind=table.text("kind"),
        lon=lon,
        lat=lat,
        accepts=accepts,
        grade=_grades(intake, table),
        open=within & (np.where(table["status"] == "", "open", table["status"]) == "open")[:, None] & ~closed,
        dates=within & ~closed,
        daily_in=daily_in,
        daily_out=daily_out,
        storage=np.where(np.isnan(table["storage"]), np.where(holds, 0.0, np.inf), table["storage"]),
        fee=table.filled("fee", 0.0),
        hold_cost=table.filled("hold_cost", 0.0),
        end_cost=table.filled("end_cost", 0.0),
        end_stock_max=table.filled("end_stock_max", np.inf),
        longest_stay=table.filled("longest_stay", np.inf),
        opening_cost=table.filled("opening_cost", 0.0),
        status=tuple(s or "open" for s in table["status"].tolist()),
        street=table.text("street"),
    )


def _grades(intake: Intake, table: Typed) -> Ints:
    """(F,) worst grade each takes; quarries sell grade 1 whatever is written."""
    kind, given = table["kind"], table["grade"]
    cleans = np.isin(kind, ("treatment", "offsite"))
    quarry = kind == "quarry"
    refuse_grade_x(intake, table, ~cleans & ~quarry & (kind != ""))
    for row in rows_where(quarry & (given > 1)):
        intake.faults.note(
            f"{table.file}: goods of the quarry {table['facility'][row]} are grade 1; its grade is ignored"
        )
    grade = np.where(given == 0, np.where(cleans, 3, 2), given)
    return np.where(quarry, 1, grade).astype(np.int32)


def _daily(intake: Intake, table: Typed) -> tuple[Floats, Floats, Bools]:
    """(F, days) limits in and out, those of calendar.csv on its dates; and which days are closed by it."""
    rows, horizon, faults = intake.tables["calendar"], intake.horizon, intake.faults
    shape = (len(table), horizon.days)
    daily_in = np.broadcast_to(table.filled("daily_in", np.inf)[:, None], shape).copy()
    daily_out = np.broadcast_to(table.filled("daily_out", np.inf)[:, None], shape).copy()
    closed = np.zeros(shape, dtype=bool)
    facility = intake.places.column(rows, "facility", faults)
    first, last, sound = dates(intake, rows)
    blank = np.isnan(rows["daily_in"]) & np.isnan(rows["daily_out"]) & ~rows.bad["daily_in"] & ~rows.bad["daily_out"]
    for row in rows_where(blank):
        rows.fault(faults, row, "daily_in", "is blank and so is daily_out; give at least one (both 0 = closed)")
    good = sound & (facility >= 0) & (rows["from"] > 0) & (rows["to"] > 0)
    _refuse_overlaps(intake, rows, facility, first, last, good)
    for row in rows_where(good & (first <= horizon.last) & (last >= horizon.first)):
        days = slice(days_of(horizon, first[row]), days_of(horizon, last[row]) + 1)
        for limits, value in ((daily_in, rows["daily_in"][row]), (daily_out, rows["daily_out"][row])):
            if not np.isnan(value):
                limits[facility[row], days] = value
        closed[facility[row], days] = rows["daily_in"][row] == 0 and rows["daily_out"][row] == 0
    return daily_in, daily_out, closed


def _refuse_overlaps(
    intake: Intake, rows: Typed, facility: Ints, first: np.ndarray, last: np.ndarray, good: Bools
) -> None:
    """Two rows of one facility that share a date contradict each other."""
    at = np.flatnonzero(good)
    order = at[np.lexsort((first[at], facility[at]))]
    for earlier, later in pairwise(order.tolist()):
        if facility[earlier] == facility[later] and first[later] <= last[earlier]:
            rows.fault(intake.faults, later, "from", f"{iso(first[later])} is also within row {rows.lines[earlier]} of "
                       f"{rows['facility'][later]}; the rows of a facility may not overlap")  # fmt: skip
