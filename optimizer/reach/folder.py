"""From a scenario and a wanted share to the folder: the plan that reaches it, the changes as a variant, the page."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optimizer.arguments import prices, unknown
from optimizer.backends import make_backend
from optimizer.blocks import build_program
from optimizer.distances import Distances, measure
from optimizer.errors import Fault, InputError
from optimizer.files import folder_written_whole
from optimizer.frontier import used
from optimizer.lanes import build_lanes
from optimizer.outputs import FILES, summary_json, write_plan
from optimizer.planner import Options, Planning, plan_scenario, planning_of
from optimizer.progress import Progress
from optimizer.reach.page import render
from optimizer.reach.patch import as_variant
from optimizer.reach.relax import PRICES, Capacity, with_rows
from optimizer.reach.search import WANTED, Change, Found, Reach
from optimizer.reach.told import headline, sentence, why_no_more
from optimizer.read import Inputs
from optimizer.report.texts import percent
from optimizer.scenario import Scenario
from optimizer.solve import open_session
from optimizer.tables import Table
from optimizer.whatif.apply import apply
from optimizer.whatif.patch import read_variants
from optimizer.whatif.study import INDEPENDENT, recomputed
from optimizer.words import Words

COMMAND = "cutfill reach"
PATCH = "reach.toml"
COLUMNS = ("change", "id", "other", "what", "amount", "unit", "price", "without", "sentence", "sentence_zh")
LEFT_OUT = 1e-2  # t by which the plan may miss what the changes reach: the arithmetic of changes too small to be told


def prices_of(words: Sequence[str], without: Sequence[str]) -> dict[str, float]:
    """CNY per unit of each kind of change that may be made.

    Raises:
        InputError: with every fault of ``--price`` and ``--without``.
    """
    lacking = "no kind of change"
    given, faults = prices(words, PRICES, COMMAND, "--price", lacking)
    faults += [unknown(kind, PRICES, COMMAND, "--without", lacking) for kind in without if kind not in PRICES]
    if not faults and set(without) == set(PRICES):
        faults.append(Fault(COMMAND, 0, "--without", "leaves nothing that may be changed"))
    if faults:
        raise InputError(faults)
    return {kind: value for kind, value in (PRICES | given).items() if kind not in without}


def answer(inputs: Inputs, share: float, prices: Mapping[str, float], out: Path, progress: Progress) -> dict[str, Any]:
    """Finds the changes, plans with them, and writes everything; the content of ``reach.json``.

    Raises:
        InputError: nothing is generated, so that there is no rate.
    """
    scenario = inputs.scenario
    distances = measure(scenario, progress)
    base = plan_scenario(scenario, Options(), progress, distances=distances, brief=True)
    if not base.plan.summary["kpis"]["generated_t"]:
        raise InputError.single("supplies.csv", "generates no waste, so there is no utilisation rate to reach")
    reach = Reach(base, distances, prices)
    found = reach.run(share, progress)
    name = (
        f"{percent(found.target / found.generated)} put to use",
        f"综合利用率 {percent(found.target / found.generated)}",
    )
    with folder_written_whole(out, owned=FILES) as scratch:
        changed, patch = scenario, as_variant(inputs, found.changes, *name) if found.changes else ""
        if patch:
            (scratch / PATCH).write_text(patch, encoding="utf-8")
            changed = apply(inputs, read_variants([str(scratch / PATCH)])[0]).scenario
        planning = _planned(changed, distances, found.target, progress)
        findings = [str(f) for f in recomputed(planning, measure(changed, Progress(), engine=INDEPENDENT))]
        if not _reaches(planning, found):
            findings.append("the plan with the changes puts less to use than they should reach")
        planning.plan.summary["scenario"] = Path(os.path.relpath(scenario.folder.resolve(), out.resolve())).as_posix()
        write_plan(changed, planning.plan, scratch, progress)
        if patch:  # which the plan has taken the place of
            (scratch / PATCH).write_text(patch, encoding="utf-8")
        told = _told(scenario, reach, found, share, planning, findings)
        (scratch / "reach.csv").write_text(_table(scenario, found).to_csv(), encoding="utf-8")
        (scratch / "reach.json").write_text(summary_json(told), encoding="utf-8")
        (scratch / "reach.html").write_text(render(told, scenario.name), encoding="utf-8")
    return told


def _planned(scenario: Scenario, distances: Distances, target: float, progress: Progress) -> Planning:
    """The plan of the changed scenario by its own goals, with enough put to use before all of them."""
    lanes = build_lanes(scenario, distances)
    program = build_program(scenario, lanes)
    program = with_rows(program, {WANTED: (used(scenario, lanes, program), LEFT_OUT - target)})
    session = open_session(scenario, program, make_backend(Options().solver))
    solution = session.run(progress)
    return planning_of(scenario, distances, lanes, program, session, solution, progress, brief=False)


def _reaches(planning: Planning, found: Found) -> bool:
    return bool(planning.plan.summary["kpis"]["utilisation_rate"] * found.generated >= found.target - 2 * LEFT_OUT)


def _told(
    scenario: Scenario, reach: Reach, found: Found, share: float, planning: Planning, findings: list[str]
) -> dict[str, Any]:
    head = headline(found, share)
    changes = [(change, sentence(scenario, found, change)) for change in found.changes]
    why = [] if found.reached else why_no_more(reach, found)
    return {
        "sentence": head.en,
        "sentence_zh": head.zh,
        "wanted": share,
        "reached": found.reached,
        "before": found.before / found.generated,
        "most": found.most / found.generated,
        "after": planning.plan.summary["kpis"]["utilisation_rate"],
        "price": found.price,
        "bound": found.bound,
        "changes": [_change(scenario, found, change) | _both(words) for change, words in changes],
        "why": [_both(words) for words in why],
        "findings": findings,
    }


def _both(words: Words) -> dict[str, str]:
    return {"sentence": words.en, "sentence_zh": words.zh}


def _change(scenario: Scenario, found: Found, change: Change) -> dict[str, Any]:
    what, ids, materials = change.what, scenario.place_ids, scenario.materials.ids
    if isinstance(what, Capacity):
        other = materials[what.material] if what.material >= 0 else ""
        own = scenario.demands.unit[what.node - scenario.first_demand] if what.side == "demand_daily" else "t"
        kind, side, unit = "capacity", what.side, f"{own}/d" if what.daily else own
    else:
        named = {"distance": ids, "acceptance": materials}.get(what.kind)
        other = named[what.other] if named else ""
        kind, side, unit = what.kind, "", "t"
    return {"change": kind, "id": ids[what.node], "other": other, "what": side, "amount": change.amount, "unit": unit,
            "price": change.price, "without": change.without / found.generated}  # fmt: skip


def _table(scenario: Scenario, found: Found) -> Table:
    rows = []
    for change in found.changes:
        row = _change(scenario, found, change) | _both(sentence(scenario, found, change))
        rows.append(tuple(row[column] for column in COLUMNS))
    return Table(COLUMNS, rows)
