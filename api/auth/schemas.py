"""What sign-in takes and gives."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, Field


class SignInRequest(BaseModel):
    """Credentials."""

    email: str = Field(max_length=200, examples=["wang@example.org"])
    password: str = Field(max_length=200, examples=["a long pass phrase"])
    organisation_id: str | None = Field(
        default=None, max_length=40, description="Which of your organisations to act for; blank = the first one."
    )


class RefreshRequest(BaseModel):
    """A refresh token; it is replaced at each use."""

    refresh_token: str = Field(max_length=200)


class Tokens(BaseModel):
    """A pair of tokens."""

    access_token: str
    token_type: str = "bearer"
    expires_in: int = Field(description="Life of the access token in seconds.", examples=[900])
    refresh_token: str
    organisation_id: str
    role: str


class Me(BaseModel):
    """Who the caller is."""

    user_id: str
    name: str
    email: str
    language: str
    organisation_id: str
    organisation: str
    role: str
    approved: bool
    permissions: list[str]


class MePatch(BaseModel):
    """What one may change of oneself."""

    name: str | None = Field(default=None, min_length=1, max_length=120)
    language: str | None = Field(default=None, pattern="^(zh|en)$")
    password: str | None = Field(default=None, min_length=10, max_length=200)
    current_password: str | None = Field(default=None, max_length=200, description="Needed to set a new password.")


class KeyNew(BaseModel):
    """An API key to make."""

    name: str = Field(min_length=1, max_length=80, examples=["ERP of section 3"])
    scopes: list[str] = Field(
        min_length=1, max_length=60, description="Permissions of the key.", examples=[["listings:write"]]
    )
    days: int | None = Field(default=None, ge=1, le=1100, description="Days until it expires; blank = never.")


class KeyView(BaseModel):
    """An API key without its secret."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: dt.datetime
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None


class KeyMade(KeyView):
    """A new API key; the secret is shown this once."""

    secret: str = Field(description="Blank in a repeated answer to the same Idempotency-Key: it is not kept.")
