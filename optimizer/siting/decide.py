"""From a scenario with candidates to the plan of the best set, the next best sets, and what each candidate is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.backends.highs import Highs
from optimizer.blocks import build_program
from optimizer.distances import Distances, measure
from optimizer.errors import InputError
from optimizer.lanes import build_lanes
from optimizer.planner import Options, Planning, plan_scenario
from optimizer.progress import Progress
from optimizer.scenario import Scenario
from optimizer.siting.choices import COMMAND, Choices, all_open, opened
from optimizer.siting.live import PAYS, Found, Siting
from optimizer.siting.search import Search
from optimizer.siting.streets import street_table
from optimizer.solve import TOTAL, goal_order, open_session
from optimizer.tables import Table

PROVEN = 1e-6  # relative gap up to which a siting is called optimal
SITE = ("facility", "open", "t", "opening_cost", "break_even", "size", "from", "to", "lease", "restoration")


@dataclass(frozen=True)
class Decision:
    """The best set's plan, the one without any candidate, and the tables: ``site``, ``solutions``, ``streets``."""

    scenario: Scenario
    planning: Planning
    without: Planning
    choices: Choices
    found: tuple[Found, ...]
    tables: dict[str, Table]
    fixed: frozenset[int] = frozenset()  # candidates that no opening cost would make go the other way


def decide(
    scenario: Scenario,
    choices: Choices,
    options: Options,
    progress: Progress,
    *,
    gap: float,
    solutions: int,
    break_even: bool,
) -> Decision:
    """Finds the best sets of candidates and plans the best one.

    Args:
        scenario: with candidates.
        choices: what may be decided.
        options: how the plan is solved; its time limit counts for the search.
        progress: told of each phase.
        gap: relative gap at which a search ends.
        solutions: how many distinct sets, the best first.
        break_even: also ask of each candidate at which opening cost it would go the other way.

    Raises:
        InputError: no set keeps the rules, or none was found in time.
    """
    distances = measure(scenario, progress, engine=options.engine)
    siting = _live(scenario, choices, distances, options, progress, gap)
    order = goal_order(scenario.objective)
    found: list[Found] = []
    while len(found) < solutions and (best := siting.best(order, found[-1].chosen if found else None)):
        found.append(best)
        siting.forbid(best.chosen)
    if not found:
        why = "time is over before a set of candidates was found" if siting.late else "no set of candidates keeps them"
        raise InputError.single(COMMAND, f"{why}; loosen --budget, --max-open, --exclusive or --time-limit")
    chosen = opened(scenario, choices, found[0].chosen)
    planning = plan_scenario(chosen, replace(options, time_limit=None), progress, distances=distances)
    worth: dict[int, float] = {}
    fixed: set[int] = set()
    if break_even:
        worth, fixed = _break_even(scenario, choices, distances, options, progress, gap, found[0])
    with progress.phase("without"):
        without = plan_scenario(
            scenario, replace(options, time_limit=None), Progress(), distances=distances, brief=True
        )
    _tell(planning.plan.summary, scenario, choices, found, gap)
    tables = {
        "site": _site_table(planning, choices, found[0], worth),
        "solutions": _solution_table(scenario, choices, found),
        "streets": street_table(without, planning),
    }
    return Decision(chosen, planning, without, choices, tuple(found), tables, frozenset(fixed))


def _live(
    scenario: Scenario, choices: Choices, distances: Distances, options: Options, progress: Progress, gap: float
) -> Siting:
    every = all_open(scenario, choices)
    with progress.phase("lanes"):
        lanes = build_lanes(every, distances)
    with progress.phase("program"):
        program = build_program(every, lanes)
    session = open_session(every, program, Highs())
    return Siting(every, lanes, program, choices, session, gap, options.time_limit, progress)


def counts_in(scenario: Scenario) -> str | None:
    """The goal that contains what openings cost; None where no goal does."""
    weights = scenario.objective.weights
    order = goal_order(scenario.objective)
    return next((g for g in order if g in PAYS or (g == TOTAL and any(w in PAYS for w in weights))), None)


