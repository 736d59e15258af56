"""What happens by itself as time goes by: listings expire, offers and proposals lapse, old records are forgotten.

Every step looks for what is due and changes it once, so several servers may do it at the same time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import math
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import and_, delete, or_, select

from api.auth.lockout import forget_failures
from api.clearings.models import Clearing
from api.clearings.store import unpacked_folder
from api.documents.models import Document
from api.kernel.idempotency import KEPT, IdempotencyRecord
from api.kernel.work import Work
from api.platform import Platform
from api.webhooks.models import Delivery

_log = logging.getLogger(__name__)
EVERY_SECONDS = 5.0
DELIVERED_KEPT, DEAD_KEPT = dt.timedelta(days=7), dt.timedelta(days=30)
FILES_KEPT, TIDY_SECONDS = dt.timedelta(days=1), 3600.0
NAMES_OF_FILES = (Document.sha256, Clearing.scenario_sha256, Clearing.roads_sha256, Clearing.plan_sha256)
NAMES_AT_ONCE = 1000
# nouns whose service has an `expire(work)` or a `lapse(work)`, in the order of locks
TIMED_NOUNS = ("clearings", "proposals", "offers", "listings", "deals")
Step = Callable[[Work], object]


class Housekeeping:
    """Runs every step every few seconds until it is stopped."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the step under way."""
        self._stopping.set()
        self._thread.join()

    def _serve(self) -> None:
        tidied = -math.inf
        while not self._stopping.wait(EVERY_SECONDS):
            run_once(self._platform)
            if time.monotonic() - tidied > TIDY_SECONDS:
                tidied = time.monotonic()
                try:
                    tidy(self._platform)
                except Exception:
                    _log.exception("housekeeping: files could not be tidied up; tried again later")


def run_once(platform: Platform) -> None:
    """Every step in a transaction of its own; one that fails is logged and keeps none of the others from running."""
    for step in (*_timed(), forget, forget_failures):
        try:
            with platform.writing() as work:
                step(work)
        except Exception:
            _log.exception("housekeeping: %s.%s failed; tried again soon", step.__module__, step.__name__)


def tidy(platform: Platform, *, older_than: dt.timedelta = FILES_KEPT) -> None:
    """Removes files that nothing names, unpacked clearings that nobody looks at, and folders that crashes left."""

    def named(hashes: Iterable[str]) -> set[str]:
        wanted, found = list(hashes), set[str]()
        with platform.reading() as work:
            for column in NAMES_OF_FILES:
                for start in range(0, len(wanted), NAMES_AT_ONCE):
                    part = wanted[start : start + NAMES_AT_ONCE]
                    found |= set(work.session.execute(select(column).where(column.in_(part))).scalars())
        return found

    platform.blobs.forget(named, older_than=older_than.total_seconds())
    before = time.time() - older_than.total_seconds()
    left = [*unpacked_folder(platform).glob("*"), *Path(tempfile.gettempdir()).glob("cutfill-*/")]
    for folder in left:
        with contextlib.suppress(OSError):  # another server was faster, or it is another user's
            if folder.stat().st_mtime < before:
                shutil.rmtree(folder)


def _timed() -> Iterator[Step]:
    for noun in TIMED_NOUNS:
        name = f"api.{noun}.service"
        if find_spec(name) is None:
            continue
        service = import_module(name)
        for step in ("expire", "lapse"):
            if hasattr(service, step):
                yield getattr(service, step)


def forget(work: Work) -> None:
    """Old answers to repeated creations, and deliveries that are long done."""
    now = work.clock.now()
    work.session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.at < now - KEPT))
    done = and_(Delivery.state == "delivered", Delivery.next_at < now - DELIVERED_KEPT)
    dead = and_(Delivery.state == "dead", Delivery.next_at < now - DEAD_KEPT)
    work.session.execute(delete(Delivery).where(or_(done, dead)))
