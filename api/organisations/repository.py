"""Organisations and members as a caller may see them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from api.kernel.access import Caller
from api.kernel.repository import Repository
from api.organisations.models import Membership, Organisation


class OrganisationRepository(Repository[Organisation]):
    """Listed and active ones are public; one's own and, for overseers, all are visible always."""

    model, noun = Organisation, "organisation"

    def _seen_by(self, caller: Caller) -> ColumnElement[bool]:
        public = (Organisation.state == "active") & Organisation.listed
        if caller.oversees or caller.organisation_id is None:
            return super()._seen_by(caller) if caller.oversees else public
        return or_(public, Organisation.id == caller.organisation_id)

    def owners(self, row: Organisation) -> tuple[str | None, ...]:
        """Itself."""
        return (row.id,)


class MembershipRepository(Repository[Membership]):
    """Members of the caller's own organisation."""

    model, noun = Membership, "member"
