"""The market under random histories and under many hands at once, on both databases.

``CUTFILL_STATEFUL=200 pytest tests/market/test_stateful.py`` runs 200 histories with new seeds instead of the few fixed
ones of CI.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import random
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from invariants import check_all, check_books, check_told
from people import People, settings_for
from served import serving
from sqlalchemy import select

from api.app import create_app
from api.events.models import LedgerHead
from api.housekeeping import run_once
from api.jobs.here import run_here

HISTORIES = int(os.environ.get("CUTFILL_STATEFUL", "0"))
PIT = {"lon": 117.0356, "lat": 36.80487, "crs": "wgs84"}
FILL = {"lon": 117.05561, "lat": 36.82183, "crs": "wgs84"}
YARD = {"lon": 117.04911, "lat": 36.83598, "crs": "wgs84"}
MATERIALS = ("spoil_silty_clay", "clay_wet")
ON_MARKET = ("open", "partly_matched", "matched")
TRADERS = ("wang", "li", "zhao")
# what a request may be refused with; anything else is a defect
REFUSALS = {
    "wrong-state", "over-committed", "closed-window", "stale-version", "foreign-resource", "not-found", "invalid",
}  # fmt: skip
picks = st.integers(0, 10**6)


class World:
    """One platform with its people; histories follow each other on it, each beginning with an empty market."""

    def __init__(self, app: FastAPI, people: People) -> None:
        self.people, self.platform, self.app = people, people.platform, app
        for name in TRADERS:
            people.join("contractor", name)
        people.join("facility", "yard")
        people.join("planner", "planner")
        people.join("admin", "root")
        self.clients: dict[str, TestClient] = {}
        self.sign_in()

    def sign_in(self) -> None:
        self.clients = {name: self.people.sign_in(name) for name in (*TRADERS, "yard", "planner", "root")}

    def day(self, offset: int) -> str:
        return (self.platform.clock.today() + dt.timedelta(days=offset)).isoformat()

    def head(self) -> int:
        """How much was told so far."""
        with self.platform.reading() as work:
            return work.session.execute(select(LedgerHead.event + LedgerHead.entry)).scalar_one()

    def send(self, who: str, path: str, body: Any = None, **headers: str) -> Any:
        """A request; what is refused is refused by name, and changes nothing."""
        before = self.head()
        answer = self.clients[who].post(path, json=body, headers=headers)
        if answer.status_code >= 400:
            assert answer.json()["code"] in REFUSALS, answer.text
            assert self.head() == before, (path, answer.text)
        return answer

    def items(self, path: str, who: str = "root", **query: Any) -> list[dict[str, Any]]:
        answer = self.clients[who].get(path, params={"limit": 200, **query})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def supply(self, who: str, **changes: Any) -> Any:
        return self._post(who, "supply", PIT, "-30", **changes)

    def demand(self, who: str, **changes: Any) -> Any:
        return self._post(who, "demand", FILL, "15", **changes)

    def _post(self, who: str, side: str, place: dict[str, Any], reserve: str, **changes: Any) -> Any:
        body = {"side": side, "name": f"{side} of {who}", "materials": [MATERIALS[0]], "quantity": 500, "unit": "t",
                "window_from": self.day(0), "window_to": self.day(6), "reserve": reserve, "location": place,
                "open": True}  # fmt: skip
        return self.send(who, "/v1/listings", {**body, **changes})

    def facility(self, **changes: Any) -> dict[str, Any]:
        body = {"name": "yard", "kind": "yard", "accepts": ["*"], "storage": 600, "daily_in": 200, "daily_out": 200,
                "fee": "1", "location": YARD, "auto_accept": True}  # fmt: skip
        answer = self.clients["yard"].post("/v1/facilities", json={**body, **changes})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def clear(self, **changes: Any) -> None:
        body = {"start": self.day(0), "days": 5, "window_hours": 30, "publish": True, **changes}
        answer = self.send("planner", "/v1/clearings", body)
        if answer.status_code == 202:
            run_here(self.platform, answer.json()["job_id"])
            job = self.clients["planner"].get(answer.headers["Location"]).json()
            assert job["state"] == "succeeded", job["error"]

    def on_market(self) -> list[dict[str, Any]]:
        """Listings that are open, partly matched or matched."""
        return [row for state in ON_MARKET for row in self.items("/v1/listings", state=state)]

    def name(self, organisation: str) -> str:
        """Whose organisation it is."""
        return next(name for name, id_ in self.people.organisation.items() if id_ == organisation)

    def empty(self) -> None:
        """Ends everything that is open."""
        for state, event in (("solved", "discard"), ("published", "settle")):
            for row in self.items("/v1/clearings", state=state):
                self.send("planner", f"/v1/clearings/{row['id']}/{event}")
        for row in self.on_market():
            self.send(self.name(row["organisation_id"]), f"/v1/listings/{row['id']}/close")
        for row in self.items("/v1/facilities"):
            if row["status"] == "open":
                self.clients["yard"].patch(
                    f"/v1/facilities/{row['id']}",
                    json={"status": "closed"},
                    headers={"If-Match": f'"{row["version"]}"'},
                )


class Histories(RuleBasedStateMachine):
    """Whatever members, planners and time may do, in any order."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.empty()
        self.world.facility()
        self.world.facility(name="tip", kind="disposal", storage=900, fee="8")
        for who, other in itertools.pairwise(TRADERS):
            self.world.supply(who, auto_accept=who == "wang", daily_max=200)
            self.world.demand(other, auto_accept=other == "zhao", unit="m3_compacted", quantity=180)
        self.last: tuple[str, str, Any, str] | None = None

    def pick(self, path: str, number: int, **query: Any) -> dict[str, Any] | None:
        rows = self.world.items(path, **query)[:40]
        return rows[number % len(rows)] if rows else None

    @rule(
        who=st.sampled_from(TRADERS),
        t=st.integers(20, 900),
        material=st.sampled_from(MATERIALS),
        last=st.integers(1, 9),
        daily=st.sampled_from((None, 60, 150)),
        auto=st.booleans(),
        lot=st.sampled_from((None, 40)),
    )
    def give(self, who: str, t: int, material: str, last: int, daily: int | None, auto: bool, lot: int | None) -> None:
        self.world.supply(
            who, quantity=t, materials=[material], window_to=self.world.day(last), daily_max=daily, auto_accept=auto,
            minimum_lot=lot if lot and lot <= t else None,
        )  # fmt: skip

    @rule(
        who=st.sampled_from(TRADERS),
        amount=st.integers(20, 600),
        unit=st.sampled_from(("t", "m3_compacted")),
        materials=st.permutations(MATERIALS),
        last=st.integers(1, 9),
        daily=st.sampled_from((None, 50, 120)),
        auto=st.booleans(),
    )
    def need(
        self, who: str, amount: int, unit: str, materials: list[str], last: int, daily: int | None, auto: bool
    ) -> None:
        self.world.demand(
            who, quantity=amount, unit=unit, materials=materials, window_to=self.world.day(last), daily_max=daily,
            auto_accept=auto,
        )  # fmt: skip

    @rule(number=picks, quantity=st.integers(10, 800), days=st.integers(0, 8), stale=st.booleans())
    def change(self, number: int, quantity: int, days: int, stale: bool) -> None:
        row = self.pick("/v1/listings", number)
        if row is None:
            return
        version = row["version"] - 1 if stale else row["version"]
        patch = {"quantity": quantity} if number % 2 else {"window_to": self.world.day(days), "reserve": "0"}
        before = self.world.head()
        answer = self.world.clients[self.world.name(row["organisation_id"])].patch(
            f"/v1/listings/{row['id']}", json=patch, headers={"If-Match": f'"{version}"'}
        )
        if stale:
            assert answer.json()["code"] == "stale-version"
        if answer.status_code >= 400:
            assert answer.json()["code"] in REFUSALS, answer.text
            assert self.world.head() == before

    @rule(number=picks, event=st.sampled_from(("withdraw", "close")))
    def end_listing(self, number: int, event: str) -> None:
        row = self.pick("/v1/listings", number)
        if row is not None:
            self.world.send(self.world.name(row["organisation_id"]), f"/v1/listings/{row['id']}/{event}")

    @rule(one=picks, other=picks, t=st.integers(10, 300), day=st.integers(0, 6), who=st.sampled_from(TRADERS))
    def offer(self, one: int, other: int, t: int, day: int, who: str) -> None:
        theirs = self.pick("/v1/listings", one)
        own = self.world.items("/v1/listings", who, mine=True)
        if theirs is None or not own:
            return
        body = {"listing_id": theirs["id"], "own_listing_id": own[other % len(own)]["id"], "price": "-2", "hours": 20,
                "schedule": [{"date": self.world.day(day), "t": t}]}  # fmt: skip
        key = uuid.uuid4().hex
        answer = self.world.send(who, "/v1/offers", body, **{"Idempotency-Key": key})
        if answer.status_code == 201:
            self.last = (who, "/v1/offers", body, key)

    @rule()
    def repeat(self) -> None:
        """The same creation again is answered as the first time, and does nothing."""
        if self.last is None:
            return
        who, path, body, key = self.last
        before = self.world.head()
        answer = self.world.clients[who].post(path, json=body, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.headers["Idempotency-Replayed"]) == (201, "true")
        assert self.world.head() == before

    @rule(number=picks, event=st.sampled_from(("accept", "accept", "decline", "withdraw", "counter")), t=picks)
    def answer_offer(self, number: int, event: str, t: int) -> None:
        row = self.pick("/v1/offers", number, state="open")
        if row is None:
            return
        who = self.world.name(row["from_id"] if event == "withdraw" else row["to_id"])
        schedule = [{**row["schedule"][0], "t": 5 + t % 200}]
        body = {"schedule": schedule, "price": "-1"} if event == "counter" else None
        path = f"/v1/offers/{row['id']}/{event}"
        answer = self.world.send(who, path, body)
        if event == "accept" and answer.status_code == 200:
            self._again(who, path, answer)

    @rule(number=picks, event=st.sampled_from(("accept", "accept", "accept", "decline")))
    def answer_proposal(self, number: int, event: str) -> None:
        row = self.pick("/v1/proposals", number, state="open")
        if row is None:
            return
        who = self.world.name(row["seller_id"] if number % 2 else row["buyer_id"])
        path = f"/v1/proposals/{row['id']}/{event}"
        answer = self.world.send(who, path)
        if answer.status_code == 200:
            self._again(who, path, answer)

    def _again(self, who: str, path: str, first: Any) -> None:
        before = self.world.head()
        again = self.world.clients[who].post(path, headers={"If-Match": '"0"'})
        assert (again.status_code, again.json()) == (200, first.json())
        assert self.world.head() == before

    @rule(publish=st.booleans(), form=st.sampled_from(("welfare", "welfare", "policy")), days=st.integers(1, 7))
    def clear(self, publish: bool, form: str, days: int) -> None:
        self.world.clear(publish=publish, form=form, days=days)

    @rule(number=picks, event=st.sampled_from(("publish", "publish", "settle", "discard")))
    def clearing_event(self, number: int, event: str) -> None:
        row = self.pick("/v1/clearings", number, state="published" if event == "settle" else "solved")
        if row is not None:
            self.world.send("planner", f"/v1/clearings/{row['id']}/{event}")

    @rule(number=picks, status=st.sampled_from(("open", "closed")))
    def facility_status(self, number: int, status: str) -> None:
        row = self.pick("/v1/facilities", number)
        if row is not None:
            answer = self.world.clients["yard"].patch(
                f"/v1/facilities/{row['id']}", json={"status": status}, headers={"If-Match": f'"{row["version"]}"'}
            )
            assert answer.status_code == 200, answer.text

    @rule(hours=st.sampled_from((1, 13, 31)))
    def time_goes_by(self, hours: int) -> None:
        self.world.platform.clock.advance(dt.timedelta(hours=hours))
        run_once(self.world.platform)
        self.world.sign_in()

    @invariant()
    def books_balance(self) -> None:
        check_books(self.world.platform)

    def teardown(self) -> None:
        check_told(self.world.platform)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Any:
    app = create_app(settings_for(database_url, tmp_path, access_minutes=120))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield World(app, People(app, client))


