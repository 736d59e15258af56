"""One or more hand-solved weeks per constraint block; the arithmetic is in each docstring.

Days are 2025-03-03 to 03-05. Places are joined by distances.csv, so every km is chosen. Material `earth` has
bank 2.0, loose 1.6 and compacted 2.5 t/m³, so 10 t are 5 m³ bank, 6.25 m³ loose, 4 m³ compacted; `sand` weighs
1.0 t/m³ in every state.
"""

from __future__ import annotations

import pytest
from pytest import approx

MATERIALS = """
    material,name_zh,name_en,waste_class,bank_t_m3,loose_t_m3,compacted_t_m3,counts_as_waste
    earth,土,earth,spoil,2.0,1.6,2.5,true
    sand,砂,sand,spoil,1.0,1.0,1.0,true
    slime,泥浆,slime,slurry,1.2,1.2,,true
    stone,再生料,stone,spoil,1.4,1.4,1.4,false
"""
OFF = """
    facility,kind,accepts
    off,offsite,earth;sand;slime
"""


def test_supply_released_evenly_leaves_by_its_last_date(solve):
    """300 t over three days are 100 t a day; at most 80 t a day leave: 3·80 = 240 t move and 60 t are unserved."""
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit,daily_max\nS,earth,300,t,80",
        demands="demand,accepts,quantity,unit\nD,earth,1000,t",
        distances="from,to,km\nS,D,2",
    )
    assert got.goals["unserved"] == approx(60)
    assert got.goals["haul"] == approx(240 * 2)
    assert [got.moved("S", "D", day) for day in ("03", "04", "05")] == approx([80, 80, 80])


def test_soil_cannot_leave_before_it_is_released(solve):
    """Releases 0, 0, 90 by releases.csv; the demand takes 50 a day: only day 3 counts, 50 move, 40 are unserved."""
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit\nS,earth,90,t",
        releases="supply,date,quantity\nS,2025-03-05,90",
        demands="demand,accepts,quantity,unit,daily_max\nD,earth,1000,t,50",
        distances="from,to,km\nS,D,2",
    )
    assert got.goals["unserved"] == approx(40)
    assert got.moved("S", "D", "05") == approx(50)


def test_stock_on_site_is_limited_by_night(solve):
    """All 100 t come on day 1, the demand opens on day 2; 30 t may wait overnight, so 70 t are unserved."""
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit,stock_max\nS,earth,100,t,30",
        releases="supply,date,quantity\nS,2025-03-03,100",
        demands="demand,accepts,quantity,unit,from\nD,earth,1000,t,2025-03-04",
        distances="from,to,km\nS,D,2",
    )
    assert got.goals["unserved"] == approx(70)


def test_what_need_not_move_stays_free_of_charge(solve):
    """A lot of 50 t that need not move and a required demand of 20 t: 20 t move, 30 t stay, nothing is unserved."""
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit,must_move\nS,earth,50,t,false",
        demands="demand,accepts,quantity,unit,required\nD,earth,40,t,20",
        distances="from,to,km\nS,D,3",
    )
    assert got.goals["unserved"] == 0
    assert got.goals["haul"] == approx(60)


def test_demand_counts_in_its_own_unit(solve):
    """A need of 100 m³ compacted takes 100·2.5 = 250 t of earth, or 100·1.0 = 100 t of sand.

    Earth at 1 km comes first: 200 t fill 80 m³, and the last 20 m³ take 20 t of sand at 4 km. 80 t of sand go off-site
    at 10 km. Haul 200·1 + 20·4 + 80·10 = 1080 t·km.
    """
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit\nE,earth,100,m3_bank\nA,sand,100,m3_loose",
        demands="demand,accepts,quantity,unit\nD,earth;sand,100,m3_compacted",
        facilities=OFF,
        distances="from,to,km\nE,D,1\nA,D,4\nE,off,30\nA,off,10",
    )
    # off-site is the second goal: 1 t of earth kept in displaces 1/2.5 t of sand, so earth first is also best for it
    assert got.goals["offsite"] == approx(80)
    assert got.goals["haul"] == approx(1080)


