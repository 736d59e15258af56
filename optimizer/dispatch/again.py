"""The rest of a day anew: from its facts and the tickets that drivers have been told, with as few changes as can be.

The schedule begins as it was published. Trucks that are late, out, or meet a closed gate are moved on from where they
stand; loads that then fit nowhere are put where they cost least. The search is that of a morning, in which each changed
ticket counts as ``calm`` empty km.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from optimizer.dispatch.batteries import DEPOT
from optimizer.dispatch.clock import departure, hold_bays, measure, service, spent, walk
from optimizer.dispatch.days import NO_LIMIT, Gates, Problem, build_problem
from optimizer.dispatch.facts import Facts, Ticket
from optimizer.dispatch.loads import Flow, Load
from optimizer.dispatch.network import Network
from optimizer.dispatch.solve import Budget, DaySchedule, schedule_day
from optimizer.dispatch.state import (
    BACK,
    BACK_HOME,
    BATTERY,
    BEGIN,
    BY,
    CLASS,
    COME,
    DESTINATION,
    DRIVE_MAX,
    ELECTRIC,
    END,
    FIRST,
    FIXED,
    FREE,
    GIVE_BACK,
    GO,
    HOME,
    KEEP,
    KIND,
    LADEN_MIN,
    LEG,
    LOAD,
    LOAD_GATE,
    LOAD_MIN,
    NONE,
    NOWHERE,
    OFF,
    ORIGIN,
    PER_EMPTY,
    PER_MINUTE,
    PLACE,
    PLUG,
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
    empty_routes,
)  # fmt: skip
from optimizer.dispatch.tables import truck_name
from optimizer.dispatch.waits import drive
from optimizer.scenario import Ints, Scenario

LEAST, LARGEST = 0.1, 0.5  # of a changed ticket: what loads that were left count, a small one and the largest
TIMES = [LEG, BEGIN, GO, COME, TIP, FREE]  # columns of Routes.visits that a ticket has


@dataclass(frozen=True)
class Again:
    """One day, dispatched anew.

    Attributes:
        schedule: the whole day, what has happened included.
        kept: published number by (truck, position), of tickets that the same truck still does.
    """

    schedule: DaySchedule
    kept: dict[tuple[int, int], Ticket]


def closed_gates(gates: Gates, places: tuple[str, ...], facts: Facts) -> Gates:
    """The gates of a day on which some are closed for a while; a place without a gate gets one without bays."""
    number, minutes, wash = dict(gates.number), list(gates.minutes), list(gates.wash)
    begin, limits = [row.copy() for row in gates.begin], [tuple(row) for row in gates.limits.tolist()]
    for place, what, first, last in facts.closed:
        key = (places.index(place), what)
        old = gates.of(*key)
        if key not in number:
            number[key] = len(minutes)
            minutes.append(minutes[old])
            wash.append(wash[old])
            begin.append(begin[old].copy())
            limits.append(limits[old])
        row = begin[number[key]]
        row[max(0, first - minutes[old] + 1) : last] = NOWHERE
        following = NOWHERE
        for minute in range(len(row) - 1, -1, -1):
            following = minute if row[minute] == minute else following
            row[minute] = following
    return Gates(number, minutes, wash, np.vstack(begin), np.array(limits, dtype=np.int64))


def dispatch_again(
    scenario: Scenario,
    network: Network,
    gates: Gates,
    flows: list[Flow],
    day: int,
    facts: Facts,
    others: list[tuple[Load, Ticket | None]],
    left: list[Load],
    taken: Ints,
    budget: Budget,
    until: float | None,
    calm: float,
    used: set[str],
) -> Again:
    """Schedules what is open.

    Args:
        scenario: the scenario.
        network: its legs.
        gates: of this day.
        flows: lanes; the loads' ``flow`` counts in them.
        day: of the horizon.
        facts: what has happened.
        others: open loads, with the ticket that was told for each, if any.
        left: loads that had no truck before. They go behind what drivers have been told, which is not changed for them,
            unless changes count nothing.
        taken: (G, T) bays taken by trucks of other days.
        budget: of the search.
        until: moment at which it stops.
        calm: empty km that a changed ticket counts.
        used: numbers of tickets that may not be given again; grows.
    """
    lane_of = {flow_key(scenario, flow): i for i, flow in enumerate(flows)}
    begun = [(truck, ticket) for truck in sorted(facts.begun) for ticket in facts.begun[truck]]
    loads = [Load(lane_of[ticket.lane], day, ticket.t, part=False) for _, ticket in begun]
    problem = build_problem(scenario, network, gates, flows, day, [*loads, *(load for load, _ in others), *left])
    told, waits = problem.arrays.told, problem.arrays.waits
    if left:
        t = problem.arrays.weight[-len(left) :]
        waits[-len(left) :] = calm * (LEAST + (LARGEST - LEAST) * t / t.max())
    for i, (_, ticket) in enumerate(others, start=len(begun)):
        if ticket is not None and ticket.truck not in facts.out:
            told[i, BY], told[i, WHEN] = ticket.truck, ticket.times[1]
    problem = replace(problem, arrays=problem.arrays._replace(calm=calm), now=facts.now,
                      stay=frozenset(facts.out) - frozenset(facts.home))  # fmt: skip
    routes = _begin(scenario, network, problem, facts, begun, others, taken)
    schedule = schedule_day(problem, taken, budget, until, routes)
    open_ = [ticket for _, ticket in others if ticket is not None]
    return _named(scenario, schedule, flows, begun, open_, used)


def flow_key(scenario: Scenario, flow: Flow) -> tuple[str, str, str, str]:
    """from, to, material, grade as trips.csv writes them."""
    material, grade = scenario.commodity_name(flow.commodity)
    return scenario.place_ids[flow.origin], scenario.place_ids[flow.destination], material, grade


def _begin(
    scenario: Scenario, network: Network, problem: Problem, facts: Facts, begun: list[tuple[int, Ticket]],
    others: list[tuple[Load, Ticket | None]], taken: Ints,
) -> Routes:  # fmt: skip
    """The schedule as published, facts first; what of it can no longer be done is left out."""
    day = problem.arrays
    plans: dict[int, list[tuple[int, Ticket]]] = defaultdict(list)
    for i, (_, ticket) in enumerate(others, start=len(begun)):
        if ticket is not None and day.told[i, BY] >= 0:
            plans[ticket.truck].append((i, ticket))
    longest = [len(facts.begun.get(t, ())) + len(plans.get(t, ())) for t in range(len(day.trucks))]
    plain = empty_routes(day, taken)
    routes = empty_routes(day, taken, longest=max(plain.visits.shape[1], *longest) + 1)
    position: dict[int, int] = defaultdict(int)
    for i, (truck, ticket) in enumerate(begun):
        _write(routes, truck, position[truck], i, ticket)
        if ticket.charge is not None and day.trucks[truck, ELECTRIC]:
            _write_charge(scenario, network, problem, routes, truck, position[truck], ticket)
        position[truck] += 1
    for truck in range(len(day.trucks)):
        _fix(day, routes, truck, position[truck], facts)
    hopes = {truck: sorted(rows, key=lambda row: row[1].times) for truck, rows in plans.items()}
    for truck, rows in hopes.items():  # bays as published first, so that nobody takes another's
        for i, ticket in rows:
            _write(routes, truck, routes.trucks[truck, SIZE], i, ticket)
        hold_bays(day, routes, truck, day.trucks[truck, FIXED], routes.trucks[truck, SIZE], TAKE)
    for truck, rows in hopes.items():
        _follow(day, routes, truck, rows)
    return routes


def _write(routes: Routes, truck: int, p: int, load: int, ticket: Ticket) -> None:
    """Puts a ticket with its times at a position of a truck."""
    visit = routes.visits[truck, p]
    visit[LOAD] = load
    visit[TIMES] = ticket.times
    routes.truck[load] = truck
    routes.trucks[truck, SIZE] = p + 1


def _write_charge(
    scenario: Scenario, network: Network, problem: Problem, routes: Routes, truck: int, p: int, ticket: Ticket
) -> None:
    """Where a truck has charged before a visit that is a fact; it leaves for the load from there."""
    assert ticket.charge is not None
    place, plug, unplug = ticket.charge
    depot = int(network.depot[problem.classes[truck]])
    node = depot if place == DEPOT else scenario.place_ids.index(place)
    at = np.flatnonzero(problem.nodes == node)
    if len(at):
        routes.charges[truck, p, [PLACE, OFF, PLUG, UNPLUG]] = at[0], ticket.times[0], plug, unplug
        routes.visits[truck, p, LEG] = unplug


def _discharge(day: Day, routes: Routes, truck: int, done: int) -> None:
    """Writes down the battery after each visit that is a fact, and at home if it went there now."""
    row, node, battery = day.trucks[truck], day.trucks[truck, START], 1.0
    power = day.power[row[CLASS]]
    routes.charges[truck, done, PLACE] = -1
    for p in range(done + 1):
        place, _, plug, unplug, _ = routes.charges[truck, p]
        if place >= 0:
            battery = max(0.0, battery - power[PER_EMPTY] * day.km[node, int(place)])
            battery, node = min(1.0, battery + (unplug - plug) * power[PER_MINUTE]), int(place)
        lane = day.lanes[day.lane[routes.visits[truck, p, LOAD]]] if p < done else None
        ends = (row[HOME], row[HOME]) if lane is None else (lane[ORIGIN], lane[DESTINATION])
        battery = max(0.0, battery - spent(day, truck, node, *ends))
        routes.charges[truck, p, BATTERY], node = battery, ends[1]


def _fix(day: Day, routes: Routes, truck: int, done: int, facts: Facts) -> None:
    """Makes the first visits of a truck facts, and says from when on and whether it does more."""
    row = day.trucks[truck]
    row[FIXED], row[SINCE] = done, max(row[SINCE], facts.since.get(truck, facts.now))
    if done or truck in facts.out or truck in facts.since:
        row[KIND] = len(day.trucks) + truck  # like no other
    drive(day, truck, routes.visits[truck, :done], None, routes.charges[truck, :done] if row[ELECTRIC] else None)
    if row[ELECTRIC]:
        _discharge(day, routes, truck, done)
    hold_bays(day, routes, truck, FIRST, done, TAKE)
    if truck in facts.out:
        row[END] = NOWHERE
        if truck not in facts.home:
            last = routes.visits[truck, done - 1, LOAD] if done else NOWHERE
            row[HOME] = day.lanes[day.lane[last], DESTINATION] if done else row[START]
        if row[ELECTRIC]:
            _discharge(day, routes, truck, done)
        routes.trucks[truck, BACK], routes.trucks[truck, BACK_HOME] = facts.home.get(truck, (facts.out[truck],) * 2)
    elif done:
        _allow_home(day, routes, truck)
    measure(day, routes, truck)


def _allow_home(day: Day, routes: Routes, truck: int) -> None:
    """The way home. Who cannot be there in time, or on its battery, any more goes home as it can, and does no more."""
    row, done = day.trucks[truck], day.trucks[truck, FIXED]
    if walk(day, routes, truck, done, NONE, KEEP):
        return
    most = row[DRIVE_MAX]
    row[END], row[DRIVE_MAX], row[ELECTRIC] = day.begin.shape[1], NO_LIMIT, 0
    walk(day, routes, truck, done, NONE, KEEP)
    row[END], row[DRIVE_MAX] = NOWHERE, most


def _follow(day: Day, routes: Routes, truck: int, rows: list[tuple[int, Ticket]]) -> None:
    """A truck's open tickets: at the minutes told where that still can be, else as early as can be, else left out."""
    fixed, size = day.trucks[truck, FIXED], routes.trucks[truck, SIZE]
    visits = routes.visits[truck]
    hold_bays(day, routes, truck, fixed, size, GIVE_BACK)
    if _still_holds(day, routes, truck, visits[fixed:size]) and walk(day, routes, truck, size, NONE, KEEP):
        hold_bays(day, routes, truck, fixed, size, TAKE)
    elif not walk(day, routes, truck, fixed, NONE, KEEP):
        visits[fixed:size, LOAD] = NOWHERE
        routes.trucks[truck, SIZE] = fixed
        for load, _ in rows:
            p = routes.trucks[truck, SIZE]
            visits[p, LOAD], routes.trucks[truck, SIZE] = load, p + 1
            if not walk(day, routes, truck, p, NONE, KEEP):
                visits[p, LOAD], routes.trucks[truck, SIZE], routes.truck[load] = NOWHERE, p, NOWHERE
                walk(day, routes, truck, p, NONE, KEEP)
    measure(day, routes, truck)


