"""When things happen: one truck walked along its loads, with rests, bans, gate hours and bays, in compiled code."""

from __future__ import annotations

from numba import njit

from optimizer.dispatch.state import (
    BACK,
    BACK_HOME,
    BAYS,
    BEGIN,
    CLASS,
    COME,
    DESTINATION,
    DRIVE_MAX,
    DRIVEN,
    DRIVEN_ALL,
    END,
    FREE,
    GO,
    HOLD,
    HOME,
    LADEN_MIN,
    LEG,
    LOAD,
    LOAD_GATE,
    LOAD_MIN,
    NOWHERE,
    ORIGIN,
    READY,
    REST,
    REST_AFTER,
    SIZE,
    START,
    TIP,
    TIP_GATE,
    TIP_MIN,
    Day,
    Routes,
)  # fmt: skip
from optimizer.scenario import Ints


@njit(cache=True)
def departure(day: Day, truck_class: int, a: int, b: int, at: int, minutes: int) -> int:
    """First minute from ``at`` on at which a leg may begin so that it touches no ban at either end."""
    if len(day.bans) == 0 or minutes == 0:
        return at
    moved = True
    while moved:
        moved = False
        for node in (a, b):
            row = truck_class * len(day.km) + node
            for i in range(day.ban_at[row], day.ban_at[row + 1]):
                if at < day.bans[i, 1] and at + minutes > day.bans[i, 0]:
                    at = day.bans[i, 1]
                    moved = True
    return at


@njit(cache=True)
def service(day: Day, taken: Ints, gate: int, at: int) -> int:
    """First minute from ``at`` on at which a truck is served: the gate is open, a bay free long enough."""
    while True:
        if at >= day.begin.shape[1]:
            return NOWHERE
        at = day.begin[gate, at]
        if at == NOWHERE or day.gates[gate, BAYS] == 0:
            return at
        end = min(at + day.gates[gate, HOLD], day.begin.shape[1])
        busy = NOWHERE
        for minute in range(end - 1, at - 1, -1):
            if taken[gate, minute] >= day.gates[gate, BAYS]:
                busy = minute
                break
        if busy == NOWHERE:
            return at
        at = busy + 1


@njit(cache=True)
def hold_bays(day: Day, routes: Routes, truck: int, first: int, last: int, sign: int) -> None:
    """Takes (``sign`` 1) or gives back (-1) the bays of a truck's visits from ``first`` to before ``last``."""
    for p in range(first, last):
        lane = day.lane[routes.visits[truck, p, LOAD]]
        _hold(day, routes, day.lanes[lane, LOAD_GATE], routes.visits[truck, p, BEGIN], sign)
        _hold(day, routes, day.lanes[lane, TIP_GATE], routes.visits[truck, p, TIP], sign)


@njit(cache=True)
def _hold(day: Day, routes: Routes, gate: int, at: int, sign: int) -> None:
    if day.gates[gate, BAYS]:
        for minute in range(at, min(at + day.gates[gate, HOLD], routes.taken.shape[1])):
            routes.taken[gate, minute] += sign


@njit(cache=True)
def step(
    day: Day, taken: Ints, truck: int, node: int, now: int, driven: int, driven_all: int, lane: int
) -> tuple[int, ...]:
    """One load after another: (leg, begin, go, come, tip, free, driven, driven_all); ``free`` NOWHERE when impossible.

    A rest is taken where the truck stands before a leg that would exceed the driving allowed without one; any wait
    that lasts as long as a rest is one.
    """
    nothing = (0, 0, 0, 0, 0, NOWHERE, 0, 0)
    truck_class, rest, limit = day.trucks[truck, CLASS], day.trucks[truck, REST], day.trucks[truck, REST_AFTER]
    origin, destination = day.lanes[lane, ORIGIN], day.lanes[lane, DESTINATION]
    empty, laden = day.minutes[node, origin], day.lanes[lane, LADEN_MIN]
    if empty == NOWHERE or empty > limit or laden > limit:
        return nothing
    ready = now + rest if driven + empty > limit else now
    leg = departure(day, truck_class, node, origin, ready, empty)
    if leg - now >= rest:
        driven = 0
    driven += empty
    there = leg + empty
    begin = service(day, taken, day.lanes[lane, LOAD_GATE], there)
    if begin == NOWHERE:
        return nothing
    if begin - there >= rest:
        driven = 0
    filled = begin + day.lanes[lane, LOAD_MIN]
    ready = filled + rest if driven + laden > limit else filled
    go = departure(day, truck_class, origin, destination, ready, laden)
    if go - filled >= rest:
        driven = 0
    driven += laden
    come = go + laden
    tip = service(day, taken, day.lanes[lane, TIP_GATE], come)
    if tip == NOWHERE:
        return nothing
    if tip - come >= rest:
        driven = 0
    return leg, begin, go, come, tip, tip + day.lanes[lane, TIP_MIN], driven, driven_all + empty + laden


