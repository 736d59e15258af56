"""The map of ``cutfill site --map`` read a second time: steps at the best places from prices and roads, and the tries.

What the yard's tonne gains on each step is the price of a tonne where it is fetched and where it is sent, less the two
drives and what is paid at the gates; the steps of a place add up to its worth. A try gains no more than its worth.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.check.claims import check_hashes
from optimizer.check.folder import Sheet, read_sheet, refuse
from optimizer.check.result import CheckResult, Ledger, agree, number
from optimizer.check.rows import MAY_SEND
from optimizer.distances import Distances, Reach, measure
from optimizer.errors import Fault
from optimizer.progress import Progress
from optimizer.scenario import GRADES, Scenario, commodity_of

SUMMARY = "heat.json"
COLUMNS = {
    "heat.csv": {"lon": "number", "lat": "number", "worth": "number", "rank": "number or blank"},
    "heat-samples.csv": {"lon": "number", "lat": "number", "worth": "number", "resolved": "number"},
    "heat-steps.csv": {
        "rank": "number", "lon": "number", "lat": "number", "from": "text", "fetched": "date", "to": "text",
        "sent": "date", "material": "text", "grade": "grade", "gain": "number",
    },
    "heat-prices.csv": {"id": "text", "side": "text", "material": "text", "grade": "text", "date": "text",
                        "price": "number"},
}  # fmt: skip
NEAR = 0.01  # CNY per t: places are told to the centimetre, and snapped again


def check_heat(scenario: Scenario, folder: Path, progress: Progress) -> CheckResult:
    """Recomputes a map from its prices and the inputs.

    Raises:
        InputError: a file of the map cannot be read.
    """
    faults: list[Fault] = []
    inputs, weights, most = {}, {}, 0.0
    sheets = {name: read_sheet(folder / name, columns, faults) for name, columns in COLUMNS.items()}
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8-sig"))
        weights = {str(goal): float(weight) for goal, weight in summary["weights"].items()}
        most = float(summary["most"])
        inputs = dict(summary["inputs"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        faults.append(Fault(SUMMARY, 0, "", f"cannot be read as the summary of a map ({error}); make the map again"))
    refuse(faults)
    ledger = Ledger()
    check_hashes(scenario, inputs, SUMMARY, "the map was", ledger)
    _places(sheets["heat.csv"], most, ledger)
    _tries(sheets["heat.csv"], sheets["heat-samples.csv"], ledger)
    distances = measure(scenario, progress, engine="scipy")
    with progress.phase("check"):
        _steps(Money(scenario, weights, _prices(sheets["heat-prices.csv"])), distances, sheets, ledger)
    return CheckResult(tuple(ledger.findings), {"worth": most}, {}, ledger.checks)


def _prices(sheet: Sheet) -> dict[tuple[str, str, str, str, str], float]:
    keys = zip(*(sheet[c] for c in ("side", "id", "material", "grade", "date")), strict=True)
    return dict(zip(keys, sheet["price"].tolist(), strict=True))


def _places(heat: Sheet, most: float, ledger: Ledger) -> None:
    """Nothing is worth less than nothing; the most told is the most there is, and the ranks are in order."""
    worth = heat["worth"]
    ledger.expect_all(worth >= 0, heat.file, lambda i: int(heat.line[i]), "worth", lambda i: f"{number(worth[i])} < 0")
    top = float(worth.max(initial=0.0))
    told = f"{number(most)} where heat.csv has {number(top)} at most"
    ledger.expect(bool(agree(most, top)), SUMMARY, 0, "most", told)
    ranked = np.flatnonzero(~np.isnan(heat["rank"]))
    ranked = ranked[np.argsort(heat["rank"][ranked])]
    falls = np.diff(worth[ranked]) <= NEAR
    ledger.expect_all(
        falls, heat.file, lambda i: int(heat.line[ranked[i + 1]]), "rank", lambda i: "is worth more than the rank above"
    )
    if top > NEAR:
        told = "the place that is worth most has no rank 1"
        ledger.expect(len(ranked) > 0 and worth[ranked[0]] >= top - NEAR, heat.file, 0, "rank", told)


def _tries(heat: Sheet, tries: Sheet, ledger: Ledger) -> None:
    """Every try is at a place of the map, and gains no more than its worth."""
    worth = dict(zip(zip(heat["lon"].tolist(), heat["lat"].tolist(), strict=True), heat["worth"], strict=True))
    for i, line in enumerate(tries.line.tolist()):
        here = worth.get((float(tries["lon"][i]), float(tries["lat"][i])))
        told, resolved = float(tries["worth"][i]), float(tries["resolved"][i])
        ledger.expect(here is not None, tries.file, line, "lon", "is no place of heat.csv")
        if here is not None:
            words = f"{number(told)} where heat.csv has {number(here)}"
            ledger.expect(bool(agree(told, here)), tries.file, line, "worth", words)
        words = f"{number(resolved)} CNY per t, more than the {number(told)} that no yard can exceed"
        ledger.expect(resolved <= told + NEAR, tries.file, line, "resolved", words, resolved - told)


@dataclass(frozen=True)
class Money:
    """What a tonne costs and is worth, from the scenario's rates, the weights of goals and the prices."""

    scenario: Scenario
    weights: Mapping[str, float]
    prices: Mapping[tuple[str, str, str, str, str], float]

    def price(self, side: str, name: str, material: str = "", grade: str = "", day: int | None = None) -> float:
        """Price of a limit; 0 where it is not listed."""
        date = "" if day is None else self.scenario.date(day).isoformat()
        return self.prices.get((side, name, material, grade, date), 0.0)

    def drive(self, km: float) -> float:
        """CNY of a tonne over so many km."""
        c, w = self.scenario.costs, self.weights
        paid = w.get("cost", 0.0) + w.get("welfare", 0.0)
        kg = km * c.co2_per_t_km
        return paid * (km * c.haul_per_t_km + kg * c.carbon_per_kg) + w.get("haul", 0) * km + w.get("carbon", 0) * kg

    def fetched(self, node: int, material: int, grade: str, day: int) -> float:
        """What it saves to take a tonne away there on a day."""
        s = self.scenario
        name, commodity = s.place_ids[node], s.materials.ids[material]
        if node < s.first_demand:
            ask = self.weights.get("welfare", 0.0) * float(np.nan_to_num(s.supplies.ask[node]))
            own = (commodity, grade, day)
            return self.price("supply", name, *own) + self.price("supply_daily", name, *own) - ask
        return self.price("stock", name, commodity, grade, day) + self.price("gate_out", name, day=day)

    def sent(self, node: int, material: int, grade: str, day: int) -> float:
        """What it saves to bring a tonne there on a day, the gate fee paid."""
        s = self.scenario
        if node < s.first_facility:
            return self._to_demand(node - s.first_demand, material, day)
        f, name, commodity = node - s.first_facility, s.place_ids[node], s.materials.ids[material]
        w, kind = self.weights, s.facilities.kind[node - s.first_facility]
        burden = {"offsite": "offsite", "disposal": "landfill", "yard": "transfer"}.get(kind, "")
        fee = (w.get("cost", 0.0) + w.get("welfare", 0.0)) * float(s.facilities.fee[f]) + w.get(burden, 0.0)
        kept = -self.price("stock", name, commodity, grade, day)
        stay = s.facilities.longest_stay[f]
        for later in range(day, int(min(s.days, day + stay))):
            kept -= self.price("longest_stay", name, commodity, grade, later)
        return kept + self.price("gate_in", name, day=day) + self.price("room", name) - fee

    def _to_demand(self, i: int, material: int, day: int) -> float:
        d, mixes, ids = self.scenario.demands, self.scenario.mixes, self.scenario.materials.ids
        name, first = d.ids[i], ids[d.first_material[i]]
        of_first = d.units_per_t[i, material] / d.units_per_t[i, d.first_material[i]]
        total = self.price("demand", name, first) + self.price("demand_required", name, first)
        total = (total + self.price("demand_daily", name, first, day=day)) * of_first
        for row in np.flatnonzero(mixes.demand == i).tolist():
            mine = float(mixes.material[row] == material)
            for side, share in (("blend_min", mixes.min_share[row]), ("blend_max", mixes.max_share[row])):
                total += (mine - float(share)) * self.price(side, name, ids[mixes.material[row]])
        return float(total + self.weights.get("welfare", 0.0) * np.nan_to_num(d.bid[i]))


