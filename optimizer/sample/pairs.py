"""distances.csv of a generated district: the pairs between which something may be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from optimizer.distances import great_circle_km
from optimizer.lanes import RECEIVERS

Rows = Sequence[Mapping[str, Any]]


def distance_table(supplies: Rows, demands: Rows, facilities: Rows, recipes: Rows, detour: float) -> str:
    """CSV text: great circle × detour for all pairs of places that share a material and may trade by kind."""
    ids = [r["supply"] for r in supplies] + [r["demand"] for r in demands] + [r["facility"] for r in facilities]
    kinds = np.array(["supply"] * len(supplies) + ["demand"] * len(demands) + [f["kind"] for f in facilities])
    sends, takes = _trades(supplies, demands, facilities, recipes)
    places = [*supplies, *demands, *facilities]
    lon, lat = (np.array([p[axis] for p in places], dtype=float) for axis in ("lon", "lat"))
    km = great_circle_km(lon, lat) * detour
    lines = ["from,to,km"]
    for i, kind in enumerate(kinds):
        allowed = np.isin(kinds, RECEIVERS.get(str(kind), ())) & (takes @ sends[i] > 0)
        lines += [f"{ids[i]},{ids[j]},{km[i, j]:.3f}" for j in np.flatnonzero(allowed)]
    return "\n".join(lines) + "\n"


def _trades(supplies: Rows, demands: Rows, facilities: Rows, recipes: Rows) -> tuple[np.ndarray, np.ndarray]:
    """(places, materials) as 0 and 1: what each place may send, and what it may take."""
    made: dict[str, set[str]] = {}
    for row in recipes:
        made.setdefault(row["facility"], set()).add(row["output"])
    accepts = [set(f["accepts"].split(";")) for f in facilities]
    takes = [set[str]()] * len(supplies) + [set(d["accepts"].split(";")) for d in demands] + accepts
    sends = [{s["material"]} for s in supplies] + [set[str]()] * len(demands)
    sends += [a | made.get(f["facility"], set()) for f, a in zip(facilities, accepts, strict=True)]
    names = sorted(set().union(*takes, *sends))
    return _matrix(sends, names), _matrix(takes, names)


def _matrix(sets: Sequence[set[str]], names: Sequence[str]) -> np.ndarray:
    at = {name: j for j, name in enumerate(names)}
    out = np.zeros((len(sets), len(names)), dtype=np.float32)
    for i, members in enumerate(sets):
        out[i, [at[m] for m in members]] = 1.0
    return out
