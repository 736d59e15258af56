"""HiGHS through highspy, by arrays."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
from scipy import sparse

from optimizer.backends import Answer, Carried, Status
from optimizer.native import interruptible
from optimizer.program import Program
from optimizer.scenario import Floats, Ints

_STATUS: dict[highspy.HighsModelStatus, Status] = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kModelEmpty: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kUnbounded: "unbounded",
    highspy.HighsModelStatus.kTimeLimit: "time_limit",
    highspy.HighsModelStatus.kIterationLimit: "time_limit",
    highspy.HighsModelStatus.kInterrupt: "time_limit",
}
_DUAL_SIMPLEX, _PRIMAL_SIMPLEX = 1, 4
NOTHING = 1e-9  # a multiplier nearer to zero is none
_BASIS = [highspy.HighsBasisStatus(number) for number in range(5)]  # by number: looked up faster than made


class QuietHighs(highspy.Highs):
    """highspy's class without its callbacks: enabling them prints a banner on standard output."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()


class Highs:
    """A live HiGHS model. After the first solve the basis is kept: costs change the goal, not the vertex."""

    name = "highs"
    warm = True

    def __init__(self, *, threads: int = 1, seed: int = 0):
        self._highs: Any = QuietHighs()
        self.version = self._highs.version()
        self.options: dict[str, Any] = {
            "output_flag": False,
            "threads": threads,
            "random_seed": seed,
            "solver": "simplex",
        }
        for key, value in self.options.items():
            self._highs.setOptionValue(key, value)
        self._strategy = _DUAL_SIMPLEX

    def load(self, program: Program) -> None:
        """Takes the whole program, with zero costs."""
        lp = highspy.HighsLp()
        lp.num_row_, lp.num_col_ = program.shape
        lp.col_cost_ = np.zeros(lp.num_col_)
        lp.col_lower_, lp.col_upper_ = program.lower, program.upper
        lp.row_lower_, lp.row_upper_ = program.row_lower, program.row_upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = program.matrix.indptr.astype(np.int32)
        lp.a_matrix_.index_ = program.matrix.indices.astype(np.int32)
        lp.a_matrix_.value_ = program.matrix.data
        self._checked(self._highs.passModel(lp), "load the program")
        self._strategy = _DUAL_SIMPLEX

    def set_cost(self, cost: Floats) -> None:
        """Replaces the costs of the first columns, as many as given."""
        columns = np.arange(len(cost), dtype=np.int32)
        self._checked(self._highs.changeColsCost(len(cost), columns, cost), "change costs")

    def add_row(self, coefficients: Floats, upper: float) -> int:
        """Adds ``coefficients · x ≤ upper``; returns the row's number."""
        at = np.flatnonzero(coefficients).astype(np.int32)
        row = self._highs.getNumRow()
        self._checked(self._highs.addRow(-np.inf, upper, len(at), at, coefficients[at]), "add a goal row")
        return int(row)

    def add_rows(self, matrix: sparse.csr_array, upper: Floats) -> int:
        """Adds rows ``matrix · x ≤ upper``; returns the number of the first."""
        first, n = self._highs.getNumRow(), matrix.shape[0]
        start, index = matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32)
        status = self._highs.addRows(n, np.full(n, -np.inf), upper, matrix.nnz, start, index, matrix.data)
        self._checked(status, "add rows")
        return int(first)

    def reduced_costs(self, columns: Ints) -> Floats:
        """Reduced costs of columns in the last answer."""
        return np.array(self._highs.getSolution().col_dual)[columns]

    def set_row_bounds(self, rows: Ints, lower: Floats, upper: Floats) -> None:
        """Changes bounds of rows."""
        index = np.asarray(rows, dtype=np.int32)
        self._checked(self._highs.changeRowsBounds(len(index), index, lower, upper), "change row bounds")

    def set_column_bounds(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """Changes bounds of columns."""
        index = np.asarray(columns, dtype=np.int32)
        self._checked(self._highs.changeColsBounds(len(index), index, lower, upper), "change column bounds")

    def add_columns(self, matrix: sparse.csc_array, cost: Floats, upper: Floats) -> int:
        """Adds columns ``0 ≤ x ≤ upper``; returns the number of the first."""
        first, n = self._highs.getNumCol(), matrix.shape[1]
        start, index = matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32)
        status = self._highs.addCols(n, cost, np.zeros(n), upper, matrix.nnz, start, index, matrix.data)
        self._checked(status, "add columns")
        return int(first)

    def mark(self) -> object:
        """The basis of the last answer."""
        return self._highs.getBasis()

    def start_from(self, mark: object, *, dual: bool) -> None:
        """Puts the next solve at a marked basis; rows added since are basic, columns added since stay at zero."""
        assert isinstance(mark, highspy.HighsBasis)
        columns, rows = list(mark.col_status), list(mark.row_status)
        status = highspy.HighsBasisStatus
        basis = highspy.HighsBasis()
        basis.col_status = columns + [status.kLower] * (self._highs.getNumCol() - len(columns))
        basis.row_status = rows + [status.kBasic] * (self._highs.getNumRow() - len(rows))
        basis.valid = True
        self._checked(self._highs.setBasis(basis), "take a basis")
        self._strategy = _DUAL_SIMPLEX if dual else _PRIMAL_SIMPLEX

    def limits_changed(self) -> None:
        """Bounds have changed since the last answer and costs have not: the dual simplex is the way on."""
        self._strategy = _DUAL_SIMPLEX

    def start_carried(self, vertex: Carried) -> None:
        """Puts the first solve at a vertex of another program, made square by slacks where the two differ."""
        assert isinstance(vertex.mark, highspy.HighsBasis)
        status = highspy.HighsBasisStatus
        old_columns, old_rows = ([int(s) for s in part] for part in (vertex.mark.col_status, vertex.mark.row_status))
        columns = np.append(old_columns, int(status.kLower))[vertex.columns]
        rows = np.append(old_rows, int(status.kBasic))[vertex.rows]
        basic, at_bound = int(status.kBasic), int(status.kLower)
        spare = len(rows) - int((columns == basic).sum()) - int((rows == basic).sum())
        if spare > 0:
            rows[np.flatnonzero(rows != basic)[:spare]] = basic
        elif spare < 0:
            slack, used = np.flatnonzero(rows == basic)[spare:], np.flatnonzero(columns == basic)
            rows[slack] = at_bound
            columns[used[len(used) + spare + len(slack) :]] = at_bound
        basis = highspy.HighsBasis()
        basis.col_status = [_BASIS[s] for s in columns.tolist()]
        basis.row_status = [_BASIS[s] for s in rows.tolist()]
        basis.valid = True
        self._checked(self._highs.setBasis(basis), "take a basis")

    def drop_columns(self, first: int, mark: object) -> None:
        """Takes away all columns from ``first`` on, and puts the next solve at a basis marked without them."""
        last = self._highs.getNumCol()
        if first < last:
            columns = np.arange(first, last, dtype=np.int32)
            self._checked(self._highs.deleteCols(len(columns), columns), "delete columns")
        self._checked(self._highs.setBasis(mark), "take a basis")
        self._strategy = _PRIMAL_SIMPLEX

    def make_basic(self, columns: Ints, rows: Ints) -> None:
        """Puts columns into the basis of the last answer in the place of the slacks of as many rows."""
        basis = self._highs.getBasis()
        of_columns, of_rows = list(basis.col_status), list(basis.row_status)
        for column in columns.tolist():
            of_columns[column] = highspy.HighsBasisStatus.kBasic
        for row in rows.tolist():
            of_rows[row] = highspy.HighsBasisStatus.kLower
        basis.col_status, basis.row_status = of_columns, of_rows
        self._checked(self._highs.setBasis(basis), "take a basis")
        self._strategy = _PRIMAL_SIMPLEX

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the model as it stands."""
        return int(self._highs.getNumRow()), int(self._highs.getNumCol())

    def solve(self, time_limit: float | None) -> Answer:
        """Solves as it stands now: from scratch with presolve first, then by primal simplex from the last vertex."""
        limit = np.inf if time_limit is None else max(time_limit, 0.0)
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + limit)
        self._highs.setOptionValue("simplex_strategy", self._strategy)
        interruptible(self._highs.run)
        status = _STATUS.get(self._highs.getModelStatus(), "failed")
        info = self._highs.getInfo()
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        solution = self._highs.getSolution()
        self._strategy = _PRIMAL_SIMPLEX if status == "optimal" else _DUAL_SIMPLEX
        x = np.array(solution.col_value) if feasible or status == "optimal" else None
        dual = np.array(solution.row_dual) if solution.dual_valid else None
        if status == "optimal" and self.size[1] == 0:  # HiGHS gives a model without columns no duals; zero is right
            dual = np.zeros(self.size[0])
        return Answer(status, x, dual, max(int(info.simplex_iteration_count), 0))

    def infeasibility(self) -> Floats | None:
        """Row duals that prove that the last program has no feasible point."""
        _, known, ray = self._highs.getDualRay()
        size = float(np.abs(ray).max(initial=0.0)) if known else 0.0
        return np.asarray(ray, dtype=np.float64) / size if size else None

    def excluded(self, columns: Ints) -> tuple[float, Floats] | None:
        """What the last program lacks as a function of some columns, by the proof that it has no feasible point."""
        ray = self.infeasibility()
        if ray is None:
            return None
        lp = self._highs.getLp()
        a = lp.a_matrix_
        factors = sparse.csc_array((a.value_, a.index_, a.start_), shape=(lp.num_row_, lp.num_col_)).T @ ray
        factors[np.abs(factors) < NOTHING] = 0.0
        others = np.ones(len(factors), dtype=bool)
        others[columns] = False
        needed = _times(ray, np.where(ray > 0, lp.row_lower_, lp.row_upper_)).sum()
        most = _times(factors, np.where(factors > 0, lp.col_upper_, lp.col_lower_))[others].sum()
        return (float(most - needed), factors[columns]) if np.isfinite(most - needed) else None

    @staticmethod
    def _checked(status: highspy.HighsStatus, what: str) -> None:
        if status == highspy.HighsStatus.kError:
            raise RuntimeError(f"HiGHS refused to {what}; this is a defect of cutfill, not of your input")


def _times(factors: Floats, limits: Floats) -> Floats:
    """Products, 0 where the factor is, although the limit may be endless."""
    return np.multiply(factors, limits, out=np.zeros(len(factors)), where=factors != 0)
