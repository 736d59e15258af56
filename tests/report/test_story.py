"""The verdict, the figures and the comparison say what the plan says."""

import copy
from dataclasses import replace

import pytest

from optimizer.report import story
from optimizer.report.texts import Both
from optimizer.tables import Table


def changed(plan, **summary):
    """The plan with another summary; ``kpis`` and ``counterfactual`` are merged, everything else replaced."""
    new = copy.deepcopy(plan.summary)
    for key, value in summary.items():
        new[key] = new[key] | value if key == "kpis" else value
    return replace(plan, summary=new)


def balanced(plan, *rows):
    return replace(plan, tables=plan.tables | {"balance": Table(plan.tables["balance"].columns, list(rows))})


PLACED = ("S1", "supply", "topsoil", 1000.0, 1000.0, 0.0)


def test_all_placed(plan):
    good = changed(
        plan,
        kpis={
            "generated_t": 1000.0,
            "unserved_t": 0.0,
            "offsite_t": 0.0,
            "utilisation_rate": 0.961,
            "end_stock_t": 0.0,
        },
    )
    told = story.verdict(balanced(good, PLACED))
    assert told.tone == "good"
    assert [line.en for line in told.headline] == [
        "Everything that must move has a place: 1,000 t of waste released.",
        "Nothing leaves the zone.",
    ]
    assert told.beside[0].zh == "综合利用率 96.1%，高于 95% 的目标。"
    assert told.beside[-1].en.startswith("Proven optimal")


def test_what_leaves_the_zone_is_a_share_of_what_is_released(plan):
    told = story.verdict(
        balanced(changed(plan, kpis={"generated_t": 1000.0, "unserved_t": 0.0, "offsite_t": 25.0}), PLACED)
    )
    assert told.headline[1].en == "25 t (2.5%) leave the zone."


def test_each_shortfall_is_told_by_its_side(plan):
    rows = [
        ("S1", "supply", "topsoil", 1000.0, 900.0, 100.0),
        ("N1", "demand", "topsoil", 500.0, 450.0, 50.0),
        ("Y1", "stock", "topsoil", 80.0, 60.0, 20.0),
    ]
    told = story.verdict(balanced(changed(plan, kpis={"unserved_t": 170.0}), *rows))
    assert told.tone == "bad"
    assert [line.en for line in told.headline[:3]] == [
        "100 t of 1,000 t that must move have no place.",
        "50 t of required fill are missing.",
        "20 t of opening stock cannot be cleared in time.",
    ]


def test_what_need_not_move_and_stays_is_not_a_shortfall(plan):
    quiet = changed(plan, kpis={"unserved_t": 0.0})
    told = story.verdict(balanced(quiet, ("S1", "supply", "topsoil", 1000.0, 400.0, 0.0)))
    assert Both("600 t that need not move stay where they are.", "600 吨可不外运，留在原地。") in told.beside


def test_target_exactly_met_is_met(plan):
    told = story.verdict(balanced(changed(plan, kpis={"unserved_t": 0.0, "utilisation_rate": 0.95}), PLACED))
    assert "above" in told.beside[0].en and told.tone == "good"


def test_time_limit_tells_the_open_goal_and_its_gap(plan):
    """haul: value 110, bound 100 → (110 − 100) / 110 = 9.09 %."""
    goals = [
        {"name": "unserved", "unit": "t", "value": 5.0, "bound": 5.0},
        {"name": "haul", "unit": "t·km", "value": 110.0, "bound": 100.0},
    ]
    told = story.verdict(changed(plan, status="feasible", termination="time_limit", goals=goals))
    assert told.beside[-1].en == (
        "Not proven optimal (stopped at the time limit): at most 9.09% away from the best possible on goal “haul work”."
    )
    assert [row["gap"].en for row in story.goals(changed(plan, goals=goals))] == ["closed", "9.091%"]


def test_no_plan(plan):
    told = story.verdict(
        replace(plan, summary=plan.summary | {"status": "none", "termination": "time_limit", "kpis": {}})
    )
    assert told.tone == "bad"
    assert told.headline[0].en == "The solver stopped before it found a plan."


def test_no_waste_at_all(plan):
    empty = changed(
        plan,
        kpis={
            "generated_t": 0.0,
            "t": 0.0,
            "unserved_t": 0.0,
            "offsite_t": 0.0,
            "utilisation_rate": None,
            "end_stock_t": 0.0,
        },
    )
    told = story.verdict(balanced(empty))
    assert told.headline == [story.say("verdict.nothing")]
    assert "–" in {card.value.en for card in story.cards(changed(empty, kpis={"direct_share": None}))}


def test_comparison_knows_which_way_is_better(plan):
    ours = {
        "offsite_t": 10.0,
        "unserved_t": 0.0,
        "t_km": 1200.0,
        "cost": 900.0,
        "direct_share": 0.8,
        "utilisation_rate": 0.9,
        "transfer_t": 5.0,
    }
    theirs = {
        "offsite_t": 40.0,
        "unserved_t": 0.0,
        "t_km": 1000.0,
        "cost": 1000.0,
        "direct_share": 0.7,
        "utilisation_rate": 0.9,
        "transfer_t": 5.0,
    }
    compared = replace(plan, summary=plan.summary | {"kpis": ours, "counterfactual": {"kpis": theirs}})
    rows = {row.title.en: row for row in story.comparison(compared)}
    assert "Unserved" not in rows  # nothing on either side
    assert [(k, r.better, r.difference.en) for k, r in rows.items()] == [
        ("Out of the zone", True, "−30"),
        ("Through transfer yards", None, "0"),
        ("Haul work", False, "+200"),
        ("Cost", True, "−100"),
        ("Used directly", True, "+10.0 points"),
        ("Utilisation rate", None, "0.0 points"),
    ]
    assert story.saving(compared).en == (
        "This plan: 30 t (75%) less out of the zone, 200 t·km (20%) more haul, CNY 100 (10%) less cost."
    )
    assert (
        story.saving(compared).zh
        == "本方案：外运减少 30 吨（75%），运输周转量增加 200 吨公里（20%），费用减少 100 元（10%）。"
    )


def test_without_a_counterfactual_there_is_no_comparison(plan):
    alone = replace(plan, summary={k: v for k, v in plan.summary.items() if k != "counterfactual"})
    assert story.comparison(alone) == []
    assert story.saving(alone) == story.say("compare.same")


def test_cost_parts_are_shares_of_what_is_spent(plan):
    parts = story.cost_parts(
        changed(plan, kpis={"cost_parts": {"haul": 300.0, "gate_fees": -50.0, "processing": 100.0, "holding": 0.0}})
    )
    assert [(name.en, round(share, 3)) for name, _, share in parts] == [
        ("haul", 0.75),
        ("gate fees", 0.0),
        ("processing", 0.25),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.23e-10, "1.23e-10"),
        (0.0, "0"),
        (12345.6, "12,346"),
        (7, "7"),
        (True, "yes"),
        (None, "–"),
        ({"a": 1, "b": [2, 3]}, "a 1, b 2, 3"),
    ],
)
def test_facts(value, text):
    assert story.fact(value) == text
