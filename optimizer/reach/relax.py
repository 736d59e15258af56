"""Everything that may be changed to put more to use, with a price: limits, windows, the haul limit, acceptance.

The scenario is widened (every day open, every road in reach, every need taking also what another takes beside
something that both take), and what its lanes break of the scenario as it is gives each lane its price. What law or
physics forbids is not widened: grades, who may send to whom, what plants can process, and how much is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from optimizer.lanes import Lanes, rules
from optimizer.program import Block, Program
from optimizer.scenario import GRADES, UNITS, Bools, Floats, Ints, Scenario
from optimizer.worth.limits import DAILY, FIELDS, groups

# CNY per t (a day) of a limit, t outside a window, t and km beyond the haul limit, t of a material not yet accepted
PRICES = {"capacity": 20.0, "window": 5.0, "distance": 1.0, "acceptance": 15.0}
SIDES = ("gate_in", "gate_out", "storage", "end_stock", "plant_daily", "demand_daily", "supply_daily")


@dataclass(frozen=True, eq=False)
class Capacity:
    """A limit that may be raised: on its days in proportion, so that one more is one more on the mean."""

    node: int
    side: str
    material: int  # of a plant's limit; else -1
    rows: Ints
    weights: Floats  # of each row
    now: float  # on the mean of its days

    @property
    def daily(self) -> bool:
        """Whether it is a rate per day."""
        return self.side in DAILY


@dataclass(frozen=True, eq=False)
class LaneGroup:
    """Lanes that one change allows, and the price of a t on each.

    Attributes:
        kind: window, distance or acceptance.
        node: the place whose window or acceptance it is; the origin of a distance.
        other: the destination of a distance, the material of an acceptance; else -1.
        lanes: positions among the wide lanes.
        price: CNY per t of each.
    """

    kind: str
    node: int
    other: int
    lanes: Ints
    price: Floats


def widened(scenario: Scenario, kinds: Mapping[str, float]) -> Scenario:
    """The scenario with everything open that the kinds of change may open."""
    s, d, f, wide = scenario.supplies, scenario.demands, scenario.facilities, scenario
    if "window" in kinds:
        last = scenario.days - 1
        until = np.full_like(s.last, last)
        wide = replace(
            wide,
            supplies=replace(s, last=until),
            demands=replace(d, first=np.zeros_like(d.first), last=np.full_like(d.last, last)),
            facilities=replace(f, open=f.open | _outside_dates(scenario)),
        )
    if "distance" in kinds:
        wide = replace(wide, roads=replace(wide.roads, max_km=np.inf))
    if "acceptance" in kinds:
        density = (
            np.stack([scenario.materials.density[:, UNITS.index(unit)] for unit in d.unit]) if d.ids else d.units_per_t
        )
        beside = d.accepts.T.astype(int) @ d.accepts > 0  # (M, M) materials that some need takes both of
        fill = (d.accepts.astype(int) @ beside > 0) & scenario.materials.counts_as_waste
        accepts: Bools = d.accepts | (fill & ~np.isnan(density))
        units = np.where(accepts, 1.0 / density, np.nan)
        wide = replace(wide, demands=replace(wide.demands, accepts=accepts, units_per_t=units))
    return wide


def _outside_dates(scenario: Scenario) -> Bools:
    """(F, days) on which an open facility is closed by its own dates, not by calendar.csv."""
    f = scenario.facilities
    status = np.array([status == "open" for status in f.status], dtype=bool)[:, None]
    by_calendar = (f.daily_in == 0) & (f.daily_out == 0)
    outside: Bools = status & ~f.open & ~by_calendar
    return outside


def capacities(scenario: Scenario, wide: Scenario, program: Program) -> list[Capacity]:
    """Every limit of the widened program that a person may raise; those of 0 mean that there is no such thing there."""
    starts = {"supply": 0, "demand": scenario.first_demand, "facility": scenario.first_facility}
    found = []
    for side in SIDES:
        name, part, field = FIELDS[side]
        block, values = program.rows[name], getattr(getattr(wide, part), field)
        for rows in groups(block):
            entity, first = int(block.keys[0][rows[0]]), int(rows[0])
            held = program.row_upper[block.start + rows]
            if values.ndim == 1:
                held = np.full(len(rows), held[0])
            mean = float(held[held > 0].mean()) if (held > 0).any() else 0.0
            if mean:
                material = int(block.keys[1][first]) if "material" in block.dims else -1
                node = starts[block.dims[0]] + entity
                found.append(Capacity(node, side, material, block.start + rows, held / mean, mean))
    return found


def lane_groups(scenario: Scenario, lanes: Lanes, prices: Mapping[str, float]) -> list[LaneGroup]:
    """What the lanes of the widened scenario break of the scenario as it is."""
    rule = rules(scenario)
    groups_: list[LaneGroup] = []
    for ends in (lanes.origins, lanes.destinations):
        shut = np.flatnonzero(~rule.open[ends, lanes.day])
        groups_ += _grouped("window", shut, ends[shut], np.full(len(shut), -1), prices.get("window", 0.0))
    km = lanes.km[lanes.arc]
    far = np.flatnonzero(km > scenario.roads.max_km)
    beyond = (km[far] - scenario.roads.max_km) * prices.get("distance", 0.0) if len(far) else np.zeros(0)
    groups_ += _grouped("distance", far, lanes.origins[far], lanes.destinations[far], beyond)
    new = np.flatnonzero(~rule.takes[lanes.destinations, lanes.commodities])
    material = lanes.commodities[new] // GRADES
    groups_ += _grouped("acceptance", new, lanes.destinations[new], material, prices.get("acceptance", 0.0))
    return groups_


def _grouped(kind: str, lanes: Ints, node: Ints, other: Ints, price: Floats | float) -> Iterator[LaneGroup]:
    prices = np.broadcast_to(np.asarray(price, dtype=np.float64), (len(lanes),))
    if len(lanes):
        keys, which = np.unique(np.column_stack([node, other]), axis=0, return_inverse=True)
        for number, (a, b) in enumerate(keys.tolist()):
            mine = np.flatnonzero(which.ravel() == number)
            yield LaneGroup(kind, a, b, lanes[mine], prices[mine])


def with_rows(program: Program, rows: Mapping[str, tuple[Floats, float]]) -> Program:
    """A program with further rows ``coefficients · x ≤ upper`` by name."""
    matrix = sparse.csc_array(
        sparse.vstack([program.matrix, *(sparse.csr_array(a[None, :]) for a, _ in rows.values())])
    )
    n = program.shape[0]
    blocks = {name: Block(name, n + i, (np.zeros(1, dtype=np.int32),), ("goal",)) for i, name in enumerate(rows)}
    return replace(
        program,
        matrix=matrix,
        row_lower=np.concatenate([program.row_lower, np.full(len(rows), -np.inf)]),
        row_upper=np.concatenate([program.row_upper, [upper for _, upper in rows.values()]]),
        rows={**program.rows, **blocks},
    )


def with_capacities(program: Program, raised: list[Capacity]) -> Program:
    """A program in which limits may be raised: one column each, which no goal counts yet."""
    n, more = program.shape[1], len(raised)
    rows = np.concatenate([c.rows for c in raised]) if raised else np.zeros(0, dtype=np.int32)
    columns = np.repeat(np.arange(more), [len(c.rows) for c in raised])
    values = -np.concatenate([c.weights for c in raised]) if raised else np.zeros(0)
    extra = sparse.csc_array((values, (rows, columns)), shape=(program.shape[0], more))
    block = Block("reach.raised", n, (np.arange(more, dtype=np.int32),), ("capacity",))
    return replace(
        program,
        matrix=sparse.csc_array(sparse.hstack([program.matrix, extra])),
        lower=np.concatenate([program.lower, np.zeros(more)]),
        upper=np.concatenate([program.upper, np.full(more, np.inf)]),
        goals={goal: np.concatenate([cost, np.zeros(more)]) for goal, cost in program.goals.items()},
        columns={**program.columns, "reach.raised": block},
    )
