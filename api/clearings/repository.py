"""Clearings as a caller may see them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false

from api.clearings.models import Clearing
from api.kernel.access import Caller
from api.kernel.repository import Repository


class ClearingRepository(Repository[Clearing]):
    """Members see what is published, overseers everything."""

    model, noun = Clearing, "clearing"

    def _seen_by(self, caller: Caller) -> ColumnElement[bool]:
        if caller.oversees:
            return super()._seen_by(caller)
        return Clearing.state.in_(("published", "settled")) if caller.signed_in else false()

    def owns(self, row: Clearing) -> bool:
        """Any planner may carry on what another began."""
        return self.caller.role in ("planner", "admin")