def test_shortfall_is_told_in_tonnes_of_the_first_material(solve):
    """100 m³ compacted are required, 100 t of earth (40 m³) are offered: 60 m³ are short, as 60·2.5 = 150 t of earth.

    With priority 3 the goal is 450; the plain figure stays 150 t.
    """
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit\nE,earth,100,t",
        demands="demand,accepts,quantity,unit,required,priority\nD,earth;sand,120,m3_compacted,100,3",
        distances="from,to,km\nE,D,1",
    )
    assert got.goals["unserved"] == approx(450)
    assert got.kpis["unserved_t"] == approx(150)
    assert got.rows("balance")[1]["unserved_t"] == approx(150)


def test_daily_rate_of_a_demand(solve):
    """90 t offered on day 1 only (last date 03-03); the demand takes 20 m³ compacted a day = 50 t; 40 t unserved."""
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit,from,to\nE,earth,90,t,2025-03-03,2025-03-03",
        demands="demand,accepts,quantity,unit,daily_max\nD,earth,200,m3_compacted,20",
        distances="from,to,km\nE,D,1",
    )
    assert got.goals["unserved"] == approx(40)


def test_blend_limits_are_by_mass_over_the_horizon(solve):
    """At most 25 % sand: with 90 t of earth, sand s ≤ 0.25·(90+s), so s = 30 t; 70 of 100 t of sand go off-site."""
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit\nE,earth,90,t\nA,sand,100,t",
        demands="demand,accepts,quantity,unit\nD,earth;sand,1000,t",
        mixes="demand,material,min_share,max_share\nD,sand,,0.25",
        facilities=OFF,
        distances="from,to,km\nE,D,1\nA,D,1\nA,off,10\nE,off,10",
    )
    assert got.goals["offsite"] == approx(70)
    assert got.moved("A", "D") == approx(30)


def test_blend_minimum(solve):
    """At least 60 % sand: 30 t of sand carry at most 20 t of earth; 70 of 90 t of earth go off-site."""
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit\nE,earth,90,t\nA,sand,30,t",
        demands="demand,accepts,quantity,unit\nD,earth;sand,1000,t",
        mixes="demand,material,min_share,max_share\nD,sand,0.6,",
        facilities=OFF,
        distances="from,to,km\nE,D,1\nA,D,1\nA,off,10\nE,off,10",
    )
    assert got.goals["offsite"] == approx(70)


YARD = "facility,kind,accepts,daily_in,daily_out,storage,hold_cost,end_cost,end_stock_max\n"


def test_yard_carries_soil_to_a_later_day(solve):
    """100 t on day 1, need only on day 3: all go through the yard.

    In 100·2 km, out 100·3 km, so haul 500 t·km and transfer 100 t; cost 500·0.9 + two nights·100·0.1 = 470 CNY.
    """
    got = solve(
        '[objective]\norder = ["unserved", "cost"]',
        materials=MATERIALS,
        supplies="supply,material,quantity,unit,from,to\nS,earth,100,t,2025-03-03,2025-03-03",
        demands="demand,accepts,quantity,unit,from\nD,earth,100,t,2025-03-05",
        facilities=YARD + "Y,yard,earth,,,100,0.1,5,",
        distances="from,to,km\nS,Y,2\nY,D,3\nS,D,2",
    )
    assert got.goals["unserved"] == 0
    assert got.kpis["transfer_t"] == approx(100)
    assert got.goals["cost"] == approx(470)
    assert [row["t_end"] for row in got.rows("stocks")] == approx([100, 100, 0])


