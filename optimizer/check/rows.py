"""Each row of flows.csv by itself: may this go there on that day, over that road, at that cost?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.check.moves import PLACE_KINDS, Flows, Places, first_rows, goods, goods_of
from optimizer.check.result import ABSOLUTE, Ledger, agree, number, slack
from optimizer.distances import Distances
from optimizer.scenario import GRADE_NAMES, GRADES, PLACED, PLANTS, Bools, Floats, Scenario

FILE = "flows.csv"
# DESIGN.md, "Who may send to whom"
MAY_SEND = {
    "supply": ("demand", "yard", "recycling", "treatment", "disposal", "offsite"),
    "yard": ("demand", "recycling", "treatment", "disposal", "offsite"),
    "recycling": ("demand", "yard", "disposal", "offsite"),
    "treatment": ("demand", "yard", "disposal", "offsite"),
    "quarry": ("demand",),
}


@dataclass(frozen=True)
class Rates:
    """What the inputs say about each flow row.

    Attributes:
        km: one-way km; the row's own where the inputs know no road, which is a finding already.
        haul: CNY for driving, without fees.
        fees: CNY at the gate, or paid to a quarry.
    """

    km: Floats
    haul: Floats
    fees: Floats


class Rows:
    """Checks of single flow rows; each method is one rule."""

    def __init__(self, scenario: Scenario, places: Places, distances: Distances, flows: Flows, ledger: Ledger):
        self.scenario = scenario
        self.places = places
        self.distances = distances
        self.flows = flows
        self.ledger = ledger

    def check(self) -> Rates:
        """All rules; returns what km and cost should have been, for the totals."""
        self._pairs()
        self._goods_at_origin()
        self._plant_goods()
        self._goods_at_destination()
        self._open_days()
        self._mass()
        self._duplicates()
        self._via()
        rates = self._rates()
        self._road()
        self._money(rates)
        return rates

    def _expect(self, holds: Bools, column: str, message: Callable[[int], str], amount: Floats | None = None) -> None:
        line = self.flows.line
        by = (lambda i: 0.0) if amount is None else (lambda i: float(amount[i]))
        self.ledger.expect_all(holds, FILE, lambda i: int(line[i]), column, message, by)

    def _name(self, node: int) -> str:
        return self.places.ids[node]

    def _kind(self, node: int) -> str:
        return PLACE_KINDS[self.places.kind[node]]

    def _goods(self, i: int) -> str:
        return goods(self.scenario, int(self.flows.material[i]), int(self.flows.grade[i]))

    def _pairs(self) -> None:
        flows, are = self.flows, self.places.are
        holds = np.zeros(len(flows), dtype=bool)
        for sender, receivers in MAY_SEND.items():
            holds |= are(flows.origin, sender) & are(flows.to, *receivers)

        def message(i: int) -> str:
            a, b = int(flows.origin[i]), int(flows.to[i])
            return f"{self._name(a)} ({self._kind(a)}) may not send to {self._name(b)} ({self._kind(b)})"

        self._expect(holds, "to", message)

    def _goods_at_origin(self) -> None:
        """A supply sends its own commodity, a quarry what it sells at grade 1."""
        flows, s = self.flows, self.scenario
        supply = self.places.are(flows.origin, "supply")
        own = s.supplies.commodity[np.where(supply, flows.origin, 0)] if len(s.supplies.ids) else flows.commodity
        self._expect(
            ~supply | (own == flows.commodity),
            "material",
            lambda i: f"{self._name(flows.origin[i])} has {goods_of(s, int(own[i]))}, not {self._goods(i)}",
        )
        quarry = self.places.are(flows.origin, "quarry")
        at = np.where(quarry, flows.origin - self.places.first_facility, 0)
        sold = ~quarry.copy()
        sold[quarry] = s.facilities.accepts[at[quarry], flows.material[quarry]] & (flows.grade[quarry] == 1)
        self._expect(
            sold, "material", lambda i: f"the quarry {self._name(flows.origin[i])} does not sell {self._goods(i)}"
        )

    def _plant_goods(self) -> None:
        """A plant sends its products, and what it accepts but no recipe there takes."""
        flows, plant = self.flows, self.places.are(self.flows.origin, *PLANTS)
        holds = ~plant
        if plant.any():
            may_leave = plant_exits(self.scenario)
            holds[plant] = may_leave[flows.origin[plant] - self.places.first_facility, flows.commodity[plant]]
        self._expect(
            holds,
            "material",
            lambda i: (
                f"{self._goods(i)} may not leave {self._name(flows.origin[i])}: no recipe there makes it, "
                "and it is not accepted there without a recipe"
            ),
        )

    def _goods_at_destination(self) -> None:
        """Material accepted, grade no worse than the destination takes."""
        flows, s = self.flows, self.scenario
        accepts = np.concatenate(
            [np.zeros((len(s.supplies.ids), len(s.materials.ids)), dtype=bool), s.demands.accepts, s.facilities.accepts]
        )
        worst = np.concatenate([np.full(len(s.supplies.ids), GRADES), s.demands.grade, s.facilities.grade])
        self._expect(
            accepts[flows.to, flows.material] | self.places.are(flows.to, "supply"),
            "material",
            lambda i: f"{self._name(flows.to[i])} does not accept {s.materials.ids[flows.material[i]]}",
        )
        self._expect(
            flows.grade <= worst[flows.to],
            "grade",
            lambda i: (
                f"grade {GRADE_NAMES[flows.grade[i] - 1]} goes to {self._name(flows.to[i])}, which takes "
                f"{GRADE_NAMES[worst[flows.to[i]] - 1]} at worst"
            ),
        )

    def _open_days(self) -> None:
        """Both ends within their dates; facilities open that day."""
        flows, s = self.flows, self.scenario
        day = np.arange(s.days)
        windows = [(day >= p.first[:, None]) & (day <= p.last[:, None]) for p in (s.supplies, s.demands)]
        is_open = np.concatenate([*windows, s.facilities.open])
        self._expect(
            is_open[flows.origin, flows.day], "from", lambda i: self._closed(int(flows.origin[i]), int(flows.day[i]))
        )
        self._expect(is_open[flows.to, flows.day], "to", lambda i: self._closed(int(flows.to[i]), int(flows.day[i])))
        held_up = s.not_placed_in_rain[flows.material] & self.places.are(flows.to, *PLACED)
        self._expect(
            ~held_up | ~np.isin(flows.day, s.rain),
            "date",
            lambda i: f"{s.materials.ids[flows.material[i]]} is placed at {self._name(flows.to[i])} in the rain",
        )

    def _closed(self, node: int, day: int) -> str:
        s, date = self.scenario, self.scenario.date(day)
        at = node - self.places.first_facility
        if at >= 0:
            status = s.facilities.status[at]
            why = f"is not open on {date}" if status == "open" else f"is {status}: it takes no part in a plan"
            return f"{self._name(node)} {why}"
        i = node - self.places.first_demand
        dates, i = (s.supplies, node) if i < 0 else (s.demands, i)
        return f"{self._name(node)} has dates {s.date(dates.first[i])} to {s.date(dates.last[i])}, not {date}"

    def _mass(self) -> None:
        t = self.flows.t
        self._expect(t > 0, "t", lambda i: f"{number(t[i])} t; a row moves more than 0 t", -t)

    def _duplicates(self) -> None:
        flows = self.flows
        first = first_rows(flows.day, flows.origin, flows.to, flows.commodity)
        self._expect(
            first == np.arange(len(flows)),
            "",
            lambda i: f"the same date, places, material and grade as row {flows.line[first[i]]}",
        )

    def _via(self) -> None:
        """The destination's kind; the origin's when a demand receives; ``direct`` from supply to demand."""
        flows = self.flows

        def expected(i: int) -> str:
            a, b = int(flows.origin[i]), int(flows.to[i])
            if self._kind(b) != "demand":
                return self._kind(b)
            return "direct" if self._kind(a) == "supply" else self._kind(a)

        words = [expected(i) for i in range(len(flows))]
        holds = np.array([word == via for word, via in zip(words, flows.via, strict=True)], dtype=bool)
        self._expect(holds, "via", lambda i: f"'{flows.via[i]}' where {words[i]} is right")

    def _road(self) -> None:
        """There is a road no longer than ``max_km``, and the row's km and minutes are the road's."""
        flows, limit = self.flows, self.scenario.roads.max_km
        km = self.distances.km[flows.origin, flows.to]
        minutes = self.distances.minutes[flows.origin, flows.to]
        road = ~np.isnan(km)

        def trip(i: int) -> str:
            return f"from {self._name(flows.origin[i])} to {self._name(flows.to[i])}"

        self._expect(road, "to", lambda i: f"there is no road {trip(i)}")
        self._expect(
            ~road | (km <= limit + slack(km)),
            "km",
            lambda i: f"{number(km[i])} km {trip(i)} is beyond max_km, {number(limit)} km",
            km - limit,
        )
        self._expect(
            ~road | agree(flows.km, km),
            "km",
            lambda i: f"{number(flows.km[i])} where the inputs give {number(km[i])} km {trip(i)}",
            flows.km - km,
        )
        self._expect(
            ~road | agree(flows.minutes, minutes),
            "minutes",
            lambda i: f"{number(flows.minutes[i])} where the inputs give {number(minutes[i])} min {trip(i)}",
            np.nan_to_num(flows.minutes - minutes),
        )

    def _rates(self) -> Rates:
        flows, s = self.flows, self.scenario
        known = self.distances.km[flows.origin, flows.to]
        km = np.where(np.isnan(known), flows.km, known)
        per_t = self.distances.cost_per_t[flows.origin, flows.to]
        haul = flows.t * np.where(np.isnan(per_t), km * s.costs.haul_per_t_km, per_t)
        fee = np.concatenate([np.zeros(self.places.first_facility), s.facilities.fee])
        bought = self.places.are(flows.origin, "quarry")
        return Rates(km, haul, flows.t * (fee[flows.to] + np.where(bought, fee[flows.origin], 0.0)))

    def _money(self, rates: Rates) -> None:
        flows = self.flows
        t_km, cost = flows.t * rates.km, rates.haul + rates.fees
        self._expect(
            agree(flows.t_km, t_km),
            "t_km",
            lambda i: (
                f"{number(flows.t_km[i])} where {number(flows.t[i])} t over {number(rates.km[i])} km make "
                f"{number(t_km[i])}"
            ),
            flows.t_km - t_km,
        )
        near = np.abs(flows.cost - cost) <= slack(np.abs(rates.haul) + np.abs(rates.fees), ABSOLUTE)
        self._expect(
            near,
            "cost",
            lambda i: (
                f"{number(flows.cost[i])} where haul {number(rates.haul[i])} and fees {number(rates.fees[i])} "
                f"make {number(cost[i])} CNY"
            ),
            flows.cost - cost,
        )


def plant_exits(scenario: Scenario) -> Bools:
    """(F, commodities) what may leave each plant: its products, and accepted goods that no recipe there takes."""
    facilities, recipes = scenario.facilities, scenario.recipes
    shape = (len(facilities.ids), len(scenario.materials.ids), GRADES)
    made, taken = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    for f, m, out, g_in, g_out in zip(
        recipes.facility, recipes.input, recipes.output, recipes.grade_in, recipes.grade_out, strict=True
    ):
        for grade in (g_in,) if g_in else range(1, GRADES + 1):
            taken[f, m, grade - 1] = True
            made[f, out, (g_out or grade) - 1] = True
    accepted = facilities.accepts[:, :, None] & (np.arange(1, GRADES + 1) <= facilities.grade[:, None, None])
    exits: Bools = (made | (accepted & ~taken)).reshape(shape[0], -1)
    return exits
