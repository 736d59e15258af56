"""What a server does besides answering: runs jobs, sends webhooks, lets things lapse, hands out events."""

from __future__ import annotations

from api.jobs.runner import Runner
from api.platform import Platform


class Background:
    """The threads of one server. With ``CUTFILL_RUNNER=off`` it only answers and hands out events."""

    def __init__(self, platform: Platform) -> None:
        self._duties = [Runner(platform)] if platform.settings.runner else []

    def start(self) -> None:
        """Starts everything; quick, for workers are started by the first job."""
        for duty in self._duties:
            duty.start()

    def stop(self) -> None:
        """Stops everything; unfinished jobs are handed back."""
        for duty in reversed(self._duties):
            duty.stop()
