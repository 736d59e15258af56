"""From a followed plan and what really moved to a new plan of the rest."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copyfile
from typing import Any

from optimizer.check import check
from optimizer.check.folder import PlanFolder, read_plan_folder
from optimizer.errors import Fault, InputError
from optimizer.files import folder_written_whole
from optimizer.intake.faults import Faults, listed, nearest
from optimizer.intake.raw import Source
from optimizer.outputs import FILES, summary_json, write_plan
from optimizer.planner import Options, Planning, plan_scenario
from optimizer.progress import Progress
from optimizer.read import Inputs, load_scenario
from optimizer.replan.actuals import ordered, read_actuals, read_stocktake
from optimizer.replan.changes import SMALLEST_T, Change, causes, change_table, changed, kept, tonnes_by_order
from optimizer.replan.folder import write_scenario
from optimizer.replan.page import render
from optimizer.replan.rest import History, Remainder, Rest
from optimizer.report.texts import named, number
from optimizer.roads.cache import cache_folder
from optimizer.scenario import Objective, Scenario
from optimizer.schema import MAX_DAYS
from optimizer.solve import UNITS
from optimizer.tables import Table
from optimizer.whatif.variants import applied
from optimizer.words import Words

COMMAND = "cutfill replan"
MONEY_AND_WAY = (
    "haul",
    "empties",
    "cost",
    "carbon",
    "welfare",
)  # goals that must not turn a plan over, unless asked to
ORDERS = "orders"  # the plan's own flows of the rest, in the rest's folder: what `changes` compares with
CLOSURES = "closures.geojson"  # zones of the rest's folder, with the roads that a variant closes
OWNED = FILES | {"scenario"}


@dataclass(frozen=True)
class Request:
    """What to plan again; see :func:`optimizer.replan.add_arguments`."""

    plan: Path
    scenario: Path | None
    actuals: Path
    first: dt.date
    days: int | None
    freeze: int
    calm_after: str | None
    change_cost: float
    out: Path
    stocktake: Path | None = None
    variant: str | None = None


def plan_again(request: Request, options: Options, progress: Progress) -> tuple[dict[str, Any], list[str]]:
    """Writes the new plan's folder; returns its summary and what the second reading does not confirm.

    Raises:
        InputError: with every fault of the plan, the scenario or the actuals.
    """
    with progress.phase("read"):
        plan = _read_plan(request)
        inputs = Inputs.read(_scenario_of(request, plan))
        if request.variant is not None:
            inputs = applied(inputs, request.variant).altered
        if inputs.scenario.period_days > 1:
            told = "weeks are planned again day by day; leave period_days out to replan"
            raise InputError.single("scenario.toml", told, column="period_days")
        first = _first_day(request, inputs.scenario)
        scenario = _whole_lots(inputs)
        moved = read_actuals(request.actuals, inputs, first)
        taken = read_stocktake(request.stocktake, inputs, first) if request.stocktake else []
        expected = ordered(plan, scenario).before(first)
        history = History(plan, moved, expected, tuple(taken), first, request.actuals.name)
        rest = Remainder(inputs.source, scenario, history).take()
        rest.notes += _changed_inputs(plan, inputs.scenario)
        settings = _settings(request, inputs, first, plan)
    with folder_written_whole(request.out, owned=OWNED) as scratch:
        flows = _write_rest(request, rest, settings, scratch / "scenario")
        if settings.get("roads.zones") == CLOSURES:
            copyfile(str(inputs.scenario.roads.zones), scratch / "scenario" / CLOSURES)
        scenario = load_scenario(scratch / "scenario")
        planning = plan_scenario(scenario, options, progress)
        with progress.phase("reasons"):
            changes, table = _explained(request, planning, flows, rest)
            rest.notes += _worth_of_thawing(planning, options)
        planning.plan.summary["replan"] = _summary(request, flows, changes, rest)
        more = (
            {"stocktake": Table(tuple(rest.taken[0]), [tuple(row.values()) for row in rest.taken])}
            if rest.taken
            else {}
        )
        write_plan(scenario, planning.plan, scratch, progress, {"changes": table, **more})
        findings = [str(finding) for finding in check(scratch / "scenario", scratch, Progress()).findings]
        planning.plan.summary["replan"]["findings"] = findings
        (scratch / "plan.json").write_text(summary_json(planning.plan.summary), encoding="utf-8")
        (scratch / "changes.html").write_text(render(scenario, planning.plan.summary, table), encoding="utf-8")
    return planning.plan.summary, findings


def _read_plan(request: Request) -> PlanFolder:
    if request.out.resolve() == request.plan.resolve():
        raise InputError.single(COMMAND, "the new plan would replace the one it is compared with", column="--out")
    faults: list[Fault] = []
    plan = read_plan_folder(request.plan, faults)
    if plan is None:
        raise InputError(faults)
    return plan


def _scenario_of(request: Request, plan: PlanFolder) -> Path:
    """The scenario given, or the one lying in the plan's folder, or that which plan.json names."""
    if request.scenario is not None:
        return request.scenario
    if (request.plan / "scenario").is_dir():
        return request.plan / "scenario"
    named = plan.summary.get("scenario")
    if isinstance(named, str) and (request.plan / named).exists():
        return request.plan / named
    raise InputError.single(COMMAND, f"the scenario of {request.plan} is not found; name it", column="--scenario")


