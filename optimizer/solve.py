"""Lexicographic or weighted solution of a program, with a bound that is proven from the duals by our own arithmetic."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from scipy import sparse

from optimizer.backends import Answer, Backend, Carried
from optimizer.errors import InputError
from optimizer.lanes import Lanes
from optimizer.program import Block, Program
from optimizer.progress import Progress
from optimizer.scenario import Floats, Ints, Objective, Scenario

Termination = Literal["optimal", "time_limit"]
TOTAL = "total"
UNITS = {
    "unserved": "t",
    "offsite": "t",
    "landfill": "t",
    "transfer": "t",
    "fairness": "t",
    "haul": "t·km",
    "empties": "t·km",
    "cost": "CNY",
    "carbon": "kg CO2e",
    "welfare": "CNY",
    "changes": "t",
    "frozen": "t",
    TOTAL: "CNY",
}
NOTHING = 1e-9  # a goal at or below this is zero
START_STEP = 3.0  # how far the start weighs a goal above the dearest unit of the next one
ROUNDING = 1e-6  # a tolerance up to this is not meant to be used
EXACT = 1e-10  # what keeps a goal row feasible in floating point
HEAVIEST_T_M3 = 25.0  # no material is denser (schema): turns a demand's m³ into t that surely cover it


@dataclass(frozen=True)
class Stage:
    """One goal of the order, minimised with the earlier ones held.

    Attributes:
        goal: its name.
        value: value the stage reached.
        bound: proven lower bound, by weak duality from the stage's duals, or from zero duals when it did not end.
        price: (rows,) change of this goal's optimum per unit added to a row's right-hand side, the earlier goals
            being optimised anew as well; None when the stage did not end.
        iterations, seconds: effort.
    """

    goal: str
    value: float
    bound: float
    price: Floats | None
    iterations: int
    seconds: float


@dataclass(frozen=True)
class Solution:
    """The columns of the final plan and what is known about them."""

    x: Floats
    stages: tuple[Stage, ...]
    termination: Termination
    row_violation: float
    bound_violation: float


@dataclass(frozen=True)
class OpenLanes:
    """Lanes that the model does not have, and how much each may carry: ``upper`` (L,) t."""

    lanes: Lanes
    upper: Floats


@dataclass
class Session:
    """A program live in a solver, with one row per finished goal; what-if questions re-solve it warm."""

    program: Program
    backend: Backend
    objective: Objective
    unserved_per_t: float
    time_limit: float | None = None
    stages: list[Stage] = field(default_factory=list)
    _goal_rows: list[int] = field(default_factory=list)
    _held: list[float] = field(default_factory=list)
    _marks: list[object] = field(default_factory=list)
    _started: float = 0.0
    x: Floats | None = None
    begin: Carried | None = None  # where to start from instead of from scratch
    first_mark: object = None  # the vertex that the stages began with, where all goals pull at once

    def run(self, progress: Progress, fallback: Callable[[], Floats] | None = None) -> Solution:
        """Solves the goals in order; at a limit the best point so far is kept.

        Args:
            progress: told of each goal.
            fallback: makes a feasible point for the case that the solver found none in time; by default nothing moves.
        """
        self._started = time.perf_counter()
        self.backend.load(self.program)
        if self.begin is not None:
            self.backend.start_carried(self.begin)
        x: Floats | None = None
        termination: Termination = "optimal"
        order = goal_order(self.objective)
        if len(order) > 1 and self.backend.warm:
            with progress.phase("solve start"):
                answer = self._solve(self._start_cost(order), order[0])
            self.first_mark = self.backend.mark()
            x = x if answer.x is None else answer.x
        for goal in order:
            with progress.phase(f"solve {goal}"):
                answer, seconds = self._stage(goal, x)
            if answer.x is not None:
                x = answer.x
            if answer.status != "optimal":
                termination = "time_limit"
                x = x if x is not None else (fallback() if fallback else do_nothing(self.program))
                self.stages.append(self._unfinished(goal, x, answer.iterations, seconds))
                break
            assert x is not None
            value = float(self.cost(goal) @ x) + self.constant(goal)
            self.stages.append(self._finished(goal, value, answer, seconds))
            self._marks.append(self.backend.mark())
            self.first_mark = self.first_mark or self._marks[0]
            self._hold(goal, value)
        assert x is not None
        self.stages += [self._unfinished(goal, x, 0, 0.0) for goal in order[len(self.stages) :]]
        self.x = x
        row, bound = violations(self.program, x)
        return Solution(x, tuple(self.stages), termination, row, bound)

    def cost(self, goal: str) -> Floats:
        """Cost vector of a goal, or of the weighted sum."""
        if goal != TOTAL:
            return self.program.goals[goal]
        return sum((w * self.program.goals[g] for g, w in self.weights.items()), np.zeros(self.program.shape[1]))

    def constant(self, goal: str) -> float:
        """The part of a goal that no decision changes."""
        if goal != TOTAL:
            return self.program.constants[goal]
        return sum(w * self.program.constants[g] for g, w in self.weights.items())

    def optimum(
        self,
        goal: str,
        row_changes: Mapping[int, tuple[float, float]] | None = None,
        more_lanes: OpenLanes | None = None,
    ) -> float | None:
        """Optimum of one goal if some row bounds were others, or more lanes existed; see :meth:`resolve`."""
        found = self.resolve(goal, row_changes, more_lanes)
        return None if found is None else found[0]

    def resolve(
        self,
        goal: str,
        row_changes: Mapping[int, tuple[float, float]] | None = None,
        more_lanes: OpenLanes | None = None,
        cost: Floats | None = None,
    ) -> tuple[float, Floats] | None:
        """Optimum of one goal and the columns that reach it, if some row bounds were others, or more lanes existed.

        Earlier goals are held at their values. The live model is put back as it was: added lanes stay in it, closed.
        With ``cost`` the goal's costs are those instead.

        Returns:
            None when it cannot be solved, for example because an earlier goal can no longer be held, or because the
            time for all solves is over.
        """
        left = self._time_left()
        if left is not None and left <= 0:
            return None
        position = [stage.goal for stage in self.stages].index(goal)
        changes = row_changes or {}
        changed = np.array(list(changes), dtype=np.int32)
        new = np.array(list(changes.values()), dtype=np.float64).reshape(-1, 2)
        self._free_goals_from(position)
        self.backend.set_row_bounds(changed, new[:, 0], new[:, 1])
        vector = self.cost(goal) if cost is None else cost
        self.backend.set_cost(vector)
        first, added = self._add_lanes(goal, more_lanes) if more_lanes is not None else (0, np.zeros(0))
        self._start_from(position, dual=more_lanes is None and cost is None)
        answer = self.backend.solve(left)
        self._hold_goals_from(position)
        self.backend.set_row_bounds(changed, self.program.row_lower[changed], self.program.row_upper[changed])
        closed = np.arange(first, first + len(added), dtype=np.int32)
        self.backend.set_column_bounds(closed, np.zeros(len(added)), np.zeros(len(added)))
        if answer.status != "optimal" or answer.x is None:
            return None
        x = answer.x[: self.program.shape[1]]
        extra = float(added @ answer.x[closed])
        return float(vector @ x) + extra + self.constant(goal), x

    def forced(self, column: int, least: float, most: float | None = None) -> dict[str, float] | None:
        """Optimum of every goal, in their order, if a column had to lie within other limits; None when it cannot.

        Args:
            column: which.
            least: its lower limit.
            most: its upper limit; None leaves it as it is.
        """
        at = np.array([column], dtype=np.int32)
        upper_limit = self.program.upper[at] if most is None else np.array([most])
        self.backend.set_column_bounds(at, np.array([least]), upper_limit)
        self._free_goals_from(0)
        values: dict[str, float] = {}
        for position, stage in enumerate(self.stages):
            self.backend.set_cost(self.cost(stage.goal))
            self._start_from(position, dual=True)
            answer = self.backend.solve(self._time_left())
            if answer.status != "optimal" or answer.x is None:
                values.clear()
                break
            value = float(self.cost(stage.goal) @ answer.x[: self.program.shape[1]])
            values[stage.goal] = value + self.constant(stage.goal)
            upper = value + self.slack * abs(value)
            self.backend.set_row_bounds(self._rows_from(position)[:1], np.array([-np.inf]), np.array([upper]))
        self.backend.set_column_bounds(at, self.program.lower[at], self.program.upper[at])
        self._hold_goals_from(0)
        return values or None

    def anew(self, other: Program) -> Solution | None:
        """All goals again, in their order, for a program that differs in bounds only; the live one is put back.

        Every stage starts from its own vertex by the dual simplex. None where the time for all solves is over.
        """
        self._put_bounds(self.program, other)
        self._free_goals_from(0)
        again = Session(other, self.backend, self.objective, self.unserved_per_t)
        x: Floats | None = None
        for position, stage in enumerate(self.stages):
            start = time.perf_counter()
            self.backend.set_cost(self.cost(stage.goal))
            self._start_from(position, dual=True)
            answer = self.backend.solve(self._time_left())
            if answer.status != "optimal" or answer.x is None or answer.row_dual is None:
                x = None
                break
            x = answer.x[: other.shape[1]]
            value = float(self.cost(stage.goal) @ x) + again.constant(stage.goal)
            answer = replace(answer, row_dual=answer.row_dual[: other.shape[0] + position])
            again.stages.append(again._finished(stage.goal, value, answer, time.perf_counter() - start))
            again._held.append(value - again.constant(stage.goal) + self.slack * abs(value))
            row = self._rows_from(position)[:1]
            self.backend.set_row_bounds(row, np.array([-np.inf]), np.array(again._held[-1:]))
        self._put_bounds(other, self.program)
        self._hold_goals_from(0)
        return None if x is None else Solution(x, tuple(again.stages), "optimal", *violations(other, x))

    def _put_bounds(self, now: Program, other: Program) -> None:
        """Gives the live model the bounds of another program, where they differ from those that it has now."""
        rows = np.flatnonzero((now.row_lower != other.row_lower) | (now.row_upper != other.row_upper))
        columns = np.flatnonzero((now.lower != other.lower) | (now.upper != other.upper))
        self.backend.set_row_bounds(rows, other.row_lower[rows], other.row_upper[rows])
        self.backend.set_column_bounds(columns, other.lower[columns], other.upper[columns])

    def _rows_from(self, position: int) -> Ints:
        return np.array(self._goal_rows[position:], dtype=np.int32)

    def _free_goals_from(self, position: int) -> None:
        rows = self._rows_from(position)
        self.backend.set_row_bounds(rows, np.full(len(rows), -np.inf), np.full(len(rows), np.inf))

    def _hold_goals_from(self, position: int) -> None:
        rows = self._rows_from(position)
        self.backend.set_row_bounds(rows, np.full(len(rows), -np.inf), np.array(self._held[position:]))

    def _start_from(self, position: int, *, dual: bool) -> None:
        if position < len(self._marks) and self._marks[position] is not None:
            self.backend.start_from(self._marks[position], dual=dual)

    def reduced_costs(self) -> dict[str, Floats]:
        """Goal → (columns,) what one further unit of each column would add to that goal's optimum, earlier goals first.

        Zero for what is used; only for stages that ended.
        """
        return {
            stage.goal: self.cost(stage.goal) - self.program.matrix.T @ stage.price
            for stage in self.stages
            if stage.price is not None
        }

    def _add_lanes(self, goal: str, opened: OpenLanes) -> tuple[int, Floats]:
        """Adds open columns for lanes; returns the first one's number and what each adds to the goal."""
        matrix, goals = self.program.lane_columns(opened.lanes)
        held = [
            sparse.csr_array(self._of_lanes(goals, stage.goal)[None, :])
            for stage in self.stages[: len(self._goal_rows)]
        ]
        matrix = sparse.csc_array(sparse.vstack([matrix, *held]))
        cost = self._of_lanes(goals, goal)
        return self.backend.add_columns(matrix, cost, opened.upper), cost

    def _of_lanes(self, goals: Mapping[str, Floats], goal: str) -> Floats:
        if goal != TOTAL:
            return goals[goal]
        return sum((w * goals[g] for g, w in self.weights.items()), np.zeros(len(goals["unserved"])))

    @property
    def weights(self) -> dict[str, float]:
        """CNY per unit of each goal, in weights mode."""
        return {"unserved": self.unserved_per_t, **self.objective.weights}

    def _stage(self, goal: str, x: Floats | None) -> tuple[Answer, float]:
        """Minimises one goal; one that cannot be negative and is zero at ``x`` needs no solver: zero duals prove it."""
        start = time.perf_counter()
        cost = self.cost(goal)
        if x is not None and not (cost < 0).any() and not self.program.lower.any() and cost @ x <= NOTHING:
            n_rows = self.program.shape[0] + len(self._goal_rows)
            return Answer("optimal", x, np.zeros(n_rows), 0), time.perf_counter() - start
        return self._solve(cost, goal), time.perf_counter() - start

    def _solve(self, cost: Floats, goal: str) -> Answer:
        left = self._time_left()
        if left is not None and left <= 0:
            return Answer("time_limit", None, None, 0)
        self.backend.set_cost(cost)
        answer = self.backend.solve(left)
        if answer.status == "unbounded":
            raise refuse_endless_gain(goal)
        if answer.status not in ("optimal", "time_limit"):
            raise RuntimeError(
                f"the solver says {answer.status} for goal {goal!r}, which cannot be: every block can be relaxed; "
                "this is a defect of cutfill"
            )
        return answer

    def _time_left(self) -> float | None:
        return None if self.time_limit is None else self.time_limit - (time.perf_counter() - self._started)

    def _start_cost(self, order: tuple[str, ...]) -> Floats:
        """One cost vector whose optimum is near the lexicographic one: a good vertex to start from, never the proof."""
        weight, total = 1.0, self.cost(order[-1]).copy()
        dearest = float(np.abs(total).max(initial=0.0))
        for goal in reversed(order[:-1]):
            cost = self.cost(goal)
            size = np.abs(cost[cost != 0])
            if len(size):
                weight *= START_STEP * max(dearest, 1.0) / float(size.min())
                total += weight * cost
                dearest = float(size.max())
        return total

    def _unfinished(self, goal: str, x: Floats, iterations: int, seconds: float) -> Stage:
        """A stage that the limit cut short; zero duals still prove that what cannot be negative is not below zero."""
        cost = self.cost(goal)
        value = float(cost @ x) + self.constant(goal)
        bound = proven_bound(self.program, cost, np.zeros(self.program.shape[0]), [], np.zeros(0), [])
        return Stage(goal, value, bound + self.constant(goal), None, iterations, seconds)

    def _finished(self, goal: str, value: float, answer: Answer, seconds: float) -> Stage:
        assert answer.row_dual is not None
        n = self.program.shape[0]
        dual = answer.row_dual[:n].copy()
        held_dual = answer.row_dual[n:]
        bound = proven_bound(self.program, self.cost(goal), dual, self._goal_matrix(), held_dual, self._held)
        price = dual
        for stage, multiplier in zip(self.stages, held_dual, strict=True):
            assert stage.price is not None
            price = price + multiplier * (1 + self.slack * np.sign(stage.value)) * stage.price
        return Stage(goal, value, bound + self.constant(goal), price, answer.iterations, seconds)

    def _hold(self, goal: str, value: float) -> None:
        """Later goals may take the stated tolerance of this one, and no more."""
        upper = value - self.constant(goal) + self.slack * abs(value)
        self._goal_rows.append(self.backend.add_row(self.cost(goal), upper))
        self._held.append(upper)

    @property
    def slack(self) -> float:
        """The tolerance, or next to nothing where it is only rounding: nobody wants 110 grams sent off-site for it."""
        tolerance = self.objective.tolerance
        return tolerance if tolerance > ROUNDING else EXACT

    def _goal_matrix(self) -> list[Floats]:
        return [self.cost(stage.goal) for stage in self.stages]


