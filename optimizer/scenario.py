"""The frozen scenario: what every later step reads, in tonnes, days and integer indices.

Everything a person entered has been converted once, at the border, by :mod:`optimizer.read`; nothing
here remembers volume states except a demand's own unit, which stays its balance (DESIGN.md).

Conventions
    Days are 0-based integers from ``start``; ``last`` days are inclusive. With ``period_days`` a day stands for a
    longer period (:mod:`optimizer.intake.periods`).
    A *commodity* is a material with a contamination grade: ``material * GRADES + (grade - 1)``.
    Grades are 1 (fit for homes), 2 (fit for industry, the default) and 3 (written ``x``: exceeds).
    Limits that the input left blank are ``inf``; prices it left blank are ``nan``.
    Coordinates are WGS-84; ``nan`` where the scenario gives distances and no coordinates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

GRADES = 3
GRADE_NAMES = ("1", "2", "x")
UNITS = ("t", "m3_bank", "m3_loose", "m3_compacted")
KINDS = ("yard", "disposal", "recycling", "treatment", "offsite", "quarry")
PLANTS = ("recycling", "treatment")
ABROAD = ("offsite", "quarry")  # kinds that bear nothing for the district: out of it, or receiving nothing
EARTHWORKS = "spoil"  # waste class that is not dug in the rain
DRAINING = ("sand_dry", "sand_wet", "gravel", "rock_blasted")  # earth that can be placed in the rain
PLACED = ("demand", "disposal")  # kinds of place where earth is spread and compacted
GATE_KINDS = ("load", "tip")
UNCERTAIN = ("quantity", "delay", "rain", "wet")
GOALS = ("unserved", "offsite", "landfill", "transfer", "fairness", "haul", "empties", "cost", "carbon", "welfare",
         "changes", "frozen")  # fmt: skip


def commodity_of(material: Ints | int, grade: Ints | int) -> Ints:
    """Commodity index of a material index and a grade (1, 2 or 3)."""
    index: Ints = np.asarray(material, dtype=np.int32) * GRADES + (np.asarray(grade, dtype=np.int32) - 1)
    return index


@dataclass(frozen=True)
class Materials:
    """The materials of this scenario, M of them: the built-in library with the scenario's own rows over it.

    Densities are t per m³ of that volume state; ``nan`` where the state has no meaning (slurry is not compacted).
    """

    ids: tuple[str, ...]
    name_zh: tuple[str, ...]
    name_en: tuple[str, ...]
    waste_class: tuple[str, ...]
    density: Floats  # (M, len(UNITS)); the column of "t" is 1
    counts_as_waste: Bools  # (M,)
    source: tuple[str, ...]  # where the figures come from; "scenario" when overridden

    @property
    def index(self) -> dict[str, int]:
        """Position by id."""
        return {name: i for i, name in enumerate(self.ids)}


@dataclass(frozen=True)
class Supplies:
    """Surplus lots, S of them. All masses in t as hauled."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    lon: Floats
    lat: Floats
    commodity: Ints
    quantity: Floats  # t over all its dates, also those outside the horizon
    release: Floats  # (S, days) t released each day of the horizon
    first: Ints  # first and last day on which it may leave, within the horizon
    last: Ints
    daily_max: Floats  # t a day
    stock_max: Floats  # t a night
    must_move: Bools
    ask: Floats  # CNY per t
    priority: Floats
    unit: tuple[str, ...]  # as entered, for showing
    owner: tuple[str, ...]
    street: tuple[str, ...]


