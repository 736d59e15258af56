"""What has moved and what was ordered, in the scenario's numbers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optimizer.check.folder import PlanFolder
from optimizer.intake.csv_source import read_csv
from optimizer.intake.faults import Faults
from optimizer.intake.library import build_library
from optimizer.intake.lookups import Ids
from optimizer.intake.typed import Typed, read_table, rows_where
from optimizer.read import Inputs
from optimizer.scenario import GRADES, PLANTS, Floats, Ints, Scenario, commodity_of
from optimizer.schema import MOST_T, PLACE_TABLES, Field, TableSpec

UNREAD = ("km", "t_km", "minutes", "cost", "via")  # columns of flows.csv, so that a corrected copy of it can be given
ACTUALS = TableSpec("actuals", "What has moved.", "已完成的运输。", (
    Field("date", "date", "Day on which it moved.", "运输日期。", required=True),
    Field("from", "ref", "Where it was loaded.", "装车地点。", required=True, refers=PLACE_TABLES),
    Field("to", "ref", "Where it was tipped.", "卸车地点。", required=True, refers=PLACE_TABLES),
    Field("material", "material", "Material.", "材料。", required=True),
    Field("grade", "grade", "Grade; blank = the lot's own, or 2.", "等级；空白为该批土自身等级或 2。"),
    Field("t", "number", "Tonnes.", "吨数。", unit="t", required=True, low=0, high=MOST_T),
    *(Field(name, "text", "Not read.", "不读取。") for name in UNREAD),
))  # fmt: skip

STOCKTAKE = TableSpec("stocktake", "Stock that was measured.", "实测库存。", (
    Field("date", "date", "Evening on which it was measured.", "盘点日期（当日收工后）。", required=True),
    Field("facility", "ref", "Yard or plant.", "转运场或处理厂。", required=True, refers=("facilities",)),
    Field("material", "material", "Material.", "材料。", required=True),
    Field("grade", "grade", "Grade; blank = 2.", "等级；空白为 2。"),
    Field("t", "number", "Tonnes that lie there.", "实测吨数。", unit="t", required=True, low=0, high=MOST_T),
))  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """Stock measured on the evening of a day: t of a commodity at a facility (by number)."""

    day: int
    facility: int
    commodity: int
    t: float


@dataclass(frozen=True)
class Moves:
    """Tonnes moved or ordered; places are node numbers, days those of the scenario's horizon."""

    day: Ints
    origin: Ints
    destination: Ints
    commodity: Ints
    t: Floats

    def before(self, day: int) -> Moves:
        """Those of earlier days."""
        early = self.day < day
        ends = self.origin[early], self.destination[early]
        return Moves(self.day[early], *ends, self.commodity[early], self.t[early])


def read_actuals(path: Path, inputs: Inputs, first: int) -> Moves:
    """Everything that moved before day ``first``; several rows of one kind add up, what is not listed did not move.

    Raises:
        InputError: with every fault of the file.
    """
    faults, scenario = Faults(), inputs.scenario
    table, material, (origin, destination) = _read(path, ACTUALS, inputs, ("from", "to"), faults)
    grade = _grades(scenario, table, origin)
    start = scenario.start.toordinal()
    _refuse_odd_days(table, scenario, first, faults)
    _refuse_odd_ends(table, scenario, origin, destination, commodity_of(material, grade), faults)
    faults.raise_if_any()
    return Moves(
        (table["date"] - start).astype(np.int32), origin, destination, commodity_of(material, grade), table["t"]
    )


def read_stocktake(path: Path, inputs: Inputs, first: int) -> list[Taken]:
    """What was measured before day ``first``; what is not listed lies there as booked.

    Raises:
        InputError: with every fault of the file.
    """
    faults, scenario = Faults(), inputs.scenario
    table, material, (facility,) = _read(path, STOCKTAKE, inputs, ("facility",), faults)
    commodity = commodity_of(material, np.where(table["grade"] == 0, 2, table["grade"]))
    _refuse_odd_days(table, scenario, first, faults)
    _refuse_odd_stock(table, scenario, first, facility, commodity, faults)
    faults.raise_if_any()
    day = (table["date"] - scenario.start.toordinal()).tolist()
    return [
        Taken(int(d), int(f), int(k), float(t))
        for d, f, k, t in zip(day, facility.tolist(), commodity.tolist(), table["t"].tolist(), strict=True)
    ]


