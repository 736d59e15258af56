"""One organisation of each trading kind owns one of everything; every private text and number of it is marked."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from people import PASSWORD, People

from api.jobs.here import run_here
from api.kernel.database import Base

PIT = {"lon": 117.0356, "lat": 36.80487, "crs": "wgs84"}
FILL = {"lon": 117.05561, "lat": 36.82183, "crs": "wgs84"}
YARD = {"lon": 117.04911, "lat": 36.83598, "crs": "wgs84"}
PDF = b"%PDF-1.4\nzq-inside-the-certificate\n%%EOF\n"
# what no outsider may read anywhere: no public field holds such a text
MARKS = (
    "zq-contact", "0531-9090909", "zq-mail@", "ZQ-LICENCE", "zq-member", "zq-site", "ZQ-PERMIT", "zq-note", "-17.31",
    "zq-draft", "5017.0", "731.37", "ZQ-TRANSPORT", "鲁A9ZQ77", "zq-certificate.pdf", "zq-inside-the-certificate",
    "zq-message", "-11.13", "zq.example", "zq-key", "zq-closed-yard", "617.9",
)  # fmt: skip
KEEPERS = (("facility", "operator"), ("carrier", "haulier"), ("planner", "keeper"))
MEMBER = {"name": "mine", "email": "mine@example.org", "password": PASSWORD}
TERMS = {"schedule": [{"date": "2099-01-01", "t": 10}], "price": "1"}
# bodies that are right in themselves, so that only whose the thing is can be in the way
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("PATCH", "/v1/auth/me"): {"name": "mine"},
    ("POST", "/v1/auth/tokens"): {"email": "mine@example.org", "password": PASSWORD},
    ("POST", "/v1/auth/tokens/refresh"): {"refresh_token": "mine"},
    ("PATCH", "/v1/organisations/{id}"): {"name": "mine"},
    ("POST", "/v1/organisations/{id}/members"): MEMBER,
    ("PATCH", "/v1/streets/{id}"): {"name": "mine"},
    ("PATCH", "/v1/sites/{id}"): {"name": "mine"},
    ("PATCH", "/v1/facilities/{id}"): {"name": "mine"},
    ("PUT", "/v1/facilities/{id}/stocks"): {"as_of": "2026-01-01", "lines": []},
    ("PATCH", "/v1/carriers/{id}"): {"name": "mine"},
    ("PATCH", "/v1/trucks/{id}"): {"active": False},
    ("PATCH", "/v1/listings/{id}"): {"note": "mine"},
    ("POST", "/v1/offers/{id}/counter"): TERMS,
    ("PATCH", "/v1/webhooks/{id}"): {"url": "https://mine.example/hook"},
}
CHANGES_BY_ITSELF = {"alembic_version", "audit", "outbox", "ledger_head", "sign_ins", "login_failures", "idempotency"}


@dataclass(frozen=True)
class Owned:
    """Ids of what is owned, by plural noun, and the text of those that outsiders may not even know of."""

    ids: dict[str, str]
    hidden: tuple[str, ...]

    def snapshot(self, people: People) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table that only changes when somebody changes something."""
        with people.platform.database.reading() as session:
            return {
                table.name: sorted(tuple(map(repr, row)) for row in session.execute(table.select()))
                for table in Base.metadata.sorted_tables
                if table.name not in CHANGES_BY_ITSELF
            }


def made(client: TestClient, path: str, **request: Any) -> dict[str, Any]:
    """The answer of a creation that succeeds."""
    answer = client.post(path, **request)
    assert answer.status_code in (201, 202), f"{path}: {answer.text}"
    return dict(answer.json())


def own_everything(people: People) -> Owned:
    """Fills the platform."""
    ids = {"materials": "spoil_silty_clay", "audit": "1"}
    owner, buyer = people.join("contractor", "owner"), people.join("contractor", "buyer")
    operator, haulier, planner = (people.join(*who) for who in KEEPERS)
    _profile(people, owner, ids)
    ids["streets"] = made(planner, "/v1/streets", json={"name": "大桥"})["id"]
    _registry(owner, operator, haulier, ids)
    _market(people, owner, buyer, ids)
    _clearing(people, planner, buyer, ids)
    hidden = ("members", "keys", "webhooks", "deliveries", "sites", "trucks", "documents", "quotes", "offers",
              "proposals", "deals", "draft", "closed", "certificate")  # fmt: skip
    return Owned(ids, tuple(ids[noun] for noun in hidden))


