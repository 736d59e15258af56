"""The session: limits and what is known when it stops early, refused goals, tolerances, bounds, live changes."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest import approx
from weeks import DATES, MATERIALS, Solved, Week, fresh, goal_values, planned, random_week, solved

import optimizer.planner
from optimizer.backends import Answer, make_backend
from optimizer.backends.highs import Highs
from optimizer.blocks import build_program
from optimizer.distances import measure
from optimizer.errors import InputError
from optimizer.lanes import Lanes, build_lanes
from optimizer.planner import Options, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.solve import OpenLanes, do_nothing, goal_order, open_session, proven_bound, violations

ORDER = 'order = ["unserved", "offsite", "haul"]'


def district() -> Week:
    """100 t of S for D (70 t, 5 km) and off-site (30 km); 10 t of T that have no road."""
    week = Week(days=2, objective=ORDER)
    week.add("supplies", supply="S", material="earth", quantity=100, unit="t")
    week.add("supplies", supply="T", material="earth", quantity=10, unit="t")
    week.add("demands", demand="D", accepts="earth", quantity=70, unit="t")
    week.add("facilities", facility="off", kind="offsite", accepts="earth")
    return week.road("S", "D", 5).road("S", "off", 30)


class Stopping(Highs):
    """HiGHS that stops at its ``stop``-th solve, with or without a point."""

    warm = False

    def __init__(self, stop: int, *, with_point: bool):
        super().__init__()
        self.left, self.with_point = stop, with_point

    def solve(self, time_limit: float | None) -> Answer:
        answer = super().solve(time_limit)
        self.left -= 1
        if self.left >= 0:
            return answer
        return Answer("time_limit", answer.x if self.with_point else None, None, 7)


# ---------------------------------------------------------------- stopped early


@pytest.mark.parametrize("with_point", [True, False])
@pytest.mark.parametrize("stop", [0, 1, 2])
def test_a_stopped_session_keeps_its_best_point_and_claims_no_more(stop, with_point, tmp_path):
    """Stages that ended keep their proven bound; the others claim nothing beyond what zero duals prove."""
    scenario = load_scenario(district().write(fresh(tmp_path)))
    program = build_program(scenario, build_lanes(scenario, measure(scenario, Progress())))
    session = open_session(scenario, program, Stopping(stop, with_point=with_point))
    solution = session.run(Progress())
    assert solution.termination == "time_limit"
    assert max(solution.row_violation, solution.bound_violation) < 1e-6
    assert [stage.goal for stage in solution.stages] == ["unserved", "offsite", "haul"]
    optimum = (10, 30, 1250)
    assert [stage.bound for stage in solution.stages[:stop]] == approx(list(optimum[:stop]))
    assert all(stage.bound <= 0 for stage in solution.stages[stop:])
    assert [stage.price is None for stage in solution.stages] == [i >= stop for i in range(3)]
    if stop == 0 and not with_point:
        assert solution.stages[0].value == approx(110), "nothing moves"
    for stage in solution.stages:
        assert stage.value == approx(float(session.cost(stage.goal) @ solution.x))


def _zero_or_none(bound: float | None) -> bool:
    return bound is None or bound == 0


@pytest.mark.parametrize("stop", [0, 1])
def test_a_plan_that_stopped_says_so(stop, tmp_path, monkeypatch):
    """status `feasible`, no bound but zero for the goals that did not end, prices empty, reasons there all the same."""
    monkeypatch.setattr(optimizer.planner, "make_backend", lambda *a, **k: Stopping(stop, with_point=False))
    plan = planned(district(), tmp_path).plan
    assert (plan.summary["status"], plan.summary["termination"]) == ("feasible", "time_limit")
    goals = plan.summary["goals"]
    assert [goal["bound"] for goal in goals[:stop]] == approx([10.0][:stop])
    assert all(_zero_or_none(goal["bound"]) for goal in goals[stop:])
    assert len(plan.tables["prices"]) == 0
    kpis = plan.summary["kpis"]
    assert sum(plan.tables["reasons"].column("t")) == approx(kpis["unserved_t"] + kpis["offsite_t"])


@pytest.mark.parametrize("solver", ["highs", "glop"])
def test_a_real_time_limit_that_is_too_short(solver, tmp_path):
    """A millionth of a second: no goal is proven, a plan that keeps all rules is given, and called feasible."""
    scenario = load_scenario(district().write(fresh(tmp_path)))
    plan = plan_scenario(scenario, Options(solver=solver, time_limit=1e-6), Progress()).plan
    assert plan.summary["status"] == "feasible"
    assert 10 <= plan.summary["kpis"]["unserved_t"] <= 110 + 1e-6
    assert plan.summary["certificate"]["largest_row_violation"] < 1e-6


weeks = st.randoms(use_true_random=False).map(random_week)
often = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("weeks")


@often
@given(weeks)
def test_a_plan_without_any_solver_keeps_every_rule(scratch, week):
    """The limit strikes before the first point: what is given then is feasible, row by row."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimizer.planner, "make_backend", lambda *a, **k: Stopping(0, with_point=False))
        planning = planned(week, scratch)
    assert planning.plan.summary["status"] in ("feasible", "optimal")
    assert max(violations(planning.program, planning.solution.x)) < 1e-6


