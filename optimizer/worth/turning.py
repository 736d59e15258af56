"""How far a price may move before another plan is better."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.blocks import build_program
from optimizer.planner import Planning
from optimizer.scenario import Floats, Objective, Scenario
from optimizer.solve import TOTAL

MOST_TURNS = 40
SAME = 1e-6  # a gain below this share of the bill is none
HAUL = "haul_per_t_km"
FARTHEST = 1e4  # CNY that a fee is moved


@dataclass(frozen=True)
class Price:
    """A price of the scenario: CNY more of it cost the plan ``weight`` CNY each, as long as the plan stays the best.

    Attributes:
        id: facility, or the setting.
        down, up: how much it may fall and rise before another plan is better; None = however far.
    """

    id: str
    unit: str
    now: float
    weight: float
    down: float | None
    up: float | None


def turning_prices(planning: Planning, objective: Objective) -> list[Price]:
    """Haul rate and gate fees in use; none where the goals that a person has named hold no money."""
    named = (TOTAL,) if objective.weights else objective.goals
    goal = next((g for g in (TOTAL, "cost", "welfare") if g in named), None)
    found = [] if goal is None else [_price(planning, goal, *asked) for asked in _asked(planning)]
    return [price for price in found if price is not None]


def _asked(planning: Planning) -> list[tuple[str, str, float, Scenario]]:
    """(id, unit, now, scenario with one CNY more) of every price that the plan pays."""
    s, ledger = planning.scenario, planning.ledger
    rate = s.costs.haul_per_t_km
    asked = [(HAUL, "CNY/t·km", rate, replace(s, costs=replace(s.costs, haul_per_t_km=rate + 1)))]
    used = np.unique(np.concatenate([ledger.origin, ledger.destination])) - s.first_facility
    for f in used[used >= 0].tolist():
        fee = s.facilities.fee.copy()
        fee[f] += 1
        one_more = replace(s, facilities=replace(s.facilities, fee=fee))
        asked.append((s.facilities.ids[f], "CNY/t", float(s.facilities.fee[f]), one_more))
    return asked


def _price(planning: Planning, goal: str, name: str, unit: str, now: float, one_more: Scenario) -> Price | None:
    session = planning.session
    lanes = replace(planning.lanes, haul_cost=_haul_costs(planning, one_more))
    dearer = replace(session, program=build_program(one_more, lanes))
    more = dearer.cost(goal) - session.cost(goal)
    if not more.any():
        return None
    paid = float(more @ planning.solution.x)
    bounds = [_turn(planning, goal, more, far) for far in (-now if name == HAUL else -FARTHEST, FARTHEST)]
    return Price(name, unit, now, paid, *bounds)


def _haul_costs(planning: Planning, scenario: Scenario) -> Floats:
    lanes = planning.lanes
    given = planning.distances.cost_per_t[lanes.origin, lanes.destination]
    costs: Floats = np.where(np.isnan(given), lanes.km * scenario.costs.haul_per_t_km, given)
    return costs


def _turn(planning: Planning, goal: str, more: Floats, far: float) -> float | None:
    """How far a price may move towards ``far`` with this plan still among the best; None = all the way."""
    session, x, at = planning.session, planning.solution.x, far
    cost = session.cost(goal)
    for _ in range(MOST_TURNS):
        found = session.resolve(goal, cost=cost + at * more)
        if found is None:  # so far out that somebody gains without end
            at /= 10
            continue
        other = found[1]
        gain = float((cost + at * more) @ (x - other))
        if gain <= SAME * max(1.0, abs(float(cost @ x))):
            return None if at == far else at
        dearer, moved = float(cost @ (other - x)), float(more @ (x - other))
        at = max(dearer, 0.0) / moved if moved else 0.0
        if not at:
            return 0.0
    return at
