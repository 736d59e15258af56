"""A quarter lived three times: two weeks by hand, and a generated one whose weeks add up to a plan that is legal."""

from __future__ import annotations

import json

import numpy as np
import pytest

from optimizer.cli import main
from optimizer.progress import Progress
from optimizer.quarter.study import study
from optimizer.read import load_scenario
from optimizer.tables import Table


@pytest.fixture
def fortnight(week):
    """Pit A was to give 10 t a day for 14 days and gives a fifth more; B gives 10 t a day in week 2; D takes 190 t."""
    return week(
        'days = 14\n[objective]\norder = ["unserved", "offsite", "haul"]\n',
        supplies="""
            supply,material,quantity,unit,from,to
            A,spoil_silty_clay,140,t,2025-03-03,2025-03-16
            B,spoil_silty_clay,70,t,2025-03-10,2025-03-16
            """,
        demands="""
            demand,accepts,quantity,unit
            D,spoil_silty_clay,190,t
            """,
        facilities="""
            facility,kind,accepts
            O,offsite,*
            """,
        distances="""
            from,to,km
            A,D,2
            B,D,5
            A,O,8
            B,O,6
            """,
        uncertainty="""
            what,id,p10,p50,p90
            quantity,A,168,168,168
            """,
    )


def lived(folder, ahead=14, freeze=0, seed=0):
    return study(load_scenario(folder), ahead, freeze, seed, Progress(quiet=True))


def test_two_weeks_by_hand(fortnight):
    """A gives 168 t, not 140: 84 t a week. D has room for 190 of all 238 t, and off-site 48 t leave either way.

    After week 1 D has room for 106 t; ordered for week 2 are A's 70 t and 36 t of B's to D, and 34 t of B's away.
    Week 2 brings 14 t more of A. From scratch they take the place of 14 t of B's, for whom leaving is shorter:
    84·2 + 84·2 + 22·5 + 48·6 = 734 t·km, and 14 of 140 t ordered are turned over. Re-planned, orders come before the
    way, and the 14 t leave at 8 km: 84·2 + 70·2 + 14·8 + 36·5 + 34·6 = 804 t·km.
    """
    quarter = lived(fortnight)
    assert not quarter.findings
    for plan, t_km, changed in (("rolling", 804, 0), ("scratch", 734, 14)):
        k = quarter.kpis[plan]
        assert (k["unserved_t"], k["offsite_t"], k["t_km"]) == pytest.approx((0, 48, t_km), abs=1e-3)
        assert quarter.done[plan].ordered == pytest.approx([0, 140], abs=1e-3)
        assert quarter.done[plan].changed == pytest.approx([0, changed], abs=1e-3)
        assert quarter.weekly_km[plan] == pytest.approx([168, t_km - 168], abs=1e-2)


def test_without_a_plan_whoever_comes_first_is_served(fortnight):
    """84 t of A in week 1; in week 2 each day 12 t of A and 10 t of B, until D is full: 106 t, then all leaves."""
    k = lived(fortnight).kpis["nearest"]
    assert k["offsite_t"] == pytest.approx(48)
    assert k["t_km"] > 734


def test_a_generated_quarter(tmp_path):
    """The weeks together are a legal plan of what came; re-planning turns over less than planning from scratch."""
    folder = tmp_path / "q"
    assert main(["sample", "--sites", "8", "--days", "28", "--seed", "3", str(folder)]) == 0
    quarter = lived(folder, freeze=1, seed=2)
    assert not quarter.findings
    released = quarter.scenario.supplies.release.sum()
    for plan, done in quarter.done.items():
        moved = sum(t for _, origin, _, _, t in done.flows if origin < quarter.scenario.first_demand)
        assert moved + quarter.kpis[plan]["unserved_t"] >= released - 1e-2
        assert len(done.nights) == 28 and len(done.changed) == 4
    assert sum(quarter.done["rolling"].changed) < sum(quarter.done["scratch"].changed)
    again = lived(folder, freeze=1, seed=2)
    assert again.kpis == quarter.kpis
    assert lived(folder, freeze=1, seed=5).kpis != quarter.kpis
    assert np.array(quarter.rain).max(initial=0) < 28


def test_command_writes_tables_and_a_page(fortnight, tmp_path, chromium):
    out = tmp_path / "out"
    assert main(["quarter", str(fortnight), "-o", str(out), "--freeze", "0", "--quiet"]) == 0
    told = json.loads((out / "quarter.json").read_text(encoding="utf-8"))
    assert told["weeks"] == 2 and told["plans"]["scratch"]["changed_share"] == pytest.approx(0.1, abs=1e-4)
    assert [row["plan"] for row in Table.read_csv(out / "quarter.csv").records()] == ["rolling", "scratch", "nearest"]
    assert [float(row["came_t"]) for row in Table.read_csv(out / "weeks.csv").records()] == pytest.approx([84, 154])
    page, errors = chromium.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for language, words in (("en", "planned from scratch every week"), ("zh", "每周重新计划")):
        page.goto(f"file://{out}/quarter.html#{language}")
        assert page.get_by_text(words, exact=True).first.is_visible()
        assert page.locator("#changed-plot svg").is_visible()
    page.close()
    assert not errors


def test_weeks_need_more_than_one(fortnight, tmp_path, capsys):
    text = (fortnight / "scenario.toml").read_text(encoding="utf-8")
    argv = ["quarter", str(fortnight), "-o", str(tmp_path / "out"), "--quiet"]
    assert main([*argv, "--ahead", "7"]) == 2
    assert "--ahead: 7 days reach no further than the week; expected 8 or more" in capsys.readouterr().err
    (fortnight / "scenario.toml").write_text(text.replace("days = 14", "days = 10"), encoding="utf-8")
    assert main(argv) == 2
    assert "scenario.toml: days: has 10 days; weeks follow each other from 14 on" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
