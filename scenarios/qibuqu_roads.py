"""An illustrative truck road net of the start-up zone: nodes.csv and edges.csv, drawn by rule and seeded chance.

It is no map. The river, its bridges and the four street centres lie about where they really are; every other road is
invented: a warped lattice of trunk, county and village roads, denser in the towns, joined over the river by bridges
only. Some town streets are one way; the dyke roads and one bridge are closed to heavy trucks.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from optimizer.tables import Table

SEED = 20250303
ORIGIN = (117.05, 36.82)  # lon, lat of the middle
KM_PER_DEGREE = (89.02, 111.195)  # east-west at this latitude, north-south
STEP = 0.5  # km between lattice points
COARSE = 4  # every fourth line is a county road or better
COLUMNS, ROWS = range(-36, 37), range(-33, 35)

# lon, lat; rough positions
TOWNS = {
    "大桥": (117.03, 36.80), "崔寨": (117.13, 36.86), "孙耿": (117.03, 36.90), "太平": (116.93, 36.92),
    "黄河南岸": (117.00, 36.69),
}  # fmt: skip
RIVER = (
    (116.80, 36.668), (116.90, 36.700), (116.96, 36.722), (117.00, 36.738), (117.06, 36.752),
    (117.12, 36.775), (117.17, 36.805), (117.22, 36.845), (117.28, 36.900),
)  # fmt: skip
BRIDGES = {
    "建邦黄河大桥": -24,
    "齐鲁黄河大桥": -16,
    "济南黄河大桥": 0,
    "凤凰黄河大桥": 8,
}  # by the lattice column they carry
WEAK_BRIDGE = "建邦黄河大桥"  # shown with a weight limit, so that not every crossing serves trucks
TRUNK_NAMES = {
    "column": ("国道一线", "黄河大道", "国道二线", "东环路"),
    "row": ("南岸大道", "滨河大道", "中轴大街", "北环路"),
}

Point = tuple[float, float]


def to_km(lon: float, lat: float) -> Point:
    """km east and north of the origin."""
    return (lon - ORIGIN[0]) * KM_PER_DEGREE[0], (lat - ORIGIN[1]) * KM_PER_DEGREE[1]


def to_lonlat(x: float, y: float) -> Point:
    """Degrees, to about a metre."""
    return round(x / KM_PER_DEGREE[0] + ORIGIN[0], 5), round(y / KM_PER_DEGREE[1] + ORIGIN[1], 5)


def river_y(x: float) -> float:
    """km north of the origin at which the river passes ``x`` km east of it."""
    course = [to_km(*p) for p in RIVER]
    return float(np.interp(x, [p[0] for p in course], [p[1] for p in course]))


@dataclass
class Net:
    """Road ends in km, and links between them."""

    nodes: list[Point] = field(default_factory=list)
    links: list[tuple[int, int, dict[str, str]]] = field(default_factory=list)

    def node(self, x: float, y: float) -> int:
        """Adds a road end; returns its number."""
        self.nodes.append((x, y))
        return len(self.nodes) - 1

    def link(self, a: int, b: int, road: str, **tags: str) -> None:
        """Joins two road ends, along ``a`` → ``b`` when one way."""
        self.links.append((a, b, {"highway": road, **tags}))

    def bank(self, among: Iterable[int], *, north: bool) -> list[int]:
        """Those of the road ends that lie on one bank of the river."""
        return [n for n in among if (self.nodes[n][1] > river_y(self.nodes[n][0])) == north]

    def nearest(self, node: int, among: Iterable[int]) -> int:
        """The road end nearest to another."""
        return min(among, key=lambda n: math.dist(self.nodes[n], self.nodes[node]))

    def line(self, points: list[Point], road: str, **tags: str) -> list[int]:
        """Adds a road through new points; returns their numbers."""
        made = [self.node(*p) for p in points]
        for a, b in pairwise(made):
            self.link(a, b, road, **tags)
        return made

    def tables(self) -> tuple[Table, Table]:
        """nodes.csv and edges.csv."""
        used = sorted({n for a, b, _ in self.links for n in (a, b)})
        number = {n: i for i, n in enumerate(used)}
        nodes = Table(("node_id", "lon", "lat"), [(number[n], *to_lonlat(*self.nodes[n])) for n in used])
        edges = Table(("u", "v", "length_m", "oneway", "highway", "name", "maxweight"))
        for a, b, tags in self.links:
            metres = round(1000 * math.dist(self.nodes[a], self.nodes[b]), 1)
            edges.rows.append(
                (number[a], number[b], metres, 1 if "oneway" in tags else 0, tags["highway"], tags.get("name", ""),
                 tags.get("maxweight", ""))
            )  # fmt: skip
        return nodes, edges


def build() -> Net:
    """The whole net; the same every time."""
    rng = random.Random(SEED)
    net = Net()
    lattice = _lattice(net, rng)
    land = range(len(net.nodes))
    for (i, j), node in lattice.items():
        for di, dj in ((1, 0), (0, 1)):
            other = lattice.get((i + di, j + dj))
            if other is not None:
                _street(net, rng, (i, j), (di, dj), node, other)
    _spurs(net, rng, lattice)
    _bridges(net, lattice)
    _dykes(net, land)
    return net


def _lattice(net: Net, rng: random.Random) -> dict[tuple[int, int], int]:
    """Points on coarse lines and in towns, bent by a smooth field; none on the river's flood plain."""
    phase = [rng.uniform(0, 2 * math.pi) for _ in range(4)]
    towns = [to_km(*at) for at in TOWNS.values()]
    points = {}
    for i in COLUMNS:
        for j in ROWS:
            x, y = i * STEP, j * STEP
            u = x + 0.38 * math.sin(0.5 * x + 0.35 * y + phase[0]) + 0.22 * math.sin(1.05 * y + phase[1])
            v = y + 0.38 * math.sin(0.45 * y - 0.3 * x + phase[2]) + 0.22 * math.sin(0.95 * x + phase[3])
            u, v = u + rng.gauss(0, 0.02), v + rng.gauss(0, 0.02)
            in_town = any(math.dist((u, v), town) < 1.7 for town in towns)
            if (i % COARSE == 0 or j % COARSE == 0 or in_town) and abs(v - river_y(u)) > 0.9:
                points[i, j] = net.node(round(u, 4), round(v, 4))
    return points


