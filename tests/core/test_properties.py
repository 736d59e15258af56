"""What holds for every plan of every small week (hypothesis draws and shrinks the weeks)."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from weeks import Week, goal_values, planned, random_week

from optimizer.counterfactual import nearest_legal_place
from optimizer.figures import Figures
from optimizer.ledger import Ledger
from optimizer.outputs import TABLES, summary_json
from optimizer.plan import stock_movements
from optimizer.planner import Planning
from optimizer.progress import Progress
from optimizer.scenario import Scenario
from optimizer.solve import violations
from optimizer.usage import measure_usage

weeks = st.randoms(use_true_random=False).map(random_week)
often = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
MASS = 1e-4  # t; the solver's 1e-7 a row and the 1e-5 t below which a flow is not told, over some rows


@contextmanager
def plan_of(week: Week) -> Iterator[tuple[Planning, Path, Path]]:
    """The planning, its scenario folder and a plan folder with the tables (no report or workbook, which take long)."""
    base = Path(tempfile.mkdtemp(prefix="cutfill-"))
    try:
        planning = planned(week, base)
        folder = planning.scenario.folder
        out = base / "out"
        out.mkdir()
        for name in TABLES:
            (out / f"{name}.csv").write_text(planning.plan.tables[name].to_csv(), encoding="utf-8")
        (out / "plan.json").write_text(summary_json(planning.plan.summary), encoding="utf-8")
        yield planning, folder, out
    finally:
        shutil.rmtree(base)


@often
@given(weeks)
def test_every_plan_is_proven_and_passes_the_independent_check(week):
    check = pytest.importorskip("optimizer.check").check
    with plan_of(week) as (planning, folder, out):
        summary = planning.plan.summary
        assert summary["status"] == "optimal"
        for stage in summary["certificate"]["stages"]:
            assert abs(stage["gap"]) <= 1e-6, stage
        for goal in summary["goals"]:
            if goal["bound"] is not None:
                assert goal["value"] >= goal["bound"] - 1e-6 * max(1.0, abs(goal["value"]))
        assert summary["certificate"]["largest_row_violation"] < 1e-6
        assert summary["certificate"]["largest_bound_violation"] < 1e-6
        findings = check(folder, out, Progress()).findings
        assert findings == (), "\n".join(map(str, findings))


@often
@given(weeks)
def test_tables_and_solver_tell_the_same_goals(week):
    """What is recomputed from flows, stocks and processing is what the stages reached."""
    with plan_of(week) as (planning, _, _):
        values = goal_values(planning)
        largest = max(1.0, *(abs(v) for v in values.values()))
        for stage in planning.solution.stages:
            assert values[stage.goal] == pytest.approx(stage.value, rel=1e-5, abs=1e-5 * largest + 1e-4)


def respects_every_limit(scenario: Scenario, ledger: Ledger) -> None:
    """Gates, storage, room, rates, needs and recipes, from the ledger's own sums."""
    s, d, f, u = scenario.supplies, scenario.demands, scenario.facilities, measure_usage(scenario, ledger)
    for part in (ledger.t, ledger.p_t, ledger.stock, ledger.left, ledger.short, ledger.stuck):
        assert (part >= 0).all()
    assert (u.gate_in <= f.daily_in + MASS).all()
    assert (u.gate_out <= f.daily_out + MASS).all()
    stores = np.array([kind in ("yard", "recycling", "treatment") for kind in f.kind], dtype=bool)
    assert (u.overnight[stores] <= f.storage[stores, None] + MASS).all()
    assert (u.placed[~stores] <= f.storage[~stores] + MASS).all()
    assert (u.filled <= d.quantity + MASS).all()
    assert (u.filled_daily <= d.daily_max[:, None] + MASS).all()
    assert (u.left_site <= s.daily_max[:, None] + MASS).all()
    for mix in range(len(scenario.mixes.demand)):
        received = u.received[scenario.mixes.demand[mix]]
        share = scenario.mixes.max_share[mix]
        assert received[scenario.mixes.material[mix]] <= share * received.sum() + MASS
    r = scenario.recipes
    for row in range(len(r.yields)):
        assert (u.processed[r.facility[row], r.input[row]] <= r.daily_max[row] + MASS).all()
    day = np.arange(scenario.days)
    windows = [(day >= p.first[:, None]) & (day <= p.last[:, None]) for p in (s, d)]
    is_open = np.vstack([*windows, f.open])
    assert is_open[ledger.origin, ledger.day].all()
    assert is_open[ledger.destination, ledger.day].all()


