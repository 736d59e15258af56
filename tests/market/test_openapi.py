"""The API's document against the API: generated requests with every role; no 500, no undeclared answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from people import People, settings_for
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from api.app import create_app
from api.kernel.access import ROLES

EXAMPLES = 12
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]
# streams without an end, and what would sign the generating role out or lock it out in the middle of the run
LEFT_OUT = (("GET", "/v1/events"), ("PATCH", "/v1/auth/me"), ("DELETE", "/v1/organisations/{id}/members/{member}"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, People]]:
    folder = tmp_path_factory.mktemp("openapi")
    app = create_app(settings_for(f"sqlite:///{folder / 'p.sqlite'}", folder))
    with TestClient(app, raise_server_exceptions=False) as public:
        yield app, People(app, public)


@pytest.fixture(scope="module")
def tokens(served: tuple[FastAPI, People]) -> dict[str, dict[str, str]]:
    """Headers of one member of every role, and of the public."""
    found: dict[str, dict[str, str]] = {"public": {}}
    for role in ROLES:
        found[role] = {"Authorization": served[1].join(role).headers["Authorization"]}
    return found


@pytest.mark.slow
@pytest.mark.parametrize("role", ("public", *ROLES))
def test_every_answer_is_declared(served: tuple[FastAPI, People], tokens: dict[str, dict[str, str]], role: str) -> None:
    headers = tokens[role]
    schema = schemathesis.openapi.from_asgi("/openapi.json", served[0])
    faults = []
    for found in schema.get_all_operations():
        operation = found.ok()
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
        @given(case=operation.as_strategy())
        def answers_as_declared(case: schemathesis.Case) -> None:
            case.validate_response(case.call(headers=headers), checks=CHECKS, headers=headers)

        try:
            answers_as_declared()
        except Exception as fault:
            faults.append(f"{operation.label}: {fault}")
    assert not faults, "\n\n".join(faults)


def test_the_document_is_complete(served: tuple[FastAPI, People]) -> None:
    """Every operation says what it does, and every error that it declares is a problem document."""
    document = served[0].openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            place = f"{method.upper()} {path}"
            assert operation.get("description") or operation.get("summary"), place
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert "application/problem+json" in answer["content"], f"{place}: {status}"
