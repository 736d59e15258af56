"""What would happen without a plan: each site hauls to its nearest legal place that still has room.

The stored counterfactual that every claimed saving is measured against. It keeps all the rules of the plan (material,
grade, dates, gates, daily rates, storage, recipes) and knows nothing of other sites or other days. Every day, lot by
lot in the order of the file, soil goes to the nearest place that takes it now; plants then process what they hold and
send products to their nearest taker (what finds none piles up at the plant). What finds no place waits; what waits past
its last date is unserved. Yards only fill: nobody re-hauls from them.
"""

from __future__ import annotations

import numpy as np

from optimizer.lanes import Lanes, activities, recipe_rows
from optimizer.ledger import SMALLEST_T, Ledger, make_ledger
from optimizer.scenario import GRADES, Floats, Scenario

NAME = "nearest_legal_place"


def nearest_legal_place(scenario: Scenario, lanes: Lanes) -> Ledger:
    """The ledger of a horizon without coordination."""
    return _Simulation(scenario, lanes).run()


class _Simulation:
    """One pass over the days; all remaining capacities are plain arrays that only shrink."""

    def __init__(self, scenario: Scenario, lanes: Lanes):
        self.s, self.lanes = scenario, lanes
        f, d = scenario.facilities, scenario.demands
        self.first = scenario.first_facility
        self.gate_in, self.gate_out = f.daily_in.copy(), f.daily_out.copy()
        self.room = np.where([kind in ("disposal", "offsite", "quarry") for kind in f.kind], f.storage, np.inf)
        self.holds = np.array([kind in ("yard", "recycling", "treatment") for kind in f.kind], dtype=bool)
        self.need = d.quantity.copy()
        self.stock = np.zeros((*lanes.may_hold.shape, scenario.days))
        self.now = np.zeros(lanes.may_hold.shape)
        self.now[scenario.stocks.facility, scenario.stocks.commodity] = scenario.stocks.t
        self.can_process = np.zeros(lanes.may_hold.shape, dtype=bool)
        facility, commodity = activities(scenario)
        self.can_process[facility, commodity] = True
        self.input_left = self._recipe_limits()
        self.received = np.zeros((len(d.ids), len(scenario.materials.ids)))
        self.flows: list[tuple[int, int, float]] = []  # arc, day, t
        self.processing: list[tuple[int, int, int, float]] = []
        self.arcs_of = self._nearest_first()

    def run(self) -> Ledger:
        s = self.s.supplies
        waiting = np.zeros(len(s.ids))
        left = np.zeros(len(s.ids))
        for day in range(self.s.days):
            self.rate = self.s.demands.daily_max.copy()
            waiting += s.release[:, day]
            for lot in np.flatnonzero((waiting > SMALLEST_T) & (s.first <= day) & (day <= s.last)):
                budget = min(waiting[lot], s.daily_max[lot])
                waiting[lot] -= budget - self._send(int(lot), int(s.commodity[lot]), day, budget)
            closing = s.last == day
            spill = np.where(closing, waiting, np.maximum(waiting - s.stock_max, 0.0))
            left += spill
            waiting -= spill
            self._work_plants(day)
            self.stock[:, :, day] = self.now
        return self._ledger(left)

    def _nearest_first(self) -> dict[tuple[int, int], list[int]]:
        order = np.argsort(self.lanes.km, kind="stable")
        arcs: dict[tuple[int, int], list[int]] = {}
        for arc in order.tolist():
            arcs.setdefault((int(self.lanes.origin[arc]), int(self.lanes.commodity[arc])), []).append(arc)
        self.open_days = {(int(a), int(d)) for a, d in zip(self.lanes.arc, self.lanes.day, strict=True)}
        return arcs

    def _recipe_limits(self) -> dict[tuple[int, int, int], float]:
        r = self.s.recipes
        return {
            (int(f), int(m), day): float(limit)
            for f, m, limit in zip(r.facility, r.input, r.daily_max, strict=True)
            for day in range(self.s.days)
        }

    def _send(self, origin: int, commodity: int, day: int, t: float) -> float:
        """Sends up to ``t`` to the nearest places with room; returns what found none."""
        for arc in self.arcs_of.get((origin, commodity), ()):
            if t <= SMALLEST_T:
                break
            if (arc, day) not in self.open_days:
                continue
            sent = min(t, self._room_at(int(self.lanes.destination[arc]), commodity, day))
            if sent > SMALLEST_T:
                self._arrive(int(self.lanes.destination[arc]), commodity, day, sent)
                self.flows.append((arc, day, sent))
                t -= sent
        return t

    def _room_at(self, place: int, commodity: int, day: int) -> float:
        """t of a commodity that a place can take now."""
        if place < self.first:
            demand = place - self.s.first_demand
            units = self.s.demands.units_per_t[demand, commodity // GRADES]
            room = min(self.need[demand], self.rate[demand], self._blend_room(demand, commodity, units))
            return float(room / units)
        f = place - self.first
        room = min(self.gate_in[f, day], self.room[f])
        if self.holds[f]:
            free = self.s.facilities.storage[f] - self.now[f].sum()
            if self.can_process[f, commodity]:
                free += self.input_left[f, commodity // GRADES, day]
                free -= self.now[f, self.can_process[f]].sum()
            room = min(room, max(free, 0.0))
        return float(room)

    def _blend_room(self, demand: int, commodity: int, units: float) -> float:
        """Own units that keep every share below its maximum, taking the whole need as what will be received."""
        mixes = self.s.mixes
        rows = np.flatnonzero((mixes.demand == demand) & (mixes.material == commodity // GRADES))
        if not len(rows):
            return np.inf
        share = float(mixes.max_share[rows[0]]) * self.s.demands.quantity[demand]
        return max(share - float(self.received[demand, commodity // GRADES]) * units, 0.0)

    def _arrive(self, place: int, commodity: int, day: int, t: float) -> None:
        if place < self.first:
            demand = place - self.s.first_demand
            units = t * self.s.demands.units_per_t[demand, commodity // GRADES]
            self.need[demand] -= units
            self.rate[demand] -= units
            self.received[demand, commodity // GRADES] += t
            return
        f = place - self.first
        self.gate_in[f, day] -= t
        self.room[f] -= t
        if self.holds[f]:
            self.now[f, commodity] += t

    def _work_plants(self, day: int) -> None:
        """Every plant processes what it holds and sends out products; what finds no taker stays in its store."""
        for f, commodity in np.argwhere(self.can_process & (self.now > SMALLEST_T)).tolist():
            if not self.s.facilities.open[f, day]:
                continue
            key = (f, commodity // GRADES, day)
            t = min(float(self.now[f, commodity]), self.input_left[key])
            self.now[f, commodity] -= t
            self.input_left[key] -= t
            self.processing.append((f, commodity, day, t))
            for row, output in recipe_rows(self.s, f, commodity):
                made = t * float(self.s.recipes.yields[row])
                self.now[f, output] += made
        for f, commodity in np.argwhere((self.now > SMALLEST_T) & self.holds[:, None]).tolist():
            if self.s.facilities.kind[f] == "yard" or self.can_process[f, commodity]:
                continue
            t = min(float(self.now[f, commodity]), float(self.gate_out[f, day]))
            sent = t - self._send(self.first + f, commodity, day, t)
            self.now[f, commodity] -= sent
            self.gate_out[f, day] -= sent

    def _ledger(self, left: Floats) -> Ledger:
        arc, day, t = (
            (np.array(column) for column in zip(*self.flows, strict=True)) if self.flows else [np.zeros(0)] * 3
        )
        runs = np.array(self.processing, dtype=np.float64).reshape(-1, 4)
        who, what, when = runs[:, :3].astype(np.int32).T
        required = self.s.demands.required
        filled = self.s.demands.quantity - self.need
        return make_ledger(
            self.s,
            self.lanes,
            arc=arc.astype(np.int32),
            day=day.astype(np.int32),
            t=t.astype(np.float64),
            processing=(who, what, when, runs[:, 3]),
            stock=self.stock,
            left=np.where(self.s.supplies.must_move, left, 0.0),
            short=np.maximum(required - filled, 0.0),
            stuck=np.zeros(self.now.shape),
        )
