"""Matrices and paths: hand-made cases, and the hierarchy against Dijkstra and RoutingKit's own hierarchy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.progress import Progress
from optimizer.roads import Router, Snaps, snap
from optimizer.roads.graph import RoadGraph, make_graph, segment_km
from tests.roads.conftest import load, random_town, real_map

ENGINES = ("scipy", "cch")


def one_way_ring() -> RoadGraph:
    """Ring a→b→c→a of one-way arcs of 1, 2 and 3 km, and a two-way street a–d of 4 km; 60 km/h, so km = minutes.

    a = (0, 0), b = (0.01, 0), c = (0.01, 0.01), d = (-0.01, 0).
    """
    lon, lat = np.array([0.0, 0.01, 0.01, -0.01]), np.array([0.0, 0.0, 0.01, 0.0])
    ends = np.array([[0, 1], [1, 2], [2, 0], [0, 3]])
    km = np.array([1.0, 2.0, 3.0, 4.0, 4.0])
    lines = np.arange(5) * 2, lon[ends].ravel(), lat[ends].ravel()
    shape, reverse = np.array([0, 1, 2, 3, 3]), np.array([False] * 4 + [True])
    tail, head = np.append(ends[:, 0], 3), np.append(ends[:, 1], 0)
    return replace(
        make_graph(lon, lat, tail, head, km, km.copy(), np.ones(5), (shape, reverse), lines), access_km_h=30.0
    )


def at(arc: int, fraction: float, snap_km: float = 0.0) -> tuple[int, float, float]:
    return arc, fraction, snap_km


def places(*spots: tuple[int, float, float]) -> Snaps:
    arc, fraction, snap_km = (np.array(column) for column in zip(*spots, strict=True))
    here = np.zeros(len(arc))
    return Snaps(arc.astype(np.int32), fraction.astype(float), snap_km.astype(float), here, here)


def matrix(graph: RoadGraph, origins: Snaps, destinations: Snaps, engine: str, by: str = "distance"):
    return Router(graph, by=by, engine=engine).matrix(origins, destinations, Progress())


@pytest.mark.parametrize("engine", ENGINES)
def test_ring_by_hand(engine):
    """From the middle of a→b (0.5 km in) to a quarter of b→c: 0.5 left + 0.5 = 1 km.
    To a quarter of a→b (behind, on the same one-way arc): 0.5 + 2 + 3 + 0.25 = 5.75 km, round the ring.
    To three quarters of it (ahead): 0.25 km.  To a quarter of a–d: 0.5 + 2 + 3 + 1 = 6.5 km.
    """
    km, minutes = matrix(
        one_way_ring(), places(at(0, 0.5)), places(at(1, 0.25), at(0, 0.25), at(0, 0.75), at(3, 0.25)), engine
    )
    assert km == pytest.approx(np.array([[1.0, 5.75, 0.25, 6.5]]), abs=1e-9)
    assert minutes == pytest.approx(km)


@pytest.mark.parametrize("engine", ENGINES)
def test_both_directions_of_a_street_are_usable_from_either_arc(engine):
    """a–d is 4 km. A place 1 km from a, named on arc a→d (fraction 0.25) or d→a (0.75), is the same place:
    1 km to a and so 2 km to b; 2 km to a place 3 km from a, in both directions.
    """
    spots = places(at(3, 0.25), at(4, 0.75), at(3, 0.75), at(0, 1.0))
    km, _ = matrix(one_way_ring(), spots, spots, engine)
    assert km[0] == pytest.approx([0, 0, 2, 2], abs=1e-9)
    assert km[1] == pytest.approx([0, 0, 2, 2], abs=1e-9)
    assert km[2] == pytest.approx([2, 2, 0, 4], abs=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_place_at_a_node_is_not_bound_to_its_one_way_arc(engine):
    """At the tail of b→c, which is b, a trip from a ends after 1 km; at the tail of a→b it starts along a–d."""
    km, _ = matrix(one_way_ring(), places(at(0, 0.0)), places(at(1, 0.0), at(3, 0.5)), engine)
    assert km == pytest.approx(np.array([[1.0, 2.0]]), abs=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_snap_legs_count_at_both_ends(engine):
    """1 km on the road, 0.3 before it and 0.2 after: 1.5 km; off the road at 30 km/h: 1 + 0.5/30·60 = 2 minutes."""
    km, minutes = matrix(one_way_ring(), places(at(0, 0.0, 0.3)), places(at(0, 1.0, 0.2)), engine)
    assert km[0, 0] == pytest.approx(1.5)
    assert minutes[0, 0] == pytest.approx(2.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_road_is_nan_and_no_line(engine):
    """d can be made a dead end: without the arc d→a nothing leaves it. A place beyond the limit reaches nothing."""
    graph = one_way_ring()
    graph = replace(graph, **{name: getattr(graph, name)[:4] for name in ("tail", "head", "km", "minutes", "factor")})
    graph = replace(graph, shape=graph.shape[:4], reverse=graph.reverse[:4])
    router = Router(graph, by="distance", engine=engine)
    spots = places(at(3, 0.5), at(0, 0.5), at(-1, 0.0, 9.0))
    km, minutes = router.matrix(spots, spots, Progress())
    assert np.isnan(km).tolist() == [[False, True, True], [False, False, True], [True, True, True]]
    assert (np.isnan(km) == np.isnan(minutes)).all()
    lines = router.paths(spots, spots, [[0, 1], [1, 0], [2, 0]])
    assert [len(line) > 0 for line in lines] == [False, True, False]


@pytest.mark.parametrize("engine", ENGINES)
def test_factor_chooses_but_is_not_reported(engine):
    """a→b direct is 1 km; with factor 9 on it the way would be 9, but there is no other: still 1 km is reported.
    With a second arc a→b of 2 km and factor 1 that one is taken: 2 km, and its 6 minutes.
    """
    graph = one_way_ring()
    factor = graph.factor.copy()
    factor[0] = 9.0
    costly = replace(graph, factor=factor)
    km, minutes = matrix(costly, places(at(3, 0.0)), places(at(1, 0.0)), engine)
    assert (km[0, 0], minutes[0, 0]) == (1.0, 1.0)
    more = {"tail": 0, "head": 1, "km": 2.0, "minutes": 6.0, "factor": 1.0, "shape": 0, "reverse": False}
    two = replace(
        costly, **{n: np.append(getattr(costly, n), np.array(v, getattr(costly, n).dtype)) for n, v in more.items()}
    )
    km, minutes = matrix(two, places(at(3, 0.0)), places(at(1, 0.0)), engine)
    assert (km[0, 0], minutes[0, 0]) == (2.0, 6.0)


@pytest.mark.parametrize("by", ["distance", "time"])
@pytest.mark.parametrize("factor", [False, True])
@given(seed=st.integers(0, 10_000), nodes=st.integers(2, 60))
@settings(max_examples=25, deadline=None)
def test_hierarchy_equals_dijkstra_to_the_last_bit(by, factor, seed, nodes):
    graph = random_town(nodes, seed, factor=factor)
    if not len(graph.tail):
        return
    rng = np.random.default_rng(seed)
    arcs = rng.integers(0, len(graph.tail), 12)
    spots = Snaps(
        arcs.astype(np.int32), rng.choice([0.0, 1.0, 0.25, rng.random()], 12), np.zeros(12), np.zeros(12), np.zeros(12)
    )
    found = [matrix(graph, spots, spots, engine, by) for engine in ENGINES]
    np.testing.assert_array_equal(found[0][0], found[1][0])
    if not factor:  # with a third figure two equally good paths may differ in what they carry
        np.testing.assert_array_equal(found[0][1], found[1][1])


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_paths_are_as_long_as_the_matrix_says(seed):
    """On straight lines with true lengths the line's own length is the distance."""
    graph = random_town(40, seed)
    straight = segment_km(*(v[e] for e in (graph.tail, graph.head) for v in (graph.lon, graph.lat)))
    graph = replace(graph, km=np.round(straight, 6), minutes=np.round(straight * 2, 4))
    rng = np.random.default_rng(seed)
    spots = snap(graph, 117 + rng.random(8) * 0.05, 36.7 + rng.random(8) * 0.05, limit_km=9)
    pairs = np.argwhere(np.ones((8, 8)))
    for engine in ENGINES:
        router = Router(graph, by="distance", engine=engine)
        km, _ = router.matrix(spots, spots, Progress())
        assert_lines_match(router.paths(spots, spots, pairs), km, spots, pairs, tolerance_km=1e-4)


