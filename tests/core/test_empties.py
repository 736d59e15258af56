"""The goal `empties`: trucks that bring spoil take something back."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.blocks.empties import least_empties
from optimizer.check import check_folder
from optimizer.outputs import write_plan
from optimizer.planner import Options, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario

TABLES = {
    # Q1 is nearer to the need D2; Q2 lies beside D1, where the spoil of S1 is tipped, and D2 beside S1
    "supplies": "supply,material,unit,quantity\nS1,spoil_silty_clay,t,100",
    "demands": """
        demand,accepts,unit,quantity,required
        D1,spoil_silty_clay,t,100,100
        D2,quarry_gravel,t,100,100""",
    "facilities": """
        facility,kind,accepts,daily_out,fee
        Q1,quarry,quarry_gravel,500,10
        Q2,quarry,quarry_gravel,500,10""",
    "distances": """
        from,to,km
        S1,D1,10
        D1,S1,10
        Q1,D2,9
        Q2,D2,10
        D1,Q1,14
        D1,Q2,1
        D2,S1,1
        D2,Q1,9
        D2,Q2,10""",
}


def planned(folder):
    return plan_scenario(load_scenario(folder), Options(), Progress(quiet=True))


def goal(planning, name):
    return next(g for g in planning.plan.summary["goals"] if g["name"] == name)


@pytest.mark.parametrize(
    ("last", "quarry", "empty", "haul"),
    [("haul", "Q1", None, 100 * (10 + 9)), ("empties", "Q2", 100 * (1 + 1), 100 * (10 + 10))],
)
def test_a_load_back_is_worth_a_longer_way(week, last, quarry, empty, haul):
    folder = week(f'days = 1\n[objective]\norder = ["unserved", "{last}"]', **TABLES)
    planning = planned(folder)
    flows = list(planning.plan.tables["flows"].records())
    assert {row["from"] for row in flows} == {"S1", quarry}
    assert planning.plan.summary["kpis"]["t_km"] == pytest.approx(haul)
    if empty is not None:
        assert goal(planning, "empties")["value"] == pytest.approx(empty)
        assert goal(planning, "empties")["bound"] == pytest.approx(empty)


def test_both_readings_agree_and_the_plan_holds(week, tmp_path):
    """With haul held to 2 %, on days that differ; the check computes the goal by its dual."""
    folder = week('days = 3\n[objective]\norder = ["unserved", "haul", "empties"]\ntolerance = 0.06', **TABLES)
    planning = planned(folder)
    write_plan(planning.scenario, planning.plan, tmp_path / "out", Progress(quiet=True))
    result = check_folder(planning.scenario, tmp_path / "out", planning.distances)
    assert result.findings == ()
    assert result.goals["empties"] == pytest.approx(goal(planning, "empties")["value"])


@pytest.mark.parametrize("seed", range(5))
def test_the_value_is_that_of_the_best_pairing(seed):
    """Unit loads: every pairing of tips and loads of a day, by brute force."""
    import itertools

    rng = np.random.default_rng(seed)
    km = rng.uniform(1, 20, (6, 6)).round(1)
    np.fill_diagonal(km, 0.0)
    origin, destination = rng.integers(0, 3, 5), rng.integers(3, 6, 5)
    best = min(
        sum(km[a, b] for a, b in zip(destination, order, strict=True)) for order in itertools.permutations(origin)
    )
    assert least_empties(km, np.zeros(5, dtype=int), origin, destination, np.ones(5)) == pytest.approx(best)


def test_where_no_way_back_is_known_nothing_becomes_impossible(week):
    """The longest way counts instead."""
    tables = {**TABLES, "distances": "from,to,km\nS1,D1,10\nQ1,D2,9"}
    planning = planned(week('days = 1\n[objective]\norder = ["unserved", "empties"]', **tables))
    assert planning.plan.summary["kpis"]["unserved_t"] == 0
    assert goal(planning, "empties")["value"] == pytest.approx(100 * 10 + 100 * 9)
