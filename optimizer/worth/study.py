"""All that the page tells: limits of three sorts, prices and roads, each asked of the same plan."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from optimizer.check.result import Finding
from optimizer.distances import measure
from optimizer.planner import Options, Planning, plan_scenario
from optimizer.progress import Progress, seconds_left
from optimizer.read import Inputs
from optimizer.report.texts import money, number
from optimizer.scenario import Scenario
from optimizer.tables import Table
from optimizer.whatif.compare import TONNES
from optimizer.whatif.patch import Variant
from optimizer.whatif.study import INDEPENDENT, recomputed
from optimizer.words import UNIT_WORDS, Words, joined
from optimizer.worth.limits import DAILY, Limit, pressing
from optimizer.worth.ranges import Ranges, Step, with_way_and_money
from optimizer.worth.roads import Road, roads_worth
from optimizer.worth.turning import Price, turning_prices

SMALL = 5e-4  # a change below this is none
COLUMNS = ("id", "what", "material", "unit", "now", "step", "until", "t_km", "cost")


@dataclass(frozen=True)
class Answer:
    """One limit with one unit more, one less, and one hour more of its gate, as far as each can be."""

    limit: Limit
    more: Step | None
    less: Step | None
    hour: Step | None

    @property
    def steps(self) -> list[Step]:
        """Those that there are."""
        return [step for step in (self.more, self.less, self.hour) if step is not None]


@dataclass(frozen=True)
class Worth:
    """A plan and what its limits, prices and roads are worth; ``unasked`` limits that have a price as well."""

    planning: Planning
    answers: list[Answer]
    unasked: int
    prices: list[Price]
    roads: list[Road]
    findings: list[Finding]

    @property
    def sentences(self) -> list[Words]:
        """What more of each limit does, in the order of the goals; those that change nothing are left out."""
        told = [sentence(self.planning.scenario, step) for a in self.answers for step in (a.hour or a.more,) if step]
        return [words for words in told if words] + [road_sentence(road) for road in self.roads]


def study(inputs: Inputs, scenario: Scenario, most: int, closures: Sequence[Variant], progress: Progress) -> Worth:
    """Plans the scenario, its goals followed by haul and cost, and asks it.

    Args:
        inputs: the scenario's files.
        scenario: what was planned, with what a siting has opened.
        most: places, needs and lots asked about.
        closures: roads asked about.
        progress: told of each limit.
    """
    settled = replace(scenario, objective=with_way_and_money(scenario.objective))
    planning = plan_scenario(settled, Options(), progress, brief=True)
    independent = measure(settled, progress, engine=INDEPENDENT)
    findings = list(recomputed(planning, independent))
    limits = pressing(planning)
    asked = [limit for side in ("facility", "demand", "supply") for limit in islice(_of(planning, limits, side), most)]
    ranges, answers = Ranges(planning, independent), []
    start = time.perf_counter()
    with progress.phase("limits"):
        for i, limit in enumerate(asked, start=1):
            answers.append(_asked(ranges, limit))
            progress.step(i, len(asked), f"limits, {seconds_left(start, i, len(asked) - i)}")
    with progress.phase("prices"):
        prices = turning_prices(planning, scenario.objective)
    with progress.phase("roads"):
        roads = roads_worth(inputs, planning, closures)
    findings += [finding for answer in answers for step in answer.steps for finding in step.findings]
    findings += [finding for road in roads for finding in road.findings]
    return Worth(planning, answers, len(limits) - len(asked), prices, roads, findings)


def _of(planning: Planning, limits: Sequence[Limit], side: str) -> list[Limit]:
    s = planning.scenario
    first = {"supply": 0, "demand": s.first_demand, "facility": s.first_facility}[side]
    last = {"supply": s.first_demand, "demand": s.first_facility, "facility": len(s.place_ids)}[side]
    return [limit for limit in limits if first <= limit.node < last]


def _asked(ranges: Ranges, limit: Limit) -> Answer:
    an_hour = limit.t_per_hour(ranges.planning.scenario)
    hour = None if an_hour is None else ranges.step(limit, an_hour, reach=False)
    return Answer(limit, ranges.step(limit, 1.0), ranges.step(limit, -1.0), hour)


def sentence(scenario: Scenario, step: Step) -> Words:
    """What a changed limit does; blank where it is nothing."""
    parts = [_tonnes(goal, change) for goal, change in step.change.items() if f"{goal}_t" in TONNES]
    parts += [_way(step.t_km), _bill(step.cost)]
    does = joined(parts, ", ", "，")
    if not does:
        return Words("", "")
    what = step.limit.told(scenario, number(step.amount))
    if step.amount != 1:
        what = Words("One hour a day more: ", "每日多开一小时：") + what
    return what + Words(": ", "：") + does + _reach(step) + Words(".", "。")


def first_of_all(step: Step) -> Words:
    """What changes of the first goal in tonnes that changes at all."""
    told = (_tonnes(goal, change) for goal, change in step.change.items() if f"{goal}_t" in TONNES)
    return next((words for words in told if words), Words("", ""))


def _tonnes(goal: str, change: float) -> Words:
    if abs(change) < SMALL:
        return Words("", "")
    words, t = TONNES[f"{goal}_t"][change < 0], number(abs(change))
    return Words(words.en.format(t=t), words.zh.format(t=t))


def _way(t_km: float) -> Words:
    if abs(t_km) < SMALL:
        return Words("", "")
    n, more = number(abs(t_km)), t_km > 0
    return Words(f"{n} t·km {'more' if more else 'less'}", f"{'增加' if more else '减少'} {n} 吨公里")


def _bill(cost: float) -> Words:
    if abs(cost) < SMALL:
        return Words("", "")
    sum_, more = money(abs(cost)), cost > 0
    return Words(f"{sum_.en} {'more' if more else 'less'}", f"{'多花' if more else '节省'} {sum_.zh}")


def _reach(step: Step) -> Words:
    if step.until == step.amount:
        return Words("", "")
    if step.until is None:
        return Words("; every further one does the same", "；再多亦然")
    n, unit = number(abs(step.until)), unit_of(step.limit)
    return Words(f"; the same for each up to {n} {unit.en}", f"；{n} {unit.zh} 以内每增一个单位均如此")


def unit_of(limit: Limit) -> Words:
    """The limit's own unit, a day where it is a daily one."""
    own = UNIT_WORDS[limit.unit]
    return own + Words(" a day", "/日") if limit.side in DAILY else own


