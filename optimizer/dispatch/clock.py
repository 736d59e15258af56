"""When things happen: one truck walked along its loads, with rests, bans, gate hours and bays, in compiled code.

A rest is taken where the truck stands before a leg that would exceed the driving allowed without one; any wait that
lasts as long as a rest is one. Whoever has been told of a load is not called to it earlier. A truck with a battery
charges before a load after which it could not reach a charger, as much as the rest of its shift can use at the rate of
that load; standing at a charger for a rest it charges anyhow.

What is called deep inside takes only the arrays it needs: each array handed on costs time in compiling and in running.
"""

from __future__ import annotations

import numpy as np

from optimizer.dispatch.compiled import compiled, inlined, inside
from optimizer.dispatch.state import (
    AFTER,
    BACK,
    BACK_HOME,
    BATTERY,
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
    ELECTRIC,
    END,
    FIRST,
    FIXED,
    FREE,
    GIVE_BACK,
    GO,
    HOLD,
    HOME,
    LADEN_MIN,
    LASTS,
    LEG,
    LOAD,
    LOAD_GATE,
    LOAD_MIN,
    LONGEST,
    NONE,
    NOWHERE,
    OFF,
    ORIGIN,
    PER_EMPTY,
    PER_LADEN,
    PER_MINUTE,
    PLACE,
    PLUG,
    PUNCTUAL,
    RESERVE,
    REST,
    REST_AFTER,
    SINCE,
    SIZE,
    START,
    TAKE,
    TIP,
    TIP_GATE,
    TIP_MIN,
    UNPLUG,
    WHEN,
    Day,
    Routes,
)  # fmt: skip
from optimizer.scenario import Ints

CANNOT = NONE - 1
CRUMB = 1e-9  # of a battery: what the arithmetic of doubles may take


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


@inside
def charger(day: Day, truck_class: int, node: int, head: int, battery: float, need: float) -> int:
    """Where to charge on the way from a node to another, the least way round; NONE when nothing will do.

    Args:
        need: share of the battery with which it must be possible to come to ``head``.
    """
    least, found = np.inf, -1
    per_km, reserve = day.power[truck_class, PER_EMPTY], day.power[truck_class, RESERVE]
    for i in range(day.charger_at[truck_class], day.charger_at[truck_class + 1]):
        place = day.chargers[i]
        km = day.km[node, place] + day.km[place, head]
        if (
            km < least
            and battery - per_km * day.km[node, place] >= reserve - CRUMB
            and per_km * day.km[place, head] + need <= 1.0 + CRUMB
        ):
            least, found = km, place
    return found


@compiled
def walk(day: Day, routes: Routes, truck: int, first: int, load: int, keep: bool) -> bool:
    """Walks a truck through its visits from ``first`` on, whose bays have been given back, and home.

    Args:
        load: is done before visit ``first``, as if it were in the schedule; -1 for none.
        keep: writes the times and takes the bays.

    Returns:
        Whether it is home in time; when not, nothing is taken.
    """
    lanes, lane, told, begins, gates = day.lanes, day.lane, day.told, day.begin, day.gates
    visits, taken = routes.visits, routes.taken
    row, rest, limit = (
        day.trucks[truck, CLASS] * len(day.minutes),
        day.trucks[truck, REST],
        day.trucks[truck, REST_AFTER],
    )
    node, now, driven, driven_all, battery = stands(day, routes, truck, first)
    p, size, done = first, routes.trucks[truck, SIZE], True
    while done and (load >= 0 or p < size):
        number = load if load >= 0 else visits[truck, p, LOAD]
        this = lane[number]
        origin, destination, laden = lanes[this, ORIGIN], lanes[this, DESTINATION], lanes[this, LADEN_MIN]
        _, leg, empty, driven, driven_all, battery = come(
            day, routes, truck, p, node, origin, destination, lanes[this, LOAD_MIN] + laden + lanes[this, TIP_MIN],
            now, driven, driven_all, battery, keep and load < 0,
        )  # fmt: skip
        done = leg != NOWHERE and empty <= limit and laden <= limit
        if not done:
            break
        at = max(leg + empty, told[number, WHEN] - PUNCTUAL) if told[number, BY] == truck else leg + empty
        begin = service(begins, gates, taken, lanes[this, LOAD_GATE], at)
        driven = 0 if begin - leg - empty >= rest else driven
        filled = begin + lanes[this, LOAD_MIN]
        go = departure(day.bans, day.ban_at, row + origin, row + destination,
                       filled + rest if driven + laden > limit else filled, laden)  # fmt: skip
        driven = (0 if go - filled >= rest else driven) + laden
        tip = service(begins, gates, taken, lanes[this, TIP_GATE], go + laden) if begin != NOWHERE else begin
        driven, driven_all = (0 if tip - go - laden >= rest else driven), driven_all + laden
        done = tip != NOWHERE and tip <= day.trucks[truck, END]
        node, now = destination, tip + lanes[this, TIP_MIN]
        if load >= 0:
            load = -1
            continue
        if done and keep:
            visit = visits[truck, p]
            visit[LEG], visit[BEGIN], visit[GO], visit[COME], visit[TIP] = leg, begin, go, go + laden, tip
            visit[FREE], visit[DRIVEN], visit[DRIVEN_ALL] = now, driven, driven_all
            hold(gates, taken, lanes[this, LOAD_GATE], begin, TAKE)
            hold(gates, taken, lanes[this, TIP_GATE], tip, TAKE)
        p += done
    done = done and go_home(day, routes, truck, p, node, now, driven, driven_all, battery, keep)
    if keep and not done:
        hold_bays(day, routes, truck, first, p, GIVE_BACK)
    return done


