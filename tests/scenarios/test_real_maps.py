"""A generated week on real maps: sample, plan, check. The maps are not part of the project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optimizer.read import load_scenario
from optimizer.sample import sample

MAPS = Path(__file__).parents[3] / "shared" / "data" / "roads"


@pytest.mark.parametrize("name", ["jinan", "shanghai_center.osm", "chengdu", "liechtenstein.osm.pbf", "krems.osm.gz"])
def test_generated_week_on_a_real_map(name, tmp_path, planned):
    source = MAPS / name
    if not source.exists():
        pytest.skip(f"../shared/data/roads/{name} is not here")
    folder = tmp_path / "week"
    sample(folder, sites=60, demands=30, yards=3, plants=3, roads=source, seed=7)
    code, summary = planned(folder)
    assert code == 0
    assert summary["status"] == "optimal"
    assert summary["roads"]["kind"] == "graph"
    assert summary["roads"]["largest_snap_km"] < 0.2
    assert summary["counts"]["unreachable_pairs"] == 0
    assert summary["kpis"]["mean_haul_km"] > 0.5


def test_the_folder_stands_alone_and_is_the_same_again(tmp_path):
    source = MAPS / "jinan"
    if not source.exists():
        pytest.skip("../shared/data/roads/jinan is not here")
    for name in ("a", "b"):
        sample(tmp_path / name, sites=20, roads=source, seed=1)
    assert (tmp_path / "a" / "supplies.csv").read_bytes() == (tmp_path / "b" / "supplies.csv").read_bytes()
    (tmp_path / "a").rename(tmp_path / "moved")
    road = load_scenario(tmp_path / "moved").roads.file
    assert road is not None
    assert road.resolve() == (tmp_path / "moved" / "roads").resolve()
    assert "jinan" in (tmp_path / "moved" / "scenario.toml").read_text(encoding="utf-8")


def test_plan_of_a_real_city_draws_its_roads(tmp_path):
    source = MAPS / "shanghai_center.osm"
    if not source.exists():
        pytest.skip("../shared/data/roads/shanghai_center.osm is not here")
    from optimizer.cli import main

    sample(tmp_path / "week", sites=12, roads=source, seed=2)
    assert main(["plan", str(tmp_path / "week"), "-o", str(tmp_path / "plan"), "--quiet"]) == 0
    features = json.loads((tmp_path / "plan" / "map.geojson").read_text(encoding="utf-8"))["features"]
    lines = [f["geometry"]["coordinates"] for f in features if f["geometry"]["type"] == "LineString"]
    assert lines
    assert max(len(line) for line in lines) > 10
    assert "OpenStreetMap" in (tmp_path / "plan" / "plan.json").read_text(encoding="utf-8")
