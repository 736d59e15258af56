"""Writes ``scenarios/qibuqu-week``: the Jinan start-up zone for one week, illustrative throughout.

Run it from anywhere: ``python scenarios/generate_qibuqu.py [FOLDER]``. The same code writes the same bytes; a test
holds the committed folder to it.
"""

from __future__ import annotations

import datetime as dt
import math
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import qibuqu_places as places
from qibuqu_roads import SEED, TOWNS, Net, build, to_km, to_lonlat
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from optimizer.files import folder_written_whole
from optimizer.tables import Table

START = dt.date(2025, 3, 3)
HOME = Path(__file__).parent / "qibuqu-week"
OFF_ROAD_KM = 0.08  # a site lies about so far from its road end
ROADS_NAMES = ("nodes.csv", "edges.csv")

SCENARIO = """# Illustrative: sites, owners, quantities, prices and roads are invented (scenarios/README.md).
# Written by scenarios/generate_qibuqu.py; change the generator, not this folder.
name = "起步区一周(示例) Start-up zone, one week (illustrative)"
start = 2025-03-03
days = 7

[objective]
order = ["unserved", "offsite", "landfill", "transfer", "haul"]

[roads]
file = "roads"
by = "distance"

[costs]
haul_per_t_km = 0.9
co2_per_t_km = 0.129    # GB/T 51366-2019, 18 t diesel
unserved_per_t = 1000.0
"""

# scenario table: source, first column, other columns; `at` becomes lon and lat, `days` becomes from and to
TABLES = {
    "supplies": (places.SUPPLIES, "supply"),
    "releases": (places.RELEASES, "supply"),
    "demands": (places.DEMANDS, "demand"),
    "mixes": (places.MIXES, "demand"),
    "facilities": (places.FACILITIES, "facility"),
    "recipes": (places.RECIPES, "facility"),
    "stocks": (places.STOCKS, "facility"),
    "calendar": (places.CALENDAR, "facility"),
    "trucks": (places.TRUCKS, "truck"),
    "gates": (places.GATES, "place"),
    "bans": (places.BANS, "vehicle"),
}
RENAMED = {"must": "must_move"}


def generate(folder: Path) -> None:
    """Writes the scenario folder, replacing its files and keeping any others there."""
    net = build()
    ends = _truck_ends(net)
    rng = random.Random(SEED)
    texts = {f"{name}.csv": _table(source, first, net, ends, rng).to_csv() for name, (source, first) in TABLES.items()}
    texts["scenario.toml"] = SCENARIO
    with folder_written_whole(folder, owned=frozenset({*texts, "roads"})) as scratch:
        for name, text in texts.items():
            (scratch / name).write_text(text, encoding="utf-8")
        (scratch / "roads").mkdir()
        for name, table in zip(ROADS_NAMES, net.tables(), strict=True):
            (scratch / "roads" / name).write_text(table.to_csv(), encoding="utf-8")


def _truck_ends(net: Net) -> list[int]:
    """Road ends between which heavy trucks can drive both ways."""
    open_links = [(a, b) for a, b, tags in net.links if not tags.keys() & {"maxweight", "oneway"}]
    tail, head = np.array(open_links).T
    shape = (len(net.nodes), len(net.nodes))
    _, part = connected_components(csr_array((np.ones(len(tail)), (tail, head)), shape=shape), directed=False)
    return [int(n) for n in np.flatnonzero(part == np.bincount(part[tail]).argmax())]


def _table(source: str, first: str, net: Net, ends: Sequence[int], rng: random.Random) -> Table:
    """One scenario table from its source in ``qibuqu_places``."""
    header, *rows = ([cell.strip() for cell in line.split("|")] for line in source.strip().splitlines())
    expanded = [_cells(header, row, net, ends, rng) for row in rows]
    names = [RENAMED.get(name, name) for name in expanded[0]]
    names[0] = first
    return Table(tuple(names), [tuple(row.values()) for row in expanded])


def _cells(
    header: Iterable[str], row: Iterable[str], net: Net, ends: Sequence[int], rng: random.Random
) -> dict[str, str | float]:
    """Cells by column, with positions and dates worked out."""
    cells = dict(zip(header, row, strict=True))
    out: dict[str, str | float] = {}
    for name, cell in cells.items():
        if name == "at":
            east, north = (float(part) for part in cell.split(","))
            out["lon"], out["lat"] = _beside_road(cells["street"], east, north, net, ends, rng)
        elif name == "days":
            out["from"], out["to"] = (_date(part) for part in cell.split("-"))
        elif name == "day":
            out["date"] = _date(cell)
        else:
            out[name] = cell
    return out


def _beside_road(
    street: str, east: float, north: float, net: Net, ends: Sequence[int], rng: random.Random
) -> tuple[float, float]:
    """lon, lat beside the truck road end nearest to a point given from the street's centre."""
    x, y = to_km(*TOWNS[street])
    at = (x + east, y + north)
    road_x, road_y = net.nodes[min(ends, key=lambda n: math.dist(net.nodes[n], at))]
    turn = rng.uniform(0, 2 * math.pi)
    return to_lonlat(road_x + OFF_ROAD_KM * math.cos(turn), road_y + OFF_ROAD_KM * math.sin(turn))


def _date(day: str) -> str:
    return (START + dt.timedelta(days=int(day) - 1)).isoformat()


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else HOME)
