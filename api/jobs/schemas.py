"""What jobs give."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from api.kernel.problems import ProblemView

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class JobView(BaseModel):
    """Work outside the request; it survives restarts and gives exactly one result."""

    id: str
    organisation_id: str | None
    kind: str = Field(examples=["clearing"])
    subject_id: str = Field(description="What it works on.", examples=["clr_01j9zk3v5w8q2n7m4x6t0abcde"])
    state: JobState
    progress: float = Field(description="Share that is done, 0 … 1.", examples=[0.35])
    message: str = Field(description="What is being done.", examples=["solving"])
    attempt: int = Field(description="How often it was begun; above 1 after a crash.", examples=[1])
    time_limit: float | None = Field(description="Seconds of solving after which it fails.", examples=[600])
    result: str | None = Field(description="Address of the result, once it succeeded.")
    error: ProblemView | None = Field(description="Why it failed or was cancelled.")
    created_at: dt.datetime
    started_at: dt.datetime | None = Field(description="When its latest attempt began.")
    finished_at: dt.datetime | None
