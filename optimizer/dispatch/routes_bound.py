"""A tighter bound: a truck's day as a whole, within its shift and the hours of the gates.

Every truck that goes out drives one route: from its depot, load after load, and home before its shift ends. Let each
lane pay a price for each of its loads. Then no set of routes that does n loads of each lane costs less than
Σ n · price + Σ trucks of a kind · (the least that one of its routes costs beyond what it is paid, if that is below 0):
Lagrange's bound, for any prices. The least is found exactly, by dynamic programming over minutes and places, for routes
that may do the loads of a lane as often as they like. Prices come from column generation: the linear program over the
routes found so far, its prices drawn towards the best ones so far (Wentges 1997). However it ends, what is returned was
proven by the prices alone. Rests, bans, bays and batteries can only add to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.backends.highs import QuietHighs
from optimizer.dispatch.compiled import compiled
from optimizer.dispatch.state import (
    CLASS,
    DESTINATION,
    END,
    HOME,
    KIND,
    LADEN_MIN,
    LOAD,
    LOAD_GATE,
    LOAD_MIN,
    NOWHERE,
    ORIGIN,
    SINCE,
    SIZE,
    START,
    TIP_GATE,
    TIP_MIN,
    Day,
    Routes,
)
from optimizer.scenario import Floats, Ints

ROUNDS = 60  # of column generation at most
CLOSE = 1e-4  # relative: how near to the linear program is near enough
TOWARDS_BEST = 0.7  # share of the best prices so far in those that are tried
CLOSED = 0.15  # of the time, on average over the loads, from which on gates are taken to shape a day
MOST_WORK = 5e8  # steps of all dynamic programs of a day together


@dataclass(frozen=True)
class _Kind:
    """Trucks that are the same in everything, how many there are, and the lanes that they can do."""

    truck: int
    count: int
    fits: Ints


def hours_shape(day: Day) -> bool:
    """Whether gates are closed so much of the time that trucks are out that it is worth the seconds."""
    trucks = day.trucks[day.trucks[:, END] != NOWHERE]
    busy = day.lanes[:, [LOAD_MIN, TIP_MIN, LADEN_MIN]].sum(axis=1)
    if not len(trucks) or (busy == 0).any():  # the table goes forward in time
        return False
    minutes = np.arange(trucks[:, SINCE].min(), trucks[:, END].max())
    closed = (day.begin[:, minutes] != minutes).mean(axis=1)
    gates = day.lanes[day.lane][:, [LOAD_GATE, TIP_GATE]]
    return bool(closed[gates].max(axis=1).mean() >= CLOSED)


def route_bound(day: Day, loads: Ints, routes: Routes, prices: Floats) -> float:
    """Proven least empty km of doing the given loads by trucks none of which is under way.

    Args:
        loads: exactly those that ``routes`` does.
        routes: a schedule, to begin with.
        prices: (L,) km paid for a load of each lane, to begin with.
    """
    wanted = np.bincount(day.lane[loads], minlength=len(day.lanes)).astype(float)
    kinds = _kinds(day)
    master = _Master(wanted, kinds)
    for number, kind in enumerate(kinds):
        for truck in np.flatnonzero(
            (day.trucks[:, KIND] == day.trucks[kind.truck, KIND]) & (routes.trucks[:, SIZE] > 0)
        ):
            lanes = day.lane[routes.visits[truck, : routes.trucks[truck, SIZE], LOAD]]
            master.add(number, lanes, float(routes.km[truck]))
    best, found, fresh = prices, -np.inf, 1
    steps = len(np.unique(day.lanes[:, ORIGIN])) * len(np.unique(day.lanes[:, DESTINATION]))
    steps *= sum(int(day.trucks[kind.truck, END] - day.trucks[kind.truck, SINCE]) for kind in kinds)
    for turn in range(max(1, min(ROUNDS, int(MOST_WORK / max(steps, 1))))):
        value, shadow = master.solve()
        share = (1.0 if turn == 0 else TOWARDS_BEST) if fresh else 0.0  # drawn to the best prices, unless in vain
        tried = share * best + (1 - share) * shadow
        proven, fresh = float(wanted @ tried), 0
        for number, kind in enumerate(kinds):
            least, columns = _least(day, kind, tried)
            proven += kind.count * min(0.0, least)
            fresh += sum(master.add(number, lanes, km) for lanes, km in columns)
        if proven > found:
            best, found = tried, proven
        if found >= value * (1 - CLOSE) or not (fresh or share):
            break
    return found


def _kinds(day: Day) -> list[_Kind]:
    able = day.trucks[:, END] != NOWHERE
    _, first, count = np.unique(day.trucks[able, KIND], return_index=True, return_counts=True)
    trucks = np.flatnonzero(able)[first]
    return [_Kind(int(t), int(n), np.flatnonzero(day.fits[day.trucks[t, CLASS]]).astype(np.int64))
            for t, n in zip(trucks, count, strict=True)]  # fmt: skip


class _Master:
    """The linear program over the routes found so far: rows are lanes, then kinds of trucks."""

    def __init__(self, wanted: Floats, kinds: list[_Kind]):
        self._lanes, self._known = len(wanted), set[tuple[int, bytes]]()
        self._solver: Any = QuietHighs()
        self._solver.setOptionValue("output_flag", False)
        none = np.zeros(0, dtype=np.int32), np.zeros(0)
        for n in wanted.tolist():
            self._solver.addRow(n, n, 0, *none)
        for kind in kinds:
            self._solver.addRow(-np.inf, kind.count, 0, *none)

    def add(self, kind: int, lanes: Ints, km: float) -> bool:
        """Adds a route, as the lanes of its loads and its empty km; False when it was there."""
        rows, times = np.unique(lanes, return_counts=True)
        key = kind, np.concatenate([rows, times]).tobytes()
        if key in self._known:
            return False
        self._known.add(key)
        index = np.append(rows, self._lanes + kind).astype(np.int32)
        self._solver.addCol(km, 0.0, np.inf, len(index), index, np.append(times, 1).astype(float))
        return True

    def solve(self) -> tuple[float, Floats]:
        """Its value and the price of each lane."""
        self._solver.run()
        duals = np.array(self._solver.getSolution().row_dual[: self._lanes])
        return float(self._solver.getInfo().objective_function_value), duals


def _least(day: Day, kind: _Kind, prices: Floats) -> tuple[float, list[tuple[Ints, float]]]:
    """The least km beyond its pay of any route of a kind, and routes that are worth their km, by their last place."""
    row = day.trucks[kind.truck]
    lanes = day.lanes[kind.fits]
    origins, at_origin = np.unique(lanes[:, ORIGIN], return_inverse=True)
    places, at_place = np.unique(lanes[:, DESTINATION], return_inverse=True)
    first, last = int(row[SINCE]), int(row[END])
    free, by_lane, begun, come_from = _table(
        first, last, row[START], lanes, prices[kind.fits], origins, at_origin.astype(np.int64), places,
        at_place.astype(np.int64), day.km, day.minutes, day.begin,
    )  # fmt: skip
    least, found = 0.0, []
    for p, place in enumerate(places.tolist()):
        back = int(day.minutes[place, row[HOME]])
        t = last - back - first
        if back == NOWHERE or t < 0 or not np.isfinite(free[t, p]):
            continue
        value = float(free[t, p] + day.km[place, row[HOME]])
        least = min(least, value)
        if value < -1e-7:
            done = kind.fits[_followed(t, p, by_lane, begun, come_from, lanes, at_origin, at_place, origins, places,
                                       day.minutes)]  # fmt: skip
            found.append((done, value + float(prices[done].sum())))
    return least, found


def _followed(
    t: int, p: int, by_lane: Ints, begun: Ints, come_from: Ints, lanes: Ints, at_origin: Ints, at_place: Ints,
    origins: Ints, places: Ints, minutes: Ints,
) -> Ints:  # fmt: skip
    """The lanes of a route, from its last place back."""
    route = []
    while True:
        while by_lane[t, p] < 0:
            t -= 1
        lane, at = by_lane[t, p], begun[t, p]
        route.append(lane)
        before = come_from[at, at_origin[lane]]
        if before < 0:
            return np.array(route[::-1], dtype=np.int64)
        t, p = at - minutes[places[before], origins[at_origin[lane]]], before


@compiled
def _table(
    first: int, last: int, start: int, lanes: Ints, prices: Floats, origins: Ints, at_origin: Ints, places: Ints,
    at_place: Ints, km: Floats, minutes: Ints, begin: Ints,
) -> tuple[Floats, Ints, Ints, Ints]:  # fmt: skip
    """By minute from ``first`` and place: least km beyond pay of having tipped there by then, and how one came to it.

    Returns:
        (T, P) that value; (T, P) the lane done last, -1 where it was done by the minute before; (T, P) the minute it
        was begun; (T, O) the place from which a truck that loads at an origin at a minute comes, -1 its depot.
    """
    span = last - first + 1
    free, by_lane = np.full((span, len(places)), np.inf), np.full((span, len(places)), -1)
    begun, come_from = np.full((span, len(places)), -1), np.full((span, len(origins)), -1)
    there = np.empty(len(origins))
    for t in range(span):
        if t:
            for p in range(len(places)):
                if free[t - 1, p] <= free[t, p]:
                    free[t, p], by_lane[t, p] = free[t - 1, p], -1
        for o in range(len(origins)):
            head = origins[o]
            out = minutes[start, head]
            there[o], come_from[t, o] = (km[start, head] if out >= 0 and t >= out else np.inf), -1
            for p in range(len(places)):
                gone = t - minutes[places[p], head]
                if minutes[places[p], head] >= 0 and gone >= 0 and free[gone, p] + km[places[p], head] < there[o]:
                    there[o], come_from[t, o] = free[gone, p] + km[places[p], head], p
        for lane in range(len(lanes)):
            value = there[at_origin[lane]] - prices[lane]
            if value == np.inf or begin[lanes[lane, LOAD_GATE], first + t] != first + t:
                continue
            come = first + t + lanes[lane, LOAD_MIN] + lanes[lane, LADEN_MIN]
            tip = begin[lanes[lane, TIP_GATE], come] if come <= last else -1
            done = tip + lanes[lane, TIP_MIN] - first
            if tip >= 0 and done < span and value < free[done, at_place[lane]]:
                free[done, at_place[lane]], by_lane[done, at_place[lane]] = value, lane
                begun[done, at_place[lane]] = t
    return free, by_lane, begun, come_from
