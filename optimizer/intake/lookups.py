"""Names to numbers: materials, ids of places, and what may not be there twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from optimizer.intake.faults import Faults, Refused, nearest, quoted
from optimizer.intake.typed import Column, Typed, rows_where
from optimizer.materials import Material, name_index, name_key, narrow, refused_class
from optimizer.scenario import UNITS, Bools, Floats, Ints

_MOST_HINTS = 50  # a near name is looked for this often at most: it costs a pass over all names


@dataclass(frozen=True)
class Library:
    """The scenario's materials and the names they go by."""

    materials: tuple[Material, ...]
    density: Floats  # (M, len(UNITS)) t per unit
    names: Mapping[str, int | None] = field(default_factory=dict)
    all_names: tuple[str, ...] = ()
    complete: bool = True  # False when materials.csv could not be read, so that unknown names are no fault

    @classmethod
    def of(cls, materials: Sequence[Material], density: Floats, *, complete: bool) -> Library:
        """A library of the given materials."""
        names = tuple(name for material in materials for name in material.names if name)
        return cls(tuple(materials), density, name_index(materials), names, complete)

    def find(self, name: str) -> int | Refused:
        """Position of the material of that name; -1 when it may stand in an unreadable materials.csv."""
        found = self.names.get(name_key(name), -1)
        if found is None:
            return Refused(f"{quoted(name)} is the name of several materials; use the id")
        if found >= 0:
            return found
        refused = refused_class(name)
        if refused:
            return Refused(f"{quoted(name)} is {refused}, which never enters this stream; take the row out")
        if not self.complete:
            return -1
        return Refused(f"{quoted(name)} is not a known material; new ones go into materials.csv", name, self.all_names)

    def column(self, table: Typed, name: str, faults: Faults) -> Ints:
        """(n,) material of each row; -1 where blank or refused."""
        found = {text: self.find(text) for text in set(table[name].tolist()) if text}
        for row, text in enumerate(table[name].tolist()) if _any_refused(found) else ():
            if text and isinstance(refusal := found[text], Refused):
                table.fault(faults, row, name, refusal)
        at = {text: -1 if isinstance(index, Refused) else index for text, index in found.items()}
        return np.array([at.get(text, -1) for text in table[name].tolist()], dtype=np.int32)

    def sets(self, table: Typed, name: str, faults: Faults, *, star: Bools | None) -> tuple[Bools, Ints]:
        """(n, M) materials listed in each row, and (n,) the first listed; ``star``: rows in which ``*`` means all.

        Rows with a name that is refused are marked as bad: what they accept is not known.
        """
        accepts = np.zeros((len(table), len(self.materials)), dtype=bool)
        first = np.full(len(table), -1, dtype=np.int32)
        known: dict[str, int | Refused] = {}
        for row, parts in enumerate(table[name].tolist()):
            if parts == ("*",) and star is not None and star[row]:
                accepts[row] = True
                first[row] = 0
                continue
            for part in parts:
                if part not in known:
                    known[part] = self._part(part)
                at = known[part]
                if isinstance(at, Refused):
                    table.fault(faults, row, name, at)
                    table.bad[name][row] = True
                elif at >= 0:
                    accepts[row, at] = True
                    first[row] = at if first[row] < 0 else first[row]
        return accepts, first

    def _part(self, part: str) -> int | Refused:
        if part == "*":
            return Refused("'*' is not possible here; list the materials, separated by ;")
        if "," in part and name_key(part) not in self.names:
            return Refused(f"{quoted(part)} is not a known material; separate materials by ;")
        return self.find(part)

    def tonnes_per_unit(self, table: Typed, material: Ints, faults: Faults) -> Floats:
        """(n,) t per unit of each row's ``unit``; a state without a density becomes a fault."""
        factor = self.density[material, unit_numbers(table)]
        ok = (material >= 0) & (table["unit"] != "")
        for row in rows_where(ok & np.isnan(factor)):
            self.no_density(table, int(row), "unit", int(material[row]), faults)
        for index in np.unique(material[ok & (table["unit"] != "t")]):
            if "estimate" in self.materials[index].source:
                faults.note(f"{table.file}: volumes of {self.materials[index].id} became tonnes by an estimated "
                            "density; measure it and give it in materials.csv")  # fmt: skip
        return np.where(ok, factor, np.nan)

    def no_density(self, table: Typed, row: int, column: str, material: int, faults: Faults) -> None:
        """The fault of a row whose unit has no meaning for a material."""
        unit = table["unit"][row]
        states = [u for u, rho in zip(UNITS, self.density[material], strict=True) if not np.isnan(rho)]
        name = self.materials[material].id
        table.fault(faults, row, column, f"{name} has no density in {unit}; use {' or '.join(states)}, "
                    f"or give {unit.removeprefix('m3_')}_t_m3 in materials.csv")  # fmt: skip


