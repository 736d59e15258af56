"""A plain table: named columns, rows of values. What the plan folder's CSV files are made of and read back as."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np


@dataclass
class Table:
    """Rows under named columns. ``None`` is a blank cell."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[Any]:
        """All values of one column, in row order."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]

    def records(self) -> Iterator[dict[str, Any]]:
        """Rows as dictionaries."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    @classmethod
    def from_columns(cls, **columns: Iterable[Any]) -> Table:
        """A table from equally long columns; NumPy values become plain Python ones."""
        lists = [c.tolist() if isinstance(c, np.ndarray) else list(c) for c in columns.values()]
        return cls(tuple(columns), list(zip(*lists, strict=True)))

    def to_csv(self) -> str:
        """CSV text: UTF-8 header row, floats with up to 9 decimals and no trailing zeros, blanks for None and nan."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([format_cell(v) for v in row] for row in self.rows)
        return out.getvalue()

    @classmethod
    def read_csv(cls, path: Path) -> Table:
        """Reads a CSV that this program wrote; every cell stays text."""
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.reader(stream)
            header = tuple(next(rows, ()))
            return cls(header, [tuple(row) for row in rows if row])


def format_cell(value: Any) -> str:
    """One value as the plan folder's CSV files show it."""
    if isinstance(value, str):  # most cells
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value != value:
            return ""
        text = f"{value:.9f}".rstrip("0").rstrip(".")
        return "0" if text in ("-0", "") else text
    if isinstance(value, list | tuple):
        return ";".join(format_cell(v) for v in value)
    return str(value)
