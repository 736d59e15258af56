"""The running platform: one object that holds what requests share, made by :func:`api.app.create_app`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastapi import Request

from api.blobs import Blobs
from api.district import District
from api.kernel.access import SYSTEM, Caller
from api.kernel.clock import Clock
from api.kernel.database import Database
from api.kernel.work import Telling, Work, unit_of_work
from api.settings import Settings


@dataclass
class Platform:
    """Settings, database and clock, and who hears after each commit what it told."""

    settings: Settings
    database: Database
    clock: Clock
    district: District
    blobs: Blobs
    on_commit: list[Callable[[Sequence[Telling]], None]] = field(default_factory=list)

    @contextmanager
    def writing(self, caller: Caller = SYSTEM) -> Iterator[Work]:
        """A transaction that is committed when the block ends."""
        with unit_of_work(self.database, caller, self.clock, self.district, self._committed) as work:
            yield work

    @contextmanager
    def reading(self, caller: Caller = SYSTEM) -> Iterator[Work]:
        """A transaction that changes nothing."""
        with self.database.reading() as session:
            yield Work(session, caller, self.clock, self.district)

    def _committed(self, told: Sequence[Telling]) -> None:
        for hear in self.on_commit:
            hear(told)


async def platform_of(request: Request) -> Platform:
    """The platform that serves a request; a dependency (asynchronous: a plain one would be sent to a thread)."""
    platform: Platform = request.app.state.platform
    return platform
