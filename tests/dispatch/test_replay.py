"""Replays: the tickets to the minute when times are exact, queues by hand, the same luck for the same seed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from fleets import dispatched, flows, write
from test_schedules import GOOD, random_day

from optimizer.cli import main
from optimizer.dispatch.network import build_network
from optimizer.distances import measure
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.replay import replay
from optimizer.replay.chance import Luck, draw
from optimizer.replay.tickets import read_schedule
from optimizer.replay.world import World
from optimizer.tables import Table

QUIET = Progress(quiet=True)


def replayed(folder, tables, replications=0, seed=0):
    scenario = load_scenario(folder)
    return replay(scenario, measure(scenario, QUIET), tables, replications=replications, seed=seed, progress=QUIET)


@pytest.mark.parametrize("seed", range(12))
def test_exact_times_give_the_minutes_of_the_tickets(tmp_path, seed):
    """Gates with few bays, bans, rests and night shifts by chance, two days."""
    rng = np.random.default_rng(seed)
    folder = random_day(tmp_path / "a", rng)
    lanes = [(d, a, b) for d in range(2) for a in ("S1", "S2") for b in ("D1", "D2")]
    plan = flows(*((d, a, b, float(rng.integers(10, 260))) for d, a, b in lanes))
    dispatch = dispatched(folder, plan, rounds=60, seed=seed)
    exact = replayed(folder, dispatch.tables).summary["exact"]
    trucks = len(dispatch.tables["trucks"])
    assert exact == {"moments": 6 * len(dispatch.tables["trips"]) + trucks, "differences": 0, "late": 0,
                     "gate_overlaps": 0, "over_hours": 0, "first_differences": []}  # fmt: skip
    found = replayed(folder, dispatch.tables, replications=2, seed=seed).summary
    assert found["turned_away_loads"]["mean"] <= found["late_loads"]["mean"]


def by_hand(tmp_path, **gate):
    """Two trucks, a load each to D1, that both arrive there at 06:24; the one bay takes them one after the other."""
    gates = [{"place": "D1", "what": "tip", "opens": "06:00", "closes": "18:00", "bays": 1, "minutes": 3} | gate]
    folder = write(tmp_path / "a", gates=gates)
    columns = ("ticket", "date", "truck", "seq", "from", "to", "start_at", "load_at", "depart_at", "arrive_at",
               "tip_at", "leave_at")  # fmt: skip

    def moments(*clocks):
        return tuple(f"2025-03-03T{clock}" for clock in clocks)

    trips = Table(columns)
    for truck in ("T-01", "T-02"):
        trips.rows.append((f"x-{truck}", "2025-03-03", truck, 1, "S1", "D1",
                           *moments("06:00", "06:07", "06:12", "06:24", "06:24", "06:31")))  # fmt: skip
    trucks = Table(("date", "truck", "class", "leave_for_home_at", "home_at"))
    trucks.rows = [("2025-03-03", truck, "T", *moments("06:31", "06:42")) for truck in ("T-01", "T-02")]
    return folder, {"trips": trips, "trucks": trucks}


def test_two_trucks_on_one_bay_are_told(tmp_path):
    """4 km = 7 min, load 5, 5 km laden = 12: both are there at 06:24; tipping takes 3, so one of them waits 3."""
    folder, tables = by_hand(tmp_path)
    found = replayed(folder, tables)
    exact = found.summary["exact"]
    assert exact["differences"] == 3
    assert found.violations == {"late": 1, "over_hours": 0, "gate_overlaps": 1}
    assert [(told["moment"], told["minutes_later"]) for told in exact["first_differences"]] == [
        ("tip_at", 3.0), ("leave_at", 3.0), ("home_at", 3.0)]  # fmt: skip


def test_a_gate_that_closes_turns_the_second_truck_away(tmp_path):
    """Hours until 06:28 hold one tipping of 3 minutes from 06:24, not a second from 06:27."""
    folder, tables = by_hand(tmp_path, closes="06:28")
    found = replayed(folder, tables)
    assert (found.violations["late"], found.violations["gate_overlaps"]) == (1, 1)
    told = found.summary["exact"]["first_differences"]
    assert [(t["moment"], t["minutes_later"]) for t in told][:2] == [("tip_at", None), ("leave_at", None)]


def test_a_shift_that_ends_before_the_truck_is_home_is_told(tmp_path):
    """Home at 06:42 by the tickets, and the shift ends at 06:40."""
    folder, tables = by_hand(tmp_path, bays=2)
    trucks = (folder / "trucks.csv").read_text(encoding="utf-8")
    (folder / "trucks.csv").write_text(trucks.replace("18:00", "06:40"), encoding="utf-8")
    assert replayed(folder, tables).violations == {"late": 0, "over_hours": 2, "gate_overlaps": 0}


def test_slow_loading_is_handed_on_to_the_queue(tmp_path):
    """The first truck loads twice as long (06:17), the second as planned: it tips 06:24, the first 06:29, no queue."""
    folder, tables = by_hand(tmp_path)
    scenario = load_scenario(folder)
    schedule = read_schedule(scenario, tables["trips"], tables["trucks"])
    world = World(scenario, build_network(scenario, measure(scenario, QUIET)), schedule)
    ticket = np.ones((2, 5))
    ticket[0, 1] = 2.0
    found = world.run(Luck(ticket, np.ones(1), np.ones(2)))
    assert found.at[:, 4].tolist() == [6 * 60 + 29, 6 * 60 + 24]
    assert found.queue.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert found.home.tolist() == [6 * 60 + 47, 6 * 60 + 42]


def test_a_truck_in_front_that_is_late_makes_a_queue(tmp_path):
    """Tickets for 06:24 and 06:27. The first loads 2 min longer and is there at 06:26, done at 06:29.

    The second came at 06:24 as planned: it is served at 06:29 and has waited 5, of which the schedule has 3.
    """
    folder, tables = by_hand(tmp_path)
    second = dict(zip(tables["trips"].columns, tables["trips"].rows[1], strict=True))
    second |= {"tip_at": "2025-03-03T06:27", "leave_at": "2025-03-03T06:34"}
    tables["trips"].rows[1] = tuple(second.values())
    scenario = load_scenario(folder)
    schedule = read_schedule(scenario, tables["trips"], tables["trucks"])
    world = World(scenario, build_network(scenario, measure(scenario, QUIET)), schedule)
    assert world.run(None).queue[:, 1].tolist() == [0.0, 3.0]
    ticket = np.ones((2, 5))
    ticket[0, 1] = 7 / 5
    found = world.run(Luck(ticket, np.ones(1), np.ones(2)))
    assert found.at[:, 4].tolist() == pytest.approx([6 * 60 + 26, 6 * 60 + 29])
    assert found.queue[:, 1].tolist() == pytest.approx([0.0, 5.0])


def test_luck_is_the_trucks_own_and_means_one(tmp_path):
    """Leaving a ticket or a truck out changes the luck of no other; the mean of many factors is 1 within 4 errors."""
    folder = write(tmp_path / "a")
    tables = dispatched(folder, GOOD).tables
    scenario = load_scenario(folder)
    schedule = read_schedule(scenario, tables["trips"], tables["trucks"])
    lucks = list(draw(schedule, 400, 7))
    fewer = {**tables, "trips": Table(tables["trips"].columns, tables["trips"].rows[:-1])}
    short = read_schedule(scenario, fewer["trips"], fewer["trucks"])
    other = next(draw(short, 400, 7))
    assert np.array_equal(lucks[0].ticket[:-1], other.ticket)
    assert np.array_equal(lucks[0].home, other.home)
    factors = np.stack([luck.ticket for luck in lucks]).reshape(-1, 5)
    error = factors.std(axis=0) / np.sqrt(len(factors))
    assert np.all(np.abs(factors.mean(axis=0) - 1) < 4 * error)
    assert np.all(factors.std(axis=0) > 0.09)


def test_the_same_seed_tells_the_same(tmp_path):
    folder = write(tmp_path / "a")
    tables = dispatched(folder, GOOD).tables
    first, again, other = (replayed(folder, tables, 5, seed) for seed in (3, 3, 4))
    assert (first.summary, first.table.rows) == (again.summary, again.table.rows)
    assert first.table.rows != other.table.rows


def test_the_command(tmp_path, capsys):
    """The dispatch brings a replay; a ticket moved to a minute that cannot be is found, exit code 1."""
    folder, out = write(tmp_path / "week"), tmp_path / "out"
    assert main(["dispatch", str(folder), str(out), "--rounds", "50", "--replay", "2", "--quiet"]) == 0
    assert "replay with exact times: all" in capsys.readouterr().out
    assert 'href="dispatch.html"' in (out / "report.html").read_text(encoding="utf-8")
    assert (out / "sheets" / "2025-03-03.html").exists()
    rows = list(Table.read_csv(out / "replay.csv").records())
    assert {row["what"] for row in rows} == {"gate", "gate_hour", "truck"}
    by_hour = sum(int(row["trucks"]) for row in rows if row["what"] == "gate_hour")
    assert by_hour == sum(int(row["trucks"]) for row in rows if row["what"] == "gate") == 16
    assert main(["replay", str(folder), str(out), "--replay", "3", "--seed", "9", "--json", "--quiet"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["replications"] == 3
    assert json.loads((out / "dispatch.json").read_text(encoding="utf-8"))["replay"] == figures
    trips = Table.read_csv(out / "trips.csv")
    at = trips.columns.index("load_at")
    trips.rows[0] = (*trips.rows[0][:at], trips.rows[0][at][:-5] + "06:00", *trips.rows[0][at + 1 :])
    (out / "trips.csv").write_text(trips.to_csv(), encoding="utf-8")
    assert main(["replay", str(folder), str(out), "--replay", "0", "--quiet"]) == 1
    assert "load_at comes" in capsys.readouterr().out
    trucks = Table.read_csv(out / "trucks.csv")  # as an older version wrote it
    had = trucks.columns.index("fuel_empty_l")
    older = Table(trucks.columns[:had], [row[:had] for row in trucks.rows])
    (out / "trucks.csv").write_text(older.to_csv(), encoding="utf-8")
    assert main(["replay", str(folder), str(out), "--replay", "0", "--quiet"]) == 2
    assert "dispatch again" in capsys.readouterr().err
    (out / "trips.csv").unlink()
    assert main(["replay", str(folder), str(out), "--quiet"]) == 2
    assert "dispatch again" in capsys.readouterr().err