@dataclass(frozen=True)
class Demands:
    """Needs for fill or product, N of them. Quantities in each demand's own unit."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    lon: Floats
    lat: Floats
    accepts: Bools  # (N, M)
    first_material: Ints  # the first one listed: shortfall is told in its tonnes
    unit: tuple[str, ...]
    units_per_t: Floats  # (N, M) own units that one t of the material counts for; nan where not accepted
    quantity: Floats
    required: Floats
    daily_max: Floats
    grade: Ints  # the worst grade it takes
    first: Ints
    last: Ints
    bid: Floats  # CNY per t
    priority: Floats
    owner: tuple[str, ...]
    street: tuple[str, ...]


@dataclass(frozen=True)
class Facilities:
    """Yards, plants, disposal, off-site and quarries, F of them."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    kind: tuple[str, ...]
    lon: Floats
    lat: Floats
    accepts: Bools  # (F, M); for a quarry: what it sells
    grade: Ints  # the worst grade it takes; 1 for a quarry, whose goods are grade 1
    open: Bools  # (F, days): status open, within its dates, not closed by calendar.csv
    dates: Bools  # (F, days): the same whatever its status
    daily_in: Floats  # (F, days) t
    daily_out: Floats  # (F, days) t
    storage: Floats  # t overnight (yard, plant; 0 when blank) or room over the horizon (the others; inf when blank)
    fee: Floats  # CNY per t received; for a quarry per t sold
    hold_cost: Floats  # CNY per t and night
    end_cost: Floats  # CNY per t still there at the end
    end_stock_max: Floats  # t
    longest_stay: Floats  # nights a tonne may lie there
    opening_cost: Floats  # CNY; of a candidate that a siting has opened all that its choice costs over the horizon
    lease: Floats  # CNY a month while a candidate is open
    restoration: Floats  # CNY when a candidate closes before the horizon ends
    empty_from: Ints  # first day on which nothing may lie there any more; the number of days for never
    status: tuple[str, ...]  # open | closed | candidate
    street: tuple[str, ...]


@dataclass(frozen=True)
class Sizes:
    """Sizes that candidates may have, Z of them; limits that the input left blank are ``nan``: the facility's own."""

    facility: Ints
    ids: tuple[str, ...]
    storage: Floats  # t
    daily_in: Floats  # t a day of the horizon
    daily_out: Floats
    opening_cost: Floats  # CNY
    lease: Floats  # CNY a month
    restoration: Floats  # CNY


NO_SIZES = Sizes(np.zeros(0, dtype=np.int32), (), *(np.zeros(0) for _ in range(6)))


@dataclass(frozen=True)
class Recipes:
    """Recipe rows, R of them: one output of one input at one plant."""

    facility: Ints
    input: Ints  # material
    output: Ints  # material
    grade_in: Ints  # 0 = any
    grade_out: Ints  # 0 = same as it came in
    yields: Floats  # t of output per t of input
    daily_max: Floats  # t of input a day, shared by all rows (and grades) of one facility and input
    cost: Floats  # CNY per t of input, the same on all rows of one facility and input


@dataclass(frozen=True)
class OpeningStocks:
    """Stock on hand when the horizon opens; one entry per facility and commodity."""

    facility: Ints
    commodity: Ints
    t: Floats


@dataclass(frozen=True)
class Mixes:
    """Blend limits by mass over the horizon: share of one material in all that a demand receives."""

    demand: Ints
    material: Ints
    min_share: Floats  # 0 when blank
    max_share: Floats  # 1 when blank
    before: Floats  # t of the material, and of everything, that had come before the horizon; 0 when blank
    before_all: Floats


@dataclass(frozen=True)
class Objective:
    """What the plan is for: goals in lexicographic order, or weights (then ``order`` is empty)."""

    order: tuple[str, ...] = ("unserved", "offsite", "transfer", "haul")
    tolerance: float = 1e-6
    weights: Mapping[str, float] = field(default_factory=dict)
    reference: Path | None = None  # plan folder that the goals `changes` and `frozen` compare with
    reference_days: int | None = None  # first days of the horizon that it covers; None = all
    frozen_days: int = 0  # first days of the horizon whose orders `frozen` counts

    @property
    def goals(self) -> tuple[str, ...]:
        """Every goal that counts: those of the order or the weights, and always `unserved`.

        An order that does not name `unserved` gets it first: a plan that moves nothing would win every other goal.
        """
        named = tuple(self.weights) or self.order
        return named if "unserved" in named else ("unserved", *named)


@dataclass(frozen=True)
class RoadSpec:
    """Where distances come from: exactly one of ``file``, ``distances`` and ``detour``."""

    file: Path | None = None
    distances: Path | None = None  # named for messages; its rows are in Scenario.pairs
    detour: float | None = None
    by: str = "distance"  # or "time"
    max_km: float = np.inf
    snap_km: float = 1.0  # a site farther than this from any truck road is a fault
    profile: Path | None = None
    zones: Path | None = None
    crs: str | None = None
    attribution: str | None = None  # whose data the map is; None = as the file says


