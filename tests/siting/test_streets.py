"""What streets bear and are paid: by hand, as a limit, and read a second time."""

from __future__ import annotations

import json

import numpy as np
import pytest

from optimizer.check import check
from optimizer.cli import main
from optimizer.errors import InputError
from optimizer.planner import Options, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.tables import Table


@pytest.fixture
def two_streets(week):
    """100 t of North go to X in North (1 km) or to Z in South (3 km); a candidate C stands in South at 2 km."""

    def made(streets: str = "", candidate: str = "candidate"):
        return week(
            f'[objective]\norder = ["unserved", "cost"]\n[costs]\nhaul_per_t_km = 1\n[streets]\n{streets}\n',
            supplies="supply,material,quantity,unit,street\nS,spoil_silty_clay,100,t,North\n"
            "T,spoil_silty_clay,60,t,South\n",
            demands="demand,accepts,quantity,unit,street\nD,spoil_silty_clay,20,t,North\n",
            facilities="facility,kind,accepts,status,street,opening_cost\nX,disposal,*,open,North,\n"
            f"Z,disposal,*,open,South,\nC,disposal,*,{candidate},South,10\nO,offsite,*,open,South,\n",
            distances="from,to,km\nS,X,1\nS,Z,3\nS,C,2\nT,X,4\nT,Z,5\nT,C,1\nS,D,0.5\nT,D,9\nS,O,50\nT,O,50\n",
        )

    return made


def planned(folder):
    return plan_scenario(load_scenario(folder), Options(), Progress(), brief=True)


def into(planning) -> dict[str, float]:
    flows = planning.plan.tables["flows"]
    totals: dict[str, float] = {}
    for to, t in zip(flows.column("to"), flows.column("t"), strict=True):
        totals[to] = totals.get(to, 0.0) + t
    return totals


def test_without_a_limit_all_goes_to_the_nearest(two_streets):
    assert into(planned(two_streets())) == pytest.approx({"D": 20, "X": 140})


def test_no_street_receives_more_than_its_share(two_streets, tmp_path):
    """140 t to facilities; at most 60 %, 84 t, in North: 56 t of T go to Z in South for 1 km more (S's 2 km more)."""
    folder, out = two_streets("max_share = 0.6"), tmp_path / "out"
    assert main(["plan", str(folder), "-o", str(out), "--quiet"]) == 0
    assert check(folder, out, Progress()).findings == ()
    planning = planned(folder)
    assert into(planning) == pytest.approx({"D": 20, "X": 84, "Z": 56})
    assert planning.plan.summary["goals"][1]["value"] == pytest.approx(10 + 80 + 4 * 4 + 56 * 5)
    assert planning.plan.summary["goals"][1]["bound"] == pytest.approx(planning.plan.summary["goals"][1]["value"])
    price = {
        row["id"]: row["price"] for row in planning.priced.tables["prices"].records() if row["side"] == "street_share"
    }
    assert price["North"] == pytest.approx(-1)


def test_the_price_of_a_share_is_what_one_more_tonne_saves(two_streets):
    """A tonne more in North is T's kilometre less: the right-hand side of its row raised by 1 saves 1 CNY."""
    planning = planned(two_streets("max_share = 0.6"))
    row = planning.program.rows["street.share"].index[0]
    raised = planning.session.optimum("cost", {int(row): (-np.inf, 1.0)})
    assert planning.solution.stages[1].value - raised == pytest.approx(1)


def test_a_plan_that_breaks_the_share_is_found(two_streets, tmp_path):
    fair, free, out = two_streets("max_share = 0.6"), two_streets(), tmp_path / "out"
    assert main(["plan", str(free), "-o", str(out), "--quiet"]) == 0
    told = [str(f) for f in check(fair, out, Progress()).findings if "bears" in f.message]
    assert told == ["flows.csv: to: North bears 100.00% of what all streets bear, more than 60.00%"]


def test_the_reason_names_the_street(week):
    """South has room for 20 t, so North may take 30 t at 60 %; 50 t find no place though North has room."""
    folder = week(
        '[objective]\norder = ["unserved", "cost"]\n[streets]\nmax_share = 0.6\n',
        supplies="supply,material,quantity,unit,street\nS,spoil_silty_clay,100,t,North\n",
        facilities="facility,kind,accepts,storage,status,street\nX,disposal,*,500,open,North\nZ,disposal,*,20,open,South\n",
        distances="from,to,km\nS,X,5\nS,Z,5\n",
    )
    reason = next(plan_scenario(load_scenario(folder), Options(), Progress()).plan.tables["reasons"].records())
    assert reason["t"] == pytest.approx(50)
    assert "X: its street North bears 60% of what all streets bear, the most it may" in reason["why"]
    assert "所在街道North已达承担份额上限 60%" in reason["why_zh"]