def conserves_mass(planning: Planning, ledger: Ledger) -> None:
    """Commodity by commodity: every day at every store, and over the horizon at every supply."""
    scenario = planning.scenario
    came, went, start, end = stock_movements(scenario, planning.lanes, ledger)
    stores = np.array([kind in ("yard", "recycling", "treatment") for kind in scenario.facilities.kind], dtype=bool)
    assert np.abs((start + came - went - end)[stores]).max(initial=0.0) < MASS
    s = scenario.supplies
    moved = np.bincount(ledger.origin, weights=ledger.t, minlength=len(scenario.place_ids))[: len(s.ids)]
    released = s.release.sum(axis=1)
    assert (moved + ledger.left <= released + MASS).all()
    assert np.abs(moved + ledger.left - released)[s.must_move].max(initial=0.0) < MASS
    gone = np.zeros((len(s.ids), scenario.days))
    lots = ledger.origin < len(s.ids)
    np.add.at(gone, (ledger.origin[lots], ledger.day[lots]), ledger.t[lots])
    assert (gone.cumsum(axis=1) <= s.release.cumsum(axis=1) + MASS).all()
    assert (ledger.commodity[lots] == s.commodity[ledger.origin[lots]]).all()


@often
@given(weeks)
def test_mass_is_conserved_and_every_limit_kept(week):
    with plan_of(week) as (planning, _, _):
        conserves_mass(planning, planning.ledger)
        respects_every_limit(planning.scenario, planning.ledger)
        assert max(violations(planning.program, planning.solution.x)) < 1e-6
        to_demand = planning.ledger.destination >= planning.scenario.first_demand
        assert to_demand.all(), "nothing is ever sent to a supply"


@often
@given(weeks)
def test_figures_add_up(week):
    """Totals are the sums of materials and of classes; parts of the cost are the cost; shares lie between 0 and 1."""
    with plan_of(week) as (planning, _, _):
        kpis = planning.plan.summary["kpis"]
        for column in ("generated_t", "direct_t", "transfer_t", "offsite_t", "landfill_t", "recycled_t", "t", "t_km"):
            assert kpis[column] == pytest.approx(sum(m[column] for m in kpis["by_material"].values()), abs=1e-6)
            assert kpis[column] >= 0
        assert kpis["cost"] == pytest.approx(sum(kpis["cost_parts"].values()), abs=1e-6)
        generated = sum(c["generated_t"] for c in kpis["by_class"].values())
        assert kpis["generated_t"] == pytest.approx(generated, abs=1e-6)
        if kpis["direct_share"] is not None:
            assert 0 <= kpis["direct_share"] <= 1 + 1e-6
        opening = float(planning.scenario.stocks.t.sum())
        used = kpis["placed_t"] + kpis["recycled_t"]
        assert used <= kpis["generated_t"] + opening + MASS
        balance = planning.plan.tables["balance"]
        assert sum(balance.column("unserved_t")) == pytest.approx(kpis["unserved_t"], abs=1e-6)


@often
@given(weeks)
def test_every_unserved_and_offsite_tonne_has_a_reason(week):
    """Tonnes of reasons.csv add up to the figures; every row says why and what would help, in both languages."""
    with plan_of(week) as (planning, _, _):
        kpis, rows = planning.plan.summary["kpis"], list(planning.plan.tables["reasons"].records())
        for what, column in (("unserved", "unserved_t"), ("offsite", "offsite_t")):
            told = sum(row["t"] for row in rows if row["what"] == what)
            assert told == pytest.approx(kpis[column], abs=1e-4)
        for row in rows:
            for text in ("why", "why_zh", "would_help", "would_help_zh"):
                assert row[text], row
                assert not any(odd in row[text] for odd in ("nan", "inf ", "None", "::", ": ;", ", ,", "{", "}")), row
                assert not row[text].rstrip().endswith((":", "：", ";", "；")), row


