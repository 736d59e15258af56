"""Lane pricing gives the plan of the whole program: the same goals, proven over all lanes, whatever it begins with."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from test_properties import often, weeks
from weeks import Week, fresh, goal_values

import optimizer.nearby
from optimizer.backends.pricing import Pricing
from optimizer.planner import Options, Planning, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario


@pytest.fixture(autouse=True)
def _begins_with_no_lane(monkeypatch):
    monkeypatch.setattr(optimizer.nearby, "START_ARCS", 0)


def both_ways(week: Week, folder: Path, solver: str = "highs") -> tuple[Planning, Planning]:
    """The plan over all lanes at once, and the one that finds its lanes by their prices."""
    scenario = load_scenario(week.write(fresh(folder)))
    whole = plan_scenario(scenario, Options(solver=solver), Progress())
    priced = plan_scenario(scenario, Options(solver=solver, priced_from=0), Progress())
    assert not isinstance(whole.session.backend, Pricing)
    assert isinstance(priced.session.backend, Pricing)
    return whole, priced


def assert_same_optimum(whole: Planning, priced: Planning) -> None:
    assert priced.plan.summary["status"] == "optimal"
    expected, found = goal_values(whole), goal_values(priced)
    for goal, value in expected.items():
        assert found[goal] == pytest.approx(value, rel=1e-6, abs=1e-5), goal
    for stage in priced.plan.summary["certificate"]["stages"]:
        assert abs(stage["gap"]) <= 1e-6, stage
    assert max(priced.solution.row_violation, priced.solution.bound_violation) < 1e-6


@often
@given(weeks)
def test_same_goals_as_over_all_lanes_and_as_well_proven(week):
    with tempfile.TemporaryDirectory() as base:
        assert_same_optimum(*both_ways(week, Path(base)))
