"""plan.json against the recount: the inputs it was made from, its goals and their bounds, its figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from optimizer.check.figures import Figures, Recount, cost_parts, material_figures
from optimizer.check.folder import PLAN, is_number
from optimizer.check.result import FIGURE, Ledger, agree, number, slack
from optimizer.followed import NOT_THE_PLANS
from optimizer.scenario import Scenario

SHARE = 1e-6  # shares and rates are compared to this, absolutely


def check_inputs(
    scenario: Scenario, summary: Mapping[str, Any], ledger: Ledger, dispatched: Mapping[str, Any] | None = None
) -> None:
    """The plan was made from the files that lie there now, for the same days.

    Args:
        dispatched: inputs of the schedules made of it since, by which the plan's own trucks, gates and bans may be old.
    """
    now = scenario.hashes
    newer = {} if dispatched is None else {name: now.get(name) for name in NOT_THE_PLANS
                                           if dispatched.get(name) == now.get(name)}  # fmt: skip
    check_hashes(scenario, summary["inputs"] | newer, PLAN, "the plan was", ledger)
    days = scenario.days * scenario.period_days
    for key, right in (("name", scenario.name), ("start", scenario.start.isoformat()), ("days", days)):
        given = summary.get(key)
        ledger.expect(given == right, PLAN, 0, key, f"'{given}' where the scenario has '{right}'")
    mode, told = "lexicographic" if scenario.objective.order else "weights", summary.get("mode")
    ledger.expect(told == mode, PLAN, 0, "mode", f"'{told}' where the objective has {mode}")


def check_hashes(
    scenario: Scenario, then: Mapping[str, Any], told: str, what: str, ledger: Ledger, of: Collection[str] = ()
) -> None:
    """What the file ``told`` names as inputs (all, or those ``of`` a list) are the files that lie there now."""
    now = {name: found for name, found in scenario.hashes.items() if not of or name in of}
    for file in sorted(then.keys() | now.keys()):
        change = "is gone" if file not in now else "is new" if file not in then else "has changed since"
        message = f"{what} made from other inputs: {file} {change}"
        ledger.expect(then.get(file) == now.get(file), told, 0, f"inputs.{file}", message)


def check_goals(scenario: Scenario, summary: Mapping[str, Any], goals: Mapping[str, float], ledger: Ledger) -> None:
    """The goals of the objective in their order, at their recomputed values, no better than their proven bounds.

    A plan that calls itself optimal is also no worse than its bounds, but for the tolerance that later goals may take.
    """
    names = [goal["name"] for goal in summary["goals"]]
    message = f"lists {', '.join(names) or 'nothing'} where the objective has {', '.join(goals)}"
    same = names == list(goals) if scenario.objective.order else names[:1] == ["total"] and set(names) == set(goals)
    ledger.expect(same and len(names) == len(goals), PLAN, 0, "goals", message)
    taken = scenario.objective.tolerance if scenario.objective.order else 0.0
    for i, goal in enumerate(summary["goals"]):
        name, value, bound = goal["name"], float(goal["value"]), goal["bound"]
        if name in goals:
            right = goals[name]
            message = f"{name} is given as {number(value)} but the plan's rows make {number(right)}"
            ledger.expect(bool(agree(value, right, FIGURE)), PLAN, 0, f"goals[{i}].value", message, value - right)
        if bound is None:
            continue
        better = bound - value
        message = f"{name} at {number(value)} is better than its proven bound, {number(bound)}"
        near = float(slack(max(abs(bound), abs(value)), FIGURE))
        ledger.expect(better <= near, PLAN, 0, f"goals[{i}].bound", message, better)
        if summary["status"] == "optimal" and (not scenario.objective.order or name in goals) and i < len(goals):
            if not scenario.objective.order and i > 0:
                continue  # with weights only the total is optimal
            message = f"{name} at {number(value)} is called optimal but the proven bound is {number(bound)}"
            room = near + taken * abs(bound)
            ledger.expect(-better <= room, PLAN, 0, f"goals[{i}].bound", message, better)


def check_figures(count: Recount, totals: Figures, summary: Mapping[str, Any], ledger: Ledger) -> None:
    """Every figure that can be recomputed is there and right, in all, per material and per waste class."""
    kpis = summary["kpis"]
    _compare(totals, kpis, "kpis", ledger, required=True)
    parts: Figures = dict(cost_parts(count))
    _compare(parts, _group(kpis, "cost_parts"), "kpis.cost_parts", ledger, required=True)
    materials = count.scenario.materials
    ids, classes = np.array(materials.ids), np.array(materials.waste_class)
    for group, of in (("by_material", ids), ("by_class", classes)):
        told = _group(kpis, group)
        for name in np.unique(of).tolist():
            right = material_figures(count, of == name)
            if name in told:
                _compare(right, _group(told, name), f"kpis.{group}.{name}", ledger, required=False)
            elif group == "by_material" and any(v is not None and abs(v) > FIGURE for v in right.values()):
                ledger.add(PLAN, 0, f"kpis.{group}.{name}", "is missing, though this plan moves or makes some of it")
        for name in told:
            ledger.expect(name in of, PLAN, 0, f"kpis.{group}.{name}", "is not known in this scenario")


def _group(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    group = data.get(key)
    return group if isinstance(group, dict) else {}


def _compare(right: Figures, given: Mapping[str, Any], place: str, ledger: Ledger, *, required: bool) -> None:
    for name, value in right.items():
        if name not in given:
            ledger.expect(not required, PLAN, 0, f"{place}.{name}", "is missing")
            continue
        told = given[name]
        if told is not None and not is_number(told):
            ledger.expect(False, PLAN, 0, f"{place}.{name}", f"'{told}' is not a number")
            continue
        near = SHARE if name.endswith(("_share", "_rate")) else FIGURE
        a, b = (np.nan if x is None else float(x) for x in (told, value))
        message = f"{number(a)} where inputs and rows make {number(b)}"
        ledger.expect(bool(agree(a, b, near)), PLAN, 0, f"{place}.{name}", message, np.nan_to_num(a - b))
