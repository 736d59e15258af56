"""The plan in words: verdict, headline figures, comparison, goals.

Figures come from ``plan.json``; none is computed a second time here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.plan import Plan
from optimizer.report import texts
from optimizer.report.texts import BLANK, Both, joined, money, named, number, percent, say
from optimizer.scenario import Scenario

UTILISATION_TARGET = 0.95  # the start-up zone's published programme: utilisation held above 95 %
SMALL = 0.05  # t; less is nothing to a reader
Kpis = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """The plan in a sentence, what stands beside it, and how good it is (``good``, ``fair`` or ``bad``)."""

    tone: str
    headline: list[Both]
    beside: list[Both]


@dataclass(frozen=True)
class Card:
    """One headline figure."""

    key: str
    title: Both
    value: Both
    unit: Both | None
    note: Both
    tone: str = ""


@dataclass(frozen=True)
class Compared:
    """One figure of the plan beside the counterfactual's; ``better`` is None where neither is."""

    title: Both
    unit: Both | None
    plan: str
    usual: str
    difference: Both
    better: bool | None
    plan_share: float  # bar lengths, 0..1
    usual_share: float


def verdict(plan: Plan) -> Verdict:
    """What a person should take away when they read nothing else."""
    summary = plan.summary
    kpis = summary.get("kpis") or {}
    if summary["status"] == "none" or not kpis:
        return Verdict("bad", [say("verdict.none")], [_proof(summary)])
    short = _shortfalls(plan, kpis)
    generated = kpis.get("generated_t") or 0.0
    headline = short or [_everything_placed(kpis)]
    offsite = kpis.get("offsite_t") or 0.0
    if offsite > SMALL:
        share = percent(offsite / generated) if generated else BLANK
        headline.append(say("verdict.offsite", t=number(offsite), share=share))
    elif kpis.get("t"):
        headline.append(say("verdict.no_offsite"))
    beside, rate = [], kpis.get("utilisation_rate")
    if rate is not None and generated:
        key = "verdict.used_above" if rate >= UTILISATION_TARGET else "verdict.used_below"
        beside.append(say(key, rate=percent(rate), target=percent(UTILISATION_TARGET, 0)))
    if (kpis.get("end_stock_t") or 0.0) > SMALL:
        beside.append(say("verdict.stock", t=number(kpis["end_stock_t"])))
    stays = sum(r["offered_t"] - r["moved_t"] - r["unserved_t"] for r in _balance(plan, "supply"))
    if stays > SMALL:
        beside.append(say("verdict.stays", t=number(stays)))
    below = rate is not None and rate < UTILISATION_TARGET
    tone = "bad" if short else "fair" if below or summary["status"] != "optimal" else "good"
    return Verdict(tone, headline, [*beside, _proof(summary)])


def run_on(sentences: list[Both]) -> Both:
    """Sentences one after the other."""
    return joined(sentences, Both(" ", ""))


def _everything_placed(kpis: Kpis) -> Both:
    if not kpis.get("generated_t") and not kpis.get("t"):
        return say("verdict.nothing")
    return say("verdict.all_placed", t=number(kpis.get("generated_t")))


def _shortfalls(plan: Plan, kpis: Kpis) -> list[Both]:
    """What is required and not met, by side."""
    if (kpis.get("unserved_t") or 0.0) <= SMALL:
        return []
    sides = {"supply": "verdict.no_place", "demand": "verdict.missing", "stock": "verdict.stuck"}
    offered = sum(r["offered_t"] for r in _balance(plan, "supply"))
    missing = {side: sum(r["unserved_t"] for r in _balance(plan, side)) for side in sides}
    found = [say(sides[side], t=number(t), all=number(offered)) for side, t in missing.items() if t > SMALL]
    return found or [say("verdict.unserved", t=number(kpis["unserved_t"]))]


def _balance(plan: Plan, side: str) -> list[dict[str, Any]]:
    return [row for row in plan.tables["balance"].records() if row["side"] == side]


def _proof(summary: dict[str, Any]) -> Both:
    """Whether the plan is proven, else how far it may be from the best, on the first goal that is open."""
    if summary["status"] == "optimal":
        return say("verdict.proven_weights" if summary.get("mode") == "weights" else "verdict.proven")
    why = named("termination", summary.get("termination", ""))
    for goal in summary.get("goals", ()):
        gap = _gap(goal)
        if gap is not None and gap > 1e-6:
            return say("verdict.gap", why=why, gap=percent(gap, 2), goal=named("goal", goal["name"]))
    return say("verdict.unproven", why=why)