def _still_holds(day: Day, routes: Routes, truck: int, told: Ints) -> bool:
    """Whether the times told can be kept: none is earlier than it can be, gates, bans and rests allow each.

    Args:
        told: the truck's open visits with the times told; their driving is written down.
    """
    if day.trucks[truck, ELECTRIC]:  # how long it must charge depends on all before
        return False
    fixed, row = day.trucks[truck, FIXED], day.trucks[truck, CLASS] * len(day.km)
    before = routes.visits[truck, fixed - 1] if fixed else None
    node = day.trucks[truck, START] if before is None else day.lanes[day.lane[before[LOAD]], DESTINATION]
    free = max(int(day.trucks[truck, SINCE]), 0 if before is None else int(before[FREE]))
    if not drive(day, truck, told, before):
        return False
    for visit in told:
        lane = day.lanes[day.lane[visit[LOAD]]]
        origin, destination, empty = lane[ORIGIN], lane[DESTINATION], day.minutes[node, lane[ORIGIN]]
        gates = (lane[LOAD_GATE], visit[BEGIN]), (lane[TIP_GATE], visit[TIP])
        legs = (node, origin, visit[LEG], empty), (origin, destination, visit[GO], lane[LADEN_MIN])
        if (
            visit[LEG] < free
            or visit[LEG] + empty > visit[BEGIN]
            or visit[BEGIN] + lane[LOAD_MIN] > visit[GO]
            or visit[GO] + lane[LADEN_MIN] != visit[COME]
            or visit[COME] > visit[TIP]
            or visit[TIP] + lane[TIP_MIN] != visit[FREE]
            or any(service(day.begin, day.gates, routes.taken, gate, at) != at for gate, at in gates)
            or any(departure(day.bans, day.ban_at, row + a, row + b, at, m) != at for a, b, at, m in legs)
        ):
            return False
        node, free = destination, visit[FREE]
    return True


