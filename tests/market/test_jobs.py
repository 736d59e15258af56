"""Jobs: durable, cancellable, limited in time, with exactly one result; on both databases and real workers."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import time
from pathlib import Path
from typing import Any

import dask
import job_kinds
import pytest
from people import People, finished, wait_for

from api.jobs.attempt import Attempt
from api.jobs.kinds import Kind, register
from api.jobs.models import Job
from api.jobs.runner import Runner
from api.jobs.service import enqueue
from api.kernel.access import Caller, permissions_of
from api.kernel.problems import Conflict, ProblemView
from api.kernel.work import Work
from api.organisations.models import Organisation
from api.platform import Platform

numbers = itertools.count()


def finish(work: Work, platform: Platform, job: Job, result: bytes) -> None:
    """Counts in the database, so that a result written twice would be seen."""
    if job_kinds.RESULTS.payloads[job.subject_id] == "refused_at_the_end":
        raise Conflict("somebody was faster")
    organisation = work.session.get_one(Organisation, job.organisation_id, with_for_update=True)
    organisation.licence += f"[{result.decode().split()[0]}]"


def fail(work: Work, platform: Platform, job: Job, problem: ProblemView) -> None:
    organisation = work.session.get_one(Organisation, job.organisation_id, with_for_update=True)
    organisation.licence += f"({problem.code})"


register(Kind("test", job_kinds.prepare, job_kinds.run, finish, fail, address="/v1/things/{subject_id}"))


class Bench:
    """A planner, and jobs of theirs."""

    def __init__(self, people: People) -> None:
        self.people, self.platform = people, people.platform
        self.client = people.join("planner", "plan")
        self.organisation = people.organisation["plan"]

    def begin(self, payload: str, **options: Any) -> str:
        subject = f"sub{next(numbers)}"
        job_kinds.RESULTS.payloads[subject] = payload
        caller = Caller("u", self.organisation, "planner", permissions_of("planner"), "user:u")
        with self.platform.writing(caller) as work:
            return enqueue(work, "test", subject, **options).id

    def job(self, id_: str) -> dict[str, Any]:
        return self.client.get(f"/v1/jobs/{id_}").json()

    def written(self) -> str:
        """All that finish and fail wrote."""
        with self.platform.reading() as work:
            return work.session.get_one(Organisation, self.organisation).licence


@pytest.fixture
def bench(dask: str, people: People) -> Bench:
    return Bench(people)


@pytest.fixture
def idle(people: People) -> Bench:
    """Without a runner."""
    return Bench(people)


def test_a_job_is_run_and_says_how_far_it_is(bench: Bench) -> None:
    id_ = bench.begin("steps 1.5")
    first = bench.job(id_)
    assert first["state"] in ("queued", "running") and first["result"] is None and first["time_limit"] == 3600
    seen = wait_for(lambda: (j := bench.job(id_))["progress"] > 0 and j)
    assert seen["state"] == "running" and seen["started_at"] is not None
    done = finished(bench.client, id_)
    assert (done["state"], done["progress"], done["attempt"]) == ("succeeded", 1.0, 1)
    assert done["result"] == f"/v1/things/{done['subject_id']}" and done["error"] is None
    assert bench.written() == "[steps]"
    assert [j["id"] for j in bench.client.get("/v1/jobs", params={"state": "succeeded"}).json()["items"]] == [id_]
    assert bench.client.get("/v1/jobs", params={"kind": "other"}).json()["items"] == []
    again = bench.client.post(f"/v1/jobs/{id_}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")


@pytest.mark.parametrize(
    ("payload", "code"),
    [("bad_input", "invalid"), ("defect", "defect"), ("refused_at_the_end", "conflict")],
)
def test_failures_say_why(bench: Bench, payload: str, code: str) -> None:
    job = finished(bench.client, bench.begin(payload))
    assert (job["state"], job["error"]["code"]) == ("failed", code)
    assert bench.written() == f"({code})"
    if code == "invalid":
        assert job["error"]["errors"] == [{"field": "supplies.csv:3:quantity", "message": "is not a number"}]
    if code == "defect":
        assert "secret" not in str(job)
        with bench.platform.reading() as work:
            assert "ZeroDivisionError: secret of the house" in work.session.get_one(Job, job["id"]).trace


def test_a_lost_worker_is_replaced(bench: Bench, tmp_path: Path) -> None:
    done = finished(bench.client, bench.begin(f"die {tmp_path / 'died'}"))
    assert (done["state"], done["attempt"]) == ("succeeded", 2)
    assert bench.written() == "[die]"


def test_a_job_that_kills_its_workers_fails(bench: Bench) -> None:
    done = finished(bench.client, bench.begin("die_always"), 60)
    assert (done["state"], done["error"]["code"], done["attempt"]) == ("failed", "worker-lost", 3)
    assert bench.written() == "(worker-lost)"


def test_cancelled_before_it_runs(idle: Bench) -> None:
    id_ = idle.begin("steps 1")
    answer = idle.client.post(f"/v1/jobs/{id_}/cancel")
    assert answer.json()["state"] == "cancelled" and answer.json()["error"]["code"] == "job-cancelled"
    assert idle.written() == "(job-cancelled)"


@pytest.mark.parametrize(
    ("database_url", "payload"),
    [("sqlite", "steps 60"), ("postgresql", "steps 60"), ("sqlite", "deaf 60")],
    indirect=["database_url"],
)
def test_cancelled_in_the_middle(bench: Bench, payload: str) -> None:
    """The deaf one never reports: its worker is restarted; either way both workers take the next jobs."""
    id_ = bench.begin(payload)
    wait_for(lambda: bench.job(id_)["progress"] > 0 or bench.job(id_)["message"] == "")
    time.sleep(0.3)
    begun = time.monotonic()
    assert bench.client.post(f"/v1/jobs/{id_}/cancel").json()["state"] == "cancelled"
    assert time.monotonic() - begun < 30  # it does not wait for the job, which takes a minute
    after = [bench.begin("at_once") for _ in range(2)]
    assert [finished(bench.client, job)["state"] for job in after] == ["succeeded", "succeeded"]
    assert bench.job(id_)["state"] == "cancelled"
    assert bench.written() == "(job-cancelled)[at_once][at_once]"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_cancelled_before_its_start_is_heard_of(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    hear = Attempt.hear
    monkeypatch.setattr(Attempt, "hear", lambda self, message: threading.Timer(1, hear, (self, message)).start())
    id_ = bench.begin("deaf 60")
    wait_for(lambda: bench.job(id_)["state"] == "running")
    time.sleep(0.3)
    assert bench.client.post(f"/v1/jobs/{id_}/cancel").json()["state"] == "cancelled"
    after = [bench.begin("at_once") for _ in range(2)]
    assert [finished(bench.client, job)["state"] for job in after] == ["succeeded", "succeeded"]


def test_time_limit(bench: Bench) -> None:
    job = finished(bench.client, bench.begin("steps 60", time_limit=0.5))
    assert (job["state"], job["error"]["code"]) == ("failed", "time-limit")
    assert finished(bench.client, bench.begin("at_once"))["state"] == "succeeded"


def test_a_server_that_died_loses_nothing(scheduler: str, idle: Bench, tmp_path: Path) -> None:
    """The first server's runner falls silent in mid-run without any cleaning up; the second finds the job."""
    gate = tmp_path / "gate"
    settings = idle.platform.settings.model_copy(update={"runner": True, "dask_scheduler": scheduler})
    first = Runner(Platform(settings, **_parts(idle.platform)), lease=dt.timedelta(seconds=1))
    first.start()
    id_ = idle.begin(f"gate {gate}")
    wait_for(lambda: idle.job(id_)["state"] == "running" and idle.job(id_)["progress"] > 0)
    _fall_silent(first)
    second = Runner(Platform(settings, **_parts(idle.platform)), lease=dt.timedelta(seconds=1))
    second.start()
    try:
        wait_for(lambda: idle.job(id_)["attempt"] == 2)
        gate.touch()
        done = finished(idle.client, id_)
        assert (done["state"], done["attempt"]) == ("succeeded", 2)
        time.sleep(0.5)  # the first one's result comes, and is discarded
        assert idle.written() == "[gate]"
    finally:
        second.stop()
        first._cluster.close()


