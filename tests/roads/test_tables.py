"""CSV pairs: header spellings, one-way columns, projections, and every fault with its row."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.errors import InputError
from tests.roads.conftest import has_arc, load, real_map

NODES = "node_id,lon,lat\nA,117.00,36.70\nB,117.01,36.70\nC,117.01,36.71\n"
EDGES = "u,v,length_m,oneway\nA,B,900,0\nB,C,1120,1\nC,A,1500,1\n"
A, B, C = (117.0, 36.7), (117.01, 36.7), (117.01, 36.71)


def pair(tmp_path, nodes: str | bytes = NODES, edges: str | bytes = EDGES, names=("nodes.csv", "edges.csv")):
    folder = tmp_path / "map"
    folder.mkdir(exist_ok=True)
    for name, content in zip(names, (nodes, edges), strict=True):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def faults_of(folder, **options) -> list[str]:
    with pytest.raises(InputError) as error:
        load(folder, **options)
    return [str(fault) for fault in error.value.faults]


def test_two_way_only_where_the_column_says_so(tmp_path):
    graph = load(pair(tmp_path))
    assert len(graph.tail) == 4
    assert has_arc(graph, A, B) and has_arc(graph, B, A) and not has_arc(graph, C, B)
    assert sorted(graph.km) == [0.9, 0.9, 1.12, 1.5]
    assert graph.minutes[graph.km == 1.5][0] == 3.0, "30 km/h where no class is given"


def test_ways_back_that_are_listed_are_not_doubled(tmp_path):
    graph = load(pair(tmp_path, edges=EDGES + "B,A,950,0\n"))
    assert len(graph.tail) == 4
    assert sorted(graph.km) == [0.9, 0.95, 1.12, 1.5]


def test_without_a_oneway_column_rows_are_directed(tmp_path):
    graph = load(pair(tmp_path, edges="from,to,km\nA,B,0.9\nB,C,1.12\nC,A,1.5\n"))
    assert len(graph.tail) == 3


@pytest.mark.parametrize(
    ("nodes_header", "edges_header", "factor"),
    [
        ("id,longitude,latitude", "from,to,km", 0.001),
        ("Node,Lng,Lat", "Node_Start,Node_End,Length", 1),
        ("osmid,x,y", "source,target,length", 1),
        ("NODE ID,LON,LAT", "From Node,To Node,Length M", 1),
        ("vertex,long,lat", "start_node,end_node,distance_km", 0.001),
        ("\ufeffnodeid,x_coord,y_coord", "\ufeffhead,tail,meters", 1),
    ],
)
def test_header_spellings(tmp_path, nodes_header, edges_header, factor):
    rows = [line.split(",")[:3] for line in EDGES.splitlines()[1:]]
    edges = "\r\n".join([edges_header, *(f"{u},{v},{float(m) * factor}" for u, v, m in rows)])
    graph = load(pair(tmp_path, NODES.replace("node_id,lon,lat", nodes_header), edges))
    assert sorted(graph.km) == [0.9, 1.12, 1.5]


def test_other_separators_names_and_encodings(tmp_path):
    nodes = NODES.replace(",", ";").replace("\nA;", "\n大桥;").encode("gbk")
    edges = EDGES.replace(",", "\t").replace("A", "大桥").encode("gbk")
    assert len(load(pair(tmp_path, nodes, edges, ("town_nodes.txt", "town_links.tsv"))).tail) == 4


@pytest.mark.parametrize(
    ("both", "along", "against"),
    [
        ("B", "F", "T"),
        ("f", "t", "-1"),
        ("no", "yes", "-1"),
        ("False", "True", "reverse"),
        ("", "1", "-1"),
        ("0", "y", "TF"),
    ],
)
def test_words_of_the_oneway_column(tmp_path, both, along, against):
    """A–B and B–C are two-way; A–C is one-way along or against its row. T means "against" only where B occurs too."""
    base = f"u,v,length_m,oneway\nA,B,900,{both}\nB,C,1120,{both}\n"
    graph = load(pair(tmp_path, edges=f"{base}A,C,1500,{along}\n"))
    assert (len(graph.tail), has_arc(graph, A, C), has_arc(graph, C, A)) == (5, True, False)
    graph = load(pair(tmp_path, edges=f"{base}A,C,1500,{against}\n"))
    assert (len(graph.tail), has_arc(graph, A, C), has_arc(graph, C, A)) == (5, False, True)


def test_classes_limits_and_speeds_of_columns(tmp_path):
    edges = (
        "u,v,length_m,oneway,highway,maxweight,speed\nA,B,900,0,primary,,\nB,C,1120,0,residential,,20\n"
        "C,A,1500,0,primary,7.5,\nA,C,1500,0,footway,,\n"
    )
    graph = load(pair(tmp_path, edges=edges))
    assert graph.dropped == {"ways: maxweight too low": 1, "ways: class not for trucks": 1}
    assert graph.minutes[graph.km == 0.9][0] == pytest.approx(0.9 / 40 * 60)
    assert graph.minutes[graph.km == 1.12][0] == pytest.approx(1.12 / 20 * 60)


def test_lines_of_a_geometry_column(tmp_path):
    edges = 'u,v,oneway,geometry\nA,B,0,"LINESTRING (117 36.7, 117.005 36.701, 117.01 36.7)"\n'
    graph = load(pair(tmp_path, edges=edges))
    assert len(graph.shape_lon) == 3
    assert graph.km[0] == pytest.approx(0.921, abs=1e-3)


def test_projected_coordinates_need_their_crs(tmp_path):
    """Node 0 of Jinan in UTM 50N is 505678.515, 4056089.912; the published lon/lat are 117.063531, 36.650371."""
    nodes = "id,utm_x,utm_y\n1,505678.515,4056089.912\n2,505770.082,4056030.849\n"
    edges = "u,v,length_m,oneway\n1,2,122,0\n"
    graph = load(pair(tmp_path, nodes, edges), crs="EPSG:32650")
    assert (graph.lon[0], graph.lat[0]) == (pytest.approx(117.063531, abs=1e-6), pytest.approx(36.650371, abs=1e-6))
    assert len(load(pair(tmp_path, nodes, edges), crs="32650").tail) == 2
    assert "declare the projection with crs" in faults_of(pair(tmp_path, nodes.replace("utm_", ""), edges))[0]
    assert "not a known coordinate system" in faults_of(pair(tmp_path, nodes, edges), crs="EPSG:999999")[0]
    assert (
        "outside the area of"
        in faults_of(pair(tmp_path, nodes.replace("505678.515", "1e30"), edges), crs="EPSG:32650")[0]
    )


@pytest.mark.parametrize(
    ("nodes", "edges", "expected"),
    [
        (NODES, "u,v\nA,B\n", "edges.csv:1: no column for the length"),
        (
            NODES,
            "a,v,length\nA,B,1\n",
            "edges.csv:1: no column for the node an edge starts at; accepted names are u, from",
        ),
        ("id,lat\n1,2\n", EDGES, "nodes.csv:1: no column for longitude or x; accepted names are lon"),
        (NODES, EDGES + "A,Z,5,0\n", "edges.csv:5: v: node 'Z' is not in the nodes table"),
        (NODES, EDGES + "A,C,-5,0\n", "edges.csv:5: length_m: -5 is negative"),
        (NODES, EDGES + "A,C,nan,0\n", "edges.csv:5: length_m: 'nan' is not a number"),
        (NODES, EDGES + "A,C,,0\n", "edges.csv:5: length_m: '' is not a number"),
        (NODES, EDGES + "A,C,5,maybe\n", "edges.csv:5: oneway: 'maybe' is not known"),
        (NODES, EDGES + "A,C\n", "edges.csv:5: has 2 cells where the header has 4"),
        (NODES + "A,117,36\n", EDGES, "nodes.csv:5: node_id: A is there twice (first in row 2)"),
        (NODES + ",117,36\n", EDGES, "nodes.csv:5: node_id: is blank"),
        (NODES + "D,x,36\n", EDGES, "nodes.csv:5: lon: 'x' is not a number"),
        (NODES + "D,36,117\n", EDGES, "nodes.csv:5: lat: 117 is not in degrees"),
        (
            "id,lon,lat\nA,36.7,117\nB,36.7,117.1\nC,36.8,117\n",
            EDGES,
            "nodes.csv:2: lat: 117 is no latitude (-90 to 90); lon and lat look swapped",
        ),
        (NODES, "u,v,length_m\nA,B,0.9\nB,A,0.9\n", "edges.csv: the lengths are 0.001"),
        (NODES, "u,v,length_km\nA,B,900\nB,A,900\n", "they look like metres: name the column length_m"),
        (NODES, "u,v,length_m,oneway\n", "edges.csv: has a header but no rows"),
        (NODES, "", "edges.csv: is empty"),
        (NODES, "u,u,v\nA,A,B\n", "edges.csv:1: has the column u more than once"),
        (NODES, "u,v,geometry\nA,B,POINT (1 2)\n", "edges.csv:2: geometry: is not a WKT LINESTRING"),
        (
            NODES,
            EDGES.replace("oneway", "oneway,highway").replace(",0\n", ",0,footway\n").replace(",1\n", ",1,cycleway\n"),
            "",
        ),
    ],
)
def test_one_broken_pair_per_message(tmp_path, nodes, edges, expected):
    folder = pair(tmp_path, nodes, edges)
    if not expected:  # classes nobody knows as truck roads say nothing, so the column is ignored
        assert len(load(folder).tail) == 4
        return
    assert any(expected in fault for fault in faults_of(folder)), faults_of(folder)


def test_all_faults_of_both_files_at_once_and_capped(tmp_path):
    faults = faults_of(pair(tmp_path, NODES + "A,x,400\n", EDGES + "A,Z,-1,9\n" * 300))
    told = "\n".join(faults)
    for part in ("A is there twice", "'x' is not a number", "node 'Z'", "negative", "'9' is not known"):
        assert part in told
    assert "edges.csv: 200 more rows like this: negative length" in faults
    assert len(faults) < 400


def test_folders_without_a_pair(tmp_path):
    assert "expected one nodes table" in faults_of(tmp_path)[0]
    (tmp_path / "a_nodes.csv").write_text(NODES)
    assert "expected one edges table" in faults_of(tmp_path)[0]
    (tmp_path / "b_nodes.csv").write_text(NODES)
    assert "found a_nodes.csv, b_nodes.csv" in faults_of(tmp_path)[0]


def test_random_bytes_are_faults_never_tracebacks(tmp_path):
    rng = np.random.default_rng(0)
    for _ in range(60):
        noise = rng.integers(0, 256, rng.integers(1, 400)).astype(np.uint8).tobytes()
        for nodes, edges in ((noise, EDGES), (NODES, noise), (NODES, EDGES.encode() + noise)):
            try:
                load(pair(tmp_path, nodes, edges))
            except InputError as error:
                assert error.faults


def test_jinan_and_chengdu():
    """Jinan: 8,840 of 8,908 nodes are strongly connected, and reverses are listed, so none is added."""
    jinan = load(real_map("jinan"))
    assert len(jinan.lon) == 8840
    assert jinan.dropped["nodes: in fragments a truck cannot leave or reach"] == 68
    assert len(jinan.tail) + jinan.dropped["arcs: in fragments a truck cannot leave or reach"] == 23312
    chengdu = load(real_map("chengdu"))
    assert len(chengdu.lon) == 1901
