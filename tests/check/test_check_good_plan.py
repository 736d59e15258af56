"""Plans that hold: every figure of the hand-made plan is found again."""

from __future__ import annotations

import json
import math

import pytest
from hand_made_plan import ORDER, SUMMARY, VALUES

from optimizer.check import format_result, result_json


def test_the_hand_made_plan_holds(by_hand):
    assert by_hand.findings() == []


def test_every_goal_is_recomputed_as_worked_out_by_hand(by_hand):
    assert by_hand.result().goals == pytest.approx(dict(zip(ORDER, VALUES, strict=True)))


def test_every_figure_is_recomputed_as_worked_out_by_hand(by_hand):
    figures = by_hand.result().figures
    assert figures == pytest.approx({name: SUMMARY["kpis"][name] for name in figures})


def test_terminal_and_json_of_a_good_plan(by_hand):
    result = by_hand.result()
    text = format_result(result)
    assert f"{result.checks:,} checks from the inputs alone: the plan holds" in text
    assert "haul             5,095.000" in text
    data = json.loads(result_json(result))
    assert data["status"] == "holds" and data["findings"] == [] and data["goals"]["cost"] == pytest.approx(7461.75)


def test_terminal_and_json_of_a_plan_that_fails(by_hand):
    by_hand.set("flows.csv", 2, "via", "yard")
    result = by_hand.result()
    line = "flows.csv:2: via: 'yard' where direct is right"
    assert format_result(result).splitlines()[0] == line
    assert "1 finding in" in format_result(result)
    finding = json.loads(result_json(result))["findings"][0]
    assert (finding["file"], finding["row"], finding["column"]) == ("flows.csv", 2, "via")


def test_weights_report_the_weighted_sum_first(by_hand):
    """1 · 7461.75 + 10 · 40 off-site + 1000 · 253 unserved = 260,861.75."""
    by_hand.replace("week", "scenario.toml", f"order = {json.dumps(ORDER)}", "weights = { cost = 1, offsite = 10 }")
    by_hand.put("mode", "weights")
    by_hand.put(
        "goals",
        [
            {"name": "total", "value": 260861.75, "bound": 260861.75},
            {"name": "unserved", "value": 253, "bound": None},
            {"name": "cost", "value": 7461.75, "bound": 0},
            {"name": "offsite", "value": 40, "bound": None},
        ],
    )
    assert by_hand.findings() == []
    by_hand.put("goals.0.value", 260862.75)
    by_hand.put("goals.0.bound", 260862.75)
    message = "plan.json: goals[0].value: total is given as 260,862.75 but the plan's rows make 260,861.75"
    assert by_hand.findings() == [message]


def test_unserved_with_a_weight_of_its_own(by_hand):
    """2 · 253 + 40 = 546."""
    by_hand.replace("week", "scenario.toml", f"order = {json.dumps(ORDER)}", "weights = { unserved = 2, offsite = 1 }")
    by_hand.put("mode", "weights")
    names = {"total": 546, "unserved": 253, "offsite": 40}
    by_hand.put("goals", [{"name": name, "value": value, "bound": None} for name, value in names.items()])
    assert by_hand.findings() == []


def test_an_order_without_unserved_has_it_first(by_hand):
    by_hand.replace("week", "scenario.toml", json.dumps(ORDER), '["haul"]')
    by_hand.put("goals", [SUMMARY["goals"][0], SUMMARY["goals"][4]])
    assert by_hand.findings() == []


def test_changes_count_a_tonne_sent_elsewhere_once(by_hand):
    """The reference sends 30 t instead of 50 t from S1 to D1 on day 3, and 20 t to Y1: (20 + 20) / 2 = 20 t."""
    by_hand.replace(
        "week", "scenario.toml", f"order = {json.dumps(ORDER)}", 'order = ["changes"]\nreference = "../was"'
    )
    was = by_hand.scenario.parent / "was"
    was.mkdir()
    rows = by_hand.text("plan", "flows.csv").replace(
        "2025-03-05,S1,D1,spoil_silty_clay,2,50", "2025-03-05,S1,D1,spoil_silty_clay,2,30"
    )
    rows += "2025-03-05,S1,Y1,spoil_silty_clay,2,20,4,80,8,120,yard\n"
    (was / "flows.csv").write_text(rows, encoding="utf-8")
    by_hand.put("goals", [SUMMARY["goals"][0], {"name": "changes", "value": 20, "bound": 20}])
    assert by_hand.findings() == []
    by_hand.put("goals.1.value", 40)
    assert "changes is given as 40 but the plan's rows make 20" in "\n".join(by_hand.findings())


def test_distances_by_detour(by_hand, tmp_path):
    """Two places on the equator, a degree apart: 6371.0088 · π/180 · 1.3 km, at 30 km/h 2 minutes a km."""
    km = 6371.0088 * math.radians(1) * 1.3
    by_hand.texts = {
        (
            "week",
            "scenario.toml",
        ): 'name = "d"\nstart = 2025-03-03\ndays = 1\n[objective]\norder = ["haul"]\n[roads]\ndetour = 1.3\n',
        ("week", "supplies.csv"): "supply,lon,lat,material,quantity,unit\nS,10,0,topsoil,100,t\n",
        ("week", "demands.csv"): "demand,lon,lat,accepts,quantity,unit\nD,11,0,topsoil,100,t\n",
        ("plan", "flows.csv"): "date,from,to,material,grade,t,km,t_km,minutes,cost,via\n"
        f"2025-03-03,S,D,topsoil,2,100,{km:.9f},{100 * km:.9f},{2 * km:.9f},{90 * km:.9f},direct\n",
        ("plan", "stocks.csv"): "date,facility,material,grade,t_start,t_in,t_out,t_end\n",
        ("plan", "processing.csv"): "date,facility,input,grade,t,cost\n",
        ("plan", "balance.csv"): "id,side,material,offered_t,moved_t,unserved_t\n"
        "S,supply,topsoil,100,100,0\nD,demand,topsoil,100,100,0\n",
        ("plan", "reasons.csv"): "id,what,t,why,would_help\n",
    }
    result = by_hand.result()
    rows = [f for f in result.findings if f.file != "plan.json"]  # plan.json is still the other plan's
    assert rows == []
    by_hand.set("flows.csv", 2, "km", f"{km + 0.01:.9f}")
    assert [(f.file, f.row, f.column) for f in by_hand.result().findings if f.file != "plan.json"] == [
        ("flows.csv", 2, "km")
    ]
