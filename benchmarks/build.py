"""Building the week's linear program: ours, an MPSolver loop, linopy.

Every contestant starts from the scenario and its distances and ends with a model that a solver can take. Before any
time is taken, each peer's model is solved and its optimum compared with ours.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.arrays import highs
from benchmarks.district import WEIGHTS, District, district
from benchmarks.measure import agree, installed, side_by_side
from benchmarks.rows import Row, against

MPSOLVER, LINOPY, LINOPY_DENSE = "MPSolver loop", "linopy, sparse model", "linopy, default model"
TARGETS = {MPSOLVER: 15.0, LINOPY: 100.0, LINOPY_DENSE: None}


def run(smoke: bool) -> list[Row]:
    """One row for each peer that is installed."""
    week = district(smoke)
    compare(week)
    builders = {"ours": week.build, **_builders(week)}
    seconds = side_by_side(builders, 1 if smoke else 5, warm=True)
    rows, columns = week.program.shape
    name = f"build the program, {columns:,} columns × {rows:,} rows"
    return [
        against(name, seconds["ours"], peer, seconds[peer], TARGETS[peer], smoke=smoke)
        for peer in builders
        if peer != "ours"
    ]


def compare(week: District) -> dict[str, tuple[int, int]]:
    """Solves every peer's model; returns (rows, columns) of each, ours first.

    Raises:
        DisagreementError: an optimum differs from ours.
    """
    from benchmarks import by_mpsolver

    args = (week.scenario, week.distances, WEIGHTS)
    ours = highs(week.program, week.cost())
    solver = by_mpsolver.build(*args)
    values, sizes = {MPSOLVER: by_mpsolver.solve(solver)}, {"ours": week.program.shape}
    sizes[MPSOLVER] = (solver.NumConstraints(), solver.NumVariables())
    if installed("linopy"):
        from benchmarks import by_linopy

        for name, sparse in ((LINOPY, True), (LINOPY_DENSE, False)):
            model = by_linopy.build(*args, sparse=sparse)
            values[name], sizes[name] = by_linopy.solve(model), (model.ncons, model.nvars)
    agree("optimum of the weighted goals", ours, values)
    return sizes


def _builders(week: District) -> dict[str, Callable[[], object]]:
    from benchmarks import by_mpsolver

    args = (week.scenario, week.distances, WEIGHTS)
    builders: dict[str, Callable[[], object]] = {MPSOLVER: lambda: by_mpsolver.build(*args)}
    if installed("linopy"):
        from benchmarks import by_linopy

        def linopy(sparse: bool) -> object:
            return by_linopy.arrays_of(by_linopy.build(*args, sparse=sparse))

        builders[LINOPY] = lambda: linopy(True)
        builders[LINOPY_DENSE] = lambda: linopy(False)
    return builders
