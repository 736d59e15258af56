"""One small object per noun: what is offered, quoted, cleared and agreed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from api.clearings.schemas import ClearingNew, ClearingState, ClearingView, WeekView
from api.client.nouns import LARGEST_PAGE, Noun
from api.deals.schemas import DealView
from api.listings.schemas import BulkResult, ListingNew, ListingPatch, ListingView, Side, State
from api.offers.schemas import OfferNew, OfferState, OfferView, Terms
from api.proposals.schemas import ProposalState, ProposalView
from api.quotes.schemas import QuoteNew, QuoteView


class Listings(Noun):
    """``/v1/listings``."""

    def search(
        self,
        *,
        side: Side | None = None,
        material: str | None = None,
        grade: str | None = None,
        state: State | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        near: tuple[float, float] | None = None,
        crs: str | None = None,
        within_km: float | None = None,
        along: str | None = None,
        bbox: tuple[float, float, float, float] | None = None,
        price_min: Decimal | None = None,
        price_max: Decimal | None = None,
        text: str | None = None,
        mine: bool | None = None,
        sort: str | None = None,
    ) -> Iterator[ListingView]:
        """What is on the market, newest or nearest first.

        Args:
            from_, to: windows that reach into these dates.
            near: lon, lat; with ``within_km``, ``along="road"`` and ``sort="distance"``.
            bbox: west, south, east, north.
            mine: only your own, in any state.
        """
        return self._api.pages(
            "/v1/listings",
            ListingView,
            side=side,
            material=material,
            grade=grade,
            state=state,
            **{"from": from_, "to": to},
            near=None if near is None else f"{near[0]},{near[1]}",
            crs=crs,
            within_km=within_km,
            along=along,
            bbox=None if bbox is None else ",".join(f"{edge:.6f}" for edge in bbox),
            price_min=price_min,
            price_max=price_max,
            text=text,
            mine=mine,
            sort=sort,
            limit=LARGEST_PAGE,
        )

    def get(self, id_: str) -> ListingView:
        """One listing."""
        return self._api.get(f"/v1/listings/{id_}", ListingView)

    def create(self, new: ListingNew, *, key: str | None = None) -> ListingView:
        """Posts a listing: a draft, or open at once with ``open=True``."""
        return self._api.create("/v1/listings", new, ListingView, key)

    def create_many(self, data: bytes, filename: str, *, key: str | None = None) -> list[str]:
        """Opens a listing for each row of a CSV or XLSX file, or none; the ids."""
        answer = self._api.upload("/v1/listings/bulk", data, filename, key=key)
        return BulkResult.model_validate_json(answer.content).ids

    def change(self, listing: ListingView, patch: ListingPatch) -> ListingView:
        """Changes the version that was read."""
        return self._api.edit(f"/v1/listings/{listing.id}", patch, ListingView, listing.version)

    def open(self, listing: ListingView) -> ListingView:
        """Puts a draft on the market."""
        return self._event(listing, "open")

    def withdraw(self, listing: ListingView) -> ListingView:
        """Takes it off the market before anything is agreed."""
        return self._event(listing, "withdraw")

    def close(self, listing: ListingView) -> ListingView:
        """Ends it; what is agreed stands."""
        return self._event(listing, "close")

    def _event(self, listing: ListingView, event: str) -> ListingView:
        return self._api.event(f"/v1/listings/{listing.id}/{event}", ListingView, version=listing.version)


class Proposals(Noun):
    """``/v1/proposals``."""

    def all(self, *, clearing_id: str | None = None, state: ProposalState | None = None) -> Iterator[ProposalView]:
        """Proposals to you, newest first; overseers see all."""
        return self._api.pages("/v1/proposals", ProposalView, clearing_id=clearing_id, state=state, limit=LARGEST_PAGE)

    def get(self, id_: str) -> ProposalView:
        """One proposal."""
        return self._api.get(f"/v1/proposals/{id_}", ProposalView)

    def accept(self, proposal: ProposalView) -> ProposalView:
        """Says yes to the version that was read; when both sides have, it is a deal and stands."""
        return self._api.event(f"/v1/proposals/{proposal.id}/accept", ProposalView, version=proposal.version)

    def decline(self, proposal: ProposalView) -> ProposalView:
        """Says no; the quantity returns to the market."""
        return self._api.event(f"/v1/proposals/{proposal.id}/decline", ProposalView, version=proposal.version)


class Deals(Noun):
    """``/v1/deals``."""

    def all(self, *, clearing_id: str | None = None, material: str | None = None) -> Iterator[DealView]:
        """Your deals, newest first; overseers see all."""
        return self._api.pages("/v1/deals", DealView, clearing_id=clearing_id, material=material, limit=LARGEST_PAGE)

    def get(self, id_: str) -> DealView:
        """One deal, with the other party's contact."""
        return self._api.get(f"/v1/deals/{id_}", DealView)


