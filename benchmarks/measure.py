"""Timing side by side on a noisy machine, and what a whole command takes."""

from __future__ import annotations

import gc
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

LAUNCHER = Path(__file__).with_name("launch.py")
PACKAGES = ("numpy", "scipy", "highspy", "ortools", "linopy", "networkx", "pyroutingkit")


class DisagreementError(Exception):
    """Ours and a peer do not give the same answer, so their times cannot be compared."""


@dataclass(frozen=True)
class Launched:
    """One run of a command."""

    seconds: float
    peak_mb: float
    code: int
    output: str


def side_by_side(runs: Mapping[str, Callable[[], object]], repeats: int, *, warm: bool = False) -> dict[str, float]:
    """Median seconds of each, taken in turn (ours, peer, ours, peer …) so that all meet the same noise.

    Args:
        runs: what to time.
        repeats: rounds.
        warm: each is run once untimed before it is timed, so that what takes milliseconds does not pay for the memory
            that the one before it left cold.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            if warm:
                run()
            gc.collect()
            start = time.perf_counter()
            kept = run()
            seconds[name].append(time.perf_counter() - start)
            del kept
    return {name: median(values) for name, values in seconds.items()}


def launch(command: Sequence[str]) -> Launched:
    """Runs a command as a person would and waits; peak memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "output")
        told = subprocess.run(
            [sys.executable, "-S", "-E", str(LAUNCHER), str(output), *command],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        said = json.loads(told.stdout)
        return Launched(said["seconds"], said["peak_mb"], said["code"], output.read_text(encoding="utf-8"))


def cutfill(*words: str) -> list[str]:
    """The console script of this interpreter, or the module where it is not installed."""
    script = Path(sys.executable).with_name("cutfill")
    return [str(script), *words] if script.exists() else [sys.executable, "-m", "optimizer.cli", *words]


def agree(what: str, ours: float, theirs: Mapping[str, float], relative: float = 1e-7) -> None:
    """Refuses to compare times of different answers.

    Raises:
        DisagreementError: a peer's value differs.
    """
    for peer, value in theirs.items():
        if not abs(value - ours) <= relative * max(1.0, abs(ours)):
            raise DisagreementError(f"{what}: ours {ours!r}, {peer} {value!r}")


def installed(package: str) -> bool:
    """Whether a peer can be compared with."""
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def machine() -> dict[str, Any]:
    """Processor, cores, load and versions, for reading the figures later."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d"),
        "versions": {name: version(name) for name in PACKAGES if installed(name)},
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"
