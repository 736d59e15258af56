"""Which of the matches at a facility can stand, given what is agreed there: goods that go out must have come in.

A clearing's flows are feasible together; when parties decline, what is left need not be. At a facility every day

    Σ out(commodity, ≤ day) ≤ stock + Σ in(commodity, ≤ day) × yield        for each commodity, and for yards
    stock + Σ in(≤ day) − Σ out(≤ day) ≤ storage

Of the matches that both parties accepted, :func:`standing` keeps as many as satisfy this: it starts with all and takes
out the last one that breaks a row, until none does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Commodity = tuple[str, str]  # material, grade


@dataclass(frozen=True)
class Leg:
    """What one match brings to or takes from a facility: kg by date (ISO)."""

    id: str
    way: Literal["in", "out"]
    commodity: Commodity
    kg: Mapping[str, int]


@dataclass(frozen=True)
class Plant:
    """What a facility holds and what it makes of things.

    Attributes:
        stock: kg by commodity at the beginning.
        storage: most kg overnight; None for no limit (plants are held by their gates).
        makes: input → ((output, yield), …); an input that is not here stays what it is.
        endless: a quarry: what goes out need not have come in.
    """

    stock: Mapping[Commodity, int]
    storage: int | None
    makes: Mapping[Commodity, tuple[tuple[Commodity, float], ...]]
    endless: bool = False


def standing(plant: Plant, agreed: Iterable[Leg], accepted: Iterable[Leg]) -> list[Leg]:
    """Those of ``accepted`` that can stand beside what is ``agreed``, in their order."""
    fixed, kept = list(agreed), list(accepted)
    if plant.endless:
        return kept
    while kept:
        broken = _broken(plant, [*fixed, *kept])
        if broken is None:
            return kept
        way, commodity = broken
        for position in range(len(kept) - 1, -1, -1):
            leg = kept[position]
            if leg.way == way and (commodity is None or leg.commodity == commodity):
                del kept[position]
                break
        else:
            return []  # what is agreed already breaks it; nothing more can stand
    return kept


def _broken(plant: Plant, legs: list[Leg]) -> tuple[Literal["in", "out"], Commodity | None] | None:
    """The first row that is broken: what way of leg breaks it, and of what commodity."""
    have: dict[Commodity, float] = {}
    for commodity, kg in plant.stock.items():
        _bring(plant, have, commodity, kg)
    held: float = sum(plant.stock.values())
    for date in sorted({date for leg in legs for date in leg.kg}):
        for leg in legs:
            if leg.way == "in" and date in leg.kg:
                _bring(plant, have, leg.commodity, leg.kg[date])
                held += leg.kg[date]
        for leg in legs:
            if leg.way == "out" and date in leg.kg:
                have[leg.commodity] = have.get(leg.commodity, 0.0) - leg.kg[date]
                held -= leg.kg[date]
        for commodity, left in have.items():
            if left < -1:  # rounding of a yield
                return "out", commodity
        if plant.storage is not None and held > plant.storage:
            return "in", None
    return None


def _bring(plant: Plant, have: dict[Commodity, float], commodity: Commodity, kg: int) -> None:
    for output, share in plant.makes.get(commodity, ((commodity, 1.0),)):
        have[output] = have.get(output, 0.0) + kg * share