def _parts(platform: Platform) -> dict[str, Any]:
    return {name: getattr(platform, name) for name in ("database", "clock", "district", "blobs")}


def _fall_silent(runner: Runner) -> None:
    """As after kill -9: no more renewals; the operating system lets the lock go."""
    runner._stopping.set()
    runner._thread.join()
    runner._unlock()


def test_two_servers_share_the_queue(scheduler: str, idle: Bench) -> None:
    settings = idle.platform.settings.model_copy(update={"runner": True, "dask_scheduler": scheduler})
    runners = [Runner(Platform(settings, **_parts(idle.platform))) for _ in range(2)]
    for one in runners:
        one.start()
    try:
        ids = [idle.begin("at_once") for _ in range(6)]
        assert {finished(idle.client, id_)["attempt"] for id_ in ids} == {1}
        assert idle.written() == "[at_once]" * 6
    finally:
        for one in runners:
            one.stop()


def test_a_stopped_server_hands_its_jobs_back(scheduler: str, idle: Bench) -> None:
    settings = idle.platform.settings.model_copy(update={"runner": True, "dask_scheduler": scheduler})
    one = Runner(Platform(settings, **_parts(idle.platform)))
    one.start()
    id_ = idle.begin("steps 60")
    wait_for(lambda: idle.job(id_)["state"] == "running" and idle.job(id_)["message"] != "preparing")
    one.stop()
    assert idle.job(id_)["state"] == "queued"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_scheduler_that_is_not_there_is_said_within_seconds(idle: Bench) -> None:
    settings = idle.platform.settings.model_copy(update={"runner": True, "dask_scheduler": "tcp://127.0.0.1:9"})
    one = Runner(Platform(settings, **_parts(idle.platform)))
    one.start()
    try:
        id_ = idle.begin("at_once")
        job = wait_for(lambda: (j := idle.job(id_))["message"] and j, 10)
        assert job["state"] == "queued" and "tcp://127.0.0.1:9" in job["message"]
        assert idle.client.post(f"/v1/jobs/{id_}/cancel").json()["state"] == "cancelled"
    finally:
        one.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("forked", [True, False])