def test_yard_limits_day_by_day(solve):
    """Storage 60 t, 50 t a day in, 20 t a day out; 40 t in stock; 60 t offered on day 1, need open every day.

    The need (100 km straight: too far) is fed from the yard: out 20 a day. Day 1: 40 + in − 20 ≤ 60 allows
    in = 40, the gate would allow 50; so 20 t are unserved. The 40 t in the yard and the 40 t coming in leave 60 out.
    """
    got = solve(
        '[objective]\norder = ["unserved", "haul"]\n[roads]\ndistances = "distances.csv"\nmax_km = 50',
        materials=MATERIALS,
        supplies="supply,material,quantity,unit,from,to\nS,earth,60,t,2025-03-03,2025-03-03",
        demands="demand,accepts,quantity,unit,required\nD,earth,1000,t,60",
        facilities=YARD + "Y,yard,earth,50,20,60,,,",
        stocks="facility,material,quantity,unit\nY,earth,40,t",
        distances="from,to,km\nS,Y,2\nY,D,3\nS,D,100",
    )
    assert got.goals["unserved"] == approx(20)
    assert got.moved("Y", "D") == approx(60)
    assert got.planning.plan.summary["counts"]["beyond_max_km_pairs"] == 1


def test_end_stock_limit_and_opening_stock_that_cannot_leave(solve):
    """50 t in stock, at most 10 t at the end, but only 15 t a day leave on 2 open days: 30 t leave, 10 t are stuck."""
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit\nS,sand,1,t",
        demands="demand,accepts,quantity,unit,daily_max,from\nD,earth,100,t,15,2025-03-04\nE,sand,5,t,,",
        facilities=YARD + "Y,yard,earth,,,60,,,10",
        stocks="facility,material,quantity,unit\nY,earth,50,t",
        distances="from,to,km\nS,E,1\nY,D,3",
    )
    assert got.goals["unserved"] == approx(10)
    stuck = [row for row in got.rows("balance") if row["side"] == "stock"]
    assert stuck[0]["unserved_t"] == approx(10)
    assert got.rows("reasons")[0]["id"] == "Y"


def test_longest_stay(solve):
    """Soil may lie one night. 100 t on day 1; the need opens on day 3, two nights later: 100 t unserved.

    With two nights allowed nothing is unserved.
    """
    for nights, unserved in ((1, 100), (2, 0)):
        got = solve(
            materials=MATERIALS,
            supplies="supply,material,quantity,unit,from,to\nS,earth,100,t,2025-03-03,2025-03-03",
            demands="demand,accepts,quantity,unit,from\nD,earth,100,t,2025-03-05",
            facilities=f"facility,kind,accepts,storage,longest_stay\nY,yard,earth,200,{nights}",
            distances="from,to,km\nS,Y,2\nY,D,3",
        )
        assert got.goals["unserved"] == approx(unserved)


def test_recipe_with_two_outputs_and_a_daily_limit(solve):
    """40 t of slime a day for three days give 0.5 sand and 0.25 earth per t; the rest is water.

    The press takes 30 t a day, nothing is stored: 90 t of 120 t are pressed, 30 t go off-site. 45 t of sand are needed
    at D, 22.5 t of earth at E. Cost: 90·2 for pressing.
    """
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit\nS,slime,120,t",
        demands="demand,accepts,quantity,unit,required\nD,sand,100,t,45\nE,earth,100,t,22.5",
        facilities="facility,kind,accepts\nP,treatment,slime\noff,offsite,slime",
        recipes="facility,input,output,yield,daily_max,cost\nP,slime,sand,0.5,30,2\nP,slime,earth,0.25,30,2",
        distances="from,to,km\nS,P,1\nP,D,2\nP,E,3\nS,off,20",
    )
    assert got.goals["unserved"] == approx(0, abs=1e-6)
    assert got.goals["offsite"] == approx(30)
    assert got.goals["haul"] == approx(90 + 45 * 2 + 22.5 * 3 + 30 * 20)
    assert got.kpis["cost_parts"]["processing"] == approx(180)
    assert got.kpis["process_loss_t"] == approx(22.5)
    # 90 t pressed: 67.5 t stay waste and are placed, 22.5 t of water leave the ledger
    assert got.kpis["utilisation_rate"] == approx(90 / 120)


