"""What facilities have, have promised and are asked for: stock reports, deals, and proposals that wait for an answer.

Deals count from the day of the facility's last stock report; of a disposal or off-site yard, whose room is among its
figures, from the day that these were last confirmed.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from api.deals.models import Deal
from api.facilities.models import Facility, Stock
from api.kernel.types import to_kg
from api.kernel.work import Work
from api.proposals.cover import Commodity, Leg, Plant, balances
from api.proposals.models import ANSWERABLE, Proposal
from optimizer.scenario import GRADE_NAMES

STORES = ("yard", "recycling", "treatment")


@dataclass(frozen=True)
class Account:
    """One facility.

    Attributes:
        plant: what it has and can do.
        agreed: what deals bring and take.
        held: what open and waiting proposals would bring and take; ids are those of proposals.
    """

    facility: Facility
    plant: Plant
    agreed: tuple[Leg, ...]
    held: tuple[Leg, ...]

    def free_stock(self, first: str) -> dict[Commodity, int]:
        """kg on the evening before ``first`` that no deal or proposal needs, by commodity.

        What a plant had unprocessed is free as it is, unless promised products depend on it. Goods that are only
        proposed to come do not count.
        """
        stock = self.plant.stock
        raw = {commodity: kg for commodity, kg in stock.items() if commodity in self.plant.makes}
        rest = {commodity: kg for commodity, kg in stock.items() if commodity not in raw}
        plant = Plant(rest, None, self.plant.makes)
        free = _least_from(plant, self.agreed, first)
        for commodity, kg in _least_from(plant, (*self.agreed, *self.held), first).items():
            free[commodity] = min(kg, free.get(commodity, 0.0))
        found = {commodity: int(kg) for commodity, kg in free.items() if kg >= 1}
        return found | raw if min(free.values(), default=0.0) > -1 else found

    def room(self, first: str) -> int | None:
        """kg of storage from ``first`` on that neither promised goods nor proposed ones will need; None = no limit."""
        storage = self.facility.storage_kg
        if storage is None:
            return None
        way = "out" if self.facility.kind == "quarry" else "in"
        if self.facility.kind != "yard":
            since = first if self.facility.kind in STORES else ""
            legs = [leg for leg in (*self.agreed, *self.held) if leg.way == way]
            return max(0, storage - sum(kg for leg in legs for date, kg in leg.kg.items() if date >= since))
        lying = sum(self.plant.stock.values())
        most = lying
        for date, _, held in balances(self.plant, self.agreed):
            lying = held if date < first else lying
            most = held if date < first else max(most, held)
        coming = sum(sum(leg.kg.values()) for leg in self.held if leg.way == "in")
        return max(0, storage - max(lying, most) - coming + sum(self.free_stock(first).values()))

    def used(self, way: str) -> dict[str, int]:
        """kg by date through a gate, agreed or proposed."""
        return _by_date(leg for leg in (*self.agreed, *self.held) if leg.way == way)

    def used_of(self, material: str) -> dict[str, int]:
        """kg by date of a material that is to come, agreed or proposed."""
        legs = (*self.agreed, *self.held)
        return _by_date(leg for leg in legs if leg.way == "in" and leg.commodity[0] == material)


def _by_date(legs: Iterable[Leg]) -> dict[str, int]:
    totals: dict[str, int] = defaultdict(int)
    for leg in legs:
        for date, kg in leg.kg.items():
            totals[date] += kg
    return totals


def _least_from(plant: Plant, legs: Iterable[Leg], first: str) -> dict[Commodity, float]:
    """The least that there is of each commodity from the evening before ``first`` on."""
    least: dict[Commodity, float] = {commodity: float(kg) for commodity, kg in plant.stock.items()}
    for date, have, _ in balances(plant, legs):
        for commodity, kg in have.items():
            least[commodity] = kg if date < first else min(kg, least.get(commodity, 0.0))
    return least


def accounts(work: Work, facilities: Sequence[Facility]) -> dict[str, Account]:
    """Accounts by id, read at once."""
    ids = [facility.id for facility in facilities]
    stocks: dict[str, dict[Commodity, int]] = defaultdict(dict)
    for row in work.session.execute(select(Stock).where(Stock.facility_id.in_(ids))).scalars():
        stocks[row.facility_id][row.material, row.grade] = row.kg
    agreed = _legs_at(work, Deal, ids)
    held = _legs_at(work, Proposal, ids, Proposal.state.in_(ANSWERABLE))
    return {
        facility.id: Account(
            facility,
            plant_of(facility, stocks.get(facility.id, {})),
            tuple(_since(agreed[facility.id], counts_from(work, facility))),
            tuple(held[facility.id]),
        )
        for facility in facilities
    }


def counts_from(work: Work, facility: Facility) -> str:
    """The first day whose deals are not in the facility's own figures yet."""
    if facility.kind in STORES:
        day = facility.stock_as_of or work.clock.day_of(facility.created_at)
    else:
        day = work.clock.day_of(facility.reported_at)
    return day.isoformat()


