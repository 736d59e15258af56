"""A scenario in one JSON file: ``{"scenario": {…}, "supplies": [{…}, …], …}`` with the names of the folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from optimizer.intake.cells import Cell
from optimizer.intake.decoding import decoded, read_bytes
from optimizer.intake.faults import Faults, listed, nearest, quoted
from optimizer.intake.raw import RawTable, Source, check_header, flattened, table_named
from optimizer.schema import TABLES, TableSpec

SETTINGS_KEY = "scenario"


class _UnfitError(ValueError):
    """Something that JSON allows and a scenario does not."""


def read_json(path: Path, faults: Faults) -> Source:
    """Every table and the settings of a JSON file. A row's number is its place in the list, counted from 1."""
    source = Source(path.parent, path.stem, f"{path.name}[{SETTINGS_KEY}]", path.name + "[{}]", settings_complete=False)
    values = _loaded(path, faults, source.hashes)
    if values is None:
        for spec in TABLES.values():
            source.tables[spec.name] = RawTable(spec, source.label.format(spec.name), [], {}, complete=False)
        return source
    settings = values.get(SETTINGS_KEY)
    if isinstance(settings, dict):
        source.settings_complete = True
        source.settings = {name: value for name, value in flattened(settings).items() if value is not None}
    else:
        faults.add(path.name, 0, SETTINGS_KEY, "is missing; expected an object with at least start, days and roads")
    for key, rows in values.items():
        if name := table_named(key):
            source.tables[name] = _table(rows, TABLES[name], source.label.format(name), faults)
        elif key != SETTINGS_KEY:
            hint = nearest(key, TABLES) or "; known are " + listed((SETTINGS_KEY, *TABLES))
            faults.add(path.name, 0, key[:60], f"unknown table{hint}")
    return source


def _loaded(path: Path, faults: Faults, hashes: dict[str, str]) -> dict[str, Any] | None:
    data = read_bytes(path, path.name, faults, hashes)
    text = decoded(data, path.name, faults) if data is not None else None
    if text is None:
        return None
    try:
        values = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_no_constant)
        json.dumps(values, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        faults.add(path.name, error.lineno, "", f"is not JSON: {error.msg}")
    except UnicodeEncodeError:
        faults.add(path.name, 0, "", "contains half of a character (a lone surrogate such as \\ud800); type it again")
    except _UnfitError as error:
        faults.add(path.name, 0, "", str(error))
    except (ValueError, RecursionError):  # an integer of 5000 digits; nesting a thousand deep
        faults.add(path.name, 0, "", "is not a scenario: a number is too long or the nesting too deep")
    else:
        if isinstance(values, dict):
            return values
        faults.add(path.name, 0, "", f"is not a scenario; expected an object with {SETTINGS_KEY} and the tables")
    return None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values:
            raise _UnfitError(f"the key {quoted(key)} is there twice in one object; keep one")
        values[key] = value
    return values


def _no_constant(name: str) -> Any:
    raise _UnfitError(f"{name} is not a number; leave the key out when a value is not known")


def _table(rows: Any, spec: TableSpec, label: str, faults: Faults) -> RawTable:
    """A list of objects as columns; the keys of the objects are the header."""
    if not isinstance(rows, list):
        faults.add(label, 0, "", "is not a list of rows")
        return RawTable(spec, label, [], {}, complete=False)
    lines: list[int] = []
    records: list[dict[str, Any]] = []
    for number, row in enumerate(rows, start=1):
        if isinstance(row, dict):
            lines.append(number)
            records.append(row)
        else:
            faults.add(label, number, "", "is not a row; expected an object with the columns as keys")
    header = list(dict.fromkeys(key for record in records for key in record))
    places = check_header(spec, label, 0, header, faults) if records else {}
    columns: dict[str, list[Cell]] = {name: [] for name in places.values()}
    for number, record in zip(lines, records, strict=True):
        for at, name in places.items():
            columns[name].append(_cell(record.get(header[at]), label, number, name, faults))
    return RawTable(spec, label, lines, dict(columns), header=0)


def _cell(value: Any, label: str, row: int, column: str, faults: Faults) -> Cell:
    """A JSON value as a cell; a list of texts is written as a list cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ";".join(value)
    faults.add(label, row, column, "is a list or object; one value is expected")
    return ""
