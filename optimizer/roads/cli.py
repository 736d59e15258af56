"""``cutfill roads``: a map in, a truck road graph out, and what was left out and why."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from optimizer.errors import InputError
from optimizer.progress import Progress
from optimizer.roads.graph import RoadGraph
from optimizer.roads.graphml import write_graphml
from optimizer.roads.load import SUFFIXES, load_graph
from optimizer.roads.profile import Profile


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill roads``."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="OpenStreetMap extract, .graphml, .gpkg, .shp, folder with nodes.csv and edges.csv; "
        "or a place name or a box west,south,east,north, fetched through OSMnx",
    )
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="FILE", help="the .graphml to write")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="TOML with what differs from the default truck")
    parser.add_argument("--zones", type=Path, metavar="FILE", help="GeoJSON of banned and preferred areas")
    parser.add_argument("--crs", metavar="EPSG", help="projection of the coordinates, for example EPSG:32650")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def command(args: argparse.Namespace) -> int:
    """Runs ``cutfill roads``; 0 done, 2 bad input (nothing is written then)."""
    progress = Progress(quiet=args.quiet, as_json=args.json)
    try:
        if args.out.suffix.lower() != ".graphml":
            raise InputError.single(args.out.name, "the graph is written as .graphml; name the output so")
        profile = Profile.load(args.profile)
        with progress.phase("roads"):
            graph = _graph(args, profile, progress)
        with progress.phase("writing"):
            write_graphml(graph, args.out)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{args.out}: cannot be written ({error.strerror})", file=sys.stderr)
        return 2
    figures = summary(graph, args.out)
    print(json.dumps(figures, ensure_ascii=False, indent=2) if args.json else _told(figures))
    return 0


def _graph(args: argparse.Namespace, profile: Profile, progress: Progress) -> RoadGraph:
    source = Path(args.source)
    if source.exists() or len(source.parts) > 1 or source.name.lower().endswith(SUFFIXES):
        return load_graph(source, profile, cache=None, progress=progress, crs=args.crs, zones=args.zones)
    from optimizer.roads.online import downloaded

    with downloaded(args.source, progress) as extract:
        return load_graph(extract, profile, cache=None, progress=progress, zones=args.zones)


def summary(graph: RoadGraph, out: Path) -> dict[str, Any]:
    """What was read and kept, as ``--json`` prints it."""
    return {
        "source": graph.source,
        "out": str(out),
        "nodes": len(graph.lon),
        "arcs": len(graph.tail),
        "two_way_share": round(float((graph.twin >= 0).mean()), 4),
        "road_km": round(graph.street_km, 3),
        "dropped": graph.dropped,
        "attribution": graph.attribution,
    }


def _told(figures: dict[str, Any]) -> str:
    lines = [
        f"read {figures['source']}: {figures['nodes']:,} nodes and {figures['arcs']:,} arcs kept, "
        f"{figures['road_km']:,.1f} km of road open to the truck"
    ]
    if figures["dropped"]:
        lines.append("left out:")
        lines += [
            f"  {count:>9,}  {reason}" for reason, count in sorted(figures["dropped"].items(), key=lambda x: -x[1])
        ]
    if figures["attribution"]:
        lines.append(f"map data {figures['attribution']}")
    return "\n".join([*lines, f"written {figures['out']}"])
