"""The generated district that the benchmarks plan: 200 supplies, 100 demands, 10 yards, 3 plants, a week."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.blocks import build_program
from optimizer.distances import Distances, measure
from optimizer.lanes import build_lanes
from optimizer.program import Program
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.sample import sample
from optimizer.scenario import Floats, Scenario

FULL = {"sites": 200, "demands": 100, "yards": 10, "plants": 3, "materials": 6, "days": 7}
SMOKE = {"sites": 24, "demands": 12, "yards": 3, "plants": 3, "materials": 6, "days": 4}
# one number out of the four goals, for checking that two models are the same
WEIGHTS = {"unserved": 10_000.0, "offsite": 300.0, "transfer": 20.0, "haul": 1.0}


@dataclass(frozen=True)
class District:
    """A scenario, its distances, and how it is named in the table."""

    scenario: Scenario
    distances: Distances

    @cached_property
    def program(self) -> Program:
        """Our program of it."""
        return self.build()

    def build(self) -> Program:
        """Lanes and program, from nothing but the scenario and its distances."""
        return build_program(self.scenario, build_lanes(self.scenario, self.distances))

    def cost(self) -> Floats:
        """(columns,) the weighted goals."""
        return np.sum([weight * self.program.goals[goal] for goal, weight in WEIGHTS.items()], axis=0)


@contextmanager
def generated(sites: int, *, distances: bool, seed: int = 1, **size: Any) -> Iterator[Path]:
    """A scenario folder of ``cutfill sample``, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="cutfill-bench-") as parent:
        folder = Path(parent, "week")
        sample(folder, sites=sites, distances=distances, seed=seed, progress=Progress(quiet=True), **size)
        yield folder


def district(smoke: bool, seed: int = 1) -> District:
    """The benchmark week, read from files as a person's would be."""
    with generated(**(SMOKE if smoke else FULL), distances=True, seed=seed) as folder:
        scenario = load_scenario(folder)
    return District(scenario, measure(scenario, Progress(quiet=True)))


def crowded(easy: District) -> District:
    """The same week with half the need, a third of the yard space and little room outside: no goal stays zero."""
    d, f = easy.scenario.demands, easy.scenario.facilities
    demands = replace(d, quantity=d.quantity * 0.5, daily_max=d.daily_max * 0.5, required=d.required * 0.5)
    outside = np.array([kind == "offsite" for kind in f.kind])
    storage = np.where(outside, 0.1 * easy.scenario.supplies.release.sum(), f.storage * 0.33)
    facilities = replace(f, daily_in=f.daily_in * 0.33, storage=storage, end_stock_max=f.end_stock_max * 0.33)
    return District(replace(easy.scenario, demands=demands, facilities=facilities), easy.distances)
