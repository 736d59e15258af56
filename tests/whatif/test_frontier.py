"""The exact trade-off between two goals: by hand, re-solved at its corners, and between them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from optimizer.cli import main
from optimizer.frontier import corner_table, trade_off
from optimizer.planner import Options, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.scenario import Objective
from optimizer.tables import Table


@pytest.fixture
def pits_and_a_far_fill(week):
    """Two pits of 100 t. Off-site is 5 km away; the fill takes all, 10 km from A and 30 km from B.

    Keeping everything inside costs 100·10 + 100·30 = 4,000 t·km; sending B away saves 25 t·km a tonne (1,500 at 100 t
    off-site); sending A as well saves 5 a tonne (1,000 at 200 t).
    """
    return week(
        '[objective]\norder = ["unserved", "offsite", "haul"]\n',
        supplies="""
            supply,material,quantity,unit,from,to
            A,spoil_silty_clay,100,t,2025-03-03,2025-03-03
            B,spoil_silty_clay,100,t,2025-03-03,2025-03-03
            """,
        demands="""
            demand,accepts,quantity,unit
            D,spoil_silty_clay,500,t
            """,
        facilities="""
            facility,kind,accepts
            O,offsite,*
            """,
        distances="""
            from,to,km
            A,D,10
            B,D,30
            A,O,5
            B,O,5
            """,
    )


def test_corners_by_hand(pits_and_a_far_fill):
    corners, _ = trade_off(load_scenario(pits_and_a_far_fill), ("offsite", "haul"), Progress())
    rows = corner_table(("offsite", "haul"), corners).rows
    assert [row[:4] for row in rows] == [
        (1, pytest.approx(0, abs=1e-6), pytest.approx(4000), pytest.approx(25)),
        (2, pytest.approx(100), pytest.approx(1500), pytest.approx(5)),
        (3, pytest.approx(200), pytest.approx(1000), None),
    ]
    assert all(corner.gap < 1e-6 for corner in corners)


def test_use_against_haul_is_told_as_more_use(pits_and_a_far_fill):
    """The same corners from the other side: 200, 100 and 0 t are put to use."""
    corners, _ = trade_off(load_scenario(pits_and_a_far_fill), ("used", "haul"), Progress())
    rows = corner_table(("used", "haul"), corners).rows
    assert [row[1:3] for row in rows] == [
        pytest.approx((200, 4000), abs=1e-4),
        pytest.approx((100, 1500), abs=1e-4),
        pytest.approx((0, 1000), abs=1e-4),
    ]


def test_no_plan_lies_below_the_frontier(pits_and_a_far_fill):
    """Weighted plans at 41 weighings all lie on or above every edge, and each corner is re-solved by one of them."""
    scenario = load_scenario(pits_and_a_far_fill)
    corners, plans = trade_off(scenario, ("offsite", "haul"), Progress())
    reached = set()
    for weight in [0.5 * i for i in range(1, 82, 2)]:
        weighed = replace(scenario, objective=Objective(order=(), weights={"offsite": weight, "haul": 1.0}))
        goals = plan_scenario(weighed, Options(), Progress(), brief=True).plan.summary["goals"]
        values = {goal["name"]: goal["value"] for goal in goals}
        least = min(weight * corner.a + corner.b for corner in corners)
        assert values["total"] == pytest.approx(least, abs=1e-3)
        reached |= {i for i, c in enumerate(corners) if abs(c.a - values["offsite"]) < 1e-3}
    assert reached == set(range(len(corners)))
    assert [plan.plan.summary["kpis"]["offsite_t"] for plan in plans] == pytest.approx([0, 100, 200], abs=1e-6)


def test_the_command(pits_and_a_far_fill, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["frontier", str(pits_and_a_far_fill), "offsite", "haul", "-o", str(out), "--quiet"]) == 0
    assert "offsite 100 · haul 1,500   one t more saves 5 of haul" in capsys.readouterr().out
    found = [float(cell) for cell in Table.read_csv(out / "frontier.csv").column("offsite")]
    assert found == pytest.approx([0, 100, 200], abs=1e-4)
    assert json.loads((out / "comparison.json").read_text())["base"]["verified"]
    assert main(["check", str(pits_and_a_far_fill), str(out / "plans" / "corner-2"), "--quiet"]) == 0


@pytest.mark.parametrize(
    ("goals", "told"),
    [
        (["ofsite", "haul"], "cutfill frontier: goals: 'ofsite' is not a goal; expected two of unserved, offsite, "
         "landfill, transfer, fairness, haul, cost, carbon, used; did you mean `offsite`?"),
        (["haul", "haul"], "cutfill frontier: goals: are the same; expected two different ones"),
    ],
)  # fmt: skip
def test_two_different_goals_are_needed(pits_and_a_far_fill, tmp_path, capsys, goals, told):
    assert main(["frontier", str(pits_and_a_far_fill), *goals, "-o", str(tmp_path / "out"), "--quiet"]) == 2
    assert told in capsys.readouterr().err
