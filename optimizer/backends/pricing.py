"""Lane pricing: a program of very many lanes solved over few of them, and still to the optimum of all.

The solver holds some of the lanes. After every solve all the others are priced by its duals: one whose reduced cost
c − y·A is below 0 would improve the answer and joins, and the simplex goes on from where it stood, until no lane is
left that would. The duals then are duals of the whole program, and :func:`optimizer.solve.proven_bound` proves the
bound over every lane with its own arithmetic (docs/maths.md, "Pricing of lanes").

A program held this way is a backend like any other: what is solved, forced, loosened or asked later is the optimum
over all lanes, so nothing above it needs to know.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from optimizer.backends import Answer, Backend, Carried
from optimizer.groups import rank_within
from optimizer.program import Program
from optimizer.scenario import Bools, Floats, Ints

JOINING = 2  # lanes that join at one row in one round, those that improve most
ZERO = 1e-7  # a reduced cost not further below 0 is 0, to the solver as well


class Pricing:
    """Keeps in a solver only the columns that matter; column numbers outside are those of the whole program."""

    def __init__(self, inner: Backend, start: Callable[[Program], Bools]):
        """A backend over another one.

        Args:
            inner: the solver.
            start: (columns,) of a program, which to begin with; only columns 0 ≤ x may be left out.
        """
        self._inner, self._start = inner, start
        self.name, self.version, self.warm = inner.name, inner.version, inner.warm
        self.options: dict[str, Any] = {**inner.options, "lane_pricing": True}

    def load(self, program: Program) -> None:
        """Takes the whole program, with zero costs; the solver gets the columns to begin with."""
        self._matrix, self._upper = program.matrix, program.upper
        self._cost = np.zeros(program.shape[1])
        self._more = sparse.csr_array((0, program.shape[1]))  # rows added since, over the program's columns
        at = np.flatnonzero(self._start(program)).astype(np.int32)
        self._inner.load(
            replace(program, matrix=program.matrix[:, at], lower=program.lower[at], upper=program.upper[at])
        )
        self._columns = at  # (inner columns,) their numbers outside
        self._inside = np.full(program.shape[1], -1, dtype=np.int32)  # and back; -1 for what is left out
        self._inside[at] = np.arange(len(at), dtype=np.int32)

    def set_cost(self, cost: Floats) -> None:
        """Replaces the costs of the first columns, as many as given."""
        self._cost[: len(cost)] = cost
        self._inner.set_cost(self._cost[self._columns])

    def add_row(self, coefficients: Floats, upper: float) -> int:
        """Adds ``coefficients · x ≤ upper``; returns the row's number."""
        wide = np.concatenate([coefficients, np.zeros(len(self._cost) - len(coefficients))])
        return self.add_rows(sparse.csr_array(wide[None, :]), np.array([upper]))

    def add_rows(self, matrix: sparse.csr_array, upper: Floats) -> int:
        """Adds rows ``matrix · x ≤ upper``; returns the number of the first."""
        self._more = sparse.csr_array(sparse.vstack([self._more, matrix[:, : self._matrix.shape[1]]]))
        return self._inner.add_rows(sparse.csr_array(matrix[:, self._columns]), upper)

    def reduced_costs(self, columns: Ints) -> Floats:
        """Reduced costs in the last answer of columns that the solver holds."""
        return self._inner.reduced_costs(self._inside[columns])

    def set_row_bounds(self, rows: Ints, lower: Floats, upper: Floats) -> None:
        """Changes bounds of rows."""
        self._inner.set_row_bounds(rows, lower, upper)

    def set_column_bounds(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """Changes bounds of columns; one that was left out joins."""
        self._join(columns[self._inside[columns] < 0])
        self._inner.set_column_bounds(self._inside[columns], lower, upper)

    def add_columns(self, matrix: sparse.csc_array, cost: Floats, upper: Floats) -> int:
        """Adds columns ``0 ≤ x ≤ upper``; returns the number of the first."""
        first = len(self._cost)
        new = np.arange(first, first + len(cost), dtype=np.int32)
        inside = self._inner.add_columns(matrix, cost, upper)
        self._cost = np.concatenate([self._cost, cost])
        self._columns = np.concatenate([self._columns, new])
        self._inside = np.concatenate([self._inside, inside + new - first])
        return first

    def mark(self) -> object:
        """The vertex of the last answer."""
        return self._inner.mark()

    def start_from(self, mark: object, *, dual: bool) -> None:
        """Puts the next solve at a marked vertex; lanes that joined since are unused in it."""
        self._inner.start_from(mark, dual=dual)

    def limits_changed(self) -> None:
        """Bounds have changed since the last answer and costs have not: the dual simplex is the way on."""
        self._inner.limits_changed()

    def start_carried(self, vertex: Carried) -> None:
        """Does nothing: a vertex of another program may stand on lanes that are left out."""

    def holds(self, column: int) -> bool:
        """Whether the solver has a column."""
        return bool(self._inside[column] >= 0)

    def infeasibility(self) -> Floats | None:
        """Duals that prove that the last program has no feasible point."""
        return self._inner.infeasibility()

    def excluded(self, columns: Ints) -> tuple[float, Floats] | None:
        """What the last program lacks as a function of some columns that the solver holds."""
        return self._inner.excluded(self._inside[columns])

    def solve(self, time_limit: float | None) -> Answer:
        """Solves as it stands now, over all columns."""
        end = None if time_limit is None else time.perf_counter() + time_limit
        found: Floats | None = None
        iterations = 0
        while True:
            answer = self._inner.solve(None if end is None else max(end - time.perf_counter(), 0.0))
            iterations += answer.iterations
            found = found if answer.x is None else answer.x
            better = self._better(answer)
            if not len(better):
                break
            self._join(better)
        x = None if found is None else self._all(found)
        return Answer(answer.status, x, answer.row_dual, iterations)

    def _better(self, answer: Answer) -> Ints:
        """Columns left out that would improve the answer, or make the program feasible; none when it stands."""
        out = self._inside[: self._matrix.shape[1]] < 0
        if answer.status == "optimal":
            row_dual, cost = answer.row_dual, self._cost[: len(out)]
        elif answer.status == "infeasible":
            row_dual, cost = self._inner.infeasibility(), np.zeros(len(out))
        else:
            return np.zeros(0, dtype=np.int32)
        if row_dual is None:
            return np.flatnonzero(out).astype(np.int32)
        reduced = cost - self._matrix.T @ row_dual[: self._matrix.shape[0]]
        reduced -= self._more.T @ row_dual[self._matrix.shape[0] :]
        better = np.flatnonzero(out & (reduced < -ZERO)).astype(np.int32)
        row, column = self._matrix[:, better].tocoo().coords
        joins = rank_within(row, reduced[better][column]) < JOINING
        return better[np.unique(column[joins])]

    def _join(self, columns: Ints) -> None:
        """Gives the solver columns that were left out."""
        if not len(columns):
            return
        matrix = sparse.csc_array(sparse.vstack([self._matrix[:, columns], self._more[:, columns]]))
        first = self._inner.add_columns(matrix, self._cost[columns], self._upper[columns])
        self._inside[columns] = first + np.arange(len(columns), dtype=np.int32)
        self._columns = np.concatenate([self._columns, columns])

    def _all(self, found: Floats) -> Floats:
        """(columns,) of the whole program and all that was added, from those of the solver."""
        x = np.zeros(len(self._cost))
        x[self._columns[: len(found)]] = found
        return x
