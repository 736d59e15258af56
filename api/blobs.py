"""Files by their SHA-256 under the data folder: written whole, never changed, stored once."""

from __future__ import annotations

import hashlib
from pathlib import Path

from optimizer.files import write_whole


class Blobs:
    """A content-addressed folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Stores bytes and returns their SHA-256; durable when it returns."""
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes of a hash.

        Raises:
            FileNotFoundError: they were never stored here.
        """
        return self.path(sha256).read_bytes()

    def path(self, sha256: str) -> Path:
        """Where the bytes of a hash lie."""
        return self.folder / sha256[:2] / sha256
