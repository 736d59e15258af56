"""The hand-made plan against inputs that are a little tighter: exactly the rule that was tightened is found broken."""

from __future__ import annotations

import pytest

S1 = "S1,spoil_silty_clay,300,t,,,150,60,2,true,2,3"
S4 = "S4,clay_dry,40,t,2025-03-03,2025-03-03,,,2,,,"
D1 = "D1,spoil_silty_clay;clay_dry,120,m3_compacted,100,,,40,2,"
Y1 = "Y1,yard,spoil_silty_clay,30,20,40,2,open,,,1,,,"
Y2 = "Y2,yard,topsoil,30,20,60,,open,,,,15,,"
P1 = "P1,recycling,concrete_rubble,,,100,-1,open,,0.5,3,,,"
L1 = "L1,disposal,spoil_silty_clay,20,,25,10,open,,,,,2,"
O1 = "O1,offsite,*,40,,50,30,open,,,,,,"
Q1 = "Q1,quarry,quarry_fill,,30,30,20,open,,,,,,"
CALENDAR = "facility,from,to,daily_in,daily_out\n"
RELEASES = "supply,date,quantity\nS1,2025-03-03,{}\nS1,2025-03-04,{}\nS1,2025-03-05,{}\n"

# file, old, new, what is found
TIGHTER = [
    ("supplies.csv", S1, S1.replace("150", "75"), [
        "flows.csv:14: t: 80 t leave S1 on 2025-03-05, more than its daily_max of 75 t"]),
    ("releases.csv", "", RELEASES.format(0, 100, 200), [
        "flows.csv:3: t: 70 t leave S1 on 2025-03-03 but only 0 t were released by then"]),
    ("releases.csv", "", RELEASES.format(200, 100, 0), [
        "flows.csv:14: t: 80 t leave S1 on 2025-03-05 but only 60 t of the 300 t released by then are still there"]),
    ("supplies.csv", S4, S4.replace(",,,2,", ",,,1,"), [
        "flows.csv:4: material: S4 has clay_dry of grade 1, not clay_dry of grade 2"]),
    ("supplies.csv", S4, S4.replace("03-03", "03-04"), [
        "flows.csv:4: from: S4 has dates 2025-03-04 to 2025-03-04, not 2025-03-03",
        "flows.csv:4: t: 40 t leave S4 on 2025-03-03 but only 0 t were released by then"]),
    ("demands.csv", D1, D1.replace(",40,2,", ",30,2,"), [
        "flows.csv:4: t: D1 receives 36 m3_compacted on 2025-03-03, more than its daily_max of 30",
        "flows.csv:10: t: D1 receives 35 m3_compacted on 2025-03-04, more than its daily_max of 30"]),
    ("demands.csv", "D2,topsoil,50", "D2,topsoil,30", [
        "balance.csv:7: offered_t: 50 t where inputs and flows make 30 t for D2",
        "flows.csv:15: t: D2 receives 35 t in all, more than its quantity of 30"]),
    ("demands.csv", "2025-03-04,2025-03-05,,1,", "2025-03-04,2025-03-04,,1,", [
        "flows.csv:15: to: D2 has dates 2025-03-04 to 2025-03-04, not 2025-03-05"]),
    ("demands.csv", D1, D1.replace(",40,2,", ",40,1,"), [
        f"flows.csv:{row}: grade: grade 2 goes to D1, which takes 1 at worst" for row in (2, 4, 7, 10, 13)]),
    ("demands.csv", D1, D1.replace(",100,", ",110,"), [
        "balance.csv:6: unserved_t: 8 t where inputs and flows make 28 t for D1",
        "plan.json: goals[0].value: unserved is given as 253 but the plan's rows make 273",
        "plan.json: kpis.unserved_t: 93 where inputs and rows make 113",
        "reasons.csv:3: t: reasons for 8 t of D1 where 28 t are unserved"]),
    ("mixes.csv", "0.25", "0.15", [
        "flows.csv:4: material: 40 t of the 200 t that D1 receives are clay_dry, more than its max_share of 0.15"]),
    ("mixes.csv", "0.1", "0.22", [
        "flows.csv:4: material: 40 t of the 200 t that D1 receives are clay_dry, less than its min_share of 0.22"]),
    ("facilities.csv", L1, L1.replace("spoil_silty_clay", "topsoil"), [
        "flows.csv:8: material: L1 does not accept spoil_silty_clay"]),
    ("facilities.csv", L1, L1.replace(",2,", ",1,"), [
        "flows.csv:8: grade: grade 2 goes to L1, which takes 1 at worst"]),
    ("facilities.csv", L1, L1.replace("open", "closed"), [
        "flows.csv:8: to: L1 is closed: it takes no part in a plan"]),
    ("facilities.csv", Q1, Q1.replace("open", "candidate"), [
        "flows.csv:6: from: Q1 is candidate: it takes no part in a plan"]),
    ("facilities.csv", Q1, Q1.replace("open,", "open,2025-03-04"), ["flows.csv:6: from: Q1 is not open on 2025-03-03"]),
    ("calendar.csv", "", CALENDAR + "L1,2025-03-04,2025-03-04,0,0\n", [
        "flows.csv:8: to: L1 is not open on 2025-03-04"]),
    ("calendar.csv", "", CALENDAR + "P1,2025-03-03,2025-03-03,0,0\n", [
        "flows.csv:5: to: P1 is not open on 2025-03-03",
        "processing.csv:2: date: P1 processes on 2025-03-03, when it is not open"]),
    ("calendar.csv", "", CALENDAR + "L1,2025-03-04,2025-03-04,15,\n", [
        "flows.csv:8: t: 20 t come to L1 on 2025-03-04, more than its daily_in of 15 t"]),
    ("calendar.csv", "", CALENDAR + "L1,2025-03-03,2025-03-03,15,\n", []),
    ("facilities.csv", O1, O1.replace("40", "35"), [
        "flows.csv:16: t: 40 t come to O1 on 2025-03-05, more than its daily_in of 35 t"]),
    ("facilities.csv", Y1, Y1.replace(",20,", ",15,"), [
        "flows.csv:10: t: 20 t leave Y1 on 2025-03-04, more than its daily_out of 15 t"]),
    ("facilities.csv", Q1, Q1.replace(",30,30,", ",20,30,"), [
        "flows.csv:6: t: 25 t leave Q1 on 2025-03-03, more than its daily_out of 20 t"]),
    ("facilities.csv", Q1, Q1.replace(",30,30,", ",30,20,"), [
        "flows.csv:6: t: 25 t leave Q1 in all, more than its storage of 20 t"]),
    ("facilities.csv", L1, L1.replace(",25,", ",15,"), [
        "flows.csv:8: t: 20 t come to L1 in all, more than its storage of 15 t"]),
    ("facilities.csv", O1, O1.replace(",50,", ",39,"), [
        "flows.csv:16: t: 40 t come to O1 in all, more than its storage of 39 t"]),
    ("facilities.csv", Y1, Y1.replace(",40,", ",25,"), [
        "stocks.csv:2: t_end: 30 t lie at Y1 in the night of 2025-03-03, more than its storage of 25 t"]),
    ("facilities.csv", P1, P1.replace(",100,", ",90,"), [
        "stocks.csv:6: t_end: 94 t lie at P1 in the night of 2025-03-03, more than its storage of 90 t"]),
    ("facilities.csv", Y1, "Y1,yard,spoil_silty_clay,30,20,40,2,open,,,1,5,,", [
        "stocks.csv:13: t_end: 10 t lie at Y1 at the end, more than its end_stock_max of 5 t"]),
    ("facilities.csv", Y1, Y1 + "3", []),
    ("facilities.csv", Y1, Y1 + "2", [
        "stocks.csv:13: t_end: 10 t of spoil_silty_clay of grade 2 lie at Y1 in the night of 2025-03-05 for longer "
        "than its longest_stay, 2 nights"]),
    ("facilities.csv", Y2, Y2 + "1", [  # on the first night all 25 t of opening stock are too old
        "balance.csv:10: unserved_t: 5 t of the opening stock of Y2 where 25 t could not be cleared",
        "plan.json: goals[0].value: unserved is given as 253 but the plan's rows make 273",
        "plan.json: kpis.unserved_t: 93 where inputs and rows make 113",
        "reasons.csv:4: t: reasons for 5 t of Y2 where 25 t are unserved"]),
    ("recipes.csv", "0.8,60,5\nP1,concrete_rubble,residue,0.1,60", "0.8,50,5\nP1,concrete_rubble,residue,0.1,50", [
        "processing.csv:2: t: P1 processes 60 t of concrete_rubble on 2025-03-03, more than its daily_max of 50 t"]),
    ("scenario.toml", "[costs]", "max_km = 20\n[costs]", [
        "flows.csv:14: km: 30 km from S1 to O1 is beyond max_km, 20 km",
        "flows.csv:16: km: 25 km from P1 to O1 is beyond max_km, 20 km"]),
    ("scenario.toml", "[costs]", "max_km = 30\n[costs]", []),
    ("distances.csv", "S4,D1,5,,\n", "", ["flows.csv:4: to: there is no road from S4 to D1"]),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "expected"), TIGHTER)
