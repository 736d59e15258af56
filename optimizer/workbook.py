"""plan.xlsx: the plan's tables for people who live in Excel."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from optimizer.plan import Plan
from optimizer.report import story
from optimizer.report.texts import named, say
from optimizer.scenario import Scenario
from optimizer.tables import Table

SHEETS = ("flows", "stocks", "processing", "balance", "prices", "reasons")
MOST_PRICES = 3_000
WIDTHS = {"why": 60, "would_help": 60, "why_zh": 60, "would_help_zh": 60, "material": 24, "input": 24, "date": 12}
SHARES = ("direct_share", "utilisation_rate")
UNITS = {"t_km": "t·km", "mean_haul_km": "km", "co2_kg": "kg CO₂e", "cost": "CNY"} | dict.fromkeys(SHARES, "")
SUMMARY_KPIS = (
    "generated_t",
    "utilisation_rate",
    "end_stock_t",
    "direct_share",
    "direct_t",
    "transfer_t",
    "offsite_t",
    "landfill_t",
    "recycled_t",
    "placed_t",
    "borrowed_t",
    "process_loss_t",
    "unserved_t",
    "t",
    "t_km",
    "mean_haul_km",
    "co2_kg",
    "cost",
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # not allowed in XML
_HEAD = {
    "font": Font(bold=True),
    "fill": PatternFill("solid", fgColor="FFE6EDF0"),
    "alignment": Alignment(vertical="top"),
}


def workbook_bytes(scenario: Scenario, plan: Plan) -> bytes:
    """The workbook: a bilingual summary, then every table of the plan folder with real dates and numbers.

    Text is always text: a name that begins with ``=``, ``+``, ``-`` or ``@`` never becomes a formula.
    """
    book = Workbook(write_only=True)
    _summary(book, scenario, plan)
    for name in SHEETS:
        table = plan.tables.get(name)
        if table is not None:
            rows = _largest_prices(table) if name == "prices" else table.rows
            _table(book, name, table.columns, rows)
            if len(rows) < len(table.rows):
                note = say("workbook.capped", n=f"{len(rows):,}", all=f"{len(table.rows):,}")
                book[name].append([f"{note.en} {note.zh}"])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _summary(book: Workbook, scenario: Scenario, plan: Plan) -> None:
    sheet = book.create_sheet("Summary")
    for column, width in zip("ABCDEF", (30, 26, 20, 20, 20, 12), strict=True):
        sheet.column_dimensions[column].width = width
    summary, kpis = plan.summary, plan.summary.get("kpis") or {}
    usual = (summary.get("counterfactual") or {}).get("kpis") or {}
    writer = _Writer(sheet)
    writer.row(["cutfill", scenario.name], **_HEAD)
    dates = (scenario.start, scenario.end)
    writer.row([*say("workbook.first_day"), dates[0]])
    writer.row([*say("workbook.last_day"), dates[1]])
    writer.row([*say("workbook.status"), *named("status", summary["status"])])
    verdict = story.verdict(plan)
    for line in verdict.headline + verdict.beside:
        writer.row([line.en, "", line.zh])
    writer.row([])
    writer.row(
        [*say("workbook.figure"), *_stacked("compare.plan", "compare.usual"), *_stacked("workbook.unit")], **_HEAD
    )
    for key in SUMMARY_KPIS:
        title = say("kpi.carried") if key == "t" else say(f"kpi.{key}")
        formats = "0.0%" if key in SHARES else None
        writer.row([*title, kpis.get(key), usual.get(key), UNITS.get(key, "t")], number=formats)
    for key, value in (kpis.get("cost_parts") or {}).items():
        writer.row([*(f"  {x}" for x in named("part", key)), value, ((usual.get("cost_parts") or {}).get(key)), "CNY"])
    writer.row([])
    writer.row([*say("proof.goal"), *_stacked("proof.value", "proof.bound"), *_stacked("workbook.unit")], **_HEAD)
    for goal in summary.get("goals", ()):
        writer.row([*named("goal", goal["name"]), goal.get("value"), goal.get("bound"), goal.get("unit", "")])
    if summary.get("notes"):
        writer.row([])
        writer.row([*say("foot.notes")], **_HEAD)
        for note in summary["notes"]:
            writer.row([str(note)])


def _stacked(*keys: str) -> list[str]:
    """Headings in both languages at once."""
    return [f"{say(key).en} {say(key).zh}" for key in keys]


def _table(book: Workbook, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"
    for i, column in enumerate(columns):
        sheet.column_dimensions[get_column_letter(i + 1)].width = WIDTHS.get(column, 14)
    writer = _Writer(sheet)
    writer.row(columns, **_HEAD)
    dated = columns.index("date") if "date" in columns else -1
    for row in rows:
        writer.row([_date(v) if i == dated else v for i, v in enumerate(row)])


def _largest_prices(table: Table) -> list[tuple[Any, ...]]:
    """The rows with the largest prices, in the table's order; all of them are in prices.csv."""
    at = table.columns.index("price")
    largest = sorted(range(len(table)), key=lambda i: -abs(table.rows[i][at] or 0.0))[:MOST_PRICES]
    return [table.rows[i] for i in sorted(largest)]


class _Writer:
    """Appends rows of styled cells; the style of each kind of value is made once and shared."""

    def __init__(self, sheet: Any):
        self.sheet = sheet
        self._styles: dict[str, Any] = {}

    def row(self, values: Iterable[Any], number: str | None = None, **style: Any) -> None:
        self.sheet.append([self._cell(value, number, style) for value in values])

    def _cell(self, value: Any, number: str | None, style: dict[str, Any]) -> Any:
        if hasattr(value, "item"):
            value = value.item()
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return None
        text = isinstance(value, str)
        if text:
            value = _CONTROL.sub("\ufffd", value)[:32_767]
        format_ = number or _format(value)
        risky = text and value[:1] in ("=", "+", "-", "@", "\t", "\r")
        if not style and not risky and format_ is None:
            return value
        cell = WriteOnlyCell(self.sheet, value=None)
        key = f"{format_}|{risky}|{sorted(style)}"
        if key in self._styles:
            cell._style = self._styles[key]
        else:
            for name, part in style.items():
                setattr(cell, name, part)
            if format_ is not None:
                cell.number_format = format_
            cell.quotePrefix = risky
            self._styles[key] = cell._style
        cell.value = value
        if text:
            cell.data_type = "s"
        return cell


def _format(value: Any) -> str | None:
    if isinstance(value, (bool, str)):
        return None
    if isinstance(value, dt.date):
        return "yyyy-mm-dd"
    return "#,##0.00" if isinstance(value, float) else "#,##0"


def _date(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            return value
    return value
