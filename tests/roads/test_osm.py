"""OpenStreetMap extracts: hand-made XML, broken files, the real ones."""

from __future__ import annotations

import bz2
import gzip

import numpy as np
import pytest

from optimizer.errors import InputError
from optimizer.progress import Progress
from optimizer.roads import Profile, Router, snap
from tests.roads.conftest import OsmText, has_arc, load, real_map

A, B, C, D = (117.0, 36.70), (117.01, 36.70), (117.01, 36.708), (117.0, 36.708)


def test_lengths_and_speeds_by_hand(square, tmp_path):
    """a→b is 0.01° of longitude at 36.70°: 6378.137 · cos 36.70° / √(1 − e² sin² 36.70°) · 0.01 · π/180 = 0.89361 km.
    On primary roads at 40 km/h that is 1.34041 minutes.
    """
    graph = load(square.write(tmp_path / "map.osm"))
    assert (len(graph.lon), len(graph.tail)) == (4, 8)
    arc = int(np.flatnonzero((graph.lat[graph.tail] == 36.70) & (graph.lat[graph.head] == 36.70))[0])
    assert graph.km[arc] == pytest.approx(0.89361, abs=2e-5)
    assert graph.minutes[arc] == pytest.approx(1.34041, abs=1e-4)
    assert graph.attribution == "© OpenStreetMap contributors, ODbL"
    assert graph.street_km == pytest.approx(graph.km.sum() / 2)


def test_a_bridge_with_a_weight_limit_is_driven_round(tmp_path):
    """a-m-b (0.92 km) crosses a 20 t bridge. A 15 t truck takes it; 31 t go a-d-c-b, 0.894 + 2 × 0.888 km."""
    text = OsmText()
    for name, spot in zip("abcdm", (A, B, C, D, (117.005, 36.699)), strict=True):
        text.node(name, *spot)
    text.way("a m", highway="secondary").way("m b", highway="secondary", maxweight="20").way(
        "b c d a", highway="primary"
    )
    path = text.write(tmp_path / "bridge.osm")
    (tmp_path / "light.toml").write_text("[truck]\nmass_t = 15\n")
    for profile, km in ((Profile.load(tmp_path / "light.toml"), 0.921), (Profile.load(None), 2.67)):
        graph = load(path, profile)
        spots = snap(graph, np.array([A[0], B[0]]), np.array([A[1], B[1]]), limit_km=0.1)
        found = Router(graph, by="distance").matrix(spots, spots, Progress())[0]
        assert found[0, 1] == pytest.approx(km, abs=2e-3)
        assert graph.dropped.get("ways: maxweight too low", 0) == (1 if profile.mass_t == 31 else 0)


def test_a_bollard_cuts_the_way_and_ways_meet_only_at_shared_points(square, tmp_path):
    """x on a–c has a bollard: the diagonal is cut there, and its stumps are fragments. The bridge d–b crosses it
    without a shared point, so no turn is possible."""
    square.node("x", 117.005, 36.704, barrier="bollard").way("a x c", highway="secondary").way(
        "d b", highway="secondary"
    )
    graph = load(square.write(tmp_path / "map.osm"))
    assert graph.dropped["nodes: barrier"] == 1
    assert not has_arc(graph, A, C)
    assert has_arc(graph, D, B) and has_arc(graph, B, D)
    assert len(graph.lon) == 4


def test_fragments_are_dropped_and_counted(square, tmp_path):
    """e is a dead end of a one-way road out of a: a truck could not leave it. f–g is an island."""
    square.node("e", 116.99, 36.70).way("a e", highway="primary", oneway="yes")
    square.node("f", 117.1, 36.8).node("g", 117.11, 36.8).way("f g", highway="primary")
    graph = load(square.write(tmp_path / "map.osm"))
    assert len(graph.lon) == 4
    assert graph.dropped["nodes: in fragments a truck cannot leave or reach"] == 3
    assert graph.dropped["arcs: in fragments a truck cannot leave or reach"] == 3


