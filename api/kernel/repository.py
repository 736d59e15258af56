"""Tenancy, in one place: every read of the platform goes through :meth:`Repository.visible`.

A noun's repository names its table and says which rows a caller may see (:meth:`_seen_by`) and which organisations own
a row; services never build a query of their own on another noun's table. What a caller may not see does not exist for
them (404); what they see but do not own they may not change (403).
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, false, select, true

from api.kernel.access import SYSTEM, Caller
from api.kernel.database import Base
from api.kernel.paging import PageQuery, encode_cursor
from api.kernel.problems import ForeignResource, NotFound
from api.kernel.work import Work

Row = TypeVar("Row", bound=Base)


class Repository(Generic[Row]):
    """Rows of one table as one caller may see them.

    Class attributes:
        model: the table; it has a string ``id``.
        noun: what a person calls a row, for messages.
    """

    model: ClassVar[Any]
    noun: ClassVar[str]

    def __init__(self, work: Work) -> None:
        self.work = work
        self.session = work.session
        self.caller = work.caller

    def visible(self) -> Select[Row]:
        """The select that every read starts from."""
        if self.caller is SYSTEM:
            return select(self.model)
        return select(self.model).where(self._seen_by(self.caller))

    def _seen_by(self, caller: Caller) -> ColumnElement[bool]:
        """Rows that a caller may see; by default overseers see all and others their own organisation's."""
        if caller.oversees:
            return true()
        if caller.organisation_id is None:
            return false()
        return self._owned_by(caller.organisation_id)

    def _owned_by(self, organisation_id: str) -> ColumnElement[bool]:
        owned: ColumnElement[bool] = self.model.organisation_id == organisation_id
        return owned

    def owners(self, row: Row) -> tuple[str | None, ...]:
        """Organisations that may change a row and see its private fields."""
        return (row.organisation_id,)  # type: ignore[attr-defined]

    def owns(self, row: Row) -> bool:
        """Whether the caller may change a row: its owner, or an admin."""
        return self.caller.role == "admin" or any(self.caller.owns(owner) for owner in self.owners(row))

    def sees_private(self, row: Row) -> bool:
        """Whether the caller may see a row's private fields: its owners and the overseers."""
        return self.caller.oversees or self.owns(row)

    def get(self, id_: str, *, lock: bool = False) -> Row:
        """One visible row; ``lock`` holds it until the transaction ends.

        Raises:
            NotFound: there is none, or none that the caller may see.
        """
        query = self.visible().where(self.model.id == id_)
        if lock:  # what was read before the lock may be stale
            query = query.with_for_update(of=self.model, key_share=True).execution_options(populate_existing=True)
        row = self.session.execute(query).scalar_one_or_none()
        if row is None:
            raise NotFound(f"There is no {self.noun} {id_!r}, or none that you may see.")
        return row

    def get_own(self, id_: str, *, lock: bool = True) -> Row:
        """One row to change.

        Raises:
            NotFound, ForeignResource.
        """
        row = self.get(id_, lock=lock)
        if not self.owns(row):
            raise ForeignResource(f"The {self.noun} {id_!r} belongs to another organisation.")
        return row

    def page(self, paging: PageQuery, *where: ColumnElement[bool]) -> tuple[list[Row], str | None]:
        """Newest first; the rows and the cursor of the next page."""
        query = self.visible().where(*where).order_by(self.model.id.desc()).limit(paging.limit + 1)
        if paging.after is not None:
            query = query.where(self.model.id < str(paging.after[0]))
        rows = list(self.session.execute(query).scalars())
        more = len(rows) > paging.limit
        rows = rows[: paging.limit]
        return rows, encode_cursor([rows[-1].id]) if more else None  # type: ignore[attr-defined]

    def add(self, row: Row) -> Row:
        """Adds a row and gives it its database values."""
        self.session.add(row)
        self.session.flush()
        return row
