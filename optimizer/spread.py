"""Many pieces of work on one base, in this process or on Dask workers: the base is sent once, nothing is done twice.

Every finished piece is one small Parquet file under ``results``, written whole and named by the hash of the base and
of the piece; work that was killed goes on with those that are not there. A worker that is lost is replaced, and Dask
runs its pieces again; a file is written by the one who asked alone, so no piece is counted twice.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import pickle
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from optimizer import __version__
from optimizer.arguments import some
from optimizer.cluster import connected
from optimizer.files import write_whole
from optimizer.progress import Progress, seconds_left

RESULTS = "results"
Row = dict[str, Any]
_begun: dict[str, Any] = {}  # of this worker process, by the base's name: what its first piece made of the base


@dataclass(frozen=True)
class Work:
    """Pieces that share a base.

    Attributes:
        unit: what the pieces are called.
        base: what they share; sent to every worker once.
        marks: all that a row depends on apart from its piece, as something whose ``repr`` tells it.
        begin: the base → what a worker keeps of it for all its pieces.
        one: what is kept, and a piece → the piece's row of the result.
    """

    unit: str
    base: Any
    marks: Any
    begin: Callable[[Any], Any]
    one: Callable[[Any, Any], Row]

    @property
    def name(self) -> str:
        """Hash of the base and of what is done with it."""
        return _digest(__version__, self.marks, self.one.__module__, self.one.__qualname__)


def add_arguments(parser: argparse.ArgumentParser, by_default: str) -> None:
    """``--workers`` and ``--cluster``."""
    parser.add_argument("--workers", type=some, metavar="N", help=f"on so many processes of this machine{by_default}")
    parser.add_argument("--cluster", metavar="ADDRESS", help="on the workers of this Dask scheduler instead")


class Workers:
    """Where work is done: on a scheduler's workers, on processes of this machine, or here; a context.

    Args:
        command: who asks, for messages.
        processes: of an embedded cluster, which starts when it is needed; None works in this process.
        cluster: address of a scheduler to use instead; it is asked at once.
    """

    def __init__(self, command: str, processes: int | None, cluster: str | None):
        self._command, self._processes, self._cluster = command, processes, cluster
        self._stack = ExitStack()
        self._client: Any = None

    def __enter__(self) -> Self:
        if self._cluster:
            self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _connect(self) -> Any:
        if self._client is None:
            self._client = self._stack.enter_context(connected(self._command, self._cluster, self._processes or 1))
        return self._client

    def rows(self, work: Work, pieces: Sequence[Any], folder: Path, progress: Progress) -> list[Row]:
        """A row for each piece, in their order.

        Args:
            work: what to do.
            pieces: each with a ``repr`` that tells it from all others.
            folder: where results are kept; those already there are not repeated.
            progress: told how many are done, and about how long the rest takes.

        Raises:
            InputError: what a piece says is wrong with the input; or no scheduler answers.
        """
        by_name = {_digest(work.name, piece)[:24]: piece for piece in pieces}
        files = {name: folder / RESULTS / f"{name}.parquet" for name in by_name}
        left = {name: piece for name, piece in by_name.items() if not files[name].exists()}
        start = time.perf_counter()
        for done, (name, row) in enumerate(self._done(work, left), start=1):
            _keep(files[name], row)
            rest, total = len(left) - done, len(pieces)
            progress.step(total - rest, total, f"{work.unit}, {seconds_left(start, done, rest)}")
        return kept(files.values())

    def _done(self, work: Work, left: Mapping[str, Any]) -> Iterator[tuple[str, Row]]:
        """Names of pieces and their rows, as they come."""
        if not left:
            return
        if not self._processes and not self._cluster:
            base = work.begin(work.base)
            yield from ((name, work.one(base, piece)) for name, piece in left.items())
            return
        client, distributed = self._connect(), import_module("distributed")
        # a task, not data that are scattered: should all that hold it be lost, it is sent again
        base = client.submit(bytes, pickle.dumps(work.base), key=f"base-{work.name}", pure=False)
        futures = {
            client.submit(_piece, base, work.name, work.begin, work.one, piece, key=f"piece-{name}", pure=False): name
            for name, piece in left.items()
        }
        for future, row in distributed.as_completed(list(futures), loop=client.loop, with_results=True):
            yield futures[future], row


def _piece(base: bytes, name: str, begin: Callable[[Any], Any], one: Callable[[Any, Any], Row], piece: Any) -> Row:
    """One piece on a worker."""
    if name not in _begun:
        _begun.clear()
        _begun[name] = begin(pickle.loads(base))
    return one(_begun[name], piece)


def _digest(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _keep(path: Path, row: Row) -> None:
    pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    sink = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist([row]), sink)
    write_whole(path, sink.getvalue())


def kept(files: Iterable[Path]) -> list[Row]:
    """The rows in files, in their order."""
    parquet = import_module("pyarrow.parquet")
    return [parquet.read_table(file).to_pylist()[0] for file in files]
