"""What `cutfill plan` writes holds; and whatever number or name of its flows is changed, the check finds it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.check import check
from optimizer.cli import main
from optimizer.progress import Progress

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
READY = sorted(p.parent.name for p in SCENARIOS.glob("*/scenario.toml"))
NUMBERS = ("t", "km", "t_km", "cost")
NAMES = ("from", "to", "material", "via")


def planned(scenario: Path, out: Path) -> Path:
    assert main(["plan", str(scenario), "-o", str(out), "--quiet"]) in (0, 3)
    return out


@pytest.mark.parametrize("name", READY)
def test_ready_scenarios_hold(name, tmp_path, capsys):
    out = planned(SCENARIOS / name, tmp_path / "out")
    assert main(["check", str(SCENARIOS / name), str(out), "--quiet"]) == 0
    assert "checks from the inputs alone: the plan holds" in capsys.readouterr().out


@pytest.mark.parametrize(("sites", "seed"), [(8, 1), (25, 2), (60, 3)])
def test_generated_scenarios_hold(sites, seed, tmp_path, capsys):
    week = tmp_path / "week"
    assert main(["sample", "--sites", str(sites), "--seed", str(seed), "--distances", str(week), "--quiet"]) == 0
    out = planned(week, tmp_path / "out")
    code = main(["check", str(week), str(out), "--quiet"])
    assert code == 0, capsys.readouterr().out


@pytest.fixture(scope="module")
def week_and_plan(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("spoiled")
    week = folder / "week"
    assert main(["sample", "--sites", "12", "--seed", "7", "--distances", str(week), "--quiet"]) == 0
    return week, planned(week, folder / "plan")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_cell_of_flows_is_found(week_and_plan, tmp_path, data):
    """A number moved by a thousandth of itself and at least 0.01, or a name replaced by another name of its column."""
    week, plan = week_and_plan
    spoiled = tmp_path / "spoiled"
    shutil.rmtree(spoiled, ignore_errors=True)
    shutil.copytree(plan, spoiled)
    with (plan / "flows.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    row = data.draw(st.integers(0, len(rows) - 1), label="row")
    column = data.draw(st.sampled_from((*NUMBERS, *NAMES, "grade")), label="column")
    if column in NUMBERS:
        value = float(rows[row][column])
        by = data.draw(st.floats(1e-3, 2) | st.floats(-2, -1e-3), label="by")
        rows[row][column] = f"{value + by * max(abs(value), 10):.9f}"
    else:
        others = {"1", "2", "x"} if column == "grade" else {other[column] for other in rows}
        others.discard(rows[row][column])
        if not others:
            return
        rows[row][column] = data.draw(st.sampled_from(sorted(others)), label="name")
    with (spoiled / "flows.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert check(week, spoiled, Progress()).findings


def test_exit_codes(week_and_plan, tmp_path, capsys):
    week, plan = week_and_plan
    assert main(["check", str(week), str(plan), "--quiet"]) == 0
    spoiled = tmp_path / "spoiled"
    shutil.copytree(plan, spoiled)
    text = (spoiled / "balance.csv").read_text(encoding="utf-8").splitlines()
    (spoiled / "balance.csv").write_text("\n".join(text[:-1]) + "\n", encoding="utf-8")
    assert main(["check", str(week), str(spoiled), "--quiet"]) == 1
    assert "balance.csv: no row for the demand" in capsys.readouterr().out
    (spoiled / "flows.csv").unlink()
    assert main(["check", str(week), str(spoiled), "--quiet"]) == 2
    assert "flows.csv: is missing" in capsys.readouterr().err
