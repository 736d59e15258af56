"""One sample answered by a worker: what every plan comes to in it, checked, and what every set of candidates costs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from optimizer.backends import make_backend
from optimizer.distances import Distances
from optimizer.hedge.draws import Sample, Template, drawn
from optimizer.hedge.sitings import set_costs, sets_of
from optimizer.hedge.stages import Future, Orders
from optimizer.planner import Options, planning_of
from optimizer.progress import Progress
from optimizer.scenario import Floats
from optimizer.solve import TOTAL, Solution, Stage, open_session, violations
from optimizer.spread import Row
from optimizer.whatif.study import recomputed


@dataclass(frozen=True)
class Ground:
    """What all samples share.

    Attributes:
        template: what they are drawn from.
        distances, independent: by both path engines.
        samples: how many are drawn at a time.
        days: first days whose drives are ordered.
    """

    template: Template
    distances: Distances
    independent: Distances
    samples: int
    days: int


@dataclass(frozen=True)
class Question:
    """One of the samples of a seed, and the orders of each plan; a plan without orders knows the sample beforehand."""

    seed: int
    number: int
    plans: tuple[tuple[str, Orders | None], ...]
    sitings: bool


@dataclass(frozen=True)
class Answering:
    """What a worker keeps: the ground, and the samples that it has drawn."""

    ground: Ground
    _samples: dict[int, list[Sample]] = field(default_factory=dict)

    def sample(self, seed: int, number: int) -> Sample:
        """A sample of a seed."""
        if seed not in self._samples:
            self._samples[seed] = drawn(self.ground.template, self.ground.samples, seed)
        return self._samples[seed][number]


def answered(kept: Answering, question: Question) -> Row:
    """CNY and t unserved of every plan, what the second reading finds, and CNY of every set of candidates."""
    ground, sample = kept.ground, kept.sample(question.seed, question.number)
    future = Future.of(sample.scenario, ground.template, ground.distances, ground.days)
    row: Row = {"seed": question.seed, "sample": question.number}
    findings: list[str] = []
    for plan, orders in question.plans:
        cost, x = future.perfect() if orders is None else future.under(orders)
        row |= {plan: cost, f"unserved_{plan}": float(future.program.goals["unserved"] @ x)}
        findings += [
            f"seed {question.seed}, sample {question.number + 1}, {plan}: {f}" for f in _found(ground, future, x)
        ]
    sets = sets_of(sample.scenario) if question.sitings else ()
    costs = set_costs(sample.scenario, ground.template, ground.distances, sets) if sets else []
    return row | {"findings": findings, "sitings": costs}


def _found(ground: Ground, future: Future, x: Floats) -> list[str]:
    """What the second reading finds in the plan of one sample."""
    session = open_session(future.scenario, future.program, make_backend(Options().solver))
    row, bound = violations(future.program, x)
    solution = Solution(x, (Stage(TOTAL, 0.0, -np.inf, None, 0, 0.0),), "optimal", row, bound)
    session.stages = list(solution.stages)
    planning = planning_of(
        future.scenario, ground.distances, future.lanes, future.program, session, solution, Progress(), brief=True
    )
    planning.plan.summary.update(status="feasible", termination="sample")
    return [str(finding) for finding in recomputed(planning, ground.independent)]
