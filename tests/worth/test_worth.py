"""What one more is worth and how far it holds: by hand, and next to plans made from scratch."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from optimizer.cli import main
from optimizer.planner import Options, plan_scenario
from optimizer.progress import Progress
from optimizer.read import Inputs, load_scenario
from optimizer.tables import Table
from optimizer.worth.study import study


@pytest.fixture
def pit_with_three_places(week):
    """100 t on one day: the need takes 60 a day 2 km away, the pit's gate 30 at 10 km, 10 t leave, 20 km.

    Gate hours of P are 06:00 to 12:00, so 30 t a day are 5 t an hour.
    """
    return week(
        '[objective]\norder = ["unserved", "offsite", "haul"]\n',
        supplies="""
            supply,name,material,quantity,unit,from,to
            A,Pit,spoil_silty_clay,100,t,2025-03-03,2025-03-03
            """,
        demands="""
            demand,accepts,quantity,unit,daily_max
            D,spoil_silty_clay,500,t,60
            """,
        facilities="""
            facility,name,kind,accepts,daily_in
            P,Old pit,disposal,*,30
            O,,offsite,*,
            """,
        distances="""
            from,to,km
            A,D,2
            A,P,10
            A,O,20
            """,
        gates="""
            place,what,opens,closes
            P,tip,06:00,12:00
            """,
    )


def _studied(folder, most=8):
    inputs = Inputs.read(folder)
    return study(inputs, inputs.scenario, most, [], Progress())


def _by_side(worth):
    return {answer.limit.side: answer for answer in worth.answers}


def test_the_gate_by_hand(pit_with_three_places):
    """A tonne more is taken from off-site: 20 − 10 km, at 0.9 CNY; 10 t leave, so it holds for 10; less for all 30."""
    gate = _by_side(_studied(pit_with_three_places))["gate_in"]
    assert gate.limit.now == 30
    assert (gate.more.change["offsite"], gate.more.t_km, gate.more.cost) == pytest.approx((-1, -10, -9))
    assert gate.more.until == pytest.approx(10)
    assert (gate.less.change["offsite"], gate.less.t_km, gate.less.cost) == pytest.approx((1, 10, 9))
    assert gate.less.until == pytest.approx(-30)


def test_an_hour_of_the_gate_by_hand(pit_with_three_places):
    hour = _by_side(_studied(pit_with_three_places))["gate_in"].hour
    assert (hour.amount, hour.t_km, hour.cost) == pytest.approx((5, -50, -45))


def test_need_and_lot_by_hand(pit_with_three_places):
    """The need's daily rate saves 18 km for 10 t (off-site), then only 8; a further tonne of the lot leaves, always."""
    by_side = _by_side(_studied(pit_with_three_places))
    rate, lot = by_side["demand_daily"], by_side["supply"]
    assert (rate.more.t_km, rate.more.until) == pytest.approx((-18, 10))
    assert (lot.more.change["offsite"], lot.more.t_km, lot.more.cost) == pytest.approx((1, 20, 18))
    assert lot.more.until is None
    assert (lot.less.t_km, lot.less.until) == pytest.approx((-20, -10))
    assert "demand" not in by_side  # 440 t of need are left, nobody gains by more


def test_duals_are_the_finite_differences_and_ranges_end_where_they_bend(tmp_path):
    """A generated week: each price lies between its two steps, and plans from scratch confirm where each piece ends."""
    assert main(["sample", "--sites", "14", "--days", "3", "--seed", "5", str(tmp_path / "week")]) == 0
    worth = _studied(tmp_path / "week", most=4)
    assert len(worth.answers) >= 5 and not worth.findings
    base = worth.planning
    bends = 0
    for answer in worth.answers:
        first = next(i for i, p in enumerate(answer.limit.price) if abs(p) > 1e-6)
        goal, price = base.solution.stages[first].goal, answer.limit.price[first]
        if answer.more and answer.less:
            left, right = answer.less.change[goal] / answer.less.amount, answer.more.change[goal] / answer.more.amount
            assert left - 1e-6 <= price <= right + 1e-6
        for step in (answer.more, answer.less):
            if step is None or step.until is None:
                continue
            at_end = _afresh(answer.limit.changed(base.scenario, step.until))
            expected = {g: _goals(base)[g] + c * step.until / step.amount for g, c in step.change.items()}
            assert at_end == pytest.approx(expected, rel=1e-6, abs=1e-3)
            if -answer.limit.least < step.until * 1.05:
                beyond = _afresh(answer.limit.changed(base.scenario, step.until * 1.05))
                straight = {g: _goals(base)[g] + c * 1.05 * step.until / step.amount for g, c in step.change.items()}
                assert beyond != pytest.approx(straight, rel=1e-9, abs=1e-6)
                bends += 1
    assert bends >= 3


