"""What ``cutfill site --map`` writes: tables, heat.json and map.html, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from optimizer.distances import Distances
from optimizer.files import folder_written_whole
from optimizer.outputs import summary_json
from optimizer.scenario import Scenario
from optimizer.siting.heat import TINY, Heat
from optimizer.siting.heat_page import render
from optimizer.tables import Table

FILES = frozenset(
    {"heat.csv", "heat-samples.csv", "heat-steps.csv", "heat-prices.csv", "heat.json", "map.html"}
)  # a plan in the same folder is kept
DIGITS = 7  # of degrees, about 1 cm


def write_heat(found: Heat, distances: Distances, folder: Path, charges: dict[str, float]) -> dict[str, Any]:
    """Writes the folder's files of a map; returns the summary."""
    tables = heat_tables(found)
    summary = _summary(found, distances, charges)
    with folder_written_whole(folder, owned=FILES) as scratch:
        for name, table in tables.items():
            (scratch / f"{name}.csv").write_text(table.to_csv(), encoding="utf-8")
        (scratch / "heat.json").write_text(summary_json(summary), encoding="utf-8")
        (scratch / "map.html").write_text(render(found, tables, summary), encoding="utf-8")
    return summary


def heat_tables(found: Heat) -> dict[str, Table]:
    """``heat``: every place. ``heat-samples``: those tried. ``heat-steps``: what the best ones would do."""
    a, s = found.anywhere, found.scenario
    lon, lat = a.lon.round(DIGITS), a.lat.round(DIGITS)
    street = _streets(s, a.lon, a.lat)
    rank = {at: n for n, at in enumerate(found.best, start=1)}
    places = [
        (x, y, name, worth, rank.get(i))
        for i, (x, y, name, worth) in enumerate(
            zip(lon.tolist(), lat.tolist(), street, found.worth.tolist(), strict=True)
        )
    ]
    tried = [
        (lon[one.at], lat[one.at], one.worth, one.gain, one.gain / one.worth if one.worth > 0 else None)
        for one in found.samples
    ]
    steps = [
        (
            n, lon[at], lat[at], s.place_ids[step.origin], s.date(step.fetched), s.place_ids[step.destination],
            s.date(step.sent), *s.commodity_name(step.commodity), step.gain,
        )
        for n, (at, taken) in enumerate(zip(found.best, found.steps, strict=True), start=1)
        for step in taken
    ]  # fmt: skip
    return {
        "heat": Table(("lon", "lat", "street", "worth", "rank"), places),
        "heat-samples": Table(("lon", "lat", "worth", "resolved", "share"), tried),
        "heat-steps": Table(
            ("rank", "lon", "lat", "from", "fetched", "to", "sent", "material", "grade", "gain"), steps
        ),
        "heat-prices": found.prices,
    }


def _streets(scenario: Scenario, lon: np.ndarray, lat: np.ndarray) -> list[str]:
    """Street of the nearest site that names one; blank where none does."""
    import shapely

    named = [
        (x, y, street)
        for part in (scenario.supplies, scenario.demands, scenario.facilities)
        for x, y, street in zip(part.lon.tolist(), part.lat.tolist(), part.street, strict=True)
        if street and x == x
    ]
    if not named:
        return [""] * len(lon)
    flat = np.cos(np.radians(float(lat.mean())))
    tree = shapely.STRtree(shapely.points([(x * flat, y) for x, y, _ in named]))
    nearest = tree.nearest(shapely.points(np.column_stack([lon * flat, lat])))
    return [named[i][2] for i in nearest.tolist()]


def _summary(found: Heat, distances: Distances, charges: dict[str, float]) -> dict[str, Any]:
    s = found.scenario
    shares = [one.gain / one.worth for one in found.samples if one.worth > 0.005]
    return {
        "name": s.name,
        "start": s.start.isoformat(),
        "days": s.days * s.period_days,
        "places": len(found.worth),
        "most": float(found.worth.max(initial=0.0)),
        "median": float(np.median(found.worth)) if len(found.worth) else 0.0,
        "without": found.value,
        "weights": {"unserved": s.costs.unserved_per_t, **s.objective.weights},
        "charges": charges,
        "tried": {
            "t": TINY,
            "places": len(found.samples),
            "mean_share": float(np.mean(shares)) if shares else None,
            "least_share": min(shares) if shares else None,
        },
        "inputs": dict(s.hashes),
        "roads": distances.info,
    }
