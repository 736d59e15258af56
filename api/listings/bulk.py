"""Posting many listings from a CSV or XLSX file: all of them, or none and every fault with its place."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from api.kernel.problems import FieldFault, Invalid, Problem, invalid
from api.kernel.work import Work
from api.listings.faults import Faults
from api.listings.models import Listing
from api.listings.posting import prepare, store
from api.listings.schemas import MOST, ListingNew
from api.listings.sheet import Sheet, read_sheet
from optimizer.errors import Fault
from optimizer.intake import faults as intake
from optimizer.intake.cells import as_text, split_list

_PLACE = ("lon", "lat", "crs")
MOST_FAULTS = 1000  # told at once; the rest is counted


def post(work: Work, filename: str, data: bytes, *, permits_required: bool = False) -> list[str]:
    """Opens a listing for each row; returns their ids in order.

    Raises:
        TooLarge: more rows than are taken at once. Invalid: with every fault as ``file:row: column``.
    """
    cells = intake.Faults()
    sheet = read_sheet(filename, data, cells)
    rows: list[Listing] = []
    found: list[Fault] = []
    for at in range(len(sheet.typed) if sheet is not None else 0):
        assert sheet is not None
        row, faults = _row(work, sheet, at, permits_required=permits_required)
        found += [
            Fault(filename, int(sheet.typed.lines[at]), sheet.heading(_column(fault.field)), fault.message)
            for fault in faults
        ]
        if row is not None:
            rows.append(row)
    _refuse(filename, sheet, cells.found(), found)
    store(work, rows)
    return [row.id for row in rows]


def _row(work: Work, sheet: Sheet, at: int, *, permits_required: bool) -> tuple[Listing | None, list[FieldFault]]:
    """A row's listing, if it has no fault of its own.

    Cells that were refused, which is told already, are replaced by something harmless, so that the rest of the row is
    looked at as well.
    """
    given, refused = sheet.row(at)
    try:
        new = ListingNew.model_validate(_request({**_harmless(work, given, refused), **given}))
    except ValidationError as error:
        return None, [
            FieldFault(field=str(fault["loc"][-1] if fault["loc"][0] == "location" else fault["loc"][0]),
                       message=fault["msg"]) for fault in error.errors()
        ]  # fmt: skip
    faults = Faults()
    try:
        row = prepare(work, new, faults, permits_required=permits_required)
    except Problem as problem:  # the site: none of the organisation's
        return None, [FieldFault(field="site_id", message=problem.detail)]
    misplaced = {"location", "location.crs"} if refused & set(_PLACE) else set()
    own = [fault for fault in faults.found if fault.field.split(".")[0] not in refused and fault.field not in misplaced]
    return row, own


def _harmless(work: Work, given: dict[str, Any], refused: frozenset[str]) -> dict[str, Any]:
    """Values for refused cells of which nothing else can be wrong."""
    today = work.clock.today()
    values = {
        "side": "supply",
        "materials": ["spoil_silty_clay"],
        "quantity": MOST,
        "unit": "t",
        "window_from": given.get("window_to", today),
        "window_to": max(given.get("window_from", today), today),
        "lon": 0.0,
        "lat": 0.0,
        "crs": "wgs84",
    }
    return {name: value for name, value in values.items() if name in refused}


def _request(cells: dict[str, Any]) -> dict[str, Any]:
    """A row as a creation would send it."""
    given = {name: value for name, value in cells.items() if name not in _PLACE}
    place = {name: cells[name] for name in _PLACE if name in cells}
    if place:
        given["location"] = {"crs": "", **place}
    if "photo_ids" in given:
        given["photo_ids"] = list(split_list(given["photo_ids"]))
    if "reserve" in given:
        given["reserve"] = as_text(round(given["reserve"], 2))
    return {**given, "open": True}


def _column(field: str) -> str:
    """The column that a fault of a creation is in."""
    root, _, part = field.partition(".")
    return {"location": part or "lon"}.get(root, root)


def _refuse(filename: str, sheet: Sheet | None, cells: tuple[Fault, ...], rows: list[Fault]) -> None:
    headings = sheet.headings if sheet is not None else {}
    named = [Fault(f.file, f.row, headings.get(f.column, f.column), f.message) for f in cells]
    faults = sorted({*named, *rows})
    if faults:
        told = [FieldFault(field=_place(fault), message=fault.message) for fault in faults[:MOST_FAULTS]]
        more = f"; the first {MOST_FAULTS:,} are listed" if len(faults) > MOST_FAULTS else ""
        raise Invalid(f"{len(faults):,} faults in {filename}, nothing was posted{more}", errors=told)
    if sheet is None or not len(sheet.typed):
        raise invalid(filename, "has no rows below its header")


def _place(fault: Fault) -> str:
    return str(Fault(fault.file, fault.row, fault.column, "")).rstrip(": ")
