"""The platform under load on each database: searching, posting, telling everybody, quoting; all through HTTP, with two
server processes on one database, as behind a proxy.

Every answer's status is checked, a sample of the answers is held against a plain reading of the whole table, and what
was posted against the audit trail and the outbox: figures of wrong answers are not told.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from sqlalchemy import func, select

from api.audit.models import AuditEntry
from api.audit.service import verify
from api.events.models import OutboxEvent
from api.listings.models import Listing
from api.platform import Platform
from benchmarks.market_checks import check_quotes, check_searches, search_path
from benchmarks.market_load import UNANSWERED
from benchmarks.market_world import (
    MATERIALS,
    World,
    cpu_seconds,
    database_process,
    databases,
    load,
    opened,
    places,
    seed,
    serving,
)
from benchmarks.measure import DisagreementError
from benchmarks.rows import Row, at_least, told, within

SEARCHES_PER_S, SEARCH_MS = 100, 50
ALONE_PER_S = (100, 80, 60, 40, 20)  # rates tried on one server, until it holds one
POSTS_PER_S = {"SQLite": 100, "PostgreSQL": 200}
CALLERS = 16  # who post at the same time
FAN_OUT_MS = 1000
QUOTES_PER_S, QUOTE_MS = 4, 300
DEGREE_KM = 111.2
Lots = list[dict[str, Any]]
Servers = list[tuple[str, psutil.Process]]


@dataclass(frozen=True)
class Size:
    """How large, and for how long."""

    listings: int
    organisations: int
    search_seconds: float
    post_seconds: float
    subscribers: int
    events: int
    quoted: tuple[int, int]  # supplies and demands of the market that is asked for quotes
    quote_seconds: float
    servers: int  # a process of Python uses one core
    checked: int  # answers that are held against a plain reading


FULL = Size(100_000, 200, 20, 15, 200, 20, (1200, 800), 30, servers=2, checked=20)
SMOKE = Size(400, 5, 1, 1, 10, 3, (30, 20), 2, servers=1, checked=10)


def run(smoke: bool) -> list[Row]:
    """Rows for SQLite and for PostgreSQL: search, posting, fan-out, quotes, and where the processor's time went."""
    return [*_on_each(_trading, smoke), *_on_each(_quoting, smoke)]


class Bench:
    """A database with a market in it, and a server on it."""

    def __init__(self, name: str, platform: Platform, world: World, servers: Servers, smoke: bool):
        self.name, self.platform, self.world, self.smoke = name, platform, world, smoke
        self.servers = servers
        self.url = servers[0][0]
        self.size = SMOKE if smoke else FULL

    def load(self, kind: str, servers: int | None = None, **given: Any) -> dict[str, Any]:
        """Figures of a load on so many servers, or all; ``busy`` says how much of one processor each party took.

        Raises:
            DisagreementError: an answer was an error.
        """
        asked = self.servers[:servers]
        parties = {"servers": [process for _, process in asked]}
        if database := database_process(self.platform):
            parties["database"] = [database]
        before = {party: sum(map(cpu_seconds, processes)) for party, processes in parties.items()}
        figures = load(kind, urls=[url for url, _ in asked], keys=self.world.keys, **given)
        used = {party: sum(map(cpu_seconds, processes)) - before[party] for party, processes in parties.items()}
        used["generator"] = figures["cpu_s"]
        fine = ("200", "201", UNANSWERED)
        wrong = {status: count for status, count in figures["statuses"].items() if status not in fine}
        if wrong:
            raise DisagreementError(f"{kind} on {self.name}: answers of status {wrong}")
        shares = ", ".join(f"{party} {seconds / figures['took_s']:.0%}" for party, seconds in used.items())
        return {**figures, "busy": f"busy of one core: {shares}", "count": sum(figures["statuses"].values())}

    def latency(self, name: str, figures: dict[str, Any], limit: float) -> list[Row]:
        """The 95th percentile held against a limit; the median, and who was busy."""
        return [
            within(f"{self.name}, {name}: 95th percentile", figures["p95"], limit, "ms", smoke=self.smoke),
            told(f"{self.name}, {name}: median", figures["p50"], figures["busy"], "ms"),
        ]


