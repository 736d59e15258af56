"""Prices by finite differences: add a little to an input file, plan again, compare (docs/maths.md, "Prices").

The optima of a lexicographic order, as one vector, have a derivative to the right and one to the left of each limit.
For the first goal the price lies between them (right ≥ price ≥ left, the optimum being convex); for a later goal this
holds where the earlier ones have no kink. Both together say: right ≥ price ≥ left in lexicographic order. Where right
and left are the same for every goal, the price is that one number.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
from pytest import approx
from weeks import DATES, Week, goal_values, planned, random_week, solved

from optimizer.planner import Planning
from optimizer.scenario import GRADES

EPS = 0.02
NEAR = 2e-3  # of finite differences whose numerator carries 1e-7 of a solver
Change = Callable[[Week, float], None]


def near(*goals: float) -> object:
    return approx(list(goals), rel=1e-6, abs=1e-6)


def prices_of(planning: Planning, place: str, side: str, dates: tuple[str, ...] | None = None) -> np.ndarray:
    """Sum of the prices of one limit over dates, one figure per goal."""
    goals = [stage.goal for stage in planning.solution.stages]
    rows = [
        [row[goal] for goal in goals]
        for row in planning.plan.tables["prices"].records()
        if row["id"] == place and row["side"] == side and (dates is None or row["date"] in dates)
    ]
    return np.array(rows).reshape(-1, len(goals)).sum(axis=0)


def slopes(week: Week, change: Change, folder) -> tuple[np.ndarray, np.ndarray]:
    """(left, right) derivative of every goal, each a new plan from files."""
    values = []
    for step in (-EPS, 0.0, EPS):
        other = week.copy()
        if step:
            change(other, step)
        values.append(np.array(list(solved(other, folder).goals.values())))
    return (values[1] - values[0]) / EPS, (values[2] - values[1]) / EPS


def lexicographically(smaller: np.ndarray, larger: np.ndarray) -> bool:
    """Whether the first component that differs is larger in ``larger``."""
    for a, b in zip(smaller, larger, strict=True):
        if abs(a - b) > NEAR * max(1.0, abs(a), abs(b)):
            return bool(a < b)
    return True


def assert_price(price: np.ndarray, left: np.ndarray, right: np.ndarray) -> None:
    assert lexicographically(left, price), f"price {price} is below the left derivative {left} (right {right})"
    assert lexicographically(price, right), f"price {price} is above the right derivative {right} (left {left})"
    if left == approx(right, rel=NEAR, abs=NEAR):
        assert price == approx(left, rel=NEAR, abs=NEAR)


def compare(week: Week, folder, place: str, side: str, change: Change, *, per: float = 1.0, dates=None) -> np.ndarray:
    """Price of a limit against both slopes; ``per`` turns t into the unit that ``change`` changes."""
    price = prices_of(planned(week, folder), place, side, dates) * per
    left, right = slopes(week, change, folder)
    assert_price(price, left, right)
    return price


def add_to(table: str, key: str, column: str) -> Change:
    def change(week: Week, step: float) -> None:
        week.row(table, key)[column] += step

    return change


# ---------------------------------------------------------------- by hand, one per side, with the sign spelled out


def base() -> Week:
    """40 t of S a day for three days; D near, off far."""
    week = Week(days=3, objective='order = ["unserved", "offsite", "haul"]')
    week.add("supplies", supply="S", material="earth", quantity=120, unit="t")
    return week.add("facilities", facility="off", kind="offsite", accepts="earth").road("S", "off", 30)


def test_a_further_tonne_of_supply_costs_what_its_way_costs(tmp_path):
    """D takes all at 5 km: a tonne more adds 5 t·km. Without room at D it goes off-site, 30 km away: (0, 1, 30)."""
    week = base().add("demands", demand="D", accepts="earth", quantity=1000, unit="t").road("S", "D", 5)
    assert prices_of(planned(week, tmp_path), "S", "supply", (DATES[0],)) == near(0, 0, 5)
    compare(week, tmp_path, "S", "supply", lambda w, e: add_to("supplies", "S", "quantity")(w, 3 * e))
    week.row("demands", "D")["quantity"] = 50
    assert prices_of(planned(week, tmp_path), "S", "supply", (DATES[0],)) == near(0, 1, 30)


def test_room_in_a_demand_saves_and_its_own_unit_counts(tmp_path):
    """Room of 20 m³ compacted of earth (2.5 t/m³) is 50 t. A tonne more saves 1 t off-site and 30 − 5 = 25 t·km.

    A m³ more saves 2.5 times that; a daily rate of 8 m³ = 20 t binds on all three days when the room does not.
    """
    week = base().add("demands", demand="D", accepts="earth", quantity=20, unit="m3_compacted", daily_max="")
    week.road("S", "D", 5)
    price = compare(week, tmp_path, "D", "demand", add_to("demands", "D", "quantity"), per=2.5)
    assert price == near(0, -2.5, -62.5)
    week.row("demands", "D").update(quantity=1000, daily_max=8)
    price = compare(week, tmp_path, "D", "demand_daily", add_to("demands", "D", "daily_max"), per=2.5)
    assert price == near(0, -7.5, -187.5)


def test_requiring_more_costs(tmp_path):
    """S need not move. 30 t required of D at 5 km: one more adds 5 t·km; at E, out of reach, it adds 1 t unserved."""
    week = base()
    week.row("supplies", "S")["must_move"] = "false"
    week.add("demands", demand="D", accepts="earth", quantity=100, unit="m3_compacted", required=12)
    week.add("demands", demand="E", accepts="earth", quantity=100, unit="t", required=12, priority=3).road("S", "D", 5)
    price = compare(week, tmp_path, "D", "demand_required", add_to("demands", "D", "required"), per=2.5)
    assert price == near(0, 0, 12.5)
    price = compare(week, tmp_path, "E", "demand_required", add_to("demands", "E", "required"))
    assert price == near(3, 0, 0)


def test_gates(tmp_path):
    """X at 5 km takes 10 t a day, on the second day 12: a tonne more on a day keeps a tonne from going 30 km."""
    week = base().add("facilities", facility="X", kind="disposal", accepts="earth", daily_in=10).road("S", "X", 5)
    week.add("calendar", facility="X", from_=DATES[1], to=DATES[1], daily_in=12, daily_out="")

    def on_one_day(w: Week, step: float) -> None:
        w.tables["calendar"][0]["daily_in"] += step

    assert compare(week, tmp_path, "X", "gate_in", on_one_day, dates=(DATES[1],)) == near(0, -1, -25)
    two_days = add_to("facilities", "X", "daily_in")
    assert compare(week, tmp_path, "X", "gate_in", two_days, dates=(DATES[0], DATES[2])) == near(0, -2, -50)


def test_exit_gate_storage_end_stock_and_stock_of_a_yard(tmp_path):
    """All 60 t come on day 1, D opens on day 2. The yard holds 40 t a night, lets 15 t a day out, may end with 5 t.

    Out 15 + 15 = 30 t, end stock 5 t: 35 t go in, 25 t off-site. A tonne more out on a day, or left at the end, keeps
    one tonne from off-site; storage (40) does not bind. With 20 t of storage only 20 t go in, and storage binds.
    """
    week = Week(days=3, objective='order = ["unserved", "offsite", "haul"]')
    week.add("supplies", supply="S", material="earth", quantity=60, unit="t", from_=DATES[0], to=DATES[0])
    week.add("demands", demand="D", accepts="earth", quantity=1000, unit="t", from_=DATES[1])
    week.add("facilities", facility="off", kind="offsite", accepts="earth", storage="", daily_out="", end_stock_max="")
    week.add("facilities", facility="Y", kind="yard", accepts="earth", storage=40, daily_out=15, end_stock_max=5)
    week.road("S", "off", 30).road("S", "Y", 2).road("Y", "D", 3)
    price = compare(week, tmp_path, "Y", "gate_out", add_to("facilities", "Y", "daily_out"))
    assert price == near(0, -2, 2 * (2 + 3 - 30))
    price = compare(week, tmp_path, "Y", "end_stock", add_to("facilities", "Y", "end_stock_max"))
    assert price == near(0, -1, 2 - 30)
    assert prices_of(planned(week, tmp_path), "Y", "storage") == near(0, 0, 0)
    # opening stock takes the place of soil that then goes off-site: 1 t, 30 km instead of 2
    week.add("stocks", facility="Y", material="earth", grade="2", quantity=10, unit="t")
    price = compare(
        week, tmp_path, "Y", "stock", lambda w, e: w.tables["stocks"][0].update(quantity=10 + e), dates=DATES[:1]
    )
    assert price == near(0, 1, 28)
    week.tables["stocks"].clear()
    week.row("facilities", "Y")["storage"] = 20
    price = compare(week, tmp_path, "Y", "storage", add_to("facilities", "Y", "storage"))
    assert price == near(0, -1, 2 + 3 - 30)


def test_room_of_disposal_and_of_a_quarry(tmp_path):
    """Disposal X at 5 km has room for 70 of 120 t: a tonne more saves (1 off-site, 25 t·km).

    D requires 50 t of sand, the quarry at 4 km has 30: a tonne more is a tonne less unserved, and 4 t·km more.
    """
    week = base().add("facilities", facility="X", kind="disposal", accepts="earth", storage=70).road("S", "X", 5)
    week.add("facilities", facility="Q", kind="quarry", accepts="sand", storage=30).road("Q", "D", 4)
    week.add("demands", demand="D", accepts="sand", quantity=100, unit="t", required=50)
    assert compare(week, tmp_path, "X", "room", add_to("facilities", "X", "storage")) == near(0, -1, -25)
    assert compare(week, tmp_path, "Q", "room", add_to("facilities", "Q", "storage")) == near(-1, 0, 4)


def test_plant_and_loading_limits(tmp_path):
    """A press at 1 km takes 10 t of slime a day, sand 0.5 goes 2 km to D; S may load 30 of its 40 t a day.

    One t more pressed on each day: 3 t less off-site, 3·(1 + 0.5·2 − 30) t·km. One t more loaded: 3 t less unserved,
    3 t more off-site (the press is full) and 3·30 t·km.
    """
    week = Week(days=3, objective='order = ["unserved", "offsite", "haul"]')
    week.add("supplies", supply="S", material="slime", quantity=120, unit="m3_bank", daily_max=30)
    week.add("demands", demand="D", accepts="sand", quantity=1000, unit="t")
    week.add("facilities", facility="P", kind="treatment", accepts="slime")
    week.add("facilities", facility="off", kind="offsite", accepts="slime")
    week.add("recipes", facility="P", input="slime", output="sand", **{"yield": 0.5}, daily_max=10)
    week.road("S", "P", 1).road("P", "D", 2).road("S", "off", 30)

    def press(w: Week, step: float) -> None:
        w.tables["recipes"][0]["daily_max"] += step

    assert compare(week, tmp_path, "P", "plant_daily", press) == near(0, -3, -84)
    price = compare(week, tmp_path, "S", "supply_daily", add_to("supplies", "S", "daily_max"), per=1.2)
    assert price == near(-3.6, 3.6, 108)


def test_blend_price_times_mass_is_the_slope_of_the_share(tmp_path):
    """At most 25 % of sand beside 90 t of earth: s = share/(1 − share)·90 = 30 t.

    ds/dshare = 90/0.75² = 160 t per unit of share; each t at D instead of off-site saves (1 t, 9 t·km). The row reads
    Σ_sand − share·Σ ≤ 0: a share more by δ is a right-hand side more by δ·Σ = 120 δ, and a t more on the right-hand
    side lets 1/0.75 t more of sand in: 120/0.75 = 160.
    """
    week = Week(days=1, objective='order = ["unserved", "offsite", "haul"]')
    week.add("supplies", supply="E", material="earth", quantity=90, unit="t")
    week.add("supplies", supply="A", material="sand", quantity=100, unit="t")
    week.add("demands", demand="D", accepts="earth;sand", quantity=1000, unit="t")
    week.add("facilities", facility="off", kind="offsite", accepts="earth;sand")
    week.add("mixes", demand="D", material="sand", min_share="", max_share=0.25)
    week.road("E", "D", 1).road("A", "D", 1).road("A", "off", 10).road("E", "off", 10)
    price = prices_of(planned(week, tmp_path), "D", "blend_max")
    assert price == near(0, -1 / 0.75, -9 / 0.75)

    def share(w: Week, step: float) -> None:
        w.tables["mixes"][0]["max_share"] += step / 100

    left, right = slopes(week, share, tmp_path)
    assert left * 100 == approx(price * 120, rel=2e-3, abs=1e-3)
    assert right * 100 == approx(price * 120, rel=2e-3, abs=1e-3)
    # the other way round: at least 60 % sand, 30 t of it carry 20 t of earth
    week.row("supplies", "A")["quantity"] = 30
    week.tables["mixes"][0].update(min_share=0.6, max_share="")
    price = prices_of(planned(week, tmp_path), "D", "blend_min")
    assert price == near(0, 1 / 0.6, 9 / 0.6)

    def least(w: Week, step: float) -> None:
        w.tables["mixes"][0]["min_share"] += step / 100

    left, right = slopes(week, least, tmp_path)
    assert left * 100 == approx(price * 50, rel=2e-3, abs=1e-3)
    assert right * 100 == approx(price * 50, rel=2e-3, abs=1e-3)


def test_prices_with_weights_are_money(tmp_path):
    """Off-site 30 km·0.9 + 20 a t = 47; D at 5 km costs 4.5, room for 50 t: a tonne more is worth 42.5 CNY."""
    week = base().add("demands", demand="D", accepts="earth", quantity=50, unit="t").road("S", "D", 5)
    week.objective = "weights = { cost = 1.0, offsite = 20.0 }"
    assert compare(week, tmp_path, "D", "demand", add_to("demands", "D", "quantity")) == near(-42.5)
    assert prices_of(planned(week, tmp_path), "S", "supply", (DATES[0],)) == near(47)


def test_the_price_column_is_the_last_goal(tmp_path):
    week = base().add("demands", demand="D", accepts="earth", quantity=50, unit="t").road("S", "D", 5)
    table = planned(week, tmp_path).plan.tables["prices"]
    assert table.columns == ("id", "side", "material", "date", "price", "unserved", "offsite", "haul", "grade")
    assert table.column("price") == table.column("haul")


def test_two_grades_in_one_yard_have_prices_of_their_own(tmp_path):
    """Grade 1 goes to D (3 km), grade 2 only off-site (30 km); both rows say Y, stock, earth and the date."""
    week = Week(days=1, objective='order = ["unserved", "offsite", "haul"]')
    week.add("supplies", supply="S", material="sand", quantity=1, unit="t", must_move="false")
    week.add("demands", demand="D", accepts="earth", quantity=1000, unit="t", grade="1")
    week.add("facilities", facility="off", kind="offsite", accepts="earth", storage="", end_stock_max="")
    week.add("facilities", facility="Y", kind="yard", accepts="earth", storage=40, end_stock_max=0)
    week.road("Y", "D", 3).road("Y", "off", 30)
    for grade in ("1", "2"):
        week.add("stocks", facility="Y", material="earth", grade=grade, quantity=10, unit="t")
    rows = [row for row in planned(week, tmp_path).plan.tables["prices"].records() if row["side"] == "stock"]
    assert {row["grade"]: row["haul"] for row in rows} == approx({"1": 3, "2": 30}, rel=1e-6)


def test_overstaying_has_a_price(tmp_path):
    """One night is allowed at Y. 60 t on day 1, D open from day 2 on takes 25 t a day; 35 t go off-site.

    A tonne that may overstay the second night is a tonne less off-site: −1 t and 2 + 3 − 30 t·km.
    """
    week = Week(days=3, objective='order = ["unserved", "offsite", "haul"]')
    week.add("supplies", supply="S", material="earth", quantity=60, unit="t", from_=DATES[0], to=DATES[0])
    week.add("demands", demand="D", accepts="earth", quantity=1000, unit="t", from_=DATES[1], daily_max=25)
    week.add("facilities", facility="off", kind="offsite", accepts="earth")
    week.add("facilities", facility="Y", kind="yard", accepts="earth", storage=100, longest_stay=1)
    week.road("S", "off", 30).road("S", "Y", 2).road("Y", "D", 3)
    planning = planned(week, tmp_path)
    assert goal_values(planning)["offsite"] == approx(35)
    price = prices_of(planning, "Y", "longest_stay", (DATES[1],))
    assert price[:2] == near(0, -1)
    assert lexicographically(price, np.array([0, -1, -25]))  # a tonne less is not possible: there is no left derivative
    block = planning.program.rows["facility.stay"]
    row = int(block.index[block.keys[2] == 1][0])
    upper = float(planning.program.row_upper[row])
    assert planning.session.optimum("offsite", {row: (-np.inf, upper + 4)}) == approx(31)


# ---------------------------------------------------------------- reduced costs, which --explain tells


def forced(week: Week, lot: str, to: str, day: int) -> Change:
    """Takes a little of a lot's release of a day and makes a lot of it that knows only one way."""

    def change(w: Week, step: float) -> None:
        release = next(r for r in w.tables["releases"] if r["supply"] == lot and r["date"] == DATES[day])
        release["quantity"] -= step
        twin = {**w.row("supplies", lot), "supply": "twin", "from": DATES[day], "to": DATES[day], "must_move": "true"}
        w.tables["supplies"].append(twin)
        w.add("releases", supply="twin", date=DATES[day], quantity=step)
        road = next(r for r in w.tables["distances"] if (r["from"], r["to"]) == (lot, to))
        w.tables["distances"].append({**road, "from": "twin"})

    return change


