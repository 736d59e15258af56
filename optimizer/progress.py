"""Progress of long work, written for a person on standard error; silent until a second has passed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    """Names the phase under way, with counts and elapsed seconds, and keeps the seconds of every phase.

    Args:
        quiet: write nothing; phases are still timed.
        stream: where to write, standard error by default.
    """

    def __init__(self, *, quiet: bool = True, stream: TextIO | None = None):
        self.quiet = quiet
        self.seconds: dict[str, float] = {}
        self._stream = stream or sys.stderr
        self._start = time.perf_counter()
        self._last_write = self._start
        self._phase = ""

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Times the block under ``name``; a phase entered twice adds up."""
        outer, self._phase = self._phase, name
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + spent
            if spent > 1.0:
                self._write(f"{name}: done in {spent:.1f} s")
            self._phase = outer

    def step(self, done: int, total: int | None = None, unit: str = "") -> None:
        """Reports how far the current phase is; written at most twice a second, and only after a second."""
        now = time.perf_counter()
        if now - self._start < 1.0 or now - self._last_write < 0.5:
            return
        of = f" of {total:,}" if total else ""
        self._write(f"{self._phase}: {done:,}{of} {unit}".rstrip())

    def note(self, text: str) -> None:
        """A line worth reading whatever the time."""
        self._write(text)

    @property
    def elapsed(self) -> float:
        """Seconds since this progress was made."""
        return time.perf_counter() - self._start

    def _write(self, text: str) -> None:
        self._last_write = time.perf_counter()
        if not self.quiet:
            print(f"[{self.elapsed:6.1f} s] {text}", file=self._stream, flush=True)
