"""Real server processes that a test may kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx2
from people import QIBUQU

START_SECONDS = 180


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
            "PYTHONFAULTHANDLER": "1",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it answers."""
        command = [sys.executable, "-m", "uvicorn", "--factory", "api.app:create_app", "--port", str(self.port)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--log-level", "warning"], env=self._environment, stdout=log, stderr=log
            )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if httpx2.get(f"{self.url}/v1/organisations", timeout=5).status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.05)
        self.process.send_signal(signal.SIGABRT)  # its threads tell where they are
        self.process.wait()
        raise AssertionError(f"the server did not start:\n{self._log.read_text()[-9000:]}")

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nothing is said."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM, as an operator would."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def workers(self) -> list[int]:
        """Process ids of the embedded cluster's workers: those descendants that have loaded Dask."""
        assert self.process is not None
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rsplit(")", 1)[1].split()
                command = (path.parent / "cmdline").read_bytes()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid and b"spawn_main" in command:
                found.append(int(path.parent.name))
        return found

    def log(self) -> str:
        """What it printed."""
        return self._log.read_text()
