"""changes.html: what a planner tells the crews on the day of re-planning, in Chinese and English."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from optimizer.report import self_contained
from optimizer.scenario import Scenario
from optimizer.tables import Table
from optimizer.words import Words

MOST_ROWS = 1000  # rows shown; changes.csv has all


def render(scenario: Scenario, summary: dict[str, Any], changes: Table) -> str:
    """The page.

    Args:
        scenario: the rest, for names.
        summary: plan.json with ``replan``.
        changes: ``changes.csv``.
    """
    own = files(__package__)
    rows = list(changes.records())
    days: dict[str, list[dict[str, Any]]] = {}
    for row in rows[:MOST_ROWS]:
        days.setdefault(row["date"], []).append(row)
    m = scenario.materials
    materials = {id_: Words(en or id_, zh or id_) for id_, en, zh in zip(m.ids, m.name_en, m.name_zh, strict=True)}
    every = scenario.supplies.names + scenario.demands.names + scenario.facilities.names
    places = {id_: name for id_, name in zip(scenario.place_ids, every, strict=True) if name != id_}
    return self_contained(
        own.joinpath("page.html").read_text(encoding="utf-8"), {}, [],
        summary=summary, again=summary["replan"], days=days, hidden=max(0, len(rows) - MOST_ROWS),
        materials=materials, places=places,
    )  # fmt: skip
