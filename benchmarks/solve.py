"""Solving the four goals in their order: our session against four cold HiGHS solves of the same arrays."""

from __future__ import annotations

from benchmarks.arrays import glop, highs
from benchmarks.district import District, crowded, district
from benchmarks.measure import agree, side_by_side
from benchmarks.rows import Row, against, told
from optimizer.backends import make_backend
from optimizer.progress import Progress
from optimizer.scenario import Floats
from optimizer.solve import EXACT, goal_order, open_session


def run(smoke: bool) -> list[Row]:
    """The benchmark week, and a crowded one in which no goal is zero."""
    easy = district(smoke)
    return [
        *_compared("solve 4 goals", easy, 2.0, smoke),
        *_compared("solve 4 goals, crowded", crowded(easy), None, smoke),
    ]


def session(week: District) -> dict[str, float]:
    """Our answer, loading included: goal → value."""
    opened = open_session(week.scenario, week.program, make_backend("highs"))
    return {stage.goal: stage.value for stage in opened.run(Progress(quiet=True)).stages}


def cold(week: District, solver: str = "highs") -> dict[str, float]:
    """The same by one new solver for each goal; goals before it are held as tightly as ours are."""
    solve = highs if solver == "highs" else glop
    held: list[tuple[Floats, float]] = []
    values: dict[str, float] = {}
    for goal in goal_order(week.scenario.objective):
        cost = week.program.goals[goal]
        value = solve(week.program, cost, held)
        held.append((cost, value + EXACT * max(1.0, abs(value))))
        values[goal] = value + week.program.constants[goal]
    return values


def compare(week: District) -> dict[str, float]:
    """Our goal values, after both cold solvers have given the same.

    Raises:
        DisagreementError: a goal differs by more than the rows that hold earlier goals allow.
    """
    ours, by_highs, by_glop = session(week), cold(week), cold(week, "glop")
    for goal, value in ours.items():
        agree(f"goal {goal}", value, {"HiGHS, cold": by_highs[goal], "GLOP": by_glop[goal]}, 1e-6)
    return ours


def _compared(name: str, week: District, target: float | None, smoke: bool) -> list[Row]:
    values = compare(week)
    runs = {"ours": lambda: session(week), "cold": lambda: cold(week), "glop": lambda: cold(week, "glop")}
    seconds = side_by_side(runs, 1 if smoke else 5)
    goals = ", ".join(f"{goal} {value:,.0f}" for goal, value in values.items())
    by_glop = told(name, seconds["ours"], goals, peers={"4 × GLOP, cold": seconds["glop"]})
    return [against(name, seconds["ours"], "4 × HiGHS, cold", seconds["cold"], target, smoke=smoke), by_glop]
