"""Events: everybody gets what they may see, once and in order, whatever breaks off in between; on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import time
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from live import Stream, served
from people import People, wait_for

from api.events import hub as hub_module
from api.events import router as router_module
from api.events.hub import Hub
from api.events.repository import Filter
from api.kernel.work import EVERYBODY, OVERSEERS_ONLY, Audience
from api.platform import Platform


def tell(platform: Platform, topic: str, audience: Audience = EVERYBODY, count: int = 1) -> None:
    for i in range(count):
        with platform.writing() as work:
            work.tell(topic, f"thing{i}", to=audience, shown={"i": i})


@pytest.fixture
def base(app: FastAPI, people: People) -> Iterator[str]:
    with served(app) as address:
        yield address


def _headers(client: object) -> dict[str, str]:
    return {"Authorization": client.headers["Authorization"]}  # type: ignore[attr-defined]


def test_everybody_gets_what_they_may_see(people: People, base: str) -> None:
    wang, li, official = people.join("contractor", "wang"), people.join("contractor"), people.join("official")
    streams = {
        "wang": Stream(base, headers=_headers(wang)),
        "li": Stream(base, headers=_headers(li)),
        "official": Stream(base, headers=_headers(official)),
        "public": Stream(base),
        "only": Stream(base, headers=_headers(official), topic=["secret.", "own"]),
    }
    tell(people.platform, "open.day")
    tell(people.platform, "own.thing", Audience(organisations=(people.organisation["wang"],)))
    tell(people.platform, "secret.thing", OVERSEERS_ONLY)
    tell(people.platform, "open.night")
    wait_for(lambda: all(s.topics() and s.topics()[-1] == "open.night" for n, s in streams.items() if n != "only"))
    wait_for(lambda: len(streams["only"].events) == 2)
    assert streams["wang"].topics() == ["open.day", "own.thing", "open.night"]
    assert streams["li"].topics() == streams["public"].topics() == ["open.day", "open.night"]
    assert streams["official"].topics() == ["open.day", "own.thing", "secret.thing", "open.night"]
    assert streams["only"].topics() == ["own.thing", "secret.thing"]
    event = streams["public"].events[0]
    assert (event["subject"], event["data"]) == ("thing0", {"i": 0}) and event["at"].endswith("Z")


def test_resumed_without_loss_or_repetition(people: People, base: str) -> None:
    """A writer never pauses; the reader breaks off and resumes, three times."""
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            tell(people.platform, "steady.beat")
            time.sleep(0.005)

    writer = threading.Thread(target=write)
    writer.start()
    seen: list[int] = []
    last = ""
    for _ in range(4):
        stream = Stream(base, headers={"Last-Event-ID": last} if last else {}, topic="steady.")
        have = len(stream.events)
        wait_for(lambda s=stream, have=have: len(s.events) > have + 15)
        stream.leave()
        stream.over.wait(10)
        seen += stream.numbers
        last = str(stream.numbers[-1])
    over.set()
    writer.join()
    assert len(seen) > 60 and seen == list(range(seen[0], seen[0] + len(seen)))


def test_what_happened_before_comes_first(people: People, base: str) -> None:
    tell(people.platform, "steady.beat", count=5)
    stream = Stream(base, after=0, topic="steady.")
    tell(people.platform, "steady.beat", count=5)
    wait_for(lambda: len(stream.events) == 10)
    assert stream.numbers == sorted(set(stream.numbers))
    fresh = Stream(base, after=10**9)  # a number from the future, as after a restored backup
    tell(people.platform, "steady.beat")
    wait_for(lambda: len(fresh.events) == 1)


def test_the_stream_ends_with_the_credentials(people: People, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_module, "RECHECK_SECONDS", 0.1)
    monkeypatch.setattr(router_module, "KEEPALIVE_SECONDS", 0.1)
    wang = people.join("contractor", "wang")
    stream = Stream(base, headers=_headers(wang))
    time.sleep(0.3)
    assert not stream.over.is_set()
    people.platform.clock.advance(dt.timedelta(hours=1))
    assert stream.over.wait(5)
    again = Stream(base, headers=_headers(wang))
    assert again.over.wait(5) and again.status == 401


def test_streams_end_when_the_server_stops(app: FastAPI, people: People) -> None:
    with served(app) as address:
        stream = Stream(address)
        assert stream.status == 200
    assert stream.over.wait(5)


def test_who_does_not_keep_up_is_dropped(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "QUEUE", 20)
    hub = Hub(people.platform)
    hub.start()

    async def dawdle() -> tuple[int, bool]:
        async with hub.listen(Filter(True, None)) as listener:
            await asyncio.to_thread(tell, people.platform, "steady.beat", EVERYBODY, 60)
            for _ in range(100):
                await asyncio.sleep(0.05)
                if listener.dropped:
                    break
            return len(await listener.next(1)), listener.dropped

    try:
        assert asyncio.run(dawdle()) == (0, True)
    finally:
        hub.stop()


def test_commits_of_other_servers_are_seen(people: People, base: str) -> None:
    """The writer shares the database, nothing else."""
    stream = Stream(base, topic="steady.")
    ours = people.platform
    other = Platform(ours.settings, ours.database, ours.clock, ours.district, ours.blobs)
    begun = time.monotonic()
    tell(other, "steady.beat")
    wait_for(lambda: stream.events)
    assert time.monotonic() - begun < 2


def test_many_listeners(people: People) -> None:
    """200 listeners, 20 events at 20 a second: each event reaches all within a second (p95)."""
    hub = Hub(people.platform)
    hub.start()
    late: list[float] = []

    async def listen() -> None:
        async with hub.listen(Filter(False, None, ("steady.",))) as listener:
            got = 0
            while got < 20:
                for frame in await listener.next(10):
                    got += 1
                    late.append((dt.datetime.now(dt.UTC) - frame.event.at).total_seconds())

    async def all_of_them() -> None:
        tasks = [asyncio.create_task(listen()) for _ in range(200)]
        while len(hub._listeners) < 200:
            await asyncio.sleep(0.01)
        for _ in range(20):
            await asyncio.to_thread(tell, people.platform, "steady.beat")
            await asyncio.sleep(0.05)
        await asyncio.gather(*tasks)

    try:
        asyncio.run(all_of_them())
    finally:
        hub.stop()
    assert len(late) == 4000
    assert sorted(late)[int(0.95 * len(late))] < 1.0


def test_pages(people: People) -> None:
    wang = people.join("contractor", "wang")
    tell(people.platform, "steady.beat", count=5)
    tell(people.platform, "own.thing", Audience(organisations=(people.organisation["wang"],)))
    tell(people.platform, "secret.thing", OVERSEERS_ONLY)
    json_ = {"Accept": "application/json"}
    first = wang.get("/v1/events", params={"limit": 3}, headers=json_).json()
    assert [e["topic"] for e in first["items"]] == ["steady.beat"] * 3 and first["more"] is True
    rest = wang.get("/v1/events", params={"after": first["last"]}, headers=json_).json()
    assert [e["topic"] for e in rest["items"]] == ["steady.beat"] * 2 + ["own.thing"] and rest["more"] is False
    assert wang.get("/v1/events", params={"after": rest["last"]}, headers=json_).json()["items"] == []
    assert len(people.public.get("/v1/events", headers=json_).json()["items"]) == 5
    only = people.public.get("/v1/events", params={"topic": "own."}, headers=json_).json()
    assert only["items"] == [] and only["more"] is False
    wrong = people.public.get("/v1/events", headers={**json_, "Last-Event-ID": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid")
