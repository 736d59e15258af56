"""The live market that quotes are read from: opened in the background, replaced whole, never waited for by a request
once there is one.

It is opened from the newest clearing that was solved for days not over yet, or, where there is none, from what is open
for the coming week; again after each clearing, and when too many listings were opened since.
"""

from __future__ import annotations

import datetime as dt
import logging
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from api.clearings.models import Clearing
from api.clearings.packing import unpack
from api.clearings.scenario import write_scenario
from api.clearings.schemas import DEFAULT_CHARGES
from api.clearings.store import packed_roads, unpacked
from api.kernel.problems import Busy
from api.listings.models import TRADING, Listing
from api.platform import Platform
from optimizer.distances import measure
from optimizer.errors import InputError
from optimizer.progress import Progress
from optimizer.quotes import Market
from optimizer.read import load_scenario

_log = logging.getLogger(__name__)
LOOK_SECONDS = 5.0
FIRST_SECONDS = 20.0  # a request waits so long for the first market
DAYS = 7
OLDEST = dt.timedelta(hours=6)
MOST_NEW = 0.05  # share of listings opened since, at which a market is opened anew


@dataclass(frozen=True)
class Snapshot:
    """A market and what it was made of."""

    market: Market
    as_of: dt.datetime
    clearing_id: str | None
    start: dt.date
    days: int
    listings: int

    @property
    def last_date(self) -> dt.date:
        """The last of its days."""
        return self.start + dt.timedelta(days=self.days - 1)


class Quoting:
    """Keeps the newest :class:`Snapshot`; a thread of the server."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._snapshot: Snapshot | None = None
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._opened = threading.Event()
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="quotes", daemon=True)

    def start(self) -> None:
        """Begins to look after the market; it is opened when somebody first asks."""
        self._thread.start()

    def stop(self) -> None:
        """Ends."""
        self._stopping.set()
        self._wanted.set()
        self._wake.set()
        self._thread.join(30)

    def snapshot(self) -> Snapshot:
        """The newest market.

        Raises:
            Busy: the first one is still being opened, or nothing is open at all.
        """
        self._wanted.set()
        if self._snapshot is None:
            self._wake.set()
            self._opened.wait(FIRST_SECONDS)
        found = self._snapshot
        if found is None:
            raise Busy("The market's prices are being worked out; ask again in a moment.", headers={"Retry-After": "5"})
        return found

    def _serve(self) -> None:
        self._wanted.wait()
        while not self._stopping.is_set():
            try:
                self._look()
            except InputError as error:
                _log.info("no market to quote from: %s", error)
            except Exception:
                _log.exception("the market for quotes could not be opened; tried again soon")
            self._wake.wait(LOOK_SECONDS)
            self._wake.clear()

    def _look(self) -> None:
        clearing = self._newest_clearing()
        held = self._snapshot
        if held is not None and not self._is_stale(held, clearing):
            return
        if (
            clearing is not None
            and clearing.solved_at is not None
            and (held is None or clearing.solved_at > held.as_of)
        ):
            self._snapshot = self._of_clearing(clearing)
        else:
            self._snapshot = self._of_what_is_open()
        self._opened.set()

    def _newest_clearing(self) -> Clearing | None:
        with self._platform.reading() as work:
            query = (
                select(Clearing)
                .where(Clearing.state.in_(("solved", "published", "settled")), Clearing.plan_sha256 != "")
                .order_by(Clearing.id.desc())
                .limit(1)
            )
            row = work.session.execute(query).scalar_one_or_none()
            over = row is None or row.start + dt.timedelta(days=row.days - 1) < work.clock.today()
            return None if over else row

    def _is_stale(self, held: Snapshot, clearing: Clearing | None) -> bool:
        if clearing is not None and clearing.solved_at is not None and clearing.solved_at > held.as_of:
            return True
        if self._platform.clock.now() - held.as_of > OLDEST:
            return True
        return self.opened_since(held) > max(20, MOST_NEW * held.listings)

    def opened_since(self, held: Snapshot) -> int:
        """Listings that a snapshot does not know."""
        with self._platform.reading() as work:
            query = select(func.count()).where(Listing.created_at > held.as_of, Listing.state.in_(TRADING))
            return int(work.session.execute(query).scalar_one())

    def _of_clearing(self, clearing: Clearing) -> Snapshot:
        """As it was cleared: prices of what is on the market, not of what is left over."""
        folder = unpacked(self._platform, clearing)
        market = Market.reopen(folder / "scenario", folder / "plan" / "flows.csv", dict(clearing.charges))
        counts = clearing.counts
        listings = int(counts.get("supplies", 0)) + int(counts.get("demands", 0))
        as_of = clearing.solved_at or clearing.created_at
        return Snapshot(market, as_of, clearing.id, clearing.start, clearing.days, listings)

    def _of_what_is_open(self) -> Snapshot:
        now, start = self._platform.clock.now(), self._platform.clock.today()
        charges = {str(goal): rate for goal, rate in DEFAULT_CHARGES.items()}
        folder = Path(tempfile.mkdtemp(prefix="cutfill-quotes-"))
        try:
            with self._platform.reading() as work:
                counts = write_scenario(work, folder, start=start, days=DAYS, form="welfare", charges=charges, order=())
            unpack(packed_roads(self._platform.district), folder)
            scenario = load_scenario(folder)
            market = Market.open(scenario, measure(scenario, Progress()), None, charges)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return Snapshot(market, now, None, start, DAYS, counts.supplies + counts.demands)
