"""The bound first: no schedule of these loads can drive fewer empty km, or use fewer trucks.

A truck's day is a path depot → (load) → empty leg → (load) … → depot, so that at every place as many trucks arrive
empty as leave laden, and where they tip as many leave empty as arrive. The cheapest such flow of empty trucks
that also fits into the shifts of the trucks it takes out of their depots, with their rests, and that comes into every
set of places from outside (``joined``) is a linear program over pairs of places. A truck that is under way already
leaves the place where it becomes free, and ends in its depot. The number of trucks is whole: with F the program's own
number of trucks, either at most ⌊F⌋ or at least ⌈F⌉ leave, and the lesser of the two programs' values is the bound.
Each value is recomputed from the duals by weak duality, so that the arithmetic and not the solver proves it. Where
every truck has a battery, what all loads and legs spend of them has to be charged under way. Hours of gates, bays and
bans are the matter of ``routes_bound``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from optimizer.dispatch.joined import Joints, joints
from optimizer.dispatch.state import (
    CLASS,
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
    PER_EMPTY,
    PER_LADEN,
    PER_MINUTE,
    RESERVE,
    REST,
    REST_AFTER,
    SINCE,
    START,
    TIP_MIN,
    Day,
    Routes,
)
from optimizer.scenario import Bools, Floats, Ints

PRINTED = 1e-6  # relative: what the arithmetic of doubles may have added
TURNS = 10  # in which rows that join are looked for, at most


@dataclass(frozen=True)
class Flow:
    """The program of a day with its best duals: ``km`` from ``tail`` to ``head``, rows ``less`` · x ≤ ``limit``.

    Attributes:
        prices: (L,) km that a load of each lane adds by the ends of its empty legs.
        shadows: (R,) of the rows, 0 or less.
    """

    tail: Ints
    head: Ints
    km: Floats
    less: csr_array
    limit: Floats
    prices: Floats
    shadows: Floats


@dataclass(frozen=True)
class Bound:
    """Proven least empty km and least number of trucks for all loads of a day; infinite when they cannot.

    ``flow``: what has been proven it with; None where nobody drives, or the loads cannot be done.
    """

    empty_km: float
    trucks: int | None
    flow: Flow | None = None


@dataclass(frozen=True)
class Standing:
    """Trucks that are under way: where they become free and go home to, minutes of shift, of driving and of a rest."""

    node: Ints
    home: Ints
    minutes: float = 0.0
    driving: float = 0.0
    rest: float = 0.0


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
    return Standing(day.lanes[day.lane[last[:, LOAD]], DESTINATION], rows[:, HOME], left.sum(), driving.sum(),
                    rows[:, REST].sum())  # fmt: skip


@dataclass(frozen=True)
class _Legs:
    """Columns of the program: one per pair of nodes between which an empty truck may drive, one more to charge there.

    ``charged``: by the least way round; only where every truck has a battery.
    """

    tail: Ints
    head: Ints
    km: Floats
    minutes: Floats
    charged: Bools


def lower_bound(day: Day, loads: Ints, begun: Standing = NOBODY) -> Bound:
    """The bound for doing exactly the given loads, and for the way home of trucks that are under way."""
    if len(loads) + len(begun.node) == 0:
        return Bound(0.0, 0)
    lanes = day.lanes[day.lane[loads]]
    nodes = len(day.km)
    wanted = np.bincount(lanes[:, ORIGIN], minlength=nodes)
    stood = np.bincount(begun.node, minlength=nodes)
    left = np.bincount(lanes[:, DESTINATION], minlength=nodes) + stood
    legs = _legs(day, wanted, left)
    program = _Program(day, legs, wanted, left, begun, lanes)
    if legs.charged.any():
        program.charge(_batteries(day, legs, lanes), len(begun.node))
    depots, able = np.unique(day.trucks[:, START]), day.trucks[day.trucks[:, END] != NOWHERE]
    shift = float((able[:, END] - able[:, SINCE]).max(initial=0))
    number, flow = program.joined(day, joints(lanes, (legs.tail, legs.head), depots, stood, legs.minutes, shift))
    fewest = program.least(program.out.astype(float))
    low, high = np.floor(number + 1e-7), np.ceil(number - 1e-7)
    values = [program.least(legs.km, most=low), program.least(legs.km, fewest=high)]
    known = [value for value in values if value is not None]
    if fewest is None or not known:
        return Bound(np.inf, None)
    trucks = int(np.ceil(fewest * (1 - PRINTED) - PRINTED))
    return Bound(max(0.0, min(known) * (1 - PRINTED)), trucks, flow)


def _legs(day: Day, wanted: Ints, offered: Ints) -> _Legs:
    """Depot → origins, destinations → origins, destinations → depots; places of both kinds appear as both."""
    depots = np.unique(day.trucks[:, START])
    origins, destinations = np.flatnonzero(wanted), np.flatnonzero(offered)
    parts = [np.array(np.meshgrid(a, b, indexing="ij")).reshape(2, -1)
             for a, b in ((depots, origins), (destinations, origins), (destinations, depots))]  # fmt: skip
    tail, head = np.concatenate(parts, axis=1)
    minutes = np.where(day.minutes == NOWHERE, np.inf, day.minutes)
    places = _chargers(day)
    back = ~np.isin(tail, depots) if len(places) else np.zeros(len(tail), dtype=bool)
    tail, head = np.append(tail, tail[back]), np.append(head, head[back])
    charged = np.arange(len(tail)) >= len(back)
    home = np.isin(head, depots)
    around = [np.where(charged, _around(t, places, tail, head, home), t[tail, head]) for t in (day.km, minutes)]
    road = np.isfinite(around[1])
    return _Legs(tail[road], head[road], around[0][road], around[1][road], charged[road])


def _chargers(day: Day) -> Ints:
    """Nodes where some truck charges; none unless every truck has a battery."""
    classes = np.unique(day.trucks[day.trucks[:, END] != NOWHERE, CLASS])
    if not len(classes) or (day.power[classes, PER_MINUTE] == 0).any():
        return np.zeros(0, dtype=np.int64)
    return np.unique(np.concatenate([day.chargers[day.charger_at[k] : day.charger_at[k + 1]] for k in classes]))


def _around(table: Floats, places: Ints, tail: Ints, head: Ints, home: Bools) -> Floats:
    """Least of the ways from tails to heads by one of the places; infinite without any.

    Who is home charges no more for the day: on the way there, ``home``, another place is meant.
    """
    least = np.full(len(tail), np.inf)
    for place in places.tolist():
        by = table[tail, place] + table[place, head]
        np.minimum(least, np.where(home & (head == place), np.inf, by), out=least)
    return least


class _Program:
    """min c·x over flows x ≥ 0 of empty trucks, as rows that :func:`scipy.optimize.linprog` takes."""

    def __init__(self, day: Day, legs: _Legs, wanted: Ints, left: Ints, begun: Standing, lanes: Ints):
        depots = np.unique(day.trucks[:, START])
        self._legs, n = legs, len(legs.tail)
        columns = np.arange(n)
        self.out, at_depot_in = np.isin(legs.tail, depots), np.isin(legs.head, depots)
        self.origins, self.destinations = origins, destinations = np.flatnonzero(wanted), np.flatnonzero(left)
        arrive = csr_array((np.ones(n), (legs.head, columns)), shape=(len(wanted), n))[origins]
        leave = csr_array((np.ones(n), (legs.tail, columns)), shape=(len(wanted), n))[destinations]
        sign = self.out.astype(float) - at_depot_in.astype(float)
        node = np.where(self.out, legs.tail, legs.head)
        balance = csr_array((sign, (node, columns)), shape=(len(wanted), n))[depots]
        self.equal = _stacked([arrive, leave, balance])
        back = np.bincount(begun.home, minlength=len(wanted))[depots]
        self.right = np.concatenate([wanted[origins], left[destinations], -back]).astype(float)
        have = csr_array((np.ones(n), (legs.tail, columns)), shape=(len(wanted), n))[depots]
        trucks = day.trucks[(day.trucks[:, FIXED] == 0) & (day.trucks[:, END] != NOWHERE)]
        hours, limit = _hours(day, legs, self.out, trucks, begun, lanes)
        self.less = _stacked([csr_array(hours), have.multiply(self.out[None, :]).tocsr()])
        self.limit = np.concatenate([limit, [(trucks[:, START] == depot).sum() for depot in depots]])
        # no leg is driven more often than there are loads and ways home
        self.most = float(wanted.sum() + len(begun.node))

    def charge(self, batteries: _Batteries, begun: int) -> None:
        """Adds the rows of the batteries, and one for how many must be full or charged, which is a whole number."""
        shifts = self.less[[0]].toarray()[0], float(self.limit[0])
        rows, limit = batteries.rows(self._legs, self.out, shifts, begun)
        self._add(rows, limit)
        spent = self.least(batteries.spent)
        if spent is not None:
            times = np.ceil((batteries.laden + spent) / batteries.holds * (1 - PRINTED) - PRINTED) - begun
            self._add(-(self.out | self._legs.charged).astype(float)[None, :], np.array([-times]))

    def _add(self, rows: Floats, limit: Floats) -> None:
        self.less, self.limit = _stacked([self.less, csr_array(rows)]), np.append(self.limit, limit)

    def joined(self, day: Day, sets: Joints) -> tuple[float, Flow | None]:
        """Adds rows for sets that the cheapest flow does not come into often enough, until it does.

        Returns:
            Trucks that leave in it, and the program with its duals; 0, None when the loads cannot be done.
        """
        known: set[bytes] = set()
        for turn in range(TURNS + 1):
            found = linprog(self._legs.km, A_ub=self.less, b_ub=self.limit, A_eq=self.equal, b_eq=self.right,
                            method="highs-ds")  # fmt: skip
            if found.status != 0:
                return 0.0, None
            rows = sets.missing(found.x, known) if turn < TURNS else []
            if not rows:
                break
            self._add(-np.array([row for row, _ in rows]), -np.array([fewest for _, fewest in rows]))
        arrive = np.zeros(len(day.km))
        leave = arrive.copy()
        ends = found.eqlin.marginals[: len(self.origins) + len(self.destinations)]
        arrive[self.origins], leave[self.destinations] = np.split(ends, [len(self.origins)])
        prices = arrive[day.lanes[:, ORIGIN]] + leave[day.lanes[:, DESTINATION]]
        shadows = np.minimum(found.ineqlin.marginals, 0.0)
        legs = self._legs
        flow = Flow(legs.tail, legs.head, legs.km, self.less, self.limit, prices, shadows)
        return float(found.x @ self.out), flow

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


def _hours(day: Day, legs: _Legs, out: Bools, trucks: Ints, begun: Standing, lanes: Ints) -> tuple[Floats, Floats]:
    """Rows in hours: the shifts, the driving and the shifts with rests of the trucks that leave are enough for all.

    A truck that drives d minutes rests at least ``REST`` · (d / ``REST_AFTER`` − 1) of them.
    """
    busy, laden = float(lanes[:, [LOAD_MIN, LADEN_MIN, TIP_MIN]].sum()), float(lanes[:, LADEN_MIN].sum())
    able = day.trucks[day.trucks[:, END] != NOWHERE]
    per_minute = float((able[:, REST] / np.maximum(able[:, REST_AFTER], 1)).min(initial=1.0))
    shift, drive, rest = (np.zeros(len(day.km)) for _ in range(3))
    np.maximum.at(shift, trucks[:, START], trucks[:, END] - trucks[:, SINCE])
    np.maximum.at(drive, trucks[:, START], trucks[:, DRIVE_MAX])
    np.maximum.at(rest, trucks[:, START], trucks[:, REST])
    given = np.where(out, np.array([shift, drive, shift + rest])[:, legs.tail], 0.0)
    takes = np.array([1.0, 1.0, 1.0 + per_minute])[:, None] * legs.minutes
    limit = np.array([begun.minutes - busy, begun.driving - laden,
                      begun.minutes + begun.rest - busy - per_minute * laden])  # fmt: skip
    return (takes - given) / 60, limit / 60


@dataclass(frozen=True)
class _Batteries:
    """The most that a battery gives when its truck leaves and at each charge, and gains in an hour; what is spent.

    ``spent``: (C,) by each leg; ``laden``: by all loads.
    """

    holds: float
    per_hour: float
    spent: Floats
    laden: float

    def rows(self, legs: _Legs, out: Bools, shifts: tuple[Floats, float], begun: int) -> tuple[Floats, Floats]:
        """What is spent was there or was charged under way, and charging takes its time of the shifts.

        Args:
            shifts: the row of the shifts, in hours, and its limit.
            begun: trucks that are under way.
        """
        own, missing = self.spent - self.holds * out, self.holds * begun - self.laden
        rows = [own - self.holds * legs.charged, shifts[0] + own / self.per_hour]
        return np.array(rows), np.array([missing, shifts[1] + missing / self.per_hour])


def _batteries(day: Day, legs: _Legs, lanes: Ints) -> _Batteries:
    power = day.power[np.unique(day.trucks[day.trucks[:, END] != NOWHERE, CLASS])]
    laden = day.km[lanes[:, ORIGIN], lanes[:, DESTINATION]].sum()
    return _Batteries(1.0 - power[:, RESERVE].min(), 60 * power[:, PER_MINUTE].max(),
                      power[:, PER_EMPTY].min() * legs.km, power[:, PER_LADEN].min() * laden)  # fmt: skip


def _stacked(blocks: list[csr_array]) -> csr_array:
    return csr_array(vstack(blocks))
