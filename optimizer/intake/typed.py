"""Typed columns: every cell of a table read by its field, faults located, blanks kept apart from values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.intake.cells import LONGEST_ID, MOST, read_cell
from optimizer.intake.faults import Faults, Refused
from optimizer.intake.raw import RawTable
from optimizer.scenario import Bools, Floats, Ints
from optimizer.schema import Field, TableSpec

_LONG = 1000  # rows from which a column is worth trying in one go
_OF_NUMBERS = dict.fromkeys(map(ord, "0123456789.+-"))  # str.translate deletes them

Column = npt.NDArray[Any]


@dataclass(frozen=True)
class Typed:
    """A table of n rows, cells read.

    Attributes:
        file: how messages name it.
        lines: (n,) row numbers as the person sees them.
        columns: (n,) by field name. Numbers are float with ``nan`` for blank; dates are ordinals with 0 for blank;
            grades 0 for blank; bools 1, 0 or -1 for blank; text is ``""`` and lists ``()`` for blank.
        bad: (n,) by field name: the cell was refused (it then holds the blank) or is required and blank.
        complete: False when the file could not be read to its end.
    """

    spec: TableSpec
    file: str
    lines: Ints
    columns: dict[str, Column]
    bad: dict[str, Bools]
    complete: bool

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def text(self, name: str) -> tuple[str, ...]:
        """A text column as plain strings."""
        return tuple(self.columns[name].tolist())

    def filled(self, name: str, blank: float) -> Floats:
        """A number column with its blanks replaced, where the schema says what a blank means."""
        values = self.columns[name]
        return np.where(np.isnan(values), blank, values)

    def fault(self, faults: Faults, row: int, column: str, message: str | Refused) -> None:
        """A fault in one row, counted from 0."""
        faults.add(self.file, int(self.lines[row]), column, message)


_BLANKS: dict[str, tuple[Any, Any]] = {
    "number": (np.nan, np.float64),
    "integer": (np.nan, np.float64),
    "date": (0, np.int64),
    "time": (-1, np.int64),
    "grade": (0, np.int64),
    "bool": (-1, np.int64),
    "materials": ((), object),
}


def rows_where(mask: Bools) -> list[int]:
    """Positions of the rows that a mask marks."""
    return np.flatnonzero(mask).tolist()


def read_table(raw: RawTable | None, spec: TableSpec, label: str, faults: Faults) -> Typed:
    """All columns of a table; an absent table has no rows. The raw columns are used up, to save memory."""
    raw = raw or RawTable(spec, label, [], {})
    n = len(raw.lines)
    typed = Typed(spec, raw.file, np.asarray(raw.lines, dtype=np.int32), {}, {}, raw.complete)
    for field in spec.fields:
        cells = raw.columns.pop(field.name, None)
        if cells is None:
            typed.columns[field.name] = _column([_blank(field)] * n, field)
            typed.bad[field.name] = np.full(n, field.required)  # the header's fault is told once
        elif (column := _plain(cells, field)) is not None:
            typed.columns[field.name], typed.bad[field.name] = column, np.zeros(n, dtype=bool)
        else:
            typed.columns[field.name], typed.bad[field.name] = _read(cells, field, typed, faults)
    return typed


def _plain(cells: Sequence[Any], field: Field) -> Column | None:
    """A long column of nothing but plain cells, read in one go with the same outcome as cell by cell; else None."""
    if len(cells) < _LONG or (field.required and not all(cells)):
        return None
    try:
        text = "".join(cells)
    except TypeError:  # not all are text
        return None
    if field.type in ("number", "integer"):
        only_digits = text.isascii() and not text.translate(_OF_NUMBERS)
        return _plain_numbers(cells, field) if only_digits else None
    if field.type in ("id", "ref", "text", "material") and text.isprintable():
        column = _column([cell.strip() for cell in cells], field)
        fits = field.type == "text" or max(map(len, cells)) <= LONGEST_ID
        return column if fits and (not field.required or all(column)) else None
    return None


def _plain_numbers(cells: Sequence[str], field: Field) -> Column | None:
    """Cells of digits, points and signs as numbers; None when one is none or breaks the field's limits."""
    try:
        values = np.fromiter((float(c) if c else np.nan for c in cells), dtype=np.float64, count=len(cells)) + 0.0
    except ValueError:
        return None
    given = values[~np.isnan(values)]
    low, high = -MOST if field.low is None else field.low, MOST if field.high is None else field.high
    within = np.all(given > low if field.strict else given >= low) and np.all(given <= high)
    whole = field.type == "number" or np.all(given == np.round(given))
    return values if within and whole else None


def _read(cells: Sequence[Any], field: Field, typed: Typed, faults: Faults) -> tuple[Column, Bools]:
    """Each distinct cell is read once: most columns of a long table repeat a few values."""
    blank = _blank(field)
    values = {cell: read_cell(cell, field) for cell in set(cells)}
    refused = {cell: value for cell, value in values.items() if isinstance(value, Refused)}
    if field.required:
        missing = Refused(f"is blank; expected: {field.en}")
        refused |= {cell: missing for cell, value in values.items() if value is None}
    bad = np.zeros(len(cells), dtype=bool)
    if refused:
        for row, cell in enumerate(cells):
            if cell in refused:
                bad[row] = True
                typed.fault(faults, row, field.name, refused[cell])
    shown = {c: blank if v is None or c in refused else v for c, v in values.items()}
    return _column([shown[cell] for cell in cells], field), bad


def _blank(field: Field) -> Any:
    return _BLANKS.get(field.type, ("", object))[0]


def _column(values: list[Any], field: Field) -> Column:
    dtype = _BLANKS.get(field.type, ("", object))[1]
    if dtype is object:  # np.array would make a matrix of equally long tuples
        return np.fromiter(values, dtype=object, count=len(values))
    return np.array(values, dtype=dtype)
