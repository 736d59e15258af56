"""A scenario folder: CSV tables beside ``scenario.toml``."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from optimizer.errors import InputError
from optimizer.intake.decoding import decoded, read_bytes
from optimizer.intake.faults import Faults, listed, nearest
from optimizer.intake.raw import RawTable, Source, flattened, table_from_rows, table_named
from optimizer.schema import TABLES, TableSpec

SETTINGS_FILE = "scenario.toml"
_LONGEST_CELL = 1_000_000  # characters; longer only happens when a quote is never closed

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")  # as a text editor counts; keeps no second copy of the text


def read_folder(folder: Path, faults: Faults) -> Source:
    """Every table and the settings of a scenario folder."""
    source = Source(folder, folder.resolve().name, SETTINGS_FILE, "{}.csv")
    try:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() == ".csv")
    except OSError as error:
        raise InputError.single(str(folder), f"the folder cannot be read: {error.strerror or error}") from None
    for path in paths:
        if path.name.startswith((".", "~")):
            continue
        name = table_named(path.stem)
        if name is None:
            hint = nearest(path.stem, TABLES) or "; known are " + listed(f"{t}.csv" for t in TABLES)
            source.other_files[path.name] = f"unknown table{hint}"
        elif name in source.tables:
            faults.add(path.name, 0, "", f"there is another file for the table {name}; keep one")
        else:
            source.tables[name] = read_csv(path, TABLES[name], path.name, faults, source.hashes)
    _read_toml(source, folder / SETTINGS_FILE, faults)
    return source


def read_csv(path: Path, spec: TableSpec, label: str, faults: Faults, hashes: dict[str, str]) -> RawTable:
    """One CSV file. Row numbers are the lines a text editor shows; empty lines are skipped."""
    broken_at: list[int] = []
    data = read_bytes(path, label, faults, hashes)
    records = csv_records(data, label, faults, broken_at) if data is not None else None
    if records is None:
        return RawTable(spec, label, [], {}, complete=False)
    table = table_from_rows(spec, label, records, faults)
    table.complete = table.complete and not broken_at
    return table


def csv_records(
    data: bytes, label: str, faults: Faults, broken_at: list[int]
) -> Iterator[tuple[int, list[str]]] | None:
    """Non-empty rows of a CSV file with the line each begins on, whatever its encoding; None with a fault for no CSV.

    Where the file stops being CSV is a fault and put into ``broken_at``.
    """
    text = decoded(data, label, faults)
    delimiter = _delimiter(text, label, faults) if text is not None else None
    if text is None or delimiter is None:
        return None
    return _records(text, delimiter, label, faults, broken_at)


def _delimiter(text: str, label: str, faults: Faults) -> str | None:
    """A comma, or the tab of Excel's Unicode text; other separators are refused by name."""
    header = next((line[0] for line in _LINE.finditer(text) if line[0].strip()), "")
    if "," in header:
        return ","
    if "\t" in header.strip():
        faults.note(f"{label}: cells are separated by tabs; read as such")
        return "\t"
    for separator, name in ((";", "semicolons"), ("，", "full-width commas"), ("|", "vertical bars")):
        if separator in header:
            faults.add(label, 1, "", f"cells are separated by {name}; save the file with commas (lists use ;)")
            return None
    return ","


def _records(
    text: str, delimiter: str, label: str, faults: Faults, broken_at: list[int]
) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader((found[0] for found in _LINE.finditer(text)), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if any(map(str.strip, row)):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        faults.add(label, line, "", _csv_words(str(error)))
        broken_at.append(line)


def _csv_words(error: str) -> str:
    if "unexpected end of data" in error:
        return "a quote opened in this row is never closed"
    if "field larger" in error:
        return f"a cell is longer than {_LONGEST_CELL:,} characters; a quote may not be closed"
    if "expected after" in error:
        return 'text follows a closing quote; inside a quoted cell write "" for a quote'
    return f"is not CSV from here on ({error})"


def _read_toml(source: Source, path: Path, faults: Faults) -> None:
    source.settings_complete = False
    if not path.exists():
        faults.add(SETTINGS_FILE, 0, "", "the file is missing; it says at least start, days and [roads]")
        return
    data = read_bytes(path, SETTINGS_FILE, faults, source.hashes)
    text = decoded(data, SETTINGS_FILE, faults) if data is not None else None
    if text is None:
        return
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: TOMLDecodeError, and integers of 5000 digits
        at = re.search(r"\(at line (\d+), column \d+\)", str(error))
        words = re.sub(r"\s*\(at .*\)$", "", str(error)) or "nested too deeply"
        faults.add(SETTINGS_FILE, int(at[1]) if at else 0, "", f"is not TOML: {words}")
        return
    source.settings_complete = True
    source.settings = flattened(values)
    source.lines = _toml_lines(text)


def _toml_lines(text: str) -> dict[str, int]:
    """Line of each key; good enough for messages, wrong at worst for keys inside multi-line strings."""
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if head := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+\s*(#.*)?$", line):
            section = re.sub(r"[\s\"']", "", head[1]) + "."
            lines.setdefault(section[:-1], number)
        elif key := re.match(r"\s*([A-Za-z0-9_\-.\"' ]+?)\s*=", line):
            lines.setdefault(section + re.sub(r"[\s\"']", "", key[1]), number)
    return lines
