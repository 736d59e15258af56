"""Supplies and demands of a generated district, balanced so that most soil has a place and some has to wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.materials import frozen, library
from optimizer.sample.stuff import BOUGHT, PLANTS, STUFF, USES, Stuff
from optimizer.scenario import UNITS, Floats

TIGHTNESS = 1.06  # total need over total surplus; windows and grades make the rest scarce


@dataclass
class Lots:
    """Rows of one table, with what the balance needs beside them.

    Attributes:
        rows: one dictionary per row of the table, in column order.
        t: (n,) t of each row.
        first, last: (n,) days, inclusive.
        extra: rows of a table that belongs to it (releases, mixes).
    """

    rows: list[dict[str, Any]]
    t: Floats
    first: np.ndarray
    last: np.ndarray
    extra: list[dict[str, Any]] = field(default_factory=list)


def densities() -> dict[tuple[str, str], float]:
    """t per unit of every material of the built-in library and unit."""
    known = frozen(library())
    return {
        (name, unit): float(known.density[i, j]) for i, name in enumerate(known.ids) for j, unit in enumerate(UNITS)
    }


def pick_stuff(materials: int, plants: int) -> tuple[Stuff, ...]:
    """The first materials of the list; without plants, only those that are used as they come."""
    usable = [s for s in STUFF if plants or not s.plant]
    return tuple(usable[:materials])


def quota(rng: np.random.Generator, shares: Sequence[float], count: int) -> np.ndarray:
    """(count,) indices in the given shares as nearly as whole numbers allow, shuffled."""
    exact = np.array(shares) / sum(shares) * count
    whole = np.floor(exact).astype(int)
    rest = np.argsort(-(exact - whole), kind="stable")[: count - whole.sum()]
    whole[rest] += 1
    return rng.permutation(np.repeat(np.arange(len(whole)), whole))


def windows(rng: np.random.Generator, count: int, days: int, *, whole: float, late: float) -> tuple[np.ndarray, ...]:
    """First and last days: a share of whole horizons, the others 2 to ``days`` days, ``late`` > 1 pushing them back."""
    length = np.minimum(days, rng.integers(2, max(3, days), size=count, endpoint=True))
    length = np.where(rng.random(count) < whole, days, length)
    first = np.floor(rng.random(count) ** (1 / late) * (days - length + 1)).astype(int)
    return first, first + length - 1


def make_supplies(
    rng: np.random.Generator, lonlat: Floats, stuff: Sequence[Stuff], days: int, dates: Sequence[str]
) -> Lots:
    """Surplus lots: quantities in their owners' units, windows early in the horizon, little room to wait on site."""
    n = len(lonlat)
    density = densities()
    which = quota(rng, [s.share for s in stuff], n)
    first, last = windows(rng, n, days, whole=0.2, late=0.35)
    lots = Lots([], np.zeros(n), first, last)
    for i in range(n):
        kind = stuff[which[i]]
        unit = kind.units[rng.integers(len(kind.units))]
        wish = kind.t * days / 7 * rng.lognormal(0.0, 0.6)
        quantity = _round(wish / density[kind.id, unit])
        lots.t[i] = quantity * density[kind.id, unit]
        roll = rng.random()
        grade = "x" if roll < kind.foul else "1" if roll < kind.foul + kind.clean else rng.choice(["2", ""])
        length = int(last[i] - first[i]) + 1
        releases = _releases(rng, quantity, first[i], length, dates) if rng.random() < 0.1 else []
        supply = f"S{i + 1:05d}"
        lots.extra += [{"supply": supply, **release} for release in releases]
        peak = max([quantity / length] + [r["quantity"] for r in releases])
        must = bool(rng.random() > 0.03)
        lots.rows.append(
            {
                "supply": supply,
                "name": f"Site {i + 1}: {kind.id.replace('_', ' ')}",
                "lon": lonlat[i, 0],
                "lat": lonlat[i, 1],
                "material": kind.id,
                "quantity": quantity,
                "unit": unit,
                "from": dates[first[i]],
                "to": dates[last[i]],
                "daily_max": float(np.ceil(peak * rng.uniform(1.2, 2.0))) if rng.random() < 0.5 else None,
                "stock_max": float(np.ceil(lots.t[i] / length * rng.uniform(0.0, 0.6)))
                if rng.random() < 0.85
                else None,
                "grade": str(grade),
                "must_move": must,
                "ask": round(float(rng.uniform(-15, 5)), 1),
                "priority": float(rng.choice([1, 1, 1, 2, 3])),
                "owner": f"Owner {int(rng.integers(1, max(2, n // 4) + 1))}",
                "street": "",
            }
        )
    return lots


