"""GraphML: what ``cutfill roads`` writes, and what OSMnx saves, as far as its tags go.

Our own files keep km, minutes and factor of every arc, settled by the profile they were written with; another profile
does not change them. Files of OSMnx keep tags, which are judged by the profile as those of an extract are.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from optimizer.errors import Fault, InputError
from optimizer.files import write_whole
from optimizer.roads.graph import OSM_ATTRIBUTION, Floats, RoadGraph, make_graph, pair_shapes, shape_km
from optimizer.roads.profile import Profile
from optimizer.roads.rules import judge_way

_SPACE = "{http://graphml.graphdrawing.org/xmlns}"
_KEYS = (
    ("node", "x", "double"),
    ("node", "y", "double"),
    ("edge", "km", "double"),
    ("edge", "minutes", "double"),
    ("edge", "factor", "double"),
    ("edge", "length", "double"),
    ("edge", "geometry", "string"),
    ("graph", "source", "string"),
    ("graph", "attribution", "string"),
    ("graph", "crs", "string"),
)
_MOST_FAULTS = 100


def write_graphml(graph: RoadGraph, path: Path) -> None:
    """Writes a graph whole: x and y of nodes in degrees; km, minutes, factor, length (m) and WKT line of arcs."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>', '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">']
    out += [f'<key id="{name}" for="{of}" attr.name="{name}" attr.type="{kind}"/>' for of, name, kind in _KEYS]
    out.append('<graph edgedefault="directed">')
    about = {"source": graph.source, "attribution": graph.attribution, "crs": "epsg:4326"}
    out += [_data(name, value) for name, value in about.items() if value]
    for node, (lon, lat) in enumerate(zip(graph.lon.tolist(), graph.lat.tolist(), strict=True)):
        out.append(f'<node id="{node}">{_data("x", lon)}{_data("y", lat)}</node>')
    columns = (graph.tail, graph.head, graph.km, graph.minutes, graph.factor)
    for arc, (tail, head, km, minutes, factor) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        data = _data("km", km) + _data("minutes", minutes) + _data("length", round(km * 1000, 3))
        if factor != 1.0:
            data += _data("factor", factor)
        points = ", ".join(f"{lon!r} {lat!r}" for lon, lat in graph.line(arc).tolist())
        data += _data("geometry", f"LINESTRING ({points})")
        out.append(f'<edge source="{tail}" target="{head}">{data}</edge>')
    out += ["</graph>", "</graphml>", ""]
    write_whole(path, "\n".join(out))


def _data(key: str, value: float | str) -> str:
    return f"<data key={quoteattr(key)}>{escape(str(value))}</data>"


@dataclass
class _Raw:
    """What the file says, before it is judged."""

    file: str
    nodes: dict[str, tuple[float, float]] = field(default_factory=dict)
    edges: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    about: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, place: str, message: str) -> None:
        """A fault of one element; only the first hundred are told."""
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(Fault(self.file, 0, place, message))


def read_graphml(path: Path, profile: Profile) -> RoadGraph:
    """The roads of a GraphML file.

    Raises:
        InputError: the file is not GraphML of roads; every fault found.
    """
    raw = _Raw(path.name)
    try:
        _parse(path, raw)
    except (ET.ParseError, UnicodeDecodeError, ValueError) as error:
        raise InputError.single(
            path.name, f"is not a GraphML file ({error}); expected one written by cutfill roads or OSMnx"
        ) from None
    except OSError as error:
        raise InputError.single(path.name, f"cannot be read ({error.strerror})") from None
    if not raw.edges and not raw.faults:
        raw.fault("", "holds no edges; expected a GraphML file written by cutfill roads or OSMnx")
    graph = _assemble(raw, profile)
    if raw.faults:
        raise InputError(raw.faults)
    return graph


def _parse(path: Path, raw: _Raw) -> None:
    names: dict[str, str] = {}
    for _, element in ET.iterparse(path, events=("end",)):
        tag = element.tag.removeprefix(_SPACE)
        if tag == "key":
            names[element.get("id", "")] = element.get("attr.name", element.get("id", ""))
        elif tag in ("node", "edge", "graph"):
            data = {names.get(d.get("key", ""), ""): (d.text or "").strip() for d in element.findall(f"{_SPACE}data")}
            if tag == "node":
                _take_node(element.get("id", ""), data, raw)
            elif tag == "edge":
                raw.edges.append((element.get("source", ""), element.get("target", ""), data))
            else:
                raw.about = data
            element.clear()


