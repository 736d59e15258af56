"""Bytes to text: UTF-8 with or without BOM, UTF-16 and UTF-32 with BOM, else GB 18030 (which covers GBK)."""

from __future__ import annotations

import codecs
import hashlib
from pathlib import Path

from optimizer.intake.faults import Faults

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def there(path: Path) -> bool:
    """Whether the path names something that can be looked at."""
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that the system cannot hold; no right to look
        return False


def read_bytes(path: Path, label: str, faults: Faults, hashes: dict[str, str]) -> bytes | None:
    """Content of a file, its hash kept under ``label``; None with a fault when it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        faults.add(label, 0, "", f"cannot be read: {error.strerror or error}")
        return None
    hashes[label] = hashlib.sha256(data).hexdigest()
    return data


def decoded(data: bytes, label: str, faults: Faults) -> str | None:
    """Text of a file; None with a fault that names the place when it is no text."""
    encoding, rest = next(((name, data[len(bom) :]) for bom, name in _BOMS if data.startswith(bom)), ("", data))
    try:
        if encoding:
            text = rest.decode(encoding)
        else:
            text, encoding = _guessed(rest)
    except UnicodeDecodeError as error:
        line = rest[: error.start].count(b"\n") + 1
        faults.add(label, line, "", "is not text in UTF-8, UTF-16 with BOM or GBK; save the file as CSV UTF-8")
        return None
    if encoding == "gb18030":
        faults.note(f"{label} was read as GBK (GB 18030); save it as UTF-8 to be sure of its Chinese names")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        faults.add(label, line, "", "contains a NUL character, so it is not a text file; save it as CSV UTF-8")
        return None
    return text


def _guessed(data: bytes) -> tuple[str, str]:
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("gb18030"), "gb18030"
