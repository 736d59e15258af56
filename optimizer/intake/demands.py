"""``demands.csv`` and ``mixes.csv``: needs in their own unit, and blend limits."""

from __future__ import annotations

import numpy as np

from optimizer.intake.context import Intake, coordinates, dates, inside, names, refuse_grade_x
from optimizer.intake.lookups import repeated, unit_numbers
from optimizer.intake.typed import Typed, rows_where
from optimizer.scenario import Bools, Demands, Floats, Mixes

SLACK = 1e-9  # shares typed as decimals add up to 1 only this well


def build_demands(intake: Intake) -> Demands:
    """The needs; each keeps its own unit, with what a tonne of every accepted material counts for in it."""
    table, faults = intake.tables["demands"], intake.faults
    accepts, first_material = intake.library.sets(table, "accepts", faults, star=None)
    from_, to, sound = dates(intake, table)
    first, last = inside(intake, table, from_, to, sound)
    lon, lat = coordinates(intake, table)
    refuse_grade_x(intake, table, np.ones(len(table), dtype=bool))
    required = table.filled("required", 0.0)
    for row in rows_where(required > table["quantity"]):
        table.fault(faults, row, "required", f"{required[row]:g} is more than quantity, {table['quantity'][row]:g}")
    return Demands(
        ids=table.text("demand"),
        names=names(table, "demand"),
        lon=lon,
        lat=lat,
        accepts=accepts,
        first_material=np.maximum(first_material, 0),
        unit=table.text("unit"),
        units_per_t=_units_per_t(intake, table, accepts),
        quantity=table["quantity"],
        required=required,
        daily_max=table.filled("daily_max", np.inf),
        grade=np.where(table["grade"] == 0, 2, table["grade"]).astype(np.int32),
        first=first,
        last=last,
        bid=table["bid"],
        priority=table.filled("priority", 1.0),
        owner=table.text("owner"),
        street=table.text("street"),
    )


def _units_per_t(intake: Intake, table: Typed, accepts: Bools) -> Floats:
    """(N, M) own units per tonne, 1/density; ``nan`` where not accepted. A missing density is a fault."""
    library = intake.library
    density = library.density[:, unit_numbers(table)].T
    for row, material in np.argwhere(accepts & np.isnan(density) & (table["unit"] != "")[:, None]):
        library.no_density(table, int(row), "accepts", int(material), intake.faults)
    return np.where(accepts, 1.0 / density, np.nan)


def build_mixes(intake: Intake, demands: Demands) -> Mixes:
    """Blend limits, checked to be possible together."""
    table, faults = intake.tables["mixes"], intake.faults
    demand = intake.places.column(table, "demand", faults)
    material = intake.library.column(table, "material", faults)
    low, high = table.filled("min_share", 0.0), table.filled("max_share", 1.0)
    good = (demand >= 0) & (material >= 0)
    for row, earlier in repeated(demand, material, among=good):
        table.fault(
            faults, row, "material", f"{table['demand'][row]} has a row for it already, row {table.lines[earlier]}"
        )
    unsure = intake.tables["demands"].bad["accepts"]
    for row in rows_where(good):
        if not demands.accepts[demand[row], material[row]] and not unsure[demand[row]]:
            table.fault(faults, row, "material", f"{table['demand'][row]} does not accept {table['material'][row]}")
    for row in rows_where(low > high):
        table.fault(faults, row, "min_share", f"{low[row]:g} is more than max_share, {high[row]:g}")
    for d in np.unique(demand[good]):
        _check_shares(intake, table, demands, int(d), np.flatnonzero(good & (demand == d)))
    before, before_all = table.filled("before_t", 0.0), table.filled("before_all_t", 0.0)
    for row in rows_where(before > before_all):
        table.fault(faults, row, "before_t", f"{before[row]:g} is more than before_all_t, {before_all[row]:g}")
    return Mixes(demand[good], material[good], low[good], high[good], before[good], before_all[good])


def _check_shares(intake: Intake, table: Typed, demands: Demands, demand: int, rows: np.ndarray) -> None:
    """The least shares must leave room, and the largest ones must be able to fill the whole."""
    least, most = table.filled("min_share", 0.0)[rows].sum(), table.filled("max_share", 1.0)[rows].sum()
    without_row = demands.accepts[demand].sum() - len(rows)
    if least > 1 + SLACK:
        table.fault(intake.faults, rows[0], "min_share", f"the least shares of {demands.ids[demand]} add up to "
                    f"{least:g}; expected 1 at most")  # fmt: skip
    if most < 1 - SLACK and without_row <= 0 and not intake.tables["demands"].bad["accepts"][demand]:
        table.fault(intake.faults, rows[0], "max_share", f"the largest shares of all that {demands.ids[demand]} "
                    f"accepts add up to {most:g}; expected 1 at least")  # fmt: skip
