"""``recipes.csv`` and ``stocks.csv``: what plants make, and what lies where when the horizon opens."""

from __future__ import annotations

import numpy as np

from optimizer.intake.context import Intake
from optimizer.intake.lookups import repeated
from optimizer.intake.typed import Typed, rows_where
from optimizer.scenario import GRADE_NAMES, PLANTS, Facilities, Ints, OpeningStocks, Recipes, commodity_of

SLACK = 1e-9  # yields typed as decimals add up to 1 only this well


def build_recipes(intake: Intake, facilities: Facilities) -> Recipes:
    """Recipe rows, checked to make no mass and to stand at plants that take their inputs."""
    table, faults = intake.tables["recipes"], intake.faults
    plant = intake.places.column(table, "facility", faults)
    made_of = intake.library.column(table, "input", faults)
    makes = intake.library.column(table, "output", faults)
    good = (plant >= 0) & (made_of >= 0) & (makes >= 0)
    for row in rows_where(plant >= 0):
        kind = facilities.kind[plant[row]]
        if kind and kind not in PLANTS:
            table.fault(faults, row, "facility", f"{table['facility'][row]} is a {kind}; recipes stand at "
                        "recycling and treatment plants only")  # fmt: skip
    keys = (plant, made_of, makes, table["grade_in"], table["grade_out"])
    for row, earlier in repeated(*keys, among=good):
        table.fault(faults, row, "output", f"the same recipe row is already in row {table.lines[earlier]}")
    recipes = Recipes(
        facility=plant,
        input=made_of,
        output=makes,
        grade_in=table["grade_in"].astype(np.int32),
        grade_out=table["grade_out"].astype(np.int32),
        yields=table["yield"],
        daily_max=table.filled("daily_max", np.inf),
        cost=table.filled("cost", 0.0),
    )
    _check_inputs(intake, table, recipes, facilities, np.flatnonzero(good))
    return recipes


def _check_inputs(intake: Intake, table: Typed, recipes: Recipes, facilities: Facilities, rows: Ints) -> None:
    """Every input of every plant: accepted or made there, one limit and cost, no mass from nothing."""
    groups: dict[tuple[int, int], list[int]] = {}
    for row in rows.tolist():
        groups.setdefault((int(recipes.facility[row]), int(recipes.input[row])), []).append(row)
    made = {(int(recipes.facility[r]), int(recipes.output[r])) for r in rows.tolist()}
    for (plant, material), group in groups.items():
        name, head = intake.library.materials[material].id, group[0]
        unsure = intake.tables["facilities"].bad["accepts"][plant]
        if not facilities.accepts[plant, material] and (plant, material) not in made and not unsure:
            table.fault(intake.faults, head, "input", f"{facilities.ids[plant]} does not accept {name}; add it to "
                        "`accepts` in facilities.csv")  # fmt: skip
        for column in ("daily_max", "cost"):
            _same_on_every_row(intake, table, column, group, name)
        _no_mass_from_nothing(intake, table, recipes, group, name)


def _same_on_every_row(intake: Intake, table: Typed, column: str, group: list[int], name: str) -> None:
    values = table[column]
    for row in group[1:]:
        same = values[row] == values[group[0]] or (np.isnan(values[row]) and np.isnan(values[group[0]]))
        if not same and not table.bad[column][row] and not table.bad[column][group[0]]:
            table.fault(intake.faults, row, column, f"differs from row {table.lines[group[0]]}; all rows of the input "
                        f"{name} at {table['facility'][row]} carry the same {column}")  # fmt: skip


def _no_mass_from_nothing(intake: Intake, table: Typed, recipes: Recipes, group: list[int], name: str) -> None:
    """Per grade of the input, what comes out may not weigh more than what went in."""
    told: set[tuple[int, ...]] = set()
    for grade in range(1, len(GRADE_NAMES) + 1):
        rows = tuple(r for r in group if recipes.grade_in[r] in (0, grade))
        total = float(np.nansum(recipes.yields[list(rows)]))
        if total > 1 + SLACK and rows not in told:
            told.add(rows)
            table.fault(intake.faults, rows[0], "yield", f"makes mass out of nothing: the yields of {name} at "
                        f"{table['facility'][rows[0]]} add up to {total:g}; expected 1 at most")  # fmt: skip


def build_stocks(intake: Intake, facilities: Facilities, recipes: Recipes) -> OpeningStocks:
    """Opening stock in tonnes, one entry per facility and commodity."""
    table, faults = intake.tables["stocks"], intake.faults
    place = intake.places.column(table, "facility", faults)
    material = intake.library.column(table, "material", faults)
    t = table["quantity"] * intake.library.tonnes_per_unit(table, material, faults)
    grade = np.where(table["grade"] == 0, 2, table["grade"]).astype(np.int32)
    good = (place >= 0) & (material >= 0)
    for row, earlier in repeated(place, material, grade, among=good):
        table.fault(faults, row, "material", f"this material and grade at {table['facility'][row]} is already in "
                    f"row {table.lines[earlier]}; add them up")  # fmt: skip
    made = {(int(f), int(m)) for f, m in zip(recipes.facility, recipes.output, strict=True)}
    for row in rows_where(good):
        f, m, g = int(place[row]), int(material[row]), int(grade[row])
        kind, own = facilities.kind[f], (f, m) in made
        if kind and kind != "yard" and kind not in PLANTS:
            table.fault(
                faults, row, "facility", f"{facilities.ids[f]} is a {kind}; opening stock lies at yards and plants"
            )
        elif not facilities.accepts[f, m] and not own and not intake.tables["facilities"].bad["accepts"][f]:
            table.fault(
                faults, row, "material", f"{facilities.ids[f]} neither accepts nor makes {table['material'][row]}"
            )
        elif g > facilities.grade[f] and not own:
            table.fault(faults, row, "grade", f"{facilities.ids[f]} takes grade {GRADE_NAMES[facilities.grade[f] - 1]} "
                        f"at worst; its stock is {GRADE_NAMES[g - 1]}")  # fmt: skip
    _check_storage(intake, table, facilities, place, t)
    return OpeningStocks(place, commodity_of(material, grade), t)


def _check_storage(intake: Intake, table: Typed, facilities: Facilities, place: Ints, t: np.ndarray) -> None:
    for f in np.unique(place[place >= 0]):
        rows = np.flatnonzero(place == f)
        total, room = float(np.nansum(t[rows])), float(facilities.storage[f])
        if total > room * (1 + SLACK) + SLACK and not intake.tables["facilities"].bad["storage"][f]:
            table.fault(intake.faults, rows[0], "quantity", f"the opening stock of {facilities.ids[f]} is {total:g} t, "
                        f"more than its storage of {room:g} t in facilities.csv")  # fmt: skip
