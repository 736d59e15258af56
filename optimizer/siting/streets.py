"""streets.csv: what each street gains and bears, and what it is paid for that, without any candidate and with them."""

from __future__ import annotations

import numpy as np

from optimizer.burden import burden
from optimizer.planner import Planning
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
    borne = burden(s, g)
    own = np.where(g.origin < s.first_facility, g.origin, g.destination)  # the site that a flow serves
    served = own < s.first_facility
    released = borne.total(np.arange(s.first_demand), s.supplies.release.sum(axis=1))
    units = s.demands.units_per_t[np.arange(len(s.demands.ids)), s.demands.first_material]
    unserved = np.concatenate([g.left, g.short / units, g.stuck.sum(axis=1)])
    figures = (
        borne.total(own[served], g.t[served]),
        borne.total(own[served], (g.t * (g.haul_cost + g.fee))[served]),
        borne.received,
        borne.total(np.arange(len(s.place_ids)), unserved),
        borne.passages,
        borne.share,
        borne.paid,
        borne.paid.sum() * released / max(float(released.sum()), 1e-12),
    )
    return {name: tuple(float(figure[i]) for figure in figures) for i, name in enumerate(borne.names)}