@njit(cache=True)
def homeward(day: Day, truck: int, node: int, now: int, driven: int, driven_all: int) -> tuple[int, ...]:
    """(leaves for home, is home) from a node; (0, NOWHERE) when it cannot be home in time or drives too long."""
    empty = day.minutes[node, day.trucks[truck, HOME]]
    if empty == NOWHERE or driven_all + empty > day.trucks[truck, DRIVE_MAX]:
        return 0, NOWHERE
    ready = now + day.trucks[truck, REST] if driven + empty > day.trucks[truck, REST_AFTER] else now
    back = departure(day, day.trucks[truck, CLASS], node, day.trucks[truck, HOME], ready, empty)
    home = back + empty
    if home > day.trucks[truck, END]:
        return 0, NOWHERE
    return back, home


@njit(cache=True)
def standing(day: Day, routes: Routes, truck: int, p: int) -> tuple[int, ...]:
    """(node, minute, driven, driven_all) of a truck before its visit ``p``."""
    if p == 0:
        return day.trucks[truck, START], day.trucks[truck, READY], 0, 0
    lane = day.lane[routes.visits[truck, p - 1, LOAD]]
    return (
        day.lanes[lane, DESTINATION],
        routes.visits[truck, p - 1, FREE],
        routes.visits[truck, p - 1, DRIVEN],
        routes.visits[truck, p - 1, DRIVEN_ALL],
    )


@njit(cache=True)
def walk(day: Day, routes: Routes, truck: int, first: int) -> bool:
    """Works out all times of a truck from visit ``first`` on and takes its bays; False, and none taken, when it cannot.

    The bays of these visits have been given back before.
    """
    node, now, driven, driven_all = standing(day, routes, truck, first)
    for p in range(first, routes.trucks[truck, SIZE]):
        lane = day.lane[routes.visits[truck, p, LOAD]]
        leg, begin, go, come, tip, free, driven, driven_all = step(
            day, routes.taken, truck, node, now, driven, driven_all, lane
        )
        if free == NOWHERE:
            hold_bays(day, routes, truck, first, p, -1)
            return False
        routes.visits[truck, p, LEG], routes.visits[truck, p, BEGIN], routes.visits[truck, p, GO] = leg, begin, go
        routes.visits[truck, p, COME], routes.visits[truck, p, TIP], routes.visits[truck, p, FREE] = come, tip, free
        routes.visits[truck, p, DRIVEN], routes.visits[truck, p, DRIVEN_ALL] = driven, driven_all
        _hold(day, routes, day.lanes[lane, LOAD_GATE], begin, 1)
        _hold(day, routes, day.lanes[lane, TIP_GATE], tip, 1)
        node, now = day.lanes[lane, DESTINATION], free
    if routes.trucks[truck, SIZE] == 0 and day.trucks[truck, START] == day.trucks[truck, HOME]:
        routes.trucks[truck, BACK], routes.trucks[truck, BACK_HOME] = now, now
        return True
    back, home = homeward(day, truck, node, now, driven, driven_all)
    if home == NOWHERE:
        hold_bays(day, routes, truck, first, routes.trucks[truck, SIZE], -1)
        return False
    routes.trucks[truck, BACK], routes.trucks[truck, BACK_HOME] = back, home
    return True


@njit(cache=True)
def can_insert(day: Day, routes: Routes, truck: int, p: int, lane: int) -> bool:
    """Whether a truck can do a load of ``lane`` before its visit ``p``, its bays from ``p`` on given back."""
    node, now, driven, driven_all = standing(day, routes, truck, p)
    free, driven, driven_all = step(day, routes.taken, truck, node, now, driven, driven_all, lane)[5:]
    if free == NOWHERE:
        return False
    node, now = day.lanes[lane, DESTINATION], free
    for q in range(p, routes.trucks[truck, SIZE]):
        after = day.lane[routes.visits[truck, q, LOAD]]
        free, driven, driven_all = step(day, routes.taken, truck, node, now, driven, driven_all, after)[5:]
        if free == NOWHERE or free > day.trucks[truck, END]:
            return False
        node, now = day.lanes[after, DESTINATION], free
    return homeward(day, truck, node, now, driven, driven_all)[1] != NOWHERE


@njit(cache=True)
def empty_km(day: Day, routes: Routes, truck: int) -> float:
    """Empty km of a truck, from where it starts to its home."""
    node, km = day.trucks[truck, START], 0.0
    for p in range(routes.trucks[truck, SIZE]):
        lane = day.lane[routes.visits[truck, p, LOAD]]
        km += day.km[node, day.lanes[lane, ORIGIN]]
        node = day.lanes[lane, DESTINATION]
    return km + day.km[node, day.trucks[truck, HOME]]
