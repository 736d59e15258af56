"""Who pays whom, by hand and by property: limits, balance, and what everybody gains together (docs/maths.md)."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from weeks import Week, planned, random_week, solved

from optimizer.errors import InputError
from optimizer.settlement import Settlement, settle

MARKET = "weights = { welfare = 1.0, offsite = 8.0, landfill = 2.0 }"
ONE = "haul_per_t_km = 1.0"


def market(objective: str = MARKET, days: int = 1) -> Week:
    return Week(days=days, objective=objective, costs=ONE)


def pit(week: Week, name: str, t: float, ask: float | str, **more: object) -> Week:
    row = {"supply": name, "material": "earth", "quantity": t, "unit": "t", "must_move": "false", "ask": ask}
    return week.add("supplies", **row | more)


def need(week: Week, name: str, quantity: float, bid: float | str, **more: object) -> Week:
    return week.add(
        "demands", **{"demand": name, "accepts": "earth", "quantity": quantity, "unit": "t", "bid": bid} | more
    )


def prices(settlement: Settlement) -> dict[tuple[str, str], tuple[float, float, float, float]]:
    """(from, to) → t, seller price, buyer price, gap of each match."""
    return {
        (r["from"], r["to"]): (r["t"], r["seller_price"], r["buyer_price"], r["gap"])
        for r in settlement.matches.records()
    }


def surplus(settlement: Settlement) -> dict[str, float]:
    return dict(zip(settlement.parties.column("id"), settlement.parties.column("surplus"), strict=True))


def assert_balanced(settlement: Settlement) -> None:
    """Every match and the whole: buyer = seller + haul + externality; means by pair keep the sums."""
    for table in (settlement.table, settlement.matches):
        for r in table.records():
            assert r["buyer_price"] - r["seller_price"] == approx(r["haul"] + r["externality"], abs=1e-9)
        assert sum(r["t"] * r["buyer_price"] for r in table.records()) == approx(settlement.totals["paid"], abs=1e-6)
    total = settlement.totals
    assert total["paid"] == approx(total["received"] + total["haul"] + total["externality"], rel=1e-12, abs=1e-6)


def test_the_last_buyer_sets_the_price(tmp_path):
    """100 t that the owner pays up to 10 to lose. D1 (5 km) bids 12 for 60 t, D2 (10 km) bids 4 for 100 t; 1 CNY/t·km.

    Both are worth it: 12 − 5 + 10 and 4 − 10 + 10. D2 has room left, so it pays its 4 and the pit gets 4 − 10 = −6
    everywhere; D1 pays −6 + 5 = −1, that is, it is paid 1. Paid 60·(−1) + 40·4 = 100 = −600 + 300 + 400.
    """
    week = need(need(pit(market(), "S", 100, -10), "D1", 60, 12), "D2", 100, 4).road("S", "D1", 5).road("S", "D2", 10)
    settlement = settle(planned(week, tmp_path))
    assert settlement.form == "welfare"
    assert prices(settlement) == {("S", "D1"): approx((60, -6, -1, 0)), ("S", "D2"): approx((40, -6, 4, 0))}
    assert surplus(settlement) == approx({"S": 400, "D1": 780, "D2": 0})
    assert settlement.totals == approx(
        {"t": 100, "paid": 100, "received": -600, "haul": 700, "externality": 0, "carbon": 0, "gap": 0, "surplus": 1180}
    )


def test_a_full_gate_earns_its_fee_and_the_rent(tmp_path):
    """A pays up to 50, B up to 30, 80 t each, 10 km from a disposal yard with room for 100 t at a fee of 15; charge 2.

    A goes whole, B with 20 t. B has soil left, so it pays its 30: 10 haul, 2 charge, 18 to the yard: 15 and 3 of rent.
    A pays the same 30. The yard gains 3 × 100, A 20 × 80, B nothing; the fund gets 200.
    """
    week = pit(pit(market(), "A", 80, -50), "B", 80, -30)
    week.add("facilities", facility="F", kind="disposal", accepts="earth", storage=100, fee=15)
    week.road("A", "F", 10).road("B", "F", 10)
    settlement = settle(planned(week, tmp_path))
    assert prices(settlement) == {("A", "F"): approx((80, -30, -18, 0)), ("B", "F"): approx((20, -30, -18, 0))}
    assert surplus(settlement) == approx({"A": 1600, "B": 0, "F": 300})
    assert settlement.totals["externality"] == approx(200)


def test_charges_and_the_carbon_price_go_to_the_fund(tmp_path):
    """Off-site at 20 km, fee 12, charge 8 per t, 0.1 kg CO2e per t·km at 0.5: the pit pays 12 + 20 + 8 + 1 = 41."""
    week = pit(market(), "S", 100, -60)
    week.costs = ONE + "\nco2_per_t_km = 0.1\ncarbon_per_kg = 0.5"
    week.add("facilities", facility="F", kind="offsite", accepts="earth", fee=12).road("S", "F", 20)
    settlement = settle(planned(week, tmp_path))
    assert prices(settlement) == {("S", "F"): approx((100, -41, -12, 0))}
    assert [(r["haul"], r["externality"]) for r in settlement.table.records()] == [approx((20, 9))]
    assert settlement.totals["carbon"] == approx(100)


def test_soil_that_may_wait_is_worth_what_tomorrow_pays(tmp_path):
    """50 t a day on two days. D takes 30 t on day 1 for 20, E any on day 2 for 5; all at 1 km.

    Of the first day's soil 20 t wait for E, so day 1 is worth tomorrow's 5 − 1 = 4 as well: D pays 5, not its 20.
    """
    dates = {"from": "2025-03-03", "to": "2025-03-03"}
    week = need(pit(market(days=2), "S", 100, 0), "D", 30, 20, **dates)
    need(week, "E", 100, 5, **{"from": "2025-03-04", "to": "2025-03-04"}).road("S", "D", 1).road("S", "E", 1)
    settlement = settle(planned(week, tmp_path))
    assert prices(settlement) == {("S", "D"): approx((30, 4, 5, 0)), ("S", "E"): approx((70, 4, 5, 0))}
    assert settlement.matches.column("dates") == [(("2025-03-03", 30.0),), (("2025-03-04", approx(70.0)),)]


def test_room_in_cubic_metres_is_priced_per_tonne_of_each_material(tmp_path):
    """40 m³ compacted, bid 6. Sand: 20 t at 1 t/m³, ask −30. Earth: 100 t at 2.5 t/m³, ask 0. All at 1 km.

    A m³ of sand gains 35, of earth 5 × 2.5 = 12.5: all the sand, then 20 m³ = 50 t of earth. Earth is left over, so it
    costs its ask: buyer 1. A m³ of room is worth 12.5; sand takes one per t: buyer 6 − 12.5 = −6.5, seller −7.5.
    """
    week = need(market(), "D", 40, 6, accepts="earth;sand", unit="m3_compacted")
    pit(pit(week, "E", 100, 0), "S", 20, -30, material="sand").road("E", "D", 1).road("S", "D", 1)
    settlement = settle(planned(week, tmp_path))
    assert prices(settlement) == {("E", "D"): approx((50, 0, 1, 0)), ("S", "D"): approx((20, -7.5, -6.5, 0))}


def test_a_plant_buys_for_what_its_product_pays(tmp_path):
    """40 t of slime (ask −20, 3 km) into a plant: fee 10, 4 per t worked, half of it stone, sold at 30 over 2 km.

    Stone earns 30 − 2 = 28 at the gate, a t of slime 14; after 4 of work and its fee of 10 the plant takes slime for
    nothing and neither gains nor loses: 20·28 = 560 = 40·(10 + 4). The pit pays the drive of 3.
    """
    week = need(pit(market(), "S", 40, -20, material="slime"), "D", 100, 30, accepts="stone")
    week.add("facilities", facility="F", kind="recycling", accepts="slime", fee=10)
    week.add("recipes", facility="F", input="slime", output="stone", **{"yield": 0.5}, cost=4)
    week.road("S", "F", 3).road("F", "D", 2)
    settlement = settle(planned(week, tmp_path))
    assert prices(settlement) == {("S", "F"): approx((40, -3, 0, 0)), ("F", "D"): approx((20, 28, 30, 0))}
    assert surplus(settlement) == approx({"S": 680, "D": 0, "F": 0})


def test_what_must_move_pays_beyond_its_ask_and_says_so(tmp_path):
    """A pit that must move and would pay 5; the only room is a gate of 60 t for its 100 t, 10 km, fee 15.

    40 t stay, at 1000 per t, so the pit's price is its ask less the whole penalty: −5 − 1000, 1000 beyond what it said.
    10 of it is the drive, 2 the charge, and 993 the yard's: its fee of 15 and what its scarce room is worth.
    """
    week = pit(market(), "S", 100, -5, must_move="true")
    week.add("facilities", facility="F", kind="disposal", accepts="earth", storage=60, fee=15).road("S", "F", 10)
    settlement = settle(planned(week, tmp_path))
    assert prices(settlement) == {("S", "F"): approx((60, -1005, -993, 1000))}
    assert settlement.table.column("within_limits") == [False]


def test_a_blend_is_paid_as_a_whole(tmp_path):
    """Bid 10, at least half sand. Earth asks 0, sand asks 14, 1 km each: 50 t of either gain (9 − 5)·50.

    Sand costs 15 delivered, above the bid of 10; earth bears the 5: it pays 5 to be there at most. The need pays
    10 on the mean of its mix at most, and the match with sand says that its price lies 5 above the bid.
    """
    week = need(market(), "D", 100, 10, accepts="earth;sand")
    week.add("mixes", demand="D", material="sand", min_share=0.5, max_share="")
    pit(pit(week, "E", 80, 0), "S", 80, 14, material="sand").road("E", "D", 1).road("S", "D", 1)
    settlement = settle(planned(week, tmp_path))
    assert prices(settlement) == {("E", "D"): approx((50, 0, 1, 0)), ("S", "D"): approx((50, 14, 15, 5))}
    assert surplus(settlement)["D"] == approx(50 * (10 - 1) + 50 * (10 - 15))


POLICY = 'order = ["unserved", "offsite", "haul"]'


def test_a_policy_price_between_the_limits(tmp_path):
    """The policy sends 100 t from S to D, 10 km. S pays up to 20, D pays up to 4 and has room left: seller 4 − 10."""
    week = need(pit(market(POLICY), "S", 100, -20, must_move="true"), "D", 200, 4).road("S", "D", 10)
    settlement = settle(planned(week, tmp_path))
    assert settlement.form == "reference"
    assert prices(settlement) == {("S", "D"): approx((100, -6, 4, 0))}


def test_a_policy_price_where_the_limits_leave_no_room(tmp_path):
    """S wants 5, D pays 4, the drive costs 10: 11 are missing per t. Halfway S gets −0.5 and D pays 9.5."""
    week = need(pit(market(POLICY), "S", 100, 5, must_move="true"), "D", 200, 4).road("S", "D", 10)
    settlement = settle(planned(week, tmp_path))
    assert prices(settlement) == {("S", "D"): approx((100, -0.5, 9.5, 11))}
    assert settlement.totals["gap"] == approx(1100)


def test_a_policy_pays_gates_their_fee_and_the_charge(tmp_path):
    """Must move, no ask: off-site at 20 km, fee 12, charge 8: the pit pays 12 + 20 + 8; no limit is missed."""
    week = pit(market(POLICY), "S", 100, "", must_move="true")
    week.add("facilities", facility="F", kind="offsite", accepts="earth", fee=12).road("S", "F", 20)
    settlement = settle(planned(week, tmp_path), {"offsite": 8.0})
    assert prices(settlement) == {("S", "F"): approx((100, -40, -12, 0))}


def test_a_gate_keeps_its_fee_where_the_limits_leave_no_room(tmp_path):
    """The same gate, and an ask of −25: 12 is not the gate's to give, so the pit pays 40, 15 more than it said."""
    week = pit(market(POLICY), "S", 100, -25, must_move="true")
    week.add("facilities", facility="F", kind="offsite", accepts="earth", fee=12).road("S", "F", 20)
    settlement = settle(planned(week, tmp_path), {"offsite": 8.0})
    assert prices(settlement) == {("S", "F"): approx((100, -40, -12, 15))}


