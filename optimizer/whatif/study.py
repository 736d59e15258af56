"""A base planned once, and variants of it planned from its vertex; every answer is recomputed from its inputs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.check import check_folder
from optimizer.check.result import Finding
from optimizer.distances import Distances, Line, measure
from optimizer.outputs import write_checkable
from optimizer.planner import Options, Planning, plan_scenario
from optimizer.progress import Progress
from optimizer.read import Inputs
from optimizer.scenario import Floats, Scenario
from optimizer.tables import Table
from optimizer.whatif.apply import INPUT_COLUMNS, apply
from optimizer.whatif.patch import BASE, Variant

INDEPENDENT = "scipy"  # path engine of the second reading


@dataclass(frozen=True)
class Case:
    """The base or a variant, planned and checked.

    Attributes:
        key, name, name_zh: what it is called; the base's key is ``base``.
        inputs: what was changed (``inputs.csv``); no rows for the base.
        findings: what the independent recomputation does not confirm; none where the answer holds.
        seconds: from the patch to the checked plan.
    """

    key: str
    name: str
    name_zh: str
    planning: Planning
    inputs: Table
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def summary(self) -> dict[str, Any]:
        """The content of its ``plan.json``."""
        return self.planning.plan.summary

    @property
    def goals(self) -> dict[str, float]:
        """Value of each goal, in the order of the objective."""
        return {goal["name"]: goal["value"] for goal in self.summary["goals"]}


@dataclass(frozen=True)
class Straight:
    """Straight lines between places, as paths."""

    lonlat: Floats

    def __call__(self, pairs: Sequence[tuple[int, int]]) -> list[Line]:
        """(2, 2) lon, lat of each pair."""
        return [self.lonlat[list(pair)] for pair in pairs]


@dataclass(frozen=True)
class Measured:
    """Distances of a base, of which those of a variant are a part as long as roads and places are the same."""

    scenario: Scenario
    engine: str
    distances: Distances

    @classmethod
    def of_base(cls, scenario: Scenario, engine: str, progress: Progress) -> Measured:
        """Measures them."""
        return cls(scenario, engine, measure(scenario, progress, engine=engine))

    def without_paths(self) -> Measured:
        """The same without the map, which need not be sent along."""
        plain = replace(self.distances, paths=Straight(self.scenario.lonlat), reach=None, anywhere=None)
        return replace(self, distances=plain)

    def of(self, scenario: Scenario) -> Distances:
        """Distances of a variant's scenario; measured anew where something moved, is new, or a road is closed."""
        base = self.scenario
        if scenario is base:
            return self.distances
        number = {name: i for i, name in enumerate(base.place_ids)}
        at = np.array([number.get(name, -1) for name in scenario.place_ids], dtype=np.int64)
        on_map = base.roads.file is not None and replace(scenario.roads, max_km=base.roads.max_km) == base.roads
        if not on_map or (at < 0).any() or not np.array_equal(base.lonlat[at], scenario.lonlat):
            return measure(scenario, Progress(), engine=self.engine)
        block, whole = np.ix_(at, at), self.distances

        def paths(pairs: Sequence[tuple[int, int]]) -> list[Line]:
            return whole.paths([(int(at[a]), int(at[b])) for a, b in pairs])

        return replace(
            whole, km=whole.km[block], minutes=whole.minutes[block], cost_per_t=whole.cost_per_t[block], paths=paths
        )


@dataclass(frozen=True)
class Ground:
    """What every solve of a base's variants shares: the base as read, and its distances by both engines."""

    inputs: Inputs
    roads: Measured
    independent: Measured

    @classmethod
    def of(cls, inputs: Inputs, options: Options, progress: Progress) -> Ground:
        """Measures the base's distances."""
        scenario = inputs.scenario
        return cls(
            inputs,
            Measured.of_base(scenario, options.engine, progress),
            Measured.of_base(scenario, INDEPENDENT, progress),
        )

    def without_paths(self) -> Ground:
        """The same for sending elsewhere: lines are drawn straight."""
        return replace(self, roads=self.roads.without_paths(), independent=self.independent.without_paths())


class Study:
    """A base and the solver that holds it.

    Args:
        ground: the base.
        options: how to solve.
        progress: told of the base's phases.
        told: whether the base's answer is told as well, and so recomputed.
    """

    def __init__(self, ground: Ground, options: Options, progress: Progress, *, told: bool = True):
        inputs = ground.inputs
        self._inputs, self._options = inputs, options
        self._roads, self._independent = ground.roads, ground.independent
        start = time.perf_counter()
        planning = plan_scenario(
            inputs.scenario, options, progress, distances=self._roads.of(inputs.scenario), brief=True
        )
        scenario = inputs.scenario
        findings = self._findings(planning) if told else ()
        seconds = time.perf_counter() - start
        self.base = Case(BASE, scenario.name, scenario.name, planning, Table(INPUT_COLUMNS), findings, seconds)

    def solve(self, variant: Variant) -> Case:
        """Plans and checks a variant, starting from the base's vertex.

        Raises:
            InputError: the variant cannot be applied.
        """
        start = time.perf_counter()
        applied = apply(self._inputs, variant)
        distances = self._roads.of(applied.scenario)
        planning = plan_scenario(
            applied.scenario, self._options, Progress(), distances=distances, warm=self.base.planning, brief=True
        )
        findings, seconds = self._findings(planning), time.perf_counter() - start
        return Case(variant.key, variant.name, variant.name_zh, planning, applied.inputs, findings, seconds)

    def _findings(self, planning: Planning) -> tuple[Finding, ...]:
        return recomputed(planning, self._independent.of(planning.scenario))


def recomputed(planning: Planning, distances: Distances) -> tuple[Finding, ...]:
    """What ``cutfill check`` finds in a plan, written to files and read again."""
    with tempfile.TemporaryDirectory(prefix="cutfill-") as folder:
        unpriced = {
            name: table for name, table in planning.plan.tables.items() if name != "prices"
        }  # nobody reads them
        write_checkable(replace(planning.plan, tables=unpriced), Path(folder))
        return check_folder(planning.scenario, Path(folder), distances).findings
