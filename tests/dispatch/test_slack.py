"""Minutes to spare after every load: by hand, checked, and given up where a load would be left by it."""

from __future__ import annotations

import pytest
from fleets import checked, flows, recheck, write

from optimizer.cli import main
from optimizer.dispatch import Budget, Dispatch, dispatch_scenario
from optimizer.distances import measure
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.replay import replay
from optimizer.tables import Table

TRUCK = {"truck": "T", "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "18:00"}
PLAN = flows((0, "S1", "D1", 64.0))


def with_slack(folder, plan, slack, rounds=50) -> Dispatch:
    scenario = load_scenario(folder)
    return dispatch_scenario(
        scenario, measure(scenario, Progress()), plan, Budget(rounds), Progress(), slack
    )  # fmt: skip


def test_five_minutes_by_hand(tmp_path):
    """A load every 33 min (test_schedules) is one every 38; tipped and home as soon as can be.

    From 06:07; the fourth leaves D1 at 06:07 + 3 · 38 + 24 = 08:25 and is home at 08:36.
    """
    folder = write(tmp_path / "a", trucks=[TRUCK])
    dispatch = with_slack(folder, PLAN, 5)
    trips = list(dispatch.tables["trips"].records())
    assert [row["load_at"][-5:] for row in trips] == ["06:07", "06:45", "07:23", "08:01"]
    assert [row["leave_at"][-5:] for row in trips] == ["06:31", "07:09", "07:47", "08:25"]
    assert dispatch.tables["trucks"].column("home_at") == ["2025-03-03T08:36"]
    assert [day["slack"] for day in dispatch.summary["days"]] == [5]
    assert checked(folder, PLAN, dispatch, tmp_path / "out") == []
    scenario = load_scenario(folder)
    distances = measure(scenario, Progress())
    found = replay(scenario, distances, dispatch.tables, replications=0, seed=0, progress=Progress())
    assert found.summary["exact"]["differences"] == 0


def test_slack_gives_way_to_loads(tmp_path):
    """Four loads take 2:21; a shift of 2:25 has no 4 · 5 minutes to spare, and all four go without."""
    folder = write(tmp_path / "a", trucks=[TRUCK | {"shift_to": "08:25"}])
    dispatch = with_slack(folder, PLAN, 5)
    assert dispatch.summary["violations"]["unserved_loads"] == 0
    assert [day["slack"] for day in dispatch.summary["days"]] == [0]
    assert checked(folder, PLAN, dispatch, tmp_path / "out") == []


def test_slack_that_is_told_and_not_there_is_found(tmp_path):
    folder, out = write(tmp_path / "a", trucks=[TRUCK]), tmp_path / "out"
    assert checked(folder, PLAN, with_slack(folder, PLAN, 5), out) == []
    text = (out / "dispatch.json").read_text(encoding="utf-8")
    assert text.count('"slack": 5') == 1
    (out / "dispatch.json").write_text(text.replace('"slack": 5', '"slack": 6'), encoding="utf-8")
    assert "trips.csv:3: start_at: leaves 5 min to spare, dispatch.json tells 6" in recheck(folder, PLAN, out)


def test_a_day_dispatched_anew_uses_it_up(tmp_path, capsys):
    """Its day has none to promise any more; nothing that can keep its minute is moved; --slack is refused."""
    folder, out = write(tmp_path / "a", trucks=[TRUCK]), tmp_path / "out"
    assert main(["dispatch", str(folder), str(out), "--slack", "5", "--rounds", "50", "--quiet"]) == 0
    assert "5 min to spare after every load" in capsys.readouterr().out
    before = Table.read_csv(out / "trips.csv").column("load_at")
    again = ["dispatch", str(folder), str(out), "--from", "07:00", "--rounds", "50", "--quiet"]
    assert main([*again, "--slack", "5"]) == 2
    assert "the slack of the morning is there to be used" in capsys.readouterr().err
    late = tmp_path / "today.csv"
    first = Table.read_csv(out / "trips.csv").column("ticket")[0]
    late.write_text(f"event,ticket,leave_at\nrunning,{first},07:05\n", encoding="utf-8")
    assert main([*again, "--actuals", str(late)]) == 0
    assert main(["check", str(folder), str(out), "--quiet"]) == 0
    after = Table.read_csv(out / "trips.csv").column("load_at")
    assert len(before) == len(after) == 8
    assert '"slack": 0' in (out / "dispatch.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", range(4))
def test_random_days_with_slack_hold_up_to_the_check_and_the_replay(tmp_path, seed):
    import numpy as np
    from test_schedules import random_day

    rng = np.random.default_rng(seed)
    folder = random_day(tmp_path / "a", rng)
    plan = flows(
        *((d, a, b, float(rng.integers(10, 120))) for d in range(2) for a in ("S1", "S2") for b in ("D1", "D2"))
    )
    dispatch = with_slack(folder, plan, int(rng.integers(1, 9)))
    assert checked(folder, plan, dispatch, tmp_path / "out") == []
    scenario = load_scenario(folder)
    found = replay(
        scenario, measure(scenario, Progress()), dispatch.tables, replications=0, seed=0, progress=Progress()
    )
    assert found.summary["exact"]["differences"] == 0
