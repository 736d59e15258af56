"""``Idempotency-Key``: a creation repeated with the same key is answered as the first time, and done once.

The key is claimed in the same transaction as the creation: of two at the same moment the second waits for the first and
is answered with its result; if the first fails, nothing is kept and the second is done.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import String, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Base, bare
from api.kernel.problems import IdempotencyConflict
from api.kernel.types import Json, UtcTime
from api.kernel.work import Work

KEPT = dt.timedelta(days=3)


class IdempotencyRecord(Base):
    """A creation that was answered."""

    __tablename__ = "idempotency"

    caller: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(default=0)
    headers: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    body: Mapped[Any] = mapped_column(Json, nullable=True)
    at: Mapped[dt.datetime] = mapped_column(UtcTime, index=True)


_TABLE = bare(IdempotencyRecord)
_CLAIM = {
    "sqlite": sqlite_insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.key),
    "postgresql": pg_insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.key),
}
_THIS = (_TABLE.c.caller == bindparam("by"), _TABLE.c.key == bindparam("under"))
_EARLIER = select(_TABLE).where(*_THIS)
_ANSWER = update(_TABLE).where(*_THIS)


class Creation:
    """One creating request; ``once`` runs it, or answers as the first time."""

    def __init__(self, key: str | None, request: Request, body: bytes) -> None:
        self._key = key
        self._place = f"{request.method} {request.url.path}"
        self._body = body

    def once(
        self,
        work: Work,
        make: Callable[[], tuple[BaseModel, str]],
        *,
        status: int = 201,
        fingerprint: bytes | None = None,
        version: bool = True,
    ) -> Response:
        """Creates and answers.

        Args:
            make: creates; returns the view to answer with (a ``version`` in it becomes the ETag) and its address.
            status: 201, or 202 for what is only begun.
            fingerprint: what was sent, where the body is not JSON (uploads).
            version: whether the view's version is answered as an ETag.

        Raises:
            IdempotencyConflict: the key was used for another request.
        """
        digest = hashlib.sha256(self._place.encode() + b"\n" + (fingerprint or self._body)).hexdigest()
        # strangers may choose the same key by chance, and then mean different things
        caller = work.caller.name if work.caller.signed_in else f"public:{digest}"
        if self._key is not None:
            earlier = self._claim(work, caller, digest)
            if earlier is not None:
                return earlier
        view, location = make()
        headers = {"Location": location}
        number = getattr(view, "version", None)
        if version and number is not None:
            headers["ETag"] = f'"{number}"'
        body = view.model_dump(mode="json", by_alias=True)
        if self._key is not None:
            kept = {**body, "secret": ""} if "secret" in body else body
            work.session.connection().execute(
                _ANSWER, {"by": caller, "under": self._key, "status": status, "headers": headers, "body": kept}
            )
        return JSONResponse(body, status, headers=headers)

    def _claim(self, work: Work, caller: str, digest: str) -> Response | None:
        """Claims the key; the stored answer if it was claimed before, without a secret in it: none is ever kept."""
        connection = work.session.connection()
        claim: dict[str, Any] = {"caller": caller, "key": self._key, "fingerprint": digest, "status": 0, "headers": {}}
        claimed = connection.execute(_CLAIM[connection.dialect.name], {**claim, "at": work.clock.now()})
        if claimed.scalar_one_or_none() is not None:
            return None
        record = connection.execute(_EARLIER, {"by": caller, "under": self._key}).one()
        if record.fingerprint != digest:
            raise IdempotencyConflict
        return JSONResponse(record.body, record.status, headers={**record.headers, "Idempotency-Replayed": "true"})


async def _creation(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(description="Any unique text; repeating the request with it does nothing twice.", max_length=200),
    ] = None,
) -> Creation:
    multipart = request.headers.get("content-type", "").startswith("multipart/")
    return Creation(idempotency_key, request, b"" if multipart else await request.body())


Once = Annotated[Creation, Depends(_creation)]
