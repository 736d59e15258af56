"""What streets bear: the share that scenario.toml allows, and streets.csv of a siting."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from optimizer.check.folder import Sheet, read_sheet, refuse
from optimizer.check.moves import Flows
from optimizer.check.result import FIGURE, Ledger, agree, number
from optimizer.errors import Fault
from optimizer.scenario import Scenario

FILE = "streets.csv"
FIGURES = ("received_t", "passages", "share", "compensation", "contribution")
SHARE = 1e-6
OUTSIDE = ("offsite", "quarry")


def read_streets(plan_folder: Path) -> Sheet | None:
    """streets.csv, or None where there is none.

    Raises:
        InputError: it cannot be read.
    """
    if not (plan_folder / FILE).exists():
        return None
    faults: list[Fault] = []
    sheet = read_sheet(plan_folder / FILE, {"street": "text", **dict.fromkeys(FIGURES, "number")}, faults)
    refuse(faults)
    return sheet


def check_streets(scenario: Scenario, flows: Flows, sheet: Sheet | None, ledger: Ledger) -> None:
    """No street bears more than its share; and streets.csv tells what the flows make."""
    right = recount(scenario, flows)
    limit = scenario.streets.max_share
    hosts = {
        street
        for street, kind in zip(scenario.facilities.street, scenario.facilities.kind, strict=True)
        if kind not in OUTSIDE
    }
    for street in sorted(hosts - {""}) if limit < 1 else ():
        share = right[street]["share"]
        told = f"{street} bears {share:.2%} of what all streets bear, more than {limit:.2%}"
        ledger.expect(share <= limit + SHARE, "flows.csv", 0, "to", told, share - limit)
    if sheet is None:
        return
    for i, street in enumerate(sheet["street"]):
        for figure in FIGURES:
            given, made = float(sheet[figure][i]), right[street][figure]
            told = f"{number(given)} where the flows of {street or 'no street'} make {number(made)}"
            near = bool(agree(given, made, SHARE if figure == "share" else FIGURE))
            ledger.expect(near, FILE, int(sheet.line[i]), figure, told, given - made)
    missing = {street for street, figures in right.items() if figures["received_t"]} - set(sheet["street"])
    ledger.expect(not missing, FILE, 0, "street", f"has no row for {', '.join(sorted(missing))}")


def largest_burden(scenario: Scenario, flows: Flows) -> float:
    """What the goal `fairness` counts: the most that one street bears, in t received there."""
    rules, right = scenario.streets, recount(scenario, flows)
    a_tonne = rules.per_t or rules.per_passage / rules.truck_t or 1.0
    return max((own["burden"] for own in right.values()), default=0.0) / a_tonne


def recount(scenario: Scenario, flows: Flows) -> defaultdict[str, dict[str, float]]:
    """Street → its figures, from the rows of flows.csv one by one."""
    rules, street = scenario.streets, scenario.street_of
    paying = rules.per_t > 0 or rules.per_passage > 0
    totals: defaultdict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys((*FIGURES, "burden"), 0.0))
    for origin, to, t in zip(flows.origin.tolist(), flows.to.tolist(), flows.t.tolist(), strict=True):
        facility = to - scenario.first_facility
        if facility >= 0 and scenario.facilities.kind[facility] not in OUTSIDE:
            totals[street[to]]["received_t"] += t
        for name in {street[origin], street[to]}:
            totals[name]["passages"] += t / rules.truck_t
    released: defaultdict[str, float] = defaultdict(float)
    for i, name in enumerate(scenario.supplies.street):
        released[name] += float(scenario.supplies.release[i].sum())
    for name, own in list(totals.items()):
        if name:
            own["compensation"] = rules.per_t * own["received_t"] + rules.per_passage * own["passages"]
            own["burden"] = own["compensation"] if paying else own["received_t"]
    burden, paid = (sum(own[key] for own in totals.values()) for key in ("burden", "compensation"))
    everything = sum(released.values())
    for name in {*totals, *released}:
        own = totals[name]
        own["share"] = own["burden"] / burden if burden else 0.0
        own["contribution"] = paid * released[name] / everything if everything else 0.0
    return totals