def test_passages_count_where_they_are_paid(two_streets):
    """Trucks of 10 t at 10 CNY a passage count 1 a tonne where it starts or ends, once within a street.

    S 80 t to X: North 80. T to X: North and South 60 each; D: North 20. Shares of the free plan 160 : 60.
    At 65 %: of T, y t go to Z: North 160 − y, South 60, so 160 − y ≤ 0.65 · (220 − y), y = 17 / 0.35.
    """
    toml = "per_passage = 10\ntruck_t = 10\nmax_share = {}"
    assert into(planned(two_streets(toml.format(0.75)))) == pytest.approx({"D": 20, "X": 140})
    y = 17 / 0.35
    assert into(planned(two_streets(toml.format(0.65)))) == pytest.approx({"D": 20, "X": 140 - y, "Z": y})


def test_what_streets_gain_and_bear_by_hand(two_streets, tmp_path):
    """C opens for T (1 km instead of 4, saving 180 for 10 CNY). 2 CNY per t received, 5 per passage of 20 t.

    North: 80 t received, 100/20 = 5 passages: 160 + 25 = 185 CNY. South: 60 t, 3 passages: 120 + 15 = 135 CNY.
    Paid in all 320 CNY, by what is released: North 100/160, South 60/160.
    """
    folder, out = two_streets("per_t = 2\nper_passage = 5\ntruck_t = 20"), tmp_path / "out"
    assert main(["site", str(folder), "-o", str(out), "--quiet"]) == 0
    assert check(folder, out, Progress()).findings == ()
    rows = {row["street"]: {k: float(v) for k, v in row.items() if k != "street"}
            for row in Table.read_csv(out / "streets.csv").records()}  # fmt: skip
    north, south = rows["North"], rows["South"]
    names = ("received_t", "passages", "share", "compensation", "contribution")
    assert [north[n] for n in names] == pytest.approx([80, 5, 185 / 320, 185, 200])
    assert [south[n] for n in names] == pytest.approx([60, 3, 135 / 320, 135, 120])
    assert (north["received_t_without"], south["received_t_without"]) == (140, 0)
    text = (out / "streets.csv").read_text()
    (out / "streets.csv").write_text(text.replace("135", "136"))
    assert "compensation" in {f.column for f in check(folder, out, Progress()).findings if f.file == "streets.csv"}


def test_a_siting_keeps_the_share(two_streets, tmp_path):
    """At most 60 % in North: with C open T goes there, 80 : 60, which is fair already."""
    folder, out = two_streets("max_share = 0.6"), tmp_path / "out"
    assert main(["site", str(folder), "-o", str(out), "--quiet"]) == 0
    assert check(folder, out, Progress()).findings == ()
    assert [row["open"] for row in Table.read_csv(out / "site.csv").records()] == ["true"]


def test_less_than_an_even_share_is_refused(two_streets):
    with pytest.raises(InputError) as caught:
        load_scenario(two_streets("max_share = 0.4"))
    assert [str(fault) for fault in caught.value.faults] == [
        "scenario.toml:9: streets.max_share: 0.4 for each of the 2 streets with facilities makes less than 1, so "
        "nothing could be received anywhere; expected 0.5 at least"
    ]


def test_a_share_cannot_be_settled(two_streets):
    from optimizer.settlement import settle

    with pytest.raises(InputError, match=r"streets\.max_share: a share of a street belongs to no match"):
        settle(planned(two_streets("max_share = 0.6")), {})


@pytest.fixture
def fair_week(two_streets):
    """The same with the goal `fairness` before cost, and after what leaves the zone."""

    def made(streets: str = "", candidate: str = "candidate"):
        folder = two_streets(streets, candidate)
        toml = (folder / "scenario.toml").read_text(encoding="utf-8")
        order = '["unserved", "offsite", "fairness", "cost"]'
        (folder / "scenario.toml").write_text(toml.replace('["unserved", "cost"]', order), encoding="utf-8")
        return folder

    return made