@dataclass(frozen=True)
class Pairs:
    """Rows of ``distances.csv``; places are node numbers (see :class:`Scenario`)."""

    origin: Ints
    destination: Ints
    km: Floats
    minutes: Floats  # nan when blank
    cost_per_t: Floats  # nan when blank


@dataclass(frozen=True)
class Costs:
    """Money and carbon rates."""

    haul_per_t_km: float = 0.9
    co2_per_t_km: float = 0.129
    carbon_per_kg: float = 0.0
    unserved_per_t: float = 1000.0


@dataclass(frozen=True)
class StreetRules:
    """What streets are paid for what they bear, and the most that one may bear of all."""

    per_t: float = 0.0  # CNY per t received by facilities in it
    per_passage: float = 0.0  # CNY per laden truck that starts or ends in it
    truck_t: float = 16.0  # t of a laden truck
    max_share: float = 1.0  # of what all streets bear

    @property
    def rates(self) -> tuple[float, float]:
        """What a t received, and a t that starts or ends there, counts for; tonnes alone where nothing is paid."""
        passing = self.per_passage / self.truck_t
        return (self.per_t, passing) if self.per_t or passing else (1.0, 0.0)

    @property
    def in_tonnes(self) -> tuple[float, float]:
        """The same with a t received as 1; where only passages are paid, a t that starts or ends there as 1."""
        received, passing = self.rates
        return received / (received or passing), passing / (received or passing)


@dataclass(frozen=True)
class Trucks:
    """Classes of equal trucks, K of them; minutes count from midnight, beyond 1440 into the next morning."""

    ids: tuple[str, ...] = ()
    count: tuple[int, ...] = ()
    depot: tuple[str, ...] = ()
    lon: tuple[float, ...] = ()  # nan where not given
    lat: tuple[float, ...] = ()
    payload: tuple[float, ...] = ()  # t
    body: tuple[float, ...] = ()  # m³ loose; inf when limited by mass only
    shift: tuple[tuple[int, int], ...] = ()
    cost_per_km: tuple[float, ...] = ()
    cost_per_hour: tuple[float, ...] = ()
    co2_per_km_loaded: tuple[float, ...] = ()  # nan where fuel tells
    co2_per_km_empty: tuple[float, ...] = ()
    carrier: tuple[str, ...] = ()
    vehicle: tuple[str, ...] = ()
    emission: tuple[int, ...] = ()  # 0 = not known
    carries: tuple[frozenset[int], ...] = ()  # materials
    driving_max: tuple[float, ...] = ()  # minutes a shift
    rest_after: tuple[int, ...] = ()  # minutes
    rest: tuple[int, ...] = ()  # minutes
    range_loaded: tuple[float, ...] = ()  # km of a full battery; nan where there is none
    range_empty: tuple[float, ...] = ()
    charge_minutes: tuple[float, ...] = ()  # from empty to full; nan where there is no battery
    reserve: tuple[float, ...] = ()  # share of the battery
    chargers: tuple[tuple[int, ...], ...] = ()  # places besides the depot


@dataclass(frozen=True)
class Gate:
    """One loading or tipping place, with every spell in which it serves (minutes from midnight)."""

    place: int  # node number
    what: str  # load | tip
    spells: tuple[tuple[int, int], ...]
    bays: int  # 0 = no limit
    minutes: float
    wash: float
    per_hour: float  # inf = as many as the bays serve


@dataclass(frozen=True)
class Ban:
    """Hours (minutes from midnight) on days first … last in which what it touches may not be on the way."""

    vehicle: str  # "" = every class
    emission: int  # this stage and older; 0 = every stage
    street: str  # "" = everywhere
    first: int
    last: int
    hours: tuple[int, int]


@dataclass(frozen=True)
class Uncertain:
    """A row of ``uncertainty.csv``: three percentiles of something, or what soil becomes in the rain.

    Attributes:
        what: quantity (as a factor of what was entered), delay (days), rain (days of the horizon) or wet.
        node: the lot or need; -1 for rain.
        low, mid, high: P10, P50 and P90; nan for wet.
        group: rows of one group are drawn together; blank = on its own.
        material: what soil dug after rain counts as, for wet; else -1.
    """

    what: str
    node: int
    low: float
    mid: float
    high: float
    group: str
    material: int


