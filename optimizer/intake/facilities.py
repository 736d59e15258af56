"""``facilities.csv``, ``calendar.csv`` and ``sizes.csv``: what each place takes, and on which days."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from optimizer.intake.context import Intake, coordinates, dates, days_of, iso, names, refuse_grade_x
from optimizer.intake.lookups import repeated
from optimizer.intake.typed import Typed, rows_where
from optimizer.scenario import PLANTS, Bools, Facilities, Floats, Ints, Sizes


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
        lease=table.filled("lease", 0.0),
        restoration=table.filled("restoration_cost", 0.0),
        empty_from=np.full(len(table), intake.horizon.days, dtype=np.int32),
        status=tuple(s or "open" for s in table["status"].tolist()),
        street=table.text("street"),
    )


def build_sizes(intake: Intake, facilities: Facilities, stocked: Ints) -> Sizes:
    """Sizes of candidates; places that are no candidates, or hold stock already, have none."""
    table, faults = intake.tables["sizes"], intake.faults
    facility = intake.places.column(table, "facility", faults)
    for row in rows_where(facility >= 0):
        f = int(facility[row])
        if facilities.status[f] != "candidate":
            table.fault(faults, row, "facility", f"{facilities.ids[f]} is {facilities.status[f]}; only a candidate "
                        "has sizes to choose from")  # fmt: skip
    for row, earlier in repeated(facility, table["size"], among=facility >= 0):
        table.fault(faults, row, "size", f"this size of {table['facility'][row]} is already in row "
                    f"{table.lines[earlier]}")  # fmt: skip
    sized = set(facility.tolist()) | set(np.flatnonzero(facilities.lease > 0).tolist())
    own = intake.tables["facilities"]
    for f in sorted(sized & set(stocked.tolist())):
        if facilities.status[f] == "candidate":
            own.fault(faults, f, "facility", f"{facilities.ids[f]} has opening stock, so its size and dates are not "
                      "free to choose; take out its sizes and lease, or its stock")  # fmt: skip
    at = np.maximum(facility, 0)

    def filled(column: str, blank: Floats) -> Floats:
        return np.where(np.isnan(table[column]), blank[at] if len(blank) else np.nan, table[column])

    return Sizes(
        facility=facility,
        ids=table.text("size"),
        storage=filled("storage", facilities.storage),
        daily_in=table["daily_in"],
        daily_out=table["daily_out"],
        opening_cost=filled("opening_cost", facilities.opening_cost),
        lease=filled("lease", facilities.lease),
        restoration=filled("restoration_cost", facilities.restoration),
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
