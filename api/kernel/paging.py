"""Cursor pagination: newest first by id, which sorts by time of creation, unless a noun sorts otherwise."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from api.kernel.problems import invalid

T = TypeVar("T")
LARGEST_PAGE = 200


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(default=None, description="Cursor of the next page; null on the last one.")


class PageQuery:
    """``limit`` and ``cursor`` of a list request; ``after`` is what the cursor remembers."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="Most items to return.")] = 50,
        cursor: Annotated[str | None, Query(description="`next` of the page before.", max_length=500)] = None,
    ) -> None:
        self.limit = limit
        self.after: list[Any] | None = None if cursor is None else _decode(cursor)


Paging = Annotated[PageQuery, Depends()]


def encode_cursor(values: Sequence[Any]) -> str:
    """Opaque text from the sort key of the last item of a page."""
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).decode().rstrip("=")


def _decode(cursor: str) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, UnicodeDecodeError):
        values = None
    if not isinstance(values, list) or not values or not all(isinstance(v, str | int | float) for v in values):
        raise invalid("cursor", "is not the `next` of an earlier page")
    return values
