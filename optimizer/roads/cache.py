"""Prepared graphs and hierarchies kept between runs, found by the hash of everything that went into them."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.files import write_whole

FORMAT = "1"  # raise when the meaning of what is kept changes
_MOST_BYTES = 4_000_000_000  # older entries go when the folder grows beyond this


def cache_folder(chosen: Path | None) -> Path:
    """The folder to keep things in: the chosen one, else ``CUTFILL_CACHE``, else the user's cache folder."""
    if chosen is not None:
        return chosen
    named = os.environ.get("CUTFILL_CACHE")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "cutfill"


def content_key(files: Iterable[Path], *words: str) -> str:
    """Hash of the contents of files and of words; names and dates of files do not matter."""
    digest = hashlib.sha256(FORMAT.encode())
    for word in words:
        digest.update(f"\0{len(word)}:{word}".encode())
    for path in files:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:40]


def arrays_key(*arrays: npt.NDArray[np.generic]) -> str:
    """Hash of the contents, types and shapes of arrays."""
    digest = hashlib.sha256(FORMAT.encode())
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:40]


def load_arrays(folder: Path | None, name: str) -> dict[str, Any] | None:
    """Arrays kept under a name; None when there are none or they cannot be read (they are then made again)."""
    if folder is None:
        return None
    path = folder / f"{name}.npz"
    try:
        with np.load(path, allow_pickle=False) as kept:
            arrays = {key: kept[key] for key in kept.files}
        os.utime(path)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None
    return arrays


def save_arrays(folder: Path | None, name: str, arrays: Mapping[str, Any]) -> None:
    """Keeps arrays under a name. A folder that cannot be written only costs the next run its head start."""
    if folder is None:
        return
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    try:
        write_whole(folder / f"{name}.npz", buffer.getvalue())
        _prune(folder)
    except OSError:
        return


def _prune(folder: Path) -> None:
    entries = sorted(((p.stat().st_mtime, p.stat().st_size, p) for p in folder.glob("*.npz")), reverse=True)
    total = 0
    for _, size, path in entries:
        total += size
        if total > _MOST_BYTES:
            path.unlink(missing_ok=True)
