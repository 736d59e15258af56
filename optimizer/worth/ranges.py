"""What one more unit of a limit is worth, and how far that holds: every figure is a plan solved again, warm.

The optimum of an order of goals is, along one limit, a chain of straight pieces, and as long as all earlier goals go
on straight each goal bends one way only. So a straight piece that is met again further out has held all the way. It is
looked for in strides, for the simplex takes as long as the way is far; where it is no longer met, the tangent there
(from the duals) crosses it nearer, and there the question is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from optimizer.blocks import build_program
from optimizer.check.result import Finding
from optimizer.distances import Distances
from optimizer.planner import Planning, planning_of
from optimizer.program import Program
from optimizer.progress import Progress
from optimizer.scenario import Floats, Objective, Scenario
from optimizer.solve import HEAVIEST_T_M3, Solution
from optimizer.whatif.study import recomputed
from optimizer.worth.limits import Limit

STRIDE = 4  # every look ahead is so many times as far as the one before
MOST_BENDS = 15  # of one limit; each is a plan
SAME = 1e-6  # values nearer than this, relative to their size, are one
NUDGE = 1e-6
LEAST = 1e-6  # a limit that may fall by less than this cannot fall


@dataclass(frozen=True)
class Step:
    """A limit changed by an amount.

    Attributes:
        amount: how much larger the limit is; smaller where negative.
        change: by goal.
        t_km, cost: change of the plan's t·km and CNY.
        until: the amount up to which every unit changes the goals by the same; None = however far.
        findings: what the second reading of the changed plan does not confirm.
    """

    limit: Limit
    amount: float
    change: Mapping[str, float]
    t_km: float
    cost: float
    until: float | None
    findings: tuple[Finding, ...]


def with_way_and_money(objective: Objective) -> Objective:
    """An order with haul and cost at its end, so that what they are is settled too; weights as they are."""
    if objective.weights:
        return objective
    return replace(objective, order=tuple(dict.fromkeys((*objective.order, "haul", "cost"))))


class Ranges:
    """Asks a plan that is live in the solver about its limits."""

    def __init__(self, planning: Planning, independent: Distances):
        self.planning, self._independent = planning, independent
        self.base = values(planning.solution)
        self._kpis = planning.plan.summary["kpis"]
        self._far = _all_there_is(planning.scenario)

    def step(self, limit: Limit, amount: float, *, reach: bool = True) -> Step | None:
        """The limit changed by an amount; None where it cannot fall so far, or the time is over.

        Args:
            limit: which.
            amount: positive or negative; a fall stops at 0.
            reach: whether to look how far what a unit changes stays the same.
        """
        amount = max(amount, -limit.least)
        if abs(amount) < LEAST:
            return None
        grown = self._grown(limit)
        solution = self._solved(grown, amount)
        if solution is None:
            return None
        planning = self._planned(limit, grown, amount, solution)
        now = values(solution)
        change = {goal: now[goal] - self.base[goal] for goal in now}
        kpis = planning.plan.summary["kpis"]
        moved = kpis["t_km"] - self._kpis["t_km"], kpis["cost"] - self._kpis["cost"]
        until = self._until(limit, grown, amount, change) if reach else amount
        return Step(limit, amount, change, *moved, until, recomputed(planning, self._independent))

    def _until(self, limit: Limit, grown: _Grown, amount: float, change: Mapping[str, float]) -> float | None:
        """How far the limit may go in the direction of the amount with every unit changing the goals alike."""
        end = self._far if amount > 0 else -limit.least
        straight, at, bends = amount, _towards(end, amount * STRIDE), 0
        while abs(at) > abs(straight) * (1 + SAME) and bends < MOST_BENDS:
            found = self._solved(grown, at)
            if found is None:
                break
            bend = self._bend(grown, amount, change, at, found)
            if bend is not None:
                at, bends = bend, bends + 1
            elif at == self._far:
                return None
            else:
                straight, at = at, at if bends else _towards(end, at * STRIDE)
        return straight

    def _bend(
        self, grown: _Grown, amount: float, change: Mapping[str, float], at: float, found: Solution
    ) -> float | None:
        """Where the tangent at a far point crosses the straight piece; None where the piece reaches the point."""
        for stage in found.stages:
            goal, slope = stage.goal, change[stage.goal] / amount
            straight = self.base[goal] + slope * at
            if abs(stage.value - straight) <= SAME * max(1.0, abs(stage.value), abs(slope * at)):
                continue
            assert stage.price is not None
            tangent = float(stage.price @ grown.rows)
            crossing = (stage.value - tangent * at - self.base[goal]) / (slope - tangent) if slope != tangent else at
            nearer = at * (1 - NUDGE)  # a point just where an earlier goal bends may have the duals of the far side
            return crossing if abs(amount) < abs(crossing) < abs(nearer) and crossing * at > 0 else nearer
        return None

    def _grown(self, limit: Limit) -> _Grown:
        base = self.planning.program
        return _Grown.of(base, build_program(limit.changed(self.planning.scenario, 1.0), self.planning.lanes))

    def _solved(self, grown: _Grown, amount: float) -> Solution | None:
        return self.planning.session.anew(grown.by(self.planning.program, amount))

    def _planned(self, limit: Limit, grown: _Grown, amount: float, solution: Solution) -> Planning:
        p, program = self.planning, grown.by(self.planning.program, amount)
        scenario = limit.changed(p.scenario, amount)
        return planning_of(scenario, p.distances, p.lanes, program, p.session, solution, Progress(), brief=True)


@dataclass(frozen=True)
class _Grown:
    """How much every bound of a program grows when a limit grows by one."""

    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats

    @classmethod
    def of(cls, base: Program, larger: Program) -> _Grown:
        names = ("row_lower", "row_upper", "lower", "upper")
        return cls(*(_difference(getattr(base, name), getattr(larger, name)) for name in names))

    @property
    def rows(self) -> Floats:
        """(rows,) of whichever side a row is bounded on."""
        return np.where(self.row_upper != 0, self.row_upper, self.row_lower)

    def by(self, base: Program, amount: float) -> Program:
        """The program with the limit larger by an amount."""
        return replace(
            base,
            row_lower=base.row_lower + amount * self.row_lower,
            row_upper=base.row_upper + amount * self.row_upper,
            lower=base.lower + amount * self.lower,
            upper=base.upper + amount * self.upper,
        )


def _difference(now: Floats, larger: Floats) -> Floats:
    return np.subtract(larger, now, out=np.zeros(len(now)), where=np.isfinite(now))


def _towards(end: float, at: float) -> float:
    """An amount, or the end where it would go beyond."""
    return end if abs(at) > abs(end) else at


def values(solution: Solution) -> dict[str, float]:
    """Value of each goal."""
    return {stage.goal: stage.value for stage in solution.stages}


def _all_there_is(scenario: Scenario) -> float:
    """t beyond which no limit can matter: all that is there, is wanted, or may pass a plant."""
    d, s = scenario.demands, scenario.supplies
    return float(s.release.sum() + scenario.stocks.t.sum() + HEAVIEST_T_M3 * d.quantity.sum()) + 1.0
