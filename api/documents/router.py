"""``/v1/documents``."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Response, UploadFile

from api.documents import service
from api.documents.repository import DocumentRepository
from api.documents.schemas import DocumentKind, DocumentView
from api.kernel.idempotency import Once
from api.kernel.paging import Page, Paging
from api.kernel.problems import IdempotencyConflict, NotFound, TooLarge, WrongMediaType
from api.kernel.work import Work
from api.requests import Running, Transacting, answers, reads, writes

router = APIRouter(prefix="/v1/documents", tags=["documents"], route_class=Transacting)
BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in service.TAKEN}, "description": "The file."}
}


@router.get("", responses=answers())
def documents(paging: Paging, work: Annotated[Work, reads("documents:read")]) -> Page[DocumentView]:
    """Documents that you may see, newest first."""
    rows, cursor = DocumentRepository(work).page(paging)
    return Page(items=[service.view(row) for row in rows], next=cursor)


@router.post(
    "", status_code=201, response_model=DocumentView, responses=answers(IdempotencyConflict, TooLarge, WrongMediaType)
)
def upload(
    file: Annotated[UploadFile, File(description="PDF, JPEG, PNG or WebP; a photo is no PDF.")],
    kind: Annotated[DocumentKind, Form()],
    once: Once,
    platform: Running,
    work: Annotated[Work, writes("documents:write")],
) -> Response:
    """Uploads a test certificate, a permit or a photo."""
    most = platform.settings.upload_mb
    data = file.file.read(most * 1_000_000 + 1)

    def make() -> tuple[DocumentView, str]:
        name, declared = file.filename or "file", file.content_type or ""
        row = service.upload(work, platform.blobs, kind, name, declared, data, most)
        return service.view(row), f"/v1/documents/{row.id}"

    return once.once(work, make, fingerprint=kind.encode() + data)


@router.get("/{id}", responses=answers(NotFound, permission=False))
def document(id: str, work: Annotated[Work, reads()]) -> DocumentView:
    """One document."""
    return service.view(DocumentRepository(work).get(id))


@router.get("/{id}/content", response_class=Response, responses={**answers(NotFound, permission=False), **BYTES})
def content(id: str, platform: Running, work: Annotated[Work, reads()]) -> Response:
    """Its bytes."""
    row = DocumentRepository(work).get(id)
    way = "inline" if row.kind == "photo" else "attachment"
    headers = {
        "Content-Disposition": f"{way}; filename*=UTF-8''{quote(row.filename)}",
        "ETag": f'"{row.sha256}"',
        "Cache-Control": "private, max-age=3600",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(platform.blobs.get(row.sha256), media_type=row.media_type, headers=headers)
