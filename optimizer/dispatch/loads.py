"""From t per lane and day to whole truckloads.

A lane is (from, to, material, grade). A load is what a truck holds: payload or body, whichever binds.
Which size of truck takes how much of a lane's day is a small linear program: fewest truck minutes within the hours the
fleet has. Then, for each lane and size, whole loads are counted off the running total; what is left over is carried to
the lane's next day, when the limits of both ends have room for it on that day, and goes as a part load when not or on
the lane's last day. Every lane's loads add up to the plan's t exactly.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from optimizer.dispatch.batteries import battery_of_load, is_electric, lasts
from optimizer.dispatch.network import Network
from optimizer.errors import Fault, InputError
from optimizer.scenario import GRADES, UNITS, Bools, Floats, Scenario
from optimizer.tables import Table

CRUMB = 1e-6  # t: a gram is no load
FULL = 1e-9  # relative: a load that lacks less is full
USABLE = 0.85  # share of a shift that a cycle out and back is taken to fill when sizes are chosen


@dataclass(frozen=True)
class Flow:
    """One lane: nodes, commodity, and the plan's t by day."""

    origin: int
    destination: int
    commodity: int
    t: dict[int, float]

    @property
    def material(self) -> int:
        """Index of the material."""
        return self.commodity // GRADES


@dataclass(frozen=True)
class Load:
    """One truckload: its lane, its day, its t, and whether it is less than the truck it was cut for holds."""

    flow: int
    day: int
    t: float
    part: bool


def read_flows(scenario: Scenario, table: Table) -> list[Flow]:
    """The lanes of a plan's ``flows.csv``, in order of first appearance."""
    places = {name: i for i, name in enumerate(scenario.place_ids)}
    grades = {"1": 0, "2": 1, "x": 2}
    found: dict[tuple[int, int, int], Flow] = {}
    for row in table.records():
        commodity = scenario.materials.index[row["material"]] * GRADES + grades[row["grade"]]
        key = (places[row["from"]], places[row["to"]], commodity)
        day = (dt.date.fromisoformat(row["date"]) - scenario.start).days
        flow = found.setdefault(key, Flow(*key, {}))
        flow.t[day] = flow.t.get(day, 0.0) + float(row["t"])
    return list(found.values())


def capacity(scenario: Scenario, truck: int, material: int) -> float:
    """t of a material that one truck of a class holds; 0 when it may not carry it."""
    trucks = scenario.trucks
    if material not in trucks.carries[truck]:
        return 0.0
    loose = float(scenario.materials.density[material, UNITS.index("m3_loose")])
    return min(trucks.payload[truck], np.inf if np.isnan(loose) else trucks.body[truck] * loose)


def cut_loads(scenario: Scenario, network: Network, flows: list[Flow]) -> list[Load]:
    """Whole truckloads of every lane.

    Raises:
        InputError: materials that no truck may carry; lanes that no truck can drive.
    """
    holds = np.array([[capacity(scenario, k, f.material) for k in range(len(scenario.trucks.ids))] for f in flows])
    holds = holds.reshape(len(flows), len(scenario.trucks.ids))
    reached = np.array([lasts(scenario, network, f.origin, f.destination) for f in flows]).reshape(holds.shape)
    _refuse_impossible(scenario, network, flows, holds, reached)
    holds = np.where(reached, holds, 0.0)
    room = Room(scenario, flows)
    loads: list[Load] = []
    for flow, sizes in enumerate(_sizes(scenario, network, flows, holds)):
        for size, by_day in sizes.items():
            loads.extend(_counted(flow, flows[flow], size, by_day, room))
    return sorted(loads, key=lambda load: (load.day, load.flow, -load.t))


def _refuse_impossible(scenario: Scenario, network: Network, flows: list[Flow], holds: Floats, reached: Bools) -> None:
    faults = _short_batteries(scenario, network, flows, holds, reached)
    places = scenario.place_ids
    for flow, held, lasting in zip(flows, holds, reached, strict=True):
        lane = f"{places[flow.origin]} to {places[flow.destination]}"
        name = scenario.materials.ids[flow.material]
        reach = np.isfinite(network.km[network.depot, flow.origin]) & np.isfinite(
            network.km[flow.destination, network.depot]
        )
        if not held.any():
            faults.append(Fault("trucks.csv", 0, "carries", f"no truck may carry {name}; the plan moves it"))
        elif not (reach & (held > 0)).any():
            faults.append(Fault("trucks.csv", 0, "depot", f"no truck that may carry {name} can reach {lane} by road"))
        elif not (reach & lasting & (held > 0)).any():
            told = f"no truck that may carry {name} has a battery that lasts for {lane} and the way to a charger"
            faults.append(Fault("trucks.csv", 0, "range_loaded", told))
    if faults:
        raise InputError(faults)


def _short_batteries(
    scenario: Scenario, network: Network, flows: list[Flow], holds: Floats, reached: Bools
) -> list[Fault]:
    """Electric trucks that no load of theirs is near enough for."""
    faults = []
    for k, name in enumerate(scenario.trucks.ids):
        own = np.flatnonzero(holds[:, k] > 0)
        if is_electric(scenario, k) and len(own) and not reached[own, k].any():
            lanes = [flows[f] for f in own.tolist()]
            least = min(battery_of_load(scenario, network, lane.origin, lane.destination)[k] for lane in lanes)
            told = (
                f"a full battery of {name} lasts for no load of the plan: the nearest, from a charger to a charger and "
            )
            told += f"with the reserve, takes {least:.0%} of it; correct the range, or name chargers on the way"
            if np.isfinite(least):
                faults.append(Fault("trucks.csv", 0, "range_loaded", told))
    return faults


