"""Where a lot would go, when and at what reference price, answered from a live market without a clearing.

The market is one linear program of welfare with charges over the lanes that matter, solved once. A lot becomes a few
row bounds and all its legal lanes as columns; the primal simplex goes on from the optimal basis, other flows moving out
of its way; its own duals are its price. Then the columns are taken out and the basis is put back, so that every quote
starts from the same vertex and the model never grows (docs/maths.md, "Quotes").
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optimizer.backends.highs import Highs
from optimizer.blocks import build_program
from optimizer.distances import Distances, Reach, measure
from optimizer.errors import InputError
from optimizer.guests import Hosting, with_guests, without_roads
from optimizer.lanes import Lanes, build_lanes, rules
from optimizer.ledger import SMALLEST_T
from optimizer.lots import Lot, ReadLot, faults_of, read_lot
from optimizer.nearby import (
    START_ARCS,
    arcs_among,
    check_charges,
    in_money,
    nearest_arcs,
    optimum,
    priced_in_money,
    within_margin,
)
from optimizer.program import Program
from optimizer.progress import Progress
from optimizer.prospects import Nearest, Prospects, find_prospects, why_unplaced
from optimizer.read import load_scenario
from optimizer.scenario import GRADE_NAMES, GRADES, Bools, Floats, Ints, Scenario
from optimizer.tables import Table
from optimizer.words import Words

__all__ = ["Lot", "Market", "Nearest", "Placement", "Quote"]

MARGIN = 3.0  # CNY per t; lanes that come as near to being used stay in the market


@dataclass(frozen=True)
class Placement:
    """A part of a lot that finds a place: the other end, day, t, one-way km, CNY per t to or from the lot's owner."""

    place: str
    date: dt.date
    material: str
    grade: str
    t: float
    km: float
    price: float


@dataclass(frozen=True)
class Quote:
    """What a lot would meet. Nothing is reserved, and nothing of another party is told but the price it leads to.

    Attributes:
        placements: where it goes, by date.
        placed_t, unplaced_t: t within the horizon; a demand's by its first material.
        price: mean reference price in CNY per t, what a supply receives at the pit or a demand pays delivered; None
            where nothing is placed.
        nearest: the nearest legal gate (a quarry, yard or plant for a demand); None where there is none.
        saving_per_t, saving: against that gate, over what is placed, in CNY; None where either is missing.
        why: why nothing, or not all, finds a place; blank when all does.
        sensitive: fields for the lot's owner only: a price tells what somebody at the margin is ready to pay.
    """

    placements: tuple[Placement, ...]
    placed_t: float
    unplaced_t: float
    price: float | None
    nearest: Nearest | None
    saving_per_t: float | None
    saving: float | None
    why: Words
    sensitive: tuple[str, ...] = ("placements", "price", "saving_per_t", "saving")


