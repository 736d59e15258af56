"""How a plan grows: lanes, seconds to build and to solve, and memory of larger districts (one run each, no target)."""

from __future__ import annotations

from benchmarks.district import generated
from benchmarks.plan import planned, solve_seconds
from benchmarks.rows import Row, told

SITES = (500, 1000, 2000)
SMOKE_SITES = (20, 40)
TIME_LIMIT = 120  # seconds of solving; what is not proven by then is said so


def run(smoke: bool) -> list[Row]:
    """Four rows for each size: lanes and the whole command, building, solving, memory."""
    rows: list[Row] = []
    for sites in SMOKE_SITES if smoke else SITES:
        with generated(sites, distances=False) as folder:
            launched, summary = planned(folder, "--time-limit", str(TIME_LIMIT))
        built = sum(summary["seconds"].get(phase, 0.0) for phase in ("lanes", "program"))
        name = f"{sites:,} sites, {summary['counts']['lanes']:,} lanes"
        rows += [
            told(f"{name}: cutfill plan", launched.seconds),
            told(f"{name}: build", built),
            told(f"{name}: solve", solve_seconds(summary), summary["termination"].replace("_", " ")),
            told(f"{name}: peak memory", launched.peak_mb, unit="MB"),
        ]
    return rows
