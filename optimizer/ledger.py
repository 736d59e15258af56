"""The mass ledger of one plan, as arrays: what moves, what is processed, what lies where, what is left.

The solver's answer and the counterfactual are both read into a ledger, and every figure is computed from it, once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.lanes import Lanes, fees
from optimizer.program import Program
from optimizer.scenario import Floats, Ints, Scenario
from optimizer.solve import by_key, do_nothing, excuse_stock, violations

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
    received = program.matrix[program.rows["demand.room"].span, : len(flow)] @ flow
    short = np.maximum(scenario.demands.required - received, 0.0)  # not the column: it is free where priority is 0
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
    arriving, leaving = fees(scenario)
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
        fee=arriving[destination] + leaving[origin],
        p_facility=processing[0],
        p_commodity=processing[1],
        p_day=processing[2],
        p_t=processing[3],
        stock=stock,
        left=left,
        short=short,
        stuck=stuck,
    )


def as_columns(scenario: Scenario, lanes: Lanes, program: Program, ledger: Ledger) -> Floats:
    """Column values of a ledger whose flows keep the rules: the feasible point for when a solver has none in time.

    Where the ledger breaks a rule of the program all the same (least shares of a blend), the point where nothing moves
    is given instead.
    """
    x = np.zeros(program.shape[1])
    lane = _lane_numbers(lanes, ledger, scenario.days)
    np.add.at(x, program.columns["flow"].start + lane, ledger.t)
    process = program.columns["plant.process"]
    runs = {key: column for column, key in by_key(process)}
    for f, k, d, t in zip(ledger.p_facility, ledger.p_commodity, ledger.p_day, ledger.p_t, strict=True):
        x[runs[int(f), int(k), int(d)]] += t
    stock, short = program.columns["facility.stock"], program.columns["demand.short"]
    x[stock.span] = ledger.stock[stock.keys]
    x[short.span] = ledger.short[short.keys[0]]
    _fill_sites(scenario, program, ledger, x)
    excuse_stock(program, x)
    for name in ("empty.leave", "empty.arrive"):
        if name in program.rows:
            x[program.columns[f"{name}.astray"].span] = -(program.matrix @ x)[program.rows[name].span]
    if "street.most" in program.rows:
        most = program.columns["street.most"].start
        unit = -program.matrix[program.rows["street.most"].start, most]
        x[most] = (program.matrix @ x)[program.rows["street.most"].span].max(initial=0.0) / unit
    return x if max(violations(program, x)) <= SMALLEST_T else do_nothing(program)


def _lane_numbers(lanes: Lanes, ledger: Ledger, days: int) -> Ints:
    """(n,) lane of each flow, which is among them."""
    places, commodities = len(lanes.kind), lanes.may_hold.shape[1]

    def key(origin: Ints, destination: Ints, commodity: Ints, day: Ints) -> Ints:
        return ((origin.astype(np.int64) * places + destination) * commodities + commodity) * days + day

    keys = key(lanes.origins, lanes.destinations, lanes.commodities, lanes.day)
    order = np.argsort(keys)
    wanted = key(ledger.origin, ledger.destination, ledger.commodity, ledger.day)
    return order[np.searchsorted(keys, wanted, sorter=order)]


def _least_kept(release: Floats, gone: Floats) -> Floats:
    """(days,) t of a lot that must lie on site each night for what leaves later to be there."""
    kept = np.zeros_like(gone)
    for day in range(len(gone) - 2, -1, -1):
        kept[day] = max(kept[day + 1] + gone[day + 1] - release[day + 1], 0.0)
    return kept


def _fill_sites(scenario: Scenario, program: Program, ledger: Ledger, x: Floats) -> None:
    """Waiting and left soil of every lot, day by day: what a site cannot hold is left at once, the rest at the end."""
    s = scenario.supplies
    gone = np.zeros(s.release.shape)
    from_site = ledger.origin < len(s.ids)
    np.add.at(gone, (ledger.origin[from_site], ledger.day[from_site]), ledger.t[from_site])
    twin = dict(scenario.twins)
    wait = {key: column for column, key in by_key(program.columns["supply.wait"])}
    left = {key: column for column, key in by_key(program.columns["supply.left"])}
    heap = np.repeat(s.stock_max[:, None], s.release.shape[1], axis=1)
    for dry, wet in scenario.twins:  # what the one must keep to send it later, the other cannot have
        heap[dry] -= _least_kept(s.release[wet], gone[wet])
        heap[wet] = s.stock_max[wet]
    for lot in range(len(s.ids)):
        on_site = 0.0
        for day in range(int(s.first[lot]), int(s.last[lot]) + 1):
            on_site += float(s.release[lot, day] - gone[lot, day])
            kept = min(on_site, float(heap[lot, day])) if day < s.last[lot] else 0.0
            if lot in twin:
                heap[twin[lot], day] -= kept
            if (lot, day) in left:
                x[left[lot, day]] = max(on_site - kept, 0.0)
            if (lot, day) in wait:
                x[wait[lot, day]] = kept
            on_site = kept
