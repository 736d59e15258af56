"""What the peers know of a scenario: who sends and takes which commodity, when, and what plants make of it.

Read from DESIGN.md a second time, as plain lists and dictionaries; nothing here calls ``optimizer.lanes``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optimizer.scenario import GRADES, Scenario

_FROM_SUPPLY = ("demand", "yard", "recycling", "treatment", "disposal", "offsite")
_FROM_PLANT = ("demand", "yard", "disposal", "offsite")
RECEIVERS: Mapping[str, tuple[str, ...]] = {
    "supply": _FROM_SUPPLY,
    "yard": tuple(kind for kind in _FROM_SUPPLY if kind != "yard"),
    "recycling": _FROM_PLANT,
    "treatment": _FROM_PLANT,
    "quarry": ("demand",),
    "demand": (),
    "disposal": (),
    "offsite": (),
}


@dataclass(frozen=True)
class Recipe:
    """One input commodity at one plant and the t of each output per t of it."""

    plant: int
    takes: int
    material: int
    makes: dict[int, float]
    daily_max: float


@dataclass(frozen=True)
class Goods:
    """Places are numbered supplies, demands, facilities; commodities as in the scenario."""

    kind: Sequence[str]
    open_days: Sequence[range | frozenset[int]]
    senders: Mapping[int, list[int]]
    takers: Mapping[int, list[int]]
    held: Mapping[int, set[int]]
    recipes: Sequence[Recipe]
    material: Mapping[int, int]
    receivers: Mapping[str, tuple[str, ...]]


def goods(scenario: Scenario) -> Goods:
    """Reads the scenario's tables.

    Raises:
        ValueError: the scenario uses a rule the peers do not know, so that a comparison would be unfair.
    """
    if scenario.objective.reference is not None or (scenario.facilities.longest_stay < 1e9).any():
        raise ValueError("the peers know neither longest stays nor reference plans")
    s, d, f = scenario.supplies, scenario.demands, scenario.facilities
    kind = ["supply"] * len(s.ids) + ["demand"] * len(d.ids) + list(f.kind)
    open_days: list[range | frozenset[int]] = [
        range(a, b + 1)
        for a, b in zip(s.first.tolist() + d.first.tolist(), s.last.tolist() + d.last.tolist(), strict=True)
    ]
    open_days += [frozenset(day for day, is_open in enumerate(days) if is_open) for days in f.open.tolist()]
    materials = range(len(scenario.materials.ids))
    accepts = d.accepts.tolist() + f.accepts.tolist()
    worst = d.grade.tolist() + f.grade.tolist()
    taken = [
        {m * GRADES + g for m in materials if accepted[m] for g in range(grade)}
        for accepted, grade in zip(accepts, worst, strict=True)
    ]
    facility_takes = dict(enumerate(taken[len(d.ids) :]))
    recipes = _recipes(scenario, facility_takes)
    held = _held(scenario, facility_takes, recipes)
    recipes = [recipe for recipe in recipes if recipe.takes in held[recipe.plant]]

    first = len(s.ids) + len(d.ids)
    senders: dict[int, list[int]] = {}
    for lot, commodity in enumerate(s.commodity.tolist()):
        senders.setdefault(commodity, []).append(lot)
    for place, of in enumerate(f.kind):
        for commodity in sorted(_sent(of, place, held, recipes, f.accepts.tolist()[place])):
            senders.setdefault(commodity, []).append(first + place)
    takers: dict[int, list[int]] = {}
    for place, commodities in enumerate(taken, start=len(s.ids)):
        if kind[place] != "quarry":
            for commodity in commodities:
                takers.setdefault(commodity, []).append(place)
    material = {commodity: commodity // GRADES for commodity in senders}
    return Goods(kind, open_days, senders, takers, held, recipes, material, RECEIVERS)


def _recipes(scenario: Scenario, takes: Mapping[int, set[int]]) -> list[Recipe]:
    r = scenario.recipes
    rows = list(
        zip(
            r.facility.tolist(), r.input.tolist(), r.output.tolist(), r.grade_in.tolist(), r.grade_out.tolist(),
            r.yields.tolist(), r.daily_max.tolist(), strict=True,
        )
    )  # fmt: skip
    found: dict[tuple[int, int], Recipe] = {}
    for plant, given, output, grade_in, grade_out, rate, daily_max in rows:
        for grade in (grade_in,) if grade_in else range(1, GRADES + 1):
            takes_commodity = given * GRADES + grade - 1
            makes = output * GRADES + (grade_out or grade) - 1
            recipe = found.setdefault((plant, takes_commodity), Recipe(plant, takes_commodity, given, {}, daily_max))
            recipe.makes[makes] = recipe.makes.get(makes, 0.0) + rate
    made = {(recipe.plant, commodity) for recipe in found.values() for commodity in recipe.makes}
    return [recipe for key, recipe in sorted(found.items()) if recipe.takes in takes[recipe.plant] or key in made]


def _held(scenario: Scenario, takes: Mapping[int, set[int]], recipes: Sequence[Recipe]) -> dict[int, set[int]]:
    """What can ever lie at each facility: brought from anywhere, in stock, or made there."""
    held: dict[int, set[int]] = {place: set() for place in takes}
    for place, commodity in zip(scenario.stocks.facility.tolist(), scenario.stocks.commodity.tolist(), strict=True):
        held[place].add(commodity)
    abroad = set(scenario.supplies.commodity.tolist())
    while True:
        before = sum(map(len, held.values()))
        for place, kind in enumerate(scenario.facilities.kind):
            if kind != "quarry":
                held[place] |= takes[place] & abroad
        for recipe in recipes:
            if recipe.takes in held[recipe.plant]:
                held[recipe.plant] |= recipe.makes.keys()
        abroad = abroad.union(*held.values())
        if sum(map(len, held.values())) == before:
            return held


def _sent(
    kind: str, place: int, held: Mapping[int, set[int]], recipes: Sequence[Recipe], accepts: Sequence[bool]
) -> set[int]:
    if kind == "yard":
        return held[place]
    if kind == "quarry":
        return {material * GRADES for material, sold in enumerate(accepts) if sold}
    if kind in ("recycling", "treatment"):
        own = [recipe for recipe in recipes if recipe.plant == place]
        made = {commodity for recipe in own for commodity in recipe.makes}
        return {c for c in held[place] if c in made or c not in {recipe.takes for recipe in own}}
    return set()
