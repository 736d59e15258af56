"""Deals as a caller may see them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from api.deals.models import Deal
from api.kernel.repository import Repository


class DealRepository(Repository[Deal]):
    """The two parties' and the overseers'."""

    model, noun = Deal, "deal"

    def _owned_by(self, organisation_id: str) -> ColumnElement[bool]:
        return or_(Deal.seller_id == organisation_id, Deal.buyer_id == organisation_id)

    def owners(self, row: Deal) -> tuple[str | None, ...]:
        """Both parties."""
        return row.seller_id, row.buyer_id
