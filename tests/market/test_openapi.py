"""The API's document against the API: generated requests with every role; no 500, no undeclared answer."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from conftest import new_database
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings, strategies
from owned import own_everything
from people import People, settings_for
from schemathesis import checks
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks as openapi_checks
from served import serving

from api.app import create_app
from api.kernel.access import ROLES
from api.kernel.problems import kinds
from api.openapi import EXAMPLES as EXAMPLES_FILE
from api.settings import Settings

EXAMPLES = int(os.environ.get("EXAMPLES", "5"))  # of every operation and role; by hand many more, on both databases
KIND = os.environ.get("DATABASE", "sqlite")
# who asks: the organisations that own something, so that requests with known ids meet their own and foreign things
OWNERS = {"contractor": "owner", "carrier": "haulier", "facility": "operator", "planner": "keeper",
          "official": "", "admin": ""}  # fmt: skip
# fields and parameters that name a thing → which
NAMED = {"clearing_id": "clearings", "listing_id": "demand", "own_listing_id": "listings", "thread_id": "offers",
         "carrier_id": "carriers", "site_id": "sites", "certificate_id": "documents", "subject_id": "clearings",
         "organisation_id": "organisations", "material": "materials"}  # fmt: skip
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]
# streams without an end, and what would sign the generating role out or lock it out in the middle of the run
LEFT_OUT = (
    ("GET", "/v1/events"),
    ("PATCH", "/v1/auth/me"),
    ("DELETE", "/v1/organisations/{id}/members/{member}"),
    ("POST", "/v1/organisations/{id}/suspend"),
)


@dataclass(frozen=True)
class World:
    """A platform on which somebody owns one of everything, what can be asked, and who asks."""

    app: FastAPI
    operations: list[APIOperation]
    ids: dict[str, str]
    headers: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("openapi")
    with new_database(KIND, request, folder) as url:
        app = create_app(settings_for(url, folder))
        with TestClient(app, raise_server_exceptions=False) as public:
            people = People(app, public)
            owned = own_everything(people)
            headers: dict[str, dict[str, str]] = {"public": {}}
            for role, owner in OWNERS.items():
                client = people.sign_in(owner) if owner in people.organisation else people.join(role)
                headers[role] = {"Authorization": client.headers["Authorization"]}
            schema = schemathesis.openapi.from_asgi("/openapi.json", app)
            operations = [
                found.ok() for found in schema.get_all_operations()
            ]  # for every role: they keep what they learn
            yield World(app, operations, owned.ids, headers)


def with_known_ids(case: schemathesis.Case, ids: dict[str, str]) -> None:
    """Puts ids of existing things where the request names things, so that it meets more than what is not found."""
    for name in case.path_parameters or {}:
        noun = case.path.split("{" + name + "}")[0].rstrip("/").rsplit("/", 1)[-1]
        case.path_parameters[name] = ids[noun]
    for part in (case.query, case.body):
        for name in list(part) if isinstance(part, dict) else []:
            if name in NAMED and isinstance(part[name], str):
                part[name] = ids[NAMED[name]]


@pytest.mark.slow
@pytest.mark.parametrize("role", ("public", *ROLES))
def test_every_answer_is_declared(world: World, role: str) -> None:
    headers = world.headers[role]
    faults = []
    for operation in world.operations:
        if (operation.method.upper(), operation.path) in LEFT_OUT:
            continue

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        @given(case=operation.as_strategy(), known=strategies.booleans())
        def answers_as_declared(case: schemathesis.Case, known: bool) -> None:
            if known:
                with_known_ids(case, world.ids)
            case.validate_response(case.call(headers=headers), checks=CHECKS, headers=headers)

        try:
            answers_as_declared()
        except Exception as fault:
            faults.append(f"{operation.label}: {''.join(traceback.format_exception(fault))}")
    assert not faults, "\n\n".join(faults)


def named(content: dict[str, Any]) -> set[str]:
    """Schemas that a body or an answer refers to as a whole."""
    found = (media.get("schema", {}).get("$ref") for name, media in content.items() if "form-data" not in name)
    return {ref.rsplit("/", 1)[-1] for ref in found if ref}


def test_the_document_is_complete() -> None:
    """Every operation says what it does; every body, answer and problem has an example that its own schema allows."""
    document = create_app(Settings()).openapi()
    schemas = document["components"]["schemas"]
    faults_of = judge(document)
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    wanted: set[str] = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            place = f"{method.upper()} {path}"
            assert operation["description"] and operation["summary"] and len(operation["summary"]) < 140, place
            assert set(operation["tags"]) <= described, place
            wanted |= named(operation.get("requestBody", {}).get("content", {}))
            for status, answer in operation["responses"].items():
                wanted |= named(answer.get("content", {}))
                assert answer["description"], f"{place}: {status}"
                if int(status) >= 400:
                    for code, example in answer["content"]["application/problem+json"]["examples"].items():
                        value = example["value"]
                        assert value["code"] == code and value["status"] == int(status), f"{place}: {code}"
                        assert not faults_of("ProblemView", value), f"{place}: {code}"
    missing = [name for name in wanted - {"ProblemView"} if not schemas[name].get("examples")]
    assert not missing
    for name, schema in schemas.items():
        for example in schema.get("examples", []):
            assert not faults_of(name, example), (name, faults_of(name, example))
    given = json.loads(EXAMPLES_FILE.read_text(encoding="utf-8"))
    assert {name for name in given if name not in schemas and f"{name}-Input" not in schemas} == set()
    assert set(schemas["ProblemView"]["properties"]["code"]["enum"]) == {kind.code for kind in kinds()}
    assert set(document["components"]["securitySchemes"]) == {"HTTPBearer", "APIKeyHeader"}


def judge(document: dict[str, Any]) -> Callable[[str, Any], list[str]]:
    """Says what a schema of the document, by its name, finds wrong with a value."""

    @cache
    def validator(name: str) -> Any:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        return jsonschema_rs.Draft202012Validator(schema)

    return lambda name, value: [fault.message for fault in validator(name).iter_errors(value)]


def test_the_page_of_problems_lists_them_all(people: People) -> None:
    page = people.public.get("/problems").text
    for kind in kinds():
        assert kind.code in page and kind.title_zh in page
    assert "stale-version" in people.public.get("/problems/stale-version").text
    assert people.public.get("/problems/none").status_code == 404


@pytest.mark.slow
def test_the_api_page_opens_in_a_browser_without_the_internet(tmp_path: Path, chromium: Any) -> None:
    """A page that answers 200 may still show nothing: this one did, with a viewer too old for OpenAPI 3.1."""
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'p.sqlite'}", tmp_path))
    with serving(app) as address:
        page = chromium.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on(
            "request", lambda sent: None if sent.url.startswith((address, "data:")) else complaints.append(sent.url)
        )
        page.goto(f"{address}/docs")
        page.wait_for_selector("#operations-tag-listings", timeout=60_000)
        page.click("#operations-tag-listings")
        page.wait_for_selector("#operations-listings-create_v1_listings_post", timeout=60_000)
        page.close()
    assert not complaints