def test_ways_before_nodes_and_a_cut_edge(square, tmp_path):
    """Overpass writes ways first; an extract's edge leaves ways whose points are not in the file."""
    plain = load(square.write(tmp_path / "map.osm"))
    graph = load(square.write(tmp_path / "ways.osm", ways_first=True))
    np.testing.assert_array_equal(plain.km, graph.km)
    text = (
        (tmp_path / "map.osm")
        .read_text()
        .replace('<nd ref="1"/><nd ref="2"/>', '<nd ref="99"/><nd ref="1"/><nd ref="2"/>')
    )
    (tmp_path / "cut.osm").write_text(text)
    cut = load(tmp_path / "cut.osm")
    assert len(cut.tail) == 8
    assert cut.dropped["nodes: outside the extract"] == 1


def test_compressed_files(square, tmp_path):
    data = square.write(tmp_path / "map.osm").read_bytes()
    (tmp_path / "z.osm.gz").write_bytes(gzip.compress(data))
    (tmp_path / "z.osm.bz2").write_bytes(bz2.compress(data))
    for name in ("z.osm.gz", "z.osm.bz2"):
        assert len(load(tmp_path / name).tail) == 8


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("wrong.osm", b"<osm><node", "cannot be read as an OpenStreetMap extract"),
        ("html.osm", b"<html><body>Not found</body></html>", "cannot be read as an OpenStreetMap extract"),
        ("text.osm.pbf", b"this is no pbf", "cannot be read as an OpenStreetMap extract"),
        ("empty.osm", b"", "cannot be read as an OpenStreetMap extract"),
        ("empty.osm.pbf", b"", "cannot be read as an OpenStreetMap extract"),
        ("bare.osm", b'<?xml version="1.0"?><osm version="0.6"></osm>', "holds no roads at all"),
        ("plain.osm.gz", b"not gzip", "cannot be read as an OpenStreetMap extract"),
        ("map.docx", b"PK", "is not a kind of map this program reads"),
    ],
)
def test_broken_extracts(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        load(tmp_path / name)
    assert str(error.value).startswith(f"{name}: ")


def test_truncated_pbf(tmp_path):
    data = real_map("andorra.osm.pbf").read_bytes()
    (tmp_path / "half.osm.pbf").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="cannot be read as an OpenStreetMap extract"):
        load(tmp_path / "half.osm.pbf")


def test_extract_without_points_and_without_truck_roads(square, tmp_path):
    text = square.write(tmp_path / "map.osm").read_text()
    (tmp_path / "ways.osm").write_text("<osm version='0.6'>" + text[text.index("<way") :])
    with pytest.raises(InputError, match="not the points they run through"):
        load(tmp_path / "ways.osm")
    (tmp_path / "foot.osm").write_text(text.replace("primary", "footway"))
    with pytest.raises(InputError, match=r"no road that this truck may use \(4 ways: class not for trucks\)"):
        load(tmp_path / "foot.osm")


def test_absent_map(tmp_path):
    with pytest.raises(InputError, match="is not there; expected an OpenStreetMap extract"):
        load(tmp_path / "absent.osm")


@pytest.mark.parametrize(
    ("name", "nodes", "reason"),
    [
        ("shanghai_center.osm", 4000, "ways: maxheight too low"),
        ("heidelberg.osm.pbf", 9000, "ways: maxweight too low"),
        ("krems.osm.gz", 400, "ways: maxweight too low"),
    ],
)
def test_real_extracts(name, nodes, reason):
    graph = load(real_map(name))
    assert len(graph.lon) > nodes
    assert graph.dropped[reason] > 0
    assert (graph.minutes[graph.km > 0.1] > 0).all()
    speed = graph.km[graph.km > 0.1] / graph.minutes[graph.km > 0.1] * 60
    assert speed.max() <= 70.1
