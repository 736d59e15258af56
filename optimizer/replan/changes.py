"""Which orders a new plan changes, why (where history went otherwise), and what keeping them would cost."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from optimizer.planner import Planning
from optimizer.report.texts import named, number
from optimizer.solve import UNITS
from optimizer.tables import Table
from optimizer.words import Words, joined

SMALLEST_T = 1e-3  # a kilogram; less is arithmetic
MOST_TRIED = 60  # changed orders that are tried to be kept, the largest first; each is a solve of every goal
COLUMNS = ("date", "from", "to", "material", "grade", "t_ordered", "t", "change_t", "frozen", "why", "why_zh",
           "kept", "kept_zh")  # fmt: skip
Key = tuple[str, str, str, str, str]  # date, from, to, material, grade


@dataclass(frozen=True)
class Change:
    """One order that is not what it was; ``frozen``: on a day of the freeze window."""

    key: Key
    ordered: float
    t: float
    frozen: bool

    @property
    def size(self) -> float:
        """Tonnes more or less."""
        return abs(self.t - self.ordered)


def tonnes_by_order(flows: Table) -> dict[Key, float]:
    """Tonnes of each order of ``flows.csv``, cells as text or values."""
    sums: dict[Key, float] = defaultdict(float)
    for date, origin, to, material, grade, t in zip(
        *(flows.column(name) for name in ("date", "from", "to", "material", "grade", "t")), strict=True
    ):
        sums[date, origin, to, material, grade] += float(t)
    return sums


def changed(ordered: Mapping[Key, float], planned: Mapping[Key, float], frozen_before: str, until: str) -> list[Change]:
    """Orders before the date ``until`` that change by a kilogram or more, by date, the largest change first."""
    every = (
        Change(key, ordered.get(key, 0.0), planned.get(key, 0.0), key[0] < frozen_before)
        for key in ordered.keys() | planned.keys()
    )
    return sorted(
        (c for c in every if c.size > SMALLEST_T and c.key[0] < until), key=lambda c: (c.key[0], -c.size, c.key)
    )


def causes(changes: list[Change], shocks: Mapping[str, list[Words]], otherwise: Words) -> list[Words]:
    """For each changed order the difference it goes back to: at one of its ends, or along other changed orders.

    Args:
        changes: the changed orders; two that share a place are neighbours.
        shocks: place → what is different there.
        otherwise: said where no changed order leads to such a place.
    """
    neighbours: dict[str, set[str]] = defaultdict(set)
    for change in changes:
        _, origin, to, *_ = change.key
        neighbours[origin].add(to)
        neighbours[to].add(origin)
    root = {name: name for name in sorted(shocks) if shocks[name]}
    waiting = deque(root)
    while waiting:
        place = waiting.popleft()
        for other in sorted(neighbours[place]):
            if other not in root:
                root[other] = root[place]
                waiting.append(other)
    told = []
    for change in changes:
        ends = change.key[1:3]
        own = [_told(name, shocks) for name in ends if root.get(name) == name]
        led = next((root[name] for name in ends if name in root), None)
        follows = Words("follows from ", "源于 ")
        told.append(joined(own) if own else follows + _told(led, shocks) if led else otherwise)
    return told


def _told(place: str, shocks: Mapping[str, list[Words]]) -> Words:
    return Words(f"{place}: ", f"{place}：") + joined(shocks[place], ", ", "，")


def kept(planning: Planning, changes: list[Change]) -> list[Words]:
    """For each changed order what keeping it would cost, found by holding it and planning everything else anew."""
    scenario, lanes = planning.scenario, planning.lanes
    wanted = {change.key for change in changes}
    places, column = scenario.place_ids, {}
    for lane, (arc, day) in enumerate(zip(lanes.arc.tolist(), lanes.day.tolist(), strict=True)):
        ends = places[lanes.origin[arc]], places[lanes.destination[arc]]
        key = (scenario.date(day).isoformat(), *ends, *scenario.commodity_name(int(lanes.commodity[arc])))
        if key in wanted:
            column[key] = lane
    tried = sorted(changes, key=lambda change: -change.size)[:MOST_TRIED]
    told = {change.key: _kept(planning, change, column.get(change.key)) for change in tried}
    return [told.get(change.key, Words("", "")) for change in changes]


def _kept(planning: Planning, change: Change, column: int | None) -> Words:
    if column is None:
        return Words("cannot be kept: one end is done, closed or full", "无法保留：一端已完成、关闭或已满")
    less = change.t < change.ordered
    values = planning.session.forced(column, change.ordered if less else 0.0, None if less else change.ordered)
    if values is None:
        return Words("cannot be kept: the soil or the room is not there", "无法保留：土方或容量不足")
    for stage in planning.solution.stages:
        more = values[stage.goal] - stage.value
        if abs(more) > max(SMALLEST_T, 1e-7 * abs(stage.value)):
            goal, unit, t = named("goal", stage.goal), named("unit", UNITS[stage.goal]), number(more)
            return Words(f"keeping it: {t} {unit.en} more {goal.en}", f"保留则{goal.zh}增加 {t} {unit.zh}")
    return Words("keeping it would be as good", "保留亦同样好")


def change_table(changes: list[Change], why: list[Words], keeping: list[Words]) -> Table:
    """``changes.csv``."""
    rows = [
        (*c.key, c.ordered, c.t, c.t - c.ordered, c.frozen, w.en, w.zh, k.en, k.zh)
        for c, w, k in zip(changes, why, keeping, strict=True)
    ]
    return Table(COLUMNS, rows)
