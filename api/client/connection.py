"""Requests with sign-in, refresh, repetition and typed problems; what every noun of the client is built on."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel

from api.auth.schemas import RefreshRequest, SignInRequest, Tokens
from api.client.problem import ApiProblem

View = TypeVar("View", bound=BaseModel)
ATTEMPTS = 4
FIRST_WAIT = 0.25  # seconds; doubled at each repetition, or what Retry-After says
LONGEST_WAIT = 5.0
STREAM_TIMEOUT = 60.0  # the server says that it is alive every 15 s


class Connection:
    """One API as one caller. Threads may share it."""

    def __init__(self, http: httpx2.Client, *, token: str | None = None, api_key: str | None = None) -> None:
        self.http = http
        self._key = api_key
        self._access = token
        self._refresh: str | None = None
        self._renewing = threading.Lock()

    def sign_in(self, email: str, password: str, organisation_id: str | None = None) -> Tokens:
        """Signs in; from now on tokens are renewed as needed.

        Raises:
            ApiProblem: wrong-password, locked-out.
        """
        request = SignInRequest(email=email, password=password, organisation_id=organisation_id)
        tokens = Tokens.model_validate_json(self._send("POST", "/v1/auth/tokens", json=_json(request)).content)
        self._access, self._refresh = tokens.access_token, tokens.refresh_token
        return tokens

    def sign_out(self) -> None:
        """Ends the sign-in here and on the server."""
        if self._refresh is not None:
            self._send("POST", "/v1/auth/tokens/revoke", json={"refresh_token": self._refresh})
        self._access = self._refresh = None

    def get(self, path: str, view: type[View], **params: Any) -> View:
        """One thing."""
        return view.model_validate_json(self.request("GET", path, params=params).content)

    def pages(self, path: str, view: type[View], **params: Any) -> Iterator[View]:
        """Every item of a list; pages are fetched as they are needed."""
        cursor: str | None = None
        while True:
            page = self.request("GET", path, params={**params, "cursor": cursor}).json()
            yield from map(view.model_validate, page["items"])
            cursor = page["next"]
            if cursor is None:
                return

    def create(self, path: str, new: BaseModel, view: type[View], key: str | None = None) -> View:
        """A new thing, once however often it is sent; ``key`` is the Idempotency-Key, by default one of its own."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return view.model_validate_json(self.request("POST", path, json=_json(new), headers=headers).content)

    def upload(
        self,
        path: str,
        data: bytes,
        filename: str,
        *,
        media_type: str = "application/octet-stream",
        fields: dict[str, str] | None = None,
        key: str | None = None,
    ) -> httpx2.Response:
        """A file, once however often it is sent."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        files = {"file": (filename, data, media_type)}
        return self.request("POST", path, files=files, data=fields, headers=headers)

    def event(self, path: str, view: type[View], body: BaseModel | None = None, version: int | None = None) -> View:
        """A change of state; with ``version`` only if it is still at that one."""
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        json = None if body is None else _json(body)
        return view.model_validate_json(self.request("POST", path, json=json, headers=headers).content)

    def edit(self, path: str, patch: BaseModel, view: type[View], version: int, method: str = "PATCH") -> View:
        """An edit of the version that was read."""
        return view.model_validate_json(
            self.request(method, path, json=_json(patch), headers={"If-Match": f'"{version}"'}).content
        )

    def request(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> httpx2.Response:
        """Any request, with the caller's credentials; renews the sign-in once when it has run out.

        Raises:
            ApiProblem: any answer of 400 and above.
        """
        access = self._access
        try:
            return self._send(method, path, params=params, headers=headers, **more)
        except ApiProblem as problem:
            self._renew_or_raise(problem, access)
        return self._send(method, path, params=params, headers=headers, **more)

    def stream(self, path: str, after: int | None, **params: Any) -> Iterator[httpx2.ServerSentEvent]:
        """Server-sent events without an end: resumes after the last one that came whenever the stream breaks.

        Raises:
            ApiProblem: the stream is refused.
        """
        given: dict[str, Any] = {name: value for name, value in params.items() if value is not None}
        wait = FIRST_WAIT
        while True:
            try:
                access = self._access
                position = {} if after is None else {"Last-Event-ID": str(after)}
                with self.http.sse(
                    path, params=given, headers={**self.credentials(), **position}, timeout=STREAM_TIMEOUT
                ) as source:
                    if source.response.status_code >= 400:
                        source.response.read()
                        self._renew_or_raise(ApiProblem.of(source.response), access)
                        continue
                    for event in source:
                        wait = FIRST_WAIT
                        after = int(event.id) if event.id else after
                        yield event
            except httpx2.TransportError:
                pass
            time.sleep(wait)
            wait = min(LONGEST_WAIT, wait * 2)

    def credentials(self) -> dict[str, str]:
        """Headers that say who asks."""
        if self._key is not None:
            return {"X-API-Key": self._key}
        return {} if self._access is None else {"Authorization": f"Bearer {self._access}"}

    def _renew_or_raise(self, problem: ApiProblem, used: str | None) -> None:
        """Renews the sign-in if it has run out and can be renewed; any other problem is raised."""
        if problem.code != "not-signed-in" or self._refresh is None:
            raise problem
        self._renew(used)

    def _renew(self, used: str | None) -> None:
        """A new pair of tokens, unless another thread has fetched one meanwhile."""
        with self._renewing:
            if self._access != used or self._refresh is None:
                return
            request = RefreshRequest(refresh_token=self._refresh)
            self._access = None
            answer = self._send("POST", "/v1/auth/tokens/refresh", json=_json(request))
            tokens = Tokens.model_validate_json(answer.content)
            self._access, self._refresh = tokens.access_token, tokens.refresh_token

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> httpx2.Response:
        """Sends, and repeats what may be repeated: reading, and creations that carry a key."""
        given = {name: value for name, value in (params or {}).items() if value is not None}
        wait = FIRST_WAIT
        for attempt in range(1, ATTEMPTS + 1):
            sent = {**self.credentials(), **(headers or {})}
            last = attempt == ATTEMPTS or not (method == "GET" or "Idempotency-Key" in sent)
            try:
                answer = self.http.request(method, path, params=given, headers=sent, **more)
            except httpx2.TransportError:
                if last:
                    raise
            else:
                if answer.status_code < 400:
                    return answer
                problem = ApiProblem.of(answer)
                if last or problem.code != "busy":
                    raise problem
                wait = min(LONGEST_WAIT, float(answer.headers.get("Retry-After", wait)))
            time.sleep(wait)
            wait *= 2
        raise AssertionError  # the last attempt returns or raises


def _json(body: BaseModel) -> Any:
    return body.model_dump(mode="json", exclude_unset=True, by_alias=True)
