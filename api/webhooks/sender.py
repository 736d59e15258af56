"""Sends events to webhooks: at least once each, later and later when a receiver fails, and not for ever.

Events become deliveries in one transaction with the webhook's position, so none is left out or doubled; a delivery is
claimed by moving its next attempt past the time-out, so a server that dies in the middle only delays it. Receivers may
get an event twice, and out of order; ``X-Cutfill-Event`` numbers them.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx2
from sqlalchemy import ColumnElement, ScalarSelect, and_, func, select, update
from sqlalchemy.orm import Session

from api.events.models import LedgerHead, OutboxEvent
from api.events.repository import Filter, read_after
from api.events.schemas import EventView
from api.events.service import view
from api.kernel.access import OVERSEERS
from api.kernel.work import Telling
from api.platform import Platform
from api.webhooks.address import AddressRefused, refuse_bad_address
from api.webhooks.models import Delivery, Webhook
from api.webhooks.signing import HEADER, secret_of, signature

_log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
BETWEEN_SECONDS = 0.05
SEND_SECONDS = 10.0
CLAIM = dt.timedelta(seconds=60)
FIRST_DELAY, LONGEST_DELAY = 5.0, 3600.0  # seconds
MOST_ATTEMPTS = 14  # about six hours
AT_ONCE, AT_ONCE_EACH = 8, 2  # deliveries under way, in all and to one webhook
BATCH = 500
LAG = 200  # events that a webhook's position may lag when none of them are for it
_NEWEST = select(LedgerHead.event).scalar_subquery()


@dataclass(frozen=True)
class Parcel:
    """A claimed delivery with all that sending it needs."""

    delivery_id: str
    webhook_id: str
    url: str
    secret: str
    attempt: int
    event: EventView


def delay(attempt: int) -> dt.timedelta:
    """How long to wait after an attempt that failed: doubled each time up to an hour, give or take half."""
    seconds = min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempt - 1))
    return dt.timedelta(seconds=seconds * random.uniform(0.5, 1.5))


class Sender:
    """Sends until it is stopped: a thread that looks, and a few that send."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="webhooks", daemon=True)
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")
        self._under_way: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._http = httpx2.Client(timeout=SEND_SECONDS, follow_redirects=False, trust_env=False)

    def start(self) -> None:
        """Begins to send."""
        self._platform.on_commit.append(self._hear)
        self._thread.start()

    def stop(self) -> None:
        """Ends after what is under way."""
        self._platform.on_commit.remove(self._hear)
        self._stopping.set()
        self._wake.set()
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)
        self._http.close()

    def _hear(self, told: Sequence[Telling]) -> None:
        self._wake.set()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                while self._make_deliveries():
                    pass
                for parcel in self._claim():
                    self._pool.submit(self._deliver, parcel)
            except Exception:
                _log.exception("webhooks stumbled; they go on")
            self._wake.wait(LOOK_SECONDS)
            self._stopping.wait(BETWEEN_SECONDS)
            self._wake.clear()

    def _make_deliveries(self) -> bool:
        """Turns new events into deliveries; whether there are more."""
        with self._platform.database.reading() as session:
            hooks = _behind(session, _NEWEST)
            events = _next_events(session, hooks)
            if not events or (len(events) < LAG and not any(_wanted(hook, events) for hook in hooks)):
                return False
        now = self._platform.clock.now()
        with self._platform.database.writing() as session:
            for hook in _behind(session, events[-1].number, lock=True):
                for event in _wanted(hook, events):
                    session.add(Delivery(webhook_id=hook.id, event_number=event.number, next_at=now, created_at=now))
                # by the table: the position is no edit, and must not move the version
                moved = update(Webhook.__table__).where(Webhook.__table__.c.id == hook.id)  # type: ignore[arg-type]
                session.execute(moved.values(last_event=events[-1].number))
        return len(events) == BATCH

    def _claim(self) -> list[Parcel]:
        """Takes due deliveries, a few of each webhook."""
        with self._lock:
            free = AT_ONCE - self._under_way.total()
            full = [id_ for id_, count in self._under_way.items() if count >= AT_ONCE_EACH]
        now = self._platform.clock.now()
        active = select(Webhook.id).where(Webhook.active, Webhook.id.not_in(full))
        due = and_(Delivery.state == "pending", Delivery.next_at <= now, Delivery.webhook_id.in_(active))
        with self._platform.database.reading() as session:
            if free <= 0 or session.execute(select(Delivery.id).where(due).limit(1)).first() is None:
                return []
        with self._platform.database.writing() as session:
            parcels = []
            for delivery in _due_of_each(session, due, free):
                delivery.attempts += 1
                delivery.next_at = now + CLAIM
                parcels.append(self._parcel(session, delivery))
        with self._lock:
            self._under_way.update(parcel.webhook_id for parcel in parcels)
        return parcels

    def _parcel(self, session: Session, delivery: Delivery) -> Parcel:
        hook = session.get_one(Webhook, delivery.webhook_id)
        if delivery.event_number:
            event = view(session.get_one(OutboxEvent, delivery.event_number))
        else:
            event = EventView(number=0, at=delivery.created_at, topic="webhook.ping", subject=hook.id, data={})
        secret = secret_of(self._platform.settings, hook)
        return Parcel(delivery.id, hook.id, hook.url, secret, delivery.attempts, event)

    def _deliver(self, parcel: Parcel) -> None:
        try:
            status, error = self._post(parcel)
            self._note(parcel, status, error)
        except Exception:
            _log.exception("webhook delivery %s: it is tried again", parcel.delivery_id)
        finally:
            with self._lock:
                self._under_way[parcel.webhook_id] -= 1
                self._under_way += Counter()  # forgets zeros
            self._wake.set()

    def _post(self, parcel: Parcel) -> tuple[int | None, str]:
        """Sends; status and what went wrong, empty when it was taken."""
        body = parcel.event.model_dump_json().encode()
        at = int(self._platform.clock.now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "cutfill",
            "X-Cutfill-Event": str(parcel.event.number),
            "X-Cutfill-Topic": parcel.event.topic,
            "X-Cutfill-Delivery": parcel.delivery_id,
            HEADER: signature(parcel.secret, at, body),
        }
        url, extensions = httpx2.URL(parcel.url), {}
        try:
            ip = refuse_bad_address(self._platform.settings, parcel.url)
            if ip is not None:
                headers["Host"] = url.netloc.decode()
                extensions = {"sni_hostname": url.host}
                url = url.copy_with(host=ip)
            with self._http.stream("POST", url, content=body, headers=headers, extensions=extensions) as answer:
                status = answer.status_code
        except AddressRefused as refused:
            return None, f"address refused: {refused}"
        except httpx2.HTTPError as error:
            return None, f"{type(error).__name__}: {error}"[:500]
        return status, "" if 200 <= status < 300 else f"answered {status}"

    def _note(self, parcel: Parcel, status: int | None, error: str) -> None:
        """Writes down how an attempt ended, unless the delivery was claimed again meanwhile."""
        with self._platform.writing() as work:
            mine = and_(
                Delivery.id == parcel.delivery_id, Delivery.state == "pending", Delivery.attempts == parcel.attempt
            )
            delivery = work.session.execute(select(Delivery).where(mine).with_for_update()).scalar_one_or_none()
            if delivery is None:
                return
            delivery.last_status, delivery.last_error = status, error
            if not error:
                delivery.state = "delivered"
            elif delivery.attempts >= MOST_ATTEMPTS:
                delivery.state = "dead"
                work.tell("webhook.gave_up", parcel.webhook_id, delivery=delivery.id, error=error)
            else:
                delivery.next_at = work.clock.now() + delay(delivery.attempts)


