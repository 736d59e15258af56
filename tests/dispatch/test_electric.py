"""Electric trucks: by hand, against brute force, random days through check and replay, facts, and bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from fleets import KM, checked, dispatched, drawn, flows, recheck, write

from optimizer.cli import main
from optimizer.distances import measure
from optimizer.errors import InputError
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.replay import replay
from optimizer.tables import Table

E = {"truck": "E", "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "18:00", "range_loaded": 50,
     "range_empty": 100, "charge_minutes": 100, "reserve": 0.1}  # fmt: skip
PLAN = flows((0, "S1", "D1", 160.0))


def exact(folder, dispatch, seed=0, replications=0):
    scenario = load_scenario(folder)
    found = replay(scenario, measure(scenario, Progress()), dispatch.tables, replications=replications, seed=seed,
                   progress=Progress())  # fmt: skip
    return found.summary["exact"]["differences"]


def test_a_charge_by_hand(tmp_path):
    """A load takes 5/50 + 5/100 = 0.15, the first 4/100 + 5/50 = 0.14; home from D1 6/100, and 0.1 stay.

    After five loads 1 − 0.14 − 4 · 0.15 = 0.26 are left; the sixth would leave 0.11, and home is 0.06 away: so it goes
    to the depot first (6 + 4 km instead of 5), where 0.20 are left at 08:54. Standing there it can rest as well.
    """
    folder = write(tmp_path / "a", trucks=[E])
    dispatch = dispatched(folder, PLAN)
    trips = list(dispatch.tables["trips"].records())
    assert [round(row["battery"], 4) for row in trips[:5]] == [0.86, 0.71, 0.56, 0.41, 0.26]
    assert [row["charge_at"] for row in trips] == [None] * 5 + ["depot"] + [None] * 4
    assert trips[5]["start_at"][-5:] == "08:43" and trips[5]["plug_at"][-5:] == "08:54"
    assert trips[5]["km_empty"] == 10.0
    charged = int(trips[5]["unplug_at"][-2:]) + 60 * int(trips[5]["unplug_at"][-5:-3]) - (8 * 60 + 54)
    assert trips[5]["battery"] == pytest.approx(min(1.0, 0.20 + charged / 100) - 0.14)
    assert trips[6]["load_at"] > trips[5]["leave_at"]
    (day,) = dispatch.tables["trucks"].records()
    assert (day["charges"], day["charge_h"], day["fuel_l"], day["co2_kg"]) == (1, charged / 60, 0.0, 0.0)
    assert dispatch.summary["kpis"]["charges"] == 1
    assert day["km_empty"] == 4 + 8 * 5 + 10 + 6
    assert checked(folder, PLAN, dispatch, tmp_path / "out") == []
    assert exact(folder, dispatch) == 0


def test_a_charger_where_it_tips_takes_no_way_and_serves_as_the_rest(tmp_path):
    """Chargers at D1: no km more than a truck without a battery drives, 4 + 9 · 5 + 6."""
    folder = write(tmp_path / "a", trucks=[E | {"chargers": "D1;S2", "rest_after": 2}])
    dispatch = dispatched(folder, PLAN)
    assert dispatch.summary["kpis"]["km_empty"] == 4 + 9 * 5 + 6
    trips = list(dispatch.tables["trips"].records())
    assert {row["charge_at"] for row in trips} == {None, "D1"}
    assert checked(folder, PLAN, dispatch, tmp_path / "out") == []
    assert exact(folder, dispatch) == 0


SPOILT = [
    ("unplug_at", lambda v: v[:-5] + "09:00", "would be left, 10% must stay"),
    ("plug_at", lambda v: v[:-5] + "08:50", "plug_at: is 4 min before it can be there"),
    ("charge_at", lambda v: "S2", "charge_at: E cannot charge there"),
    ("battery", lambda v: "0.99", "battery: is 0.99; "),
    ("km_empty", lambda v: "5", "km_empty: is 5; the road has 10"),
]


@pytest.mark.parametrize(("column", "change", "says"), SPOILT)
def test_a_spoilt_charge_is_found(tmp_path, column, change, says):
    folder, out = write(tmp_path / "a", trucks=[E]), tmp_path / "out"
    assert checked(folder, PLAN, dispatched(folder, PLAN), out) == []
    trips = Table.read_csv(out / "trips.csv")
    row = dict(zip(trips.columns, trips.rows[5], strict=True))
    row[column] = change(row[column])
    trips.rows[5] = tuple(row.values())
    (out / "trips.csv").write_text(trips.to_csv(), encoding="utf-8")
    assert any(says in told for told in recheck(folder, PLAN, out))


def least_km(loads, range_empty, reserve=0.0):
    """Least empty km of one truck over every order of the loads and every choice of where to call at the depot."""
    km = {(a, b): d for (x, y), d in KM.items() for a, b in ((x, y), (y, x))} | {(p, p): 0 for p in KM}
    best = np.inf
    for order in set(itertools.permutations(loads)):
        for stops in itertools.product((False, True), repeat=len(order) - 1):
            at, battery, total, holds = "Y1", 1.0, 0, True
            for i, (origin, destination) in enumerate(order):
                if i and stops[i - 1]:
                    battery -= km[at, "Y1"] / range_empty
                    holds = holds and battery >= reserve - 1e-9
                    total, at, battery = total + km[at, "Y1"], "Y1", 1.0
                total += km[at, origin]
                battery -= km[at, origin] / range_empty + 2 * km[origin, destination] / range_empty
                at = destination
                holds = holds and battery >= reserve - 1e-9
            holds = holds and battery - km[at, "Y1"] / range_empty >= reserve - 1e-9
            best = min(best, total + km[at, "Y1"]) if holds else best
    return best


@pytest.mark.parametrize("seed", range(5))
def test_small_electric_days_are_as_short_as_brute_force_finds(tmp_path, seed):
    """One truck, five loads, chargers at the depot, range for two to four loads; no hours bind."""
    rng = np.random.default_rng(seed)
    loads, plan = drawn(rng, 5)
    lasts = int(rng.integers(60, 110))
    truck = E | {"range_loaded": lasts / 2, "range_empty": lasts, "reserve": 0, "charge_minutes": 30}
    folder = write(tmp_path / "a", trucks=[truck | {"shift_from": "00:00", "shift_to": "24:00"}])
    dispatch = dispatched(folder, plan, rounds=300)
    least = least_km(loads, lasts)
    goal = dispatch.summary["goals"][0]
    assert dispatch.summary["violations"]["unserved_loads"] == 0
    assert goal["bound"] <= least + 1e-6
    assert goal["value"] == pytest.approx(least)
    assert checked(folder, plan, dispatch, tmp_path / "out") == []


def electric_day(folder, rng, **more):
    """Random batteries, chargers, gates, bans and rests, beside a truck without a battery."""
    from test_schedules import random_day

    random_day(folder, rng)
    trucks = Table.read_csv(folder / "trucks.csv")
    rows = [dict(zip(trucks.columns, row, strict=True)) for row in trucks.rows]
    for row in rows[: int(rng.integers(1, 3))]:
        lasts = int(rng.integers(40, 120))
        row |= {"range_loaded": lasts, "charge_minutes": int(rng.integers(20, 120)),
                "range_empty": lasts * 2 if rng.random() < 0.5 else "", "reserve": float(rng.choice([0, 0.1, 0.2])),
                "chargers": str(rng.choice(["", "D1", "S1;D2"]))}  # fmt: skip
    tables = {}
    for name in ("gates", "bans"):
        if (folder / f"{name}.csv").exists():
            table = Table.read_csv(folder / f"{name}.csv")
            tables[name] = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return write(folder, days=2, trucks=rows, **tables)


@pytest.mark.parametrize("seed", range(12))
def test_random_electric_days_hold_up_to_check_and_replay(tmp_path, seed):
    rng = np.random.default_rng(seed)
    folder = electric_day(tmp_path / "a", rng)
    lanes = [("S1", "D1"), ("S1", "D2"), ("S2", "D1"), ("S2", "D2")]
    plan = flows(*((d, a, b, float(rng.integers(10, 260))) for d in range(2) for a, b in lanes))
    dispatch = dispatched(folder, plan, rounds=60, seed=seed)
    assert checked(folder, plan, dispatch, tmp_path / "out") == []
    assert exact(folder, dispatch) == 0
    goal = dispatch.summary["goals"][0]
    assert goal["bound"] <= goal["value"] + 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_an_electric_day_dispatched_anew_keeps_its_charges(tmp_path, seed):
    """At 11:00 what is done stays, its charges too; the check follows the batteries through facts and plans."""
    rng = np.random.default_rng(seed)
    trucks = [E | {"count": 3, "range_loaded": int(rng.integers(45, 60)), "chargers": ["", "D2"][seed % 2]}]
    folder, out = write(tmp_path / "a", trucks=trucks), tmp_path / "out"
    supply = {"material": "spoil_silty_clay", "unit": "t", "quantity": 320}
    write(folder, trucks=trucks, supplies=[{"supply": "S1", **supply}, {"supply": "S2", **supply}])
    assert main(["dispatch", str(folder), str(out), "--rounds", "100", "--replay", "0", "--quiet"]) in (0, 3)
    was = [row for row in Table.read_csv(out / "trips.csv").records() if row["start_at"][11:] < "11:00"]
    late = tmp_path / "today.csv"
    late.write_text(f"event,ticket,leave_at\nrunning,{was[-1]['ticket']},11:20\n", encoding="utf-8")
    command = [
        "dispatch",
        str(folder),
        str(out),
        "--from",
        "11:00",
        "--actuals",
        str(late),
        "--rounds",
        "100",
        "--quiet",
    ]
    assert main([*command, "--replay", "1"]) in (0, 3)
    assert main(["check", str(folder), str(out), "--quiet"]) == 0
    now = {row["ticket"]: row for row in Table.read_csv(out / "trips.csv").records()}
    assert any(row["charge_at"] for row in was)
    for row in was[:-1]:
        assert [now[row["ticket"]][name] for name in ("charge_at", "plug_at", "battery")] == [
            row[name] for name in ("charge_at", "plug_at", "battery")
        ]


def test_bad_batteries_are_told_all_at_once(tmp_path):
    bad = [{**E, "truck": "A", "charge_minutes": ""}, {**E, "truck": "B", "chargers": "X;S1"},
           {**E, "truck": "C", "range_loaded": "", "chargers": "S1", "charge_minutes": ""}]  # fmt: skip
    with pytest.raises(InputError) as caught:
        load_scenario(write(tmp_path / "a", trucks=bad))
    told = "\n".join(map(str, caught.value.faults))
    assert "trucks.csv:2: charge_minutes: is blank; an electric truck needs the minutes that charge it full" in told
    assert "trucks.csv:3: chargers: 'X' is no place of the scenario" in told
    assert "trucks.csv:4: range_empty: is for electric trucks" in told
    assert "trucks.csv:4: chargers: is for electric trucks" in told


def test_a_range_that_is_too_short_is_named(tmp_path):
    """From the depot 4 km empty, 5 laden, 6 back: 10 % + 10/12 + 5/12 of a battery of 12 laden and 24 empty km."""
    short = E | {"range_loaded": 12, "range_empty": 24}
    folder = write(tmp_path / "a", trucks=[short])
    with pytest.raises(InputError) as caught:
        dispatched(folder, flows((0, "S1", "D1", 16.0), (0, "S1", "D2", 16.0)))
    told = "\n".join(map(str, caught.value.faults))
    need = 0.1 + 4 / 24 + 5 / 12 + 6 / 24
    assert "a full battery of E lasts for no load of the plan" not in told  # one it can do
    assert need < 1
    assert "no truck that may carry spoil_silty_clay has a battery that lasts for S1 to D2" in told
    with pytest.raises(InputError) as caught:
        dispatched(folder, flows((0, "S1", "D2", 16.0)))
    assert f"takes {0.1 + 4 / 24 + 10 / 12 + 6 / 24:.0%} of it" in str(caught.value)
