"""GraphML, line layers, zones, the cache and the command."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest

import optimizer.roads.load
from optimizer.errors import InputError
from optimizer.progress import Progress
from optimizer.roads import Profile, RoadGraph, Router, add_arguments, command, load_graph, snap, write_graphml
from optimizer.roads.online import downloaded, parse_box
from tests.roads.conftest import load, random_town, real_map

A, B, C, D = (117.0, 36.70), (117.01, 36.70), (117.01, 36.708), (117.0, 36.708)


def assert_same(one: RoadGraph, two: RoadGraph) -> None:
    for f in fields(one):
        if f.name not in ("dropped", "source", "key", "cache", "access_km_h"):
            np.testing.assert_array_equal(getattr(one, f.name), getattr(two, f.name), err_msg=f.name)


def test_graphml_round_trip(square, tmp_path):
    square.way("a c", highway="secondary", hgv="destination").way("d b", highway="service", oneway="yes")
    graph = load(square.write(tmp_path / "map.osm"))
    write_graphml(graph, tmp_path / "roads.graphml")
    again = load(tmp_path / "roads.graphml")
    np.testing.assert_array_equal(np.sort(graph.km), np.sort(again.km))
    assert sorted(again.factor) == [1.0] * 9 + [5.0] * 2
    assert again.attribution == graph.attribution
    assert again.street_km == pytest.approx(graph.street_km)
    write_graphml(again, tmp_path / "twice.graphml")
    assert_same(again, load(tmp_path / "twice.graphml"))


@pytest.mark.parametrize("name", ["jinan", "liechtenstein.osm.pbf"])
def test_graphml_of_a_real_map_gives_the_same_distances(tmp_path, name):
    graph = load(real_map(name))
    write_graphml(graph, tmp_path / "roads.graphml")
    again = load(tmp_path / "roads.graphml")
    nodes = np.arange(0, len(graph.lon), 400)
    found = []
    for roads in (graph, again):
        spots = snap(roads, graph.lon[nodes], graph.lat[nodes], limit_km=1)
        found.append(Router(roads, by="distance").matrix(spots, spots, Progress())[0])
    np.testing.assert_allclose(*found, atol=1e-6)


def test_graphml_of_osmnx(square, tmp_path):
    """OSMnx's own file of a small town: tags are judged, both directions kept as it lists them."""
    nx = pytest.importorskip("networkx")
    town = nx.MultiDiGraph(crs="epsg:4326")
    for number, (lon, lat) in enumerate((A, B, C)):
        town.add_node(number, x=lon, y=lat, street_count=2)
    common = {"osmid": 1, "highway": "primary", "oneway": "False"}
    for u, v in ((0, 1), (1, 0), (1, 2), (2, 1)):
        town.add_edge(u, v, 0, length=900.0, **common)
    town.add_edge(0, 2, 0, **(common | {"length": 1200.0, "highway": "['residential', 'service']", "maxweight": "3.5"}))
    town.add_edge(2, 0, 0, **(common | {"length": 1200.0, "highway": "['residential', 'service']"}))
    nx.write_graphml(town, tmp_path / "osmnx.graphml")
    graph = load(tmp_path / "osmnx.graphml")
    assert len(graph.tail) == 5
    assert graph.dropped == {"ways: maxweight too low": 1}
    assert graph.minutes[graph.km == 1.2][0] == pytest.approx(1.2 / 25 * 60)
    assert "OpenStreetMap" in graph.attribution


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:400], "is not a GraphML file"),
        (lambda text: "not xml", "is not a GraphML file"),
        (lambda text: "<graphml/>", "holds no edges"),
        (lambda text: text.replace('target="1"', 'target="99"', 1), "names a node that is not in the file"),
        (lambda text: text.replace('<data key="y">36.7<', '<data key="y">936.7<', 1), "expected degrees"),
        (lambda text: text.replace('<node id="1">', '<node id="0">'), "is there twice"),
        (lambda text: text.replace('<data key="km">', '<data key="km">-', 1), "expected a number of 0 or more"),
        (lambda text: text.replace('<data key="minutes">', '<data key="minutes">x', 1), "has minutes x"),
    ],
)
def test_broken_graphml(square, tmp_path, change, message):
    write_graphml(load(square.write(tmp_path / "map.osm")), tmp_path / "roads.graphml")
    (tmp_path / "broken.graphml").write_text(change((tmp_path / "roads.graphml").read_text()))
    with pytest.raises(InputError, match=message):
        load(tmp_path / "broken.graphml")


