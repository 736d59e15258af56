"""When things happen: one truck walked along its loads, with rests, bans, gate hours and bays, in compiled code.

What is called deep inside takes only the arrays it needs: each array handed on costs time in compiling and in running.
"""

from __future__ import annotations

from optimizer.dispatch.compiled import compiled
from optimizer.dispatch.state import (
    AFTER,
    BACK,
    BACK_HOME,
    BAYS,
    BEFORE,
    BEGIN,
    BUSY,
    BY,
    CLASS,
    COME,
    DESTINATION,
    DRIVE_MAX,
    DRIVEN,
    DRIVEN_ALL,
    END,
    FIRST,
    FIXED,
    FREE,
    GIVE_BACK,
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
    PUNCTUAL,
    REST,
    REST_AFTER,
    SINCE,
    SIZE,
    START,
    TAKE,
    TIP,
    TIP_GATE,
    TIP_MIN,
    WHEN,
    Day,
    Routes,
)  # fmt: skip
from optimizer.scenario import Ints


@compiled
def departure(bans: Ints, ban_at: Ints, one: int, other: int, at: int, minutes: int) -> int:
    """First minute from ``at`` on at which a leg may begin so that it touches no ban at either end.

    Args:
        one, other: rows of ``ban_at`` of the ends.
    """
    if len(bans) == 0 or minutes == 0:
        return at
    moved = True
    while moved:
        moved = False
        for row in (one, other):
            for i in range(ban_at[row], ban_at[row + 1]):
                if at < bans[i, 1] and at + minutes > bans[i, 0]:
                    at = bans[i, 1]
                    moved = True
    return at


@compiled
def service(begin: Ints, gates: Ints, taken: Ints, gate: int, at: int) -> int:
    """First minute from ``at`` on at which a truck is served: the gate is open, a bay free long enough."""
    last = begin.shape[1]
    while at < last:
        at = begin[gate, at]
        if at == NOWHERE or gates[gate, BAYS] == 0:
            return at
        busy = NOWHERE
        for minute in range(min(at + gates[gate, HOLD], last) - 1, at - 1, -1):
            if taken[gate, minute] >= gates[gate, BAYS]:
                busy = minute
                break
        if busy == NOWHERE:
            return at
        at = busy + 1
    return NOWHERE


@compiled
def hold(gates: Ints, taken: Ints, gate: int, at: int, sign: int) -> None:
    """Takes (``sign`` 1) or gives back (-1) one bay of a gate from a minute on."""
    if gates[gate, BAYS]:
        for minute in range(at, min(at + gates[gate, HOLD], taken.shape[1])):
            taken[gate, minute] += sign


@compiled
def hold_bays(day: Day, routes: Routes, truck: int, first: int, last: int, sign: int) -> None:
    """Takes or gives back the bays of a truck's visits from ``first`` to before ``last``."""
    gates, taken, lanes, lane, visits = day.gates, routes.taken, day.lanes, day.lane, routes.visits
    for p in range(first, last):
        row = lane[visits[truck, p, LOAD]]
        hold(gates, taken, lanes[row, LOAD_GATE], visits[truck, p, BEGIN], sign)
        hold(gates, taken, lanes[row, TIP_GATE], visits[truck, p, TIP], sign)


