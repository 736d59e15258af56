"""Listings: posting, states, search, bulk; on both databases."""

from __future__ import annotations

import datetime as dt
import io
import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import Workbook
from people import People

from api.kernel.problems import OverCommitted
from api.listings import service

HERE = {"lon": 117.0356, "lat": 36.80487, "crs": "wgs84"}


def lot(people: People, **changes: Any) -> dict[str, Any]:
    """A supply of 1,000 m³ bank of silty clay (1.90 t/m³: 1,900 t) for the coming week."""
    today = people.platform.clock.today()
    body = {
        "side": "supply",
        "name": "大桥站余土",
        "materials": ["spoil_silty_clay"],
        "quantity": 1000,
        "unit": "m3_bank",
        "window_from": (today + dt.timedelta(days=2)).isoformat(),
        "window_to": (today + dt.timedelta(days=8)).isoformat(),
        "reserve": "-12.5",
        "location": HERE,
        "open": True,
    }
    return {**body, **changes}


def post(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/v1/listings", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_post_open_and_what_others_see(people: People) -> None:
    wang, li, planner = people.join("contractor"), people.join("contractor"), people.join("planner")
    made = post(wang, lot(people))
    assert (made["state"], made["t"], made["left_t"]) == ("open", 1900.0, 1900.0)
    assert made["private"]["reserve"] == "-12.50" and made["mine"]
    seen = li.get(f"/v1/listings/{made['id']}").json()
    assert seen["private"] is None and seen["price"] is None and not seen["mine"]
    assert people.public.get(f"/v1/listings/{made['id']}").json()["private"] is None
    assert planner.get(f"/v1/listings/{made['id']}").json()["private"]["reserve"] == "-12.50"


def test_drafts_are_private_until_opened(people: People) -> None:
    wang, li = people.join("contractor"), people.join("contractor")
    made = post(wang, lot(people, open=False))
    place = f"/v1/listings/{made['id']}"
    assert li.get(place).status_code == 404 and people.public.get("/v1/listings").json()["items"] == []
    assert li.post(f"{place}/open").status_code == 404
    assert wang.post(f"{place}/open").json()["state"] == "open"
    again = wang.post(f"{place}/open")
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")
    assert len(people.public.get("/v1/listings").json()["items"]) == 1


@pytest.mark.parametrize(
    ("changes", "code", "fields"),
    [
        ({"materials": ["市政污泥"]}, "refused-material", {"materials.0"}),
        ({"materials": ["moon dust"], "location": {**HERE, "lon": 10}}, "invalid", {"materials.0", "location"}),
        ({"materials": ["slurry"], "unit": "m3_compacted"}, "invalid", {"quantity"}),
        ({"grade": "1"}, "invalid", {"certificate_id"}),
        ({"grade": "x"}, "invalid", {"grade"}),
        ({"minimum_lot": 2000, "certificate_id": "doc_x", "photo_ids": ["doc_y"]}, "invalid",
         {"minimum_lot", "certificate_id", "photo_ids"}),
        ({"side": "demand", "grade": "x"}, "invalid", {"grade"}),
        ({"location": None}, "invalid", {"location"}),
        ({"location": {**HERE, "crs": "mars"}}, "unknown-coordinate-system", {"location.crs"}),
        ({"window_to": "2020-01-01"}, "invalid", {"window_to"}),
    ],
)  # fmt: skip
def test_wrong_input_is_named_at_its_field(people: People, changes: dict, code: str, fields: set) -> None:
    wang = people.join("contractor")
    answer = wang.post("/v1/listings", json=lot(people, **changes))
    assert answer.status_code == 422 and answer.json()["code"] == code, answer.text
    assert {fault["field"] for fault in answer.json()["errors"]} == fields
    assert wang.get("/v1/listings", params={"mine": True}).json()["items"] == []


def test_an_unapproved_organisation_drafts_but_does_not_open(people: People) -> None:
    new = people.join("contractor", state="pending")
    made = post(new, lot(people, open=False))
    assert new.post(f"/v1/listings/{made['id']}/open").json()["code"] == "organisation-not-approved"
    assert new.post("/v1/listings", json=lot(people)).json()["code"] == "organisation-not-approved"


def test_an_expired_permit_keeps_a_listing_from_opening(people: People) -> None:
    wang = people.join("contractor")
    permit = {"number": "P-1", "valid_from": "2020-01-01", "valid_to": "2020-12-31"}
    site = wang.post("/v1/sites", json={"name": "s", "location": HERE, "permits": [permit]}).json()
    answer = wang.post("/v1/listings", json=lot(people, site_id=site["id"], location=None))
    assert (answer.status_code, answer.json()["code"]) == (409, "expired-permit")
    assert "P-1" in answer.json()["detail"]
    draft = post(wang, lot(people, site_id=site["id"], location=None, open=False))
    assert draft["location"]["lon"] == HERE["lon"]


def test_changing_an_open_listing(people: People) -> None:
    wang = people.join("contractor")
    made = post(wang, lot(people))
    place, version = f"/v1/listings/{made['id']}", {"If-Match": '"1"'}
    frozen = wang.patch(place, json={"materials": ["clay_wet"]}, headers={"If-Match": "*"})
    assert frozen.json()["code"] == "wrong-state"
    version = {"If-Match": wang.get(place).headers["ETag"]}
    more = wang.patch(place, json={"quantity": 1200, "reserve": None}, headers=version)
    assert more.status_code == 200 and more.json()["t"] == 2280.0 and more.json()["private"]["reserve"] is None
    assert wang.patch(place, json={"quantity": 1300}, headers=version).json()["code"] == "stale-version"
    with people.platform.writing() as work:
        row = service.lock(work, [made["id"]])[made["id"]]
        service.commit(work, row, 2_000_000, reserved=False)
    less = wang.patch(place, json={"quantity": 1000}, headers={"If-Match": "*"})
    assert less.json()["errors"][0]["field"] == "quantity"


def test_withdraw_close_and_expire(people: People) -> None:
    wang = people.join("contractor")
    one, two, three = (post(wang, lot(people)) for _ in range(3))
    assert wang.post(f"/v1/listings/{one['id']}/withdraw").json()["state"] == "withdrawn"
    with people.platform.writing() as work:
        row = service.lock(work, [two["id"]])[two["id"]]
        service.reserve(work, row, 1000)
    assert wang.post(f"/v1/listings/{two['id']}/withdraw").json()["code"] == "wrong-state"
    with people.platform.writing() as work:
        service.commit(work, service.lock(work, [two["id"]])[two["id"]], 1000, reserved=True)
    assert wang.post(f"/v1/listings/{two['id']}/withdraw").json()["code"] == "wrong-state"
    assert wang.post(f"/v1/listings/{two['id']}/close").json()["state"] == "closed"
    people.platform.clock.advance(dt.timedelta(days=30))
    with people.platform.writing() as work:
        assert service.expire(work) == 1
    wang = people.sign_in("contractor1")
    assert wang.get(f"/v1/listings/{three['id']}").json()["state"] == "expired"


def test_search(people: People) -> None:
    wang = people.join("contractor")
    near = post(wang, lot(people, name="near"))
    far = post(wang, lot(people, name="far", location={**HERE, "lon": HERE["lon"] + 0.05}, price_public=True))
    need = post(
        wang,
        lot(people, side="demand", name="need", materials=["clay_wet", "spoil_silty_clay"], unit="m3_compacted",
            grade="1", location={**HERE, "lat": HERE["lat"] + 0.02}),
    )  # fmt: skip

    def names(**query: Any) -> list[str]:
        answer = people.public.get("/v1/listings", params=query)
        assert answer.status_code == 200, answer.text
        return [row["name"] for row in answer.json()["items"]]

    here = f"{HERE['lon']},{HERE['lat']}"
    assert names() == ["need", "far", "near"]
    assert names(side="supply") == ["far", "near"]
    assert names(material="湿黏土") == ["need"]
    assert names(material="spoil_silty_clay", near=here, within_km=1) == ["near"]
    assert names(near=here, sort="distance") == ["near", "need", "far"]
    assert names(near=here, within_km=20, along="road")[0] == "near"
    assert names(grade="2") == ["far", "near"]  # supplies fit for grade 2; the demand takes grade 1 only
    assert names(price_min=-20) == ["far"]  # only public prices are searched
    assert names(text="NEE") == ["need"]
    assert names(to=(people.platform.clock.today() - dt.timedelta(days=1)).isoformat()) == []
    pages = people.public.get("/v1/listings", params={"near": here, "sort": "distance", "limit": 2}).json()
    rest = people.public.get(
        "/v1/listings", params={"near": here, "sort": "distance", "limit": 2, "cursor": pages["next"]}
    ).json()
    assert [row["name"] for row in pages["items"] + rest["items"]] == ["near", "need", "far"]
    kilometres = [row["km"] for row in pages["items"]]
    assert kilometres == sorted(kilometres) and kilometres[0] == 0
    layer = people.public.get("/v1/listings.geojson", params={"side": "demand"})
    assert layer.headers["content-type"] == "application/geo+json"
    assert layer.json()["features"][0]["id"] == need["id"] and "private" not in layer.text
    assert people.public.get("/v1/listings", params={"within_km": 3}).json()["errors"][0]["field"] == "near"
    assert people.public.get("/v1/listings", params={"near": "a,b"}).json()["errors"][0]["field"] == "near"
    assert {near["id"], far["id"], need["id"]} == {
        row["id"] for row in wang.get("/v1/listings?mine=true").json()["items"]
    }


def workbook(rows: list[list[Any]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["csv", "gbk", "xlsx"])
def test_bulk(people: People, form: str) -> None:
    wang = people.join("contractor")
    today = people.platform.clock.today()
    header = ["供需", "材料", "数量", "单位", "起始日期", "截止日期", "lon", "lat", "crs"]
    end = (today + dt.timedelta(days=5)).isoformat()
    row = ["供", "粉质黏土", "100", "t", today.isoformat(), end, str(HERE["lon"]), str(HERE["lat"]), "wgs84"]
    bad = ["supply", "moon", "-1", "t", today.isoformat(), end, "1", "1", "mars"]

    def send(rows: list[list[str]]) -> Any:
        text = "\n".join(",".join(cells) for cells in rows)
        data = workbook(rows) if form == "xlsx" else text.encode("gb18030" if form == "gbk" else "utf-8-sig")
        return wang.post("/v1/listings/bulk", files={"file": (f"lots.{form[:3]}", data)})

    faulty = send([header, row, bad])
    assert faulty.status_code == 422
    places = {fault["field"] for fault in faulty.json()["errors"]}
    assert places == {f"lots.{form[:3]}:3: {column}" for column in ("材料", "数量", "crs")}, places
    assert wang.get("/v1/listings?mine=true").json()["items"] == []
    made = send([header, row, row])
    assert made.status_code == 201 and len(made.json()["ids"]) == 2
    assert wang.post("/v1/listings/bulk", files={"file": ("x.csv", b"a,b\n1,2\n")}).json()["code"] == "invalid"
    assert wang.post("/v1/listings/bulk", files={"file": ("x.bin", b"\x00\xff\xfe\x00")}).json()["code"] == "invalid"
    for kind in ("csv", "xlsx"):
        assert wang.get("/v1/listings/bulk/template", params={"format": kind}).status_code == 200


def test_concurrent_commitments_never_exceed_the_quantity(people: People) -> None:
    """1,900 t and twenty callers who want 150 t each: twelve get it, whatever the order."""
    made = post(people.join("contractor"), lot(people))
    won: list[int] = []

    def take() -> None:
        try:
            with people.platform.writing() as work:
                row = service.lock(work, [made["id"]])[made["id"]]
                service.reserve(work, row, 150_000)
                service.commit(work, row, 150_000, reserved=True)
            won.append(1)
        except OverCommitted:
            pass

    threads = [threading.Thread(target=take) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 12
    with people.platform.reading() as work:
        row = service.lock(work, [made["id"]])[made["id"]]
        assert (row.committed_kg, row.reserved_kg, row.state) == (1_800_000, 0, "partly_matched")
