"""What cannot be changed any more at a moment of the day: loads that are done or under way, trucks that are out."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from optimizer.dispatch.days import MIDNIGHT
from optimizer.dispatch.events import BREAKDOWN, CANCELLED, CLOSED, DONE, NEW, RUNNING, WHATS, Event
from optimizer.dispatch.tables import MOMENTS, truck_numbers
from optimizer.scenario import Scenario

START, DEPART, LEAVE = 0, 2, 5
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Ticket:
    """A published ticket of the day.

    Attributes:
        lane: from, to, material, grade.
        truck: number of the truck that was told.
        times: minutes of ``MOMENTS`` from midnight of the day.
        state: ``planned``, ``running`` or ``done``.
        charge: place (a place's id, or ``depot``) where it charges first, minutes of plugging in and unplugging.
    """

    number: str
    lane: tuple[str, str, str, str]
    t: float
    truck: int
    times: tuple[int, ...]
    state: str
    charge: tuple[str, int, int] | None = None


@dataclass
class Facts:
    """The day at ``now``.

    Attributes:
        begun: per truck, the tickets it has begun, in order, with their real times.
        open: tickets that nobody has begun.
        stranded: tickets whose loads stand on trucks that broke down.
        cancelled: tickets that are not wanted any more.
        since: per truck, the minute from which it can do more.
        out: trucks that take no more loads, and the minute since when.
        home: those of ``out`` that went home: when they left and when they came. The others broke down.
        closed: (place, load | tip, from, until) of closed gates.
        new: events of new loads.
    """

    now: int
    begun: dict[int, list[Ticket]] = field(default_factory=lambda: defaultdict(list))
    open: list[Ticket] = field(default_factory=list)
    stranded: list[Ticket] = field(default_factory=list)
    cancelled: list[Ticket] = field(default_factory=list)
    since: dict[int, int] = field(default_factory=dict)
    out: dict[int, int] = field(default_factory=dict)
    home: dict[int, tuple[int, int]] = field(default_factory=dict)
    closed: list[tuple[str, str, int, int]] = field(default_factory=list)
    new: list[Event] = field(default_factory=list)


def minutes_of(moment: str, midnight: dt.datetime) -> int:
    """Minutes of a moment from a midnight."""
    return int((dt.datetime.fromisoformat(moment) - midnight).total_seconds() // 60)


def read_tickets(scenario: Scenario, day: int, trips: Iterable[Record]) -> list[Ticket]:
    """The tickets of a day from rows of trips.csv.

    Raises:
        KeyError: a truck that trucks.csv does not have.
    """
    midnight = dt.datetime.combine(scenario.date(day), dt.time())
    numbers = truck_numbers(scenario)
    return [
        Ticket(row["ticket"], (row["from"], row["to"], row["material"], row["grade"]), float(row["t"]),
               numbers[row["truck"]], tuple(minutes_of(row[name], midnight) for name in MOMENTS), row["state"],
               _charge(row, midnight))
        for row in trips
    ]  # fmt: skip


def _charge(row: Record, midnight: dt.datetime) -> tuple[str, int, int] | None:
    if not row["charge_at"]:
        return None
    return row["charge_at"], minutes_of(row["plug_at"], midnight), minutes_of(row["unplug_at"], midnight)


def settle(
    scenario: Scenario, tickets: list[Ticket], homes: Mapping[int, tuple[int, int]], events: list[Event], now: int
) -> Facts:
    """What has happened by ``now``, what is open.

    Who is not told of did as published; a truck that is late stays late. A ticket counts as begun with its empty leg.

    Args:
        scenario: the scenario.
        tickets: published.
        homes: per truck, the published minutes of leaving for home and of being there.
        events: what is known.
        now: minute of the day.
    """
    facts = Facts(now)
    numbers = truck_numbers(scenario)
    broken = {numbers[e.truck]: e for e in events if e.kind == BREAKDOWN}
    told = {e.ticket: e for e in events if e.kind in (DONE, RUNNING)}
    dropped = {e.ticket for e in events if e.kind == CANCELLED} - told.keys()
    facts.new = [e for e in events if e.kind == NEW]
    facts.closed = [
        (e.place, what, now if e.at is None else e.at, MIDNIGHT if e.until is None else e.until)
        for e in events if e.kind == CLOSED for what in ([e.what] if e.what else WHATS)
    ]  # fmt: skip
    by_truck: dict[int, list[tuple[int, Ticket]]] = defaultdict(list)
    for ticket in tickets:
        if ticket.number in dropped:
            facts.cancelled.append(ticket)
            continue
        event = told.get(ticket.number)
        if event is not None and event.truck:
            other = numbers[event.truck]
            ticket = replace(ticket, truck=other, charge=ticket.charge if other == ticket.truck else None)
        known = [m for m in (event.times if event else ()) if m is not None]
        by_truck[ticket.truck].append((min(known, default=ticket.times[START]), ticket))
    for truck in sorted(set(by_truck) | set(broken)):
        theirs = [ticket for _, ticket in sorted(by_truck[truck], key=lambda pair: pair[0])]
        _settle_truck(facts, truck, theirs, told, broken.get(truck), homes.get(truck))
    return facts


def _settle_truck(
    facts: Facts, truck: int, tickets: list[Ticket], told: Mapping[str, Event], broken: Event | None,
    home: tuple[int, int] | None,
) -> None:  # fmt: skip
    """One truck's tickets in order: begun, open or stranded; and whether it takes more."""
    now, free, still_open = facts.now, 0, False
    stop = None if broken is None else now if broken.at is None else broken.at
    fresh = broken is not None and not broken.earlier
    for ticket in tickets:
        event = told.get(ticket.number)
        times = real_times(ticket.times, event.times if event else (None,) * len(MOMENTS), free)
        if event is None and ticket.state == "planned" and times[START] >= (now if stop is None else stop):
            facts.open.append(ticket)
            still_open = True
            continue
        over = event is not None and event.kind == DONE
        if fresh and stop is not None and times[LEAVE] > stop and not over:
            until = broken.until if broken is not None else None
            if times[DEPART] > stop:
                facts.open.append(ticket)
                continue
            if until is None:
                facts.stranded.append(ticket)
                continue
            times = tuple(m if m <= stop else m + until - stop for m in times)
        state = "done" if over or times[LEAVE] <= now else "running"
        late = times[START] - ticket.times[START]
        charge = ticket.charge and (ticket.charge[0], ticket.charge[1] + late, ticket.charge[2] + late)
        facts.begun[truck].append(replace(ticket, times=times, state=state, charge=charge))
        free = times[LEAVE]
    if stop is not None and (broken is None or broken.until is None):
        facts.out[truck] = max(stop, free)
    elif home is not None and not still_open and max(home[0], free) < now:
        late = max(0, free - home[0])
        facts.out[truck] = home[1] + late
        facts.home[truck] = (home[0] + late, home[1] + late)
    until = broken.until if broken is not None and broken.until is not None else now
    facts.since[truck] = max(now, until)


def real_times(published: tuple[int, ...], told: tuple[int | None, ...], free: int) -> tuple[int, ...]:
    """All moments of a ticket: those told, the others as late as the one before, never out of order.

    Args:
        published: (6,) minutes.
        told: (6,) minutes, None where nobody said.
        free: minute from which the truck can have begun.
    """
    late = max(0, free - published[0]) if told[0] is None else told[0] - published[0]
    times: list[int] = []
    for i, minute in enumerate(published):
        given = told[i]
        ahead = min((m for m in told[i + 1 :] if m is not None), default=None)
        if given is None:
            guess = max(minute + late, times[-1] if times else free)
            given = guess if ahead is None else min(guess, ahead)
        late = given - minute
        times.append(given)
    return tuple(times)
