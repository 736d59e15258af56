"""Certain orders, hedged orders and perfect foresight, on the same samples and on fresh ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.backends import make_backend
from optimizer.check.result import Finding
from optimizer.distances import Distances, measure
from optimizer.errors import InputError
from optimizer.hedge.draws import Sample, Template, drawn
from optimizer.hedge.sitings import Sitings, sitings
from optimizer.hedge.stages import Future, Hedged, Orders, certain, figure, hedged
from optimizer.planner import Options, planning_of
from optimizer.progress import Progress
from optimizer.scenario import Floats, Objective, Scenario
from optimizer.solve import TOTAL, Solution, Stage, open_session, violations
from optimizer.whatif.study import INDEPENDENT, recomputed

COMMAND = "cutfill hedge"
MOST_COLUMNS = 600_000  # of all samples together in one program
PLANS = ("certain", "hedged", "perfect")


@dataclass(frozen=True)
class Request:
    """How to draw and what counts.

    Attributes:
        samples, seed: of the draws.
        days: first days whose drives are ordered now.
        worst: weight of the mean of the worst part.
        share: how large that part is.
        weights: CNY per unit of goals, instead of the scenario's.
    """

    samples: int
    seed: int
    days: int
    worst: float
    share: float
    weights: dict[str, float]


@dataclass(frozen=True)
class Hedge:
    """The answer; costs are (samples,) CNY by plan, ``fresh`` on draws that no plan has seen."""

    request: Request
    scenario: Scenario
    samples: list[Sample]
    costs: dict[str, Floats]
    unserved: dict[str, Floats]
    fresh: dict[str, Floats]
    orders: dict[str, Orders]
    best: Hedged
    sitings: Sitings | None
    findings: list[Finding]

    def value(self, plan: str) -> float:
        """What is minimised, of a plan."""
        return figure(self.costs[plan], self.request.worst, self.request.share)

    @property
    def worth_of_hedging(self) -> float:
        """CNY that hedged orders save against the certain plan's: the value of the stochastic solution."""
        return self.value("certain") - self.value("hedged")

    @property
    def worth_of_knowing(self) -> float:
        """CNY that knowing each sample beforehand would save further: the expected value of perfect information."""
        return self.value("hedged") - self.value("perfect")


def in_money(scenario: Scenario, weights: dict[str, float]) -> Scenario:
    """The scenario with one goal in CNY: the weights given, or its own, or cost; what is unserved counts always."""
    chosen = weights or dict(scenario.objective.weights) or {"cost": 1.0}
    return replace(scenario, objective=Objective(order=(), weights=chosen))


def study(scenario: Scenario, request: Request, progress: Progress) -> Hedge:
    """Draws, orders, and compares.

    Raises:
        InputError: nothing is uncertain, or the samples are too many for one program.
    """
    if not scenario.uncertain:
        told = "nothing is uncertain; give uncertainty.csv at least one row (docs/whatif.md)"
        raise InputError.single("uncertainty.csv", told)
    template = Template.of(in_money(scenario, request.weights))
    distances, independent = (
        template.distances(measure(scenario, progress, engine=engine)) for engine in ("auto", INDEPENDENT)
    )
    with progress.phase("certain plan"):
        entered = Future.of(template.scenario, template, distances, request.days)
        _refuse_too_large(entered.program.shape[1], request)
        orders = {"certain": certain(entered, entered.perfect()[1])}
    samples = drawn(template, request.samples, request.seed)
    with progress.phase("samples"):
        futures = [Future.of(sample.scenario, template, distances, request.days) for sample in samples]
        perfect = [future.perfect() for future in futures]
        under = [future.under(orders["certain"]) for future in futures]
    with progress.phase("hedged orders"):
        best = hedged(futures, request.worst, request.share, min(cost for cost, _ in perfect))
        orders["hedged"] = best.orders
    costs = {"certain": _costs(under), "hedged": best.costs, "perfect": _costs(perfect)}
    columns = {"certain": [x for _, x in under], "hedged": best.x, "perfect": [x for _, x in perfect]}
    unserved = {
        plan: np.array([_unserved(f, x) for f, x in zip(futures, columns[plan], strict=True)]) for plan in PLANS
    }
    with progress.phase("fresh samples"):
        fresh = _fresh(template, distances, orders, request)
    with progress.phase("sitings"):
        chosen = sitings(template, samples, distances)
    with progress.phase("check"):
        readings = [_checked(f, x, distances, independent) for f, x in zip(futures, best.x, strict=True)]
        findings = [finding for reading in readings for finding in reading]
    return Hedge(request, scenario, samples, costs, unserved, fresh, orders, best, chosen, findings)


def _refuse_too_large(columns: int, request: Request) -> None:
    most = max(MOST_COLUMNS // max(columns, 1), 1)
    if request.samples > most:
        told = f"{request.samples} samples of {columns:,} columns are too many for one program; {most} would do"
        raise InputError.single(COMMAND, told, column="--samples")


def _costs(found: Sequence[tuple[float, Floats]]) -> Floats:
    return np.array([cost for cost, _ in found])


def _unserved(future: Future, x: Floats) -> float:
    return float(future.program.goals["unserved"] @ x)


def _fresh(template: Template, distances: Distances, orders: dict[str, Orders], request: Request) -> dict[str, Floats]:
    """The same orders on as many other draws."""
    others = drawn(template, request.samples, request.seed + 1)
    futures = [Future.of(sample.scenario, template, distances, request.days) for sample in others]
    told = {plan: _costs([future.under(given) for future in futures]) for plan, given in orders.items()}
    return told | {"perfect": _costs([future.perfect() for future in futures])}


def _checked(future: Future, x: Floats, distances: Distances, independent: Distances) -> tuple[Finding, ...]:
    """What the second reading finds in the plan of one sample."""
    session = open_session(future.scenario, future.program, make_backend(Options().solver))
    row, bound = violations(future.program, x)
    solution = Solution(x, (Stage(TOTAL, 0.0, -np.inf, None, 0, 0.0),), "optimal", row, bound)
    session.stages = list(solution.stages)
    planning = planning_of(
        future.scenario, distances, future.lanes, future.program, session, solution, Progress(quiet=True), brief=True
    )
    planning.plan.summary.update(status="feasible", termination="sample")
    return recomputed(planning, independent)
