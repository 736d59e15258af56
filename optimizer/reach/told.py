"""What the changes are, and why no more can be had, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from optimizer.figures import Figures
from optimizer.lanes import activities
from optimizer.ledger import Ledger, read_solution
from optimizer.reach.patch import raised_to
from optimizer.reach.relax import Capacity
from optimizer.reach.search import Change, Found, Reach
from optimizer.remedies import LIMITS
from optimizer.report.texts import money, number, percent
from optimizer.scenario import GRADES, Scenario
from optimizer.words import UNIT_WORDS, Words, dates, material, place, tonnes
from optimizer.worth.limits import FIELDS, material_name

MOST_WHY = 6  # materials named where the wanted share cannot be had
FULL = 0.5  # t that are left, or lacking, and told as none


def headline(found: Found, share: float) -> Words:
    """The answer in one sentence."""
    was, wanted = percent(found.before / found.generated), percent(share)
    if not found.reached:
        most = percent(found.most / found.generated)
        return Words(
            f"{wanted} cannot be reached: whatever is changed of limits, windows, haul limit and acceptance, "
            f"at most {most} is put to use (now {was}).",
            f"无法达到 {wanted}：即使调整全部上限、时段、运距与接收范围，综合利用率最高为 {most}（现为 {was}）。",
        )
    if not found.changes and found.before < found.wanted - FULL:
        return Words(
            f"{wanted} instead of {was} needs no change of limits, only a plan that puts it first: the goals as they "
            "are ordered now take other ways.",
            f"由 {was} 提高到 {wanted} 无需调整任何上限，只需以利用率为先编制方案：现行目标顺序选择了其他去向。",
        )
    if not found.changes:
        return Words(f"{wanted} is reached as it is: {was}.", f"无需调整即可达到 {wanted}：现为 {was}。")
    n, price, least = len(found.changes), money(found.price), money(found.bound)
    return Words(
        f"{wanted} instead of {was} needs {n} change{'s' if n > 1 else ''}, at a price of {price.en} together; "
        f"no set of changes does it for less than {least.en}.",
        f"综合利用率由 {was} 提高到 {wanted} 需 {n} 项调整，合计代价 {price.zh}；任何组合均不低于 {least.zh}。",
    )


def sentence(scenario: Scenario, found: Found, change: Change) -> Words:
    """One change with its price, and what is lost without it."""
    price = money(change.price)
    share = percent(change.without / found.generated)
    return _what(scenario, change) + Words(
        f": {price.en}; without it at most {share}.", f"：{price.zh}；若无此项，最高为 {share}。"
    )


def _what(scenario: Scenario, change: Change) -> Words:
    what, t = change.what, tonnes(change.amount)
    at = place(scenario, what.node)
    if isinstance(what, Capacity):
        unit = scenario.demands.unit[what.node - scenario.first_demand] if what.side.startswith("demand") else "t"
        words, own, up = LIMITS[FIELDS[what.side][0]], UNIT_WORDS[unit], number(raised_to(change.amount))
        name = material_name(scenario, scenario.materials.ids[what.material] if what.material >= 0 else "")
        of = Words(f" ({name.en})", f"（{name.zh}）") if name else name
        return Words(words.en.format(t=up, unit=own.en, p=at), words.zh.format(t=up, unit=own.zh, p=at)) + of
    open_days = np.zeros(scenario.days, dtype=bool)
    open_days[change.days] = True
    on = dates(scenario, open_days)
    if what.kind == "window":
        return Words(f"{at} also on {on}, outside its dates, {t} t", f"{at} 另在 {on}（原日期之外）作业，{t} t")
    if what.kind == "acceptance":
        name = material(scenario, what.other * GRADES)
        return Words(f"{at} takes {t} t of {name.en} too", f"{at} 另接收{name.zh} {t} t")
    to, km, limit = place(scenario, what.other), f"{change.km:.1f}", f"{scenario.roads.max_km:g}"
    return Words(
        f"{t} t go from {at} to {to}, {km} km, beyond the haul limit of {limit} km",
        f"{t} t 由 {at} 运往 {to}，{km} km，超过运距上限 {limit} km",
    )


def why_no_more(reach: Reach, found: Found) -> list[Words]:
    """Materials that are not put to use even so, the most first, and what keeps each from it."""
    ledger = read_solution(reach.wide, reach.lanes, reach.program, found.solution.x)
    by_material: Mapping[str, Mapping[str, float]] = Figures(reach.wide, reach.lanes, ledger).kpis()["by_material"]
    unused = {name: k["generated_t"] - k["placed_t"] - k["recycled_t"] for name, k in by_material.items()}
    largest = sorted((name for name in unused if unused[name] > FULL), key=lambda name: -unused[name])
    return [_why(reach.wide, ledger, name, unused[name]) for name in largest[:MOST_WHY]]


def _why(scenario: Scenario, ledger: Ledger, name: str, t: float) -> Words:
    m = scenario.materials.index[name]
    told = material_name(scenario, name)
    head = Words(f"{tonnes(t)} t of {told.en}: ", f"{told.zh} {tonnes(t)} t：")
    takers = np.flatnonzero(scenario.demands.accepts[:, m])
    processed = activities(scenario)[1] // GRADES
    if not len(takers) and m not in processed:
        return head + Words("no need takes it and no plant processes it.", "没有需求点接收，也没有处理厂可加工。")
    if not len(takers):
        return head + Words("only plants take it, and what they make of it finds no place or is waste again.",
                            "仅处理厂可接收，其产物无处可用或仍属废弃物。")  # fmt: skip
    if _left(scenario, ledger, takers, m) <= FULL:
        return head + Words("every need that takes it is full.", "可接收的需求点均已满。")
    return head + Words("needs are left, but not for its grade, its place or the blend.",
                        "尚有需求，但等级、道路或掺配比例不允许。")  # fmt: skip


def _left(scenario: Scenario, ledger: Ledger, demands: np.ndarray, m: int) -> float:
    """t of a material that some needs would still have room for."""
    d = scenario.demands
    to = ledger.destination - scenario.first_demand
    left = 0.0
    for i in demands.tolist():
        here = to == i
        filled = float((ledger.t[here] * d.units_per_t[i, ledger.commodity[here] // GRADES]).sum())
        left += (float(d.quantity[i]) - filled) / float(d.units_per_t[i, m])
    return left
