"""The cheapest route of a kind of truck, where legs, loads and minutes at gates have prices.

Dynamic programming over minutes and places: least km, beyond what is paid, of having tipped at a place by a minute, of
standing empty at an origin, of standing laden at a destination. Exact for routes that may do the loads of a lane as
often as they like: shifts, hours of gates and bans hold; a truck may wait wherever it stands, and does where a minute
at a gate is dear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.dispatch.compiled import compiled
from optimizer.dispatch.state import (
    CLASS,
    DESTINATION,
    END,
    HOME,
    LADEN_MIN,
    LOAD_GATE,
    LOAD_MIN,
    NOWHERE,
    ORIGIN,
    SINCE,
    START,
    TIP_GATE,
    TIP_MIN,
    Day,
)
from optimizer.scenario import Floats, Ints

WORTH = -1e-7  # km beyond pay below which a route is told
WAITED = NOWHERE - 1


@dataclass(frozen=True)
class Prices:
    """What a route pays and is paid.

    Attributes:
        loads: (L,) km paid for a load of each lane.
        legs: (Q, Q) km that an empty leg counts.
        gates: (G, T) km that being served from a minute on costs at a gate.
    """

    loads: Floats
    legs: Floats
    gates: Floats


@dataclass(frozen=True)
class Route:
    """The lanes of a truck's loads in order, and the minutes at which it loads and tips."""

    lanes: Ints
    loaded: Ints
    tipped: Ints


class Kind:
    """Trucks that are the same in everything: how many there are, and the tables of their cheapest routes."""

    def __init__(self, day: Day, truck: int, count: int, lanes: Ints):
        """``lanes``: those that are to be done and that it can do."""
        self.count, self._day, self._lanes = count, day, lanes
        row = day.trucks[truck]
        self._first, self._last, self.start, self.home = (int(row[i]) for i in (SINCE, END, START, HOME))
        rows = day.lanes[lanes]
        self._origins, at_origin = np.unique(rows[:, [ORIGIN, LOAD_GATE, LOAD_MIN]], axis=0, return_inverse=True)
        self._places, at_place = np.unique(rows[:, [DESTINATION, TIP_GATE, TIP_MIN]], axis=0, return_inverse=True)
        self._work = np.column_stack([at_origin.ravel(), at_place.ravel(), rows[:, LADEN_MIN]]).astype(np.int64)
        self._shut = _banned_minutes(day, int(row[CLASS]))
        legs = np.ix_(self._places[:, 0], self._origins[:, 0])
        self._into, self._out = day.minutes[legs], day.minutes[self.start, self._origins[:, 0]]
        self._last_leave = [self._leaves_for_home(place) for place in self._places[:, 0].tolist()]

    @property
    def steps(self) -> int:
        """Of the dynamic program, about."""
        return self._into.size * (self._last - self._first + 1)

    def cheapest(self, prices: Prices) -> tuple[float, list[Route]]:
        """The least km beyond its pay of any route, and by its last place the cheapest that is worth its km."""
        origins, places = self._origins[:, 0], self._places[:, 0]
        table = _table(
            self._first, self._last, self._origins, self._places, self._work, self._into, self._out,
            prices.legs[np.ix_(places, origins)], prices.legs[self.start, origins], prices.loads[self._lanes],
            self._day.begin, prices.gates, self._shut, self.start,
        )  # fmt: skip
        least, found = 0.0, []
        for p, place in enumerate(places.tolist()):
            t = self._last_leave[p]
            value = float(table[0][t, p] + prices.legs[place, self.home]) if t >= 0 else np.inf
            least = min(least, value)
            if value < WORTH:
                found.append(self._followed(t, p, table))
        return least, found

    def _leaves_for_home(self, place: int) -> int:
        """Last minute of its shift at which it may leave a place for home, from 0; negative when there is none."""
        back = int(self._day.minutes[place, self.home])
        if back == NOWHERE:
            return NOWHERE
        leave = np.arange(self._first, self._last - back + 1)
        free = np.ones(len(leave), dtype=bool)
        for node in (place, self.home):
            free &= self._shut[node, leave + back] == self._shut[node, leave]
        return int(np.flatnonzero(free).max(initial=NOWHERE))

    def _followed(self, t: int, p: int, table: tuple[Any, ...]) -> Route:
        """A route, from its last place back."""
        _, tips, come_from, by_lane, begun = table
        lanes, loaded, tipped, minutes = [], [], [], self._places[:, 2]
        while True:
            while tips[t, p] == WAITED:
                t -= 1
            t -= minutes[p]
            tipped.append(t)
            while by_lane[t, p] == WAITED:
                t -= 1
            lane, t = by_lane[t, p], begun[t, p]
            lanes.append(lane)
            loaded.append(t)
            o = self._work[lane, 0]
            while come_from[t, o] == WAITED:
                t -= 1
            before = come_from[t, o]
            if before == NOWHERE:
                break
            t, p = t - self._into[before, o], before
        order = np.array([lanes, loaded, tipped], dtype=np.int64)[:, ::-1]
        return Route(self._lanes[order[0]], order[1] + self._first, order[2] + self._first)


