"""``/v1/auth``: tokens, oneself, API keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from api.auth import service
from api.auth.repository import KeyRepository
from api.auth.schemas import KeyMade, KeyNew, KeyView, Me, MePatch, RefreshRequest, SignInRequest, Tokens
from api.kernel.access import Caller
from api.kernel.idempotency import Once
from api.kernel.paging import Page, Paging
from api.kernel.problems import (
    ForeignResource,
    IdempotencyConflict,
    LockedOut,
    NotFound,
    NotSignedIn,
    WrongPassword,
    problems,
)
from api.kernel.work import Work
from api.requests import Running, Transacting, answers, asks, reads, writes

router = APIRouter(prefix="/v1/auth", tags=["auth"], route_class=Transacting)


@router.post("/tokens", responses=problems(WrongPassword, LockedOut))
def sign_in(request: SignInRequest, platform: Running) -> Tokens:
    """Signs in with e-mail and password."""
    return service.sign_in(platform, request)


@router.post("/tokens/refresh", responses=problems(NotSignedIn))
def refresh(request: RefreshRequest, platform: Running) -> Tokens:
    """Trades a refresh token for a new pair. A token used twice ends the sign-in."""
    return service.refresh(platform, request.refresh_token)


@router.post("/tokens/revoke", status_code=204, responses=problems(NotSignedIn))
def revoke(request: RefreshRequest, work: Annotated[Work, writes(None)]) -> Response:
    """Ends a sign-in; its access tokens stop working at once."""
    service.revoke(work, request.refresh_token)
    return Response(status_code=204)


@router.get("/me", responses=problems(NotSignedIn))
def me(work: Annotated[Work, reads()]) -> Me:
    """Who you are and what you may do."""
    return service.me(work)


@router.patch("/me", responses=answers(WrongPassword, LockedOut))
def change_me(patch: MePatch, platform: Running, caller: Annotated[Caller, asks(None)]) -> Me:
    """Changes your name, language or password. A new password ends every sign-in; API keys stay."""
    return service.change_me(platform, caller, patch)


@router.get("/keys", responses=answers())
def keys(paging: Paging, work: Annotated[Work, reads("keys:write")]) -> Page[KeyView]:
    """API keys of your organisation."""
    rows, cursor = KeyRepository(work).page(paging)
    return Page(items=[service.key_view(row) for row in rows], next=cursor)


@router.post("/keys", status_code=201, response_model=KeyMade, responses=answers(IdempotencyConflict))
def make_key(new: KeyNew, once: Once, work: Annotated[Work, writes("keys:write")]) -> Response:
    """Makes an API key; its secret is in this answer and nowhere else."""

    def make() -> tuple[KeyMade, str]:
        key = service.make_key(work, new)
        return key, f"/v1/auth/keys/{key.id}"

    return once.once(work, make)


@router.get("/keys/{id}", responses=answers(NotFound))
def key(id: str, work: Annotated[Work, reads("keys:write")]) -> KeyView:
    """One API key, without its secret."""
    return service.key_view(KeyRepository(work).get(id))


@router.delete("/keys/{id}", responses=answers(NotFound, ForeignResource))
def revoke_key(id: str, work: Annotated[Work, writes("keys:write")]) -> KeyView:
    """Ends an API key."""
    return service.revoke_key(work, id)