def assert_lines_match(lines, km, spots, pairs, tolerance_km):
    for line, (i, j) in zip(lines, pairs, strict=True):
        assert line[0] == pytest.approx([spots.lon[i], spots.lat[i]], abs=1e-12)
        assert line[-1] == pytest.approx([spots.lon[j], spots.lat[j]], abs=1e-12)
        length = segment_km(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1]).sum()
        assert length + spots.snap_km[i] + spots.snap_km[j] == pytest.approx(km[i, j], abs=tolerance_km)


@pytest.mark.parametrize("name", ["jinan", "chengdu", "shanghai_center.osm", "liechtenstein.osm.pbf", "monaco.osm.gz"])
@pytest.mark.parametrize("by", ["distance", "time"])
def test_engines_agree_on_real_maps(name, by):
    graph = load(real_map(name))
    spots = scattered(graph, 30)
    (km, minutes), (slow_km, slow_minutes) = (matrix(graph, spots, spots, engine, by) for engine in ("cch", "scipy"))
    np.testing.assert_array_equal(km, slow_km)
    np.testing.assert_array_equal(minutes, slow_minutes)
    assert np.isfinite(km).all()
    assert (np.abs(km - km.T) > 0.01).any(), "one-way streets make some ways back longer"


def scattered(graph: RoadGraph, count: int) -> Snaps:
    rng = np.random.default_rng(7)
    nodes = rng.integers(0, len(graph.lon), count)
    near = rng.normal(0, 0.002, (2, count))
    return snap(graph, graph.lon[nodes] + near[0], graph.lat[nodes] + near[1], limit_km=2.0)