def goal_order(objective: Objective) -> tuple[str, ...]:
    """Goals to minimise one after the other; with weights there is the one goal `total`."""
    return (TOTAL,) if objective.weights else objective.goals


def open_session(scenario: Scenario, program: Program, backend: Backend, time_limit: float | None = None) -> Session:
    """A session for a scenario's own objective."""
    return Session(program, backend, scenario.objective, scenario.costs.unserved_per_t, time_limit)


def refuse_endless_gain(goal: str) -> InputError:
    """What is said when a goal can be made better without end."""
    return InputError.single(
        "scenario.toml",
        f"goal {goal!r} has no lower limit: some place pays (negative fee, or a bid) for goods that can be sent to it "
        "in a circle or bought without limit; give that place a daily_in, or the quarry a daily_out",
        column="objective",
    )


def do_nothing(program: Program) -> Floats:
    """The point that always is feasible: nothing moves, all that must move is unserved, stocks lie where they are."""
    x = np.zeros(program.shape[1])
    release, left, wait = program.rows["supply.release"], program.columns["supply.left"], program.columns["supply.wait"]
    gives_up, waits = ({key: column for column, key in by_key(block)} for block in (left, wait))
    on_site: dict[int, float] = {}
    for row, lot, day in zip(release.index, *release.keys, strict=True):
        t = on_site.get(int(lot), 0.0) + float(program.row_lower[row])
        column = gives_up.get((int(lot), int(day)))
        if column is None:
            x[waits[int(lot), int(day)]] = t
        else:
            x[column] = t
        on_site[int(lot)] = 0.0 if column is not None else t
    x[program.columns["demand.short"].span] = program.upper[program.columns["demand.short"].span]
    stock, balance = program.columns["facility.stock"], program.rows["facility.balance"]
    first = {key[:2]: program.row_lower[row] for row, key in by_key(balance) if key[2] == 0}
    for column, key in by_key(stock):
        x[column] = first[key[0], key[1]]
    excuse_stock(program, x)
    if "changes.lane" in program.rows:
        x[program.columns["changes.less"].span] = program.row_lower[program.rows["changes.lane"].span]
    return x