def test_the_largest_burden_is_as_small_as_it_can_be(fair_week, tmp_path, capsys):
    """140 t to facilities of two streets: 70 t each. D 20 t at 0.5, X 70 t of S at 1, Z 10 t of S at 3 and 60 t at 5.

    The second reading counts the burden itself: told in plan.json as 69 t, it says so. A t that North may bear beside
    is half a t less for the larger of the two.
    """
    folder, out = fair_week(), tmp_path / "out"
    assert main(["plan", str(folder), "-o", str(out), "--quiet"]) == 0
    summary = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    goals = {goal["name"]: (goal["value"], goal["bound"]) for goal in summary["goals"]}
    assert goals["fairness"] == (pytest.approx(70), pytest.approx(70))
    assert goals["cost"] == (pytest.approx(10 + 70 + 30 + 300, rel=1e-5), pytest.approx(410, rel=1e-5))
    assert main(["check", str(folder), str(out)]) == 0
    prices = Table.read_csv(out / "prices.csv").records()
    assert {row["id"]: float(row["fairness"]) for row in prices if row["side"] == "street_most"} == {
        "North": pytest.approx(-0.5), "South": pytest.approx(-0.5),
    }  # fmt: skip
    text = (out / "plan.json").read_text(encoding="utf-8")
    (out / "plan.json").write_text(text.replace('"value": 70.0', '"value": 69.0'), encoding="utf-8")
    capsys.readouterr()
    assert main(["check", str(folder), str(out)]) == 1
    assert "fairness" in capsys.readouterr().out


def test_passages_are_part_of_the_largest_burden(fair_week):
    """Trucks paid alone: North loads 100 t whatever happens, so all of T stays in South. Both paid, 2 : 1 a tonne:

    North 100/2 + X and T's way in, South 60/2 + Z and S's way in. All 80 t of S to X are 130 and of T to Z 90; y t of
    S to Z instead: 130 − y and 90 + 1.5 y meet at y = 16.
    """
    alone = planned(fair_week("per_passage = 10\ntruck_t = 10"))
    assert alone.plan.summary["goals"][2]["value"] == pytest.approx(100)
    both = planned(fair_week("per_t = 2\nper_passage = 10\ntruck_t = 10"))
    assert both.plan.summary["goals"][2]["value"] == pytest.approx(114)
    assert both.plan.summary["goals"][2]["bound"] == pytest.approx(114)


def test_siting_opens_what_spreads_the_burden(fair_week, tmp_path):
    """C in South takes T's 60 t and 10 t of S for 60 + 20 and its 10 CNY; without it Z is 330."""
    folder, out = fair_week(), tmp_path / "out"
    assert main(["site", str(folder), "-o", str(out), "--quiet"]) == 0
    goals = {g["name"]: g for g in json.loads((out / "plan.json").read_text(encoding="utf-8"))["goals"]}
    assert goals["fairness"]["value"] == pytest.approx(70)
    assert goals["cost"]["value"] == pytest.approx(10 + 70 + 20 + 60 + 10, rel=1e-4)
    page = (out / "site.html").read_text(encoding="utf-8")
    assert "The street that bears most bears 70.0 t (70.0 t without any candidate)" in page
    assert "负担最重的街道承担 70.0 吨" in page
    assert main(["check", str(folder), str(out)]) == 0


def test_what_fairness_costs_in_tonnes_that_leave(fair_week, tmp_path):
    """From 70 t each and none out to none each and 140 t out: every tonne out is half a tonne less for a street."""
    out = tmp_path / "out"
    assert main(["frontier", str(fair_week()), "offsite", "fairness", "-o", str(out), "--quiet"]) == 0
    rows = list(Table.read_csv(out / "frontier.csv").records())
    assert [(float(row["offsite"]), float(row["fairness"])) for row in rows] == [
        (pytest.approx(0, abs=1e-6), pytest.approx(70)), (pytest.approx(140), pytest.approx(0, abs=1e-6)),
    ]  # fmt: skip


def test_without_streets_nobody_bears_anything(week):
    folder = week(
        '[objective]\norder = ["unserved", "fairness", "haul"]\n',
        supplies="supply,material,quantity,unit\nS,spoil_silty_clay,100,t\n",
        facilities="facility,kind,accepts\nX,disposal,*\n",
        distances="from,to,km\nS,X,1\n",
    )
    assert planned(folder).plan.summary["goals"][1]["value"] == 0
    assert any("no supply, demand or facility names a street" in note for note in load_scenario(folder).notes)
