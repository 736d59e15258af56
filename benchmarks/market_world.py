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
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from api.auth.models import ApiKey
from api.auth.tokens import KEY_PREFIX, digest, new_secret
from api.kernel.access import permissions_of
from api.kernel.ids import new_id
from api.listings.index import entries
from api.listings.models import Listing, ListingMaterial
from api.organisations.models import Membership, Organisation, User
from api.platform import Platform

MATERIALS = ("spoil_silty_clay", "clay_wet", "earth_wet", "sand_wet", "topsoil", "concrete_rubble")
WEST, SOUTH, EAST, NORTH = 116.95, 36.78, 117.25, 37.00  # about the start-up zone's extent
BATCH = 2000
START_SECONDS = 60


@dataclass(frozen=True)
class World:
    """A running server and keys of its members."""

    url: str
    keys: list[str]
    planner_key: str
    start: dt.date


def seed(platform: Platform, supplies: int, demands: int, organisations: int, seed_number: int = 1) -> World:
    """Fills an empty database with open listings; same numbers, same market.

    Args:
        supplies, demands: how many listings of either side.
        organisations: contractors that own them, each with an API key.
    """
    rng = np.random.default_rng(seed_number)
    now = platform.clock.now()
    start = platform.clock.today() + dt.timedelta(days=3)
    keys = []
    owners = []
    with platform.writing() as work:
        for number in range(organisations + 1):
            kind = "planner" if number == organisations else "contractor"
            organisation = Organisation(
                name=f"{kind} {number}", kind=kind, state="active", created_at=now, updated_at=now
            )
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
            keys.append(secret)
            owners.append(organisation.id)
    _listings(platform, rng, ["supply"] * supplies + ["demand"] * demands, owners[:-1], start)
    return World("", keys[:-1], keys[-1], start)


def _listings(
    platform: Platform, rng: np.random.Generator, sides: list[str], owners: list[str], start: dt.date
) -> None:
    now = platform.clock.now()
    for first in range(0, len(sides), BATCH):
        rows: list[dict[str, Any]] = []
        materials: list[dict[str, Any]] = []
        for side in sides[first : first + BATCH]:
            material = MATERIALS[int(rng.integers(len(MATERIALS)))]
            t = round(float(rng.lognormal(6.0, 0.8)), 1)
            begin = start + dt.timedelta(days=int(rng.integers(0, 4)))
            lon, lat = float(rng.uniform(WEST, EAST)), float(rng.uniform(SOUTH, NORTH))
            reserve = rng.uniform(-35, -5) if side == "supply" else rng.uniform(-4, 18)
            rows.append(
                {
                    "id": new_id("lst"),
                    "organisation_id": owners[int(rng.integers(len(owners)))],
                    "side": side,
                    "name": f"{material} {len(rows)}",
                    "street": "",
                    "material": material,
                    "materials": [material],
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
                    "lon": lon,
                    "lat": lat,
                    "entered_lon": lon,
                    "entered_lat": lat,
                    "entered_crs": "wgs84",
                    "created_at": now,
                    "updated_at": now,
                    "version": 1,
                }
            )
            materials += entries(Listing(**rows[-1]))
        with platform.database.writing() as session:
            session.execute(Listing.__table__.insert(), rows)  # type: ignore[attr-defined]
            session.execute(ListingMaterial.__table__.insert(), materials)  # type: ignore[attr-defined]


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
def serving(database_url: str, folder: Path, district: Path | None) -> Iterator[str]:
    """A server process on a database; yields its address once it answers.

    Raises:
        RuntimeError: it did not answer in time.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "CUTFILL_DATABASE_URL": database_url,
        "CUTFILL_DATA_DIR": str(folder),
        "CUTFILL_RATE_LIMIT": "100000/second",
        **({"CUTFILL_DISTRICT": str(district)} if district else {}),
    }
    command = [sys.executable, "-m", "uvicorn", "--factory", "api.app:create_app", "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "warning", "--no-access-log"], env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        _await(url, process)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


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
