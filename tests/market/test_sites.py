"""Sites: the exemplar of a noun, on both databases."""

from __future__ import annotations

from people import People

SITE = {
    "name": "大桥站基坑",
    "location": {"lon": 117.0356, "lat": 36.80487, "crs": "gcj02"},
    "street": "大桥",
    "estimates": [{"material": "spoil_silty_clay", "quantity": 8000, "unit": "m3_bank", "basis": "BIM"}],
    "permits": [{"number": "A-1", "valid_from": "2026-01-01", "valid_to": "2027-01-01"}],
}


def test_register_read_change(people: People) -> None:
    wang = people.join("contractor", "wang")
    made = wang.post("/v1/sites", json=SITE)
    assert made.status_code == 201, made.text
    site = made.json()
    assert made.headers["Location"] == f"/v1/sites/{site['id']}"
    assert site["location"]["entered_crs"] == "gcj02"
    assert 0.001 < abs(site["location"]["lon"] - 117.0356) < 0.01
    read = wang.get(made.headers["Location"])
    assert read.headers["ETag"] == '"1"'
    changed = wang.patch(made.headers["Location"], json={"name": "二号坑"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200 and changed.json()["name"] == "二号坑" and changed.headers["ETag"] == '"2"'
    stale = wang.patch(made.headers["Location"], json={"name": "x"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")
    bare = wang.patch(made.headers["Location"], json={"name": "x"})
    assert (bare.status_code, bare.json()["code"]) == (428, "precondition-required")


def test_another_organisation_does_not_see_it(people: People) -> None:
    wang, li, planner = people.join("contractor"), people.join("contractor"), people.join("planner")
    place = wang.post("/v1/sites", json=SITE).headers["Location"]
    assert li.get(place).json()["code"] == "not-found"
    assert li.get("/v1/sites").json()["items"] == []
    assert planner.get(place).status_code == 200
    edit = planner.patch(place, json={"name": "mine"}, headers={"If-Match": '"1"'})
    assert (edit.status_code, edit.json()["code"]) == (403, "foreign-resource")
    assert people.public.get(place).json()["code"] == "not-signed-in"


def test_the_same_key_does_nothing_twice(people: People) -> None:
    wang = people.join("contractor")
    headers = {"Idempotency-Key": "one"}
    first, second = (
        wang.post("/v1/sites", json=SITE, headers=headers),
        wang.post("/v1/sites", json=SITE, headers=headers),
    )
    assert first.json() == second.json() and second.headers["Idempotency-Replayed"] == "true"
    assert len(wang.get("/v1/sites").json()["items"]) == 1
    other = wang.post("/v1/sites", json={**SITE, "name": "other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-conflict")


def test_faults_are_located(people: People) -> None:
    wang = people.join("contractor")
    unknown = wang.post("/v1/sites", json={**SITE, "location": {"lon": 117, "lat": 36.8, "crs": "mars"}})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown-coordinate-system")
    wrong = wang.post("/v1/sites", json={**SITE, "name": "", "location": {"lon": 400, "lat": 1, "crs": "wgs84"}})
    assert {e["field"] for e in wrong.json()["errors"]} == {"name", "location.lon"}


def test_pages_follow_the_cursor(people: People) -> None:
    wang = people.join("contractor")
    for i in range(5):
        wang.post("/v1/sites", json={**SITE, "name": f"s{i}"})
    names, cursor = [], None
    while True:
        page = wang.get("/v1/sites", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        names += [item["name"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert names == ["s4", "s3", "s2", "s1", "s0"]
    assert wang.get("/v1/sites", params={"cursor": "%%%"}).json()["code"] == "invalid"


def test_what_a_database_cannot_hold_is_no_server_error(people: People) -> None:
    """PostgreSQL keeps no NUL in a text; SQLite does."""
    planner = people.join("planner")
    for answer in (
        planner.post("/v1/streets", json={"name": "a\x00b"}),
        planner.get("/v1/streets/%00"),
        people.public.post("/v1/auth/tokens", json={"email": "\x00", "password": "x"}),
        planner.get("/v1/listings", params={"text": "\x00"}),
    ):
        assert answer.status_code < 500, answer.text


def test_the_answer_to_a_creation_names_fields_as_reading_does(people: People) -> None:
    yard = people.join("facility")
    body = {"name": "yard", "kind": "yard", "accepts": ["*"], "location": SITE["location"],
            "hours": [{"from": "06:00", "to": "22:00"}]}  # fmt: skip
    made = yard.post("/v1/facilities", json=body)
    assert made.json()["hours"] == body["hours"]
    assert made.json() == yard.get(made.headers["Location"]).json()