def _named(
    scenario: Scenario, schedule: DaySchedule, flows: list[Flow], begun: list[tuple[int, Ticket]], open_: list[Ticket],
    used: set[str],
) -> Again:  # fmt: skip
    """Numbers of tickets: a load keeps its number while the same truck takes one like it, the nearest in time first.

    Loads of a lane that weigh the same are the same load: who takes which of them is no change.
    """
    problem, routes = schedule.problem, schedule.routes
    numbers: dict[tuple[int, int], str] = {}
    kept: dict[tuple[int, int], Ticket] = {}
    at: dict[int, int] = defaultdict(int)
    for truck, ticket in begun:
        numbers[truck, at[truck]] = ticket.number
        at[truck] += 1
    told: dict[tuple[object, ...], list[Ticket]] = defaultdict(list)
    for ticket in open_:
        told[ticket.truck, ticket.lane, round(ticket.t, 6)].append(ticket)
    rows = [(truck, p) for truck in range(len(routes.trucks))
            for p in range(problem.arrays.trucks[truck, FIXED], routes.trucks[truck, SIZE])]  # fmt: skip
    pairs: list[tuple[int, int, int, str, Ticket]] = []
    for truck, p in rows:
        load, begin = problem.loads[routes.visits[truck, p, LOAD]], int(routes.visits[truck, p, BEGIN])
        same = told[truck, flow_key(scenario, flows[load.flow]), round(load.t, 6)]
        pairs += [(abs(begin - ticket.times[1]), truck, p, ticket.number, ticket) for ticket in same]
    matched = set()
    for _, truck, p, number, ticket in sorted(pairs, key=lambda pair: pair[:4]):
        if number not in matched and (truck, p) not in kept:
            matched.add(number)
            kept[truck, p], numbers[truck, p] = ticket, number
    for truck, p in rows:
        if (truck, p) not in kept:
            name = truck_name(scenario, int(problem.classes[truck]), int(problem.ordinal[truck]))
            head = f"{scenario.date(problem.date):%Y%m%d}-{name}"
            numbers[truck, p] = next(n for i in count(1) if (n := f"{head}-{i:02d}") not in used)
            used.add(numbers[truck, p])
    return Again(replace(schedule, problem=replace(problem, tickets=numbers)), kept)
