"""Small road maps made in the test, and the real ones beside the checkout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimizer.progress import Progress
from optimizer.roads import Profile, RoadGraph, load_graph
from optimizer.roads.graph import largest_component, make_graph, segment_km

MAPS = Path(__file__).resolve().parents[3] / "shared" / "data" / "roads"


def real_map(name: str) -> Path:
    """A map of ../shared/data/roads; the test is skipped where it is absent."""
    if not (MAPS / name).exists():
        pytest.skip(f"../shared/data/roads/{name} is not there")
    return MAPS / name


class OsmText:
    """OSM XML written by hand: ``nodes`` name -> (lon, lat), ways as node names and tags."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._nodes: list[str] = []
        self._ways: list[str] = []

    def node(self, name: str, lon: float, lat: float, **tags: str) -> OsmText:
        number = self._numbers.setdefault(name, len(self._numbers) + 1)
        self._nodes.append(f'<node id="{number}" lon="{lon}" lat="{lat}">{_tags(tags)}</node>')
        return self

    def way(self, names: str, **tags: str) -> OsmText:
        refs = "".join(f'<nd ref="{self._numbers[name]}"/>' for name in names.split())
        self._ways.append(f'<way id="{len(self._ways) + 1}">{refs}{_tags(tags)}</way>')
        return self

    def write(self, path: Path, *, ways_first: bool = False) -> Path:
        parts = [*self._ways, *self._nodes] if ways_first else [*self._nodes, *self._ways]
        text = '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">' + "\n".join(parts) + "</osm>"
        path.write_text(text, encoding="utf-8")
        return path


def _tags(tags: dict[str, str]) -> str:
    """Tags; a double underscore in a name stands for a colon."""
    return "".join(
        f'<tag k="{key.replace("__", ":")}" v="{value.replace(chr(34), "&quot;")}"/>' for key, value in tags.items()
    )


@pytest.fixture
def square() -> OsmText:
    """Four corners a b c d, about 0.9 km apart, joined by a ring of two-way primary roads."""
    text = OsmText()
    for name, lon, lat in (("a", 117.0, 36.70), ("b", 117.01, 36.70), ("c", 117.01, 36.708), ("d", 117.0, 36.708)):
        text.node(name, lon, lat)
    return (
        text.way("a b", highway="primary")
        .way("b c", highway="primary")
        .way("c d", highway="primary")
        .way("d a", highway="primary")
    )


def load(path: Path, profile: Profile | None = None, **options) -> RoadGraph:
    return load_graph(path, profile or Profile.load(None), cache=None, progress=Progress(), **options)


def has_arc(graph: RoadGraph, start: tuple[float, float], end: tuple[float, float]) -> bool:
    """Whether an arc leads from one place to another."""
    tails = np.hypot(graph.lon[graph.tail] - start[0], graph.lat[graph.tail] - start[1]) < 1e-6
    heads = np.hypot(graph.lon[graph.head] - end[0], graph.lat[graph.head] - end[1]) < 1e-6
    return bool((tails & heads).any())


def random_town(nodes: int, seed: int, *, factor: bool = False) -> RoadGraph:
    """A connected random graph with one-way streets, parallel arcs, self-loops, zero lengths and equal paths."""
    rng = np.random.default_rng(seed)
    lon, lat = 117 + rng.random(nodes) * 0.05, 36.7 + rng.random(nodes) * 0.05
    ends = rng.integers(0, nodes, (nodes * 2, 2))
    ring = np.column_stack([np.arange(nodes), np.roll(np.arange(nodes), -1)])
    ends = np.concatenate([ends, ring, ends[:5], np.repeat(ends[5:8, :1], 2, axis=1)])
    km = np.where(
        rng.random(len(ends)) < 0.5,
        segment_km(lon[ends[:, 0]], lat[ends[:, 0]], lon[ends[:, 1]], lat[ends[:, 1]]),
        rng.integers(0, 4, len(ends)) * 0.5,
    )
    two_way = np.flatnonzero(rng.random(len(ends)) < 0.5)
    shape = np.concatenate([np.arange(len(ends)), two_way])
    minutes = km[shape] / rng.choice([20.0, 30.0, 50.0], len(shape)) * 60
    weight = rng.choice([1.0, 0.5, 3.0], len(shape)) if factor else np.ones(len(shape))
    return largest_component(
        make_graph(
            lon,
            lat,
            np.concatenate([ends[:, 0], ends[two_way, 1]]),
            np.concatenate([ends[:, 1], ends[two_way, 0]]),
            km[shape],
            minutes,
            weight,
            (shape, np.arange(len(shape)) >= len(ends)),
            (np.arange(len(ends) + 1) * 2, lon[ends].ravel(), lat[ends].ravel()),
        )
    )