@compiled
def walk(day: Day, routes: Routes, truck: int, first: int, load: int, keep: bool) -> bool:
    """Walks a truck through its visits from ``first`` on, whose bays have been given back, and home.

    A rest is taken where the truck stands before a leg that would exceed the driving allowed without one; any wait
    that lasts as long as a rest is one. Whoever has been told of a load is not called to it earlier.

    Args:
        load: is done before visit ``first``, as if it were in the schedule; -1 for none.
        keep: writes the times and takes the bays.

    Returns:
        Whether it is home in time; when not, nothing is taken.
    """
    lanes, lane, minutes, begins, gates = day.lanes, day.lane, day.minutes, day.begin, day.gates
    bans, ban_at, told, visits, taken = day.bans, day.ban_at, day.told, routes.visits, routes.taken
    row, rest, limit = day.trucks[truck, CLASS] * len(minutes), day.trucks[truck, REST], day.trucks[truck, REST_AFTER]
    node, now, driven, driven_all = day.trucks[truck, START], day.trucks[truck, SINCE], FIRST, FIRST
    if first:
        node, free = lanes[lane[visits[truck, first - 1, LOAD]], DESTINATION], visits[truck, first - 1, FREE]
        driven, driven_all = visits[truck, first - 1, DRIVEN], visits[truck, first - 1, DRIVEN_ALL]
        driven = 0 if now - free >= rest else driven
        now = max(now, free)
    p, size, done = first, routes.trucks[truck, SIZE], True
    while done and (load >= 0 or p < size):
        number = load if load >= 0 else visits[truck, p, LOAD]
        this = lane[number]
        origin, destination, laden = lanes[this, ORIGIN], lanes[this, DESTINATION], lanes[this, LADEN_MIN]
        empty = minutes[node, origin]
        done = empty != NOWHERE and empty <= limit and laden <= limit
        if not done:
            break
        leg = departure(bans, ban_at, row + node, row + origin, now + rest if driven + empty > limit else now, empty)
        driven = (0 if leg - now >= rest else driven) + empty
        at = max(leg + empty, told[number, WHEN] - PUNCTUAL) if told[number, BY] == truck else leg + empty
        begin = service(begins, gates, taken, lanes[this, LOAD_GATE], at)
        driven = 0 if begin - leg - empty >= rest else driven
        filled = begin + lanes[this, LOAD_MIN]
        go = departure(bans, ban_at, row + origin, row + destination,
                       filled + rest if driven + laden > limit else filled, laden)  # fmt: skip
        driven = (0 if go - filled >= rest else driven) + laden
        tip = service(begins, gates, taken, lanes[this, TIP_GATE], go + laden) if begin != NOWHERE else begin
        driven = 0 if tip - go - laden >= rest else driven
        driven_all += empty + laden
        done = tip != NOWHERE and tip <= day.trucks[truck, END]
        node, now = destination, tip + lanes[this, TIP_MIN]
        if load >= 0:
            load = -1
            continue
        if done and keep:
            visits[truck, p, LEG], visits[truck, p, BEGIN], visits[truck, p, GO] = leg, begin, go
            visits[truck, p, COME], visits[truck, p, TIP], visits[truck, p, FREE] = go + laden, tip, now
            visits[truck, p, DRIVEN], visits[truck, p, DRIVEN_ALL] = driven, driven_all
            hold(gates, taken, lanes[this, LOAD_GATE], begin, TAKE)
            hold(gates, taken, lanes[this, TIP_GATE], tip, TAKE)
            p += 1
        elif done:
            p += 1
    empty = minutes[node, day.trucks[truck, HOME]]
    back = departure(bans, ban_at, row + node, row + day.trucks[truck, HOME],
                     now + rest if driven + empty > limit else now, empty)  # fmt: skip
    done = done and empty != NOWHERE and driven_all + empty <= day.trucks[truck, DRIVE_MAX]
    done = done and back + empty <= day.trucks[truck, END]
    if keep and not done:
        hold_bays(day, routes, truck, first, p, GIVE_BACK)
    elif keep:
        routes.trucks[truck, BACK], routes.trucks[truck, BACK_HOME] = back, back + empty
    return done


@compiled
def measure(day: Day, routes: Routes, truck: int) -> None:
    """Writes down for every position of a truck the places around it and the km of the leg; km and busy minutes."""
    lanes, lane, stops, visits = day.lanes, day.lane, routes.stops, routes.visits
    node, size, km, busy = day.trucks[truck, START], routes.trucks[truck, SIZE], 0.0, 0
    for p in range(size + 1):
        head = day.trucks[truck, HOME]
        if p < size:
            row = lane[visits[truck, p, LOAD]]
            head = lanes[row, ORIGIN]
        stops[truck, p, BEFORE], stops[truck, p, AFTER] = node, head
        routes.legs[truck, p] = day.km[node, head]
        km += day.km[node, head]
        if p < day.trucks[truck, FIXED]:
            busy += visits[truck, p, FREE] - visits[truck, p, LEG]
        else:
            busy += day.minutes[node, head]
            if p < size:
                busy += lanes[row, LOAD_MIN] + lanes[row, LADEN_MIN] + lanes[row, TIP_MIN]
        if p < size:
            node = lanes[row, DESTINATION]
    routes.trucks[truck, BUSY] = busy
    routes.km[truck] = km
