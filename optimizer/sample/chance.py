"""What is not certain in a generated district: amounts by owner, late needs, rain, and what it makes of clay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from optimizer.sample.lots import Lots

CLAY, WET = "spoil_silty_clay", "clay_wet"
LESS, MORE = 0.85, 1.25  # of a lot's quantity, in the best and in the worst tenth of all cases
LATE_SHARE, WET_SHARE = 0.2, 0.4
RAINY = (0.07, 0.14, 0.28)  # of all days
COLUMNS = ("what", "id", "p10", "p50", "p90", "group", "material")


def make_uncertainty(rng: np.random.Generator, supplies: Lots, needs: Lots, days: int) -> list[dict[str, Any]]:
    """Rows of ``uncertainty.csv``; lots of one owner are high or low together."""
    rows: list[Sequence[Any]] = []
    for lot in supplies.rows:
        quantity = float(lot["quantity"])
        percentiles = (round(LESS * quantity, 1), quantity, round(MORE * quantity, 1))
        rows.append(("quantity", lot["supply"], *percentiles, lot["owner"], None))
    late = [need["demand"] for need in needs.rows if rng.random() < LATE_SHARE]
    rows += [("delay", need, 0, 0, max(1, days // 4), None, None) for need in late]
    rows.append(("rain", None, *(round(share * days, 1) for share in RAINY), None, None))
    if any(WET in need["accepts"].split(";") for need in needs.rows):
        clays = [lot["supply"] for lot in supplies.rows if lot["material"] == CLAY]
        rows += [("wet", lot, None, None, None, None, WET) for lot in clays if rng.random() < WET_SHARE]
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]