class Market:
    """A live market that lots can be tried on; safe to be asked from several threads."""

    def __init__(self, hosting: Hosting, reach: Callable[[float, float], Reach], lanes: Lanes, program: Program):
        self._hosting, self._scenario, self._measured = hosting, hosting.scenario, reach
        self._lanes, self._program = lanes, program
        self._rule = rules(self._scenario)
        self._lock = threading.Lock()
        self._backend = Highs()
        self._mark = self._solved()

    @classmethod
    def open(
        cls,
        scenario: Scenario,
        distances: Distances,
        keep: Table | None = None,
        charges: Mapping[str, float] | None = None,
        *,
        margin: float | None = MARGIN,
    ) -> Market:
        """Builds and solves the market; takes seconds.

        Args:
            scenario: what the clearing was made of, whatever its goals.
            distances: its distances; a map or a detour, for a table cannot tell where a new lot lies.
            keep: flows of the clearing (columns from, to, material, grade), whose arcs stay in; None for none.
            charges: CNY per unit of `offsite`, `landfill`, `transfer`, `haul` or `carbon`.
            margin: lanes stay that would come to be used if prices moved by as many CNY per t; None keeps all.

        Raises:
            InputError: the scenario has no map, or a charge is none.
        """
        if distances.reach is None:
            raise InputError.single(
                "scenario.toml",
                "distances come as a table, which cannot tell where a new lot lies; quotes need a map: name a road "
                "file, or a detour factor",
                column="roads.distances",
            )
        check_charges(charges or {})
        hosting = with_guests(priced_in_money(scenario, charges or {}))
        lanes = build_lanes(hosting.scenario, without_roads(hosting, distances))
        if margin is not None:
            start = nearest_arcs(hosting.scenario, lanes, per_listing=START_ARCS, per_facility=START_ARCS)
            start |= _named_arcs(hosting.scenario, lanes, keep)
            lanes = within_margin(hosting.scenario, lanes, start, margin)
        return cls(hosting, distances.reach, lanes, build_program(hosting.scenario, lanes))

    @classmethod
    def reopen(cls, folder: Path, flows: Path, charges: Mapping[str, float] | None = None) -> Market:
        """The market of a stored scenario folder and the ``flows.csv`` of its clearing."""
        scenario = load_scenario(folder)
        return cls.open(scenario, measure(scenario, Progress()), Table.read_csv(flows), charges)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the live model."""
        with self._lock:
            return self._backend.size

    def quote(self, lot: Lot) -> Quote:
        """What the market has for a lot.

        Raises:
            InputError: with every fault of the lot, located by field.
        """
        reach = self._reach(lot)
        read = read_lot(self._scenario, lot)
        case = self._case(lot, read, reach)
        return self._told(case, *self._try(case))

    def _reach(self, lot: Lot) -> Reach:
        """Distances of the lot's place; faults of the lot and of its place are told together."""
        faults = faults_of(self._scenario, lot)
        if any(fault.column == "lon, lat" for fault in faults):
            raise InputError(faults)
        try:
            reach = self._measured(lot.lon, lot.lat)
        except InputError as error:
            raise InputError([*faults, *error.faults]) from None
        if faults:
            raise InputError(faults)
        return reach

    def _case(self, lot: Lot, read: ReadLot, reach: Reach) -> _Case:
        """The lot at its guest's place: its lanes, the rows that are its own and the price at which it counts."""
        scenario, rows = self._scenario, self._program.rows
        supply = lot.side == "supply"
        if supply:
            guest = own = self._hosting.supplies.get(int(read.commodities[0]), self._hosting.any_supply)
            named = rows["supply.release"], rows["supply.daily"]
        else:
            guest = self._hosting.demands[lot.unit]
            own, named = guest - scenario.first_demand, (rows["demand.room"], rows["demand.daily"])
        km, minutes = np.full((2, len(scenario.place_ids)), np.nan)
        km[self._hosting.place] = reach.km_out if supply else reach.km_in
        minutes[self._hosting.place] = reach.minutes_out if supply else reach.minutes_in
        found = find_prospects(scenario, self._rule, self._lanes, lot, read, guest, km, minutes)
        penalty = scenario.costs.unserved_per_t if lot.required else 0.0
        if supply:
            limit = np.full(len(found.lanes), (lot.reserve or 0.0) - penalty)
        else:
            units = read.units_per_t / read.units_per_t[read.commodities[0] // GRADES]
            limit = (lot.reserve or 0.0) + penalty * units[found.lanes.commodities // GRADES]
        whole, daily = (block.index[block.keys[0] == own] for block in named)
        return _Case(lot, read, found, limit, whole, daily)

    def _try(self, case: _Case) -> tuple[Floats, Floats]:
        """(L,) t on the lot's lanes and (L,) CNY per t for it, the rest of the market making way; leaves no trace."""
        lanes, supply = case.found.lanes, case.lot.side == "supply"
        matrix, goals = self._program.lane_columns(lanes)
        cost = in_money(self._scenario, goals) + (case.limit if supply else -case.limit)
        rows, lower, upper = case.bounds()
        with self._lock:
            first = self._backend.add_columns(matrix, cost, np.full(len(lanes), np.inf))
            try:
                self._backend.set_row_bounds(rows, lower, upper)
                x, row_dual = optimum(self._backend.solve(None))
            finally:
                self._backend.set_row_bounds(rows, self._program.row_lower[rows], self._program.row_upper[rows])
                self._backend.drop_columns(first, self._mark)
        of_lot = matrix.tocsr()[rows].T @ row_dual[rows]
        return x[first:], case.limit - of_lot if supply else case.limit + of_lot

    def _told(self, case: _Case, t: Floats, price: Floats) -> Quote:
        """The quote from tonnes and prices of the lot's lanes."""
        scenario, lanes, lot = self._scenario, case.found.lanes, case.lot
        price = np.maximum(price, case.limit) if lot.side == "supply" else np.minimum(price, case.limit)
        other = lanes.destinations if lot.side == "supply" else lanes.origins
        used = np.flatnonzero(t > SMALLEST_T)
        used = used[np.lexsort((lanes.commodities[used], other[used], lanes.day[used]))]
        placements = tuple(
            Placement(
                place=scenario.place_ids[other[lane]],
                date=scenario.date(lanes.day[lane]),
                material=scenario.commodity_name(int(lanes.commodities[lane]))[0],
                grade=scenario.commodity_name(int(lanes.commodities[lane]))[1],
                t=float(t[lane]),
                km=float(lanes.km[lanes.arc[lane]]),
                price=float(price[lane]),
            )
            for lane in used.tolist()
        )
        placed = float(t[used].sum())
        unplaced = case.unplaced(t)
        mean = float(t[used] @ price[used]) / placed if placed else None
        nearest = case.found.nearest
        saving = None
        if mean is not None and nearest is not None:
            saving = nearest.cost + mean if lot.side == "supply" else nearest.cost - mean
        return Quote(
            placements=placements,
            placed_t=placed,
            unplaced_t=unplaced,
            price=mean,
            nearest=nearest,
            saving_per_t=saving,
            saving=None if saving is None else saving * placed,
            why=why_unplaced(scenario, lot, case.read, case.found, unplaced),
        )

    def _solved(self) -> object:
        """Loads and solves the market; the vertex that every quote starts from.

        In it the guests' own columns are basic, so that whatever a lot releases lies on its site to begin with and the
        primal simplex starts feasible.
        """
        program = self._program
        self._backend.load(program)
        self._backend.set_cost(in_money(self._scenario, program.goals))
        optimum(self._backend.solve(None))
        guest = np.ones(self._scenario.first_demand, dtype=bool)
        guest[self._hosting.place[self._hosting.place < len(guest)]] = False
        release = program.rows["supply.release"]
        on_site = [program.columns[name] for name in ("supply.wait", "supply.left")]
        self._backend.make_basic(
            np.concatenate([block.index[guest[block.keys[0]]] for block in on_site]),
            release.index[guest[release.keys[0]]],
        )
        optimum(self._backend.solve(None))
        return self._backend.mark()


@dataclass(frozen=True)
class _Case:
    """A lot in a market.

    Attributes:
        found: its lanes.
        limit: (L,) least (supply) or most (demand) CNY per t on each lane, a penalty for what is not served included.
        whole: rows of its release by day, or of its room; ``daily``: of its daily rate.
    """

    lot: Lot
    read: ReadLot
    found: Prospects
    limit: Floats
    whole: Ints
    daily: Ints

    def bounds(self) -> tuple[Ints, Floats, Floats]:
        """(rows, lower, upper) that the lot gives its guest's rows."""
        n = len(self.daily)
        if self.lot.side == "supply":
            lower, upper = self.read.release, self.read.release
        else:
            lower, upper = np.array([-np.inf]), np.array([self.read.quantity])
        lower, upper = np.append(lower, np.full(n, -np.inf)), np.append(upper, np.full(n, self.read.daily_max))
        return np.append(self.whole, self.daily), lower, upper

    def unplaced(self, t: Floats) -> float:
        """t left of the lot; of a demand in t of its first material."""
        if self.lot.side == "supply":
            left = self.read.quantity - float(t.sum())
        else:
            material = self.found.lanes.commodities // GRADES
            first = self.read.units_per_t[self.read.commodities[0] // GRADES]
            left = (self.read.quantity - float(t @ self.read.units_per_t[material])) / first
        return float(left) if left > SMALLEST_T else 0.0


def _named_arcs(scenario: Scenario, lanes: Lanes, flows: Table | None) -> Bools:
    """(A,) arcs that a table of flows names; flows of places that are no more are left out."""
    if flows is None:
        return np.zeros(len(lanes.origin), dtype=bool)
    place = {name: i for i, name in enumerate(scenario.place_ids)}
    material = scenario.materials.index
    keys = {
        (place[o], place[d], material[m] * GRADES + GRADE_NAMES.index(g))
        for o, d, m, g in zip(*(flows.column(c) for c in ("from", "to", "material", "grade")), strict=True)
        if o in place and d in place and m in material
    }
    named = np.array(sorted(keys), dtype=np.int32).reshape(-1, 3)
    return arcs_among(lanes, named[:, 0], named[:, 1], named[:, 2])
