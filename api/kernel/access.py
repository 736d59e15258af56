"""Who is asking, and what each role may do. The one table of permissions; API keys carry a part of their owner's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

Role = Literal["public", "contractor", "carrier", "facility", "planner", "official", "admin"]
ROLES: tuple[Role, ...] = ("contractor", "carrier", "facility", "planner", "official", "admin")
TRADERS = ("contractor", "facility")
EVERYONE = ROLES
# permission → roles that have it; what is not here needs no permission and is public
PERMISSIONS: dict[str, tuple[str, ...]] = {
    "organisation:write": EVERYONE,  # one's own
    "organisations:approve": ("admin",),
    "members:write": EVERYONE,  # of one's own organisation
    "keys:write": EVERYONE,
    "sites:write": ("contractor", "planner", "admin"),
    "facilities:write": ("facility", "planner", "admin"),
    "carriers:write": ("carrier", "admin"),
    "streets:write": ("planner", "admin"),
    "documents:write": (*TRADERS, "carrier", "planner", "admin"),
    "documents:read": EVERYONE,
    "listings:write": TRADERS,
    "quotes:write": (*TRADERS, "planner", "admin"),
    "offers:write": TRADERS,
    "offers:read": (*TRADERS, "planner", "official", "admin"),
    "proposals:answer": TRADERS,
    "proposals:read": (*TRADERS, "planner", "official", "admin"),
    "deals:read": (*TRADERS, "carrier", "planner", "official", "admin"),
    "clearings:write": ("planner", "admin"),
    "clearings:read": EVERYONE,
    "jobs:read": ("planner", "official", "admin"),
    "jobs:write": ("planner", "admin"),
    "events:read": EVERYONE,
    "webhooks:write": EVERYONE,
    "audit:read": ("official", "admin"),
}
# roles that see every organisation's private data: they run or supervise the market
OVERSEERS: tuple[Role, ...] = ("planner", "official", "admin")


@dataclass(frozen=True)
class Caller:
    """The identity behind a request.

    Attributes:
        user_id, organisation_id: None for the public.
        role: of the membership that signed in.
        permissions: what the role, and the key if there is one, allows.
        name: for the audit trail: ``user:…``, ``key:…`` or ``public``.
        approved: the organisation may trade.
        organisation: its name.
    """

    user_id: str | None
    organisation_id: str | None
    role: Role
    permissions: frozenset[str]
    name: str
    approved: bool = True
    organisation: str = ""

    @property
    def signed_in(self) -> bool:
        """Somebody, not the public."""
        return self.organisation_id is not None

    @property
    def oversees(self) -> bool:
        """Sees every organisation's private data."""
        return self.role in OVERSEERS

    @property
    def is_key(self) -> bool:
        """Another system with a key, not a person."""
        return self.name.startswith("key:")

    def may(self, permission: str) -> bool:
        """Whether the role, and the key, allow it."""
        return permission in self.permissions

    def owns(self, organisation_id: str | None) -> bool:
        """Whether a thing of that organisation is the caller's own."""
        return organisation_id is not None and organisation_id == self.organisation_id


@cache
def permissions_of(role: str) -> frozenset[str]:
    """All permissions of a role."""
    return frozenset(permission for permission, roles in PERMISSIONS.items() if role in roles)


PUBLIC = Caller(None, None, "public", frozenset(), "public")
# the platform's own doings: jobs, lapses, demonstrations
SYSTEM = Caller(None, None, "admin", permissions_of("admin"), "system")
