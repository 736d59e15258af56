"""What happens by itself: old records are forgotten, and one step that fails stops none of the others."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import time
from pathlib import Path

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


def test_what_crashes_left_is_tidied_up(people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that a document names stays; one that nothing names, half a file and a worker's folder go after a day."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    blobs = people.platform.blobs
    wang = people.join("contractor", "wang")
    pdf = b"%PDF-1.7 certificate"
    sent = wang.post("/v1/documents", files={"file": ("a.pdf", pdf, "application/pdf")}, data={"kind": "certificate"})
    assert sent.status_code == 201, sent.text
    unused, again = blobs.put(b"nobody committed this"), blobs.put(b"this is put once more")
    half, folder = blobs.folder / "unfinished" / "half", tmp_path / "cutfill-dead"
    half.write_bytes(b"ha")
    folder.mkdir()
    housekeeping.tidy(people.platform)
    assert blobs.get(unused) and half.exists() and folder.exists()
    old = time.time() - 2 * 24 * 3600
    for path in (blobs.path(sent.json()["sha256"]), blobs.path(unused), blobs.path(again), half, folder):
        os.utime(path, (old, old))
    assert blobs.put(b"this is put once more") == again
    housekeeping.tidy(people.platform)
    assert wang.get(f"/v1/documents/{sent.json()['id']}/content").content == pdf
    assert blobs.get(again) and not blobs.path(unused).exists() and not half.exists() and not folder.exists()