@often
@given(weeks)
def test_the_counterfactual_keeps_the_rules(week):
    """Gates, storage, rates, needs, recipes and mass as in a plan; what it drops is below."""
    _without_what_the_counterfactual_breaks(week)
    with plan_of(week) as (planning, _, _):
        other = nearest_legal_place(planning.scenario, planning.lanes)
        conserves_mass(planning, other)
        respects_every_limit(planning.scenario, other)


@often
@given(weeks)
def test_the_counterfactual_never_beats_the_plan(week):
    """In the order of the scenario, or in the weighted sum."""
    _without_what_the_counterfactual_breaks(week)
    with plan_of(week) as (planning, _, _):
        never_better(planning)


def _without_what_the_counterfactual_breaks(week: Week) -> None:
    week.tables.pop("mixes", None)
    for row in week.tables.get("facilities", ()):
        row.update(end_stock_max="", longest_stay="")


def test_two_products_of_a_plant_share_the_room_of_their_taker(tmp_path):
    """20 t of slime become 10 t of sand and 10 t of stone; D takes 10 t of both together, the plant stores nothing.

    So 10 t of slime can be pressed and 10 t are unserved, with or without a plan.
    """
    week = Week(days=1, objective='order = ["unserved", "haul"]')
    week.add("supplies", supply="S", material="slime", quantity=20, unit="t")
    week.add("demands", demand="D", accepts="sand;stone", quantity=10, unit="t")
    week.add("facilities", facility="P", kind="treatment", accepts="slime").road("S", "P", 1).road("P", "D", 1)
    for output in ("sand", "stone"):
        week.add("recipes", facility="P", input="slime", output=output, **{"yield": 0.5})
    planning = planned(week, tmp_path)
    assert goal_values(planning)["unserved"] == pytest.approx(10)
    never_better(planning)
    respects_every_limit(planning.scenario, nearest_legal_place(planning.scenario, planning.lanes))


@pytest.mark.parametrize("rule", ["end stock", "longest stay", "largest share", "plant"])
def test_the_strict_counterfactual_keeps_the_rules_of_the_plan(rule, tmp_path):
    """20 t of earth that, under the rule, have no place to go to: the counterfactual may not place them either.

    A yard that must end empty; a yard where nothing may stay a night; a need that wants at most half earth and no
    sand is offered; a plant with storage for 10 t: half of 20 t of slime becomes sand, which stays there.
    """
    week = Week(days=2, objective='order = ["unserved", "haul"]')
    week.add("supplies", supply="S", material="earth", quantity=20, unit="t")
    if rule in ("end stock", "longest stay"):
        limit = {"end_stock_max": 0} if rule == "end stock" else {"longest_stay": 0}
        week.add("facilities", facility="Y", kind="yard", accepts="earth", storage=100, **limit).road("S", "Y", 1)
    elif rule == "plant":
        week.row("supplies", "S")["material"] = "slime"
        week.add("facilities", facility="P", kind="treatment", accepts="slime", storage=6).road("S", "P", 1)
        week.add("recipes", facility="P", input="slime", output="sand", **{"yield": 0.5})
    else:
        week.add("demands", demand="D", accepts="earth;sand", quantity=100, unit="t").road("S", "D", 1)
        week.add("mixes", demand="D", material="earth", max_share=0.5)
    never_better(planned(week, tmp_path), strict=True)


def never_better(planning: Planning, *, strict: bool = False) -> None:
    scenario = planning.scenario
    figures = Figures(scenario, planning.lanes, nearest_legal_place(scenario, planning.lanes, strict=strict))
    values, other = goal_values(planning), figures.goals()
    if scenario.objective.weights:
        other["total"] = figures.total(scenario.objective.weights, other)
    for stage in planning.solution.stages:
        difference = other[stage.goal] - values[stage.goal]
        size = 1e-5 * max(1.0, abs(values[stage.goal])) + 1e-3
        if difference > size:
            return
        assert difference >= -size, f"{stage.goal}: {other[stage.goal]} beats {values[stage.goal]}"


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(weeks, st.sampled_from(("highs", "glop")))
def test_the_same_input_gives_the_same_plan(week, solver):
    base = Path(tempfile.mkdtemp(prefix="cutfill-"))
    try:
        first, second = (planned(week, base, solver=solver).plan for _ in range(2))
        for name in TABLES:
            assert first.tables[name].to_csv() == second.tables[name].to_csv()
        assert first.summary["goals"] == second.summary["goals"]
    finally:
        shutil.rmtree(base)
