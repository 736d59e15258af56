"""``cutfill site --map``: what the first tonne of yard room would be worth anywhere, from the duals of one plan.

The plan of the week in money has duals. They say of every place, commodity and day what a tonne that comes from there
and one that goes there are worth, so a yard that does not exist is priced like a lane that does not: its ways in and
out by their reduced costs, and the best sequence of fetching, keeping and passing on with one tonne of room and one
tonne a day through the gates. By weak duality no yard at that place gains more per tonne of room; how near the truth
this is, re-solves with a small yard at a few places tell (docs/maths.md, "Worth of a yard").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from optimizer.backends import make_backend
from optimizer.blocks import build_program
from optimizer.distances import Anywhere, Distances
from optimizer.errors import InputError
from optimizer.lanes import build_lanes
from optimizer.nearby import check_charges, in_money, over_few_lanes
from optimizer.planner import Options
from optimizer.prices import price_table
from optimizer.progress import Progress
from optimizer.scenario import Bools, Facilities, Floats, Ints, Objective, Scenario
from optimizer.solve import TOTAL, OpenLanes, open_session
from optimizer.tables import Table

GHOST = "new yard"
TINY = 0.1  # t of room, and t a day, of the yard that a re-solve tries: small beside every lot
SEED = 2025
UNPRICED = ("changes", "frozen", "empties", "fairness")  # what an earlier plan did, trucks between loads, streets
BEST, APART_KM = 8, 2.0  # places told in words, and how far they lie apart


@dataclass(frozen=True)
class Step:
    """A tonne's stay in the yard: fetched from a place on a day, sent to another on a day not before."""

    origin: int
    fetched: int
    destination: int
    sent: int
    commodity: int
    gain: float


@dataclass(frozen=True)
class Sample:
    """A place where a small yard was tried: what the duals promise and what the re-solve found, CNY per t of room."""

    at: int
    worth: float
    gain: float


@dataclass(frozen=True)
class Heat:
    """The map.

    Attributes:
        scenario: priced in money, without the yard.
        anywhere: the places.
        worth: (P,) CNY that the first tonne of room is worth over the horizon.
        best: positions of the best places, at least :data:`APART_KM` apart, the best first.
        steps: of each best place, what its tonne would do.
        samples: re-solves.
        value: CNY of the plan without the yard.
        prices: the duals, as ``prices.csv``.
    """

    scenario: Scenario
    anywhere: Anywhere
    worth: Floats
    best: tuple[int, ...]
    steps: tuple[tuple[Step, ...], ...]
    samples: tuple[Sample, ...]
    value: float
    prices: Table


def in_cny(scenario: Scenario, charges: Mapping[str, float]) -> Scenario:
    """The scenario with a goal in money: its own weights, or cost and the unserved price where goals are in order.

    What streets may bear has no part in it, for nobody knows the street of a place.
    """
    check_charges(charges, "cutfill site", "--charge")
    weights = {k: v for k, v in scenario.objective.weights.items() if k not in UNPRICED}
    if not weights:
        weights = {"welfare" if "welfare" in scenario.objective.order else "cost": 1.0}
    objective = Objective(order=(), weights={**weights, **charges})
    return replace(scenario, objective=objective, streets=replace(scenario.streets, max_share=1.0))


