"""``distances.csv``: rows between places, by node number."""

from __future__ import annotations

import numpy as np

from optimizer.intake.context import Intake
from optimizer.intake.lookups import repeated
from optimizer.scenario import Pairs


def build_pairs(intake: Intake) -> Pairs:
    """The distance rows; the order of the table is kept."""
    table, faults = intake.tables["distances"], intake.faults
    origin = intake.places.column(table, "from", faults)
    destination = intake.places.column(table, "to", faults)
    good = (origin >= 0) & (destination >= 0)
    for row, earlier in repeated(origin, destination, among=good):
        table.fault(faults, row, "to", f"the pair {table['from'][row]} to {table['to'][row]} is already in "
                    f"row {table.lines[earlier]}")  # fmt: skip
    known = np.flatnonzero(good)
    return Pairs(
        origin=origin[known],
        destination=destination[known],
        km=table["km"][known],
        minutes=table["minutes"][known],
        cost_per_t=table["cost_per_t"][known],
    )
