"""Kinds of jobs for tests: the worker does what the payload says."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from api.jobs.models import Job
from api.jobs.task import Report
from optimizer.errors import InputError


def run(payload: bytes, report: Report) -> bytes:
    """Does what the payload says."""
    what, _, argument = payload.decode().partition(" ")
    report(0.1, "begun")
    if what == "die":  # the first time only; the file remembers
        trace = Path(argument)
        if not trace.exists():
            trace.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    elif what == "die_always":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "steps":
        for step in range(100):
            time.sleep(float(argument) / 100)
            report(step / 100, f"step {step}")
    elif what == "deaf":
        time.sleep(float(argument))
    elif what == "bad_input":
        raise InputError.single("supplies.csv", "is not a number", row=3, column="quantity")
    elif what == "defect":
        raise ZeroDivisionError("secret of the house")
    elif what == "gate":  # waits until the file is there
        while not Path(argument).exists():
            time.sleep(0.02)
            report(0.5, "waiting")
    return f"{what} done by {os.getpid()}".encode()


class Results:
    """What ``finish`` and ``fail`` were told, by job."""

    def __init__(self) -> None:
        self.finished: list[str] = []
        self.failed: list[tuple[str, str]] = []
        self.payloads: dict[str, str] = {}


RESULTS = Results()


def prepare(platform: object, job: Job) -> bytes:
    return RESULTS.payloads[job.subject_id].encode()
