"""map.geojson by RFC 7946."""

import json
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
import report_district as district

from optimizer.geojson import plan_geojson


@pytest.fixture(scope="module")
def collection(scenario, plan):
    return json.loads(json.dumps(plan_geojson(scenario, plan), allow_nan=False))


def of(collection, kind):
    return [f for f in collection["features"] if f["geometry"]["type"] == kind]


def test_shape(collection):
    assert collection["type"] == "FeatureCollection"
    assert collection["omitted"] == {"places": 0, "flows": 0}
    assert {f["type"] for f in collection["features"]} == {"Feature"}
    assert len(of(collection, "Point")) == 20 + 12 + 8
    for line in of(collection, "LineString"):
        assert len(line["geometry"]["coordinates"]) >= 2
        assert all(116 < lon < 118 and 36 < lat < 38 for lon, lat in line["geometry"]["coordinates"])


def test_flows_are_added_up_over_the_days(collection, plan):
    sums, days = defaultdict(float), defaultdict(set)
    for row in plan.tables["flows"].records():
        key = (row["from"], row["to"], row["material"], row["grade"])
        sums[key] += row["t"]
        days[key].add(row["date"])
    found = {
        tuple(f["properties"][k] for k in ("from", "to", "material", "grade")): f["properties"]
        for f in of(collection, "LineString")
    }
    assert found.keys() == sums.keys()
    for key, properties in found.items():
        assert properties["t"] == pytest.approx(sums[key], abs=1e-5)
        assert properties["t_km"] == pytest.approx(sums[key] * properties["km"], rel=1e-3)
        assert properties["dates"] == sorted(days[key])


def test_flows_follow_their_road(collection, plan):
    line = of(collection, "LineString")[0]
    path = plan.paths[line["properties"]["from"], line["properties"]["to"]]
    np.testing.assert_allclose(line["geometry"]["coordinates"], path, atol=1e-6)


def test_without_a_path_the_line_is_straight(scenario, plan):
    lines = of(plan_geojson(scenario, replace(plan, paths={})), "LineString")
    assert {len(line["geometry"]["coordinates"]) for line in lines} == {2}


def test_places_without_coordinates_are_counted(scenario, plan):
    lon = scenario.supplies.lon.copy()
    lon[0] = np.nan
    some = plan_geojson(replace(scenario, supplies=replace(scenario.supplies, lon=lon)), replace(plan, paths={}))
    assert some["omitted"]["places"] == 1 and some["omitted"]["flows"] > 0
    assert "S01" not in {f["properties"].get("id") for f in some["features"]}
    bare = plan_geojson(district.without_coordinates(scenario), replace(plan, paths={}))
    assert bare["features"] == [] and bare["omitted"]["places"] == 40


def test_totals_of_sites(collection, plan):
    yard = next(f["properties"] for f in of(collection, "Point") if f["properties"]["id"] == "Y1")
    rows = list(plan.tables["flows"].records())
    assert yard["kind"] == "yard" and yard["side"] == "facility"
    assert yard["t_in"] == pytest.approx(sum(r["t"] for r in rows if r["to"] == "Y1"))
    assert yard["t_out"] == pytest.approx(sum(r["t"] for r in rows if r["from"] == "Y1"))
