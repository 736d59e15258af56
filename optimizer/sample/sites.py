"""Facilities of a generated district: yards, plants, a placement yard, an off-site place and a quarry, with stocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.sample.lots import Lots
from optimizer.sample.stuff import BOUGHT, PLANT_ORDER, PLANTS, STUFF
from optimizer.scenario import Floats

YARD_SHARE = 0.15  # room in yards over a horizon's loose soil
COMMON = 500  # sites for each placement yard, off-site place and quarry


@dataclass
class Sites:
    """Rows of facilities.csv, recipes.csv and stocks.csv."""

    facilities: list[dict[str, Any]] = field(default_factory=list)
    recipes: list[dict[str, Any]] = field(default_factory=list)
    stocks: list[dict[str, Any]] = field(default_factory=list)


def counts(sites: int, yards: int, plants: int) -> dict[str, int]:
    """How many facilities of each sort a district of that many sites has."""
    each = max(1, sites // COMMON)
    return {"yard": yards, "plant": plants, "disposal": each, "offsite": each, "quarry": each}


def make_facilities(rng: np.random.Generator, lonlat: dict[str, Floats], supplies: Lots, days: int) -> Sites:
    """All facilities. Plants can just take what arises on an average day, yards a share of all loose soil.

    Args:
        rng: source of chance.
        lonlat: (n, 2) places by sort, as counted by :func:`counts`.
        supplies: the lots they serve.
        days: length of the horizon.
    """
    tonnes: dict[str, float] = {}
    for row, t in zip(supplies.rows, supplies.t, strict=True):
        tonnes[row["material"]] = tonnes.get(row["material"], 0.0) + float(t)
    out = Sites()
    _plants(rng, out, lonlat["plant"], tonnes, days)
    _yards(rng, out, lonlat["yard"], tonnes)
    total = sum(tonnes.values())
    waste = [*tonnes, "residue"] if len(lonlat["plant"]) else [*tonnes]
    for i, at in enumerate(lonlat["disposal"]):
        room = _round(0.015 * total / len(lonlat["disposal"]))
        out.facilities.append(_row(f"L{i + 1:03d}", f"Placement yard {i + 1}", "disposal", at, waste, storage=room,
                                   daily_in=_round(room / min(days, 3)), fee=25.0))  # fmt: skip
    for i, at in enumerate(lonlat["offsite"]):
        out.facilities.append(_row(f"O{i + 1:03d}", f"Off-site {i + 1}", "offsite", at, waste, fee=60.0))
    for i, at in enumerate(lonlat["quarry"]):
        out.facilities.append(_row(f"Q{i + 1:03d}", f"Quarry {i + 1}", "quarry", at, list(BOUGHT), fee=45.0))
    return out


def _row(facility: str, name: str, kind: str, at: Floats, accepts: Sequence[str], **more: Any) -> dict[str, Any]:
    """One facility; what is not named stays blank."""
    row: dict[str, Any] = {
        "facility": facility, "name": name, "kind": kind, "lon": at[0], "lat": at[1], "accepts": ";".join(accepts),
        "daily_in": None, "daily_out": None, "storage": None, "fee": None, "status": "open", "opening_cost": None,
        "from": None, "to": None, "hold_cost": None, "end_cost": None, "end_stock_max": None, "grade": None,
        "street": None,
    }  # fmt: skip
    return row | more


def _yards(rng: np.random.Generator, out: Sites, lonlat: Floats, tonnes: dict[str, float]) -> None:
    """Yards for what demands take as it comes; each takes about half of the materials, and some open with stock."""
    loose = [s.id for s in STUFF if s.id in tonnes and not s.plant]
    made = dict.fromkeys(row["output"] for row in out.recipes if row["output"] not in ("residue", *loose))
    known = [*loose, *made]
    share = YARD_SHARE * sum(tonnes[m] for m in loose) / max(1, len(lonlat))
    for i, at in enumerate(lonlat):
        accepts = [m for m in known if rng.random() < 0.5] or known[:1]
        storage = _round(share * rng.uniform(0.6, 1.4))
        facility = f"Y{i + 1:03d}"
        out.facilities.append(
            _row(facility, f"Yard {i + 1}", "yard", at, accepts, storage=storage, daily_in=_round(storage * 0.5),
                 daily_out=_round(storage * 0.6), fee=float(rng.integers(3, 8)), hold_cost=0.4, end_cost=12.0,
                 end_stock_max=_round(storage * 0.1))
        )  # fmt: skip
        if accepts[0] in loose and rng.random() < 0.5:  # off-site takes loose soil, so no opening stock is ever stuck
            opening = _round(storage * rng.uniform(0.05, 0.3))
            out.stocks.append(
                {"facility": facility, "material": accepts[0], "grade": "2", "quantity": opening, "unit": "t"}
            )


def _plants(rng: np.random.Generator, out: Sites, lonlat: Floats, tonnes: dict[str, float], days: int) -> None:
    """Plants of every type in turn; with fewer plants than types, one plant is several types."""
    n = len(lonlat)
    members: list[list[str]] = [[] for _ in range(n)]
    for i in range(max(n, len(PLANT_ORDER)) if n else 0):
        members[i % n].append(PLANT_ORDER[i % len(PLANT_ORDER)])
    of_type = {name: sum(name in m for m in members) for name in PLANT_ORDER}
    for i, at in enumerate(lonlat):
        facility, daily = f"P{i + 1:03d}", 0.0
        accepts: list[str] = []
        treats, stores = False, 0.0
        for name in members[i]:
            plant = PLANTS[name]
            foul = plant.kind == "treatment"
            inputs = [m for m in tonnes if any(row.input == m for row in plant.rows)]
            share = (0.08 if foul else 1.25) / days / of_type[name] * rng.uniform(0.9, 1.2)
            rate = {m: _round(share * tonnes[m]) for m in inputs}
            daily += sum(rate.values())
            stores += plant.stores * sum(rate.values())
            treats |= foul
            accepts += [m for m in inputs if m not in accepts]
            out.recipes += [
                {"facility": facility, "input": row.input, "output": row.output, "yield": row.share,
                 "daily_max": rate[row.input], "cost": plant.cost, "grade_in": row.grade_in, "grade_out": row.grade_out}
                for row in plant.rows if row.input in inputs
            ]  # fmt: skip
        kind = "treatment" if treats else "recycling"
        name = f"Plant {i + 1}: {' and '.join(members[i])}"
        out.facilities.append(
            _row(facility, name, kind, at, accepts or [*tonnes][:1], daily_in=_round(1.3 * daily),
                 storage=_round(stores) if stores else None, fee=float(rng.integers(8, 20)), hold_cost=0.2,
                 end_cost=6.0, end_stock_max=_round(0.1 * stores) if stores else None)
        )  # fmt: skip


def _round(t: float) -> float:
    """Whole tens, at least 50: capacities as people state them."""
    return float(max(50.0, round(t / 10) * 10))