def _banned_minutes(day: Day, truck_class: int) -> Ints:
    """(Q, T + 1) minutes before each one at which a class may not drive to or from a node."""
    banned = np.zeros((len(day.km), day.begin.shape[1] + 1), dtype=np.int64)
    for node in range(len(day.km)):
        row = truck_class * len(day.km) + node
        for begins, ends in day.bans[day.ban_at[row] : day.ban_at[row + 1]].tolist():
            banned[node, max(0, begins) + 1 : max(0, ends) + 1] = 1
    return np.cumsum(banned, axis=1)


@compiled
def _table(
    first: int, last: int, origins: Ints, places: Ints, work: Ints, into: Ints, out: Ints, legs: Floats,
    out_legs: Floats, pay: Floats, begin: Ints, gates: Floats, shut: Ints, start: int,
) -> tuple[Floats, Ints, Ints, Ints, Ints]:  # fmt: skip
    """By minute from ``first``: least km beyond pay, and how one came to it.

    Args:
        origins, places: (O, 3), (P, 3) node, gate, minutes of service.
        work: (n, 3) origin, place and laden minutes of each lane.
        into, legs: (P, O) minutes and km of the empty legs; out, out_legs: (O,) those from ``start``.

    Returns:
        (T, P) least of having tipped at a place by then, and whether it tipped before then (WAITED) or then; (T, O)
        the place from which a truck comes to an origin then, NOWHERE its depot, WAITED when it came before; (T, P) the
        lane with which a truck comes to a place then, WAITED when it came before; and the minute that was begun.
    """
    span = last - first + 1
    free, tips = np.full((span, len(places)), np.inf), np.full((span, len(places)), WAITED)
    there, come_from = np.full(len(origins), np.inf), np.full((span, len(origins)), WAITED)
    laden, by_lane = np.full((span, len(places)), np.inf), np.full((span, len(places)), WAITED)
    begun = np.full((span, len(places)), NOWHERE)
    for t in range(span):
        now = first + t
        for p in range(len(places)):
            gate, lasts = places[p, 1], places[p, 2]
            if t and laden[t - 1, p] <= laden[t, p]:
                laden[t, p], by_lane[t, p] = laden[t - 1, p], WAITED
            if begin[gate, now] == now and t + lasts < span:
                free[t + lasts, p], tips[t + lasts, p] = laden[t, p] + gates[gate, now], NOWHERE
            if t and free[t - 1, p] <= free[t, p]:
                free[t, p], tips[t, p] = free[t - 1, p], WAITED
        for o in range(len(origins)):
            head, gone = origins[o, 0], now - out[o]
            if (
                out[o] >= 0 and gone >= first and out_legs[o] < there[o]
                and shut[head, now] == shut[head, gone] and shut[start, now] == shut[start, gone]
            ):  # fmt: skip
                there[o], come_from[t, o] = out_legs[o], NOWHERE
            for p in range(len(places)):
                left = t - into[p, o]
                if into[p, o] >= 0 and left >= 0 and free[left, p] + legs[p, o] < there[o]:
                    node, gone = places[p, 0], first + left
                    if shut[head, now] == shut[head, gone] and shut[node, now] == shut[node, gone]:
                        there[o], come_from[t, o] = free[left, p] + legs[p, o], p
        for lane in range(len(work)):
            o, p, minutes = work[lane, 0], work[lane, 1], work[lane, 2]
            node, gate = origins[o, 0], origins[o, 1]
            value = there[o] - pay[lane] + gates[gate, now]
            if value == np.inf or begin[gate, now] != now:
                continue
            go, other = now + origins[o, 2], places[p, 0]
            while go + minutes <= last and (
                shut[node, go + minutes] != shut[node, go] or shut[other, go + minutes] != shut[other, go]
            ):
                go += 1
            come = go + minutes - first
            if come < span and value < laden[come, p]:
                laden[come, p], by_lane[come, p], begun[come, p] = value, lane, t
    return free, tips, come_from, by_lane, begun
