"""The mass ledger of one plan, as arrays: what moves, what is processed, what lies where, what is left.

The solver's answer and the counterfactual are both read into a ledger, and every figure is computed from it, once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.lanes import Lanes
from optimizer.program import Program
from optimizer.scenario import Floats, Ints, Scenario

SMALLEST_T = 1e-5  # a flow below ten grams is arithmetic, not soil


@dataclass(frozen=True)
class Ledger:
    """Flows (n,), processing (p,), stocks (F, K, days), leftovers. Masses in t, money in CNY.

    Attributes:
        day, origin, destination, commodity, t: of each flow; places are node numbers.
        km, minutes, haul_cost, fee: of each flow; one way, and CNY per t.
        p_facility, p_commodity, p_day, p_t: recipe activity in t of input.
        stock: t overnight after each day.
        left: (S,) t of must-move supply not moved.
        short: (N,) required demand not met, in the demand's own unit.
        stuck: (F, K) opening stock that could not be cleared as the facility's rules want.
    """

    day: Ints
    origin: Ints
    destination: Ints
    commodity: Ints
    t: Floats
    km: Floats
    minutes: Floats
    haul_cost: Floats
    fee: Floats
    p_facility: Ints
    p_commodity: Ints
    p_day: Ints
    p_t: Floats
    stock: Floats
    left: Floats
    short: Floats
    stuck: Floats


def read_solution(scenario: Scenario, lanes: Lanes, program: Program, x: Floats) -> Ledger:
    """The ledger of a program's column values, in the order date, from, to, commodity."""
    flow = x[program.columns["flow"].span]
    used = np.flatnonzero(flow > SMALLEST_T)
    arc = lanes.arc[used]
    order = np.lexsort((lanes.commodity[arc], lanes.destination[arc], lanes.origin[arc], lanes.day[used]))
    used, arc = used[order], arc[order]

    process = program.columns["plant.process"]
    z = x[process.span]
    runs = np.flatnonzero(z > SMALLEST_T)

    shape = (*lanes.may_hold.shape, scenario.days)
    stock = np.zeros(shape)
    block = program.columns["facility.stock"]
    stock[block.keys] = np.where(x[block.span] > SMALLEST_T, x[block.span], 0.0)

    left = np.zeros(len(scenario.supplies.ids))
    block = program.columns["supply.left"]
    np.add.at(left, block.keys[0], x[block.span])
    short = np.zeros(len(scenario.demands.ids))
    block = program.columns["demand.short"]
    short[block.keys[0]] = x[block.span]
    stuck = np.zeros(shape[:2])
    block = program.columns["facility.stuck"]
    stuck[block.keys] = x[block.span]
    return make_ledger(
        scenario,
        lanes,
        arc=arc,
        day=lanes.day[used],
        t=flow[used],
        processing=(process.keys[0][runs], process.keys[1][runs], process.keys[2][runs], z[runs]),
        stock=stock,
        left=np.where(scenario.supplies.must_move & (left > SMALLEST_T), left, 0.0),
        short=np.where(short > SMALLEST_T, short, 0.0),
        stuck=np.where(stuck > SMALLEST_T, stuck, 0.0),
    )


def make_ledger(
    scenario: Scenario,
    lanes: Lanes,
    *,
    arc: Ints,
    day: Ints,
    t: Floats,
    processing: tuple[Ints, Ints, Ints, Floats],
    stock: Floats,
    left: Floats,
    short: Floats,
    stuck: Floats,
) -> Ledger:
    """A ledger from flows given as arcs of ``lanes``."""
    first, facilities = scenario.first_facility, scenario.facilities
    quarry = np.array([kind == "quarry" for kind in facilities.kind], dtype=bool)
    fee_in = np.concatenate([np.zeros(first), np.where(quarry, 0.0, facilities.fee)])
    fee_out = np.concatenate([np.zeros(first), np.where(quarry, facilities.fee, 0.0)])
    origin, destination = lanes.origin[arc], lanes.destination[arc]
    return Ledger(
        day=day,
        origin=origin,
        destination=destination,
        commodity=lanes.commodity[arc],
        t=t,
        km=lanes.km[arc],
        minutes=lanes.minutes[arc],
        haul_cost=lanes.haul_cost[arc],
        fee=fee_in[destination] + fee_out[origin],
        p_facility=processing[0],
        p_commodity=processing[1],
        p_day=processing[2],
        p_t=processing[3],
        stock=stock,
        left=left,
        short=short,
        stuck=stuck,
    )
