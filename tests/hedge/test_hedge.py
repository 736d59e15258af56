"""Orders under uncertainty: a newsvendor by hand, enumeration, what may never be negative, and the draws themselves."""

from __future__ import annotations

import json
import pickle
import tempfile
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from optimizer.cli import main
from optimizer.distances import measure
from optimizer.errors import InputError
from optimizer.hedge.draws import Template, drawn, quantile
from optimizer.hedge.sitings import set_costs, sets_of, sitings
from optimizer.hedge.stages import worst_mean
from optimizer.hedge.study import Request, in_money, study
from optimizer.ledger import as_columns
from optimizer.planner import Options, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.scenario import Uncertain
from optimizer.siting.choices import Choices, opened
from optimizer.solve import violations
from optimizer.spread import Workers
from optimizer.tables import Table
from optimizer.whatif.study import recomputed

SUPPLIES = """
    supply,name,material,quantity,unit,from,to
    A,Pit,spoil_silty_clay,100,t,2025-03-03,2025-03-03
    B,,spoil_silty_clay,60,t,2025-03-04,2025-03-05
    """


@pytest.fixture
def pit(week):
    """Pit A of 50 … 100 … 150 t moves on the 3rd or never, 10 km at 0.9; what does not move counts 15 CNY a t."""

    def write(**more):
        return week(
            "[objective]\nweights = { cost = 1.0 }\n[costs]\nunserved_per_t = 15\n",
            **{
                "supplies": SUPPLIES,
                "demands": """
                    demand,accepts,quantity,unit
                    D,spoil_silty_clay,500,t
                    """,
                "distances": """
                    from,to,km
                    A,D,10
                    B,D,10
                    """,
                "uncertainty": """
                    what,id,p10,p50,p90
                    quantity,A,50,100,150
                    """,
            }
            | more,
        )

    return write


def asked(folder, samples=10, seed=1, days=1, worst=0.0, share=0.2):
    request = Request(samples, seed, days, worst, share, {})
    with Workers("cutfill hedge", None, None) as here, tempfile.TemporaryDirectory() as out:
        return study(load_scenario(folder), request, Progress(quiet=True), here, Path(out))


def quantities(hedge):
    return np.array([sample.scenario.supplies.release[0].sum() for sample in hedge.samples])


def newsvendor(order, came):
    """CNY of each sample: a drive is paid as ordered, what does not fit counts 15; 60 t of B cost 9 a t."""
    return 9 * order + 15 * np.maximum(came - order, 0) + 9 * 60


def test_the_newsvendor_by_enumeration(pit):
    """The best order is one of the amounts that may come; the certain plan orders 100 t, foresight what comes."""
    hedge = asked(pit())
    came = quantities(hedge)
    best = min(came, key=lambda order: newsvendor(order, came).mean())
    assert hedge.orders["hedged"].t == {(0, 2, 0): pytest.approx(best)}
    assert hedge.costs["hedged"] == pytest.approx(newsvendor(best, came))
    assert hedge.costs["certain"] == pytest.approx(newsvendor(100, came))
    assert hedge.costs["perfect"] == pytest.approx(9 * came + 9 * 60)
    assert hedge.best.bound == pytest.approx(hedge.best.value, rel=1e-9)
    assert not hedge.findings


def test_who_fears_the_worst_orders_more(pit):
    """With all the weight on the worst fifth, the order is best for those samples together."""
    hedge = asked(pit(), worst=1.0)
    came = quantities(hedge)
    least = min(worst_mean(newsvendor(order, came), 0.2) for order in came)
    assert hedge.best.value == pytest.approx(least)
    assert worst_mean(hedge.costs["hedged"], 0.2) == pytest.approx(least)
    assert hedge.orders["hedged"].t[0, 2, 0] > asked(pit()).orders["hedged"].t[0, 2, 0]