def test_the_embedded_cluster(forked: bool, idle: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It brings another worker however long that takes; Dask alone would give up, here after a tenth of a second.

    Where workers cannot be forked, they are started.
    """
    if not forked:
        monkeypatch.setattr("multiprocessing.forkserver.ensure_running", _no_socket)
    dask.config.set({"distributed.deploy.lost-worker-timeout": "0.1s"})
    settings = idle.platform.settings.model_copy(update={"runner": True})
    one = Runner(Platform(settings, **_parts(idle.platform)))
    one.start()
    try:
        assert finished(idle.client, idle.begin("at_once"))["state"] == "succeeded"
        done = finished(idle.client, idle.begin(f"die {tmp_path / 'died'}"))
        assert (done["state"], done["attempt"]) == ("succeeded", 2)
    finally:
        one.stop()
    assert idle.written() == "[at_once][die]"


def _no_socket() -> None:
    raise OSError("AF_UNIX path too long")


def test_who_sees_jobs(people: People) -> None:
    bench = Bench(people)
    id_ = bench.begin("at_once")
    assert people.join("official").get(f"/v1/jobs/{id_}").status_code == 200
    assert people.join("contractor").get(f"/v1/jobs/{id_}").json()["code"] == "forbidden"
    assert people.public.get("/v1/jobs").json()["code"] == "not-signed-in"
    other = people.join("planner")
    foreign = other.post(f"/v1/jobs/{id_}/cancel")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "foreign-resource")
    assert people.join("official").post(f"/v1/jobs/{id_}/cancel").json()["code"] == "forbidden"
    assert other.get("/v1/jobs/job_none").json()["code"] == "not-found"
