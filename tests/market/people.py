"""Who takes part in a test of the platform: settings, organisations and signed-in clients."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.auth.tokens import hash_password
from api.kernel.access import ROLES
from api.organisations.models import Membership, Organisation, User
from api.platform import Platform
from api.settings import Settings

PASSWORD = "correct horse battery"
HASH = hash_password(PASSWORD)
QIBUQU = Path(__file__).parents[2] / "scenarios" / "qibuqu-week"


def settings_for(database_url: str, folder: Path, **changes: Any) -> Settings:
    """Settings of a platform under test: the zone's own data, no limits that a test could hit by itself."""
    defaults = {
        "database_url": database_url,
        "data_dir": folder / "data",
        "district": QIBUQU,
        "rate_limit": "100000/second",
        "login_rate_limit": "100000/second",
    }
    return Settings(**{**defaults, **changes})


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
