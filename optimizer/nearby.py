"""The open market behind a clearing: its objective in money, and the lanes that are enough to price it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from optimizer.errors import Fault, InputError
from optimizer.lanes import FIRST_FACILITY_KIND, Lanes, fees
from optimizer.scenario import Bools, Floats, Ints, Objective, Scenario

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


def restricted(
    scenario: Scenario, lanes: Lanes, keep: Bools, *, per_listing: int, per_facility: int | None = None
) -> Lanes:
    """Lanes of the arcs that a market's prices hang on.

    Args:
        scenario: the scenario.
        lanes: all its lanes, A arcs.
        keep: (A,) arcs that stay in any case.
        per_listing: arcs that every supply and every demand keeps, the cheapest by haul and fee.
        per_facility: arcs that a facility keeps for each commodity it sends or receives; None for all.
    """
    arriving, leaving = fees(scenario)
    cost = lanes.haul_cost + arriving[lanes.destination] + leaving[lanes.origin]
    from_gate = lanes.kind[lanes.origin] >= FIRST_FACILITY_KIND
    to_gate = lanes.kind[lanes.destination] >= FIRST_FACILITY_KIND
    n_commodity = int(lanes.commodity.max(initial=0)) + 1
    chosen = keep | (_rank(lanes.origin, cost) < per_listing) & ~from_gate
    chosen |= (_rank(lanes.destination, cost) < per_listing) & ~to_gate
    if per_facility is None:
        chosen |= from_gate | to_gate
    else:
        chosen |= (_rank(lanes.origin * n_commodity + lanes.commodity, cost) < per_facility) & from_gate
        chosen |= (_rank(lanes.destination * n_commodity + lanes.commodity, cost) < per_facility) & to_gate
    return only_arcs(lanes, chosen)


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


def _rank(group: Ints, cost: Floats) -> Ints:
    """Position of each within its group by cost, ties in the order given."""
    order = np.lexsort((cost, group))
    sorted_group = group[order]
    first = np.flatnonzero(np.r_[True, sorted_group[1:] != sorted_group[:-1]]) if len(group) else np.zeros(0, int)
    start = np.repeat(first, np.diff(np.r_[first, len(group)]))
    rank = np.empty(len(group), dtype=np.int64)
    rank[order] = np.arange(len(group)) - start
    return rank
