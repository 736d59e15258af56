"""streets.csv: what each street gains and bears, and what it is paid for that, without any candidate and with them."""

from __future__ import annotations

import numpy as np

from optimizer.blocks.street import bears
from optimizer.planner import Planning
from optimizer.scenario import Floats
from optimizer.tables import Table

FIGURES = ("moved_t", "cost", "received_t", "unserved_t", "passages", "share", "compensation", "contribution")
COLUMNS = ("street", *(name for figure in FIGURES for name in (f"{figure}_without", figure)))


def street_table(without: Planning, planning: Planning) -> Table:
    """Every street's figures in the plan without candidates and in the one with them.

    ``moved_t``, ``cost`` and ``unserved_t`` are those of its own sites; ``received_t`` what facilities in it receive,
    off-site places apart; ``passages`` laden trucks that start or end in it; ``share`` its part of what all streets
    bear; ``compensation`` what it is paid for that, and ``contribution`` its part of all that is paid, by the t it
    releases.
    """
    before, after = (by_street(one) for one in (without, planning))
    none = (0.0,) * len(FIGURES)
    rows = [
        (street, *(v for pair in zip(before.get(street, none), after.get(street, none), strict=True) for v in pair))
        for street in sorted(before.keys() | after.keys())
    ]
    return Table(COLUMNS, rows)


def by_street(planning: Planning) -> dict[str, tuple[float, ...]]:
    """Street → its :data:`FIGURES`."""
    s, g = planning.scenario, planning.ledger
    street = np.array(s.street_of, dtype=object)
    names, number = np.unique(street, return_inverse=True)

    def total(at: np.ndarray, amount: Floats) -> Floats:
        return np.bincount(number[at], amount, minlength=len(names)).astype(np.float64)

    own = np.where(g.origin < s.first_facility, g.origin, g.destination)  # the site that a flow serves
    served = own < s.first_facility
    hosted = np.zeros(len(street), dtype=bool)
    hosted[s.first_facility :] = bears(s)
    into = hosted[g.destination]
    received = total(g.destination[into], g.t[into])
    crosses = number[g.origin] != number[g.destination]
    passing = total(g.origin, g.t) + total(g.destination[crosses], g.t[crosses])
    rules, named = s.streets, names != ""
    per_t, per_passing = rules.rates
    burden = np.where(named, per_t * received + per_passing * passing, 0.0)
    paid = np.where(named, rules.per_t * received + rules.per_passage * passing / rules.truck_t, 0.0)
    released = total(np.arange(s.first_demand), s.supplies.release.sum(axis=1))
    units = s.demands.units_per_t[np.arange(len(s.demands.ids)), s.demands.first_material]
    unserved = np.concatenate([g.left, g.short / units, g.stuck.sum(axis=1)])
    figures = (
        total(own[served], g.t[served]),
        total(own[served], (g.t * (g.haul_cost + g.fee))[served]),
        received,
        total(np.arange(len(street)), unserved),
        passing / rules.truck_t,
        burden / max(float(burden.sum()), 1e-12),
        paid,
        paid.sum() * released / max(float(released.sum()), 1e-12),
    )
    return {str(name): tuple(float(figure[i]) for figure in figures) for i, name in enumerate(names)}
