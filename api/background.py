"""What a server does besides answering: events, prices for quotes, jobs, webhooks, what lapses by itself."""

from __future__ import annotations

import asyncio
import signal
import threading
from types import FrameType

from api.events.hub import Hub
from api.housekeeping import Housekeeping
from api.jobs.runner import Runner
from api.platform import Platform
from api.quotes.market import Quoting
from api.webhooks.sender import Sender


class Background:
    """The threads of one server. With ``CUTFILL_RUNNER=off`` it only answers and hands out events."""

    def __init__(self, platform: Platform) -> None:
        self.hub = Hub(platform)
        self.quoting = Quoting(platform)
        self._parts: list[Hub | Quoting | Runner | Sender | Housekeeping] = [self.hub, self.quoting]
        if platform.settings.runner:
            self._parts += [Runner(platform), Sender(platform), Housekeeping(platform)]

    def start(self) -> None:
        """Starts everything; quick, for workers are started by the first job."""
        for part in self._parts:
            part.start()
        if threading.current_thread() is threading.main_thread():
            self._let_streams_go_on_signals(asyncio.get_running_loop())

    def stop(self) -> None:
        """Stops everything; unfinished jobs are handed back."""
        for part in reversed(self._parts):
            part.stop()

    def _let_streams_go_on_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        """A server that is told to stop waits for open answers first, and streams have no end of their own."""
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.getsignal(number)

            def close(signum: int, frame: FrameType | None, before: object = before) -> None:
                loop.call_soon_threadsafe(self.hub.close)
                if callable(before):
                    before(signum, frame)

            if callable(before):
                signal.signal(number, close)
