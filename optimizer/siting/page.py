"""site.html: which candidates open and why, what that costs and saves, and what each street gains and bears."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np

from optimizer.planner import Planning
from optimizer.report import self_contained, shared_scripts
from optimizer.report.network import STEP, encoded
from optimizer.report.sites import line_between, sites
from optimizer.report.texts import money, texts
from optimizer.scenario import Floats
from optimizer.siting import words
from optimizer.siting.decide import Decision

SHARED = ("basics.js", "charts.js", "map.js")
TEXTS = ("js", "kind", "via")
MOST_SETS = 12  # rows of the next best sets; solutions.csv has all


def render(decision: Decision) -> str:
    """The page."""
    own = files(__package__)
    rows = list(decision.tables["site"].records())
    rules = decision.scenario.streets
    paid = rules.per_t > 0 or rules.per_passage > 0
    return self_contained(
        own.joinpath("site.html").read_text(encoding="utf-8"),
        _data(decision),
        [*shared_scripts(*SHARED), own.joinpath("site.js").read_text(encoding="utf-8")],
        scenario=decision.scenario,
        summary=decision.planning.plan.summary,
        headline=words.headline(decision),
        proof=words.proof(decision),
        unweighed=words.unweighed(decision),
        candidates=[(row, words.name_of(decision, row), words.why(decision, row)) for row in rows],
        parts=words.money_rows(decision),
        costs=[one.plan.summary["kpis"]["cost"] for one in (decision.without, decision.planning)],
        streets=[(row, words.street_words(row, paid)) for row in decision.tables["streets"].records() if row["street"]],
        rules=rules,
        fairness=words.fairness(decision),
        paid=paid,
        solutions=list(decision.tables["solutions"].records())[:MOST_SETS],
        money=money,
    )


def _data(decision: Decision) -> dict[str, Any]:
    s, plan = decision.scenario, decision.planning.plan
    without, opened = curves(decision)
    placed = [site for site in sites(s, plan) if site.placed]
    by_id = {site.id: site for site in placed}
    opens = {row["facility"] for row in decision.tables["site"].records() if row["open"]}
    names = set(decision.tables["site"].column("facility"))
    flows = plan.tables["flows"]
    tonnes: dict[tuple[str, str], float] = {}
    for pair, t in zip(zip(flows.column("from"), flows.column("to"), strict=True), flows.column("t"), strict=True):
        if opens & set(pair) and pair[0] in by_id and pair[1] in by_id:
            tonnes[pair] = tonnes.get(pair, 0.0) + t
    lines = {pair: line_between(plan, by_id[pair[0]], by_id[pair[1]]) for pair in tonnes}
    return {
        "step": STEP,
        "texts": {key: list(both) for key, both in texts().items() if key.split(".")[0] in TEXTS} | _own_texts(),
        "on_roads": s.roads.file is not None,
        "attribution": str((plan.summary.get("roads") or {}).get("attribution") or ""),
        "days": [s.date(day).isoformat() for day in range(s.days)],
        "sites": [
            {
                "id": site.id, "name": site.name, "kind": site.kind, "at": [round(site.lon, 5), round(site.lat, 5)],
                "candidate": site.id in names, "open": site.id in opens, "t": round(site.t_in or site.t_out, 2),
            }
            for site in placed
        ],
        "lines": [
            [encoded(np.rint(line / STEP).astype(np.int64)), round(tonnes[pair], 2), pair[1] in opens]
            for pair, line in lines.items()
            if line is not None
        ],
        "saved": (without - opened).round(2).tolist(),
    }  # fmt: skip


def curves(decision: Decision) -> tuple[Floats, Floats]:
    """(days,) CNY spent up to the end of each day, without candidates and with what opens."""
    o, days = decision.choices.options, decision.scenario.days
    places = np.zeros(days)
    for p in np.flatnonzero(decision.found[0].chosen).tolist():
        first, last = int(o.first[p]), int(o.last[p])
        places[first] += o.opening[p]
        places[first : last + 1] += o.lease[p] / (last - first + 1)
        places[last] += o.restoration[p]
    return np.cumsum(_running(decision.without)), np.cumsum(_running(decision.planning) + places)


def _running(planning: Planning) -> Floats:
    """(days,) CNY of each day for drives, gates, goods, plants, nights and what lies there at the end."""
    s, tables = planning.scenario, planning.plan.tables
    number = {s.date(day).isoformat(): day for day in range(s.days)}
    by_day = np.zeros(s.days)
    rate = s.costs.carbon_per_kg * s.costs.co2_per_t_km
    flows, processing = tables["flows"], tables["processing"]
    for date, cost, t_km in zip(*(flows.column(c) for c in ("date", "cost", "t_km")), strict=True):
        by_day[number[date]] += cost + rate * t_km
    for date, cost in zip(processing.column("date"), processing.column("cost"), strict=True):
        by_day[number[date]] += cost
    overnight = planning.ledger.stock.sum(axis=1)  # (F, days)
    by_day += s.facilities.hold_cost @ overnight
    by_day[-1] += float(s.facilities.end_cost @ overnight[:, -1])
    return by_day


def _own_texts() -> dict[str, list[str]]:
    return {
        "site.saved": ["saved so far, CNY", "累计节省，元"],
        "site.back": ["What opens has paid for itself from {date} on.", "自 {date} 起收回设场费用。"],
        "site.opens": ["opens", "启用"],
        "site.stays": ["candidate, stays closed", "候选，不启用"],
        "site.other": ["other places", "其他地点"],
        "site.into": ["to a place that opens", "运往新启用场地"],
        "site.outof": ["from a place that opens", "由新启用场地运出"],
    }
