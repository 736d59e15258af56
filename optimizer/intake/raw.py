"""What the three kinds of source have in common: tables of raw cells with row numbers, and raw settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from optimizer.intake.cells import Cell
from optimizer.intake.faults import Faults, listed, nearest, quoted
from optimizer.materials import narrow
from optimizer.schema import TABLES, TableSpec

_CHUNK = 50_000  # rows turned into columns at a time; keeps a million-row file from being held twice


@dataclass
class RawTable:
    """Cells of one table by column.

    Attributes:
        spec: what the table may contain.
        file: how messages name it.
        lines: row number of each row as the person sees it.
        columns: cells of each known column that the table has, all as long as ``lines``.
        complete: False when reading broke off, so that what is missing here is no fault elsewhere.
        header: row number of the header.
    """

    spec: TableSpec
    file: str
    lines: Sequence[int]
    columns: dict[str, Sequence[Cell]]
    complete: bool = True
    header: int = 1


@dataclass
class Source:
    """A scenario as read, nothing checked but its shape.

    Attributes:
        folder: where relative paths start.
        name: what the scenario is called when it has no name.
        tables: by table name; absent tables are absent.
        settings_file: how messages name the settings.
        settings: raw values by dotted name, ``objective.order``.
        lines: row of each setting and section, where known.
        hashes: sha-256 of each file by name.
        label: name of a table in messages, also of an absent one, as a ``str.format`` of the table name.
        settings_complete: False when the settings could not be read at all.
        other_files: CSV files in the folder that are no table, with what to say when nothing names them.
    """

    folder: Path
    name: str
    settings_file: str
    label: str
    tables: dict[str, RawTable] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    settings_complete: bool = True
    other_files: dict[str, str] = field(default_factory=dict)


def column_key(name: str) -> str:
    """Spelling of a column or table name that is compared: half-width, lower case, no blanks around."""
    return narrow(name).casefold()


def table_named(name: str) -> str | None:
    """The schema's table of that name, whatever its width and case."""
    key = column_key(name)
    return key if key in TABLES else None


def check_header(spec: TableSpec, file: str, row: int, header: Sequence[str], faults: Faults) -> dict[int, str]:
    """Position → field name of the known columns; unknown, doubled and missing ones become faults."""
    known = {f.name: f.name for f in spec.fields}
    places: dict[int, str] = {}
    for at, cell in enumerate(header):
        name = known.get(column_key(cell))
        if name is None:
            if cell.strip():
                hint = nearest(cell, known)
                faults.add(file, row, cell.strip()[:60], f"unknown column{hint or '; known are ' + listed(known)}")
        elif name in places.values():
            faults.add(file, row, name, "the column is there twice")
        else:
            places[at] = name
    for missing in (f for f in spec.fields if f.required and f.name not in places.values()):
        faults.add(file, row, missing.name, f"column missing; expected: {missing.en}")
    return places


def table_from_rows(
    spec: TableSpec, file: str, records: Iterable[tuple[int, Sequence[Cell]]], faults: Faults
) -> RawTable:
    """A table from (row number, cells), the first being the header.

    Rows shorter than the header end in blanks, because Excel leaves trailing commas out; longer rows are faults.
    """
    iterator = iter(records)
    header_line, first = next(iterator, (0, ()))
    header = [str(cell) for cell in first]
    if not header:
        faults.add(file, 0, "", f"the table is empty; expected the columns {listed(f.name for f in spec.fields)}")
        return RawTable(spec, file, [], {}, complete=False)
    places = check_header(spec, file, header_line, header, faults)
    unnamed = [at for at, name in enumerate(header) if not name.strip()]
    lines: list[int] = []
    columns: dict[str, list[Cell]] = {name: [] for name in places.values()}
    while chunk := list(islice(iterator, _CHUNK)):
        rows = [row if len(row) == len(header) else _fitted(row, len(header), file, n, faults) for n, row in chunk]
        lines.extend(number for number, _ in chunk)
        cells = list(zip(*rows, strict=True))
        for at, name in places.items():
            columns[name].extend(cells[at])
        for at in unnamed:
            _refuse_stray(cells[at], at, file, [number for number, _ in chunk], faults)
    return RawTable(spec, file, lines, dict(columns), header=header_line)


def _refuse_stray(cells: Sequence[Cell], at: int, file: str, lines: Sequence[int], faults: Faults) -> None:
    """Cells under no name are usually a header that was forgotten."""
    for line, cell in zip(lines, cells, strict=True):
        if _filled(cell):
            message = f"{quoted(cell)} stands in column {at + 1}, which has no name in the header"
            faults.add(file, line, "", message)


def _fitted(row: Sequence[Cell], width: int, file: str, line: int, faults: Faults) -> list[Cell]:
    fitted = list(row[:width]) + [""] * (width - len(row))
    if any(_filled(cell) for cell in row[width:]):
        faults.add(file, line, "", f"the row has {len(row)} cells and the header {width}; "
                   "put quotes around a cell that contains a comma")  # fmt: skip
    return fitted


def _filled(cell: Cell) -> bool:
    return not isinstance(cell, str) or bool(cell.strip())


def flattened(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dictionaries as dotted names, down to the settings the schema knows; ``objective.weights`` stays whole."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and name != "objective.weights":
            flat |= flattened(value, f"{name}.") if value else {}
        else:
            flat[name] = value
    return flat
