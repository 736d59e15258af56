"""One day's loads, trucks, gates and bans as the arrays of :class:`optimizer.dispatch.state.Day`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from optimizer.dispatch.batteries import charging_nodes, is_electric, lasts, powers
from optimizer.dispatch.loads import Flow, Load, capacity
from optimizer.dispatch.network import Network, gate_minutes
from optimizer.dispatch.state import NOWHERE, Day, neighbours
from optimizer.scenario import Ban, Floats, Ints, Scenario

MIDNIGHT = 24 * 60
MINUTES = 2 * MIDNIGHT + 1  # a shift that begins at night ends in the next morning
NO_LIMIT = 10**6  # minutes


@dataclass(frozen=True)
class Gates:
    """Gates by number; number 0 loads and 1 tips wherever gates.csv names no gate.

    Attributes:
        number: by (node, load | tip).
        minutes, wash: whole minutes of service and of washing.
        begin, limits: as ``Day.begin`` and ``Day.gates``.
    """

    number: dict[tuple[int, str], int]
    minutes: list[int]
    wash: list[int]
    begin: Ints
    limits: Ints

    def of(self, node: int, what: str) -> int:
        """Number of the gate where ``what`` is done at a place."""
        return self.number.get((node, what), 0 if what == "load" else 1)


def build_gates(scenario: Scenario) -> Gates:
    """The gates, the same on every day."""
    standard = gate_minutes(scenario.driving)
    minutes = [int(np.ceil(standard[what][0])) for what in ("load", "tip")]
    wash = [int(np.ceil(standard[what][1])) for what in ("load", "tip")]
    begin: list[Ints] = [np.arange(MINUTES, dtype=np.int64)] * 2
    limits = [(0, 0), (0, 0)]
    number = {}
    for gate in scenario.gates:
        number[gate.place, gate.what] = len(minutes)
        service = int(np.ceil(gate.minutes))
        headway = int(np.ceil(60 * gate.bays / gate.per_hour - 1e-9))
        minutes.append(service)
        wash.append(int(np.ceil(gate.wash)))
        limits.append((gate.bays, max(service, headway, 1)))
        begin.append(_beginnings(gate.spells, service))
    return Gates(number, minutes, wash, np.vstack(begin), np.array(limits, dtype=np.int64))


def _beginnings(spells: tuple[tuple[int, int], ...], service: int) -> Ints:
    """(T,) first minute from each on at which a service of that length fits into a spell; NOWHERE when none does."""
    begin = np.full(MINUTES, NOWHERE, dtype=np.int64)
    fits = np.zeros(MINUTES, dtype=bool)
    for opens, closes in ((o + shift, c + shift) for o, c in spells for shift in (-MIDNIGHT, 0, MIDNIGHT)):
        fits[max(0, opens) : max(0, min(MINUTES, closes - service + 1))] = True
    following = NOWHERE
    for minute in range(MINUTES - 1, -1, -1):
        following = minute if fits[minute] else following
        begin[minute] = following
    return begin


@dataclass(frozen=True)
class Problem:
    """A day's arrays with what their numbers stand for.

    Attributes:
        date: day of the horizon.
        loads: what each load is.
        nodes: (Q,) node of the network of each node of ``arrays``.
        classes: (M,) truck class and ``ordinal``: (M,) which truck of its class.
        now: minute before which nothing could be decided any more.
        tickets: numbers of tickets by (truck, position), where not the standard ones.
        stay: trucks that broke down and stay where they are.
        slack: minutes that a schedule gives every truck to spare after each load.
    """

    date: int
    loads: list[Load]
    arrays: Day
    nodes: Ints
    classes: Ints
    ordinal: Ints
    now: int = 0
    tickets: Mapping[tuple[int, int], str] = field(default_factory=dict)
    stay: frozenset[int] = frozenset()
    slack: int = 0


def build_problem(
    scenario: Scenario, network: Network, gates: Gates, flows: list[Flow], day: int, loads: list[Load]
) -> Problem:
    """The problem of one day; identical loads of a lane share one lane of the arrays."""
    trucks = scenario.trucks
    charging = charging_nodes(scenario, network)
    visited = {n for load in loads for n in (flows[load.flow].origin, flows[load.flow].destination)}
    used = sorted(visited.union(n for nodes_of in charging for n in nodes_of[1:]))
    nodes = np.array(used + network.depot.tolist(), dtype=np.int64)
    at = {node: i for i, node in enumerate(nodes.tolist())}
    keys = [(load.flow, round(load.t, 6)) for load in loads]
    lanes = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    rows, fits = [], np.zeros((len(trucks.ids), len(lanes)), dtype=bool)
    for (f, t), i in lanes.items():
        flow = flows[f]
        load_gate, tip_gate = gates.of(flow.origin, "load"), gates.of(flow.destination, "tip")
        laden = network.laden[flow.origin, flow.destination]
        rows.append((at[flow.origin], at[flow.destination], load_gate, tip_gate,
                     gates.minutes[load_gate] + gates.wash[load_gate],
                     gates.minutes[tip_gate] + gates.wash[tip_gate], laden))  # fmt: skip
        fits[:, i] = [capacity(scenario, k, flow.material) >= t - 2e-6 for k in range(len(trucks.ids))]
        fits[:, i] &= lasts(scenario, network, flow.origin, flow.destination)
    table = np.array(rows, dtype=np.int64)
    lane = np.array([lanes[key] for key in keys], dtype=np.int64)
    order = np.argsort(lane, kind="stable")
    classes = np.repeat(np.arange(len(trucks.ids)), trucks.count)
    ordinal = np.concatenate([np.arange(count) for count in trucks.count])
    ban_at, bans = _bans(scenario, day, nodes)
    km = network.km[np.ix_(nodes, nodes)]
    power, chargers = powers(scenario), [[at[n] for n in nodes_of] for nodes_of in charging]
    arrays = Day(
        told=np.full((len(loads), 2), -1, dtype=np.int64),
        calm=0.0,
        waits=np.zeros(len(loads)),
        lane=lane,
        weight=np.array([load.t * _priority(scenario, flows[load.flow]) for load in loads]),
        lanes=table,
        fits=fits,
        km=km,
        toward=km.T.copy(),
        minutes=network.empty[np.ix_(nodes, nodes)],
        trucks=_truck_rows(scenario, classes, np.array([at[node] for node in network.depot.tolist()])),
        begin=gates.begin,
        gates=gates.limits,
        limited=bool(gates.limits[:, 0].any()),
        ban_at=ban_at,
        bans=bans,
        near=neighbours(table[:, 0], table[:, 1], km),
        away=km[[at[node] for node in network.depot.tolist()]][:, table[:, 0]].min(axis=0),
        lane_at=np.searchsorted(lane[order], np.arange(len(lanes) + 1)).astype(np.int64),
        lane_loads=order.astype(np.int64),
        power=power,
        charger_at=np.cumsum([0, *map(len, chargers)]).astype(np.int64),
        chargers=np.array([n for few in chargers for n in few], dtype=np.int64),
        refuge=np.array(
            [
                km[:, few].min(axis=1) * row[1] if few else np.zeros(len(km))
                for few, row in zip(chargers, power, strict=True)
            ]
        ),
    )
    return Problem(day, loads, arrays, nodes, classes, ordinal)


def _priority(scenario: Scenario, flow: Flow) -> float:
    if flow.origin < scenario.first_demand:
        return float(scenario.supplies.priority[flow.origin])
    return 1.0


def _truck_rows(scenario: Scenario, classes: Ints, depots: Ints) -> Ints:
    trucks = scenario.trucks
    rows = [
        (k, k, depots[k], depots[k], *trucks.shift[k], min(trucks.driving_max[k], NO_LIMIT), trucks.rest_after[k],
         trucks.rest[k], 0, trucks.shift[k][0], int(is_electric(scenario, k)))
        for k in classes.tolist()
    ]  # fmt: skip
    return np.array(rows, dtype=np.int64)


def touched(scenario: Scenario, ban: Ban, truck: int) -> bool:
    """Whether a ban is about a truck class at all."""
    trucks = scenario.trucks
    older = ban.emission == 0 or 0 < trucks.emission[truck] <= ban.emission
    return older and ban.vehicle in ("", trucks.vehicle[truck])


def _bans(scenario: Scenario, day: int, nodes: Ints) -> tuple[Ints, Ints]:
    """``Day.ban_at`` and ``Day.bans``: every ban hour of yesterday, today and tomorrow, by class and node."""
    streets: list[str] = [*scenario.supplies.street, *scenario.demands.street, *scenario.facilities.street]
    at, rows = [0], []
    for k in range(len(scenario.trucks.ids)):
        about = [ban for ban in scenario.bans if touched(scenario, ban, k)]
        for node in nodes.tolist():
            street = streets[node] if node < len(streets) else ""
            for ban in about:
                if ban.street in ("", street):
                    rows += [
                        (ban.hours[0] + shift * MIDNIGHT, ban.hours[1] + shift * MIDNIGHT)
                        for shift in (-1, 0, 1)
                        if ban.first <= day + shift <= ban.last
                    ]
            at.append(len(rows))
    return np.array(at, dtype=np.int64), np.array(rows, dtype=np.int64).reshape(-1, 2)


def km_laden(problem: Problem) -> Floats:
    """(n,) laden km of each load."""
    lanes = problem.arrays.lanes[problem.arrays.lane]
    return problem.arrays.km[lanes[:, 0], lanes[:, 1]]
