"""Writing whole files and whole folders: a reader sees the old content or the new, never half."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes ``content`` to a temporary file beside ``path`` and renames it into place."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def folder_written_whole(target: Path, *, owned: frozenset[str]) -> Iterator[Path]:
    """Yields a scratch folder; on success its files replace those of ``target``, on any failure nothing changes.

    Args:
        target: the folder to write; made when absent.
        owned: names this writer may replace or remove in ``target``; every other file there is kept,
            so a person's own notes beside a plan survive the next run.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield scratch
        scratch.chmod(0o777 & ~_umask())
        if not target.exists():
            scratch.replace(target)
            return
        old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
        for kept in target.iterdir():
            if kept.name not in owned and not (scratch / kept.name).exists():
                if kept.is_dir():
                    shutil.copytree(kept, scratch / kept.name, symlinks=True)
                else:
                    shutil.copy2(kept, scratch / kept.name, follow_symlinks=False)
        target.replace(old / "was")
        try:
            scratch.replace(target)
        except BaseException:
            (old / "was").replace(target)
            raise
        finally:
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
