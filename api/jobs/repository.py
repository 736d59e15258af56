"""Jobs as a caller may see them."""

from __future__ import annotations

from api.jobs.models import Job
from api.kernel.repository import Repository


class JobRepository(Repository[Job]):
    """Private to the organisation that began them and the overseers."""

    model, noun = Job, "job"
