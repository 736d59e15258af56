"""``cutfill sample``: scenarios of any size, made by seeded chance, for tests and benchmarks.

The same arguments give the same files. A district has clustered sites, a mix of materials and units, windows,
grades, yards, plants, a placement yard, an off-site place and a quarry; most soil finds a place directly, some has
to wait in a yard, a little has to leave. Everything in it is invented.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.errors import Fault, InputError
from optimizer.files import folder_written_whole
from optimizer.progress import Progress
from optimizer.sample.chance import make_uncertainty
from optimizer.sample.layout import ground_of_map, open_ground, scatter
from optimizer.sample.lots import Lots, make_demands, make_supplies, pick_stuff
from optimizer.sample.pairs import distance_table
from optimizer.sample.sites import Sites, counts, make_facilities
from optimizer.sample.stuff import STUFF
from optimizer.tables import Table

__all__ = ["Size", "add_arguments", "command", "sample"]

START = dt.date(2025, 3, 3)
DETOUR = 1.3
MAP_ENDINGS = (".osm", ".pbf", ".gz", ".bz2", ".graphml", ".gpkg")
LIMITS = {
    "sites": (1, 20_000), "demands": (1, 20_000), "yards": (0, 1_000), "plants": (0, 1_000),
    "materials": (1, len(STUFF)), "days": (1, 366), "seed": (0, 2**63 - 1),
}  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How large a generated district is."""

    sites: int
    demands: int
    yards: int
    plants: int
    materials: int
    days: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill sample``."""
    parser.add_argument("folder", type=Path, help="folder to write; must be new or empty")
    parser.add_argument("--sites", type=int, required=True, help="number of surplus lots")
    parser.add_argument("--demands", type=int, help="default: half the sites")
    parser.add_argument("--yards", type=int, help="default: one for 20 sites")
    parser.add_argument("--plants", type=int, help="default: one for 66 sites")
    parser.add_argument("--materials", type=int, default=6, help=f"1 to {len(STUFF)}, default 6; products come on top")
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--roads", type=Path, metavar="SOURCE", help="map to place sites on; copied into the folder")
    parser.add_argument("--uncertain", action="store_true", help="write uncertainty.csv as well, for cutfill hedge")
    parser.add_argument("--distances", action="store_true", help="write distances.csv (great circle × 1.3)")
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def command(args: argparse.Namespace) -> int:
    """Runs ``cutfill sample``; returns the exit code."""
    size = sample(
        args.folder, sites=args.sites, demands=args.demands, yards=args.yards, plants=args.plants,
        materials=args.materials, days=args.days, seed=args.seed, roads=args.roads, distances=args.distances,
        uncertain=args.uncertain, progress=Progress(quiet=args.quiet, as_json=args.json),
    )  # fmt: skip
    if args.json:
        print(json.dumps({"folder": str(args.folder), "seed": args.seed, **vars(size)}, ensure_ascii=False))
    else:
        print(
            f"wrote {args.folder}: synthetic, seed {args.seed}; "
            + ", ".join(f"{name} {number:,}" for name, number in vars(size).items())
            + f"\nplan it with: cutfill plan {args.folder} -o {args.folder}-plan"
            + (f"\nhedge it with: cutfill hedge {args.folder} -o {args.folder}-hedge" if args.uncertain else "")
        )
    return 0


def sample(
    folder: Path | str,
    *,
    sites: int,
    demands: int | None = None,
    yards: int | None = None,
    plants: int | None = None,
    materials: int = 6,
    days: int = 7,
    seed: int = 1,
    roads: Path | str | None = None,
    distances: bool = False,
    uncertain: bool = False,
    progress: Progress | None = None,
) -> Size:
    """Writes a scenario folder; the same arguments write the same bytes.

    Args:
        folder: new or empty folder.
        sites: number of surplus lots.
        demands: number of demands; half the sites when None.
        yards: number of transfer yards; one for 20 sites when None.
        plants: number of plants; one for 66 sites when None.
        materials: kinds of surplus material, products of plants not counted.
        days: length of the horizon.
        seed: seed of everything random.
        roads: map (any source ``[roads] file`` may name) to place everything beside; it is copied into the folder.
        distances: write distances.csv, great circle × 1.3, instead of naming the detour.
        uncertain: write uncertainty.csv as well; all other files are the same with it and without.
        progress: told how far reading a map is.

    Returns:
        The size written.

    Raises:
        InputError: a number out of range, a folder that is not empty, a map that cannot be read.
    """
    size = Size(
        sites,
        max(1, sites // 2) if demands is None else demands,
        max(1, sites // 20) if yards is None else yards,
        max(1, round(sites / 66)) if plants is None else plants,
        materials,
        days,
    )
    folder = Path(folder)
    source = None if roads is None else Path(roads)
    _refuse(folder, {**vars(size), "seed": seed}, both=source is not None and distances)
    district = _district(np.random.default_rng(seed), size, source, progress or Progress())
    name = f"Synthetic district, {size.sites} sites, seed {seed}"
    with folder_written_whole(folder.resolve(), owned=frozenset()) as scratch:
        place = _write_tables(scratch, *district, distances=distances)
        if uncertain:
            rows = make_uncertainty(np.random.default_rng([seed, 1]), *district[:2], size.days)
            (scratch / "uncertainty.csv").write_text(_csv(rows), encoding="utf-8")
        if source is not None:
            place = f'file = "{_copy_map(source, scratch)}"    # a copy of {source.name}; its licence goes with it'
        (scratch / "scenario.toml").write_text(_toml(name, size.days, place), encoding="utf-8")
    return size


def _write_tables(folder: Path, supplies: Lots, needs: Lots, places: Sites, *, distances: bool) -> str:
    """Writes the CSV files; returns the line of ``[roads]`` for a district without a map."""
    tables: dict[str, list[dict[str, Any]]] = {
        "supplies": supplies.rows, "releases": supplies.extra, "demands": needs.rows, "mixes": needs.extra,
        "facilities": places.facilities, "recipes": places.recipes, "stocks": places.stocks,
    }  # fmt: skip
    for table, rows in tables.items():
        if rows:
            (folder / f"{table}.csv").write_text(_csv(rows), encoding="utf-8")
    if not distances:
        return f"detour = {DETOUR}"
    text = distance_table(supplies.rows, needs.rows, places.facilities, places.recipes, DETOUR)
    (folder / "distances.csv").write_text(text, encoding="utf-8")
    return 'distances = "distances.csv"'


def _district(
    rng: np.random.Generator, size: Size, source: Path | None, progress: Progress
) -> tuple[Lots, Lots, Sites]:
    """Everything in the district, placed and balanced."""
    ground = open_ground(size.sites + size.demands) if source is None else ground_of_map(source, progress)
    spread = 0.15 * max(ground.half_km)
    clusters = max(2, size.sites // 25)
    dates = [(START + dt.timedelta(days=d)).isoformat() for d in range(size.days)]
    stuff = pick_stuff(size.materials, size.plants)
    lots_at = scatter(ground, rng, size.sites, clusters=clusters, spread_km=spread)
    needs_at = scatter(ground, rng, size.demands, clusters=max(2, size.demands // 20), spread_km=1.5 * spread)
    facilities_at = {
        sort: scatter(ground, rng, number, clusters=0, spread_km=0.0)
        for sort, number in counts(size.sites, size.yards, size.plants).items()
    }
    supplies = make_supplies(rng, lots_at, stuff, size.days, dates)
    needs = make_demands(rng, needs_at, supplies, size.days, dates, quarry=True)
    return supplies, needs, make_facilities(rng, facilities_at, supplies, size.days)


def _refuse(folder: Path, numbers: Mapping[str, int], *, both: bool) -> None:
    """All faults of the arguments at once."""
    faults = [
        Fault("cutfill sample", 0, f"--{name}", f"{numbers[name]} is outside {low} to {high:,}")
        for name, (low, high) in LIMITS.items()
        if not low <= numbers[name] <= high
    ]
    if both:
        faults.append(Fault("cutfill sample", 0, "--distances", "goes without --roads: give one of them"))
    if folder.exists() and not folder.is_dir():
        faults.append(Fault(str(folder), 0, "", "is a file; name a new or empty folder"))
    elif folder.is_dir() and any(folder.iterdir()):
        faults.append(Fault(str(folder), 0, "", "is not empty; name a new or empty folder"))
    if faults:
        raise InputError(faults)


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    return Table(tuple(rows[0]), [tuple(row.values()) for row in rows]).to_csv()


def _copy_map(source: Path, scratch: Path) -> str:
    """Copies the map into the folder under ``roads``; returns its name there."""
    if source.is_dir():
        from optimizer.roads.tables import find_tables

        (scratch / "roads").mkdir()
        for path in find_tables(source):
            shutil.copyfile(path, scratch / "roads" / path.name)
        return "roads"
    parts = sorted(source.parent.glob(f"{source.stem}.*")) if source.suffix == ".shp" else [source]
    for part in parts:
        shutil.copyfile(part, scratch / _map_name(part))
    return _map_name(source)


def _map_name(path: Path) -> str:
    """``roads`` with the endings that say what kind of map it is (``.osm.pbf``)."""
    endings = [s for s in path.suffixes[-2:] if s.lower() in MAP_ENDINGS]
    return "roads" + "".join(endings or path.suffixes[-1:])


def _toml(name: str, days: int, place: str) -> str:
    return f"""# Synthetic: made by `cutfill sample`; every figure is invented.
name = "{name}"
start = {START.isoformat()}
days = {days}

[objective]
order = ["unserved", "offsite", "transfer", "haul"]

[roads]
{place}

[costs]
haul_per_t_km = 0.9
co2_per_t_km = 0.129
"""