def heat(
    scenario: Scenario,
    distances: Distances,
    options: Options,
    progress: Progress,
    *,
    places: int,
    samples: int,
    charges: Mapping[str, float],
) -> Heat:
    """Prices a yard anywhere.

    Args:
        scenario: any; candidates stay closed.
        distances: of a road map or by detour.
        options: how the one plan is solved.
        progress: told of each phase.
        places: most places that are priced.
        samples: how many of them are tried by a re-solve.
        charges: CNY per unit of a goal that is to count beside money.

    Raises:
        InputError: distances come as a table, a charge is none, or the plan has no lower limit.
    """
    if distances.anywhere is None:
        raise InputError.single(
            "scenario.toml",
            "distances come as a table, which cannot tell where a new yard would lie; --map needs a map: name a road "
            "file, or a detour factor; or list candidate places in facilities.csv and leave --map out",
            column="roads.distances",
        )
    money = in_cny(scenario, charges)
    with progress.phase("places"):
        anywhere = distances.anywhere(places, progress)
    yard = Ghost(money, distances, options, progress)
    with progress.phase("price places"):
        worth, _ = yard.worth(anywhere.km_in, anywhere.km_out)
        best = _apart(anywhere, worth)
        told = yard.worth(anywhere.km_in[list(best)], anywhere.km_out[list(best)], trace=True)[1]
    tried = []
    with progress.phase("re-solve"):
        for n, at in enumerate(_sampled(worth, best, samples)):
            gain = yard.gain(anywhere.km_in[at], anywhere.km_out[at])
            tried.append(Sample(at, float(worth[at]), gain))
            progress.step(n + 1, samples, "places")
    return Heat(money, anywhere, worth, best, told, tuple(tried), yard.value, yard.prices)


class Ghost:
    """A yard that lies nowhere yet, live in the solver: no road leads to it until a place is tried."""

    def __init__(self, scenario: Scenario, distances: Distances, options: Options, progress: Progress):
        self._scenario = with_yard(scenario)
        self._node = len(scenario.place_ids)
        self._limit = scenario.roads.max_km
        with progress.phase("lanes"):
            lanes = build_lanes(self._scenario, _with_place(distances, np.nan))
            nothing = replace(distances, km=np.full_like(distances.km, np.nan))
            self._lanes = build_lanes(self._scenario, _with_place(nothing, 0.0))
        with progress.phase("program"):
            program = build_program(self._scenario, lanes)
        backend = make_backend(options.solver, threads=options.threads, seed=options.seed)
        if len(lanes) >= options.priced_from:
            backend = over_few_lanes(self._scenario, lanes, backend)
        self._session = open_session(self._scenario, program, backend, options.time_limit)
        stage = self._session.run(progress).stages[0]
        if stage.price is None:
            raise InputError.single("cutfill site", "time is over before the plan was; loosen --time-limit")
        self.value = stage.value
        self._program = program
        self.prices = price_table(self._scenario, program, (stage,))
        self._base, self._per_km = self._reduced(stage.price)

    def _reduced(self, price: Floats) -> tuple[Floats, Floats]:
        """(L,) reduced cost of the yard's lanes were all places at its gate, and what each km adds."""
        y = price.copy()
        for block in self._program.rows.values():
            if "facility" in block.dims:
                own = block.keys[block.dims.index("facility")] == self._node - self._scenario.first_facility
                y[block.index[own]] = 0.0
        matrix, goals = self._program.lane_columns(self._lanes)
        one = replace(self._lanes, km=np.ones_like(self._lanes.km), haul_cost=np.full(len(self._lanes.km), self._rate))
        here = in_money(self._scenario, goals)
        return here - matrix.T @ y, in_money(self._scenario, self._program.lane_columns(one)[1]) - here

    @property
    def _rate(self) -> float:
        return self._scenario.costs.haul_per_t_km

    def worth(
        self, km_in: Floats, km_out: Floats, *, trace: bool = False
    ) -> tuple[Floats, tuple[tuple[Step, ...], ...]]:
        """(P,) worth of the first tonne of room at places so many km (P, places) from and to all others.

        Day by day the tonne of room is empty or holds one commodity; on a day it may send what it holds, then fetch,
        and where it does neither, a tonne may pass through. ``trace`` also tells what it does.
        """
        bring, send = (_Market(self, km, side) for km, side in ((km_in, "in"), (km_out, "out")))
        both = np.intersect1d(bring.commodities, send.commodities)
        if not len(both):
            return np.zeros(len(km_in)), ((),) * len(km_in)
        empty, held = np.zeros(len(km_in)), np.full((len(km_in), len(both)), -np.inf)
        days: list[_Day] = []
        for day in range(self._scenario.days):
            buy, sell = bring.gain(day, both), send.gain(day, both)
            through = np.maximum((buy + sell).max(axis=1), 0.0)
            leaving = held + sell
            sold = leaving.max(axis=1)
            cleared = np.maximum(empty, sold)
            if trace:
                days.append(_Day(empty, held, buy, sell, through))
            empty, held = (
                np.maximum(empty + through, sold),
                np.maximum(held + through[:, None], cleared[:, None] + buy),
            )
        told = tuple(_told(days, place, both, bring, send) for place in range(len(km_in))) if trace else ()
        return empty, told

    def gain(self, km_in: Floats, km_out: Floats) -> float:
        """CNY per t of room that a small yard really saves at a place, everything planned anew."""
        lanes = self._lanes
        km = np.where(lanes.destination == self._node, np.append(km_in, np.nan)[lanes.origin],
                      np.append(km_out, np.nan)[lanes.destination])  # fmt: skip
        near = np.nan_to_num(km, nan=np.inf) <= self._limit
        km = np.where(near, km, 0.0)
        placed = replace(lanes, km=km, haul_cost=km * self._rate)
        upper = np.where(near[placed.arc], np.inf, 0.0)
        found = self._session.optimum(TOTAL, more_lanes=OpenLanes(placed, upper))
        if found is None:
            raise InputError.single("cutfill site", "time is over before the re-solves were; loosen --time-limit")
        return (self.value - found) / TINY


