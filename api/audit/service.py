"""Verifying the audit trail: every hash recomputed, no number left out, the head where it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.audit.models import AuditEntry
from api.audit.schemas import AuditView
from api.events.models import LedgerHead
from api.kernel.work import chain_hash

BATCH = 2000


@dataclass(frozen=True)
class VerifyResult:
    """What was found.

    Attributes:
        entries: how many were read.
        head: number and hash of the last one that is intact; note them elsewhere, and verify against them later.
        number: the first broken entry; None when all are intact.
        fault: what is wrong with it, in words.
    """

    entries: int
    head: tuple[int, str] = (0, "")
    number: int | None = None
    fault: str = field(default="")

    @property
    def intact(self) -> bool:
        """Nothing was changed, left out or put in."""
        return self.number is None


def verify(session: Session, known: Mapping[int, str] | None = None) -> VerifyResult:
    """Recomputes the chain from the first entry.

    Args:
        known: hashes noted earlier, by number: they show a trail that was rewritten as a whole, or cut off and
            continued.
    """
    known = known or {}
    number, previous, count = 0, "", 0
    for entry in _entries(session):
        count += 1
        fault = _fault(entry, number, previous, known)
        if fault:
            return VerifyResult(count, (number, previous), number + 1, fault)
        number, previous = entry.number, entry.hash
    head = session.execute(select(LedgerHead)).scalar_one_or_none()
    if head is None:
        return VerifyResult(count, (number, previous), number, "the head of the ledger is gone")
    if head.entry != number or head.hash != previous:
        fault = f"the head of the ledger is at entry {head.entry} ({head.hash[:12]}…), the trail ends at {number}"
        return VerifyResult(count, (number, previous), min(head.entry, number) + 1, fault)
    missing = sorted(known_number for known_number in known if known_number > number)
    if missing:
        return VerifyResult(count, (number, previous), number + 1, f"entry {missing[0]} was known and is gone")
    return VerifyResult(count, (number, previous))


def _entries(session: Session) -> Iterator[AuditEntry]:
    after = 0
    while True:
        query = select(AuditEntry).where(AuditEntry.number > after).order_by(AuditEntry.number).limit(BATCH)
        rows = list(session.execute(query).scalars())
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1].number
        session.expunge_all()


def _fault(entry: AuditEntry, number: int, previous: str, known: Mapping[int, str]) -> str:
    """What is wrong with an entry that follows ``number`` with hash ``previous``; empty when nothing is."""
    if entry.number != number + 1:
        return f"it is missing; the next one is {entry.number}"
    if entry.previous != previous:
        return "it does not carry the hash of the entry before"
    if entry.hash != chain_hash(previous, _content(entry)):
        return f"its content does not match its hash ({entry.action} of {entry.subject} by {entry.actor})"
    if known.get(entry.number, entry.hash) != entry.hash:
        return "its hash is not the one that was noted: the trail was rewritten"
    return ""


def _content(entry: AuditEntry) -> dict[str, object]:
    """What :func:`api.kernel.work.unit_of_work` hashed."""
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "organisation": entry.organisation_id,
        "action": entry.action,
        "subject": entry.subject,
        "details": entry.details,
    }


def view(entry: AuditEntry) -> AuditView:
    """An entry."""
    return AuditView.model_validate(entry, from_attributes=True)
