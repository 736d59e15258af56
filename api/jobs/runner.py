"""Takes queued jobs and sees them through: a thread in the server, and one more for each job under way.

Several servers may share a database. A job belongs to the attempt that holds its lease; the lease is renewed while its
server lives. When it ends, because the server was killed, the job is taken again, with the next attempt number, and
what the earlier attempt may still bring is discarded. On SQLite one server runs the jobs of a database: it holds a
file lock, so whatever is found running when the lock is taken belongs to a server that is dead, and is taken at once.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import logging
import secrets
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from api.jobs import service
from api.jobs.attempt import Attempt
from api.jobs.cluster import Cluster, ClusterAway
from api.jobs.kinds import known
from api.jobs.models import Job
from api.kernel.problems import WorkerLost
from api.kernel.work import Telling
from api.platform import Platform

_log = logging.getLogger(__name__)
LEASE = dt.timedelta(seconds=30)
LOOK_SECONDS = 0.5  # between two looks at the queue when nothing wakes it
BETWEEN_SECONDS = 0.05  # at least, when something does
AWAY_SECONDS = 5.0  # between two attempts to reach the workers
STOP_SECONDS = 10.0
MOST_ATTEMPTS = 100  # of one job, by servers that died meanwhile


class Runner:
    """Runs jobs until it is stopped; workers are connected when the first job is queued.

    Args:
        lease: how long a server may be silent before another takes its jobs.
    """

    def __init__(self, platform: Platform, *, lease: dt.timedelta = LEASE) -> None:
        self._platform = platform
        self._lease = lease
        self._cluster = Cluster(platform.settings, f"cutfill-{secrets.token_hex(8)}", self._hear)
        self._running: dict[str, tuple[Attempt, threading.Thread]] = {}
        self._lock_file: IO[bytes] | None = None
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._renewed = 0.0
        self._away_until = 0.0
        self._thread = threading.Thread(target=self._serve, name="jobs", daemon=True)

    def start(self) -> None:
        """Begins to look for jobs."""
        self._platform.on_commit.append(self._hear_of)
        self._thread.start()

    def stop(self) -> None:
        """Hands unfinished jobs back and ends the embedded workers."""
        self._stopping.set()
        self._wake.set()
        self._platform.on_commit.remove(self._hear_of)
        deadline = time.monotonic() + STOP_SECONDS
        self._thread.join(STOP_SECONDS)
        under_way = list(self._running.values())
        for attempt, _ in under_way:
            attempt.leave()
        for _, thread in under_way:
            thread.join(max(0.1, deadline - time.monotonic()))
        self._cluster.close()
        self._unlock()

    def _hear_of(self, told: Sequence[Telling]) -> None:
        """Looks at the queue at once when a job was told of; other commits are none of its business."""
        if any(telling.action.startswith("job.") for telling in told):
            self._wake.set()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                self._round()
            except Exception:
                _log.exception("the job runner stumbled; it goes on")
            self._wake.wait(LOOK_SECONDS)
            self._wake.clear()
            self._stopping.wait(BETWEEN_SECONDS)

    def _round(self) -> None:
        if not self._may_run():
            return
        self._running = {id_: held for id_, held in self._running.items() if held[1].is_alive()}
        self._look_after_running()
        while len(self._running) < self._platform.settings.workers and not self._stopping.is_set():
            if not self._is_due() or not self._has_workers():
                return
            job = self._claim()
            if job is not None:
                self._begin(job)

    def _may_run(self) -> bool:
        """On SQLite: whether this server holds the lock. Jobs of the holder before are freed when it gets it."""
        if not self._platform.database.is_sqlite or self._lock_file is not None:
            return True
        file = Path(f"{self._platform.database.url.database}.runner").open("ab")  # noqa: SIM115 - held until stop()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._lock_file = file
        with self._platform.database.writing() as session:
            session.execute(update(Job).where(Job.state == "running").values(lease_until=None))
        return True

    def _unlock(self) -> None:
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    def _due(self) -> ColumnElement[bool]:
        """Queued, or running without a lease; of a kind that this server knows."""
        now = self._platform.clock.now()
        ended = and_(Job.state == "running", or_(Job.lease_until.is_(None), Job.lease_until < now))
        return and_(or_(Job.state == "queued", ended), Job.kind.in_(known()), Job.id.not_in(list(self._running)))

    def _is_due(self) -> bool:
        with self._platform.database.reading() as session:
            return session.execute(select(Job.id).where(self._due()).limit(1)).first() is not None

    def _has_workers(self) -> bool:
        """Connects; when there are no workers, the waiting jobs say so."""
        if time.monotonic() < self._away_until:
            return False
        try:
            self._cluster.connect()
        except ClusterAway as away:
            _log.warning("jobs wait: %s", away)
            self._away_until = time.monotonic() + AWAY_SECONDS
            message = f"waiting for workers: {away}"[:200]
            with self._platform.database.writing() as session:
                session.execute(update(Job).where(self._due(), Job.message != message).values(message=message))
            return False
        return True

    def _claim(self) -> Job | None:
        """Takes the oldest job that is due, under the next attempt number."""
        with self._platform.writing() as work:
            oldest = select(Job).where(self._due()).order_by(Job.id).limit(1)
            job = work.session.execute(oldest.with_for_update(skip_locked=True, key_share=True)).scalar_one_or_none()
            if job is None:
                return None
            if job.attempt >= MOST_ATTEMPTS:
                problem = WorkerLost(f"Servers died {job.attempt} times while they ran this job.")
                service.end(work, self._platform, job, problem)
                return None
            job.state, job.attempt, job.progress, job.message = "running", job.attempt + 1, 0.0, "preparing"
            job.started_at = work.clock.now()
            job.lease_until = job.started_at + self._lease
            work.tell("job.started", job.id, to=service.audience(job), shown=service.shown(job), attempt=job.attempt)
        return job

    def _begin(self, job: Job) -> None:
        attempt = Attempt(self._platform, self._cluster, job)
        thread = threading.Thread(target=self._see_through, args=(attempt,), name=f"job {job.id}", daemon=True)
        self._running[job.id] = (attempt, thread)
        thread.start()

    def _see_through(self, attempt: Attempt) -> None:
        try:
            attempt.carry_out()
        finally:
            self._wake.set()

    def _hear(self, message: dict[str, Any]) -> None:
        held = self._running.get(message["job"])
        if held is not None and held[0].job.attempt == message["attempt"]:
            held[0].hear(message)

    def _look_after_running(self) -> None:
        """Finds out what was cancelled or lost, renews leases, writes progress down."""
        if not self._running:
            return
        with self._platform.database.reading() as session:
            rows = session.execute(select(Job.id, Job.attempt, Job.state).where(Job.id.in_(list(self._running))))
            now_held = {row.id for row in rows if row.state == "running" and self._attempt(row.id) == row.attempt}
        for id_, (attempt, _) in self._running.items():
            if id_ not in now_held:
                attempt.abandon()
        if time.monotonic() - self._renewed > self._lease.total_seconds() / 4:
            self._renew(now_held)
        for id_ in now_held:
            self._write_progress(self._running[id_][0])

    def _attempt(self, id_: str) -> int:
        return self._running[id_][0].job.attempt

    def _renew(self, ids: set[str]) -> None:
        until = self._platform.clock.now() + self._lease
        with self._platform.database.writing() as session:
            for id_ in sorted(ids):
                mine = and_(Job.id == id_, Job.attempt == self._attempt(id_), Job.state == "running")
                session.execute(update(Job).where(mine).values(lease_until=until))
        self._renewed = time.monotonic()

    def _write_progress(self, attempt: Attempt) -> None:
        """In the job's row and, as an event, to those who may see it."""
        news = attempt.take_news()
        if news is None:
            return
        job = attempt.job
        job.progress, job.message = news
        mine = and_(Job.id == job.id, Job.attempt == job.attempt, Job.state == "running")
        with self._platform.writing() as work:
            changed = work.session.execute(
                update(Job).where(mine).values(progress=job.progress, message=job.message).returning(Job.id)
            )
            if changed.first() is not None:
                work.tell("job.progressed", job.id, to=service.audience(job), shown=service.shown(job), audited=False)