@often
@given(weeks)
def test_moving_nothing_is_always_feasible(scratch, week):
    program = solved(week, scratch).program
    assert max(violations(program, do_nothing(program))) < 1e-9
    assert not program.lower.any(), "proven_bound and the shortcut for zero goals rely on it"


# ---------------------------------------------------------------- goals


def test_an_order_without_unserved_gets_it_first(tmp_path):
    """Without it the least haul is to move nothing."""
    week = district()
    week.objective = 'order = ["haul"]'
    got = solved(week, tmp_path)
    assert goal_order(got.scenario.objective) == ("unserved", "haul")
    assert got.goals == approx({"unserved": 10, "haul": 70 * 5 + 30 * 30})
    week.objective = 'order = ["haul", "unserved"]'
    assert solved(week, tmp_path).goals == approx({"haul": 0, "unserved": 110})


def test_weights_charge_unserved_unless_it_has_a_weight(tmp_path):
    """Haul 0.9·(70·5 + 30·30) = 1125 CNY + 10 t · 1000.

    With a weight of 10 what would go off-site for 27 CNY a tonne is left: 40·10 + 70·4.5 = 715.
    """
    week = district()
    week.objective = "weights = { cost = 1.0 }"
    assert solved(week, tmp_path).goals == approx({"total": 1125 + 10_000})
    week.objective = "weights = { cost = 1.0, unserved = 10.0 }"
    got = planned(week, tmp_path)
    assert goal_values(got) == approx({"total": 715, "cost": 315, "unserved": 40})


@pytest.mark.parametrize("solver", ["highs", "glop"])
def test_an_endless_gain_is_refused_in_words(solver, tmp_path):
    """A yard pays 5 per t and a plant sends the same soil back: a circle that earns without end."""
    week = Week(days=1, objective='order = ["unserved", "cost"]')
    week.add("supplies", supply="S", material="earth", quantity=10, unit="t")
    week.add("facilities", facility="Y", kind="yard", accepts="earth;sand", storage=50, fee=-50)
    week.add("facilities", facility="P", kind="recycling", accepts="earth", storage=50)
    week.add("recipes", facility="P", input="earth", output="earth", **{"yield": 1})
    week.road("S", "Y", 1).road("Y", "P", 1).road("P", "Y", 1)
    with pytest.raises(InputError, match="no lower limit") as caught:
        solved(week, tmp_path, solver=solver)
    assert caught.value.faults[0].file == "scenario.toml"
    week.row("facilities", "Y")["daily_in"] = 30
    assert solved(week, tmp_path, solver=solver).goals["cost"] < 0


@pytest.mark.parametrize(
    ("tolerance", "offsite", "haul"), [(0.0, 30, 4750), (1e-6, 30, 4750), (0.1, 33, 4675), (1, 60, 4000)]
)
def test_each_later_goal_may_take_the_tolerance_of_the_earlier_ones(tolerance, offsite, haul, tmp_path):
    """D is now 55 km away, off-site 30 km: each tonne sent off-site saves 25 t·km, and the tolerance says how many.

    Least off-site is 30 t of 100: with a tenth of tolerance 33 t, with all of it 60 t. Haul (100 − o)·55 + o·30.
    """
    week = district()
    week.tables["supplies"].pop()
    week.tables["distances"][0]["km"] = 55
    week.objective = f"{ORDER}\ntolerance = {tolerance}"
    planning = planned(week, tmp_path)
    assert [stage.value for stage in planning.solution.stages] == approx([0, 30, haul], rel=1e-6)
    assert [stage.bound for stage in planning.solution.stages] == approx([0, 30, haul], rel=1e-6)
    assert goal_values(planning) == approx({"unserved": 0, "offsite": offsite, "haul": haul}, rel=1e-6)


