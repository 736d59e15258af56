"""Posting many listings from a CSV or XLSX file: all of them, or none and every fault with its place."""

from __future__ import annotations

import csv
import io
from typing import Any

from openpyxl import Workbook, load_workbook
from pydantic import ValidationError

from api.kernel.geography import Location
from api.kernel.problems import FieldFault, Invalid, Problem, TooLarge, WrongMediaType, invalid
from api.kernel.work import Work
from api.listings.posting import create
from api.listings.schemas import ListingNew

MOST_ROWS = 2000
ENCODINGS = ("utf-8-sig", "gb18030")
HEADERS = {
    "side": "供需(supply/demand)",
    "name": "名称",
    "materials": "材料",
    "grade": "污染等级",
    "quantity": "数量",
    "unit": "单位",
    "daily_max": "每日最大量",
    "minimum_lot": "最小批量",
    "window_from": "起始日期",
    "window_to": "截止日期",
    "reserve": "底价(元/吨)",
    "price_public": "公开底价",
    "auto_accept": "自动接受",
    "street": "街道",
    "lon": "经度",
    "lat": "纬度",
    "crs": "坐标系",
    "site_id": "工地编号",
    "note": "备注",
}
EXAMPLE = ("supply", "一号基坑余土", "spoil_silty_clay", "2", "3000", "m3_bank", "400", "", "2026-12-01", "2026-12-07",
           "-12", "", "", "大桥", "117.0356", "36.8049", "wgs84", "", "")  # fmt: skip
_SIDES = {"供": "supply", "供应": "supply", "需": "demand", "需求": "demand"}
_NAMES = {**{name: name for name in HEADERS}, **{zh: name for name, zh in HEADERS.items()}}


def post(work: Work, filename: str, data: bytes) -> list[str]:
    """Opens a listing for each row; returns their ids in order.

    Raises:
        WrongMediaType, TooLarge (more than 2,000 rows), Invalid: with every fault as ``file:row: column``.
    """
    rows = _rows(filename, data)
    if len(rows) > MOST_ROWS:
        raise TooLarge(f"{filename} has {len(rows):,} rows; at most {MOST_ROWS:,} go in one file")
    if not rows:
        raise invalid(filename, "has no rows below its header")
    faults: list[FieldFault] = []
    ids: list[str] = []
    for line, cells in rows:
        try:
            with work.session.begin_nested():
                ids.append(create(work, _listing(cells)).id)
        except ValidationError as error:
            faults += [_at(filename, line, _field(fault["loc"]), fault["msg"]) for fault in error.errors()]
        except Problem as problem:
            of_row = problem.errors or [FieldFault(field="", message=problem.detail)]
            faults += [_at(filename, line, fault.field, fault.message) for fault in of_row]
    if faults:
        raise Invalid(f"{len(faults)} faults in {filename}; nothing was posted", errors=faults)
    return ids


def template(format_: str) -> bytes:
    """An example file to fill in."""
    rows = [tuple(HEADERS.values()), EXAMPLE]
    if format_ == "xlsx":
        book = Workbook()
        sheet = book.active
        for row in rows:
            sheet.append(row)
        buffer = io.BytesIO()
        book.save(buffer)
        return buffer.getvalue()
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def _at(filename: str, line: int, field: str, message: str) -> FieldFault:
    return FieldFault(field=f"{filename}:{line}: {field}".rstrip(": "), message=message)


def _field(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in place)


def _listing(cells: dict[str, str]) -> ListingNew:
    given: dict[str, Any] = {name: value for name, value in cells.items() if value != ""}
    given["materials"] = [
        part.strip() for part in cells.get("materials", "").replace("；", ";").split(";") if part.strip()
    ]
    given["side"] = _SIDES.get(cells.get("side", ""), cells.get("side", ""))
    place = {name: given.pop(name) for name in ("lon", "lat", "crs") if name in given}
    if place:
        given["location"] = Location.model_validate(place)
    return ListingNew.model_validate({**given, "open": True})


def _rows(filename: str, data: bytes) -> list[tuple[int, dict[str, str]]]:
    """(line, cells by field) of every row that is not blank."""
    table = _xlsx(filename, data) if data[:2] == b"PK" else _csv(filename, data)
    if not table:
        raise invalid(filename, "is empty")
    header = [_NAMES.get(cell.strip(), "") for cell in table[0]]
    faults = [_at(filename, 1, cell, "is no column of a listing") for cell, name in zip(table[0], header, strict=True)
              if cell.strip() and not name]  # fmt: skip
    faults += [_at(filename, 1, name, "is missing") for name in ("side", "materials", "quantity", "unit", "window_from",
               "window_to") if name not in header]  # fmt: skip
    if faults:
        raise Invalid(f"{filename}: the header has faults", errors=faults)
    return [
        (line, {name: cell.strip() for name, cell in zip(header, row, strict=False) if name})
        for line, row in enumerate(table[1:], 2)
        if any(cell.strip() for cell in row)
    ]


def _csv(filename: str, data: bytes) -> list[list[str]]:
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return list(csv.reader(io.StringIO(text)))
    raise WrongMediaType(f"{filename} is neither CSV (UTF-8 or GB 18030) nor XLSX")


def _xlsx(filename: str, data: bytes) -> list[list[str]]:
    try:
        sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
        rows = [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True, max_row=MOST_ROWS + 2)]
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise WrongMediaType(f"{filename} cannot be read as XLSX") from error
    return rows


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return cell.date().isoformat() if hasattr(cell, "date") else str(cell)
