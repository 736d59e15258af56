"""The bound first: no schedule of these loads can drive fewer empty km, or use fewer trucks.

A truck's day is a path depot → (load) → empty leg → (load) … → depot, so that at every place as many trucks arrive
empty as leave laden, and where they tip as many leave empty as arrive. The cheapest such flow of empty trucks
that also fits into the shifts of the trucks it takes out of their depots is a linear program over pairs of places. A
truck that is under way already leaves the place where it becomes free, and ends in its depot. The number of trucks is
whole: with F the program's own number of trucks, either at most ⌊F⌋ or at least ⌈F⌉ leave, and the lesser of the two
programs' values is the bound. Each value is recomputed from the duals by weak duality, so that the arithmetic and not
the solver proves it. Rests, hours of gates, bans and bays can only add to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from optimizer.dispatch.state import (
    DESTINATION,
    DRIVE_MAX,
    DRIVEN_ALL,
    END,
    FIXED,
    FREE,
    HOME,
    LADEN_MIN,
    LOAD,
    LOAD_MIN,
    NOWHERE,
    ORIGIN,
    SINCE,
    START,
    TIP_MIN,
    Day,
    Routes,
)
from optimizer.scenario import Floats, Ints

PRINTED = 1e-6  # relative: what the arithmetic of doubles may have added


@dataclass(frozen=True)
class Bound:
    """Proven least empty km and least number of trucks for all loads of a day; infinite when they cannot.

    ``prices``: (L,) km that a load of each lane adds by the program's duals.
    """

    empty_km: float
    trucks: int | None
    prices: Floats | None = None


@dataclass(frozen=True)
class Standing:
    """Trucks that are under way: where they become free and go home to, minutes of shift and of driving left."""

    node: Ints
    home: Ints
    minutes: float = 0.0
    driving: float = 0.0


NOBODY = Standing(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))


def standing(day: Day, routes: Routes) -> Standing:
    """The trucks of a schedule that have fixed visits and may do more."""
    trucks = np.flatnonzero((day.trucks[:, FIXED] > 0) & (day.trucks[:, END] != NOWHERE))
    if not len(trucks):
        return NOBODY
    rows = day.trucks[trucks]
    last = routes.visits[trucks, rows[:, FIXED] - 1]
    left = rows[:, END] - np.maximum(last[:, FREE], rows[:, SINCE])
    driving = rows[:, DRIVE_MAX] - last[:, DRIVEN_ALL]
    return Standing(day.lanes[day.lane[last[:, LOAD]], DESTINATION], rows[:, HOME], left.sum(), driving.sum())


@dataclass(frozen=True)
class _Legs:
    """Columns of the program: one per pair of nodes between which an empty truck may drive."""

    tail: Ints
    head: Ints
    km: Floats
    minutes: Floats


def lower_bound(day: Day, loads: Ints, begun: Standing = NOBODY) -> Bound:
    """The bound for doing exactly the given loads, and for the way home of trucks that are under way."""
    if len(loads) + len(begun.node) == 0:
        return Bound(0.0, 0)
    lanes = day.lanes[day.lane[loads]]
    nodes = len(day.km)
    wanted = np.bincount(lanes[:, ORIGIN], minlength=nodes)
    offered = np.bincount(lanes[:, DESTINATION], minlength=nodes)
    busy = float(lanes[:, [LOAD_MIN, LADEN_MIN, TIP_MIN]].sum())
    driving = float(lanes[:, LADEN_MIN].sum())
    left = offered + np.bincount(begun.node, minlength=nodes)
    legs = _legs(day, wanted, left)
    program = _Program(day, legs, wanted, left, begun, busy, driving)
    fewest = program.least(program.out.astype(float))
    if fewest is None:
        return Bound(np.inf, None)
    trucks = int(np.ceil(fewest * (1 - PRINTED) - PRINTED))
    number, prices = program.solve(legs.km, day)
    low, high = np.floor(number + 1e-7), np.ceil(number - 1e-7)
    values = [program.least(legs.km, most=low), program.least(legs.km, fewest=high)]
    return Bound(max(0.0, min(v for v in values if v is not None) * (1 - PRINTED)), trucks, prices)


def _legs(day: Day, wanted: Ints, offered: Ints) -> _Legs:
    """Depot → origins, destinations → origins, destinations → depots; places of both kinds appear as both."""
    depots = np.unique(day.trucks[:, START])
    origins, destinations = np.flatnonzero(wanted), np.flatnonzero(offered)
    parts = [np.array(np.meshgrid(a, b, indexing="ij")).reshape(2, -1)
             for a, b in ((depots, origins), (destinations, origins), (destinations, depots))]  # fmt: skip
    tail, head = np.concatenate(parts, axis=1)
    minutes = day.minutes[tail, head]
    road = minutes != NOWHERE
    return _Legs(tail[road], head[road], day.km[tail, head][road], minutes[road].astype(float))


class _Program:
    """min c·x over flows x ≥ 0 of empty trucks, as rows that :func:`scipy.optimize.linprog` takes."""

    def __init__(self, day: Day, legs: _Legs, wanted: Ints, left: Ints, begun: Standing, busy: float, driving: float):
        trucks = day.trucks[(day.trucks[:, FIXED] == 0) & (day.trucks[:, END] != NOWHERE)]
        depots = np.unique(day.trucks[:, START])
        n = len(legs.tail)
        at_depot_out, at_depot_in = np.isin(legs.tail, depots), np.isin(legs.head, depots)
        self.out = at_depot_out
        self.origins, self.destinations = origins, destinations = np.flatnonzero(wanted), np.flatnonzero(left)
        columns = np.arange(n)
        arrive = csr_array((np.ones(n), (legs.head, columns)), shape=(len(wanted), n))[origins]
        leave = csr_array((np.ones(n), (legs.tail, columns)), shape=(len(wanted), n))[destinations]
        sign = at_depot_out.astype(float) - at_depot_in.astype(float)
        node = np.where(at_depot_out, legs.tail, legs.head)
        balance = csr_array((sign, (node, columns)), shape=(len(wanted), n))[depots]
        self.equal = _stacked([arrive, leave, balance])
        back = np.bincount(begun.home, minlength=len(wanted))[depots]
        self.right = np.concatenate([wanted[origins], left[destinations], -back]).astype(float)
        per_depot = [trucks[trucks[:, START] == depot] for depot in depots]
        shift = {d: float((t[:, END] - t[:, SINCE]).max(initial=0))
                 for d, t in zip(depots.tolist(), per_depot, strict=True)}  # fmt: skip
        drive = {d: float(t[:, DRIVE_MAX].max(initial=0)) for d, t in zip(depots.tolist(), per_depot, strict=True)}
        tails = legs.tail.tolist()
        given = np.array([shift[t] if o else 0.0 for t, o in zip(tails, at_depot_out.tolist(), strict=True)])
        allowed = np.array([drive[t] if o else 0.0 for t, o in zip(tails, at_depot_out.tolist(), strict=True)])
        have = csr_array((np.ones(n), (legs.tail, columns)), shape=(len(wanted), n))[depots]
        self.less = _stacked([csr_array((legs.minutes - given)[None, :]), csr_array((legs.minutes - allowed)[None, :]),
                              have.multiply(at_depot_out[None, :]).tocsr()])  # fmt: skip
        self.limit = np.concatenate(
            [[begun.minutes - busy, begun.driving - driving], [len(t) for t in per_depot]]
        ).astype(float)
        self.most = float(
            wanted.sum() + len(begun.node)
        )  # no leg is driven more often than there are loads and ways home

    def solve(self, cost: Floats, day: Day) -> tuple[float, Floats | None]:
        """Trucks that leave in an optimal flow, and what a load of each lane adds by the duals; 0, None without one."""
        found = linprog(cost, A_ub=self.less, b_ub=self.limit, A_eq=self.equal, b_eq=self.right, method="highs-ds")
        if found.status != 0:
            return 0.0, None
        y, z, arrive = found.eqlin.marginals, found.ineqlin.marginals, np.zeros(len(day.km))
        leave = arrive.copy()
        arrive[self.origins], leave[self.destinations] = np.split(
            y[: len(self.origins) + len(self.destinations)], [len(self.origins)]
        )
        own = arrive[day.lanes[:, ORIGIN]] + leave[day.lanes[:, DESTINATION]]
        service = day.lanes[:, [LOAD_MIN, LADEN_MIN, TIP_MIN]].sum(axis=1)
        return float(found.x @ self.out), own - z[0] * service - z[1] * day.lanes[:, LADEN_MIN]

    def least(self, cost: Floats, *, most: float | None = None, fewest: float | None = None) -> float | None:
        """Value that the duals prove, with at most or at least so many trucks; None when it cannot be done at all."""
        less, limit = self.less, self.limit
        if most is not None or fewest is not None:
            sign = 1.0 if most is not None else -1.0
            less = _stacked([less, csr_array(sign * self.out[None, :].astype(float))])
            limit = np.append(limit, most if most is not None else -(fewest or 0.0))
        found = linprog(cost, A_ub=less, b_ub=limit, A_eq=self.equal, b_eq=self.right, method="highs-ds")
        if found.status != 0:
            return None
        y, z = found.eqlin.marginals, np.minimum(found.ineqlin.marginals, 0.0)
        reduced = cost - self.equal.T @ y - less.T @ z
        return float(self.right @ y + limit @ z + self.most * np.minimum(reduced, 0.0).sum())


def _stacked(blocks: list[csr_array]) -> csr_array:
    return csr_array(vstack(blocks))
