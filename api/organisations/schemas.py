"""What organisations take and give."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

Kind = Literal["contractor", "carrier", "facility", "planner", "official", "admin"]
SelfRegistered = Literal["contractor", "carrier", "facility"]
Phone = Field(default="", max_length=40, pattern=r"^[+0-9 ()-]*$", examples=["0531-8888 1234"])


class MemberNew(BaseModel):
    """A person to add."""

    name: str = Field(min_length=1, max_length=120, examples=["王建国"])
    email: str = Field(max_length=200, pattern=r"^[^@\s]+@[^@\s]+$", examples=["wang@example.org"])
    password: str = Field(min_length=10, max_length=200, examples=["a long pass phrase"])
    language: Literal["zh", "en"] = "zh"


class Profile(BaseModel):
    """What an organisation says of itself."""

    name: str = Field(min_length=1, max_length=200, examples=["济南北岸土方工程有限公司"])
    licence: str = Field(default="", max_length=80, description="Business or disposal licence number.")
    street: str = Field(default="", max_length=80)
    listed: bool = Field(default=True, description="Shown in the public directory once approved.")
    contact_name: str = Field(default="", max_length=120)
    contact_phone: str = Phone
    contact_email: str = Field(default="", max_length=200)


class OrganisationNew(Profile):
    """Self-registration: the organisation and its first member. It may trade once an administrator has approved it."""

    kind: SelfRegistered
    member: MemberNew


class OrganisationPatch(BaseModel):
    """Fields to change; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    licence: str | None = Field(default=None, max_length=80)
    street: str | None = Field(default=None, max_length=80)
    listed: bool | None = None
    contact_name: str | None = Field(default=None, max_length=120)
    contact_phone: str | None = Field(default=None, max_length=40, pattern=r"^[+0-9 ()-]*$")
    contact_email: str | None = Field(default=None, max_length=200)


class Contact(BaseModel):
    """How to reach an organisation; private until a deal."""

    name: str
    phone: str
    email: str


class OrganisationView(BaseModel):
    """An organisation; ``contact`` and ``licence`` only for itself and overseers."""

    id: str
    name: str
    kind: Kind
    state: Literal["pending", "active", "suspended"]
    street: str
    listed: bool
    licence: str | None
    contact: Contact | None
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int


class MemberView(BaseModel):
    """A person in an organisation."""

    id: str
    user_id: str
    name: str
    email: str
    role: Kind
    active: bool
    version: int