def _sizes(
    scenario: Scenario, network: Network, flows: list[Flow], holds: Floats
) -> list[dict[float, dict[int, float]]]:
    """Per lane: t by day for each size of load. Fewest truck minutes, within those the fleet has if it can."""
    trucks = scenario.trucks
    minutes_of = [trucks.count[k] * (trucks.shift[k][1] - trucks.shift[k][0]) * USABLE for k in range(len(trucks.ids))]
    days = sorted({day for flow in flows for day in flow.t})
    cells = [(f, d, k) for f, flow in enumerate(flows) for d in flow.t for k in np.flatnonzero(holds[f]).tolist()]
    sums = {key: i for i, key in enumerate((f, d) for f, flow in enumerate(flows) for d in flow.t)}
    shifts = {key: i for i, key in enumerate((d, k) for d in days for k in range(len(trucks.ids)))}
    cycle = [
        (scenario.driving.load_minutes + scenario.driving.tip_minutes + scenario.driving.wash_minutes
         + network.laden[flow.origin, flow.destination] + max(0, network.empty[flow.destination, flow.origin]))
        for flow in flows
    ]  # fmt: skip
    n, over = len(cells), len(shifts)
    per_t = np.array([cycle[f] / holds[f, k] for f, _, k in cells])
    served = coo_array((np.ones(n), ([sums[f, d] for f, d, _ in cells], range(n))), shape=(len(sums), n + over))
    used = coo_array(
        (np.concatenate([per_t, -np.ones(over)]),
         ([shifts[d, k] for _, d, k in cells] + list(range(over)), list(range(n + over)))),
        shape=(over, n + over),
    )  # fmt: skip
    wanted = [flows[f].t[d] for f, d in sums]
    have = [minutes_of[k] for _, k in shifts]
    cost = np.concatenate([per_t, np.full(over, 10 * per_t.max(initial=1.0))])
    found = linprog(cost, A_ub=used.tocsr(), b_ub=have, A_eq=served.tocsr(), b_eq=wanted, method="highs-ds")
    out: list[dict[float, dict[int, float]]] = [{} for _ in flows]
    for (f, d, k), t in zip(cells, found.x[:n].tolist(), strict=True):
        if t > CRUMB:
            by_day = out[f].setdefault(float(holds[f, k]), {})
            by_day[d] = by_day.get(d, 0.0) + t
    for f, flow in enumerate(flows):  # what the program rounded away belongs to the largest part
        for d, t in flow.t.items():
            parts = [by_day for by_day in out[f].values() if d in by_day]
            if parts:
                most = max(parts, key=lambda by_day: by_day[d])
                most[d] += t - sum(by_day[d] for by_day in parts)
            else:
                by_day = out[f].setdefault(float(holds[f].max()), {})
                by_day[d] = by_day.get(d, 0.0) + t
    return out


class Room:
    """What the daily limits of places leave beside the plan, in t; carrying a remainder takes from it."""

    def __init__(self, scenario: Scenario, flows: Iterable[Flow]):
        s, d, f = scenario.supplies, scenario.demands, scenario.facilities
        self._scenario = scenario
        self._out = np.vstack([
            np.repeat(np.where(np.isinf(s.stock_max), s.daily_max, 0.0)[:, None], scenario.days, axis=1),
            np.full((len(d.ids), scenario.days), np.inf), f.daily_out,
        ])  # fmt: skip
        self._into = np.vstack([
            np.full((len(s.ids), scenario.days), np.inf),
            np.repeat(d.daily_max[:, None], scenario.days, axis=1), f.daily_in,
        ])  # fmt: skip
        for flow in flows:
            for day, t in flow.t.items():
                self._out[flow.origin, day] -= t
                self._into[flow.destination, day] -= t * self._units(flow)

    def _units(self, flow: Flow) -> float:
        """Own units of the receiving demand that a t counts for; 1 elsewhere."""
        first, end = self._scenario.first_demand, self._scenario.first_facility
        if first <= flow.destination < end:
            return float(self._scenario.demands.units_per_t[flow.destination - first, flow.material])
        return 1.0

    def take(self, flow: Flow, day: int, t: float) -> bool:
        """Takes room for ``t`` more on a day, at both ends; False when there is none."""
        units = t * self._units(flow)
        if self._out[flow.origin, day] < t or self._into[flow.destination, day] < units:
            return False
        self._out[flow.origin, day] -= t
        self._into[flow.destination, day] -= units
        return True


def _counted(number: int, flow: Flow, size: float, by_day: dict[int, float], room: Room) -> list[Load]:
    """Whole loads counted off the running total of one lane and size."""
    loads: list[Load] = []
    days = sorted(by_day)
    held = 0.0
    for i, day in enumerate(days):
        held += by_day[day]
        whole = int(held / size + FULL)
        loads += [Load(number, day, size, part=False)] * whole
        held = max(0.0, held - whole * size)
        carried = i + 1 < len(days) and (held <= CRUMB or room.take(flow, days[i + 1], held))
        if not carried and held > CRUMB:
            loads.append(Load(number, day, held, part=True))
            held = 0.0
    return loads
