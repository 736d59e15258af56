"""Lane pricing gives the plan of the whole program: the same goals, proven over all lanes, whatever it begins with."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from test_properties import often, weeks
from weeks import Week, fresh, goal_values, random_week

import optimizer.nearby
from optimizer.backends.pricing import Pricing
from optimizer.planner import Options, Planning, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.settlement import settle


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


@often
@given(weeks)
def test_a_tonne_forced_onto_any_lane_costs_the_same(week):
    """Also where the lanes held cannot carry it: a proof of infeasibility then says which others have to join."""
    with tempfile.TemporaryDirectory() as base:
        whole, priced = both_ways(week, Path(base))
        flow = whole.program.columns["flow"]
        for column in flow.index[:: max(1, len(flow) // 6)].tolist():
            expected, found = whole.session.forced(column, 1.0), priced.session.forced(column, 1.0)
            assert (expected is None) == (found is None)
            if expected is not None and found is not None:
                assert found == pytest.approx(expected, rel=1e-6, abs=1e-4)


@often
@given(weeks)
def test_loosening_a_limit_gains_the_same(week):
    """A question asked later may need lanes that the plan did not."""
    with tempfile.TemporaryDirectory() as base:
        whole, priced = both_ways(week, Path(base))
        goal = whole.session.stages[0].goal
        for name in ("demand.room", "facility.room", "gate.in", "supply.daily"):
            for row in whole.program.rows[name].index[:2].tolist():
                changes = {row: (-np.inf, float(whole.program.row_upper[row]) + 5.0)}
                gains = [planning.session.optimum(goal, changes) for planning in (whole, priced)]
                assert gains[1] == pytest.approx(gains[0], rel=1e-6, abs=1e-5)


def crossroads() -> Week:
    """Soil may only pass through a yard without overnight storage: in and out on the same day, or not at all."""
    return (
        Week(days=1, objective='order = ["unserved", "haul"]')
        .add("supplies", supply="S", material="earth", quantity=10, unit="t")
        .add("demands", demand="D", accepts="earth", quantity=20, unit="t")
        .add("facilities", facility="Y", kind="yard", accepts="earth")
        .road("S", "D", 5)
        .road("S", "Y", 1)
        .road("Y", "D", 9)
    )


def test_a_forced_lane_brings_the_lane_that_it_needs(tmp_path):
    """10 t go straight, 50 t·km. A tonne forced through the yard drives 1 + 9 km instead of 5: 55 t·km; the lane from
    the yard is not held, and without it nothing may enter the yard."""
    _, priced = both_ways(crossroads(), tmp_path)
    lanes, places = priced.lanes, priced.scenario.place_ids
    to_yard = next(i for i, arc in enumerate(lanes.arc) if places[lanes.destination[arc]] == "Y")
    onward = next(i for i, arc in enumerate(lanes.arc) if places[lanes.origin[arc]] == "Y")
    flow = priced.program.columns["flow"].start
    backend = priced.session.backend
    assert isinstance(backend, Pricing)
    assert not backend.holds(flow + onward)
    assert priced.session.forced(flow + to_yard, 1.0) == pytest.approx({"unserved": 0.0, "haul": 55.0})
    assert backend.holds(flow + onward)


def test_glop_prices_lanes_as_well(tmp_path):
    for seed in range(4):
        assert_same_optimum(*both_ways(random_week(random.Random(seed)), tmp_path, solver="glop"))


def test_settled_by_the_same_duals(tmp_path):
    """A welfare clearing over few lanes has every guarantee of one over all: :func:`settle` refuses anything else."""
    for seed in range(10):
        week = random_week(random.Random(seed), objective="weights = { welfare = 1.0, transfer = 2.0 }")
        whole, priced = both_ways(week, tmp_path)
        of_whole, of_priced = settle(whole), settle(priced)
        assert of_priced.form == "welfare"
        surplus = [found.totals["surplus"] + found.totals["externality"] for found in (of_whole, of_priced)]
        assert surplus[1] == pytest.approx(surplus[0], rel=1e-6, abs=1e-4)


def test_few_lanes_are_held_of_many():
    """Of 4,000 lanes between 40 pits and 100 fills a solver needs few."""
    chance = np.random.default_rng(1)
    week = Week(days=1, objective='order = ["unserved", "haul"]')
    for i in range(40):
        week.add("supplies", supply=f"S{i}", material="earth", quantity=int(chance.integers(5, 50)), unit="t")
    for i in range(100):
        week.add("demands", demand=f"D{i}", accepts="earth", quantity=int(chance.integers(5, 50)), unit="t")
    for i in range(40):
        for j in range(100):
            week.road(f"S{i}", f"D{j}", int(chance.integers(1, 1000)))
    with tempfile.TemporaryDirectory() as base:
        whole, priced = both_ways(week, Path(base))
    assert_same_optimum(whole, priced)
    backend = priced.session.backend
    assert isinstance(backend, Pricing)
    assert sum(map(backend.holds, priced.program.columns["flow"].index.tolist())) < 0.3 * len(priced.lanes)


def test_out_of_time_the_best_plan_so_far_is_kept(tmp_path):
    """Without a moment to solve in, the uncoordinated week stands, whole and within every limit."""
    scenario = load_scenario(crossroads().write(fresh(tmp_path)))
    planning = plan_scenario(scenario, Options(time_limit=0.0, priced_from=0), Progress())
    assert planning.plan.summary["termination"] == "time_limit"
    assert max(planning.solution.row_violation, planning.solution.bound_violation) < 1e-6
    assert goal_values(planning)["unserved"] == 0.0
