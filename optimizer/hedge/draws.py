"""Scenarios drawn from a scenario's uncertainty: the same seed draws the same, whatever the order of rows.

Each row or group has its own stratified draws (one in each of N equal parts of its chance), so that few samples cover
it well; rows of one group share them. Whatever is compared is compared on the same draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from statistics import NormalDist
from typing import Any, TypeVar

import numpy as np

from optimizer.distances import Distances
from optimizer.scenario import EARTHWORKS, GRADES, Demands, Floats, Scenario, Supplies, Uncertain, commodity_of
from optimizer.whatif.study import Straight

TENTH = NormalDist().inv_cdf(0.9)
WET = "~wet"  # ends the id of what a lot digs after rain
_Part = TypeVar("_Part", Supplies, Demands)


@dataclass(frozen=True)
class Template:
    """The scenario with a second lot, at first of nothing, for what each lot may dig after rain.

    Attributes:
        entered: the scenario as it is.
        scenario: with those lots behind the others.
        at: (places,) node in the scenario as entered that each node stands for.
        twin: lot → the lot of its wet soil.
    """

    entered: Scenario
    scenario: Scenario
    at: Any
    twin: dict[int, int]

    @classmethod
    def of(cls, scenario: Scenario) -> Template:
        """Adds the lots."""
        s = scenario.supplies
        wet = [row for row in scenario.uncertain if row.what == "wet"]
        lots = np.array([*range(len(s.ids)), *(row.node for row in wet)], dtype=np.int64)
        longer = _taken(s, lots)
        n = len(s.ids)
        commodity, release = longer.commodity.copy(), longer.release.copy()
        for i, row in enumerate(wet):
            commodity[n + i] = commodity_of(row.material, s.commodity[row.node] % GRADES + 1)
            release[n + i] = 0.0
        ids = (*s.ids, *(s.ids[row.node] + WET for row in wet))
        longer = replace(longer, ids=ids, commodity=commodity, release=release)
        at = np.concatenate([lots, np.arange(n, len(scenario.place_ids))])
        twin = {row.node: n + i for i, row in enumerate(wet)}
        return cls(scenario, replace(scenario, supplies=longer, twins=tuple(twin.items())), at, twin)

    def distances(self, whole: Distances) -> Distances:
        """Distances of the scenario as entered, for these lots as well."""
        block = np.ix_(self.at, self.at)
        return replace(
            whole,
            km=whole.km[block],
            minutes=whole.minutes[block],
            cost_per_t=whole.cost_per_t[block],
            paths=Straight(self.scenario.lonlat),
            reach=None,
            anywhere=None,
        )


def _taken(part: Supplies, at: Any) -> Supplies:
    values = {field.name: getattr(part, field.name) for field in fields(part)}
    rows: dict[str, Any] = {
        k: v[at] if isinstance(v, np.ndarray) else tuple(v[i] for i in at) for k, v in values.items()
    }
    return Supplies(**rows)


@dataclass(frozen=True)
class Sample:
    """One drawn scenario; ``rain`` are its days of rain."""

    scenario: Scenario
    rain: tuple[int, ...]


def drawn(template: Template, samples: int, seed: int) -> list[Sample]:
    """Equally likely scenarios.

    Args:
        template: what is drawn from.
        samples: how many.
        seed: of all draws.
    """
    rows = [row for row in template.scenario.uncertain if row.what != "wet"]
    values = [_values(row, template.entered, samples, seed) for row in rows]
    return [_sample(template, rows, [v[i] for v in values], _rainy(seed, i)) for i in range(samples)]


def _values(row: Uncertain, scenario: Scenario, samples: int, seed: int) -> list[float]:
    place = scenario.place_ids[row.node] if row.node >= 0 else ""
    chances = _stratified(row.group or f"{row.what} {place}", samples, seed)
    return [quantile(row, chance) for chance in chances.tolist()]


def _stratified(name: str, samples: int, seed: int) -> Floats:
    random = _random(seed, name)
    return (random.permutation(samples) + random.random(samples)) / samples


def _random(seed: int, *names: object) -> np.random.Generator:
    words = [int.from_bytes(sha256(str(name).encode()).digest()[:8], "big") for name in names]
    return np.random.default_rng([seed, *words])


def quantile(row: Uncertain, chance: float) -> float:
    """Value not exceeded with a chance: half a normal curve through P10 and P50, another through P50 and P90."""
    z = NormalDist().inv_cdf(min(max(chance, 1e-9), 1 - 1e-9)) / TENTH
    value = row.mid + z * (row.high - row.mid if z > 0 else row.mid - row.low)
    return value if row.what == "delay" else max(value, 0.0)


def _rainy(seed: int, number: int) -> np.random.Generator:
    """Tells on which days it rains in one sample."""
    return _random(seed, "days of rain", number)


def _sample(
    template: Template, rows: Sequence[Uncertain], values: Sequence[float], rainy: np.random.Generator
) -> Sample:
    scenario, first_demand = template.scenario, template.entered.first_demand
    supplies, demands, rain = scenario.supplies, scenario.demands, ()
    for row, value in zip(rows, values, strict=True):
        if row.what == "rain":
            rain = tuple(sorted(rainy.permutation(scenario.days)[: round(value)].tolist()))
        elif row.node >= first_demand and row.what == "quantity":
            demands = _scaled_need(demands, row.node - first_demand, value)
        elif row.node >= first_demand:
            demands = _moved_dates(demands, [row.node - first_demand], round(value), scenario.days)
        elif row.what == "quantity":
            supplies = replace(supplies, release=_scaled(supplies.release, row.node, value))
        else:
            lots = [row.node, *([template.twin[row.node]] if row.node in template.twin else [])]
            moved = _moved_dates(supplies, lots, round(value), scenario.days)
            supplies = replace(moved, release=_later(moved.release, row.node, round(value)))
    if rain:
        supplies = _rained_on(scenario, supplies, template.twin, rain)
    return Sample(replace(scenario, supplies=supplies, demands=demands, rain=rain), rain)


def _scaled(values: Floats, at: int, factor: float) -> Floats:
    scaled = values.copy()
    scaled[at] *= factor
    return scaled


def _scaled_need(part: Demands, need: int, factor: float) -> Demands:
    quantity = _scaled(part.quantity, need, factor)
    return replace(part, quantity=quantity, required=np.minimum(part.required, quantity))


def _moved_dates(part: _Part, at: Sequence[int], days: int, horizon: int) -> _Part:
    """First and last dates moved by days; one that leaves the horizon stays on its first or last day."""
    first, last = part.first.copy(), part.last.copy()
    first[at] = np.clip(first[at] + days, 0, horizon - 1)
    last[at] = np.clip(last[at] + days, 0, horizon - 1)
    return replace(part, first=first, last=last)


def _later(release: Floats, lot: int, days: int) -> Floats:
    """A lot's release moved by days; what falls outside the horizon belongs to other weeks."""
    moved, n = release.copy(), release.shape[1]
    moved[lot] = 0.0
    for day in range(max(-days, 0), min(n - days, n)):
        moved[lot, day + days] = release[lot, day]
    return moved


def _rained_on(scenario: Scenario, part: Supplies, twin: dict[int, int], rain: tuple[int, ...]) -> Supplies:
    """Earthworks stop on days of rain and are made up for on the lot's next dry day; what is dug then may be wet."""
    release = part.release.copy()
    kinds = [scenario.materials.waste_class[k // GRADES] for k in part.commodity.tolist()]
    for lot in [i for i, kind in enumerate(kinds) if kind == EARTHWORKS and i not in twin.values()]:
        waiting, wet = 0.0, False
        for day in range(scenario.days):
            if day in rain:
                waiting, wet = waiting + release[lot, day], True
                release[lot, day] = 0.0
            elif day <= part.last[lot]:
                dug, waiting, release[lot, day] = release[lot, day] + waiting, 0.0, 0.0
                release[twin[lot] if wet and lot in twin else lot, day] = dug
                wet = False
    return replace(part, release=release)
