"""The constraint blocks, one function each; :func:`build_program` puts them together in the order of the trade.

To add a rule of the trade, write one function like its neighbours here and name it in :data:`BLOCKS`.
"""

from __future__ import annotations

from optimizer.blocks.changes import changes
from optimizer.blocks.cuts import cuts
from optimizer.blocks.demand import blend, demand
from optimizer.blocks.empties import empties
from optimizer.blocks.facility import balance, end_stock, gates, longest_stay, overnight, room
from optimizer.blocks.money import carbon, cost, goals_by_destination, welfare
from optimizer.blocks.plant import recipes
from optimizer.blocks.street import fairness, streets
from optimizer.blocks.supply import supply
from optimizer.lanes import Lanes
from optimizer.program import Model, Program
from optimizer.scenario import Scenario

# recipes come before the yard balance, and the balance before the rows that bound its stock columns
BLOCKS = (
    supply,
    demand,
    blend,
    recipes,
    balance,
    overnight,
    end_stock,
    longest_stay,
    gates,
    room,
    cuts,
    streets,
    fairness,
    goals_by_destination,
    cost,
    carbon,
    welfare,
    empties,
    changes,
)


def build_program(scenario: Scenario, lanes: Lanes) -> Program:
    """The linear program of a scenario over the given lanes, with the goals that its objective names."""
    model = Model(scenario, lanes)
    model.add_columns("flow", 0.0, float("inf"), arc=lanes.arc, day=lanes.day)
    for block in BLOCKS:
        block(model)
    return model.build(scenario.objective.goals)
