"""A pair of CSV files: nodes with coordinates, edges with lengths. Several spellings of every header are known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from optimizer.errors import InputError
from optimizer.roads.graph import Floats, RoadGraph, make_graph, pair_shapes, segment_km, shape_km
from optimizer.roads.profile import Profile
from optimizer.roads.projection import to_wgs84
from optimizer.roads.rules import Verdict, judge_way
from optimizer.roads.sheets import Sheet, read_sheet

_NODES = re.compile(r"nodes?|vertices|vertex|junctions?", re.I)
_EDGES = re.compile(r"edges?|links?|arcs?", re.I)
_SUFFIXES = (".csv", ".txt", ".tsv")

NODE_ID = ("node_id", "node", "id", "nodeid", "osmid", "osm_id", "vertex", "vertex_id", "fid")
LON = ("lon", "longitude", "lng", "long")
LAT = ("lat", "latitude")
X = ("x", "x_coord", "xcoord", "easting", "coord_x", "point_x")
Y = ("y", "y_coord", "ycoord", "northing", "coord_y", "point_y")
TAIL = (
    "u",
    "from",
    "from_node",
    "from_node_id",
    "from_id",
    "source",
    "start",
    "start_node",
    "node_start",
    "tail",
    "a_node",
)
HEAD = ("v", "to", "to_node", "to_node_id", "to_id", "target", "end", "end_node", "node_end", "head", "b_node")
METRES = (
    "length_m",
    "length",
    "len",
    "len_m",
    "meters",
    "metres",
    "distance_m",
    "dist_m",
    "shape_length",
    "shape_leng",
)
KILOMETRES = ("length_km", "km", "len_km", "distance_km", "dist_km")
ONEWAY = ("oneway", "one_way", "is_oneway")
CLASS = ("highway", "fclass", "class", "road_class", "road_type", "link_type", "link_type_name")
SPEED = ("speed_km_h", "speed_kmh", "speed_kph", "speed", "free_speed")
GEOMETRY = ("geometry", "wkt", "geom", "the_geom")
TAGS: tuple[str, ...] = (
    "hgv",
    "access",
    "motor_vehicle",
    "maxweight",
    "maxaxleload",
    "maxheight",
    "maxwidth",
    "maxlength",
    "maxspeed",
)
TAGS += ("service", "tracktype", "smoothness")

_ONEWAY_WORDS = dict.fromkeys(("1", "1.0", "yes", "true", "y", "ft"), "yes")
_ONEWAY_WORDS |= dict.fromkeys(("", "0", "0.0", "no", "false", "n", "both"), "no")
_ONEWAY_WORDS |= dict.fromkeys(("-1", "-1.0", "reverse", "tf"), "-1")
_GEOFABRIK = {"f": "yes", "t": "-1", "b": "no"}  # along the line, against it, both
_DATABASE = {"t": "yes", "f": "no"}  # PostgreSQL's true and false


def oneway_words(cells: Sequence[str]) -> dict[str, str]:
    """What the words of a one-way column mean: ``yes``, ``no`` or ``-1``. T and F are Geofabrik's where B occurs."""
    return _ONEWAY_WORDS | (_GEOFABRIK if any(cell.lower() == "b" for cell in cells) else _DATABASE)


def find_tables(folder: Path) -> tuple[Path, Path]:
    """The nodes file and the edges file of a folder.

    Raises:
        InputError: there is not exactly one of each.
    """
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file())
    found = []
    for pattern, name, exact in ((_NODES, "nodes", "nodes.csv"), (_EDGES, "edges", "edges.csv")):
        matches = [path for path in files if path.name.lower() == exact] or [p for p in files if pattern.search(p.stem)]
        if len(matches) != 1:
            have = ", ".join(p.name for p in matches) or "none"
            raise InputError.single(
                folder.name,
                f"expected one {name} table in the folder, for example {exact} (a name with node, or with edge, link "
                f"or arc, ending .csv, .txt or .tsv); found {have}",
            )
        found.append(matches[0])
    return found[0], found[1]


def read_tables(folder: Path, profile: Profile, crs: str | None) -> RoadGraph:
    """The directed roads of a nodes and an edges table.

    An edge is one direction as listed. With a ``oneway`` column, an edge that is not one-way also runs back, unless
    the file lists the way back itself. Classes, limits and speeds are used where there are columns for them.

    Raises:
        InputError: every fault of both files.
    """
    nodes_file, edges_file = find_tables(folder)
    nodes, edges = read_sheet(nodes_file), read_sheet(edges_file)
    position, lon, lat = _nodes(nodes, crs)
    rows = _edges(edges, position, profile) if position else None
    faults = nodes.all_faults() + edges.all_faults()
    if faults or rows is None:
        raise InputError(faults)
    return _assemble(rows, lon, lat, edges, profile)


