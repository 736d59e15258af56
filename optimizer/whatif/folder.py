"""The folder that a comparison is written to, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optimizer.distances import measure
from optimizer.files import folder_written_whole
from optimizer.outputs import summary_json, write_checkable
from optimizer.planner import Planning
from optimizer.progress import Progress
from optimizer.report.texts import Both
from optimizer.scenario import Scenario
from optimizer.tables import Table
from optimizer.whatif.apply import INPUT_COLUMNS
from optimizer.whatif.compare import decision_table, figure_table, input_table, sentence
from optimizer.whatif.page import render
from optimizer.whatif.study import INDEPENDENT, Case, recomputed

FILES = frozenset(
    {"comparison.html", "comparison.json", "inputs.csv", "decisions.csv", "figures.csv", "frontier.csv", "plans"}
)


def checked_cases(
    scenario: Scenario, plans: Sequence[Planning], keys: Sequence[str], names: Sequence[Both]
) -> list[Case]:
    """Plans of one scenario as cases, each recomputed from its inputs."""
    measured = measure(scenario, Progress(), engine=INDEPENDENT)
    return [
        Case(key, name.en, name.zh, planning, Table(INPUT_COLUMNS), recomputed(planning, measured), 0.0)
        for key, name, planning in zip(keys, names, plans, strict=True)
    ]


def write_comparison(
    base: Case, cases: Sequence[Case], folder: Path, lead: Sequence[str], more: Mapping[str, Table] | None = None
) -> None:
    """Writes tables, page, summary and the plan folder of every case (what ``cutfill check --variant`` reads)."""
    tables: dict[str, Table] = {
        "inputs": input_table(cases),
        "decisions": decision_table(base, cases),
        "figures": figure_table(base, cases),
    }
    with folder_written_whole(folder, owned=FILES) as scratch:
        for name, table in (tables | dict(more or {})).items():
            (scratch / f"{name}.csv").write_text(table.to_csv(), encoding="utf-8")
        for case in (base, *cases):
            (scratch / "plans" / case.key).mkdir(parents=True)
            write_checkable(case.planning.priced, scratch / "plans" / case.key)
        (scratch / "comparison.json").write_text(summary_json(comparison(base, cases)), encoding="utf-8")
        (scratch / "comparison.html").write_text(
            render(base, cases, tables, lead, (more or {}).get("frontier")), encoding="utf-8"
        )


def comparison(base: Case, cases: Sequence[Case]) -> dict[str, Any]:
    """The content of ``comparison.json``."""
    return {
        "name": base.name,
        "base": _told(base),
        "variants": [
            _told(case) | {"sentence": sentence(base, case).en, "sentence_zh": sentence(base, case).zh}
            for case in cases
        ],
    }


def _told(case: Case) -> dict[str, Any]:
    summary = case.summary
    return {
        "variant": case.key,
        "name": case.name,
        "name_zh": case.name_zh,
        "termination": summary["termination"],
        "goals": summary["goals"],
        "kpis": {name: value for name, value in summary["kpis"].items() if not name.startswith("by_")},
        "verified": not case.findings,
        "findings": [str(finding) for finding in case.findings],
        "iterations": [stage["iterations"] for stage in summary["certificate"]["stages"]],
        "seconds": case.seconds,
    }
