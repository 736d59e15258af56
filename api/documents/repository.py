"""Documents as a caller may see them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, String, and_, cast, exists, or_, select

from api.deals.models import Deal
from api.documents.models import Document
from api.kernel.access import Caller
from api.kernel.repository import Repository
from api.listings.models import Listing
from api.listings.repository import PUBLIC_STATES


class DocumentRepository(Repository[Document]):
    """One's own; photos of a listing on the market, for everybody; a certificate, for the parties of its deals."""

    model, noun = Document, "document"

    def _seen_by(self, caller: Caller) -> ColumnElement[bool]:
        shown = and_(
            Document.kind == "photo",
            exists(
                select(Listing.id).where(
                    Listing.organisation_id == Document.organisation_id,
                    Listing.state.in_(PUBLIC_STATES),
                    cast(Listing.photo_ids, String).contains(Document.id),
                )
            ),
        )
        if caller.organisation_id is None:
            return super()._seen_by(caller) if caller.oversees else shown
        certified = exists(
            select(Listing.id)
            .join(Deal, Deal.seller_listing_id == Listing.id)
            .where(Listing.certificate_id == Document.id, Deal.buyer_id == caller.organisation_id)
        )
        return or_(super()._seen_by(caller), shown, and_(Document.kind == "certificate", certified))
