"""``supplies.csv`` and ``releases.csv``: lots in tonnes, and what is released on which day."""

from __future__ import annotations

import numpy as np

from optimizer.intake.context import Intake, coordinates, dates, days_of, inside, iso, names
from optimizer.intake.lookups import repeated
from optimizer.intake.typed import Column, Typed, rows_where
from optimizer.scenario import Bools, Floats, Ints, Supplies, commodity_of

MATCH = 1e-3  # the releases of a lot may differ from its quantity by rounding, not by more
MOST_LOT_DAYS = 200_000_000  # lots × days; one dense table of tonnes per day must fit into memory


def build_supplies(intake: Intake) -> Supplies:
    """The lots, converted to tonnes by the density of each row's own unit."""
    table, library = intake.tables["supplies"], intake.library
    material = library.column(table, "material", intake.faults)
    factor = library.tonnes_per_unit(table, material, intake.faults)
    from_, to, sound = dates(intake, table)
    first, last = inside(intake, table, from_, to, sound)
    lon, lat = coordinates(intake, table)
    quantity, release = _releases(intake, table, from_, to, sound)
    return Supplies(
        ids=table.text("supply"),
        names=names(table, "supply"),
        lon=lon,
        lat=lat,
        commodity=commodity_of(material, np.where(table["grade"] == 0, 2, table["grade"])),
        quantity=quantity * factor,
        release=release * factor[:, None],
        first=first,
        last=last,
        daily_max=table.filled("daily_max", np.inf) * factor,
        stock_max=table.filled("stock_max", np.inf),
        must_move=table["must_move"] != 0,
        ask=table["ask"],
        priority=table.filled("priority", 1.0),
        unit=table.text("unit"),
        owner=table.text("owner"),
        street=table.text("street"),
    )


def _releases(intake: Intake, table: Typed, from_: Column, to: Column, sound: Bools) -> tuple[Floats, Floats]:
    """(S,) quantity and (S, days) release, in each lot's own unit: even over its dates, or as releases.csv says."""
    horizon, n = intake.horizon, len(table)
    if n * horizon.days > MOST_LOT_DAYS:
        intake.faults.add(table.file, 0, "", f"{n:,} lots over {horizon.days:,} days are too many for one plan; "
                          f"lots × days may be {MOST_LOT_DAYS:,} at most")  # fmt: skip
        return np.full(n, np.nan), np.zeros((n, 1))
    lot, at, amount, listed = _listed_releases(intake, table, from_, to, sound)
    sums = np.bincount(lot, weights=amount, minlength=n)
    quantity = _quantities(intake, table, listed, np.asarray(sums, dtype=np.float64))
    span = np.where(sound, np.maximum(to - from_ + 1, 1), 1)
    even = np.where(listed, 0.0, quantity / span)
    day = np.arange(horizon.days) + horizon.first
    release = np.where((day >= from_[:, None]) & (day <= to[:, None]), even[:, None], 0.0)
    within = (at >= horizon.first) & (at <= horizon.last)
    np.add.at(release, (lot[within], days_of(horizon, at[within])), amount[within])
    _note_outside(intake, table, quantity, release)
    return quantity, release


def _listed_releases(
    intake: Intake, table: Typed, from_: Column, to: Column, sound: Bools
) -> tuple[Ints, Column, Floats, Bools]:
    """Sound rows of releases.csv as (lot, date, amount), and (S,) which lots are listed there at all."""
    rows, faults = intake.tables["releases"], intake.faults
    lot = intake.places.column(rows, "supply", faults)
    good = (lot >= 0) & ~rows.bad["date"]
    for row, earlier in repeated(lot, rows["date"], among=good):
        rows.fault(faults, row, "date", f"{rows['supply'][row]} has this date already in row {rows.lines[earlier]}")
    checked = np.flatnonzero(good)
    dates_of, lots = rows["date"][checked], lot[checked]
    outside = sound[lots] & ((dates_of < from_[lots]) | (dates_of > to[lots]))
    for row in checked[outside].tolist():
        rows.fault(faults, row, "date", f"{iso(rows['date'][row])} is outside the dates of {rows['supply'][row]}, "
                   f"{iso(from_[lot[row]])} to {iso(to[lot[row]])}")  # fmt: skip
    listed = np.zeros(len(table), dtype=bool)
    listed[lot[lot >= 0]] = True
    keep = good & ~rows.bad["quantity"]
    return lot[keep], rows["date"][keep], rows["quantity"][keep], listed


def _quantities(intake: Intake, table: Typed, listed: Bools, sums: Floats) -> Floats:
    """(S,) quantity of each lot; where it is listed in releases.csv, the sum of its rows."""
    faults, releases = intake.faults, intake.tables["releases"]
    quantity = table["quantity"]
    blank = np.isnan(quantity) & ~table.bad["quantity"]
    for row in rows_where(blank & ~listed) if releases.complete else ():
        table.fault(faults, row, "quantity", "is blank, and releases.csv has no rows for it; expected the total")
    whole = releases.complete and not any(bad.any() for bad in releases.bad.values())
    off = listed & ~np.isnan(quantity) & (np.abs(sums - quantity) > MATCH * quantity)
    for row in rows_where(off) if whole else ():
        table.fault(faults, row, "quantity", f"is {quantity[row]:g}, but its rows in releases.csv add up to "
                    f"{sums[row]:g} {table['unit'][row]}; correct one, or leave quantity blank")  # fmt: skip
    for row in rows_where(listed & blank & (sums <= 0)) if whole else ():
        table.fault(faults, row, "quantity", "is blank, and its rows in releases.csv add up to 0")
    return np.where(listed, sums, quantity)


def _note_outside(intake: Intake, table: Typed, quantity: Floats, release: Floats) -> None:
    part = release.sum(axis=1) < quantity * (1 - MATCH)
    if intake.horizon.known and part.any():
        intake.faults.note(
            f"{table.file}: {int(part.sum()):,} of {len(table):,} supplies have dates beyond the horizon "
            f"({intake.horizon}); what they release outside it belongs to other plans and is left out"
        )
