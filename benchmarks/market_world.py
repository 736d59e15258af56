"""A synthetic market in a database, and a server on it: what the platform's benchmarks run against."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from sqlalchemy import func, select

from api.app import create_app, prepare
from api.auth.models import ApiKey
from api.auth.tokens import KEY_PREFIX, digest, new_secret
from api.district import District
from api.facilities.models import Facility
from api.kernel.access import permissions_of
from api.kernel.ids import new_id
from api.kernel.work import Work
from api.listings.index import entries
from api.listings.models import Listing, ListingMaterial
from api.organisations.models import Membership, Organisation, User
from api.platform import Platform
from api.settings import Settings

DISTRICT = Path(__file__).parents[1] / "scenarios" / "qibuqu-week"  # the start-up zone's roads
MATERIALS = ("spoil_silty_clay", "clay_wet", "earth_wet", "sand_wet", "topsoil", "concrete_rubble")
WEST, SOUTH, EAST, NORTH = 116.95, 36.75, 117.25, 36.97  # about the zone's extent
ASIDE = 0.002  # degrees, at most, from a road
BATCH = 2000
START_SECONDS = 180
# kind → (how many, t a day, storage in t, CNY per t at the gate)
GATES: dict[str, tuple[int, int, int | None, int]] = {
    "yard": (5, 4000, 20000, 6),
    "disposal": (6, 5000, None, 22),
    "offsite": (3, 20000, None, 45),
}


@dataclass(frozen=True)
class World:
    """What was put into a database: keys of its contractors, and of a planner."""

    keys: list[str]
    planner_key: str
    start: dt.date


def settings_for(database_url: str, folder: Path) -> Settings:
    """Settings of a platform in the start-up zone."""
    return Settings(database_url=database_url, data_dir=folder, district=DISTRICT, runner=False)


@contextmanager
def opened(database_url: str, folder: Path) -> Iterator[Platform]:
    """The platform on a database, in this process and without a server."""
    platform: Platform = create_app(settings_for(database_url, folder)).state.platform
    prepare(platform)
    try:
        yield platform
    finally:
        platform.database.close()


def seed(platform: Platform, supplies: int, demands: int, organisations: int, seed_number: int = 1) -> World:
    """Fills an empty database with open listings and gates; same numbers, same market.

    Args:
        supplies, demands: how many listings of either side.
        organisations: contractors that own them, each with an API key.
    """
    rng = np.random.default_rng(seed_number)
    start = platform.clock.today() + dt.timedelta(days=3)
    with platform.writing() as work:
        members = [_member(work, "contractor", number) for number in range(organisations)]
        _, planner_key = _member(work, "planner", organisations)
        _gates(work, members[0][0], places(platform.district, rng, sum(count for count, *_ in GATES.values())))
    sides = ["supply"] * supplies + ["demand"] * demands
    owners = [owner for owner, _ in members]
    for first in range(0, len(sides), BATCH):
        part = sides[first : first + BATCH]
        rows = [
            _listing(rng, side, owners, place, start, platform.clock.now())
            for side, place in zip(part, places(platform.district, rng, len(part)), strict=True)
        ]
        with platform.database.writing() as session:
            session.execute(Listing.__table__.insert(), rows)  # type: ignore[attr-defined]
            found = [entry for row in rows for entry in entries(Listing(**row))]
            session.execute(ListingMaterial.__table__.insert(), found)  # type: ignore[attr-defined]
    if not platform.database.is_sqlite:  # what its autovacuum does within a minute
        with platform.database.changing_layout() as connection:
            connection.exec_driver_sql("ANALYZE")
    return World([key for _, key in members], planner_key, start)


def places(district: District, rng: np.random.Generator, count: int) -> list[tuple[float, float]]:
    """Points of the zone that lie near a road."""
    graph = district.graph
    assert graph is not None
    inside = (graph.lon > WEST) & (graph.lon < EAST) & (graph.lat > SOUTH) & (graph.lat < NORTH)
    nodes = rng.choice(np.flatnonzero(inside), count)
    lon = graph.lon[nodes] + rng.uniform(-ASIDE, ASIDE, count)
    lat = graph.lat[nodes] + rng.uniform(-ASIDE, ASIDE, count)
    return [(round(float(x), 5), round(float(y), 5)) for x, y in zip(lon, lat, strict=True)]


def _member(work: Work, kind: str, number: int) -> tuple[str, str]:
    """An organisation with one member; its id and an API key with all of their permissions."""
    now = work.clock.now()
    organisation = Organisation(name=f"{kind} {number}", kind=kind, state="active", created_at=now, updated_at=now)
    user = User(email=f"u{number}@bench.example", name=f"u{number}", password_hash="-", created_at=now)
    work.session.add_all([organisation, user])
    work.session.flush()
    member = Membership(user_id=user.id, organisation_id=organisation.id, role=kind, created_at=now)
    work.session.add(member)
    work.session.flush()
    secret = KEY_PREFIX + new_secret()[0]
    work.session.add(
        ApiKey(
            membership_id=member.id,
            organisation_id=organisation.id,
            name="bench",
            prefix=secret[:8],
            secret_hash=digest(secret),
            scopes=sorted(permissions_of(kind)),
            created_at=now,
        )
    )
    return organisation.id, secret


def _gates(work: Work, owner: str, at: list[tuple[float, float]]) -> None:
    now = work.clock.now()
    kinds = [kind for kind, (count, *_) in GATES.items() for _ in range(count)]
    for number, (kind, (lon, lat)) in enumerate(zip(kinds, at, strict=True)):
        _, daily_t, storage_t, fee = GATES[kind]
        work.session.add(
            Facility(
                organisation_id=owner,
                name=f"{kind} {number}",
                kind=kind,
                accepts=["*"],
                daily_in_kg=daily_t * 1000,
                storage_kg=None if storage_t is None else storage_t * 1000,
                fee=Decimal(fee),
                reported_at=now,
                created_at=now,
                updated_at=now,
                **_placed(lon, lat),
            )
        )


def _listing(
    rng: np.random.Generator, side: str, owners: list[str], place: tuple[float, float], start: dt.date, now: dt.datetime
) -> dict[str, Any]:
    material, also = (MATERIALS[i] for i in rng.choice(len(MATERIALS), 2, replace=False))
    t = round(float(rng.lognormal(6.0, 0.8)), 1)
    begin = start + dt.timedelta(days=int(rng.integers(0, 4)))
    reserve = rng.uniform(-35, -5) if side == "supply" else rng.uniform(-4, 18)
    return {
        "id": new_id("lst"),
        "organisation_id": owners[int(rng.integers(len(owners)))],
        "side": side,
        "name": f"{side} of {material}",
        "street": "",
        "material": material,
        "materials": [material, also] if side == "demand" and rng.random() < 0.3 else [material],
        "grade": "2",
        "quantity": Decimal(str(t)),
        "unit": "t",
        "quantity_kg": round(t * 1000),
        "minimum_lot_kg": 0,
        "window_from": begin,
        "window_to": min(begin + dt.timedelta(days=int(rng.integers(1, 6))), start + dt.timedelta(days=6)),
        "reserve": Decimal(str(round(float(reserve), 1))),
        "price_public": False,
        "auto_accept": False,
        "state": "open",
        "reserved_kg": 0,
        "committed_kg": 0,
        "photo_ids": [],
        "note": "",
        "created_at": now,
        "updated_at": now,
        "version": 1,
        **_placed(*place),
    }


def _placed(lon: float, lat: float) -> dict[str, Any]:
    return {"lon": lon, "lat": lat, "entered_lon": lon, "entered_lat": lat, "entered_crs": "wgs84"}


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """URLs of an empty SQLite file and of an empty database on a private PostgreSQL; both vanish at the end."""
    folder = Path(tempfile.mkdtemp(prefix="cutfill-bench-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pgserver

    server = pgserver.get_server(folder / "pg", cleanup_mode="delete")  # type: ignore[attr-defined]
    try:
        name = f"b{uuid.uuid4().hex}"
        server.psql(f"CREATE DATABASE {name};")
        yield {"SQLite": f"sqlite:///{folder / 'bench.sqlite'}", "PostgreSQL": server.get_uri(database=name)}
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(database_url: str, folder: Path, count: int) -> Iterator[list[tuple[str, psutil.Process]]]:
    """Server processes on one database; yields the address and the process of each once all answer.

    Raises:
        RuntimeError: one did not answer in time.
    """
    with ExitStack() as stack:
        processes = {}
        for _ in range(count):
            port = _free_port()
            processes[f"http://127.0.0.1:{port}"] = stack.enter_context(_server(database_url, folder, port))
        for url, process in processes.items():
            _await(url, process)
        yield [(url, psutil.Process(process.pid)) for url, process in processes.items()]


@contextmanager
def _server(database_url: str, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "CUTFILL_DATABASE_URL": database_url,
        "CUTFILL_DATA_DIR": str(folder),
        "CUTFILL_RATE_LIMIT": "100000/second",
        "CUTFILL_DISTRICT": str(DISTRICT),
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "api.app:create_app", "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "warning", "--no-access-log"], env=environment)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(process: psutil.Process) -> float:
    """User and system seconds that it and its children, those that are gone as well, have used so far."""
    own = process.cpu_times()
    living = 0.0
    for child in process.children():
        with suppress(psutil.NoSuchProcess):
            living += cpu_seconds(child)
    return float(own.user + own.system + own.children_user + own.children_system + living)


def database_process(platform: Platform) -> psutil.Process | None:
    """The parent of all processes of a PostgreSQL on this machine; None for SQLite, which runs in the server's own."""
    if platform.database.is_sqlite:
        return None
    with platform.database.reading() as session:
        return psutil.Process(session.execute(select(func.pg_backend_pid())).scalar_one()).parent()


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/openapi.json", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def load(kind: str, **given: Any) -> dict[str, Any]:
    """Figures of one load, generated by a process of its own."""
    command = [sys.executable, "-m", "benchmarks.market_load", kind]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the load generator failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