def _profile(people: People, owner: TestClient, ids: dict[str, str]) -> None:
    """Organisation, a second member, key, webhook with a delivery."""
    ids["organisations"] = people.organisation["owner"]
    home = f"/v1/organisations/{ids['organisations']}"
    private = {"licence": "ZQ-LICENCE", "contact_name": "zq-contact", "contact_phone": "0531-9090909",
               "contact_email": "zq-mail@private.example"}  # fmt: skip
    assert owner.patch(home, json=private, headers={"If-Match": "*"}).status_code == 200
    member = {"name": "zq-member", "email": "zq-mail@member.example", "password": PASSWORD}
    ids["members"] = made(owner, f"{home}/members", json=member)["id"]
    ids["keys"] = made(owner, "/v1/auth/keys", json={"name": "zq-key", "scopes": ["listings:write"]})["id"]
    ids["webhooks"] = made(owner, "/v1/webhooks", json={"url": "https://zq.example/hook"})["id"]
    ids["deliveries"] = made(owner, f"/v1/webhooks/{ids['webhooks']}/ping")["id"]


def _registry(owner: TestClient, operator: TestClient, haulier: TestClient, ids: dict[str, str]) -> None:
    """Site, certificate, facility with stock, carrier, truck."""
    permit = {"number": "ZQ-PERMIT", "valid_from": "2020-01-01", "valid_to": "2099-01-01"}
    ids["sites"] = made(owner, "/v1/sites", json={"name": "zq-site", "location": PIT, "permits": [permit]})["id"]
    certificate = {"data": {"kind": "certificate"}, "files": {"file": ("zq-certificate.pdf", PDF, "application/pdf")}}
    ids["documents"] = ids["certificate"] = made(owner, "/v1/documents", **certificate)["id"]
    yard = {"name": "yard", "kind": "yard", "accepts": ["*"], "location": YARD, "storage": 5017, "hold_cost": "731.37",
            "auto_accept": False}  # fmt: skip
    ids["facilities"] = made(operator, "/v1/facilities", json=yard)["id"]
    closed = {**yard, "name": "zq-closed-yard", "status": "closed"}
    ids["closed"] = made(operator, "/v1/facilities", json=closed)["id"]
    stock = {"as_of": "2026-01-01", "lines": [{"material": "spoil_silty_clay", "quantity": 617.9}]}
    stocks = f"/v1/facilities/{ids['facilities']}/stocks"
    assert operator.put(stocks, json=stock, headers={"If-Match": "*"}).status_code == 200
    carrier = {"name": "haulier", "licence": "ZQ-TRANSPORT", "licence_until": "2099-01-01", "location": YARD}
    ids["carriers"] = made(haulier, "/v1/carriers", json=carrier)["id"]
    truck = {"carrier_id": ids["carriers"], "plate": "鲁A9ZQ77", "axles": 4, "payload": 16, "body_m3": 18}
    ids["trucks"] = made(haulier, "/v1/trucks", json=truck)["id"]


def _market(people: People, owner: TestClient, buyer: TestClient, ids: dict[str, str]) -> None:
    """Listings of both sides, a draft, a quote, an open offer and a direct deal."""
    day = people.platform.clock.today() + dt.timedelta(days=1)
    window = {"window_from": day.isoformat(), "window_to": (day + dt.timedelta(days=6)).isoformat()}
    lot = {**window, "materials": ["spoil_silty_clay"], "unit": "t", "quantity": 700}
    supply = {**lot, "side": "supply", "name": "pit", "reserve": "-17.31", "note": "zq-note", "site_id": ids["sites"],
              "certificate_id": ids["documents"], "open": True}  # fmt: skip
    demand = {**lot, "side": "demand", "name": "fill", "reserve": "6", "location": FILL, "open": True}
    ids["listings"] = made(owner, "/v1/listings", json=supply)["id"]
    ids["draft"] = made(owner, "/v1/listings", json={**supply, "name": "zq-draft", "open": False})["id"]
    ids["demand"] = made(buyer, "/v1/listings", json=demand)["id"]
    asked = {**lot, "side": "supply", "reserve": "-17.31", "location": PIT}
    ids["quotes"] = made(owner, "/v1/quotes", json=asked)["id"]
    offer = {"listing_id": ids["demand"], "own_listing_id": ids["listings"], "price": "-11.13", "message": "zq-message",
             "schedule": [{"date": day.isoformat(), "t": 100}]}  # fmt: skip
    taken = made(owner, "/v1/offers", json=offer)["id"]
    ids["deals"] = buyer.post(f"/v1/offers/{taken}/accept").json()["deal_id"]
    ids["offers"] = made(owner, "/v1/offers", json=offer)["id"]


def _clearing(people: People, planner: TestClient, buyer: TestClient, ids: dict[str, str]) -> None:
    """A published clearing with an open proposal."""
    start = (people.platform.clock.today() + dt.timedelta(days=1)).isoformat()
    begun = made(planner, "/v1/clearings", json={"start": start, "publish": True})
    run_here(people.platform, begun["job_id"])
    ids["clearings"], ids["jobs"] = begun["id"], begun["job_id"]
    ids["proposals"] = buyer.get("/v1/proposals").json()["items"][0]["id"]
