"""Small weeks with trucks as folders, and one call from folder to schedules."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.check.result import Ledger
from optimizer.check.trips import check_trips
from optimizer.dispatch import Budget, Dispatch, dispatch_scenario
from optimizer.dispatch.cli import write_dispatch
from optimizer.distances import measure
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.tables import Table

TOML = """name = "small"
start = 2025-03-03
days = {days}
[objective]
order = ["unserved", "haul"]
[roads]
distances = "distances.csv"
[dispatch]
laden_km_h = 25
empty_km_h = 35
{driving}
"""
# two pits, two fills, a depot at the yard; every pair both ways, km by hand
LANES = (("S1", "D1"), ("S1", "D2"), ("S2", "D1"), ("S2", "D2"))
PLACES = ("S1", "S2", "D1", "D2", "Y1")
KM = {("S1", "D1"): 5, ("S1", "D2"): 10, ("S2", "D1"): 10, ("S2", "D2"): 5, ("S1", "S2"): 12, ("D1", "D2"): 12,
      ("Y1", "S1"): 4, ("Y1", "S2"): 4, ("Y1", "D1"): 6, ("Y1", "D2"): 6}  # fmt: skip


def write(folder: Path, *, days: int = 1, driving: str = "", **tables: list[dict[str, Any]]) -> Path:
    """A scenario folder; ``tables`` replace or add to the standard ones."""
    supply = {"material": "spoil_silty_clay", "unit": "t", "quantity": 64}
    demand = {"accepts": "spoil_silty_clay", "unit": "t", "quantity": 500}
    standard: dict[str, list[dict[str, Any]]] = {
        "supplies": [{"supply": "S1", **supply}, {"supply": "S2", **supply}],
        "demands": [{"demand": "D1", **demand}, {"demand": "D2", **demand}],
        "facilities": [{"facility": "Y1", "kind": "yard", "accepts": "spoil_silty_clay", "status": "closed"}],
        "distances": [{"from": a, "to": b, "km": km} for (x, y), km in KM.items() for a, b in ((x, y), (y, x))],
        "trucks": [{"truck": "T", "count": 2, "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "18:00",
                    "cost_per_km": 4, "cost_per_hour": 60, "carrier": "east"}],
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenario.toml").write_text(TOML.format(days=days, driving=driving), encoding="utf-8")
    for name, rows in {**standard, **tables}.items():
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def flows(*rows: tuple[int, str, str, float]) -> Table:
    """flows.csv of (day, from, to, t)."""
    table = Table(("date", "from", "to", "material", "grade", "t"))
    table.rows = [(f"2025-03-{3 + day:02d}", a, b, "spoil_silty_clay", "2", t) for day, a, b, t in rows]
    return table


def drawn(rng: np.random.Generator, count: int) -> tuple[list[tuple[str, str]], Table]:
    """So many whole loads on the four lanes by chance, and the plan that they are of."""
    number = rng.multinomial(count, [0.25] * 4)
    plan = flows(*((0, a, b, 16.0 * n) for (a, b), n in zip(LANES, number, strict=True) if n))
    return [lane for lane, n in zip(LANES, number, strict=True) for _ in range(n)], plan


def dispatched(folder: Path, plan: Table, rounds: int = 200, seed: int = 0) -> Dispatch:
    """Schedules of a folder and a plan."""
    scenario = load_scenario(folder)
    return dispatch_scenario(scenario, measure(scenario, Progress()), plan, Budget(rounds, None, seed), Progress())


def checked(folder: Path, plan: Table, dispatch: Dispatch, out: Path) -> list[str]:
    """What the independent check says of the schedules as written."""
    out.mkdir(exist_ok=True)
    write_dispatch(dispatch, out)
    return recheck(folder, plan, out)


def recheck(folder: Path, plan: Table, out: Path) -> list[str]:
    """What the independent check says of a folder."""
    scenario, ledger = load_scenario(folder), Ledger()
    check_trips(scenario, measure(scenario, Progress()), plan, out, ledger)
    assert ledger.checks > 0 or ledger.findings
    return [str(finding) for finding in ledger.findings]
