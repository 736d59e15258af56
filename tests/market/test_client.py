"""The Python client against the application, on both databases; streams against a real server."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from people import PASSWORD, People, settings_for
from served import serving

from api.app import create_app
from api.auth.schemas import KeyNew, MePatch
from api.client import ApiProblem, Client
from api.kernel.geography import Location
from api.listings.schemas import ListingNew, ListingPatch
from api.sites.schemas import SiteNew, SitePatch

PLACE = Location(lon=117.0356, lat=36.80487, crs="gcj02")
SITE = SiteNew(name="大桥站基坑", location=PLACE, street="大桥")


class Breaking(httpx2.BaseTransport):
    """Carries requests out and then loses the answers of the first few."""

    def __init__(self, inner: httpx2.BaseTransport, losses: int) -> None:
        self.inner, self.losses, self.sent = inner, losses, 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent += 1
        answer = self.inner.handle_request(request)
        if self.losses:
            self.losses -= 1
            raise httpx2.ReadError("the line broke", request=request)
        return answer


def listing(**changes: object) -> ListingNew:
    fields: dict[str, object] = {
        "side": "supply",
        "name": "余土",
        "materials": ["spoil_silty_clay"],
        "quantity": 100,
        "unit": "t",
        "location": PLACE,
        "window_from": dt.date(2099, 3, 1),
        "window_to": dt.date(2099, 3, 9),
        "open": True,
    }
    return ListingNew.model_validate({**fields, **changes})


@pytest.fixture
def wang(people: People) -> Client:
    people.join("contractor", "wang")
    client = Client(http=TestClient(people.app, raise_server_exceptions=False))
    client.sign_in("wang@example.org", PASSWORD)
    return client


def test_sign_in_and_out(wang: Client, people: People) -> None:
    assert wang.me().organisation_id == people.organisation["wang"]
    assert wang.change_me(MePatch(language="en")).language == "en"
    wang.sign_out()
    with pytest.raises(ApiProblem) as refused:
        wang.me()
    assert (refused.value.code, refused.value.status) == ("not-signed-in", 401)
    with pytest.raises(ApiProblem) as wrong:
        wang.sign_in("wang@example.org", "not the password")
    assert wrong.value.code == "wrong-password"


def test_the_sign_in_is_renewed(wang: Client, people: People) -> None:
    people.platform.clock.advance(dt.timedelta(minutes=people.platform.settings.access_minutes + 1))
    before = wang._api.credentials()
    assert wang.me().name == "wang"
    assert wang._api.credentials() != before


def test_two_threads_renew_once(wang: Client, people: People) -> None:
    """A refresh token used twice ends the sign-in: threads that find it expired must not both use it."""
    people.platform.clock.advance(dt.timedelta(minutes=people.platform.settings.access_minutes + 1))
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(wang.me().name)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["wang"] * 4
    assert wang.me().name == "wang"


def test_api_keys(wang: Client, people: People) -> None:
    made = wang.keys.create(KeyNew(name="ERP", scopes=["sites:write", "organisation:write"]))
    key = Client(api_key=made.secret, http=TestClient(people.app, raise_server_exceptions=False))
    assert key.sites.create(SITE).organisation_id == people.organisation["wang"]
    wang.keys.revoke(made.id)
    with pytest.raises(ApiProblem, match="not-signed-in"):
        key.sites.create(SITE)


def test_edits_carry_their_version(wang: Client) -> None:
    site = wang.sites.create(SITE)
    changed = wang.sites.change(site, SitePatch(name="二号坑"))
    assert (changed.name, changed.street, changed.version) == ("二号坑", "大桥", 2)
    with pytest.raises(ApiProblem) as stale:
        wang.sites.change(site, SitePatch(name="三号坑"))
    assert stale.value.code == "stale-version"


def test_lists_are_fetched_page_by_page(wang: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        wang.listings.create(listing(name=f"n{number}"))
    monkeypatch.setattr("api.client.market.LARGEST_PAGE", 2)
    assert [row.name for row in wang.listings.search(mine=True)] == ["n4", "n3", "n2", "n1", "n0"]
    assert next(wang.listings.search(side="supply", to=dt.date(2099, 3, 1))).name == "n4"
    assert list(wang.listings.search(from_=dt.date(2099, 3, 10))) == []
    assert list(wang.listings.search(bbox=(100.0, 30.0, 101.0, 31.0))) == []


def test_states_of_a_listing(wang: Client) -> None:
    draft = wang.listings.create(listing(open=False))
    opened = wang.listings.open(wang.listings.change(draft, ListingPatch(quantity=120)))
    assert (opened.state, opened.t) == ("open", 120)
    with pytest.raises(ApiProblem) as stale:
        wang.listings.withdraw(draft)
    assert stale.value.code == "stale-version"
    assert wang.listings.withdraw(opened).state == "withdrawn"


def test_faults_are_told_by_field(wang: Client) -> None:
    with pytest.raises(ApiProblem) as wrong:
        wang.listings.create(listing(materials=["moon dust"]))
    assert wrong.value.code == "invalid" and "moon dust" in (wrong.value.fault("materials") or "")
    assert wrong.value.fault("quantity") is None


def test_a_lost_answer_makes_nothing_twice(wang: Client, people: People) -> None:
    """The line breaks twice after the server has done its work; the repetition is answered as the first time."""
    inner = TestClient(people.app, raise_server_exceptions=False)
    transport = Breaking(inner._transport, losses=2)
    client = Client(http=httpx2.Client(transport=transport, base_url="http://testserver"))
    client._api._access = wang._api._access
    made = client.sites.create(SITE)
    assert transport.sent == 3
    assert [site.id for site in wang.sites.all()] == [made.id]


def test_what_carries_no_key_is_not_repeated(wang: Client, people: People) -> None:
    inner = TestClient(people.app, raise_server_exceptions=False)
    transport = Breaking(inner._transport, losses=1)
    client = Client(http=httpx2.Client(transport=transport, base_url="http://testserver"))
    with pytest.raises(httpx2.ReadError):
        client.sign_in("wang@example.org", PASSWORD)
    assert transport.sent == 1


def test_answers_that_are_no_problem_documents() -> None:
    proxy = httpx2.MockTransport(lambda request: httpx2.Response(502, text="<h1>Bad gateway</h1>"))
    with Client(http=httpx2.Client(transport=proxy, base_url="http://x")) as client, pytest.raises(ApiProblem) as bad:
        client.me()
    assert (bad.value.code, bad.value.status) == ("http-502", 502)


@pytest.fixture
def server(tmp_path: Path) -> FastAPI:
    return create_app(settings_for(f"sqlite:///{tmp_path / 'p.sqlite'}", tmp_path))


def test_events_as_they_happen(server: FastAPI) -> None:
    with serving(server) as url, Client(url) as wang, Client(url) as public:
        people = People(server, TestClient(server))
        people.join("contractor", "wang")
        wang.sign_in("wang@example.org", PASSWORD)
        first = wang.listings.create(listing(name="one"))
        stream = public.events(after=0, topics=("listing.",))
        event = next(stream)
        assert (event.topic, event.subject) == ("listing.opened", first.id)
        second = wang.listings.create(listing(name="two"))
        assert next(stream).subject == second.id
        resumed = public.events(after=event.number, topics=("listing.",))
        assert next(resumed).subject == second.id
        resumed.close()
        stream.close()
