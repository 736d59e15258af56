"""The scenarios solved by hand: the arithmetic is in each one's README.md, and its table is what is tested."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TINY = sorted(SCENARIOS.glob("tiny-*"))


def goals_by_hand(readme: Path) -> dict[str, float]:
    rows = re.findall(r"^\| (\w+) \| ([\d,.]+) t(?:·km)? \|$", readme.read_text(encoding="utf-8"), re.M)
    return {goal: float(value.replace(",", "")) for goal, value in rows}


def test_there_are_some():
    assert len(TINY) >= 8


@pytest.mark.parametrize("folder", TINY, ids=lambda p: p.name)
def test_plan_reaches_the_goals_worked_out_by_hand(folder, planned):
    code, summary = planned(folder)
    by_hand = goals_by_hand(folder / "README.md")
    assert list(by_hand) == ["unserved", "offsite", "transfer", "haul"]
    assert {g["name"]: g["value"] for g in summary["goals"]} == pytest.approx(by_hand, rel=1e-6, abs=1e-6)
    assert summary["status"] == "optimal"
    assert code == 0


@pytest.mark.parametrize(
    ("name", "kpi", "by_hand"),
    [
        ("tiny-volumes", "cost", 6639.080460 * 0.9 + 283.908046 * 30),
        ("tiny-volumes", "borrowed_t", 130 * 1.90 / 0.87),
        ("tiny-plant", "utilisation_rate", 360 / 400),
        ("tiny-plant", "landfill_t", 40.0),
        ("tiny-grade", "utilisation_rate", 200 / 230),
        ("tiny-direct", "direct_share", 1.0),
    ],
)
def test_figures_told_in_the_readme(name, kpi, by_hand, planned):
    _, summary = planned(SCENARIOS / name)
    assert summary["kpis"][kpi] == pytest.approx(by_hand, rel=1e-6)


def test_where_the_textbook_plan_sends_each_cut(tmp_path):
    """The optimum of tiny-direct is unique: no unused pair has a reduced cost of 0 (30 at least)."""
    from optimizer.cli import main
    from optimizer.tables import Table

    main(["plan", str(SCENARIOS / "tiny-direct"), "-o", str(tmp_path / "plan"), "--quiet"])
    flows = Table.read_csv(tmp_path / "plan" / "flows.csv").records()
    assert {(row["from"], row["to"]): float(row["t"]) for row in flows} == pytest.approx(
        {
            ("C1", "F1"): 400,
            ("C1", "F2"): 100,
            ("C2", "F2"): 500,
            ("C3", "F1"): 400,
            ("C3", "F3"): 100,
            ("C4", "F3"): 400,
        }
    )
