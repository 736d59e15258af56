"""Snapping: the nearest point on an arc, not the nearest node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.roads.graph import Floats, Ints, RoadGraph, segment_km


@dataclass(frozen=True)
class Snaps:
    """Where K places meet the road.

    Attributes:
        arc: (K,) arc, the lower-numbered direction of a two-way street; -1 beyond the limit.
        fraction: (K,) position along the arc by length, 0 at its tail and 1 at its head.
        snap_km: (K,) from the place to the road in a straight line, also where it is beyond the limit; nan without
            coordinates.
        lon: (K,) degrees of the point on the road.
        lat: (K,) degrees.
    """

    arc: Ints
    fraction: Floats
    snap_km: Floats
    lon: Floats
    lat: Floats

    def __len__(self) -> int:
        return len(self.arc)


class Snapper:
    """The lines of a graph, indexed once for any number of places."""

    def __init__(self, graph: RoadGraph):
        import shapely

        self._graph = graph
        shapes = np.diff(graph.shape_start)
        coordinates = np.column_stack([np.radians(graph.shape_lon), _stretched(graph.shape_lat)])
        self._lines = shapely.linestrings(coordinates, indices=np.repeat(np.arange(len(shapes)), shapes))
        self._tree = shapely.STRtree(self._lines)
        self._arc_of_shape = np.full(len(shapes), np.iinfo(np.int32).max, dtype=np.int32)
        np.minimum.at(self._arc_of_shape, graph.shape, np.arange(len(graph.shape), dtype=np.int32))

    def snap(self, lon: Floats, lat: Floats, *, limit_km: float) -> Snaps:
        """The point on the road nearest to each place; see :func:`snap`."""
        import shapely

        graph = self._graph
        lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        known = np.isfinite(lon) & np.isfinite(lat)
        lon, lat = np.where(known, lon, graph.lon[0]), np.where(known, lat, graph.lat[0])
        places = shapely.points(np.radians(lon), _stretched(lat))
        found = self._tree.query_nearest(places, all_matches=True)
        arc = np.full(len(lon), np.iinfo(np.int32).max, dtype=np.int32)
        np.minimum.at(arc, found[0], self._arc_of_shape[found[1]])  # of equally near ones the first, in any order

        line = self._lines[graph.shape[arc]]
        along = np.nan_to_num(shapely.line_locate_point(line, places))
        spot = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
        spot_lon, spot_lat = np.degrees(spot[:, 0]), np.degrees(np.arctan(np.sinh(spot[:, 1])))
        spots = np.column_stack([spot_lon, spot_lat])
        fraction = np.array([_share(graph, *place) for place in zip(arc.tolist(), along.tolist(), spots, strict=True)])
        snap_km = np.where(known, segment_km(lon, lat, spot_lon, spot_lat), np.nan)
        return Snaps(
            arc=np.where(snap_km <= limit_km, arc, -1).astype(np.int32),
            fraction=np.where(graph.reverse[arc], 1.0 - fraction, fraction),
            snap_km=snap_km,
            lon=spot_lon,
            lat=spot_lat,
        )


def snap(graph: RoadGraph, lon: Floats, lat: Floats, *, limit_km: float) -> Snaps:
    """The point on the road nearest to each place.

    Nearest is measured in a conformal projection, which in the neighbourhood of a place is to scale.

    Args:
        graph: the roads.
        lon: (K,) degrees WGS-84.
        lat: (K,) degrees.
        limit_km: places farther than this from any road get arc -1.
    """
    return Snapper(graph).snap(lon, lat, limit_km=limit_km)


def _share(graph: RoadGraph, arc: int, along: float, spot: Floats) -> float:
    """Share of true length at a spot (lon, lat) of an arc's line, ``along`` being its position in the projection."""
    points = slice(graph.shape_start[graph.shape[arc]], graph.shape_start[graph.shape[arc] + 1])
    lon, lat = graph.shape_lon[points], graph.shape_lat[points]
    true = segment_km(lon[:-1], lat[:-1], lon[1:], lat[1:])
    if not true.sum():
        return 0.0
    projected = np.hypot(np.diff(np.radians(lon)), np.diff(_stretched(lat)))
    step = max(0, int(np.searchsorted(np.cumsum(projected) - projected, along, side="right")) - 1)
    within = segment_km(lon[step], lat[step], spot[0], spot[1])
    return float(min(1.0, (true[:step].sum() + within) / true.sum()))


def _stretched(lat: Floats) -> Floats:
    """Mercator northing in radians."""
    return np.arcsinh(np.tan(np.radians(lat)))