def _on_each(measure: Callable[[Bench], list[Row]], smoke: bool) -> list[Row]:
    size = SMOKE if smoke else FULL
    many = (size.listings // 2, size.listings - size.listings // 2)
    rows: list[Row] = []
    with databases() as urls:
        for name, url in urls.items():
            folder = Path(tempfile.mkdtemp(prefix="cutfill-bench-data-"))
            try:
                with opened(url, folder) as platform:
                    supplies, demands = many if measure is _trading else size.quoted
                    world = seed(platform, supplies, demands, size.organisations)
                    with serving(url, folder, size.servers) as servers:
                        rows += measure(Bench(name, platform, world, servers, smoke))
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    return rows


def _trading(bench: Bench) -> list[Row]:
    """Search, posting and fan-out on a market with very many listings; searches are checked before and after."""
    rows = [*_search(bench), *_post(bench)]
    check_searches(bench.platform, bench.url, _searches(bench, bench.size.checked, seed_number=3), bench.world.keys[0])
    return [*rows, *_fan_out(bench)]


def _search(bench: Bench) -> list[Row]:
    size = bench.size
    check_searches(bench.platform, bench.url, _searches(bench, size.checked, seed_number=2), bench.world.keys[0])
    asked = _searches(bench, int(SEARCHES_PER_S * size.search_seconds), seed_number=1)
    paths = [search_path(query) for query in asked]
    figures = bench.load("search", rate=SEARCHES_PER_S, seconds=size.search_seconds, paths=paths)
    rows = bench.latency(f"search {size.listings:,} at {SEARCHES_PER_S}/s", figures, SEARCH_MS)
    return [*rows, told(f"{bench.name}, searches that one server holds", *_alone(bench, paths), "/s")]


def _alone(bench: Bench, paths: list[str]) -> tuple[float, str]:
    """The highest of some rates at which one server answers in time, and its percentile."""
    for rate in ALONE_PER_S:
        figures = bench.load("search", 1, rate=rate, seconds=bench.size.search_seconds / 2, paths=paths)
        if figures["p95"] <= SEARCH_MS:
            return rate, f"95th percentile {figures['p95']:.0f} ms; {figures['busy']}"
    return 0, f"95th percentile {figures['p95']:.0f} ms at {rate}/s"


def _searches(bench: Bench, count: int, seed_number: int) -> list[dict[str, Any]]:
    """By place, material and time: around a point or in a box of a map, newest or nearest first."""
    rng = np.random.default_rng(seed_number)
    queries = []
    for lon, lat in places(bench.platform.district, rng, count):
        begin = bench.world.start + dt.timedelta(days=int(rng.integers(0, 6)))
        km = float(rng.uniform(1, 10))
        query: dict[str, Any] = {
            "material": MATERIALS[int(rng.integers(len(MATERIALS)))],
            "from": begin.isoformat(),
            "to": (begin + dt.timedelta(days=1)).isoformat(),
        }
        if rng.random() < 0.5:
            query["side"] = ("supply", "demand")[int(rng.integers(2))]
        if rng.random() < 0.5:
            query |= {"near": f"{lon},{lat}", "within_km": round(km, 1)}
            query |= {"sort": "distance"} if rng.random() < 0.5 else {}
        else:
            half = km / DEGREE_KM
            query["bbox"] = ",".join(f"{value:.5f}" for value in (lon - half, lat - half, lon + half, lat + half))
        queries.append(query)
    return queries


def _post(bench: Bench) -> list[Row]:
    """As many creations as are taken, each with its entry of the audit trail and its event."""
    before = _counts(bench.platform)
    figures = bench.load("post", seconds=bench.size.post_seconds, workers=CALLERS, bodies=_posts(bench, 500))
    grown = {name: count - before[name] for name, count in _counts(bench.platform).items()}
    if set(grown.values()) != {figures["count"]}:
        raise DisagreementError(f"{figures['count']} posts were answered, and there are {grown} more")
    with bench.platform.database.reading() as session:
        if fault := verify(session).fault:
            raise DisagreementError(f"the audit trail is broken: {fault}")
    name = f"posting by {CALLERS} callers"
    per_s, limit = figures["count"] / figures["took_s"], POSTS_PER_S[bench.name]
    return [
        at_least(f"{bench.name}, {name}", per_s, limit, "/s", smoke=bench.smoke),
        told(f"{bench.name}, {name}: median", figures["p50"], figures["busy"], "ms"),
    ]


def _counts(platform: Platform) -> dict[str, int]:
    """Listings, and what the audit trail and the outbox know of them."""
    wanted = {
        "listings": select(func.count()).select_from(Listing),
        "audit entries": select(func.count()).where(AuditEntry.action == "listing.opened"),
        "events": select(func.count()).where(OutboxEvent.topic == "listing.opened"),
    }
    with platform.database.reading() as session:
        return {name: int(session.execute(query).scalar_one()) for name, query in wanted.items()}


def _posts(bench: Bench, count: int) -> Lots:
    """Bodies of listings that open at once."""
    return [{**lot, "open": True} for lot in _lots(bench, count)]


def _lots(bench: Bench, count: int) -> Lots:
    """Bodies of lots to ask quotes for."""
    rng = np.random.default_rng(4)
    lots = []
    for lon, lat in places(bench.platform.district, rng, count):
        side = ("supply", "demand")[int(rng.integers(2))]
        begin = bench.world.start + dt.timedelta(days=int(rng.integers(0, 4)))
        lots.append(
            {
                "side": side,
                "materials": [MATERIALS[int(rng.integers(len(MATERIALS)))]],
                "quantity": round(float(rng.lognormal(6.0, 0.8)), 1),
                "unit": "t",
                "window_from": begin.isoformat(),
                "window_to": (begin + dt.timedelta(days=int(rng.integers(0, 3)))).isoformat(),
                "reserve": str(round(float(rng.uniform(-35, -5) if side == "supply" else rng.uniform(-4, 18)), 1)),
                "location": {"lon": lon, "lat": lat, "crs": "wgs84"},
            }
        )
    return lots


def _fan_out(bench: Bench) -> list[Row]:
    """From the posting of a listing until each of the listeners has its event."""
    size = bench.size
    figures = bench.load("listen", subscribers=size.subscribers, bodies=_posts(bench, size.events))
    if figures["heard"] != size.subscribers * size.events:
        expected = size.subscribers * size.events
        raise DisagreementError(f"fan-out on {bench.name}: {figures['heard']} of {expected} events were heard")
    return bench.latency(f"an event to {size.subscribers} listeners", figures, FAN_OUT_MS)


def _quoting(bench: Bench) -> list[Row]:
    """Quotes on a market of the size of a clearing."""
    size, lots = bench.size, _lots(bench, 200)
    check_quotes(bench.platform, bench.url, lots[: size.checked], bench.world.keys[0])
    figures = bench.load("quote", rate=QUOTES_PER_S, seconds=size.quote_seconds, bodies=lots)
    return bench.latency(f"quote on {sum(size.quoted):,} listings at {QUOTES_PER_S}/s", figures, QUOTE_MS)