@pytest.mark.parametrize("seed", range(12))
def test_a_tonne_forced_onto_a_lane_changes_the_goals_by_its_reduced_cost(seed, tmp_path):
    """A lot that may only go there, made of a little of the lot of that day; `unserved` comes first, so it does go.

    Lots without daily_max and stock_max, so that the twin shares all of the lot's rows. Places are ample, so that one
    more tonne can go to each; the reduced cost is then the right derivative, or below it at a kink.
    """
    chance = random.Random(seed)
    week = random_week(chance, objective='order = ["unserved", "offsite", "transfer", "haul"]', days=2)
    for row in week.tables["supplies"]:
        row.update(daily_max="", stock_max="", must_move="true", priority="")
    _release_day_by_day(week)
    got = solved(week, tmp_path)
    reduced = np.array(list(got.session.reduced_costs().values()))[:, got.program.columns["flow"].span]
    lanes, ids = got.lanes, got.scenario.place_ids
    base_values = np.array(list(got.goals.values()))
    mine = np.flatnonzero(lanes.origin[lanes.arc] < got.scenario.first_demand)
    for lane in chance.sample(mine.tolist(), min(6, len(mine))):
        arc, day = int(lanes.arc[lane]), int(lanes.day[lane])
        other = week.copy()
        forced(week, ids[lanes.origin[arc]], ids[lanes.destination[arc]], day)(other, EPS)
        after = solved(other, tmp_path)
        if after.solution.x[after.program.columns["supply.left"].span][-1] > EPS / 2:
            continue  # there is no room at all: the twin stays, and nothing was forced
        change = (np.array(list(after.goals.values())) - base_values) / EPS
        assert lexicographically(reduced[:, lane], change), (ids[lanes.destination[arc]], day, week)
        assert lexicographically(np.zeros(len(change)), reduced[:, lane])


