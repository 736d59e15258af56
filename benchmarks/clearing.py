"""A clearing from the planner's request to published proposals: 1,200 surpluses, 800 needs, 14 gates, a week.

All through HTTP on a server with its own worker. A clearing that is not proven to be the optimum, or that drops
more than a few of its proposals, is refused; seconds of wrong answers are not told.
"""

from __future__ import annotations

import io
import json
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil

from benchmarks.market_world import World, cpu_seconds, databases, opened, seed, serving
from benchmarks.measure import DisagreementError
from benchmarks.rows import Row, told, within

FULL, SMOKE = (1200, 800), (30, 20)  # supplies and demands
ORGANISATIONS = 200
FORMS = ("welfare", "policy")
MOST_SECONDS = 60
PATIENCE = 600
LOOK_SECONDS = 0.1
GAP = 1e-6  # relative
MOST_DROPPED = 0.01  # of the proposals, for a kilogram of rounding; how many is told
# what a person reads → phases of plan.json, by the beginning of their names
PHASES = {
    "reading and distances": ("read", "roads", "distances"),
    "lanes and program": ("lanes", "program"),
    "solving": ("solve",),
    "tables, reasons, comparison, paths": ("tables", "reasons", "counterfactual", "paths"),
    "writing the plan": ("write",),
}


@dataclass(frozen=True)
class _Run:
    """One clearing: seconds until its request was answered, and until all was published; the processors' seconds of
    the server and its worker meanwhile; its plan's summary."""

    asked: float
    whole: float
    busy: float
    view: dict[str, Any]
    summary: dict[str, Any]


def run(smoke: bool) -> list[Row]:
    """For each database and form the whole clearing, and where its time goes."""
    rows: list[Row] = []
    with databases() as urls:
        for name, url in urls.items():
            with tempfile.TemporaryDirectory(prefix="cutfill-bench-data-") as parent:
                folder = Path(parent)
                with opened(url, folder) as platform:
                    world = seed(platform, *(SMOKE if smoke else FULL), ORGANISATIONS)
                with serving(url, folder, 1) as [(address, process)]:
                    for form in FORMS:
                        rows += _rows(name, _cleared(address, process, world, form), smoke)
    return rows


def _cleared(address: str, process: psutil.Process, world: World, form: str) -> _Run:
    """Runs one clearing, publishes it, and takes it back so that the next one meets the same market."""
    headers = {"Authorization": f"Bearer {world.planner_key}"}
    with httpx2.Client(base_url=address, headers=headers, timeout=PATIENCE) as http:
        start, busy = time.perf_counter(), cpu_seconds(process)
        new = {"form": form, "start": world.start.isoformat(), "days": 7, "publish": True}
        asked_for = http.post("/v1/clearings", json=new).raise_for_status()
        asked = time.perf_counter() - start
        view = _awaited(http, asked_for.json()["id"])
        whole, busy = time.perf_counter() - start, cpu_seconds(process) - busy
        archive = http.get(f"/v1/clearings/{view['id']}/plan").raise_for_status().content
        with zipfile.ZipFile(io.BytesIO(archive)) as plan:
            summary = json.loads(plan.read("plan.json"))
        _check(form, view, summary)
        http.post(f"/v1/clearings/{view['id']}/settle").raise_for_status()
    return _Run(asked, whole, busy, view, summary)


def _awaited(http: httpx2.Client, id_: str) -> dict[str, Any]:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        view: dict[str, Any] = http.get(f"/v1/clearings/{id_}").raise_for_status().json()
        if view["state"] != "solving":
            return view
        time.sleep(LOOK_SECONDS)
    raise DisagreementError(f"a clearing took more than {PATIENCE} s")


def _check(form: str, view: dict[str, Any], summary: dict[str, Any]) -> None:
    """Raises DisagreementError unless the clearing is published, its optimum proven, and nothing of it was lost."""
    gaps = [stage["gap"] for stage in summary["certificate"]["stages"]]
    if view["state"] != "published" or summary["termination"] != "optimal" or max(map(abs, gaps)) > GAP:
        raise DisagreementError(f"a {form} clearing is {view['state']}, {summary['termination']}, gaps {gaps}")
    if view["counts"]["dropped"] > MOST_DROPPED * view["counts"]["proposals"] or not view["counts"]["proposals"]:
        raise DisagreementError(f"a {form} clearing has {view['counts']}")


def _rows(database: str, run_: _Run, smoke: bool) -> list[Row]:
    counts, seconds = run_.view["counts"], run_.summary["seconds"]
    name = f"{database}, {run_.view['form']} clearing of {counts['supplies'] + counts['demands']:,} listings"
    of_phases = {
        phase: sum(s for name, s in seconds.items() if name.startswith(starts)) for phase, starts in PHASES.items()
    }
    rest = run_.whole - run_.asked - sum(of_phases.values())
    return [
        within(name, run_.whole, MOST_SECONDS, "s", smoke=smoke),
        told("· processor time of the server and its worker", run_.busy),
        told("· freezing the scenario, until the request is answered", run_.asked),
        *(told(f"· {phase}", value) for phase, value in of_phases.items()),
        told(
            "· worker's start, prices, proposals, publication",
            rest,
            f"{counts['lanes']:,} lanes, {counts['proposals']:,} proposals, {counts['dropped']} dropped",
        ),
    ]
