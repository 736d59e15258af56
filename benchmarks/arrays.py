"""A program handed to a fresh HiGHS or GLOP by arrays, as anyone who has the arrays would do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import highspy
import numpy as np
from scipy import sparse

from benchmarks.measure import DisagreementError
from optimizer.backends import make_backend
from optimizer.program import Program
from optimizer.scenario import Floats

Held = Sequence[tuple[Floats, float]]  # goal · x ≤ value


class _QuietHighs(highspy.Highs):
    """highspy's class without its callbacks: enabling them prints a banner on standard output."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()


def highs(program: Program, cost: Floats, held: Held = ()) -> float:
    """Optimum by a new HiGHS with its default options, earlier goals held by rows."""
    rows = [sparse.csr_array(goal[None, :]) for goal, _ in held]
    matrix = sparse.csc_array(sparse.vstack([program.matrix, *rows])) if rows else program.matrix
    row_lower = np.concatenate([program.row_lower, np.full(len(held), -np.inf)])
    row_upper = np.concatenate([program.row_upper, [value for _, value in held]])
    return optimum(matrix, (row_lower, row_upper), (program.lower, program.upper), cost)


def optimum(
    matrix: sparse.csc_array, rows: tuple[Floats, Floats], columns: tuple[Floats, Floats], cost: Floats
) -> float:
    """Least cost · x within the bounds of rows and columns, by a new HiGHS with its default options.

    Raises:
        DisagreementError: there is none.
    """
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, *columns
    lp.row_lower_, lp.row_upper_ = rows
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.data
    solver: Any = _QuietHighs()
    solver.setOptionValue("output_flag", False)
    solver.passModel(lp)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise DisagreementError(f"a fresh HiGHS says {solver.getModelStatus()}")
    return float(solver.getInfo().objective_function_value)


def glop(program: Program, cost: Floats, held: Held = ()) -> float:
    """Optimum by GLOP, which starts from nothing every time."""
    backend = make_backend("glop")
    backend.load(program)
    backend.set_cost(cost)
    for goal, value in held:
        backend.add_row(goal, value)
    answer = backend.solve(None)
    if answer.status != "optimal" or answer.x is None:
        raise DisagreementError(f"GLOP says {answer.status}")
    return float(cost @ answer.x)