def _afresh(scenario):
    return _goals(plan_scenario(scenario, Options(), Progress(), brief=True))


def _goals(planning):
    return {stage.goal: stage.value for stage in planning.solution.stages}


@pytest.fixture
def two_gates(week):
    """Cost alone: P at 10 km and 5 CNY (14 CNY a t at 0.9), Q at 4 km and 20 CNY (23.60)."""
    return week(
        "[objective]\nweights = { cost = 1.0 }\n",
        supplies="""
            supply,material,quantity,unit,from,to
            A,spoil_silty_clay,100,t,2025-03-03,2025-03-03
            """,
        facilities="""
            facility,kind,accepts,fee
            P,disposal,*,5
            Q,disposal,*,20
            """,
        distances="""
            from,to,km
            A,P,10
            A,Q,4
            """,
    )


def test_prices_turn_where_the_other_gate_is_as_cheap(two_gates):
    """P's fee may rise by 9.60; at r CNY per t·km both cost the same where 10 r + 5 = 4 r + 20, r = 2.5."""
    rate, fee = _studied(two_gates).prices
    assert (rate.id, rate.weight, rate.down, rate.up) == (
        "haul_per_t_km",
        pytest.approx(1000),
        None,
        pytest.approx(1.6),
    )
    assert (fee.id, fee.weight, fee.down, fee.up) == ("P", pytest.approx(100), None, pytest.approx(9.6))


def test_prices_are_not_told_where_goals_hold_no_money(pit_with_three_places):
    assert _studied(pit_with_three_places).prices == []


def test_the_plan_is_left_as_it_was(pit_with_three_places):
    """After all questions the live model still gives the base's plan."""
    planning = _studied(pit_with_three_places).planning
    again = planning.session.anew(planning.program)
    assert _goals(planning) == pytest.approx({stage.goal: stage.value for stage in again.stages})


def test_command_writes_beside_the_plan(pit_with_three_places, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["worth", str(pit_with_three_places), str(out), "--quiet"]) == 0
    told = capsys.readouterr().out
    assert "One hour a day more: 5 t a day more at the gate of P (Old pit): 5 t less leave the zone" in told
    rows = list(Table.read_csv(out / "worth.csv").records())
    assert [(r["id"], r["step"], r["until"], r["cost"]) for r in rows if r["what"] == "gate_in"] == [
        ("P", "1", "10", "-9"), ("P", "-1", "-30", "9"), ("P", "5", "5", "-45"),
    ]  # fmt: skip
    assert main(["check", str(pit_with_three_places), str(out), "--quiet"]) == 0


def test_a_plan_of_other_inputs_is_refused(pit_with_three_places, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["plan", str(pit_with_three_places), "-o", str(out), "--quiet"]) == 0
    with (pit_with_three_places / "demands.csv").open("a", encoding="utf-8") as stream:
        stream.write("E,spoil_silty_clay,5,t,5\n")
    assert main(["worth", str(pit_with_three_places), str(out), "--quiet"]) == 2
    assert "demands.csv: changed since the plan was made; plan again, then worth" in capsys.readouterr().err
    assert not (out / "worth.csv").exists()


def test_a_closure_that_closes_nothing_is_told(pit_with_three_places, tmp_path, capsys):
    (tmp_path / "wet.toml").write_text('close = ["P"]\n', encoding="utf-8")
    argv = ["worth", str(pit_with_three_places), str(tmp_path / "out"), "--closed", str(tmp_path / "wet.toml")]
    assert main([*argv, "--quiet"]) == 2
    assert "wet.toml: closures: closes no road" in capsys.readouterr().err


