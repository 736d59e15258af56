"""From credentials to a :class:`Caller`: one narrow query, since every request begins with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from api.auth.models import ApiKey, SignIn
from api.auth.tokens import KEY_PREFIX, digest, sign_in_of
from api.kernel.access import Caller, permissions_of
from api.kernel.problems import NotSignedIn
from api.organisations.models import Membership, Organisation
from api.platform import Platform

_MEMBER = (
    Membership.user_id,
    Membership.organisation_id,
    Membership.role,
    Membership.active,
    Organisation.state,
    Organisation.name,
)
_BY_SIGN_IN = (
    select(SignIn.revoked_at, SignIn.expires_at, *_MEMBER)
    .join(Membership, Membership.id == SignIn.membership_id)
    .join(Organisation, Organisation.id == Membership.organisation_id)
    .where(SignIn.id == bindparam("credential"))
)
_BY_KEY = (
    select(ApiKey.id, ApiKey.scopes, ApiKey.revoked_at, ApiKey.expires_at, *_MEMBER)
    .join(Membership, Membership.id == ApiKey.membership_id)
    .join(Organisation, Organisation.id == Membership.organisation_id)
    .where(ApiKey.secret_hash == bindparam("credential"))
)


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
    found = session.connection().execute(_BY_SIGN_IN, {"credential": sign_in_id}).one_or_none() if sign_in_id else None
    if found is None or found.revoked_at is not None or found.expires_at <= now or not found.active:
        raise NotSignedIn("The token is not valid, has expired or was revoked.")
    return _caller(found, permissions_of(found.role), f"user:{found.user_id}")


def _by_key(platform: Platform, session: Session, secret: str) -> Caller:
    found = session.connection().execute(_BY_KEY, {"credential": digest(secret)}).one_or_none()
    now = platform.clock.now()
    if found is None or found.revoked_at is not None or not found.active:
        raise NotSignedIn("The API key is not valid or was revoked.")
    if found.expires_at is not None and found.expires_at <= now:
        raise NotSignedIn("The API key has expired.")
    return _caller(found, permissions_of(found.role) & frozenset(found.scopes), f"key:{found.id}")


def _caller(found: Any, permissions: frozenset[str], name: str) -> Caller:
    return Caller(
        user_id=found.user_id,
        organisation_id=found.organisation_id,
        role=found.role,
        permissions=permissions,
        name=name,
        approved=found.state == "active",
        organisation=found.name,
    )


def caller_of(membership: Membership) -> Caller:
    """The caller that a member is, without a request."""
    return Caller(
        user_id=membership.user_id,
        organisation_id=membership.organisation_id,
        role=membership.role,  # type: ignore[arg-type]
        permissions=permissions_of(membership.role),
        name=f"user:{membership.user_id}",
        approved=membership.organisation.state == "active",
        organisation=membership.organisation.name,
    )
