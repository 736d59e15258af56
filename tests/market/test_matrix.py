"""Every endpoint × every role × a foreign organisation: nothing leaks, nothing of another's can be changed.

One organisation of each trading kind owns one of everything, every private field of it marked by a text that no public
field has. Then everybody else calls every address of the API's document with the ids of those things.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from owned import BODIES, MARKS, PIT, Owned, own_everything
from people import People, settings_for

from api.app import create_app

STREAMS = {"/v1/events"}
OVERSEERS = ("planner", "official", "admin")
OUTSIDERS = ("public", "contractor", "carrier", "facility")


@pytest.fixture(scope="module")
def world(shared_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, People, Owned]]:
    app = create_app(settings_for(shared_url, tmp_path_factory.mktemp("matrix"), runner=False))
    with TestClient(app, raise_server_exceptions=False) as public:
        people = People(app, public)
        yield app, people, own_everything(people)


@pytest.fixture(scope="module")
def callers(world: tuple[FastAPI, People, Owned]) -> dict[str, TestClient]:
    """A member of an organisation of each kind that owns nothing here, and the public."""
    people = world[1]
    return {"public": people.public} | {role: people.join(role) for role in (*OUTSIDERS[1:], *OVERSEERS)}


def operations(app: FastAPI) -> list[tuple[str, str]]:
    """(method, path) of the API's document."""
    return [(method.upper(), path) for path, item in app.openapi()["paths"].items() for method in item]


def filled(path: str, owned: Owned) -> str:
    """The path with ids of things that are owned; the noun before a parameter says which."""

    def one(found: re.Match[str]) -> str:
        noun = path[: found.start()].rstrip("/").rsplit("/", 1)[-1]
        return owned.ids.get(noun, "none")

    return re.sub(r"\{[^}]+\}", one, path)


def leaked(answer: Response, owned: Owned) -> list[str]:
    """Private texts, and ids of private things that the caller did not name, in an answer."""
    hidden = [id_ for id_ in owned.hidden if id_ not in str(answer.request.url)]
    return [mark for mark in (*MARKS, *hidden) if mark.encode() in answer.content]


@pytest.mark.parametrize("role", OUTSIDERS)
def test_reading_leaks_nothing(world: tuple[FastAPI, People, Owned], callers: dict[str, TestClient], role: str) -> None:
    app, _, owned = world
    for method, path in operations(app):
        if method != "GET":
            continue
        headers = {"Accept": "application/json"} if path in STREAMS else {}
        answer = callers[role].get(filled(path, owned), headers=headers)
        assert answer.status_code < 500, (path, answer.text)
        assert not leaked(answer, owned), f"{role} GET {path} shows {leaked(answer, owned)}: {answer.text[:500]}"


@pytest.mark.parametrize("role", OUTSIDERS)
def test_filters_leak_nothing(world: tuple[FastAPI, People, Owned], callers: dict[str, TestClient], role: str) -> None:
    """Every query parameter that takes an id, with that of a foreign thing, and with `mine`."""
    app, _, owned = world
    tried = 0
    for path, item in app.openapi()["paths"].items():
        for parameter in item.get("get", {}).get("parameters", []):
            if parameter["in"] != "query" or not (parameter["name"] in FILTERS or parameter["name"] == "mine"):
                continue
            value = "true" if parameter["name"] == "mine" else owned.ids[FILTERS[parameter["name"]]]
            answer = callers[role].get(filled(path, owned), params={parameter["name"]: value})
            assert not leaked(answer, owned), f"{role} GET {answer.request.url}: {answer.text[:500]}"
            tried += 1
    assert tried >= len(FILTERS)


def test_owners_read_what_outsiders_do_not(world: tuple[FastAPI, People, Owned]) -> None:
    """Each mark is somewhere to be read by an overseer or its owner: it would be found where it leaked."""
    app, people, owned = world
    paths = [filled(path, owned) for method, path in operations(app) if method == "GET" and path not in STREAMS]
    paths.append("/v1/listings?mine=true")
    readers = (people.join("admin"), people.sign_in("owner"))
    seen = b"".join(reader.get(path).content for reader in readers for path in paths)
    assert [mark for mark in (*MARKS, *owned.hidden) if mark.encode() not in seen] == []


