"""A day dispatched anew: what is done stays, what must change changes, and little else."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from fleets import write

from optimizer.cli import main

TRUCKS = [{"truck": "T", "count": 3, "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "18:00"}]
SUPPLIES = [{"supply": s, "material": "spoil_silty_clay", "unit": "t", "quantity": 320} for s in ("S1", "S2")]


@pytest.fixture
def week(tmp_path):
    """(scenario folder, folder with one published day of 40 loads on three trucks)."""
    folder, out = write(tmp_path / "week", trucks=TRUCKS, supplies=SUPPLIES), tmp_path / "out"
    assert main(["dispatch", str(folder), str(out), "--slack", "0", "--rounds", "300", "--replay", "0", "--quiet"]) == 0
    return folder, out


def rows(out: Path, name: str = "trips") -> list[dict[str, str]]:
    with (out / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def again(folder: Path, out: Path, moment: str, *events: dict[str, object], options: tuple[str, ...] = ()) -> int:
    """Exit code of dispatching anew with some events; the check must confirm what is written."""
    file = out.parent / "today.csv"
    columns = list(dict.fromkeys(name for event in events for name in event)) or ["event"]
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        writer.writerows(events)
    code = main(["dispatch", str(folder), str(out), "--from", moment, "--actuals", str(file), "--rounds", "300",
                 "--replay", "1", "--quiet", *options])  # fmt: skip
    if code != 2:
        assert json.loads((out / "dispatch.json").read_text())["replay"]["exact"]["differences"] == 0
        assert main(["check", str(folder), str(out)]) == 0
    return code


def figures(out: Path) -> dict[str, float]:
    told: dict[str, float] = json.loads((out / "dispatch.json").read_text())["again"]
    return told


def before(trips: list[dict[str, str]], clock: str) -> list[dict[str, str]]:
    return [row for row in trips if row["start_at"][11:] < clock]


def test_where_nothing_happened_nothing_changes(week):
    folder, out = week
    was = rows(out)
    assert again(folder, out, "10:00") == 0
    assert figures(out)["changed_tickets"] == 0 and rows(out, "ticket_changes") == []
    now = rows(out)
    assert [{**row, "state": ""} for row in now] == [{**row, "state": ""} for row in was]
    begun = {row["ticket"] for row in before(was, "10:00")}
    assert begun and {row["ticket"] for row in now if row["state"] != "planned"} == begun
    assert {row["state"] for row in now} == {"done", "running", "planned"}


def test_the_loads_of_a_truck_that_breaks_down_go_to_the_others_and_no_other_ticket_changes(week):
    folder, out = week
    was = rows(out)
    out_of_it = [row for row in was if row["truck"] == "T-02"]
    assert again(folder, out, "08:00", {"event": "breakdown", "truck": "T-02", "at": "07:50"}) in (0, 3)
    now, told = rows(out), figures(out)
    left = [row for row in out_of_it if row["leave_at"][11:] > "07:50"]
    done = {row["ticket"] for row in out_of_it} - {row["ticket"] for row in left}
    assert {row["ticket"] for row in now if row["truck"] == "T-02"} == done
    assert told["changed_tickets"] == told["of_trucks_out"] == len(left) - told["stranded"]
    stayed = {row["ticket"]: row for row in now}
    for row in was:
        if row["truck"] != "T-02":
            assert abs(minutes(stayed[row["ticket"]]["load_at"]) - minutes(row["load_at"])) <= 15
    numbers = [row["ticket"] for row in now]
    assert len(set(numbers)) == len(numbers)
    assert all(row["why"] == "truck T-02 broke down" for row in rows(out, "ticket_changes"))
    (day,) = [row for row in rows(out, "trucks") if row["truck"] == "T-02"]
    assert (day["state"], day["km_home"], day["home_at"][11:]) == ("out", "0", "07:50")


def minutes(moment: str) -> int:
    return int(moment[11:13]) * 60 + int(moment[14:16])


def test_a_truck_with_a_flat_tyre_goes_on_later(week):
    folder, out = week
    was = [row for row in rows(out) if row["truck"] == "T-01" and row["load_at"][11:] < "08:00" < row["leave_at"][11:]]
    assert again(folder, out, "08:00", {"event": "breakdown", "truck": "T-01", "until": "09:30"}) in (0, 3)
    now = [row for row in rows(out) if row["truck"] == "T-01"]
    assert not any("08:00" < row["start_at"][11:] < "09:30" for row in now)
    late = {row["ticket"]: row for row in now}
    for row in was:
        if row["depart_at"][11:] <= "08:00":
            assert minutes(late[row["ticket"]]["leave_at"]) == minutes(row["leave_at"]) + 90
    assert figures(out)["stranded"] == 0


def test_a_late_truck_keeps_its_tickets_and_what_it_did_is_as_told(week):
    folder, out = week
    running = next(row for row in rows(out) if row["start_at"][11:] < "09:00" < row["leave_at"][11:])
    event = {"event": "running", "ticket": running["ticket"], "depart_at": "09:20", "leave_at": "10:00"}
    assert again(folder, out, "09:00", event) in (0, 3)
    now = {row["ticket"]: row for row in rows(out)}
    told = now[running["ticket"]]
    assert (told["depart_at"][11:], told["leave_at"][11:], told["state"]) == ("09:20", "10:00", "running")
    later = [row for row in now.values() if row["truck"] == running["truck"] and int(row["seq"]) > int(running["seq"])]
    assert later and all(row["start_at"][11:] >= "10:00" for row in later)


def test_closed_gates_new_and_cancelled_loads(week):
    folder, out = week
    was = rows(out)
    gone = next(row for row in was if row["start_at"][11:] > "10:00")
    place = gone["to"]
    new = {"event": "new", "ticket": "more-1", "from": "S1", "to": "D2", "material": "spoil_silty_clay", "t": 40}
    events = ({"event": "closed", "place": place, "what": "tip", "at": "10:30", "until": "12:00"},
              {"event": "cancelled", "ticket": gone["ticket"]}, new)  # fmt: skip
    assert again(folder, out, "10:00", *events) == 0
    now = rows(out)
    assert not any("10:28" <= row["tip_at"][11:] < "12:00" and row["to"] == place for row in now)
    assert gone["ticket"] not in {row["ticket"] for row in now}
    assert len(now) == len(was) - 1 + 3
    assert sum(float(row["t"]) for row in now) == pytest.approx(sum(float(r["t"]) for r in was) - 16 + 40)
    assert {"new", "cancelled"} <= {row["change"] for row in rows(out, "ticket_changes")}
    # told again with the whole list, nothing is added twice
    assert again(folder, out, "11:00", *events) == 0
    assert len(rows(out)) == len(now) and figures(out)["changed_tickets"] == 0


def test_a_corrected_copy_of_the_tickets_will_do(week):
    folder, out = week
    trips = rows(out)
    late = [row for row in trips if row["tip_at"][11:] <= "09:55"][-1]
    late["leave_at"] = late["leave_at"][:11] + "10:10"
    assert again(folder, out, "10:00", *trips) in (0, 3)
    now = {row["ticket"]: row for row in rows(out)}[late["ticket"]]
    assert (now["leave_at"][11:], now["state"]) == ("10:10", "running")


def test_whoever_may_change_saves_km(week):
    """With no worth put on what drivers were told, empty km are all that counts."""
    folder, out = week
    event = {"event": "breakdown", "truck": "T-02", "at": "07:50"}
    kept = out.with_name("kept")
    main(["dispatch", str(folder), str(kept), "--slack", "0", "--rounds", "300", "--replay", "0", "--quiet"])
    assert again(folder, kept, "08:00", event) in (0, 3)
    assert again(folder, out, "08:00", event, options=("--change-km", "0")) in (0, 3)
    km = [json.loads((o / "dispatch.json").read_text())["kpis"]["km_empty"] for o in (out, kept)]
    assert km[0] <= km[1] + 1e-6


@pytest.mark.parametrize("seed", range(4))
def test_random_days_with_random_events_hold(tmp_path, seed):
    """Gates with hours and bays, two classes of trucks, a rest rule; whatever happens, the check confirms the rest."""
    rng = np.random.default_rng(seed)
    gates = [{"place": place, "what": what, "opens": "06:00", "closes": "20:00", "bays": int(rng.integers(1, 3)),
              "minutes": int(rng.integers(2, 8)), "wash": int(rng.integers(0, 4))}
             for place, what in (("S1", "load"), ("D1", "tip"), ("D2", "tip"))]  # fmt: skip
    trucks = [{**TRUCKS[0], "rest_after": 2, "rest": 20},
              {**TRUCKS[0], "truck": "U", "count": 2, "payload": 20, "shift_to": "16:00"}]  # fmt: skip
    folder, out = write(tmp_path / "week", trucks=trucks, supplies=SUPPLIES, gates=gates), tmp_path / "out"
    assert main(["dispatch", str(folder), str(out), "--rounds", "200", "--replay", "0", "--quiet"]) in (0, 3)
    for moment in ("08:30", "11:00"):
        open_ = [row for row in rows(out) if row["start_at"][11:] >= moment]
        running = [row for row in rows(out) if row["start_at"][11:] < moment < row["leave_at"][11:]]
        names = sorted({row["truck"] for row in rows(out)})
        events: list[dict[str, object]] = [
            {"event": "breakdown", "truck": names[int(rng.integers(len(names)))]},
            {"event": "closed", "place": str(rng.choice(["D1", "D2", "S1"])), "until": "12:30"},
            {"event": "new", "ticket": f"n{moment}", "from": "S2", "to": "D1", "material": "spoil_silty_clay",
             "t": float(rng.integers(5, 60))},
        ]  # fmt: skip
        if open_:
            events.append({"event": "cancelled", "ticket": open_[-1]["ticket"]})
        if running:
            events.append({"event": "running", "ticket": running[-1]["ticket"], "leave_at": "12:05"})
        assert again(folder, out, moment, *events) in (0, 3)


def test_every_fault_of_the_events_at_once(week, capsys):
    folder, out = week
    trips, kept = rows(out), (out / "trips.csv").read_bytes()
    first = trips[0]["ticket"]
    events = (
        {"event": "done", "ticket": first + "x"},
        {"event": "done", "ticket": first, "load_at": "07:00", "leave_at": "06:30"},
        {"event": "running", "ticket": first},
        {"event": "breakdown", "truck": "T-09"},
        {"event": "breakdown", "truck": "T-01", "at": "23:00"},
        {"event": "closed", "place": "D9", "until": "12:00"},
        {"event": "closed", "place": "D1", "until": "nine"},
        {"event": "new", "ticket": "n", "from": "D1", "to": "S1", "material": "gold", "t": 0},
        {"event": "lost", "ticket": first},
    )
    assert again(folder, out, "10:00", *events) == 2
    told = capsys.readouterr().err
    for line, column, words in (
        (2, "ticket", f"did you mean `{first}`?"), (3, "leave_at", "is before load_at"), (4, "ticket", "in row 3"),
        (5, "truck", "no truck of trucks.csv"), (6, "at", "after --from"), (7, "place", "no place"),
        (8, "until", "no moment"), (9, "material", "no material"), (9, "t", "0"), (10, "event", ""),
    ):  # fmt: skip
        assert any(f"today.csv:{line}: {column}:" in text and words in text for text in told.splitlines()), (line, told)
    assert (out / "trips.csv").read_bytes() == kept


def test_wrong_moments_and_folders(week, tmp_path, capsys):
    folder, out = week
    assert main(["dispatch", str(folder), str(out), "--from", "2025-03-09T10:00", "--quiet"]) == 2
    assert "dispatched are 2025-03-03" in capsys.readouterr().err
    assert main(["dispatch", str(folder), str(tmp_path / "none"), "--from", "10:00", "--quiet"]) == 2
    assert "dispatch the whole week first" in capsys.readouterr().err
    assert main(["dispatch", str(folder), str(out), "--actuals", "x.csv", "--quiet"]) == 2
    assert "--from HH:MM" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [("start_at", "2025-03-03T07:00", "when the day was dispatched anew"), ("truck", "T-02", "it broke down"),
     ("tip_at", "2025-03-03T10:40", "is closed then")],
)  # fmt: skip
def test_the_check_notices(week, capsys, column, value, words):
    """A planned ticket before the moment, on a truck that is out, or at a closed gate."""
    folder, out = week
    events = ({"event": "breakdown", "truck": "T-02", "at": "07:50"},
              {"event": "closed", "place": "D1", "at": "10:30", "until": "12:00"})  # fmt: skip
    again(folder, out, "08:00", *events)
    trips = rows(out)
    row = next(row for row in trips if row["state"] == "planned" and row["to"] == "D1")
    row[column] = value
    with (out / "trips.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(row))
        writer.writeheader()
        writer.writerows(trips)
    capsys.readouterr()
    assert main(["check", str(folder), str(out)]) == 1
    printed = capsys.readouterr()
    assert words in printed.out + printed.err


@pytest.fixture
def crowded(tmp_path):
    """As ``week``, with three times the loads that three trucks can take, and large ones among those that are left."""
    trucks = [TRUCKS[0] | {"count": 2}, {**TRUCKS[0], "truck": "L", "count": 1, "payload": 31}]
    supplies = [lot | {"quantity": 1200} for lot in SUPPLIES]
    demands = [{"demand": d, "accepts": "spoil_silty_clay", "unit": "t", "quantity": 2000} for d in ("D1", "D2")]
    folder, out = write(tmp_path / "week", trucks=trucks, supplies=supplies, demands=demands), tmp_path / "out"
    assert main(["dispatch", str(folder), str(out), "--slack", "0", "--rounds", "300", "--replay", "0", "--quiet"]) == 3
    return folder, out


def test_loads_that_were_left_turn_no_day_over(crowded):
    """On a day with too few trucks no ticket is given up or moved for a load that nobody expects any more."""
    folder, out = crowded
    was = rows(out)
    assert again(folder, out, "10:00") == 3
    assert figures(out)["changed_tickets"] == 0 and len(rows(out)) >= len(was)
    assert {row["ticket"] for row in was} <= {row["ticket"] for row in rows(out)}
    assert again(folder, out, "11:00", {"event": "breakdown", "truck": "L", "at": "10:50"}) == 3
    told = figures(out)
    assert told["changed_tickets"] == told["of_trucks_out"] > 5  # the others cannot carry its loads


def test_loads_that_were_left_go_where_there_is_room(crowded):
    """A truck that is added takes them, and no ticket changes."""
    folder, out = crowded
    was = rows(out)
    left = sum(int(row["loads"]) for row in rows(out, "undone"))
    trucks = [TRUCKS[0] | {"count": 2}, {**TRUCKS[0], "truck": "L", "count": 1, "payload": 31},
              {**TRUCKS[0], "truck": "N", "count": 1, "payload": 31}]  # fmt: skip
    supplies = [lot | {"quantity": 1200} for lot in SUPPLIES]
    demands = [{"demand": d, "accepts": "spoil_silty_clay", "unit": "t", "quantity": 2000} for d in ("D1", "D2")]
    write(folder, trucks=trucks, supplies=supplies, demands=demands)
    assert again(folder, out, "10:00") == 3
    now = rows(out)
    assert figures(out)["changed_tickets"] == 0
    assert len([row for row in now if row["truck"] == "N"]) > 5
    assert sum(int(row["loads"]) for row in rows(out, "undone")) < left - 5
    assert {row["ticket"] for row in was} <= {row["ticket"] for row in now}
