"""A variant applied to the raw tables of a base: everything that may be entered may be changed, by the same checks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from optimizer.errors import Fault, InputError
from optimizer.intake.cells import Cell, as_text, number_of, read_cell
from optimizer.intake.faults import Faults, Refused, nearest, quoted
from optimizer.intake.raw import RawTable, Source
from optimizer.intake.settings import read_settings
from optimizer.materials import narrow
from optimizer.read import Inputs
from optimizer.scenario import Scenario
from optimizer.schema import TABLES
from optimizer.tables import Table
from optimizer.whatif.closures import zones_with
from optimizer.whatif.patch import Closure, Edit, Place, Variant

INPUT_COLUMNS = ("variant", "table", "id", "column", "before", "after", "from")


@dataclass(frozen=True)
class Applied:
    """A variant's tables and (``inputs.csv``) every cell in which they differ from the base's."""

    altered: Inputs
    inputs: Table

    @property
    def scenario(self) -> Scenario:
        """What the tables say."""
        return self.altered.scenario


def apply(base: Inputs, variant: Variant) -> Applied:
    """The scenario of a variant.

    Raises:
        InputError: with every fault, at its place in the patch.
    """
    work = _Work(variant)
    try:
        altered = base.altered(work.change)
    except InputError as error:
        raise InputError(work.faults + [work.located(fault) for fault in error.faults]) from None
    if work.faults:
        raise InputError(work.faults)
    return Applied(altered, work.told())


def refuse_unfit(base: Inputs, variants: Sequence[Variant], faults: Sequence[Fault] = ()) -> None:
    """Applies every variant for its faults alone, before anything is solved.

    Args:
        faults: that are known already.

    Raises:
        InputError: with every fault of every variant.
    """
    faults = list(faults)
    for variant in variants:
        try:
            apply(base, variant)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)


@dataclass
class _Work:
    """Copies of the tables under change; what was written where, and by what part of the patch."""

    variant: Variant
    faults: list[Fault] = field(default_factory=list)
    _tables: dict[str, RawTable] = field(default_factory=dict)
    _written: dict[tuple[str, int, str], tuple[str, Cell, Place]] = field(default_factory=dict)
    _rows: dict[tuple[str, int], Place] = field(default_factory=dict)  # rows that were added
    _gone: list[tuple[str, int, Place, dict[str, Cell]]] = field(default_factory=list)
    _before: dict[tuple[str, int, str], Cell] = field(default_factory=dict)
    _settings: list[tuple[str, Any, Any, Place]] = field(default_factory=list)
    _source: Source | None = None

    def change(self, source: Source, faults: Faults) -> set[str]:
        """Applies everything to a copied source; tells which tables it changed."""
        self._source = source
        source.hashes.update(self.variant.hashes)
        self._set_settings(source)
        horizon = read_settings(source, Faults()).horizon
        for edit in self.variant.edits:
            self._horizon = (horizon.first, horizon.last)
            self._edit(source, edit)
        if self.variant.closures:
            self._close_roads(source, self.variant.closures)
        source.tables.update({name: replace(raw, columns=dict(raw.columns)) for name, raw in self._tables.items()})
        return set(self._tables)

    def located(self, fault: Fault) -> Fault:
        """A fault of the changed tables, at the place in the patch that led to it."""
        assert self._source is not None
        for name in TABLES:
            if fault.file != self._source.label.format(name):
                continue
            cell = self._written.get((name, fault.row, fault.column))
            place = cell[2] if cell else self._rows.get((name, fault.row))
            if place is not None:
                return place.fault(f"{name}.{fault.column}", fault.message)
        for name, _, _, place in self._settings:
            if fault.file == self._source.settings_file and fault.column == name:
                return place.fault(name, fault.message)
        return Fault(next(iter(self.variant.hashes)), 0, "", f"leads to a fault of the base's tables: {fault}")

    def told(self) -> Table:
        """Every changed setting and cell, and every row that came or went."""
        key, rows = self.variant.key, []
        for name, before, after, place in self._settings:
            rows.append((key, "scenario", "", name, before, after, str(place)))
        for (table, line, column), (_, after, place) in self._written.items():
            if (table, line) not in self._rows and as_text(after) != as_text(self._before[table, line, column]):
                shown = self._id(table, line), column, as_text(self._before[table, line, column]), as_text(after)
                rows.append((key, table, *shown, str(place)))
        for (table, line), place in self._rows.items():
            rows.append((key, table, self._id(table, line), "", "", "added", str(place)))
        for table, _, place, cells in self._gone:
            name = " ".join(as_text(cells.get(column, "")) for column in _key(table))
            rows.append((key, table, name, "", "", "removed", str(place)))
        return Table(INPUT_COLUMNS, rows)

    def _id(self, table: str, line: int) -> str:
        raw = self._tables[table]
        at = list(raw.lines).index(line) if line in raw.lines else -1
        return " ".join(as_text(raw.columns[c][at]) for c in _key(table) if c in raw.columns) if at >= 0 else ""

    def _set_settings(self, source: Source) -> None:
        seen: dict[str, tuple[Any, Place]] = {}
        for name, value, place in self.variant.settings:
            if name in ("roads.file", "roads.distances", "roads.detour"):
                self.faults.append(place.fault(name, "where distances come from cannot be varied; "
                                               "change rows of distances, or close roads"))  # fmt: skip
                continue
            if name in seen and seen[name][0] != value:
                self.faults.append(place.fault(name, f"{value!r} contradicts {seen[name][0]!r} of {seen[name][1]}"))
            seen[name] = value, place
            self._settings.append((name, source.settings.get(name, ""), value, place))
            source.settings[name] = value
            source.lines.pop(name, None)

    def _close_roads(self, source: Source, closures: Sequence[Closure]) -> None:
        place = closures[0].place
        if not source.settings.get("roads.file"):
            self.faults.append(place.fault("closures", "roads can be closed on a map only; this base has none: "
                                           "remove rows of distances instead"))  # fmt: skip
            return
        before = source.settings.get("roads.zones", "")
        zones = zones_with(source.folder / str(before) if before else None, closures)
        self._settings.append(("roads.zones", before, f"{len(closures)} closed", place))
        source.settings["roads.zones"] = str(zones)

    def _edit(self, source: Source, edit: Edit) -> None:
        raw = self._table(source, edit.table)
        if edit.action == "add":
            self._add(raw, edit)
            return
        chosen = self._matching(raw, edit)
        if edit.action == "remove":
            self._remove(raw, edit, chosen)
        for column, value in edit.values.items():
            self._columns(raw, column)
            done = [self._change_cell(source, raw, edit, row, column, value) for row in chosen]
            if chosen and not any(done):
                name = f"{edit.table}.{edit.action}.{column}"
                self.faults.append(edit.place.fault(name, "is blank in every row that `where` names; use set"))

    def _table(self, source: Source, name: str) -> RawTable:
        """The table as a copy whose cells may be written."""
        if name not in self._tables:
            raw = source.tables.get(name) or RawTable(TABLES[name], source.label.format(name), [], {})
            columns: dict[str, Sequence[Cell]] = {column: list(cells) for column, cells in raw.columns.items()}
            self._tables[name] = replace(raw, lines=list(raw.lines), columns=columns)
        return self._tables[name]

    def _columns(self, raw: RawTable, name: str) -> list[Cell]:
        cells = raw.columns.setdefault(name, [""] * len(raw.lines))
        assert isinstance(cells, list)
        return cells

    def _matching(self, raw: RawTable, edit: Edit) -> list[int]:
        chosen = list(range(len(raw.lines)))
        for column, wanted in edit.where.items():
            cells = raw.columns.get(column, [""] * len(raw.lines))
            kept = [row for row in chosen if _fits(cells[row], wanted)]
            if chosen and not kept:
                hint = nearest(str(wanted), {as_text(cell) for cell in cells}) if isinstance(wanted, str) else ""
                gone = [p for t, _, p, row in self._gone if t == edit.table and _fits(row.get(column, ""), wanted)]
                why = f"; {gone[0]} has removed it" if gone else hint
                self.faults.append(edit.place.fault(f"{edit.table}.where.{column}", f"{quoted(wanted)} names nothing "
                                                    f"in {raw.file}{why}"))  # fmt: skip
                return []
            chosen = kept
        if not chosen:
            self.faults.append(edit.place.fault(edit.table, f"names nothing: {raw.file} has no rows"))
        return chosen

    def _add(self, raw: RawTable, edit: Edit) -> None:
        line = max(raw.lines, default=1) + 1
        assert isinstance(raw.lines, list)
        for column in edit.values:
            self._columns(raw, column)
        raw.lines.append(line)
        for column, cells in raw.columns.items():
            assert isinstance(cells, list)
            value = _cell(edit.values[column]) if column in edit.values else ""
            cells.append(value)
            if column in edit.values:
                self._written[edit.table, line, column] = "set", value, edit.place
                self._within_horizon(edit, column, value)
        self._rows[edit.table, line] = edit.place

    def _remove(self, raw: RawTable, edit: Edit, chosen: Iterable[int]) -> None:
        gone = set(chosen)
        for row in gone:
            cells = {column: values[row] for column, values in raw.columns.items()}
            self._gone.append((edit.table, raw.lines[row], edit.place, cells))
        kept = [row for row in range(len(raw.lines)) if row not in gone]
        raw.lines = [raw.lines[row] for row in kept]
        raw.columns = {column: [cells[row] for row in kept] for column, cells in raw.columns.items()}

    def _change_cell(self, source: Source, raw: RawTable, edit: Edit, row: int, column: str, value: Any) -> bool:
        """Writes one cell; False where it is blank and so cannot be scaled or shifted."""
        cells = self._columns(raw, column)
        before, key = cells[row], (edit.table, int(raw.lines[row]), column)
        after = _changed(before, edit.action, value, raw, column)
        if edit.table == "supplies" and column == "quantity":
            self._releases(source, edit, as_text(raw.columns["supply"][row]), value)
        if after is None:
            return edit.table == "supplies" and column == "quantity"
        earlier = self._written.get(key)
        if earlier and edit.action == "set" and as_text(earlier[1]) != as_text(after):
            told = f"{quoted(after)} contradicts {quoted(earlier[1])} of {earlier[2]}"
            self.faults.append(edit.place.fault(f"{edit.table}.{edit.action}.{column}", told))
        if column in ("lon", "lat") and "roads.distances" in source.settings and edit.table != "trucks":
            told = "distances come as a table: moving a place changes nothing there; change rows of distances"
            self.faults.append(edit.place.fault(f"{edit.table}.{edit.action}.{column}", told))
        self._within_horizon(edit, column, after)
        self._before.setdefault(key, before)
        self._written[key] = edit.action, after, edit.place
        cells[row] = after
        return True

    def _releases(self, source: Source, edit: Edit, supply: str, value: Any) -> None:
        """What a lot releases day by day follows its quantity."""
        releases = source.tables.get("releases")
        if releases is None or supply not in {as_text(cell) for cell in releases.columns.get("supply", ())}:
            return
        raw = self._table(source, "releases")
        amounts = self._columns(raw, "quantity")
        rows = [row for row, cell in enumerate(raw.columns["supply"]) if as_text(cell) == supply]
        total = sum(float(as_text(amounts[row])) for row in rows)
        factor = float(value) if edit.action == "scale" else float(value) / total if total else 1.0
        for row in rows:
            key = ("releases", int(raw.lines[row]), "quantity")
            self._before.setdefault(key, amounts[row])
            amounts[row] = repr(float(as_text(amounts[row])) * factor)
            self._written[key] = edit.action, amounts[row], edit.place

    def _within_horizon(self, edit: Edit, column: str, value: Cell) -> None:
        spec = TABLES[edit.table].field(column)
        date = read_cell(value, spec) if spec.type == "date" else None
        if isinstance(date, int) and not self._horizon[0] <= date <= self._horizon[1]:
            first, last = (dt.date.fromordinal(day) for day in self._horizon)
            told = f"{as_text(value)} is outside the horizon, {first} to {last}"
            self.faults.append(edit.place.fault(f"{edit.table}.{edit.action}.{column}", told))


def _key(table: str) -> tuple[str, ...]:
    return TABLES[table].key or ("facility", "from")


def _fits(cell: Cell, wanted: Any) -> bool:
    """Whether a cell is the wanted value, is among or holds the wanted ones, or lies in the wanted range."""
    if isinstance(wanted, list):
        return any(_fits(cell, one) for one in wanted)
    text = narrow(as_text(cell)).strip()
    if isinstance(wanted, dict):
        number = number_of(text)
        return isinstance(number, float) and wanted.get("min", number) <= number <= wanted.get("max", number)
    target = as_text(_cell(wanted)).strip()
    if text == narrow(target) or narrow(target) in [part.strip() for part in text.split(";")]:
        return True
    left, right = number_of(text), number_of(target)
    return isinstance(left, float) and isinstance(right, float) and left == right


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(str(part) for part in value)
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    return value if isinstance(value, str) else repr(value)


def _changed(before: Cell, action: str, value: Any, raw: RawTable, column: str) -> Cell | None:
    """The cell after an action; None where a blank cannot be scaled or shifted."""
    if action == "set":
        return _cell(value)
    known = read_cell(before, raw.spec.field(column))
    if known is None or isinstance(known, Refused):
        return None
    if action == "shift":
        return dt.date.fromordinal(known + value).isoformat()
    return repr(float(known) * value)