def test_treatment_lifts_a_grade(solve):
    """40 t of grade x may not go to D (grade 2); treatment makes them grade 2 with a loss of 10 %: 36 t arrive."""
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit,grade\nS,earth,40,t,x",
        demands="demand,accepts,quantity,unit,grade\nD,earth,100,t,2",
        facilities="facility,kind,accepts\nT,treatment,earth",
        recipes="facility,input,output,yield,daily_max,cost,grade_in,grade_out\nT,earth,earth,0.9,,10,x,2",
        distances="from,to,km\nS,D,1\nS,T,2\nT,D,2",
    )
    assert got.moved("T", "D") == approx(36)
    assert got.moved("S", "D") == 0
    assert {row["grade"] for row in got.rows("flows") if row["from"] == "T"} == {"2"}


def test_a_better_grade_may_serve_a_lesser_need_never_the_reverse(solve):
    """50 t of grade 1 and 50 t of grade 2; a grade-1 need of 30 t and a grade-2 need of 60 t.

    The grade-1 need takes 30 t of grade 1, the other 20 t of grade 1 and 40 t of grade 2; 10 t of grade 2 unserved.
    """
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit,grade\nA,earth,50,t,1\nB,earth,50,t,2",
        demands="demand,accepts,quantity,unit,grade,required\nD1,earth,30,t,1,30\nD2,earth,60,t,2,60",
        distances="from,to,km\nA,D1,1\nB,D1,1\nA,D2,1\nB,D2,1",
    )
    assert got.goals["unserved"] == approx(10)
    assert got.moved("B", "D1") == 0


def test_disposal_room_and_gate(solve):
    """Room for 50 t in all and 20 t a day: 3·20 = 60 > 50, so 50 of 90 t are placed and 40 t go off-site."""
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit\nS,earth,90,t",
        facilities="facility,kind,accepts,daily_in,storage,fee\nX,disposal,earth,20,50,7\noff,offsite,earth,,,3",
        distances="from,to,km\nS,X,1\nS,off,10",
    )
    assert got.goals["offsite"] == approx(40)
    assert got.kpis["landfill_t"] == approx(50)
    assert got.kpis["cost_parts"]["gate_fees"] == approx(50 * 7 + 40 * 3)


def test_quarry_fills_what_surplus_cannot(solve):
    """100 t required, 60 t of surplus: 40 t are bought at 25 CNY/t; they are no waste, so utilisation is 60/60."""
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit\nS,earth,60,t",
        demands="demand,accepts,quantity,unit,required\nD,earth,100,t,100",
        facilities="facility,kind,accepts,fee,daily_out\nQ,quarry,earth,25,15",
        distances="from,to,km\nS,D,1\nQ,D,8",
    )
    assert got.kpis["borrowed_t"] == approx(40)
    assert got.kpis["cost_parts"]["purchase"] == approx(1000)
    assert got.kpis["utilisation_rate"] == approx(1.0)


def test_calendar_closes_a_gate(solve):
    """30 t a day to a disposal yard that is closed on day 2; stock_max 0 makes day 2's 30 t unserved."""
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit,stock_max\nS,earth,90,t,0",
        facilities="facility,kind,accepts\nX,disposal,earth",
        calendar="facility,from,to,daily_in,daily_out\nX,2025-03-04,2025-03-04,0,0",
        distances="from,to,km\nS,X,1",
    )
    assert got.goals["unserved"] == approx(30)
    assert got.moved(date="04") == 0


@pytest.mark.parametrize(("tolerance", "haul"), [(1e-6, 1000.0), (0.5, 550.0)])
def test_a_later_goal_may_take_the_tolerance_of_an_earlier_one(solve, tolerance, haul):
    """100 t; disposal at 1 km, off-site at 1 km takes all; the need at 10 km takes 100 t.

    Goals landfill then haul, with unserved first. The least landfill is 0. To make it matter, 100 t of sand can only be
    landfilled (at 0 km), so the least is 100 t and a tolerance of 0.5 lets 50 t of earth be landfilled at 1 km:
    haul 50·10 + 50·1 = 550 instead of 1000 t·km.
    """
    got = solve(
        f'[objective]\norder = ["unserved", "landfill", "haul"]\ntolerance = {tolerance}',
        materials=MATERIALS,
        supplies="supply,material,quantity,unit\nS,earth,100,t\nA,sand,100,t",
        demands="demand,accepts,quantity,unit\nD,earth,100,t",
        facilities="facility,kind,accepts\nX,disposal,earth;sand",
        distances="from,to,km\nS,D,10\nS,X,1\nA,X,0",
    )
    assert got.goals["haul"] == approx(haul, rel=1e-3)


