"""Real server processes that a test may kill; forked from one that has loaded everything, see zygote.py."""

from __future__ import annotations

import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx2
from people import QIBUQU

START_SECONDS = 180


@functools.cache
def _zygote() -> subprocess.Popen[str]:
    """It ends with this process, which holds the other end of its input."""
    command = [sys.executable, Path(__file__).with_name("zygote.py")]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _fork(order: dict[str, object]) -> int:
    """Process id of a new server."""
    zygote = _zygote()
    assert zygote.stdin is not None and zygote.stdout is not None
    print(json.dumps(order), file=zygote.stdin, flush=True)
    return int(zygote.stdout.readline())


class Server:
    """``api.app`` in a process of its own, on a database that outlives it."""

    def __init__(self, database_url: str, folder: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "server.log"
        self._environment = {
            **os.environ,
            "CUTFILL_DATABASE_URL": database_url,
            "CUTFILL_DATA_DIR": str(folder / "data"),
            "CUTFILL_DISTRICT": str(QIBUQU),
            "CUTFILL_RATE_LIMIT": "100000/second",
            "CUTFILL_LOGIN_RATE_LIMIT": "100000/second",
            **environment,
        }
        self.pid = 0
        self._handle = -1

    def start(self) -> None:
        """Starts it and waits until it answers."""
        self.pid = _fork({"environment": self._environment, "log": str(self._log), "port": self.port})
        self._handle = os.pidfd_open(self.pid)
        end = time.monotonic() + START_SECONDS
        with httpx2.Client(timeout=5, verify=False) as client:
            while time.monotonic() < end and not self._ended(0):
                try:
                    if client.get(f"{self.url}/v1/organisations").status_code == 200:
                        return
                except httpx2.TransportError:
                    time.sleep(0.02)
        self._send(signal.SIGABRT)  # its threads tell where they are
        raise AssertionError(f"the server did not start:\n{self._log.read_text()[-9000:]}")

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nothing is said."""
        self._send(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, as an operator would."""
        if self._handle != -1 and not self._send(signal.SIGTERM, seconds=20):
            self.kill()

    def _send(self, number: int, seconds: float | None = None) -> bool:
        """Whether the process ended of a signal in that time; it may have ended before."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)
        if ended := self._ended(seconds):
            os.close(self._handle)
            self._handle = -1
        return ended

    def _ended(self, seconds: float | None) -> bool:
        return bool(select.select([self._handle], [], [], seconds)[0])

    def workers(self) -> list[int]:
        """Process ids of the embedded cluster's workers: those that the server's fork server has forked."""
        return [
            worker for child in _children(self.pid) for worker in _children(child) if b"forkserver" in _command(child)
        ]

    def log(self) -> str:
        """What it printed."""
        return self._log.read_text()


def _children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rsplit(")", 1)[1].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""