@pytest.mark.slow
def test_histories(world: World) -> None:
    machine = type("Machine", (Histories,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=HISTORIES or 5,
            stateful_step_count=25,
            deadline=None,
            derandomize=not HISTORIES,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate,),
            verbosity=Verbosity.debug,  # a market that went on cannot replay a failure: its trace is in the output
        ),
    )
    check_all(world.platform)
    assert world.items("/v1/deals"), "no history came to a deal"


@pytest.mark.slow
def test_many_hands(world: World) -> None:
    """Eight clients of a real server answer and end things at once, while the planner publishes and settles."""
    rounds = max(3, HISTORIES // 10)
    with serving(world.app) as url:
        for seed in range(rounds):
            _one_scramble(world, url, seed)
            check_all(world.platform)


def _one_scramble(world: World, url: str, seed: int) -> None:
    chance = random.Random(seed)
    world.empty()
    world.facility()
    for who in TRADERS:
        for i in range(3):
            world.supply(who, quantity=chance.randint(50, 400), auto_accept=i == 0)
            world.demand(who, quantity=chance.randint(50, 400), auto_accept=i == 1, daily_max=(None, 80)[i % 2])
    world.clear(), world.clear(publish=False, start=world.day(1))
    supplies, demands = (world.items("/v1/listings", side=side) for side in ("supply", "demand"))
    for one in demands:
        theirs = chance.choice([row for row in supplies if row["organisation_id"] != one["organisation_id"]])
        world.send(
            world.name(one["organisation_id"]),
            "/v1/offers",
            {"listing_id": theirs["id"], "own_listing_id": one["id"], "price": "-2",
             "schedule": [{"date": world.day(2), "t": chance.randint(5, 120)}]},
        )  # fmt: skip
    failures: list[str] = []
    names = (*TRADERS, "planner")
    hands = [
        threading.Thread(target=_hand, args=(world, url, names[i % 4], random.Random(seed * 100 + i), failures))
        for i in range(8)
    ]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert not failures, failures


def _hand(world: World, url: str, who: str, chance: random.Random, failures: list[str]) -> None:
    """One client: every request is answered by what the API declares; nothing fails by a conflict of locks."""
    import httpx2

    headers = dict(world.clients[who].headers)
    with httpx2.Client(base_url=url, headers={"Authorization": headers["authorization"]}, timeout=60) as client:
        for _ in range(12):
            path, body = _any_request(client, who, chance)
            if path is None:
                continue
            answer = client.post(path, json=body)
            if answer.status_code >= 400 and answer.json().get("code") not in REFUSALS:
                failures.append(f"{who} {path}: {answer.status_code} {answer.text}")


def _any_request(client: Any, who: str, chance: random.Random) -> tuple[str | None, Any]:
    if who == "planner":
        state, event = chance.choice((("solved", "publish"), ("published", "settle")))
        rows = client.get("/v1/clearings", params={"state": state}).json()["items"]
        return (
            (f"/v1/clearings/{chance.choice(rows)['id']}/{event}", None)
            if rows and chance.random() < 0.3
            else (None, None)
        )
    noun, event = chance.choice(
        (("proposals", "accept"), ("proposals", "accept"), ("proposals", "decline"), ("offers", "accept"),
         ("offers", "accept"), ("offers", "decline"), ("offers", "withdraw"), ("listings", "withdraw"),
         ("listings", "close"))
    )  # fmt: skip
    query = {"mine": True} if noun == "listings" else {"state": "open"}
    rows = client.get(f"/v1/{noun}", params={"limit": 100, **query}).json()["items"]
    if not rows or (noun == "listings" and chance.random() < 0.7):
        return None, None
    return f"/v1/{noun}/{chance.choice(rows)['id']}/{event}", None
