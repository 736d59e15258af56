"""What stands between a lot and the places that could take it, found by arithmetic on the scenario and the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.burden import burden
from optimizer.distances import Distances
from optimizer.lanes import PLACE_KINDS, RECEIVERS, Rules, rules
from optimizer.ledger import Ledger
from optimizer.scenario import GRADE_NAMES, GRADES, PLANTS, Bools, Scenario
from optimizer.usage import FULL, Usage, measure_usage
from optimizer.words import UNIT_WORDS, Words, dates, joined, material, place, tonnes

HURDLES = ("wrong_grade", "no_road", "too_far", "no_common_day", "usable")  # in the order they are looked at
NAMED = 3  # places named one by one in a sentence


@dataclass(frozen=True)
class Obstacles:
    """Receivers of a commodity from one origin, sorted by what rules them out; nearest first in each list.

    Attributes:
        wrong_grade, no_road, too_far, no_common_day: places that take the material, and the first thing that fails.
        usable: places joined by a lane.
        why: the whole as a sentence.
    """

    wrong_grade: tuple[int, ...]
    no_road: tuple[int, ...]
    too_far: tuple[int, ...]
    no_common_day: tuple[int, ...]
    usable: tuple[int, ...]
    why: Words


class Diagnosis:
    """Looks up, for a plan, why a tonne could not go elsewhere."""

    def __init__(self, scenario: Scenario, distances: Distances, ledger: Ledger):
        self.s, self.km = scenario, distances.km
        self.rule: Rules = rules(scenario)
        self.usage: Usage = measure_usage(scenario, ledger)
        self.burden = burden(scenario, ledger) if scenario.streets.max_share < 1 else None
        self.kind = [PLACE_KINDS[k] for k in self.rule.kind]
        of_lots = np.zeros_like(
            scenario.demands.accepts, shape=(len(scenario.supplies.ids), len(scenario.materials.ids))
        )
        self.accepts: Bools = np.vstack([of_lots, scenario.demands.accepts, scenario.facilities.accepts])

    def of_surplus(self, origin: int, commodity: int, *, inside_only: bool) -> Obstacles:
        """Why a commodity at ``origin`` found no (further) place; ``inside_only`` leaves off-site places out."""
        kinds = [k for k in RECEIVERS[self.kind[origin]] if not (inside_only and k == "offsite")]
        receivers = np.isin(self.rule.kind, [PLACE_KINDS.index(k) for k in kinds])
        accept = np.flatnonzero(receivers & self.accepts[:, commodity // GRADES]).tolist()
        accept.sort(key=lambda p: (np.isnan(self.km[origin, p]), self.km[origin, p]))
        by_hurdle: dict[str, list[int]] = {hurdle: [] for hurdle in HURDLES}
        for p in accept:
            by_hurdle[self._hurdle(origin, p, self.rule.takes[p, commodity])].append(p)
        why = self._told(origin, commodity, by_hurdle, inside_only)
        return Obstacles(**{name: tuple(found) for name, found in by_hurdle.items()}, why=why)

    def of_need(self, demand: int) -> Obstacles:
        """Why a demand's required part was not met."""
        d, target = self.s.demands, self.s.first_demand + demand
        wanted = np.repeat(d.accepts[demand], GRADES)
        sources = np.flatnonzero(self.rule.sends[:, wanted].any(axis=1)).tolist()
        sources.sort(key=lambda p: (np.isnan(self.km[p, target]), self.km[p, target]))
        grade_fits = (self.rule.sends & self.rule.takes[target]).any(axis=1)
        by_hurdle: dict[str, list[int]] = {hurdle: [] for hurdle in HURDLES}
        for p in sources:
            by_hurdle[self._hurdle(p, target, grade_fits[p])].append(p)
        why = self._need_told(demand, by_hurdle)
        return Obstacles(**{name: tuple(found) for name, found in by_hurdle.items()}, why=why)

    def _hurdle(self, origin: int, p: int, grade_fits: bool) -> str:
        if not grade_fits:
            return "wrong_grade"
        if np.isnan(self.km[origin, p]):
            return "no_road"
        if self.km[origin, p] > self.s.roads.max_km:
            return "too_far"
        if not (self.rule.open[origin] & self.rule.open[p]).any():
            return "no_common_day"
        return "usable"

    def _told(self, origin: int, commodity: int, by: dict[str, list[int]], inside_only: bool) -> Words:
        name = material(self.s, commodity)
        total = sum(len(found) for found in by.values())
        if not total:
            where = Words(" in the zone", "区内") if inside_only else Words("", "")
            return Words(
                f"no place{where.en} that this may go to accepts {name.en}", f"{where.zh}没有可去之处接收{name.zh}"
            )
        grade = GRADE_NAMES[commodity % GRADES]
        head = Words(
            f"{total} place{'s' if total > 1 else ''} accept{'' if total > 1 else 's'} {name.en}",
            f"{total} 处接收{name.zh}",
        )
        parts = [
            self._named(by["wrong_grade"], f"not at grade {grade}", f"不收 {grade} 级", None),
            self._named(by["no_road"], "no truck road", "无货车道路可达", None),
            self._named(
                by["too_far"],
                f"beyond the cut-off of {self.s.roads.max_km:g} km",
                f"超过 {self.s.roads.max_km:g} km 运距上限",
                lambda p: f"{self.km[origin, p]:.1f} km",
            ),
            self._named(
                by["no_common_day"], f"closed on this lot's days {dates(self.s, self.rule.open[origin])}",
                f"与本批日期 {dates(self.s, self.rule.open[origin])} 不重合",
                lambda p: dates(self.s, self.rule.open[p]),
            ),
            *[self._fullness(origin, p, commodity) for p in by["usable"][:NAMED]],
        ]  # fmt: skip
        rest = len(by["usable"]) - NAMED
        if rest > 0:
            parts.append(
                Words(
                    f"{rest} further ones likewise used up or needed more by others", f"另 {rest} 处同样已满或他处更需"
                )
            )
        own = self._own_limits(origin)
        return head + Words(": ", "：") + joined([*parts, own])

    def _named(self, places: list[int], en: str, zh: str, detail: Callable[[int], str] | None) -> Words:
        """``3 …: A (1 km), B, C`` for places with the same hurdle."""
        if not places:
            return Words("", "")
        shown = [place(self.s, p) + (f" [{detail(p)}]" if detail else "") for p in places[:NAMED]]
        more = len(places) - NAMED
        tail = (Words(f" and {more} more", f" 等另 {more} 处")) if more > 0 else Words("", "")
        names = ", ".join(shown)
        return Words(f"{len(places)} {en}: {names}{tail.en}", f"{len(places)} 处{zh}：{names}{tail.zh}")

    def _fullness(self, origin: int, p: int, commodity: int) -> Words:
        """What is used up at a place that could take the commodity."""
        label = place(self.s, p)
        days = self.rule.open[origin] & self.rule.open[p]
        if p < self.s.first_facility:
            found = self._demand_full(p - self.s.first_demand, commodity, days)
        else:
            found = self._facility_full(p - self.s.first_facility, commodity, days) or self._street_full(p)
        if not found:
            found = Words("has room, but what goes in could not leave again in time", "尚有余量，但进场后无法按期出场")
            if p < self.s.first_facility or self.kind[p] in ("disposal", "offsite"):
                found = Words("has room, but not together with the rest of the plan", "尚有余量，但与其余安排不能兼顾")
        return Words(f"{label}: {found.en}", f"{label}：{found.zh}")

    def _street_full(self, p: int) -> Words:
        """Whether the street that a facility lies in bears all that it may."""
        limit = self.s.streets.max_share
        if self.burden is None or self.burden.share[self.burden.number[p]] < limit * FULL:
            return Words("", "")
        name = self.burden.names[self.burden.number[p]]
        return Words(
            f"its street {name} bears {limit:.0%} of what all streets bear, the most it may",
            f"所在街道{name}已达承担份额上限 {limit:.0%}",
        )

    def _demand_full(self, demand: int, commodity: int, days: Bools) -> Words:
        d, u = self.s.demands, self.usage
        unit = UNIT_WORDS[d.unit[demand]]
        if u.filled[demand] >= d.quantity[demand] * FULL:
            return Words(
                f"all {tonnes(d.quantity[demand])} {unit.en} wanted are filled",
                f"所需 {tonnes(d.quantity[demand])} {unit.zh} 已满足",
            )
        full = days & (u.filled_daily[demand] >= d.daily_max[demand] * FULL)
        if full.any():
            return Words(
                f"its {tonnes(d.daily_max[demand])} {unit.en} a day are used on {dates(self.s, full)}",
                f"每日 {tonnes(d.daily_max[demand])} {unit.zh} 的接收量在 {dates(self.s, full)} 用满",
            )
        mixes = self.s.mixes
        rows = np.flatnonzero(
            (mixes.demand == demand) & (mixes.material == commodity // GRADES) & (mixes.max_share < 1)
        )
        if len(rows):
            share = mixes.max_share[rows[0]]
            return Words(f"its blend takes at most {share:.0%} of this", f"掺配上限 {share:.0%}")
        return Words("", "")

    def _facility_full(self, f: int, commodity: int, days: Bools) -> Words:
        fac, u, kind = self.s.facilities, self.usage, self.s.facilities.kind[f]
        parts = []
        full = days & (u.gate_in[f] >= fac.daily_in[f] * FULL)
        if full.any():
            limit = tonnes(float(fac.daily_in[f][full].min()))
            parts.append(
                Words(
                    f"gate full ({limit} t a day) on {dates(self.s, full)}",
                    f"进场口在 {dates(self.s, full)} 已满（每日 {limit} t）",
                )
            )
        if kind in ("disposal", "offsite") and u.placed[f] >= fac.storage[f] * FULL:
            parts.append(
                Words(f"its room of {tonnes(fac.storage[f])} t is used up", f"库容 {tonnes(fac.storage[f])} t 已用完")
            )
        if kind in ("yard", *PLANTS) and fac.storage[f] > 0:
            full = u.overnight[f] >= fac.storage[f] * FULL
            if full.any():
                parts.append(
                    Words(
                        f"full ({tonnes(fac.storage[f])} t) on the nights of {dates(self.s, full)}",
                        f"{dates(self.s, full)} 夜间满库（{tonnes(fac.storage[f])} t）",
                    )
                )
            if np.isfinite(fac.end_stock_max[f]) and u.overnight[f, -1] >= fac.end_stock_max[f] * FULL:
                parts.append(
                    Words(
                        f"may hold only {tonnes(fac.end_stock_max[f])} t at the end",
                        f"期末库存不得超过 {tonnes(fac.end_stock_max[f])} t",
                    )
                )
        if kind in PLANTS:
            r = self.s.recipes
            rows = np.flatnonzero((r.facility == f) & (r.input == commodity // GRADES))
            if len(rows):
                limit_t = float(r.daily_max[rows[0]])
                full = days & (u.processed[f, commodity // GRADES] >= limit_t * FULL)
                if full.any():
                    parts.append(
                        Words(
                            f"processes {tonnes(limit_t)} t a day, all used on {dates(self.s, full)}",
                            f"日处理能力 {tonnes(limit_t)} t 在 {dates(self.s, full)} 用满",
                        )
                    )
        full = (u.gate_out[f] >= fac.daily_out[f] * FULL) & np.isfinite(fac.daily_out[f])
        if full.any():
            parts.append(Words(f"exit gate full on {dates(self.s, full)}", f"出场口在 {dates(self.s, full)} 已满"))
        return joined(parts, ", ", "，")

    def _own_limits(self, origin: int) -> Words:
        if origin >= self.s.first_demand:
            return Words("", "")
        s, u = self.s.supplies, self.usage
        full = self.rule.open[origin] & (u.left_site[origin] >= s.daily_max[origin] * FULL)
        if not full.any():
            return Words("", "")
        limit = tonnes(float(s.daily_max[origin]))
        return Words(
            f"the site itself can load only {limit} t a day, all used on {dates(self.s, full)}",
            f"工地每日最多外运 {limit} t，{dates(self.s, full)} 已用满",
        )

    def _need_told(self, demand: int, by: dict[str, list[int]]) -> Words:
        d = self.s.demands
        unit, window = UNIT_WORDS[d.unit[demand]], self.rule.open[self.s.first_demand + demand]
        rate = d.daily_max[demand] * window.sum()
        if rate < d.required[demand] * FULL:
            return Words(
                f"its own rate of {tonnes(d.daily_max[demand])} {unit.en} a day allows {tonnes(rate)} {unit.en} on its "
                f"{int(window.sum())} open days, less than the {tonnes(d.required[demand])} {unit.en} required",
                f"自身每日接收 {tonnes(d.daily_max[demand])} {unit.zh}，"
                f"{int(window.sum())} 天共 {tonnes(rate)} {unit.zh}，"
                f"少于必需的 {tonnes(d.required[demand])} {unit.zh}",
            )
        total = sum(len(found) for found in by.values())
        if not total:
            return Words("nobody has any of the materials it accepts", "没有任何来源提供其可接收的材料")
        usable = by["usable"]
        lots = [p for p in usable if p < self.s.first_demand]
        offered = float(self.s.supplies.release[lots].sum()) if lots else 0.0
        target = self.s.first_demand + demand
        parts = [
            self._named(by["wrong_grade"], "of a worse grade than it takes", "等级不符", None),
            self._named(by["no_road"], "with no truck road to it", "无货车道路可达", None),
            self._named(by["too_far"], "beyond the cut-off", "超过运距上限", lambda p: f"{self.km[p, target]:.1f} km"),
            self._named(
                by["no_common_day"], f"with no day in common with {dates(self.s, window)}",
                f"与其开放日 {dates(self.s, window)} 不重合", lambda p: dates(self.s, self.rule.open[p]),
            ),
        ]  # fmt: skip
        if lots:
            parts.append(
                Words(
                    f"{len(lots)} lots can reach it with {tonnes(offered)} t in all, moved here or needed elsewhere",
                    f"{len(lots)} 个批次可达，共 {tonnes(offered)} t，已运来或他处更需",
                )
            )
        elif usable:
            parts.append(
                Words(
                    f"{len(usable)} yards or plants can reach it but have no more",
                    f"{len(usable)} 处堆场或厂可达但已无余量",
                )
            )
        head = Words(f"{total} sources of what it accepts", f"{total} 个可用来源")
        return head + Words(": ", "：") + joined(parts)
