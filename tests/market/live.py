"""A served platform for tests: streams have no end, which the in-process client cannot read."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI
from people import wait_for


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application on a port of this machine; its address."""
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        if hasattr(app.state, "hub"):
            app.state.hub.close()
        server.should_exit = True
        thread.join()


class Stream:
    """A reader of ``/v1/events`` in a thread of its own."""

    def __init__(self, base: str, *, headers: dict[str, str] | None = None, **params: Any) -> None:
        self.events: list[dict[str, Any]] = []
        self.last_id = ""
        self.status = 0
        self.over = threading.Event()
        self._leaving = False
        self._args = (f"{base}/v1/events", {**(headers or {}), "Accept": "text/event-stream"}, params)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        wait_for(lambda: self.last_id or self.over.is_set())

    def _read(self) -> None:
        url, headers, params = self._args
        try:
            with httpx2.stream("GET", url, headers=headers, params=params, timeout=30) as answer:
                self.status = answer.status_code
                for line in answer.iter_lines():
                    if self._leaving:
                        return
                    if line.startswith("id: "):
                        self.last_id = line[4:]
                    if line.startswith("data: "):
                        self.events.append(json.loads(line[6:]))
        except httpx2.HTTPError:
            pass
        finally:
            self.over.set()

    def leave(self) -> None:
        """Goes away at the next line."""
        self._leaving = True

    @property
    def numbers(self) -> list[int]:
        """Of all events so far."""
        return [event["number"] for event in self.events]

    def topics(self) -> list[str]:
        """Of all events so far."""
        return [event["topic"] for event in self.events]


class Receiver:
    """Takes webhooks; answers with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def bodies(self) -> list[dict[str, Any]]:
        """Events that arrived."""
        return [json.loads(body) for _, body in self.got]