@dataclass(frozen=True)
class _Day:
    """What a day began with and offered, for telling what the best tonne did."""

    empty: Floats
    held: Floats
    buy: Floats
    sell: Floats
    through: Floats


class _Market:
    """One side of the yard: the best partner of each commodity on a day."""

    def __init__(self, yard: Ghost, km: Floats, side: str):
        lanes = yard._lanes
        own, other = (lanes.destinations, lanes.origins) if side == "in" else (lanes.origins, lanes.destinations)
        self._at = np.flatnonzero(own == yard._node)
        self._other, self._commodity, self._on = (a[self._at] for a in (other, lanes.commodities, lanes.day))
        self._base, self._per_km = yard._base[self._at], yard._per_km[self._at]
        self._km = np.where(np.nan_to_num(km, nan=np.inf) <= yard._limit, km, np.nan)
        self.commodities = np.unique(self._commodity)

    def gain(self, day: int, commodities: Ints) -> Floats:
        """(P, K) best negative reduced cost, −∞ where there is no partner."""
        best = np.full((len(self._km), len(commodities)), -np.inf)
        today = self._on == day
        for n, k in enumerate(commodities.tolist()):
            lane = np.flatnonzero(today & (self._commodity == k))
            if len(lane):
                gains = -(self._base[lane] + self._km[:, self._other[lane]] * self._per_km[lane])
                best[:, n] = np.nan_to_num(np.fmax.reduce(gains, axis=1), nan=-np.inf)
        return best

    def partner(self, place: int, day: int, commodity: int) -> int:
        """The node that makes the best gain."""
        lane = np.flatnonzero((self._on == day) & (self._commodity == commodity))
        gains = -(self._base[lane] + self._km[place, self._other[lane]] * self._per_km[lane])
        return int(self._other[lane[np.nanargmax(gains)]])