def test_a_tighter_input(by_hand, file, old, new, expected):
    by_hand.replace("week", file, old, new)
    assert by_hand.findings() == expected


def test_stock_that_is_not_there(by_hand):
    """Without its opening stock Y2 has 0, 10 and then -5 t: told on the day it goes wrong, and in every figure."""
    by_hand.texts.pop(("week", "stocks.csv"))
    findings = by_hand.result().findings
    short = [str(f) for f in findings if f.file == "flows.csv"]
    assert short == [
        "flows.csv:15: t: 15 t of topsoil of grade 1 leave Y2 or are processed there on 2025-03-05 but only "
        "10 t are there"
    ]
    assert {f.file for f in findings} == {"flows.csv", "stocks.csv", "balance.csv", "reasons.csv", "plan.json"}


def test_processing_of_what_never_came(by_hand):
    """60 t of grade 1 rubble are processed that nobody brought: mass from nothing."""
    by_hand.append("processing.csv", "2025-03-05,P1,concrete_rubble,1,60,300")
    found = by_hand.findings()
    message = (
        "processing.csv:4: t: 60 t of concrete_rubble of grade 1 leave P1 or are processed there on 2025-03-05 but "
        "only 0 t are there"
    )
    assert message in found
    missing = "stocks.csv: no row for recycled_aggregate of grade 1 at P1 on 2025-03-05, where 48 t come in and 48 t"
    assert any(finding.startswith(missing) for finding in found)


def test_a_recipe_only_for_another_grade(by_hand):
    text = by_hand.text("week", "recipes.csv").replace("cost\n", "cost,grade_in\n").replace(",5\n", ",5,1\n")
    by_hand.replace("week", "recipes.csv", by_hand.text("week", "recipes.csv"), text)
    found = by_hand.findings()
    assert "processing.csv:2: input: P1 has no recipe for concrete_rubble of grade 2" in found
    assert any(f.startswith("flows.csv:12: material: recycled_aggregate of grade 2 may not leave P1") for f in found)


def test_a_recipe_that_lifts_the_grade(by_hand):
    text = by_hand.text("week", "recipes.csv").replace("cost\n", "cost,grade_out\n").replace(",5\n", ",5,1\n")
    by_hand.replace("week", "recipes.csv", by_hand.text("week", "recipes.csv"), text)
    found = by_hand.findings()
    assert any(f.startswith("flows.csv:12: material: recycled_aggregate of grade 2 may not leave P1") for f in found)
    assert "stocks.csv:5: t_end: 48 t where opening stock, flows and processing make 0 t" in found
