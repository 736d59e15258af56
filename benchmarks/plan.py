"""The whole of ``cutfill plan``: from process start to files written, and the most memory it takes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.district import FULL, SMOKE, generated
from benchmarks.measure import DisagreementError, Launched, cutfill, launch
from benchmarks.rows import Row, told, within

SECONDS, MEGABYTES, START_SECONDS = 4.0, 400.0, 0.5
PLANNED = (0, 3, 4)  # exit codes that leave a plan


def run(smoke: bool) -> list[Row]:
    """Seconds and memory of the benchmark week with distances given, next to its own solve time."""
    with generated(**(SMOKE if smoke else FULL), distances=True) as folder:
        runs = [planned(folder) for _ in range(1 if smoke else 5)]
    wall = median(launched.seconds for launched, _ in runs)
    typical = min(runs, key=lambda each: abs(each[0].seconds - wall))[1]
    name = f"cutfill plan, {typical['counts']['columns']:,} columns"
    whole = within(name, wall, SECONDS, "s", smoke=smoke)
    whole["peers"] = {"its own solve": solve_seconds(typical)}
    peak = within(f"{name}, peak memory", max(launched.peak_mb for launched, _ in runs), MEGABYTES, "MB", smoke=smoke)
    inside = sum(typical["seconds"].values())
    phases = [told(f"· {phase}", seconds) for phase, seconds in grouped(typical["seconds"]).items()]
    return [whole, peak, *phases, told("· interpreter, imports before the clock, exit", max(wall - inside, 0.0))]


def planned(folder: Path, *options: str) -> tuple[Launched, dict[str, Any]]:
    """One run of the command on a scenario folder, with its plan.json.

    Raises:
        DisagreementError: the command fails.
    """
    out = folder.with_name("out")
    launched = launch(cutfill("plan", str(folder), "-o", str(out), "--quiet", *options))
    if launched.code not in PLANNED:
        raise DisagreementError(f"cutfill plan ended with {launched.code}:\n{launched.output}")
    return launched, json.loads((out / "plan.json").read_text(encoding="utf-8"))


def solve_seconds(summary: dict[str, Any]) -> float:
    """Seconds in the solver, all goals."""
    return float(sum(s for phase, s in summary["seconds"].items() if phase.startswith("solve ")))


def grouped(seconds: dict[str, float]) -> dict[str, float]:
    """Seconds by phase in order, the stages of the solver as one; what takes no time is left out."""
    total = sum(seconds.values())
    phases: dict[str, float] = {}
    for phase, spent in seconds.items():
        name = "solve" if phase.startswith("solve ") else phase
        phases[name] = phases.get(name, 0.0) + spent
    return {phase: spent for phase, spent in phases.items() if spent > 0.002 * total}


def run_start(smoke: bool) -> list[Row]:
    """Starting the command line: nothing heavy may be imported before a command needs it."""
    commands = {
        "import optimizer.cli": [sys.executable, "-c", "import optimizer.cli"],
        "cutfill --version": cutfill("--version"),
    }
    bare = [sys.executable, "-c", "pass"]
    taken: dict[str, list[float]] = {name: [] for name in (*commands, "bare")}
    for _ in range(1 if smoke else 5):
        for name, command in (*commands.items(), ("bare", bare)):
            taken[name].append(launch(command).seconds)
    rows = []
    for name in commands:
        row = within(name, median(taken[name]), START_SECONDS, "s", smoke=smoke)
        row["peers"] = {"python -c pass": median(taken["bare"])}
        rows.append(row)
    return rows
