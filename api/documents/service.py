"""Taking files: their size and real kind are checked before anything is stored."""

from __future__ import annotations

import io
import re
import unicodedata

import filetype
from PIL import Image, ImageOps

from api.blobs import Blobs
from api.documents.models import Document
from api.documents.repository import DocumentRepository
from api.documents.schemas import DocumentView
from api.kernel.problems import TooLarge, WrongMediaType
from api.kernel.work import Work

IMAGES = ("image/jpeg", "image/png", "image/webp")
TAKEN = ("application/pdf", *IMAGES)
KINDS = {"certificate": TAKEN, "permit": TAKEN, "photo": IMAGES}
MOST_PIXELS = 60_000_000
LONGEST_NAME = 120
PHOTO_QUALITY = 90


def upload(work: Work, blobs: Blobs, kind: str, filename: str, declared: str, data: bytes, most_mb: int) -> Document:
    """Stores a file under its hash.

    Raises:
        TooLarge, WrongMediaType: it is of another kind than it says, or none that is taken.
    """
    if len(data) > most_mb * 1_000_000:
        raise TooLarge(f"{len(data):,} bytes; at most {most_mb} MB are taken")
    media_type = _real_type(kind, declared, data)
    if kind == "photo":
        data = _without_metadata(data)
    row = DocumentRepository(work).add(
        Document(
            organisation_id=work.caller.organisation_id,
            kind=kind,
            filename=_safe_name(filename),
            media_type=media_type,
            size=len(data),
            sha256=blobs.put(data),
            created_at=work.clock.now(),
        )
    )
    work.tell("document.uploaded", row.id, sha256=row.sha256, size=row.size, kind=kind)
    return row


def _real_type(kind: str, declared: str, data: bytes) -> str:
    found = filetype.guess_mime(data) or "unknown"
    if found not in KINDS[kind]:
        raise WrongMediaType(f"A {kind} is {', '.join(KINDS[kind])}; this is {found}.")
    if declared not in ("", "application/octet-stream", found):
        raise WrongMediaType(f"The upload says {declared}, but it is {found}.")
    if found in IMAGES:
        try:
            with Image.open(io.BytesIO(data)) as image:
                width, height = image.size
                image.verify()
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise WrongMediaType("The image is damaged.") from error
        if width * height > MOST_PIXELS:
            raise TooLarge(f"{width}x{height} pixels; at most {MOST_PIXELS:,} are taken")
    return found


def _without_metadata(data: bytes) -> bytes:
    """A photo, which everybody may see, without where, when and with which telephone it was taken; upright."""
    with Image.open(io.BytesIO(data)) as image:
        bare = io.BytesIO()
        upright = ImageOps.exif_transpose(image)
        upright.info.clear()
        upright.save(bare, image.format, quality=PHOTO_QUALITY)
    return bare.getvalue()


def _safe_name(filename: str) -> str:
    """The last part of a name, without what could break a header or a path."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", filename))[-1]
    kept = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*;%')
    return kept.strip(". ")[-LONGEST_NAME:] or "file"


def view(row: Document) -> DocumentView:
    """A document without its bytes."""
    return DocumentView.model_validate(row, from_attributes=True)
