"""One quarter lived three times: re-planned every week, planned from scratch every week, and without a plan."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from optimizer.backends import make_backend
from optimizer.blocks import build_program
from optimizer.check.result import Finding
from optimizer.counterfactual import nearest_legal_place
from optimizer.distances import Distances, measure
from optimizer.errors import InputError
from optimizer.figures import Figures
from optimizer.hedge.draws import Sample, Template, drawn
from optimizer.lanes import Lanes, build_lanes
from optimizer.ledger import Ledger, as_columns
from optimizer.planner import Options, planning_of
from optimizer.progress import Progress
from optimizer.quarter.weeks import WEEK, Done, Orders, carry_out
from optimizer.scenario import Scenario, Uncertain
from optimizer.solve import Solution, Stage, goal_order, open_session, violations
from optimizer.whatif.study import INDEPENDENT, recomputed

COMMAND = "cutfill quarter"
PLANS = ("rolling", "scratch", "nearest")
FIGURES = ("unserved_t", "offsite_t", "landfill_t", "transfer_t", "end_stock_t", "t_km", "cost", "utilisation_rate")


@dataclass(frozen=True)
class Quarter:
    """What each way of planning came to.

    Attributes:
        scenario: what really came; ``rain`` its days of rain.
        kpis: key figures by plan; ``done`` what was done week by week, of the two that plan.
        weekly_km: t·km by plan and week.
        findings: what the second reading does not confirm of the two that plan.
    """

    scenario: Scenario
    entered: Scenario
    rain: tuple[int, ...]
    kpis: dict[str, dict[str, float]]
    done: dict[str, Done]
    weekly_km: dict[str, list[float]]
    findings: list[Finding]


def study(scenario: Scenario, ahead: int, freeze: int, seed: int, progress: Progress) -> Quarter:
    """Lives a scenario's whole horizon.

    Args:
        scenario: what was entered, with what is uncertain.
        ahead: days of every plan.
        freeze: first days of a week whose orders stay when it is re-planned.
        seed: of what comes.
        progress: told of each week.

    Raises:
        InputError: it is shorter than two weeks, or plans reach no further than the week that is done.
    """
    if scenario.days < 2 * WEEK:
        told = f"has {scenario.days} days; weeks follow each other from 14 on, a quarter has 91"
        raise InputError.single("scenario.toml", told, column="days")
    if ahead <= WEEK:
        raise InputError.single(COMMAND, f"{ahead} days reach no further than the week; expected 8 or more",
                                column="--ahead")  # fmt: skip
    objective = replace(scenario.objective, reference=None, reference_days=None, frozen_days=0)
    plain = replace(scenario, objective=objective, uncertain=scenario.uncertain or shocks(scenario))
    template = Template.of(plain)
    distances, independent = (
        template.distances(measure(plain, progress, engine=engine)) for engine in ("auto", INDEPENDENT)
    )
    sample = drawn(template, 1, seed)[0]
    done: dict[str, Done] = {}
    with tempfile.TemporaryDirectory(prefix="cutfill-") as folder:
        for plan, orders in (("rolling", Orders(Path(folder), freeze)), ("scratch", None)):
            with progress.phase(plan):
                done[plan] = carry_out(sample.scenario, template.scenario, distances, ahead, orders, progress)
    return _compared(sample, template, distances, independent, done, progress)


def shocks(scenario: Scenario) -> tuple[Uncertain, ...]:
    """Where nothing is said to be uncertain: every lot 20 % under to 30 % over, rain on one day in seven or so."""
    days = scenario.days
    lots = (Uncertain("quantity", lot, 0.8, 1.0, 1.3, "", -1) for lot in range(len(scenario.supplies.ids)))
    return (*lots, Uncertain("rain", -1, 0.07 * days, 0.14 * days, 0.25 * days, "", -1))


def _compared(
    sample: Sample,
    template: Template,
    distances: Distances,
    independent: Distances,
    done: dict[str, Done],
    progress: Progress,
) -> Quarter:
    truth = sample.scenario
    lanes = build_lanes(truth, distances)
    kpis: dict[str, dict[str, float]] = {}
    km: dict[str, list[float]] = {}
    findings: list[Finding] = []
    with progress.phase("check"):
        for plan, all_of in done.items():
            ledger, found = _checked(truth, lanes, all_of, distances, independent)
            kpis[plan], km[plan] = Figures(truth, lanes, ledger).kpis(), _weekly(truth, ledger)
            findings += found
    nearest = nearest_legal_place(truth, lanes, strict=True)
    kpis["nearest"], km["nearest"] = Figures(truth, lanes, nearest).kpis(), _weekly(truth, nearest)
    return Quarter(truth, template.scenario, sample.rain, kpis, done, km, findings)


def _checked(
    truth: Scenario, lanes: Lanes, done: Done, distances: Distances, independent: Distances
) -> tuple[Ledger, tuple[Finding, ...]]:
    """All weeks together as one plan of what really came, read a second time."""
    program = build_program(truth, lanes)
    x = as_columns(truth, lanes, program, done.ledger(truth, lanes))
    session = open_session(truth, program, make_backend(Options().solver))
    session.stages = [Stage(goal, 0.0, -np.inf, None, 0, 0.0) for goal in goal_order(truth.objective)]
    solution = Solution(x, tuple(session.stages), "optimal", *violations(program, x))
    planning = planning_of(truth, distances, lanes, program, session, solution, Progress(quiet=True), brief=True)
    planning.plan.summary.update(status="feasible", termination="weeks")
    return planning.ledger, recomputed(planning, independent)


def _weekly(scenario: Scenario, ledger: Ledger) -> list[float]:
    weeks = -(-scenario.days // WEEK)
    sums = np.bincount((ledger.day // WEEK).astype(np.int64), weights=ledger.t * ledger.km, minlength=weeks)
    return [float(value) for value in sums]
