"""What would happen without a plan: each site hauls to its nearest legal place that still has room.

The stored counterfactual that every claimed saving is measured against. It keeps the rules that a gate keeper would
enforce (material, grade, dates, gates, daily rates, storage, recipes, largest shares of a blend) and knows nothing of
other sites or other days. Every day, lot by lot in the order of the file, soil goes to the nearest place that takes it
now; plants process what comes in and send the products to their nearest taker, and refuse what they could not pass on.
What finds no place waits; what waits past its last date is unserved. Yards only fill: nobody re-hauls from them. Rules
that only a plan can keep are left out, in its favour: end stock, longest stay, least shares of a blend.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from optimizer.lanes import Lanes, activities, recipe_rows
from optimizer.ledger import SMALLEST_T, Ledger, make_ledger
from optimizer.scenario import GRADES, PLANTS, Floats, Scenario

NAME = "nearest_legal_place"


def nearest_legal_place(scenario: Scenario, lanes: Lanes, *, strict: bool = False) -> Ledger:
    """The ledger of a horizon without coordination; ``strict`` keeps the rules on end stock and longest stay too."""
    return _Simulation(scenario, lanes, strict).run()


class _Simulation:
    """One pass over the days; all remaining capacities are plain arrays that only shrink."""

    def __init__(self, scenario: Scenario, lanes: Lanes, strict: bool):
        self.s, self.lanes, self.strict = scenario, lanes, strict
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
        self.gate_of = np.arange(len(scenario.supplies.ids))
        for dry, wet in scenario.twins:
            self.gate_of[wet] = dry

    def run(self) -> Ledger:
        s = self.s.supplies
        waiting = np.zeros(len(s.ids))
        left = np.zeros(len(s.ids))
        for day in range(self.s.days):
            self.rate, self.loads = self.s.demands.daily_max.copy(), s.daily_max.copy()
            waiting += s.release[:, day]
            self._empty_stores(day)
            for lot in np.flatnonzero((waiting > SMALLEST_T) & (s.first <= day) & (day <= s.last)):
                gate = self.gate_of[lot]
                budget = min(waiting[lot], self.loads[gate])
                sent = budget - self._send(int(lot), int(s.commodity[lot]), day, budget)
                waiting[lot] -= sent
                self.loads[gate] -= sent
            closing = s.last == day
            spill = np.where(closing, waiting, np.maximum(waiting - s.stock_max, 0.0))
            for dry, wet in self.s.twins:
                spill[wet] = max(spill[wet], waiting[wet] - (s.stock_max[wet] - (waiting[dry] - spill[dry])))
            left += spill
            waiting -= spill
            self.stock[:, :, day] = self.now
        return self._ledger(left)

    def _nearest_first(self) -> dict[tuple[int, int], list[int]]:
        """Arcs of each origin and commodity, by km."""
        lanes = self.lanes
        self.open_on = np.zeros((len(lanes.origin), self.s.days), dtype=bool)
        self.open_on[lanes.arc, lanes.day] = True
        order = np.lexsort((lanes.km, lanes.commodity, lanes.origin))
        origin, commodity = lanes.origin[order], lanes.commodity[order]
        starts = np.flatnonzero((np.diff(origin, prepend=-1) != 0) | (np.diff(commodity, prepend=-1) != 0))
        groups = np.split(order, starts[1:])
        keys = zip(origin[starts].tolist(), commodity[starts].tolist(), strict=True)
        return {key: arcs.tolist() for key, arcs in zip(keys, groups, strict=False)}

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
            if not self.open_on[arc, day]:
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
            room = min(room, self._store_room(f, day) + self._processable(f, commodity, day))
        return float(room)

    def _store_room(self, f: int, day: int) -> float:
        """t that may still be put down at a yard or plant and lie there to the end."""
        fac = self.s.facilities
        most = fac.storage[f]
        if self.strict:
            stays = day + fac.longest_stay[f] >= self.s.days and fac.empty_from[f] >= self.s.days
            most = min(most, fac.end_stock_max[f]) if stays else 0.0
        return max(float(most - self.now[f].sum()), 0.0)

    def _processable(self, f: int, commodity: int, day: int) -> float:
        """t of input that a plant can process now and pass on as products."""
        if not self.can_process[f, commodity] or not self.s.facilities.open[f, day]:
            return 0.0
        most = self.input_left[f, commodity // GRADES, day]
        made: dict[int, float] = {}
        for row, output in recipe_rows(self.s, f, commodity):
            made[output] = made.get(output, 0.0) + float(self.s.recipes.yields[row])
        takers = {output: self._takers(self.first + f, output, day) for output in made}
        shared = Counter(place for places in takers.values() for place in places)
        for output, rate in made.items():
            room = sum(self._room_at(place, output, day) / shared[place] for place in takers[output])
            most = min(most, room / rate)
        return float(min(most, self.gate_out[f, day] / sum(made.values())))

    def _takers(self, origin: int, commodity: int, day: int) -> list[int]:
        """Places that a commodity may go to from an origin that day, nearest first."""
        arcs = self.arcs_of.get((origin, commodity), ())
        return [int(self.lanes.destination[arc]) for arc in arcs if self.open_on[arc, day]]

    def _blend_room(self, demand: int, commodity: int, units: float) -> float:
        """Own units that keep the material's share below its maximum.

        The share is of the whole need, as if it would be filled; of what has arrived so far when ``strict``.
        """
        mixes = self.s.mixes
        rows = np.flatnonzero((mixes.demand == demand) & (mixes.material == commodity // GRADES))
        if not len(rows):
            return np.inf
        share, got = float(mixes.max_share[rows[0]]), float(self.received[demand, commodity // GRADES])
        if self.strict and share < 1:
            return max((share * float(self.received[demand].sum()) - got) / (1 - share), 0.0) * units
        return max(share * float(self.s.demands.quantity[demand]) - got * units, 0.0)

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
            if self.can_process[f, commodity]:
                self._work(f, commodity, day)

    def _work(self, f: int, commodity: int, day: int) -> None:
        """A plant processes what it holds of one input, as far as it can pass on what it makes."""
        t = min(float(self.now[f, commodity]), self._processable(f, commodity, day))
        if t <= SMALLEST_T:
            return
        self.now[f, commodity] -= t
        self.input_left[f, commodity // GRADES, day] -= t
        self.processing.append((f, commodity, day, t))
        for row, output in recipe_rows(self.s, f, commodity):
            self.now[f, output] += t * float(self.s.recipes.yields[row])
            self._pass_on(f, output, day)

    def _pass_on(self, f: int, commodity: int, day: int) -> None:
        """Sends out what a plant holds of a product, as far as gate and takers allow."""
        t = min(float(self.now[f, commodity]), float(self.gate_out[f, day]))
        sent = t - self._send(self.first + f, commodity, day, t)
        self.now[f, commodity] -= sent
        self.gate_out[f, day] -= sent

    def _empty_stores(self, day: int) -> None:
        """In the morning plants work off what lies there: inputs first, then whatever may leave."""
        plants = [f for f, kind in enumerate(self.s.facilities.kind) if kind in PLANTS]
        for f in plants:
            for commodity in np.flatnonzero(self.now[f] > SMALLEST_T).tolist():
                if self.can_process[f, commodity]:
                    self._work(f, commodity, day)
                else:
                    self._pass_on(f, commodity, day)

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
