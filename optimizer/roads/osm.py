"""OpenStreetMap extracts (XML, .bz2, .gz, .pbf) by pyosmium.

The file is read twice: ways first, then only the points those ways need. That works whatever the order of
the file (Overpass writes ways before nodes) and keeps memory to the roads.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.errors import InputError
from optimizer.progress import Progress
from optimizer.roads.graph import OSM_ATTRIBUTION, Floats, Longs, RoadGraph, Ways, graph_of_ways
from optimizer.roads.profile import Profile
from optimizer.roads.rules import blocks, judge_way

_STEP = 20_000


def read_osm(path: Path, profile: Profile, progress: Progress) -> RoadGraph:
    """The roads of an extract that a truck may use, not yet reduced to one component.

    Raises:
        InputError: the file is not a readable extract, or holds no road for trucks.
    """
    import osmium

    try:
        ways, stops, dropped = _read_ways(path, profile, progress)
        if not ways.forward:
            raise InputError.single(path.name, _nothing_for_trucks(dropped))
        ids, lon, lat = _read_points(path, np.unique(np.asarray(ways.refs, dtype=np.int64)), progress)
    except InputError:
        raise
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise InputError.single(
            path.name,
            f"cannot be read as an OpenStreetMap extract ({_one_line(error)}); expected a whole .osm, .osm.bz2, "
            ".osm.gz or .osm.pbf file, so download it again or check its ending",
        ) from None
    ways = _split(ways, ids, stops, dropped)
    if not ways.forward:
        raise InputError.single(
            path.name,
            "holds ways but not the points they run through; export its nodes too (Overpass: out body; >; out skel;)",
        )
    graph = graph_of_ways(ways, ids, lon, lat)
    return replace(graph, dropped=dict(dropped), attribution=OSM_ATTRIBUTION)


def _read_ways(path: Path, profile: Profile, progress: Progress) -> tuple[Ways, set[int], Counter[str]]:
    """Ways for trucks over point ids, the points that stop a truck, and what was refused why."""
    import osmium

    ways, stops, dropped = Ways(), set(), Counter[str]()
    reader = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
    reader.with_filter(osmium.filter.KeyFilter("highway", "barrier", "route"))
    item: Any  # a node or a way
    for count, item in enumerate(reader):
        if count % _STEP == 0:
            progress.step(count, unit="roads read")
        tags = dict(item.tags)
        if item.is_node():
            if blocks(tags, profile):
                stops.add(item.id)
        elif "highway" in tags or tags.get("route") == "ferry":
            verdict = judge_way(tags, profile)
            if verdict.reason:
                dropped[verdict.reason] += 1
            elif len(item.nodes) > 1:
                ways.add([node.ref for node in item.nodes], verdict.forward, verdict.backward, verdict.factor)
    return ways, stops, dropped


def _read_points(path: Path, needed: Longs, progress: Progress) -> tuple[Longs, Floats, Floats]:
    """Ids found (sorted), lon and lat of the points needed."""
    import osmium

    ids, lon, lat = [], [], []
    reader = osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(osmium.filter.IdFilter(needed.tolist()))
    node: Any
    for count, node in enumerate(reader):
        if count % _STEP == 0:
            progress.step(count, len(needed), "points")
        location = node.location
        if location.valid():
            ids.append(node.id)
            lon.append(location.lon)
            lat.append(location.lat)
    found, first = np.unique(np.asarray(ids, dtype=np.int64), return_index=True)
    return found, np.asarray(lon, dtype=np.float64)[first], np.asarray(lat, dtype=np.float64)[first]


def _split(ways: Ways, ids: Longs, stops: set[int], dropped: Counter[str]) -> Ways:
    """Cuts ways at points outside the extract and at points that stop a truck."""
    refs = np.asarray(ways.refs, dtype=np.int64)
    known = np.isin(refs, ids)
    stopped = np.isin(refs, np.fromiter(stops, dtype=np.int64, count=len(stops)))
    if known.all() and not stopped.any():
        return ways
    if stopped.any():
        dropped["nodes: barrier"] += len(np.unique(refs[stopped]))
    if not known.all():
        dropped["nodes: outside the extract"] += len(np.unique(refs[~known]))
    good, out = known & ~stopped, Ways()
    for way, (begin, end) in enumerate(pairwise(ways.start)):
        rules = ways.forward[way], ways.backward[way], ways.factor[way]
        if good[begin:end].all():
            out.add(ways.refs[begin:end], *rules)
            continue
        breaks = [begin - 1, *(begin + np.flatnonzero(~good[begin:end])).tolist(), end]
        for before, after in pairwise(breaks):
            if after - before > 2:
                out.add(ways.refs[before + 1 : after], *rules)
    return out


def _nothing_for_trucks(dropped: Counter[str]) -> str:
    if not dropped:
        return "holds no roads at all; expected an OpenStreetMap extract with `highway` ways"
    reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.most_common(4))
    return f"holds no road that this truck may use ({reasons}); loosen the profile or take another extract"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
