"""A unit of work: one transaction, who asks, and what there is to tell when it commits.

Everything that changes is told once, by :meth:`Work.tell`; when the transaction ends each telling becomes an entry of
the audit trail and, where it has an audience, an event of the outbox. Both are numbered under one lock, at the very end
of the transaction, so numbers appear in order and without gaps and a reader that remembers the last one misses nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from api.audit.models import AuditEntry
from api.district import District
from api.events.models import LedgerHead, OutboxEvent
from api.kernel.access import Caller
from api.kernel.clock import Clock
from api.kernel.database import Database, bare

HEAD = 1
_ENTRIES, _EVENTS, _HEAD = insert(bare(AuditEntry)), insert(bare(OutboxEvent)), bare(LedgerHead)
_READ_HEAD = select(_HEAD.c.entry, _HEAD.c.hash, _HEAD.c.event).where(_HEAD.c.id == HEAD).with_for_update()
_MOVE_HEAD = update(_HEAD).where(_HEAD.c.id == HEAD)
# on PostgreSQL all of it is one statement
_APPEND = text(
    "WITH entries AS (INSERT INTO audit SELECT * FROM jsonb_populate_recordset(NULL::audit, CAST(:entries AS jsonb))), "
    "events AS (INSERT INTO outbox SELECT * FROM jsonb_populate_recordset(NULL::outbox, CAST(:events AS jsonb))) "
    f"UPDATE ledger_head SET entry = :entry, hash = :hash, event = :event WHERE id = {HEAD}"
)


@dataclass(frozen=True)
class Audience:
    """Who may see an event: everybody, or the named organisations; overseers (planner, official, admin) always may."""

    public: bool = False
    organisations: tuple[str, ...] = ()


EVERYBODY = Audience(public=True)
OVERSEERS_ONLY = Audience()


@dataclass(frozen=True)
class Telling:
    """One thing that happened."""

    action: str
    subject: str
    details: dict[str, Any]
    audience: Audience | None
    shown: dict[str, Any]
    audited: bool


@dataclass
class Work:
    """One transaction on behalf of a caller."""

    session: Session
    caller: Caller
    clock: Clock
    district: District
    tellings: list[Telling] = field(default_factory=list)

    def tell(
        self,
        action: str,
        subject: str,
        *,
        to: Audience | None = None,
        shown: dict[str, Any] | None = None,
        audited: bool = True,
        **details: Any,
    ) -> None:
        """Notes that something happened.

        Args:
            action: noun and past event, for example ``listing.opened``; also the event's topic.
            subject: id of what it happened to.
            to: who gets an event; None for the audit trail only.
            shown: the event's data: only what all of the audience may know.
            audited: False for what nobody did, such as progress: an event, but no entry of the audit trail.
            details: for the audit trail, JSON values.
        """
        self.tellings.append(Telling(action, subject, details, to, shown or {}, audited))


def chain_hash(previous: str, content: dict[str, Any]) -> str:
    """SHA-256 over the hash before and the canonical JSON of an entry."""
    text = json.dumps(_canonical(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((previous + text).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    """As a database gives it back: a whole float may come as an integer, and keys are text."""
    if isinstance(value, dict):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@contextmanager
def unit_of_work(
    database: Database, caller: Caller, clock: Clock, district: District, after: Callable[[Sequence[Telling]], None]
) -> Iterator[Work]:
    """A writing transaction; ``after`` hears what was told, if anything, once it is committed."""
    with database.writing() as session:
        work = Work(session, caller, clock, district)
        yield work
        if work.tellings:
            session.flush()
            _write_down(work)
    if work.tellings:
        after(work.tellings)


def _write_down(work: Work) -> None:
    """Appends the tellings to the audit chain and the outbox, under the one lock that orders all commits.

    Plain statements, not objects: every writer waits for this lock, so what happens under it is kept short.
    """
    connection, now = work.session.connection(), work.clock.now()
    entry, hash_, event = connection.execute(_READ_HEAD).one()
    entries: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for telling in work.tellings:
        if telling.audited:
            entry += 1
            entries.append(_entry(work, telling, entry, now, hash_))
            hash_ = entries[-1]["hash"]
        if telling.audience is not None:
            event += 1
            events.append(_event(telling, telling.audience, event, now))
    head = {"entry": entry, "hash": hash_, "event": event}
    if connection.dialect.name == "postgresql":
        told = {"entries": orjson.dumps(entries).decode(), "events": orjson.dumps(events).decode()}
        connection.execute(_APPEND, told | head)
        return
    if entries:
        connection.execute(_ENTRIES, entries)
    if events:
        connection.execute(_EVENTS, events)
    connection.execute(_MOVE_HEAD, head)


def _entry(work: Work, telling: Telling, number: int, now: dt.datetime, previous: str) -> dict[str, Any]:
    content = {
        "number": number,
        "at": now.isoformat(),
        "actor": work.caller.name,
        "organisation": work.caller.organisation_id,
        "action": telling.action,
        "subject": telling.subject,
        "details": telling.details,
    }
    return {
        "number": number,
        "at": now,
        "actor": work.caller.name,
        "organisation_id": work.caller.organisation_id,
        "action": telling.action,
        "subject": telling.subject,
        "details": telling.details,
        "previous": previous,
        "hash": chain_hash(previous, content),
    }


def _event(telling: Telling, audience: Audience, number: int, now: dt.datetime) -> dict[str, Any]:
    return {
        "number": number,
        "at": now,
        "topic": telling.action,
        "subject": telling.subject,
        "public": audience.public,
        "organisations": list(audience.organisations),
        "data": telling.shown,
    }
