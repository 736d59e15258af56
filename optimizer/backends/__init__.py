"""Solvers behind one small protocol: load arrays, change costs and bounds, add rows and columns, solve again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from scipy import sparse

from optimizer.program import Program
from optimizer.scenario import Floats, Ints

Status = Literal["optimal", "infeasible", "unbounded", "time_limit", "failed"]


@dataclass(frozen=True)
class Answer:
    """What a solver says of one linear program.

    Attributes:
        status: why it stopped.
        x: column values; None when it has no feasible point.
        row_dual: change of the objective per unit added to a row's right-hand side.
        iterations: simplex iterations of this solve.
    """

    status: Status
    x: Floats | None
    row_dual: Floats | None
    iterations: int


@dataclass(frozen=True)
class Carried:
    """A vertex of another program: its mark, and the column or row there of each one here (-1 = new)."""

    mark: object
    columns: Ints
    rows: Ints


class Backend(Protocol):
    """A live linear program in a solver (minimisation)."""

    name: str
    version: str
    options: dict[str, Any]
    warm: bool  # whether a solve starts from the answer before it

    def load(self, program: Program) -> None:
        """Takes the whole program, with zero costs."""

    def set_cost(self, cost: Floats) -> None:
        """Replaces the costs of the first columns, as many as given."""

    def add_row(self, coefficients: Floats, upper: float) -> int:
        """Adds ``coefficients · x ≤ upper``; returns the row's number."""

    def add_rows(self, matrix: sparse.csr_array, upper: Floats) -> int:
        """Adds rows ``matrix · x ≤ upper``; returns the number of the first."""

    def reduced_costs(self, columns: Ints) -> Floats:
        """Reduced costs of columns in the last answer."""

    def set_row_bounds(self, rows: Ints, lower: Floats, upper: Floats) -> None:
        """Changes bounds of rows."""

    def set_column_bounds(self, columns: Ints, lower: Floats, upper: Floats) -> None:
        """Changes bounds of columns."""

    def add_columns(self, matrix: sparse.csc_array, cost: Floats, upper: Floats) -> int:
        """Adds columns ``0 ≤ x ≤ upper``; returns the number of the first."""

    def mark(self) -> object:
        """The vertex of the last answer, to start from it again later; None where solves are cold."""

    def start_from(self, mark: object, *, dual: bool) -> None:
        """Puts the next solve at a marked vertex.

        Args:
            mark: what :meth:`mark` gave; rows and columns added since are taken as slack and as unused.
            dual: limits have changed since and costs have not, so the dual simplex is the way on.
        """

    def limits_changed(self) -> None:
        """Bounds have changed since the last answer and costs have not: the dual simplex is the way on."""

    def start_carried(self, vertex: Carried) -> None:
        """Puts the first solve of a program at a vertex of another; what is new is unused, and its rows slack."""

    def solve(self, time_limit: float | None) -> Answer:
        """Solves as it stands now."""

    def infeasibility(self) -> Floats | None:
        """Row duals, the largest of them 1, that prove that the last program has no feasible point.

        With them Σ y b > max Σ (y·A) x over the columns' bounds. None where the solver gives no such proof.
        """

    def excluded(self, columns: Ints) -> tuple[float, Floats] | None:
        """What the last program, which has no feasible point, lacks as a function of some columns.

        Returns:
            (constant, factors): there is a feasible point only where constant + factors · x[columns] ≥ 0, whatever the
            bounds of these columns. None where the solver gives no such proof.
        """


def make_backend(name: str, *, threads: int = 1, seed: int = 0) -> Backend:
    """A fresh backend: ``highs`` or ``glop``."""
    if name == "highs":
        from optimizer.backends.highs import Highs

        return Highs(threads=threads, seed=seed)
    if name == "glop":
        from optimizer.backends.glop import Glop

        return Glop()
    raise ValueError(f"no solver named {name!r}; there are highs and glop")
