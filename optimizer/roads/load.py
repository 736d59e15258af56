"""From any map to a :class:`RoadGraph`: which reader, zones, fragments, cache."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.errors import InputError
from optimizer.progress import Progress
from optimizer.roads import cache as kept
from optimizer.roads.graph import RoadGraph, largest_component
from optimizer.roads.profile import Profile

KINDS = (
    "an OpenStreetMap extract (.osm, .osm.bz2, .osm.gz, .osm.pbf), a .graphml, a folder with nodes.csv and edges.csv, "
    "a .gpkg or a .shp"
)
SUFFIXES = (".osm", ".osm.bz2", ".osm.gz", ".osm.pbf", ".pbf", ".osm.xml", ".graphml", ".gpkg", ".shp")
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_NOT_ARRAYS = frozenset({"dropped", "source", "attribution", "access_km_h", "key", "cache"})


def load_graph(
    source: Path,
    profile: Profile,
    *,
    cache: Path | None,
    progress: Progress,
    crs: str | None = None,
    zones: Path | None = None,
) -> RoadGraph:
    """The largest connected road graph of a map that the profile's truck may use.

    Args:
        source: .osm, .osm.bz2, .osm.gz, .osm.pbf, .graphml, .gpkg, .shp, or a folder with a nodes and an edges table.
        profile: the truck.
        cache: folder for prepared graphs; None = ``CUTFILL_CACHE`` or the user's cache folder.
        progress: told how far reading is.
        crs: projection of the coordinates of a CSV pair or a line layer, for example ``EPSG:32650``.
        zones: GeoJSON of banned and preferred areas.

    Raises:
        InputError: the map, the zones or the projection cannot be used, and why; every fault at once.
    """
    source = Path(source)
    files = _files(source)
    if zones is not None and not zones.is_file():
        raise InputError.single(zones.name, "is not there; name a GeoJSON file of zones")
    words = (profile.digest, crs or "", "zones" if zones else "", "".join(f.suffix for f in files))
    try:
        key = kept.content_key([*files, *([zones] if zones else [])], *words)
    except OSError as error:
        raise InputError.single(source.name, f"cannot be read ({error.strerror})") from None
    folder = kept.cache_folder(cache)
    graph = _from_cache(folder, key)
    if graph is None:
        graph = _read(source, profile, progress, crs)
        if zones is not None:
            from optimizer.roads.zones import apply_zones

            graph = apply_zones(graph, zones, profile)
        graph = replace(largest_component(graph), access_km_h=profile.speeds["access"], key=key)
        if not len(graph.tail):
            raise InputError.single(source.name, "holds no roads that a truck can drive to and from")
        _to_cache(folder, graph)
    return replace(graph, source=source.name, cache=folder)


def _files(source: Path) -> list[Path]:
    """The files a map consists of, whose contents make its key."""
    if source.is_dir():
        from optimizer.roads.tables import find_tables

        return list(find_tables(source))
    if not source.exists():
        raise InputError.single(source.name, f"is not there; expected {KINDS}")
    if source.suffix.lower() == ".shp":
        return [part for suffix in _SHAPEFILE_PARTS if (part := source.with_suffix(suffix)).exists()]
    return [source]


def _read(source: Path, profile: Profile, progress: Progress, crs: str | None) -> RoadGraph:
    from optimizer.roads import graphml, lines, osm, tables

    name = source.name.lower()
    if source.is_dir():
        return tables.read_tables(source, profile, crs)
    if name.endswith(".graphml"):
        return graphml.read_graphml(source, profile)
    if name.endswith((".gpkg", ".shp")):
        return lines.read_lines(source, profile, crs)
    if name.endswith(SUFFIXES):
        return osm.read_osm(source, profile, progress)
    raise InputError.single(source.name, f"is not a kind of map this program reads; expected {KINDS}")


def _from_cache(folder: Path, key: str) -> RoadGraph | None:
    arrays = kept.load_arrays(folder, f"{key}-graph")
    if arrays is None:
        return None
    about: dict[str, Any] = json.loads(str(arrays.pop("about")))
    return RoadGraph(**arrays, **about)


def _to_cache(folder: Path, graph: RoadGraph) -> None:
    arrays = {f.name: getattr(graph, f.name) for f in fields(graph) if f.name not in _NOT_ARRAYS}
    about = {name: getattr(graph, name) for name in ("dropped", "attribution", "access_km_h", "key")}
    kept.save_arrays(folder, f"{graph.key}-graph", {**arrays, "about": np.array(json.dumps(about))})
