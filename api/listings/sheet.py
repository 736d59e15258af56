"""The table of bulk posting: its columns in English and Chinese, its template, and reading it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from openpyxl import Workbook

from api.kernel.problems import TooLarge
from api.listings.schemas import LEAST, MOST
from optimizer.intake.cells import Cell
from optimizer.intake.csv_source import csv_records
from optimizer.intake.faults import Faults
from optimizer.intake.raw import table_from_rows
from optimizer.intake.typed import Typed, read_table
from optimizer.intake.xlsx_source import sheets_of
from optimizer.materials import narrow
from optimizer.scenario import GRADE_NAMES, UNITS
from optimizer.schema import Field, TableSpec

MOST_ROWS = 2000
MOST_UNPACKED = 200_000_000  # bytes of a workbook once unzipped
_MOST_CNY = 1e5

SPEC = TableSpec(
    "listings",
    "Listings to post.",
    "批量挂牌。",
    (
        Field("side", "choice", "supply or demand.", "供需", required=True, choices=("supply", "demand"),
              example="supply"),
        Field("name", "text", "Name shown to people.", "名称", example="一号基坑余土"),
        Field("materials", "materials", "Material; of a demand all that it accepts, separated by ;.", "材料",
              required=True, example="粉质黏土"),
        Field("grade", "grade", "Contamination grade by GB 36600: 1, 2 or x.", "污染等级", example="2"),
        Field("quantity", "number", "How much there is.", "数量", required=True, low=LEAST, high=MOST, example="3000"),
        Field("unit", "choice", "t, or m³ with the volume state named.", "单位", required=True, choices=UNITS,
              example="m3_bank"),
        Field("daily_max", "number", "Most a day.", "每日最大量", low=LEAST, high=MOST, example="400"),
        Field("minimum_lot", "number", "Smallest lot.", "最小批量", low=LEAST, high=MOST),
        Field("window_from", "date", "First date.", "起始日期", required=True, example="2026-12-01"),
        Field("window_to", "date", "Last date.", "截止日期", required=True, example="2026-12-07"),
        Field("reserve", "number", "Least or most CNY/t; negative: the owner pays.", "底价(元/吨)", low=-_MOST_CNY,
              high=_MOST_CNY, example="-12"),
        Field("price_public", "bool", "Shows the reserve price to everybody.", "公开底价", example="false"),
        Field("auto_accept", "bool", "Accepts what a clearing proposes.", "自动接受", example="false"),
        Field("street", "text", "Street.", "街道", example="大桥"),
        Field("lon", "number", "Longitude.", "经度", low=-180, high=180, example="117.0356"),
        Field("lat", "number", "Latitude.", "纬度", low=-90, high=90, example="36.8049"),
        Field("crs", "text", "wgs84, gcj02 or bd09.", "坐标系", example="wgs84"),
        Field("site_id", "id", "One of your sites, instead of a place.", "工地编号"),
        Field("certificate_id", "id", "Your test certificate.", "检测报告编号"),
        Field("photo_ids", "text", "Your photos, separated by ;.", "照片编号"),
        Field("note", "text", "For yourself and the planner.", "备注"),
    ),
)  # fmt: skip
_WORDS = {
    "side": {"供": "supply", "供应": "supply", "供给": "supply", "需": "demand", "需求": "demand"},
    "unit": {"吨": "t", "自然方": "m3_bank", "松方": "m3_loose", "压实方": "m3_compacted"},
}
_FIELD_OF = {narrow(field.zh).casefold(): field.name for field in SPEC.fields}


@dataclass(frozen=True)
class Sheet:
    """A table as read: its rows, and what each column is called in the file."""

    typed: Typed
    headings: dict[str, str]

    def row(self, at: int) -> tuple[dict[str, Any], frozenset[str]]:
        """The filled fields of a row, counted from 0, as JSON values; and the fields whose cell was refused."""
        values = {name: _value(SPEC.field(name), column[at]) for name, column in self.typed.columns.items()}
        refused = frozenset(name for name, bad in self.typed.bad.items() if bad[at])
        return {name: value for name, value in values.items() if value is not None and name not in refused}, refused

    def heading(self, field: str) -> str:
        """The file's own name of a field's column."""
        return self.headings.get(field, field)


def read_sheet(filename: str, data: bytes, faults: Faults) -> Sheet | None:
    """Reads CSV (UTF-8 with or without BOM, UTF-16, GBK) or the first sheet of an XLSX; None with a fault if neither.

    Raises:
        TooLarge: more than :data:`MOST_ROWS` rows, or a workbook that unpacks to more than is reasonable.
    """
    rows: list[tuple[int, Sequence[Cell]]] | None
    if data[:2] == b"PK":
        _refuse_bomb(filename, data)
        sheets = sheets_of(data, filename, faults)
        rows = next(iter(sheets.values()), []) if sheets is not None else None
    else:
        records = csv_records(data, filename, faults, [])
        rows = list(records) if records is not None else None
    if rows is None:
        return None
    if len(rows) > MOST_ROWS + 1:
        raise TooLarge(f"{filename} has {len(rows) - 1:,} rows; at most {MOST_ROWS:,} go in one file")
    headings: dict[str, str] = {}
    if rows:
        line, written = rows[0]
        named = [_FIELD_OF.get(narrow(str(cell)).casefold(), str(cell)) for cell in written]
        headings = {name: str(cell).strip() for name, cell in zip(named, written, strict=True)}
        rows[0] = (line, named)
    raw = table_from_rows(SPEC, filename, rows, faults)
    for name, words in _WORDS.items():
        if name in raw.columns:
            raw.columns[name] = [words.get(narrow(str(cell)), cell) for cell in raw.columns[name]]
    return Sheet(read_table(raw, SPEC, filename, faults), headings)


def template(format_: str, language: str) -> bytes:
    """A file to fill in, with one example row.

    Args:
        format_: ``csv`` (UTF-8 with BOM, which Excel needs) or ``xlsx``.
        language: ``zh`` or ``en`` headings.
    """
    headings = [field.zh if language == "zh" else field.name for field in SPEC.fields]
    rows = [headings, [field.example for field in SPEC.fields]]
    if format_ == "xlsx":
        book = Workbook()
        for row in rows:
            book.active.append(row)
        buffer = io.BytesIO()
        book.save(buffer)
        return buffer.getvalue()
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def _refuse_bomb(filename: str, data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile:
        return  # the reader says so
    if unpacked > MOST_UNPACKED:
        raise TooLarge(f"{filename} unpacks to {unpacked:,} bytes; at most {MOST_UNPACKED:,} are read")


def _value(field: Field, value: Any) -> Any:
    """A typed cell as a request would hold it; None for a blank."""
    if field.type == "number":
        return None if np.isnan(value) else float(value)
    if field.type == "date":
        return dt.date.fromordinal(int(value)) if value else None
    if field.type == "grade":
        return GRADE_NAMES[value - 1] if value else None
    if field.type == "bool":
        return None if value < 0 else bool(value)
    if field.type == "materials":
        return list(value) or None
    return str(value) or None