# ---------------------------------------------------------------- the bound


@often
@given(weeks, st.randoms(use_true_random=False), st.sampled_from((0.0, 0.1, 10.0)))
def test_any_duals_prove_a_bound_that_is_true(scratch, week, chance, noise):
    """Duals of the solver, spoilt by noise, or pure noise: never above the optimum."""
    got = solved(week, scratch)
    session, rng = got.session, np.random.default_rng(chance.randrange(10**6))
    n = got.program.shape[0]
    for position, stage in enumerate(got.solution.stages):
        earlier = [session.cost(s.goal) for s in got.solution.stages[:position]]
        assert stage.price is not None
        for base in (stage.price, np.zeros(n)):
            dual = base + noise * rng.normal(size=n)
            held_dual = noise * rng.normal(size=position)
            bound = proven_bound(
                got.program, session.cost(stage.goal), dual, earlier, held_dual, session._held[:position]
            )
            assert bound + session.constant(stage.goal) <= stage.value + 1e-6 * max(1.0, abs(stage.value)), stage.goal


def test_a_bound_holds_where_goods_run_in_a_paid_circle(tmp_path):
    """A yard pays 50 a tonne received, a plant sends it back, the gate lets 300 t a day in: the optimum is −15,000.

    Only 10 t exist, but 300 t pass the gate in a circle. Zero duals must not claim more than −15,000 either.
    """
    week = Week(days=1, objective='order = ["unserved", "cost"]', costs="haul_per_t_km = 0.0")
    week.add("supplies", supply="S", material="earth", quantity=10, unit="t")
    week.add("facilities", facility="Y", kind="yard", accepts="earth", storage=50, fee=-50, daily_in=300)
    week.add("facilities", facility="P", kind="recycling", accepts="earth", storage=50)
    week.add("recipes", facility="P", input="earth", output="earth", **{"yield": 1})
    week.road("S", "Y", 1).road("Y", "P", 1).road("P", "Y", 1)
    got = solved(week, tmp_path)
    assert got.goals["cost"] == approx(-15_000)
    bound = proven_bound(got.program, got.session.cost("cost"), np.zeros(got.program.shape[0]), [], np.zeros(0), [])
    assert bound <= -15_000


def test_a_bound_holds_for_the_heaviest_material(tmp_path):
    """100 m³ of a material of 20 t/m³ are 2,000 t from a quarry that pays 1 CNY/t: the optimum is −2,000."""
    week = Week(days=1, objective='order = ["cost"]', costs="haul_per_t_km = 0.0")
    week.add("supplies", supply="S", material="sand", quantity=1, unit="t", must_move="false")
    week.add("demands", demand="D", accepts="iron", quantity=100, unit="m3_compacted")
    week.add("facilities", facility="Q", kind="quarry", accepts="iron", fee=-1).road("Q", "D", 1)
    iron = {**MATERIALS[0], "material": "iron", "name_zh": "铁", "name_en": "iron"}
    iron |= {"bank_t_m3": 20, "loose_t_m3": 20, "compacted_t_m3": 20}
    week.tables["materials"] = [*MATERIALS, iron]
    got = solved(week, tmp_path)
    assert got.goals["cost"] == approx(-2000)
    bound = proven_bound(got.program, got.session.cost("cost"), np.zeros(got.program.shape[0]), [], np.zeros(0), [])
    assert bound <= -2000


# ---------------------------------------------------------------- the live model


@pytest.mark.parametrize("solver", ["highs", "glop"])
@pytest.mark.parametrize("seed", range(8))
def test_asking_what_if_leaves_the_model_as_it_was(seed, solver, tmp_path):
    """Each goal's optimum is the same before and after other questions, and equals a plan from the changed limit."""
    week = random_week(random.Random(seed), objective=ORDER)
    got = solved(week, tmp_path, solver=solver)
    session, program = got.session, got.program
    rng = random.Random(seed)
    for stage in got.solution.stages:
        assert session.optimum(stage.goal) == approx(stage.value, rel=1e-6, abs=1e-5)
        finite = np.flatnonzero(np.isfinite(program.row_upper) & ~np.isfinite(program.row_lower))
        if len(finite):
            row = int(rng.choice(finite.tolist()))
            eased = session.optimum(stage.goal, {row: (-np.inf, float(program.row_upper[row]) + 5)})
            assert eased is not None
            assert eased <= stage.value + 1e-5
        assert session.optimum(stage.goal) == approx(stage.value, rel=1e-6, abs=1e-5)


