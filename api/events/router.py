"""``/v1/events``: a stream that resumes where it broke off, or pages of the same."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from api.auth.identify import identify
from api.events import service
from api.events.hub import Hub
from api.events.repository import Filter
from api.events.schemas import EventPage
from api.kernel.access import PUBLIC, Caller
from api.kernel.paging import LARGEST_PAGE
from api.kernel.problems import Busy, NotSignedIn
from api.kernel.work import Work
from api.platform import Platform
from api.requests import Credential, Running, Transacting, answers, check, reads

router = APIRouter(prefix="/v1/events", tags=["events"], route_class=Transacting)
KEEPALIVE_SECONDS = 15.0
RECHECK_SECONDS = 30.0  # whether the credentials still hold
RETRY_MS = 2000
EVENT_STREAM = "text/event-stream"
_STREAM_EXAMPLE = (
    "retry: 2000\nid: 1041\n\nid: 1042\nevent: listing.opened\n"
    'data: {"number":1042,"at":"2026-11-30T08:00:00Z","topic":"listing.opened","subject":"lst_01j9…","data":{}}\n\n'
)
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "model": EventPage,
        "description": "A stream of server-sent events, or a page of them under `Accept: application/json`.",
        "content": {EVENT_STREAM: {"schema": {"type": "string"}, "example": _STREAM_EXAMPLE}},
    }
}


def hub_of(request: Request) -> Hub:
    """The hub of the server; a dependency."""
    hub: Hub = request.app.state.hub
    return hub


@router.get("", response_model=None, responses={**_STREAM, **answers(Busy)})
def events(
    platform: Running,
    hub: Annotated[Hub, Depends(hub_of)],
    credential: Credential,
    work: Annotated[Work, reads()],
    accept: Annotated[str, Header(max_length=500)] = EVENT_STREAM,
    topic: Annotated[
        list[str],
        Query(max_length=20, description="Only topics that begin so; several are joined by or.", examples=["listing."]),
    ] = [],  # noqa: B006 - FastAPI copies it
    after: Annotated[
        int | None, Query(ge=0, le=2**62, description="Number of the last event that you have; blank = from now on.")
    ] = None,
    last_event_id: Annotated[
        int | None, Header(ge=0, le=2**62, description="The same, as browsers send it; counts before `after`.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="Of a page; a stream has no end.")] = 50,
) -> Response:
    """What happens, as it happens: public events, those of your organisation, and for overseers all.

    The stream sends `id` with every event and now and then without one; resume with `Last-Event-ID` and nothing is
    lost or repeated. It ends when the token expires or is revoked, or when you do not keep up. With
    `Accept: application/json` the answer is a page of the events after `after` (blank = the oldest).
    """
    if work.caller.signed_in:
        check(work.caller, "events:read")
    wanted = Filter.of(work.caller, topic)
    begin = after if last_event_id is None else last_event_id
    if "application/json" in accept and EVENT_STREAM not in accept:
        return JSONResponse(service.page(work, wanted, begin or 0, limit).model_dump(mode="json"))
    hub.refuse_when_full()
    return StreamingResponse(
        _stream(platform, hub, credential, wanted, begin),
        media_type=EVENT_STREAM,
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(
    platform: Platform, hub: Hub, credential: str | None, wanted: Filter, after: int | None
) -> AsyncIterator[bytes]:
    """The stream of one listener. A block with an ``id`` alone moves the point from which a client resumes."""
    async with hub.listen(wanted, after) as listener:
        yield f"retry: {RETRY_MS}\nid: {listener.position}\n\n".encode()
        async for frames in listener.backlog():
            yield b"".join(frame.text for frame in frames)
        checked = time.monotonic()
        while not listener.dropped:
            frames = await listener.next(KEEPALIVE_SECONDS)
            if credential is not None and time.monotonic() - checked > RECHECK_SECONDS:
                caller = await run_in_threadpool(_still_there, platform, credential)
                if caller is None:
                    return
                listener.filter = Filter.of(caller, wanted.topics)
                checked = time.monotonic()
            yield b"".join(frame.text for frame in frames) or f": alive\nid: {listener.position}\n\n".encode()


def _still_there(platform: Platform, credential: str) -> Caller | None:
    """Who the credentials stand for now; None when they do not hold any more."""
    try:
        with platform.database.reading() as session:
            caller = identify(platform, session, credential)
    except NotSignedIn:
        return None
    return caller if caller.may("events:read") else PUBLIC
