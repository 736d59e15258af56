"""Hands new events out to everybody who listens on this server.

One thread reads the outbox, woken by commits of this process and looking every half second for those of others; each
event is read and encoded once, whatever the number of listeners. A listener's queue is bounded: one that does not keep
up is dropped, and resumes from the last number it got. Nothing is lost or sent twice: a listener is enrolled at the
hub's present number, reads what lies before it from the outbox, and gets the rest from the hub.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from api.events.models import OutboxEvent
from api.events.repository import Filter, last_number, read_after
from api.events.schemas import EventView
from api.events.service import view
from api.kernel.problems import Busy
from api.kernel.work import Telling
from api.platform import Platform

_log = logging.getLogger(__name__)
LOOK_SECONDS = 0.5
BETWEEN_SECONDS = 0.02  # gathers what is committed together
BATCH = 500
MOST_LISTENERS = 2000
QUEUE = 2000  # events that a listener may be behind


@dataclass(frozen=True)
class Frame:
    """One event, ready to be sent."""

    number: int
    topic: str
    public: bool
    organisations: frozenset[str]
    event: EventView
    text: bytes  # as a server-sent event

    @classmethod
    def of(cls, row: OutboxEvent) -> Frame:
        """From the outbox."""
        event = view(row)
        text = f"id: {row.number}\nevent: {row.topic}\ndata: {event.model_dump_json()}\n\n".encode()
        return cls(row.number, row.topic, row.public, frozenset(row.organisations), event, text)

    def passes(self, wanted: Filter) -> bool:
        """Whether somebody gets it."""
        return wanted.passes(self.topic, self.public, self.organisations)


class Listener:
    """One who listens, in an event loop of their own.

    Attributes:
        filter: which events; may be replaced while listening.
        dropped: did not keep up, or the server stops: nothing more comes.
    """

    def __init__(self, platform: Platform, wanted: Filter, enrolled_at: int, after: int) -> None:
        self.filter = wanted
        self.dropped = False
        self.loop = asyncio.get_running_loop()
        self._platform = platform
        self._enrolled_at = enrolled_at
        self._last = after
        self._seen = after
        self._queue: deque[Frame] = deque()
        self._arrived = asyncio.Event()

    @property
    def position(self) -> int:
        """Number to resume from: nothing that is for them lies at or below it and is not sent."""
        return self._last if self._queue else max(self._last, self._seen)

    def offer(self, frames: Sequence[Frame]) -> None:
        """Takes new events; in the listener's loop."""
        if self.dropped:
            return
        self._seen = frames[-1].number
        self._queue.extend(frame for frame in frames if frame.passes(self.filter))
        if len(self._queue) > QUEUE:
            self.drop()
        if self._queue:
            self._arrived.set()

    def drop(self) -> None:
        """Ends the listening; in the listener's loop."""
        self.dropped = True
        self._queue.clear()
        self._arrived.set()

    async def backlog(self) -> AsyncIterator[list[Frame]]:
        """What happened before the listener was enrolled, from the outbox."""
        while self._last < self._enrolled_at and not self.dropped:
            rows = await run_in_threadpool(self._read)
            if not rows:
                break
            self._last = rows[-1].number
            yield [frame for frame in map(Frame.of, rows) if frame.passes(self.filter)]

    def _read(self) -> list[OutboxEvent]:
        with self._platform.database.reading() as session:
            return read_after(session, self._last, BATCH, up_to=self._enrolled_at)

    async def next(self, seconds: float) -> list[Frame]:
        """What came since the last call; waits up to ``seconds`` when that is nothing."""
        if not self._queue and not self.dropped:
            try:
                await asyncio.wait_for(self._arrived.wait(), seconds)
            except TimeoutError:
                return []
        frames = [frame for frame in self._queue if frame.number > self._last]
        self._queue.clear()
        self._arrived.clear()
        if frames:
            self._last = frames[-1].number
        return frames


class Hub:
    """All listeners of this server."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._listeners: set[Listener] = set()
        self._position = 0
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="events", daemon=True)

    def start(self) -> None:
        """Begins to read the outbox."""
        self._platform.on_commit.append(self._hear)
        self._thread.start()

    def close(self) -> None:
        """Lets every listener go; may be called from a signal handler."""
        self._stopping.set()
        self._wake.set()

    def stop(self) -> None:
        """Ends the reading."""
        self.close()
        self._platform.on_commit.remove(self._hear)
        self._thread.join()

    def _hear(self, told: Sequence[Telling]) -> None:
        self._wake.set()

    def refuse_when_full(self) -> None:
        """Refuses one more listener.

        Raises:
            Busy: too many listen already, or the server stops.
        """
        if self._stopping.is_set() or len(self._listeners) >= MOST_LISTENERS:
            raise Busy("Too many listen already; try again in a moment.", headers={"Retry-After": "5"})

    @asynccontextmanager
    async def listen(self, wanted: Filter, after: int | None = None) -> AsyncIterator[Listener]:
        """Enrols a listener for the time of the block.

        Args:
            after: number of the last event that they have; None = only what happens from now on.
        """
        listener = await self._enrol(wanted, after)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)

    async def _enrol(self, wanted: Filter, after: int | None) -> Listener:
        # what is committed before this reading, and nothing that is not, counts as having happened
        last = await run_in_threadpool(self._last)
        with self._lock:
            if not self._listeners:
                self._position = max(self._position, last)
            newest = max(self._position, last)
            begin = newest if after is None else min(after, newest)  # no number from the future, as after a restore
            listener = Listener(self._platform, wanted, self._position, begin)
            self._listeners.add(listener)
            if self._stopping.is_set():
                listener.drop()
        return listener

    def _last(self) -> int:
        with self._platform.database.reading() as session:
            return last_number(session)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                while self._hand_out() == BATCH:
                    pass
            except Exception:
                _log.exception("events could not be read; tried again")
            self._wake.wait(LOOK_SECONDS)
            self._stopping.wait(BETWEEN_SECONDS)
            self._wake.clear()
        with self._lock:
            listeners, self._listeners = list(self._listeners), set()
        for listener in listeners:
            _call(listener, listener.drop)

    def _hand_out(self) -> int:
        """Reads the next events and gives them to the listeners of each loop in one go; how many there were."""
        with self._lock:
            if not self._listeners:
                return 0
            position = self._position
        with self._platform.database.reading() as session:
            frames = [Frame.of(row) for row in read_after(session, position, BATCH)]
        if not frames:
            return 0
        with self._lock:
            self._position = max(self._position, frames[-1].number)
            listeners = list(self._listeners)
        for loop in {listener.loop for listener in listeners}:
            here = [listener for listener in listeners if listener.loop is loop]
            _call(here[0], lambda here=here: [listener.offer(frames) for listener in here])  # type: ignore[misc]
        return len(frames)


def _call(listener: Listener, what: object) -> None:
    try:
        listener.loop.call_soon_threadsafe(what)  # type: ignore[arg-type]
    except RuntimeError:  # its loop is closed: nobody listens there any more
        listener.dropped = True