class Offers(Noun):
    """``/v1/offers``."""

    def all(
        self, *, state: OfferState | None = None, listing_id: str | None = None, thread_id: str | None = None
    ) -> Iterator[OfferView]:
        """Offers that you made or got, newest first; overseers see all."""
        return self._api.pages(
            "/v1/offers", OfferView, state=state, listing_id=listing_id, thread_id=thread_id, limit=LARGEST_PAGE
        )

    def get(self, id_: str) -> OfferView:
        """One offer."""
        return self._api.get(f"/v1/offers/{id_}", OfferView)

    def make(self, new: OfferNew, *, key: str | None = None) -> OfferView:
        """Makes an offer on somebody's listing."""
        return self._api.create("/v1/offers", new, OfferView, key)

    def counter(self, offer: OfferView, terms: Terms, *, key: str | None = None) -> OfferView:
        """Answers with another offer in the same thread."""
        return self._api.create(f"/v1/offers/{offer.id}/counter", terms, OfferView, key)

    def accept(self, offer: OfferView) -> OfferView:
        """Makes the deal."""
        return self._event(offer, "accept")

    def decline(self, offer: OfferView) -> OfferView:
        """Says no."""
        return self._event(offer, "decline")

    def withdraw(self, offer: OfferView) -> OfferView:
        """Takes it back before it is answered."""
        return self._event(offer, "withdraw")

    def _event(self, offer: OfferView, event: str) -> OfferView:
        return self._api.event(f"/v1/offers/{offer.id}/{event}", OfferView, version=offer.version)


class Clearings(Noun):
    """``/v1/clearings``."""

    def all(self, *, state: ClearingState | None = None) -> Iterator[ClearingView]:
        """Clearings, newest first; to members those that are published."""
        return self._api.pages("/v1/clearings", ClearingView, state=state)

    def get(self, id_: str) -> ClearingView:
        """One clearing."""
        return self._api.get(f"/v1/clearings/{id_}", ClearingView)

    def run(self, new: ClearingNew, *, key: str | None = None) -> ClearingView:
        """Begins a clearing; ``client.jobs.wait(clearing.job_id)`` waits for it."""
        return self._api.create("/v1/clearings", new, ClearingView, key)

    def publish(self, clearing: ClearingView) -> ClearingView:
        """Sends the proposals to their parties."""
        return self._api.event(f"/v1/clearings/{clearing.id}/publish", ClearingView, version=clearing.version)

    def settle(self, clearing: ClearingView) -> ClearingView:
        """Closes the window now; what is not agreed returns to the market."""
        return self._api.event(f"/v1/clearings/{clearing.id}/settle", ClearingView, version=clearing.version)

    def discard(self, clearing: ClearingView) -> ClearingView:
        """Drops a solved clearing that was not published."""
        return self._api.event(f"/v1/clearings/{clearing.id}/discard", ClearingView, version=clearing.version)

    def week(self, id_: str = "latest") -> WeekView:
        """The published days: sums for everybody, and your own matches."""
        return self._api.get(f"/v1/clearings/{id_}/week", WeekView)

    def scenario(self, id_: str) -> bytes:
        """The scenario folder as a zip; ``cutfill plan`` reproduces the clearing from it."""
        return self._api.request("GET", f"/v1/clearings/{id_}/scenario").content

    def plan(self, id_: str) -> bytes:
        """The plan folder as a zip."""
        return self._api.request("GET", f"/v1/clearings/{id_}/plan").content

    def report(self, id_: str) -> bytes:
        """The plan's report, one HTML page."""
        return self._api.request("GET", f"/v1/clearings/{id_}/report").content


class Quotes(Noun):
    """``/v1/quotes``."""

    def ask(self, new: QuoteNew, *, key: str | None = None) -> QuoteView:
        """Where a lot would go now, when and at what reference price; nothing is reserved."""
        return self._api.create("/v1/quotes", new, QuoteView, key)

    def get(self, id_: str) -> QuoteView:
        """A quote as it was told."""
        return self._api.get(f"/v1/quotes/{id_}", QuoteView)
