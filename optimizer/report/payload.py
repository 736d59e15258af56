"""The data that the page's scripts draw: sites, lanes on shared roads, flows, stocks, tables.

Columns of numbers and integer references keep it small; the scripts hold every word in both languages.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

import numpy as np

from optimizer.plan import Plan
from optimizer.report.network import STEP, shared_arcs
from optimizer.report.sites import Site, line_between, sites
from optimizer.report.texts import texts
from optimizer.scenario import GRADE_NAMES, GRADES, Scenario

SCRIPT_TEXTS = ("js", "via", "kind", "side", "col", "reasons", "goal", "unit")
VIAS = ("direct", "yard", "recycling", "treatment", "disposal", "offsite", "quarry")
MAX_PRICES = 12
NOT_A_LIMIT = ("supply", "stock", "demand_required")  # sides of prices.csv that nobody can widen


def payload(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    """Everything the scripts need, as plain JSON values (blank and unlimited numbers are null)."""
    places = sites(scenario, plan)
    at = {site.id: i for i, site in enumerate(places)}
    priced = plan.tables["prices"].columns if "prices" in plan.tables else ()
    goals = [
        {"name": goal["name"], "unit": goal.get("unit", "")}
        for goal in plan.summary.get("goals", ())
        if goal["name"] in priced
    ]
    data = {
        "step": STEP,
        "texts": {key: list(both) for key, both in texts().items() if key.split(".")[0] in SCRIPT_TEXTS},
        "days": [scenario.date(day).isoformat() for day in range(scenario.days)],
        "vias": list(VIAS),
        "materials": _materials(scenario),
        "sites": [_site(site) for site in places],
        "supplies": _supplies(scenario, plan),
        "demands": _demands(scenario, plan),
        "facilities": _facilities(scenario),
        "reasons": _records(plan, "reasons"),
        "price_goals": goals,
        "prices": _bottlenecks(plan, [goal["name"] for goal in goals]),
        "on_roads": len(plan.paths) > 0 and scenario.roads.file is not None,
        "attribution": str((plan.summary.get("roads") or {}).get("attribution") or ""),
    }
    return data | _moves(scenario, plan, places, at) | _books(scenario, plan, at)


def as_script(data: dict[str, Any]) -> str:
    """JSON that is safe inside a script element whatever the names in it say."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    escapes: dict[str, str | int | None] = {
        "<": "\\u003c",
        ">": "\\u003e",
        "&": "\\u0026",
        "\u2028": "\\u2028",
        "\u2029": "\\u2029",
    }
    return text.translate(str.maketrans(escapes))


def _materials(scenario: Scenario) -> list[dict[str, Any]]:
    materials = scenario.materials
    products = {int(m) for m in scenario.recipes.output} - {int(m) for m in scenario.recipes.input}
    return [
        {"id": name, "en": materials.name_en[i], "zh": materials.name_zh[i], "product": i in products}
        for i, name in enumerate(materials.ids)
    ]


def _site(site: Site) -> dict[str, Any]:
    where = [round(site.lon, 5), round(site.lat, 5)] if site.placed else None
    kind = {} if site.kind == site.side else {"kind": site.kind}
    totals = {"t_in": round(site.t_in, 3), "t_out": round(site.t_out, 3)}
    return {"id": site.id, "name": site.name, "side": site.side, "street": site.street, "at": where} | kind | totals


def _moves(scenario: Scenario, plan: Plan, places: list[Site], at: dict[str, int]) -> dict[str, Any]:
    """Flow rows as columns, and the lanes they use as arcs of road."""
    flows = plan.tables["flows"]
    days = {scenario.date(day).isoformat(): day for day in range(scenario.days)}
    lane_of: dict[tuple[str, str], int] = {}
    for pair in zip(flows.column("from"), flows.column("to"), strict=True):
        lane_of.setdefault(pair, len(lane_of))
    lines = [line_between(plan, places[at[a]], places[at[b]]) for a, b in lane_of]
    drawn = [line for line in lines if line is not None]
    network = shared_arcs(drawn)
    arcs_of = iter(network.lanes)
    km = dict(zip(zip(flows.column("from"), flows.column("to"), strict=True), flows.column("km"), strict=True))
    materials = scenario.materials.index
    columns = {name: flows.column(name) for name in ("t", "cost")}
    return {
        "arcs": network.arcs,
        "lanes": [
            [at[a], at[b], _plain(km[a, b]), [] if line is None else next(arcs_of)]
            for (a, b), line in zip(lane_of, lines, strict=True)
        ],
        "flows": {
            "lane": [lane_of[pair] for pair in zip(flows.column("from"), flows.column("to"), strict=True)],
            "day": [days[date] for date in flows.column("date")],
            "material": [materials[name] for name in flows.column("material")],
            "grade": [str(grade) for grade in flows.column("grade")],
            "via": [VIAS.index(via) for via in flows.column("via")],
        }
        | {name: [_plain(v) for v in values] for name, values in columns.items()},
    }


