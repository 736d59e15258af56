"""The second, independent reading of a plan: every balance, bound and goal from the input files and the plan's tables.

Nothing here knows lanes, columns or solvers. Inputs come through :mod:`optimizer.read`, road distances from SciPy's
Dijkstra, and what a plan may do from DESIGN.md. In the order of the data: ``folder`` reads the plan folder, ``moves``
puts its rows into the scenario's numbers, ``rows`` looks at each flow, ``plants`` at processing, ``sites`` at supplies
and demands, ``stocks`` at yards, ``balance`` at what is left, ``figures`` counts goals, ``claims`` reads plan.json;
``trips`` reads truck schedules and ``heat`` a map of a yard's worth, where there are any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from optimizer.check.balance import Left, check_balance, check_reasons
from optimizer.check.claims import check_figures, check_goals, check_inputs
from optimizer.check.figures import Recount, figures, goal_values, named_goals
from optimizer.check.folder import PLAN, TABLES, PlanFolder, Sheet, read_plan_folder, read_sheet, refuse
from optimizer.check.heat import SUMMARY, check_heat
from optimizer.check.moves import Places, read_flows, read_processing
from optimizer.check.plants import check_processing
from optimizer.check.result import CheckResult, Finding, Ledger, format_result, result_json
from optimizer.check.rows import Rows
from optimizer.check.sites import check_blends, check_demands, check_supplies
from optimizer.check.siting import check_siting, read_siting, with_openings
from optimizer.check.stocks import StockChecks, stocks_of
from optimizer.check.streets import check_streets, read_streets
from optimizer.check.trips import check_trips, dispatched_from
from optimizer.check.truck_day import TRIPS
from optimizer.distances import Distances, measure
from optimizer.errors import Fault, InputError
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.scenario import Scenario
from optimizer.tables import Table
from optimizer.whatif.variants import varied

__all__ = ["CheckResult", "Finding", "check", "check_folder", "format_result", "result_json"]


def check(scenario_path: Path, plan_folder: Path, progress: Progress, *, variant: str | None = None) -> CheckResult:
    """Recomputes a plan from the inputs and tells every row that does not hold.

    Args:
        scenario_path: scenario folder, ``.xlsx`` or ``.json``.
        plan_folder: folder that ``cutfill plan`` wrote.
        progress: told how far long work is.
        variant: patch that the scenario was planned with, as ``cutfill whatif`` takes it.

    Raises:
        InputError: the scenario or the plan's files cannot be read; every fault of both.
    """
    faults: list[Fault] = []
    scenario = None
    with progress.phase("read"):
        try:
            scenario = varied(scenario_path, variant) if variant else load_scenario(scenario_path)
        except InputError as error:
            faults.extend(error.faults)
        if (plan_folder / SUMMARY).exists() and not (plan_folder / PLAN).exists():
            refuse(faults)
            assert scenario is not None
            return check_heat(scenario, plan_folder, progress)
        plan = read_plan_folder(plan_folder, faults)
        reference = _reference(scenario, faults)
    refuse(faults)
    assert scenario is not None and plan is not None
    sited, streets = read_siting(plan_folder), read_streets(plan_folder)
    unsited, scenario = scenario, with_openings(scenario, sited)
    distances = measure(scenario, progress, engine="scipy")
    with progress.phase("check"):
        siting = None if sited is None else (unsited, sited)
        result = _checked(scenario, plan, distances, reference, siting, streets, dispatched_from(plan_folder))
        ledger = Ledger([*result.findings], result.checks)
        if (plan_folder / TRIPS).exists():
            check_trips(scenario, distances, Table.read_csv(plan_folder / "flows.csv"), plan_folder, ledger)
    if (plan_folder / SUMMARY).exists():
        map_of = check_heat(unsited, plan_folder, progress)
        ledger.findings += map_of.findings
        ledger.checks += map_of.checks
    return replace(result, findings=tuple(ledger.findings), checks=ledger.checks)


def check_folder(scenario: Scenario, plan_folder: Path, distances: Distances) -> CheckResult:
    """The same for a scenario in memory whose distances are known.

    Raises:
        InputError: the plan's files cannot be read.
    """
    faults: list[Fault] = []
    plan = read_plan_folder(plan_folder, faults)
    reference = _reference(scenario, faults)
    refuse(faults)
    assert plan is not None
    return _checked(scenario, plan, distances, reference)


def _reference(scenario: Scenario | None, faults: list[Fault]) -> Sheet | None:
    """flows.csv of the plan that the goals ``changes`` and ``frozen`` compare with."""
    if scenario is None or scenario.objective.reference is None:
        return None
    return read_sheet(scenario.objective.reference / "flows.csv", TABLES["flows.csv"], faults)


def _checked(
    scenario: Scenario,
    plan: PlanFolder,
    distances: Distances,
    reference: Sheet | None,
    sited: tuple[Scenario, Sheet] | None = None,
    streets: Sheet | None = None,
    dispatched: Mapping[str, Any] | None = None,
) -> CheckResult:
    ledger = Ledger()
    check_inputs(scenario, plan.summary, ledger, dispatched)
    places = Places.of(scenario)
    flows = read_flows(scenario, places, plan.flows, ledger)
    rates = Rows(scenario, places, distances, flows, ledger).check()
    processing = read_processing(scenario, plan.processing, ledger)
    made = check_processing(scenario, processing, ledger)
    if sited is not None:
        check_siting(sited[0], places, flows, sited[1], plan.summary, ledger)
    check_streets(scenario, flows, streets, ledger)
    supply = check_supplies(scenario, places, flows, ledger)
    demand = check_demands(scenario, places, flows, ledger)
    check_blends(scenario, places, flows, ledger)
    stocks = stocks_of(scenario, places, flows, processing, made)
    uncleared = StockChecks(scenario, places, flows, processing, stocks, plan.stocks, ledger).check()
    left = Left(supply, demand, uncleared)
    check_balance(scenario, plan.balance, left, stocks, ledger)
    check_reasons(scenario, places, flows, plan.reasons, left, stocks, ledger)
    count = Recount(scenario, places, flows, rates, processing, made, stocks, left, distances.km)
    goals = named_goals(scenario, goal_values(count, reference))
    totals = figures(count)
    check_goals(scenario, plan.summary, goals, ledger)
    check_figures(count, totals, plan.summary, ledger)
    findings = tuple(sorted(ledger.findings, key=lambda f: (f.file, f.row, f.column, f.message)))
    return CheckResult(findings, goals, totals, ledger.checks)
