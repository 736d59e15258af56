"""Text tables as planners have them: comma, semicolon or tab, UTF-8 or GBK, with every fault located."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from optimizer.errors import Fault, InputError
from optimizer.roads.graph import Floats

_MOST_FAULTS = 100  # of one kind; the rest is counted


@dataclass
class Sheet:
    """One file: its header, its columns of text, and what is wrong with it."""

    file: str
    columns: dict[str, list[str]]
    rows: list[int]  # line numbers
    faults: list[Fault] = field(default_factory=list)
    _kinds: Counter[str] = field(default_factory=Counter)

    def find(self, names: Sequence[str]) -> str | None:
        """The first of the names that is a column."""
        return next((name for name in names if name in self.columns), None)

    def need(self, names: Sequence[str], what: str) -> str | None:
        """The same; a fault when there is none."""
        found = self.find(names)
        if found is None:
            have = ", ".join(self.columns) or "nothing"
            self.faults.append(
                Fault(
                    self.file,
                    1,
                    "",
                    f"no column for {what}; accepted names are {', '.join(names)} (the file has {have})",
                )
            )
        return found

    def fault(self, index: int, column: str, message: str, kind: str) -> None:
        """A fault of one row; beyond the first hundred of a kind they are only counted."""
        self._kinds[kind] += 1
        if self._kinds[kind] <= _MOST_FAULTS:
            self.faults.append(Fault(self.file, self.rows[index], column, message))

    def all_faults(self) -> list[Fault]:
        """The faults, and how many more there are of each kind."""
        more = [
            Fault(self.file, 0, "", f"{count - _MOST_FAULTS} more rows like this: {kind}")
            for kind, count in self._kinds.items()
            if count > _MOST_FAULTS
        ]
        return self.faults + more

    def numbers(self, column: str, what: str) -> Floats:
        """A column as numbers; a fault for every cell that is none."""
        cells = self.columns[column]
        try:
            values = np.array(cells, dtype=np.float64)
        except ValueError:
            values = np.array([_number(cell) for cell in cells])
        for index in np.flatnonzero(~np.isfinite(values)).tolist():
            self.fault(index, column, f"{cells[index]!r} is not a number; expected {what}", f"{column} is not a number")
        return values


def read_sheet(path: Path) -> Sheet:
    """A file with a header row.

    Raises:
        InputError: it cannot be read at all; wrong rows become faults of the sheet instead.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError.single(path.name, f"cannot be read ({error.strerror})") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030", errors="replace")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        lines = list(_lines(text, delimiter))
    except csv.Error as error:
        raise InputError.single(
            path.name, f"is not a CSV file ({error}); expected a header row and comma-separated rows"
        ) from None
    if not lines:
        raise InputError.single(path.name, "is empty; expected a header row and one row each")
    header = [name.strip().lower().replace(" ", "_").replace("-", "_") for name in lines[0][1]]
    header = [name or f"column_{number}" for number, name in enumerate(header, start=1)]
    sheet = Sheet(path.name, {name: [] for name in header}, [])
    if len(sheet.columns) < len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        raise InputError.single(path.name, f"has the column {', '.join(twice)} more than once", row=1)
    for number, row in lines[1:]:
        if len(row) != len(header):
            sheet.rows.append(number)
            sheet.fault(-1, "", f"has {len(row)} cells where the header has {len(header)}", "wrong number of cells")
            sheet.rows.pop()
            continue
        sheet.rows.append(number)
        for name, cell in zip(header, row, strict=True):
            sheet.columns[name].append(cell.strip())
    if not sheet.rows:
        sheet.faults.append(Fault(path.name, 0, "", "has a header but no rows"))
    return sheet


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
    for row in reader:
        if any(cell.strip() for cell in row):
            yield reader.line_num, row


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
