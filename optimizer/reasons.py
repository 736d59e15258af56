"""``reasons.csv``: for every unserved or off-site tonne, what blocked it and what would help."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimizer.distances import Distances
from optimizer.lanes import PLACE_KINDS, Lanes
from optimizer.ledger import Ledger
from optimizer.obstacles import Diagnosis
from optimizer.remedies import Remedies
from optimizer.scenario import GRADE_NAMES, GRADES, Scenario
from optimizer.solve import Session
from optimizer.tables import Table
from optimizer.words import Words

WORTH_TELLING = 1e-4  # t; less is arithmetic
COLUMNS = ("id", "what", "t", "why", "would_help", "why_zh", "would_help_zh", "material", "grade")


@dataclass(frozen=True)
class _Case:
    """Some tonnes to account for; ``commodity`` is None for a demand's shortfall."""

    what: str
    node: int
    commodity: int | None
    t: float


def reason_table(
    scenario: Scenario, distances: Distances, lanes: Lanes, session: Session, ledger: Ledger, *, promises: bool = True
) -> Table:
    """One row per lot, demand or facility and commodity with unserved or off-site tonnes; the largest come first.

    Without ``promises`` what would help is not tried, and its cells stay blank.
    """
    told = (case for case in _cases(scenario, lanes, ledger) if case.t >= WORTH_TELLING)
    cases = sorted(told, key=lambda c: (c.what != "unserved", -c.t, c.node))
    if not cases:
        return Table(COLUMNS)
    diagnosis = Diagnosis(scenario, distances, ledger)
    remedies = Remedies(scenario, distances, lanes, session, diagnosis.rule.open) if promises else None
    places = scenario.place_ids
    rows = []
    for case in cases:
        why, help_ = _answer(scenario, case, diagnosis, remedies)
        commodity = case.commodity
        if commodity is None:
            material = scenario.materials.ids[scenario.demands.first_material[case.node - scenario.first_demand]]
            grade = None
        else:
            material, grade = scenario.materials.ids[commodity // GRADES], GRADE_NAMES[commodity % GRADES]
        rows.append((places[case.node], case.what, case.t, why.en, help_.en, why.zh, help_.zh, material, grade))
    return Table(COLUMNS, rows)


def _answer(scenario: Scenario, case: _Case, diagnosis: Diagnosis, remedies: Remedies | None) -> tuple[Words, Words]:
    demand = case.node - scenario.first_demand
    if case.commodity is None:
        found = diagnosis.of_need(demand)
    else:
        found = diagnosis.of_surplus(case.node, case.commodity, inside_only=case.what == "offsite")
    if remedies is None:
        return found.why, Words("", "")
    goals = [stage.goal for stage in remedies.session.stages]
    goal = case.what if case.what in goals else goals[-1]
    if case.commodity is None:
        return found.why, remedies.for_need(goal, demand, case.t, found)
    return found.why, remedies.for_surplus(goal, case.node, case.commodity, case.t, found)


def _cases(scenario: Scenario, lanes: Lanes, g: Ledger) -> Iterator[_Case]:
    for lot in np.flatnonzero(g.left).tolist():
        yield _Case("unserved", lot, int(scenario.supplies.commodity[lot]), float(g.left[lot]))
    d = scenario.demands
    for demand in np.flatnonzero(g.short).tolist():
        t = float(g.short[demand] / d.units_per_t[demand, d.first_material[demand]])
        yield _Case("unserved", scenario.first_demand + demand, None, t)
    for f, k in zip(*(i.tolist() for i in np.nonzero(g.stuck)), strict=True):
        yield _Case("unserved", scenario.first_facility + f, k, float(g.stuck[f, k]))
    offsite = lanes.kind[g.destination] == PLACE_KINDS.index("offsite")
    totals: dict[tuple[int, int], float] = {}
    for origin, k, t in zip(
        g.origin[offsite].tolist(), g.commodity[offsite].tolist(), g.t[offsite].tolist(), strict=True
    ):
        totals[origin, k] = totals.get((origin, k), 0.0) + t
    for (origin, k), t in totals.items():
        yield _Case("offsite", origin, k, t)
