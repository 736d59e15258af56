"""Loads that are left go back to the plan, which moves them to where trucks and gates have time."""

from __future__ import annotations

import csv
import json

import pytest
from fleets import write

from optimizer.cli import main

TRUCK = [{"truck": "T", "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "14:00"}]
SUPPLY = {"material": "spoil_silty_clay", "unit": "t"}
LITTLE = {"supply": "S2", **SUPPLY, "quantity": 16}


def run(folder, out, *options):
    return main(["dispatch", str(folder), str(out), "--rounds", "200", "--replay", "0", "--quiet", *options])


def told(out, name="dispatch"):
    return json.loads((out / f"{name}.json").read_text(encoding="utf-8"))


def days(out):
    with (out / "trips.csv").open(encoding="utf-8") as stream:
        return {row["date"] for row in csv.DictReader(stream)}


def test_a_day_with_too_much_is_spread_over_the_days_that_have_trucks(tmp_path):
    """One truck takes some 14 loads a day; the plan knows no trucks, and so moves 30 on the first day."""
    supplies = [{"supply": "S1", **SUPPLY, "quantity": 480, "from": "2025-03-03", "to": "2025-03-05"}, LITTLE]
    releases = [{"supply": "S1", "date": "2025-03-03", "quantity": 480}]
    folder = write(tmp_path / "week", days=3, trucks=TRUCK, supplies=supplies, releases=releases)
    out = tmp_path / "out"
    assert run(folder, out) == 3
    left = told(out)["violations"]["unserved_loads"]
    kept = (out / "flows.csv").read_bytes()
    assert run(folder, out, "--feedback", "3") == 0
    assert (out / "flows.csv").read_bytes() != kept and len(days(out)) == 3
    rounds = told(out)["feedback"]
    assert rounds[0]["before_t"] == pytest.approx(left * 16) and rounds[-1]["unserved_t"] == 0
    assert all(limit["what"] == "fleet" for limit in rounds[0]["limits"]) and rounds[0]["moved_t"] > 0
    assert told(out, "plan")["feedback"] == rounds
    assert main(["check", str(folder), str(out)]) == 0


def test_what_one_gate_cannot_take_goes_through_another(tmp_path):
    """D1 is near and serves two hours with one bay; D2 is farther and takes all the time."""
    gates = [{"place": "D1", "what": "tip", "opens": "06:00", "closes": "08:00", "bays": 1, "minutes": 10}]
    supplies = [{"supply": "S1", **SUPPLY, "quantity": 320}, LITTLE]
    trucks = [{**TRUCK[0], "count": 6}]
    folder, out = write(tmp_path / "week", trucks=trucks, supplies=supplies, gates=gates), tmp_path / "out"
    assert run(folder, out) == 3
    assert run(folder, out, "--feedback", "2") == 0
    limits = told(out)["feedback"][0]["limits"]
    assert {(limit["place"], limit["what"]) for limit in limits} == {("D1", "tip")}
    with (out / "flows.csv").open(encoding="utf-8") as stream:
        assert {row["to"] for row in csv.DictReader(stream)} == {"D1", "D2"}
    assert main(["check", str(folder), str(out)]) == 0


def test_what_cannot_be_done_stays_as_it_was(tmp_path):
    """One day, one truck, twice its work: nothing can move, and the plan that was published stays to the byte."""
    supplies = [{"supply": "S1", **SUPPLY, "quantity": 480}, LITTLE]
    folder, out = write(tmp_path / "week", trucks=TRUCK, supplies=supplies), tmp_path / "out"
    assert run(folder, out) == 3
    kept = (out / "flows.csv").read_bytes()
    assert run(folder, out, "--feedback", "2") == 3
    assert (out / "flows.csv").read_bytes() == kept
    assert not any(entry["better"] for entry in told(out)["feedback"])
