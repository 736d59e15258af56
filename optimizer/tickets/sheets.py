"""sheets/DATE.html: a printable page for every truck that drives on a day, its tickets in order, a code on each."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from importlib.resources import files
from typing import Any

from optimizer.report import environment
from optimizer.scenario import Scenario
from optimizer.tables import Table
from optimizer.tickets.codes import code_svg, content
from optimizer.tickets.manifest import Places

COLUMNS = ((5, 1), (12, 2), (30, 3))  # tickets up to which a page has so many columns
MOST_COLUMNS = 4


def sheets(scenario: Scenario, trips: Table, trucks: Table) -> dict[str, str]:
    """Pages by date."""
    tickets: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in trips.records():
        tickets[row["date"], row["truck"]].append(row)
    days: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in trucks.records():
        days[record["date"]].append(record)
    places = Places(scenario)
    return {date: _page(scenario, places, date, records, tickets) for date, records in sorted(days.items())}


def _page(
    scenario: Scenario,
    places: Places,
    date: str,
    records: list[dict[str, Any]],
    tickets: dict[tuple[str, str], list[dict[str, Any]]],
) -> str:
    template = files(__package__).joinpath("sheet.html").read_text(encoding="utf-8")
    pages = [_sheet(scenario, places, record, tickets[date, record["truck"]]) for record in records]
    clock = partial(_clock, date=date)
    return environment().from_string(template).render(scenario=scenario, date=date, sheets=pages, clock=clock)


def _sheet(scenario: Scenario, places: Places, record: dict[str, Any], tickets: list[dict[str, Any]]) -> dict[str, Any]:
    from markupsafe import Markup

    tickets = sorted(tickets, key=lambda row: int(row["seq"]))
    columns = next((columns for most, columns in COLUMNS if len(tickets) <= most), MOST_COLUMNS)
    cards = [
        row | {"code": Markup(code_svg(content(row))), "out": places[row["from"]], "come": places[row["to"]],
               "empty": float(row["km_empty"]), "loaded": float(row["km_loaded"]),
               "names": _material(scenario, row["material"]), "tonnes": float(row["t"])}
        for row in tickets
    ]  # fmt: skip
    totals = {name: float(record[name]) for name in ("t", "km_loaded", "km_empty", "duty_h")}
    return {"record": record, "cards": cards, "columns": columns, "rows": -(-len(cards) // columns), "totals": totals}


def _material(scenario: Scenario, name: str) -> tuple[str, str]:
    m = scenario.materials.index[name]
    return scenario.materials.name_en[m] or name, scenario.materials.name_zh[m] or name


def _clock(moment: str, date: str) -> str:
    """Hours and minutes; a plus marks the next day, as after midnight of a night shift."""
    return moment[11:16] + ("" if moment[:10] == date else "⁺¹")
