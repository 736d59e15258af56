"""Quotes by hand, against planning the market anew with the lot in it, and that asking leaves no trace."""

from __future__ import annotations

import datetime as dt
import random
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pytest import approx
from weeks import DATES, Week, fresh, planned, random_week, solved

from optimizer.distances import measure
from optimizer.errors import InputError
from optimizer.progress import Progress
from optimizer.quotes import Lot, Market
from optimizer.read import load_scenario
from optimizer.scenario import UNITS

MARKET = "weights = { welfare = 1.0, offsite = 8.0, landfill = 2.0 }"
CHARGES = {"offsite": 8.0, "landfill": 2.0}
ONE_KM = 180 / 3.141592653589793 / 6371.0088  # degrees of latitude
DAY = [dt.date.fromisoformat(date) for date in DATES]
KEYS = {"supplies": "supply", "demands": "demand", "facilities": "facility"}


@dataclass
class OnMap(Week):
    """A week whose places lie on a map, joined by the great circle."""

    @property
    def toml(self) -> str:
        return super().toml.replace('distances = "distances.csv"', "detour = 1.0")

    def write(self, folder: Path) -> Path:
        self.tables.pop("distances", None)
        written = super().write(folder)
        (written / "distances.csv").unlink()
        return written


def on_map(week: Week, chance: random.Random) -> OnMap:
    """The same week with its places strewn over a few kilometres."""
    for name in KEYS:
        for row in week.tables.get(name, ()):
            row |= {"lon": 117 + chance.random() * 0.2, "lat": 36 + chance.random() * 0.2}
    return OnMap(**{field: getattr(week, field) for field in Week.__dataclass_fields__})


def line() -> OnMap:
    """Along a meridian, 1 CNY per t·km: D1 at 5 km (bid 12, 60 t), D2 at 10 km (bid 4, 100 t), a gate at −20 km."""
    week = OnMap(days=1, objective=MARKET, costs="haul_per_t_km = 1.0")
    for name, km, quantity, bid in (("D1", 5, 60, 12), ("D2", 10, 100, 4)):
        week.add(
            "demands", demand=name, lon=117, lat=km * ONE_KM, accepts="earth", quantity=quantity, unit="t", bid=bid
        )
    week.add("facilities", facility="G", kind="disposal", lon=117, lat=-20 * ONE_KM, accepts="earth", fee=15)
    return week


def market(week: Week, folder: Path, **options: object) -> Market:
    scenario = load_scenario(week.write(fresh(folder)))
    return Market.open(scenario, measure(scenario, Progress()), None, CHARGES, **options)


def supply(t: float, reserve: float | None = None, **more: object) -> Lot:
    fields = {"lon": 117.0, "lat": 0.0, "materials": ("earth",), "first": DAY[0], "last": DAY[0]} | more
    return Lot("supply", quantity=t, reserve=reserve, **fields)


def need(quantity: float, reserve: float | None = None, **more: object) -> Lot:
    fields = {"lon": 117.0, "lat": 0.0, "materials": ("earth",), "first": DAY[0], "last": DAY[0]} | more
    return Lot("demand", quantity=quantity, reserve=reserve, **fields)


def placed(quote: object) -> dict[str, float]:
    """Place → t."""
    found: dict[str, float] = {}
    for p in quote.placements:
        found[p.place] = found.get(p.place, 0.0) + p.t
    return found


def test_a_surplus_by_hand(tmp_path):
    """100 t that the owner pays up to 10 to lose: 60 t to D1, 40 t to D2 at D2's bid of 4 less 10 km: −6.

    The nearest gate is 20 km away and takes 15: 35. The market costs 6, so 29 per t are saved.
    """
    quote = market(line(), tmp_path).quote(supply(100, -10))
    assert placed(quote) == approx({"D1": 60, "D2": 40})
    assert [p.price for p in quote.placements] == [approx(-6)] * 2
    assert [p.km for p in quote.placements] == [approx(5), approx(10)]
    assert (quote.price, quote.unplaced_t, quote.saving_per_t, quote.saving) == approx((-6, 0, 29, 2900))
    assert (quote.nearest.place, quote.nearest.km, quote.nearest.cost) == ("G", approx(20), approx(35))
    assert not quote.why


def test_a_surplus_that_wants_too_much_says_so(tmp_path):
    """With an ask of 3, D1 is worth it (12 − 5 = 7) and D2 is not (4 − 10): 40 t stay, and the price is the ask."""
    quote = market(line(), tmp_path).quote(supply(100, 3))
    assert placed(quote) == approx({"D1": 60})
    assert (quote.price, quote.unplaced_t) == approx((3, 40))
    assert quote.why.en == (
        "of 3 places for earth: 3 could be used, but 40 t find no room there at a price within the limits of both sides"
    )


