"""site.csv: candidates that a siting opened, what they cost and what passes through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.check.folder import Sheet, read_sheet, refuse
from optimizer.check.moves import Flows, Places
from optimizer.check.result import FIGURE, Ledger, agree, number
from optimizer.errors import Fault
from optimizer.scenario import Scenario

FILE = "site.csv"
COLUMNS = {"facility": "text", "open": "text", "t": "number", "opening_cost": "number"}


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
    """The scenario in which the candidates that site.csv opens are open on their dates."""
    if sited is None:
        return scenario
    f = scenario.facilities
    chosen = {name for name, word in zip(sited["facility"], sited["open"], strict=True) if word == "true"}
    opens = np.array(
        [name in chosen and status == "candidate" for name, status in zip(f.ids, f.status, strict=True)], dtype=bool
    )
    return replace(scenario, facilities=replace(f, open=f.open | (f.dates & opens[:, None])))


def check_siting(
    scenario: Scenario, places: Places, flows: Flows, sited: Sheet, summary: Mapping[str, Any], ledger: Ledger
) -> None:
    """Every candidate has its row, with its own opening cost and what passes; count and budget are kept."""
    f = scenario.facilities
    candidates = {name: i for i, name in enumerate(f.ids) if f.status[i] == "candidate"}
    seen: set[str] = set()
    paid, opened = 0.0, 0
    for row, name in enumerate(sited["facility"]):
        line, word = int(sited.line[row]), sited["open"][row]
        ledger.expect(name in candidates, FILE, line, "facility", f"'{name}' is not a candidate of this scenario")
        ledger.expect(name not in seen, FILE, line, "facility", f"{name} has its row already")
        ledger.expect(word in ("true", "false"), FILE, line, "open", f"'{word}' is neither true nor false")
        seen.add(name)
        if name not in candidates:
            continue
        i = candidates[name]
        cost, t = float(sited["opening_cost"][row]), float(sited["t"][row])
        told = f"{number(cost)} where opening {name} costs {number(f.opening_cost[i])} CNY"
        ledger.expect(bool(agree(cost, f.opening_cost[i])), FILE, line, "opening_cost", told)
        node = places.first_facility + i
        right = flows.total((flows.origin if f.kind[i] == "quarry" else flows.to) == node)
        told = f"{number(t)} t where the flows make {number(right)} t"
        ledger.expect(bool(agree(t, right, FIGURE)), FILE, line, "t", told, t - right)
        paid, opened = paid + float(f.opening_cost[i]) * (word == "true"), opened + (word == "true")
    for name in candidates:
        ledger.expect(name in seen, FILE, 0, "facility", f"no row for the candidate {name}")
    rules = summary.get("site")
    rules = rules if isinstance(rules, dict) else {}
    most, budget = rules.get("max_open"), rules.get("budget")
    if most is not None:
        ledger.expect(opened <= most, FILE, 0, "open", f"{opened} candidates open, more than {most}")
    if budget is not None:
        told = f"openings cost {number(paid)} CNY, more than the budget of {number(budget)}"
        ledger.expect(paid <= budget * (1 + 1e-9) + 1e-6, FILE, 0, "opening_cost", told, paid - budget)
