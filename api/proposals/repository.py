"""Proposals as a caller may see them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_

from api.kernel.repository import Repository
from api.proposals.models import Proposal


class ProposalRepository(Repository[Proposal]):
    """The two parties' once they are opened to them, and the overseers'."""

    model, noun = Proposal, "proposal"

    def _owned_by(self, organisation_id: str) -> ColumnElement[bool]:
        party = or_(Proposal.seller_id == organisation_id, Proposal.buyer_id == organisation_id)
        return and_(party, Proposal.closes_at.is_not(None))  # drafts, and what ended as one, have no such time

    def owners(self, row: Proposal) -> tuple[str | None, ...]:
        """Both parties."""
        return row.seller_id, row.buyer_id
