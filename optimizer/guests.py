"""Places held free in a live market, so that a lot can be tried without building the program anew.

A guest is a supply or demand of a scenario like any other, but with no coordinates, no quantity and therefore no lanes
and no effect. A quote gives one of them a lot's limits and lanes, solves, and takes both away again; so the blocks of
the program say of a lot exactly what they say of every listing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.distances import Distances
from optimizer.scenario import GRADES, UNITS, Demands, Floats, Ints, Scenario, Supplies


@dataclass(frozen=True)
class Hosting:
    """A scenario with guests.

    Attributes:
        scenario: the scenario with guest supplies after its own and guest demands after its own.
        place: (places,) node in ``scenario`` of each place of the scenario without guests.
        supplies: node of the guest supply for each commodity that a facility takes.
        any_supply: node of a guest for commodities that no facility takes.
        demands: node of the guest demand for each unit.
    """

    scenario: Scenario
    place: Ints
    supplies: dict[int, int]
    any_supply: int
    demands: dict[str, int]


def with_guests(scenario: Scenario) -> Hosting:
    """The scenario with one guest supply per commodity that a facility takes, and one guest demand per unit.

    There is one per commodity because facilities have balances and lanes only for what somebody offers.
    """
    commodities = _accepted(scenario)
    s, d = scenario.supplies, scenario.demands
    hosting = replace(
        scenario, supplies=_more_supplies(s, commodities, scenario.days), demands=_more_demands(scenario, d)
    )
    first_demand = hosting.first_demand
    place = np.concatenate(
        [
            np.arange(len(s.ids)),
            first_demand + np.arange(len(d.ids)),
            hosting.first_facility + np.arange(len(scenario.facilities.ids)),
        ]
    ).astype(np.int32)
    first_guest = len(s.ids)
    return Hosting(
        scenario=hosting,
        place=place,
        supplies={int(k): first_guest + i for i, k in enumerate(commodities)},
        any_supply=first_guest,
        demands={unit: first_demand + len(d.ids) + i for i, unit in enumerate(UNITS)},
    )


def _accepted(scenario: Scenario) -> Ints:
    """Commodities that some facility takes, at least one."""
    f = scenario.facilities
    found = {
        int(material) * GRADES + grade - 1
        for facility, kind in enumerate(f.kind)
        if kind != "quarry"
        for material in np.flatnonzero(f.accepts[facility])
        for grade in range(1, int(f.grade[facility]) + 1)
    }
    return np.array(sorted(found) or [0], dtype=np.int32)


def without_roads(hosting: Hosting, distances: Distances) -> Distances:
    """Distances in the node order of the scenario with guests: no road leads to or from a guest."""
    n, pairs = len(hosting.scenario.place_ids), np.ix_(hosting.place, hosting.place)

    def spread(table: Floats) -> Floats:
        wide = np.full((n, n), np.nan)
        wide[pairs] = table
        return wide

    return replace(
        distances,
        km=spread(distances.km),
        minutes=spread(distances.minutes),
        cost_per_t=spread(distances.cost_per_t),
    )


def _more_supplies(s: Supplies, commodities: Ints, days: int) -> Supplies:
    n = len(commodities)
    blank = ("",) * n
    return Supplies(
        ids=s.ids + tuple(f"guest supply {i}" for i in range(n)),
        names=s.names + blank,
        lon=np.append(s.lon, np.full(n, np.nan)),
        lat=np.append(s.lat, np.full(n, np.nan)),
        commodity=np.append(s.commodity, commodities).astype(np.int32),
        quantity=np.append(s.quantity, np.zeros(n)),
        release=np.vstack([s.release.reshape(-1, days), np.zeros((n, days))]),
        first=np.append(s.first, np.zeros(n, dtype=np.int32)),
        last=np.append(s.last, np.full(n, days - 1, dtype=np.int32)),
        daily_max=np.append(s.daily_max, np.ones(n)),  # finite, so that there is a row for it
        stock_max=np.append(s.stock_max, np.full(n, np.inf)),
        must_move=np.append(s.must_move, np.zeros(n, dtype=bool)),
        ask=np.append(s.ask, np.full(n, np.nan)),
        priority=np.append(s.priority, np.ones(n)),
        unit=s.unit + ("t",) * n,
        owner=s.owner + blank,
        street=s.street + blank,
    )


def _more_demands(scenario: Scenario, d: Demands) -> Demands:
    n, days = len(UNITS), scenario.days
    density = scenario.materials.density.T  # (UNITS, M)
    accepts = np.isfinite(density)
    blank = ("",) * n
    return Demands(
        ids=d.ids + tuple(f"guest demand {unit}" for unit in UNITS),
        names=d.names + blank,
        lon=np.append(d.lon, np.full(n, np.nan)),
        lat=np.append(d.lat, np.full(n, np.nan)),
        accepts=np.vstack([d.accepts.reshape(-1, accepts.shape[1]), accepts]),
        first_material=np.append(d.first_material, accepts.argmax(axis=1)).astype(np.int32),
        unit=d.unit + UNITS,
        units_per_t=np.vstack([d.units_per_t.reshape(-1, accepts.shape[1]), 1.0 / density]),
        quantity=np.append(d.quantity, np.zeros(n)),
        required=np.append(d.required, np.zeros(n)),
        daily_max=np.append(d.daily_max, np.ones(n)),
        grade=np.append(d.grade, np.full(n, GRADES - 1)).astype(np.int32),
        first=np.append(d.first, np.zeros(n, dtype=np.int32)),
        last=np.append(d.last, np.full(n, days - 1, dtype=np.int32)),
        bid=np.append(d.bid, np.full(n, np.nan)),
        priority=np.append(d.priority, np.ones(n)),
        owner=d.owner + blank,
        street=d.street + blank,
    )
