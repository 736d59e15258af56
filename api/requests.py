"""What every route is given: a transaction on behalf of whoever asks, if they may.

``reads("deals:read")`` and ``writes("listings:write")`` give the route a :class:`~api.kernel.work.Work`; a writing one
is committed when the route function returns and *before* the answer is sent: what was acknowledged is durable.

The transaction begins and ends with the route function, on its thread (:class:`Transacting`). As a dependency of its
own it would wait for three threads in turn and hold a connection meanwhile: many requests would stop each other.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any

from fastapi import Depends
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session

from api.auth.identify import identify
from api.kernel.access import PUBLIC, Caller
from api.kernel.problems import (
    Busy,
    Forbidden,
    Invalid,
    NotApproved,
    NotSignedIn,
    Problem,
    TooLarge,
    TooManyRequests,
    problems,
)
from api.kernel.work import Work
from api.platform import Platform, platform_of

READING_AT_ONCE = 4
ANYWHERE = problems(TooLarge, Invalid, TooManyRequests, Busy)  # what any route may answer
_turns = threading.BoundedSemaphore(READING_AT_ONCE)  # more would only take the interpreter from each other
_bearer = HTTPBearer(auto_error=False, description="Access token from POST /v1/auth/tokens.")
_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="Key from POST /v1/auth/keys.")
Running = Annotated[Platform, Depends(platform_of)]


async def credential_of(
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    key: Annotated[str | None, Depends(_key)],
) -> str | None:
    """The token or API key that came with the request."""
    return bearer.credentials if bearer is not None else key


Credential = Annotated[str | None, Depends(credential_of)]


@dataclass(frozen=True)
class Beginning:
    """A transaction that the route will begin."""

    begin: Callable[[], AbstractContextManager[Work]]


class Transacting(APIRoute):
    """A route whose function finds its transaction begun, and has it ended when it returns or raises."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        given["responses"] = {**ANYWHERE, **given["responses"]}
        super().__init__(path, endpoint if inspect.iscoroutinefunction(endpoint) else _transacting(endpoint), **given)


def _transacting(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(endpoint)
    def run(**given: Any) -> Any:
        for name, value in given.items():
            if isinstance(value, Beginning):
                with value.begin() as work:
                    return endpoint(**{**given, name: work})
        return endpoint(**given)

    return run


def reads(permission: str | None = None) -> Any:
    """Dependency: a reading transaction; ``permission`` None is open to the public."""

    @contextmanager
    def begin(platform: Platform, credential: str | None) -> Iterator[Work]:
        with _turns, platform.database.reading() as session:
            caller = PUBLIC if credential is None else identify(platform, session, credential)
            check(caller, permission)
            yield Work(session, caller, platform.clock, platform.district)

    return _begins(begin, permission)


def writes(permission: str | None, *, approved: bool = False) -> Any:
    """Dependency: a writing transaction.

    Args:
        permission: what the caller needs; None is open to the public.
        approved: the caller's organisation must be approved as well.
    """

    def allowed(platform: Platform, session: Session, credential: str | None) -> Caller:
        caller = PUBLIC if credential is None else identify(platform, session, credential)
        check(caller, permission)
        if approved and not caller.approved:
            raise NotApproved
        return caller

    @contextmanager
    def begin(platform: Platform, credential: str | None) -> Iterator[Work]:
        if not platform.database.is_sqlite:
            with platform.writing() as work:
                work.caller = allowed(platform, work.session, credential)
                yield work
            return
        with platform.database.reading() as session:  # on SQLite writers wait for each other: nothing else under that
            caller = allowed(platform, session, credential)
        with platform.writing(caller) as work:
            yield work

    return _begins(begin, permission)


def _begins(begin: Callable[[Platform, str | None], AbstractContextManager[Work]], permission: str | None) -> Any:
    """The dependency: refuses at once who sends no credentials where some are needed, before any fault is told."""

    async def prepare(platform: Running, credential: Credential) -> Beginning:
        if credential is None:
            check(PUBLIC, permission)
        return Beginning(lambda: begin(platform, credential))

    return Depends(prepare)


def asks(permission: str | None) -> Any:
    """Dependency: the caller, if they may; for routes that do something slow before they open a transaction."""

    def ask(platform: Running, credential: Credential) -> Caller:
        if credential is None:
            check(PUBLIC, permission)
            return PUBLIC
        with platform.database.reading() as session:
            caller = identify(platform, session, credential)
        check(caller, permission)
        return caller

    return Depends(ask)


def check(caller: Caller, permission: str | None) -> None:
    """Refuses a caller without the permission.

    Raises:
        NotSignedIn: the public. Forbidden: somebody without it.
    """
    if permission is None or caller.may(permission):
        return
    if not caller.signed_in:
        raise NotSignedIn(headers={"WWW-Authenticate": "Bearer"})
    raise Forbidden(f"This needs the permission {permission!r}, which your role or key does not have.")


def answers(*kinds: type[Problem], permission: bool = True) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route: what it may raise, and what every protected route may."""
    protected: tuple[type[Problem], ...] = (NotSignedIn, Forbidden) if permission else (NotSignedIn,)
    return problems(*protected, *kinds)