def _books(scenario: Scenario, plan: Plan, at: dict[str, int]) -> dict[str, Any]:
    """Stock rows per facility, the grades of one material added up, and what plants turned into what."""
    days = {scenario.date(day).isoformat(): day for day in range(scenario.days)}
    materials = scenario.materials.index
    sums: dict[tuple[int, int, int], list[float]] = defaultdict(lambda: [0.0] * 4)
    for row in plan.tables["stocks"].records():
        key = (at[row["facility"]], materials[row["material"]], days[row["date"]])
        for i, name in enumerate(("t_start", "t_in", "t_out", "t_end")):
            sums[key][i] += row[name]
    processed: dict[tuple[int, int], float] = defaultdict(float)
    for row in plan.tables["processing"].records() if "processing" in plan.tables else ():
        processed[at[row["facility"]], materials[row["input"]]] += row["t"]
    return {
        "stocks": [[*key, *(_plain(v) for v in values)] for key, values in sorted(sums.items())],
        "processed": [[*key, _plain(t)] for key, t in sorted(processed.items())],
    }


def _supplies(scenario: Scenario, plan: Plan) -> list[dict[str, Any]]:
    part, balance = scenario.supplies, _balance(plan, "supply")
    return [
        {
            "material": int(part.commodity[i]) // GRADES,
            "grade": GRADE_NAMES[int(part.commodity[i]) % GRADES],
            "first": int(part.first[i]),
            "last": int(part.last[i]),
            "offered": _plain(balance[name][0]),
            "moved": _plain(balance[name][1]),
            "unserved": _plain(balance[name][2]),
        }
        for i, name in enumerate(part.ids)
    ]


def _demands(scenario: Scenario, plan: Plan) -> list[dict[str, Any]]:
    part, balance = scenario.demands, _balance(plan, "demand")
    index, materials = {name: i for i, name in enumerate(part.ids)}, scenario.materials.index
    received = np.zeros(len(part.ids))
    for row in plan.tables["flows"].records():
        if row["to"] in index:
            received[index[row["to"]]] += row["t"] * part.units_per_t[index[row["to"]], materials[row["material"]]]
    return [
        {
            "accepts": np.flatnonzero(part.accepts[i]).tolist(),
            "grade": GRADE_NAMES[int(part.grade[i]) - 1],
            "unit": part.unit[i],
            "first": int(part.first[i]),
            "last": int(part.last[i]),
            "quantity": _plain(part.quantity[i]),
            "required": _plain(part.required[i]),
            "received": _plain(received[i]),
            "unserved": _plain(balance[name][2]),
        }
        for i, name in enumerate(part.ids)
    ]


def _facilities(scenario: Scenario) -> list[dict[str, Any]]:
    part = scenario.facilities
    return [
        {
            "accepts": np.flatnonzero(part.accepts[i]).tolist(),
            "grade": GRADE_NAMES[int(part.grade[i]) - 1],
            "storage": _plain(part.storage[i]),
            "daily_in": [_plain(v) for v in part.daily_in[i]],
            "daily_out": [_plain(v) for v in part.daily_out[i]],
            "fee": _plain(part.fee[i]),
            "status": part.status[i],
        }
        for i in range(len(part.ids))
    ]


def _balance(plan: Plan, side: str) -> dict[str, tuple[float, float, float]]:
    """(offered, moved, unserved) t by id; several rows of one id are added up."""
    sums: dict[str, tuple[float, float, float]] = defaultdict(lambda: (0.0, 0.0, 0.0))
    for row in plan.tables["balance"].records():
        if row["side"] == side:
            offered, moved, unserved = sums[row["id"]]
            sums[row["id"]] = (offered + row["offered_t"], moved + row["moved_t"], unserved + row["unserved_t"])
    return sums


def _records(plan: Plan, table: str) -> list[dict[str, Any]]:
    rows = plan.tables[table].records() if table in plan.tables else ()
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _bottlenecks(plan: Plan, goals: list[str]) -> list[dict[str, Any]]:
    """The limits that hold the plan back most, each on its dearest day; the first goal weighs most."""

    def size(row: dict[str, Any]) -> tuple[float, ...]:
        return tuple(abs(round(row[goal] or 0.0, 6)) for goal in goals)

    best: dict[tuple[str, ...], dict[str, Any]] = {}
    days: Counter[tuple[str, ...]] = Counter()
    for row in _records(plan, "prices"):
        if row["side"] in NOT_A_LIMIT or not any(size(row)):
            continue
        key = (row["id"], row["side"], row["material"] or "")
        days[key] += 1
        best[key] = max(best.get(key, row), row, key=size)
    ranked = sorted(best, key=lambda key: size(best[key]), reverse=True)[:MAX_PRICES]
    return [best[key] | {"tight_days": days[key] if best[key]["date"] else None} for key in ranked]


def _plain(value: Any) -> Any:
    """A value as JSON has it: numbers to the gram, blank and unlimited ones null."""
    if isinstance(value, (float, np.floating)):
        return round(float(value), 6) if np.isfinite(value) else None
    if isinstance(value, np.generic):
        return value.item()
    return value