# ---------------------------------------------------------------- random weeks, every side


def _release_day_by_day(week: Week) -> None:
    """Replaces even releases by rows of releases.csv, which a test can change one by one."""
    for row in week.tables["supplies"]:
        first = DATES.index(row.get("from") or DATES[0])
        last = DATES.index(row.get("to") or DATES[week.days - 1])
        for day in range(first, last + 1):
            week.add("releases", supply=row["supply"], date=DATES[day], quantity=row["quantity"] / (last - first + 1))
        row["quantity"] = ""


def _limits(week: Week, chance: random.Random, planning: Planning):
    """(place, side, change, own units per t, dates) of every limit of a random week that can be changed both ways."""
    s, d = planning.scenario.supplies, planning.scenario.demands
    density = dict(zip(s.ids, (s.quantity.tolist()), strict=True))
    for at, row in enumerate(week.tables.get("releases", ())):
        total = sum(r["quantity"] for r in week.tables["releases"] if r["supply"] == row["supply"])

        def release(w: Week, step: float, at: int = at) -> None:
            w.tables["releases"][at]["quantity"] += step

        yield row["supply"], "supply", release, density[row["supply"]] / total, (row["date"],)
        if week.row("supplies", row["supply"])["daily_max"] not in ("", 0):
            per = density[row["supply"]] / total
            yield row["supply"], "supply_daily", add_to("supplies", row["supply"], "daily_max"), per, None
    for i, row in enumerate(week.tables.get("demands", ())):
        per = 1 / float(d.units_per_t[i, d.first_material[i]])
        sides = (("quantity", "demand"), ("required", "demand_required"), ("daily_max", "demand_daily"))
        for column, side in sides:
            if row[column] not in ("", 0) and not (column == "quantity" and row["required"] == row["quantity"]):
                if column == "required" and row["required"] == row["quantity"]:
                    continue
                yield row["demand"], side, add_to("demands", row["demand"], column), per, None
    for row in week.tables.get("facilities", ()):
        on = [r for r in week.tables.get("calendar", ()) if r["facility"] == row["facility"]]
        other_days = tuple(x for x in DATES[: week.days] if x not in [r["from"] for r in on])
        stored = sum(r["quantity"] for r in week.tables.get("stocks", ()) if r["facility"] == row["facility"])
        holds = row["kind"] in ("yard", "recycling", "treatment")
        for column, side in (("daily_in", "gate_in"), ("daily_out", "gate_out"), ("end_stock_max", "end_stock")):
            if row[column] not in ("", 0):
                dates = other_days if column != "end_stock_max" else None
                yield row["facility"], side, add_to("facilities", row["facility"], column), 1.0, dates
        if row["storage"] not in ("", 0) and stored < row["storage"]:
            yield (
                row["facility"],
                "storage" if holds else "room",
                add_to("facilities", row["facility"], "storage"),
                1.0,
                None,
            )
    for at, row in enumerate(week.tables.get("calendar", ())):
        for column, side in (("daily_in", "gate_in"), ("daily_out", "gate_out")):
            if row[column] > 0:

                def gate(w: Week, step: float, at: int = at, column: str = column) -> None:
                    w.tables["calendar"][at][column] += step

                yield row["facility"], side, gate, 1.0, (row["from"],)
    plants = {row["facility"] for row in week.tables.get("recipes", ()) if row["daily_max"] not in ("", 0)}
    for plant in sorted(plants):

        def press(w: Week, step: float, plant: str = plant) -> None:
            for row in w.tables["recipes"]:
                if row["facility"] == plant:
                    row["daily_max"] += step

        yield plant, "plant_daily", press, 1.0, None
    for at, row in enumerate(week.tables.get("stocks", ())):
        place = week.row("facilities", row["facility"])
        if place["longest_stay"] == "" and place["end_stock_max"] == "" and row["quantity"] < place["storage"]:

            def stock(w: Week, step: float, at: int = at) -> None:
                w.tables["stocks"][at]["quantity"] += step

            yield (row["facility"], row["material"]), "stock", stock, 1.0, DATES[:1]


def _stock_price(planning: Planning, place: str, material: str) -> np.ndarray:
    """Price of opening stock of grade 1; from the rows, because prices.csv does not tell grades apart."""
    s, block = planning.scenario, planning.program.rows["facility.balance"]
    commodity = s.materials.ids.index(material) * GRADES
    at = (block.keys[0] == s.facilities.ids.index(place)) & (block.keys[1] == commodity) & (block.keys[2] == 0)
    return np.array([stage.price[block.index[at]].sum() for stage in planning.solution.stages])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(16))
def test_every_price_of_a_random_week(seed, tmp_path):
    chance = random.Random(seed)
    week = random_week(chance)
    _release_day_by_day(week)
    planning = planned(week, tmp_path)
    for place, side, change, per, dates in _limits(week, chance, planning):
        price = _stock_price(planning, *place) if side == "stock" else prices_of(planning, place, side, dates) * per
        left, right = slopes(week, change, tmp_path)
        try:
            assert_price(price, left, right)
        except AssertionError as error:
            raise AssertionError(f"{place} {side} {dates}: {error}\n{week!r}") from None