def _releases(
    rng: np.random.Generator, quantity: float, first: int, length: int, dates: Sequence[str]
) -> list[dict[str, Any]]:
    """One to three whole-numbered lots on different days that add up to the quantity."""
    parts = min(length, int(rng.integers(1, 4)))
    days = sorted(int(d) for d in rng.choice(length, size=parts, replace=False))
    even = float(quantity // parts)
    amounts = [even] * (parts - 1) + [quantity - even * (parts - 1)]
    return [{"date": dates[first + d], "quantity": a} for d, a in zip(days, amounts, strict=True)]


def make_demands(
    rng: np.random.Generator, lonlat: Floats, supplies: Lots, days: int, dates: Sequence[str], *, quarry: bool
) -> Lots:
    """Needs whose total is a little above what arises, late in the horizon, some of them required.

    A required part is set so that it can be met for certain: each takes a fixed share of every release of lots
    that fit it, and no lot promises more than half of itself; or a quarry sells what it lacks.
    """
    n = len(lonlat)
    density = densities()
    arising = _arising(supplies)
    present = set(arising) | (set(BOUGHT) if quarry else set())
    uses = [u for u in USES if set(u.accepts) & present] or list(USES[:1])
    which = quota(rng, [u.share for u in uses], n)
    accepts = [_accepted(rng, uses[w].accepts, present, uses[w].most) for w in which]
    units = [uses[w].unit for w in which]
    _cover(accepts, units, arising)
    first, last = windows(rng, n, days, whole=0.1, late=4.0)
    lots = Lots([], _shares(rng, accepts, arising), first, last)
    for i in range(n):
        quantity = _round(lots.t[i] / density[accepts[i][0], units[i]])
        length = int(last[i] - first[i]) + 1
        limited = rng.random() < 0.95
        lots.rows.append(
            {
                "demand": f"D{i + 1:05d}",
                "name": f"Need {i + 1}: {uses[which[i]].name}",
                "lon": lonlat[i, 0],
                "lat": lonlat[i, 1],
                "accepts": ";".join(accepts[i]),
                "quantity": quantity,
                "unit": units[i],
                "required": None,
                "from": dates[first[i]],
                "to": dates[last[i]],
                "daily_max": float(np.ceil(quantity / length * rng.uniform(1.0, 1.3))) if limited else None,
                "grade": "1" if rng.random() < uses[which[i]].clean else str(rng.choice(["2", ""])),
                "bid": round(float(rng.uniform(0, 20)), 1),
                "priority": float(rng.choice([1, 1, 1, 2])),
                "owner": f"Owner {int(rng.integers(1, max(2, n // 3) + 1))}",
                "street": "",
            }
        )
    _require(rng, density, supplies, lots)
    lots.extra = _mixes(lots)
    return lots


def _arising(supplies: Lots) -> dict[str, float]:
    """t by material that demands may be offered: lots used as they come, and what plants make of the others."""
    out: dict[str, float] = {}
    plant_of = {s.id: s.plant for s in STUFF}
    for row, t in zip(supplies.rows, supplies.t, strict=True):
        plant = plant_of[row["material"]]
        rows = [r for r in PLANTS[plant].rows if r.input == row["material"]] if plant else []
        for product, share in [(r.output, r.share) for r in rows] or [(row["material"], 1.0)]:
            if product != "residue":
                out[product] = out.get(product, 0.0) + t * share
    return out


def _accepted(rng: np.random.Generator, listed: Sequence[str], present: set[str], most: int) -> list[str]:
    """Some of the listed materials that exist here: the first of them nearly always, in the list's order."""
    here = [m for m in listed if m in present]
    count = int(rng.integers(1, min(most, len(here)) + 1))
    if rng.random() < 0.8:
        others = rng.permutation(len(here) - 1)[: count - 1] + 1
        chosen = {0, *(int(o) for o in others)}
    else:
        chosen = {int(c) for c in rng.permutation(len(here))[:count]}
    return [m for i, m in enumerate(here) if i in chosen]


def _cover(accepts: list[list[str]], units: list[str], arising: dict[str, float]) -> None:
    """Adds each material that nobody takes to one demand, which then counts in t."""
    missing = [m for m in arising if not any(m in a for a in accepts)]
    for at, material in enumerate(missing):
        accepts[at % len(accepts)].append(material)
        units[at % len(accepts)] = "t"


def _shares(rng: np.random.Generator, accepts: Sequence[Sequence[str]], arising: dict[str, float]) -> Floats:
    """(n,) t of each demand: every material is divided among those that take it, by random weights."""
    weight = rng.lognormal(0.0, 0.5, len(accepts))
    t = np.zeros(len(accepts))
    for material, amount in arising.items():
        takers = np.array([i for i, a in enumerate(accepts) if material in a], dtype=int)
        t[takers] += TIGHTNESS * amount * weight[takers] / weight[takers].sum()
    bought = t == 0  # takes only what quarries sell
    t[bought] = 500.0 * weight[bought]
    return t


def _require(rng: np.random.Generator, density: Mapping[tuple[str, str], float], supplies: Lots, demands: Lots) -> None:
    """Sets ``required`` on one demand in six, within what fitting lots can give at a steady share of each release."""
    material = np.array([row["material"] for row in supplies.rows])
    grade = np.array([row["grade"] or "2" for row in supplies.rows])
    left = 0.5 * supplies.t
    for i in np.flatnonzero(rng.random(len(demands.rows)) < 1 / 6):
        row = demands.rows[i]
        accepts = row["accepts"].split(";")
        if set(accepts) & set(BOUGHT):
            row["required"], row["daily_max"] = float(row["quantity"] // 2), None
            continue
        takes = np.isin(material, accepts) & (grade <= (row["grade"] or "2"))
        takes &= (supplies.first >= demands.first[i]) & (supplies.last <= demands.last[i])
        heaviest = max(density[m, row["unit"]] for m in accepts)  # t that one own unit takes at most
        available = left[takes].sum()
        wish = float(np.floor(min(0.4 * row["quantity"], 0.8 * available / heaviest)))
        if wish >= 10:
            row["required"], row["daily_max"] = wish, None
            left[takes] *= 1 - wish * heaviest / available


def _mixes(demands: Lots) -> list[dict[str, Any]]:
    """Every second road base that takes recycled aggregate among others has at most 70 % of it."""
    bases = [
        row for row in demands.rows if row["accepts"].startswith("recycled_aggregate;") and row["required"] is None
    ]
    return [
        {"demand": row["demand"], "material": "recycled_aggregate", "min_share": None, "max_share": 0.7}
        for row in bases[::2]
    ]


def _round(quantity: float) -> float:
    """Two significant figures of a thousand: quantities as people state them."""
    step = 10.0 if quantity >= 200 else 5.0
    return float(max(step, round(quantity / step) * step))
