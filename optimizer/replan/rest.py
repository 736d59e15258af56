"""What is left of a scenario on a day: what has moved is taken off lots, needs and room, and lies in the yards.

The rest is a scenario like any other, made of the same tables; so the planner, ``check``, ``dispatch`` and the next
re-planning take it as they take any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.check.folder import PlanFolder
from optimizer.errors import Fault, InputError
from optimizer.intake.cells import as_text
from optimizer.intake.raw import Source
from optimizer.lanes import recipe_rows
from optimizer.replan.actuals import Moves, Taken
from optimizer.scenario import GRADES, PLANTS, UNITS, Floats, Scenario
from optimizer.words import UNIT_WORDS, Words, tonnes

TINY = 1e-6  # t, a gram; less is arithmetic
TELLING = 0.05  # t; a smaller difference between plan and actuals explains nothing
Row = dict[str, str]
NAMED_IN = {"releases": ("supply",), "mixes": ("demand",), "distances": ("from", "to"), "gates": ("place",)}


@dataclass
class Rest:
    """Tables of the rest, what a person should know about it, and where history went otherwise than planned.

    Attributes:
        tables: rows by table, cells as text.
        notes: sentences.
        shocks: place id → what is different there from what the plan expected.
        taken: what a stocktake found, in t; opening + came − left + made = booked, and booked + difference = measured.
    """

    tables: dict[str, list[Row]]
    notes: list[Words] = field(default_factory=list)
    shocks: dict[str, list[Words]] = field(default_factory=lambda: defaultdict(list))
    taken: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class History:
    """What has been.

    Attributes:
        plan: the plan that was followed.
        moved, expected: what moved before the day, and what the plan had ordered until then.
        taken: stock measured.
        first: the day from which it is planned again.
        file: the actuals, as messages name them.
    """

    plan: PlanFolder
    moved: Moves
    expected: Moves
    taken: tuple[Taken, ...]
    first: int
    file: str


class Remainder:
    """Takes history off a scenario.

    Args:
        source: the raw tables.
        scenario: what they say.
        history: what has been.
    """

    def __init__(self, source: Source, scenario: Scenario, history: History):
        self._scenario, self._plan, self._first, self._file = scenario, history.plan, history.first, history.file
        self._moved, self._expected, self._taken = history.moved, history.expected, history.taken
        self.rest = Rest({name: _records(raw.columns, len(raw.lines)) for name, raw in source.tables.items()})
        self._gone: set[str] = set()
        self._faults: list[Fault] = []

    def take(self) -> Rest:
        """The rest.

        Raises:
            InputError: stock would lie where there is no room for it, so the actuals cannot be right.
        """
        self._lots()
        self._needs()
        self._mixes()
        self._rooms()
        self._stocks()
        self.rest.tables.pop("uncertainty", None)  # it speaks of whole lots and of days that are over
        for table, columns in NAMED_IN.items():
            rows = self.rest.tables.get(table, [])
            self.rest.tables[table] = [row for row in rows if not self._gone & {row.get(c, "") for c in columns}]
        if self._faults:
            raise InputError(self._faults)
        return self.rest

    def _sums(self, moves: Moves, side: str) -> Floats:
        at = moves.origin if side == "out" else moves.destination
        return np.asarray(np.bincount(at, moves.t, len(self._scenario.place_ids)), dtype=np.float64)

    def _lots(self) -> None:
        """What was released and has not left is released on the first day; what left early is released no more."""
        s, lots, first = self._scenario, self._scenario.supplies, self._first
        out, expected = self._sums(self._moved, "out"), self._sums(self._expected, "out")
        kept, releases = [], []
        for lot, row in enumerate(self.rest.tables.get("supplies", [])):
            name, future = lots.ids[lot], lots.release[lot, first:].copy()
            waiting = float(lots.release[lot, :first].sum() - out[lot])
            self._compare(name, expected[lot] - out[lot], "{t} t that were to leave earlier still lie there",
                          "本应运走的 {t} 吨仍在现场",
                          "{t} t more have left than planned", "比计划多运走 {t} 吨")  # fmt: skip
            if lots.last[lot] < first:
                self._gone.add(name)
                self._left_behind(name, waiting)
                continue
            if waiting >= 0:
                future[max(int(lots.first[lot]) - first, 0)] += waiting
            else:
                future = np.diff(np.maximum(np.cumsum(future) + waiting, 0.0), prepend=0.0)
            if future.sum() <= TINY:
                self._gone.add(name)
                continue
            material = int(lots.commodity[lot]) // GRADES
            t_per_unit = s.materials.density[material, UNITS.index(lots.unit[lot])]
            kept.append(row | {"quantity": ""})
            releases += [
                {"supply": name, "date": s.date(first + day).isoformat(), "quantity": repr(float(t / t_per_unit))}
                for day, t in enumerate(future.tolist())
                if t > TINY
            ]
        self.rest.tables |= {"supplies": kept, "releases": releases}

    def _left_behind(self, name: str, waiting: float) -> None:
        if waiting > TELLING and self._scenario.supplies.must_move[self._scenario.supplies.ids.index(name)]:
            t = tonnes(waiting)
            en = f"{name}: {t} t still lie there and its last date is over; give it a later `to` to have it moved"
            zh = f"{name}：仍有 {t} 吨留在现场，但其最后日期已过；如需运走，请延后 `to`"
            self.rest.notes.append(Words(en, zh))

    def _needs(self) -> None:
        """What has come in is taken off the quantity and off what is required."""
        needs = self._scenario.demands
        got, expected = (self._received(moves) for moves in (self._moved, self._expected))
        kept = []
        for need, row in enumerate(self.rest.tables.get("demands", [])):
            name, unit = needs.ids[need], UNIT_WORDS[needs.unit[need]]
            left = float(needs.quantity[need] - got[need])
            self._compare(name, got[need] - expected[need], f"{{t}} {unit.en} more have come than planned",
                          f"比计划多收 {{t}} {unit.zh}", f"{{t}} {unit.en} that were to come earlier have not come",
                          f"本应到达的 {{t}} {unit.zh} 尚未到达")  # fmt: skip
            if left < -TELLING:
                self.rest.notes.append(Words(f"{name}: {tonnes(-left)} {unit.en} more have come than it takes",
                                             f"{name}：已超收 {tonnes(-left)} {unit.zh}"))  # fmt: skip
            if needs.last[need] < self._first or left <= TINY:
                self._gone.add(name)
                continue
            required = max(0.0, float(needs.required[need] - got[need]))
            kept.append(row | {"quantity": repr(left), "required": repr(min(required, left))})
        self.rest.tables["demands"] = kept

    def _mixes(self) -> None:
        """Shares count what has come before."""
        s, m = self._scenario, self._moved
        rows = self.rest.tables.get("mixes", [])
        for row, demand, material, before, before_all in zip(
            rows, s.mixes.demand, s.mixes.material, s.mixes.before, s.mixes.before_all, strict=True
        ):
            here = m.destination == s.first_demand + demand
            own = here & (m.commodity // GRADES == material)
            row |= {
                "before_t": repr(float(before + m.t[own].sum())),
                "before_all_t": repr(float(before_all + m.t[here].sum())),
            }

    def _received(self, moves: Moves) -> Floats:
        """(N,) own units that have come to each demand."""
        s = self._scenario
        need = moves.destination - s.first_demand
        into = (need >= 0) & (moves.destination < s.first_facility)
        units = moves.t[into] * s.demands.units_per_t[need[into], moves.commodity[into] // GRADES]
        return np.asarray(np.bincount(need[into], units, len(s.demands.ids)), dtype=np.float64)

    def _rooms(self) -> None:
        """Room in disposal and off-site places, and what a quarry has to sell."""
        s, f = self._scenario, self._scenario.facilities
        through = {side: self._sums(self._moved, side)[s.first_facility :] for side in ("in", "out")}
        before = {side: self._sums(self._expected, side)[s.first_facility :] for side in ("in", "out")}
        for at, row in enumerate(self.rest.tables.get("facilities", [])):
            side = "out" if f.kind[at] == "quarry" else "in"
            more = float(through[side][at] - before[side][at])
            self._compare(f.ids[at], more, *(
                ("{t} t more were fetched than planned", "比计划多取 {t} 吨",
                 "{t} t less were fetched than planned", "比计划少取 {t} 吨")
                if side == "out" else
                ("{t} t more have come than planned", "比计划多收 {t} 吨",
                 "{t} t less have come than planned", "比计划少收 {t} 吨")
            ))  # fmt: skip
            if f.kind[at] in ("disposal", "offsite", "quarry") and np.isfinite(f.storage[at]):
                row["storage"] = repr(max(0.0, float(f.storage[at] - through[side][at])))

    def _stocks(self) -> None:
        """What lies in yards and plants: what lay, came and was made there, less what left and was processed."""
        s = self._scenario
        f, rows = s.facilities, []
        lay, came, left = self._booked(self._first)
        stock = lay + came + left
        for at, kind in enumerate(f.kind):
            if kind != "yard" and kind not in PLANTS:
                continue
            held = self._processed(at, stock[at]) if kind in PLANTS else stock[at]
            for one in self._taken:
                if one.facility == at:
                    held[one.commodity] += self._difference(one, held[one.commodity] - stock[at, one.commodity])
            self._refuse_odd_stock(at, held)
            rows += [
                {"facility": f.ids[at], "material": s.commodity_name(int(k))[0], "grade": s.commodity_name(int(k))[1],
                 "quantity": repr(float(held[k])), "unit": "t"}
                for k in np.flatnonzero(held > TINY)
            ]  # fmt: skip
        self.rest.tables["stocks"] = rows

    def _booked(self, until: int) -> tuple[Floats, Floats, Floats]:
        """(F, K) t that lay there, that have come, and as a negative that have left, before a day."""
        s, m = self._scenario, self._moved.before(until)
        lay, came, left = (np.zeros((len(s.facilities.ids), len(s.materials.ids) * GRADES)) for _ in range(3))
        np.add.at(lay, (s.stocks.facility, s.stocks.commodity), s.stocks.t)
        first = s.first_facility
        into, out = m.destination >= first, m.origin >= first
        np.add.at(came, (m.destination[into] - first, m.commodity[into]), m.t[into])
        np.add.at(left, (m.origin[out] - first, m.commodity[out]), -m.t[out])
        return lay, came, left

    def _difference(self, one: Taken, made: float) -> float:
        """t that a stocktake found more than were booked; it is kept and told.

        Args:
            one: what was measured.
            made: t made there, less what was processed.
        """
        s, at = self._scenario, (one.facility, one.commodity)
        lay, came, left = (float(part[at]) for part in self._booked(one.day + 1))
        booked = lay + came + left + made
        name, (material, grade) = s.facilities.ids[one.facility], s.commodity_name(one.commodity)
        date = s.date(one.day).isoformat()
        self.rest.taken.append({
            "facility": name, "material": material, "grade": grade, "date": date, "opening_t": lay, "came_t": came,
            "left_t": -left, "made_t": made, "booked_t": booked, "measured_t": one.t, "difference_t": one.t - booked,
        })  # fmt: skip
        if abs(one.t - booked) > TELLING:
            found, lacking = tonnes(one.t), one.t < booked
            index = one.commodity // GRADES
            goods = Words(s.materials.name_en[index], s.materials.name_zh[index])
            told = Words(
                f"{found} t of {goods.en} (grade {grade}) were measured there on {date}, {tonnes(abs(one.t - booked))} "
                f"t {'less' if lacking else 'more'} than booked",
                f"{date} 实测{goods.zh}（等级 {grade}）{found} 吨，比账面{'少' if lacking else '多'} "
                f"{tonnes(abs(one.t - booked))} 吨",
            )
            self.rest.shocks[name].append(told)
            self.rest.notes.append(Words(f"{name}: {told.en}", f"{name}：{told.zh}"))
        return one.t - booked

    def _processed(self, plant: int, stock: Floats) -> Floats:
        """A plant's stock when all has been processed but what the plan would have left lying."""
        s, planned = self._scenario, self._planned_stock(plant)
        held = stock.copy()
        for _ in range(len(s.recipes.facility)):  # what a recipe makes may be the input of another
            for k in np.flatnonzero(held > planned + TINY):
                made = recipe_rows(s, plant, int(k))
                processed = float(held[k] - planned[k]) if made else 0.0
                held[k] -= processed
                for recipe, output in made:
                    held[output] += processed * s.recipes.yields[recipe]
        return held

    def _planned_stock(self, plant: int) -> Floats:
        s, sheet = self._scenario, self._plan.stocks
        planned = np.zeros(len(s.materials.ids) * GRADES)
        night = s.start.toordinal() + self._first - 1
        for row in np.flatnonzero(sheet["date"] == night):
            if sheet["facility"][row] == s.facilities.ids[plant] and sheet["material"][row] in s.materials.index:
                material = s.materials.index[sheet["material"][row]]
                planned[material * GRADES + int(sheet["grade"][row]) - 1] = sheet["t_end"][row]
        return planned

    def _refuse_odd_stock(self, at: int, held: Floats) -> None:
        f, name = self._scenario.facilities, self._scenario.facilities.ids[at]
        for k in np.flatnonzero(held < -TELLING):
            material = " grade ".join(self._scenario.commodity_name(int(k)))
            told = (
                f"{name} has sent {-held[k]:,.1f} t of {material} more than it can have had; correct what came or left"
            )
            self._faults.append(Fault(self._file, 0, "", told))
        total, room = float(held.clip(0.0).sum()), float(f.storage[at])
        if total > room + TELLING:
            told = (
                f"{name} would hold {total:,.1f} t and stores {room:,.1f} t; correct what came or left, or its storage"
            )
            self._faults.append(Fault(self._file, 0, "", told))

    def _compare(self, name: str, more: float, en: str, zh: str, en_less: str, zh_less: str) -> None:
        if abs(more) > TELLING:
            words = (en, zh) if more > 0 else (en_less, zh_less)
            self.rest.shocks[name].append(Words(*(text.format(t=tonnes(abs(more))) for text in words)))


def _records(columns: dict[str, Any], n: int) -> list[Row]:
    texts: dict[str, Iterable[str]] = {name: [as_text(cell) for cell in cells] for name, cells in columns.items()}
    rows = [dict(zip(texts, cells, strict=True)) for cells in zip(*texts.values(), strict=True)]
    assert len(rows) == n or not columns
    return rows