def road_sentence(road: Road) -> Words:
    """What an hour of a road is worth on the mean."""
    per = [value / road.hours for value in (road.unserved_t, road.t_km, road.cost)]
    does = joined([_tonnes("unserved", per[0]), _way(per[1]), _bill(per[2])], ", ", "，") or Words("nothing", "无影响")
    return (
        Words(f"{road.variant.name}, each hour on the mean: ", f"{road.variant.name_zh}，平均每小时：")
        + does
        + Words(".", "。")
    )


def worth_table(worth: Worth) -> Table:
    """``worth.csv``: what each step of each limit, price and road changes; columns of the goals at the end."""
    goals = [stage.goal for stage in worth.planning.solution.stages]
    ids = worth.planning.scenario.place_ids
    rows: list[tuple[object, ...]] = []
    for answer in worth.answers:
        limit = answer.limit
        unit = f"{limit.unit}/d" if limit.side in DAILY else limit.unit
        head = ids[limit.node], limit.side, limit.material, unit, limit.now
        for step in answer.steps:
            changes = (step.change[goal] for goal in goals)
            rows.append((*head, step.amount, step.until, step.t_km, step.cost, *changes))
    for price in worth.prices:
        for step_, until in ((-1.0, price.down), (1.0, price.up)):
            blank = (None for _ in goals)
            rows.append((price.id, "price", "", price.unit, price.now, step_, until, 0.0, step_ * price.weight, *blank))
    for road in worth.roads:
        blank = (None for _ in goals)
        rows.append((road.variant.key, "road", "", "h", road.hours, -road.hours, None, road.t_km, road.cost, *blank))
    return Table((*COLUMNS, *(f"goal_{goal}" for goal in goals)), rows)
