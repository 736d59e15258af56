"""Clearings as a caller may see them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false

from api.clearings.models import Clearing
from api.kernel.access import Caller
from api.kernel.problems import NotFound
from api.kernel.repository import Repository

MEMBERS_SEE = ("published", "settled")


class ClearingRepository(Repository[Clearing]):
    """Members see what is published, overseers everything."""

    model, noun = Clearing, "clearing"

    def _seen_by(self, caller: Caller) -> ColumnElement[bool]:
        if caller.oversees:
            return super()._seen_by(caller)
        return Clearing.state.in_(MEMBERS_SEE) if caller.signed_in else false()

    def owns(self, row: Clearing) -> bool:
        """Any planner may carry on what another began."""
        return self.caller.role in ("planner", "admin")


class PublishedRepository(ClearingRepository):
    """What is published, which the public may know of."""

    def _seen_by(self, caller: Caller) -> ColumnElement[bool]:
        return Clearing.state.in_(MEMBERS_SEE)

    def latest(self) -> Clearing:
        """The one published last.

        Raises:
            NotFound: none was.
        """
        query = self.visible().order_by(Clearing.published_at.desc(), Clearing.id.desc()).limit(1)
        row = self.session.execute(query).scalar_one_or_none()
        if row is None:
            raise NotFound("No clearing is published yet.")
        return row