def _first_day(request: Request, scenario: Scenario) -> int:
    first = (request.first - scenario.start).days
    if not 0 <= first < scenario.days:
        last = scenario.date(scenario.days - 1)
        told = f"{request.first} is no day of the plan; expected one of {scenario.start} to {last}"
        raise InputError.single(COMMAND, told, column="--from")
    return first


def _whole_lots(inputs: Inputs) -> Scenario:
    """The scenario over as many days as its lots last, so that no release is lost when the horizon grows."""
    scenario = inputs.scenario
    ends = [int(day) for day in inputs.tables["supplies"]["to"] if day]
    wanted = max([scenario.days, *(day - scenario.start.toordinal() + 1 for day in ends)])

    def longer(source: Source, faults: Faults) -> set[str]:
        source.settings["days"] = min(wanted, MAX_DAYS)
        return set()

    return inputs.changed(longer)


def _changed_inputs(plan: PlanFolder, scenario: Scenario) -> list[Words]:
    was: Mapping[str, str] = plan.summary.get("inputs") or {}
    names = sorted(name for name in was.keys() | scenario.hashes.keys() if was.get(name) != scenario.hashes.get(name))
    if not names:
        return []
    told = ", ".join(names)
    return [Words(f"inputs differ from the plan's: {told}", f"输入与原方案不同：{told}")]


def _settings(request: Request, inputs: Inputs, first: int, plan: PlanFolder) -> dict[str, Any]:
    """The scenario's settings for the rest: later, shorter, calm, and with paths as seen from the new folder."""
    scenario, settings = inputs.scenario, dict(inputs.source.settings)
    for name in [name for name in settings if name.startswith("objective.")]:
        del settings[name]
    for name in ("roads.file", "roads.profile", "roads.zones"):
        if settings.get(name):
            there = (inputs.source.folder / str(settings[name])).resolve()
            own = there.parent == cache_folder(None).resolve()  # made by a variant, and gone when the cache is
            settings[name] = CLOSURES if own else os.path.relpath(there, (request.out / "scenario").resolve())
    if settings.get("roads.distances"):
        settings["roads.distances"] = "distances.csv"
    days = scenario.days - first if request.days is None else request.days
    if days < scenario.days - first:
        told = f"{days} is less than the {scenario.days - first} days that are left; expected as many or more"
        raise InputError.single(COMMAND, told, column="--days")
    ordered_until = dt.date.fromisoformat(plan.summary["start"]) + dt.timedelta(days=int(plan.summary["days"]))
    objective = scenario.objective
    settings |= {
        "name": scenario.name,
        "start": request.first,
        "days": days,
        "objective.tolerance": objective.tolerance,
        "objective.reference": ORDERS,
        "objective.reference_days": max(0, min(days, (ordered_until - request.first).days)),
        "objective.frozen_days": min(request.freeze, days),
    }
    if objective.weights:
        calm = {"frozen": scenario.costs.unserved_per_t, "changes": request.change_cost}
        settings["objective.weights"] = calm | dict(objective.weights)
    else:
        settings["objective.order"] = list(_calm_order(request, objective))
    return settings


