"""Batteries of electric trucks: shares of a full one by km and minute, where it is charged, how far it lasts.

A truck leaves its depot full. It charges at its depot and where ``chargers`` says, evenly from empty to full, and as
many trucks at once as stand there. It never takes what is kept in reserve.
"""

from __future__ import annotations

import numpy as np

from optimizer.dispatch.network import Network
from optimizer.scenario import Bools, Floats, Scenario

DEPOT = "depot"  # how tables name a truck's own depot as a place to charge


def powers(scenario: Scenario) -> Floats:
    """(K, 4) as ``Day.power``."""
    t = scenario.trucks
    rows = np.array([t.range_loaded, t.range_empty, t.charge_minutes]).reshape(3, len(t.ids)).T
    electric = ~np.isnan(rows[:, 0])
    reserve = np.where(electric, t.reserve, 0.0)
    rates = np.where(electric[:, None], 1 / np.where(electric[:, None], rows, 1.0), 0.0)
    return np.ascontiguousarray(np.column_stack([rates, reserve]))  # another order in memory is compiled for anew


def is_electric(scenario: Scenario, truck_class: int) -> bool:
    """Whether the trucks of a class have a battery that is looked at."""
    return not np.isnan(scenario.trucks.range_loaded[truck_class])


def charging_nodes(scenario: Scenario, network: Network) -> list[list[int]]:
    """Nodes of the network where each class can charge, its depot first; none where it has no battery."""
    return [
        [int(network.depot[k]), *scenario.trucks.chargers[k]] if is_electric(scenario, k) else []
        for k in range(len(scenario.trucks.ids))
    ]


def battery_of_load(scenario: Scenario, network: Network, origin: int, destination: int) -> Floats:
    """(K,) share of a full battery that must be there for a load: from the nearest charger, laden, to the nearest one.

    The reserve is in it; 0 where a class has no battery, infinite where no road leads to a charger.
    """
    power, km = powers(scenario), network.km
    found = np.zeros(len(power))
    for k, nodes in enumerate(charging_nodes(scenario, network)):
        if nodes:
            empty = km[nodes, origin].min() + km[destination, nodes].min()
            found[k] = empty * power[k, 1] + km[origin, destination] * power[k, 0] + power[k, 3]
    return found


def lasts(scenario: Scenario, network: Network, origin: int, destination: int) -> Bools:
    """(K,) whether a full battery lasts for a load."""
    found: Bools = battery_of_load(scenario, network, origin, destination) <= 1 + 1e-9
    return found
