"""Webhooks: signed, at least once, later and later, dead at last, and never into our own network; on both databases."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from live import Receiver
from people import People, wait_for
from sqlalchemy import select

from api.kernel.work import EVERYBODY, OVERSEERS_ONLY, Audience
from api.settings import Settings
from api.webhooks import sender as sender_module
from api.webhooks.address import AddressRefused, refuse_bad_address
from api.webhooks.models import Delivery
from api.webhooks.sender import Sender, delay


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def sender(people: People) -> Iterator[Sender]:
    sender = Sender(people.platform)
    sender.start()
    yield sender
    sender.stop()


def register(client: TestClient, receiver: Receiver, *topics: str) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"url": receiver.url, "topics": list(topics)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def tell(people: People, topic: str, audience: Audience = EVERYBODY) -> None:
    with people.platform.writing() as work:
        work.tell(topic, "thing", to=audience, shown={"名": 1})


def deliveries(client: TestClient, hook: dict[str, Any], state: str) -> list[dict[str, Any]]:
    return client.get(f"/v1/webhooks/{hook['id']}/deliveries", params={"state": state}).json()["items"]


def test_signed_and_filtered(people: People, receiver: Receiver, sender: Sender) -> None:
    wang = people.join("contractor", "wang")
    tell(people, "thing.before")
    hook = register(wang, receiver, "thing.", "other.")
    tell(people, "thing.happened")
    tell(people, "thing.own", Audience(organisations=(people.organisation["wang"],)))
    tell(people, "thing.secret", OVERSEERS_ONLY)
    tell(people, "unwanted.happened")
    tell(people, "other.last")
    wait_for(lambda: len(receiver.got) == 3)
    assert {e["topic"] for e in receiver.bodies()} == {"thing.happened", "thing.own", "other.last"}
    headers, body = receiver.got[0]
    at, signature = (part.partition("=")[2] for part in headers["x-cutfill-signature"].split(","))
    expected = hmac.new(hook["secret"].encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert signature == expected
    assert abs(int(at) - dt.datetime.now(dt.UTC).timestamp()) < 60
    assert headers["x-cutfill-event"] == str(receiver.bodies()[0]["number"])
    wait_for(lambda: len(deliveries(wang, hook, "delivered")) == 3)
    assert wang.get(f"/v1/webhooks/{hook['id']}").headers["ETag"] == '"1"'  # deliveries are no edits


def test_failures_are_tried_again_and_given_up(
    people: People, receiver: Receiver, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_module, "MOST_ATTEMPTS", 3)
    wang = people.join("contractor", "wang")
    hook = register(wang, receiver)
    receiver.status = 500
    tell(people, "thing.happened")
    for attempt in (1, 2, 3):
        wait_for(lambda n=attempt: _noted(people) == n)
        people.platform.clock.advance(dt.timedelta(hours=2))
    wang = people.sign_in("wang")  # hours have passed
    dead = deliveries(wang, hook, "dead")
    assert (dead[0]["attempts"], dead[0]["last_status"], dead[0]["last_error"]) == (3, 500, "answered 500")
    assert len(receiver.got) == 3 and len({body for _, body in receiver.got}) == 1
    receiver.status = 200
    place = f"/v1/webhooks/{hook['id']}/deliveries/{dead[0]['id']}/retry"
    assert wang.post(place).json()["state"] == "pending"
    wait_for(lambda: deliveries(wang, hook, "delivered"))
    repeated = wang.post(place)
    assert (repeated.status_code, repeated.json()["code"]) == (409, "wrong-state")


def _noted(people: People) -> int:
    """Attempts of the one delivery of which the end is written down."""
    with people.platform.reading() as work:
        row = work.session.execute(select(Delivery)).scalar_one_or_none()
        if row is None or not row.last_error:
            return 0
        under_way = row.state == "pending" and row.next_at - work.clock.now() > dt.timedelta(seconds=50)
        return 0 if under_way else row.attempts


def test_a_receiver_that_is_away_does_not_hold_up_others(people: People, receiver: Receiver, sender: Sender) -> None:
    wang, li = people.join("contractor"), people.join("contractor")
    away = Receiver()
    away.close()
    broken, good = register(wang, away), register(li, receiver)
    for _ in range(5):
        tell(people, "thing.happened")
    wait_for(lambda: len(deliveries(li, good, "delivered")) == 5)
    wait_for(lambda: any(d["last_error"].startswith("ConnectError") for d in deliveries(wang, broken, "pending")))


def test_a_server_that_died_in_the_middle_only_delays(people: People, receiver: Receiver) -> None:
    wang = people.join("contractor")
    hook = register(wang, receiver)
    tell(people, "thing.happened")
    first = Sender(people.platform)
    while first._make_deliveries():
        pass
    assert len(first._claim()) == 1 and first._claim() == []  # claimed and never sent
    second = Sender(people.platform)
    second.start()
    try:
        people.platform.clock.advance(dt.timedelta(seconds=61))
        wait_for(lambda: deliveries(wang, hook, "delivered"))
        assert len(receiver.got) == 1
    finally:
        second.stop()


def test_change_rotate_ping_delete(people: People, receiver: Receiver, sender: Sender) -> None:
    wang = people.join("contractor")
    hook = register(wang, receiver)
    place = f"/v1/webhooks/{hook['id']}"
    assert "secret" not in wang.get(place).json()
    assert wang.patch(place, json={"active": False}).json()["code"] == "precondition-required"
    off = wang.patch(place, json={"active": False}, headers={"If-Match": '"1"'})
    assert off.json()["active"] is False and off.headers["ETag"] == '"2"'
    assert wang.patch(place, json={"active": True}, headers={"If-Match": '"1"'}).json()["code"] == "stale-version"
    assert wang.post(f"{place}/ping").json()["code"] == "wrong-state"
    tell(people, "thing.while_away")
    wang.patch(place, json={"active": True, "topics": ["thing."]}, headers={"If-Match": '"2"'})
    rotated = wang.post(f"{place}/rotate").json()
    assert rotated["secret"] != hook["secret"] and rotated["secret"].startswith("whsec_")
    assert wang.post(f"{place}/ping").status_code == 202
    wait_for(lambda: deliveries(wang, hook, "delivered"))
    ((headers, body),) = receiver.got
    assert receiver.bodies()[0]["topic"] == "webhook.ping"
    at = headers["x-cutfill-signature"].partition(",")[0].removeprefix("t=")
    assert headers["x-cutfill-signature"].endswith(
        hmac.new(rotated["secret"].encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    )
    assert wang.delete(place, headers={"If-Match": '"1"'}).json()["code"] == "stale-version"
    assert wang.delete(place).status_code == 204
    assert wang.get(place).json()["code"] == "not-found"


def test_others_do_not_see_it(people: People, receiver: Receiver) -> None:
    wang, li, planner = people.join("contractor"), people.join("contractor"), people.join("planner")
    place = f"/v1/webhooks/{register(wang, receiver)['id']}"
    for foreign in (li, planner):
        assert foreign.get(place).json()["code"] == "not-found"
        assert foreign.get(f"{place}/deliveries").json()["code"] == "not-found"
        assert foreign.post(f"{place}/rotate").json()["code"] == "not-found"
        assert foreign.get("/v1/webhooks").json()["items"] == []
    assert people.public.get("/v1/webhooks").json()["code"] == "not-signed-in"
    headers = {"Idempotency-Key": "one"}
    made = [li.post("/v1/webhooks", json={"url": receiver.url}, headers=headers) for _ in range(2)]
    assert {**made[0].json(), "secret": ""} == made[1].json() and len(li.get("/v1/webhooks").json()["items"]) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x",  # not https
        "https://127.0.0.1/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://2130706433/x",  # 127.0.0.1 as a number
        "https://localhost/x",
        "https://user:word@93.184.216.34/x",
        "https://no-such-host.invalid/x",
        "https:///x",
    ],
)
def test_addresses_refused_in_production(url: str) -> None:
    with pytest.raises(AddressRefused):
        refuse_bad_address(_production(), url)


def test_a_name_that_turns_inside_later_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [["93.184.216.34"], ["93.184.216.34", "10.0.0.1"]]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [(0, 0, 0, "", (ip, 443)) for ip in answers.pop(0)])
    assert refuse_bad_address(_production(), "https://example.org/x") == "93.184.216.34"
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        refuse_bad_address(_production(), "https://example.org/x")


def _production() -> Settings:
    return Settings(environment="production", secret_key="x" * 40)  # type: ignore[arg-type]


def test_refused_where_it_is_entered_and_where_it_is_sent(people: People, receiver: Receiver) -> None:
    wang = people.join("contractor")
    hook = register(wang, receiver)
    people.platform.settings = people.platform.settings.model_copy(update={"environment": "production"})
    refused = wang.post("/v1/webhooks", json={"url": "https://10.0.0.1/x"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "url")
    edit = wang.patch(f"/v1/webhooks/{hook['id']}", json={"url": "https://10.0.0.1/x"}, headers={"If-Match": '"1"'})
    assert edit.json()["code"] == "invalid"
    tell(people, "thing.happened")
    sender = Sender(people.platform)
    sender.start()
    try:
        wait_for(lambda: any("address refused" in d["last_error"] for d in deliveries(wang, hook, "pending")))
        assert receiver.got == []
    finally:
        sender.stop()


def test_back_off_doubles_up_to_an_hour() -> None:
    assert 2.5 <= delay(1).total_seconds() <= 7.5
    assert 40 <= delay(5).total_seconds() <= 120
    assert 1800 <= delay(30).total_seconds() <= 5400
