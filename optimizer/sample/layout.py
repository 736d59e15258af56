"""Where the places of a generated district lie: clusters on open ground, or beside the truck roads of a map."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from optimizer.progress import Progress
from optimizer.scenario import Floats

CENTRE = (117.06, 36.87)  # lon, lat: the Jinan start-up zone, for districts without a map
KM_PER_DEGREE = 111.195  # mean length of a degree of latitude
HALF_SIDE_KM = 10.6  # a square of 450 km², the start-up zone's size, for 200 sites
OFF_ROAD_KM = 0.06  # how far from a road end a site may be put; far inside any snap limit


@dataclass(frozen=True)
class Ground:
    """Points that places may be put on, and the extent of the district.

    Attributes:
        lonlat: (n, 2) road points; empty when anywhere will do.
        centre: lon, lat.
        half_km: half the east-west and north-south extent in km.
    """

    lonlat: Floats
    centre: tuple[float, float]
    half_km: tuple[float, float]

    def to_km(self, lonlat: Floats) -> Floats:
        """(n, 2) km east and north of the centre."""
        return (lonlat - self.centre) * self._scale()

    def to_lonlat(self, km: Floats) -> Floats:
        """(n, 2) degrees of points given in km east and north of the centre."""
        return km / self._scale() + self.centre

    def _scale(self) -> Floats:
        return np.array([KM_PER_DEGREE * np.cos(np.radians(self.centre[1])), KM_PER_DEGREE])


def open_ground(places: int) -> Ground:
    """A square that grows with the number of places, so that hauls stay as long as in the zone or longer."""
    half = HALF_SIDE_KM * float(np.clip(np.sqrt(places / 200), 0.4, 6.0))
    return Ground(np.zeros((0, 2)), CENTRE, (half, half))


def ground_of_map(source: Path, progress: Progress) -> Ground:
    """The part of a map that trucks can both reach and leave.

    Raises:
        InputError: the map cannot be read.
    """
    from optimizer.roads import Profile, load_graph

    with progress.phase("roads"):
        graph = load_graph(source, Profile.load(None), cache=None, progress=progress)
    points = np.column_stack([graph.lon, graph.lat])
    low, high = np.quantile(points, 0.02, axis=0), np.quantile(points, 0.98, axis=0)
    lon, lat = (low + high) / 2
    ground = Ground(points, (float(lon), float(lat)), (0.0, 0.0))
    half = ground.to_km(high[None])[0]
    return Ground(points, ground.centre, (float(half[0]), float(half[1])))


def scatter(ground: Ground, rng: np.random.Generator, count: int, *, clusters: int, spread_km: float) -> Floats:
    """(count, 2) lon/lat in clusters; on a map, beside the nearest truck road.

    Args:
        ground: where places may lie.
        rng: source of chance.
        count: number of places.
        clusters: number of cluster centres; 0 = evenly over the district.
        spread_km: standard deviation of a place around its cluster's centre.
    """
    half = np.array(ground.half_km)
    if clusters:
        centres = rng.uniform(-0.85, 0.85, (clusters, 2)) * half
        km = centres[rng.integers(clusters, size=count)] + rng.normal(0.0, spread_km, (count, 2))
    else:
        km = rng.uniform(-1.0, 1.0, (count, 2)) * half
    km = np.clip(km, -half, half)
    if len(ground.lonlat):
        from scipy.spatial import KDTree

        roads = ground.to_km(ground.lonlat)
        _, nearest = KDTree(roads).query(km)
        km = roads[nearest] + rng.uniform(-OFF_ROAD_KM, OFF_ROAD_KM, (count, 2))
    return np.round(ground.to_lonlat(km), 5)