@dataclass(frozen=True)
class Driving:
    """What dispatch takes where no table says otherwise: km/h (nan = as the roads say), minutes, L/100 km, kg/L."""

    laden_km_h: float = np.nan
    empty_km_h: float = np.nan
    load_minutes: float = 5.0
    tip_minutes: float = 3.0
    wash_minutes: float = 4.0
    fuel_loaded: float = 41.5
    fuel_empty: float = 27.5
    co2_per_l: float = 2.65


@dataclass(frozen=True)
class Cuts:
    """What dispatch has found that trucks and gates can do in a day, C limits of places and days of the fleet.

    Attributes:
        place, day: (C,) node and day of each; inbound: (C,) t that come, else t that leave.
        t: (C,) the most.
        fleet: truck minutes by day; minutes_per_t: (P, P, M) what a t takes of them from place to place.
    """

    place: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    day: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    inbound: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))
    t: Floats = field(default_factory=lambda: np.zeros(0))
    fleet: Mapping[int, float] = field(default_factory=dict)
    minutes_per_t: Floats | None = None


@dataclass(frozen=True)
class Scenario:
    """One district, one horizon. Places are numbered supplies first, then demands, then facilities."""

    name: str
    start: dt.date
    days: int
    materials: Materials
    supplies: Supplies
    demands: Demands
    facilities: Facilities
    recipes: Recipes
    stocks: OpeningStocks
    mixes: Mixes
    objective: Objective
    roads: RoadSpec
    costs: Costs
    pairs: Pairs | None  # only with roads.distances
    notes: tuple[str, ...]  # what a person should know about how the input was read
    hashes: Mapping[str, str]  # sha-256 of every input file by name
    folder: Path  # where relative paths start
    trucks: Trucks = Trucks()
    gates: tuple[Gate, ...] = ()
    bans: tuple[Ban, ...] = ()
    uncertain: tuple[Uncertain, ...] = ()
    driving: Driving = Driving()
    cuts: Cuts = Cuts()
    sizes: Sizes = NO_SIZES
    streets: StreetRules = StreetRules()
    period_days: int = 1  # calendar days that one day of the horizon stands for
    rain: tuple[int, ...] = ()  # days on which soil that holds water is not placed; of drawn scenarios only
    twins: tuple[tuple[int, int], ...] = ()  # a lot, and the lot of its wet soil: one pit with one gate and one heap

    @property
    def place_ids(self) -> tuple[str, ...]:
        """Ids of all places in node order."""
        return self.supplies.ids + self.demands.ids + self.facilities.ids

    @property
    def first_demand(self) -> int:
        """Node number of demand 0."""
        return len(self.supplies.ids)

    @property
    def first_facility(self) -> int:
        """Node number of facility 0."""
        return len(self.supplies.ids) + len(self.demands.ids)

    @property
    def street_of(self) -> tuple[str, ...]:
        """Street of every place in node order; blank where none is named."""
        return self.supplies.street + self.demands.street + self.facilities.street

    @property
    def not_placed_in_rain(self) -> Bools:
        """(M,) materials that cannot be spread and compacted in the rain: earth, unless water runs off through it."""
        m = self.materials
        kinds = zip(m.ids, m.waste_class, strict=True)
        return np.array([kind == EARTHWORKS and name not in DRAINING for name, kind in kinds], dtype=bool)

    @property
    def opened(self) -> Bools:
        """(F,) candidates that a siting has opened."""
        candidate = np.array([status == "candidate" for status in self.facilities.status], dtype=bool)
        return candidate & self.facilities.open.any(axis=1)

    @property
    def lonlat(self) -> Floats:
        """(places, 2) WGS-84 degrees."""
        parts = (self.supplies, self.demands, self.facilities)
        return np.column_stack([np.concatenate([p.lon for p in parts]), np.concatenate([p.lat for p in parts])])

    def date(self, day: int) -> dt.date:
        """Calendar date of a day of the horizon; of a longer period its first."""
        return self.start + dt.timedelta(days=int(day) * self.period_days)

    @property
    def end(self) -> dt.date:
        """Last calendar date of the horizon."""
        return self.start + dt.timedelta(days=self.days * self.period_days - 1)

    def commodity_name(self, commodity: int) -> tuple[str, str]:
        """(material id, grade name) of a commodity."""
        return self.materials.ids[commodity // GRADES], GRADE_NAMES[commodity % GRADES]
