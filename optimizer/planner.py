"""From a scenario to a plan in one function, which the command line, the platform and the tests share."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from optimizer import __version__
from optimizer.backends import Backend, make_backend
from optimizer.blocks import build_program
from optimizer.blocks.empties import least_empties
from optimizer.carry import Frame, carried
from optimizer.counterfactual import NAME as COUNTERFACTUAL
from optimizer.counterfactual import nearest_legal_place
from optimizer.distances import Distances, measure
from optimizer.figures import Figures
from optimizer.lanes import Lanes, build_lanes
from optimizer.ledger import Ledger, as_columns, read_solution
from optimizer.nearby import over_few_lanes
from optimizer.plan import Plan, ledger_tables
from optimizer.prices import price_table
from optimizer.program import Program
from optimizer.progress import Progress
from optimizer.reasons import reason_table
from optimizer.scenario import Floats, Scenario
from optimizer.solve import TOTAL, UNITS, Session, Solution, open_session


@dataclass(frozen=True)
class Options:
    """How to solve, apart from what to solve.

    Attributes:
        solver: ``highs`` or ``glop``.
        time_limit: seconds for all goals together; None for no limit.
        threads, seed: handed to the solver and recorded.
        engine: path engine for road graphs.
        priced_from: lanes from which on the solver holds only those that matter; the optimum is that of all.
    """

    solver: str = "highs"
    time_limit: float | None = None
    threads: int = 1
    seed: int = 0
    engine: str = "auto"
    priced_from: int = 50_000


@dataclass(frozen=True)
class Planning:
    """A solved scenario with everything that led to it; questions about the plan are asked of this."""

    scenario: Scenario
    distances: Distances
    lanes: Lanes
    program: Program
    session: Session
    solution: Solution
    ledger: Ledger
    plan: Plan

    @property
    def frame(self) -> Frame:
        """What its columns and rows mean."""
        return Frame(self.scenario, self.lanes, self.program)

    @property
    def priced(self) -> Plan:
        """The plan with its prices, which a brief one has not."""
        prices = price_table(self.scenario, self.program, self.solution.stages)
        return replace(self.plan, tables={**self.plan.tables, "prices": prices})


def plan_scenario(
    scenario: Scenario,
    options: Options,
    progress: Progress,
    *,
    distances: Distances | None = None,
    warm: Planning | None = None,
    brief: bool = False,
) -> Planning:
    """Solves a scenario and makes its plan.

    Args:
        scenario: what to plan.
        options: how.
        progress: told of each phase.
        distances: where they are known already.
        warm: a plan of a scenario much like it, whose solver is taken over and goes on from its vertex.
        brief: what is compared and checked only: no prices (:attr:`Planning.priced`), no promises of what would help,
            no nearest-place week.

    Raises:
        InputError: the map cannot be read, places lie off the roads, or a goal has no lower limit.
    """
    if distances is None:
        distances = measure(scenario, progress, engine=options.engine)
    with progress.phase("lanes"):
        lanes = build_lanes(scenario, distances)
    with progress.phase("program"):
        program = build_program(scenario, lanes)
    large = max(len(lanes), len(warm.lanes) if warm else 0) >= options.priced_from
    if warm is None or large:
        backend = make_backend(options.solver, threads=options.threads, seed=options.seed)
        if large and scenario.objective.reference is None:
            backend = over_few_lanes(scenario, lanes, backend)
        session = open_session(scenario, program, backend, options.time_limit)
    else:
        backend = warm.session.backend
        session = open_session(scenario, program, backend, options.time_limit)
        session.begin = carried(warm.session.first_mark, warm.frame, Frame(scenario, lanes, program))
    solution = session.run(progress, _nearest(scenario, lanes, program))
    return planning_of(scenario, distances, lanes, program, session, solution, progress, brief=brief)


def _nearest(scenario: Scenario, lanes: Lanes, program: Program) -> Callable[[], Floats] | None:
    """The plan by nearest legal places, where it keeps every rule; it knows no shares of streets."""
    if "street.share" in program.rows:
        return None
    return lambda: as_columns(scenario, lanes, program, nearest_legal_place(scenario, lanes, strict=True))


def planning_of(
    scenario: Scenario,
    distances: Distances,
    lanes: Lanes,
    program: Program,
    session: Session,
    solution: Solution,
    progress: Progress,
    *,
    brief: bool,
) -> Planning:
    """The plan of a solution: its tables, figures and summary; ``brief`` as for :func:`plan_scenario`."""
    backend = session.backend
    with progress.phase("tables"):
        ledger = read_solution(scenario, lanes, program, solution.x)
        figures = Figures(scenario, lanes, ledger)
        tables = ledger_tables(scenario, lanes, ledger, figures.recipe_cost())
        if not brief:
            tables["prices"] = price_table(scenario, program, solution.stages)
    with progress.phase("reasons"):
        tables["reasons"] = reason_table(scenario, distances, lanes, session, ledger, promises=not brief)
    with progress.phase("counterfactual"):
        uncoordinated = None if brief else Figures(scenario, lanes, nearest_legal_place(scenario, lanes))
    with progress.phase("paths"):
        paths = _used_paths(scenario, distances, ledger)
    summary = {
        "name": scenario.name,
        "start": scenario.start.isoformat(),
        "days": scenario.days * scenario.period_days,
        "period_days": scenario.period_days,
        "status": "optimal" if solution.termination == "optimal" else "feasible",
        "termination": solution.termination,
        "mode": "weights" if scenario.objective.weights else "lexicographic",
        "tolerance": scenario.objective.tolerance,
        "goals": _goals(scenario, lanes, program, solution, figures),
        "kpis": figures.kpis(),
        "counts": _counts(scenario, lanes, program),
        "seconds": progress.seconds,
        "versions": _versions(backend),
        "inputs": dict(scenario.hashes),
        "roads": distances.info,
        "certificate": _certificate(solution, backend),
        "notes": list(scenario.notes),
    }
    if uncoordinated is not None:
        kpis = uncoordinated.kpis()
        summary["counterfactual"] = {"name": COUNTERFACTUAL, "goals": uncoordinated.goals(), "kpis": kpis}
    plan = Plan(summary, tables, paths)
    return Planning(scenario, distances, lanes, program, session, solution, ledger, plan)


def _goals(
    scenario: Scenario, lanes: Lanes, program: Program, solution: Solution, figures: Figures
) -> list[dict[str, Any]]:
    """Each goal with its value recomputed from the plan's tables and its proven bound."""
    values, ledger = figures.goals(), figures.ledger
    if lanes.empty_km is not None:
        values["empties"] = least_empties(lanes.empty_km, ledger.day, ledger.origin, ledger.destination, ledger.t)
    for goal in {"changes", "frozen"} & program.goals.keys():  # what a plan's own tables do not tell
        values[goal] = max(0.0, float(program.goals[goal] @ solution.x) + program.constants[goal])
    weights = scenario.objective.weights
    if weights:
        values[TOTAL] = figures.total(weights, values)
    goals = []
    for stage in solution.stages:
        value = values[stage.goal]
        bound = min(stage.bound, value)
        goals.append({"name": stage.goal, "unit": UNITS[stage.goal], "value": value, "bound": bound})
    weighted = {**weights, "unserved": weights.get("unserved", scenario.costs.unserved_per_t)} if weights else {}
    goals += [
        {"name": g, "unit": UNITS[g], "value": values[g], "bound": None, "weight": w} for g, w in weighted.items()
    ]
    return goals