def test_charges_that_are_none_are_refused(tmp_path):
    week = need(pit(market(POLICY), "S", 100, -20), "D", 200, 4).road("S", "D", 10)
    planning = planned(week, tmp_path)
    with pytest.raises(InputError) as error:
        settle(planning, {"cost": 1.0, "offsite": -2.0, "rain": 1.0})
    assert len(error.value.faults) == 3
    welfare = planned(need(pit(market(), "S", 1, 0), "D", 2, 4).road("S", "D", 1), tmp_path)
    with pytest.raises(InputError, match="its own charges"):
        settle(welfare, {"offsite": 1.0})


def voluntary(seed: int) -> Week:
    """A random week in which nobody is forced and no opening stock has to go."""
    week = random_week(random.Random(seed), objective=MARKET)
    for row in week.tables["supplies"]:
        row["must_move"] = "false"
    for row in week.tables.get("demands", ()):
        row["required"] = ""
    week.tables.pop("stocks", None)
    return week


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_a_market_of_the_willing(seed: int):
    """Nobody does worse than by staying away; prices balance; surplus and charges are the welfare of the clearing."""
    with tempfile.TemporaryDirectory() as folder:
        planning = planned(voluntary(seed), Path(folder))
    settlement = settle(planning)
    scenario = planning.scenario
    assert_balanced(settlement)
    total = settlement.totals
    welfare = -next(goal["value"] for goal in planning.plan.summary["goals"] if goal["name"] == "welfare")
    assert total["surplus"] + total["externality"] - total["carbon"] == approx(welfare, rel=1e-9, abs=1e-4)
    for gain in settlement.parties.column("surplus"):
        assert gain >= -1e-4
    blended = {scenario.demands.ids[i] for i in scenario.mixes.demand}
    for match in settlement.matches.records():
        assert match["within_limits"] or match["to"] in blended
    flows = planning.plan.tables["flows"]
    for column in ("date", "from", "to", "material", "grade", "t"):
        assert settlement.table.column(column) == flows.column(column)


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_reference_prices_of_any_week(seed: int):
    """Balanced, within both limits or halfway with the gap told, and no gate below its fee."""
    with tempfile.TemporaryDirectory() as folder:
        planning = planned(random_week(random.Random(seed), objective=POLICY), Path(folder))
    settlement = settle(planning, {"offsite": 8.0, "haul": 0.1})
    assert_balanced(settlement)
    scenario = planning.scenario
    asks = dict(zip(scenario.supplies.ids, scenario.supplies.ask, strict=True))
    fees = dict(zip(scenario.facilities.ids, scenario.facilities.fee, strict=True))
    for r in settlement.table.records():
        if r["within_limits"] and r["from"] in asks and asks[r["from"]] == asks[r["from"]]:
            assert r["seller_price"] >= asks[r["from"]] - 1e-6
        if r["to"] in fees:
            assert -r["buyer_price"] >= fees[r["to"]] - 1e-6
        assert (r["gap"] > 0) != r["within_limits"]


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_does_not_matter(seed: int):
    """Another order of rows may settle on other prices of the same optimum, and they are as good."""
    week = voluntary(seed)
    other = week.copy()
    for rows in other.tables.values():
        random.Random(seed).shuffle(rows)
    with tempfile.TemporaryDirectory() as folder:
        first, second = (settle(planned(each, Path(folder))) for each in (week, other))
    assert_balanced(second)
    assert min(second.parties.column("surplus"), default=0.0) >= -1e-4
    welfare = [s.totals["surplus"] + s.totals["externality"] - s.totals["carbon"] for s in (first, second)]
    assert welfare[0] == approx(welfare[1], rel=1e-6, abs=1e-4)


