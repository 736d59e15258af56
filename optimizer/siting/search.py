"""One goal of a siting: a relaxation that gains strong rows as they break, and branch and bound over the switches.

The relaxation lies within a percent of the answer and leaves a handful of candidates undecided, so few nodes are
needed; each goes on by the dual simplex from where the one that it came of ended. Which candidate to branch on is told
by what its branches gained before. What every relaxation proves of all other choices is kept as a plane: planes tell
which neighbours of the best set are worth a try, and which nodes need not be solved.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from optimizer.scenario import Bools, Floats, Ints
from optimizer.siting.planes import Planes

if TYPE_CHECKING:
    from optimizer.siting.live import Siting

MOST_ROUNDS = 40  # of strong rows at the root
NODE_ROUNDS = 1  # and at a node
STALLED = 1e-6  # relative gain of the bound in a round below which no further round is made
WHOLE = 1e-6  # a 0/1 column this near to a whole number is one
NOTHING = 1e-6  # goal units
MISSES = 8  # neighbours of a best set that are tried in vain
MOST_NEIGHBOURS = 500  # looked at for one that the rules allow
TOWARDS = 0.4  # a column above this in the relaxation is tried open first


@dataclass(frozen=True)
class Node:
    """A part of the choices: bounds of the 0/1 columns, and a bound on the goal there.

    ``branch`` tells how it came about: the column, what it was set to, how far it moved, the relaxation's value before.
    ``vertex`` is where the relaxation before it ended, for a node that is come back to.
    """

    bound: float
    lower: Floats
    upper: Floats
    branch: tuple[int, int, float, float] | None = None
    vertex: object = None


@dataclass(frozen=True)
class Point:
    """A relaxation's answer at a node."""

    value: float
    y: Floats  # of the switches
    reduced: Floats
    z: Floats  # of the options


