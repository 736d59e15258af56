"""What wraps every request: a rate limit for each caller, a limit on bodies, and headers that keep browsers strict."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.kernel.problems import MEDIA_TYPE, Problem, TooLarge, TooManyRequests
from api.settings import Settings

JSON_BODY_MB = 2
ADDRESS_FACTOR = 10
FORGETTING_SECONDS = 60
GUESSABLE = ("/v1/auth/tokens", "/v1/organisations")  # where an address could try who is registered, or passwords
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        b"script-src 'self' 'unsafe-inline' 'unsafe-eval'; connect-src 'self' ws: wss:; font-src 'self' data:; "
        b"frame-ancestors 'self'; base-uri 'self'; form-action 'self'",
    ),
)


class SecurityHeaders:
    """Adds :data:`SECURITY_HEADERS` to answers that do not set them; pages may load from this host only."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                have = {name.lower() for name, _ in headers}
                message = {**message, "headers": headers + [pair for pair in SECURITY_HEADERS if pair[0] not in have]}
            await send(message)

        await self.app(scope, receive, send_with_headers)


class Counts(MemoryStorage):
    """Counts of requests, forgotten within a minute of their end: the library's own starts a thread for that at nearly
    every request. Used by the event loop alone."""

    def __init__(self) -> None:
        super().__init__()
        self._forget_at = 0.0

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Counts; how many there are under a key that is ``expiry`` seconds old at most."""
        now = time.time()
        if now >= self._forget_at:
            self._forget_at = now + FORGETTING_SECONDS
            for known in list(self.expirations):
                self.get(known)  # forgets what is over
        self.storage[key] = self.get(key) + amount
        self.expirations.setdefault(key, now + expiry)
        return self.storage[key]


class RateLimit:
    """Refuses callers that ask too often, and bodies that are too large before they are read.

    A caller is a credential, or an address without one; an address with any number of credentials, right or not, has
    ten times the limit. Sign-in and registration are limited by address, with a limit of their own. Counts are kept in
    this process: with several servers each allows the limit.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._limiter = SlidingWindowCounterRateLimiter(Counts())
        self._every = parse(settings.rate_limit)
        self._address = type(self._every)(self._every.amount * ADDRESS_FACTOR, self._every.multiples)
        self._login = parse(settings.login_rate_limit)
        self._upload_bytes = (settings.upload_mb + 1) * 1_000_000

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves or refuses one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        headers = {name: value for name, value in scope["headers"] if name in _READ}
        address = (scope.get("client") or ("?", 0))[0]
        credential = headers.get(b"authorization") or headers.get(b"x-api-key")
        key = address if credential is None else hashlib.sha256(credential).hexdigest()
        limits = [(self._every, key), (self._address, f"address {address}")]
        if scope["method"] == "POST" and scope["path"] in GUESSABLE:
            limits.append((self._login, f"login {address}"))
        if any(not self._limiter.hit(limit, who) for limit, who in limits):
            await _refuse(send, TooManyRequests(headers={"Retry-After": str(_longest(limits))}))
            return
        multipart = headers.get(b"content-type", b"").startswith(b"multipart/")
        most = self._upload_bytes if multipart else JSON_BODY_MB * 1_000_000
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > most:
            await _refuse(send, TooLarge(f"A body may have at most {most:,} bytes here."))
            return
        await self.app(scope, _counted(receive, most), send)


def _counted(receive: Receive, most: int) -> Receive:
    """Receives no more than ``most`` bytes: a body sent in chunks does not say before how long it is."""
    got = 0

    async def count() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > most:
            raise HTTPException(TooLarge.status, f"A body may have at most {most:,} bytes here.")
        return message

    return count


_READ = {b"authorization", b"x-api-key", b"content-type", b"content-length"}


def _longest(limits: Iterable[tuple[RateLimitItem, str]]) -> int:
    return max(limit.get_expiry() for limit, _ in limits)


async def _refuse(send: Send, problem: Problem) -> None:
    body = json.dumps(problem.view().model_dump(mode="json"), ensure_ascii=False).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
