"""Each row of processing.csv: is there a recipe, is the plant open and fast enough, what does it make?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.check.moves import Processing, first_rows, goods, summed
from optimizer.check.result import Ledger, agree, number, slack
from optimizer.scenario import GRADE_NAMES, PLANTS, Bools, Floats, Ints, Scenario, commodity_of

FILE = "processing.csv"


@dataclass(frozen=True)
class Made:
    """What processing makes and costs.

    Attributes:
        row: (k,) number of the processing row.
        commodity: (k,) what it makes.
        t: (k,) how much.
        cost: (rows,) CNY of each processing row.
        loss: (rows,) t that no yield accounts for: lost water, metal sold.
        off_ledger: (rows,) t of waste that are waste no more: made into products, or lost.
    """

    row: Ints
    commodity: Ints
    t: Floats
    cost: Floats
    loss: Floats
    off_ledger: Floats


def check_processing(scenario: Scenario, rows: Processing, ledger: Ledger) -> Made:
    """All rules of processing; returns what the recipes make of it."""
    recipes = scenario.recipes
    recipe, row = _matches(scenario, rows)
    cost_per_t = np.zeros(len(rows))
    cost_per_t[row] = recipes.cost[recipe]
    known = np.zeros(len(rows), dtype=bool)
    known[row] = True
    _check_rows(scenario, rows, known, cost_per_t, ledger)
    _check_rates(scenario, rows, ledger)
    out_grade = np.where(recipes.grade_out[recipe] > 0, recipes.grade_out[recipe], rows.grade[row])
    share = recipes.yields[recipe]
    waste = scenario.materials.counts_as_waste
    kept = summed((len(rows),), (row,), share)
    still_waste = summed((len(rows),), (row,), share * waste[recipes.output[recipe]])
    return Made(
        row=row,
        commodity=commodity_of(recipes.output[recipe], out_grade),
        t=rows.t[row] * share,
        cost=rows.t * cost_per_t,
        loss=np.where(known, rows.t * (1 - kept), 0.0),
        off_ledger=np.where(known & waste[rows.material], rows.t * (1 - still_waste), 0.0),
    )


def _matches(scenario: Scenario, rows: Processing) -> tuple[Ints, Ints]:
    """(recipe, processing row) of every recipe row that applies to a processing row: plant, input and grade fit."""
    recipes = scenario.recipes
    pairs = [
        (r, i)
        for r in range(len(recipes.facility))
        for i in np.flatnonzero(
            (rows.facility == recipes.facility[r])
            & (rows.material == recipes.input[r])
            & ((recipes.grade_in[r] == 0) | (rows.grade == recipes.grade_in[r]))
        ).tolist()
    ]
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _check_rows(scenario: Scenario, rows: Processing, known: Bools, cost_per_t: Floats, ledger: Ledger) -> None:
    facilities = scenario.facilities

    def expect(holds: Bools, column: str, message: Callable[[int], str], amount: Floats) -> None:
        ledger.expect_all(holds, FILE, lambda i: int(rows.line[i]), column, message, lambda i: float(amount[i]))

    def place(i: int) -> str:
        return facilities.ids[rows.facility[i]]

    is_plant = np.isin(facilities.kind, PLANTS)[rows.facility] if len(facilities.ids) else np.zeros(0, dtype=bool)
    expect(
        is_plant,
        "facility",
        lambda i: f"{place(i)} is a {facilities.kind[rows.facility[i]]}; only plants process",
        rows.t,
    )
    expect(
        known | ~is_plant,
        "input",
        lambda i: f"{place(i)} has no recipe for {goods(scenario, int(rows.material[i]), int(rows.grade[i]))}",
        rows.t,
    )
    expect(
        facilities.open[rows.facility, rows.day],
        "date",
        lambda i: f"{place(i)} processes on {scenario.date(rows.day[i])}, when it is not open",
        rows.t,
    )
    expect(rows.t > 0, "t", lambda i: f"{number(rows.t[i])} t; a row processes more than 0 t", rows.t)
    expect(
        ~known | agree(rows.cost, rows.t * cost_per_t),
        "cost",
        lambda i: (
            f"{number(rows.cost[i])} where {number(rows.t[i])} t at {number(cost_per_t[i])} CNY make "
            f"{number(rows.t[i] * cost_per_t[i])}"
        ),
        rows.cost - rows.t * cost_per_t,
    )
    first = first_rows(rows.day, rows.facility, rows.commodity)
    expect(
        first == np.arange(len(rows)),
        "",
        lambda i: (
            f"the same date, facility, input and grade {GRADE_NAMES[rows.grade[i] - 1]} as row {rows.line[first[i]]}"
        ),
        rows.t,
    )


def _check_rates(scenario: Scenario, rows: Processing, ledger: Ledger) -> None:
    """``daily_max`` is shared by all grades and outputs of one input at one plant."""
    recipes = scenario.recipes
    for row in _first_of_inputs(scenario):
        facility, material, limit = recipes.facility[row], recipes.input[row], float(recipes.daily_max[row])
        mine = (rows.facility == facility) & (rows.material == material)
        by_day = summed((scenario.days,), (rows.day[mine],), rows.t[mine])
        who, what = scenario.facilities.ids[facility], scenario.materials.ids[material]
        for day in range(scenario.days):
            message = (
                f"{who} processes {number(by_day[day])} t of {what} on {scenario.date(day)}, "
                f"more than its daily_max of {number(limit)} t"
            )
            line = rows.last_line(mine & (rows.day == day))
            holds = bool(by_day[day] <= limit + slack(limit))
            ledger.expect(holds, FILE, line, "t", message, by_day[day] - limit)


def _first_of_inputs(scenario: Scenario) -> list[int]:
    """One recipe row of every facility and input; all of them carry the same limit."""
    recipes = scenario.recipes
    first = {(int(f), int(m)): r for r, (f, m) in enumerate(zip(recipes.facility, recipes.input, strict=True))}
    return list(first.values())
