"""Cursor pagination: newest first by id, which sorts by time of creation, unless a noun sorts otherwise."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from api.kernel.problems import invalid

T = TypeVar("T")
USUAL_PAGE = 50
LARGEST_PAGE = 200
LARGEST_NUMBER = 1e300


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(default=None, description="Cursor of the next page; null on the last one.")


def as_json(page: Page[Any]) -> Response:
    """A page, written at once: of a returned one every field is validated a second time, on another thread."""
    return Response(page.model_dump_json(), media_type="application/json")


class PageQuery:
    """``limit`` and ``cursor`` of a list request; ``after`` is what the cursor remembers."""

    def __init__(self, limit: int = USUAL_PAGE, cursor: str | None = None) -> None:
        self.limit = limit
        self.after: list[Any] | None = None if cursor is None else _decode(cursor)


async def _paging(
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="Most items to return.")] = USUAL_PAGE,
    cursor: Annotated[str | None, Query(description="`next` of the page before.", max_length=500)] = None,
) -> PageQuery:
    return PageQuery(limit, cursor)


Paging = Annotated[PageQuery, Depends(_paging)]


def encode_cursor(values: Sequence[Any]) -> str:
    """Opaque text from the sort key of the last item of a page."""
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).decode().rstrip("=")


def _decode(cursor: str) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, UnicodeDecodeError):
        values = None
    if not isinstance(values, list) or not values or not all(map(_is_key, values)):
        raise invalid("cursor", "is not the `next` of an earlier page")
    return values


def _is_key(value: object) -> bool:
    """Whether a database can compare with it."""
    if isinstance(value, str):
        return "\x00" not in value and value.encode(errors="ignore").decode() == value
    return isinstance(value, int | float) and abs(value) < LARGEST_NUMBER
