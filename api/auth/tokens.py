"""Secrets: password hashes, access tokens, refresh tokens and API keys."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from functools import cache

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from api.settings import Settings

ALGORITHM = "HS256"
KEY_PREFIX = "ck_"
_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Argon2id with the library's defaults (RFC 9106, low memory)."""
    return _hasher.hash(password)


def password_matches(stored: str, password: str) -> bool:
    """Whether a password is the one that was hashed."""
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


@cache
def dummy_hash() -> str:
    """Verified when there is no such user, so that an unknown e-mail takes as long as a wrong password."""
    return hash_password(secrets.token_hex(16))


def new_secret() -> tuple[str, str]:
    """A random secret and the hash to keep of it."""
    secret = secrets.token_urlsafe(32)
    return secret, digest(secret)


def digest(secret: str) -> str:
    """SHA-256; enough for secrets of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def access_token(settings: Settings, sign_in_id: str, now: dt.datetime) -> tuple[str, int]:
    """A signed token naming a sign-in, and its life in seconds. Rights are looked up at each use."""
    seconds = settings.access_minutes * 60
    claims = {"sub": sign_in_id, "iat": int(now.timestamp()), "exp": int(now.timestamp()) + seconds, "typ": "access"}
    return jwt.encode(claims, settings.secret_key.get_secret_value(), algorithm=ALGORITHM), seconds


def sign_in_of(settings: Settings, token: str, now: dt.datetime) -> str | None:
    """The sign-in that a valid access token names."""
    try:
        claims = jwt.decode(
            token,
            settings.secret_key.get_secret_value(),
            algorithms=[ALGORITHM],
            options={"require": ["sub", "exp"], "verify_exp": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError:
        return None
    if claims.get("typ") != "access" or int(claims["exp"]) <= now.timestamp():
        return None
    return str(claims["sub"])