@inlined
def go_home(
    day: Day, routes: Routes, truck: int, p: int, node: int, now: int, driven: int, driven_all: int, battery: float,
    keep: bool,
) -> bool:  # fmt: skip
    """Whether a truck gets home from a node within shift and driving hours; written down with ``keep``."""
    home = day.trucks[truck, HOME]
    off, back, empty, driven, driven_all, battery = come(
        day, routes, truck, p, node, home, home, FIRST, now, driven, driven_all, battery, keep
    )
    if back == NOWHERE or driven_all > day.trucks[truck, DRIVE_MAX] or back + empty > day.trucks[truck, END]:
        return False
    if keep:
        routes.trucks[truck, BACK], routes.trucks[truck, BACK_HOME] = off, back + empty
    return True


@inlined
def stands(day: Day, routes: Routes, truck: int, first: int) -> tuple[int, int, int, int, float]:
    """Where a truck stands before a visit, since when; minutes driven since a rest and in all; its battery."""
    since = day.trucks[truck, SINCE]
    if first == 0:
        return day.trucks[truck, START], since, FIRST, FIRST, 1.0
    visit = routes.visits[truck, first - 1]
    driven = FIRST if since - visit[FREE] >= day.trucks[truck, REST] else visit[DRIVEN]
    battery = routes.charges[truck, first - 1, BATTERY] if day.trucks[truck, ELECTRIC] == 1 else 1.0
    node = day.lanes[day.lane[visit[LOAD]], DESTINATION]
    return node, max(since, visit[FREE]), driven, visit[DRIVEN_ALL], battery


@inlined
def come(
    day: Day, routes: Routes, truck: int, p: int, node: int, origin: int, destination: int, work: int, now: int,
    driven: int, driven_all: int, battery: float, write: bool,
) -> tuple[int, int, int, int, int, float]:  # fmt: skip
    """Drives empty from a node to where a load waits, or home, and charges before it where it has to.

    Args:
        p: the position it drives to.
        origin, destination, work: ends and minutes of the load; its home twice and 0 on the way home.
        write: notes where it charges.

    Returns:
        When it leaves, by way of a charger if it needs one; when it leaves for ``origin`` (NOWHERE: it cannot) and
        the minutes that takes; minutes driven since the last rest and in all, and the battery after the load.
    """
    electric, rest, limit = day.trucks[truck, ELECTRIC] == 1, day.trucks[truck, REST], day.trucks[truck, REST_AFTER]
    row, stood, place, off = day.trucks[truck, CLASS] * len(day.minutes), now, NONE, now
    if electric:
        place, off, stood, now, driven, driven_all, battery = charge(
            day, truck, node, origin, destination, work, now, driven, driven_all, battery
        )
        if place == CANNOT:
            return NOWHERE, NOWHERE, NOWHERE, driven, driven_all, battery
        node = node if place == NONE else place
    empty = day.minutes[node, origin]
    if empty == NOWHERE:
        return NOWHERE, NOWHERE, NOWHERE, driven, driven_all, battery
    leg = departure(day.bans, day.ban_at, row + node, row + origin,
                    max(now, stood + rest) if driven + empty > limit else now, empty)  # fmt: skip
    driven = (0 if leg - stood >= rest else driven) + empty
    if electric:
        place, off, battery = plugged(day, truck, node, place, off, stood, now, leg, battery)
        battery -= spent(day, truck, node, origin, destination)
        if write:
            note(routes, truck, p, place, off, stood, leg, battery)
    return off if place >= 0 else leg, leg, empty, driven, driven_all + empty, battery


