"""Dask workers: an embedded cluster of this machine, or a scheduler somewhere."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import forkserver
from typing import Any

from optimizer.errors import InputError

CONNECT_SECONDS = 5
# 15 s after a worker died Dask looks whether there is another, and if that one was just killed or is slow to start it
# ends the nanny as well, which was about to bring it: no worker would ever come again. Asked for at each death.
NANNIES_STAY = {"distributed.deploy.lost-worker-timeout": "365 days"}
METHOD = "distributed.worker.multiprocessing-method"
PLANNING = ("optimizer.planner",)
LARGE_BASE = {"distributed.admin.large-graph-warning-threshold": "4 GB"}  # a base is sent once; no reason to warn


def embedded(workers: int, *, allowed_failures: int, loaded: Sequence[str] = PLANNING) -> Any:
    """A local cluster of worker processes that only this machine can reach.

    Workers are forked from one process that has loaded Dask and all that their work imports, so a worker, and one that
    takes the place of a dead one, is there in a tenth of a second.

    Args:
        workers: processes.
        allowed_failures: how often a task whose worker died is tried again.
        loaded: modules that are loaded once, for all clusters of this process; of the first cluster alone.
    """
    distributed = import_module("distributed")  # takes a second
    config = import_module("dask").config
    config.set(NANNIES_STAY)
    for name, value in config.get("distributed.nanny.pre-spawn-environ").items():
        os.environ.setdefault(name, str(value))  # as Dask does itself, but it would be too late for what is forked
    forkserver.set_forkserver_preload(["distributed.nanny", *loaded])
    try:
        forkserver.ensure_running()
        config.set({METHOD: "forkserver"})
    except OSError:  # its socket lies among the temporary files, whose folder may have too long a name for one
        config.set({METHOD: "spawn"})
    with config.set({"distributed.scheduler.allowed-failures": allowed_failures}):
        return distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},  # else its health page takes port 8787
            memory_limit=0,
            silence_logs=logging.ERROR,
        )


@contextmanager
def connected(command: str, address: str | None, workers: int) -> Iterator[Any]:
    """A client of the scheduler at an address, or of an embedded cluster that ends with it.

    Args:
        command: who asks, for messages.
        address: of a scheduler.
        workers: processes of the embedded cluster where there is no address.

    Raises:
        InputError: no scheduler answers there; says what to do instead.
    """
    cluster = None if address else embedded(workers, allowed_failures=10)
    try:
        try:
            client = import_module("distributed").Client(
                address or cluster, timeout=CONNECT_SECONDS, set_as_default=False, name="cutfill"
            )
        except (OSError, ValueError, RuntimeError) as error:
            told = (
                f"no Dask scheduler answers at {address!r} within {CONNECT_SECONDS} s; "
                "leave --cluster out to use this machine with --workers"
            )
            raise InputError.single(command, told, column="--cluster") from error
        try:
            with import_module("dask").config.set(LARGE_BASE):
                yield client
        finally:
            client.close()
    finally:
        if cluster is not None:
            cluster.close()
