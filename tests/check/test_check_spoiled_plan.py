"""One thing wrong with the hand-made plan, and exactly the findings that follow: a check that cannot fail is a defect.

Rows of a few grams (``TINY``) break a rule about the row itself and no balance, because they are within the tolerance.
"""

from __future__ import annotations

import pytest

TINY = "0.000001"

# file, row, column, new cell, what is found
CELLS = [
    ("flows.csv", 2, "km", "10.5", ["flows.csv:2: km: 10.5 where the inputs give 10 km from S1 to D1"]),
    ("flows.csv", 2, "km", "10.001", ["flows.csv:2: km: 10.001 where the inputs give 10 km from S1 to D1"]),
    ("flows.csv", 2, "t_km", "401", ["flows.csv:2: t_km: 401 where 40 t over 10 km make 400"]),
    ("flows.csv", 2, "minutes", "21", ["flows.csv:2: minutes: 21 where the inputs give 20 min from S1 to D1"]),
    ("flows.csv", 2, "minutes", "", ["flows.csv:2: minutes: blank where the inputs give 20 min from S1 to D1"]),
    ("flows.csv", 4, "minutes", "5", ["flows.csv:4: minutes: 5 where the inputs give blank min from S4 to D1"]),
    ("flows.csv", 3, "cost", "120", ["flows.csv:3: cost: 120 where haul 120 and fees 60 make 180 CNY"]),
    ("flows.csv", 6, "cost", "375", ["flows.csv:6: cost: 375 where haul 375 and fees 500 make 875 CNY"]),
    ("flows.csv", 12, "cost", "630", ["flows.csv:12: cost: 630 where haul 280 and fees 0 make 280 CNY"]),
    ("flows.csv", 2, "via", "yard", ["flows.csv:2: via: 'yard' where direct is right"]),
    ("flows.csv", 10, "via", "direct", ["flows.csv:10: via: 'direct' where yard is right"]),
    ("flows.csv", 14, "via", "disposal", ["flows.csv:14: via: 'disposal' where offsite is right"]),
    ("stocks.csv", 2, "t_start", "1",
     ["stocks.csv:2: t_start: 1 t where opening stock, flows and processing make 0 t"]),
    ("stocks.csv", 4, "t_in", "90", ["stocks.csv:4: t_in: 90 t where opening stock, flows and processing make 100 t"]),
    ("stocks.csv", 4, "t_out", "0", ["stocks.csv:4: t_out: 0 t where opening stock, flows and processing make 60 t"]),
    ("stocks.csv", 7, "t_end", "12", ["stocks.csv:7: t_end: 12 t where opening stock, flows and processing make 10 t"]),
    ("stocks.csv", 12, "t_end", "0", ["stocks.csv:12: t_end: 0 t where opening stock, flows and processing make 20 t"]),
    ("processing.csv", 2, "cost", "310", ["processing.csv:2: cost: 310 where 60 t at 5 CNY make 300"]),
    ("balance.csv", 2, "offered_t", "310",
     ["balance.csv:2: offered_t: 310 t where inputs and flows make 300 t for S1"]),
    ("balance.csv", 2, "moved_t", "300", ["balance.csv:2: moved_t: 300 t where inputs and flows make 220 t for S1"]),
    ("balance.csv", 2, "unserved_t", "0", ["balance.csv:2: unserved_t: 0 t where inputs and flows make 80 t for S1"]),
    ("balance.csv", 3, "unserved_t", "30", ["balance.csv:3: unserved_t: 30 t where inputs and flows make 0 t for S2"]),
    ("balance.csv", 6, "offered_t", "120",
     ["balance.csv:6: offered_t: 120 t where inputs and flows make 240 t for D1"]),
    ("balance.csv", 6, "unserved_t", "4", ["balance.csv:6: unserved_t: 4 t where inputs and flows make 8 t for D1"]),
    ("balance.csv", 6, "material", "clay_dry", ["balance.csv:6: material: 'clay_dry' where D1 has spoil_silty_clay"]),
    (
        "balance.csv", 10, "unserved_t", "0",
        ["balance.csv:10: unserved_t: 0 t of the opening stock of Y2 where 5 t could not be cleared"],
    ),
    (
        "balance.csv", 2, "side", "surplus",
        [
            "balance.csv: no row for the supply S1, which has 300 t",
            "balance.csv:2: side: 'surplus' is not known; expected supply, demand or stock",
        ],
    ),
    (
        "balance.csv", 2, "id", "S9",
        [
            "balance.csv: no row for the supply S1, which has 300 t",
            "balance.csv:2: id: 'S9' is not the id of a supply of this scenario",
        ],
    ),
    ("reasons.csv", 2, "t", "70", ["reasons.csv:2: t: reasons for 70 t of S1 where 80 t are unserved"]),
    ("reasons.csv", 5, "t", "31", ["reasons.csv:5: t: reasons for 31 t of S1 where 30 t go off-site"]),
    ("reasons.csv", 3, "why", " ", ["reasons.csv:3: why: is blank; expected why 8 t of D1 are unserved"]),
    (
        "reasons.csv", 3, "what", "lost",
        [
            "reasons.csv: t: reasons for 0 t of D1 where 8 t are unserved",
            "reasons.csv:3: what: 'lost' is not known; expected unserved or offsite",
        ],
    ),
    (
        "reasons.csv", 5, "id", "S3",
        [
            "reasons.csv: t: reasons for 0 t of S1 where 30 t go off-site",
            "reasons.csv:5: t: reasons for 30 t of S3 where 0 t go off-site",
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("file", "row", "column", "value", "expected"), CELLS)
def test_a_wrong_cell(by_hand, file, row, column, value, expected):
    by_hand.set(file, row, column, value)
    assert by_hand.findings() == expected


# file, row added, what is found; flows start in row 17, processing in row 4
ADDED = [
    ("flows.csv", f"2025-03-05,Y1,Y2,topsoil,1,{TINY},1,0,,0,yard", "to: Y1 (yard) may not send to Y2 (yard)"),
    ("flows.csv", f"2025-03-05,P1,P1,concrete_rubble,2,{TINY},1,0,,0,recycling",
     ["material: concrete_rubble of grade 2 may not leave P1: no recipe there makes it, and it is not accepted there "
      "without a recipe",
      "to: P1 (recycling) may not send to P1 (recycling)"]),
    ("flows.csv", f"2025-03-05,S1,S2,spoil_silty_clay,2,{TINY},1,0,,0,supply",
     "to: S1 (supply) may not send to S2 (supply)"),
    ("flows.csv", f"2025-03-05,D1,Y1,spoil_silty_clay,2,{TINY},1,0,,0,yard",
     "to: D1 (demand) may not send to Y1 (yard)"),
    ("flows.csv", f"2025-03-05,L1,O1,spoil_silty_clay,2,{TINY},1,0,,0,offsite",
     "to: L1 (disposal) may not send to O1 (offsite)"),
    ("flows.csv", f"2025-03-05,O1,L1,spoil_silty_clay,2,{TINY},1,0,,0,disposal",
     "to: O1 (offsite) may not send to L1 (disposal)"),
    ("flows.csv", f"2025-03-03,S3,D1,concrete_rubble,2,{TINY},1,0,,0,direct",
     "material: D1 does not accept concrete_rubble"),
    ("flows.csv", f"2025-03-05,P1,O1,concrete_rubble,2,{TINY},25,0,,0,offsite",
     "material: concrete_rubble of grade 2 may not leave P1: no recipe there makes it, and it is not accepted there "
     "without a recipe"),
    ("flows.csv", f"2025-03-05,P1,O1,residue,x,{TINY},25,0,,0,offsite", None),  # a recipe for any grade makes it
    ("flows.csv", f"2025-03-05,P1,O1,topsoil,2,{TINY},25,0,,0,offsite",
     "material: topsoil of grade 2 may not leave P1: no recipe there makes it, and it is not accepted there "
     "without a recipe"),
    ("flows.csv", f"2025-03-04,Q1,D2,topsoil,1,{TINY},1,0,,0,quarry",
     "material: the quarry Q1 does not sell topsoil of grade 1"),
    ("flows.csv", f"2025-03-04,Q1,D4,quarry_fill,2,{TINY},15,0,,0,quarry",
     "material: the quarry Q1 does not sell quarry_fill of grade 2"),
    ("flows.csv", f"2025-03-05,S1,D1,topsoil,2,{TINY},10,0,20,0,direct", [
        "material: D1 does not accept topsoil",
        "material: S1 has spoil_silty_clay of grade 2, not topsoil of grade 2"]),
    ("flows.csv", f"2025-03-05,S1,D1,spoil_silty_clay,1,{TINY},10,0,20,0,direct",
     "material: S1 has spoil_silty_clay of grade 2, not spoil_silty_clay of grade 1"),
    ("flows.csv", f"2025-03-05,S1,K1,spoil_silty_clay,2,{TINY},1,0,,0,yard",
     "to: K1 is closed: it takes no part in a plan"),
    ("flows.csv", f"2025-03-05,S1,C1,spoil_silty_clay,2,{TINY},1,0,,0,yard",
     "to: C1 is candidate: it takes no part in a plan"),
    ("flows.csv", f"2025-03-05,S4,D1,clay_dry,2,{TINY},5,0,,0,direct",
     "from: S4 has dates 2025-03-03 to 2025-03-03, not 2025-03-05"),
    ("flows.csv", f"2025-03-03,Y2,D2,topsoil,1,{TINY},2,0,,0,yard",
     "to: D2 has dates 2025-03-04 to 2025-03-05, not 2025-03-03"),
    ("flows.csv", f"2025-03-05,S2,D2,topsoil,1,{TINY},1,0,,0,direct", "to: there is no road from S2 to D2"),
    ("flows.csv", "2025-03-05,S1,L1,spoil_silty_clay,2,0,6,0,,0,disposal", "t: 0 t; a row moves more than 0 t"),
    ("flows.csv", f"2025-03-05,S1,D1,spoil_silty_clay,2,{TINY},10,0,20,0,direct",
     "the same date, places, material and grade as row 13"),
    ("flows.csv", f"2025-03-05,S9,D1,spoil_silty_clay,2,{TINY},10,0,20,0,direct",
     "from: 'S9' is not the id of a place of this scenario"),
    ("flows.csv", f"2025-03-05,S1,D9,spoil_silty_clay,2,{TINY},10,0,20,0,direct",
     "to: 'D9' is not the id of a place of this scenario"),
    ("flows.csv", f"2025-03-05,S1,D1,marble,2,{TINY},10,0,20,0,direct",
     "material: 'marble' is not the id of a material of this scenario"),
    ("flows.csv", f"2025-03-06,S1,D1,spoil_silty_clay,2,{TINY},10,0,20,0,direct",
     "date: 2025-03-06 is outside the horizon, 2025-03-03 to 2025-03-05"),
    ("flows.csv", f"2025-03-02,S1,D1,spoil_silty_clay,2,{TINY},10,0,20,0,direct",
     "date: 2025-03-02 is outside the horizon, 2025-03-03 to 2025-03-05"),
    ("processing.csv", f"2025-03-05,P1,topsoil,2,{TINY},0", "input: P1 has no recipe for topsoil of grade 2"),
    ("processing.csv", f"2025-03-05,Y1,spoil_silty_clay,2,{TINY},0", "facility: Y1 is a yard; only plants process"),
    ("processing.csv", "2025-03-05,P1,concrete_rubble,2,0,0", "t: 0 t; a row processes more than 0 t"),
    ("processing.csv", f"2025-03-04,P1,concrete_rubble,2,{TINY},0",
     "the same date, facility, input and grade 2 as row 3"),
    ("processing.csv", f"2025-03-05,P9,concrete_rubble,2,{TINY},0",
     "facility: 'P9' is not the id of a facility of this scenario"),
    ("processing.csv", f"2025-03-05,P1,marble,2,{TINY},0",
     "input: 'marble' is not the id of a material of this scenario"),
    ("processing.csv", f"2025-03-06,P1,concrete_rubble,2,{TINY},0",
     "date: 2025-03-06 is outside the horizon, 2025-03-03 to 2025-03-05"),
    ("stocks.csv", "2025-03-05,L1,spoil_silty_clay,2,20,0,0,20",
     "the same date, facility, material and grade as row 17"),
    ("stocks.csv", "2025-03-05,O1,residue,2,0,10,0,10",
     "facility: 'O1' is not a yard, plant or disposal yard of this scenario"),
    ("stocks.csv", "2025-03-05,Y1,marble,2,0,0,0,0", "material: 'marble' is not the id of a material of this scenario"),
    ("stocks.csv", "2025-03-06,Y1,spoil_silty_clay,2,10,0,0,10",
     "date: 2025-03-06 is outside the horizon, 2025-03-03 to 2025-03-05"),
    ("stocks.csv", "2025-03-05,Y1,spoil_silty_clay,1,0,0,0,7",
     "t_end: 7 t where opening stock, flows and processing make 0 t"),
    ("stocks.csv", "2025-03-05,K1,metal,2,0,0,0,7", "t_end: 7 t where opening stock, flows and processing make 0 t"),
    ("balance.csv", "S1,supply,spoil_silty_clay,300,220,80", "id: S1 has its row already, 2"),
    ("balance.csv", "D9,demand,topsoil,0,0,0", "id: 'D9' is not the id of a demand of this scenario"),
    ("balance.csv", "P1,stock,residue,0,0,3",
     "unserved_t: 3 t of the opening stock of P1 where 0 t could not be cleared"),
    ("balance.csv", "O1,stock,residue,0,0,3", "unserved_t: 3 t of opening stock at O1, which has none"),
    ("balance.csv", "Y1,stock,spoil_silty_clay,0,0,-0.00001", "unserved_t: -0.00001 t; expected 0 t or more"),
    ("balance.csv", "Y9,stock,residue,0,0,3", "id: 'Y9' is not the id of a facility of this scenario"),
    ("reasons.csv", "D2,unserved,15,why not,", "t: reasons for 15 t of D2 where 0 t are unserved"),
    ("reasons.csv", "S1,offsite,1,why not,", "t: reasons for 31 t of S1 where 30 t go off-site"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "row", "expected"), ADDED)
def test_a_row_too_many(by_hand, file, row, expected):
    line = len(by_hand.text("plan", file).splitlines()) + 1
    by_hand.append(file, row)
    wanted = [] if expected is None else [expected] if isinstance(expected, str) else expected
    assert by_hand.findings() == [f"{file}:{line}: {message}" for message in wanted]


DROPPED = [
    (
        "stocks.csv", 3,
        ["stocks.csv: no row for topsoil of grade 1 at Y2 on 2025-03-03, where 0 t come in and 25 t lie overnight"],
    ),
    ("balance.csv", 5, ["balance.csv: no row for the supply S4, which has 40 t"]),
    ("balance.csv", 9, ["balance.csv: no row for the demand D4, which has 30 t"]),
    ("balance.csv", 10, ["balance.csv: unserved_t: 0 t of the opening stock of Y2 where 5 t could not be cleared"]),
    ("reasons.csv", 6, ["reasons.csv: t: reasons for 0 t of P1 where 10 t go off-site"]),
]  # fmt: skip


@pytest.mark.parametrize(("file", "row", "expected"), DROPPED)
def test_a_row_left_out(by_hand, file, row, expected):
    by_hand.drop(file, row)
    assert by_hand.findings() == expected


def test_a_flow_left_out_is_missed_everywhere(by_hand):
    """Without the 20 t from S1 to L1: 20 t more unserved, and everything that counted them is wrong."""
    by_hand.drop("flows.csv", 8)
    found = [f"{f.file}:{f.row}: {f.column}" for f in by_hand.result().findings]
    assert found == [
        "balance.csv:2: moved_t",
        "balance.csv:2: unserved_t",
        *(f"plan.json:0: goals[{i}].value" for i in (0, 2, 4, 5, 6, 7)),
        "plan.json:0: kpis.by_material.spoil_silty_clay.landfill_t",
        "plan.json:0: kpis.by_material.spoil_silty_clay.mean_haul_km",
        "plan.json:0: kpis.by_material.spoil_silty_clay.t",
        "plan.json:0: kpis.by_material.spoil_silty_clay.t_km",
        "plan.json:0: kpis.co2_kg",
        "plan.json:0: kpis.cost",
        *(f"plan.json:0: kpis.cost_parts.{part}" for part in ("carbon", "gate_fees", "haul")),
        *(f"plan.json:0: kpis.{name}" for name in ("landfill_t", "mean_haul_km", "t", "t_km", "unserved_t")),
        "reasons.csv:2: t",
        "stocks.csv:12: t_end",
        "stocks.csv:12: t_in",
        "stocks.csv:17: t_end",
        "stocks.csv:17: t_start",
    ]


def test_the_first_finding_of_too_much_soil_is_the_row_that_takes_it(by_hand):
    by_hand.set("flows.csv", 7, "t", "120")
    expected = (
        "flows.csv:8: t: 140 t leave S1 on 2025-03-04 but only 130 t of the 200 t released by then are still there"
    )
    finding = next(f for f in by_hand.result().findings if "leave S1" in f.message)
    assert (str(finding), finding.amount) == (expected, 10)


# dotted path in plan.json, new value, what is found
CLAIMS = [
    ("name", "other", ["plan.json: name: 'other' where the scenario has 'by hand'"]),
    ("start", "2025-03-04", ["plan.json: start: '2025-03-04' where the scenario has '2025-03-03'"]),
    ("days", 4, ["plan.json: days: '4' where the scenario has '3'"]),
    ("mode", "weights", ["plan.json: mode: 'weights' where the objective has lexicographic"]),
    ("goals.1.value", 39, [
        "plan.json: goals[1].bound: offsite at 39 is better than its proven bound, 40",
        "plan.json: goals[1].value: offsite is given as 39 but the plan's rows make 40",
    ]),
    ("goals.4.bound", 5096, ["plan.json: goals[4].bound: haul at 5,095 is better than its proven bound, 5,096"]),
    ("goals.4.bound", 5090,
     ["plan.json: goals[4].bound: haul at 5,095 is called optimal but the proven bound is 5,090"]),
    ("goals.4.bound", None, []),
    ("goals.0.name", "offsite", [
        "plan.json: goals: lists offsite, offsite, landfill, transfer, haul, cost, carbon, welfare where the objective "
        "has unserved, offsite, landfill, transfer, haul, cost, carbon, welfare",
        "plan.json: goals[0].value: offsite is given as 253 but the plan's rows make 40",
    ]),
    *(
        (f"kpis.{name}", value, [f"plan.json: kpis.{name}: {shown} where inputs and rows make {right}"])
        for name, value, shown, right in (
            ("generated_t", 501, "501", "500"), ("direct_t", 181, "181", "180"), ("direct_share", 0.37, "0.37", "0.36"),
            ("transfer_t", 61, "61", "60"), ("offsite_t", 41, "41", "40"), ("landfill_t", 21, "21", "20"),
            ("recycled_t", 100, "100", "90"), ("placed_t", 305, "305", "235"),
            ("utilisation_rate", 0.95, "0.95", "0.65"), ("utilisation_rate", None, "blank", "0.65"),
            ("end_stock_t", 0, "0", "40"), ("opening_stock_t", 0, "0", "25"), ("process_loss_t", 9, "9", "10"),
            ("borrowed_t", 0, "0", "25"), ("t", 551, "551", "550"), ("t_km", 5100, "5,100", "5,095"),
            ("mean_haul_km", 9, "9", "9.263636"), ("unserved_t", 253, "253", "93"), ("co2_kg", 500, "500", "509.5"),
            ("cost", 7000, "7,000", "7,461.75"), ("cost_parts.haul", 5095, "5,095", "4,745"),
            ("cost_parts.gate_fees", 1860, "1,860", "1,360"), ("cost_parts.processing", 0, "0", "500"),
            ("cost_parts.purchase", 0, "0", "500"), ("cost_parts.holding", 47, "47", "62"),
            ("cost_parts.end_stock", 30, "30", "40"), ("cost_parts.carbon", 0, "0", "254.75"),
            ("by_material.spoil_silty_clay.placed_t", 140, "140", "160"),
            ("by_material.recycled_aggregate.utilisation_rate", 1, "1", "blank"),
            ("by_class.spoil.placed_t", 200, "200", "235"),
        )
    ),
    ("kpis.t", "550", ["plan.json: kpis.t: '550' is not a number"]),
    ("kpis.by_material.marble", {"t": 1}, ["plan.json: kpis.by_material.marble: is not known in this scenario"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "expected"), CLAIMS)
def test_a_wrong_claim_in_plan_json(by_hand, path, value, expected):
    by_hand.put(path, value)
    assert by_hand.findings() == expected


def test_figures_left_out_of_plan_json(by_hand):
    del by_hand.summary["kpis"]["recycled_t"]
    del by_hand.summary["kpis"]["by_material"]["residue"]
    assert by_hand.findings() == [
        "plan.json: kpis.by_material.residue: is missing, though this plan moves or makes some of it",
        "plan.json: kpis.recycled_t: is missing",
    ]


def test_a_feasible_plan_need_not_meet_its_bound(by_hand):
    by_hand.put("status", "feasible")
    by_hand.put("goals.4.bound", 5090)
    assert by_hand.findings() == []


def test_the_tolerance_is_what_later_goals_may_take(by_hand):
    """At a tolerance of 0.01 transfer may be 60 where 59.5 is proven, but not where 59 is."""
    by_hand.replace("week", "scenario.toml", "[roads]", "tolerance = 0.01\n[roads]")
    by_hand.put("goals.3.bound", 59.5)
    assert by_hand.findings() == []
    by_hand.put("goals.3.bound", 59)
    assert by_hand.findings() == [
        "plan.json: goals[3].bound: transfer at 60 is called optimal but the proven bound is 59"
    ]


def test_inputs_that_changed_since(by_hand):
    by_hand.summary["inputs"] = {"supplies.csv": "0" * 64, "trucks.csv": "0" * 64}
    told = [f for f in by_hand.findings() if "inputs." in f]
    says = "plan.json: inputs.{0}: the plan was made from other inputs: {0} {1}"
    assert says.format("supplies.csv", "has changed since") in told
    assert says.format("trucks.csv", "is gone") in told
    assert says.format("facilities.csv", "is new") in told
    assert len(told) == len(by_hand.findings()) == 10
