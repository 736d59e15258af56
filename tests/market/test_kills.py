"""kill -9 of real servers and of their workers, in the middle of everything: nothing acknowledged is lost, nothing is
done twice.

Fifty kills at moments drawn from a seed. Between two of them clients post, upload, accept and clear; each notes what
was acknowledged, and repeats, with the same key, what was not.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from invariants import check_all
from people import People, settings_for, wait_for
from servers import Server
from sqlalchemy import func, select

from api.app import create_app
from api.deals.models import Deal
from api.documents.models import Document
from api.housekeeping import tidy
from api.jobs.here import run_here
from api.jobs.models import Job
from api.listings.models import Listing
from api.proposals.models import Proposal

PIT = {"lon": 117.0356, "lat": 36.80487, "crs": "wgs84"}
FILL = {"lon": 117.05561, "lat": 36.82183, "crs": "wgs84"}
LOTS = 40


class Site:
    """A platform that outlives its servers, with people who keep their tokens."""

    def __init__(self, database_url: str, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.folder = folder
        self.app = create_app(settings_for(database_url, folder, access_minutes=120))
        self.platform = self.app.state.platform
        self.scratch = Path(tempfile.mkdtemp(prefix="kills-"))  # a short name: sockets lie in it
        self.server = Server(database_url, folder, TMPDIR=str(self.scratch))
        self.tokens: dict[str, str] = {}
        self.numbers = itertools.count()
        self.acknowledged: list[tuple[Request, Any]] = []
        self.unknown: list[Request] = []
        self.children: set[int] = set()
        with TestClient(self.app) as client:
            people = People(self.app, client)
            for name, role in (("wang", "contractor"), ("li", "contractor"), ("planner", "planner")):
                self.tokens[name] = str(people.join(role, name).headers["authorization"])
            self._fill(people)

    def _fill(self, people: People) -> None:
        """Enough open proposals for many acceptances."""
        for i in range(LOTS):
            for who, body in (("wang", self.lot("supply", i)), ("li", self.lot("demand", i))):
                answer = people.sign_in(who).post("/v1/listings", json=body) if i == 0 else None
                answer = answer or people.public.post(
                    "/v1/listings", json=body, headers={"Authorization": self.tokens[who]}
                )
                assert answer.status_code == 201, answer.text
        begun = people.public.post(
            "/v1/clearings",
            json={"start": self.day(1), "publish": True, "window_hours": 100},
            headers={"Authorization": self.tokens["planner"]},
        ).json()
        run_here(self.platform, begun["job_id"])

    def day(self, offset: int) -> str:
        return (self.platform.clock.today() + dt.timedelta(days=offset)).isoformat()

    def lot(self, side: str, number: int) -> dict[str, Any]:
        reserve, place = ("-20", PIT) if side == "supply" else ("9", FILL)
        return {"side": side, "name": f"{side} {number}", "materials": ["spoil_silty_clay"], "unit": "t", "open": True,
                "quantity": 10 + number % 7, "window_from": self.day(1), "window_to": self.day(9),
                "reserve": reserve, "location": place}  # fmt: skip

    def client(self, who: str) -> httpx2.Client:
        headers = {"Authorization": self.tokens[who]}
        return httpx2.Client(
            base_url=self.server.url, headers=headers, timeout=30, verify=False
        )  # no certificates to load

    def rows(self, model: Any, *where: Any) -> list[Any]:
        with self.platform.reading() as work:
            return list(work.session.execute(select(model).where(*where)).scalars())


class Request:
    """One request that may be repeated word for word."""

    def __init__(self, who: str, path: str, key: str = "", json: Any = None, file: bytes | None = None) -> None:
        self.who, self.path, self.key, self.json, self.file = who, path, key, json, file

    def send(self, client: httpx2.Client) -> httpx2.Response:
        headers = {"Idempotency-Key": self.key} if self.key else {}
        if self.file is None:
            return client.post(self.path, json=self.json, headers=headers)
        files = {"file": ("test.pdf", self.file, "application/pdf")}
        return client.post(self.path, files=files, data={"kind": "certificate"}, headers=headers)


def posts(site: Site) -> Iterator[Request]:
    while True:
        number = next(site.numbers)
        who, side = (("wang", "supply"), ("li", "demand"))[number % 2]
        # most stay drafts: a clearing is killed for its moments, not for its size
        body = site.lot(side, number) | {"name": f"posted {number}", "open": number % 16 < 2}
        yield Request(who, "/v1/listings", f"post-{number}", body)
        time.sleep(0.05)  # enough to be hit by a kill


def uploads(site: Site) -> Iterator[Request]:
    while True:
        number = next(site.numbers)
        yield Request("wang", "/v1/documents", f"upload-{number}", file=b"%PDF-1.7\n" + os.urandom(300_000))


def acceptances(site: Site) -> Iterator[Request]:
    for row in site.rows(Proposal, Proposal.state == "open"):
        for who in ("wang", "li"):
            yield Request(who, f"/v1/proposals/{row.id}/accept")


def clearings(site: Site) -> Iterator[Request]:
    yield Request(
        "planner", "/v1/clearings", f"clear-{next(site.numbers)}",
        {"start": site.day(1), "publish": True, "window_hours": 90},
    )  # fmt: skip


def busy(site: Site, requests: Iterator[Request], stop: threading.Event) -> None:
    """Sends one after the other until the server is gone."""
    clients: dict[str, httpx2.Client] = {}
    for request in requests:
        client = clients.setdefault(request.who, site.client(request.who))
        try:
            answer = request.send(client)
        except httpx2.TransportError:
            site.unknown.append(request)
            break
        if answer.status_code < 400:
            site.acknowledged.append((request, answer.json()))
        else:
            assert answer.json()["code"] in ("wrong-state", "invalid"), answer.text
        if stop.is_set():
            break
    for client in clients.values():
        client.close()


def kill_server_in_the_middle(site: Site, *, clear: bool) -> None:
    """Four clients at work, SIGKILL at some moment, a new server; then what was not acknowledged is repeated."""
    stop = threading.Event()
    work = [posts(site), uploads(site), acceptances(site)] + ([clearings(site)] if clear else [])
    hands = [threading.Thread(target=busy, args=(site, requests, stop)) for requests in work]
    for hand in hands:
        hand.start()
    time.sleep(site.chance.uniform(0.02, 1.2))
    site.children |= set(site.server.workers())
    site.server.kill()
    stop.set()
    for hand in hands:
        hand.join()
    site.server.start()
    repeat_unknown(site)


def repeat_unknown(site: Site) -> None:
    for request in site.unknown:
        with site.client(request.who) as client:
            answer = request.send(client)
            assert answer.status_code in (200, 201, 202), answer.text
            site.acknowledged.append((request, answer.json()))
            if request.key:  # and once more: now it is known to be done
                again = request.send(client)
                assert (again.json(), again.headers["Idempotency-Replayed"]) == (answer.json(), "true")
    site.unknown.clear()


def kill_worker_in_the_middle(site: Site) -> None:
    """A clearing whose worker is killed at some moment is run again by another, with one result."""
    with site.client("planner") as client:
        (request,) = clearings(site)
        begun = request.send(client)
        if begun.status_code == 422:  # everything is agreed or held
            for request in itertools.islice(posts(site), 4):
                with site.client(request.who) as other:
                    site.acknowledged.append((request, request.send(other).json()))
            (request,) = clearings(site)
            begun = request.send(client)
        assert begun.status_code == 202, begun.text
        site.acknowledged.append((request, begun.json()))
        place = begun.headers["Location"]
        wait_for(lambda: site.server.workers() and client.get(place).json()["state"] != "queued", 180)
        time.sleep(site.chance.uniform(0, 0.6))
        for pid in site.server.workers():
            site.children.add(pid)
            os.kill(pid, 9)
        job = wait_for(lambda: (found := client.get(place).json())["finished_at"] and found, 300)
        assert job["state"] == "succeeded", job


def check_whole(site: Site) -> None:
    """What clients were told is there, once; files are whole; every invariant holds."""
    check_all(site.platform)
    with site.platform.reading() as work:
        names = dict(work.session.execute(select(Listing.name, func.count()).group_by(Listing.name)).all())
        deals = {d.proposal_id for d in work.session.execute(select(Deal)).scalars()}
    assert all(count == 1 for name, count in names.items() if name.startswith("posted")), names
    listings = {row.id: row for row in site.rows(Listing)}
    documents = {row.id: row for row in site.rows(Document)}
    proposals = {row.id: row for row in site.rows(Proposal)}
    assert len({row.sha256 for row in documents.values()}) == len(documents)
    for request, answer in site.acknowledged:
        if request.path == "/v1/listings":
            assert listings[answer["id"]].name == request.json["name"]
        elif request.path == "/v1/documents":
            assert request.file is not None
            assert documents[answer["id"]].sha256 == hashlib.sha256(request.file).hexdigest()
        elif request.path.endswith("/accept"):
            row = proposals[answer["id"]]
            side = "seller" if request.who == "wang" else "buyer"
            assert getattr(row, f"{side}_answer") == "accepted"
            assert (row.state == "agreed") == (row.id in deals)
    for path in site.platform.blobs.folder.glob("??/*"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    assert {row.sha256 for row in documents.values()} <= {p.name for p in site.platform.blobs.folder.glob("??/*")}


def finish_jobs(site: Site) -> None:
    """Every clearing that was acknowledged comes to its one end."""
    wait_for(lambda: not site.rows(Job, Job.state.in_(("queued", "running"))), 400)
    assert {job.state for job in site.rows(Job)} == {"succeeded"}, [job.error for job in site.rows(Job)]


def check_nothing_piles_up(site: Site, database_url: str) -> None:
    """No process outlives its server; the crashes' files go with the next tidying; the audit command is content."""
    wait_for(lambda: not [pid for pid in site.children if _lives(pid)], 20)
    tidy(site.platform, older_than=dt.timedelta(0))
    left = [*(site.platform.blobs.folder / "unfinished").glob("*"), *site.scratch.glob("cutfill-*")]
    assert not left, left
    audit = subprocess.run(
        [sys.executable, "-m", "optimizer.cli", "audit", "--database-url", database_url], capture_output=True, text=True
    )
    assert audit.returncode == 0 and "intact" in audit.stdout, audit.stdout + audit.stderr
    check_whole(site)
    shutil.rmtree(site.scratch)


def _lives(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database_url", "servers", "workers"),
    [("sqlite", 24, 12), ("postgresql", 10, 4)],
    indirect=["database_url"],
)
def test_killed_again_and_again(
    database_url: str, tmp_path: Path, servers: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(database_url, tmp_path, seed=servers)
    monkeypatch.setattr(tempfile, "tempdir", str(site.scratch))
    site.server.start()
    try:
        for number in range(servers):
            kill_server_in_the_middle(site, clear=number >= 2 * servers // 3 and number % 2 == 0)
            if number % 4 == 3:
                check_whole(site)
        finish_jobs(site)
        for _ in range(workers):
            kill_worker_in_the_middle(site)
        check_whole(site)
        assert any(request.path.endswith("/accept") for request, _ in site.acknowledged)
    finally:
        site.server.stop()
    check_nothing_piles_up(site, database_url)
