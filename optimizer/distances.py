"""Kilometres, minutes and, where given, CNY per tonne between all places of a scenario.

A pair without a road is ``nan``: an absent lane, never a huge number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.errors import Fault, InputError
from optimizer.progress import Progress
from optimizer.scenario import Floats, Scenario

if TYPE_CHECKING:
    from optimizer.roads import Snaps

Line = Floats  # (points, 2) lon, lat

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
DETOUR_KM_H = 30.0  # [K] DOMAIN.md: 25-35 km/h urban; used only where no road and no minutes are known

MARGIN = 0.1  # of the width and height of the box around all sites
MOST_PLACES = 12_000  # three tables of places × places take 3.5 GB


@dataclass(frozen=True)
class Reach:
    """(places,) one-way km and minutes from one further place to all of a scenario, and back; nan where no road is."""

    km_out: Floats
    minutes_out: Floats
    km_in: Floats
    minutes_in: Floats


@dataclass(frozen=True)
class Anywhere:
    """P further places spread over the ground of a scenario, and the way to and from its own places.

    Attributes:
        lon, lat: (P,) degrees.
        km_out, km_in: (P, places) from each to every place of the scenario, and back; nan where no road is.
        lines: the piece of road that each stands for; empty where there are no roads.
    """

    lon: Floats
    lat: Floats
    km_out: Floats
    km_in: Floats
    lines: list[Line]


@dataclass(frozen=True)
class Distances:
    """What it takes to drive one way between places, in node order of the scenario.

    Attributes:
        km: (places, places) one-way km of the chosen path; ``nan`` = no road.
        minutes: one-way driving minutes; ``nan`` = no road, or not known.
        cost_per_t: CNY per t that replaces km × haul rate; ``nan`` where the rate applies.
        info: how distances were made, for plan.json.
        paths: lines for pairs of places, drawn only for pairs that are used.
        reach: measures a further place (lon, lat) on the same roads, in milliseconds; raises InputError where it is
            beyond the snap limit. None where distances came as a table: nothing tells where a new place would lie.
        anywhere: spreads at most so many places over the same ground, up to :data:`MARGIN` around the sites.
    """

    km: Floats
    minutes: Floats
    cost_per_t: Floats
    info: dict[str, Any]
    paths: Callable[[Sequence[tuple[int, int]]], list[Line]]
    reach: Callable[[float, float], Reach] | None = None
    anywhere: Callable[[int, Progress], Anywhere] | None = None


def measure(scenario: Scenario, progress: Progress, *, engine: str = "auto") -> Distances:
    """Distances of a scenario from its table, its road graph or the great circle.

    Args:
        scenario: the scenario.
        progress: told how far long work is.
        engine: path engine for road graphs; ``scipy`` is the independent one that ``cutfill check`` uses.

    Raises:
        InputError: the map cannot be read, or places lie beyond the snap limit.
    """
    places = len(scenario.place_ids)
    if places > MOST_PLACES:
        raise InputError.single(
            "scenario.toml",
            f"{places:,} places are more than the {MOST_PLACES:,} that one plan can join; split the district",
        )
    if scenario.pairs is not None:
        return _from_table(scenario)
    if scenario.roads.detour is not None:
        return _great_circle(scenario, scenario.roads.detour)
    return _on_roads(scenario, progress, engine)


def great_circle_km(lon: Floats, lat: Floats) -> Floats:
    """(n, n) great-circle km by the haversine formula."""
    return _haversine_km(lon[:, None], lat[:, None], lon, lat)


def _haversine_km(lon: Floats, lat: Floats, to_lon: Floats, to_lat: Floats) -> Floats:
    x, y, to_x, to_y = (np.radians(degrees) for degrees in (lon, lat, to_lon, to_lat))
    half = np.sin((y - to_y) / 2) ** 2 + np.cos(y) * np.cos(to_y) * np.sin((x - to_x) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))


def _straight_lines(scenario: Scenario) -> Callable[[Sequence[tuple[int, int]]], list[Line]]:
    lonlat = scenario.lonlat
    return lambda pairs: [lonlat[list(pair)] for pair in pairs]


def _from_table(scenario: Scenario) -> Distances:
    pairs = scenario.pairs
    assert pairs is not None
    n = len(scenario.place_ids)
    km, minutes, cost = (np.full((n, n), np.nan) for _ in range(3))
    at = (pairs.origin, pairs.destination)
    km[at], minutes[at], cost[at] = pairs.km, pairs.minutes, pairs.cost_per_t
    info = {"kind": "distances", "pairs": len(pairs.km)}
    return Distances(km, minutes, cost, info, _straight_lines(scenario))


def _great_circle(scenario: Scenario, detour: float) -> Distances:
    lonlat = scenario.lonlat
    km = great_circle_km(lonlat[:, 0], lonlat[:, 1]) * detour
    info = {"kind": "detour", "detour": detour, "km_h": DETOUR_KM_H}

    def reach(lon: float, lat: float) -> Reach:
        there = _haversine_km(np.array(lon), np.array(lat), lonlat[:, 0], lonlat[:, 1]) * detour
        minutes = there / DETOUR_KM_H * 60
        return Reach(there, minutes, there, minutes)

    def anywhere(most: int, progress: Progress) -> Anywhere:
        west, south, east, north = _box(lonlat)
        side = max(int(np.sqrt(most)), 1)
        lon, lat = (a.ravel() for a in np.meshgrid(np.linspace(west, east, side), np.linspace(south, north, side)))
        there = _haversine_km(lon[:, None], lat[:, None], lonlat[:, 0], lonlat[:, 1]) * detour
        return Anywhere(lon, lat, there, there, [])

    none = np.full_like(km, np.nan)
    return Distances(km, km / DETOUR_KM_H * 60, none, info, _straight_lines(scenario), reach, anywhere)


def _box(lonlat: Floats) -> tuple[float, float, float, float]:
    """West, south, east, north of the ground around all sites."""
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    wide, high = MARGIN * (east - west), MARGIN * (north - south)
    return float(west - wide), float(south - high), float(east + wide), float(north + high)


def _on_roads(scenario: Scenario, progress: Progress, engine: str) -> Distances:
    from optimizer.roads import Profile, Router, Snapper, load_graph
    from optimizer.roads.spread import spread

    spec = scenario.roads
    assert spec.file is not None
    profile = Profile.load(spec.profile)
    with progress.phase("roads"):
        graph = load_graph(spec.file, profile, cache=None, progress=progress, crs=spec.crs, zones=spec.zones)
    lonlat = scenario.lonlat
    with progress.phase("distances"):
        snapper = Snapper(graph)
        snaps = snapper.snap(lonlat[:, 0], lonlat[:, 1], limit_km=spec.snap_km)
        _refuse_far_places(scenario, snaps)
        router = Router(graph, by=spec.by, engine=engine)  # type: ignore[arg-type]
        km, minutes = router.matrix(snaps, snaps, progress)
    info = {
        "kind": "graph",
        "source": spec.file.name,
        "attribution": spec.attribution or graph.attribution,
        "nodes": len(graph.lon),
        "arcs": len(graph.km),
        "excluded": dict(graph.dropped),
        "by": spec.by,
        "largest_snap_km": float(snaps.snap_km.max(initial=0.0)),
        "mean_snap_km": float(snaps.snap_km.mean()) if len(snaps.snap_km) else 0.0,
    }

    def paths(pairs: Sequence[tuple[int, int]]) -> list[Line]:
        return list(router.paths(snaps, snaps, np.asarray(pairs, dtype=np.int64).reshape(-1, 2)))

    def reach(lon: float, lat: float) -> Reach:
        place = snapper.snap(np.array([lon]), np.array([lat]), limit_km=spec.snap_km)
        if place.arc[0] < 0:
            raise InputError.single(
                "lot",
                f"is {place.snap_km[0]:.2f} km from the nearest truck road, more than the limit of "
                f"{spec.snap_km:g} km; correct the coordinates",
                column="lon, lat",
            )
        out, back = router.matrix(place, snaps, Progress()), router.matrix(snaps, place, Progress())
        return Reach(out[0][0], out[1][0], back[0][:, 0], back[1][:, 0])

    def anywhere(most: int, progress: Progress) -> Anywhere:
        places, lines = spread(graph, _box(lonlat), most)
        out, back = router.matrix(places, snaps, progress)[0], router.matrix(snaps, places, progress)[0]
        return Anywhere(places.lon, places.lat, out, back.T, lines)

    return Distances(km, minutes, np.full_like(km, np.nan), info, paths, reach, anywhere)


def _refuse_far_places(scenario: Scenario, snaps: Snaps) -> None:
    """A place that no truck road comes near is a fault of its coordinates or of the map."""
    tables = (
        ("supplies.csv", scenario.supplies.ids),
        ("demands.csv", scenario.demands.ids),
        ("facilities.csv", scenario.facilities.ids),
    )
    faults = []
    for node, (file, place) in enumerate((file, place) for file, ids in tables for place in ids):
        if snaps.arc[node] < 0:
            faults.append(
                Fault(
                    file,
                    0,
                    "lon, lat",
                    f"{place} is {snaps.snap_km[node]:.2f} km from the nearest truck road, more than the limit of "
                    f"{scenario.roads.snap_km:g} km; correct the coordinates, use a map that covers it, "
                    "or raise snap_km in [roads] of scenario.toml",
                )
            )
    if faults:
        raise InputError(faults)
