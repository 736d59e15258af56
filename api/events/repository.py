"""Events as a caller may see them: the one rule, for streams, pages and webhooks alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.events.models import LedgerHead, OutboxEvent
from api.kernel.access import Caller


@dataclass(frozen=True)
class Filter:
    """Which events somebody gets.

    Attributes:
        oversees: sees every event.
        organisation_id: sees its own events and the public ones; None = the public ones only.
        topics: prefixes such as ``listing.``; empty = all.
    """

    oversees: bool
    organisation_id: str | None
    topics: tuple[str, ...] = ()

    @classmethod
    def of(cls, caller: Caller, topics: Sequence[str] = ()) -> Filter:
        """Of a caller."""
        return cls(caller.oversees, caller.organisation_id, tuple(topics))

    def passes(self, topic: str, public: bool, organisations: Collection[str]) -> bool:
        """Whether an event is for them."""
        visible = public or self.oversees or self.organisation_id in organisations
        return visible and (not self.topics or topic.startswith(self.topics))

    def passes_event(self, event: OutboxEvent) -> bool:
        """The same, of a row."""
        return self.passes(event.topic, event.public, event.organisations)


def last_number(session: Session) -> int:
    """Number of the latest event."""
    return session.execute(select(LedgerHead.event)).scalar_one()


def read_after(session: Session, after: int, limit: int, *, up_to: int | None = None) -> list[OutboxEvent]:
    """Events of everybody with numbers above ``after``, in order; callers filter them."""
    query = select(OutboxEvent).where(OutboxEvent.number > after)
    if up_to is not None:
        query = query.where(OutboxEvent.number <= up_to)
    return list(session.execute(query.order_by(OutboxEvent.number).limit(limit)).scalars())
