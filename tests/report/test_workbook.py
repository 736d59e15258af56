"""plan.xlsx: the same tables, real dates and numbers, and no formulas out of names."""

import datetime as dt
import io
from dataclasses import replace

import openpyxl
import pytest

from optimizer.tables import Table
from optimizer.workbook import MOST_PRICES, SHEETS, workbook_bytes


def opened(scenario, plan):
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(scenario, plan)))


@pytest.fixture(scope="module")
def book(scenario, plan):
    return opened(scenario, plan)


def test_sheets(book, plan):
    assert book.sheetnames == ["Summary", *SHEETS]
    for name in SHEETS:
        sheet = book[name]
        assert [cell.value for cell in sheet[1]] == list(plan.tables[name].columns)
        assert sheet.max_row == len(plan.tables[name]) + 1
        assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref.startswith("A1:")


def test_cells_are_dates_and_numbers(book, plan):
    sheet, first = book["flows"], plan.tables["flows"].rows[0]
    date, t = sheet["A2"], sheet["F2"]
    assert date.value.date() == dt.date.fromisoformat(first[0]) and date.number_format == "yyyy-mm-dd"
    assert t.value == pytest.approx(first[5]) and t.number_format == "#,##0.00"


def test_summary_has_both_languages(book, plan):
    rows = [[cell.value for cell in row] for row in book["Summary"].rows]
    rate = next(row for row in rows if row[0] == "Utilisation rate")
    assert rate[1] == "综合利用率"
    assert rate[2] == pytest.approx(plan.summary["kpis"]["utilisation_rate"])
    assert rate[3] == pytest.approx(plan.summary["counterfactual"]["kpis"]["utilisation_rate"])
    assert any(row[0] == "haul work" and row[1] == "运输周转量" for row in rows)


@pytest.mark.parametrize(
    "name", ["=1+1", "+8613", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1+1", "a\x00b\x0bc", "=" * 40_000]
)
def test_text_stays_text(scenario, plan, name):
    row = (name, "unserved", 5.0, "=HYPERLINK(1)", "+1", "因为", "帮助")
    reasons = Table(plan.tables["reasons"].columns, [row])
    sheet = opened(replace(scenario, name=name), replace(plan, tables=plan.tables | {"reasons": reasons}))["reasons"]
    assert {cell.data_type for cell in sheet[2]} == {"s", "n"}
    assert sheet["D2"].value == "=HYPERLINK(1)" and sheet["D2"].data_type == "s" and sheet["D2"].quotePrefix
    assert sheet["A2"].value.replace("\ufffd", "")[:3] == name.replace("\x00", "").replace("\x0b", "")[:3]


def test_blank_and_unlimited_are_blank(scenario, plan):
    rows = [("2025-03-03", "Y1", "topsoil", "2", None, float("nan"), float("inf"), 3.0)]
    tables = plan.tables | {"stocks": Table(plan.tables["stocks"].columns, rows)}
    assert [c.value for c in opened(scenario, replace(plan, tables=tables))["stocks"][2]][4:] == [None, None, None, 3.0]


def test_prices_keep_the_largest(scenario, plan):
    columns = ("id", "side", "material", "date", "price")
    rows = [("Y1", "storage", None, "2025-03-03", float(i)) for i in range(MOST_PRICES + 10)]
    sheet = opened(scenario, replace(plan, tables=plan.tables | {"prices": Table(columns, rows)}))["prices"]
    assert sheet["E2"].value == 10.0 and sheet.max_row == MOST_PRICES + 2
    assert "prices.csv" in sheet.cell(sheet.max_row, 1).value