def _calm_order(request: Request, objective: Objective) -> tuple[str, ...]:
    """`frozen` before everything, `changes` before the goals of money and way; where the order has them, they stay."""
    order = objective.goals
    if request.calm_after is not None:
        if request.calm_after not in order:
            told = f"'{request.calm_after}' is no goal of this plan; expected one of {listed(order)}"
            raise InputError.single(COMMAND, told + nearest(request.calm_after, order), column="--calm-after")
        order = tuple(goal for goal in order if goal != "changes")
        at = order.index(request.calm_after) + 1
        order = (*order[:at], "changes", *order[at:])
    elif "changes" not in order:
        at = next((i for i, goal in enumerate(order) if goal in MONEY_AND_WAY), len(order))
        order = (*order[:at], "changes", *order[at:])
    return order if "frozen" in order else ("frozen", *order)


def _write_rest(request: Request, rest: Rest, settings: Mapping[str, Any], folder: Path) -> Table:
    """Writes the rest's scenario with the orders of its days, which are returned."""
    if not any(rest.tables.get(name) for name in ("supplies", "demands", "stocks")):
        raise InputError.single(request.actuals.name, f"nothing is left to plan from {request.first} on")
    write_scenario(folder, settings, rest.tables)
    flows = Table.read_csv(request.plan / "flows.csv")
    last = (request.first + dt.timedelta(days=settings["days"] - 1)).isoformat()
    at = flows.columns.index("date")
    flows = Table(flows.columns, [row for row in flows.rows if request.first.isoformat() <= row[at] <= last])
    (folder / ORDERS).mkdir()
    (folder / ORDERS / "flows.csv").write_text(flows.to_csv(), encoding="utf-8")
    return flows


def _explained(request: Request, planning: Planning, flows: Table, rest: Rest) -> tuple[list[Change], Table]:
    thaw = (request.first + dt.timedelta(days=request.freeze)).isoformat()
    covered = planning.scenario.objective.reference_days or 0
    until = (request.first + dt.timedelta(days=covered)).isoformat()  # later days have no orders yet
    changes = changed(tonnes_by_order(flows), tonnes_by_order(planning.plan.tables["flows"]), thaw, until)
    otherwise = Words("the goals before `changes` are better met", "更好地满足排在“改动”之前的目标")
    if any(note.en.startswith("inputs differ") for note in rest.notes):
        otherwise = Words("the inputs have changed", "输入已改动")
    return changes, change_table(changes, causes(changes, rest.shocks, otherwise), kept(planning, changes))


def _worth_of_thawing(planning: Planning, options: Options) -> list[Words]:
    """What the freeze window costs: the first goal that is better without it, planned anew from the same vertex."""
    scenario = planning.scenario
    goals = tuple(goal for goal in scenario.objective.order if goal != "frozen")
    if not scenario.objective.frozen_days or not goals or planning.solution.termination != "optimal":
        return []
    thawed = replace(scenario, objective=replace(scenario.objective, order=goals))
    free = plan_scenario(thawed, options, Progress(), distances=planning.distances, warm=planning, brief=True)
    best = {stage.goal: stage.value for stage in free.solution.stages}
    for stage in planning.solution.stages:
        less = stage.value - best.get(stage.goal, stage.value)
        if stage.goal != "changes" and less > max(SMALLEST_T, 1e-6 * abs(stage.value)):
            goal, unit = named("goal", stage.goal), named("unit", UNITS[stage.goal])
            en = f"without the freeze window: {number(less)} {unit.en} less {goal.en}"
            return [Words(en, f"若不设冻结期，{goal.zh}可减少 {number(less)} {unit.zh}")]
    return []


def _summary(request: Request, flows: Table, changes: list[Change], rest: Rest) -> dict[str, Any]:
    in_all = sum(float(t) for t in flows.column("t"))
    return {
        "from": request.first.isoformat(),
        "freeze_days": request.freeze,
        "ordered_t": in_all,
        "kept_t": in_all - sum(max(change.ordered - change.t, 0.0) for change in changes),
        "withdrawn_t": sum(max(change.ordered - change.t, 0.0) for change in changes),
        "new_t": sum(max(change.t - change.ordered, 0.0) for change in changes),
        "changed_orders": len(changes),
        "frozen_orders": sum(change.frozen for change in changes),
        "stocktake": rest.taken,
        "notes": [{"en": note.en, "zh": note.zh} for note in rest.notes],
        "shocks": {
            place: [{"en": words.en, "zh": words.zh} for words in told] for place, told in sorted(rest.shocks.items())
        },
        "findings": [],
    }
