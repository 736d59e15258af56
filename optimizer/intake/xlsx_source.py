"""A scenario in one Excel workbook: a sheet per table, and a sheet ``scenario`` with rows of key and value."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from optimizer.intake.cells import Cell
from optimizer.intake.decoding import read_bytes
from optimizer.intake.faults import Faults, listed, nearest, quoted
from optimizer.intake.raw import RawTable, Source, column_key, table_from_rows, table_named
from optimizer.materials import narrow
from optimizer.schema import TABLES

SETTINGS_SHEET = "scenario"
_ERRORS = re.compile(r"#(REF|N/A|VALUE|DIV/0|NAME|NUM|NULL|SPILL|CALC)[!?]?.*")


def read_xlsx(path: Path, faults: Faults) -> Source:
    """Every sheet that is a table, and the settings. Row numbers are those of the sheet."""
    label = path.name + "[{}]"
    source = Source(path.parent, path.stem, label.format(SETTINGS_SHEET), label, settings_complete=False)
    data = read_bytes(path, path.name, faults, source.hashes)
    sheets = sheets_of(data, path.name, faults) if data is not None else None
    if sheets is None:
        for spec in TABLES.values():
            source.tables[spec.name] = RawTable(spec, label.format(spec.name), [], {}, complete=False)
        return source
    for title, rows in sheets.items():
        file = label.format(title)
        if column_key(title) == SETTINGS_SHEET:
            source.settings_complete = True
            _read_settings(source, rows, file, faults)
        elif (name := table_named(title)) and name not in source.tables:
            source.tables[name] = table_from_rows(TABLES[name], file, rows, faults)
        elif rows:
            hint = nearest(title, (SETTINGS_SHEET, *TABLES)) or "; known are " + listed((SETTINGS_SHEET, *TABLES))
            faults.add(file, 0, "", f"unknown sheet{hint}")
    if not source.settings_complete:
        faults.add(source.settings_file, 0, "", "the sheet is missing; expected rows of key and value, at least start, "
                   "days and roads.file, roads.distances or roads.detour")  # fmt: skip
    return source


Rows = list[tuple[int, Sequence[Cell]]]


def sheets_of(data: bytes, label: str, faults: Faults) -> dict[str, Rows] | None:
    """Non-empty rows with their numbers by sheet; None with a fault when this is no workbook."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that openpyxl leaves out do not matter here
            values = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            formulas = openpyxl.load_workbook(io.BytesIO(data), read_only=True) if _has_formulas(data) else None
            sheets: dict[str, Rows] = {}
            for sheet in values.worksheets:
                sheet.reset_dimensions()  # some programs write a size that is too small
                written = formulas[sheet.title].iter_rows() if formulas else None
                sheets[sheet.title] = list(_rows(sheet, written, f"{label}[{sheet.title}]", faults))
    except Exception as error:  # a broken workbook raises whatever the zip, XML and cell readers happen to meet
        faults.add(label, 0, "", f"cannot be read as an Excel workbook ({type(error).__name__}); "
                   "save it again as .xlsx")  # fmt: skip
        return None
    return sheets


def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(b"<f>" in (part := archive.read(name)) or b"<f " in part for name in parts)


def _rows(
    sheet: Any, written: Iterator[Sequence[Any]] | None, label: str, faults: Faults
) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Rows that hold something; a formula that Excel has not computed is a fault, not a blank."""
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        formulas = next(written, ()) if written is not None else ()
        cells = [_cell(value) for value in row]
        for at, formula in enumerate(formulas):
            if formula.data_type == "f" and at < len(cells) and cells[at] == "":
                faults.add(label, number, "", f"the formula in column {at + 1} has no stored value; open the workbook "
                           "in Excel and save it, or paste the values")  # fmt: skip
        for at, cell in enumerate(cells):
            if isinstance(cell, str) and cell.startswith("#") and _ERRORS.fullmatch(cell):
                faults.add(label, number, "", f"column {at + 1} shows the Excel error {cell}; correct its formula")
                cells[at] = ""
        while cells and cells[-1] == "":
            cells.pop()
        if any(not isinstance(cell, str) or cell.strip() for cell in cells):
            yield number, cells


def _cell(value: Any) -> Cell:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | dt.date | dt.time):
        return value
    return str(value)


def _read_settings(source: Source, rows: Rows, label: str, faults: Faults) -> None:
    """Rows of key and value; a first row that says so is a header. Further cells are remarks."""
    for number, cells in rows:
        key = narrow(str(cells[0]))
        value = cells[1] if len(cells) > 1 else ""
        if key.casefold() == "key" or (isinstance(value, str) and not value.strip()):
            continue
        if key in source.settings:
            faults.add(label, number, key[:60], f"{quoted(key)} is already in row {source.lines[key]}")
        elif key:
            source.settings[key], source.lines[key] = value, number