def _nodes(sheet: Sheet, crs: str | None) -> tuple[dict[str, int], Floats, Floats]:
    """Position by node id, and coordinates in WGS-84; empty when a column is missing."""
    name, where = sheet.need(NODE_ID, "the node id"), _coordinate_columns(sheet, crs)
    if name is None or where is None:
        return {}, np.empty(0), np.empty(0)
    position: dict[str, int] = {}
    for index, node in enumerate(sheet.columns[name]):
        if not node:
            sheet.fault(index, name, "is blank; every node needs an id", "node id is blank")
        elif position.setdefault(node, index) != index:
            first = sheet.rows[position[node]]
            sheet.fault(
                index, name, f"{node} is there twice (first in row {first}); node ids are unique", "duplicate node id"
            )
    lon, lat = (sheet.numbers(column, "a coordinate") for column in where)
    if crs is not None:
        lon, lat = to_wgs84(crs, lon, lat)
    _check_range(sheet, where, lon, lat, crs)
    return position, lon, lat


def _coordinate_columns(sheet: Sheet, crs: str | None) -> tuple[str, str] | None:
    """Lon and lat columns; with a declared projection x and y columns before them."""
    pairs = [(sheet.find(LON), sheet.find(LAT)), (sheet.find(X), sheet.find(Y))]
    if crs is not None:
        ending = [next((c for c in sheet.columns if c.endswith(end)), None) for end in ("_x", "_y")]
        pairs = [pairs[1], (ending[0], ending[1]), pairs[0]]
    for x, y in pairs:
        if x is not None and y is not None:
            return x, y
    sheet.need((*LON, *X), "longitude or x") if not (sheet.find(LON) or sheet.find(X)) else None
    sheet.need((*LAT, *Y), "latitude or y") if not (sheet.find(LAT) or sheet.find(Y)) else None
    return None


def _check_range(sheet: Sheet, where: tuple[str, str], lon: Floats, lat: Floats, crs: str | None) -> None:
    lon_bad, lat_bad = np.abs(lon) > 180, np.abs(lat) > 90
    if crs is not None:
        lon_bad |= ~np.isfinite(lon)
        lat_bad |= ~np.isfinite(lat)
    bad = np.flatnonzero(lon_bad | lat_bad)
    if not len(bad):
        return
    if crs is not None:
        hint = f"lies outside the area of {crs}; declare the system the coordinates are really in"
    elif np.nanmax(np.abs(lat)) <= 180 and np.nanmax(np.abs(lon)) <= 90:
        hint = "is no latitude (-90 to 90); lon and lat look swapped"
    else:
        hint = 'is not in degrees; declare the projection with crs, for example crs = "EPSG:32650"'
    for index in bad.tolist():
        column = where[1] if lat_bad[index] else where[0]
        sheet.fault(index, column, f"{sheet.columns[column][index]} {hint}", "coordinate out of range")


@dataclass
class _Edges:
    """Rows of the edges table as read: ends, km, one-way word, line."""

    tail: list[int]
    head: list[int]
    km: Floats | None
    oneway: list[str] | None
    lines: list[Floats] | None


def _edges(sheet: Sheet, position: dict[str, int], profile: Profile) -> _Edges | None:
    tail_name, head_name = sheet.need(TAIL, "the node an edge starts at"), sheet.need(HEAD, "the node it ends at")
    geometry = sheet.find(GEOMETRY)
    metres, kilometres = sheet.find(METRES), sheet.find(KILOMETRES)
    if metres is None and kilometres is None and geometry is None:
        sheet.need((*METRES, *KILOMETRES), "the length (in m, or in km for the names with km)")
    if tail_name is None or head_name is None:
        return None
    ends = []
    for column in (tail_name, head_name):
        ends.append([position.get(node, -1) for node in sheet.columns[column]])
        for index, node in enumerate(ends[-1]):
            if node < 0:
                name = sheet.columns[column][index]
                sheet.fault(index, column, f"node {name!r} is not in the nodes table", "edge names an unknown node")
    km = None
    if metres or kilometres:
        column = str(kilometres or metres)
        km = sheet.numbers(column, "a length of 0 or more")
        for index in np.flatnonzero(km < 0).tolist():
            sheet.fault(
                index,
                column,
                f"{sheet.columns[column][index]} is negative; expected a length of 0 or more",
                "negative length",
            )
        km = km if kilometres else km / 1000
    lines = _geometry(sheet, geometry) if geometry else None
    return _Edges(ends[0], ends[1], km, _oneway(sheet), lines)


def _geometry(sheet: Sheet, column: str) -> list[Floats]:
    import shapely

    cells = sheet.columns[column]
    shapes = shapely.from_wkt(np.array(cells, dtype=object), on_invalid="ignore")
    lines = []
    for index, shape in enumerate(shapes):
        if shape is None or shape.geom_type != "LineString" or shape.is_empty:
            sheet.fault(index, column, "is not a WKT LINESTRING (lon lat, lon lat, ...)", "geometry is no line")
            lines.append(np.empty((0, 2)))
        else:
            lines.append(shapely.get_coordinates(shape))
    return lines


