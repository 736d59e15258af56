"""Schedules: by hand, against brute force, and random days against the independent check."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from fleets import KM, checked, dispatched, drawn, flows, recheck, write

from optimizer.cli import main
from optimizer.read import load_scenario
from optimizer.tables import Table

GOOD = flows((0, "S1", "D1", 64.0), (0, "S2", "D2", 64.0))


def figures(dispatch):
    goal = dispatch.summary["goals"][0]
    return goal["value"], goal["bound"], dispatch.summary["violations"]["unserved_loads"]


def test_one_truck_by_hand(tmp_path):
    """Y1 → S1 4 km = 7 min; load 5; 5 km laden = 12; tip 3, wash 4; back 5 km = 9 min; home D1 → Y1 6 km = 11.

    A load every 5 + 12 + 7 + 9 = 33 min from 06:07; the fourth leaves D1 at 06:07 + 99 + 24 = 08:10.
    """
    truck = {"truck": "T", "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "18:00"}
    folder = write(tmp_path / "a", trucks=[truck])
    plan = flows((0, "S1", "D1", 64.0))
    dispatch = dispatched(folder, plan)
    trips = list(dispatch.tables["trips"].records())
    assert [row["load_at"][-5:] for row in trips] == ["06:07", "06:40", "07:13", "07:46"]
    assert [row["leave_at"][-5:] for row in trips] == ["06:31", "07:04", "07:37", "08:10"]
    (day,) = dispatch.tables["trucks"].records()
    assert (day["home_at"][-5:], day["km_loaded"], day["km_empty"], day["km_home"]) == ("08:21", 20.0, 25.0, 6.0)
    assert figures(dispatch) == (25.0, pytest.approx(25.0, rel=1e-5), 0)
    assert checked(folder, plan, dispatch, tmp_path / "out") == []


def test_recycled_loads_ride_back(tmp_path):
    """Four loads out and, on the same truck, four back: no empty km but from and to the depot, 4 + 4."""
    supplies = [{"supply": s, "material": m, "unit": "t", "quantity": 64} for s, m in
                (("S1", "spoil_silty_clay"), ("S2", "spoil_silty_clay"))]  # fmt: skip
    truck = {"truck": "T", "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "18:00"}
    # S2 lies beside D1 and D2 beside S1
    km = {**KM, ("S2", "D1"): 0, ("S1", "D2"): 0, ("S2", "D2"): 5}
    distances = [{"from": a, "to": b, "km": d} for (x, y), d in km.items() for a, b in ((x, y), (y, x))]
    folder = write(tmp_path / "a", supplies=supplies, trucks=[truck], distances=distances)
    dispatch = dispatched(folder, GOOD)
    value, bound, undone = figures(dispatch)
    assert (value, undone) == (4 + 6, 0)
    assert bound == pytest.approx(10, rel=1e-5)


def brute(day_loads, trucks):
    """Least empty km over every way to deal loads to trucks in every order (no hours bind)."""
    km = {(a, b): d for (x, y), d in KM.items() for a, b in ((x, y), (y, x))} | {(p, p): 0 for p in "Y1"}

    def route(order):
        at, total = "Y1", 0
        for origin, destination in order:
            total += km[at, origin] if at != origin else 0
            at = destination
        return total + (km[at, "Y1"] if order else 0)

    best = np.inf
    for order in set(itertools.permutations(day_loads)):
        for cuts in itertools.combinations_with_replacement(range(len(order) + 1), trucks - 1):
            edges = (0, *cuts, len(order))
            best = min(best, sum(route(order[a:b]) for a, b in itertools.pairwise(edges)))
    return best


@pytest.mark.parametrize("seed", range(6))
def test_six_loads_are_proven_optimal_by_brute_force(tmp_path, seed):
    loads, plan = drawn(np.random.default_rng(seed), 6)
    folder = write(tmp_path / "a")
    dispatch = dispatched(folder, plan)
    value, bound, undone = figures(dispatch)
    least = brute(loads, 2)
    assert undone == 0
    assert value == pytest.approx(least)
    assert bound <= least * (1 + 1e-9)


def random_day(folder, rng):
    """Gates with few bays, bans, rests and night shifts by chance."""
    gates = []
    for place, what in (("S1", "load"), ("D1", "tip"), ("D2", "tip")):
        if rng.random() < 0.7:
            opens = int(rng.integers(5, 9))
            gates.append({"place": place, "what": what, "opens": f"{opens:02d}:00", "closes": f"{opens + 8:02d}:30",
                          "bays": int(rng.integers(1, 3)), "minutes": int(rng.integers(2, 9)),
                          "per_hour": int(rng.integers(4, 20))})  # fmt: skip
    start = int(rng.integers(4, 9))
    fleet = {"depot": "Y1", "payload": 16, "shift_from": f"{start:02d}:00", "driving_max": int(rng.integers(3, 9)),
             "rest_after": float(rng.choice([1, 2, 4])), "rest": 20}  # fmt: skip
    trucks = [
        {"truck": "A", "count": int(rng.integers(1, 4)), "vehicle": "old", "emission": 4,
         "shift_to": f"{start + 9:02d}:00", **fleet},
        {"truck": "N", "count": 1, "vehicle": "new", "emission": 6, **fleet, "shift_from": "21:00",
         "shift_to": "05:00"},
    ]  # fmt: skip
    bans = [{"emission": 5, "hour_from": "07:30", "hour_to": "08:15"}] if rng.random() < 0.6 else []
    tables = {"trucks": trucks} | ({"gates": gates} if gates else {}) | ({"bans": bans} if bans else {})
    return write(folder, days=2, **tables)


@pytest.mark.parametrize("seed", range(25))
def test_random_days_hold_up_to_the_independent_check(tmp_path, seed):
    rng = np.random.default_rng(seed)
    folder = random_day(tmp_path / "a", rng)
    t = rng.integers(10, 260, 8).astype(float)
    lanes = [("S1", "D1"), ("S1", "D2"), ("S2", "D1"), ("S2", "D2")]
    plan = flows(*((d, a, b, t[4 * d + i]) for d in range(2) for i, (a, b) in enumerate(lanes)))
    dispatch = dispatched(folder, plan, rounds=60, seed=seed)
    assert checked(folder, plan, dispatch, tmp_path / "out") == []
    value, bound, _ = figures(dispatch)
    assert bound <= value + 1e-6


def test_the_same_seed_gives_the_same_tickets(tmp_path):
    folder = random_day(tmp_path / "a", np.random.default_rng(3))
    plan = flows((0, "S1", "D1", 200.0), (0, "S2", "D1", 150.0))
    first, second = (dispatched(folder, plan, rounds=100, seed=5).tables["trips"].rows for _ in range(2))
    assert first == second


def test_what_is_left_and_what_would_help(tmp_path):
    """One bay that serves a truck an hour from 06:00 to 09:00: three loads go; an hour more is a load more."""
    gates = [{"place": "D1", "what": "tip", "opens": "06:00", "closes": "09:00", "bays": 1, "per_hour": 1}]
    folder = write(tmp_path / "a", gates=gates)
    plan = flows((0, "S1", "D1", 80.0))
    dispatch = dispatched(folder, plan)
    assert figures(dispatch)[2] == 2
    (left,) = dispatch.tables["undone"].records()
    assert (left["loads"], left["t"]) == (2, 32.0)
    assert (
        "2025-03-03",
        "one hour more at D1 (tip)",
        1,
        16.0,
        16_000.0,
        "D1（卸车）延长一小时",
        "tip",
        "D1",
    ) in dispatch.tables["helps"].rows
    assert checked(folder, plan, dispatch, tmp_path / "out") == []


SPOILT = [
    ("load_at", lambda v: v[:-2] + "00", "trips.csv:2: load_at: is 7 min before it can be there"),
    ("t", lambda v: "17", "trips.csv:2: t: 17 t on a truck of 16 t"),
    ("km_empty", lambda v: "3", "trips.csv:2: km_empty: is 3; the road has 4"),
    ("seq", lambda v: "2", "trips.csv:2: seq: is 2; the truck's next ticket is 1"),
    ("leave_at", lambda v: v[:-5] + "06:29", "trips.csv:2: leave_at: is 2 min before it is tipped and washed"),
    ("date", lambda v: "2025-03-04", "trips.csv:2: date: the plan moves nothing on this lane on this day"),
    ("truck", lambda v: "X-01", "'X-01' is no truck of trucks.csv"),
]


@pytest.mark.parametrize(("column", "change", "says"), SPOILT)
def test_a_spoilt_ticket_is_found(tmp_path, column, change, says):
    truck = {"truck": "T", "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "18:00"}
    folder, out = write(tmp_path / "a", trucks=[truck]), tmp_path / "out"
    plan = flows((0, "S1", "D1", 64.0))
    assert checked(folder, plan, dispatched(folder, plan), out) == []
    trips = Table.read_csv(out / "trips.csv")
    row = dict(zip(trips.columns, trips.rows[0], strict=True))
    row[column] = change(row[column])
    trips.rows[0] = tuple(row.values())
    if column == "date":
        (out / "trucks.csv").write_text((out / "trucks.csv").read_text().replace("2025-03-03,T", "2025-03-04,T"))
        trips.rows = [trips.rows[0]]
    (out / "trips.csv").write_text(trips.to_csv(), encoding="utf-8")
    assert any(says in told for told in recheck(folder, plan, out))


def test_two_trucks_in_one_bay_are_found(tmp_path):
    """Two trucks must tip before 06:50; two an hour through one bay keep it for 30 minutes each."""
    gate = {"place": "D1", "what": "tip", "opens": "05:00", "closes": "18:00", "minutes": 3}
    trucks = [{"truck": "T", "count": 2, "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "06:50"}]
    folder, out = write(tmp_path / "a", gates=[gate], trucks=trucks), tmp_path / "out"
    plan = flows((0, "S1", "D1", 32.0))
    assert checked(folder, plan, dispatched(folder, plan), out) == []
    write(folder, gates=[gate | {"bays": 1, "per_hour": 2}], trucks=trucks)
    told = recheck(folder, plan, out)
    assert any("2 trucks at the gate D1 (tip) at once, it has bays for 1" in finding for finding in told)


def test_the_command(tmp_path, capsys):
    """Planned first, then dispatched, checked; a plan of other inputs is refused; what is left is exit code 3."""
    folder, out = write(tmp_path / "week"), tmp_path / "out"
    assert main(["dispatch", str(folder), str(out), "--rounds", "50", "--json", "--quiet"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["kpis"]["loads"] == 8
    assert summary["carriers"][0]["carrier"] == "east"
    assert main(["check", str(folder), str(out), "--quiet"]) == 0
    trips = (out / "trips.csv").read_text(encoding="utf-8")
    (out / "trips.csv").write_text(trips.replace(",16,", ",18,", 1), encoding="utf-8")
    assert main(["check", str(folder), str(out), "--quiet"]) == 1
    assert "18 t on a truck of 16 t" in capsys.readouterr().out
    short = {"truck": "T", "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "07:30"}
    write(tmp_path / "week", trucks=[short])
    assert main(["dispatch", str(folder), str(out), "--rounds", "50", "--quiet"]) == 3
    assert "one more T takes" in capsys.readouterr().out
    lot = {"material": "topsoil", "unit": "t", "quantity": 10}
    write(tmp_path / "week", supplies=[{"supply": "S1", **lot}, {"supply": "S2", **lot}])
    assert main(["dispatch", str(folder), str(out), "--quiet"]) == 2
    assert "supplies.csv: changed since the plan was made" in capsys.readouterr().err


def test_the_start_up_zone_has_gates_and_bans():
    scenario = load_scenario(Path(__file__).parents[2] / "scenarios" / "qibuqu-week")
    assert {gate.what for gate in scenario.gates} == {"load", "tip"}
    assert len(scenario.bans) == 1
    assert sum(scenario.trucks.count) == 148


def test_trucks_that_are_added_need_no_new_plan(tmp_path, capsys):
    """The plan was made with one truck: schedules of one no longer hold when there are eight, those of eight do."""
    truck = {"truck": "T", "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "07:20"}
    folder, out = write(tmp_path / "a", trucks=[truck]), tmp_path / "out"
    run = ["dispatch", str(folder), str(out), "--rounds", "10", "--replay", "0", "--quiet"]
    assert main(run) == 3
    plan = (out / "plan.json").read_bytes()
    write(folder, trucks=[truck | {"count": 8}])
    assert main(["check", str(folder), str(out)]) == 1
    told = capsys.readouterr().out
    assert "dispatch.json" in told and "the schedules were made from other inputs: trucks.csv has changed" in told
    assert main(run) == 0
    assert main(["check", str(folder), str(out)]) == 0
    assert (out / "plan.json").read_bytes() == plan
    write(folder, trucks=[truck | {"count": 8}], gates=[{"place": "S1", "what": "load", "bays": 1}])
    assert main(["check", str(folder), str(out)]) == 1
    assert main(run) == 0
    assert main(["check", str(folder), str(out)]) == 0
    lot = {"material": "spoil_silty_clay", "unit": "t", "quantity": 80}
    write(folder, trucks=[truck | {"count": 8}], supplies=[{"supply": s, **lot} for s in ("S1", "S2")])
    assert main(["check", str(folder), str(out)]) == 1
    assert "the plan was made from other inputs: supplies.csv has changed since" in capsys.readouterr().out


def test_where_trucks_are_at_fault_no_plan_is_written_either(tmp_path, capsys):
    folder = write(tmp_path / "a", trucks=[{"truck": "T", "depot": "nowhere", "payload": 16}])
    assert main(["dispatch", str(folder), str(tmp_path / "out"), "--quiet"]) == 2
    assert "nothing was written" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
