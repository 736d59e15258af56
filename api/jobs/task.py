"""What runs in a worker process: a pure function of bytes, with a way to say how far it is.

Nothing of the platform is imported here, so that a worker starts quickly.
"""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from optimizer.errors import Fault, InputError

Report = Callable[[float, str], None]
Run = Callable[[bytes, Report], bytes]
REPORT_SECONDS = 0.2  # between two messages to the server


class Cancelled(Exception):  # noqa: N818 - what happened, not an error
    """Raised by ``report`` when nobody wants the result any more; let it pass."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended: with a result, with faults of the input, or with a defect of the program.

    Attributes:
        result: of a run that succeeded.
        faults: of a run that was given bad input.
        trace: of a defect.
    """

    result: bytes | None = None
    faults: tuple[Fault, ...] = ()
    trace: str = ""


def carry_out(run: Run, payload: bytes, topic: str, job: str, attempt: int) -> Outcome:
    """Runs one attempt of a job in a Dask worker; tells ``topic`` when it begins, how far it is and when it ends.

    Errors come back as an :class:`Outcome`: whatever their class, they survive the way to the server, and an exception
    of the task itself can only mean that its worker was lost.
    """
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def tell(what: str, **details: Any) -> None:
        worker.log_event(topic, {"job": job, "attempt": attempt, "what": what, **details})

    last = 0.0

    def report(share: float, message: str) -> None:
        nonlocal last
        state = worker.state.tasks.get(key)
        if state is None or state.state in ("cancelled", "released", "forgotten"):
            raise Cancelled
        now = time.monotonic()
        if now - last >= REPORT_SECONDS:
            last = now
            tell("progressed", share=float(share), message=str(message))

    tell("started", worker=worker.address, pid=os.getpid())
    try:
        return Outcome(result=run(payload, report))
    except Cancelled:
        return Outcome()
    except InputError as error:
        return Outcome(faults=error.faults)
    except Exception:
        return Outcome(trace=traceback.format_exc())
    finally:
        tell("stopped")


def end_worker(dask_worker: Any) -> None:
    """Runs in a worker's nanny: kills the worker; the nanny starts another."""
    os.kill(dask_worker.pid, signal.SIGKILL)
