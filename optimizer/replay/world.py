"""The district as a discrete-event simulation: trucks are processes, gates with bays are resources (SimPy).

Everybody keeps to the tickets: no leg and no service begins before the ticket says so, and of trucks that wait at a
gate the one with the earliest ticket goes first. What takes longer than planned moves all that comes after, as far as
the slack of the schedule does not take it up. The rules hold on late days too: a driver rests when the next leg would
exceed the driving allowed without a rest, waits while a ban holds, and a gate serves only within its hours. A truck
that cannot be served before its shift ends is turned away: empty, it goes on to its next ticket; laden, it goes home.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

import numpy as np
import simpy

from optimizer.dispatch.network import Network, gate_minutes
from optimizer.replay.chance import EMPTY_LEG, LADEN_LEG, LOAD, TIP, WASH, Luck
from optimizer.replay.tickets import ARRIVE, DEPART, LEAVE, MIDNIGHT, START, Charge, Schedule, TruckDay
from optimizer.replay.tickets import LOAD as LOAD_AT
from optimizer.replay.tickets import TIP as TIP_AT
from optimizer.scenario import Floats, Gate, Scenario

Steps = Generator[simpy.Event, Any, None]
Moment = Generator[simpy.Event, Any, float]


class Outcome(NamedTuple):
    """What happened: (n, 6) minutes of each ticket, nan where it was not reached; (n, 2) minutes of queueing at the
    loading and the tipping place, from arrival or, for who is early, from the planned arrival; (truck days,) home."""

    at: Floats
    queue: Floats
    home: Floats


class _Hours:
    """When a gate may begin a service, and what one takes."""

    def __init__(self, scenario: Scenario, what: str, gate: Gate | None):
        service, wash = gate_minutes(scenario.driving)[what] if gate is None else (gate.minutes, gate.wash)
        self.service, self.wash = math.ceil(service), math.ceil(wash)
        self.bays = 0 if gate is None else gate.bays
        headway = 0 if gate is None else math.ceil(60 * gate.bays / gate.per_hour - 1e-9)
        self.headway = max(1, headway)
        self._spells = () if gate is None else gate.spells

    def begins(self, now: float) -> float:
        """First minute from now on from which a service fits into the hours."""
        if not self._spells:
            return now
        midnight = math.floor(now / MIDNIGHT) * MIDNIGHT
        starts = (
            max(now, opens + midnight + shift)
            for opens, closes in self._spells
            for shift in (-MIDNIGHT, 0, MIDNIGHT)
            if closes + midnight + shift - self.service >= max(now, opens + midnight + shift)
        )
        return min(starts, default=math.inf)


class World:
    """Everything about the district that does not change from one replication to the next."""

    def __init__(self, scenario: Scenario, network: Network, schedule: Schedule):
        self.scenario, self.network, self.schedule = scenario, network, schedule
        known = {(gate.place, gate.what): gate for gate in scenario.gates}
        ends = ((schedule.origin, "load"), (schedule.destination, "tip"))
        keys = {(node, what) for nodes, what in ends for node in nodes.tolist()}
        self.hours = {key: _Hours(scenario, key[1], known.get(key)) for key in keys}
        self._streets: list[str] = [*scenario.supplies.street, *scenario.demands.street, *scenario.facilities.street]
        self._bans: dict[tuple[int, str, str], list[tuple[int, int]]] = {}

    def run(self, luck: Luck | None) -> Outcome:
        """One replication; without luck everything takes exactly the minutes of the schedule."""
        return _Run(self, luck).outcome()

    def departure(self, truck_class: int, a: int, b: int, at: float, minutes: float) -> float:
        """First minute from ``at`` on at which a leg of so many minutes meets no ban at either end."""
        if minutes == 0:
            return at
        moved = True
        while moved:
            moved = False
            for begin, end in self._held(truck_class, self._street(a), self._street(b)):
                if at < end and at + minutes > begin:
                    at, moved = float(end), True
        return at

    def _street(self, node: int) -> str:
        return self._streets[node] if node < len(self._streets) else ""

    def _held(self, truck_class: int, a: str, b: str) -> list[tuple[int, int]]:
        """Minutes from and to of every ban that touches a class between two streets."""
        key = (truck_class, a, b)
        if key not in self._bans:
            trucks = self.scenario.trucks
            self._bans[key] = [
                (day * MIDNIGHT + ban.hours[0], day * MIDNIGHT + ban.hours[1])
                for ban in self.scenario.bans
                if ban.vehicle in ("", trucks.vehicle[truck_class])
                and (ban.emission == 0 or 0 < trucks.emission[truck_class] <= ban.emission)
                and ban.street in ("", a, b)
                for day in range(ban.first, ban.last + 1)
            ]
        return self._bans[key]


class _Run:
    """One replication."""

    def __init__(self, world: World, luck: Luck | None):
        self.world, self.luck = world, luck
        schedule = world.schedule
        self.env = simpy.Environment()
        self.bays = {key: simpy.PriorityResource(self.env, gate.bays) for key, gate in world.hours.items() if gate.bays}
        self.at = np.full(schedule.at.shape, np.nan)
        self.queue = np.full((len(schedule.at), 2), np.nan)
        self.home = np.full(len(schedule.days), np.nan)

    def outcome(self) -> Outcome:
        """Lets every truck drive all its days."""
        by_truck: dict[str, list[int]] = {}
        for i, day in enumerate(self.world.schedule.days):
            by_truck.setdefault(day.truck, []).append(i)
        for numbers in by_truck.values():
            self.env.process(self._truck(numbers))
        self.env.run()
        return Outcome(self.at, self.queue, self.home)

    def _truck(self, numbers: list[int]) -> Steps:
        for number in numbers:
            yield from _Shift(self, number).drive()

    def factor(self, ticket: int, what: int) -> float:
        """Luck of a ticket."""
        return 1.0 if self.luck is None else float(self.luck.ticket[ticket, what])

    def wait(self, until: float) -> Steps:
        """Lets time pass, if there is any to pass."""
        if until > self.env.now:
            yield self.env.timeout(until - self.env.now)


class _Shift:
    """One truck on one day."""

    def __init__(self, run: _Run, number: int):
        self.run, self.number, self.world, self.env = run, number, run.world, run.env
        self.day: TruckDay = self.world.schedule.days[number]
        trucks = self.world.scenario.trucks
        self.rest, self.rest_after = trucks.rest[self.day.truck_class], trucks.rest_after[self.day.truck_class]
        self.node = int(self.world.network.depot[self.day.truck_class])
        self.driven = 0.0  # minutes since the last rest

    def drive(self) -> Steps:
        """The whole shift; the truck stands in its depot at the end."""
        network, schedule = self.world.network, self.world.schedule
        depot = self.node
        for ticket in self.day.tickets:
            origin, destination = int(schedule.origin[ticket]), int(schedule.destination[ticket])
            at, plan = self.run.at[ticket], schedule.at[ticket]
            if schedule.facts[ticket]:
                yield from self._relive(ticket)
                continue
            factor, charge = self.run.factor(ticket, EMPTY_LEG), schedule.charges[ticket]
            leaves = plan[START]
            if charge is not None:
                at[START] = yield from self._charge(charge, leaves, factor)
                leaves = charge.unplug
            empty, laden = int(network.empty[self.node, origin]), int(network.laden[origin, destination])
            left = yield from self._leg(origin, leaves, empty, factor)
            at[START] = left if charge is None else at[START]
            due = leaves + empty
            begun = yield from self._serve(ticket, "load", due, plan[LOAD_AT], self.run.factor(ticket, LOAD))
            if begun == math.inf:
                continue
            at[LOAD_AT] = begun
            at[DEPART] = yield from self._leg(destination, plan[DEPART], laden, self.run.factor(ticket, LADEN_LEG))
            at[ARRIVE] = self.env.now
            begun = yield from self._serve(ticket, "tip", plan[ARRIVE], plan[TIP_AT], self.run.factor(ticket, TIP))
            if begun == math.inf:
                break
            at[TIP_AT], at[LEAVE] = begun, self.env.now
        if self.day.stays:
            yield from self.run.wait(self.day.home)
            self.run.home[self.number] = self.day.home
            return
        luck, back = self.run.luck, self.day.back
        home = 1.0 if luck is None else float(luck.home[self.number])
        if self.day.charge is not None:
            yield from self._charge(self.day.charge, back, home)
            back = self.day.charge.unplug
        yield from self._leg(depot, back, int(network.empty[self.node, depot]), home)
        self.run.home[self.number] = self.env.now

    def _charge(self, charge: Charge, earliest: float, factor: float) -> Moment:
        """Goes to charge, for as long as planned and not shorter; returns when it left for it."""
        minutes = int(self.world.network.empty[self.node, charge.node])
        left = yield from self._leg(charge.node, earliest, minutes, factor)
        plugged = self.env.now
        yield from self.run.wait(max(charge.unplug, plugged + charge.unplug - charge.plug))
        if self.env.now - plugged >= self.rest:
            self.driven = 0.0
        return left

    def _relive(self, ticket: int) -> Steps:
        """A ticket that is done or under way, at its own minutes; nobody else has to wait for it at a gate."""
        network, schedule = self.world.network, self.world.schedule
        origin, destination = int(schedule.origin[ticket]), int(schedule.destination[ticket])
        plan, stood, leaves = schedule.at[ticket], self.env.now, schedule.at[ticket, START]
        gate, charge = self.world.hours[origin, "load"], schedule.charges[ticket]
        first: tuple[tuple[float, int], ...] = ()
        if charge is not None:
            first = ((leaves - stood, int(network.empty[self.node, charge.node])), (charge.unplug - charge.plug, 0))
            self.node, stood, leaves = charge.node, charge.unplug, charge.unplug
        empty, laden = int(network.empty[self.node, origin]), int(network.laden[origin, destination])
        stages = (
            *first,
            (leaves - stood, empty),
            (plan[LOAD_AT] - leaves - empty, 0),
            (plan[DEPART] - plan[LOAD_AT] - gate.service - gate.wash, laden),
            (plan[TIP_AT] - plan[DEPART] - laden, 0),
        )
        for wait, minutes in stages:
            self.driven = (0.0 if wait >= self.rest else self.driven) + minutes
        self.run.at[ticket] = plan
        self.node = destination
        yield from self.run.wait(plan[LEAVE])

    def _leg(self, to: int, earliest: float, minutes: int, factor: float) -> Moment:
        """Rests when it must, waits for ticket and bans, drives; returns when it left."""
        stood = self.env.now
        ready = stood + self.rest if self.driven + minutes > self.rest_after else stood
        start = self.world.departure(self.day.truck_class, self.node, to, max(ready, earliest), minutes)
        if start - stood >= self.rest:
            self.driven = 0.0
        yield from self.run.wait(start)
        luck = self.run.luck
        took = minutes * factor * (1.0 if luck is None else float(luck.traffic[self.day.day]))
        self.driven += took
        self.node = to
        yield from self.run.wait(start + took)
        return start

    def _serve(self, ticket: int, what: str, due: float, earliest: float, factor: float) -> Moment:
        """Waits for ticket, bay and hours, is served and washed; returns when service began, inf when turned away."""
        gate, bays = self.world.hours[self.node, what], self.run.bays.get((self.node, what))
        came = self.env.now
        yield from self.run.wait(earliest)
        request = None if bays is None else bays.request(priority=int(earliest))
        if request is not None:
            yield request
        begin = gate.begins(self.env.now)
        if begin > self.day.shift_end:
            if bays is not None and request is not None:
                bays.release(request)
            return math.inf
        yield from self.run.wait(begin)
        self.run.queue[ticket, 0 if what == "load" else 1] = begin - max(came, due)
        if begin - came >= self.rest:
            self.driven = 0.0
        took = gate.service * factor
        if bays is not None and request is not None:
            free = self.env.timeout(max(took, gate.headway))
            free.callbacks.append(_releases(bays, request))
        yield from self.run.wait(begin + took)
        yield from self.run.wait(self.env.now + gate.wash * self.run.factor(ticket, WASH))
        return begin


def _releases(bays: simpy.PriorityResource, request: Any) -> Callable[[simpy.Event], None]:
    def release(_: simpy.Event) -> None:
        bays.release(request)

    return release
