"""balance.csv and reasons.csv: what was offered, moved and left, and why it was left or sent off-site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.check.folder import Sheet
from optimizer.check.moves import Flows, Places, expect_rows
from optimizer.check.result import FIGURE, Ledger, agree, number, slack
from optimizer.check.sites import Served
from optimizer.check.stocks import Stocks
from optimizer.scenario import Floats, Scenario

FILE = "balance.csv"
REASONS = "reasons.csv"
SIDES = ("supply", "demand", "stock")


@dataclass(frozen=True)
class Left:
    """What is unserved, by side; ``stock`` is (H, K) t of opening stock that could not be cleared."""

    supply: Served
    demand: Served
    stock: Floats


def check_balance(scenario: Scenario, sheet: Sheet, left: Left, stocks: Stocks, ledger: Ledger) -> None:
    """Every lot and need has its row with the recomputed masses; opening stock where it could not be cleared."""
    expect_rows(
        ledger,
        np.array([side in SIDES for side in sheet["side"]], dtype=bool),
        sheet,
        "side",
        lambda i: f"'{sheet['side'][i]}' is not known; expected supply, demand or stock",
    )
    names = scenario.materials.ids
    lots, needs = scenario.supplies, scenario.demands
    own = [names[c // 3] for c in lots.commodity.tolist()]
    _check_side(sheet, "supply", lots.ids, own, left.supply, ledger)
    first = [names[m] for m in needs.first_material.tolist()]
    _check_side(sheet, "demand", needs.ids, first, left.demand, ledger)
    _check_stock_side(scenario, sheet, left.stock, stocks, ledger)


def _check_side(
    sheet: Sheet, side: str, ids: tuple[str, ...], material: list[str], served: Served, ledger: Ledger
) -> None:
    known = {name: i for i, name in enumerate(ids)}
    seen: dict[int, int] = {}
    right = {"offered_t": served.offered, "moved_t": served.moved, "unserved_t": served.unserved}
    for row in (r for r, s in enumerate(sheet["side"]) if s == side):
        line, i = int(sheet.line[row]), known.get(sheet["id"][row], -1)
        ledger.expect(i >= 0, FILE, line, "id", f"'{sheet['id'][row]}' is not the id of a {side} of this scenario")
        if i < 0:
            continue
        ledger.expect(i not in seen, FILE, line, "id", f"{ids[i]} has its row already, {seen.get(i)}")
        if seen.setdefault(i, line) != line:
            continue
        given = sheet["material"][row]
        ledger.expect(given == material[i], FILE, line, "material", f"'{given}' where {ids[i]} has {material[i]}")
        for column, values in right.items():
            t = float(sheet[column][row])
            message = f"{number(t)} t where inputs and flows make {number(values[i])} t for {ids[i]}"
            ledger.expect(bool(agree(t, values[i])), FILE, line, column, message, t - values[i])
    for i, name in enumerate(ids):
        matters = served.offered[i] + served.moved[i] > slack(0.0)
        message = f"no row for the {side} {name}, which has {number(served.offered[i])} t"
        ledger.expect(i in seen or not matters, FILE, 0, "", message, served.offered[i])


def _check_stock_side(scenario: Scenario, sheet: Sheet, uncleared: Floats, stocks: Stocks, ledger: Ledger) -> None:
    """Unserved opening stock per facility; which of several commodities counts as left is the plan's choice."""
    ids = scenario.facilities.ids
    told = dict.fromkeys(ids, 0.0)
    lines: dict[str, int] = {}
    for row in (r for r, s in enumerate(sheet["side"]) if s == "stock"):
        line, name, t = int(sheet.line[row]), sheet["id"][row], float(sheet["unserved_t"][row])
        ledger.expect(name in told, FILE, line, "id", f"'{name}' is not the id of a facility of this scenario")
        ledger.expect(t >= 0, FILE, line, "unserved_t", f"{number(t)} t; expected 0 t or more", t)
        if name in told:
            told[name] += t
            lines[name] = line
    for h, f in enumerate(stocks.facility.tolist()):
        given, right = told.pop(ids[f]), float(uncleared[h].sum())
        message = f"{number(given)} t of the opening stock of {ids[f]} where {number(right)} t could not be cleared"
        scale = float(stocks.opening[h].sum() + stocks.came[h].sum())
        holds = bool(abs(given - right) <= slack(scale))
        ledger.expect(holds, FILE, lines.get(ids[f], 0), "unserved_t", message, given - right)
    for name, given in told.items():
        message = f"{number(given)} t of opening stock at {name}, which has none"
        ledger.expect(bool(given <= slack(0.0)), FILE, lines.get(name, 0), "unserved_t", message, given)


def check_reasons(
    scenario: Scenario, places: Places, flows: Flows, sheet: Sheet, left: Left, stocks: Stocks, ledger: Ledger
) -> None:
    """The reasons of each place add up to what it leaves unserved and what it sends off-site, and say why."""
    expect_rows(
        ledger,
        np.array([what in ("unserved", "offsite") for what in sheet["what"]], dtype=bool),
        sheet,
        "what",
        lambda i: f"'{sheet['what'][i]}' is not known; expected unserved or offsite",
    )
    expect_rows(
        ledger,
        np.array([bool(why.strip()) for why in sheet["why"]], dtype=bool),
        sheet,
        "why",
        lambda i: f"is blank; expected why {number(sheet['t'][i])} t of {sheet['id'][i]} are {sheet['what'][i]}",
    )
    owed: dict[tuple[str, str], float] = {}
    for ids, t in ((scenario.supplies.ids, left.supply.unserved), (scenario.demands.ids, left.demand.unserved)):
        owed |= {(name, "unserved"): float(amount) for name, amount in zip(ids, t, strict=True)}
    for h, f in enumerate(stocks.facility.tolist()):
        owed[scenario.facilities.ids[f], "unserved"] = float(left.stock[h].sum())
    away = places.are(flows.to, "offsite")
    sent = np.bincount(flows.origin[away], weights=flows.t[away], minlength=len(places.ids))
    owed |= {(name, "offsite"): float(t) for name, t in zip(places.ids, sent, strict=True)}
    told: dict[tuple[str, str], float] = {}
    lines: dict[tuple[str, str], int] = {}
    for name, what, t, line in zip(sheet["id"], sheet["what"], sheet["t"], sheet.line, strict=True):
        told[name, what] = told.get((name, what), 0.0) + float(t)
        lines[name, what] = int(line)
    words = {"unserved": "are unserved", "offsite": "go off-site"}
    for key in sorted(owed.keys() | {k for k in told if k[1] in words}):
        given, right = told.get(key, 0.0), owed.get(key, 0.0)
        message = f"reasons for {number(given)} t of {key[0]} where {number(right)} t {words[key[1]]}"
        holds = bool(agree(given, right, FIGURE))
        ledger.expect(holds, REASONS, lines.get(key, 0), "t", message, given - right)
