"""What happens by itself: old records are forgotten, and one step that fails stops none of the others."""

from __future__ import annotations

import datetime as dt

import pytest
from people import People
from sqlalchemy import func, select

from api import housekeeping
from api.kernel.idempotency import IdempotencyRecord
from api.kernel.work import Work
from api.webhooks.models import Delivery, Webhook

SITE = {"name": "坑", "location": {"lon": 117.0, "lat": 36.8, "crs": "wgs84"}}


def test_old_records_are_forgotten(people: People) -> None:
    wang = people.join("contractor", "wang")
    wang.post("/v1/sites", json=SITE, headers={"Idempotency-Key": "old"})
    now = people.platform.clock.now()
    with people.platform.writing() as work:
        hook = Webhook(
            organisation_id=people.organisation["wang"], role="contractor", url="http://x.example", topics=[], salt="s",
            created_at=now, updated_at=now,
        )  # fmt: skip
        work.session.add(hook)
        work.session.flush()
        for state in ("pending", "delivered", "dead"):
            work.session.add(Delivery(webhook_id=hook.id, event_number=0, state=state, next_at=now, created_at=now))

    def left() -> tuple[int, list[str]]:
        with people.platform.reading() as work:
            records = work.session.execute(select(func.count()).select_from(IdempotencyRecord)).scalar_one()
            return records, sorted(work.session.execute(select(Delivery.state)).scalars())

    housekeeping.run_once(people.platform)
    assert left() == (1, ["dead", "delivered", "pending"])
    people.platform.clock.advance(dt.timedelta(days=8))
    housekeeping.run_once(people.platform)
    assert left() == (0, ["dead", "pending"])
    people.platform.clock.advance(dt.timedelta(days=30))
    housekeeping.run_once(people.platform)
    assert left() == (0, ["pending"])


def test_a_step_that_fails_stops_no_other(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def fails(work: Work) -> None:
        work.tell("never.written", "x")
        raise RuntimeError("broken")

    monkeypatch.setattr(housekeeping, "_timed", lambda: iter([fails, lambda work: done.append(1)]))
    housekeeping.run_once(people.platform)
    assert done == [1]
    with people.platform.reading() as work:
        actions = work.session.execute(select(housekeeping.Delivery.id)).all()
        assert actions == []
