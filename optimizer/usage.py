"""How full everything is under a plan: the numbers behind every "why"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.ledger import Ledger
from optimizer.scenario import GRADES, Floats, Scenario

FULL = 1 - 1e-6


@dataclass(frozen=True)
class Usage:
    """Use of each limit, in the unit of the limit.

    Attributes:
        gate_in, gate_out, overnight: (F, days) t.
        placed: (F,) t received in the horizon.
        processed: (F, M, days) t of input.
        filled, filled_daily: (N,), (N, days) own units of each demand.
        received: (N, M) t.
        left_site: (S, days) t through the lot's gate, which wet and dry soil of one pit share.
    """

    gate_in: Floats
    gate_out: Floats
    overnight: Floats
    placed: Floats
    processed: Floats
    filled: Floats
    filled_daily: Floats
    received: Floats
    left_site: Floats


def measure_usage(scenario: Scenario, g: Ledger) -> Usage:
    """Adds a ledger up by place and day."""
    n_s, n_d, n_f = len(scenario.supplies.ids), len(scenario.demands.ids), len(scenario.facilities.ids)
    n_m, days = len(scenario.materials.ids), scenario.days
    into, out_of = np.zeros((n_s + n_d + n_f, days)), np.zeros((n_s + n_d + n_f, days))
    np.add.at(into, (g.destination, g.day), g.t)
    np.add.at(out_of, (g.origin, g.day), g.t)
    processed = np.zeros((n_f, n_m, days))
    np.add.at(processed, (g.p_facility, g.p_commodity // GRADES, g.p_day), g.p_t)
    to_demand = (g.destination >= n_s) & (g.destination < n_s + n_d)
    demand, material = g.destination[to_demand] - n_s, g.commodity[to_demand] // GRADES
    received = np.zeros((n_d, n_m))
    np.add.at(received, (demand, material), g.t[to_demand])
    daily = np.zeros((n_d, days))
    np.add.at(daily, (demand, g.day[to_demand]), g.t[to_demand] * scenario.demands.units_per_t[demand, material])
    left_site = out_of[:n_s]
    for pit in map(list, scenario.twins):
        left_site[pit] = left_site[pit].sum(axis=0)
    return Usage(
        gate_in=into[n_s + n_d :],
        gate_out=out_of[n_s + n_d :],
        overnight=g.stock.sum(axis=1),
        placed=into[n_s + n_d :].sum(axis=1),
        processed=processed,
        filled=daily.sum(axis=1),
        filled_daily=daily,
        received=received,
        left_site=left_site,
    )
