"""Progress of long work on standard error: for a person as lines, for a program as one JSON object a line."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

PATIENCE = 1.0  # seconds that pass in silence
BEAT = 2.0  # seconds between signs of life of work that cannot count


def seconds_left(start: float, done: int, left: int) -> str:
    """About how long the rest takes, if each takes as long as those done since ``start``."""
    return f"about {(time.perf_counter() - start) / done * left:,.0f} s left"


class Progress:
    """Names the phase under way, with counts and elapsed seconds, and keeps the seconds of every phase.

    Args:
        quiet: write nothing; phases are still timed.
        as_json: write ``{"phase", "elapsed", "done", "total", "unit", "state"}`` objects, one a line.
        stream: where to write, standard error by default.
    """

    def __init__(self, *, quiet: bool = True, as_json: bool = False, stream: TextIO | None = None):
        self.quiet = quiet
        self.seconds: dict[str, float] = {}
        self._as_json = as_json
        self._stream = stream or sys.stderr
        self._start = time.perf_counter()
        self._last_write = self._start
        self._phase = ""

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Times the block under ``name``; a phase entered twice adds up."""
        outer, self._phase = self._phase, name
        start = time.perf_counter()
        over = threading.Event()
        if not self.quiet and not outer:
            threading.Thread(target=self._beat, args=(over,), daemon=True).start()
        try:
            yield
        finally:
            over.set()
            spent = time.perf_counter() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + spent
            if spent > PATIENCE:
                self._write(f"done in {spent:.1f} s", state="done")
            self._phase = outer

    def step(self, done: int, total: int | None = None, unit: str = "") -> None:
        """Reports how far the current phase is; written at most twice a second, and only after a second."""
        now = time.perf_counter()
        if now - self._start < PATIENCE or now - self._last_write < 0.5:
            return
        of = f" of {total:,}" if total else ""
        self._write(f"{done:,}{of} {unit}".rstrip(), state="running", done=done, total=total, unit=unit or None)

    def note(self, text: str) -> None:
        """A line worth reading whatever the time."""
        self._write(text, state="note", says=text)

    @property
    def elapsed(self) -> float:
        """Seconds since this progress was made."""
        return time.perf_counter() - self._start

    def _beat(self, over: threading.Event) -> None:
        """Says what is going on while nothing else is said."""
        while not over.wait(BEAT):
            if time.perf_counter() - self._last_write >= BEAT:
                self._write("running", state="running")

    def _write(self, text: str, **facts: object) -> None:
        self._last_write = time.perf_counter()
        if self.quiet:
            return
        if self._as_json:
            line = json.dumps({"phase": self._phase, "elapsed": round(self.elapsed, 3), **facts}, ensure_ascii=False)
        else:
            line = f"[{self.elapsed:6.1f} s] {self._phase}: {text}"
        print(line, file=self._stream, flush=True)