def _gap(goal: dict[str, Any]) -> float | None:
    """Relative distance between value and proven bound."""
    value, bound = goal.get("value"), goal.get("bound")
    if value is None or bound is None:
        return None
    gap = abs(value - bound)
    return 0.0 if gap < 1e-9 else float(gap / max(abs(value), abs(bound)))


def cards(plan: Plan) -> list[Card]:
    """Headline figures in the order a planner asks for them (the utilisation rate has its own place)."""
    kpis = plan.summary.get("kpis") or {}
    generated, carried = kpis.get("generated_t") or 0.0, kpis.get("t") or 0.0
    unserved = kpis.get("unserved_t") or 0.0

    def share(key: str) -> str:
        return percent(kpis[key] / generated) if generated and kpis.get(key) is not None else BLANK

    def of_waste(key: str, tone: str = "") -> Card:
        return _card(key, number(kpis.get(key)), "t", say("kpi.share_note", share=share(key)), tone)

    cost, co2 = kpis.get("cost"), kpis.get("co2_kg")
    each = money(cost / generated) if cost is not None and generated else Both(BLANK, BLANK)
    carbon = number(co2 / carried, 2) if co2 is not None and carried else BLANK
    haul = say("kpi.haul_note", tkm=number(kpis.get("t_km"), 0), t=number(carried, 0))
    unserved_note = say("kpi.unserved_some" if unserved > SMALL else "kpi.unserved_none")
    direct = say("kpi.direct_note", t=number(kpis.get("direct_t")))
    return [
        _card("direct_share", percent(kpis.get("direct_share")), "", direct),
        of_waste("offsite_t", "fair" if (kpis.get("offsite_t") or 0.0) > SMALL else "good"),
        of_waste("transfer_t"),
        _card("unserved_t", number(unserved), "t", unserved_note, "bad" if unserved > SMALL else "good"),
        _card("mean_haul_km", number(kpis.get("mean_haul_km")), "km", haul),
        Card("cost", say("kpi.cost"), money(cost), None, say("kpi.cost_note", each=each)),
        _card("co2_kg", number(co2 / 1000) if co2 is not None else BLANK, "t CO₂e", say("kpi.co2_note", each=carbon)),
        _card("end_stock_t", number(kpis.get("end_stock_t")), "t",
              say("kpi.stock_note", t=number(kpis.get("opening_stock_t")))),
        of_waste("recycled_t"),
        of_waste("landfill_t"),
    ]  # fmt: skip


def _card(key: str, value: str, unit: str, note: Both, tone: str = "") -> Card:
    return Card(key, say(f"kpi.{key}"), Both(value, value), texts.unit(unit) if unit else None, note, tone)


def cost_parts(plan: Plan) -> list[tuple[Both, Both, float]]:
    """(name, money, share of all positive parts) of what the plan costs; parts that are nothing are left out."""
    parts = (plan.summary.get("kpis") or {}).get("cost_parts") or {}
    spent = sum(v for v in parts.values() if v and v > 0)
    return [
        (named("part", k), money(v), max(v, 0.0) / spent if spent else 0.0)
        for k, v in parts.items()
        if v and abs(v) > SMALL
    ]


COMPARED = (
    # figure, its unit, whether less is better
    ("offsite_t", "t", True),
    ("unserved_t", "t", True),
    ("transfer_t", "t", True),
    ("landfill_t", "t", True),
    ("t_km", "t·km", True),
    ("mean_haul_km", "km", True),
    ("cost", "CNY", True),
    ("co2_kg", "kg", True),
    ("direct_share", "%", False),
    ("utilisation_rate", "%", False),
)


def _both_kpis(plan: Plan, key: str) -> tuple[float, float] | None:
    """(the plan's figure, the counterfactual's), where both have it."""
    ours = (plan.summary.get("kpis") or {}).get(key)
    theirs = ((plan.summary.get("counterfactual") or {}).get("kpis") or {}).get(key)
    return None if ours is None or theirs is None else (ours, theirs)


def comparison(plan: Plan) -> list[Compared]:
    """The plan beside the stored counterfactual, figure by figure; empty when there is none."""
    rows = []
    for key, unit, less in COMPARED:
        pair = _both_kpis(plan, key)
        share = unit == "%"
        if pair is None or (max(map(abs, pair)) < SMALL and not share):
            continue
        change, top = pair[0] - pair[1], max(map(abs, pair)) or 1.0
        better = None if abs(change) < 1e-6 * top else (change < 0) == less
        shown = [percent(v) if share else number(v) for v in pair]
        sign = "" if better is None else "+" if change > 0 else "−"
        amount = number(100 * abs(change), 1) if share else number(abs(change))
        difference = (
            Both(*(f"{sign}{amount} {u}" for u in texts.unit("points"))) if share else Both(*[sign + amount] * 2)
        )
        ours, theirs = (abs(v) / top for v in pair)
        title = say(f"kpi.{key}")
        rows.append(
            Compared(title, None if share else texts.unit(unit), shown[0], shown[1], difference, better, ours, theirs)
        )
    return rows