@pytest.mark.parametrize("role", (*OUTSIDERS, "official"))
def test_nothing_of_another_can_be_changed(
    world: tuple[FastAPI, People, Owned], callers: dict[str, TestClient], role: str
) -> None:
    app, people, owned = world
    before = owned.snapshot(people)
    for method, path in operations(app):
        if method == "GET" or "{" not in path:
            continue
        answer = callers[role].request(
            method, filled(path, owned), json=BODIES.get((method, path), {}), headers={"If-Match": "*"}
        )
        refused = (401, 404) if role == "public" else (403, 404)
        assert answer.status_code in refused, f"{role} {method} {path}: {answer.status_code} {answer.text[:300]}"
        assert role == "official" or not leaked(answer, owned), f"{role} {method} {path}: {answer.text[:500]}"
    assert owned.snapshot(people) == before


def test_creations_cannot_name_what_belongs_to_another(
    world: tuple[FastAPI, People, Owned], callers: dict[str, TestClient]
) -> None:
    _, people, owned = world
    day = people.platform.clock.today().isoformat()
    lot = {"side": "supply", "materials": ["spoil_silty_clay"], "unit": "t", "quantity": 70, "location": PIT,
           "window_from": day, "window_to": day, "reserve": "1"}  # fmt: skip
    offer = {**BODIES["POST", "/v1/offers/{id}/counter"], "listing_id": owned.ids["demand"]}
    truck = {"plate": "鲁A12345", "axles": 4, "payload": 16, "body_m3": 18}
    before = owned.snapshot(people)
    for role, path, body in (
        ("contractor", "/v1/listings", {**lot, "site_id": owned.ids["sites"]}),
        ("contractor", "/v1/listings", {**lot, "certificate_id": owned.ids["certificate"]}),
        ("contractor", "/v1/listings", {**lot, "photo_ids": [owned.ids["certificate"]]}),
        ("contractor", "/v1/offers", {**offer, "own_listing_id": owned.ids["listings"]}),
        ("contractor", "/v1/offers", {**offer, "own_listing_id": owned.ids["draft"]}),
        ("carrier", "/v1/trucks", {**truck, "carrier_id": owned.ids["carriers"]}),
    ):
        answer = callers[role].post(path, json=body)
        assert answer.status_code in (403, 404, 422), f"{path} {body}: {answer.status_code} {answer.text}"
        named = {id_ for id_ in owned.hidden if id_ in str(body)}
        assert set(leaked(answer, owned)) <= named, answer.text
    assert owned.snapshot(people) == before


def test_every_address_needs_what_it_should(
    world: tuple[FastAPI, People, Owned], callers: dict[str, TestClient]
) -> None:
    """What the public may call at all is a short list; everything else asks who is there."""
    app, _, owned = world
    open_to_all = set()
    for method, path in operations(app):
        if path in STREAMS:
            continue
        answer = callers["public"].request(method, filled(path, owned), json=BODIES.get((method, path)))
        if answer.status_code != 401 or path == "/v1/auth/tokens":
            open_to_all.add((method, path))
    assert open_to_all == {(method, path) for method, paths in PUBLIC.items() for path in paths}


# query parameters that take an id → whose
FILTERS = {
    "clearing_id": "clearings",
    "listing_id": "listings",
    "thread_id": "offers",
    "carrier_id": "carriers",
    "organisation_id": "organisations",
    "subject_id": "clearings",
    "subject": "draft",
}
PUBLIC: dict[str, tuple[str, ...]] = {
    "GET": (
        "/v1/organisations",
        "/v1/organisations/{id}",
        "/v1/materials",
        "/v1/materials/{id}",
        "/v1/streets",
        "/v1/streets/{id}",
        "/v1/facilities",
        "/v1/facilities/{id}",
        "/v1/facilities.geojson",
        "/v1/carriers",
        "/v1/carriers/{id}",
        "/v1/directory",
        "/v1/listings",
        "/v1/listings/{id}",
        "/v1/listings.geojson",
        "/v1/listings/bulk/template",
        "/v1/documents/{id}",
        "/v1/documents/{id}/content",
        "/v1/clearings/{id}/week",
    ),
    "POST": ("/v1/auth/tokens", "/v1/auth/tokens/revoke", "/v1/organisations"),
}
