"""Writes a plan folder, whole or not at all."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimizer.files import folder_written_whole
from optimizer.plan import Plan
from optimizer.progress import Progress
from optimizer.scenario import Scenario
from optimizer.tables import Table

TABLES = ("flows", "stocks", "processing", "balance", "prices", "reasons")
DISPATCH_FILES = frozenset(
    {
        "trips.csv",
        "trucks.csv",
        "loads.csv",
        "gate_hours.csv",
        "undone.csv",
        "helps.csv",
        "replay.csv",
        "dispatch.json",
        "tickets.csv",
        "tickets.json",
        "sheets",
        "dispatch.html",
        "events.csv",
        "ticket_changes.csv",
    }
)
FILES = frozenset(
    {f"{name}.csv" for name in TABLES} | {"plan.json", "map.geojson", "report.html", "plan.xlsx"}
    | DISPATCH_FILES  # a new plan makes an older dispatch of the folder untrue
    | {"site.csv", "solutions.csv", "streets.csv", "site.html"}  # and an older siting
    | {"changes.csv", "changes.html", "stocktake.csv"}  # and an older re-planning
    | {"reach.csv", "reach.json", "reach.html", "reach.toml"}  # and what reached a rate
    | {"worth.csv", "worth.html"}  # and what it was worth
)  # fmt: skip


def write_plan(
    scenario: Scenario,
    plan: Plan,
    folder: Path,
    progress: Progress,
    more: Mapping[str, Table] | None = None,
    pages: Mapping[str, str] | None = None,
) -> None:
    """Writes every file of the plan folder, and further tables and pages by name; other programs' files are kept."""
    from optimizer.geojson import plan_geojson
    from optimizer.report import render
    from optimizer.workbook import workbook_bytes

    with folder_written_whole(folder, owned=FILES) as scratch:
        with progress.phase("write tables"):
            _write_tables(plan, scratch)
            for name, table in (more or {}).items():
                (scratch / f"{name}.csv").write_text(table.to_csv(), encoding="utf-8")
            geojson = json.dumps(plan_geojson(scenario, plan), ensure_ascii=False)
            (scratch / "map.geojson").write_text(geojson, encoding="utf-8")
        with progress.phase("write workbook"):
            (scratch / "plan.xlsx").write_bytes(workbook_bytes(scenario, plan))
        with progress.phase("write report"):
            (scratch / "report.html").write_text(render(scenario, plan), encoding="utf-8")
            for name, text in (pages or {}).items():
                (scratch / f"{name}.html").write_text(text, encoding="utf-8")
        _write_summary(plan, scratch)  # at the end, so that it has the seconds of every phase


def write_checkable(plan: Plan, folder: Path) -> None:
    """Writes what ``cutfill check`` reads: the tables that the plan has, and the summary."""
    _write_tables(plan, folder)
    _write_summary(plan, folder)


def _write_tables(plan: Plan, folder: Path) -> None:
    for name in plan.tables.keys() & set(TABLES):
        (folder / f"{name}.csv").write_text(plan.tables[name].to_csv(), encoding="utf-8")


def _write_summary(plan: Plan, folder: Path) -> None:
    (folder / "plan.json").write_text(summary_json(plan.summary), encoding="utf-8")


def summary_json(summary: dict[str, Any]) -> str:
    """JSON text of a summary; numbers that JSON cannot hold become null."""
    return json.dumps(_plain(summary), ensure_ascii=False, indent=1) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