@pytest.mark.parametrize("worst", [0.0, 0.5])
def test_neither_hedging_nor_knowing_is_ever_worth_less_than_nothing(tmp_path, worst):
    folder = tmp_path / "week"
    assert main(["sample", "--sites", "8", "--days", "3", "--seed", "4", str(folder)]) == 0
    ids = [row["supply"] for row in Table.read_csv(folder / "supplies.csv").records()]
    amounts = {row["supply"]: float(row["quantity"]) for row in Table.read_csv(folder / "supplies.csv").records()}
    rows = [f"quantity,{i},{0.6 * amounts[i]},{amounts[i]},{1.5 * amounts[i]},g" for i in ids[:5]]
    text = "\n".join(["what,id,p10,p50,p90,group", *rows, f"delay,{ids[6]},-1,0,1,", "rain,,0,0.6,1.4,"])
    (folder / "uncertainty.csv").write_text(text + "\n", encoding="utf-8")
    hedge = asked(folder, samples=6, worst=worst)
    assert hedge.worth_of_hedging >= -1e-6 * hedge.value("certain")
    assert hedge.worth_of_knowing >= -1e-6 * hedge.value("certain")
    assert hedge.worth_of_hedging + hedge.worth_of_knowing > 1
    assert (hedge.costs["perfect"] <= np.minimum(hedge.costs["hedged"], hedge.costs["certain"]) + 1e-3).all()
    assert hedge.best.bound == pytest.approx(hedge.best.value, rel=1e-6)
    assert not hedge.findings


def test_same_seed_same_draws_whatever_the_order_of_rows(pit):
    rows = ["quantity,A,50,100,150,", "quantity,B,30,60,90,", "rain,,0,1,2,"]
    drawn_of = []
    for order in (rows, rows[::-1]):
        folder = pit(uncertainty="\n".join(["what,id,p10,p50,p90,group", *order]))
        samples = drawn(Template.of(load_scenario(folder)), 8, 3)
        drawn_of.append([(s.rain, s.scenario.supplies.release.tolist()) for s in samples])
    assert drawn_of[0] == drawn_of[1]
    other = drawn(Template.of(load_scenario(folder)), 8, 4)
    assert [(s.rain, s.scenario.supplies.release.tolist()) for s in other] != drawn_of[0]


def test_a_group_is_high_or_low_together(pit):
    folder = pit(uncertainty="what,id,p10,p50,p90,group\nquantity,A,50,100,150,g\nquantity,B,30,60,90,g\n")
    totals = np.array(
        [s.scenario.supplies.release.sum(axis=1) for s in drawn(Template.of(load_scenario(folder)), 9, 0)]
    )
    assert totals[:, 0] / 100 == pytest.approx(totals[:, 1] / 60)
    assert len(set(totals[:, 0])) == 9


def test_percentiles_are_what_they_say(pit):
    """Of 1,000 stratified draws 100 lie below P10, 500 below P50, 900 below P90."""
    samples = drawn(Template.of(load_scenario(pit())), 1000, 0)
    came = np.array([s.scenario.supplies.release[0].sum() for s in samples])
    assert [int((came < limit).sum()) for limit in (50, 100, 150)] == pytest.approx([100, 500, 900], abs=1)
    row = Uncertain("quantity", 0, 1.0, 1.0, 3.0, "", -1)
    assert (quantile(row, 0.1), quantile(row, 0.9)) == pytest.approx((1, 3))


def test_rain_stops_the_dig_and_wets_what_follows(pit):
    """B digs 30 t on the 4th and 5th; what is dug after rain is wet clay, and what the last day's rain stops stays."""
    folder = pit(
        uncertainty="what,id,p10,p50,p90,material\nrain,,1,1,1,\nwet,B,,,,clay_wet\n",
    )
    template = Template.of(load_scenario(folder))
    wet = template.scenario.supplies.ids.index("B~wet")
    seen = {}
    for sample in drawn(template, 40, 0):
        release = sample.scenario.supplies.release
        seen[sample.rain] = (release[1].tolist(), release[wet].tolist())
    assert seen == {
        (0,): ([0, 0, 30], [0, 30, 0]),
        (1,): ([0, 0, 0], [0, 0, 60]),
        (2,): ([0, 30, 0], [0, 0, 0]),
    }
    material, _ = template.scenario.commodity_name(int(template.scenario.supplies.commodity[wet]))
    assert material == "clay_wet"


YARD_AND_FILL = {
    "supplies": SUPPLIES,
    "demands": """
        demand,accepts,quantity,unit,required,from,to
        D,spoil_silty_clay;gravel;recycled_aggregate,500,t,40,2025-03-03,2025-03-03
        """,
    "facilities": """
        facility,kind,accepts,daily_in,daily_out,storage
        Y,yard,*,500,500,500
        P,disposal,*,,,500
        O,offsite,*,,,
        """,
    "stocks": """
        facility,material,quantity,unit
        Y,spoil_silty_clay,30,t
        Y,gravel,10,t
        Y,recycled_aggregate,10,t
        """,
    "distances": """
        from,to,km
        A,D,10
        A,Y,1
        A,P,10
        A,O,10
        B,D,10
        Y,D,2
        Y,P,2
        Y,O,9
        """,
}


