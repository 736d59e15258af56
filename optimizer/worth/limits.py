"""The limits of a scenario that a plan presses against, and how each is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from optimizer.planner import Planning
from optimizer.program import Block
from optimizer.remedies import LIMITS
from optimizer.scenario import Bools, Floats, Gate, Ints, Scenario
from optimizer.words import UNIT_WORDS, Words, place

ZERO = 1e-6  # a price nearer to zero is none
# side, as in prices.csv → the row block, and the part and field of the scenario that hold its limits
FIELDS = {
    "gate_in": ("gate.in", "facilities", "daily_in"),
    "gate_out": ("gate.out", "facilities", "daily_out"),
    "storage": ("facility.storage", "facilities", "storage"),
    "end_stock": ("facility.end_stock", "facilities", "end_stock_max"),
    "room": ("facility.room", "facilities", "storage"),
    "plant_daily": ("plant.daily", "recipes", "daily_max"),
    "demand": ("demand.room", "demands", "quantity"),
    "demand_daily": ("demand.daily", "demands", "daily_max"),
    "supply_daily": ("supply.daily", "supplies", "daily_max"),
    "supply": ("supply.release", "supplies", "release"),
}
DAILY = ("gate_in", "gate_out", "plant_daily", "demand_daily", "supply_daily")
RELEASED = Words("{t} t more released by {p}", "{p} 多产生 {t} t")
GATES = {"gate_in": "tip", "gate_out": "load"}  # side → what gates.csv calls it


@dataclass(frozen=True)
class Limit:
    """One number that a person entered, on every day that it counts.

    Attributes:
        node: the place.
        side: key of :data:`FIELDS`.
        material: of a plant's daily limit; otherwise blank.
        unit: own unit, ``t`` or a demand's; a day where :data:`DAILY`.
        now: its value; None where it differs by day.
        least: how much it may fall, so that it is nowhere below 0.
        direction: change of the scenario's field when the limit grows by one.
        price: change of each goal when it grows by one, from the duals.
    """

    node: int
    side: str
    material: str
    unit: str
    now: float | None
    least: float
    direction: Floats
    price: tuple[float, ...]

    def changed(self, scenario: Scenario, amount: float) -> Scenario:
        """The scenario with the limit larger by an amount, or smaller where it is negative."""
        _, part, name = FIELDS[self.side]
        holder = getattr(scenario, part)
        grown = getattr(holder, name) + amount * self.direction
        return replace(scenario, **{part: replace(holder, **{name: np.maximum(grown, 0.0)})})

    def told(self, scenario: Scenario, amount: str) -> Words:
        """The change as a sentence begins with it."""
        block, at, unit = FIELDS[self.side][0], place(scenario, self.node), UNIT_WORDS[self.unit]
        words = LIMITS.get(block, RELEASED)
        name = material_name(scenario, self.material)
        own = Words(f" ({name.en})", f"（{name.zh}）") if name else name
        return Words(
            words.en.format(t=amount, unit=unit.en, p=at) + own.en,
            words.zh.format(t=amount, unit=unit.zh, p=at) + own.zh,
        )

    def t_per_hour(self, scenario: Scenario) -> float | None:
        """What a gate passes in an hour of its service at its daily limit; None where gates.csv has no hours for it."""
        minutes = [
            _minutes(gate) for gate in scenario.gates if (gate.place, gate.what) == (self.node, GATES.get(self.side))
        ]
        if not minutes or not minutes[0]:
            return None
        held = getattr(scenario.facilities, FIELDS[self.side][2])[self.direction > 0]
        return float(held.mean()) * 60 / minutes[0]


def material_name(scenario: Scenario, material: str) -> Words:
    """A material's name; blank where there is none."""
    m = scenario.materials
    if not material:
        return Words("", "")
    at = m.index[material]
    return Words(m.name_en[at] or material, m.name_zh[at] or material)


def _minutes(gate: Gate) -> float:
    return float(sum(closes - opens for opens, closes in gate.spells))


def pressing(planning: Planning) -> list[Limit]:
    """Every limit with a price on some goal, those first whose price on the first goals is largest."""
    starts = {"supply": 0, "demand": planning.scenario.first_demand, "facility": planning.scenario.first_facility}
    stages = planning.solution.stages
    prices = np.column_stack([stage.price for stage in stages if stage.price is not None])
    found = []
    for side, (name, _, _) in FIELDS.items():
        block = planning.program.rows[name]
        for rows in groups(block):
            entity = int(block.keys[0][rows[0]])
            direction = _direction(planning.scenario, side, block, int(rows[0]))
            weight = _weights(direction, block, rows)
            price = tuple((prices[block.start + rows] * weight[:, None]).sum(axis=0).tolist())
            if max(map(abs, price)) > ZERO:
                found.append(_limit(planning.scenario, side, entity, starts[block.dims[0]] + entity, direction, price,
                                    _material(planning.scenario, block, int(rows[0]))))  # fmt: skip
    return sorted(found, key=lambda limit: (*(-abs(round(p, 6)) for p in limit.price), limit.node, limit.side))


def groups(block: Block) -> Iterator[Ints]:
    """Rows of a block that hold one limit on its days."""
    keys = [key for dim, key in zip(block.dims, block.keys, strict=True) if dim != "day"]
    if len(block):
        _, group = np.unique(np.column_stack(keys), axis=0, return_inverse=True)
        for number in range(int(group.max()) + 1):
            yield np.flatnonzero(group == number)


def _material(scenario: Scenario, block: Block, row: int) -> str:
    return scenario.materials.ids[block.keys[1][row]] if "material" in block.dims else ""


def _direction(scenario: Scenario, side: str, block: Block, row: int) -> Floats:
    """Change of the field when a row's limit grows by one: on every day that it counts; a lot as it is released."""
    _, part, name = FIELDS[side]
    values, entity = getattr(getattr(scenario, part), name), int(block.keys[0][row])
    direction = np.zeros(values.shape)
    if side == "supply":
        total = values[entity].sum()
        direction[entity] = values[entity] / total if total else 0.0
    elif side == "plant_daily":
        r = scenario.recipes
        direction[(r.facility == entity) & (r.input == block.keys[1][row])] = 1.0
    elif values.ndim == 2:
        counts: Bools = scenario.facilities.open[entity] & np.isfinite(values[entity]) & (values[entity] > 0)
        direction[entity] = counts
    else:
        direction[entity] = 1.0
    return direction


def _weights(direction: Floats, block: Block, rows: Ints) -> Floats:
    """What each row grows by when its limit grows by one."""
    if direction.ndim == 2:
        days = block.keys[block.dims.index("day")][rows]
        weights: Floats = direction[block.keys[0][rows], days]
        return weights
    return np.ones(len(rows))


def _limit(
    scenario: Scenario, side: str, entity: int, node: int, direction: Floats, price: tuple[float, ...], material: str
) -> Limit:
    _, part, name = FIELDS[side]
    values = getattr(getattr(scenario, part), name)
    moving = direction > 0
    held = np.array([values[moving].sum()]) if side == "supply" else values[moving]
    now = float(held[0]) if len(held) and (held == held[0]).all() else None
    unit = scenario.demands.unit[entity] if part == "demands" else "t"
    return Limit(node, side, material, unit, now, float(held.min(initial=np.inf)), direction, price)
