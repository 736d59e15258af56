"""Truck roads: from a map to kilometres and minutes between places.

    profile, rules        truck.toml and what it says about one road
    osm, sheets, tables, lines, graphml, online    readers, one or two per kind of map
    graph                 the frozen :class:`RoadGraph` and how ways become arcs
    zones                 areas that are banned or preferred
    cache, load           :func:`load_graph`, cached by the content of everything that goes in
    snapping              :func:`snap`: the nearest point on an arc
    weights               one number per arc that carries both figures
    engines, hierarchy, query, unpack, cch   shortest paths: Dijkstra, and the contraction hierarchy
    router                :class:`Router`: matrices and path lines
    cli                   ``cutfill roads``

Names are loaded when first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optimizer.roads.cli import add_arguments, command
    from optimizer.roads.graph import RoadGraph
    from optimizer.roads.graphml import write_graphml
    from optimizer.roads.load import load_graph
    from optimizer.roads.profile import Profile
    from optimizer.roads.router import Router
    from optimizer.roads.snapping import Snapper, Snaps, snap

_HOME = {
    "Profile": "profile",
    "RoadGraph": "graph",
    "Router": "router",
    "Snapper": "snapping",
    "Snaps": "snapping",
    "add_arguments": "cli",
    "command": "cli",
    "load_graph": "load",
    "snap": "snapping",
    "write_graphml": "graphml",
}

__all__ = [
    "Profile",
    "RoadGraph",
    "Router",
    "Snapper",
    "Snaps",
    "add_arguments",
    "command",
    "load_graph",
    "snap",
    "write_graphml",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