def _any_refused(found: Mapping[str, int | Refused]) -> bool:
    return any(isinstance(value, Refused) for value in found.values())


def unit_numbers(table: Typed) -> Ints:
    """(n,) position in ``UNITS`` of each row's unit; 0 where blank."""
    at = {unit: i for i, unit in enumerate(UNITS)}
    return np.array([at.get(u, 0) for u in table["unit"].tolist()], dtype=np.int32)


@dataclass
class Ids:
    """Ids of supplies, demands and facilities, numbered through in this order.

    Attributes:
        number: by id, full-width characters made half-width.
        shown: ids as written, in the order of their numbers.
        tables: with the number of the first row of each.
    """

    number: dict[str, int] = field(default_factory=dict)
    shown: list[str] = field(default_factory=list)
    tables: list[tuple[int, Typed]] = field(default_factory=list)
    _hints: int = 0

    def add(self, table: Typed, column: str, faults: Faults) -> None:
        """Adds a table's ids in row order; one that is there already becomes a fault."""
        start, texts = len(self.shown), table[column].tolist()
        self.tables.append((start, table))
        self.shown.extend(texts)
        for row, key in enumerate(map(narrow, texts)):
            if key and self.number.setdefault(key, start + row) != start + row:
                table.fault(faults, row, column, f"{quoted(texts[row])} is already {self._place(self.number[key])}; "
                            "ids are used once")  # fmt: skip

    def _place(self, number: int) -> str:
        start, table = next((s, t) for s, t in reversed(self.tables) if s <= number)
        return f"in row {table.lines[number - start]} of {table.file}"

    def column(self, table: Typed, column: str, faults: Faults) -> Ints:
        """(n,) number of the id in each row, -1 where blank or unknown.

        Counts within its table when the schema lets the column name ids of one table only.
        """
        refers = table.spec.field(column).refers
        allowed = [(s, t) for s, t in self.tables if t.spec.name in refers]
        offset = allowed[0][0] if len(refers) == 1 else 0
        texts = table[column].tolist()
        found = {text: self._within(self.number.get(narrow(text), -1), allowed) for text in set(texts)}
        numbers = np.array([found[text] for text in texts], dtype=np.int32)
        if -1 in found.values() and all(t.complete for _, t in allowed):
            what = " or ".join(t.spec.key[0] for _, t in allowed)
            hints = {text: self._hint(text, what) for text, number in found.items() if text and number < 0}
            for row in rows_where(numbers < 0):
                if texts[row]:
                    table.fault(faults, row, column, hints[texts[row]])
        return np.where(numbers < 0, -1, numbers - offset).astype(np.int32)

    @staticmethod
    def _within(number: int, allowed: Sequence[tuple[int, Typed]]) -> int:
        return number if any(start <= number < start + len(table) for start, table in allowed) else -1

    def _hint(self, text: str, what: str) -> str:
        other = self.number.get(narrow(text), -1)
        if other >= 0:
            return f"{quoted(text)} is {self._place(other)}; expected the id of a {what}"
        self._hints += 1
        near = nearest(text, self.shown) if self._hints <= _MOST_HINTS and len(self.shown) <= 5000 else ""
        return f"{quoted(text)} is not the id of a {what}{near}"


def repeated(*keys: Column, among: Bools) -> Iterator[tuple[int, int]]:
    """(row, earlier row) of rows whose keys together were there before; only rows ``among`` are compared."""
    rows = np.flatnonzero(among)
    if len(rows) < 2:
        return
    columns = [np.asarray(key)[rows] for key in keys]
    order = np.lexsort(columns)
    same = np.ones(len(rows) - 1, dtype=bool)
    for column in columns:
        same &= column[order][1:] == column[order][:-1]
    first = 0
    for i in range(1, len(rows)) if same.any() else ():
        if same[i - 1]:
            yield int(rows[order[i]]), int(rows[order[first]])
        else:
            first = i
