"""The plan folder as it lies on disk: its tables with line numbers, and plan.json."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.errors import Fault, InputError
from optimizer.scenario import GRADE_NAMES, Ints

# columns read of each table and how; what else a table carries is for people
TABLES: dict[str, dict[str, str]] = {
    "flows.csv": {
        "date": "date", "from": "text", "to": "text", "material": "text", "grade": "grade", "t": "number",
        "km": "number", "t_km": "number", "minutes": "number or blank", "cost": "number", "via": "text",
    },
    "stocks.csv": {
        "date": "date", "facility": "text", "material": "text", "grade": "grade", "t_start": "number",
        "t_in": "number", "t_out": "number", "t_end": "number",
    },
    "processing.csv": {
        "date": "date", "facility": "text", "input": "text", "grade": "grade", "t": "number", "cost": "number",
    },
    "balance.csv": {
        "id": "text", "side": "text", "material": "text", "offered_t": "number", "moved_t": "number",
        "unserved_t": "number",
    },
    "reasons.csv": {"id": "text", "what": "text", "t": "number", "why": "text"},
}  # fmt: skip
PLAN = "plan.json"
MOST = 1e15  # no t, t·km or CNY of a district comes near; beyond it sums lose the grams


@dataclass(frozen=True)
class Sheet:
    """One CSV file: the line on which each row begins, and its columns.

    Texts are tuples of str, numbers float64 (``nan`` where blank), dates ordinals, grades 1, 2 or 3.
    """

    file: str
    line: Ints
    columns: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.line)

    def __getitem__(self, column: str) -> Any:
        return self.columns[column]


@dataclass(frozen=True)
class PlanFolder:
    """Everything of a plan that is checked."""

    flows: Sheet
    stocks: Sheet
    processing: Sheet
    balance: Sheet
    reasons: Sheet
    summary: dict[str, Any]  # plan.json


def read_plan_folder(folder: Path, faults: list[Fault]) -> PlanFolder | None:
    """Reads a plan folder; every unreadable file, column and cell goes to ``faults``, and then None comes back."""
    if not folder.is_dir():
        faults.append(Fault(str(folder), 0, "", "there is no such plan folder; write one with cutfill plan"))
        return None
    before = len(faults)
    sheets = {name: read_sheet(folder / name, columns, faults) for name, columns in TABLES.items()}
    summary = _read_summary(folder / PLAN, faults)
    if len(faults) > before:
        return None
    return PlanFolder(**{name.removesuffix(".csv"): sheet for name, sheet in sheets.items()}, summary=summary)


def read_sheet(path: Path, columns: dict[str, str], faults: list[Fault]) -> Sheet:
    """One table of a plan folder; an empty one with faults when it cannot be read."""
    lines: list[int] = []
    rows: list[list[str]] = []
    header: list[str] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            for line, row in _rows(csv.reader(stream, strict=True)):
                if not header:
                    header = row
                elif len(row) == len(header):
                    lines.append(line)
                    rows.append(row)
                else:
                    cells = f"{len(row)} cells under {len(header)} columns"
                    faults.append(Fault(path.name, line, "", f"{cells}; the file was damaged, plan again"))
    except FileNotFoundError:
        faults.append(Fault(path.name, 0, "", f"is missing in {path.parent}; plan again"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        faults.append(Fault(path.name, 0, "", f"cannot be read as CSV ({error}); plan again"))
    else:
        missing = [name for name in columns if name not in header]
        faults.extend(Fault(path.name, 1, name, "the column is missing; plan again") for name in missing)
        if not missing:
            return _typed(path.name, lines, rows, header, columns, faults)
    return Sheet(path.name, np.zeros(0, dtype=np.int64))


def _rows(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Non-empty rows with the line on which each begins."""
    line = 1
    for row in reader:
        if row:
            yield line, row
        line = reader.line_num + 1


def _typed(
    file: str, lines: list[int], rows: list[list[str]], header: list[str], columns: dict[str, str], faults: list[Fault]
) -> Sheet:
    sheet = Sheet(file, np.array(lines, dtype=np.int64))
    for name, kind in columns.items():
        at = header.index(name)
        values = []
        for line, row in zip(lines, rows, strict=True):
            try:
                values.append(_CELLS[kind](row[at]))
            except ValueError:
                faults.append(Fault(file, line, name, f"'{row[at][:40]}' is not {_EXPECTED[kind]}"))
                values.append(_CELLS[kind](_STAND_IN[kind]))
        numeric = {"number": np.float64, "number or blank": np.float64, "date": np.int64, "grade": np.int32}
        sheet.columns[name] = np.array(values, dtype=numeric[kind]) if kind in numeric else tuple(values)
    return sheet


def _finite(text: str) -> float:
    value = float(text)
    if not abs(value) < MOST:
        raise ValueError
    return value


def _finite_or_blank(text: str) -> float:
    return _finite(text) if text else math.nan


def _ordinal(text: str) -> int:
    return dt.date.fromisoformat(text).toordinal()


def _grade(text: str) -> int:
    return GRADE_NAMES.index(text) + 1


_CELLS: dict[str, Callable[[str], Any]] = {
    "text": str, "number": _finite, "number or blank": _finite_or_blank, "date": _ordinal, "grade": _grade,
}  # fmt: skip
_EXPECTED = {
    "number": "a number below 1e15", "number or blank": "a number below 1e15", "date": "a date like 2025-03-03",
    "grade": "1, 2 or x",
}  # fmt: skip
_STAND_IN = {"number": "0", "number or blank": "", "date": "2000-01-01", "grade": "2"}


def _read_summary(path: Path, faults: list[Fault]) -> dict[str, Any]:
    try:
        summary = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        faults.append(Fault(PLAN, 0, "", f"is missing in {path.parent}; plan again"))
        return {}
    except (OSError, ValueError, RecursionError) as error:
        faults.append(Fault(PLAN, 0, "", f"cannot be read as JSON ({error}); plan again"))
        return {}
    if not isinstance(summary, dict):
        faults.append(Fault(PLAN, 0, "", "is not a JSON object; plan again"))
        return {}
    kinds: dict[str, tuple[type, str]] = {
        "start": (str, "a date"), "days": (int, "a number"), "status": (str, "a text"), "goals": (list, "a list"),
        "kpis": (dict, "an object"), "inputs": (dict, "an object"),
    }  # fmt: skip
    for key, (kind, words) in kinds.items():
        if not isinstance(summary.get(key), kind):
            faults.append(Fault(PLAN, 0, key, f"is missing or not {words}; plan again"))
    for i, goal in enumerate(summary.get("goals") or () if isinstance(summary.get("goals"), list) else ()):
        faults.extend(_goal_faults(f"goals[{i}]", goal))
    return summary


def _goal_faults(place: str, goal: Any) -> Iterator[Fault]:
    if not isinstance(goal, dict) or not isinstance(goal.get("name"), str):
        yield Fault(PLAN, 0, place, "is not an object with a name; plan again")
        return
    if not is_number(goal.get("value")):
        yield Fault(PLAN, 0, f"{place}.value", "is not a number; plan again")
    if "bound" not in goal or not (goal["bound"] is None or is_number(goal["bound"])):
        yield Fault(PLAN, 0, f"{place}.bound", "is neither a number nor null; plan again")


def is_number(value: Any) -> bool:
    """A JSON number of believable size; true, false and NaN are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST


def refuse(faults: list[Fault]) -> None:
    """Raises all faults together, when there are any."""
    if faults:
        raise InputError(faults)