def _since(legs: Iterable[Leg], day: str) -> Iterable[Leg]:
    return (
        Leg(leg.id, leg.way, leg.commodity, {date: kg for date, kg in leg.kg.items() if date >= day}) for leg in legs
    )


def _legs_at(work: Work, model: Any, ids: Sequence[str], *where: Any) -> dict[str, list[Leg]]:
    found: dict[str, list[Leg]] = defaultdict(list)
    here = or_(model.seller_facility_id.in_(ids), model.buyer_facility_id.in_(ids))
    for row in work.session.execute(select(model).where(here, *where).order_by(model.id)).scalars():
        for facility in {row.seller_facility_id, row.buyer_facility_id} - {None}:
            found[facility].append(leg_of(row, facility))
    return found


def leg_of(row: Proposal | Deal, facility_id: str) -> Leg:
    """What a match means to one of its facilities."""
    return Leg(
        row.id,
        "in" if row.buyer_facility_id == facility_id else "out",
        (row.material, row.grade),
        {step["date"]: step["kg"] for step in row.schedule},
    )


def plant_of(facility: Facility, stock: Mapping[Commodity, int]) -> Plant:
    """What a facility has and can do."""
    makes: dict[Commodity, list[tuple[Commodity, float]]] = {}
    a_day: dict[str, int] = {}
    for recipe in facility.recipes:
        for grade in (recipe["grade_in"],) if recipe.get("grade_in") else GRADE_NAMES:
            output = (recipe["output"], recipe.get("grade_out") or grade)
            makes.setdefault((recipe["input"], grade), []).append((output, float(recipe["yield"])))
        if recipe.get("daily_max") is not None:
            a_day[recipe["input"]] = to_kg(recipe["daily_max"])
    return Plant(
        stock=stock,
        storage=(facility.storage_kg or 0) if facility.kind in STORES else None,
        makes={commodity: tuple(outputs) for commodity, outputs in makes.items()},
        room=None if facility.kind in STORES else facility.storage_kg,
        a_day=a_day,
        gates=lambda date: gates_on(facility, date),
        kind=facility.kind,
    )


def gates_on(facility: Facility, date: str) -> tuple[int | None, int | None]:
    """Most kg in and out on a date; none at all where the facility is not open."""
    if facility.status != "open":
        return 0, 0
    closure: Mapping[str, Any] = next((c for c in facility.closures if c["from"] <= date <= c["to"]), {})
    limits = (("daily_in", facility.daily_in_kg), ("daily_out", facility.daily_out_kg))
    found = [round(closure[name] * 1000) if closure.get(name) is not None else usual for name, usual in limits]
    return found[0], found[1]


def first_day(row: Proposal | Deal) -> dt.date:
    """The first day of a schedule."""
    return min(dt.date.fromisoformat(step["date"]) for step in row.schedule)
