"""What each street bears of a plan: tonnes received by facilities in it, and laden trucks that start or end in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.blocks.street import bears
from optimizer.ledger import Ledger
from optimizer.scenario import Floats, Ints, Scenario


@dataclass(frozen=True)
class Burden:
    """Figures of N streets, the nameless one ("") among them where places name none.

    Attributes:
        names: in order; ``number``: (places,) which of them each place lies in.
        received: (N,) t received by facilities, off-site places apart.
        passages: (N,) laden trucks.
        borne: (N,) what the goal `fairness` counts, in t received.
        share: (N,) of what all named streets bear.
        paid: (N,) CNY of eco-compensation.
    """

    names: tuple[str, ...]
    number: Ints
    received: Floats
    passages: Floats
    borne: Floats
    share: Floats
    paid: Floats

    def total(self, places: Ints, amount: Floats) -> Floats:
        """(N,) an amount at places, added up by street."""
        return np.bincount(self.number[places], amount, minlength=len(self.names)).astype(np.float64)


def burden(scenario: Scenario, ledger: Ledger) -> Burden:
    """What every street bears of the plan in a ledger."""
    s, g, rules = scenario, ledger, scenario.streets
    names, number = np.unique(np.array(s.street_of, dtype=object), return_inverse=True)

    def total(at: Ints, amount: Floats) -> Floats:
        return np.bincount(number[at], amount, minlength=len(names)).astype(np.float64)

    hosted = np.zeros(len(number), dtype=bool)
    hosted[s.first_facility :] = bears(s)
    into = hosted[g.destination]
    received = total(g.destination[into], g.t[into])
    crosses = number[g.origin] != number[g.destination]
    passing = total(g.origin, g.t) + total(g.destination[crosses], g.t[crosses])
    named = np.array([name != "" for name in names], dtype=bool)
    per_t, per_passing = rules.in_tonnes
    borne = np.where(named, per_t * received + per_passing * passing, 0.0)
    paid = np.where(named, rules.per_t * received + rules.per_passage * passing / rules.truck_t, 0.0)
    share = borne / max(float(borne.sum()), 1e-12)
    return Burden(tuple(map(str, names)), number, received, passing / rules.truck_t, borne, share, paid)
