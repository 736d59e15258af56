"""The siting program live in a solver: 0/1 columns, rules of choosing, goals held, strong rows as they break."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from optimizer.backends.highs import Highs
from optimizer.lanes import Lanes
from optimizer.nearby import over_few_lanes
from optimizer.program import Program
from optimizer.progress import Progress
from optimizer.scenario import Bools, Floats, Ints, Scenario
from optimizer.siting.choices import Choices
from optimizer.siting.model import capacities, enclosing_rows, strong_pairs
from optimizer.siting.search import NOTHING, Search
from optimizer.solve import TOTAL, Session

OPENINGS = "openings"  # the tie-break after goals that openings cost nothing in: what no goal needs stays closed
LEAST_COST = 1e-3  # CNY; so that an opening that costs nothing is not made for nothing
PAYS = ("cost", "welfare")  # goals that contain what openings cost


@dataclass(frozen=True)
class Found:
    """One set of candidates and what is known of it.

    Attributes:
        chosen: (P,) bool, the options taken.
        values: of each goal, openings included.
        bounds: proven lower bound of each goal over all allowed sets, the earlier goals held.
        finished: the gap was reached for every goal.
        nodes: of the searches.
    """

    chosen: Bools
    values: dict[str, float]
    bounds: dict[str, float]
    finished: bool
    nodes: int


@dataclass
class Siting:
    """The live program.

    Attributes:
        scenario: with every candidate open and opening costs taken out (they belong to the options).
        session: of its own program, for what each goal costs; it is not run.
        gap: relative gap at which a goal's search ends.
        time_limit: seconds of everything asked of it; None for no limit.
    """

    scenario: Scenario
    lanes: Lanes
    program: Program
    choices: Choices
    session: Session
    gap: float
    time_limit: float | None
    progress: Progress
    _held: list[int] = field(default_factory=list)
    _switches: int = 0  # columns of switches that are no options
    _started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        n, p = self.program.shape[1], len(self.choices.options)
        self.backend = over_few_lanes(self.scenario, self.lanes, Highs())
        self.backend.load(self.program)
        matrix, rows = capacities(self.scenario, self.program, self.choices)
        self.backend.add_columns(matrix, np.zeros(p), np.ones(p))
        self.z = np.arange(n, n + p, dtype=np.int32)
        self.y = self._switch_columns()
        self.alone = np.isin(self.z, self.y)  # (P,) options that are their own switch
        self.backend.set_column_bounds(self.y, self.choices.lower, self.choices.upper)
        self.backend.set_row_bounds(rows, np.full(len(rows), -np.inf), np.zeros(len(rows)))
        enclosing, most = enclosing_rows(self.scenario, self.lanes, self.program, self.choices)
        self._add(enclosing, most, np.zeros(enclosing.shape[0]))
        self._add_rules()
        self._pairs = strong_pairs(self.scenario, self.lanes, self.program, self.choices)
        self._known = np.zeros(len(self._pairs.most), dtype=bool)

    def _switch_columns(self) -> Ints:
        """(B,) the column of each switch; one more column and a row where it holds more than one option."""
        switches = self.choices.switches
        own = np.flatnonzero(np.diff(switches.indptr) > 1)
        columns = np.zeros(switches.shape[0], dtype=np.int32)
        alone = np.flatnonzero(np.diff(switches.indptr) == 1)
        columns[alone] = self.z[switches.indices[switches.indptr[alone]]]
        if len(own):
            none = sparse.csr_array((len(own), self.program.shape[1]))
            rows = np.arange(len(own)) + self._add(none, switches[own], np.zeros(len(own)))
            entries = (np.full(len(own), -1.0), (rows, np.arange(len(own))))
            more = sparse.csc_array(entries, shape=(int(rows[-1]) + 1, len(own)))
            columns[own] = self.backend.add_columns(more, np.zeros(len(own)), np.ones(len(own))) + np.arange(len(own))
            self._switches = len(own)
            self.backend.set_row_bounds(rows.astype(np.int32), np.zeros(len(own)), np.zeros(len(own)))
        return columns

    def _add(self, on_lanes: sparse.csr_array, on_options: sparse.csr_array, upper: Floats) -> int:
        wide = sparse.csr_array((on_lanes.shape[0], self._switches))
        return self.backend.add_rows(sparse.csr_array(sparse.hstack([on_lanes, on_options, wide])), upper)

    def _add_rules(self) -> None:
        """Count, budget and exclusions as rows of the options alone."""
        rule = self.choices
        if rule.max_open is not None:
            self._exclude(np.ones(len(rule.options)), float(rule.max_open))
        if rule.budget is not None:
            self._exclude(rule.cost, rule.budget)
        for pair in rule.exclusive:
            self._exclude(np.isin(rule.options.candidate, pair).astype(float), 1.0)

    def _exclude(self, coefficients: Floats, upper: float) -> None:
        none = sparse.csr_array((1, self.program.shape[1]))
        self._add(none, sparse.csr_array(coefficients[None, :]), np.array([upper]))

    def forbid(self, chosen: Bools) -> None:
        """Takes one set out of all that may be found later."""
        self._exclude(np.where(chosen, 1.0, -1.0), float(chosen.sum()) - 1)
        self.choices = self.choices.without(chosen)

    def strengthen(self, x: Floats) -> bool:
        """Adds the strong rows that a point breaks; whether there are any."""
        pairs = self._pairs
        rows = pairs.broken(x[: self.program.shape[1]], x[self.y[: len(self.choices)]])
        rows = rows[~self._known[rows]]
        if not len(rows):
            return False
        own = self.choices.of_candidate[pairs.candidate[rows]].multiply(-pairs.most[rows][:, None])
        self._add(sparse.csr_array(pairs.weight[rows]), sparse.csr_array(own), np.zeros(len(rows)))
        self._known[rows] = True
        return True

    def cost(self, goal: str) -> Floats:
        """Cost of lanes and of options for a goal; switches cost nothing."""
        if goal == OPENINGS:
            return np.concatenate([np.zeros(self.program.shape[1]), self.choices.cost + LEAST_COST])
        weights = self.session.weights if goal == TOTAL else {goal: 1.0}
        weight = sum(w for name, w in weights.items() if name in PAYS)
        return np.concatenate([self.session.cost(goal), weight * self.choices.cost])

    def best(self, order: tuple[str, ...], hint: Bools | None = None) -> Found | None:
        """The best allowed set by all goals in their order; None where no set keeps the rules, or time is over.

        Args:
            order: of goals.
            hint: a set to begin with.
        """
        paid = any(self.cost(goal)[self.z].any() for goal in order)
        values: dict[str, float] = {}
        bounds: dict[str, float] = {}
        finished, nodes = True, 0
        for goal in order if paid else (*order, OPENINGS):
            with self.progress.phase(f"site {goal}"):
                search = Search(self, goal, hint)
                search.solve()
            if search.chosen is None:
                self._release()
                return None
            hint, nodes, finished = search.chosen, nodes + search.nodes, finished and search.finished
            constant = 0.0 if goal == OPENINGS else self.session.constant(goal)
            values[goal], bounds[goal] = search.value + constant, search.bound + constant
            self.hold(goal, search.value)
        self._release()
        assert hint is not None
        return Found(hint, {g: values[g] for g in order}, {g: bounds[g] for g in order}, finished, nodes)

    def hold(self, goal: str, value: float) -> None:
        """Later goals may take the stated tolerance of this one, and no more; ``value`` without its constant."""
        room = self.session.slack * abs(value) + NOTHING
        self._held.append(self.backend.add_row(self.cost(goal), value + room))

    def _release(self) -> None:
        rows = np.array(self._held, dtype=np.int32)
        self.backend.set_row_bounds(rows, np.full(len(rows), -np.inf), np.full(len(rows), np.inf))
        self._held.clear()

    @property
    def left(self) -> float | None:
        """Seconds left; None without a limit."""
        return None if self.time_limit is None else self.time_limit - (time.perf_counter() - self._started)

    @property
    def late(self) -> bool:
        """Whether time is over."""
        return self.left is not None and self.left <= 0
