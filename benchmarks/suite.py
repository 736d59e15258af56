"""The registry of benchmarks and one run of them."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from benchmarks.measure import machine

Run = Callable[[bool], list[Any]]  # smoke → rows

# name → (module, function); modules of the road benchmarks join by their names
OWN = {
    "build": ("benchmarks.build", "run"),
    "solve": ("benchmarks.solve", "run"),
    "plan": ("benchmarks.plan", "run"),
    "start": ("benchmarks.plan", "run_start"),
    "sizes": ("benchmarks.sizes", "run"),
    "quote": ("benchmarks.quote", "run"),
    "whatif": ("benchmarks.whatif", "run"),
    "site": ("benchmarks.site", "run"),
    "dispatch": ("benchmarks.dispatch", "run"),
    "trucks": ("benchmarks.trucks", "run"),
    "market": ("benchmarks.market", "run"),
    "clearing": ("benchmarks.clearing", "run"),
}


def registry() -> dict[str, tuple[str, str]]:
    """Every benchmark by name."""
    import benchmarks

    roads = [m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name.startswith("roads_")]
    return {**OWN, **{name: (f"benchmarks.{name}", "run") for name in sorted(roads)}}


def run_suite(names: Iterable[str], *, smoke: bool, tell: Callable[[str], None]) -> dict[str, Any]:
    """Runs benchmarks one after the other; returns the machine and the rows of each by name."""
    known = registry()
    results: dict[str, Any] = {}
    about = machine()
    for name in names:
        tell(name)
        module, function = known[name]
        run: Run = getattr(import_module(module), function)
        results[name] = [{**row, "met": None if smoke else row["met"]} for row in run(smoke)]
    return {"machine": about, "smoke": smoke, "results": results}