def saving(plan: Plan) -> Both:
    """The comparison in one sentence."""
    parts = []
    for key, unit in (("unserved_t", "t"), ("offsite_t", "t"), ("t_km", "t·km"), ("cost", "CNY")):
        pair = _both_kpis(plan, key)
        if pair is None or abs(pair[0] - pair[1]) < max(SMALL, 1e-4 * abs(pair[1])):
            continue
        ours, theirs = pair
        change = abs(ours - theirs)
        amount = money(change) if unit == "CNY" else Both(*(f"{number(change)} {u}" for u in texts.unit(unit)))
        if abs(theirs) > SMALL:
            share = percent(change / abs(theirs), 0 if change >= 0.01 * abs(theirs) else 1)
            amount = Both(f"{amount.en} ({share})", f"{amount.zh}（{share}）")
        key = f"compare.what_{key}"
        parts.append(say("compare.less" if ours < theirs else "compare.more", x=amount, what=say(key)))
    return say("compare.sentence", list=joined(parts, say("compare.join"))) if parts else say("compare.same")


def goals(plan: Plan) -> list[dict[str, Any]]:
    """Goals with value, bound and gap as text."""
    return [
        {
            "name": named("goal", goal["name"]),
            "unit": texts.unit(goal.get("unit", "")),
            "value": number(goal.get("value")),
            "bound": number(goal.get("bound")),
            "gap": _gap_text(_gap(goal)),
        }
        for goal in plan.summary.get("goals", ())
    ]


def certificate(plan: Plan) -> list[tuple[Both, str]]:
    """What the solver was and how exact its answer is; the stages are told by the goals themselves."""
    facts = dict(plan.summary.get("certificate") or {})
    stages = facts.pop("stages", [])
    if stages:
        facts["iterations"] = sum(stage.get("iterations") or 0 for stage in stages)
    return [(named("cert", name), fact(value)) for name, value in facts.items()]


def _gap_text(gap: float | None) -> Both:
    if gap is None:
        return Both(BLANK, BLANK)
    return say("proof.closed") if gap <= 1e-6 else Both(percent(gap, 3), percent(gap, 3))


def located(scenario: Scenario) -> tuple[int, int]:
    """How many places have coordinates, and how many do not."""
    known = int(np.isfinite(scenario.lonlat).all(axis=1).sum())
    return known, len(scenario.place_ids) - known


FIGURES = {
    # column of the table → figure of plan.json
    "generated": "generated_t",
    "direct": "direct_t",
    "direct_share": "direct_share",
    "transfer": "transfer_t",
    "recycled": "recycled_t",
    "landfill": "landfill_t",
    "offsite": "offsite_t",
    "placed": "placed_t",
    "end": "end_stock_t",
    "utilisation": "utilisation_rate",
}
Rows = list[tuple[Both, list[str]]]


def by_material(scenario: Scenario, plan: Plan) -> Rows:
    """:data:`FIGURES` of every material that occurs."""
    materials = scenario.materials
    names = {
        name: Both(materials.name_en[i] or name, materials.name_zh[i] or name) for name, i in materials.index.items()
    }
    return _figures(plan, "by_material", names)


def by_class(plan: Plan) -> Rows:
    """:data:`FIGURES` of every waste class."""
    return _figures(plan, "by_class", {})


def _figures(plan: Plan, group: str, names: dict[str, Both]) -> Rows:
    parts = (plan.summary.get("kpis") or {}).get(group) or {}
    return [
        (
            names.get(name) or named("class", name),
            [
                percent(k.get(key)) if key.endswith(("share", "rate")) else number(k.get(key))
                for key in FIGURES.values()
            ],
        )
        for name, k in parts.items()
        if any((k.get(key) or 0.0) > SMALL for key in FIGURES.values())
    ]


def fact(value: Any) -> str:
    """Any value of ``plan.json`` as a short text."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {fact(part)}" for name, part in value.items()) or BLANK
    if isinstance(value, (list, tuple)):
        return ", ".join(fact(part) for part in value) or BLANK
    if isinstance(value, bool) or value is None:
        return {None: BLANK, True: "yes", False: "no"}[value]
    if isinstance(value, float):
        return "0" if value == 0 else f"{value:.3g}" if abs(value) < 1000 else number(value)
    return number(value, 0) if isinstance(value, int) else str(value)
