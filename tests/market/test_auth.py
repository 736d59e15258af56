"""Sign-in, tokens, lock-out, API keys: on both databases."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import jwt
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from people import PASSWORD, People, settings_for
from pydantic import ValidationError
from sqlalchemy import select

from api.app import create_app
from api.auth.models import LoginFailures
from api.housekeeping import run_once
from api.kernel.database import Base
from api.organisations.models import Membership
from api.settings import DEVELOPMENT_SECRET, Settings

REGISTRATION = {
    "name": "北岸土方",
    "kind": "contractor",
    "licence": "L-1",
    "contact_phone": "0531-1",
    "member": {"name": "王", "email": "Wang@Example.org", "password": "a long pass phrase"},
}


def tokens(people: People, name: str) -> dict[str, str]:
    answer = people.public.post("/v1/auth/tokens", json={"email": f"{name}@example.org", "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_register_sign_in_and_approval(people: People) -> None:
    public, admin = people.public, people.join("admin")
    made = public.post("/v1/organisations", json=REGISTRATION)
    assert made.status_code == 201 and made.json()["state"] == "pending"
    assert made.json()["contact"] is None  # the public sees no contact, not even of what it just made
    again = public.post("/v1/organisations", json=REGISTRATION)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    signed = public.post("/v1/auth/tokens", json={"email": "wang@example.org", "password": "a long pass phrase"})
    me = public.get("/v1/auth/me", headers=bearer(signed.json()["access_token"])).json()
    assert me["role"] == "contractor" and me["approved"] is False
    organisation = f"/v1/organisations/{me['organisation_id']}"
    assert public.get(organisation).status_code == 404  # pending ones are not public
    assert admin.post(f"{organisation}/approve").json()["state"] == "active"
    assert admin.post(f"{organisation}/approve").json()["code"] == "wrong-state"
    assert public.get(organisation).json()["name"] == "北岸土方"


def test_nobody_registers_as_planner(people: People) -> None:
    answer = people.public.post("/v1/organisations", json={**REGISTRATION, "kind": "planner"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "kind")


def test_lock_out_after_five_failures_and_no_sixth_chance(people: People) -> None:
    people.join("contractor", "li")
    wrong = {"email": "li@example.org", "password": "wrong"}
    codes = [people.public.post("/v1/auth/tokens", json=wrong).json()["code"] for _ in range(6)]
    assert codes == ["wrong-password"] * 5 + ["locked-out"]
    right = people.public.post("/v1/auth/tokens", json={"email": "li@example.org", "password": PASSWORD})
    assert right.json()["code"] == "locked-out" and int(right.headers["Retry-After"]) > 0
    people.platform.clock.advance(dt.timedelta(minutes=16))
    assert tokens(people, "li")["role"] == "contractor"


def test_unknown_mail_answers_like_a_wrong_password(people: People) -> None:
    answer = people.public.post("/v1/auth/tokens", json={"email": "no@body.example", "password": "x"})
    assert answer.json()["code"] == "wrong-password"


def test_refresh_replaces_and_a_replay_ends_the_sign_in(people: People) -> None:
    people.join("contractor", "zhao")
    first = tokens(people, "zhao")
    second = people.public.post("/v1/auth/tokens/refresh", json={"refresh_token": first["refresh_token"]}).json()
    assert people.public.get("/v1/auth/me", headers=bearer(second["access_token"])).status_code == 200
    replay = people.public.post("/v1/auth/tokens/refresh", json={"refresh_token": first["refresh_token"]})
    assert (replay.status_code, replay.json()["code"]) == (401, "not-signed-in")
    assert people.public.get("/v1/auth/me", headers=bearer(second["access_token"])).status_code == 401


def test_revoked_and_expired_tokens_stop_at_once(people: People) -> None:
    people.join("contractor", "qian")
    pair = tokens(people, "qian")
    assert (
        people.public.post("/v1/auth/tokens/revoke", json={"refresh_token": pair["refresh_token"]}).status_code == 204
    )
    assert people.public.get("/v1/auth/me", headers=bearer(pair["access_token"])).status_code == 401
    other = tokens(people, "qian")
    people.platform.clock.advance(dt.timedelta(minutes=16))
    assert people.public.get("/v1/auth/me", headers=bearer(other["access_token"])).status_code == 401


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_forged_tokens_are_refused(people: People, algorithm: str) -> None:
    people.join("contractor", "sun")
    claims = jwt.decode(tokens(people, "sun")["access_token"], options={"verify_signature": False})
    forged = jwt.encode(claims, None if algorithm == "none" else "x" * 32, algorithm=algorithm)
    assert people.public.get("/v1/auth/me", headers=bearer(forged)).status_code == 401


def test_api_keys_carry_only_their_scopes(people: People) -> None:
    zhou = people.join("contractor", "zhou")
    made = zhou.post("/v1/auth/keys", json={"name": "ERP", "scopes": ["organisation:write"]})
    assert made.status_code == 201
    key = {"X-API-Key": made.json()["secret"]}
    assert people.public.get("/v1/sites", headers=key).status_code == 200
    refused = people.public.get("/v1/auth/keys", headers=key)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    too_much = zhou.post("/v1/auth/keys", json={"name": "x", "scopes": ["clearings:write"]})
    assert too_much.json()["errors"][0]["field"] == "scopes.0"
    assert "secret" not in zhou.get(made.headers["Location"]).json()
    assert people.join("contractor").get(made.headers["Location"]).status_code == 404
    zhou.delete(made.headers["Location"])
    assert people.public.get("/v1/sites", headers=key).status_code == 401


def test_a_new_password_ends_every_sign_in(people: People) -> None:
    wu = people.join("contractor", "wu")
    wrong = wu.patch("/v1/auth/me", json={"password": "another pass phrase", "current_password": "no"})
    assert wrong.json()["code"] == "wrong-password"
    right = wu.patch("/v1/auth/me", json={"password": "another pass phrase", "current_password": PASSWORD})
    assert right.status_code == 200
    assert wu.get("/v1/auth/me").status_code == 401


def test_a_member_taken_out_is_out_at_once(people: People) -> None:
    boss = people.join("contractor", "boss")
    home = f"/v1/organisations/{people.organisation['boss']}/members"
    made = boss.post(home, json={"name": "new", "email": "new@example.org", "password": PASSWORD})
    assert made.status_code == 201
    worker = people.sign_in("new")
    assert worker.get("/v1/auth/me").json()["role"] == "contractor"
    assert boss.delete(made.headers["Location"]).json()["active"] is False
    assert worker.get("/v1/auth/me").status_code == 401
    stranger = people.join("contractor")
    assert stranger.post(home, json={"name": "x", "email": "x@example.org", "password": PASSWORD}).json()["code"] == (
        "foreign-resource"
    )


def test_production_refuses_insecure_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTFILL_ENVIRONMENT", "production")
    for secret in (None, DEVELOPMENT_SECRET, "short"):
        if secret is not None:
            monkeypatch.setenv("CUTFILL_SECRET_KEY", secret)
        with pytest.raises(ValidationError, match="CUTFILL_SECRET_KEY"):
            Settings()
    monkeypatch.setenv("CUTFILL_SECRET_KEY", "r" * 40)
    assert Settings().environment == "production"


def test_rate_limits(database_url: str, tmp_path, people: People) -> None:
    app: FastAPI = create_app(settings_for(database_url, tmp_path, rate_limit="5/day", login_rate_limit="2/day"))
    with TestClient(app, raise_server_exceptions=False) as client:
        body = {"email": "no@body.example", "password": "x"}
        statuses = [client.post("/v1/auth/tokens", json=body).status_code for _ in range(3)]
        assert statuses == [401, 401, 429]
        answers = [client.get("/v1/organisations") for _ in range(3)]
        assert [a.status_code for a in answers] == [200, 200, 429]
        assert answers[-1].json()["code"] == "too-many-requests" and answers[-1].headers["Retry-After"]


def test_a_body_too_large_is_refused_before_it_is_read(people: People) -> None:
    answer = people.public.post(
        "/v1/auth/tokens", content=b"x" * 2_100_000, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_api_pages_load_from_this_host_only(people: People) -> None:
    page = people.public.get("/docs").text
    assert "http" not in page.replace("https://fastapi.tiangolo.com/img/favicon.png", "")
    assert people.public.get("/api-assets/swagger-ui-bundle.js").status_code == 200
    assert "stale-version" in people.public.get("/problems").text


def test_a_lock_does_not_tell_who_is_registered(people: People) -> None:
    people.join("contractor", "zheng")
    answers = [
        [people.public.post("/v1/auth/tokens", json={"email": email, "password": "x"}).json() for _ in range(6)]
        for email in ("zheng@example.org", "no@body.example")
    ]
    assert answers[0] == answers[1] and answers[0][-1]["code"] == "locked-out"
    people.platform.clock.advance(dt.timedelta(days=2))
    run_once(people.platform)
    with people.platform.reading() as work:
        assert not work.session.execute(select(LoginFailures)).all()


def test_an_open_session_is_no_place_to_guess_passwords(people: People) -> None:
    wang = people.join("contractor", "wang")
    guess = {"password": "another pass phrase", "current_password": "guess"}
    codes = [wang.patch("/v1/auth/me", json=guess).json()["code"] for _ in range(6)]
    assert codes == ["wrong-password"] * 5 + ["locked-out"]
    right = wang.patch("/v1/auth/me", json={**guess, "current_password": PASSWORD})
    assert right.json()["code"] == "locked-out"


def test_keys_do_not_become_people(people: People) -> None:
    """A key may neither change who it acts for, nor make a key or a member that could do more than itself."""
    boss = people.join("contractor", "boss")
    scopes = ["members:write", "keys:write", "webhooks:write"]
    made = boss.post("/v1/auth/keys", json={"name": "ERP", "scopes": scopes}).json()
    key = {"X-API-Key": made["secret"]}
    home = f"/v1/organisations/{people.organisation['boss']}/members"
    member = {"name": "new", "email": "new@example.org", "password": PASSWORD}
    hook = boss.post("/v1/webhooks", json={"url": "https://erp.example/hook"}).headers["Location"]
    for answer in (
        people.public.patch("/v1/auth/me", json={"name": "x"}, headers=key),
        people.public.post(home, json=member, headers=key),
        people.public.patch(hook, json={"url": "https://x.example"}, headers={**key, "If-Match": "*"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), answer.text
    more = people.public.post("/v1/auth/keys", json={"name": "x", "scopes": ["keys:write"]}, headers=key)
    assert more.status_code == 422


def test_a_key_is_made_once_and_its_secret_kept_nowhere(people: People) -> None:
    boss = people.join("contractor", "boss")
    request = {"json": {"name": "ERP", "scopes": ["listings:write"]}, "headers": {"Idempotency-Key": "one"}}
    first, again = (boss.post("/v1/auth/keys", **request) for _ in range(2))  # type: ignore[arg-type]
    assert first.json()["secret"] and again.json() == {**first.json(), "secret": ""}
    with people.platform.reading() as work:
        kept = [repr(row) for table in Base.metadata.sorted_tables for row in work.session.execute(table.select())]
    assert not [row for row in kept if first.json()["secret"] in row]


def test_strangers_do_not_share_idempotency_keys(people: People) -> None:
    other = {**REGISTRATION, "name": "另一家", "member": {**REGISTRATION["member"], "email": "other@example.org"}}  # type: ignore[dict-item]
    headers = {"Idempotency-Key": "1"}
    made = [people.public.post("/v1/organisations", json=body, headers=headers) for body in (REGISTRATION, other)]
    assert [answer.status_code for answer in made] == [201, 201]
    again = people.public.post("/v1/organisations", json=other, headers=headers)
    assert again.json()["id"] == made[1].json()["id"] and again.headers["Idempotency-Replayed"] == "true"


def test_signing_out_with_an_old_refresh_token_signs_out(people: People) -> None:
    people.join("contractor", "wei")
    old = tokens(people, "wei")["refresh_token"]
    new = people.public.post("/v1/auth/tokens/refresh", json={"refresh_token": old}).json()
    assert people.public.post("/v1/auth/tokens/revoke", json={"refresh_token": old}).status_code == 204
    assert people.public.get("/v1/auth/me", headers=bearer(new["access_token"])).status_code == 401


def test_members_belong_to_the_organisation_in_the_address(people: People) -> None:
    people.join("contractor", "one")
    admin = people.join("admin")
    with people.platform.reading() as work:
        member = work.session.execute(
            select(Membership.id).where(Membership.organisation_id == people.organisation["one"])
        ).scalar_one()
    people.join("contractor", "two")
    wrong = admin.delete(f"/v1/organisations/{people.organisation['two']}/members/{member}")
    assert wrong.status_code == 404
    assert admin.delete(f"/v1/organisations/{people.organisation['one']}/members/{member}").json()["active"] is False


def test_nobody_raises_their_own_role_or_state(people: People) -> None:
    """Fields that are not there are ignored: role, kind and state are nobody's to send."""
    boss = people.join("contractor", "boss", state="pending")
    home = f"/v1/organisations/{people.organisation['boss']}"
    sent = {"name": "boss", "kind": "admin", "state": "active", "role": "admin"}
    patched = boss.patch(home, json=sent, headers={"If-Match": "*"}).json()
    assert (patched["kind"], patched["state"]) == ("contractor", "pending")
    member = {"name": "x", "email": "x@example.org", "password": PASSWORD, "role": "admin"}
    assert boss.post(f"{home}/members", json=member).json()["role"] == "contractor"
    assert boss.patch("/v1/auth/me", json={"role": "admin"}).json()["role"] == "contractor"
    assert boss.post(f"{home}/approve").json()["code"] == "forbidden"


