"""The good scenario written in the other forms, and comparing what was read."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl

from optimizer.schema import TABLES


def tables(files: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Rows of each table with numbers and dates as such; blanks left out."""
    out = {}
    for name, spec in TABLES.items():
        if f"{name}.csv" in files:
            rows = csv.DictReader(io.StringIO(files[f"{name}.csv"]))
            out[name] = [{k: _value(spec.field(k).type, v) for k, v in row.items() if v} for row in rows]
    return out


def _value(kind: str, text: str) -> Any:
    if kind == "number" and not text.endswith("%"):
        return float(text)
    if kind == "integer":
        return int(text)
    if kind == "bool":
        return text == "true"
    if kind == "date":
        return dt.datetime.fromisoformat(text)
    return text


def write_xlsx(path: Path, files: dict[str, str]) -> None:
    """One sheet per table, a sheet of settings; the header of every table is complete."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "scenario"
    sheet.append(["key", "value", "remark"])
    for section, values in tomllib.loads(files["scenario.toml"]).items():
        pairs = values.items() if isinstance(values, dict) else [("", values)]
        for key, value in pairs:
            name = f"{section}.{key}".rstrip(".")
            sheet.append([name, "; ".join(value) if isinstance(value, list) else value, "as in the folder"])
    for name, rows in tables(files).items():
        sheet = book.create_sheet(name)
        header = [f.name for f in TABLES[name].fields]
        sheet.append(header)
        for row in rows:
            sheet.append([row.get(column) for column in header])
    book.save(path)


def write_json(path: Path, files: dict[str, str]) -> None:
    """Numbers as numbers, dates as text."""
    content = {"scenario": tomllib.loads(files["scenario.toml"]), **tables(files)}
    path.write_text(json.dumps(content, default=lambda date: date.isoformat()[:10]), encoding="utf-8")


def arrays(scenario: Any) -> dict[str, Any]:
    """Everything of a scenario but where it came from, flat and comparable."""
    flat: dict[str, Any] = {}
    for field in dataclasses.fields(scenario):
        value = getattr(scenario, field.name)
        if field.name in ("hashes", "folder", "notes"):
            continue
        if dataclasses.is_dataclass(value):
            flat |= {f"{field.name}.{k}": v for k, v in arrays(value).items()}
        else:
            flat[field.name] = value
    return flat


def assert_same(one: Any, other: Any) -> None:
    left, right = arrays(one), arrays(other)
    assert left.keys() == right.keys()
    for name, value in left.items():
        np.testing.assert_array_equal(value, right[name], err_msg=name)