def test_order_of_goals_decides(solve):
    """The yard is the only way for 10 t (direct need closed that day); off-site is nearer.

    off-site before transfer: 10 t through the yard; transfer before off-site: 10 t off-site.
    """
    tables = {
        "materials": MATERIALS,
        "supplies": "supply,material,quantity,unit,from,to\nS,earth,10,t,2025-03-03,2025-03-03",
        "demands": "demand,accepts,quantity,unit,from\nD,earth,10,t,2025-03-04",
        "facilities": "facility,kind,accepts,storage\nY,yard,earth,50\noff,offsite,earth,",
        "distances": "from,to,km\nS,Y,5\nY,D,5\nS,off,1",
    }
    first = solve(**tables)
    second = solve('[objective]\norder = ["unserved", "transfer", "offsite", "haul"]', **tables)
    assert (first.goals["offsite"], first.goals["transfer"]) == approx((0, 10))
    assert (second.goals["offsite"], second.goals["transfer"]) == approx((10, 0))


def test_weights_trade_goals_in_money(solve):
    """Off-site costs 5 km·0.9 + 20 per t = 24.5; the need at 25 km costs 22.5 per t: it wins. At weight 10 it loses."""
    tables = {
        "materials": MATERIALS,
        "supplies": "supply,material,quantity,unit\nS,earth,10,t",
        "demands": "demand,accepts,quantity,unit\nD,earth,10,t",
        "facilities": "facility,kind,accepts\noff,offsite,earth",
        "distances": "from,to,km\nS,D,25\nS,off,5",
    }
    dear = solve("[objective]\nweights = { cost = 1.0, offsite = 20.0 }", **tables)
    cheap = solve("[objective]\nweights = { cost = 1.0, offsite = 10.0 }", **tables)
    assert dear.planning.plan.summary["goals"][0]["name"] == "total"
    assert dear.goals["total"] == approx(225)
    assert cheap.goals["total"] == approx(10 * 4.5 + 10 * 10)


def test_welfare_moves_only_what_is_worth_moving(solve):
    """Bid 30, ask 5 (seller A) and 20 (seller B), haul 10 km·0.9 = 9: A gains 16 per t, B 1 per t; C asks 25 and stays.

    20 t are wanted: A's 10 t and B's 10 t; welfare 160 + 10 = 170, written as −170.
    """
    got = solve(
        '[objective]\norder = ["welfare"]',
        materials=MATERIALS,
        supplies="supply,material,quantity,unit,must_move,ask\n"
        "A,earth,10,t,false,5\nB,earth,10,t,false,20\nC,earth,10,t,false,25",
        demands="demand,accepts,quantity,unit,bid\nD,earth,30,t,30",
        distances="from,to,km\nA,D,10\nB,D,10\nC,D,10",
    )
    assert got.goals["welfare"] == approx(-170)
    assert got.moved("C") == 0


def test_distances_may_carry_their_own_price(solve):
    """A toll lane at 4 CNY/t beats 10 km at 0.9 CNY: 10 t cost 40 CNY, though it is 30 km long."""
    got = solve(
        '[objective]\norder = ["unserved", "cost"]',
        materials=MATERIALS,
        supplies="supply,material,quantity,unit\nS,earth,10,t",
        demands="demand,accepts,quantity,unit\nD,earth,10,t\nE,earth,10,t",
        distances="from,to,km,minutes,cost_per_t\nS,D,10,,\nS,E,30,,4",
    )
    assert got.goals["cost"] == approx(40)
    assert got.kpis["t_km"] == approx(300)


