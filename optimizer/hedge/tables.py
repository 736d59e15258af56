"""What a hedge comes to as tables, as JSON and in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from optimizer.arguments import prices
from optimizer.errors import InputError
from optimizer.files import folder_written_whole
from optimizer.hedge.sitings import Sitings
from optimizer.hedge.stages import worst_mean
from optimizer.hedge.study import COMMAND, PLANS, Hedge
from optimizer.outputs import summary_json
from optimizer.report.texts import money
from optimizer.scenario import GOALS
from optimizer.tables import Table
from optimizer.words import Words

FILES = frozenset({"hedge.html", "hedge.json", "samples.csv", "orders.csv", "sitings.csv"})
WEIGHABLE = tuple(goal for goal in GOALS if goal not in ("empties", "changes", "frozen"))
NOTHING = 0.5  # CNY; a difference below this is none


def weights_of(words: Sequence[str]) -> dict[str, float]:
    """Weights of ``--weight``.

    Raises:
        InputError: with every fault.
    """
    weights, faults = prices(words, WEIGHABLE, COMMAND, "--weight", "not a goal that can be weighed")
    if faults:
        raise InputError(faults)
    return weights


def told(hedge: Hedge) -> dict[str, Any]:
    """The content of ``hedge.json``."""
    request, share = hedge.request, hedge.request.share
    weights = {"unserved": hedge.scenario.costs.unserved_per_t}
    weights |= request.weights or dict(hedge.scenario.objective.weights) or {"cost": 1.0}
    return {
        "name": hedge.scenario.name,
        "samples": request.samples,
        "seed": request.seed,
        "ordered_days": request.days,
        "weights": weights,
        "worst": {"weight": request.worst, "share": share},
        "plans": {
            plan: {
                "expected": float(hedge.costs[plan].mean()),
                "worst": worst_mean(hedge.costs[plan], share),
                "unserved": float(hedge.unserved[plan].mean()),
                "fresh_expected": float(hedge.fresh[plan].mean()),
                "fresh_worst": worst_mean(hedge.fresh[plan], share),
            }
            for plan in PLANS
        },
        "worth_of_hedging": hedge.worth_of_hedging,
        "worth_of_knowing": hedge.worth_of_knowing,
        "value": hedge.best.value,
        "bound": hedge.best.bound,
        "sentences": [{"en": words.en, "zh": words.zh} for words in sentences(hedge)],
        "findings": hedge.findings,
    }


def sentences(hedge: Hedge) -> list[Words]:
    """What an official takes from it."""
    return [_hedging(hedge), _knowing(hedge), *([_siting(hedge.sitings)] if hedge.sitings else [])]


def _hedging(hedge: Hedge) -> Words:
    days, samples = hedge.request.days, hedge.request.samples
    first = Words("the first day" if days == 1 else f"the first {days} days", f"前 {days} 天")
    saved = hedge.worth_of_hedging
    if saved < NOTHING:
        return Words(
            f"Over {samples} samples the drives that the certain plan orders for {first.en} cannot be improved.",
            f"在 {samples} 个情景中，按确定性方案预订{first.zh}的运输已无可改进。",
        )
    of_worst = Words(", the worst part counted", "（计入最坏情形）") if hedge.request.worst else Words("", "")
    return Words(
        f"Ordering {first.en} with the uncertainty in mind saves {money(saved).en} of "
        f"{money(hedge.value('certain')).en} on the mean of {samples} samples{of_worst.en}.",
        f"考虑不确定性预订{first.zh}的运输，{samples} 个情景平均可由 {money(hedge.value('certain')).zh} 节省 "
        f"{money(saved).zh}{of_worst.zh}。",
    )


def _knowing(hedge: Hedge) -> Words:
    sum_ = money(max(hedge.worth_of_knowing, 0.0))
    return Words(
        f"To know beforehand what comes would save {sum_.en} more; no forecast is worth more than that.",
        f"若能事先知道实际情况，可再节省 {sum_.zh}；任何预测的价值都不超过此数。",
    )


def _siting(found: Sitings) -> Words:
    names = _names(found, found.sets[found.best])
    regret = money(float(found.regret[found.best].max()))
    return Words(
        f"Of the candidates, {names.en} is best on the mean, nowhere dearer than the best by more than {regret.en}.",
        f"候选设施中平均最优为：{names.zh}；在任何情景中比该情景最优最多多花 {regret.zh}。",
    )


def _names(found: Sitings, chosen: tuple[int, ...]) -> Words:
    by_node = dict(zip(sorted({i for s in found.sets for i in s}), found.candidates, strict=True))
    names = " + ".join(by_node[i] for i in chosen)
    return Words(names, names) if names else Words("opening none", "均不启用")


def sample_table(hedge: Hedge) -> Table:
    """``samples.csv``: what each plan costs in each sample."""
    rows = []
    for i, sample in enumerate(hedge.samples):
        rain = ";".join(sample.scenario.date(day).isoformat() for day in sample.rain)
        released = float(sample.scenario.supplies.release.sum())
        needed = float(sample.scenario.demands.quantity.sum())
        rows.append((i + 1, rain, released, needed, *(float(hedge.costs[plan][i]) for plan in PLANS),
                     *(float(hedge.unserved[plan][i]) for plan in PLANS)))  # fmt: skip
    return Table(("sample", "rain", "released_t", "needed", *PLANS, *(f"unserved_{plan}" for plan in PLANS)), rows)


def order_table(hedge: Hedge) -> Table:
    """``orders.csv``: t to order between two places on a day, of the certain plan and hedged; largest change first."""
    ids, certain, now = hedge.scenario.place_ids, hedge.orders["certain"].t, hedge.orders["hedged"].t
    rows = []
    for pair in certain.keys() | now.keys():
        was, t = certain.get(pair, 0.0), now.get(pair, 0.0)
        rows.append((hedge.scenario.date(pair[2]).isoformat(), ids[pair[0]], ids[pair[1]], was, t, t - was))
    rows.sort(key=lambda row: (-abs(row[5]), row[:3]))
    return Table(("date", "from", "to", "t_certain", "t", "change_t"), rows)


def siting_table(found: Sitings, share: float) -> Table:
    """``sitings.csv``: every set of candidates, the best on the mean first."""
    regret = found.regret
    rows = [
        (_names(found, chosen).en if chosen else "", float(costs.mean()), worst_mean(costs, share),
         float(regret[i].mean()), float(regret[i].max()), int((regret[i] < NOTHING).sum()))
        for i, (chosen, costs) in enumerate(zip(found.sets, found.costs, strict=True))
    ]  # fmt: skip
    rows.sort(key=lambda row: row[1])
    return Table(("open", "expected", "worst", "regret_mean", "regret_max", "best_in"), rows)


def write(hedge: Hedge, summary: dict[str, Any], folder: Path) -> None:
    """Writes the folder, whole or not at all."""
    from optimizer.hedge.page import render

    tables = {"samples": sample_table(hedge), "orders": order_table(hedge)}
    if hedge.sitings:
        tables["sitings"] = siting_table(hedge.sitings, hedge.request.share)
    with folder_written_whole(folder, owned=FILES) as scratch:
        for name, table in tables.items():
            (scratch / f"{name}.csv").write_text(table.to_csv(), encoding="utf-8")
        (scratch / "hedge.json").write_text(summary_json(summary), encoding="utf-8")
        (scratch / "hedge.html").write_text(render(hedge, summary, tables), encoding="utf-8")
