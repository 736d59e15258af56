"""The cheapest single thing that would help: candidates come from the duals, and each is tried by a warm re-solve."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.distances import Distances
from optimizer.lanes import Lanes
from optimizer.obstacles import Obstacles
from optimizer.scenario import GRADES, PLANTS, Bools, Floats, Scenario
from optimizer.solve import UNITS, OpenLanes, Session
from optimizer.words import UNIT_WORDS, Words, dates, place, tonnes

RESOLVES = 16  # re-solves for all reasons of a plan; a count, so that the same input gives the same plan
TRIED_LIMITS = 2  # loosened limits tried per reason
LEAST_GAIN = 0.05  # a gain below this is not worth a sentence
WORTH = 1e-6  # a dual closer to zero than this promises nothing

# row block → (what is loosened, in both languages); {t} is how much, {p} the place
LIMITS = {
    "gate.in": Words("{t} t a day more at the gate of {p}", "{p} 进场口每日再增 {t} t"),
    "gate.out": Words("{t} t a day more out of {p}", "{p} 出场口每日再增 {t} t"),
    "facility.storage": Words("{t} t more storage at {p}", "{p} 再增库容 {t} t"),
    "facility.end_stock": Words("{t} t more end stock allowed at {p}", "{p} 期末库存上限再放宽 {t} t"),
    "facility.room": Words("{t} t more room at {p}", "{p} 再增容量 {t} t"),
    "plant.daily": Words("{t} t a day more processing at {p}", "{p} 日处理能力再增 {t} t"),
    "demand.room": Words("{t} {unit} more needed by {p}", "{p} 再增需求 {t} {unit}"),
    "demand.daily": Words("{t} {unit} a day more taken by {p}", "{p} 每日再多接收 {t} {unit}"),
    "supply.daily": Words("{t} t a day more loaded at {p}", "{p} 每日多装 {t} t"),
}

_LESS = {"unserved": Words("less unserved", "减少未安置"), "offsite": Words("less off-site", "减少外运")}
_FARTHER = ("a cut-off of {km:.1f} km, to reach {p}", "运距上限放宽到 {km:.1f} km，可达 {p}")
_NEARER = ("a cut-off of {km:.1f} km, to reach it from {p}", "运距上限放宽到 {km:.1f} km，可由 {p} 供给")


@dataclass(frozen=True)
class _Limit:
    """All rows of one block at one place."""

    block: str
    node: int
    rows: tuple[int, ...]
    worth: float


class Remedies:
    """Tries changes on the live model and says what the best one achieves."""

    def __init__(self, scenario: Scenario, distances: Distances, lanes: Lanes, session: Session, open_days: Bools):
        self.s, self.distances, self.lanes, self.session = scenario, distances, lanes, session
        self.open = open_days  # (places, days)
        finished = all(stage.price is not None for stage in session.stages)
        self.left = RESOLVES if finished else 0  # a plan that ran out of time gets no further solves
        self._known: dict[tuple[object, ...], float] = {}
        self._limits: dict[str, list[_Limit]] = {}

    def for_surplus(self, goal: str, origin: int, commodity: int, t: float, found: Obstacles) -> Words:
        """What would help ``t`` tonnes of a commodity at ``origin``."""
        near = set(found.usable) | {origin}
        options = [self._loosen(goal, limit, t) for limit in self._tight(goal, near)[:TRIED_LIMITS]]
        farther, opened = Words(*_FARTHER), Words("{p} open on {days}", "{p} 在 {days} 开放")
        options += [self._open_lane(goal, origin, commodity, p, farther, at=p) for p in found.too_far[:1]]
        options += [
            self._open_lane(goal, origin, commodity, p, opened, at=p, opening=True) for p in found.no_common_day[:1]
        ]
        if origin < self.s.first_demand:
            options.append(self._better_grade(goal, origin, commodity, found.wrong_grade))
        if not any(options):
            return self._by_price(goal, near)
        return self._best(goal, options)

    def for_need(self, goal: str, demand: int, t: float, found: Obstacles) -> Words:
        """What would help a demand that lacks ``t`` tonnes."""
        target = self.s.first_demand + demand
        near = set(found.usable) | {target}
        options = [self._loosen(goal, limit, t) for limit in self._tight(goal, near)[:TRIED_LIMITS]]
        opened = Words("taking soil on {days}, when {p} has it", "在 {days} 开放，以便 {p} 供给")
        for places, words, opening in ((found.too_far, Words(*_NEARER), False), (found.no_common_day, opened, True)):
            for sender in [p for p in places if p < self.s.first_demand][:1]:
                commodity = int(self.s.supplies.commodity[sender])
                options.append(self._open_lane(goal, sender, commodity, target, words, at=sender, opening=opening))
        if self._gains(options):
            return self._best(goal, options)
        first, m = int(self.s.demands.first_material[demand]), self.s.materials
        return Words(
            f"{tonnes(t)} t more of {m.name_en[first]} offered nearby on its days",
            f"附近在其开放日再提供 {tonnes(t)} t {m.name_zh[first]}",
        )

    def _better_grade(
        self, goal: str, origin: int, commodity: int, places: tuple[int, ...]
    ) -> tuple[float, Words] | None:
        """Gain if the lot were of the grade that the nearest place of those takes, all else as it is."""
        words = Words("treatment, or tests, that lift it to the grade that {p} takes", "经处理或复检达到 {p} 的等级")
        first = self.s.first_facility
        for p in places:
            worst = int(
                self.s.facilities.grade[p - first] if p >= first else self.s.demands.grade[p - self.s.first_demand]
            )
            lifted = commodity // GRADES * GRADES + worst - 1
            stores = p >= first and self.s.facilities.kind[p - first] in ("yard", *PLANTS)
            near = self.distances.km[origin, p] <= self.s.roads.max_km
            if (
                near
                and self.open[[origin, p]].all(axis=0).any()
                and not (stores and not self.lanes.may_hold[p - first, lifted])
            ):
                return self._open_lane(goal, origin, lifted, p, words, at=p)
        return None

    def _best(self, goal: str, options: list[tuple[float, Words] | None]) -> Words:
        """The option that gains most, with its gain, or that none of those tried does."""
        gains = self._gains(options)
        if not gains:
            tried = sum(option is not None for option in options)
            return Words(
                f"no single change of the {tried} tried; a further place that takes it is needed",
                f"已试 {tried} 种单项调整均无效，需要新增接收场所",
            )
        gain, what = max(gains, key=lambda option: option[0])
        return what + self._less(goal, gain)

    @staticmethod
    def _gains(options: list[tuple[float, Words] | None]) -> list[tuple[float, Words]]:
        return [option for option in options if option is not None and option[0] > LEAST_GAIN]

    def _less(self, goal: str, gain: float) -> Words:
        unit = UNITS[goal]
        if goal in _LESS:
            return Words(f": {tonnes(gain)} {unit} {_LESS[goal].en}", f"：{_LESS[goal].zh} {tonnes(gain)} {unit}")
        return Words(f": {tonnes(gain)} {unit} less {goal}", f"：{goal} 减少 {tonnes(gain)} {unit}")

    def _by_price(self, goal: str, near: set[int]) -> Words:
        """For the smaller lots, when all re-solves are spent: what the dual of the tightest limit near promises."""
        tight = [limit for limit in self._tight(goal, near) if limit.node in near]
        if not tight:
            return Words("a further place in reach that takes it", "需要在可达范围内新增接收场所")
        limit = tight[0]
        unit = self.s.demands.unit[limit.node - self.s.first_demand] if limit.block.startswith("demand.") else "t"
        words = self._loosened(limit, "1", unit)
        less = self._less(goal, limit.worth)
        return words + Words(f"{less.en} by its price", f"{less.zh}（按影子价格）")

    def _tight(self, goal: str, near: set[int]) -> list[_Limit]:
        """Limits with a dual on the goal, most worth first, those at the places concerned before others."""
        if goal not in self._limits:
            self._limits[goal] = self._all_limits(goal)
        return sorted(self._limits[goal], key=lambda limit: (limit.node not in near, -limit.worth, limit.node))

    def _all_limits(self, goal: str) -> list[_Limit]:
        stage = next(stage for stage in self.session.stages if stage.goal == goal)
        if stage.price is None:
            return []
        starts = {"supply": 0, "demand": self.s.first_demand, "facility": self.s.first_facility}
        limits = []
        for name in LIMITS:
            block = self.session.program.rows[name]
            place_of = block.keys[0] + starts[block.dims[0]]
            price = stage.price[block.span]
            for node in np.unique(place_of[price < -WORTH]).tolist():
                rows = block.index[place_of == node]
                worth = float(-price[place_of == node].sum())
                limits.append(_Limit(name, node, tuple(rows.tolist()), worth))
        return limits

    def _loosen(self, goal: str, limit: _Limit, t: float) -> tuple[float, Words] | None:
        """Gain in the goal if all rows of a limit had ``t`` tonnes more."""
        amount, unit = t, "t"
        if limit.block.startswith("demand."):
            demand = limit.node - self.s.first_demand
            d = self.s.demands
            amount, unit = t * float(d.units_per_t[demand, d.first_material[demand]]), d.unit[demand]
        program = self.session.program
        changes = {row: (float(program.row_lower[row]), float(program.row_upper[row]) + amount) for row in limit.rows}
        gain = self._gain(goal, (limit.block, limit.node, round(amount, 3)), changes, None)
        if gain is None:
            return None
        return gain, self._loosened(limit, tonnes(amount), unit)

    def _loosened(self, limit: _Limit, amount: str, unit: str) -> Words:
        words, own = LIMITS[limit.block], UNIT_WORDS[unit]
        at = place(self.s, limit.node)
        return Words(words.en.format(t=amount, unit=own.en, p=at), words.zh.format(t=amount, unit=own.zh, p=at))

    def _open_lane(
        self, goal: str, origin: int, commodity: int, destination: int, words: Words, *, at: int, opening: bool = False
    ) -> tuple[float, Words] | None:
        """Gain in the goal if a lane between two places were open.

        Args:
            goal: the goal asked about.
            origin, destination: nodes that a road joins.
            commodity: what the lane carries.
            words: the sentence, with ``{p}`` for the place named, ``{km}`` and ``{days}``.
            at: the place named.
            opening: the destination would open on the origin's days; otherwise its own days hold.
        """
        km = float(self.distances.km[origin, destination])
        if np.isnan(km):
            return None
        open_days: Bools = self.open[origin] if opening else self.open[origin] & self.open[destination]
        if not open_days.any():
            return None
        days = np.flatnonzero(open_days).astype(np.int32)
        given = float(self.distances.cost_per_t[origin, destination])
        lane = replace(
            self.lanes,
            origin=np.array([origin], dtype=np.int32),
            destination=np.array([destination], dtype=np.int32),
            commodity=np.array([commodity], dtype=np.int32),
            km=np.array([km]),
            minutes=np.array([np.nan]),
            haul_cost=np.array([km * self.s.costs.haul_per_t_km if np.isnan(given) else given]),
            arc=np.zeros(len(days), dtype=np.int32),
            day=days,
        )
        opened = OpenLanes(lane, self._rate(destination, commodity)[days])
        gain = self._gain(goal, ("lane", origin, destination, commodity), None, opened)
        if gain is None:
            return None
        fill = {"km": np.ceil(km * 10) / 10, "p": place(self.s, at), "days": dates(self.s, open_days)}
        return gain, Words(words.en.format(**fill), words.zh.format(**fill))

    def _rate(self, destination: int, commodity: int) -> Floats:
        """(days,) t a day that a place takes by its own rate or gate: days it is closed have no row for it."""
        if destination >= self.s.first_facility:
            return self.s.facilities.daily_in[destination - self.s.first_facility]
        d, demand = self.s.demands, destination - self.s.first_demand
        return np.full(self.s.days, d.daily_max[demand] / d.units_per_t[demand, commodity // GRADES])

    def _measure(self, goal: str) -> Floats:
        cost = self.session.cost(goal)
        if goal != "unserved":
            return cost
        s, d, program = self.s.supplies, self.s.demands, self.session.program
        plain = cost.copy()
        for name, priority in (("supply.left", s.priority), ("demand.short", d.priority)):
            block = program.columns[name]
            weight = priority[block.keys[0]]
            plain[block.span] = np.divide(cost[block.span], weight, out=np.zeros(len(block)), where=weight > 0)
        return plain

    def _gain(
        self,
        goal: str,
        key: tuple[object, ...],
        changes: dict[int, tuple[float, float]] | None,
        lanes: OpenLanes | None,
    ) -> float | None:
        """How much less of the goal there is, in its unit; `unserved` in plain t, whatever the priorities."""
        key = (goal, *key)
        if key not in self._known:
            if self.left <= 0:
                return None
            self.left -= 1
            found = self.session.resolve(goal, changes, lanes)
            assert self.session.x is not None
            measure = self._measure(goal)
            self._known[key] = 0.0 if found is None else float(measure @ (self.session.x - found[1]))
        return self._known[key]
