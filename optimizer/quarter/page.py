"""What the quarter came to: tables, JSON, sentences, and the page in Chinese and English."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from optimizer.files import folder_written_whole
from optimizer.outputs import summary_json
from optimizer.quarter.study import FIGURES, PLANS, Quarter
from optimizer.quarter.weeks import WEEK
from optimizer.report import self_contained, shared_scripts
from optimizer.report.texts import number, percent, texts
from optimizer.tables import Table
from optimizer.words import Words

FILES = frozenset({"quarter.html", "quarter.json", "quarter.csv", "weeks.csv"})
NAMES = {
    "rolling": Words("re-planned every week", "每周滚动调整"),
    "scratch": Words("planned from scratch every week", "每周重新计划"),
    "nearest": Words("each site to its nearest legal place", "各工地就近处置"),
}


def told(quarter: Quarter, ahead: int, freeze: int, seed: int) -> dict[str, Any]:
    """The content of ``quarter.json``."""
    return {
        "name": quarter.scenario.name,
        "weeks": -(-quarter.scenario.days // WEEK),
        "ahead": ahead,
        "freeze": freeze,
        "seed": seed,
        "rain": [quarter.scenario.date(day).isoformat() for day in quarter.rain],
        "plans": {
            plan: {name: quarter.kpis[plan][name] for name in FIGURES} | _orders(quarter, plan) for plan in PLANS
        },
        "sentences": [{"en": words.en, "zh": words.zh} for words in _sentences(quarter)],
        "findings": [str(finding) for finding in quarter.findings],
    }


def _orders(quarter: Quarter, plan: str) -> dict[str, float | None]:
    """t that an earlier week had ordered, and what share of them went otherwise; nobody orders without a plan."""
    if plan not in quarter.done:
        return {"ordered_t": None, "changed_t": None, "changed_share": None}
    ordered, changed = sum(quarter.done[plan].ordered), sum(quarter.done[plan].changed)
    return {"ordered_t": ordered, "changed_t": changed, "changed_share": changed / ordered if ordered else None}


def _sentences(quarter: Quarter) -> list[Words]:
    rolling, scratch = (_orders(quarter, plan)["changed_share"] for plan in ("rolling", "scratch"))
    kpis = quarter.kpis
    more = kpis["rolling"]["t_km"] / kpis["scratch"]["t_km"] - 1 if kpis["scratch"]["t_km"] else 0.0
    t = {plan: number(kpis[plan]["unserved_t"], 0) for plan in PLANS}
    return [
        Words(
            f"Re-planning turns over {percent(rolling)} of what was ordered for the next week; planning from scratch "
            f"{percent(scratch)}.",
            f"滚动调整改动下周已下达调度的 {percent(rolling)}；重新计划则为 {percent(scratch)}。",
        ),
        Words(
            f"Re-planned, {t['rolling']} t find no place; from scratch {t['scratch']} t, with "
            f"{number(abs(100 * more), 1)} % {'less' if more >= 0 else 'more'} haul work.",
            f"滚动调整无处安排 {t['rolling']} 吨；重新计划为 {t['scratch']} 吨，"
            f"运输周转量{'少' if more >= 0 else '多'} {number(abs(100 * more), 1)} %。",
        ),
        Words(
            f"Without a plan {percent(kpis['nearest']['utilisation_rate'])} would be put to use instead of "
            f"{percent(kpis['rolling']['utilisation_rate'])}, and {t['nearest']} t find no place.",
            f"若无计划，综合利用率为 {percent(kpis['nearest']['utilisation_rate'])}"
            f"（滚动调整为 {percent(kpis['rolling']['utilisation_rate'])}），无处安排 {t['nearest']} 吨。",
        ),
    ]  # fmt: skip


def quarter_table(quarter: Quarter) -> Table:
    """``quarter.csv``: what each way of planning came to."""
    rows = []
    for plan in PLANS:
        orders = _orders(quarter, plan)
        rows.append((plan, *(quarter.kpis[plan][name] for name in FIGURES), *orders.values()))
    return Table(("plan", *FIGURES, "ordered_t", "changed_t", "changed_share"), rows)


def week_table(quarter: Quarter) -> Table:
    """``weeks.csv``: what was entered and came, what was turned over and driven, week by week."""
    rows: list[tuple[Any, ...]] = []
    for week in range(-(-quarter.scenario.days // WEEK)):
        days = slice(week * WEEK, (week + 1) * WEEK)
        entered, came = (s.supplies.release[:, days].sum() for s in (quarter.entered, quarter.scenario))
        rain = sum(week * WEEK <= day < (week + 1) * WEEK for day in quarter.rain)
        rows.append((week + 1, quarter.scenario.date(week * WEEK).isoformat(), float(entered), float(came), rain,
                     *(quarter.done[plan].changed[week] for plan in PLANS[:2]),
                     *(quarter.weekly_km[plan][week] for plan in PLANS)))  # fmt: skip
    changed = (f"changed_{plan}" for plan in PLANS[:2])
    return Table(("week", "from", "entered_t", "came_t", "rain", *changed, *(f"t_km_{plan}" for plan in PLANS)), rows)


def write(quarter: Quarter, summary: dict[str, Any], folder: Path) -> None:
    """Writes the folder, whole or not at all."""
    weeks = week_table(quarter)
    with folder_written_whole(folder, owned=FILES) as scratch:
        (scratch / "quarter.csv").write_text(quarter_table(quarter).to_csv(), encoding="utf-8")
        (scratch / "weeks.csv").write_text(weeks.to_csv(), encoding="utf-8")
        (scratch / "quarter.json").write_text(summary_json(summary), encoding="utf-8")
        (scratch / "quarter.html").write_text(_render(summary, weeks), encoding="utf-8")


def _render(summary: dict[str, Any], weeks: Table) -> str:
    own = files(__package__)
    data = {
        "texts": {key: list(both) for key, both in texts().items() if key.split(".")[0] == "js"},
        "days": [],
        "names": {plan: [words.en, words.zh] for plan, words in NAMES.items()},
        "weeks": {name: weeks.column(name) for name in weeks.columns},
    }
    return self_contained(
        own.joinpath("page.html").read_text(encoding="utf-8"),
        data,
        [*shared_scripts("basics.js", "charts.js"), own.joinpath("page.js").read_text(encoding="utf-8")],
        told=summary,
        names=NAMES,
        weeks=list(weeks.records()),
    )