def test_what_must_move_goes_to_the_gate(tmp_path):
    """200 t that must move: 60 and 100 t to the needs, 40 t to the gate at −20 − 15 − 2 of charge = −37 for all."""
    quote = market(line(), tmp_path).quote(supply(200, 3, required=True))
    assert placed(quote) == approx({"D1": 60, "D2": 100, "G": 40})
    assert quote.price == approx(-37)
    assert quote.saving_per_t == approx(35 - 37)


def test_a_need_by_hand_in_cubic_metres(tmp_path):
    """40 m³ compacted of earth at 2.5 t/m³ or sand at 1; bid 6. Earth 1 km away asks 0 (100 t), sand −30 (20 t).

    As in the settlement of the same market: 20 t of sand fill 20 m³, 50 t of earth the others; 1 and −6.5 per t.
    """
    week = OnMap(days=1, objective=MARKET, costs="haul_per_t_km = 1.0")
    for name, material, t, ask in (("E", "earth", 100, 0), ("S", "sand", 20, -30)):
        week.add("supplies", supply=name, lon=117, lat=ONE_KM, material=material, quantity=t, unit="t", ask=ask,
                 must_move="false")  # fmt: skip
    quote = market(week, tmp_path).quote(need(40, 6, materials=("earth", "sand"), unit="m3_compacted"))
    assert [(p.place, p.t, p.price) for p in quote.placements] == [
        ("E", approx(50), approx(1)),
        ("S", approx(20), approx(-6.5)),
    ]
    assert quote.nearest is None
    assert quote.saving is None


def test_other_flows_make_way(tmp_path):
    """A pit at the place of the lot has D1 for itself until somebody asks for less: the lot asks −10, the pit 0.

    The pit's 60 t go to D1 (12 − 5); D2 is too far for it (4 − 10 < 0), but not for the lot: both needs, 60 + 100 t of
    220 t. The lot has soil left, so its price is its ask. D1 is better served by the lot, and the pit makes way.
    """
    week = line().add("supplies", supply="P", lon=117, lat=0, material="earth", quantity=60, unit="t", ask=0,
                      must_move="false")  # fmt: skip
    quote = market(week, tmp_path).quote(supply(220, -10))
    assert placed(quote) == approx({"D1": 60, "D2": 100})
    assert quote.price == approx(-10)


def test_a_commodity_that_nobody_has_yet_finds_its_plant(tmp_path):
    """Slime of grade 1, which the market has not seen: into the plant (3 km, fee 10), half of it sold as stone at 30.

    Stone earns 30 − 2 = 28, slime 14; the fee and 4 of work leave 0 at the plant's gate, and −3 at the pit.
    """
    week = OnMap(days=1, objective=MARKET, costs="haul_per_t_km = 1.0")
    week.add("demands", demand="D", lon=117, lat=5 * ONE_KM, accepts="stone", quantity=100, unit="t", bid=30, grade="1")
    week.add("facilities", facility="F", kind="recycling", lon=117, lat=3 * ONE_KM, accepts="slime", fee=10)
    week.add("recipes", facility="F", input="slime", output="stone", **{"yield": 0.5}, cost=4)
    quote = market(week, tmp_path).quote(supply(40, -20, materials=("slime",), grade="1"))
    assert placed(quote) == approx({"F": 40})
    assert quote.price == approx(-3)


def test_why_nothing_was_found(tmp_path):
    week = line()
    week.days = 2
    week.max_km = 15
    week.row("demands", "D2")["to"] = DATES[0]
    asked = market(week, tmp_path)
    quote = asked.quote(supply(10, first=DAY[1], last=DAY[1], grade="x"))
    assert (quote.price, quote.nearest, quote.saving, quote.unplaced_t) == (None, None, None, 10)
    assert quote.why.en == "of 3 places for earth: 3 not at grade x"
    week.row("demands", "D1")["to"] = DATES[0]
    quote = market(week, tmp_path).quote(supply(10, first=DAY[1], last=DAY[1]))
    assert quote.why.en == "of 3 places for earth: 1 beyond 15 km, 2 with no open day in common"
    assert asked.quote(supply(10, materials=("slime",))).why.en == "no place in this market accepts slime"
    assert asked.quote(need(10)).why.en == "nobody in this market has what it accepts"