def _behind(session: Session, newest: int | ScalarSelect[int], *, lock: bool = False) -> list[Webhook]:
    query = select(Webhook).where(Webhook.active, Webhook.last_event < newest)
    return list(session.execute(query.with_for_update(skip_locked=True) if lock else query).scalars())


def _next_events(session: Session, hooks: list[Webhook]) -> list[OutboxEvent]:
    if not hooks:
        return []
    return read_after(session, min(hook.last_event for hook in hooks), BATCH)


def _wanted(hook: Webhook, events: list[OutboxEvent]) -> list[OutboxEvent]:
    """Events after the webhook's position that are for it."""
    wanted = Filter(hook.role in OVERSEERS, hook.organisation_id, tuple(hook.topics))
    return [event for event in events if event.number > hook.last_event and wanted.passes_event(event)]


def _due_of_each(session: Session, due: ColumnElement[bool], most: int) -> list[Delivery]:
    """The oldest due deliveries, at most a few of each webhook, locked."""
    turn = func.row_number().over(partition_by=Delivery.webhook_id, order_by=Delivery.next_at)
    ranked = select(Delivery.id.label("id"), turn.label("turn")).where(due).subquery()
    query = (
        select(Delivery)
        .join(ranked, ranked.c.id == Delivery.id)
        .where(due, ranked.c.turn <= AT_ONCE_EACH)
        .order_by(Delivery.next_at)
        .limit(most)
    )
    return list(session.execute(query.with_for_update(of=Delivery, skip_locked=True)).scalars())
