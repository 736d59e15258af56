from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.tables import Table

SCENARIOS = Path(__file__).parents[2] / "scenarios"
WEEK = SCENARIOS / "qibuqu-week"


@pytest.fixture(scope="module")
def scenario():
    return load_scenario(WEEK)


def test_committed_folder_is_what_the_generator_writes(tmp_path):
    generator = SCENARIOS / "generate_qibuqu.py"
    subprocess.run([sys.executable, str(generator), str(tmp_path / "week")], check=True, cwd=SCENARIOS.parent)
    made = {p.relative_to(tmp_path / "week"): p.read_bytes() for p in (tmp_path / "week").rglob("*") if p.is_file()}
    kept = {p.relative_to(WEEK): p.read_bytes() for p in WEEK.rglob("*") if p.is_file()}
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []


def test_it_is_marked_illustrative():
    assert "illustrative" in (WEEK / "scenario.toml").read_text(encoding="utf-8").lower()
    assert "示例" in load_scenario(WEEK).name


def test_the_whole_chain_is_there(scenario):
    assert len(scenario.supplies.ids) == 60
    assert len(scenario.demands.ids) == 40
    classes = {scenario.materials.waste_class[k // 3] for k in scenario.supplies.commodity}
    assert classes >= {"spoil", "slurry", "demolition", "fitout"}
    assert set((scenario.supplies.commodity % 3).tolist()) == {0, 1, 2}
    kinds = scenario.facilities.kind
    assert kinds.count("yard") == 4
    assert "candidate" in scenario.facilities.status
    assert set(kinds) == {"yard", "disposal", "recycling", "treatment", "offsite", "quarry"}
    assert set(scenario.supplies.street) == {"大桥", "崔寨", "孙耿", "太平"}
    assert 60_000 <= scenario.supplies.quantity.sum() <= 90_000


def test_trucks_cross_the_river_by_bridges_only(scenario):
    from optimizer.roads import Profile, load_graph

    graph = load_graph(WEEK / "roads", Profile.load(None), cache=None, progress=Progress())
    named = Table.read_csv(WEEK / "roads" / "edges.csv")
    bridges = {row["name"] for row in named.records() if row["name"].endswith("黄河大桥")}
    assert len(bridges) == 4
    river = np.array([(116.80, 36.668), (116.90, 36.700), (116.96, 36.722), (117.00, 36.738), (117.06, 36.752),
                      (117.12, 36.775), (117.17, 36.805), (117.22, 36.845), (117.28, 36.900)])  # fmt: skip
    north = graph.lat > np.interp(graph.lon, river[:, 0], river[:, 1])
    crossing = np.flatnonzero(north[graph.tail] != north[graph.head])
    assert len(crossing) == 2 * 3, "three bridges carry a truck both ways; the fourth has a weight limit"


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    import json

    from optimizer.cli import main

    out = tmp_path_factory.mktemp("qibuqu") / "plan"
    code = main(["plan", str(WEEK), "-o", str(out), "--quiet"])
    return code, json.loads((out / "plan.json").read_text(encoding="utf-8")), out


def test_week_is_served_and_near_the_target(plan):
    code, summary, _ = plan
    k = summary["kpis"]
    assert code == 0
    assert summary["status"] == "optimal"
    assert k["unserved_t"] == 0
    assert 0.01 <= k["offsite_t"] / k["generated_t"] <= 0.04
    assert 0.94 <= k["utilisation_rate"] <= 0.975
    assert 0.03 <= k["transfer_t"] / k["generated_t"] <= 0.15
    assert k["direct_share"] > 0.6
    assert k["borrowed_t"] > 0


def test_what_leaves_has_reasons_of_three_kinds(plan):
    """One lot of silt meets closed windows, two of grade x the treatment's limit, fit-out waste a full plant."""
    rows = {row["id"]: row for row in Table.read_csv(plan[2] / "reasons.csv").records()}
    assert set(rows) >= {"S36", "S23"}
    assert rows["S36"]["what"] == "offsite"
    assert "closed" in rows["S36"]["why"]
    assert "grade x" in rows["S23"]["why"]
    fitout = [rows[i] for i in rows if i in ("S52", "S53", "S54", "S55", "S56")]
    assert sum(float(row["t"]) for row in fitout) == pytest.approx(135, abs=1)
    assert all("a day" in row["why"] for row in fitout)


def test_check_agrees(plan):
    from optimizer.cli import main

    assert main(["check", str(WEEK), str(plan[2]), "--quiet"]) == 0


def test_the_way_to_other_roads_that_the_readme_tells(plan, tmp_path):
    """scenarios/README.md, "The same zone on real roads", with the zone's own net as the map: the plan is the same."""
    import json
    import shutil

    from optimizer.cli import main

    shutil.copytree(WEEK, tmp_path / "my-week")
    graph = tmp_path / "my-week" / "roads.graphml"
    assert main(["roads", str(tmp_path / "my-week" / "roads"), "-o", str(graph), "--quiet"]) == 0
    toml = tmp_path / "my-week" / "scenario.toml"
    text = toml.read_text(encoding="utf-8")
    assert 'file = "roads"' in text
    toml.write_text(text.replace('file = "roads"', 'file = "roads.graphml"\nsnap_km = 2.0'), encoding="utf-8")
    assert main(["plan", str(tmp_path / "my-week"), "-o", str(tmp_path / "out"), "--quiet"]) == 0
    goals = json.loads((tmp_path / "out" / "plan.json").read_text(encoding="utf-8"))["goals"]
    assert [g["value"] for g in goals] == pytest.approx([g["value"] for g in plan[1]["goals"]], rel=1e-5)