def test_every_fault_of_a_lot_at_once(tmp_path):
    asked = market(line(), tmp_path)
    with pytest.raises(InputError) as error:
        asked.quote(need(-1, float("inf"), materials=("mud", "earth"), grade="x", unit="kg", daily_max=0.0,
                         first=DAY[5], last=DAY[9]))  # fmt: skip
    assert [fault.column for fault in error.value.faults] == [
        "daily_max", "first", "grade", "materials", "quantity", "reserve", "unit",
    ]  # fmt: skip
    with pytest.raises(InputError, match="is before the first date"):
        asked.quote(supply(1, first=DAY[1], last=DAY[0]))
    with pytest.raises(InputError, match="no place on earth"):
        asked.quote(supply(1, lon=400.0))
    with pytest.raises(InputError, match="one, for a surplus is of one material"):
        asked.quote(supply(1, materials=("earth", "sand")))


def test_a_table_of_distances_has_no_quotes(tmp_path):
    week = Week(days=1, objective=MARKET).add("supplies", supply="S", material="earth", quantity=1, unit="t")
    scenario = load_scenario(week.write(fresh(tmp_path)))
    with pytest.raises(InputError, match="quotes need a map"):
        Market.open(scenario, measure(scenario, Progress()))


def random_market(seed: int) -> OnMap:
    chance = random.Random(seed)
    return on_map(random_week(chance, objective=MARKET), chance)


def random_lot(seed: int, days: int) -> Lot:
    chance = random.Random(-seed - 1)
    first = chance.randrange(days)
    side = chance.choice(("supply", "demand"))
    materials = tuple(chance.sample(("earth", "sand", "slime"), 1 if side == "supply" else chance.randint(1, 3)))
    return Lot(
        side,
        lon=117 + chance.random() * 0.2,
        lat=36 + chance.random() * 0.2,
        materials=materials,
        quantity=chance.randint(5, 120),
        first=DAY[first],
        last=DAY[chance.randrange(first, days)],
        unit=chance.choice(UNITS),
        grade=chance.choice(("", "1", "2", "x") if side == "supply" else ("", "1", "2")),
        daily_max=chance.choice((None, None, 20.0, 40.0)),
        reserve=chance.choice((None, chance.uniform(-20, 10), chance.uniform(0, 30))),
        required=chance.random() < 0.3,
    )


def with_lot(week: Week, lot: Lot) -> Week:
    """The same market with the lot as a row of its own."""
    other = week.copy()
    row = {"lon": lot.lon, "lat": lot.lat, "quantity": lot.quantity, "unit": lot.unit, "from": lot.first.isoformat(),
           "to": lot.last.isoformat(), "daily_max": lot.daily_max or "", "grade": lot.grade}  # fmt: skip
    reserve = "" if lot.reserve is None else lot.reserve
    if lot.side == "supply":
        return other.add("supplies", supply="LOT", material=lot.materials[0], ask=reserve,
                         must_move=str(lot.required).lower(), **row)  # fmt: skip
    return other.add("demands", demand="LOT", accepts=";".join(lot.materials), bid=reserve,
                     required=lot.quantity if lot.required else "", **row)  # fmt: skip


@given(st.integers(0, 10**6))
@settings(max_examples=80, deadline=None)
def test_a_quote_is_what_planning_anew_would_give(seed: int):
    """With all lanes kept: the same t to the same places, and the reserve is respected."""
    week = random_market(seed)
    lot = random_lot(seed, week.days)
    with tempfile.TemporaryDirectory() as folder:
        quote = market(week, Path(folder), margin=None).quote(lot)
        anew = planned(with_lot(week, lot), Path(folder))
    flows = anew.plan.tables["flows"]
    other, own = ("to", "from") if lot.side == "supply" else ("from", "to")
    expected: dict[str, float] = {}
    for row in flows.records():
        if row[own] == "LOT":
            expected[row[other]] = expected.get(row[other], 0.0) + row["t"]
    assert placed(quote) == approx(expected, abs=1e-4, rel=1e-6)
    if not lot.required:
        for placement in quote.placements:
            if lot.side == "supply":
                assert placement.price >= (lot.reserve or 0.0) - 1e-9
            else:
                assert placement.price <= (lot.reserve or 0.0) + 1e-9


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_the_price_is_the_slope_of_welfare(seed: int):
    """One day: a little more of the lot changes the weighted total by its price less its reserve, left or right."""
    week = random_market(seed)
    lot = random_lot(seed, week.days)
    keen = -40.0 if lot.side == "supply" else 60.0
    lot = Lot(**{**vars(lot), "last": lot.first, "daily_max": None, "required": False, "unit": "t", "reserve": keen,
                 "materials": lot.materials[:1]})  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        quote = market(week, folder, margin=None).quote(lot)
        assume(quote.placements)
        step = 1e-3
        totals = [
            solved(with_lot(week, Lot(**{**vars(lot), "quantity": lot.quantity + more})), folder).goals["total"]
            for more in (-step, 0.0, step)
        ]
    gain_left, gain_right = (totals[0] - totals[1]) / step, (totals[1] - totals[2]) / step
    margin = quote.price - keen if lot.side == "supply" else keen - quote.price
    assert gain_right - 2e-3 <= margin <= gain_left + 2e-3


