"""Road distances: 500 × 500 on 50,000 nodes against SciPy and networkx; 250,000 nodes prepared and started again.

The graph is synthetic and made like a road network: a Delaunay triangulation of random points, two fifths of its edges
taken away, a third of the rest one-way; about 3 arcs a node. All peers run in the same process on the same graph.
Ours answers more than the peers do: km *and* minutes, between points on arcs, not nodes.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.progress import Progress
from optimizer.roads import Profile, Router, Snaps, load_graph
from optimizer.roads.graph import RoadGraph

REPEATS = 5
NETWORKX_STARTS = 4  # timed from this many starts and scaled to all; each start costs the same


def run(smoke: bool) -> list[dict[str, Any]]:
    """Both benchmarks; ``smoke`` on small graphs, for testing that they run."""
    with tempfile.TemporaryDirectory() as folder:
        return [
            *_matrix(Path(folder), *((2_000, 40) if smoke else (53_000, 500))),
            _start(Path(folder), 4_000 if smoke else 250_000),
        ]


def write_town(folder: Path, nodes: int) -> Path:
    """A synthetic town as nodes.csv and edges.csv, every direction a row."""
    from scipy.spatial import Delaunay

    rng = np.random.default_rng(2025)
    width = np.sqrt(nodes) * 0.15 / 111  # degrees: 150 m between neighbours
    lon, lat = 117 + rng.random(nodes) * width / 0.8, 36.7 + rng.random(nodes) * width
    corners = Delaunay(np.column_stack([lon * 0.8, lat])).simplices
    edges = np.unique(
        np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1), axis=0
    )
    metres = 111_000 * np.hypot(0.8 * np.diff(lon[edges])[:, 0], np.diff(lat[edges])[:, 0])
    kept = (metres < np.quantile(metres, 0.99)) & (rng.random(len(edges)) > 0.4)
    edges, metres = edges[kept], np.round(metres[kept] * 1.05, 1)
    speed, one_way = rng.choice([25, 30, 40, 50], len(edges)), rng.random(len(edges)) < 0.3
    target = folder / f"town-{nodes}"
    target.mkdir()
    places = zip(range(nodes), lon.tolist(), lat.tolist(), strict=True)
    (target / "nodes.csv").write_text("id,lon,lat\n" + "\n".join(f"{i},{x:.7f},{y:.7f}" for i, x, y in places))
    rows = zip(*edges.T.tolist(), metres.tolist(), speed.tolist(), one_way.astype(int).tolist(), strict=True)
    (target / "edges.csv").write_text(
        "from,to,length_m,speed,oneway\n" + "\n".join(",".join(map(str, r)) for r in rows)
    )
    return target


def _matrix(folder: Path, nodes: int, places: int) -> list[dict[str, Any]]:
    graph = _load(write_town(folder, nodes), folder / "cache")
    router = Router(graph, by="distance", engine="cch")
    arcs = np.random.default_rng(1).integers(0, len(graph.tail), (2, places)).astype(np.int32)
    half = np.full(places, 0.5)
    origins, destinations = (Snaps(a, half, 0 * half, 0 * half, 0 * half) for a in arcs)
    ours = _median(lambda: router.matrix(origins, destinations, Progress()))
    peers = {
        "scipy": (_scipy(graph, graph.head[arcs[0]]), 8.0),
        "networkx": (_networkx(graph, graph.head[arcs[0]]), 150.0),
    }
    return [
        {
            "name": f"road distances {places} × {places}, {len(graph.lon):,} nodes",
            "ours_s": ours,
            "peers": {peer: seconds},
            "ratio": seconds / ours,
            "target": target,
            "met": seconds / ours >= target,
        }
        for peer, (seconds, target) in peers.items()
    ]


def _scipy(graph: RoadGraph, starts: np.ndarray[Any, np.dtype[np.int32]]) -> float:
    from scipy.sparse.csgraph import dijkstra

    from optimizer.roads.engines import links_of

    links, _ = links_of(graph, graph.km)
    return _median(lambda: dijkstra(links, indices=starts))


def _networkx(graph: RoadGraph, starts: np.ndarray[Any, np.dtype[np.int32]]) -> float:
    import networkx as nx

    town = nx.DiGraph()
    town.add_weighted_edges_from(zip(graph.tail.tolist(), graph.head.tolist(), graph.km.tolist(), strict=True))
    sample = starts[:NETWORKX_STARTS].tolist()
    seconds = _median(lambda: [nx.single_source_dijkstra_path_length(town, start) for start in sample])
    return seconds * len(starts) / len(sample)


def _start(folder: Path, nodes: int) -> dict[str, Any]:
    """A map read and prepared for the first time, and again from the cache, as a new process would."""
    town, cache = write_town(folder, nodes), folder / "cache"

    def start() -> Router:
        return Router(_load(town, cache), by="distance", engine="cch")

    began = time.perf_counter()
    start()
    first = time.perf_counter() - began
    again = _median(start)
    return {
        "name": f"second start on {nodes:,} nodes from the cache (seconds; target is the most allowed)",
        "ours_s": again,
        "peers": {"first start, read and prepared": first},
        "ratio": first / again,
        "target": 1.0,
        "met": again < 1.0,
    }


def _load(town: Path, cache: Path) -> RoadGraph:
    return load_graph(town, Profile.load(None), cache=cache, progress=Progress())


def _median(work: Callable[[], Any]) -> float:
    def timed() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return statistics.median(timed() for _ in range(REPEATS))


def main() -> None:
    """Prints every figure, and the ratios a line each."""
    for result in run(smoke=False):
        peers = ", ".join(f"{peer} {seconds:.2f} s" for peer, seconds in result["peers"].items())
        verdict = f"target {result['target']:g}: {'met' if result['met'] else 'MISSED'}"
        print(f"{result['name']}: ours {result['ours_s']:.3f} s, {peers}; ratio {result['ratio']:.1f}, {verdict}")


if __name__ == "__main__":
    main()