def _steps(money: Money, distances: Distances, sheets: Mapping[str, Sheet], ledger: Ledger) -> None:
    """Every step is allowed and gains what its prices, drives and fees make; a place's steps make its worth."""
    s, steps, heat = money.scenario, sheets["heat-steps.csv"], sheets["heat.csv"]
    number_of = {name: node for node, name in enumerate(s.place_ids)}
    gains: dict[int, float] = defaultdict(float)
    ways: dict[int, Reach] = {}
    for i, line in enumerate(steps.line.tolist()):
        step = {name: steps[name][i] for name in COLUMNS["heat-steps.csv"]}
        rank, why = int(step["rank"]), _refused(s, number_of, step)
        ledger.expect(not why, steps.file, line, "from", why)
        gains[rank] += float(step["gain"])
        if why or distances.reach is None:
            continue
        way = ways.setdefault(rank, distances.reach(float(step["lon"]), float(step["lat"])))
        right = _gain(money, number_of, step, way)
        words = f"{number(step['gain'])} CNY where prices, drives and fees make {number(right)}"
        ledger.expect(abs(right - step["gain"]) <= NEAR, steps.file, line, "gain", words, right - step["gain"])
    for i in np.flatnonzero(~np.isnan(heat["rank"])).tolist():
        right = gains[int(heat["rank"][i])]
        words = f"{number(heat['worth'][i])} CNY where its steps make {number(right)}"
        ledger.expect(abs(right - heat["worth"][i]) <= NEAR, heat.file, int(heat.line[i]), "worth", words)


