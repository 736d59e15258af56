"""Plan folders and scenarios that cannot be read: every fault at once, located, and never a traceback."""

from __future__ import annotations

import json

import pytest
from hand_made_plan import HandMade
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.check import check
from optimizer.errors import InputError
from optimizer.progress import Progress

FILES = ("flows.csv", "stocks.csv", "processing.csv", "balance.csv", "reasons.csv")


def faults(by_hand: HandMade) -> list[str]:
    with pytest.raises(InputError) as caught:
        check(by_hand.scenario, by_hand.plan, Progress())
    return [str(fault) for fault in caught.value.faults]


def test_no_plan_folder(by_hand):
    by_hand.write()
    by_hand.plan = by_hand.plan / "nowhere"
    assert faults(by_hand) == [f"{by_hand.plan}: there is no such plan folder; write one with cutfill plan"]


def test_no_scenario_and_no_plan_are_told_together(by_hand, tmp_path):
    by_hand.scenario, by_hand.plan = tmp_path / "a", tmp_path / "b"
    assert len(faults(by_hand)) == 2


@pytest.mark.parametrize(
    "file", ["flows.csv", "stocks.csv", "processing.csv", "balance.csv", "reasons.csv", "plan.json"]
)
def test_a_missing_file(by_hand, file):
    by_hand.write()
    (by_hand.plan / file).unlink()
    assert faults(by_hand) == [f"{file}: is missing in {by_hand.plan}; plan again"]


@pytest.mark.parametrize(
    ("file", "column", "value", "expected"),
    [
        ("flows.csv", "t", "much", "'much' is not a number below 1e15"),
        ("flows.csv", "t", "", "'' is not a number below 1e15"),
        ("flows.csv", "km", "nan", "'nan' is not a number below 1e15"),
        ("flows.csv", "t", "1e300", "'1e300' is not a number below 1e15"),
        ("flows.csv", "cost", "inf", "'inf' is not a number below 1e15"),
        ("flows.csv", "minutes", "soon", "'soon' is not a number below 1e15"),
        ("flows.csv", "date", "3 March", "'3 March' is not a date like 2025-03-03"),
        ("flows.csv", "grade", "3", "'3' is not 1, 2 or x"),
        ("stocks.csv", "t_end", "-", "'-' is not a number below 1e15"),
        ("processing.csv", "grade", "", "'' is not 1, 2 or x"),
        ("balance.csv", "unserved_t", "?", "'?' is not a number below 1e15"),
        ("reasons.csv", "t", "1 t", "'1 t' is not a number below 1e15"),
    ],
)
def test_a_cell_that_cannot_be_read(by_hand, file, column, value, expected):
    by_hand.set(file, 2, column, value)
    by_hand.write()
    assert faults(by_hand) == [f"{file}:2: {column}: {expected}"]


def test_every_fault_of_every_file_at_once(by_hand):
    by_hand.set("flows.csv", 2, "t", "much")
    by_hand.set("flows.csv", 9, "grade", "9")
    by_hand.replace("plan", "stocks.csv", "t_end", "t_last")
    by_hand.replace("plan", "reasons.csv", ",more spoil", "")
    by_hand.replace("week", "supplies.csv", "300,t", "300,bags")
    by_hand.write()
    (by_hand.plan / "plan.json").write_text("{", encoding="utf-8")
    told = faults(by_hand)
    assert [fault.split(": ")[0] for fault in told] == [
        "flows.csv:2", "flows.csv:9", "plan.json", "reasons.csv:3", "stocks.csv:1", "supplies.csv:2"
    ]  # fmt: skip
    assert "4 cells under 5 columns" in told[3] and "t_end: the column is missing" in told[4]


def test_files_that_are_no_text(by_hand):
    by_hand.write()
    (by_hand.plan / "flows.csv").write_bytes(b"\xff\xfe\x00\x80date")
    (by_hand.plan / "stocks.csv").write_text('date,"facility', encoding="utf-8")
    (by_hand.plan / "balance.csv").write_text("", encoding="utf-8")
    told = faults(by_hand)
    assert told[0].startswith("balance.csv:1: id: the column is missing")
    assert any(f.startswith("flows.csv: cannot be read as CSV") for f in told)
    assert any(f.startswith("stocks.csv: cannot be read as CSV") for f in told)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("goals", {}, "plan.json: goals: is missing or not a list; plan again"),
        ("kpis", [], "plan.json: kpis: is missing or not an object; plan again"),
        ("status", 1, "plan.json: status: is missing or not a text; plan again"),
        ("goals.2", "haul", "plan.json: goals[2]: is not an object with a name; plan again"),
        ("goals.2.value", "20", "plan.json: goals[2].value: is not a number; plan again"),
        ("goals.2.value", 10**400, "plan.json: goals[2].value: is not a number; plan again"),
        ("goals.2.value", True, "plan.json: goals[2].value: is not a number; plan again"),
        ("goals.2.bound", "20", "plan.json: goals[2].bound: is neither a number nor null; plan again"),
    ],
)
def test_a_plan_json_of_another_shape(by_hand, path, value, expected):
    by_hand.put(path, value)
    by_hand.write()
    assert faults(by_hand) == [expected]


def test_a_plan_json_that_is_no_object(by_hand):
    by_hand.write()
    (by_hand.plan / "plan.json").write_text(json.dumps([1]), encoding="utf-8")
    assert faults(by_hand) == ["plan.json: is not a JSON object; plan again"]


def test_a_reference_plan_that_cannot_be_read(by_hand):
    by_hand.replace("week", "scenario.toml", "[roads]", 'reference = "../was"\n[roads]')
    was = by_hand.scenario.parent / "was"
    was.mkdir()
    (was / "flows.csv").write_text("date,from\n", encoding="utf-8")
    by_hand.write()
    assert "flows.csv:1: to: the column is missing; plan again" in faults(by_hand)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_are_found_or_refused(by_hand, data):
    """Bytes cut off, replaced or put in anywhere in the plan: findings or faults, never a traceback."""
    by_hand.write()
    path = by_hand.plan / data.draw(st.sampled_from([*FILES, "plan.json"]))
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    junk = data.draw(
        st.binary(max_size=4) | st.sampled_from([b"1e300", b"-", b"\n", b'"', b",", b"null", "５".encode()])
    )
    path.write_bytes(whole[:at] + junk + whole[at + data.draw(st.sampled_from([0, 1, 5, len(whole)])) :])
    try:
        result = check(by_hand.scenario, by_hand.plan, Progress())
    except InputError as error:
        assert error.faults
    else:
        assert result.checks > 300


def test_weeks_without_supplies_demands_or_facilities(by_hand):
    """Whatever table is missing, the check still reads the rest of the plan."""
    for file in ("supplies.csv", "demands.csv", "facilities.csv"):
        week = HandMade(by_hand.scenario.parent / file)
        for dependent in (file, "mixes.csv", "recipes.csv", "stocks.csv"):
            week.texts.pop(("week", dependent))
        gone = {line.split(",")[0] for line in by_hand.text("week", file).splitlines()}
        rows = week.text("week", "distances.csv").splitlines()
        kept = [row for row in rows if not gone & set(row.split(",")[:2])]
        week.texts["week", "distances.csv"] = "\n".join(kept) + "\n"
        found = "\n".join(week.findings())
        assert "is not the id of a place of this scenario" in found