def _counts(scenario: Scenario, lanes: Lanes, program: Program) -> dict[str, int]:
    return {
        "supplies": len(scenario.supplies.ids),
        "demands": len(scenario.demands.ids),
        "facilities": len(scenario.facilities.ids),
        "commodities": len(np.unique(lanes.commodity)),
        "lanes": len(lanes),
        "columns": program.shape[1],
        "rows": program.shape[0],
        "nonzeros": int(program.matrix.nnz),
        "unreachable_pairs": lanes.no_road,
        "beyond_max_km_pairs": lanes.too_far,
    }


def _versions(backend: Backend) -> dict[str, str]:
    return {**_of_libraries(), backend.name: backend.version}


@cache
def _of_libraries() -> dict[str, str]:
    from importlib.metadata import version

    return {
        "cutfill": __version__,
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "scipy": version("scipy"),
    }


def _certificate(solution: Solution, backend: Backend) -> dict[str, Any]:
    """What proves the plan: violations on the raw arrays, and per goal the gap to the bound that its duals prove."""
    return {
        "solver": backend.name,
        "version": backend.version,
        "options": backend.options,
        "largest_row_violation": solution.row_violation,
        "largest_bound_violation": solution.bound_violation,
        "bound": "weak duality, recomputed from the duals by optimizer.solve.proven_bound",
        "stages": [
            {
                "goal": stage.goal,
                "value": stage.value,
                "bound": stage.bound,
                "gap": (stage.value - stage.bound) / max(1.0, abs(stage.value)),
                "iterations": stage.iterations,
                "seconds": stage.seconds,
            }
            for stage in solution.stages
        ],
    }


def _used_paths(scenario: Scenario, distances: Distances, ledger: Ledger) -> dict[tuple[str, str], Any]:
    used = sorted(set(zip(ledger.origin.tolist(), ledger.destination.tolist(), strict=True)))
    places = scenario.place_ids
    lines = distances.paths(used) if used else []
    return {(places[o], places[d]): line for (o, d), line in zip(used, lines, strict=True)}
