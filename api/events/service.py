"""Pages of events, for those who ask now and then instead of listening."""

from __future__ import annotations

from api.events.models import OutboxEvent
from api.events.repository import Filter, last_number, read_after
from api.events.schemas import EventPage, EventView
from api.kernel.work import Work

SCANNED = 2000  # events looked at for one page


def page(work: Work, wanted: Filter, after: int, limit: int) -> EventPage:
    """The next events after a number that the filter passes, at most ``limit``."""
    rows = read_after(work.session, after, SCANNED)
    found: list[OutboxEvent] = []
    last = after
    for row in rows:
        if len(found) == limit:
            break
        last = row.number
        if wanted.passes_event(row):
            found.append(row)
    return EventPage(items=[view(row) for row in found], last=last, more=last < last_number(work.session))


def view(row: OutboxEvent) -> EventView:
    """An event."""
    return EventView(number=row.number, at=row.at, topic=row.topic, subject=row.subject, data=row.data)