def write_lines(path, crs="EPSG:4326", lines=None, **columns):
    pyogrio = pytest.importorskip("pyogrio")
    shapely = pytest.importorskip("shapely")
    lines = lines or [[A, B], [B, C], [C, D], [D, A]]
    if crs != "EPSG:4326":
        import pyproj

        there = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        lines = [[there.transform(*point) for point in line] for line in lines]
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(shapely.LineString(line)) for line in lines]),
        [np.array(values, dtype=object) for values in columns.values()],
        list(columns),
        crs=crs,
        geometry_type="LineString",
    )
    return path


@pytest.mark.parametrize("name", ["roads.gpkg", "roads.shp"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32650"])
def test_line_layers_equal_the_same_roads_as_osm(square, tmp_path, name, crs):
    expected = load(square.write(tmp_path / "map.osm"))
    graph = load(write_lines(tmp_path / name, crs, highway=["primary"] * 4))
    np.testing.assert_allclose(np.sort(graph.km), np.sort(expected.km), atol=2e-5)
    np.testing.assert_allclose(np.sort(graph.minutes), np.sort(expected.minutes), atol=2e-4)


def test_tags_of_a_line_layer(tmp_path):
    """Geofabrik's columns: fclass, oneway F/T/B, maxspeed 0 for unknown; and GDAL's other_tags."""
    path = write_lines(
        tmp_path / "roads.gpkg",
        lines=[[A, B], [B, C], [C, D], [D, A], [A, C]],
        fclass=["primary", "primary", "primary", "primary", "primary"],
        oneway=["F", "F", "F", "T", "B"],
        maxspeed=["0", "0", "20", "0", "0"],
        other_tags=["", "", "", "", '"maxweight"=>"7.5","lanes"=>"2"'],
    )
    with pytest.raises(InputError, match="no roads that a truck can drive to and from"):
        load(path)  # D-A runs the other way and the diagonal is too weak, so nothing is a round trip
    path = write_lines(
        tmp_path / "ring.gpkg",
        fclass=["primary"] * 4,
        oneway=["F", "F", "F", "B"],
        maxspeed=["0", "0", "20", "0"],
    )
    graph = load(path)
    assert len(graph.tail) == 5
    slow = graph.km / graph.minutes * 60 < 25
    assert slow.sum() == 1


def test_broken_line_layers(tmp_path):
    (tmp_path / "text.gpkg").write_text("not a database")
    with pytest.raises(InputError, match="cannot be read as a line layer"):
        load(tmp_path / "text.gpkg")
    write_lines(tmp_path / "roads.shp", highway=["primary"] * 4)
    (tmp_path / "roads.shx").unlink()
    (tmp_path / "roads.shp").write_bytes((tmp_path / "roads.shp").read_bytes()[:50])
    with pytest.raises(InputError, match=r"roads\.shp: "):
        load(tmp_path / "roads.shp")
    path = write_lines(tmp_path / "utm.gpkg", "EPSG:32650", highway=["footway"] * 4)
    with pytest.raises(InputError, match=r"no line that this truck may use \(4 ways: class not for trucks\)"):
        load(path)
    path = write_lines(tmp_path / "wrong.gpkg", "EPSG:32650", highway=["primary"] * 4)
    with pytest.raises(InputError, match="not on the earth when read as EPSG:4326"):
        load(path, crs="EPSG:4326")


def zones_file(tmp_path, *features):
    content = {"type": "FeatureCollection", "features": list(features)}
    path = tmp_path / "zones.geojson"
    path.write_text(json.dumps(content))
    return path


def box(west, south, east, north, **about):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "properties": about, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def test_zones_ban_and_prefer(square, tmp_path):
    """A banned box over the middle of a–b: from a to b the way is round by d and c. A preferred box over that way
    round with factor 0.2 draws trucks there even without the ban, and the figures stay true km."""
    path = square.write(tmp_path / "map.osm")
    a_b = np.array([A[0], B[0]]), np.array([A[1], B[1]])
    found = {}
    for name, features in {
        "none": None,
        "banned": [box(117.004, 36.699, 117.006, 36.701, zone="banned")],
        "preferred": [box(116.999, 36.702, 117.011, 36.709, zone="preferred", factor=0.2)],
        "default": [box(116.999, 36.702, 117.011, 36.709, zone="preferred")],
    }.items():
        graph = load(path, zones=zones_file(tmp_path, *features) if features else None)
        spots = snap(graph, *a_b, limit_km=0.1)
        found[name] = Router(graph, by="distance").matrix(spots, spots, Progress())[0][0, 1]
        assert graph.dropped.get("arcs: in a banned zone", 0) == (2 if name == "banned" else 0)
    assert found["none"] == found["default"] == pytest.approx(0.8936, abs=1e-3)
    assert found["banned"] == found["preferred"] == pytest.approx(0.8936 + 2 * 0.8879, abs=2e-3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not GeoJSON"),
        ("[]", "holds no features"),
        ('{"features": []}', "holds no features"),
        ('{"features": [7]}', "feature 1: has no geometry that can be read"),
        (
            '{"features": [{"geometry": {"type": "Point", "coordinates": [1, 2]}}]}',
            "feature 1: is a Point; expected a Polygon",
        ),
        (json.dumps({"features": [box(0, 0, 1, 1, zone="forbidden")]}), "feature 1: has zone = 'forbidden'"),
        (json.dumps({"features": [box(0, 0, 1, 1, zone="preferred", factor=0)]}), "feature 1: has factor = 0"),
        (json.dumps({"features": [box(5e5, 4e6, 6e5, 5e6, zone="banned")]}), "feature 1: is not in degrees"),
    ],
)
def test_broken_zones(square, tmp_path, content, message):
    path = tmp_path / "zones.geojson"
    path.write_text(content)
    with pytest.raises(InputError) as error:
        load(square.write(tmp_path / "map.osm"), zones=path)
    assert message in str(error.value)
    with pytest.raises(InputError, match="is not there"):
        load(tmp_path / "map.osm", zones=tmp_path / "absent.geojson")


def test_cache_gives_the_same_graph_and_knows_what_changed(square, tmp_path, monkeypatch):
    path, cache = square.write(tmp_path / "map.osm"), tmp_path / "cache"
    reads = []
    real = optimizer.roads.load._read
    monkeypatch.setattr(optimizer.roads.load, "_read", lambda *args: reads.append(args) or real(*args))

    def graph(profile=None, **options):
        return load_graph(path, profile or Profile.load(None), cache=cache, progress=Progress(), **options)

    first, second = graph(), graph()
    assert len(reads) == 1
    assert_same(first, second)
    assert (first.dropped, first.key, second.source) == (second.dropped, second.key, "map.osm")
    (tmp_path / "own.toml").write_text("[truck]\nmass_t = 20\n")
    graph(Profile.load(tmp_path / "own.toml"))
    graph(zones=zones_file(tmp_path, box(0, 0, 1, 1, zone="banned")))
    assert len(reads) == 3
    for kept in cache.glob("*.npz"):
        kept.write_bytes(b"broken")
    assert_same(first, graph())
    assert len(reads) == 4
    path.write_text(path.read_text().replace("primary", "secondary"))
    assert graph().key != first.key


def test_a_cache_that_cannot_be_written_is_no_fault(square, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    graph = load_graph(square.write(tmp_path / "map.osm"), Profile.load(None), cache=blocked, progress=Progress())
    assert len(graph.tail) == 8


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return command(parser.parse_args([*words, "--quiet"]))


def test_command_tells_what_it_did(square, tmp_path, capsys):
    square.node("e", 116.99, 36.70).way("a e", highway="primary", oneway="yes")
    path, out = str(square.write(tmp_path / "map.osm")), tmp_path / "roads.graphml"
    assert run(path, "-o", str(out)) == 0
    told = capsys.readouterr().out
    assert "read map.osm: 4 nodes and 8 arcs kept, 3.6 km" in told
    assert "1  arcs: in fragments a truck cannot leave or reach" in told
    assert "© OpenStreetMap contributors" in told
    assert run(path, "-o", str(out), "--json") == 0
    assert json.loads(capsys.readouterr().out)["nodes"] == 4


def test_command_refuses_and_leaves_the_old_output(square, tmp_path, capsys, monkeypatch):
    out = tmp_path / "roads.graphml"
    out.write_text("old")
    assert run(str(tmp_path / "absent.osm"), "-o", str(out)) == 2
    assert run(str(square.write(tmp_path / "map.osm")), "-o", str(tmp_path / "roads.txt")) == 2
    assert run("1,2,0,3", "-o", str(out)) == 2
    monkeypatch.setitem(sys.modules, "osmnx", None)
    for place in ("Jinan", "St. Gallen", "116.9,36.6,117.1,36.8"):
        assert run(place, "-o", str(out)) == 2
    told = capsys.readouterr().err
    assert told.count("not installed") == 3
    for part in (
        "absent.osm: is not there",
        "the graph is written as .graphml",
        "expected west,south,east,north",
        "not installed",
    ):
        assert part in told
    assert out.read_text() == "old"


def test_places_through_osmnx(monkeypatch):
    """No network in tests: what OSMnx raises becomes one sentence, what it returns becomes a readable file."""
    osmnx = pytest.importorskip("osmnx")
    nx = pytest.importorskip("networkx")
    assert parse_box("116.9,36.6,117.1,36.8") == (116.9, 36.6, 117.1, 36.8)
    assert parse_box("Daqiao, Jinan") is None

    def no_network(*_args, **_options):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(osmnx, "graph_from_place", no_network)
    with (
        pytest.raises(InputError, match=r"failed \(its servers cannot be reached\); check the name"),
        downloaded("X", Progress()),
    ):
        pass
    town = nx.MultiDiGraph(crs="epsg:4326")
    town.add_node(0, x=A[0], y=A[1])
    town.add_node(1, x=B[0], y=B[1])
    for u, v in ((0, 1), (1, 0)):
        town.add_edge(u, v, 0, osmid=1, highway="primary", oneway=False, length=900.0)
    monkeypatch.setattr(osmnx, "graph_from_bbox", lambda box, network_type: town)
    with downloaded("116,36,118,38", Progress()) as path:
        assert len(load(path).tail) == 2
    assert not path.exists()


def test_snap_finds_the_arc_not_the_node(square, tmp_path):
    """0.001° north of the middle of a–b: 0.11098 km from the road, 0.45 km from either node."""
    graph = load(square.write(tmp_path / "map.osm"))
    spots = snap(graph, np.array([117.005, 118.0, np.nan]), np.array([36.701, 36.7, 36.7]), limit_km=0.2)
    assert spots.snap_km[0] == pytest.approx(0.11098, abs=1e-5)
    assert spots.fraction[0] == pytest.approx(0.5, abs=1e-6)
    assert (spots.lon[0], spots.lat[0]) == (pytest.approx(117.005), pytest.approx(36.7))
    assert spots.arc[1:].tolist() == [-1, -1]
    assert spots.snap_km[1] == pytest.approx(88.5, abs=0.2)


def test_snap_agrees_with_brute_force():
    graph = random_town(60, 3)
    rng = np.random.default_rng(5)
    lon, lat = 117 + rng.random(40) * 0.05, 36.7 + rng.random(40) * 0.05
    spots = snap(graph, lon, lat, limit_km=9)
    share = np.linspace(0, 1, 400)
    for k in range(40):
        x = graph.lon[graph.tail][:, None] * (1 - share) + graph.lon[graph.head][:, None] * share
        y = graph.lat[graph.tail][:, None] * (1 - share) + graph.lat[graph.head][:, None] * share
        km = np.hypot((x - lon[k]) * 111.32 * np.cos(np.radians(36.72)), (y - lat[k]) * 110.98).min()
        assert spots.snap_km[k] == pytest.approx(km, abs=0.01)


def test_importing_the_package_is_cheap():
    heavy = "('scipy', 'osmium', 'shapely', 'pyproj', 'numpy')"
    code = f"import optimizer.roads, sys; print([m for m in {heavy} if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
