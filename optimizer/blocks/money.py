"""What each lane adds to the goals: tonnes by destination, money, carbon, welfare."""

from __future__ import annotations

import numpy as np

from optimizer.lanes import fees
from optimizer.program import LaneGoal, Model

# goal that counts t entering facilities of one kind
BY_KIND = {"offsite": "offsite", "landfill": "disposal", "transfer": "yard"}


def goals_by_destination(m: Model) -> None:
    """`offsite`, `landfill`, `transfer`: t entering facilities of that kind; `haul`: t·km of every lane."""
    for goal, kind in BY_KIND.items():
        m.lane_cost(goal, _entering(kind))
    m.lane_cost("haul", lambda lanes: lanes.km[lanes.arc])


def cost(m: Model) -> None:
    """`cost` in CNY of a tonne on a lane: the drive, the gate fee on arrival or the price of a quarry, its carbon.

    Candidates that a siting has opened add what opening them costs, whatever moves.
    Recipe, holding and end-stock costs are added by the blocks that own those columns.
    """
    arriving, leaving = fees(m.scenario)
    for goal in ("cost", "welfare"):
        m.constant(goal, float(m.scenario.facilities.opening_cost[m.scenario.opened].sum()))
    m.lane_cost("cost", lambda lanes: lanes.haul_cost[lanes.arc])
    m.lane_cost("cost", lambda lanes: arriving[lanes.destinations] + leaving[lanes.origins])
    rate = m.scenario.costs.co2_per_t_km * m.scenario.costs.carbon_per_kg
    if rate:
        m.lane_cost("cost", lambda lanes: lanes.km[lanes.arc] * rate)


def carbon(m: Model) -> None:
    """`carbon` in kg CO2e: t·km at the scenario's factor (GB/T 51366-2019, 18 t diesel truck: 0.129, by default)."""
    factor = m.scenario.costs.co2_per_t_km
    m.lane_cost("carbon", lambda lanes: lanes.km[lanes.arc] * factor)


def welfare(m: Model) -> None:
    """`welfare` as its negative: cost + asks − bids, so that every goal is minimised."""
    s, d = m.scenario.supplies, m.scenario.demands
    first, n = m.scenario.first_demand, len(d.ids)
    value = np.zeros(len(m.scenario.place_ids))
    value[:first] = np.nan_to_num(s.ask)
    gain = np.zeros(len(m.scenario.place_ids))
    gain[first : first + n] = np.nan_to_num(d.bid)
    m.include("welfare", "cost")
    m.lane_cost("welfare", lambda lanes: value[lanes.origins] - gain[lanes.destinations])


def _entering(kind: str) -> LaneGoal:
    return lambda lanes: lanes.of_kind(lanes.destinations, kind).astype(float)
