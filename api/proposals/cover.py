"""Which of the matches at a facility can stand, given what is agreed there: goods that go out must have come in.

A clearing's flows are feasible together; when parties decline, or two clearings were run on the same market, what is
left need not be. At a facility every day

    Σ in(day) ≤ daily_in,  Σ out(day) ≤ daily_out               its gates, and none on a day that it is closed
    Σ out(commodity, ≤ day) ≤ stock + Σ in(commodity, ≤ day) × yield        for each commodity (a quarry has no end)
    stock + Σ in(≤ day) − Σ out(≤ day) ≤ storage                            of a yard overnight
    Σ in, of a quarry Σ out, ≤ room                                         of what fills up or is used up
    backlog(input, day) ≤ storage, where it grows by in(day) − daily_max    of a plant that processes so much a day

Each match is rounded to whole kg, so a row may be over by a kg for each match that contributes to it.

Of the matches that both parties accepted, :func:`standing` keeps as many as satisfy this: it starts with all and takes
out the last one that breaks a row, until none does. What is agreed is never taken out.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Commodity = tuple[str, str]  # material, grade
Way = Literal["in", "out"]


@dataclass(frozen=True)
class Leg:
    """What one match brings to or takes from a facility: kg by date (ISO)."""

    id: str
    way: Way
    commodity: Commodity
    kg: Mapping[str, int]


def _open_gates(date: str) -> tuple[int | None, int | None]:
    return None, None


@dataclass(frozen=True)
class Plant:
    """What a facility holds, what it can do, and what it makes of things.

    Attributes:
        stock: kg by commodity at the beginning.
        storage: most kg overnight of a yard, or of a plant's unprocessed input; None for no limit.
        room: kg that a disposal or off-site yard can still take in all, or a quarry can still give; None for no limit.
        makes: input → ((output, yield), …); an input that is not here stays what it is.
        a_day: most kg of an input material that a plant processes in a day; it keeps the rest in its storage.
        gates: date → most kg in and out that day; None for no limit.
        kind: a quarry's goods have no end, a yard's storage counts every commodity.
    """

    stock: Mapping[Commodity, int]
    storage: int | None
    makes: Mapping[Commodity, tuple[tuple[Commodity, float], ...]]
    room: int | None = None
    a_day: Mapping[str, int] = field(default_factory=dict)
    gates: Callable[[str], tuple[int | None, int | None]] = _open_gates
    kind: str = "yard"


@dataclass(frozen=True)
class _Break:
    """A row that is broken: legs of that way, commodity and dates contribute to it (None: any)."""

    way: Way
    until: str
    since: str = ""
    commodity: Commodity | None = None
    material: str | None = None

    def is_of(self, leg: Leg) -> bool:
        return (
            leg.way == self.way
            and self.commodity in (None, leg.commodity)
            and self.material in (None, leg.commodity[0])
            and any(self.since <= date <= self.until for date in leg.kg)
        )


def standing(plant: Plant, agreed: Iterable[Leg], accepted: Iterable[Leg]) -> list[Leg]:
    """Those of ``accepted`` that can stand beside what is ``agreed``, in their order.

    A row that ``agreed`` breaks by itself, because the facility has less than it had, keeps out only what adds to it.
    """
    fixed, kept = list(agreed), list(accepted)
    while kept:
        for broken in _breaks(plant, [*fixed, *kept]):
            position = next((i for i in range(len(kept) - 1, -1, -1) if broken.is_of(kept[i])), None)
            if position is not None:
                del kept[position]
                break
        else:
            break
    return kept


def balances(plant: Plant, legs: Iterable[Leg]) -> Iterator[tuple[str, dict[Commodity, float], int]]:
    """After each date with legs: what there is to go out by commodity, and what lies there in all, in kg."""
    days: dict[str, list[Leg]] = defaultdict(list)
    for leg in legs:
        for date in leg.kg:
            days[date].append(leg)
    have: dict[Commodity, float] = defaultdict(float)
    for commodity, kg in plant.stock.items():
        _bring(plant, have, commodity, kg)
    held = sum(plant.stock.values())
    for date in sorted(days):
        for leg in days[date]:
            if leg.way == "in":
                _bring(plant, have, leg.commodity, leg.kg[date])
                held += leg.kg[date]
            else:
                have[leg.commodity] -= leg.kg[date]
                held -= leg.kg[date]
        yield date, have, held


def _breaks(plant: Plant, legs: list[Leg]) -> Iterator[_Break]:
    """Every row that is broken, the earliest date first."""
    rounding = len(legs)
    for date, have, held in balances(plant, legs):
        yield from _broken_gates(plant, legs, date)
        if plant.kind != "quarry":
            yield from (_Break("out", date, commodity=key) for key, kg in have.items() if kg < -rounding)
        if plant.kind == "yard" and plant.storage is not None and held > plant.storage + rounding:
            yield _Break("in", date)
    yield from _broken_room(plant, legs)
    yield from _broken_processing(plant, legs)


def _broken_gates(plant: Plant, legs: list[Leg], date: str) -> Iterator[_Break]:
    ways: tuple[Way, Way] = ("in", "out")
    for way, limit in zip(ways, plant.gates(date), strict=True):
        passing = [leg.kg[date] for leg in legs if leg.way == way and date in leg.kg]
        if limit is not None and sum(passing) > limit + len(passing):
            yield _Break(way, date, date)


def _broken_room(plant: Plant, legs: list[Leg]) -> Iterator[_Break]:
    way: Way = "out" if plant.kind == "quarry" else "in"
    filling = [sum(leg.kg.values()) for leg in legs if leg.way == way]
    if plant.room is not None and sum(filling) > plant.room + len(filling):
        yield _Break(way, "9999")


def _broken_processing(plant: Plant, legs: list[Leg]) -> Iterator[_Break]:
    for material, most in plant.a_day.items():
        brought: dict[str, int] = defaultdict(int)
        for leg in legs:
            if leg.way == "in" and leg.commodity[0] == material:
                for date, kg in leg.kg.items():
                    brought[date] += kg
        backlog, before = 0, ""
        for date in sorted(brought):
            backlog = max(0, backlog + brought[date] - most * _days_between(before, date))
            if backlog > (plant.storage or 0) + len(legs):
                yield _Break("in", date, material=material)
            before = date


def _days_between(before: str, date: str) -> int:
    """Days of processing since the last delivery, the present one included."""
    if not before:
        return 1
    return (dt.date.fromisoformat(date) - dt.date.fromisoformat(before)).days


def _bring(plant: Plant, have: dict[Commodity, float], commodity: Commodity, kg: int) -> None:
    for output, share in plant.makes.get(commodity, ((commodity, 1.0),)):
        have[output] += kg * share
