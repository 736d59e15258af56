"""What each choice of candidates costs in each sample, and how much more than the best choice there: its regret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from optimizer.backends import make_backend
from optimizer.distances import Distances
from optimizer.hedge.draws import Template
from optimizer.hedge.stages import Future
from optimizer.planner import Options
from optimizer.scenario import Floats, Ints, Scenario
from optimizer.siting.choices import Choices, opened
from optimizer.solve import TOTAL, refuse_endless_gain

ALL_SETS = 5  # candidates up to which every set is looked at; beyond, none, each alone, and all


@dataclass(frozen=True)
class Sitings:
    """C candidates, sets of them, and (sets, samples) CNY of each set, openings included."""

    candidates: tuple[str, ...]
    sets: tuple[tuple[int, ...], ...]
    costs: Floats

    @property
    def regret(self) -> Floats:
        """(sets, samples) CNY more than the best set of that sample."""
        least: Floats = self.costs - self.costs.min(axis=0)
        return least

    @property
    def best(self) -> int:
        """The set with the least cost on the mean."""
        return int(self.costs.mean(axis=1).argmin())


def sets_of(scenario: Scenario) -> tuple[tuple[int, ...], ...]:
    """The sets that are looked at, of facility numbers; none where there are no candidates."""
    at = _candidates(scenario)
    sizes = range(len(at) + 1) if len(at) <= ALL_SETS else (0, 1, len(at))
    return tuple(chosen for size in sizes for chosen in combinations(at, size)) if at else ()


def sitings(scenario: Scenario, columns: Sequence[Sequence[float]]) -> Sitings:
    """What every set costs in every sample.

    Args:
        scenario: any sample's.
        columns: for each sample :func:`set_costs`.
    """
    ids = scenario.facilities.ids
    return Sitings(tuple(ids[i] for i in _candidates(scenario)), sets_of(scenario), np.array(columns).T)


def _candidates(scenario: Scenario) -> list[int]:
    return [i for i, status in enumerate(scenario.facilities.status) if status == "candidate"]


def _all_open(scenario: Scenario) -> Scenario:
    """Every candidate open at the first of its sizes and on all its days."""
    choices = Choices.of(scenario)
    length = choices.options.last - choices.options.first
    chosen = np.zeros(len(length), dtype=bool)
    for candidate in range(len(choices)):
        own = np.flatnonzero(choices.options.candidate == candidate)
        chosen[own[np.argmax(length[own])]] = True
    return opened(scenario, choices, chosen)


def set_costs(
    scenario: Scenario, template: Template, distances: Distances, sets: Sequence[tuple[int, ...]]
) -> list[float]:
    """CNY of each set in one sample: all are open in one live program, and those not in the set get no lanes."""
    at, scenario = _candidates(scenario), _all_open(scenario)
    future = Future.of(scenario, template, distances, 0)
    backend = make_backend(Options().solver)
    backend.load(future.program)
    backend.set_cost(future.cost)
    lanes, upper = future.lanes, future.program.upper
    ends = (lanes.origins - scenario.first_facility, lanes.destinations - scenario.first_facility)
    touched = {f: np.flatnonzero((ends[0] == f) | (ends[1] == f)) for f in at}
    weights = scenario.objective.weights
    paid = weights.get("cost", weights.get("welfare", 0.0))
    costs = []
    for chosen in sets:
        shut: Ints = np.concatenate([np.zeros(0, dtype=np.int64), *(touched[f] for f in at if f not in chosen)])
        backend.set_column_bounds(shut, np.zeros(len(shut)), np.zeros(len(shut)))
        backend.limits_changed()
        answer = backend.solve(None)
        if answer.status == "unbounded":
            raise refuse_endless_gain(TOTAL)
        assert answer.x is not None
        backend.set_column_bounds(shut, np.zeros(len(shut)), upper[shut])
        not_opened = sum(float(scenario.facilities.opening_cost[f]) for f in at if f not in chosen)
        costs.append(float(future.cost @ answer.x) + future.constant - paid * not_opened)
    return costs