class Search:
    """The best set of candidates for one goal.

    Attributes:
        value, chosen: the best allowed set found; infinite and None where there is none.
        bound: proven: no allowed set is better.
        nodes: relaxations branched on.
        finished: value and bound are within the gap.
    """

    def __init__(self, siting: Siting, goal: str, hint: Bools | None):
        self._s = siting
        self._cost = siting.cost(goal)
        self._order = itertools.count()
        self._gains = np.full((2, len(siting.y)), np.nan)  # goal units per unit that a column was moved down, up
        self._seen: set[bytes] = set()
        self._planes = Planes(siting.choices.switches)
        self._misses = 0
        self.value, self.bound, self.nodes = np.inf, -np.inf, 0
        self.chosen: Bools | None = None
        self._hint = hint
        self._passed = np.inf  # least value of what was left out as no better within the gap: it bounds the bound
        self.finished = False

    def solve(self) -> None:
        """Searches until the gap is reached, nothing is left, or time is over."""
        s = self._s
        s.backend.set_cost(self._cost)
        open_: list[tuple[float, int, Node]] = []
        root = self._relaxed(s.choices.lower, s.choices.upper, MOST_ROUNDS)
        if root is not None:
            self.bound = root.value
            node = Node(root.value, s.choices.lower, s.choices.upper)
            if self._hint is not None:
                self._try(self._hint)
            self._round(root)
            self._improve()
            self._branch_out(open_, node)
        s.backend.set_column_bounds(s.y, s.choices.lower, s.choices.upper)

    def _branch_out(self, open_: list[tuple[float, int, Node]], node: Node | None) -> None:
        """Goes down one branch as long as there is one, then on from the best node left."""
        while True:
            if node is None:
                if not open_:
                    self.bound = self.value
                    break
                self._improve()
                node = heapq.heappop(open_)[2]
                self._s.backend.start_from(node.vertex, dual=True)
            self.bound = min([node.bound, *(entry[0] for entry in open_[:1])])
            if self._near(self.bound):
                break
            if self._near(node.bound):
                self._passed = min(self._passed, node.bound)
                near, far = None, None
            else:
                near, far = self._children(node)
            if self._s.late:  # whatever came of this node, the bound is that of before
                self.bound = min(self.bound, self._passed)
                return
            node = near
            if far is not None:
                heapq.heappush(open_, (far.bound, next(self._order), far))
        self.bound = min(self.bound, self.value, self._passed)
        self.finished = True

    def _near(self, bound: float) -> bool:
        return self.value - bound <= self._s.gap * abs(self.value) + NOTHING

    @property
    def _enough(self) -> float:
        """A node whose bound reaches this need not be looked at."""
        return self.value - self._s.gap * abs(self.value) - NOTHING if np.isfinite(self.value) else np.inf

    def _children(self, node: Node) -> tuple[Node | None, Node | None]:
        """The two parts of a node, the likelier one first; none where it cannot hold anything better."""
        below = self._planes.least(node.lower, node.upper)
        if below >= self._enough:
            self._passed = min(self._passed, below)
            return None, None
        point = self._relaxed(node.lower, node.upper, NODE_ROUNDS)
        self.nodes += 1
        self._learn(node, point)
        if point is None or self._settled(point):
            return None, None
        lower, upper = self._fixed(point, node)
        undecided = self._undecided(point)
        i = int(max(undecided, key=lambda j: self._score(point, int(j))))
        bound = max(point.value, node.bound)
        side = int(point.y[i] > TOWARDS)
        near, far = (self._part(point, bound, lower, upper, i, one) for one in (side, 1 - side))
        return near, replace(far, vertex=self._s.backend.mark())

    @staticmethod
    def _part(point: Point, bound: float, lower: Floats, upper: Floats, i: int, side: int) -> Node:
        low, high = lower.copy(), upper.copy()
        low[i] = high[i] = side
        return Node(bound, low, high, (i, side, _moved(point.y[i], side), point.value))

    def _learn(self, node: Node, point: Point | None) -> None:
        """What a branch gained for each unit that its column was moved."""
        if node.branch is None:
            return
        i, side, moved, before = node.branch
        after = self._enough if point is None else point.value
        if np.isfinite(after):
            gain = max(after - before, 0.0) / moved
            self._gains[side, i] = gain if np.isnan(self._gains[side, i]) else (self._gains[side, i] + gain) / 2

    def _room(self, point: Point) -> float:
        return self._enough - point.value if np.isfinite(self.value) else abs(point.value)

    def _settled(self, point: Point) -> bool:
        """Whether a node need not be branched on: it is whole, or no better than what is known."""
        if point.value >= self._enough:
            self._passed = min(self._passed, point.value)
            return True
        if len(self._undecided(point)):
            return False
        self._try(point.z > 0.5)
        return True

    @staticmethod
    def _undecided(point: Point) -> Ints:
        return np.flatnonzero((point.y > WHOLE) & (point.y < 1 - WHOLE))

    def _score(self, point: Point, i: int) -> float:
        typical = np.nanmean(self._gains) if np.isfinite(self._gains).any() else 1.0
        down, up = np.where(np.isnan(self._gains[:, i]), typical, self._gains[:, i])
        return float(max(down * point.y[i], NOTHING) * max(up * (1 - point.y[i]), NOTHING))

    def _fixed(self, point: Point, node: Node) -> tuple[Floats, Floats]:
        """The node's bounds, columns fixed whose other value would cost too much by their reduced cost."""
        room = self._room(point)
        lower, upper = node.lower.copy(), node.upper.copy()
        closed, opened = (point.y < WHOLE) & (point.reduced > room), (point.y > 1 - WHOLE) & (-point.reduced > room)
        if (upper[closed] > 0).any() or (lower[opened] < 1).any():
            self._passed = min(self._passed, point.value + room)
        upper[closed], lower[opened] = 0.0, 1.0
        return lower, upper

    def _relaxed(self, lower: Floats, upper: Floats, rounds: int) -> Point | None:
        """The relaxation within bounds, strong rows added as they break; None where it is empty or no better."""
        s, before = self._s, -np.inf
        s.backend.set_column_bounds(s.y, lower, upper)
        point = None
        for _ in range(rounds):
            s.backend.limits_changed()
            answer = s.backend.solve(s.left)
            if answer.status != "optimal" or answer.x is None:
                return None
            point = self._point(answer.x)
            if point.value - before < STALLED * abs(point.value) or not s.strengthen(answer.x):
                break
            before = point.value
        return point

    def _try(self, chosen: Bools) -> bool:
        """Solves a set of options as it is; whether it is better than all so far."""
        s, key = self._s, chosen.tobytes()
        if key in self._seen or not s.choices.allow(chosen):
            return False
        self._seen.add(key)
        fixed = s.choices.switches @ chosen.astype(float)
        s.backend.set_column_bounds(s.y, fixed, fixed)
        s.backend.limits_changed()
        answer = s.backend.solve(s.left)
        if answer.status == "infeasible":
            self._exclude()
        if answer.status != "optimal" or answer.x is None:
            return False
        point = self._point(answer.x)
        better = point.value < self.value
        if better:
            self.value, self.chosen, self._misses = point.value, chosen.copy(), 0
        return better

    def _point(self, x: Floats) -> Point:
        """The relaxation's answer, whose plane is kept."""
        s, n = self._s, len(self._s.y)
        reduced = s.backend.reduced_costs(np.concatenate([s.y, s.z]))
        point = Point(float(self._cost @ x[: len(self._cost)]), x[s.y], reduced[:n], x[s.z])
        self._planes.add(point.value, point.y, point.z, point.reduced, np.where(s.alone, 0.0, reduced[n:]))
        return point

    def _exclude(self) -> None:
        """Keeps why the last set cannot be carried out, where the solver can tell."""
        s = self._s
        proof = s.backend.excluded(np.concatenate([s.y, s.z[~s.alone]]))
        if proof is not None:
            of_z = np.zeros(len(s.z))
            of_z[~s.alone] = proof[1][len(s.y) :]
            self._planes.exclude(proof[0], proof[1][: len(s.y)], of_z)

    def _improve(self) -> None:
        """Goes from the best set to neighbours, one option taken out, put in, or both, as long as one is better; the
        one of which the planes promise most comes first."""
        while self._misses < MISSES and not self._s.late:
            near = self._neighbour()
            if near is None:
                self._misses = MISSES
            elif not self._try(near):
                self._misses += 1

    def _neighbour(self) -> Bools | None:
        """The most promising neighbour of the best set that was not tried; None where none can be enough better."""
        if self.chosen is None:
            return None
        below = self._planes.exchanged(self.chosen)
        out, into = np.flatnonzero(self.chosen), np.flatnonzero(~self.chosen)
        for at in np.argsort(below, axis=None, kind="stable")[:MOST_NEIGHBOURS].tolist():
            row, column = divmod(at, below.shape[1])
            if below[row, column] >= self._enough:
                break
            near = self.chosen.copy()
            near[out[row : row + 1]], near[into[column : column + 1]] = False, True
            if near.tobytes() not in self._seen and self._s.choices.allow(near):
                return near
        return None

    def _round(self, point: Point) -> None:
        """Sets of the largest parts of the relaxation, from its whole ones on, until one will do."""
        choices = self._s.choices
        openness = point.y[: len(choices)]
        order = np.argsort(-openness, kind="stable")
        largest = np.lexsort((-point.z, choices.options.candidate))
        option = largest[np.searchsorted(choices.options.candidate[largest], np.arange(len(choices)))]
        for n in range(int((openness > 0.5).sum()), len(order) + 1):
            chosen = np.zeros(len(point.z), dtype=bool)
            chosen[option[order[:n]]] = True
            if self._try(chosen) or self._s.late:
                break


def _moved(y: float, side: int) -> float:
    return float(max(1 - y if side else y, WHOLE))