def _told(days: Sequence[_Day], place: int, both: Ints, bring: _Market, send: _Market) -> tuple[Step, ...]:
    """What the best tonne at a place does, read backwards from the last day, on which the room is empty."""
    steps: list[Step] = []
    holding, sent_on = -1, -1

    def note(k: int, fetched: int, sent: int) -> None:
        gain = float(days[fetched].buy[place, k] + days[sent].sell[place, k])
        origin, destination = bring.partner(place, fetched, both[k]), send.partner(place, sent, both[k])
        steps.append(Step(origin, fetched, destination, sent, int(both[k]), gain))

    for day in range(len(days) - 1, -1, -1):
        now = days[day]
        empty, held, through = now.empty[place], now.held[place], now.through[place]
        leaving = held + now.sell[place]
        if holding >= 0:
            if held[holding] + through >= max(empty, leaving.max()) + now.buy[place, holding]:
                if through > 0:
                    note(int((now.buy[place] + now.sell[place]).argmax()), day, day)
                continue
            note(holding, day, sent_on)
            holding = -1
            through = 0.0  # the gate has served
        if leaving.max() > empty + through:
            holding, sent_on = int(leaving.argmax()), day
        elif through > 0:
            note(int((now.buy[place] + now.sell[place]).argmax()), day, day)
    return tuple(reversed(steps))


def with_yard(scenario: Scenario) -> Scenario:
    """The scenario with one yard more, of :data:`TINY` room and gates, that takes everything up to grade 2 and lies
    nowhere; what it holds must be gone at the end, for a yard that may end full would be free disposal."""
    f, days = scenario.facilities, scenario.days
    own = {
        "ids": GHOST, "names": GHOST, "kind": "yard", "lon": np.nan, "lat": np.nan, "grade": 2, "storage": TINY,
        "fee": 0.0, "hold_cost": 0.0, "end_cost": 0.0, "end_stock_max": 0.0, "longest_stay": np.inf,
        "opening_cost": 0.0, "lease": 0.0, "restoration": 0.0, "empty_from": days, "status": "open", "street": "",
        "accepts": np.ones(len(scenario.materials.ids), dtype=bool), "open": np.ones(days, dtype=bool),
        "dates": np.ones(days, dtype=bool), "daily_in": np.full(days, TINY), "daily_out": np.full(days, TINY),
    }  # fmt: skip
    parts = {field.name: _appended(getattr(f, field.name), own[field.name]) for field in fields(f)}
    return replace(scenario, facilities=Facilities(**parts))  # type: ignore[arg-type]


def _appended(column: object, value: object) -> object:
    if isinstance(column, tuple):
        return (*column, value)
    assert isinstance(column, np.ndarray)
    wide = np.asarray(value).astype(column.dtype)
    return np.concatenate([column.reshape(len(column), *wide.shape), wide[None]])


def _with_place(distances: Distances, km: float) -> Distances:
    """The tables with one place more, so many km from and to all others."""
    n = len(distances.km)

    def wide(table: Floats, fill: float) -> Floats:
        more = np.full((n + 1, n + 1), fill)
        more[:n, :n] = table
        more[n, n] = np.nan
        return more

    return replace(
        distances, km=wide(distances.km, km), minutes=wide(distances.minutes, np.nan),
        cost_per_t=wide(distances.cost_per_t, np.nan),
    )  # fmt: skip


def _apart(anywhere: Anywhere, worth: Floats) -> tuple[int, ...]:
    """The best places that are worth anything, none next to a better one."""
    found: list[int] = []
    free: Bools = worth > 0.005
    while free.any() and len(found) < BEST:
        at = int(np.where(free, worth, -np.inf).argmax())
        found.append(at)
        east = (anywhere.lon - anywhere.lon[at]) * np.cos(np.radians(anywhere.lat[at]))
        free &= np.hypot(east, anywhere.lat - anywhere.lat[at]) * 111.2 > APART_KM
    return tuple(found)


def _sampled(worth: Floats, best: Sequence[int], n: int) -> list[int]:
    """The best places for a third of the tries, the rest drawn over all worths."""
    chosen = list(best[: max(n // 3, 1)])[:n]
    order = np.argsort(worth, kind="stable")
    chance = np.random.default_rng(SEED)
    for part in np.array_split(order, max(n - len(chosen), 1)):
        if len(chosen) < n and len(part):
            chosen.append(int(chance.choice(part)))
    return list(dict.fromkeys(chosen))