def excuse_stock(program: Program, x: Floats) -> None:
    """Raises ``facility.stuck`` just enough for opening stock that lies still to break no rule."""
    stuck = {key: column for column, key in by_key(program.columns["facility.stuck"])}
    over = program.matrix @ x - program.row_upper
    for row, key in by_key(program.rows["facility.stay"]):
        if over[row] > 0:
            x[stuck[key[:2]]] = max(x[stuck[key[:2]]], over[row])
    over = program.matrix @ x - program.row_upper
    for row, (facility,) in by_key(program.rows["facility.end_stock"]):
        for key, column in stuck.items():
            if key[0] == facility and over[row] > 0:
                more = min(over[row], program.upper[column] - x[column])
                x[column] += more
                over[row] -= more


def by_key(block: Block) -> list[tuple[int, tuple[int, ...]]]:
    """(column or row number, key) of everything in a block."""
    return list(zip(block.index.tolist(), zip(*(k.tolist() for k in block.keys), strict=True), strict=True))


def violations(program: Program, x: Floats) -> tuple[float, float]:
    """Largest violation of any row, and of any column bound, in the units of the row or column."""
    activity = program.matrix @ x
    row = np.maximum(program.row_lower - activity, activity - program.row_upper).max(initial=0.0)
    column = np.maximum(program.lower - x, x - program.upper).max(initial=0.0)
    return float(row), float(column)