def _oneway(sheet: Sheet) -> list[str] | None:
    """``yes``, ``no`` or ``-1`` per row; None when no column says it."""
    column = sheet.find(ONEWAY)
    if column is None:
        return None
    known = oneway_words(sheet.columns[column])
    words = []
    for index, cell in enumerate(sheet.columns[column]):
        word = known.get(cell.lower())
        if word is None:
            sheet.fault(
                index,
                column,
                f"{cell!r} is not known; expected yes, no or -1 (or 1, 0, true, false)",
                "oneway not known",
            )
        words.append(word or "no")
    return words


def _assemble(rows: _Edges, lon: Floats, lat: Floats, sheet: Sheet, profile: Profile) -> RoadGraph:
    """Arcs of the rows that trucks may use."""
    ends = list(zip(rows.tail, rows.head, strict=True))
    lines = rows.lines or [np.array([[lon[u], lat[u]], [lon[v], lat[v]]]) for u, v in ends]
    km = _lengths(rows, lines, sheet)
    listed = set(ends)
    arcs: list[tuple[int, int, float, float, float]] = []  # tail, head, km, km/h, factor
    along: list[Floats] = []
    dropped = Counter[str]()
    for (u, v), line, length, verdict in zip(ends, lines, km.tolist(), _verdicts(rows, sheet, profile), strict=True):
        if verdict.reason:
            dropped[verdict.reason] += 1
        if verdict.forward:
            arcs.append((u, v, length, verdict.forward, verdict.factor))
            along.append(line)
        if verdict.backward and (v, u) not in listed:
            arcs.append((v, u, length, verdict.backward, verdict.factor))
            along.append(line[::-1])
    if not arcs:
        raise InputError.single(
            sheet.file, "holds no edge that this truck may use; loosen the profile or check the class column"
        )
    tail, head, lengths, speeds, factors = (list(column) for column in zip(*arcs, strict=True))
    shape, reverse, shapes = pair_shapes(tail, head, along, lengths)
    minutes = np.array(lengths) / np.array(speeds) * 60
    graph = make_graph(lon, lat, tail, head, np.array(lengths), minutes, np.array(factors), (shape, reverse), shapes)
    graph.dropped.update(dropped)
    return graph


def _lengths(rows: _Edges, lines: list[Floats], sheet: Sheet) -> Floats:
    """Km as given, or measured along the line; refuses lengths in another unit than their column says."""
    counts = [len(line) for line in lines]
    start = np.concatenate([[0], np.cumsum(counts)])
    points = np.concatenate(lines)
    if rows.km is None:
        return shape_km(start, points[:, 0], points[:, 1])
    first, last = points[start[:-1]], points[start[1:] - 1]
    straight = segment_km(first[:, 0], first[:, 1], last[:, 0], last[:, 1])
    far = straight > 0.05
    ratio = float(np.median(rows.km[far] / straight[far])) if far.any() else 1.0
    if not 0.1 < ratio < 20:
        unit = "kilometres: name the column length_km" if ratio < 1 else "metres: name the column length_m"
        raise InputError.single(
            sheet.file, f"the lengths are {ratio:.4g} times the straight lines between the nodes; they look like {unit}"
        )
    return rows.km


def _verdicts(rows: _Edges, sheet: Sheet, profile: Profile) -> Iterator[Verdict]:
    """What the profile says about each row, from the columns there are."""
    class_column = sheet.find(CLASS)
    if class_column and not any(value in profile.speeds for value in sheet.columns[class_column]):
        class_column = None  # numbers or words of another system say nothing about trucks
    speed_column = sheet.find(SPEED)
    speeds = [_positive(cell) for cell in sheet.columns[speed_column]] if speed_column else [0.0] * len(rows.tail)
    names = [name for name in TAGS if name in sheet.columns]
    known: dict[tuple[str, ...], Verdict] = {}
    for row, speed in enumerate(speeds):
        highway = (sheet.columns[class_column][row] if class_column else "") or "unknown"
        oneway = rows.oneway[row] if rows.oneway else "yes"
        cells = (highway, oneway, *(sheet.columns[name][row] for name in names))
        if cells not in known:
            tags = dict(zip(("highway", "oneway", *names), cells, strict=True))
            known[cells] = judge_way({key: value for key, value in tags.items() if value}, profile)
        verdict = known[cells]
        if speed:
            verdict = replace(
                verdict, forward=speed if verdict.forward else 0.0, backward=speed if verdict.backward else 0.0
            )
        yield verdict


def _positive(cell: str) -> float:
    """A speed in km/h, or 0 where the cell does not give one."""
    try:
        value = float(cell)
    except ValueError:
        return 0.0
    return value if 0 < value < float("inf") else 0.0
