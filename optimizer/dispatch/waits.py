"""Where trucks wait, and whether drivers rest: rather where they stand than in a queue.

The search lets everything begin as early as it can, so a truck may stand before a gate long before it opens. When it is
done, tipping keeps its minute and what comes before it is moved later: the laden leg, loading as far as a bay is free
then, and the empty leg. Rests and bans hold on, and who has been told when to load is kept to that.
"""

from __future__ import annotations

from optimizer.dispatch.clock import departure, hold, service
from optimizer.dispatch.state import (
    BACK,
    BEGIN,
    BY,
    CLASS,
    COME,
    DESTINATION,
    DRIVEN,
    DRIVEN_ALL,
    ELECTRIC,
    FIXED,
    FREE,
    GIVE_BACK,
    GO,
    HOME,
    LADEN_MIN,
    LEG,
    LOAD,
    LOAD_GATE,
    LOAD_MIN,
    OFF,
    ORIGIN,
    PLACE,
    PLUG,
    PUNCTUAL,
    REST,
    REST_AFTER,
    SINCE,
    SIZE,
    START,
    TAKE,
    TIP,
    UNPLUG,
    WHEN,
    Day,
    Routes,
)  # fmt: skip
from optimizer.scenario import Floats, Ints


def leave_late(day: Day, routes: Routes) -> None:
    """Moves laden legs, loading and empty legs of a schedule as late as what follows allows; nothing else changes.

    A truck that charges before a load leaves the charger and loads when it did.
    """
    sizes = routes.trucks[:, SIZE]
    open_ = [(truck, p) for truck, row in enumerate(day.trucks) for p in range(row[FIXED], sizes[truck])]
    moved = {visit: _laden_leg_late(day, routes, *visit) for visit in open_}
    open_ = [(truck, p) for truck, p in open_ if not day.trucks[truck, ELECTRIC] or routes.charges[truck, p, PLACE] < 0]
    for visit in sorted(open_, key=lambda visit: -routes.visits[visit][BEGIN]):  # the last of a bay first
        _load_late(day, routes, *visit, moved[visit])
    for truck, p in open_:
        _empty_leg_late(day, routes, truck, p)


def _laden_leg_late(day: Day, routes: Routes, truck: int, p: int) -> int:
    """A laden truck comes when it is tipped; by how many minutes it leaves later."""
    visit = routes.visits[truck, p]
    lane = day.lanes[day.lane[visit[LOAD]]]
    leg = lane[[ORIGIN, DESTINATION, LADEN_MIN]]
    return _leg_late(day, routes, truck, p, [GO, COME], leg, visit[TIP])


def _load_late(day: Day, routes: Routes, truck: int, p: int, latest: int) -> None:
    """Loading is later by ``latest`` minutes, or as gate, bays and what its driver has been told let it."""
    visit = routes.visits[truck, p]
    lane, told = day.lanes[day.lane[visit[LOAD]]], day.told[visit[LOAD]]
    gate, wait = lane[LOAD_GATE], visit[GO] - visit[BEGIN] - lane[LOAD_MIN]
    if told[BY] == truck:
        latest = min(latest, told[WHEN] + PUNCTUAL - visit[BEGIN])
    hold(day.gates, routes.taken, gate, visit[BEGIN], GIVE_BACK)
    for later in range(latest, 0, -1):
        begin = visit[BEGIN] + later
        if service(day.begin, day.gates, routes.taken, gate, begin) == begin and _moved(
            day, routes, truck, p, [BEGIN], later, wait
        ):
            break
    hold(day.gates, routes.taken, gate, visit[BEGIN], TAKE)


def _empty_leg_late(day: Day, routes: Routes, truck: int, p: int) -> None:
    """An empty truck comes when loading begins."""
    _leg_late(day, routes, truck, p, [LEG], routes.stops[truck, p], routes.visits[truck, p, BEGIN])


def _leg_late(day: Day, routes: Routes, truck: int, p: int, moments: list[int], leg: Ints, until: int) -> int:
    """A leg ends at ``until``, or as late as bans and rests let it; by how many minutes it is later.

    Args:
        moments: of the leg, the first when it begins.
        leg: where it begins and ends, and its minutes.
    """
    tail, head, minutes = leg.tolist()
    row, begins = int(day.trucks[truck, CLASS]) * len(day.km), int(routes.visits[truck, p, moments[0]])
    wait = int(until) - begins - minutes
    for later in range(wait, 0, -1):
        at = begins + later
        if departure(day.bans, day.ban_at, row + tail, row + head, at, minutes) == at and _moved(
            day, routes, truck, p, moments, later, wait
        ):
            return later
    return 0


def _moved(day: Day, routes: Routes, truck: int, p: int, moments: list[int], later: int, wait: int) -> bool:
    """Moves moments of a visit into the wait that follows them, unless the driver then lacks a rest."""
    row, visits = day.trucks[truck], routes.visits[truck, : routes.trucks[truck, SIZE]]
    visits[p, moments] += later
    if wait < row[REST]:  # it was none
        return True
    first = row[FIXED]
    before, charges = visits[first - 1] if first else None, routes.charges[truck, first:] if row[ELECTRIC] else None
    if drive(day, truck, visits[first:], before, charges, routes.trucks[truck, BACK]):
        return True
    visits[p, moments] -= later
    drive(day, truck, visits[first:], before, charges)
    return False


def drive(
    day: Day, truck: int, visits: Ints, before: Ints | None, charges: Floats | None = None, back: int | None = None
) -> bool:
    """Writes down the minutes of driving by the end of each visit; False when a rest is missing.

    Every wait that is as long as a rest is one.

    Args:
        before: the visit before the first of ``visits``.
        charges: where the truck charges before each and on the way home, if it has a battery.
        back: when it leaves for home, if that leg counts too.
    """
    row = day.trucks[truck]
    node, free, driven, whole = row[START], row[SINCE], 0, 0
    if before is not None:
        node, free = day.lanes[day.lane[before[LOAD]], DESTINATION], before[FREE]
        driven, whole = int(before[DRIVEN]), int(before[DRIVEN_ALL])
    rested = True
    for p in range(len(visits) + (back is not None)):
        stages: tuple[tuple[int, int], ...] = ()
        if charges is not None and charges[p, PLACE] >= 0:
            place, off, plug, unplug = (int(charges[p, column]) for column in (PLACE, OFF, PLUG, UNPLUG))
            stages = ((off - free, int(day.minutes[node, place])), (unplug - plug, 0))
            node, free = place, unplug
        if p == len(visits):
            stages += ((back - free, int(day.minutes[node, row[HOME]])),)
        else:
            visit = visits[p]
            lane = day.lanes[day.lane[visit[LOAD]]]
            empty, laden = int(day.minutes[node, lane[ORIGIN]]), int(lane[LADEN_MIN])
            stages += (
                (visit[LEG] - free, empty),
                (visit[BEGIN] - visit[LEG] - empty, 0),
                (visit[GO] - visit[BEGIN] - lane[LOAD_MIN], laden),
                (visit[TIP] - visit[GO] - laden, 0),
            )
            node, free = lane[DESTINATION], visit[FREE]
        for wait, minutes in stages:
            driven, whole = (0 if wait >= row[REST] else driven) + minutes, whole + minutes
            rested = rested and driven <= row[REST_AFTER]
        if p < len(visits):
            visits[p, [DRIVEN, DRIVEN_ALL]] = driven, whole
    return rested
