"""GLOP through OR-Tools' model builder, by arrays. Every solve starts cold; kept as the independent second solver."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
from ortools.linear_solver.python import model_builder_helper
from scipy import sparse

from optimizer.backends import Answer, Carried, Status
from optimizer.program import Program
from optimizer.scenario import Floats, Ints

_STATUS: dict[object, Status] = {
    model_builder_helper.SolveStatus.OPTIMAL: "optimal",
    model_builder_helper.SolveStatus.FEASIBLE: "time_limit",
    model_builder_helper.SolveStatus.INFEASIBLE: "infeasible",
    model_builder_helper.SolveStatus.UNBOUNDED: "unbounded",
    model_builder_helper.SolveStatus.NOT_SOLVED: "time_limit",
}


class Glop:
    """The program as arrays, handed over whole at each solve."""

    name = "glop"
    warm = False

    def __init__(self) -> None:
        self.version = version("ortools")
        self.options: dict[str, Any] = {}

    def load(self, program: Program) -> None:
        """Takes the whole program, with zero costs."""
        self._matrix = program.matrix.tocsr()
        self._cost = np.zeros(program.shape[1])
        self._lower, self._upper = program.lower.copy(), program.upper.copy()
        self._row_lower, self._row_upper = program.row_lower.copy(), program.row_upper.copy()

    def set_cost(self, cost: Floats) -> None:
        """Replaces the costs of the first columns, as many as given."""
        self._cost[: len(cost)] = cost

    def add_row(self, coefficients: Floats, upper: float) -> int:
        """Adds ``coefficients · x ≤ upper``; returns the row's number."""
        self._matrix = sparse.csr_array(sparse.vstack([self._matrix, sparse.csr_array(coefficients[None, :])]))
        self._row_lower = np.append(self._row_lower, -np.inf)
        self._row_upper = np.append(self._row_upper, upper)
        return len(self._row_upper) - 1

    def add_rows(self, matrix: sparse.csr_array, upper: Floats) -> int:
        """Adds rows ``matrix · x ≤ upper``; returns the number of the first."""
        first = len(self._row_upper)
        self._matrix = sparse.csr_array(sparse.vstack([self._matrix, matrix]))
        self._row_lower = np.append(self._row_lower, np.full(len(upper), -np.inf))
        self._row_upper = np.append(self._row_upper, upper)
        return first

    def reduced_costs(self, columns: Ints) -> Floats:
        """Reduced costs of columns in the last answer."""
        return self._cost[columns] - (self._matrix.T @ self._dual)[columns]

    def set_row_bounds(self, rows: Ints, lower: Floats, upper: Floats) -> None:
        """Changes bounds of rows."""
        self._row_lower[rows], self._row_upper[rows] = lower, upper

    def set_column_bounds(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """Changes bounds of columns."""
        self._lower[columns], self._upper[columns] = lower, upper

    def add_columns(self, matrix: sparse.csc_array, cost: Floats, upper: Floats) -> int:
        """Adds columns ``0 ≤ x ≤ upper``; returns the number of the first."""
        first, n = len(self._cost), matrix.shape[1]
        missing = sparse.csr_array((self._matrix.shape[0] - matrix.shape[0], n))
        block = sparse.vstack([matrix.tocsr(), missing])
        self._matrix = sparse.csr_array(sparse.hstack([self._matrix, block]))
        self._cost = np.concatenate([self._cost, cost])
        self._lower = np.concatenate([self._lower, np.zeros(n)])
        self._upper = np.concatenate([self._upper, upper])
        return first

    def mark(self) -> object:
        """Nothing: every solve is cold."""
        return None

    def start_from(self, mark: object, *, dual: bool) -> None:
        """Does nothing: every solve is cold."""

    def limits_changed(self) -> None:
        """Does nothing: every solve is cold."""

    def start_carried(self, vertex: Carried) -> None:
        """Does nothing: every solve is cold."""

    def solve(self, time_limit: float | None) -> Answer:
        """Solves as it stands now, cold."""
        answer = self._solve(self._cost, time_limit)
        if answer.status == "infeasible" and self._solve(np.zeros_like(self._cost), time_limit).status == "optimal":
            return Answer("unbounded", None, None, 0)  # GLOP does not tell the two apart
        return answer

    def infeasibility(self) -> Floats | None:
        """Nothing: no proof is handed out."""
        return None

    def excluded(self, columns: Ints) -> tuple[float, Floats] | None:
        """Nothing: no proof is handed out."""
        return None

    def _solve(self, cost: Floats, time_limit: float | None) -> Answer:
        model: Any = model_builder_helper.ModelBuilderHelper()
        model.fill_model_from_sparse_data(
            self._lower, self._upper, cost, self._row_lower, self._row_upper, sparse.csr_matrix(self._matrix)
        )
        solver = model_builder_helper.ModelSolverHelper("glop")
        if time_limit is not None:
            solver.set_time_limit_in_seconds(max(time_limit, 1e-3))
        solver.solve(model)
        status = _STATUS.get(solver.status(), "failed")
        found = solver.has_solution()
        x = np.array(solver.variable_values()) if found else None
        dual = np.array(solver.dual_values()) if found and status == "optimal" else None
        self._dual = np.zeros(len(self._row_upper)) if dual is None else dual
        return Answer(status, x, dual, 0)