def _take_node(node: str, data: dict[str, str], raw: _Raw) -> None:
    lon, lat = _number(data.get("x", data.get("lon", ""))), _number(data.get("y", data.get("lat", "")))
    if node in raw.nodes:
        raw.fault(f"node {node}", "is there twice; node ids are unique")
    elif not (abs(lon) <= 180 and abs(lat) <= 90):
        raw.fault(
            f"node {node}",
            f"has x = {data.get('x')}, y = {data.get('y')}; expected degrees, x up to 180 and y up to 90",
        )
    raw.nodes[node] = (lon, lat)


def _assemble(raw: _Raw, profile: Profile) -> RoadGraph:
    position = {node: index for index, node in enumerate(raw.nodes)}
    places = np.array(list(raw.nodes.values()), dtype=np.float64).reshape(-1, 2)
    arcs: list[tuple[int, int, float, float, float]] = []  # tail, head, km, minutes, factor
    lines: list[Floats] = []
    dropped = Counter[str]()
    for source, target, data in raw.edges:
        if source not in position or target not in position:
            raw.fault(f"edge {source} -> {target}", "names a node that is not in the file")
            continue
        tail, head = position[source], position[target]
        line = _line(data.get("geometry", ""), places[[tail, head]])
        figures = _figures(f"edge {source} -> {target}", data, line, profile, raw)
        if isinstance(figures, str):
            dropped[figures] += 1
        else:
            arcs.append((tail, head, *figures))
            lines.append(line)
    if not arcs and not raw.faults:
        raw.fault("", "holds no edge that this truck may use")
    tails, heads, km, minutes, factor = (
        (list(column) for column in zip(*arcs, strict=True)) if arcs else ([], [], [], [], [])
    )
    shape, reverse, shapes = pair_shapes(tails, heads, lines, km)
    graph = make_graph(
        places[:, 0],
        places[:, 1],
        tails,
        heads,
        np.array(km),
        np.array(minutes),
        np.array(factor),
        (shape, reverse),
        shapes,
    )
    osm = any("osmid" in data for _, _, data in raw.edges[:1])
    return replace(
        graph, dropped=dict(dropped), attribution=raw.about.get("attribution", OSM_ATTRIBUTION if osm else "")
    )


def _figures(
    place: str, data: dict[str, str], line: Floats, profile: Profile, raw: _Raw
) -> tuple[float, float, float] | str:
    """km, minutes and factor of an edge, or why trucks may not use it."""
    metres = (
        _number(data["length"]) if "length" in data else 1000 * float(shape_km(np.array([0, len(line)]), *line.T)[0])
    )
    km = _number(data["km"]) if "km" in data else metres / 1000
    if not 0 <= km < 1e5:
        raw.fault(place, f"has length {data.get('km', data.get('length'))}; expected a number of 0 or more")
        return "edges: faulty"
    if "minutes" in data:
        minutes, factor = _number(data["minutes"]), _number(data.get("factor", "1"))
        if not (0 <= minutes < 1e6 and 0 < factor < 1e6):
            raw.fault(
                place,
                f"has minutes {data['minutes']} and factor {data.get('factor', '1')}; expected 0 or more, and above 0",
            )
        return km, minutes, factor
    tags = {key: _first(value) for key, value in data.items() if value}
    tags.setdefault("highway", "unknown")
    tags["oneway"] = "yes"  # OSMnx lists both directions of a two-way street
    verdict = judge_way(tags, profile)
    return verdict.reason or (km, km / verdict.forward * 60, verdict.factor)


def _line(wkt: str, straight: Floats) -> Floats:
    """Points of ``LINESTRING (lon lat, ...)``; the straight line where there is none."""
    begin, end = wkt.find("("), wkt.rfind(")")
    if not wkt.startswith("LINESTRING") or begin < 0:
        return straight
    try:
        line = np.array([point.split()[:2] for point in wkt[begin + 1 : end].split(",")], dtype=np.float64)
    except ValueError:
        return straight
    return line if line.ndim == 2 and len(line) > 1 and np.isfinite(line).all() else straight


def _first(value: str) -> str:
    """OSMnx keeps several values of merged ways as a list, ``['residential', 'service']``: the first counts."""
    return value[1:-1].split(",")[0].strip(" '\"") if value.startswith("[") else value


def _number(text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        return float("nan")