def _break_even(
    scenario: Scenario,
    choices: Choices,
    distances: Distances,
    options: Options,
    progress: Progress,
    gap: float,
    best: Found,
) -> tuple[dict[int, float], set[int]]:
    """Position → opening cost at which a candidate would go the other way, the goals before money held; and positions
    of those that cannot, whatever it costs."""
    order = goal_order(scenario.objective)
    weights = scenario.objective.weights
    paid = counts_in(scenario)
    if paid is None:
        return {}, set()
    weight = sum(weights.get(name, 0.0) for name in PAYS) if paid == TOTAL else 1.0
    siting = _live(scenario, choices, distances, options, progress, gap)
    for goal in order[: order.index(paid)]:
        siting.hold(goal, best.values[goal] - siting.session.constant(goal))
    worth: dict[int, float] = {}
    fixed: set[int] = set()
    with progress.phase("break even"):
        for i in range(len(choices)):
            other = choices.flipped(i, best.chosen)
            if other is None or siting.late:
                continue
            siting.choices = other
            search = Search(siting, paid, None)
            search.solve()
            if search.chosen is not None and search.finished:
                change = (search.value + siting.session.constant(paid) - best.values[paid]) / weight
                opens = choices.open(best.chosen)[i]
                option = np.flatnonzero((best.chosen if opens else search.chosen) & (choices.options.candidate == i))
                worth[i] = float(choices.options.opening[option[0]] + (change if opens else -change))
            elif search.chosen is None and not siting.late:
                fixed.add(i)
            progress.step(i + 1, len(choices), "candidates")
    return worth, fixed


def _tell(summary: dict[str, Any], scenario: Scenario, choices: Choices, found: Sequence[Found], gap: float) -> None:
    """Puts the siting into plan.json: bounds over every allowed set, and how far the best one is proven."""
    best = found[0]
    widest = 0.0
    for goal in summary["goals"]:
        if goal["name"] in best.bounds:
            goal["bound"] = min(best.bounds[goal["name"]], goal["value"])
            widest = max(widest, (goal["value"] - goal["bound"]) / max(1.0, abs(goal["value"])))
    summary["status"] = "optimal" if best.finished and widest <= PROVEN else "feasible"
    summary["termination"] = ("optimal" if widest <= PROVEN else "gap") if best.finished else "time_limit"
    ids, o = scenario.facilities.ids, choices.options
    summary["site"] = {
        "open": [ids[i] for i in choices.facility[o.candidate[best.chosen]].tolist()],
        "candidates": len(choices),
        "opening_cost": float(o.opening[best.chosen].sum()),
        "lease": float(o.lease[best.chosen].sum()),
        "restoration": float(o.restoration[best.chosen].sum()),
        "max_open": choices.max_open,
        "budget": choices.budget,
        "counts_in": counts_in(scenario),
        "gap_wanted": gap,
        "gap": widest,
        "nodes": best.nodes,
        "bound": "least relaxation left in branch and bound; every relaxation solved by HiGHS",
    }


def _site_table(planning: Planning, choices: Choices, best: Found, worth: dict[int, float]) -> Table:
    scenario, g, o = planning.scenario, planning.ledger, choices.options
    f = scenario.facilities
    rows = []
    for position, i in enumerate(choices.facility.tolist()):
        node = scenario.first_facility + i
        end = g.origin if f.kind[i] == "quarry" else g.destination
        t = float(g.t[end == node].sum())
        own = o.candidate == position
        taken = np.flatnonzero(best.chosen & own)
        if len(taken):
            p = int(taken[0])
            dates = choices.dates(scenario, p)
            how: tuple[object, ...] = (o.size[p], *dates, float(o.lease[p]), float(o.restoration[p]))
        else:
            how = ("", None, None, None, None)
        opening = float((o.opening[taken] if len(taken) else o.opening[own]).min())
        rows.append((f.ids[i], bool(len(taken)), t, opening, worth.get(position), *how))
    return Table(SITE, rows)


def _solution_table(scenario: Scenario, choices: Choices, found: Sequence[Found]) -> Table:
    goals = goal_order(scenario.objective)
    rows = [
        (
            rank,
            choices.named(scenario, one.chosen),
            float(choices.cost[one.chosen].sum()),
            *(value for goal in goals for value in (one.values[goal], one.bounds[goal])),
        )
        for rank, one in enumerate(found, start=1)
    ]
    columns = tuple(name for goal in goals for name in (goal, f"{goal}_bound"))
    return Table(("rank", "open", "opening_cost", *columns), rows)
