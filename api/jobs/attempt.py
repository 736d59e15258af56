"""One attempt at one job: prepare it here, run it in a worker, write its result down once."""

from __future__ import annotations

import logging
import math
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError

from api.jobs import service
from api.jobs.cluster import Cluster
from api.jobs.kinds import Kind, kind_of
from api.jobs.models import Job
from api.jobs.task import Outcome
from api.kernel.problems import Defect, Problem, TimeLimit, WorkerLost, from_input_error
from api.kernel.work import Work
from api.platform import Platform
from optimizer.errors import InputError

_log = logging.getLogger(__name__)
MOST_LOSSES = 3  # workers that may die of one job
LOOK_SECONDS = 0.5
TELL_SECONDS = 2.0  # between two events of progress
GATHER_SECONDS = 60
CONFLICT_ROUNDS, CONFLICT_SECONDS = 6, 0.1
PATIENCE_SECONDS = 2.0  # for a task to begin, and to stop by itself when it is cancelled


class Attempt:
    """A claimed job in the hands of this server; :meth:`carry_out` is its thread.

    Attributes:
        job: as it was claimed, detached from its session.
        abandoned: set when the database says that this attempt counts no more.
        leaving: set when the server stops; the job is handed back.
    """

    def __init__(self, platform: Platform, cluster: Cluster, job: Job) -> None:
        self.job = job
        self.abandoned = threading.Event()
        self.leaving = threading.Event()
        self._platform = platform
        self._cluster = cluster
        self._changed = threading.Event()
        self._stopped = threading.Event()
        self._worker = ""
        self._process: tuple[str, int] | None = None
        self._began = 0.0
        self._twice = False
        self._told = 0.0
        self._news: tuple[float, str] | None = None

    def hear(self, message: dict[str, Any]) -> None:
        """Takes a message of the worker."""
        what = message["what"]
        if what == "started":
            process = (message["worker"], message["pid"])
            # the scheduler gave it to another worker by itself: the first one died
            self._twice = self._process not in (None, process)
            self._process, self._worker, self._began = process, message["worker"], time.monotonic()
            self._news = (self.job.progress, "")
        elif what == "progressed":
            self._news = (min(1.0, max(0.0, message["share"])), message["message"][:200])
        elif what == "stopped":
            self._stopped.set()
        self._changed.set()

    def take_news(self) -> tuple[float, str] | None:
        """Progress that is not told yet; None when there is none, or the last was told less than 2 s ago."""
        if self._news is None or time.monotonic() - self._told < TELL_SECONDS:
            return None
        news, self._news = self._news, None
        self._told = time.monotonic()
        return news

    def abandon(self) -> None:
        """The job was cancelled, or another server has it now."""
        self.abandoned.set()
        self._changed.set()

    def leave(self) -> None:
        """The server stops."""
        self.leaving.set()
        self._changed.set()

    def carry_out(self) -> None:
        """From prepared to settled; never raises."""
        try:
            self._carry_out(kind_of(self.job.kind))
        except OperationalError as error:
            _log.warning("job %s: database conflict: %s", self.job.id, error)
            self._settle(self._count_loss)
        except Exception as error:
            self._fail(_as_problem(error), trace=traceback.format_exc())

    def _carry_out(self, kind: Kind) -> None:
        payload = kind.prepare(self._platform, self.job)
        if self.abandoned.is_set():
            return
        try:
            future = self._cluster.submit(kind.run, payload, self.job, self.job.attempt)
        except Exception as error:
            if self._cluster.connected:
                raise
            _log.warning("job %s could not be sent to a worker: %s", self.job.id, error)
            self._settle(_hand_back)
            return
        future.add_done_callback(lambda done: self._changed.set())
        self._settle_when_done(future)

    def _settle_when_done(self, future: Any) -> None:
        limit, waiting_since = self.job.time_limit, time.monotonic()
        while not future.done():
            self._changed.wait(LOOK_SECONDS)
            self._changed.clear()
            if self.leaving.is_set():
                self._cluster.cancel(future)
                self._settle(_hand_back)
                return
            if self.abandoned.is_set():
                self._free(future)
                return
            if self._began and limit is not None and time.monotonic() - self._began > limit:
                self._fail(TimeLimit(f"It ran for {limit:g} s and was not done."))
                self._free(future)
                return
            if not self._cluster.connected:
                self._settle(_hand_back)
                return
            if not self._began and waiting_since + PATIENCE_SECONDS < time.monotonic():
                self._news, waiting_since = (0.0, "waiting for a worker"), math.inf
            if self._twice:
                self._free(future)
                self._settle(self._count_loss)
                return
        if self.leaving.is_set():
            self._settle(_hand_back)
        elif not self.abandoned.is_set():
            self._write_down(future)

    def _write_down(self, future: Any) -> None:
        from distributed import KilledWorker

        if future.status not in ("finished", "error"):  # the scheduler went away and took it along
            self._settle(_hand_back)
            return
        try:
            outcome: Outcome = future.result(timeout=GATHER_SECONDS)
        except KilledWorker:
            self._settle(self._count_loss)
        except (TimeoutError, OSError) as error:
            _log.warning("job %s: its result did not arrive: %s", self.job.id, error)
            self._settle(self._count_loss)
        else:
            self._write_outcome(outcome)
        finally:
            future.release()

    def _write_outcome(self, outcome: Outcome) -> None:
        result = outcome.result
        if outcome.faults:
            self._fail(from_input_error(InputError(outcome.faults)))
        elif outcome.trace:
            self._fail(Defect(), trace=outcome.trace)
        elif result is None:
            self._settle(self._count_loss)
        else:
            self._settle(lambda work, job: service.succeed(work, self._platform, job, result))

    def _fail(self, problem: Problem, *, trace: str = "") -> None:
        trace = trace if isinstance(problem, Defect) else ""
        if trace:
            _log.error("job %s (%s) failed by a defect:\n%s", self.job.id, self.job.kind, trace)
        try:
            self._settle(lambda work, job: service.end(work, self._platform, job, problem, trace=trace))
        except Exception:
            more = traceback.format_exc()
            _log.exception("job %s: its kind could not write down that it failed", self.job.id)
            self._settle(lambda work, job: service.mark_ended(work, job, Defect(), trace=trace + more))

    def _settle(self, write: Callable[[Work, Job], None]) -> None:
        """Changes the job in one transaction, if this attempt still holds it; conflicts are tried again."""
        for round_ in range(CONFLICT_ROUNDS):
            try:
                with self._platform.writing() as work:
                    job = work.session.execute(self._mine().with_for_update(key_share=True)).scalar_one_or_none()
                    if job is not None:
                        write(work, job)
                return
            except (OperationalError, StaleDataError) as error:
                _log.warning("job %s: conflict, tried again: %s", self.job.id, error)
                time.sleep(CONFLICT_SECONDS * 2**round_)
        _log.error("job %s: could not be written down; it is run again when its lease ends", self.job.id)

    def _mine(self) -> Select[Job]:
        return select(Job).where(Job.id == self.job.id, Job.attempt == self.job.attempt, Job.state == "running")

    def _count_loss(self, work: Work, job: Job) -> None:
        """Back to the queue after its worker died; not for ever."""
        job.losses += 1
        if job.losses >= MOST_LOSSES:
            problem = WorkerLost(f"{job.losses} processes died while they ran this job; it may need more memory.")
            service.end(work, self._platform, job, problem)
            return
        _hand_back(work, job)
        job.message = f"worker lost {job.losses} of {MOST_LOSSES} times; run again"

    def _free(self, future: Any) -> None:
        """Lets the worker go: it stops at the next report of the task, or is restarted.

        It may have begun before this server has heard of it.
        """
        self._cluster.cancel(future)
        if not self._stopped.wait(PATIENCE_SECONDS) and self._worker:
            self._cluster.restart_worker(self._worker)


def _hand_back(work: Work, job: Job) -> None:
    job.state, job.lease_until, job.progress, job.message = "queued", None, 0.0, ""


def _as_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    return from_input_error(error) if isinstance(error, InputError) else Defect()