@pytest.mark.parametrize("name", ["shanghai_center.osm", "krems.osm.gz", "andorra.osm.pbf"])
def test_paths_on_real_maps_follow_the_roads(name):
    graph = load(real_map(name))
    spots = scattered(graph, 15)
    router = Router(graph, by="time")
    km, _ = router.matrix(spots, spots, Progress())
    pairs = np.argwhere(~np.eye(15, dtype=bool))
    assert_lines_match(router.paths(spots, spots, pairs), km, spots, pairs, tolerance_km=2e-3)


def test_routingkit_finds_the_same_distances():
    """RoutingKit's own hierarchy, by an independent binding, between nodes of Jinan, in whole mm."""
    pyroutingkit = pytest.importorskip("pyroutingkit")
    graph = load(real_map("jinan"))
    real = np.flatnonzero(graph.tail != graph.head)
    theirs = pyroutingkit.CCH()
    theirs.build_topology(
        graph.tail[real].astype(np.uint32),
        graph.head[real].astype(np.uint32),
        graph.lat.astype(np.float32),
        graph.lon.astype(np.float32),
        len(graph.lon),
    )
    theirs.customize_weights(np.round(graph.km[real] * 1e6).astype(np.uint32))
    arcs = np.random.default_rng(3).integers(0, len(graph.tail), 60)
    expected = theirs.distances_many_to_many(graph.head[arcs].astype(np.uint32), graph.head[arcs].astype(np.uint32))
    at_heads = Snaps(arcs.astype(np.int32), np.ones(60), np.zeros(60), np.zeros(60), np.zeros(60))
    km, _ = matrix(graph, at_heads, at_heads, "cch")
    np.testing.assert_array_equal(np.round(km * 1e6), expected)


def test_prepared_hierarchy_is_read_from_the_cache(tmp_path, monkeypatch):
    graph = replace(random_town(50, 1), cache=tmp_path)
    spots = scattered(graph, 6)
    first = matrix(graph, spots, spots, "cch")
    import optimizer.roads.cch as engine

    def refuse(*_):
        raise AssertionError("prepared again")

    monkeypatch.setattr(engine, "contract", refuse)
    monkeypatch.setattr(engine, "customize", refuse)
    second = matrix(graph, spots, spots, "cch")
    np.testing.assert_array_equal(first[0], second[0])
    with pytest.raises(AssertionError, match="prepared again"):
        matrix(random_town(50, 2), spots, spots, "cch")


def test_very_long_maps_still_carry_both_figures():
    """299 arcs of 40 km: 12,000 km do not fit with 1e-4 minutes in 53 bits, so minutes are carried coarser."""
    n = 300
    lon = np.linspace(0, 100, n)
    tail = np.concatenate([np.arange(n - 1), np.arange(1, n)])
    head = np.concatenate([np.arange(1, n), np.arange(n - 1)])
    shape = np.tile(np.arange(n - 1), 2)
    ends = np.column_stack([np.arange(n - 1), np.arange(1, n)])
    km = np.full(2 * n - 2, 40.0)
    lines = np.arange(n) * 2, lon[ends].ravel(), np.zeros(2 * n - 2)
    graph = make_graph(
        lon, np.zeros(n), tail, head, km, km * 2.4, np.ones(len(km)), (shape, np.arange(len(km)) >= n - 1), lines
    )
    for engine in ENGINES:
        km, minutes = matrix(graph, places(at(0, 0.0)), places(at(n - 2, 1.0)), engine)
        assert km[0, 0] == pytest.approx(299 * 40)
        assert minutes[0, 0] == pytest.approx(299 * 96, rel=1e-4)


def test_wrong_names_are_refused():
    with pytest.raises(ValueError, match="expected 'distance' or 'time'"):
        Router(one_way_ring(), by="money")
    with pytest.raises(ValueError, match="expected 'auto', 'cch' or 'scipy'"):
        Router(one_way_ring(), by="time", engine="magic")
