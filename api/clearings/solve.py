"""What a clearing does in a worker: plan, settle, say why. Imports nothing of the platform.

Zips go both ways: ``scenario.zip``, ``roads.zip`` and ``request.json`` in, ``plan.zip`` and ``result.json`` out.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from api.clearings.packing import files_of, pack, packed_folder, unpack
from optimizer.outputs import summary_json, write_plan
from optimizer.planner import Options, Planning, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.settlement import settle

# phase → (share done when it begins, what a person reads)
STEPS = {
    "roads": (0.05, "roads"),
    "distances": (0.1, "distances"),
    "lanes": (0.2, "lanes"),
    "program": (0.25, "model"),
    "solve": (0.3, "solving"),
    "tables": (0.7, "tables"),
    "reasons": (0.75, "reasons"),
    "counterfactual": (0.85, "comparing with the nearest legal place"),
    "paths": (0.87, "paths"),
    "write": (0.9, "writing the plan"),
}
GATES = ("disposal", "recycling", "treatment", "offsite")


class Telling(Progress):
    """Progress that goes to a job."""

    def __init__(self, report: Callable[[float, str], None]) -> None:
        super().__init__(quiet=True)
        self._report = report

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Reports the phase, and stops the work here when the job was cancelled."""
        share, message = STEPS.get(name) or STEPS.get(name.split()[0], (0.3, name))
        self._report(share, message)
        with super().phase(name):
            yield


def run(payload: bytes, report: Callable[[float, str], None]) -> bytes:
    """Plans and settles the scenario of a payload.

    Raises:
        InputError: the scenario has faults.
    """
    with tempfile.TemporaryDirectory(prefix="cutfill-") as name:
        folder = Path(name)
        files = files_of(payload)
        for part in ("scenario.zip", "roads.zip"):
            unpack(files[part], folder / "scenario")
        request = json.loads(files["request.json"])
        report(0.02, "reading")
        scenario = load_scenario(folder / "scenario")
        progress = Telling(report)
        planning = plan_scenario(scenario, Options(time_limit=request["time_limit"]), progress)
        report(0.88, "prices")
        settlement = settle(planning, request["charges"] if request["form"] == "policy" else None)
        write_plan(scenario, planning.plan, folder / "plan", progress)
        result = {
            "form": settlement.form,
            "summary": json.loads(summary_json(planning.plan.summary)),
            "totals": settlement.totals,
            "matches": [_plain(match) for match in settlement.matches.records()],
            "nearest": _nearest_gates(planning),
        }
        return pack({"result.json": json.dumps(result).encode(), "plan.zip": packed_folder(folder / "plan")})


def _plain(match: dict[str, Any]) -> dict[str, Any]:
    numbers = {key: float(match[key]) for key in NUMBERS}
    dates = [[str(date), float(t)] for date, t in match["dates"]]
    return {**{key: match[key] for key in ("from", "to", "material", "grade")}, **numbers, "dates": dates,
            "within_limits": bool(match["within_limits"])}  # fmt: skip


NUMBERS = ("t", "km", "seller_price", "buyer_price", "haul", "externality", "gap")


def _nearest_gates(planning: Planning) -> dict[str, dict[str, Any]]:
    """For each supply the nearest legal gate: what would happen to it without a market (km, and CNY/t with its fee)."""
    scenario, lanes = planning.scenario, planning.lanes
    fee = np.concatenate([np.zeros(scenario.first_facility), scenario.facilities.fee])
    at_gate = np.flatnonzero(lanes.of_kind(lanes.origin, "supply") & lanes.of_kind(lanes.destination, *GATES))
    nearest: dict[int, int] = {}
    for arc in at_gate[np.argsort(lanes.km[at_gate], kind="stable")].tolist():
        nearest.setdefault(int(lanes.origin[arc]), arc)
    places = scenario.place_ids
    return {
        places[origin]: {
            "place": places[int(lanes.destination[arc])],
            "km": float(lanes.km[arc]),
            "cost": float(lanes.haul_cost[arc] + fee[int(lanes.destination[arc])]),
        }
        for origin, arc in nearest.items()
    }
