"""Every search finds what a plain reading of all listings finds, page by page; on both databases."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import People
from sqlalchemy import select

from api.listings import index, service, statements
from api.listings.models import TRADING, Listing, ListingMaterial
from api.listings.schemas import State
from benchmarks.market_checks import difference, scan

MATERIALS = ("spoil_silty_clay", "clay_wet", "topsoil")
WEST, SOUTH = 117.0, 36.8
STATES = get_args(State)
COUNT = 150


def fill(people: People, seed: int = 1) -> list[str]:
    """Listings of two organisations in every state, on a coarse grid, so that many are equally far; their owners."""
    chance = random.Random(seed)
    for name in ("wang", "li"):
        people.join("contractor", name)
    today, now = people.platform.clock.today(), people.platform.clock.now()
    owners = [people.organisation["wang"], people.organisation["li"]]
    with people.platform.writing() as work:
        rows = []
        for number in range(COUNT):
            begin = today + dt.timedelta(days=chance.randint(0, 9))
            lon, lat = WEST + chance.randint(0, 12) / 100, SOUTH + chance.randint(0, 12) / 100
            side = chance.choice(["supply", "demand"])
            materials = chance.sample(MATERIALS, 1 if side == "supply" else chance.randint(1, 3))
            row = Listing(
                organisation_id=chance.choice(owners), side=side, name=f"Lot {number}%_",
                street=chance.choice(["", "大桥", "Daqiao"]), material=materials[0], materials=materials,
                grade=chance.choice("12"), quantity=Decimal(100), unit="t", quantity_kg=100_000, window_from=begin,
                window_to=begin + dt.timedelta(days=chance.randint(0, 4)),
                reserve=chance.choice([None, Decimal(chance.randint(-20, 20))]), price_public=chance.random() < 0.5,
                state="open", lon=lon, lat=lat, entered_lon=lon, entered_lat=lat, entered_crs="wgs84",
                reserved_kg=0, committed_kg=0, created_at=now, updated_at=now,
            )  # fmt: skip
            work.session.add(row)
            rows.append(row)
        work.session.flush()
        for row in rows:
            index.put(work, row)
        for row in rows:
            if chance.random() < 0.4:
                service.move(work, row, chance.choice(STATES))
    return owners


def pages(client: TestClient, query: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    """All that a search finds, page by page."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = client.get("/v1/listings", params={**query, "limit": limit, **cursor})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert len(found["items"]) == limit or found["next"] is None
        items += found["items"]
        if found["next"] is None:
            return items
        cursor = {"cursor": found["next"]}


@st.composite
def queries(draw: st.DrawFn) -> dict[str, Any]:
    """Any filters together; dates in days from today."""
    maybe: dict[str, Any] = {
        "side": st.sampled_from(["supply", "demand"]),
        "material": st.sampled_from(MATERIALS),
        "grade": st.sampled_from("12x"),
        "state": st.sampled_from(STATES),
        "from": st.integers(-1, 14),
        "to": st.integers(-1, 14),
        "price_min": st.integers(-25, 25).map(str),
        "price_max": st.integers(-25, 25).map(str),
        "text": st.sampled_from(["lot 1", "DAQ", "大", "%", "nothing"]),
        "mine": st.just(True),
    }
    query = {name: draw(values) for name, values in maybe.items() if draw(st.integers(0, 3)) == 0}
    where = draw(st.sampled_from(["", "near", "bbox", "both"]))
    lon, lat = WEST + draw(st.integers(0, 120)) / 1000, SOUTH + draw(st.integers(0, 120)) / 1000
    if where in ("near", "both"):
        query |= {"near": f"{lon:.3f},{lat:.3f}"}
        query |= {"within_km": draw(st.sampled_from([0.31, 1.07, 3.13, 9.17, 200.0]))} if draw(st.booleans()) else {}
        query |= {"sort": draw(st.sampled_from(["newest", "distance"]))}
    if where in ("bbox", "both"):
        width = draw(st.integers(0, 80)) / 1000
        query["bbox"] = f"{lon:.3f},{lat:.3f},{lon + width:.3f},{lat + width:.3f}"
    return query


@pytest.mark.parametrize("few", [3, 1000], ids=["few-tried", "many-tried"])
def test_any_search_finds_what_a_plain_reading_finds(people: People, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    """Also where the newest few, looked at first, are so few that the search has to go on by place."""
    statements._shared.cache_clear()
    monkeypatch.setattr(statements, "NEWEST_TRIED", few)
    owners = fill(people)
    wang, today = people.sign_in("wang"), people.platform.clock.today()
    with people.platform.reading() as work:
        rows = list(work.session.execute(select(Listing)).scalars())

    @settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(queries(), st.sampled_from([4, 20, 50]), st.booleans())
    def search_it(query: dict[str, Any], limit: int, signed_in: bool) -> None:
        query |= {
            name: (today + dt.timedelta(days=query[name])).isoformat() for name in ("from", "to") if name in query
        }
        client, organisation = (wang, owners[0]) if signed_in else (people.public, None)
        found = pages(client, query, limit)
        right = scan(rows, query, organisation)
        assert not (fault := difference([item["id"] for item in found], True, right, query)), (query, fault)
        if "near" in query:
            assert all(abs(item["km"] - right[item["id"]]) < 0.001 for item in found)

    search_it()


def test_along_the_road(people: People) -> None:
    """As the straight search, but measured along the road: the nearest first, and none that is farther."""
    fill(people, seed=2)
    with people.platform.reading() as work:
        rows = [row for row in work.session.execute(select(Listing)).scalars() if row.state in TRADING]
    here = (117.05, 36.85)
    by_road = people.platform.district.road_km(here, [(row.lon, row.lat) for row in rows])
    right = {row.id: km for row, km in zip(rows, by_road, strict=True) if km is not None and km <= 6}
    query = {"near": "117.05,36.85", "within_km": 6, "along": "road"}
    found = pages(people.public, query, 4)
    assert 4 < len(right) < len(rows)
    assert not difference([item["id"] for item in found], True, right, {**query, "sort": "distance"})


def test_a_cursor_is_not_disturbed_by_what_comes_and_goes(people: People) -> None:
    """Newer listings come before the page, ended ones are gone; the others are neither lost nor repeated."""
    fill(people)
    first = people.public.get("/v1/listings", params={"limit": 20}).json()
    rest = [item["id"] for item in pages(people.public, {}, 200)][20:]
    with people.platform.writing() as work:
        locked = service.lock(work, [first["items"][3]["id"], rest[4]])
        for row in locked.values():
            service.move(work, row, "withdrawn")
    went_on = people.public.get("/v1/listings", params={"limit": 200, "cursor": first["next"]}).json()
    assert [item["id"] for item in went_on["items"]] == [id_ for id_ in rest if id_ != rest[4]]


def test_the_index_holds_what_is_on_the_market_and_nothing_else(people: People) -> None:
    fill(people)
    with people.platform.reading() as work:
        rows = work.session.execute(select(Listing)).scalars()
        wanted = {(row.id, material) for row in rows if row.state in TRADING for material in ("", *row.materials)}
        held = work.session.execute(select(ListingMaterial.listing_id, ListingMaterial.material)).all()
    assert len(held) == len(wanted) and {tuple(entry) for entry in held} == wanted


def test_a_cursor_of_another_order_is_refused(people: People) -> None:
    fill(people)
    cursor = people.public.get("/v1/listings", params={"limit": 5}).json()["next"]
    answer = people.public.get("/v1/listings", params={"cursor": cursor, "near": "117,36.8", "sort": "distance"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")
