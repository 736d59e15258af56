"""One cell: from what a person wrote to a value, or to a sentence that says why not."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from typing import Any

from optimizer.intake.faults import Refused, listed, quoted
from optimizer.materials import name_key, narrow, refused_class
from optimizer.schema import WASTE_CLASSES, Field

Cell = str | int | float | dt.date | dt.time  # dt.datetime is a dt.date; a blank is ""

MOST = 1e12  # a number beyond this is a slip in any field
LONGEST_ID = 200
FIRST_YEAR, LAST_YEAR = 1950, 2200
EXCEL_EPOCH = dt.date(1899, 12, 30)
_TRUE = {"true", "yes", "y", "1", "是", "真"}
_FALSE = {"false", "no", "n", "0", "否", "假"}
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,6})?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})|\.([0-9]{1,2})\.([0-9]{1,2}))")
_DATE_ZH = re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})[日号]")
_DATE_8 = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_DAY_MONTH = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{2}|[0-9]{4})")
_MIDNIGHT = re.compile(r"[T ]+0{1,2}:00(:00(\.0+)?)?Z?$")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(:00)?")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LIST = re.compile(r"[;、]")  # after narrow(): the full-width ； is a ;


def read_cell(cell: Cell, spec: Field) -> Any:
    """The value of a cell by its field, ``None`` when blank, or :class:`Refused`.

    Numbers become float, dates their proleptic ordinal, times minutes after midnight, grades 1, 2 or 3, lists tuples.
    """
    if isinstance(cell, str):
        if not cell or not cell.strip():
            return None
        if not cell.isprintable() and _CONTROL.search(cell):
            return Refused(f"{quoted(_CONTROL.sub('?', cell))} contains a control character; type the cell again")
    return _READERS[spec.type](cell, spec)


def as_text(cell: Cell) -> str:
    """A cell as text: whole numbers without the ``.0`` that Excel gives them."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return cell.strip() if isinstance(cell, str) else str(cell)


def _text(cell: Cell, spec: Field) -> Any:
    return as_text(cell)


def _id(cell: Cell, spec: Field) -> Any:
    if isinstance(cell, dt.date | dt.time):
        return Refused(
            f"{quoted(cell)} was turned into a date or time by Excel; format the column as text, type it again"
        )
    text = as_text(cell)
    if len(text) > LONGEST_ID:
        return Refused(f"{quoted(text)} has {len(text):,} characters; an id has {LONGEST_ID} at most")
    if "\n" in text or "\r" in text or "\t" in text:
        return Refused(f"{quoted(' '.join(text.split()))} contains a line break or tab; an id is one line")
    return text


def number_of(cell: Cell, *, percent: bool = False) -> float | Refused:
    """A finite number. Full-width digits and thousands commas (``8,000``) are read; anything doubtful is refused."""
    if isinstance(cell, dt.date | dt.time):
        return Refused(f"{quoted(cell)} is a date or time; a number is expected")
    if isinstance(cell, int | float):
        try:
            value = float(cell)
        except OverflowError:
            value = math.inf
    else:
        text = narrow(cell)
        scale = 1.0
        if percent and text.endswith("%"):
            text, scale = text[:-1].rstrip(), 100.0
        if _THOUSANDS.fullmatch(text):
            text = text.replace(",", "")
        if not _NUMBER.fullmatch(text):
            return Refused(_why_no_number(cell, text))
        value = float(text) / scale
    if math.isnan(value):
        return Refused("'nan' is not a number; leave the cell blank when it is not known")
    if abs(value) > MOST:
        return Refused(f"{quoted(cell)} is too large to be true; numbers up to {MOST:g} are read")
    return value + 0.0  # -0.0 becomes 0.0


def _why_no_number(cell: Cell, text: str) -> str:
    shown = quoted(cell)
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity", "n/a", "na", "null", "none", "-", "无", "不详", "#n/a"):
        return f"{shown} is not a number; leave the cell blank when it is not known"
    if text.endswith("%"):
        return f"{shown} is a percentage; a plain number is expected here"
    if _DECIMAL_COMMA.fullmatch(text):
        return f"{shown} has a decimal comma; write a point, as in {text.replace(',', '.')}"
    if re.fullmatch(r"[+-]?[0-9][0-9.,]*\s*[^\s0-9.,+\-].*", text):
        return f"{shown} is not a plain number; write the digits only, units have their own column or are fixed"
    return f"{shown} is not a number"


def _number(cell: Cell, spec: Field) -> Any:
    value = number_of(cell, percent=spec.unit == "share")
    if isinstance(value, Refused):
        return value
    unit = f" {spec.unit}" if spec.unit not in ("", "share", "own unit") else ""
    if spec.low is not None and (value < spec.low or (spec.strict and value == spec.low)):
        bound = "more than" if spec.strict else "at least"
        return Refused(f"{quoted(cell)} is too small; expected {bound} {spec.low:g}{unit}")
    if spec.high is not None and value > spec.high:
        swapped = "; are lon and lat swapped?" if spec.name == "lat" and value <= 180 else ""
        return Refused(f"{quoted(cell)} is too large; expected at most {spec.high:g}{unit}{swapped}")
    return value


