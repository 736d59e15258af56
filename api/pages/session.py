"""Who looks at a page: the language, the sign-in, and the client through which the page asks the API.

Sign-ins live in this process, under the id of a signed cookie; after a restart people sign in again. Tokens never reach
the browser and are never written down.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

import httpx2
from fastapi import FastAPI, Request
from nicegui import ui

from api.auth.schemas import Me
from api.client import ApiProblem, Client
from api.pages.mounting import APP_KEY
from api.pages.texts import LANGUAGES, say
from api.platform import Platform

P = ParamSpec("P")
T = TypeVar("T")
FAILURES = (ApiProblem, httpx2.TransportError, TimeoutError)  # what asking may end in
KEPT_SECONDS = 14 * 86_400
ASKING_SECONDS = 60.0
# its own threads: the API's routes need those of the server while a page's thread waits for them
_threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="pages")


class InProcess(httpx2.BaseTransport):
    """Requests to an application of this process, on the event loop that serves it; for threads other than its own."""

    def __init__(self, app: FastAPI, loop: asyncio.AbstractEventLoop, address: str) -> None:
        self._asgi = httpx2.ASGITransport(app, raise_app_exceptions=False, client=(address, 0))
        self._loop = loop

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answers one request."""
        return asyncio.run_coroutine_threadsafe(self._answer(request), self._loop).result(ASKING_SECONDS)

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._asgi.handle_async_request(request)
        body = await answer.aread()
        return httpx2.Response(answer.status_code, headers=answer.headers, content=body)


@dataclass
class SignedIn:
    """A person at a browser."""

    client: Client
    me: Me
    used: float = field(default_factory=time.monotonic)


_signed_in: dict[str, SignedIn] = {}


@dataclass
class Visitor:
    """Whom a page is drawn for.

    Attributes:
        client: asks the API as this person, or as the public.
        me: None for the public.
    """

    platform: Platform
    language: str
    client: Client
    me: Me | None

    def say(self, key: str, default: str | None = None, **parts: object) -> str:
        """A text in the visitor's language."""
        return say(self.language, key, default, **parts)

    def may(self, permission: str) -> bool:
        """Whether the visitor has a permission; only to decide what to show: the API decides what is done."""
        return self.me is not None and permission in self.me.permissions

    @property
    def role(self) -> str:
        """Of the membership that is signed in."""
        return "public" if self.me is None else self.me.role


async def ask(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Calls the client in a thread: the loop that serves pages also serves the API it asks."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, lambda: function(*args, **kwargs))


def client_for(request: Request) -> Client:
    """A client of the public, from the visitor's own address."""
    app: FastAPI = request.scope[APP_KEY]
    address = request.client.host if request.client else "pages"
    transport = InProcess(app, asyncio.get_running_loop(), address)
    return Client(http=httpx2.Client(transport=transport, base_url="http://cutfill.internal"))


def language_of(request: Request) -> str:
    """What the visitor chose, else what the browser asks for, else the first."""
    chosen = request.session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    asked = request.headers.get("accept-language", "")[:2].lower()
    return asked if asked in LANGUAGES else LANGUAGES[0]


def visitor_of(request: Request) -> Visitor:
    """The visitor behind a request."""
    platform: Platform = request.scope[APP_KEY].state.platform
    found = _signed_in.get(request.session.get("id", ""))
    if found is None:
        return Visitor(platform, language_of(request), client_for(request), None)
    found.used = time.monotonic()
    return Visitor(platform, language_of(request), found.client, found.me)


def remember(session_id: str, client: Client, me: Me) -> None:
    """Keeps a sign-in, and forgets those that were not used for long."""
    oldest = time.monotonic() - KEPT_SECONDS
    for id_ in [id_ for id_, kept in _signed_in.items() if kept.used < oldest]:
        del _signed_in[id_]
    _signed_in[session_id] = SignedIn(client, me)


def forget(session_id: str) -> Client | None:
    """Ends a sign-in here; its client, to end it on the server too."""
    found = _signed_in.pop(session_id, None)
    return None if found is None else found.client


def renew(session_id: str, me: Me) -> None:
    """Keeps what the person changed of themselves."""
    if session_id in _signed_in:
        _signed_in[session_id].me = me


def tell_problem(visitor: Visitor, problem: Exception) -> None:
    """Shows what went wrong: the API's own words for a problem of the input, ours for the common ones."""
    if isinstance(problem, ApiProblem) and problem.code == "not-signed-in":
        ui.navigate.to("/login")
        return
    ui.notify(problem_text(visitor, problem), type="negative", position="top", timeout=8000, close_button="×")


def problem_text(visitor: Visitor, problem: Exception) -> str:
    """A problem in the visitor's language; unknown kinds keep the API's words."""
    if not isinstance(problem, ApiProblem):
        return visitor.say("problem.defect")
    return visitor.say(f"problem.{problem.code}", default=problem.detail)