def test_what_holds_water_is_not_placed_in_the_rain(pit):
    """D wants 40 t on the 3rd, Y holds 30 t of clay, 10 t of gravel and 10 t of aggregate: in the rain 20 t can come.

    Clay still moves to the yard and off site, and neither to D nor to P; the second reading says so of a dry plan.
    """
    dry = in_money(load_scenario(pit(**YARD_AND_FILL)), {})
    dry = replace(dry, supplies=replace(dry.supplies, release=0.0 * dry.supplies.release))
    wet, clay = replace(dry, rain=(0,)), dry.materials.index["spoil_silty_clay"]
    plans = {scenario.rain: plan_scenario(scenario, Options(), Progress(), brief=True) for scenario in (dry, wet)}
    short = [plan.plan.summary["kpis"]["unserved_t"] for plan in (plans[()], plans[0,])]
    assert short == pytest.approx([0, 20])
    lanes = plans[0,].lanes
    of_clay = (lanes.commodities // 3 == clay) & (lanes.day == 0)
    assert {dry.place_ids[i] for i in lanes.destinations[of_clay].tolist()} == {"Y", "O"}
    assert not recomputed(plans[0,], plans[0,].distances)
    found = recomputed(replace(plans[()], scenario=wet), plans[()].distances)
    assert any("spoil_silty_clay is placed at D in the rain" in str(finding) for finding in found)


def pit_of(pit, dry, wet, days=("03", "05"), **limits):
    """Lot B of dry and wet clay released day by day, whose only way is to D, open on the days given."""
    columns = "".join(f",{name}" for name in limits)
    template = Template.of(in_money(load_scenario(pit(
        supplies=f"""
            supply,material,quantity,unit,from,to{columns}
            B,spoil_silty_clay,60,t,2025-03-03,2025-03-05{"".join(f",{value}" for value in limits.values())}
            """,
        demands=f"""
            demand,accepts,quantity,unit,from,to
            D,spoil_silty_clay;clay_wet,500,t,2025-03-{days[0]},2025-03-{days[1]}
            """,
        distances="""
            from,to,km
            B,D,1
            """,
        uncertainty="what,id,p10,p50,p90,material\nrain,,1,1,1,\nwet,B,,,,clay_wet\n",
    )), {}))  # fmt: skip
    release = np.array([dry, wet], dtype=float)
    scenario = replace(template.scenario, supplies=replace(template.scenario.supplies, release=release))
    distances = template.distances(measure(template.entered, Progress()))
    return plan_scenario(scenario, Options(), Progress(), distances=distances)


@pytest.mark.parametrize(("daily_max", "left"), [(30, 0), (25, 10)])
def test_wet_and_dry_soil_leave_by_one_gate(pit, daily_max, left):
    """20 t a day, rain on the 3rd: 40 t wet on the 4th, 20 t dry on the 5th. 30 t a day are enough, 25 leave 10 t."""
    plan = pit_of(pit, [0, 0, 20], [0, 40, 0], daily_max=daily_max)
    assert plan.plan.summary["kpis"]["unserved_t"] == pytest.approx(left)
    assert plan.plan.summary["counterfactual"]["kpis"]["unserved_t"] == pytest.approx(left)
    assert not recomputed(plan, plan.distances)
    told = [row["why"] for row in plan.plan.tables["reasons"].records()]
    assert all("the site itself can load only 25 t a day, all used on 03-04…03-05" in why for why in told), told
    assert len(told) == (left > 0)
    tighter = replace(plan.scenario.supplies, daily_max=plan.scenario.supplies.daily_max - 6)
    found = recomputed(replace(plan, scenario=replace(plan.scenario, supplies=tighter)), plan.distances)
    assert any("more than its daily_max" in str(finding) for finding in found)


def test_wet_and_dry_soil_lie_on_one_heap(pit):
    """10 t of each on the 3rd, D opens on the 5th, and 15 t may lie at B: 5 t find no place."""
    plan = pit_of(pit, [10, 0, 0], [10, 0, 0], days=("05", "05"), stock_max=15)
    assert plan.plan.summary["kpis"]["unserved_t"] == pytest.approx(5)
    assert plan.plan.summary["counterfactual"]["kpis"]["unserved_t"] == pytest.approx(5)
    assert not recomputed(plan, plan.distances)
    x = as_columns(plan.scenario, plan.lanes, plan.program, plan.ledger)
    assert max(violations(plan.program, x)) < 1e-9
    tighter = replace(plan.scenario.supplies, stock_max=np.array([12.0, 12.0]))
    found = recomputed(replace(plan, scenario=replace(plan.scenario, supplies=tighter)), plan.distances)
    assert any("15 t lie at B, wet and dry, in the night after 2025-03-03" in str(finding) for finding in found)


def test_a_delay_moves_dates_and_what_falls_out_of_the_week_is_gone(pit):
    template = Template.of(load_scenario(pit(uncertainty="what,id,p10,p50,p90\ndelay,B,1,1,1\n")))
    part = drawn(template, 1, 0)[0].scenario.supplies
    assert part.release[1].tolist() == [0, 0, 30]
    assert (part.first[1], part.last[1]) == (2, 2)


@pytest.fixture
def two_candidates(pit):
    return pit(
        demands="""
            demand,accepts,quantity,unit
            D,spoil_silty_clay,20,t
            """,
        facilities="""
            facility,kind,accepts,status,opening_cost,storage
            P,disposal,*,candidate,700,60
            Q,disposal,*,candidate,300,30
            O,offsite,*,open,,
            """,
        distances="""
            from,to,km
            A,D,10
            B,D,10
            A,P,3
            B,P,3
            A,Q,2
            B,Q,8
            A,O,14
            B,O,14
            """,
    )


def test_regret_of_sitings_by_enumeration(two_candidates):
    """Every set in every sample, planned from scratch with exactly that set open."""
    scenario = in_money(load_scenario(two_candidates), {})
    template, distances = Template.of(scenario), measure(scenario, Progress(quiet=True))
    samples = drawn(template, 5, 2)
    sets = sets_of(template.scenario)
    found = sitings(
        template.scenario,
        [set_costs(sample.scenario, template, template.distances(distances), sets) for sample in samples],
    )
    assert found.candidates == ("P", "Q")
    for chosen in (c for n in range(3) for c in combinations(range(2), n)):
        for i, sample in enumerate(samples):
            open_ = opened(sample.scenario, Choices.of(sample.scenario), np.isin(range(2), chosen))
            planned = plan_scenario(open_, Options(), Progress(quiet=True), brief=True,
                                    distances=template.distances(distances))  # fmt: skip
            assert found.costs[found.sets.index(chosen), i] == pytest.approx(planned.solution.stages[0].value)
    assert (found.regret >= 0).all() and (found.regret.min(axis=0) == 0).all()


def test_command_tells_the_same_twice(two_candidates, tmp_path, capsys):
    for out in ("one", "two"):
        argv = ["hedge", str(two_candidates), "-o", str(tmp_path / out), "--samples", "6", "--seed", "7", "--quiet"]
        assert main(argv) == 0
    told = capsys.readouterr().out
    assert "Ordering the first day with the uncertainty in mind saves CNY" in told and "Of the candidates, " in told
    for name in ("samples.csv", "orders.csv", "sitings.csv", "hedge.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    plans = json.loads((tmp_path / "one" / "hedge.json").read_text(encoding="utf-8"))["plans"]
    assert plans["perfect"]["expected"] <= plans["hedged"]["expected"] <= plans["certain"]["expected"]


@pytest.mark.slow
def test_a_killed_worker_changes_nothing(two_candidates, tmp_path, with_a_killed_worker):
    """Two workers, one ended by SIGKILL after the first answer: costs, orders and sitings are those of one process."""
    out = tmp_path / "out"
    scenario, request = load_scenario(two_candidates), Request(12, 1, 1, 0.0, 0.2, {})

    def over(address):
        with Workers("cutfill hedge", None, address) as workers:
            return study(scenario, request, Progress(quiet=True), workers, out)

    found = with_a_killed_worker(2, over, out / "results")
    here = asked(two_candidates, samples=12)
    assert len(list(out.glob("results/*.parquet"))) == 2 * 2 * 12  # twice each sample, drawn and fresh
    for plan in ("certain", "hedged", "perfect"):
        assert found.costs[plan].tolist() == here.costs[plan].tolist()
        assert found.fresh[plan].tolist() == here.fresh[plan].tolist()
    assert found.orders == here.orders
    assert found.sitings.costs.tolist() == here.sitings.costs.tolist()


def test_what_is_answered_is_not_asked_again(two_candidates, tmp_path, capsys):
    argv = ["hedge", str(two_candidates), "-o", str(tmp_path / "out"), "--samples", "3", "--quiet"]
    assert main(argv) == 0
    files = sorted((tmp_path / "out").glob("results/*.parquet"))
    files[0].unlink()
    stamps = {file: file.stat().st_mtime_ns for file in files[1:]}
    first = (tmp_path / "out" / "hedge.json").read_bytes()
    assert main(argv) == 0
    assert {file: file.stat().st_mtime_ns for file in files[1:]} == stamps and files[0].exists()
    assert (tmp_path / "out" / "hedge.json").read_bytes() == first


def test_a_cluster_that_is_not_there(pit, tmp_path, capsys):
    argv = ["hedge", str(pit()), "-o", str(tmp_path / "out"), "--cluster", "tcp://127.0.0.1:1", "--quiet"]
    assert main(argv) == 2
    assert "cutfill hedge: --cluster: no Dask scheduler answers" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_workers_fault_is_told_as_it_is():
    error = InputError.single("supplies.csv", "is odd", row=3)
    assert pickle.loads(pickle.dumps(error)).faults == error.faults


def test_the_page_shows_in_both_languages(two_candidates, tmp_path, chromium):
    argv = ["hedge", str(two_candidates), "-o", str(tmp_path / "out"), "--samples", "4", "--quiet"]
    assert main(argv) == 0
    page, errors = chromium.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for language, words in (("en", "hedged orders"), ("zh", "考虑不确定性预订")):
        page.goto(f"file://{tmp_path}/out/hedge.html#{language}")
        assert page.get_by_text(words, exact=True).first.is_visible()
        assert page.wait_for_selector("#costs-plot canvas, #costs-plot svg")
    page.close()
    assert not errors


@pytest.mark.parametrize(
    ("uncertainty", "told"),
    [
        ("quantity,Z,1,2,3,,", "uncertainty.csv:2: id: 'Z' is not the id of a supply or demand"),
        ("quantity,A,3,2,1,,", "uncertainty.csv:2: p50: 2 is less than p10, 3"),
        ("quantity,A,1,2,,,", "uncertainty.csv:2: p90: is blank; give all three of p10, p50 and p90"),
        ("quantity,A,-1,2,3,,", "uncertainty.csv:2: p10: -1 is below 0; only a delay may be, for early"),
        ("quantity,,1,2,3,,", "uncertainty.csv:2: id: is blank; name the lot or need"),
        ("rain,A,1,2,3,,", "uncertainty.csv:2: id: rain falls on the whole district; leave it blank"),
        ("wet,A,,,,,clay_wet", "uncertainty.csv:2: what: nothing gets wet: there is no row for rain"),
        ("rain,,1,2,3,,\nwet,A,,,,,", "uncertainty.csv:3: material: is blank; name the material"),
        ("rain,,1,2,3,,\nwet,D,,,,,clay_wet", "uncertainty.csv:3: id: D is no lot; only what a lot digs becomes wet"),
        ("rain,,1,2,3,,\nwet,A,1,,,,clay_wet", "uncertainty.csv:3: p10: has no meaning for wet; leave it blank"),
        (
            "delay,A,1,2,3,,\ndelay,A,1,2,3,,",
            "uncertainty.csv:3: what: stands already in row 2; expected one row of each",
        ),
        ("", "uncertainty.csv: nothing is uncertain; give uncertainty.csv at least one row"),
    ],
)
def test_odd_rows_are_told(pit, tmp_path, capsys, uncertainty, told):
    folder = pit(uncertainty="what,id,p10,p50,p90,group,material\n" + uncertainty)
    assert main(["hedge", str(folder), "-o", str(tmp_path / "out"), "--quiet"]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--weight", "tons=1"], "--weight: 'tons' is not a goal that can be weighed"),
        (["--weight", "cost=cheap"], "--weight: 'cost=cheap': expected cost= and a number, 0 or more"),
        (["--samples", "999999"], "are too many for one program"),
    ],
)
def test_odd_options_are_told(pit, tmp_path, capsys, options, told):
    assert main(["hedge", str(pit()), "-o", str(tmp_path / "out"), "--quiet", *options]) == 2
    assert told in capsys.readouterr().err


def test_a_plan_takes_no_notice_of_uncertainty(pit):
    scenario = load_scenario(pit())
    with_it, without = (
        plan_scenario(s, Options(), Progress(quiet=True), brief=True).solution.stages[0].value
        for s in (scenario, replace(scenario, uncertain=()))
    )
    assert with_it == without