@inside
def charge(
    day: Day, truck: int, node: int, origin: int, destination: int, work: int, now: int, driven: int, driven_all: int,
    battery: float,
) -> tuple[int, int, int, int, int, int, float]:  # fmt: skip
    """Goes to charge where the battery does not last for the next load and the way to a charger after it.

    Args:
        work: minutes of the load; 0 on the way home, which has no load.

    Returns:
        Node (NONE: it need not, CANNOT: no charger will do); when it leaves for it, plugs in and may leave; minutes
        driven since the last rest and in all, and the battery then.
    """
    k, limit, rest = day.trucks[truck, CLASS], day.trucks[truck, REST_AFTER], day.trucks[truck, REST]
    per_km, reserve = day.power[k, PER_EMPTY], day.power[k, RESERVE]
    need = day.power[k, PER_LADEN] * day.km[origin, destination] + day.refuge[k, destination] + reserve
    if battery >= per_km * day.km[node, origin] + need - CRUMB:
        return NONE, now, now, now, driven, driven_all, battery
    place = charger(day, k, node, origin, battery, need)
    if place < 0 or day.minutes[node, place] > limit:
        return CANNOT, now, now, now, driven, driven_all, battery
    row, there = k * len(day.minutes), day.minutes[node, place]
    off = departure(day.bans, day.ban_at, row + node, row + place, now + rest if driven + there > limit else now, there)
    driven = (0 if off - now >= rest else driven) + there
    battery -= per_km * day.km[node, place]
    need += per_km * day.km[place, origin]
    if work:
        least = work + day.minutes[place, origin]
        need = max(need, reserve + (need - reserve) / least * (day.trucks[truck, END] - off - there))
    lasts = max(0, int(np.ceil((min(need, 1.0) - battery) / day.power[k, PER_MINUTE] - CRUMB)))
    return (
        place,
        off,
        off + there,
        off + there + lasts,
        driven,
        driven_all + there,
        min(1.0, battery + lasts * day.power[k, PER_MINUTE]),
    )


@inside
def plugged(
    day: Day, truck: int, node: int, place: int, off: int, stood: int, now: int, leg: int, battery: float
) -> tuple[int, int, float]:
    """Where a truck charges that stands at a node until ``leg``, when it left for it, and its battery then."""
    k = day.trucks[truck, CLASS]
    if place == NONE and leg - stood >= day.trucks[truck, REST] and battery < 1.0 - CRUMB:
        for i in range(day.charger_at[k], day.charger_at[k + 1]):
            if day.chargers[i] == node:
                place, off = node, stood
    if place >= 0:
        battery = min(1.0, battery + (leg - now) * day.power[k, PER_MINUTE])
    return place, off, battery


@compiled
def spent(day: Day, truck: int, node: int, origin: int, destination: int) -> float:
    """Share of the battery for the empty way to a load and the load."""
    power, k = day.power, day.trucks[truck, CLASS]
    return power[k, PER_EMPTY] * day.km[node, origin] + power[k, PER_LADEN] * day.km[origin, destination]


@inside
def note(routes: Routes, truck: int, p: int, place: int, off: int, plug: int, leg: int, battery: float) -> None:
    """Writes down where a truck charges before a position, and its battery after it."""
    charges = routes.charges
    charges[truck, p, PLACE], charges[truck, p, OFF], charges[truck, p, PLUG] = place, off, plug
    charges[truck, p, UNPLUG], charges[truck, p, BATTERY] = leg, battery


@compiled
def measure(day: Day, routes: Routes, truck: int) -> None:
    """Writes down for every position of a truck the places around it and the km of the leg; km and busy minutes."""
    lanes, lane, stops, visits = day.lanes, day.lane, routes.stops, routes.visits
    node, size, km, busy, longest = day.trucks[truck, START], routes.trucks[truck, SIZE], 0.0, 0, 0
    for p in range(size + 1):
        head = day.trucks[truck, HOME]
        if p < size:
            row = lane[visits[truck, p, LOAD]]
            head = lanes[row, ORIGIN]
        stops[truck, p, BEFORE], stops[truck, p, AFTER], stops[truck, p, LASTS] = node, head, day.minutes[node, head]
        routes.legs[truck, p] = day.km[node, head]
        if len(routes.charges) and size and routes.charges[truck, p, PLACE] >= 0:
            place = int(routes.charges[truck, p, PLACE])
            routes.legs[truck, p] = day.km[node, place] + day.km[place, head]
        km += routes.legs[truck, p]
        longest = max(longest, stops[truck, p, LASTS])
        if p < day.trucks[truck, FIXED]:
            busy += visits[truck, p, FREE] - visits[truck, p, LEG]
        else:
            busy += day.minutes[node, head]
            if p < size:
                busy += lanes[row, LOAD_MIN] + lanes[row, LADEN_MIN] + lanes[row, TIP_MIN]
        if p < size:
            node = lanes[row, DESTINATION]
    routes.trucks[truck, BUSY], routes.trucks[truck, LONGEST] = busy, longest
    routes.km[truck] = km
