"""Loads the platform once and forks a server for each order on its standard input: a start costs no imports.

An order is a line of JSON: ``environment``, ``log``, ``port``. The answer is a line with the server's process id.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
from importlib import import_module
from typing import Any


def load() -> None:
    """What a server needs, and what its first job asks for."""
    from api.openapi import TAGS
    from optimizer.cluster import METHOD

    for name in ("api.app", "distributed", "uvicorn", *(f"api.{noun}.router" for noun in TAGS)):
        import_module(name)
    with import_module("dask").config.set({METHOD: "forkserver"}):
        import_module("distributed.utils").get_mp_context()  # looks for pandas and the like once


def serve(order: dict[str, Any]) -> None:
    """What ``python -m uvicorn`` does once it has started."""
    import uvicorn

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(order["environment"])
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    faulthandler.enable()
    uvicorn.main(["--factory", "api.app:create_app", "--port", str(order["port"]), "--log-level", "warning"])


if __name__ == "__main__":  # Dask's workers import this file too, under another name, and need none of it
    load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            serve(json.loads(line))
        print(pid, flush=True)
