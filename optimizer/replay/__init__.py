"""A published schedule driven again, minute by minute, with chance: does it hold, where does it queue, who is late?

``tickets`` reads trips.csv and trucks.csv, ``chance`` draws how long things take, ``world`` is the district in SimPy,
``figures`` counts. Of the scheduler it shares only the legs: gates, hours, bans and rests are read here a second time,
so that a replay with exact times, which must come out at the minutes of the tickets, says whether they can be driven.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.dispatch.network import build_network
from optimizer.distances import Distances
from optimizer.progress import Progress
from optimizer.replay.chance import draw
from optimizer.replay.figures import exact_figures, random_figures, replay_table
from optimizer.replay.tickets import read_schedule
from optimizer.replay.world import Outcome, World
from optimizer.scenario import Scenario
from optimizer.tables import Table

__all__ = ["REPLICATIONS", "Replay", "replay"]

REPLICATIONS = 10


@dataclass(frozen=True)
class Replay:
    """What became of the schedule: figures for dispatch.json, and replay.csv."""

    summary: dict[str, Any]
    table: Table

    @property
    def violations(self) -> dict[str, int]:
        """What the exact replay finds broken: loads late, truck days over their hours, overlaps at gates."""
        return {name: self.summary["exact"][name] for name in ("late", "over_hours", "gate_overlaps")}


def replay(
    scenario: Scenario,
    distances: Distances,
    tables: Mapping[str, Table],
    *,
    replications: int,
    seed: int,
    progress: Progress,
) -> Replay:
    """Drives a schedule once with exact times and ``replications`` times with chance.

    Args:
        scenario: the scenario it was made for.
        distances: its distances.
        tables: ``trips`` and ``trucks``, as made or as read from the files.
        replications: 0 leaves chance out.
        seed: the same seed and number give every truck the same luck, whatever else the schedule changes.
        progress: told how far long work is.

    Raises:
        ValueError: the tables are no schedule of the scenario.
    """
    schedule = read_schedule(scenario, tables["trips"], tables["trucks"])
    world = World(scenario, build_network(scenario, distances), schedule)
    exact = world.run(None)
    outcomes: list[Outcome] = []
    for i, luck in enumerate(draw(schedule, replications, seed)):
        progress.step(i, replications, "replays")
        outcomes.append(world.run(luck))
    summary: dict[str, Any] = {"exact": exact_figures(schedule, exact), "replications": replications, "seed": seed}
    chance = Outcome(*(np.stack(parts) for parts in zip(*outcomes, strict=True))) if outcomes else None
    if chance is not None:
        summary |= random_figures(scenario, schedule, chance)
    return Replay(summary, replay_table(scenario, schedule, exact, chance))
