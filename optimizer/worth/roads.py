"""What an hour of a road is worth: the horizon planned with it closed, shared out over the hours when trucks drive.

A plan sets no limit on what passes a road or a bridge, so one lane-hour more is worth nothing to it; what is known is
what all hours together are worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from optimizer.check.result import Finding
from optimizer.distances import measure
from optimizer.errors import Fault, InputError
from optimizer.planner import Options, Planning, plan_scenario
from optimizer.progress import Progress
from optimizer.read import Inputs
from optimizer.scenario import Scenario
from optimizer.whatif.apply import apply, refuse_unfit
from optimizer.whatif.patch import Variant, read_variants
from optimizer.whatif.study import INDEPENDENT, recomputed

DAY_MINUTES = 1440


@dataclass(frozen=True)
class Road:
    """A road closed for the whole horizon: by how much each figure grows, and the hours it is shared out over."""

    variant: Variant
    hours: float
    unserved_t: float
    t_km: float
    cost: float
    findings: tuple[Finding, ...]


def read_closures(words: Sequence[str]) -> list[Variant]:
    """Variants that close roads.

    Raises:
        InputError: a patch cannot be read, or closes none.
    """
    variants = read_variants(list(words))
    faults = [
        Fault(f"{variant.key}.toml", 0, "closures", "closes no road; write [[closures]] with lon, lat and radius_km")
        for variant in variants
        if not variant.closures
    ]
    if faults:
        raise InputError(faults)
    return variants


def roads_worth(inputs: Inputs, base: Planning, variants: Sequence[Variant]) -> list[Road]:
    """Each variant planned from the base's vertex and compared with it.

    Raises:
        InputError: a road cannot be closed on this scenario's map.
    """
    refuse_unfit(inputs, variants)
    return [_road(inputs, base, variant) for variant in variants]


def _road(inputs: Inputs, base: Planning, variant: Variant) -> Road:
    scenario = replace(apply(inputs, variant).scenario, objective=base.scenario.objective)
    planning = plan_scenario(scenario, Options(), Progress(), brief=True)
    was, now = base.plan.summary["kpis"], planning.plan.summary["kpis"]
    unserved, t_km, cost = (float(now[name] - was[name]) for name in ("unserved_t", "t_km", "cost"))
    findings = recomputed(planning, measure(scenario, Progress(), engine=INDEPENDENT))
    return Road(variant, scenario.days * hours_a_day(scenario), unserved, t_km, cost, findings)


def hours_a_day(scenario: Scenario) -> float:
    """Hours in which some truck is on shift; 24 where there are no trucks."""
    if not scenario.trucks.shift:
        return 24.0
    first, last = min(a for a, _ in scenario.trucks.shift), max(b for _, b in scenario.trucks.shift)
    return min(last - first, DAY_MINUTES) / 60
