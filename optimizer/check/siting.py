"""site.csv: candidates that a siting opened, at which size and when, what they cost and what passes through them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.check.folder import Sheet, read_sheet, refuse
from optimizer.check.moves import Flows, Places
from optimizer.check.result import FIGURE, Ledger, agree, number
from optimizer.errors import Fault
from optimizer.scenario import Floats, Scenario

FILE = "site.csv"
COLUMNS = {
    "facility": "text", "open": "text", "t": "number", "opening_cost": "number", "size": "text", "from": "text",
    "to": "text", "lease": "number or blank", "restoration": "number or blank",
}  # fmt: skip
MONTHS_A_YEAR, DAYS_A_YEAR = 12, 365


@dataclass(frozen=True)
class Opening:
    """One row that opens a candidate, read by the scenario: what it says, and what its size says.

    Attributes:
        facility: number.
        first, last: days of the horizon.
        chosen_dates: its dates are a choice, for it pays a lease.
        storage, daily_in, daily_out: of its size; gates by day.
        opening, lease, restoration: CNY that are right for this row.
    """

    line: int
    row: int
    facility: int
    first: int
    last: int
    chosen_dates: bool
    storage: float
    daily_in: Floats
    daily_out: Floats
    opening: float
    lease: float
    restoration: float

    @property
    def cost(self) -> float:
        """All that it costs over the horizon."""
        return self.opening + self.lease + self.restoration


def read_siting(plan_folder: Path) -> Sheet | None:
    """The table, or None where the plan is no siting.

    Raises:
        InputError: it cannot be read.
    """
    if not (plan_folder / FILE).exists():
        return None
    faults: list[Fault] = []
    sheet = read_sheet(plan_folder / FILE, COLUMNS, faults)
    refuse(faults)
    return sheet


def with_openings(scenario: Scenario, sited: Sheet | None) -> Scenario:
    """The scenario in which the candidates that site.csv opens are open on their days, at their size and cost."""
    if sited is None:
        return scenario
    f, days = scenario.facilities, np.arange(scenario.days)
    names = ("open", "storage", "daily_in", "daily_out", "opening_cost", "empty_from")
    parts = {name: getattr(f, name).copy() for name in names}
    for one in openings(scenario, sited):
        i = one.facility
        parts["open"][i] |= f.dates[i] & (days >= one.first) & (days <= one.last)
        parts["storage"][i], parts["opening_cost"][i] = one.storage, one.cost
        parts["daily_in"][i], parts["daily_out"][i] = one.daily_in, one.daily_out
        if one.chosen_dates:
            parts["empty_from"][i] = one.last + 1
    return replace(scenario, facilities=replace(f, **parts))


def openings(scenario: Scenario, sited: Sheet) -> Iterator[Opening]:
    """The rows that open a candidate of the scenario at a size and on dates that there are."""
    f, z = scenario.facilities, scenario.sizes
    candidates = {name: i for i, name in enumerate(f.ids) if f.status[i] == "candidate"}
    for row, name in enumerate(sited["facility"]):
        if sited["open"][row] != "true" or name not in candidates:
            continue
        i = candidates[name]
        own = np.flatnonzero(z.facility == i).tolist()
        n = next((n for n in own if z.ids[n] == sited["size"][row]), None)
        span = _span(scenario, sited["from"][row], sited["to"][row])
        if span is None or (n is None) != (not own):
            continue
        first, last = span
        months = (last - first + 1) * scenario.period_days * MONTHS_A_YEAR / DAYS_A_YEAR
        leased = bool((z.lease[own] > 0).any()) if own else f.lease[i] > 0
        opening, lease, restoration = (
            float(f_column[i] if n is None else z_column[n])
            for f_column, z_column in (
                (f.opening_cost, z.opening_cost), (f.lease, z.lease), (f.restoration, z.restoration),
            )
        )  # fmt: skip
        gates = [
            own_gate[i] if n is None or np.isnan(size[n]) else np.where(f.dates[i], size[n], 0.0)
            for own_gate, size in ((f.daily_in, z.daily_in), (f.daily_out, z.daily_out))
        ]
        yield Opening(
            int(sited.line[row]), row, i, first, last, leased, float(f.storage[i] if n is None else z.storage[n]),
            gates[0], gates[1], opening, lease * months, restoration if last < scenario.days - 1 else 0.0,
        )  # fmt: skip


def _span(scenario: Scenario, first: str, last: str) -> tuple[int, int] | None:
    """First and last day of the horizon; None where the dates are none, or begin or end within a period."""
    try:
        begins, ends = (dt.date.fromisoformat(text) - scenario.start for text in (first, last))
    except ValueError:
        return None
    a, within = divmod(begins.days, scenario.period_days)
    b, left = divmod(ends.days + 1, scenario.period_days)
    return (a, b - 1) if within == left == 0 and 0 <= a < b <= scenario.days else None


def check_siting(
    scenario: Scenario, places: Places, flows: Flows, sited: Sheet, summary: Mapping[str, Any], ledger: Ledger
) -> None:
    """Every candidate has its row, with its own costs and what passes; count and budget are kept.

    Args:
        scenario: as it was read, before anything opens.
    """
    f = scenario.facilities
    candidates = {name: i for i, name in enumerate(f.ids) if f.status[i] == "candidate"}
    seen: set[str] = set()
    known = {one.row: one for one in openings(scenario, sited)}
    for row, name in enumerate(sited["facility"]):
        line, word = int(sited.line[row]), sited["open"][row]
        ledger.expect(name in candidates, FILE, line, "facility", f"'{name}' is not a candidate of this scenario")
        ledger.expect(name not in seen, FILE, line, "facility", f"{name} has its row already")
        ledger.expect(word in ("true", "false"), FILE, line, "open", f"'{word}' is neither true nor false")
        seen.add(name)
        if name not in candidates:
            continue
        i = candidates[name]
        if word == "true":
            told = "names a size or dates that this candidate does not have"
            ledger.expect(row in known, FILE, line, "size", told)
        _check_money(scenario, sited, row, i, known.get(row), ledger)
        t, node = float(sited["t"][row]), places.first_facility + i
        right = flows.total((flows.origin if f.kind[i] == "quarry" else flows.to) == node)
        told = f"{number(t)} t where the flows make {number(right)} t"
        ledger.expect(bool(agree(t, right, FIGURE)), FILE, line, "t", told, t - right)
    for name in candidates:
        ledger.expect(name in seen, FILE, 0, "facility", f"no row for the candidate {name}")
    _check_rules(sum(one.cost for one in known.values()), sum(w == "true" for w in sited["open"]), summary, ledger)


def _check_money(scenario: Scenario, sited: Sheet, row: int, i: int, one: Opening | None, ledger: Ledger) -> None:
    """Opening cost (of a closed one with sizes the least), lease of its days, restoration where it closes."""
    f, z = scenario.facilities, scenario.sizes
    own = z.opening_cost[z.facility == i]
    right = {"opening_cost": float(own.min()) if len(own) else float(f.opening_cost[i])}
    if one is not None:
        right = {"opening_cost": one.opening, "lease": one.lease, "restoration": one.restoration}
    for column, cny in right.items():
        given = float(sited[column][row])
        told = f"{number(given)} where {f.ids[i]} costs {number(cny)} CNY"
        ledger.expect(bool(agree(given, cny)), FILE, int(sited.line[row]), column, told)


def _check_rules(paid: float, opened: int, summary: Mapping[str, Any], ledger: Ledger) -> None:
    rules = summary.get("site")
    rules = rules if isinstance(rules, dict) else {}
    most, budget = rules.get("max_open"), rules.get("budget")
    if most is not None:
        ledger.expect(opened <= most, FILE, 0, "open", f"{opened} candidates open, more than {most}")
    if budget is not None:
        told = f"openings cost {number(paid)} CNY, more than the budget of {number(budget)}"
        ledger.expect(paid <= budget * (1 + 1e-9) + 1e-6, FILE, 0, "opening_cost", told, paid - budget)
