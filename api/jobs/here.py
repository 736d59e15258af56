"""Running one job in this process, without workers: for demonstrations and tests."""

from __future__ import annotations

import datetime as dt

from api.jobs import service
from api.jobs.kinds import kind_of
from api.jobs.models import Job
from api.kernel.problems import Problem, from_input_error
from api.platform import Platform
from optimizer.errors import InputError

LEASE = dt.timedelta(hours=1)


def run_here(platform: Platform, job_id: str) -> None:
    """Takes a queued job and sees it through before it returns; the job says how it ended."""
    with platform.writing() as work:
        job = work.session.get_one(Job, job_id, with_for_update=True)
        job.state, job.attempt, job.started_at = "running", job.attempt + 1, work.clock.now()
        job.lease_until = work.clock.now() + LEASE
    kind = kind_of(job.kind)
    try:
        result = kind.run(kind.prepare(platform, job), lambda share, message: None)
    except (Problem, InputError) as error:
        problem = from_input_error(error) if isinstance(error, InputError) else error
        with platform.writing() as work:
            service.end(work, platform, work.session.get_one(Job, job_id, with_for_update=True), problem)
        return
    with platform.writing() as work:
        service.succeed(work, platform, work.session.get_one(Job, job_id, with_for_update=True), result)