def test_asking_leaves_no_trace(tmp_path):
    """Fifty lots later the first one is told exactly the same, and the model has not grown."""
    week = random_market(5)
    asked = market(week, tmp_path)
    size = asked.size
    first = asked.quote(random_lot(0, week.days))
    told = [asked.quote(random_lot(seed, week.days)) for seed in range(1, 51)]
    assert any(quote.placements for quote in told)
    assert asked.quote(random_lot(0, week.days)) == first
    assert asked.size == size


def test_asked_from_several_threads(tmp_path):
    week = random_market(5)
    asked = market(week, tmp_path)
    alone = [asked.quote(random_lot(seed, week.days)) for seed in range(12)]
    together: dict[int, object] = {}
    threads = [
        threading.Thread(target=lambda seed=seed: together.update({seed: asked.quote(random_lot(seed, week.days))}))
        for seed in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[seed] for seed in range(12)] == alone


def test_a_market_opens_again_from_its_files(tmp_path):
    """The stored scenario folder and flows.csv give the same market as the clearing itself did."""
    from optimizer.planner import Options, plan_scenario

    folder = random_market(8).write(fresh(tmp_path))
    planning = plan_scenario(load_scenario(folder), Options(), Progress())
    flows = tmp_path / "flows.csv"
    flows.write_text(planning.plan.tables["flows"].to_csv(), encoding="utf-8")
    before = Market.open(planning.scenario, planning.distances, planning.plan.tables["flows"], CHARGES)
    after = Market.reopen(folder, flows, CHARGES)
    days = planning.scenario.days
    assert [before.quote(random_lot(seed, days)) for seed in range(8)] == [
        after.quote(random_lot(seed, days)) for seed in range(8)
    ]


def test_few_lanes_give_the_prices_of_all(tmp_path):
    """A market of 90 listings: lanes that come near to being used are enough, and they are few."""
    from optimizer.sample import sample

    sample(tmp_path / "market", sites=60, demands=30, yards=2, plants=1, materials=3, days=3)
    scenario = load_scenario(tmp_path / "market")
    distances = measure(scenario, Progress())
    few, every = (Market.open(scenario, distances, None, CHARGES, margin=margin) for margin in (3.0, None))
    assert few.size[1] < every.size[1]
    lon, lat = scenario.lonlat.mean(axis=0)
    for number, material in enumerate(sorted({scenario.materials.ids[k // 3] for k in scenario.supplies.commodity})):
        lot = supply(200, -120, lon=lon + 0.01 * number, lat=lat, materials=(material,), last=DAY[2])
        one, other = few.quote(lot), every.quote(lot)
        assert other.price is not None
        assert one.price == approx(other.price, abs=0.01)
        assert one.placed_t == approx(other.placed_t, abs=1e-3)


def test_a_new_place_on_the_roads_is_as_far_as_if_it_had_been_there(tmp_path):
    """The first pit of the start-up zone's week, asked about as a new place, and one far from every road."""
    scenario = load_scenario(Path(__file__).parents[2] / "scenarios" / "qibuqu-week")
    for engine in ("auto", "scipy"):
        distances = measure(scenario, Progress(), engine=engine)
        reach = distances.reach(*scenario.lonlat[0])
        assert reach.km_out == approx(distances.km[0], abs=1e-9, nan_ok=True)
        assert reach.minutes_in == approx(distances.minutes[:, 0], abs=1e-9, nan_ok=True)
    asked = Market.open(scenario, distances)
    with pytest.raises(InputError) as error:
        asked.quote(supply(1, lon=118.5, lat=36.0, materials=("mud",), first=scenario.start, last=scenario.start))
    assert [fault.column for fault in error.value.faults] == ["lon, lat", "materials"]
