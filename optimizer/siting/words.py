"""A siting in words that a council can read: what opens and why, what it saves, what each street gains and bears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from optimizer.planner import Planning
from optimizer.report.texts import Both, joined, money, number, percent
from optimizer.siting.decide import Decision
from optimizer.words import place

FEW = 3  # partners of a place that are named
SMALL_T, SMALL_CNY = 0.05, 0.5  # less is nothing to a reader
LIST, SEMICOLON, COMMA = Both(", ", "、"), Both("; ", "；"), Both(", ", "，")


def headline(decision: Decision) -> Both:
    """What opens, and what that changes."""
    opens = [name_of(decision, row, dates=False) for row in decision.tables["site"].records() if row["open"]]
    of = len(decision.choices)
    if not opens:
        return Both(
            f"Open none of the {of} candidates: nothing that they would save is worth what they cost.",
            f"{of} 处候选场地均不启用：所能节省的不足以抵偿其费用。",
        )
    changes = effects(decision)
    names = joined(opens, LIST)
    if not changes:
        return Both(f"Open {names.en}, as was asked for; no figure changes.", f"按要求启用{names.zh}；各项指标不变。")
    told = joined(changes, SEMICOLON)
    return Both(f"Open {names.en}: {told.en}.", f"启用{names.zh}：{told.zh}。")


def name_of(decision: Decision, row: Mapping[str, Any], *, dates: bool = True) -> Both:
    """A candidate with its size and, if wanted, its dates where they were a choice."""
    s, choices = decision.scenario, decision.choices
    at = s.facilities.ids.index(row["facility"])
    name = place(s, s.first_facility + at)
    en, zh = (f"{name}, {row['size']}", f"{name}（{row['size']}）") if row["size"] else (name, name)
    own = choices.options.candidate == int(np.flatnonzero(choices.facility == at)[0])
    if dates and row["open"] and choices.options.dated[own].any():
        en, zh = f"{en}, {row['from']} to {row['to']}", f"{zh}，{row['from']} 至 {row['to']}"
    return Both(en, zh)


def effects(decision: Decision) -> list[Both]:
    """What opening changes against no candidate: tonnes without a place, tonnes out of the zone, money."""
    before, after = (one.plan.summary["kpis"] for one in (decision.without, decision.planning))
    told: list[Both] = []
    for key, en, zh in (
        ("unserved_t", "find a place that had none", "得到安排（原无去处）"),
        ("offsite_t", "stay in the zone", "不再外运"),
        ("landfill_t", "need no placement yard", "不再进入消纳场"),
    ):
        t = before[key] - after[key]
        if t > SMALL_T:
            told.append(Both(f"{number(t)} t {en}", f"{number(t)} 吨{zh}"))
    saved = before["cost"] - after["cost"]
    if abs(saved) > SMALL_CNY:
        share = percent(abs(saved) / before["cost"]) if before["cost"] > 0 else ""
        of = Both(f" ({share})", f"（{share}）") if share else Both("", "")
        days = decision.scenario.days * decision.scenario.period_days
        cny = money(abs(saved))
        if saved > 0:
            told.append(Both(f"{cny.en}{of.en} are saved in {days} days, all that it costs included",
                             f"{days} 天共节省 {cny.zh}{of.zh}，已计全部设场费用"))  # fmt: skip
        else:
            told.append(Both(f"it costs {cny.en}{of.en} more in {days} days", f"{days} 天多支出 {cny.zh}{of.zh}"))
    return told


def why(decision: Decision, row: Mapping[str, Any]) -> list[Both]:
    """Why a candidate opens or stays closed, a sentence each."""
    told = [_through(decision, row)] if row["open"] else []
    rules = decision.choices
    at = decision.scenario.facilities.ids.index(row["facility"])
    c = int(np.flatnonzero(rules.facility == at)[0])
    if rules.lower[c] > 0:
        told.append(Both("It had to open: that was asked for.", "按要求必须启用。"))
    elif rules.upper[c] < 1:
        told.append(Both("It had to stay closed: that was asked for.", "按要求不得启用。"))
    elif row["break_even"] is not None:
        told.append(_break_even(row))
    elif c in decision.fixed and row["open"]:
        told.append(Both("It opens whatever that costs: without it a goal that comes before money gets worse.",
                         "无论费用多少都应启用：否则排在费用之前的目标会变差。"))  # fmt: skip
    elif not row["open"]:
        told.append(
            Both("No allowed set with it is better than the best one.", "任何含有它的可行组合均不优于最佳组合。")
        )
    return told


def _break_even(row: Mapping[str, Any]) -> Both:
    limit = money(row["break_even"])
    if row["open"]:
        return Both(f"It stays the right choice as long as opening it costs less than {limit.en}.",
                    f"启用费用低于 {limit.zh} 时，仍为正确选择。")  # fmt: skip
    if row["break_even"] > SMALL_CNY:
        return Both(
            f"It would be opened if opening it cost less than {limit.en}.", f"启用费用低于 {limit.zh} 时才值得启用。"
        )
    return Both("It would not be opened even if that cost nothing.", "即使启用不需费用，也不值得启用。")


def _through(decision: Decision, row: Mapping[str, Any]) -> Both:
    """What comes to an opened place and goes on from it."""
    s, g = decision.scenario, decision.planning.ledger
    node = s.first_facility + s.facilities.ids.index(row["facility"])
    came, went = (_partners(decision.planning, own == node, other)
                  for own, other in ((g.destination, g.origin), (g.origin, g.destination)))  # fmt: skip
    parts = []
    if came:
        t = number(float(g.t[g.destination == node].sum()))
        parts.append(Both(f"It takes {t} t, mostly from {came.en}", f"接收 {t} 吨，主要来自{came.zh}"))
    if went:
        t = number(float(g.t[g.origin == node].sum()))
        parts.append(
            Both(f"{'sends' if came else 'It sends'} {t} t on, mostly to {went.en}", f"运出 {t} 吨，主要送往{went.zh}")
        )
    if not parts:
        return Both("Nothing passes through it.", "没有物料经过。")
    told = joined(parts, COMMA)
    return Both(f"{told.en}.", f"{told.zh}。")


def _partners(planning: Planning, flows: np.ndarray, other: np.ndarray) -> Both | None:
    """The places at the other end with the most tonnes."""
    totals = np.bincount(other[flows], planning.ledger.t[flows], minlength=len(planning.scenario.place_ids))
    most = [i for i in np.argsort(-totals, kind="stable")[:FEW].tolist() if totals[i] > SMALL_T]
    return joined([Both(*(place(planning.scenario, i),) * 2) for i in most], LIST) if most else None


def fairness(decision: Decision) -> Both | None:
    """The largest burden of a street without the candidates and with them, where it is a goal."""
    before, after = (
        {goal["name"]: goal["value"] for goal in one.plan.summary["goals"]}.get("fairness")
        for one in (decision.without, decision.planning)
    )
    if before is None or after is None:
        return None
    was, now = number(before), number(after)
    return Both(
        f"The street that bears most bears {now} t ({was} t without any candidate): as little as the goals before it "
        "allow. Laden trucks count at their rate of compensation.",
        f"负担最重的街道承担 {now} 吨（不启用任何候选场地时为 {was} 吨），为更高优先目标允许的最小值；"
        "重车按其补偿标准折算。",
    )


def street_words(row: Mapping[str, Any], paid: bool) -> Both:
    """What one street gains and bears."""
    trucks, share = number(row["passages"], 0), percent(row["share"])
    parts = [
        Both(f"its facilities receive {number(row['received_t'])} t{_more(row, 'received_t').en}",
             f"设施接收 {number(row['received_t'])} 吨{_more(row, 'received_t').zh}"),
        Both(f"{trucks} laden trucks start or end there{_more(row, 'passages').en}",
             f"始发或到达重车 {trucks} 辆次{_more(row, 'passages').zh}"),
        Both(f"that is {share} of what all streets bear", f"占各街道承担总量的 {share}"),
    ]  # fmt: skip
    saved = row["cost_without"] - row["cost"]
    if abs(saved) > SMALL_CNY:
        cny = money(abs(saved))
        parts.append(Both(f"its sites pay {cny.en} {'less' if saved > 0 else 'more'} for haul and gates",
                          f"本街道工地运费与场地费{'减少' if saved > 0 else '增加'} {cny.zh}"))  # fmt: skip
    placed = row["unserved_t_without"] - row["unserved_t"]
    if placed > SMALL_T:
        parts.append(Both(f"{number(placed)} t of its sites find a place", f"其工地 {number(placed)} 吨得到安排"))
    if paid:
        got, given = money(row["compensation"]), money(row["contribution"])
        parts.append(Both(f"it is paid {got.en} and contributes {given.en}", f"获生态补偿 {got.zh}，分担 {given.zh}"))
    told = joined(parts, SEMICOLON)
    return Both(f"{told.en[:1].upper()}{told.en[1:]}.", f"{told.zh}。")


def _more(row: Mapping[str, Any], figure: str) -> Both:
    change = row[figure] - row[f"{figure}_without"]
    if abs(change) <= SMALL_T:
        return Both("", "")
    t = number(abs(change), 0 if figure == "passages" else None)
    return Both(f" ({t} {'more' if change > 0 else 'less'})", f"（{'增加' if change > 0 else '减少'} {t}）")


def proof(decision: Decision) -> Both:
    """How sure it is that no other set is better."""
    site = decision.planning.plan.summary["site"]
    if decision.planning.plan.summary["status"] == "optimal":
        return Both(
            "No allowed choice of candidates, sizes and dates is better: proven.",
            "已证明：没有更好的候选、规模与日期组合。",
        )
    gap = percent(site["gap"], 2)
    return Both(f"No allowed choice is better by more than {gap}: proven.", f"已证明：其他组合至多再好 {gap}。")


def unweighed(decision: Decision) -> Both:
    """That openings weigh nothing, where no goal holds money; blank where one does."""
    if decision.planning.plan.summary["site"]["counts_in"] is not None:
        return Both("", "")
    return Both(
        "The goals hold no money: what openings cost only decides between sets that are equally good, and there is no "
        "opening cost at which a candidate would go the other way. Put cost into the order of goals to weigh them.",
        "目标中不含费用：设场费用只在效果相同的组合之间起决定作用，也就没有临界启用费用。"
        "如需权衡，请把 cost 列入目标顺序。",
    )


def money_rows(decision: Decision) -> Sequence[tuple[str, float, float]]:
    """(part of the cost, without candidates, with them) for parts that are there at all."""
    before, after = (one.plan.summary["kpis"]["cost_parts"] for one in (decision.without, decision.planning))
    parts = {name: (before.get(name, 0.0), after.get(name, 0.0)) for name in {**before, **after}}
    return [(name, a, b) for name, (a, b) in parts.items() if max(abs(a), abs(b)) > SMALL_CNY]
