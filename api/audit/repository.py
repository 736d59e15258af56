"""The audit trail as a caller may see it: the overseers who may read it see all of it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, false, select

from api.audit.models import AuditEntry
from api.kernel.paging import PageQuery, encode_cursor
from api.kernel.problems import NotFound, invalid
from api.kernel.work import Work


class AuditRepository:
    """Entries by number; there is nothing to change."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def visible(self) -> Select[AuditEntry]:
        """The select that every read starts from."""
        query = select(AuditEntry)
        return query if self._work.caller.may("audit:read") else query.where(false())

    def get(self, number: int) -> AuditEntry:
        """One entry.

        Raises:
            NotFound.
        """
        row = self._work.session.execute(self.visible().where(AuditEntry.number == number)).scalar_one_or_none()
        if row is None:
            raise NotFound(f"There is no audit entry {number}.")
        return row

    def page(self, paging: PageQuery, *where: ColumnElement[bool]) -> tuple[list[AuditEntry], str | None]:
        """Newest first; the rows and the cursor of the next page."""
        query = self.visible().where(*where).order_by(AuditEntry.number.desc()).limit(paging.limit + 1)
        if paging.after is not None:
            if not isinstance(paging.after[0], int):
                raise invalid("cursor", "is not the `next` of an earlier page")
            query = query.where(AuditEntry.number < paging.after[0])
        rows = list(self._work.session.execute(query).scalars())
        more, rows = len(rows) > paging.limit, rows[: paging.limit]
        return rows, encode_cursor([rows[-1].number]) if more else None
