"""Which candidates to open: against every subset, published optima, by hand, and as a checked folder."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from optimizer.check import check
from optimizer.cli import main
from optimizer.errors import InputError
from optimizer.planner import Options, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.siting.choices import Choices, opened
from optimizer.siting.decide import decide
from optimizer.tables import Table

INSTANCES = Path(__file__).resolve().parents[3] / "shared" / "data" / "instances" / "orlib_cap"
PUBLISHED = {"cap61": 932615.750, "cap71": 932615.750, "cap91": 796648.438, "cap124": 946051.325}


def sited(folder, **options):
    rules = {k: options.pop(k) for k in list(options) if k not in ("gap", "solutions", "break_even", "time_limit")}
    scenario = load_scenario(folder)
    given = {"gap": 1e-7, "solutions": 1, "break_even": False} | options
    limit = given.pop("time_limit", None)
    return decide(scenario, Choices.of(scenario, **rules), Options(time_limit=limit), Progress(), **given)


def warehouses(path: Path, folder: Path) -> Path:
    """An OR-Library instance as a scenario: warehouses are candidate quarries, customers demands."""
    words = iter(path.read_text().split())
    m, n = int(next(words)), int(next(words))
    house = [(float(next(words)), float(next(words))) for _ in range(m)]
    folder.mkdir()
    rows = {"demands": [("demand", "accepts", "quantity", "unit", "required")],
            "distances": [("from", "to", "km", "cost_per_t")],
            "facilities": [("facility", "kind", "accepts", "daily_out", "status", "opening_cost")]}  # fmt: skip
    for j, (capacity, fixed) in enumerate(house):
        rows["facilities"].append((f"W{j}", "quarry", "quarry_gravel", capacity, "candidate", fixed))
    for i in range(n):
        need = float(next(words))
        rows["demands"].append((f"C{i}", "quarry_gravel", need, "t", need))
        rows["distances"] += [(f"W{j}", f"C{i}", 1, repr(float(next(words)) / need)) for j in range(m)]
    for name, lines in rows.items():
        with (folder / f"{name}.csv").open("w", newline="") as stream:
            csv.writer(stream).writerows(lines)
    (folder / "scenario.toml").write_text(
        'start = 2025-03-03\ndays = 1\n[objective]\norder = ["unserved", "cost"]\n'
        '[roads]\ndistances = "distances.csv"\n'
    )
    return folder


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_optima_of_capacitated_warehouses(name, tmp_path, capsys):
    path = INSTANCES / f"{name}.txt"
    if not path.exists():
        pytest.skip(f"../shared/data/instances/orlib_cap/{name}.txt is not there")
    folder, out = warehouses(path, tmp_path / name), tmp_path / "out"
    assert main(["site", str(folder), "-o", str(out), "--quiet", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    cost = next(goal for goal in summary["goals"] if goal["name"] == "cost")
    assert cost["value"] == pytest.approx(PUBLISHED[name], abs=1e-3)
    assert cost["bound"] == pytest.approx(PUBLISHED[name], rel=1e-6)
    assert summary["status"] == "optimal"
    assert check(folder, out, Progress()).findings == ()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "objective",
    ['order = ["unserved", "cost"]', "weights = { cost = 1.0, offsite = 30.0 }", 'order = ["offsite", "haul"]'],
)
def test_as_good_as_the_best_of_all_subsets(chance_district, seed, objective):
    """Six candidates, 64 subsets, each planned by itself; at most three may open and F0 excludes F1."""
    folder = chance_district(seed, 6, objective)
    scenario = load_scenario(folder)
    choices = Choices.of(scenario, max_open=3, exclusive=["F0,F1"])
    values = []
    for mask in itertools.product((False, True), repeat=6):
        chosen = np.array(mask)
        if not choices.allow(chosen):
            continue
        planning = plan_scenario(opened(scenario, choices, chosen), Options(), Progress(), brief=True)
        values.append([goal["value"] for goal in planning.plan.summary["goals"] if goal["bound"] is not None])
    best = min(values, key=lambda v: [round(x, 3) for x in v])
    decision = sited(folder, max_open=3, exclusive=["F0,F1"])
    goals = [goal for goal in decision.planning.plan.summary["goals"] if goal["bound"] is not None]
    assert [goal["value"] for goal in goals] == pytest.approx(best, rel=1e-6, abs=2e-3)
    assert all(goal["bound"] <= goal["value"] + 1e-6 for goal in goals)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("gap", [0.02, 0.1, 0.3])
def test_bounds_hold_at_any_gap(chance_district, seed, gap):
    """What is left out as near enough counts for the bound: never above the optimum, never farther than the gap."""
    folder = chance_district(seed, 6, "weights = { cost = 1.0, offsite = 30.0 }")
    best = sited(folder).found[0].values["total"]
    rough = sited(folder, gap=gap).found[0]
    assert rough.bounds["total"] <= best + 1e-3
    assert best - 1e-3 <= rough.values["total"] <= rough.bounds["total"] / (1 - gap) + 1e-3
    assert rough.finished


def test_a_time_limit_keeps_the_best_set_and_a_bound_that_holds(chance_district):
    folder = chance_district(2, 9, "weights = { cost = 1.0, offsite = 30.0 }")
    best = sited(folder).found[0].values["total"]
    try:
        short = sited(folder, time_limit=0.15)
    except InputError as error:
        assert "time is over" in str(error)
        return
    assert short.found[0].bounds["total"] <= best + 1e-3
    assert short.found[0].values["total"] >= best - 1e-3


def test_the_next_best_sets_are_those_of_the_enumeration(chance_district):
    folder = chance_district(1, 5, 'order = ["unserved", "cost"]')
    scenario = load_scenario(folder)
    choices = Choices.of(scenario)
    values = sorted(
        tuple(round(goal["value"], 2) for goal in plan_scenario(
            opened(scenario, choices, np.array(mask)), Options(), Progress(), brief=True
        ).plan.summary["goals"])
        for mask in itertools.product((False, True), repeat=5)
    )  # fmt: skip
    decision = sited(folder, solutions=4)
    found = [tuple(round(v, 2) for v in one.values.values()) for one in decision.found]
    assert found == [pytest.approx(v, abs=0.02) for v in values[:4]]
    assert len({one.chosen.tobytes() for one in decision.found}) == 4


@pytest.fixture
def two_yards(week):
    """100 t released on day 1 must wait for D, open on day 2. Y1 (2 km + 2 km, 300 CNY) or Y2 (5 km + 5 km, 50 CNY).

    By Y1: 100·4 + 300 = 700 CNY at 1 CNY per t·km; by Y2: 100·10 + 50 = 1,050; by neither: off-site at 20 km, 2,000.
    """
    return week(
        '[objective]\norder = ["unserved", "cost"]\n[costs]\nhaul_per_t_km = 1\n',
        supplies="""
            supply,material,quantity,unit,from,to,street
            S,spoil_silty_clay,100,t,2025-03-03,2025-03-03,North
            """,
        demands="""
            demand,accepts,quantity,unit,from,to
            D,spoil_silty_clay,100,t,2025-03-04,2025-03-04
            """,
        facilities="""
            facility,kind,accepts,storage,status,opening_cost,street,end_cost
            Y1,yard,*,500,candidate,300,North,1000
            Y2,yard,*,500,candidate,50,South,1000
            O,offsite,*,,open,,,
            """,
        distances="""
            from,to,km
            S,Y1,2
            Y1,D,2
            S,Y2,5
            Y2,D,5
            S,O,20
            """,
    )


def test_break_even_by_hand(two_yards):
    """Y1 stays the better one up to 300 + 350 = 650 CNY; Y2 would be chosen below 50 − 350 = −300, that is, never
    for nothing: opening it next to Y1 saves nothing, so it opens only where it is paid for (0)."""
    decision = sited(two_yards, break_even=True)
    rows = {row["facility"]: row for row in decision.tables["site"].records()}
    assert decision.planning.plan.summary["goals"][1]["value"] == pytest.approx(700)
    assert (rows["Y1"]["open"], rows["Y1"]["t"], rows["Y1"]["opening_cost"]) == (True, pytest.approx(100), 300)
    assert rows["Y1"]["break_even"] == pytest.approx(650)
    assert rows["Y2"]["break_even"] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("rules", "cost", "opens"),
    [
        ({}, 700, ["Y1"]),
        ({"budget": 100}, 1050, ["Y2"]),
        ({"forced_closed": ["Y1", "Y2"]}, 2000, []),
        ({"forced_open": ["Y2"]}, 750, ["Y1", "Y2"]),
        ({"forced_open": ["Y2"], "max_open": 1}, 1050, ["Y2"]),
        ({"forced_open": ["Y2"], "exclusive": ["Y1,Y2"]}, 1050, ["Y2"]),
    ],
)
def test_rules_by_hand(two_yards, rules, cost, opens):
    summary = sited(two_yards, **rules).planning.plan.summary
    assert summary["goals"][1]["value"] == pytest.approx(cost)
    assert summary["site"]["open"] == opens


def test_a_street_gains_and_bears(two_yards):
    """North pays 2,000 CNY without a yard, 200 for the drive to Y1 with it (the drive to D is D's), and hosts 100 t."""
    rows = {row["street"]: row for row in sited(two_yards).tables["streets"].records()}
    assert rows["North"]["cost_without"] == pytest.approx(2000)
    assert rows["North"]["cost"] == pytest.approx(200)
    assert rows["North"]["received_t"] == pytest.approx(100)


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"forced_open": ["YY1"]}, "cutfill site: --force-open: 'YY1' is not a candidate; did you mean `Y1`?"),
        ({"forced_open": ["O"]}, "cutfill site: --force-open: 'O' is a facility, but not a candidate"),
        ({"forced_open": ["Y1"], "forced_closed": ["Y1"]},
         "cutfill site: --force-open: Y1 is forced open and forced closed; keep one of them"),
        ({"forced_open": ["Y1", "Y2"], "max_open": 1},
         "cutfill site: --max-open: 2 candidates are forced open, more than 1; expected 2 at least"),
        ({"forced_open": ["Y1"], "budget": 200},
         "cutfill site: --budget: the candidates forced open cost 300 CNY; expected 300 at least"),
        ({"budget": 10}, "cutfill site: --budget: 10 CNY can open nothing; the cheapest candidate costs 50"),
        ({"exclusive": ["Y1"]}, "cutfill site: --exclusive: 'Y1' is not a pair; write A,B"),
        ({"forced_open": ["Y1", "Y2"], "exclusive": ["Y1,Y2"]},
         "cutfill site: --exclusive: Y1 and Y2 exclude each other and both are forced open; release one of them"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_kept(two_yards, rules, told):
    with pytest.raises(InputError) as caught:
        sited(two_yards, **rules)
    assert told in [str(fault) for fault in caught.value.faults]


def test_a_spoiled_site_table_is_found(two_yards, tmp_path):
    out = tmp_path / "out"
    assert main(["site", str(two_yards), "-o", str(out), "--quiet", "--solutions", "3"]) == 0
    assert check(two_yards, out, Progress()).findings == ()
    assert [row["open"] for row in Table.read_csv(out / "solutions.csv").records()] == ["Y1", "Y1;Y2", "Y2"]
    text = (out / "site.csv").read_text()
    for old, new, column in (
        ("Y1,true,100,300", "Y1,true,100,200", "opening_cost"),
        ("Y1,true,100,300", "Y1,true,90,300", "t"),
        ("Y2,false", "Y2,maybe", "open"),
        ("Y2,false", "O,false", "facility"),
    ):
        (out / "site.csv").write_text(text.replace(old, new))
        assert {f.column for f in check(two_yards, out, Progress()).findings if f.file == "site.csv"} >= {column}
    (out / "site.csv").write_text(text.replace("Y1,true", "Y1,false"))
    assert any(f.file == "flows.csv" for f in check(two_yards, out, Progress()).findings)
    assert main(["plan", str(two_yards), "-o", str(out), "--quiet"]) == 0
    assert not (out / "site.csv").exists()


def test_p_median_by_count(week):
    """Five places in a row at 1 km, 10 t each; two of them open: 10·(1 + 1 + 1) = 30 t·km."""
    places = range(5)
    folder = week(
        '[objective]\norder = ["unserved", "haul"]\n',
        demands="\n".join(["demand,accepts,quantity,unit,required", *(f"D{i},quarry_gravel,10,t,10" for i in places)]),
        facilities="\n".join(
            ["facility,kind,accepts,status", *(f"Q{i},quarry,quarry_gravel,candidate" for i in places)]
        ),
        distances="\n".join(["from,to,km", *(f"Q{i},D{j},{abs(i - j)}" for i in places for j in places)]),
    )
    summary = sited(folder, max_open=2).planning.plan.summary
    assert summary["goals"][1]["value"] == pytest.approx(30)
    assert len(summary["site"]["open"]) == 2