def proven_bound(
    program: Program,
    cost: Floats,
    row_dual: Floats,
    goal_rows: list[Floats],
    goal_dual: Floats,
    held: list[float],
    *,
    mass: float | None = None,
) -> float:
    """Lower bound on ``cost · x`` by weak duality: any duals prove it, right or wrong, so no solver need be trusted.

        min c·x ≥ Σ_i min_{b in row i} y_i b + Σ_j min_{0 ≤ x_j ≤ U_j} (c_j − y·A_j) x_j

    with the duals clipped to the sign their row allows, and U_j the column's bound or, where it has none, more than
    all mass that can exist and pass every gate (goods that run in a circle for money are bounded by gates; other
    circles can be left out of any plan), so that a reduced cost of −1e−12 does not spoil the bound. Where the rows are
    not those of one plan, ``mass`` says how much that is.
    """
    y = np.where((row_dual > 0) & np.isinf(program.row_lower), 0.0, row_dual)
    y = np.where((y < 0) & np.isinf(program.row_upper), 0.0, y)
    at = np.where(y > 0, program.row_lower, program.row_upper)
    total = float(np.where(y == 0, 0.0, y * np.where(y == 0, 0.0, at)).sum())
    reduced = cost - program.matrix.T @ y
    for coefficients, dual, upper in zip(goal_rows, goal_dual, held, strict=True):
        clipped = min(float(dual), 0.0)
        total += clipped * upper
        reduced -= clipped * coefficients
    widest = np.minimum(program.upper, all_mass(program) if mass is None else mass)
    return total + float(np.where(reduced < 0, reduced * widest, reduced * program.lower).sum())


def all_mass(program: Program) -> float:
    """More than all mass that can exist in a plan and pass every gate."""
    in_the_system = np.abs(program.row_lower[np.isfinite(program.row_lower)]).sum()
    wanted = program.row_upper[program.rows["demand.room"].span].sum() * HEAVIEST_T_M3
    gates = sum(program.row_upper[program.rows[name].span].sum() for name in ("gate.in", "gate.out", "plant.daily"))
    return float(in_the_system + wanted + gates) + 1.0
