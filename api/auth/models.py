"""Tables of sign-ins and API keys; secrets are kept as hashes only."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.kernel.database import Base
from api.kernel.ids import new_id
from api.kernel.types import Json, UtcTime
from api.organisations.models import Membership


class SignIn(Base):
    """One sign-in on one device: access tokens name it, its refresh token is replaced at each use."""

    __tablename__ = "sign_ins"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("sin"))
    membership_id: Mapped[str] = mapped_column(ForeignKey("memberships.id"), index=True)
    refresh_hash: Mapped[str] = mapped_column(String(64), unique=True)
    previous_hash: Mapped[str] = mapped_column(String(64), default="", index=True)  # a replayed one means theft
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcTime, nullable=True)

    membership: Mapped[Membership] = relationship(lazy="joined")


class ApiKey(Base):
    """A key of another system, acting for one member with a part of their permissions."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("key"))
    membership_id: Mapped[str] = mapped_column(ForeignKey("memberships.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    prefix: Mapped[str] = mapped_column(String(12))  # shown, to tell keys apart
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(Json)
    created_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    expires_at: Mapped[dt.datetime | None] = mapped_column(UtcTime, nullable=True)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcTime, nullable=True)

    membership: Mapped[Membership] = relationship(lazy="joined")


class LoginFailures(Base):
    """Wrong passwords in a row for one e-mail, whether or not somebody has it: a lock tells not who is registered."""

    __tablename__ = "login_failures"

    email_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[dt.datetime | None] = mapped_column(UtcTime, nullable=True)
    at: Mapped[dt.datetime] = mapped_column(UtcTime, index=True)