def _street(net: Net, rng: random.Random, at: tuple[int, int], step: tuple[int, int], node: int, other: int) -> None:
    """One piece of lattice road, with the class of its line; never across the river."""
    side = [net.nodes[n][1] > river_y(net.nodes[n][0]) for n in (node, other)]
    if side[0] != side[1]:
        return
    line = at[1] if step == (1, 0) else at[0]
    if line % (4 * COARSE) == 0:
        names = TRUNK_NAMES["row" if step == (1, 0) else "column"]
        net.link(node, other, "trunk", name=names[(line // (4 * COARSE) + 2) % len(names)])
    elif line % (2 * COARSE) == 0:
        net.link(node, other, "secondary")
    elif line % COARSE == 0:
        block = (at[0] // COARSE, at[1] // COARSE, line, step)
        if random.Random(f"{SEED} {block}").random() > 0.16:  # whole blocks are missing, not single pieces
            net.link(node, other, "tertiary")
    elif line % 2:
        net.link(node, other, "residential", **({"oneway": "1"} if rng.random() < 0.25 else {}))
    else:
        net.link(node, other, "tertiary")


def _spurs(net: Net, rng: random.Random, lattice: dict[tuple[int, int], int]) -> None:
    """Village roads: from a county road to the middle of its block, ending in two lanes."""
    for i in COLUMNS:
        for j in ROWS:
            middle = (i, j + COARSE // 2)
            if (
                i % COARSE
                or j % COARSE
                or middle not in lattice
                or (i + 1, middle[1]) in lattice
                or rng.random() > 0.45
            ):
                continue
            x, y = net.nodes[lattice[middle]]
            bend, length = rng.uniform(-0.25, 0.25), rng.uniform(0.6, 1.0)
            if abs(y - river_y(x + length)) < 1.5 or (y > river_y(x)) != (y > river_y(x + length)):
                continue
            road = net.line([(x + length / 2, y + bend), (x + length, y)], "unclassified")
            net.link(lattice[middle], road[0], "unclassified")
            for way in (-1, 1):
                lane = net.line([(x + length + 0.15, y + way * 0.22), (x + length + 0.3, y + way * 0.4)], "residential")
                net.link(road[-1], lane[0], "residential")


def _bridges(net: Net, lattice: dict[tuple[int, int], int]) -> None:
    """Roads that the flood plain broke off, carried on to the other bank."""
    for name, column in BRIDGES.items():
        ends = [lattice[column, j] for j in ROWS if (column, j) in lattice]
        south, north = net.bank(ends, north=False)[-1], net.bank(ends, north=True)[0]
        (x0, y0), (x1, y1) = net.nodes[south], net.nodes[north]
        tags = {"name": name} | ({"maxweight": "20"} if name == WEAK_BRIDGE else {})
        deck = net.line([(x0 + (x1 - x0) * k / 4, y0 + (y1 - y0) * k / 4) for k in (1, 2, 3)], "trunk", **tags)
        net.link(south, deck[0], "trunk", **tags)
        net.link(deck[-1], north, "trunk", **tags)


def _dykes(net: Net, land: range) -> None:
    """A light road on each dyke, tied to the net every few km."""
    for away in (-0.75, 0.75):
        points = [(x * STEP, river_y(x * STEP) + away) for x in range(-34, 35)]
        made = net.line([p for p in points if p[1] < 16], "unclassified", name="黄河大堤", maxweight="10")
        bank = net.bank(land, north=away > 0)
        for node in made[:: 2 * COARSE]:
            net.link(node, net.nearest(node, bank), "unclassified", maxweight="10")