def _gain(money: Money, number_of: Mapping[str, int], step: Mapping[str, Any], way: Reach) -> float:
    s = money.scenario
    material, grade = s.materials.index[step["material"]], str(step["grade"])
    a, b = number_of[step["from"]], number_of[step["to"]]
    start = s.start.toordinal()
    drives = money.drive(float(way.km_in[a])) + money.drive(float(way.km_out[b]))
    gained = money.fetched(a, material, grade, (step["fetched"] - start) // s.period_days)
    gained += money.sent(b, material, grade, (step["sent"] - start) // s.period_days)
    return gained - drives - money.weights.get("transfer", 0.0)


def _refused(s: Scenario, number_of: Mapping[str, int], step: Mapping[str, Any]) -> str:
    """Why a step may not be; blank when it may."""
    a, b = number_of.get(step["from"]), number_of.get(step["to"])
    if a is None or b is None or step["material"] not in s.materials.index:
        return "names a place or material that the scenario does not have"
    kinds = ("supply",) * len(s.supplies.ids) + ("demand",) * len(s.demands.ids) + s.facilities.kind
    if "yard" not in MAY_SEND.get(kinds[a], ()) or kinds[b] not in MAY_SEND["yard"]:
        return f"{kinds[a]} to yard to {kinds[b]} is no way that goods may go"
    start = s.start.toordinal()
    if not 0 <= step["fetched"] - start <= step["sent"] - start < s.days * s.period_days:
        return "is sent before it is fetched, or outside the horizon"
    own = int(commodity_of(s.materials.index[step["material"]], int(step["grade"])))
    if a < s.first_demand and s.supplies.commodity[a] != own:
        return f"{step['from']} has no {step['material']}"
    takes = np.concatenate([s.demands.accepts, s.facilities.accepts])[b - s.first_demand]
    if not takes[own // GRADES]:
        return f"{step['to']} does not accept {step['material']}"
    return ""
