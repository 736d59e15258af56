"""Listings as a caller may see them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, true

from api.kernel.access import Caller
from api.kernel.repository import Repository
from api.kernel.types import Unindexed
from api.listings.models import Listing

PUBLIC_STATES = ("open", "partly_matched", "matched")


class ListingRepository(Repository[Listing]):
    """What is on the market is public; drafts and what is over belong to their organisation and the overseers."""

    model, noun = Listing, "listing"

    def _seen_by(self, caller: Caller) -> ColumnElement[bool]:
        return seen_by(caller.oversees, caller.organisation_id)

    def shown(self) -> ColumnElement[bool]:
        """Listings that the caller may see, as a condition for a search of its own."""
        return self._seen_by(self.caller)

    def shows_price(self) -> ColumnElement[bool]:
        """Listings whose reserve price the caller may know; nothing else may be compared with a price."""
        if self.caller.oversees:
            return true()
        public = Listing.price_public.is_(True)
        if self.caller.organisation_id is None:
            return public
        return or_(public, self._owned_by(self.caller.organisation_id))


def seen_by(oversees: bool, organisation_id: str | ColumnElement[str] | None) -> ColumnElement[bool]:
    """Listings that somebody may see: the condition of :class:`ListingRepository`, for statements that are kept."""
    if oversees:
        return true()
    public = Unindexed(Listing.state).in_(PUBLIC_STATES)  # else SQLite walks through all of them to find a few ids
    return public if organisation_id is None else or_(public, Listing.organisation_id == organisation_id)
