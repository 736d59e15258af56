"""Facilities as a caller may see them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from api.facilities.models import Facility
from api.kernel.access import Caller
from api.kernel.repository import Repository


class FacilityRepository(Repository[Facility]):
    """Open ones are public; closed and candidate ones are their operator's and the overseers'."""

    model, noun = Facility, "facility"

    def _seen_by(self, caller: Caller) -> ColumnElement[bool]:
        public = Facility.status == "open"
        if caller.oversees:
            return super()._seen_by(caller)
        if caller.organisation_id is None:
            return public
        return or_(public, self._owned_by(caller.organisation_id))

    def owns(self, row: Facility) -> bool:
        """Its operator; and planners, who keep the register where operators do not."""
        return self.caller.role == "planner" or super().owns(row)
