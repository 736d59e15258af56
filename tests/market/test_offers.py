"""Direct offers, on both databases."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from people import People

from api.housekeeping import run_once

PIT = {"lon": 117.0356, "lat": 36.80487, "crs": "wgs84"}
FILL = {"lon": 117.05561, "lat": 36.82183, "crs": "wgs84"}


class Two:
    """A contractor with 700 t to give and one with room for 500 t."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.wang, self.li = people.join("contractor", "wang"), people.join("contractor", "li")
        self.today = people.platform.clock.today()
        self.supply = self.post(self.wang, "supply", 700, PIT)
        self.demand = self.post(self.li, "demand", 500, FILL)

    def day(self, offset: int) -> str:
        return (self.today + dt.timedelta(days=offset)).isoformat()

    def post(self, client: Any, side: str, t: float, place: dict[str, Any], **changes: Any) -> dict[str, Any]:
        body = {"side": side, "name": side, "materials": ["spoil_silty_clay"], "quantity": t, "unit": "t",
                "window_from": self.day(1), "window_to": self.day(7), "location": place, "open": True}  # fmt: skip
        answer = client.post("/v1/listings", json={**body, **changes})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def terms(self, t: float = 200, **changes: Any) -> dict[str, Any]:
        return {"schedule": [{"date": self.day(2), "t": t}], "price": "-3", **changes}

    def offer(self, client: Any = None, **changes: Any) -> Any:
        ends = {"listing_id": self.supply["id"], "own_listing_id": self.demand["id"]}
        return (client or self.li).post("/v1/offers", json={**ends, **self.terms(), **changes})


@pytest.fixture
def two(people: People) -> Two:
    return Two(people)


def test_offer_counter_accept(two: Two) -> None:
    made = two.offer()
    assert made.status_code == 201, made.text
    place = made.headers["Location"]
    assert two.people.join("contractor").get(place).status_code == 404
    assert two.li.post(f"{place}/accept").json()["code"] == "foreign-resource"  # its own offer
    answer = two.wang.post(f"{place}/counter", json=two.terms(300, price="-1.5", haul_by="seller"))
    assert answer.status_code == 201 and answer.json()["thread_id"] == made.json()["id"]
    assert two.wang.get(place).json()["state"] == "countered"
    assert two.wang.post(f"{place}/accept").json()["code"] == "wrong-state"
    done = two.li.post(f"{answer.headers['Location']}/accept").json()
    assert done["state"] == "accepted"
    assert two.li.post(f"{answer.headers['Location']}/accept").status_code == 200  # again changes nothing
    deal = two.wang.get(f"/v1/deals/{done['deal_id']}").json()
    assert deal["t"] == 300 and deal["buyer_price"] == "-1.50" and deal["haul_by"] == "seller"
    assert float(deal["seller_price"]) == pytest.approx(-1.5 - float(deal["haul"]))
    assert deal["seller_contact"]["phone"] and len(two.li.get("/v1/deals").json()["items"]) == 1
    assert two.people.public.get(f"/v1/listings/{two.supply['id']}").json()["left_t"] == 400
    assert b"spoil_silty_clay" in two.li.get("/v1/deals.csv").content


def test_decline_withdraw_expire(two: Two) -> None:
    places = [two.offer().headers["Location"] for _ in range(3)]
    assert two.wang.post(f"{places[0]}/decline").json()["state"] == "declined"
    assert two.wang.post(f"{places[1]}/withdraw").json()["code"] == "foreign-resource"
    assert two.li.post(f"{places[1]}/withdraw").json()["state"] == "withdrawn"
    two.people.platform.clock.advance(dt.timedelta(hours=49))
    wang = two.people.sign_in("wang")
    assert wang.post(f"{places[2]}/accept").json()["code"] == "closed-window"
    run_once(two.people.platform)
    assert wang.get(places[2]).json()["state"] == "expired"


def test_wrong_offers(two: Two) -> None:
    other = two.post(two.li, "demand", 100, FILL, materials=["clay_wet"], grade="1", minimum_lot=50)
    faults = two.offer(own_listing_id=other["id"], schedule=[{"date": two.day(40), "t": 10}]).json()
    assert {fault["field"] for fault in faults["errors"]} == {"listing_id", "schedule.0.date"}
    assert two.offer(schedule=[{"date": two.day(2), "t": 600}]).json()["code"] == "over-committed"
    assert two.offer(two.wang).json()["code"] == "foreign-resource"
    assert two.offer(listing_id=two.demand["id"]).json()["errors"][0]["field"] == "listing_id"
    two.wang.post(f"/v1/listings/{two.supply['id']}/close")
    assert two.offer().status_code == 404  # no longer on the market, so not to be seen


def test_competing_acceptances_never_take_more_than_there_is(two: Two) -> None:
    """700 t, ten buyers with an offer of 200 t each: three deals, whatever the order."""
    places = []
    for i in range(10):
        buyer = two.people.join("contractor", f"buyer{i}")
        demand = two.post(buyer, "demand", 200, FILL)
        places.append(two.offer(buyer, own_listing_id=demand["id"]).headers["Location"])
    codes: list[int] = []
    threads = [
        threading.Thread(target=lambda place=place: codes.append(two.wang.post(f"{place}/accept").status_code))
        for place in places
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] * 3 + [409] * 7
    left = two.people.public.get(f"/v1/listings/{two.supply['id']}").json()
    assert left["left_t"] == 100 and left["state"] == "partly_matched"
