"""``cutfill frontier``: the exact trade-off between two goals, corner by corner.

Between its two ends the frontier of a linear program is a chain of straight edges. Each edge's direction is a weighing
of the two goals; the program is solved with it on the live model, from the vertex of the solve before: either it finds
a corner that lies below the edge, which splits the edge in two, or it proves by its duals that there is none.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from optimizer.backends import Backend, make_backend
from optimizer.blocks import build_program
from optimizer.distances import Distances, measure
from optimizer.errors import Fault, InputError
from optimizer.intake.faults import listed, nearest
from optimizer.lanes import Lanes, build_lanes, recipe_rows
from optimizer.planner import Options, Planning, planning_of
from optimizer.program import Program
from optimizer.progress import Progress
from optimizer.report.texts import Both, joined, named
from optimizer.scenario import GRADES, Floats, Objective, Scenario
from optimizer.solve import (
    EXACT,
    UNITS,
    Session,
    Solution,
    Stage,
    goal_order,
    open_session,
    proven_bound,
    violations,
)  # fmt: skip
from optimizer.tables import Table

USED = "used"  # t put to use, the numerator of the utilisation rate; as its negative, so that it is minimised too
DOT = Both(" · ", " · ")
GOALS = ("unserved", "offsite", "landfill", "transfer", "fairness", "haul", "cost", "carbon", USED)
NEAR = 1e-7  # of the range of a goal; corners nearer than this are one
MOST_CORNERS = 200
LEAD = ("Trade-off", "权衡前沿")


@dataclass(frozen=True)
class Corner:
    """One corner: its two values, its columns, and how far the bound of its weighing lies below it (relative)."""

    a: float
    b: float
    x: Floats
    gap: float


class Frontier:
    """The live program of two goals, the goals before both of them in the objective's order held at their best."""

    def __init__(self, scenario: Scenario, lanes: Lanes, pair: tuple[str, str], backend: Backend):
        self.first = _held_before(scenario, pair)
        goals = tuple(dict.fromkeys((*self.first, *(g for g in pair if g != USED), "unserved")))
        self.scenario = replace(scenario, objective=Objective(order=goals))
        self.program: Program = build_program(self.scenario, lanes)
        self.lanes, self.pair, self.backend = lanes, pair, backend
        self._costs = [self._cost(goal) for goal in pair]
        self._rows: list[Floats] = []
        self._held: list[float] = []

    def _cost(self, goal: str) -> Floats:
        return used(self.scenario, self.lanes, self.program) if goal == USED else self.program.goals[goal]

    def corners(self) -> list[Corner]:
        """All corners, from the best of the first goal to the best of the second."""
        self.backend.load(self.program)
        for goal in self.first:
            cost = self.program.goals[goal]
            self._hold(cost, float(cost @ self._solve(cost)[0]))
        left, right = self._end(0), self._end(1)
        found = [left, *self._between(left, right, MOST_CORNERS), right]
        span = self._span(found)
        return [
            corner
            for i, corner in enumerate(found)
            if i == 0 or max(abs(corner.a - found[i - 1].a) / span[0], abs(corner.b - found[i - 1].b) / span[1]) > NEAR
        ]

    def _end(self, which: int) -> Corner:
        """The best of one goal and, among those, of the other."""
        own, other = self._costs[which], self._costs[1 - which]
        x, gap = self._solve(own)
        row = self.backend.add_row(own, float(own @ x) + EXACT * abs(float(own @ x)))
        self.backend.set_cost(other)
        answer = self.backend.solve(None)
        assert answer.x is not None
        self.backend.set_row_bounds(np.array([row]), np.array([-np.inf]), np.array([np.inf]))
        self._rows.append(np.zeros(len(own)))
        self._held.append(0.0)
        return self._corner(answer.x, gap)

    def _between(self, left: Corner, right: Corner, most: int) -> list[Corner]:
        """Corners below the straight line between two."""
        wide, high = right.a - left.a, left.b - right.b
        span = self._span([left, right])
        if most <= 0 or wide <= NEAR * span[0] or high <= NEAR * span[1]:
            return []
        weight = (high / wide, 1.0) if wide > high else (1.0, wide / high)
        cost = weight[0] * self._costs[0] + weight[1] * self._costs[1]
        x, gap = self._solve(cost)
        on_edge = weight[0] * left.a + weight[1] * left.b
        corner = self._corner(x, gap)
        if weight[0] * corner.a + weight[1] * corner.b > on_edge - NEAR * max(abs(on_edge), 1.0):
            return []
        return [*self._between(left, corner, most // 2), corner, *self._between(corner, right, most // 2)]

    def _corner(self, x: Floats, gap: float) -> Corner:
        a, b = (
            float(cost @ x) + (0.0 if goal == USED else self.program.constants[goal])
            for cost, goal in zip(self._costs, self.pair, strict=True)
        )
        return Corner(a, b, x, gap)

    def _solve(self, cost: Floats) -> tuple[Floats, float]:
        """Columns of the optimum, and its relative gap to the bound that its duals prove."""
        self.backend.set_cost(cost)
        answer = self.backend.solve(None)
        if answer.status != "optimal" or answer.x is None or answer.row_dual is None:
            told = f"the trade-off of {' and '.join(self.pair)} has no lower limit"
            raise InputError.single("scenario.toml", told, column="objective")
        n, value = self.program.shape[0], float(cost @ answer.x)
        dual = answer.row_dual
        bound = proven_bound(self.program, cost, dual[:n].copy(), self._rows, dual[n:], self._held)
        return answer.x, (value - bound) / max(1.0, abs(value))

    def _hold(self, cost: Floats, value: float) -> None:
        upper = value + EXACT * abs(value)
        self.backend.add_row(cost, upper)
        self._rows.append(cost)
        self._held.append(upper)

    @staticmethod
    def _span(corners: Sequence[Corner]) -> tuple[float, float]:
        a, b = [c.a for c in corners], [c.b for c in corners]
        return max(max(a) - min(a), abs(max(a)), 1e-9), max(max(b) - min(b), abs(max(b)), 1e-9)


def _held_before(scenario: Scenario, pair: tuple[str, str]) -> tuple[str, ...]:
    """Goals of the order that come before both; at least `unserved`, unless it is one of the two."""
    order = scenario.objective.goals if all(goal in scenario.objective.order for goal in pair) else ("unserved",)
    first = min((order.index(goal) for goal in pair if goal in order), default=len(order))
    return order[:first]


def used(scenario: Scenario, lanes: Lanes, program: Program) -> Floats:
    """Cost vector of t put to use, as its negative: waste placed in fill, and turned into what is no waste any more."""
    vector = np.zeros(program.shape[1])
    waste = scenario.materials.counts_as_waste
    to_fill = lanes.of_kind(lanes.destinations, "demand") & ~lanes.of_kind(lanes.origins, "quarry")
    vector[program.columns["flow"].span] = -(to_fill & waste[lanes.commodities // GRADES]).astype(float)
    process = program.columns["plant.process"]
    for column, f, k in zip(process.index.tolist(), process.keys[0].tolist(), process.keys[1].tolist(), strict=True):
        if waste[k // GRADES]:
            still = sum(
                scenario.recipes.yields[row] for row, out in recipe_rows(scenario, f, k) if waste[out // GRADES]
            )
            vector[column] = -(1.0 - float(still))
    return vector


def trade_off(scenario: Scenario, pair: tuple[str, str], progress: Progress) -> tuple[list[Corner], list[Planning]]:
    """The corners between two goals, and the plan at each.

    Raises:
        InputError: a goal is not known, or the two are one.
    """
    faults = [
        Fault("cutfill frontier", 0, "goals", f"'{goal}' is not a goal; expected two of {listed(GOALS)}"
              f"{nearest(goal, GOALS)}")
        for goal in pair if goal not in GOALS
    ]  # fmt: skip
    if pair[0] == pair[1]:
        faults.append(Fault("cutfill frontier", 0, "goals", "are the same; expected two different ones"))
    if faults:
        raise InputError(faults)
    distances = measure(scenario, progress)
    with progress.phase("lanes"):
        lanes = build_lanes(scenario, distances)
    frontier = Frontier(scenario, lanes, pair, make_backend(Options().solver))
    with progress.phase("corners"):
        corners = frontier.corners()
    plain = replace(scenario, objective=replace(scenario.objective, reference=None))
    program = build_program(plain, lanes)
    session = open_session(plain, program, frontier.backend)
    plans = []
    with progress.phase("plans"):
        for corner in corners:
            plans.append(_plan_at(corner, plain, distances, lanes, program, session))
            progress.step(len(plans), len(corners), "corners")
    return corners, plans


def _plan_at(
    corner: Corner, scenario: Scenario, distances: Distances, lanes: Lanes, program: Program, session: Session
) -> Planning:
    row, bound = violations(program, corner.x)
    stages = tuple(Stage(goal, 0.0, -np.inf, None, 0, 0.0) for goal in goal_order(scenario.objective))
    solution = Solution(corner.x, stages, "optimal", row, bound)
    planning = planning_of(scenario, distances, lanes, program, session, solution, Progress(), brief=True)
    planning.plan.summary.update(status="feasible", termination="corner")
    return planning


def corner_table(pair: tuple[str, str], corners: Sequence[Corner]) -> Table:
    """``frontier.csv``: the two values of each corner, from the best of the first goal on, and how far it is proven.

    ``price`` is what one unit more of the first goal saves of the second on the edge to the next corner.
    """
    rows = []
    for i, corner in enumerate(corners):
        after = corners[i + 1] if i + 1 < len(corners) else None
        price = None if after is None else (corner.b - after.b) / (after.a - corner.a)
        a, b = (_shown(goal, value) for goal, value in zip(pair, (corner.a, corner.b), strict=True))
        rows.append((i + 1, a, b, price, corner.gap))
    return Table(("corner", *pair, "price", "gap"), rows)


def _shown(goal: str, value: float) -> float:
    return -value + 0.0 if goal == USED else value


def _titled(goal: str, value: float) -> Both:
    """A corner's value of a goal as the page's readers know it."""
    name, unit = named("goal", goal), named("unit", UNITS.get(goal, "t"))
    return Both(f"{name.en} {value:,.0f} {unit.en}", f"{name.zh} {value:,.0f} {unit.zh}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill frontier``."""
    parser.add_argument("scenario", type=Path, help="scenario folder, .xlsx or .json")
    parser.add_argument("goals", nargs=2, metavar="GOAL", help=f"two of {', '.join(GOALS)}")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--json", action="store_true", help="print the corners as JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def command(args: argparse.Namespace) -> int:
    """Runs ``cutfill frontier``; returns the exit code."""
    import json

    from optimizer.read import load_scenario
    from optimizer.whatif.folder import checked_cases, write_comparison

    progress = Progress(quiet=args.quiet, as_json=args.json)
    with progress.phase("read"):
        scenario = load_scenario(args.scenario)
    pair = (args.goals[0], args.goals[1])
    corners, plans = trade_off(scenario, pair, progress)
    table = corner_table(pair, corners)
    names = [" · ".join(f"{goal} {row[1 + i]:,.0f}" for i, goal in enumerate(pair)) for row in table.rows]
    titles = [joined([_titled(goal, row[1 + i]) for i, goal in enumerate(pair)], DOT) for row in table.rows]
    with progress.phase("check"):
        cases = checked_cases(scenario, plans, [f"corner-{i + 1}" for i in range(len(plans))], titles)
    write_comparison(cases[0], cases[1:], args.out, LEAD, {"frontier": table})
    if args.json:
        print(json.dumps(list(table.records()), ensure_ascii=False))
    else:
        for row, name in zip(table.rows, names, strict=True):
            saved = "" if row[3] is None else f"   one {UNITS.get(pair[0], 't')} more saves {row[3]:,.4g} of {pair[1]}"
            print(f"{row[0]:>3}  {name}{saved}")
        print(f"written to {args.out}: frontier.csv, comparison.html")
    return 1 if any(case.findings for case in cases) else 0
