"""Native code that Ctrl-C interrupts: it runs beside the main thread; a command that is stopped leaves it behind."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

NAME = "native"


def interruptible(run: Callable[[], object]) -> None:
    """Runs native code beside the main thread, so that Ctrl-C is answered at once and not when it returns."""
    done = threading.Event()

    def work() -> None:
        try:
            run()
        finally:
            done.set()

    threading.Thread(target=work, daemon=True, name=NAME).start()
    while not done.wait(0.1):
        pass


def leave(code: int) -> int:
    """The exit code of a command that was stopped; ends the process at once where native code is still at work.

    When that returned to an interpreter that is on its way out, its thread would be ended in the middle of C++ frames,
    and the process by SIGABRT.
    """
    if any(thread.name == NAME for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