def opened(lanes: Lanes) -> OpenLanes:
    return OpenLanes(lanes, np.full(len(lanes), np.inf))


def _some_lanes(lanes: Lanes, keep: np.ndarray) -> Lanes:
    return replace(lanes, arc=lanes.arc[keep], day=lanes.day[keep])


@pytest.mark.parametrize("solver", ["highs", "glop"])
@pytest.mark.parametrize("seed", range(12))
def test_lanes_added_to_a_live_model_are_lanes_built_in(seed, solver, tmp_path):
    """A third of the lanes is left out, told by lane_columns, added by the session: columns and optima are equal."""
    chance = random.Random(seed)
    full = solved(random_week(chance, objective='order = ["unserved", "landfill", "cost"]'), tmp_path)
    while len(full.lanes) < 5:
        full = solved(random_week(chance, objective='order = ["unserved", "landfill", "cost"]'), tmp_path)
    rng = np.random.default_rng(seed)
    out = rng.random(len(full.lanes)) < 0.35
    few, rest = _some_lanes(full.lanes, ~out), _some_lanes(full.lanes, out)
    program = build_program(full.scenario, few)
    matrix, goals = program.lane_columns(rest)
    flow = full.program.columns["flow"].start
    columns = full.program.matrix[:, flow + np.flatnonzero(out)]
    assert np.abs((matrix - columns).toarray()).max(initial=0.0) < 1e-12
    for goal, coefficients in goals.items():
        assert coefficients == approx(full.program.goals[goal][flow + np.flatnonzero(out)])

    session = open_session(full.scenario, program, make_backend(solver))
    small = session.run(Progress())
    first = small.stages[0]
    assert session.optimum(first.goal, more_lanes=opened(rest)) == approx(full.goals[first.goal], rel=1e-6, abs=1e-5)
    assert session.optimum(first.goal) == approx(first.value, rel=1e-6, abs=1e-5), "the lanes are closed again"
    last = small.stages[-1]
    if small.stages[0].value == approx(full.goals["unserved"], abs=1e-6) and small.stages[1].value == approx(
        full.goals["landfill"], abs=1e-6
    ):
        assert session.optimum(last.goal, more_lanes=opened(rest)) == approx(full.goals[last.goal], rel=1e-6, abs=1e-4)


def test_lanes_that_could_not_be_tried_are_closed_all_the_same(tmp_path):
    """A solve that stops without a point must not leave the added lanes open for the next question."""
    week = district()
    full = solved(week, tmp_path)
    to_demand = full.lanes.destination[full.lanes.arc] == full.scenario.first_demand
    few, rest = _some_lanes(full.lanes, ~to_demand), _some_lanes(full.lanes, to_demand)

    class Hesitant(Highs):
        hesitates = False

        def solve(self, time_limit: float | None) -> Answer:
            answer = super().solve(time_limit)
            return Answer("time_limit", None, None, 0) if self.hesitates else answer

    backend = Hesitant()
    session = open_session(full.scenario, build_program(full.scenario, few), backend)
    session.run(Progress())
    backend.hesitates = True
    assert session.optimum("offsite", more_lanes=opened(rest)) is None
    backend.hesitates = False
    assert session.optimum("offsite") == approx(100)


# ---------------------------------------------------------------- the same again


def test_the_same_input_gives_the_same_columns(tmp_path):
    week = random_week(random.Random(4), objective=ORDER)
    first, second = (solved(week, tmp_path) for _ in range(2))
    assert np.array_equal(first.solution.x, second.solution.x)


def test_threads_and_seed_are_recorded(tmp_path):
    scenario = load_scenario(district().write(fresh(tmp_path)))
    plan = plan_scenario(scenario, Options(threads=2, seed=5), Progress()).plan
    options: dict[str, Any] = plan.summary["certificate"]["options"]
    assert (options["threads"], options["random_seed"]) == (2, 5)
    assert plan.summary["certificate"]["solver"] == "highs"


def test_an_empty_district_is_planned(tmp_path):
    """One lot that nobody may take and that need not move: no lane, nothing to do, still a proven plan."""
    week = Week(days=2, objective=ORDER)
    week.add("supplies", supply="S", material="earth", quantity=5, unit="t", must_move="false", from_=DATES[1])
    got: Solved = solved(week, tmp_path)
    assert len(got.lanes) == 0
    assert got.goals == {"unserved": 0, "offsite": 0, "haul": 0}
    planning = planned(week, tmp_path)
    assert planning.plan.summary["status"] == "optimal"
    assert len(planning.plan.tables["flows"]) == 0
