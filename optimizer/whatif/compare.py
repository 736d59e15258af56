"""What a variant changes: decisions and figures as tables, and one sentence that a council can read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from optimizer.report.texts import money, number, percent
from optimizer.solve import UNITS
from optimizer.tables import Table
from optimizer.whatif.apply import INPUT_COLUMNS
from optimizer.whatif.study import Case
from optimizer.words import Words, joined

SMALLEST_T = 1e-3  # a kilogram; less is arithmetic
DECISIONS = ("variant", "from", "to", "material", "grade", "t_base", "t", "change_t")
FIGURES = ("variant", "figure", "unit", "base", "value", "change", "bound")
KPIS = {
    "generated_t": "t", "unserved_t": "t", "direct_t": "t", "transfer_t": "t", "offsite_t": "t", "landfill_t": "t",
    "recycled_t": "t", "placed_t": "t", "borrowed_t": "t", "end_stock_t": "t", "t_km": "t·km", "mean_haul_km": "km",
    "direct_share": "share", "utilisation_rate": "share", "co2_kg": "kg CO2e", "cost": "CNY",
}  # fmt: skip
# figure → what is said when there is more of it, and when there is less
TONNES = {
    "unserved_t": (
        Words("{t} t more find no place", "无处安排的增加 {t} 吨"),
        Words("{t} t more find a place", "无处安排的减少 {t} 吨"),
    ),
    "offsite_t": (
        Words("{t} t more leave the zone", "外运增加 {t} 吨"), Words("{t} t less leave the zone", "外运减少 {t} 吨"),
    ),
    "landfill_t": (
        Words("{t} t more go to placement yards", "消纳增加 {t} 吨"),
        Words("{t} t less go to placement yards", "消纳减少 {t} 吨"),
    ),
    "transfer_t": (
        Words("{t} t more are handled twice", "二次倒运增加 {t} 吨"),
        Words("{t} t less are handled twice", "二次倒运减少 {t} 吨"),
    ),
}  # fmt: skip


def input_table(cases: Sequence[Case]) -> Table:
    """``inputs.csv``: every cell that a variant changes."""
    return Table(INPUT_COLUMNS, [row for case in cases for row in case.inputs.rows])


def decision_table(base: Case, cases: Sequence[Case]) -> Table:
    """``decisions.csv``: every pair of places whose tonnes over the horizon change, the largest change first."""
    before = _moved(base)
    rows: list[tuple[Any, ...]] = []
    for case in cases:
        now = _moved(case)
        changed = [(key, now.get(key, 0.0) - before.get(key, 0.0)) for key in before.keys() | now.keys()]
        told = sorted((c for c in changed if abs(c[1]) > SMALLEST_T), key=lambda c: (-abs(c[1]), c[0]))
        rows += [(case.key, *key, before.get(key, 0.0), now.get(key, 0.0), change) for key, change in told]
    return Table(DECISIONS, rows)


def _moved(case: Case) -> dict[tuple[str, ...], float]:
    flows = case.planning.plan.tables["flows"]
    sums: dict[tuple[str, ...], float] = defaultdict(float)
    keys = zip(*(flows.column(name) for name in ("from", "to", "material", "grade")), strict=True)
    for key, t in zip(keys, flows.column("t"), strict=True):
        sums[key] += t
    return sums


def figure_table(base: Case, cases: Sequence[Case]) -> Table:
    """``figures.csv``: the goals with their proven bounds, and the key figures, next to the base's."""
    rows: list[tuple[Any, ...]] = []
    for case in (base, *cases):
        for goal in case.summary["goals"]:
            was = base.goals.get(goal["name"])
            rows.append((case.key, goal["name"], UNITS[goal["name"]], *_change(was, goal["value"]), goal["bound"]))
        for name, unit in KPIS.items():
            figures = (c.summary["kpis"][name] for c in (base, case))
            rows.append((case.key, name, unit, *_change(*figures), None))
    return Table(FIGURES, rows)


def _change(was: float | None, now: float | None) -> tuple[float | None, float | None, float | None]:
    return was, now, None if was is None or now is None else now - was


def sentence(base: Case, case: Case) -> Words:
    """What a variant means, in one sentence: what finds no place, what leaves the zone, hauls, money, utilisation."""
    was, now = base.summary["kpis"], case.summary["kpis"]
    parts = [
        *(_tonnes(key, now[key] - was[key]) for key in TONNES),
        _hauls(now["t_km"], was["t_km"]),
        _money(now["cost"], was["cost"]),
        _utilisation(now["utilisation_rate"], was["utilisation_rate"]),
    ]
    told = joined([part for part in parts if part], ", ", "，")
    if not told:
        told = Words("nothing changes that counts", "各项指标均不变")
    head = Words(f"{case.name}: ", f"{case.name_zh}：")
    return head + told + Words(".", "。")


def _tonnes(key: str, change: float) -> Words:
    if abs(change) < 0.5:
        return Words("", "")
    words, t = TONNES[key][change < 0], number(abs(change), 0)
    return Words(words.en.format(t=t), words.zh.format(t=t))


def _hauls(now: float, was: float) -> Words:
    if not was or abs(now / was - 1) < 0.0005:
        return Words("", "")
    share = percent(abs(now / was - 1))
    more = now > was
    return Words(
        f"haul work {'grows' if more else 'falls'} by {share}", f"运输周转量{'增加' if more else '减少'} {share}"
    )


def _money(now: float, was: float) -> Words:
    if abs(now - was) < 0.5:
        return Words("", "")
    sum_ = money(abs(now - was))
    more = now > was
    en = f"it costs {sum_.en} more" if more else f"it saves {sum_.en}"
    return Words(en, f"{'多花' if more else '节省'} {sum_.zh}")


def _utilisation(now: float | None, was: float | None) -> Words:
    if now is None or was is None or abs(now - was) < 0.0005:
        return Words("", "")
    return Words(
        f"utilisation goes from {percent(was)} to {percent(now)}", f"综合利用率由 {percent(was)} 变为 {percent(now)}"
    )
