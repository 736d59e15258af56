"""Certain orders, hedged orders and perfect foresight, on the same samples and on fresh ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from optimizer.distances import measure
from optimizer.errors import InputError
from optimizer.hedge.answers import Answering, Ground, Question, answered
from optimizer.hedge.draws import Sample, Template, drawn
from optimizer.hedge.sitings import Sitings, sitings
from optimizer.hedge.stages import Future, Hedged, Orders, certain, figure, hedged
from optimizer.progress import Progress
from optimizer.scenario import Floats, Objective, Scenario
from optimizer.spread import Row, Work, Workers
from optimizer.whatif.study import INDEPENDENT

COMMAND = "cutfill hedge"
MOST_COLUMNS = 600_000  # of all samples together in one program
PLANS = ("certain", "hedged", "perfect")
CLOSE = 1e-6  # of a sum of money; less is arithmetic


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
    findings: list[str]

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


def study(scenario: Scenario, request: Request, progress: Progress, workers: Workers, folder: Path) -> Hedge:
    """Draws, orders, and compares.

    Args:
        scenario: with its uncertainty.
        request: how.
        progress: told of phases and samples.
        workers: who answers the samples.
        folder: where answers are kept as they come.

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
        orders = certain(entered, entered.perfect()[1])
    ground = Ground(template, distances, independent, request.samples, request.days)
    asking = _Asking(ground, request, workers, folder, progress)
    with progress.phase("samples"):
        rows = asking.rows((("perfect", None), ("certain", orders)), sitings=True)
    samples = drawn(template, request.samples, request.seed)
    with progress.phase("hedged orders"):
        futures = [Future.of(sample.scenario, template, distances, request.days) for sample in samples]
        floor = min(row["perfect"] for row in rows[: request.samples])
        best = hedged(futures, request.worst, request.share, floor)
    with progress.phase("hedged samples"):
        last = asking.rows((("hedged", best.orders),), sitings=False)
    both = [before | after | {"findings": before["findings"] + after["findings"], "sitings": before["sitings"]}
            for before, after in zip(rows, last, strict=True)]  # fmt: skip
    return _hedge(request, scenario, samples, {"certain": orders, "hedged": best.orders}, best, both)


@dataclass(frozen=True)
class _Asking:
    """Puts questions about every sample, those drawn first and as many fresh ones."""

    ground: Ground
    request: Request
    workers: Workers
    folder: Path
    progress: Progress

    def rows(self, plans: tuple[tuple[str, Orders | None], ...], *, sitings: bool) -> list[Row]:
        """Rows of the samples drawn, then of the fresh ones; candidates are asked for in the first."""
        request, scenario = self.request, self.ground.template.entered
        questions = [
            Question(seed, number, plans, sitings and seed == request.seed)
            for seed in (request.seed, request.seed + 1)
            for number in range(request.samples)
        ]
        marks = (sorted(scenario.hashes.items()), request.samples, request.days, request.weights)
        work = Work("samples", self.ground, marks, Answering, answered)
        return self.workers.rows(work, questions, self.folder, self.progress)


def _hedge(
    request: Request,
    scenario: Scenario,
    samples: list[Sample],
    orders: dict[str, Orders],
    best: Hedged,
    rows: Sequence[Row],
) -> Hedge:
    """The answer from the rows of all samples."""
    first, fresh = rows[: request.samples], rows[request.samples :]

    def column(part: Sequence[Row], name: str) -> Floats:
        return np.array([row[name] for row in part])

    costs = {plan: column(first, plan) for plan in PLANS}
    findings = [finding for row in rows for finding in row["findings"]]
    told = figure(costs["hedged"], request.worst, request.share)
    if told > best.value + CLOSE * max(abs(best.value), 1.0):
        findings.append(f"hedged orders: {told:.2f} CNY sample by sample, {best.value:.2f} in one program")
    return Hedge(
        request,
        scenario,
        samples,
        costs,
        {plan: column(first, f"unserved_{plan}") for plan in PLANS},
        {plan: column(fresh, plan) for plan in PLANS},
        orders,
        best,
        sitings(samples[0].scenario, [row["sitings"] for row in first]) if first[0]["sitings"] else None,
        findings,
    )


def _refuse_too_large(columns: int, request: Request) -> None:
    most = max(MOST_COLUMNS // max(columns, 1), 1)
    if request.samples > most:
        told = f"{request.samples} samples of {columns:,} columns are too many for one program; {most} would do"
        raise InputError.single(COMMAND, told, column="--samples")
