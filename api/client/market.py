"""One small object per noun: what is offered, quoted, cleared and agreed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from api.client.nouns import Noun
from api.deals.schemas import DealView
from api.listings.schemas import BulkResult, ListingNew, ListingPatch, ListingView, Side, State
from api.proposals.schemas import ProposalState, ProposalView

LARGEST_PAGE = 200


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
