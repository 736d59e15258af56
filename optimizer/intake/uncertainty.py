"""``uncertainty.csv``: what may turn out otherwise, as three percentiles."""

from __future__ import annotations

import numpy as np

from optimizer.intake.context import Intake
from optimizer.intake.lookups import repeated
from optimizer.intake.typed import Typed, rows_where
from optimizer.scenario import Bools, Floats, Uncertain

PERCENTILES = ("p10", "p50", "p90")


def build_uncertainty(intake: Intake) -> tuple[Uncertain, ...]:
    """The rows; quantities become factors of what the lot or need has in its own table."""
    table, faults = intake.tables["uncertainty"], intake.faults
    what = table["what"]
    node = intake.places.column(table, "id", faults)
    material = intake.library.column(table, "material", faults)
    for row, earlier in repeated(what, table["id"], among=what != ""):
        table.fault(faults, row, "what", f"stands already in row {table.lines[earlier]}; expected one row of each")
    _refuse_odd_ids(intake, table)
    _refuse_odd_percentiles(intake, table)
    entered = _entered(intake, table, node)
    factor = np.where(what == "quantity", 1.0 / entered, 1.0)
    low, mid, high = ((table[name] * factor).tolist() for name in PERCENTILES)
    groups = table.text("group")
    return tuple(
        Uncertain(str(what[r]), int(node[r]), low[r], mid[r], high[r], groups[r], int(material[r]))
        for r in range(len(table))
    )


def _refuse_odd_ids(intake: Intake, table: Typed) -> None:
    """Rain is everywhere, all else is of one place; only a lot becomes wet."""
    what, blank, faults = table["what"], table["id"] == "", intake.faults
    for row in rows_where((what == "rain") & ~blank):
        table.fault(faults, row, "id", "rain falls on the whole district; leave it blank")
    for row in rows_where((what != "rain") & (what != "") & blank):
        table.fault(faults, row, "id", f"is blank; name the lot{'' if what[row] == 'wet' else ' or need'}")
    lots = set(intake.tables["supplies"].text("supply"))
    wet: Bools = what == "wet"
    for row in rows_where(wet & ~blank):
        if table["id"][row] not in lots:
            table.fault(faults, row, "id", f"{table['id'][row]} is no lot; only what a lot digs becomes wet")
    for row in rows_where(wet & (table["material"] == "")):
        table.fault(faults, row, "material", "is blank; name the material that the lot's soil is when it is wet")
    if wet.any() and not (what == "rain").any():
        table.fault(faults, int(np.flatnonzero(wet)[0]), "what", "nothing gets wet: there is no row for rain")


def _refuse_odd_percentiles(intake: Intake, table: Typed) -> None:
    what, faults = table["what"], intake.faults
    drawn = (what != "wet") & (what != "")
    for name in PERCENTILES:
        for row in rows_where(drawn & np.isnan(table[name]) & ~table.bad[name]):
            table.fault(faults, row, name, "is blank; give all three of p10, p50 and p90")
        for row in rows_where(np.isin(what, ("quantity", "rain")) & (table[name] < 0)):
            table.fault(faults, row, name, f"{table[name][row]:g} is below 0; only a delay may be, for early")
        for row in rows_where(~drawn & (what != "") & ~np.isnan(table[name])):
            table.fault(faults, row, name, "has no meaning for wet; leave it blank")
    for lower, upper in (("p10", "p50"), ("p50", "p90")):
        for row in rows_where(table[lower] > table[upper]):
            told = f"{table[upper][row]:g} is less than {lower}, {table[lower][row]:g}"
            table.fault(faults, row, upper, told)


def _entered(intake: Intake, table: Typed, node: np.ndarray) -> Floats:
    """(n,) quantity of each row's lot or need in its own unit; of a lot without one, what it releases."""
    supplies, demands, releases = (intake.tables[name] for name in ("supplies", "demands", "releases"))
    own = np.concatenate([supplies["quantity"], demands["quantity"]])
    listed = dict.fromkeys(releases.text("supply"), 0.0)
    for name, quantity in zip(releases.text("supply"), releases["quantity"].tolist(), strict=True):
        listed[name] += quantity
    for row, name in enumerate(supplies.text("supply")):
        own[row] = listed.get(name, own[row])
    quantity = np.where(node >= 0, own[node] if len(own) else np.nan, np.nan)
    return np.where(quantity > 0, quantity, np.nan)
