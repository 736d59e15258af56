"""Fairness among streets: none bears more than its share of what all of them bear, and the most that one bears."""

from __future__ import annotations

import numpy as np

from optimizer.lanes import Lanes
from optimizer.program import Coupling, Model
from optimizer.scenario import ABROAD, Floats, Ints, Scenario


def streets(m: Model) -> None:
    """What a street bears: t received by facilities in it (off-site places lie in none), and laden trucks that start or
    end in it, each at its rate of eco-compensation; t received alone where nothing is paid.

        burden_s = per_t Σ_{into facilities in s} x + per_passage / truck_t Σ_{from or to s} x
        burden_s − max_share Σ_r burden_r ≤ 0

    Only where the scenario limits the share, and for streets that have a facility. Moving nothing keeps it.
    Dual: change of the goal per unit of burden (CNY, or t) that the street may bear more (≤ 0).
    """
    share = m.scenario.streets.max_share
    if share >= 1:
        return
    _, street = named_streets(m.scenario)
    hosts = np.unique(street[m.scenario.first_facility :][bears(m.scenario)])
    hosts = hosts[hosts >= 0]
    rows = m.add_rows("street.share", -np.inf, np.zeros(len(hosts)), street=hosts)
    for row, s in zip(rows.index.tolist(), hosts.tolist(), strict=True):
        m.couple(_burden_of(m.scenario, street, row, s, m.scenario.streets.rates, share))


def fairness(m: Model) -> None:
    """`fairness`: the largest burden of a street, in t received there; passages count at their rate against a t's.

        burden_s ≤ z for every street s        fairness = z

    Only where it is a goal. Column ``street.most`` is z in a unit that keeps it below all mass that can move.
    Dual of ``street.most``: change of the goal per t that the street bears beside the plan (≥ 0 as a burden, so ≤ 0).
    """
    names, street = named_streets(m.scenario)
    if "fairness" not in m.scenario.objective.goals or not names:
        return
    rates = received, passing = m.scenario.streets.in_tonnes
    unit = 1.0 + received + 2 * passing
    every = np.arange(len(names))
    most = m.add_columns("street.most", 0.0, np.inf, day=[0])  # of all days
    rows = m.add_rows("street.most", -np.inf, 0.0, street=every)
    m.add(rows.index, np.full(len(every), most.start), -unit)
    m.cost("fairness", most.index, unit)
    for row, s in zip(rows.index.tolist(), every.tolist(), strict=True):
        m.couple(_burden_of(m.scenario, street, row, s, rates))


def named_streets(scenario: Scenario) -> tuple[tuple[str, ...], Ints]:
    """Names of all streets in order, and (places,) which one each place lies in; -1 where none is named."""
    names = tuple(sorted(set(scenario.street_of) - {""}))
    number = {name: i for i, name in enumerate(names)}
    return names, np.array([number.get(name, -1) for name in scenario.street_of], dtype=np.int32)


def bears(scenario: Scenario) -> np.ndarray:
    """(F,) facilities that a street bears."""
    return np.array([kind not in ABROAD for kind in scenario.facilities.kind], dtype=bool)


def _burden_of(
    scenario: Scenario, street: Ints, row: int, s: int, rates: tuple[float, float], share: float = 0.0
) -> Coupling:
    """What a street bears, less a share of what all of them bear.

    Args:
        rates: of a t received and of a t that passes.
    """
    received, passing = rates
    hosted = np.zeros(len(street), dtype=bool)
    hosted[scenario.first_facility :] = bears(scenario)

    def coupling(lanes: Lanes) -> tuple[Ints, Ints, Floats]:
        start, end = street[lanes.origins], street[lanes.destinations]
        there = hosted[lanes.destinations] & (end >= 0)
        own = received * (there & (end == s)) + passing * ((start == s) | (end == s))
        crossed = (start >= 0).astype(float) + ((end >= 0) & (end != start))
        value = own - share * (received * there + passing * crossed)
        at = np.flatnonzero(value).astype(np.int32)
        return at, np.full(len(at), row, dtype=np.int32), value[at]

    return coupling
