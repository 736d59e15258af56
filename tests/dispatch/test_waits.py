"""Where trucks wait: by hand, as late as the independent check allows, with rests, bays, bans and what was told."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from fleets import LANES, checked, dispatched, flows, recheck, write
from test_redispatch import again, figures, rows

from optimizer.cli import main
from optimizer.dispatch.tables import MOMENTS
from optimizer.replay.words import chance_in_words

TRUCK = {"truck": "T", "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "18:00"}
SEVEN = {"place": "D1", "what": "tip", "opens": "07:00", "closes": "17:00", "minutes": 3, "wash": 4}


def moments(row: dict[str, object]) -> list[str]:
    return [str(row[name])[11:] for name in MOMENTS]


def test_a_truck_is_laden_when_the_fill_opens_and_not_before(tmp_path):
    """Y1 → S1 7 min, loading 5, S1 → D1 12: it would stand before D1 from 06:24, and leaves its depot at 06:36."""
    folder, plan = write(tmp_path / "a", trucks=[TRUCK], gates=[SEVEN]), flows((0, "S1", "D1", 32.0))
    dispatch = dispatched(folder, plan)
    first, second = dispatch.tables["trips"].records()
    assert moments(first) == ["06:36", "06:43", "06:48", "07:00", "07:00", "07:07"]
    assert moments(second) == ["07:07", "07:16", "07:21", "07:33", "07:33", "07:40"]
    assert dispatch.tables["trucks"].column("out_at") == ["2025-03-03T06:36"]
    assert checked(folder, plan, dispatch, tmp_path / "out") == []


def test_one_loading_bay_serves_the_last_one_last(tmp_path):
    """Two are tipped at 07:00 and one loads at a time: at 06:43, and 5 min before; that one stays 5 min, laden."""
    gates = [SEVEN, {"place": "S1", "what": "load", "bays": 1, "minutes": 5}]
    folder = write(tmp_path / "a", trucks=[TRUCK | {"count": 2, "shift_to": "07:20"}], gates=gates)
    plan = flows((0, "S1", "D1", 32.0))
    dispatch = dispatched(folder, plan)
    first, second = sorted(moments(row) for row in dispatch.tables["trips"].records())
    assert first == ["06:31", "06:38", "06:48", "07:00", "07:00", "07:07"]
    assert second == ["06:36", "06:43", "06:48", "07:00", "07:00", "07:07"]
    assert checked(folder, plan, dispatch, tmp_path / "out") == []


def test_a_rest_that_is_needed_stays(tmp_path):
    """It may drive 30 min on end, and 9 back, 12 laden and 11 home are 32: 20 min of the wait for D1 are its rest.

    D1 is closed from 07:10 to 08:10. Loading moves by all the wait, to 07:53; the empty leg leaves 20 min before it.
    """
    hours = [SEVEN | {"closes": "07:10"}, SEVEN | {"opens": "08:10"}]
    folder = write(tmp_path / "a", trucks=[TRUCK | {"rest_after": 0.5, "rest": 20}], gates=hours)
    plan = flows((0, "S1", "D1", 32.0))
    dispatch = dispatched(folder, plan)
    first, second = dispatch.tables["trips"].records()
    assert moments(first)[-1] == "07:07"
    assert moments(second) == ["07:24", "07:53", "07:58", "08:10", "08:10", "08:17"]
    assert checked(folder, plan, dispatch, tmp_path / "out") == []


def shifted(row: dict[str, str], names: tuple[str, ...], later: int) -> dict[str, str]:
    return row | {name: str(np.datetime64(row[name]) + np.timedelta64(later, "m")) for name in names}


def minutes(row: dict[str, str], earlier: str, later: str) -> int:
    return int((np.datetime64(row[later]) - np.datetime64(row[earlier])) / np.timedelta64(1, "m"))


def waits(row: dict[str, str], loading: dict[str, int]) -> list[tuple[tuple[str, ...], int]]:
    """What could be later, and by how many minutes: the laden leg, loading, the empty leg."""
    there = math.ceil(float(row["km_empty"]) / 35 * 60 - 1e-9)
    return [(("depart_at", "arrive_at"), minutes(row, "arrive_at", "tip_at")),
            (("load_at",), minutes(row, "load_at", "depart_at") - loading[row["from"]]),
            (("start_at",), minutes(row, "start_at", "load_at") - there)]  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_nothing_can_be_moved_later_by_the_check(tmp_path, seed):
    """Every wait that is left after a leg or loading: if that were later by any part of it, a rule would break."""
    rng = np.random.default_rng(seed)
    gates = [{"place": d, "what": "tip", "opens": f"07:{rng.integers(30):02d}", "closes": "17:00",
              "bays": int(rng.integers(1, 4)), "minutes": 3} for d in ("D1", "D2")]  # fmt: skip
    gates += [{"place": s, "what": "load", "bays": 1, "minutes": int(rng.integers(5, 20))} for s in ("S1", "S2")]
    trucks = [TRUCK | {"count": 8, "emission": 4, "rest_after": 12, "shift_to": "08:10"}]
    held = seed % 2 == 1  # laden trucks at the pit, by a ban: loading need not end when they leave
    bans = {"bans": [{"emission": 5, "hour_from": "06:40", "hour_to": "06:50"}]} if held else {}
    folder = write(tmp_path / "a", trucks=trucks, gates=gates, **bans)
    t = rng.integers(16, 64, 4).astype(float)
    plan = flows(*((0, a, b, t[i]) for i, (a, b) in enumerate(LANES)))
    out = tmp_path / "out"
    assert checked(folder, plan, dispatched(folder, plan, rounds=60, seed=seed), out) == []
    trips = rows(out)
    loading = {str(gate["place"]): int(gate["minutes"]) for gate in gates}
    left = [(i, names, wait) for i, row in enumerate(trips) for names, wait in waits(row, loading)
            if names != ("load_at",) or not held]  # fmt: skip
    for i, names, wait in left:
        for later in range(1, wait + 1):
            rewrite(out / "trips.csv", [*trips[:i], shifted(trips[i], names, later), *trips[i + 1 :]])
            found = [finding for finding in recheck(folder, plan, out) if "out_at" not in finding]  # trucks.csv stays
            assert found != [], (trips[i]["ticket"], names, later)
    assert sum(wait for _, _, wait in left) > 0


def rewrite(file: Path, trips: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(trips[0]))
        writer.writeheader()
        writer.writerows(trips)


def test_a_day_with_waits_dispatched_anew_stays_and_who_was_told_is_kept_to_it(tmp_path):
    """A fill that opens an hour later than told: loading moves by 15 min at most, so no ticket counts as changed."""
    supplies = [{"supply": s, "material": "spoil_silty_clay", "unit": "t", "quantity": 96} for s in ("S1", "S2")]
    folder, out = write(tmp_path / "a", trucks=[TRUCK | {"count": 2}], gates=[SEVEN], supplies=supplies), tmp_path / "o"
    assert main(["dispatch", str(folder), str(out), "--rounds", "300", "--quiet"]) == 0
    was = rows(out)
    assert again(folder, out, "06:10") == 0
    assert rows(out) == was
    first = {row["ticket"]: row for row in was if row["tip_at"][11:] == "07:00"}
    closed = {"event": "closed", "place": "D1", "what": "tip", "at": "06:10", "until": "08:00"}
    assert again(folder, out, "06:12", closed) == 0
    now = {row["ticket"]: row for row in rows(out)}
    assert first and all(now[name]["tip_at"][11:] >= "08:00" for name in first)
    changed = {row["ticket"] for row in rows(out, "ticket_changes")}
    for name, row in first.items():
        moved = abs(int((np.datetime64(now[name]["load_at"]) - np.datetime64(row["load_at"])).astype(int)))
        assert (moved > 15) == (name in changed)
    assert figures(out)["changed_tickets"] == len(changed)


def test_the_page_tells_of_the_longest_queue(tmp_path):
    """A queue at one gate must not drown in nine of ten trucks that wait nowhere."""
    worst = {"place": "P01", "service": "tip", "queue_p90_min": 16.8}
    summary = {"replications": 10, "late_share": 0.04, "late_min": 15, "queue_p90_min": 0.0, "gates": 120,
               "gates_over_10_min": 2, "worst_gate": worst}  # fmt: skip
    english, chinese = chance_in_words(summary)
    assert "at 2 of 120 gates one in ten waits over 10 (most at P01, tipping: 16.8)." in english
    assert "120 处中有 2 处" in chinese and "P01卸车处 16.8 分钟" in chinese
    english, chinese = chance_in_words(summary | {"gates_over_10_min": 0})
    assert "at no gate over 10 (most at P01" in english and "没有一处超过 10 分钟" in chinese
    folder, out = write(tmp_path / "a", trucks=[TRUCK]), tmp_path / "out"
    assert main(["dispatch", str(folder), str(out), "--rounds", "10", "--quiet"]) == 0
    told = chance_in_words(json.loads((out / "dispatch.json").read_text(encoding="utf-8"))["replay"])
    page = (out / "dispatch.html").read_text(encoding="utf-8")
    assert all(sentence in page for sentence in told)
