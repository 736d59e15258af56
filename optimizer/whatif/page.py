"""comparison.html: the base and its variants side by side, offline, in Chinese and English."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np

from optimizer.report import self_contained, shared_scripts
from optimizer.report.network import STEP, shared_arcs
from optimizer.report.sites import Site, line_between, sites
from optimizer.report.texts import Both, named, texts
from optimizer.tables import Table
from optimizer.whatif.compare import sentence
from optimizer.whatif.study import Case

MOST_MAPS = 24  # cases whose flows are drawn; the tables have all
SAID = 6  # sentences that stand open; the others unfold
MOST_DECISIONS = 40  # rows shown of each variant; decisions.csv has all
SHARED = ("basics.js", "charts.js", "map.js")
TEXTS = ("js", "via", "kind", "goal", "unit")
CHARTED = ("unserved_t", "offsite_t", "landfill_t", "transfer_t", "t_km", "cost")


def render(
    base: Case, cases: Sequence[Case], tables: Mapping[str, Table], lead: Sequence[str], frontier: Table | None = None
) -> str:
    """The page.

    Args:
        base: what is compared with.
        cases: the variants, in order.
        tables: ``inputs``, ``decisions`` and ``figures``.
        lead: (English, Chinese) what the page is.
        frontier: corners of a trade-off between two goals, drawn as a line.
    """
    own = files(__package__)
    told = [(case, sentence(base, case)) for case in cases]
    first, drawn = (_picked(len(cases), most, frontier) for most in (SAID, MOST_MAPS))
    line = [] if frontier is None else [frontier.columns[1:3], *(row[1:3] for row in frontier.rows)]
    data = _data(base, [cases[i] for i in drawn], line)
    return self_contained(
        own.joinpath("page.html").read_text(encoding="utf-8"),
        data,
        [*shared_scripts(*SHARED), own.joinpath("page.js").read_text(encoding="utf-8")],
        base=base,
        cases=cases,
        told=[told[i] for i in first],
        untold=[pair for i, pair in enumerate(told) if i not in first],
        figures=_figure_rows(tables["figures"], base, cases),
        inputs=list(tables["inputs"].records()),
        decisions=_largest(tables["decisions"]),
        materials=_materials((base, *cases)),
        figure_name=_figure_name,
        lead=lead,
    )


def _picked(count: int, most: int, frontier: Table | None) -> list[int]:
    """The cases that are shown first when there are many: the first ones, of a frontier those that divide it evenly."""
    if count <= most or frontier is None:
        return list(range(min(count, most)))
    at = np.array([float(row[1]) for row in frontier.rows])
    steps = at[0] + (at[-1] - at[0]) * np.arange(1, most + 1) / most
    return np.unique(np.abs(at[1:, None] - steps).argmin(axis=0)).tolist()


def _data(base: Case, cases: Sequence[Case], line: Sequence[Sequence[Any]]) -> dict[str, Any]:
    drawn = (base, *cases)
    places: dict[str, Site] = {}
    lines: dict[tuple[str, str], Any] = {}
    for case in drawn:
        here = {site.id: site for site in sites(case.planning.scenario, case.planning.plan)}
        places |= {name: site for name, site in here.items() if name not in places}
        for pair in case.planning.plan.paths:
            if pair not in lines:
                lines[pair] = line_between(case.planning.plan, here[pair[0]], here[pair[1]])
    kept = [pair for pair, line in lines.items() if line is not None]
    network = shared_arcs([lines[pair] for pair in kept])
    arcs_of = dict(zip(kept, network.lanes, strict=True))
    scenario = base.planning.scenario
    return {
        "step": STEP,
        "texts": {key: list(both) for key, both in texts().items() if key.split(".")[0] in TEXTS} | _own_texts(),
        "on_roads": scenario.roads.file is not None,
        "attribution": str((base.summary.get("roads") or {}).get("attribution") or ""),
        "days": [],
        "sites": [_site(site) for site in places.values()],
        "arcs": network.arcs,
        "cases": [_case(case, arcs_of) for case in drawn],
        "charted": list(CHARTED),
        "line": list(line),
    }


def _own_texts() -> dict[str, list[str]]:
    return {
        "figure.unserved_t": ["no place, t", "未安排，吨"],
        "figure.offsite_t": ["out of the zone, t", "外运，吨"],
        "figure.landfill_t": ["placement yards, t", "消纳，吨"],
        "figure.transfer_t": ["through yards, t", "转运，吨"],
        "figure.t_km": ["haul work, t·km", "运输周转量，吨公里"],
        "figure.cost": ["cost, CNY", "费用，元"],
        "case.base": ["Base", "基准"],
        "case.more": ["more than the base", "较基准增加"],
        "case.less": ["less than the base", "较基准减少"],
        "case.same": ["as in the base", "与基准相同"],
    }


def _site(site: Site) -> dict[str, Any]:
    at = [round(site.lon, 5), round(site.lat, 5)] if site.placed else None
    return {"id": site.id, "name": site.name, "side": site.side, "kind": site.kind, "at": at}


def _case(case: Case, arcs_of: Mapping[tuple[str, str], list[int]]) -> dict[str, Any]:
    flows = case.planning.plan.tables["flows"]
    arcs: dict[int, float] = defaultdict(float)
    through: dict[str, float] = defaultdict(float)
    for origin, destination, t in zip(flows.column("from"), flows.column("to"), flows.column("t"), strict=True):
        through[origin] += t
        through[destination] += t
        for arc in arcs_of.get((origin, destination), ()):
            arcs[arc] += t
    kpis = case.summary["kpis"]
    return {
        "name": [case.name, case.name_zh],
        "arcs": [[arc, round(t, 3)] for arc, t in sorted(arcs.items())],
        "places": list(case.planning.scenario.place_ids),
        "through": {name: round(t, 3) for name, t in through.items()},
        "figures": {name: kpis[name] for name in CHARTED},
    }


def _figure_rows(figures: Table, base: Case, cases: Sequence[Case]) -> list[tuple[str, str, list[float | None]]]:
    """(figure, unit, value of the base and of each case)."""
    values: dict[str, dict[str, float | None]] = defaultdict(dict)
    units: dict[str, str] = {}
    for row in figures.records():
        values[row["figure"]][row["variant"]] = row["value"]
        units[row["figure"]] = row["unit"]
    keys = [case.key for case in (base, *cases)]
    return [(name, units[name], [known.get(key) for key in keys]) for name, known in values.items()]


def _figure_name(name: str) -> Both:
    """A goal or key figure as people read it."""
    goal = named("goal", name)
    return goal if goal.en != name else named("kpi", name)


def _materials(cases: Sequence[Case]) -> dict[str, tuple[str, str]]:
    """Names of materials, English and Chinese."""
    found: dict[str, tuple[str, str]] = {}
    for m in (case.planning.scenario.materials for case in cases):
        names = zip(m.name_en, m.name_zh, strict=True)
        found |= {id_: (en or id_, zh or id_) for id_, (en, zh) in zip(m.ids, names, strict=True)}
    return found


def _largest(decisions: Table) -> dict[str, list[dict[str, Any]]]:
    by_variant: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in decisions.records():
        if len(by_variant[row["variant"]]) < MOST_DECISIONS:
            by_variant[row["variant"]].append(row)
    return by_variant
