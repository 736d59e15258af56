"""Kinds of jobs: what is prepared in the server, run in a worker, and written down when it is done.

A noun registers its kind where it defines it::

    register(Kind("clearing", prepare, run, finish, fail, address="/v1/clearings/{subject_id}"))

and begins one with :func:`api.jobs.service.enqueue`, in its own transaction. The job's row is locked before ``finish``
and ``fail`` are called: in the order of locks it comes before its subject.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from api.jobs.models import Job
from api.jobs.task import Cancelled, Report, Run
from api.kernel.problems import ProblemView
from api.kernel.work import Work
from api.platform import Platform

__all__ = ["Cancelled", "Kind", "Report", "kind_of", "register"]
SECONDS = 3600.0


@dataclass(frozen=True)
class Kind:
    """One kind of job.

    Attributes:
        name: kept with the job.
        prepare: in the server, outside a transaction: what the worker needs. May run again after a crash.
        run: in a Dask worker process: an importable, pure function of the payload, in a module that imports nothing of
            the server. It calls ``report(share, message)`` (0 … 1) often; ``report`` raises :class:`Cancelled` when
            the job was cancelled. An ``InputError`` makes the job fail with its located faults.
        finish: in the transaction that marks the job succeeded: exactly once. A ``Problem`` or ``InputError`` that it
            raises makes the job fail.
        fail: in the transaction that marks the job failed or cancelled (``problem.code`` is then ``job-cancelled``).
        address: of the result; ``{subject_id}`` is filled in.
        time_limit: seconds, unless the job has its own.
    """

    name: str
    prepare: Callable[[Platform, Job], bytes]
    run: Run
    finish: Callable[[Work, Platform, Job, bytes], None]
    fail: Callable[[Work, Platform, Job, ProblemView], None]
    address: str = ""
    time_limit: float = SECONDS

    def result_of(self, job: Job) -> str | None:
        """Where the result of a job is found."""
        return self.address.format(subject_id=job.subject_id) or None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Makes a kind known; the last one of a name counts."""
    _kinds[kind.name] = kind
    return kind


def kind_of(name: str) -> Kind:
    """The kind of that name.

    Raises:
        KeyError: no noun of this server registers it.
    """
    return _kinds[name]


def find_kind(name: str) -> Kind | None:
    """The kind of that name; None for a job of a server that knows more kinds than this one."""
    return _kinds.get(name)


def known() -> tuple[str, ...]:
    """Names of all kinds: a server takes only jobs that it knows how to run."""
    return tuple(_kinds)