def test_changes_keep_a_plan_calm(solve, tmp_path):
    """The reference sends 10 t to D; E is nearer now. With `changes` before haul the 10 t stay at D, changes 0.

    With haul first all 10 t go to E, and a tonne sent elsewhere counts once: changes 10. In money, staying costs
    10·10·0.9 = 90 CNY; going to E costs 45 CNY and 10 changes of 5 CNY, 95 in all: it stays.
    """
    reference = tmp_path / "earlier"
    reference.mkdir()
    (reference / "flows.csv").write_text(
        "date,from,to,material,grade,t,km,t_km,minutes,cost,via\n2025-03-03,S,D,earth,2,10,10,100,,90,direct\n",
        encoding="utf-8",
    )
    tables = {
        "materials": MATERIALS,
        "supplies": "supply,material,quantity,unit,from,to\nS,earth,10,t,2025-03-03,2025-03-03",
        "demands": "demand,accepts,quantity,unit\nD,earth,10,t\nE,earth,10,t",
        "distances": "from,to,km\nS,D,10\nS,E,5",
    }
    toml = '[objective]\norder = ["unserved", {}]\nreference = "{}"'
    priced = solve(f'[objective]\nweights = {{ cost = 1.0, changes = 5.0 }}\nreference = "{reference}"', **tables)
    assert (priced.goals["total"], priced.goals["changes"]) == approx((90, 0))
    calm = solve(toml.format('"changes", "haul"', reference), **tables)
    free = solve(toml.format('"haul", "changes"', reference), **tables)
    assert (calm.goals["changes"], calm.goals["haul"]) == approx((0, 100))
    assert (free.goals["changes"], free.goals["haul"]) == approx((10, 50))


def test_candidates_and_closed_facilities_take_no_part(solve):
    """Only the open yard of three may be used."""
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit\nS,earth,10,t",
        facilities="facility,kind,accepts,status\nX,disposal,earth,candidate\nY,disposal,earth,closed\nZ,disposal,earth,open",
        distances="from,to,km\nS,X,1\nS,Y,1\nS,Z,9",
    )
    assert got.moved("S", "Z") == approx(10)


def test_four_cuts_three_fills(solve):
    """DOMAIN.md: cuts 500, 500, 500, 400; fills 800, 600, 500; optimum 94,000 m³·m. Here 1 t/m³ and metres as km."""
    haul = [(50, 70, 100), (70, 40, 90), (60, 110, 70), (80, 100, 40)]
    pairs = "\n".join(f"C{i},F{j},{km}" for i, row in enumerate(haul) for j, km in enumerate(row))
    got = solve(
        materials=MATERIALS,
        supplies="supply,material,quantity,unit\n"
        + "\n".join(f"C{i},sand,{q},t" for i, q in enumerate((500, 500, 500, 400))),
        demands="demand,accepts,quantity,unit\n" + "\n".join(f"F{j},sand,{q},t" for j, q in enumerate((800, 600, 500))),
        distances="from,to,km\n" + pairs,
    )
    assert got.goals["haul"] == approx(94_000)
    assert got.planning.plan.summary["goals"][-1]["bound"] == approx(94_000, rel=1e-6)


def test_overhaul_gives_way_to_waste_and_borrow_at_the_break_even_distance(solve):
    """Hauling at 30 per t·km against wasting (0) and borrowing at 240 per t: the break-even is 8 km.

    At 7.9 km soil is hauled (237 CNY), at 8.1 km it is wasted beside the cut and borrowed beside the fill (240 CNY).
    """
    for km, cost in ((7.9, 237.0), (8.1, 240.0)):
        got = solve(
            '[objective]\norder = ["unserved", "cost"]\n[costs]\nhaul_per_t_km = 30',
            materials=MATERIALS,
            supplies="supply,material,quantity,unit\nC,earth,1,t",
            demands="demand,accepts,quantity,unit,required\nF,earth,1,t,1",
            facilities="facility,kind,accepts,fee\nW,disposal,earth,0\nQ,quarry,earth,240",
            distances=f"from,to,km\nC,F,{km}\nC,W,0\nQ,F,0",
        )
        assert got.goals["cost"] == approx(cost)
