"""The typed Python client: ``Client(url).sign_in(…)``, then one object per noun, with the API's own schemas as types.

    client = Client("http://127.0.0.1:8000")
    client.sign_in("wang@example.org", "a long pass phrase")
    for site in client.sites.all():
        print(site.name)

Lists are iterators that fetch page after page; creations carry an Idempotency-Key and are repeated when the connection
breaks; edits carry the version of the view that they were made on; what goes wrong is an :class:`ApiProblem`.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self

import httpx2

from api.auth.schemas import Me, MePatch, Tokens
from api.client.connection import Connection
from api.client.market import Clearings, Deals, Listings, Offers, Proposals, Quotes
from api.client.nouns import Audit, Jobs, Keys, Organisations, Webhooks
from api.client.problem import ApiProblem
from api.client.registry import Carriers, Directory, Documents, Facilities, Materials, Sites, Streets, Trucks
from api.events.schemas import EventView

__all__ = ["ApiProblem", "Client"]
TIMEOUT = 60.0


class Client:
    """The platform as one caller sees it.

    Args:
        base_url: for example ``http://127.0.0.1:8000``.
        token: an access token; or sign in.
        api_key: instead of signing in.
        http: an HTTP client of one's own: another transport, a proxy, certificates; ``base_url`` is then its own.
    """

    def __init__(
        self,
        base_url: str = "",
        *,
        token: str | None = None,
        api_key: str | None = None,
        http: httpx2.Client | None = None,
    ) -> None:
        self._http = http or httpx2.Client(base_url=base_url, timeout=TIMEOUT)
        self._api = Connection(self._http, token=token, api_key=api_key)
        self.organisations = Organisations(self._api)
        self.keys = Keys(self._api)
        self.sites = Sites(self._api)
        self.materials = Materials(self._api)
        self.streets = Streets(self._api)
        self.facilities = Facilities(self._api)
        self.carriers = Carriers(self._api)
        self.trucks = Trucks(self._api)
        self.directory = Directory(self._api)
        self.documents = Documents(self._api)
        self.listings = Listings(self._api)
        self.quotes = Quotes(self._api)
        self.clearings = Clearings(self._api)
        self.offers = Offers(self._api)
        self.proposals = Proposals(self._api)
        self.deals = Deals(self._api)
        self.jobs = Jobs(self._api)
        self.webhooks = Webhooks(self._api)
        self.audit = Audit(self._api)

    def sign_in(self, email: str, password: str, organisation_id: str | None = None) -> Tokens:
        """Signs in with a password; tokens are renewed as long as the client is used.

        Raises:
            ApiProblem: wrong-password, locked-out.
        """
        return self._api.sign_in(email, password, organisation_id)

    def sign_out(self) -> None:
        """Ends the sign-in."""
        self._api.sign_out()

    def me(self) -> Me:
        """Who you are and what you may do."""
        return self._api.get("/v1/auth/me", Me)

    def change_me(self, patch: MePatch) -> Me:
        """Changes your name, language or password."""
        return Me.model_validate_json(
            self._api.request("PATCH", "/v1/auth/me", json=patch.model_dump(exclude_unset=True)).content
        )

    def events(self, *, after: int | None = None, topics: tuple[str, ...] = ()) -> Iterator[EventView]:
        """What happens, as it happens, without an end; nothing is missed when the connection breaks.

        Args:
            after: number of the last event that you have; None = from now on.
            topics: only those that begin so, for example ``listing.``.
        """
        for event in self._api.stream("/v1/events", after, topic=list(topics) or None):
            if event.data:
                yield EventView.model_validate_json(event.data)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
