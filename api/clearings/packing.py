"""Folders as zips; equal content gives equal bytes. Imports nothing of the platform: workers pack too."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

EPOCH = (2000, 1, 1, 0, 0, 0)


def pack(files: Mapping[str, bytes]) -> bytes:
    """A zip with fixed times and order, so that the hash tells the content; zips in it are not compressed again."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_STORED if name.endswith(".zip") else zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name])
    return buffer.getvalue()


def packed_folder(folder: Path) -> bytes:
    """A folder as such a zip."""
    return pack(
        {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    )


def files_of(data: bytes) -> dict[str, bytes]:
    """The files of a zip of our own making."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def unpack(data: bytes, folder: Path) -> None:
    """Writes the files of a zip of our own making."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)
