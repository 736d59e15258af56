"""A tighter bound: a truck's day as a whole, within its shift, the hours and bays of gates, and the bans.

Every truck that goes out drives one route: from its depot, load after load, and home before its shift ends. Let each
lane pay a price for each of its loads; let routes pay for what they take of anything scarce: the rows of the flow
(``bound``: rests, sets of places to come into) and the bays of a gate, of which no more trucks than it has bays can
begin to be served within the minutes that one of them takes a bay. Then no set of routes that does n loads of each lane
costs less than Σ n · price − Σ scarce · its price + Σ trucks of a kind · (the least that one of its routes costs beyond
what it is paid, if that is below 0): Lagrange's bound, for any prices. The least is found exactly (``cheapest``).
Prices come from column generation: the linear program over the routes found so far, its prices kept within a box
around the best ones so far (Marsten, Hogan and Blankenship 1975). The first are those of the flow, so that it begins
with what the flow proves. However it ends, what is returned was proven by the prices alone. Of rests and batteries it
knows the rows of the flow; the rest of them can only add to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.backends.highs import QuietHighs
from optimizer.dispatch.bound import Flow
from optimizer.dispatch.cheapest import Kind, Prices, Route
from optimizer.dispatch.state import (
    BAYS,
    BEGIN,
    CLASS,
    DESTINATION,
    END,
    FIXED,
    HOLD,
    KIND,
    LADEN_MIN,
    LOAD,
    LOAD_GATE,
    LOAD_MIN,
    NOWHERE,
    ORIGIN,
    SINCE,
    SIZE,
    TIP,
    TIP_GATE,
    Day,
    Routes,
)
from optimizer.scenario import Bools, Floats, Ints

ROUNDS = 150  # of column generation at most
CLOSE = 5e-5  # relative: how near to the linear program is near enough
BOX = 0.02  # km by which prices may move from the best ones at a time, to begin with
WIDEST = 5.0  # as far as that grows while every step is a better one: doubles have digits for prices of this size
MOST_WORK = 5e8  # steps of all dynamic programs of a day together
OVER = 0.05  # trucks above its bays from which on a gate is looked at
NOTHING: tuple[Ints, Floats] = (np.zeros(0, dtype=np.int64), np.zeros(0))


def by_routes(day: Day) -> bool:
    """Whether a day has what whole routes know and the flow does not: bays, bans, or hours that gates are closed."""
    trucks = day.trucks[day.trucks[:, END] != NOWHERE]
    if not len(trucks) or (trucks[:, FIXED] > 0).any() or (day.lanes[:, [LOAD_MIN, LADEN_MIN]].sum(axis=1) == 0).any():
        return False  # what is under way has no route of its own; the table goes forward in time
    gates = np.unique(day.lanes[day.lane][:, [LOAD_GATE, TIP_GATE]])
    minutes = np.arange(trucks[:, SINCE].min(), trucks[:, END].max())
    closed = day.begin[np.ix_(gates, minutes)] != minutes
    return bool(day.limited or len(day.bans) or closed.any())


def route_bound(day: Day, loads: Ints, routes: Routes, flow: Flow) -> float:
    """Proven least empty km of doing the given loads by trucks none of which is under way.

    Args:
        loads: exactly those that ``routes`` does.
        routes: a schedule, to begin with.
        flow: the program of the same loads, to begin with its prices.
    """
    wanted = np.bincount(day.lane[loads], minlength=len(day.lanes))
    kinds = _kinds(day, wanted > 0)
    master = _Master(day, wanted, kinds, flow)
    for truck in np.flatnonzero(routes.trucks[:, SIZE] > 0):
        visits = routes.visits[truck, : routes.trucks[truck, SIZE]]
        route = Route(day.lane[visits[:, LOAD]], visits[:, BEGIN], visits[:, TIP])
        master.add(int(day.trucks[truck, KIND]), route)
    tried, found = master.best, -np.inf
    steps = sum(kind.steps for kind in kinds.values())
    for _ in range(max(1, min(ROUNDS, int(MOST_WORK / max(steps, 1))))):
        proven, prices = float(master.right @ tried), master.prices(tried)
        for number, kind in kinds.items():
            least, cheap = kind.cheapest(prices)
            proven += kind.count * min(0.0, least)
            for route in cheap:
                master.add(number, route)
        if proven > found:
            found = proven
            master.centre(tried, min(2 * master.box, WIDEST))
        elif master.box > BOX:
            master.centre(master.best, master.box / 2)
        value, tried = master.solve()
        if found >= value * (1 - CLOSE) and master.by_routes_alone():
            more = master.part_bays()
            if not more:
                break
            tried = np.append(tried, np.zeros(more))
    return found


def _kinds(day: Day, wanted: Bools) -> dict[int, Kind]:
    able = np.flatnonzero(day.trucks[:, END] != NOWHERE)
    numbers, first, count = np.unique(day.trucks[able, KIND], return_index=True, return_counts=True)
    lanes = [np.flatnonzero(day.fits[day.trucks[t, CLASS]] & wanted) for t in able[first]]
    rows = zip(numbers.tolist(), able[first].tolist(), count.tolist(), lanes, strict=True)
    return {number: Kind(day, truck, many, fits) for number, truck, many, fits in rows if len(fits)}


class _Master:
    """The linear program over the routes found so far: rows are kinds of trucks, then what has a price.

    Priced are the loads of each lane, the rows of the flow, and bays: (gate, minute) from which on, for as long as one
    truck takes a bay, not more trucks than bays can begin. Those come in when the routes crowd there.

    Attributes:
        best, box: prices around which they are sought, as duals: (P,) of the lanes, then 0 or less; how far from them.
        right: (P,) right-hand sides.
    """

    def __init__(self, day: Day, wanted: Ints, kinds: dict[int, Kind], flow: Flow):
        self._day, self._flow, self._kinds, self._rows = day, flow, kinds, flow.less.toarray()
        self._leg = np.full(day.km.shape, NOWHERE)
        self._cheapest_legs(flow.km)
        self._known, self._bays = set[tuple[int, bytes]](), np.zeros((0, 2), dtype=np.int64)
        # every service of every route: gate and minute, and the route's column
        self._served, self._by = np.zeros((0, 2), dtype=np.int64), np.zeros(0, dtype=np.int64)
        self._walls, self.box = np.zeros(0, dtype=np.int32), BOX
        self.best, self.right = np.zeros(0), np.zeros(0)
        self._solver: Any = QuietHighs()
        self._solver.setOptionValue("output_flag", False)
        for kind in kinds.values():
            self._solver.addRow(-np.inf, kind.count, 0, np.zeros(0, dtype=np.int32), np.zeros(0))
        for number, price in zip(wanted.tolist(), flow.prices.tolist(), strict=True):
            self._add_row(number, number, price, *NOTHING)
        for limit, price in zip(flow.limit.tolist(), flow.shadows.tolist(), strict=True):
            self._add_row(-np.inf, limit, price, *NOTHING)

    def add(self, number: int, route: Route) -> None:
        """Adds a route of a kind of trucks, unless it is there."""
        key = number, np.concatenate([route.lanes, route.loaded, route.tipped]).tobytes()
        if number not in self._kinds or key in self._known:
            return
        self._known.add(key)
        kind, lanes = self._kinds[number], self._day.lanes[route.lanes]
        tail, head = np.append(kind.start, lanes[:, DESTINATION]), np.append(lanes[:, ORIGIN], kind.home)
        gates = np.concatenate([lanes[:, [LOAD_GATE]], lanes[:, [TIP_GATE]]])
        served = np.column_stack([gates, np.concatenate([route.loaded, route.tipped])])
        legs = self._leg[tail, head]
        takes = np.concatenate([
            np.bincount(route.lanes, minlength=len(self._day.lanes)),
            self._rows[:, legs].sum(axis=1),
            self._within(served, self._bays).sum(axis=0),
        ])  # fmt: skip
        rows = np.flatnonzero(takes)
        index = np.append(rows + len(self._kinds), list(self._kinds).index(number)).astype(np.int32)
        self._served = np.concatenate([self._served, served])
        self._by = np.concatenate([self._by, np.full(len(served), self._solver.getNumCol())])
        km = float(self._flow.km[legs].sum())
        self._solver.addCol(km, 0.0, np.inf, len(index), index, np.append(takes[rows], 1.0))

    def centre(self, best: Floats, box: float) -> None:
        """Puts a box around the best prices so far: what a row may have beside the routes costs as much."""
        self.best, self.box = best, box
        costs = np.column_stack([best + box, box - best]).ravel()
        self._solver.changeColsCost(len(costs), self._walls, costs)

    def prices(self, duals: Floats) -> Prices:
        """What routes pay and are paid by duals of the priced rows."""
        day, lanes, rows = self._day, len(self._day.lanes), len(self._rows)
        legs = self._cheapest_legs(self._flow.km - self._rows.T @ duals[lanes : lanes + rows])
        gates = np.zeros(day.begin.shape)
        for (gate, minute), dual in zip(self._bays, duals[lanes + rows :], strict=True):
            gates[gate, minute : minute + day.gates[gate, HOLD]] -= dual
        return Prices(duals[:lanes], legs, gates)

    def solve(self) -> tuple[float, Floats]:
        """Its value, and the prices."""
        self._solver.run()
        solution = self._solver.getSolution()
        duals = np.array(solution.row_dual[len(self._kinds) :])
        duals[len(self._day.lanes) :] = np.minimum(duals[len(self._day.lanes) :], 0.0)
        self._trucks = np.array(solution.col_value)
        return self._solver.getInfo().objective_function_value, duals

    def _cheapest_legs(self, km: Floats) -> Floats:
        """(Q, Q) least km by tail and head of what the legs of the flow count; routes added from now on take them."""
        least, order = np.full(self._leg.shape, np.inf), np.argsort(-km, kind="stable")
        ends = self._flow.tail[order], self._flow.head[order]
        self._leg[ends], least[ends] = order, km[order]
        return least

    def by_routes_alone(self) -> bool:
        """Whether the last solution leans on no wall of the box: then its value is that of the program without one."""
        return bool(self._trucks[self._walls].max() < 1e-7)

    def part_bays(self) -> int:
        """Adds rows for bays that are crowded by the last solution; how many."""
        crowded = self._crowded(self._trucks[self._by])
        for bays, within in zip(crowded, self._within(self._served, crowded).T, strict=True):
            columns, times = np.unique(self._by[within], return_counts=True)
            self._add_row(-np.inf, float(self._day.gates[bays[0], BAYS]), 0.0, columns, times)
        self._bays = np.concatenate([self._bays, crowded])
        return len(crowded)

    def _crowded(self, trucks: Floats) -> Ints:
        """(W, 2) gates and minutes from which on more begin than there are bays; ``trucks`` (E,) at each service."""
        found = []
        for gate in np.flatnonzero(self._day.gates[:, BAYS]).tolist():
            bays, hold = self._day.gates[gate].tolist()
            here = self._served[:, 0] == gate
            begun = np.bincount(self._served[here, 1], trucks[here], minlength=self._day.begin.shape[1] + hold)
            until = np.append(0.0, np.cumsum(begun))
            over = until[hold:] - until[:-hold] - bays
            over[self._bays[self._bays[:, 0] == gate, 1]] = 0.0
            while over.max() > OVER:
                minute = len(over) - 1 - int(over[::-1].argmax())  # the last of as many: somebody begins at it
                found.append((gate, minute))
                over[max(0, minute - hold + 1) : minute + hold] = 0.0
        return np.array(found, dtype=np.int64).reshape(-1, 2)

    def _within(self, served: Ints, bays: Ints) -> Bools:
        """(E, W) whether a service begins where and when a bay is scarce."""
        after = served[:, 1, None] - bays[:, 1]
        found: Bools = (served[:, 0, None] == bays[:, 0]) & (after >= 0) & (after < self._day.gates[bays[:, 0], HOLD])
        return found

    def _add_row(self, lower: float, upper: float, price: float, columns: Ints, times: Floats | Ints) -> None:
        """A priced row, and the walls of the box as two columns of it."""
        row = np.array([self._solver.getNumRow()], dtype=np.int32)
        self._solver.addRow(lower, upper, len(columns), columns.astype(np.int32), times.astype(float))
        first = self._solver.getNumCol()
        for cost, sign in ((price + self.box, 1.0), (self.box - price, -1.0)):
            self._solver.addCol(cost, 0.0, np.inf, 1, row, np.array([sign]))
        self._walls = np.append(self._walls, [first, first + 1]).astype(np.int32)
        self.best, self.right = np.append(self.best, price), np.append(self.right, upper)