def _read(
    path: Path, spec: TableSpec, inputs: Inputs, ends: tuple[str, ...], faults: Faults
) -> tuple[Typed, Ints, list[Ints]]:
    """A table, its materials by number, and the nodes that each of some columns names; -1 where a fault was found."""
    table = read_table(read_csv(path, spec, path.name, faults, {}), spec, path.name, faults)
    places = Ids()
    for name in PLACE_TABLES:
        places.add(inputs.tables[name], inputs.tables[name].spec.key[0], faults)
    nodes = [places.column(table, end, faults) for end in ends]
    return table, build_library(inputs.tables["materials"], Faults()).column(table, "material", faults), nodes


def _refuse_odd_stock(
    table: Typed, scenario: Scenario, first: int, facility: Ints, commodity: Ints, faults: Faults
) -> None:
    """Stock lies in yards and plants, is measured once, and in a plant when the last day is over."""
    f, evening = scenario.facilities, scenario.start.toordinal() + first - 1
    seen: dict[tuple[int, int], int] = {}
    for row in range(len(table)):
        at, what = int(facility[row]), int(commodity[row])
        if at < 0 or what < 0:
            continue
        if f.kind[at] != "yard" and f.kind[at] not in PLANTS:
            told = f"{f.ids[at]} is of kind {f.kind[at]}; stock lies in yards and plants"
            table.fault(faults, row, "facility", told)
        elif f.kind[at] in PLANTS and not table.bad["date"][row] and table["date"][row] != evening:
            told = f"what a plant had processed by then is not known; expected {scenario.date(first - 1)}"
            table.fault(faults, row, "date", told)
        before = seen.setdefault((at, what), row)
        if before != row:
            told = f"{f.ids[at]} has this material and grade already; expected one row"
            table.fault(faults, row, "material", told)


def _grades(scenario: Scenario, table: Typed, origin: Ints) -> Ints:
    lots = scenario.supplies.commodity % GRADES + 1
    of_lot = (origin >= 0) & (origin < scenario.first_demand)
    own = np.full(len(table), 2, dtype=np.int32)
    own[of_lot] = lots[origin[of_lot]]
    return np.where(table["grade"] == 0, own, table["grade"]).astype(np.int32)


def _refuse_odd_days(table: Typed, scenario: Scenario, first: int, faults: Faults) -> None:
    start = scenario.start.toordinal()
    known = ~table.bad["date"]
    odd = rows_where(known & ((table["date"] < start) | (table["date"] >= start + first)))
    for row in odd[:1]:
        told = dt.date.fromordinal(int(table["date"][row]))
        last = scenario.date(first - 1) if first else None
        expected = f"{scenario.start} to {last}" if last else "no rows, because the plan begins on that day"
        others = f" (nor are those of {len(odd) - 1} other rows)" if len(odd) > 1 else ""
        table.fault(faults, row, "date", f"{told} is not history of this plan{others}; expected {expected}")


def _refuse_odd_ends(
    table: Typed, scenario: Scenario, origin: Ints, destination: Ints, commodity: Ints, faults: Faults
) -> None:
    """What no ledger could hold: soil out of a need or into a pit, another material than the lot's or the need's."""
    ids, demand, facility = scenario.place_ids, scenario.first_demand, scenario.first_facility
    for row in range(len(table)):
        a, b, k = int(origin[row]), int(destination[row]), int(commodity[row])
        if a < 0 or b < 0 or k < 0:
            continue
        if demand <= a < facility:
            table.fault(faults, row, "from", f"{ids[a]} is a demand; expected a supply or facility")
        if b < demand:
            table.fault(faults, row, "to", f"{ids[b]} is a supply; expected a demand or facility")
        elif b < facility and np.isnan(scenario.demands.units_per_t[b - demand, k // GRADES]):
            table.fault(faults, row, "material", f"{ids[b]} does not accept it, so it cannot be counted there")
        if a < demand and scenario.supplies.commodity[a] != k:
            own = " grade ".join(scenario.commodity_name(int(scenario.supplies.commodity[a])))
            table.fault(faults, row, "material", f"{ids[a]} holds {own}; correct the material or the grade")


def ordered(plan: PlanFolder, scenario: Scenario) -> Moves:
    """The flows of a plan, those between places or of materials that the scenario still has."""
    places = {name: node for node, name in enumerate(scenario.place_ids)}
    materials = scenario.materials.index
    flows = plan.flows
    origin = np.array([places.get(name, -1) for name in flows["from"]], dtype=np.int32)
    destination = np.array([places.get(name, -1) for name in flows["to"]], dtype=np.int32)
    material = np.array([materials.get(name, -1) for name in flows["material"]], dtype=np.int32)
    day = flows["date"] - scenario.start.toordinal()
    known = (origin >= 0) & (destination >= 0) & (material >= 0) & (day >= 0)
    commodity = commodity_of(material, flows["grade"])
    return Moves(day[known].astype(np.int32), origin[known], destination[known], commodity[known], flows["t"][known])