def test_a_weight_on_changes_is_a_charge(tmp_path):
    """Last time all 100 t went to D1 (bid 10). D2 now bids 15; both take 60 t, 5 km away; 3 CNY per t sent elsewhere.

    D2 is worth the change, 15 − 3 > 10, and takes 60 t; D1 has room for more than the other 40 t, so it pays its bid:
    seller = 10 − 5 − (charge on D1). A t sent to D1 less and to D2 more costs 1.5 on either lane: −1.5 and +1.5.
    So the pit gets 10 − 5 + 1.5 = 6.5, D1 pays 10, D2 pays 6.5 + 5 + 1.5 = 13.
    """
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "flows.csv").write_text(
        "date,from,to,material,grade,t\n2025-03-03,S,D1,earth,2,100\n", encoding="utf-8"
    )
    week = market(f'reference = "{tmp_path / "before"}"\nweights = {{ welfare = 1.0, changes = 3.0 }}')
    need(need(pit(week, "S", 100, 0), "D1", 60, 10), "D2", 60, 15).road("S", "D1", 5).road("S", "D2", 5)
    settlement = settle(planned(week, tmp_path))
    assert_balanced(settlement)
    assert prices(settlement) == {("S", "D1"): approx((40, 6.5, 10, 0)), ("S", "D2"): approx((60, 6.5, 13, 0))}


def test_the_same_market_has_the_same_prices(tmp_path):
    week = voluntary(11)
    assert settle(planned(week, tmp_path)) == settle(planned(week, tmp_path))


def test_a_price_is_what_one_more_tonne_is_worth(tmp_path):
    """D1's room binds in the first case above: one more t of it gains bid − price = 12 − (−1) = 13."""
    week = need(need(pit(market(), "S", 100, -10), "D1", 60, 12), "D2", 100, 4).road("S", "D1", 5).road("S", "D2", 10)
    more = week.copy()
    more.row("demands", "D1")["quantity"] = 61
    gained = solved(week, tmp_path).goals["total"] - solved(more, tmp_path).goals["total"]
    assert gained == approx(12 - (-1))
