"""Lanes: who may send which commodity to whom, and on which days, as integer-indexed arrays.

An *arc* is (origin place, destination place, commodity); a *lane* is an arc on one day and one column of the program.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimizer.distances import Distances
from optimizer.scenario import GRADES, PLACED, PLANTS, Bools, Floats, Ints, Scenario, commodity_of

# Kinds that may receive from each kind of origin (DESIGN.md, "Who may send to whom").
RECEIVERS = {
    "supply": ("demand", "yard", "recycling", "treatment", "disposal", "offsite"),
    "yard": ("demand", "recycling", "treatment", "disposal", "offsite"),
    "recycling": ("demand", "yard", "disposal", "offsite"),
    "treatment": ("demand", "yard", "disposal", "offsite"),
    "quarry": ("demand",),
}
PLACE_KINDS = ("supply", "demand", "yard", "disposal", "recycling", "treatment", "offsite", "quarry")
FIRST_FACILITY_KIND = 2


@dataclass(frozen=True)
class Lanes:
    """A arcs and L lanes. Places are node numbers of the scenario.

    Attributes:
        origin, destination, commodity: (A,) of each arc.
        km, minutes: (A,) one way; minutes ``nan`` where not known.
        haul_cost: (A,) CNY per t for the drive alone.
        arc, day: (L,) of each lane; sorted by day within arc.
        kind: (places,) index into :data:`PLACE_KINDS`.
        may_hold: (F, K) commodities that can ever be at each facility.
        empty_km: (places, places) of an empty truck from place to place, nan where it cannot; only where the goal
            ``empties`` counts.
        no_road: pairs that rules allow and no road joins; ``too_far``: pairs beyond ``max_km``.
    """

    origin: Ints
    destination: Ints
    commodity: Ints
    km: Floats
    minutes: Floats
    haul_cost: Floats
    arc: Ints
    day: Ints
    kind: Ints
    may_hold: Bools
    no_road: int
    too_far: int
    empty_km: Floats | None = None

    def __len__(self) -> int:
        return len(self.arc)

    @cached_property
    def origins(self) -> Ints:
        """(L,) place that each lane leaves."""
        return self.origin[self.arc]

    @cached_property
    def destinations(self) -> Ints:
        """(L,) place that each lane leads to."""
        return self.destination[self.arc]

    @cached_property
    def commodities(self) -> Ints:
        """(L,) what each lane carries."""
        return self.commodity[self.arc]

    @cached_property
    def from_supply(self) -> Ints:
        """Lanes that leave a supply."""
        return _where(self.kind[self.origins] == PLACE_KINDS.index("supply"))

    @cached_property
    def into_demand(self) -> Ints:
        """Lanes that lead to a demand."""
        return _where(self.kind[self.destinations] == PLACE_KINDS.index("demand"))

    @cached_property
    def from_facility(self) -> Ints:
        """Lanes that leave a facility."""
        return _where(self.kind[self.origins] >= FIRST_FACILITY_KIND)

    @cached_property
    def into_facility(self) -> Ints:
        """Lanes that lead to a facility."""
        return _where(self.kind[self.destinations] >= FIRST_FACILITY_KIND)

    def of_kind(self, place: Ints, *kinds: str) -> Bools:
        """Which of the given places are of one of the kinds."""
        return _is(self.kind[place], *kinds)


def _is(kind: Ints, *kinds: str) -> Bools:
    """Which of the kinds, as numbers, are among those named."""
    wanted = np.array([name in kinds for name in PLACE_KINDS])
    return wanted[kind]


def _where(mask: Bools) -> Ints:
    """Positions as 32-bit numbers, which the sparse matrix keeps as they are."""
    return np.flatnonzero(mask).astype(np.int32)


@dataclass(frozen=True)
class Rules:
    """Per place and commodity, before any road: what may leave, what may enter, and when a place is open.

    Attributes:
        kind: (places,) index into :data:`PLACE_KINDS`.
        sends, takes: (places, K) commodity allowed out or in.
        open: (places, days).
        may_hold: (F, K) closure of what can reach each facility.
    """

    kind: Ints
    sends: Bools
    takes: Bools
    open: Bools
    may_hold: Bools


def _receiver_matrix() -> Bools:
    """(kinds, kinds) table of :data:`RECEIVERS`."""
    table = np.zeros((len(PLACE_KINDS), len(PLACE_KINDS)), dtype=bool)
    for sender, receivers in RECEIVERS.items():
        for receiver in receivers:
            table[PLACE_KINDS.index(sender), PLACE_KINDS.index(receiver)] = True
    return table


def rules(scenario: Scenario) -> Rules:
    """Materials, grades and dates of every place."""
    s, d, f = scenario.supplies, scenario.demands, scenario.facilities
    n_material = len(scenario.materials.ids)
    kind = np.concatenate(
        [
            np.full(len(s.ids), PLACE_KINDS.index("supply"), dtype=np.int32),
            np.full(len(d.ids), PLACE_KINDS.index("demand"), dtype=np.int32),
            np.array([PLACE_KINDS.index(k) for k in f.kind], dtype=np.int32),
        ]
    )
    demand_takes = _by_grade(d.accepts, d.grade)
    facility_takes = _by_grade(f.accepts, f.grade)
    quarry = np.array([k == "quarry" for k in f.kind], dtype=bool)
    holds = _reachable(scenario, facility_takes & ~quarry[:, None])
    takes = np.vstack([np.zeros((len(s.ids), n_material * GRADES), dtype=bool), demand_takes, holds & facility_takes])
    takes[scenario.first_facility :][quarry] = False
    sends = np.zeros_like(takes)
    sends[np.arange(len(s.ids)), s.commodity] = True
    sends[scenario.first_facility :] = _facility_sends(scenario, holds, facility_takes, quarry)
    days = np.arange(scenario.days)
    windows = [(days >= p.first[:, None]) & (days <= p.last[:, None]) for p in (s, d)]
    return Rules(kind, sends, takes, np.vstack([*windows, f.open]), holds)


def fees(scenario: Scenario) -> tuple[Floats, Floats]:
    """(places,) CNY per t: gate fee where a tonne arrives, and the price of a quarry where it leaves."""
    f = scenario.facilities
    quarry = np.array([kind == "quarry" for kind in f.kind], dtype=bool)
    elsewhere = np.zeros(scenario.first_facility)
    arriving = np.concatenate([elsewhere, np.where(quarry, 0.0, f.fee)])
    return arriving, np.concatenate([elsewhere, np.where(quarry, f.fee, 0.0)])


def _by_grade(accepts: Bools, worst: Ints) -> Bools:
    """(n, M) materials and (n,) worst grades → (n, K) commodities: a grade-g taker takes every grade ≤ g."""
    grade = np.tile(np.arange(1, GRADES + 1), accepts.shape[1])
    return np.repeat(accepts, GRADES, axis=1) & (grade[None, :] <= worst[:, None])


def activities(scenario: Scenario) -> tuple[Ints, Ints]:
    """(facility, input commodity) pairs that some recipe processes: one activity a day each."""
    r = scenario.recipes
    found = set()
    for row in range(len(r.yields)):
        grades = range(1, GRADES + 1) if r.grade_in[row] == 0 else (int(r.grade_in[row]),)
        found |= {(int(r.facility[row]), int(commodity_of(r.input[row], g))) for g in grades}
    accepted = _by_grade(scenario.facilities.accepts, scenario.facilities.grade)
    listed = sorted(
        (f, k) for f, k in found if accepted[f, k] or np.any(_makes(scenario, f)[k])
    )  # an input may come by truck or from another recipe of the same plant
    pairs = np.array(listed, dtype=np.int32).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def recipe_rows(scenario: Scenario, facility: int, commodity: int) -> list[tuple[int, int]]:
    """(recipe row, output commodity) of everything one t of ``commodity`` turns into at ``facility``."""
    r = scenario.recipes
    material, grade = commodity // GRADES, commodity % GRADES + 1
    of_grade = (r.grade_in == 0) | (r.grade_in == grade)
    rows = np.flatnonzero((r.facility == facility) & (r.input == material) & of_grade)
    return [(int(i), int(commodity_of(r.output[i], r.grade_out[i] or grade))) for i in rows]


def _makes(scenario: Scenario, facility: int) -> Bools:
    """(K,) commodities that some recipe row of the facility may put out."""
    r = scenario.recipes
    out = np.zeros(len(scenario.materials.ids) * GRADES, dtype=bool)
    for row in np.flatnonzero(r.facility == facility):
        grade = int(r.grade_out[row] or r.grade_in[row])
        grades = (grade,) if grade else range(1, GRADES + 1)
        out[[int(commodity_of(r.output[row], g)) for g in grades]] = True
    return out


def _reachable(scenario: Scenario, takes: Bools) -> Bools:
    """(F, K) commodities that can ever lie at each facility: brought, in stock, or made there, to a fixed point."""
    n_commodity = takes.shape[1]
    abroad = np.zeros(n_commodity, dtype=bool)  # commodities that exist somewhere
    abroad[scenario.supplies.commodity] = True
    holds = np.zeros_like(takes)
    holds[scenario.stocks.facility, scenario.stocks.commodity] = True
    plants = sorted(set(scenario.recipes.facility.tolist()))
    while True:
        before = holds.sum()
        abroad |= holds.any(axis=0)
        holds |= takes & abroad
        for f in plants:
            for k in np.flatnonzero(holds[f]):
                for _, output in recipe_rows(scenario, f, int(k)):
                    holds[f, output] = True
        if holds.sum() == before:
            return holds


def _facility_sends(scenario: Scenario, holds: Bools, takes: Bools, quarry: Bools) -> Bools:
    """(F, K) what may leave: anything from a yard, products and unprocessable goods from a plant, goods of a quarry."""
    sends = np.zeros_like(holds)
    processed = np.zeros_like(holds)
    facility, commodity = activities(scenario)
    processed[facility, commodity] = True
    for f, kind in enumerate(scenario.facilities.kind):
        if kind == "yard":
            sends[f] = holds[f]
        elif kind in PLANTS:
            sends[f] = holds[f] & (_makes(scenario, f) | ~processed[f])
        elif quarry[f]:
            sends[f, 0::GRADES] = scenario.facilities.accepts[f]
    return sends


def _both_ways(km: Floats) -> Floats:
    """Where only one way is listed, the other is as long; nothing from a place to itself."""
    both = np.where(np.isnan(km), km.T, km)
    np.fill_diagonal(both, 0.0)
    return both


def build_lanes(scenario: Scenario, distances: Distances) -> Lanes:
    """All lanes of a scenario; pairs without a road or beyond ``max_km`` are left out and counted."""
    rule = rules(scenario)
    allowed = _receiver_matrix()[np.ix_(rule.kind, rule.kind)]
    no_road_pairs = np.zeros_like(allowed)
    far_pairs = np.zeros_like(allowed)
    reach = ~np.isnan(distances.km)
    near = reach & (np.nan_to_num(distances.km, nan=np.inf) <= scenario.roads.max_km)
    origins, destinations, commodities = [], [], []
    for k in np.flatnonzero(rule.sends.any(axis=0) & rule.takes.any(axis=0)):
        senders, takers = np.flatnonzero(rule.sends[:, k]), np.flatnonzero(rule.takes[:, k])
        block = np.ix_(senders, takers)
        wanted = allowed[block]
        joined = wanted & near[block]
        if joined.sum() < wanted.sum():
            no_road_pairs[block] |= wanted & ~reach[block]
            far_pairs[block] |= wanted & reach[block] & ~near[block]
        i, j = np.nonzero(joined)
        origins.append(senders[i])
        destinations.append(takers[j])
        commodities.append(np.full(len(i), k))
    origin, destination, commodity = (
        np.concatenate(part).astype(np.int32) if part else np.zeros(0, dtype=np.int32)
        for part in (origins, destinations, commodities)
    )
    both_open = rule.open[origin] & rule.open[destination]
    placing = scenario.not_placed_in_rain[commodity // GRADES] & _is(rule.kind[destination], *PLACED)
    both_open[np.ix_(placing, np.array(scenario.rain, dtype=np.int64))] = False
    arc, day = (a.astype(np.int32) for a in np.nonzero(both_open))
    km = distances.km[origin, destination]
    given = distances.cost_per_t[origin, destination]
    haul_cost = np.where(np.isnan(given), km * scenario.costs.haul_per_t_km, given)
    return Lanes(
        origin=origin,
        destination=destination,
        commodity=commodity,
        km=km,
        minutes=distances.minutes[origin, destination],
        haul_cost=haul_cost,
        arc=arc,
        day=day,
        kind=rule.kind,
        may_hold=rule.may_hold,
        no_road=int(no_road_pairs.sum()),
        too_far=int(far_pairs.sum()),
        empty_km=_both_ways(distances.km) if "empties" in scenario.objective.goals else None,
    )
