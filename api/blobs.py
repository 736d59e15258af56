"""Files by their SHA-256 under the data folder: written whole, never changed, stored once."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

UNFINISHED = "unfinished"  # folder of what is being written; a crash may leave something there
UNUSED_SECONDS = 24 * 3600.0  # before a file that nothing names is forgotten


class Blobs:
    """A content-addressed folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Stores bytes and returns their SHA-256; durable when it returns, like the database that names it."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        try:
            os.utime(path)  # in use again: forget() leaves it
        except FileNotFoundError:
            self._write(path, data)
        return sha256

    def _write(self, path: Path, data: bytes) -> None:
        unfinished = self.folder / UNFINISHED
        for folder in (unfinished, path.parent):
            folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=unfinished)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync(path.parent)

    def get(self, sha256: str) -> bytes:
        """The bytes of a hash.

        Raises:
            FileNotFoundError: they were never stored here.
        """
        return self.path(sha256).read_bytes()

    def path(self, sha256: str) -> Path:
        """Where the bytes of a hash lie."""
        return self.folder / sha256[:2] / sha256

    def forget(self, named: Callable[[Iterable[str]], set[str]], *, older_than: float = UNUSED_SECONDS) -> int:
        """Removes what crashes left and what nothing names: a file is stored before the row that names it is committed.

        Args:
            named: which of some hashes the database names.
            older_than: seconds since it was last put; longer than any transaction.
        """
        before = time.time() - older_than
        old = [path for path in self.folder.glob("??/*") if _changed(path) < before]
        keep = named(path.name for path in old)
        unused = [path for path in old if path.name not in keep]
        unused += [path for path in (self.folder / UNFINISHED).glob("*") if _changed(path) < before]
        for path in unused:
            path.unlink(missing_ok=True)
        return len(unused)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _sync(folder: Path) -> None:
    """The names in a folder, to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
