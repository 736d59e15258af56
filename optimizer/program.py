"""The linear program: columns, rows and goals as arrays, put together from constraint blocks.

    minimise   c_goal · x      subject to   row_lower ≤ A x ≤ row_upper,   lower ≤ x ≤ upper

Each block in :mod:`optimizer.blocks` adds its own columns and rows, and says by a *coupling* in which of its rows a
lane takes part. Lanes themselves are columns like any other; a coupling works for any set of lanes, so lanes can be
added to a live model later (:meth:`Program.lane_columns`) without a second description of a block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from optimizer.lanes import Lanes
from optimizer.scenario import Floats, Ints, Scenario

# For lanes: which of them may take part, the row of each of those (-1 = none after all), and its coefficient there.
Coupling = Callable[[Lanes], tuple[Ints, Ints, Floats | float]]
# For lanes: what one t of each adds to a goal.
LaneGoal = Callable[[Lanes], Floats]


@dataclass(frozen=True)
class Block:
    """A contiguous run of columns or rows of one meaning; ``keys`` tells each by the user's entities.

    Attributes:
        name: what the run means, for example ``supply.release``.
        start: first index.
        keys: one array per dimension (place, commodity, day …), all of the block's length.
        dims: names of the dimensions.
    """

    name: str
    start: int
    keys: tuple[Ints, ...]
    dims: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.keys[0])

    @property
    def index(self) -> Ints:
        """Column or row numbers."""
        return np.arange(self.start, self.start + len(self), dtype=np.int32)

    @property
    def span(self) -> slice:
        """The run as a slice."""
        return slice(self.start, self.start + len(self))


@dataclass(frozen=True)
class Program:
    """A built program. ``matrix`` is CSC; goals are cost vectors over the columns."""

    matrix: sparse.csc_array
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    goals: Mapping[str, Floats]
    constants: Mapping[str, float]
    columns: Mapping[str, Block]
    rows: Mapping[str, Block]
    couplings: tuple[Coupling, ...]
    lane_goals: Mapping[str, tuple[LaneGoal, ...]]

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return len(self.row_lower), len(self.lower)

    def lane_columns(self, lanes: Lanes) -> tuple[sparse.csc_array, dict[str, Floats]]:
        """Matrix columns and goal coefficients of lanes that are not yet in the model."""
        rows, cols, values = _lane_entries(self.couplings, lanes)
        matrix = sparse.csc_array((values, (rows, cols)), shape=(self.shape[0], len(lanes)))
        return matrix, {goal: _lane_goal(terms, lanes) for goal, terms in self.lane_goals.items()}


@dataclass
class Model:
    """A program being put together; every block of :mod:`optimizer.blocks` adds its part."""

    scenario: Scenario
    lanes: Lanes
    columns: dict[str, Block] = field(default_factory=dict)
    rows: dict[str, Block] = field(default_factory=dict)
    _bounds: dict[str, list[Floats]] = field(default_factory=lambda: {k: [] for k in ("l", "u", "rl", "ru")})
    _entries: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)
    _goals: dict[str, list[tuple[Ints, Floats]]] = field(default_factory=dict)
    _constants: dict[str, float] = field(default_factory=dict)
    _lane_goals: dict[str, list[LaneGoal]] = field(default_factory=dict)
    _couplings: list[Coupling] = field(default_factory=list)

    @property
    def n_columns(self) -> int:
        """Columns so far."""
        return sum(map(len, self.columns.values()))

    @property
    def n_rows(self) -> int:
        """Rows so far."""
        return sum(map(len, self.rows.values()))

    def add_columns(self, name: str, lower: Any, upper: Any, **keys: npt.ArrayLike) -> Block:
        """Adds one column per key tuple; bounds are scalars or arrays of that length."""
        block = self._block(name, self.n_columns, keys)
        self.columns[name] = block
        self._bounds["l"].append(_filled(lower, len(block)))
        self._bounds["u"].append(_filled(upper, len(block)))
        return block

    def add_rows(self, name: str, lower: Any, upper: Any, **keys: npt.ArrayLike) -> Block:
        """Adds one row per key tuple; bounds are scalars or arrays of that length."""
        block = self._block(name, self.n_rows, keys)
        self.rows[name] = block
        self._bounds["rl"].append(_filled(lower, len(block)))
        self._bounds["ru"].append(_filled(upper, len(block)))
        return block

    def add(self, rows: npt.ArrayLike, columns: npt.ArrayLike, values: Any) -> None:
        """Adds matrix entries; entries whose row or column is -1 are left out, repeated ones add up."""
        r, c = np.asarray(rows, dtype=np.int32), np.asarray(columns, dtype=np.int32)
        v = _filled(values, len(r))
        keep = (r >= 0) & (c >= 0)
        self._entries.append((r[keep], c[keep], v[keep]))

    def couple(self, coupling: Coupling) -> None:
        """Says in which row of a block each lane takes part, and with what coefficient."""
        self._couplings.append(coupling)

    def cost(self, goal: str, columns: npt.ArrayLike, values: Any) -> None:
        """Adds cost coefficients of a block's own columns to a goal."""
        index = np.asarray(columns, dtype=np.int32)
        self._goals.setdefault(goal, []).append((index, _filled(values, len(index))))

    def lane_cost(self, goal: str, coefficients: LaneGoal) -> None:
        """Adds what one t on each lane contributes to a goal."""
        self._lane_goals.setdefault(goal, []).append(coefficients)

    def include(self, goal: str, other: str) -> None:
        """Makes a goal contain all of another that earlier blocks have described."""
        for columns, values in list(self._goals.get(other, ())):
            self.cost(goal, columns, values)
        for term in list(self._lane_goals.get(other, ())):
            self.lane_cost(goal, term)

    def constant(self, goal: str, value: float) -> None:
        """Adds a part of a goal that no decision changes."""
        self._constants[goal] = self._constants.get(goal, 0.0) + value

    def build(self, goals: tuple[str, ...]) -> Program:
        """Freezes the program; every name in ``goals`` gets a cost vector, zero when no block speaks of it."""
        n_rows, n_columns = self.n_rows, self.n_columns
        entries = [*self._entries, _lane_entries(tuple(self._couplings), self.lanes)]
        rows, cols, values = (np.concatenate(part) for part in zip(*entries, strict=True))
        matrix = sparse.csc_array((values, (rows, cols)), shape=(n_rows, n_columns))
        matrix.sum_duplicates()
        bounds = {k: np.concatenate(v) if v else np.zeros(0) for k, v in self._bounds.items()}
        vectors = {goal: self._goal_vector(goal, n_columns) for goal in goals}
        return Program(
            matrix=matrix,
            row_lower=bounds["rl"],
            row_upper=bounds["ru"],
            lower=bounds["l"],
            upper=bounds["u"],
            goals=vectors,
            constants={goal: self._constants.get(goal, 0.0) for goal in goals},
            columns=self.columns,
            rows=self.rows,
            couplings=tuple(self._couplings),
            lane_goals={goal: tuple(self._lane_goals.get(goal, ())) for goal in goals},
        )

    def _goal_vector(self, goal: str, n_columns: int) -> Floats:
        vector = np.zeros(n_columns)
        for index, values in self._goals.get(goal, ()):
            np.add.at(vector, index, values)
        vector[self.columns["flow"].span] += _lane_goal(tuple(self._lane_goals.get(goal, ())), self.lanes)
        return vector

    def _block(self, name: str, start: int, keys: Mapping[str, npt.ArrayLike]) -> Block:
        arrays = tuple(np.atleast_1d(np.asarray(k, dtype=np.int32)) for k in keys.values())
        assert len({len(a) for a in arrays}) == 1, f"{name}: keys of different lengths"
        return Block(name, start, arrays, tuple(keys))


def _filled(value: Any, n: int) -> Floats:
    """A float array of length ``n`` from a scalar or an array that already has it."""
    array = np.broadcast_to(np.asarray(value, dtype=np.float64), (n,))
    return np.array(array)


def _lane_entries(couplings: tuple[Coupling, ...], lanes: Lanes) -> tuple[Ints, Ints, Floats]:
    """(row, lane, coefficient) triplets of all couplings."""
    rows: list[Ints] = [np.zeros(0, np.int32)]
    cols: list[Ints] = [np.zeros(0, np.int32)]
    values = [np.zeros(0)]
    for coupling in couplings:
        taking_part, row, value = coupling(lanes)
        value = np.broadcast_to(value, row.shape)
        keep = row >= 0
        if not keep.all():
            row, taking_part, value = row[keep], taking_part[keep], value[keep]
        rows.append(row)
        cols.append(taking_part)
        values.append(value)
    return np.concatenate(rows), np.concatenate(cols), np.concatenate(values)


def _lane_goal(terms: tuple[LaneGoal, ...], lanes: Lanes) -> Floats:
    total = np.zeros(len(lanes))
    for term in terms:
        total += term(lanes)
    return total
