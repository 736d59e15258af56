"""Who takes part in a test of the platform: settings, organisations and signed-in clients."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.kernel.access import ROLES
from api.organisations.models import Membership, Organisation, User
from api.platform import Platform
from api.settings import Settings

T = TypeVar("T")
PASSWORD = "correct horse battery"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)  # checked in no time
QIBUQU = Path(__file__).parents[2] / "scenarios" / "qibuqu-week"


def settings_for(database_url: str, folder: Path, **changes: Any) -> Settings:
    """Settings of a platform under test: the zone's own data, no limits that a test could hit by itself."""
    defaults = {
        "database_url": database_url,
        "data_dir": folder / "data",
        "district": QIBUQU,
        "rate_limit": "100000/second",
        "login_rate_limit": "100000/second",
        "runner": False,
    }
    return Settings(**{**defaults, **changes})


def wait_for(condition: Callable[[], T], seconds: float = 20.0) -> T:
    """What the condition returns once that is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


def finished(client: TestClient, job_id: str, seconds: float = 30.0) -> dict[str, Any]:
    """A job once it is finished."""

    def over() -> dict[str, Any] | None:
        job = client.get(f"/v1/jobs/{job_id}").json()
        return job if job["finished_at"] else None

    return wait_for(over, seconds)  # type: ignore[return-value]


class People:
    """Signed-in clients of organisations made for a test."""

    def __init__(self, app: FastAPI, public: TestClient) -> None:
        self.app, self.public = app, public
        self.platform: Platform = app.state.platform
        self._numbers = itertools.count(1)
        self.organisation: dict[str, str] = {}

    def join(self, role: str, name: str | None = None, *, state: str = "active") -> TestClient:
        """A client signed in as a new member of a new organisation of that kind; ``name`` is also the key of its id."""
        assert role in ROLES
        number = next(self._numbers)
        name = name or f"{role}{number}"
        now = self.platform.clock.now()
        with self.platform.writing() as work:
            organisation = Organisation(
                name=name,
                kind=role,
                state=state,
                contact_name=f"{name} office",
                contact_phone="0531-1234567",
                contact_email=f"office@{name}.example",
                created_at=now,
                updated_at=now,
            )
            user = User(email=f"{name}@example.org".lower(), name=name, password_hash=HASH, created_at=now)
            work.session.add_all([organisation, user])
            work.session.flush()
            work.session.add(Membership(user_id=user.id, organisation_id=organisation.id, role=role, created_at=now))
            self.organisation[name] = organisation.id
        return self.sign_in(name)

    def sign_in(self, name: str) -> TestClient:
        """A client with the tokens of that member."""
        answer = self.public.post(
            "/v1/auth/tokens", json={"email": f"{name}@example.org".lower(), "password": PASSWORD}
        )
        assert answer.status_code == 200, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        return TestClient(self.app, headers=headers, raise_server_exceptions=False)
