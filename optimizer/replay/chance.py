"""How long things take by chance: factors on the minutes of the schedule, lognormal with mean 1.

The spreads read the ranges of DOMAIN.md (bulk earthwork in Chinese cities) as the 5th and 95th percentile of one and
the same job, σ = ln(high / low) / (2 · 1.645): loading 3–6 min, tipping 2–3 min, washing and scanning 3–5 min, urban
speed 25–35 km/h. That travel times are skewed to the right, as a lognormal is, and that all trucks of one day share a
part of it (weather, an accident; σ 0.05) are assumptions, as is that the scheduled minutes are the means.

Luck belongs to a truck, its day and the number of its ticket that day, never to the order in which things happen: two
schedules replayed with the same seed meet the same luck (common random numbers), and their difference is theirs.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimizer.replay.tickets import Schedule
from optimizer.scenario import Floats

_TAILS = 2 * 1.6448536269514722  # between the 5th and the 95th percentile, in σ
TRAVEL, LOADING, TIPPING, WASHING = (
    np.log(high / low) / _TAILS for low, high in ((25, 35), (3, 6), (2, 3), (3, 5))
)  # fmt: skip
SHARED = 0.05
# columns of Luck.ticket
EMPTY_LEG, LOAD, LADEN_LEG, TIP, WASH = range(5)
_SPREADS = np.array([TRAVEL, LOADING, TRAVEL, TIPPING, WASHING])


@dataclass(frozen=True)
class Luck:
    """Factors of one replication: (n, 5) by ticket, (days,) of all traffic, (truck days,) of the leg home."""

    ticket: Floats
    traffic: Floats
    home: Floats


def draw(schedule: Schedule, replications: int, seed: int) -> Iterator[Luck]:
    """Luck for a number of replications."""
    last = max((day.day for day in schedule.days), default=0)
    shared = _rng(seed, "traffic", 0).standard_normal((last + 1, replications))
    ticket = np.empty((replications, len(schedule.names), 5))
    home = np.empty((replications, len(schedule.days)))
    for i, day in enumerate(schedule.days):
        rng = _rng(seed, day.truck, day.day)
        home[:, i] = rng.standard_normal(replications)
        own = rng.standard_normal((len(day.tickets), 5, replications))  # ticket by ticket: more of them change none
        ticket[:, list(day.tickets)] = own.transpose(2, 0, 1)
    for r in range(replications):
        yield Luck(_factor(ticket[r], _SPREADS), _factor(shared[:, r], SHARED), _factor(home[r], TRAVEL))


def _factor(normal: Floats, spread: Floats | float) -> Floats:
    found: Floats = np.exp(spread * normal - np.square(spread) / 2)
    return found


def _rng(seed: int, name: str, day: int) -> np.random.Generator:
    return np.random.default_rng([abs(seed), int(seed < 0), zlib.crc32(name.encode()), day])