def _integer(cell: Cell, spec: Field) -> Any:
    value = _number(cell, spec)
    if isinstance(value, float) and not value.is_integer():
        return Refused(f"{quoted(cell)} is not a whole number")
    return value


def date_of(cell: Cell) -> dt.date | Refused:
    """A calendar date: ISO, 2025/3/3, 2025.3.3, 2025年3月3日, 20250303, an Excel date or its serial number."""
    if isinstance(cell, dt.datetime):
        if cell.time() != dt.time(0):
            return Refused(f"{quoted(cell)} has a time of day; a date alone is expected")
        cell = cell.date()
    if isinstance(cell, dt.date):
        return _sane(cell, cell)
    if isinstance(cell, dt.time):
        return Refused(f"{quoted(cell)} is a time of day; a date like 2025-03-03 is expected")
    text = narrow(as_text(cell))
    text = _MIDNIGHT.sub("", text) if len(text) > 10 else text
    match = _DATE.fullmatch(text) or _DATE_ZH.fullmatch(text) or _DATE_8.fullmatch(text)
    if match:
        year, month, day = (int(part) for part in match.groups() if part)
        try:
            return _sane(dt.date(year, month, day), cell)
        except ValueError:
            return Refused(f"{quoted(cell)} is not a day of the calendar")
    if re.fullmatch(r"[0-9]{5}", text):
        return _sane(EXCEL_EPOCH + dt.timedelta(days=int(text)), cell)
    if _DAY_MONTH.fullmatch(text):
        return Refused(f"{quoted(cell)} may be day/month or month/day; write the year first, as in 2025-03-03")
    return Refused(f"{quoted(cell)} is not a date; write it as 2025-03-03")


def _sane(date: dt.date, cell: Cell) -> dt.date | Refused:
    if FIRST_YEAR <= date.year <= LAST_YEAR:
        return date
    return Refused(f"{quoted(cell)} is the date {date}; years {FIRST_YEAR} to {LAST_YEAR} are read")


def _date(cell: Cell, spec: Field) -> Any:
    value = date_of(cell)
    return value if isinstance(value, Refused) else value.toordinal()


def _time(cell: Cell, spec: Field) -> Any:
    if isinstance(cell, dt.time):
        return cell.hour * 60 + cell.minute
    match = _CLOCK.fullmatch(narrow(as_text(cell)))
    if match:
        minutes = int(match[1]) * 60 + int(match[2])
        if minutes <= 24 * 60 and int(match[2]) < 60:
            return minutes
    return Refused(f"{quoted(cell)} is not a time of day; write it as 07:30")


def _bool(cell: Cell, spec: Field) -> Any:
    text = narrow(as_text(cell)).casefold()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    return Refused(f"{quoted(cell)} is neither true nor false")


def _choice(cell: Cell, spec: Field) -> Any:
    text = narrow(as_text(cell)).casefold()
    known = {c.casefold(): c for c in spec.choices}
    if spec.name == "waste_class":
        known |= {zh: name for name, zh in WASTE_CLASSES.items()}
    if text in known:
        return known[text]
    if spec.name == "waste_class" and (refused := refused_class(text)):
        return Refused(f"{quoted(cell)} is {refused}, which never enters this stream")
    return Refused(f"{quoted(cell)} is not known; expected one of {listed(spec.choices)}", text, spec.choices)


def _grade(cell: Cell, spec: Field) -> Any:
    grade = {"1": 1, "2": 2, "x": 3}.get(narrow(as_text(cell)).casefold())
    return grade or Refused(f"{quoted(cell)} is not a contamination grade; expected 1, 2 or x")


def split_list(text: str) -> tuple[str, ...]:
    """The parts of a list cell: separated by ``;``, ``；`` or ``、``; empty parts dropped."""
    return tuple(part for part in (p.strip() for p in _LIST.split(narrow(text))) if part)


def _materials(cell: Cell, spec: Field) -> Any:
    parts = split_list(as_text(cell))
    if not parts:
        return Refused(f"{quoted(cell)} lists nothing; write materials separated by ;")
    keys = [name_key(part) for part in parts]
    twice = next((part for part, key in zip(parts, keys, strict=True) if keys.count(key) > 1), None)
    return Refused(f"{quoted(twice)} is listed twice") if twice else parts


_READERS: dict[str, Callable[[Cell, Field], Any]] = {
    "id": _id,
    "ref": _id,
    "material": _id,
    "text": _text,
    "path": _text,
    "number": _number,
    "integer": _integer,
    "date": _date,
    "time": _time,
    "bool": _bool,
    "choice": _choice,
    "grade": _grade,
    "materials": _materials,
}