def test_an_hour_of_a_road_by_hand(week, tmp_path):
    """1 km over the bridge, 3 km round it (by the two other sides), 100 t: 200 t·km over 3 days of 24 h."""
    folder = week(
        '[objective]\norder = ["unserved", "haul"]\n[roads]\nfile = "roads"\nby = "distance"\n',
        supplies="""
            supply,material,quantity,unit,from,to,lon,lat
            A,spoil_silty_clay,100,t,2025-03-03,2025-03-03,117.0,36.8
            """,
        demands="""
            demand,accepts,quantity,unit,lon,lat
            D,spoil_silty_clay,500,t,117.01,36.8
            """,
    )
    (folder / "roads").mkdir()
    (folder / "roads" / "nodes.csv").write_text("node,lon,lat\na,117.0,36.8\nb,117.01,36.8\nc,117.005,36.81\n")
    (folder / "roads" / "edges.csv").write_text(
        "from,to,km,highway\na,b,1,primary\nb,a,1,primary\na,c,1.5,primary\nc,a,1.5,primary\nc,b,1.5,primary\nb,c,1.5,primary\n"
    )
    bridge = tmp_path / "bridge.toml"
    bridge.write_text('name = "Bridge"\n[[closures]]\nlon = 117.005\nlat = 36.8\nradius_km = 0.1\n', encoding="utf-8")
    assert main(["worth", str(folder), str(tmp_path / "out"), "--closed", str(bridge), "--quiet"]) == 0
    road = next(r for r in Table.read_csv(tmp_path / "out" / "worth.csv").records() if r["what"] == "road")
    assert (road["id"], road["now"], float(road["t_km"])) == ("bridge", "72", pytest.approx(200, rel=1e-6))
    page = (tmp_path / "out" / "worth.html").read_text(encoding="utf-8")
    assert "Bridge, each hour on the mean: 2.8 t·km more, CNY 2.50 more." in page


def test_json_is_the_table(pit_with_three_places, tmp_path, capsys):
    assert main(["worth", str(pit_with_three_places), str(tmp_path / "out"), "--json"]) == 0
    assert {row["what"] for row in json.loads(capsys.readouterr().out)} >= {"gate_in", "supply", "demand_daily"}


def test_a_gate_closed_on_a_day_keeps_closed(pit_with_three_places):
    """calendar.csv shuts P on the 4th: one more tonne a day is none on that day."""
    (pit_with_three_places / "calendar.csv").write_text(
        "facility,from,to,daily_in,daily_out\nP,2025-03-04,2025-03-04,0,0\n", encoding="utf-8"
    )
    gate = _by_side(_studied(pit_with_three_places))["gate_in"]
    assert gate.limit.changed(load_scenario(pit_with_three_places), 1).facilities.daily_in[0].tolist() == [31, 0, 31]
    assert gate.limit.least == 30


def test_ranges_do_not_depend_on_the_order_of_rows(pit_with_three_places):
    one = _by_side(_studied(pit_with_three_places))["gate_in"]
    text = (pit_with_three_places / "facilities.csv").read_text(encoding="utf-8").splitlines()
    (pit_with_three_places / "facilities.csv").write_text("\n".join([text[0], text[2], text[1]]), encoding="utf-8")
    other = _by_side(_studied(pit_with_three_places))["gate_in"]
    assert replace(one.more, limit=other.limit) == replace(other.more)


def test_the_page_is_one_sheet_of_paper_in_both_languages(pit_with_three_places, tmp_path, chromium):
    assert main(["worth", str(pit_with_three_places), str(tmp_path / "out"), "--quiet"]) == 0
    page, errors = chromium.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for language, words in (("en", "one more"), ("zh", "增加一个单位")):
        page.goto(f"file://{tmp_path}/out/worth.html#{language}")
        assert page.get_by_text(words, exact=True).first.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(prefer_css_page_size=True))) == 1
    page.close()
    assert not errors
