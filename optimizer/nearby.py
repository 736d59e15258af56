"""The open market behind a clearing: its objective in money, and the lanes that are enough to price it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from optimizer.backends import Answer, Backend
from optimizer.backends.highs import Highs
from optimizer.backends.pricing import Pricing
from optimizer.blocks import build_program
from optimizer.errors import Fault, InputError
from optimizer.groups import rank_within
from optimizer.lanes import FIRST_FACILITY_KIND, Lanes, fees
from optimizer.program import Program
from optimizer.scenario import Bools, Floats, Ints, Objective, Scenario

START_ARCS = 4  # arcs of each listing, and of each commodity at a gate, that lane pricing begins with
CHARGEABLE = ("offsite", "landfill", "transfer", "haul", "carbon")  # goals that are a number per tonne on a lane


def check_charges(charges: Mapping[str, float], file: str = "scenario.toml", column: str = "charges") -> None:
    """Refuses charges on goals that are no burden on others, and charges that are no charges.

    Raises:
        InputError: with every fault.
    """
    faults = []
    for goal, amount in charges.items():
        if goal not in CHARGEABLE:
            faults.append(
                Fault(file, 0, column, f"there is no charge on {goal!r}; expected any of {', '.join(CHARGEABLE)}")
            )
        elif not (np.isfinite(amount) and amount >= 0):
            faults.append(Fault(file, 0, column, f"the charge on {goal} is {amount:g}; expected 0 or more"))
    if faults:
        raise InputError(faults)


def priced_in_money(scenario: Scenario, charges: Mapping[str, float], unserved: float | None = None) -> Scenario:
    """The same scenario as a welfare market with charges.

    Args:
        scenario: any scenario, whatever its own goals.
        charges: CNY per unit of each goal of :data:`CHARGEABLE`.
        unserved: CNY per t of what must be served and is not; None for the scenario's own ``unserved_per_t``.
    """
    weights = {"welfare": 1.0, **charges}
    if unserved is not None:
        weights["unserved"] = unserved
    return replace(scenario, objective=Objective(order=(), weights=weights))


def in_money(scenario: Scenario, goals: Mapping[str, Floats]) -> Floats:
    """CNY of each column of a scenario that is priced in money."""
    weights = {"unserved": scenario.costs.unserved_per_t, **scenario.objective.weights}
    return np.sum([weight * goals[goal] for goal, weight in weights.items()], axis=0)


def nearest_arcs(scenario: Scenario, lanes: Lanes, *, per_listing: int, per_facility: int) -> Bools:
    """(A,) the cheapest arcs by haul and fee: so many of every supply and demand, and of every commodity at a gate."""
    arriving, leaving = fees(scenario)
    cost = lanes.haul_cost + arriving[lanes.destination] + leaving[lanes.origin]
    n_commodity = int(lanes.commodity.max(initial=0)) + 1
    chosen = np.zeros(len(lanes.origin), dtype=bool)
    for place in (lanes.origin, lanes.destination):
        gate = lanes.kind[place] >= FIRST_FACILITY_KIND
        chosen |= (rank_within(place, cost) < per_listing) & ~gate
        chosen |= (rank_within(place * n_commodity + lanes.commodity, cost) < per_facility) & gate
    return chosen


def columns_of(program: Program, chosen: Bools) -> Bools:
    """(columns,) the lanes of the chosen (A,) arcs, and all columns that are no lanes."""
    flow = program.columns["flow"]
    columns = np.ones(program.shape[1], dtype=bool)
    columns[flow.span] = chosen[flow.keys[0]]
    return columns


def over_few_lanes(scenario: Scenario, lanes: Lanes, backend: Backend) -> Backend:
    """A backend that prices lanes, beginning with the cheapest of each place."""

    def start(program: Program) -> Bools:
        return columns_of(program, nearest_arcs(scenario, lanes, per_listing=START_ARCS, per_facility=START_ARCS))

    return Pricing(backend, start)


def within_margin(scenario: Scenario, lanes: Lanes, start: Bools, margin: float) -> Lanes:
    """The lanes that the whole market's optimum uses or nearly uses, found without giving the solver the whole market.

    A lane's reduced cost is what using it would cost at least; one above the margin stays unused unless prices move by
    as much.

    Args:
        scenario: priced in money.
        lanes: all its lanes.
        start: (A,) arcs to begin with; they stay.
        margin: CNY per t.
    """
    program = build_program(scenario, lanes)
    cost = in_money(scenario, program.goals)
    backend = Pricing(Highs(), lambda program: columns_of(program, start))
    backend.load(program)
    backend.set_cost(cost)
    _, row_dual = optimum(backend.solve(None))
    flow = program.columns["flow"].span
    least = np.full(len(start), np.inf)
    np.minimum.at(least, lanes.arc, (cost - program.matrix.T @ row_dual)[flow])
    return only_arcs(lanes, start | (least <= margin))


def optimum(answer: Answer) -> tuple[Floats, Floats]:
    """Columns and row duals of a market's answer, which must be optimal: moving nothing is always possible.

    Raises:
        InputError: the market has no lower limit.
    """
    if answer.status == "unbounded":
        raise InputError.single(
            "scenario.toml", "the market has no lower limit: somebody pays for goods that can be sent in a circle"
        )
    if answer.status != "optimal" or answer.x is None or answer.row_dual is None:
        raise RuntimeError(
            f"the solver says {answer.status} for a market, which cannot be; this is a defect of cutfill"
        )
    return answer.x, answer.row_dual


def only_arcs(lanes: Lanes, chosen: Bools) -> Lanes:
    """The lanes of the chosen (A,) arcs, on all their days."""
    number = np.cumsum(chosen, dtype=np.int32) - 1
    kept = chosen[lanes.arc]
    return replace(
        lanes,
        origin=lanes.origin[chosen],
        destination=lanes.destination[chosen],
        commodity=lanes.commodity[chosen],
        km=lanes.km[chosen],
        minutes=lanes.minutes[chosen],
        haul_cost=lanes.haul_cost[chosen],
        arc=number[lanes.arc[kept]].astype(np.int32),
        day=lanes.day[kept],
    )


def arcs_among(lanes: Lanes, origin: Ints, destination: Ints, commodity: Ints) -> Bools:
    """(A,) which arcs are among the given triples of place, place and commodity."""
    if not len(lanes.origin):
        return np.zeros(0, dtype=bool)
    n_place, n_commodity = len(lanes.kind), int(max(lanes.commodity.max(), commodity.max(initial=0))) + 1

    def key(a: Ints, b: Ints, k: Ints) -> Ints:
        return (a.astype(np.int64) * n_place + b) * n_commodity + k

    return np.isin(key(lanes.origin, lanes.destination, lanes.commodity), key(origin, destination, commodity))
