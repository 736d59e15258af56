"""From credentials to a :class:`Caller`."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.auth.models import ApiKey, SignIn
from api.auth.tokens import KEY_PREFIX, digest, sign_in_of
from api.kernel.access import Caller, permissions_of
from api.kernel.problems import NotSignedIn
from api.organisations.models import Membership
from api.platform import Platform


def identify(platform: Platform, session: Session, credential: str) -> Caller:
    """Who a bearer token or an API key stands for.

    Raises:
        NotSignedIn: not valid, expired or revoked.
    """
    return (
        _by_key(platform, session, credential)
        if credential.startswith(KEY_PREFIX)
        else _by_token(platform, session, credential)
    )


def _by_token(platform: Platform, session: Session, token: str) -> Caller:
    now = platform.clock.now()
    sign_in_id = sign_in_of(platform.settings, token, now)
    sign_in = session.get(SignIn, sign_in_id) if sign_in_id else None
    if sign_in is None or sign_in.revoked_at is not None or sign_in.expires_at <= now or not sign_in.membership.active:
        raise NotSignedIn("The token is not valid, has expired or was revoked.")
    return caller_of(sign_in.membership)


def _by_key(platform: Platform, session: Session, secret: str) -> Caller:
    key = session.execute(select(ApiKey).where(ApiKey.secret_hash == digest(secret))).scalar_one_or_none()
    now = platform.clock.now()
    if key is None or key.revoked_at is not None or not key.membership.active:
        raise NotSignedIn("The API key is not valid or was revoked.")
    if key.expires_at is not None and key.expires_at <= now:
        raise NotSignedIn("The API key has expired.")
    return caller_of(key.membership, key)


def caller_of(membership: Membership, key: ApiKey | None = None) -> Caller:
    """The caller of a membership, narrowed to a key's scopes."""
    allowed = permissions_of(membership.role)
    return Caller(
        user_id=membership.user_id,
        organisation_id=membership.organisation_id,
        role=membership.role,  # type: ignore[arg-type]
        permissions=allowed if key is None else allowed & frozenset(key.scopes),
        name=f"user:{membership.user_id}" if key is None else f"key:{key.id}",
        approved=membership.organisation.state == "active",
    )
