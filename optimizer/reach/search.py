"""The cheapest set of changes that puts a wanted share to use: proven by the duals, each change tried without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.backends import make_backend
from optimizer.blocks import build_program
from optimizer.distances import Distances
from optimizer.frontier import used
from optimizer.lanes import build_lanes
from optimizer.planner import Options, Planning
from optimizer.program import Program
from optimizer.progress import Progress
from optimizer.reach.relax import Capacity, LaneGroup, capacities, lane_groups, widened, with_capacities, with_rows
from optimizer.scenario import Floats, Ints, Objective, Scenario
from optimizer.solve import ROUNDING, Session, Solution

WANTED, NO_WORSE = "reach.used", "reach.unserved"  # rows: enough is put to use, and no more finds no place than before
PRICE, MOST = "price", "most"
SMALLEST = 1e-3  # t; a smaller change is arithmetic


@dataclass(frozen=True)
class Change:
    """One change of the set.

    Attributes:
        what: the limit or the lanes that it concerns.
        amount: t, or t a day, or a need's own units.
        price: CNY.
        without: t put to use at most if this change alone were not made, the others being no larger than they are.
        days: days of the horizon on which its lanes are used; none for a limit.
        km: the longest way that it opens; 0 where it opens none.
    """

    what: Capacity | LaneGroup
    amount: float
    price: float
    without: float
    days: Ints
    km: float


@dataclass(frozen=True)
class Found:
    """The answer.

    Attributes:
        wanted, before, most: t put to use: asked for, in the plan as it is, and with everything that may be changed.
        target: t that the changes reach: ``wanted``, or ``most`` where that is less.
        price, bound: CNY of the set, and what no set is cheaper than.
        changes: the dearest first.
    """

    generated: float
    wanted: float
    before: float
    most: float
    target: float
    price: float
    bound: float
    changes: list[Change]
    solution: Solution
    wide: Scenario

    @property
    def reached(self) -> bool:
        """Whether the wanted share can be had."""
        return self.most >= self.wanted - _room(self.wanted)


class Reach:
    """The widened program of a planned scenario, live in a solver."""

    def __init__(self, base: Planning, distances: Distances, prices: Mapping[str, float]):
        scenario = base.scenario
        self.base, self.wide = base, widened(scenario, prices)
        self.lanes = build_lanes(self.wide, distances)
        plain = replace(self.wide, objective=Objective(order=("unserved", "haul")))
        program = build_program(plain, self.lanes)
        put_to_use = used(plain, self.lanes, program)
        self.raised = capacities(scenario, self.wide, program) if "capacity" in prices else []
        self.groups = lane_groups(scenario, self.lanes, prices)
        program = with_capacities(program, self.raised)
        self.used = np.concatenate([put_to_use, np.zeros(len(self.raised))])
        self.price = np.zeros(program.shape[1])
        self.price[program.columns["reach.raised"].span] = prices.get("capacity", 0.0)
        for group in self.groups:
            self.price[group.lanes] += group.price
        unserved = program.goals["unserved"]
        rows = {WANTED: (self.used, np.inf), NO_WORSE: (unserved, _unserved(base) - program.constants["unserved"])}
        program = with_rows(program, rows)
        goals = {**program.goals, PRICE: self.price, MOST: self.used}
        self.program = replace(program, goals=goals, constants={**program.constants, PRICE: 0.0, MOST: 0.0})
        self.backend = make_backend(Options().solver)

    def run(self, share: float, progress: Progress) -> Found:
        """The cheapest changes by which ``share`` of what is generated is put to use, or as much as can be."""
        kpis = self.base.plan.summary["kpis"]
        generated = kpis["generated_t"]
        before = kpis["placed_t"] + kpis["recycled_t"]
        wanted = share * generated
        with progress.phase("most"):
            most = -self._solved(self.program, (MOST, "unserved")).stages[0].value
        target = min(wanted, most)
        with progress.phase("cheapest"):
            solution = self._solved(self._reaching(target), (PRICE, "unserved", "haul"))
        with progress.phase("each without"):
            changes = self._changes(solution.x)
        stage = solution.stages[0]
        return Found(generated, wanted, before, most, target, stage.value, stage.bound, changes, solution, self.wide)

    def _reaching(self, target: float) -> Program:
        upper = self.program.row_upper.copy()
        upper[self.program.rows[WANTED].start] = -target + _room(target)
        return replace(self.program, row_upper=upper)

    def _solved(self, program: Program, order: tuple[str, ...]) -> Solution:
        objective = Objective(order=order, tolerance=ROUNDING)
        return Session(program, self.backend, objective, self.wide.costs.unserved_per_t).run(Progress(quiet=True))

    def _changes(self, x: Floats) -> list[Change]:
        """Every change that is made, the dearest first, each tried without."""
        first = self.program.columns["reach.raised"].start
        made: list[tuple[Capacity | LaneGroup, float, float]] = [
            *((c, float(x[first + i]), float(self.price[first + i] * x[first + i])) for i, c in enumerate(self.raised)),
            *((g, float(x[g.lanes].sum()), float(g.price @ x[g.lanes])) for g in self.groups),
        ]
        made = sorted((m for m in made if m[1] > SMALLEST), key=lambda m: (-m[2], -m[1]))
        without = self._without([what for what, _, _ in made], x)
        return [
            Change(what, amount, price, most, *self._extent(what, x))
            for (what, amount, price), most in zip(made, without, strict=True)
        ]

    def _extent(self, what: Capacity | LaneGroup, x: Floats) -> tuple[Ints, float]:
        if isinstance(what, Capacity):
            return np.zeros(0, dtype=np.int32), 0.0
        driven = what.lanes[x[what.lanes] > SMALLEST]
        return np.unique(self.lanes.day[driven]), float(self.lanes.km[self.lanes.arc[driven]].max(initial=0.0))

    def _without(self, made: Sequence[Capacity | LaneGroup], x: Floats) -> list[float]:
        """(made,) the most that can be put to use when one change is left out and the others are no larger."""
        held = [group for group in made if isinstance(group, LaneGroup)]
        rows = {f"reach.held{i}": (self._of(group), float(x[group.lanes].sum())) for i, group in enumerate(held)}
        program = with_rows(self.program, rows) if rows else self.program
        upper = program.upper.copy()
        raised = program.columns["reach.raised"].span
        upper[raised] = x[raised]
        for group in self.groups:
            if group not in held:
                upper[group.lanes] = 0.0
        objective = Objective(order=(MOST, "unserved"), tolerance=ROUNDING)
        session = Session(replace(program, upper=upper), self.backend, objective, 0.0)
        session.run(Progress(quiet=True))
        return [self._most_without(session, what) for what in made]

    def _most_without(self, session: Session, what: Capacity | LaneGroup) -> float:
        upper = session.program.upper.copy()
        if isinstance(what, Capacity):
            upper[self.program.columns["reach.raised"].start + self.raised.index(what)] = 0.0
        else:
            upper[what.lanes] = 0.0
        found = session.anew(replace(session.program, upper=upper))
        assert found is not None
        return -found.stages[0].value

    def _of(self, group: LaneGroup) -> Floats:
        row = np.zeros(self.program.shape[1])
        row[group.lanes] = 1.0
        return row


def _unserved(base: Planning) -> float:
    value = float(base.program.goals["unserved"] @ base.solution.x) + base.program.constants["unserved"]
    return value + _room(value)


def _room(value: float) -> float:
    """What keeps a row feasible in floating point."""
    return 1e-7 * max(1.0, abs(value))
