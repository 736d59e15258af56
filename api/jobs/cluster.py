"""Where jobs are run: Dask workers, of an embedded cluster or of a scheduler somewhere."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

from api.jobs.kinds import kind_of, known
from api.jobs.models import Job
from api.jobs.task import Run, carry_out, end_worker
from api.settings import Settings
from optimizer.cluster import embedded

_log = logging.getLogger(__name__)
CONNECT_SECONDS = 3
CLOSE_SECONDS = 5

Hear = Callable[[dict[str, Any]], None]


class ClusterAway(Exception):  # noqa: N818 - a state of affairs
    """There are no workers now; the text says why."""


class Cluster:
    """Workers behind one connection; connected by the first call of :meth:`connect`.

    Args:
        topic: on which workers tell how far they are; one for each server.
        hear: called with each message, in a thread of the connection.
    """

    def __init__(self, settings: Settings, topic: str, hear: Hear) -> None:
        self._address = settings.dask_scheduler
        self._workers = settings.workers
        self._topic = topic
        self._hear = hear
        self._embedded: Any = None
        self._client: Any = None
        self._lock = threading.Lock()

    def connect(self) -> None:
        """Makes sure that there is a connection; an embedded cluster is started by it, which takes some seconds.

        Raises:
            ClusterAway: the scheduler does not answer within 5 s, or the embedded cluster did not start.
        """
        with self._lock:
            if self.connected:
                return
            self._drop()
            client: Any = import_module("distributed").Client
            try:
                if not self._address:
                    # a task whose worker died is not tried again by Dask: the runner counts and decides
                    runs = [kind_of(name).run for name in known()]
                    loaded = sorted({run.__module__ for run in [carry_out, *runs]})
                    self._embedded = embedded(self._workers, allowed_failures=0, loaded=loaded)
                self._client = client(
                    self._address or self._embedded, timeout=CONNECT_SECONDS, set_as_default=False, name="cutfill"
                )
            except (OSError, ValueError, RuntimeError) as error:
                self._drop()
                where = f"the Dask scheduler {self._address!r}" if self._address else "the embedded Dask cluster"
                raise ClusterAway(f"{where} does not answer: {error or type(error).__name__}") from error
            self._client.subscribe_topic(self._topic, lambda event: self._hear(event[1]))

    @property
    def connected(self) -> bool:
        """Whether the scheduler is there."""
        return self._client is not None and self._client.status == "running"

    def submit(self, run: Run, payload: bytes, job: Job, attempt: int) -> Any:
        """Sends one attempt of a job to a worker; returns its future."""
        return self._client.submit(
            carry_out, run, payload, self._topic, job.id, attempt, key=f"{job.id}-{attempt}", pure=False, retries=0
        )

    def cancel(self, future: Any) -> None:
        """Tells the scheduler that a result is not wanted; the task stops at its next report."""
        try:
            future.cancel()
        except Exception as error:  # the connection may be gone, and with it the task
            _log.info("could not cancel %s: %s", future.key, error)

    def restart_worker(self, address: str) -> None:
        """Ends a worker process that does not stop by itself; its nanny starts another."""
        try:
            self._client.run(end_worker, workers=[address], nanny=True)
        except Exception as error:
            _log.warning("worker %s could not be restarted and goes on with what nobody wants: %s", address, error)

    def close(self) -> None:
        """Ends the connection and the embedded workers."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        for part in (self._client, self._embedded):
            if part is None:
                continue
            try:
                part.close(timeout=CLOSE_SECONDS)
            except Exception as error:
                _log.info("while closing: %s", error)
        self._client = self._embedded = None