def test_strangers_of_an_unapproved_organisation_learn_no_prices(people: People) -> None:
    boss = people.join("contractor", "boss", state="pending")
    day = people.platform.clock.today().isoformat()
    lot = {"side": "supply", "materials": ["spoil_silty_clay"], "unit": "t", "quantity": 700, "window_from": day,
           "window_to": day, "location": {"lon": 117.0356, "lat": 36.80487, "crs": "wgs84"}}  # fmt: skip
    assert boss.post("/v1/quotes", json=lot).json()["code"] == "organisation-not-approved"
    opened = boss.post("/v1/listings", json={**lot, "reserve": "1", "open": True})
    assert opened.json()["code"] == "organisation-not-approved"


def test_made_up_credentials_do_not_get_round_the_limit(database_url: str, tmp_path: Path) -> None:
    app = create_app(settings_for(database_url, tmp_path, rate_limit="2/day"))
    with TestClient(app, raise_server_exceptions=False) as client:
        statuses = [client.get("/v1/materials", headers=bearer(f"made-up-{i}")).status_code for i in range(21)]
    assert statuses == [401] * 20 + [429]


def test_a_body_in_chunks_is_refused_as_soon_as_it_is_too_large(people: People) -> None:
    chunks = iter([b"x" * 1_000_000] * 3)
    headers = {"Content-Type": "application/json"}
    answer = people.public.post("/v1/auth/tokens", content=chunks, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large"), answer.text
