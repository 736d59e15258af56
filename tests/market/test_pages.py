"""The pages in a real Chromium against a real server: each story in both languages, on a phone and on a desktop.

At the end of every visit: nothing on the console, no request to another host, and nothing wider than the screen.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import job_kinds
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from people import PASSWORD, People, settings_for
from served import serving

from api.app import create_app
from api.clearings.schemas import ClearingNew
from api.client import Client
from api.housekeeping import run_once
from api.jobs.kinds import kind_of, register
from api.kernel.geography import Location
from api.listings.models import Listing
from api.listings.schemas import ListingNew
from api.pages import session
from api.pages.texts import say, texts
from api.sites.schemas import SiteNew

SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
LOCALES = {"zh": "zh-CN", "en": "en-US"}
NASTY = "<img src=x onerror=\"document.title='owned'\">"
SLOW = 20_000  # ms that a page may take on a busy machine
MOST_BYTES = 520_000
SMALL = """[...document.querySelectorAll("a.button, .q-btn, .place, summary, .item")]
  .map((e) => [e.innerText, e.getBoundingClientRect().height]).filter(([, high]) => high > 0 && high < 43)"""
LOOK = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
pytestmark = pytest.mark.slow


@dataclass
class Served:
    """The platform under test with its market: one need, one yard, and who takes part."""

    app: FastAPI
    url: str
    people: People

    def client(self, name: str) -> Client:
        client = Client(self.url)
        client.sign_in(f"{name}@example.org", PASSWORD)
        return client


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, scheduler: str) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("pages")
    url = f"sqlite:///{folder / 'p.sqlite'}"
    app = create_app(settings_for(url, folder, runner=True, dask_scheduler=scheduler))
    with serving(app) as url:
        people = People(app, TestClient(app))
        found = Served(app, url, people)
        for role, name in (
            ("contractor", "wang"),
            ("contractor", "li"),
            ("contractor", "sun"),
            ("facility", "zhao"),
            ("planner", "zhou"),
        ):
            people.join(role, name)
        _market(found)
        yield found


def lot(served: Served, side: str, name: str, material: str, t: float, lon: float, **more: object) -> ListingNew:
    """An open listing for the coming week, on a road of the zone."""
    today = served.people.platform.clock.today()
    fields: dict[str, object] = {
        "side": side,
        "name": name,
        "materials": [material],
        "quantity": t,
        "unit": "t",
        "location": {"lon": lon, "lat": 36.83357, "crs": "wgs84"},
        "window_from": today + dt.timedelta(days=1),
        "window_to": today + dt.timedelta(days=7),
        "open": True,
    }
    return ListingNew.model_validate({**fields, **more})


def _market(served: Served) -> None:
    li, wang = served.client("li"), served.client("wang")
    place = Location(lon=117.0356, lat=36.80487, crs="wgs84")
    wang.sites.create(SiteNew(name="大桥站基坑", location=place, street="大桥"))
    for number in range(4):
        need = lot(served, "demand", f"路基 {number}", "spoil_silty_clay", 600, 117.02627 + 0.01 * number, reserve=12)
        li.listings.create(need)
    li.listings.create(lot(served, "demand", NASTY, "topsoil", 50, 117.05, note=NASTY))


class Visit:
    """A person at a browser."""

    def __init__(self, tab: Any, url: str, language: str, width: int) -> None:
        self.tab, self.url, self.language, self.width = tab, url, language, width

    def say(self, key: str, **parts: object) -> str:
        return say(self.language, key, **parts)

    def go(self, path: str) -> Any:
        self.tab.goto(self.url + path)
        return self.tab

    def sign_in(self, name: str, then: str) -> None:
        """Whoever was signed in before is forgotten; the browser keeps its cache."""
        self.tab.context.clear_cookies()
        self.go(f"/login?to={quote(f'/language/{self.language}?to={then}')}")
        self.tab.fill("#email", f"{name}@example.org")
        self.tab.fill("#password", PASSWORD)
        self.tab.locator("form.form button").click()
        self.tab.wait_for_url(self.url + then)

    def press(self, key: str, **parts: object) -> None:
        self.tab.get_by_role("button", name=self.say(key, **parts), exact=True).first.click()

    def confirm(self, key: str) -> None:
        self.tab.locator(".dialog").get_by_role("button", name=self.say(key), exact=True).click()

    def check(self) -> None:
        """Nothing wider than the screen, untranslated, too small for a thumb, too pale to read or without a name."""
        self.tab.wait_for_function(f"document.documentElement.scrollWidth <= {self.width}")
        shown = self.tab.inner_text("body")
        assert not re.search(r"\b(?:map|post|quote|state|side|col|problem)\.[a-z_]+|undefined|NaN|None\b", shown)
        self.comes_to_rest(LOOK)
        self.comes_to_rest(SMALL)

    def comes_to_rest(self, script: str) -> None:
        """A script finds nothing wrong, when what moves and fades has come to rest."""
        for _ in range(20):
            if not (found := self.tab.evaluate(script)):
                return
            self.tab.wait_for_timeout(100)
        assert found == []


@pytest.fixture
def visit(chromium: Any, served: Served) -> Iterator[Callable[..., Visit]]:
    faults: list[str] = []
    contexts = []

    def begin(language: str = "zh", size: str = "desktop", *, quiet: bool = True) -> Visit:
        width, height = SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height}, locale=LOCALES[language])
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(SLOW)
        if quiet:
            tab.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: faults.append(str(error)))
        own = (served.url, served.url.replace("http", "ws"), "data:", "blob:")
        tab.on("request", lambda r: None if r.url.startswith(own) else faults.append(r.url))
        tab.on("websocket", lambda w: None if w.url.startswith(own) else faults.append(w.url))
        return Visit(tab, served.url, language, width)

    yield begin
    for context in contexts:
        context.close()
    assert faults == []


EVERY_WAY = [(language, size) for language in LOCALES for size in SIZES]
BOTH = [("zh", "phone"), ("en", "desktop")]  # each language and each size once


def test_texts_are_whole() -> None:
    for key, pair in texts().items():
        assert set(pair) == {"zh", "en"} and all(pair.values()), key
        fields = [set(re.findall(r"\{(\w+)\}", text)) for text in pair.values()]
        assert fields[0] == fields[1] or key.startswith(("map.and_more", "fault.")), key


@pytest.mark.parametrize(("language", "size"), EVERY_WAY)
def test_the_map(visit: Callable[..., Visit], language: str, size: str) -> None:
    """The public sees listings, filters them and reads details; hostile names stay text."""
    here = visit(language, size)
    tab = here.go("/")
    tab.locator(".market-map canvas").first.wait_for()
    whole = tab.locator(".item").count()
    assert whole >= 5
    here.press("side.supply")
    tab.wait_for_function(f"document.querySelectorAll('.item').length < {whole}")
    here.press("side.demand")
    tab.locator(".item", has_text="onerror").click()
    assert "onerror" in tab.locator(".details .title").inner_text()
    here.check()
    tab.locator(".details .close").click()
    tab.locator(".details").wait_for(state="detached")
    tab.locator(".legend summary").click()
    assert here.say("kind.yard") in tab.locator(".legend").inner_text() or tab.locator(".legend li").count() >= 2
    assert tab.title() != "owned"
    here.check()


@pytest.mark.parametrize(("language", "size"), EVERY_WAY)
def test_post_clear_agree(visit: Callable[..., Visit], served: Served, language: str, size: str) -> None:
    """A contractor posts and sees a quote; the planner clears and publishes; both parties accept; contacts appear."""
    here = visit(language, size)
    here.sign_in("wang", "/post")
    _post(here)
    here.sign_in("zhou", "/clearings")
    _clear(here)
    here.sign_in("li", "/matches")
    _accept(here)
    here.sign_in("wang", "/matches")
    _accept(here)
    assert "0531-1234567" in here.tab.locator(".contact").first.inner_text()
    here.check()


def _post(here: Visit) -> None:
    tab = here.tab
    here.press("post.post")
    tab.get_by_text(here.say("post.needed")).first.wait_for()
    _choose_clay(here)
    tab.get_by_label(here.say("col.quantity")).fill("100")
    tab.get_by_role("button", name="大桥站基坑").click()
    tab.locator(".converted").wait_for()
    assert "190" in tab.locator(".converted").inner_text()
    tab.locator(".quote .big").wait_for()
    here.check()
    here.press("post.post")
    tab.wait_for_url(re.compile("/listings"))
    tab.get_by_text(here.say("listings.posted")).wait_for()
    assert here.say("state.open") in tab.locator(".listing").first.inner_text()
    here.check()


def _choose_clay(here: Visit) -> None:
    here.tab.get_by_label(here.say("post.material"), exact=True).fill("粉质" if here.language == "zh" else "silty")
    here.tab.locator(".q-menu .q-item").first.click()


def _clear(here: Visit) -> None:
    tab = here.tab
    here.check()
    here.press("clearings.run")
    tab.wait_for_url(re.compile("/clearings/clr_"), timeout=60_000)
    tab.locator(".figures").wait_for()
    here.check()
    with tab.context.expect_page() as opened:
        tab.get_by_text(here.say("clearing.report"), exact=True).click()
    opened.value.wait_for_load_state()
    assert "cutfill" in opened.value.inner_text("header")
    opened.value.close()
    with tab.expect_download() as download:
        tab.get_by_text(here.say("clearing.scenario"), exact=True).click()
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"
    here.press("clearing.publish")
    here.confirm("clearing.publish")
    tab.get_by_text(here.say("clearing.published")).first.wait_for()
    here.check()


def _accept(here: Visit) -> None:
    tab = here.tab
    here.check()
    waiting = tab.locator(".answers").count()
    assert waiting >= 1
    for left in range(waiting - 1, -1, -1):
        here.press("matches.accept")
        here.confirm("matches.accept")
        tab.wait_for_function(f"document.querySelectorAll('.answers').length === {left}")
    here.check()


@pytest.mark.parametrize(("language", "size"), BOTH)
def test_decline_withdraw_expire_and_clear_again(
    visit: Callable[..., Visit], served: Served, language: str, size: str
) -> None:
    """A match is declined, one listing withdrawn, one expires; the next clearing says what is different and why."""
    wang, zhou = served.client("wang"), served.client("zhou")
    wang.listings.create(lot(served, "supply", "to decline", "spoil_silty_clay", 80, 117.03, reserve=-20))
    wang.listings.create(lot(served, "supply", "to withdraw", "slurry", 80, 117.03))
    stale = wang.listings.create(lot(served, "supply", "to expire", "slurry", 80, 117.03))
    _cleared(served, zhou)
    here = visit(language, size)
    here.sign_in("wang", "/matches")
    tab = here.tab
    for left in range(tab.locator(".answers").count() - 1, -1, -1):
        here.press("matches.decline")
        here.confirm("matches.decline")
        tab.wait_for_function(f"document.querySelectorAll('.answers').length === {left}")
    assert tab.get_by_text(here.say("matches.none")).is_visible()
    here.check()
    here.go("/listings")
    card = tab.locator(".listing", has_text="to withdraw")
    card.first.get_by_role("button", name=here.say("listings.withdraw")).click()
    here.confirm("listings.withdraw")
    card.wait_for(state="detached")
    _let_expire(served, stale.id)
    here.go("/listings")
    here.press("listings.past")
    assert here.say("state.withdrawn") in tab.locator(".listing", has_text="to withdraw").first.inner_text()
    assert here.say("state.expired") in tab.locator(".listing", has_text="to expire").first.inner_text()
    here.check()
    declined = next(row for row in wang.listings.search(mine=True) if row.name == "to decline" and row.left_t)
    wang.listings.withdraw(declined)
    here.sign_in("zhou", "/clearings")
    here.press("clearings.run")
    tab.wait_for_url(re.compile("/clearings/clr_"), timeout=60_000)
    why = tab.locator(".changes li", has_text="to decline").first.locator(".soft").inner_text()
    assert re.search("[\u4e00-\u9fff]{2}" if language == "zh" else "[a-z]{3}", why), why
    here.check()
    here.press("clearing.discard")
    here.confirm("clearing.discard")
    tab.get_by_text(here.say("clearing.cancelled")).first.wait_for()


def _cleared(served: Served, planner: Client) -> None:
    """A clearing of the coming week, published."""
    first = served.people.platform.clock.today() + dt.timedelta(days=1)
    clearing = planner.clearings.run(ClearingNew(start=first, days=7, publish=True))
    assert clearing.job_id is not None
    planner.jobs.wait(clearing.job_id, seconds=60)


def _let_expire(served: Served, id_: str) -> None:
    """As if its last day had been yesterday."""
    today = served.people.platform.clock.today()
    with served.people.platform.writing() as work:
        row = work.session.get_one(Listing, id_)
        row.window_from, row.window_to = today - dt.timedelta(days=2), today - dt.timedelta(days=1)
    run_once(served.people.platform)


@pytest.fixture
def gate(served: Served, tmp_path: Path) -> Iterator[Path]:
    """Clearings wait in their worker until this file is there, and then do not come to a result."""
    usual, file = kind_of("clearing"), tmp_path / "gate"
    register(replace(usual, prepare=lambda platform, job: f"gate {file}".encode(), run=job_kinds.run))
    yield file
    file.touch()
    register(usual)


@pytest.mark.parametrize(("language", "size"), BOTH)
def test_cancel_a_clearing(visit: Callable[..., Visit], served: Served, gate: Path, language: str, size: str) -> None:
    """The bar shows how far it is and stays in place under the question; after Cancel there is no result."""
    here = visit(language, size)
    here.sign_in("zhou", "/clearings")
    here.press("clearings.run")
    bar = here.tab.get_by_role("progressbar")
    bar.wait_for()
    here.tab.wait_for_function("document.querySelector('.progress').getAttribute('aria-valuenow') === '50'")
    here.check()
    here.press("clearings.cancel")
    here.tab.wait_for_timeout(2500)  # looked at twice meanwhile: the question must outlive that
    here.confirm("clearings.cancel")
    bar.wait_for(state="detached")
    first = here.tab.locator(".item.clearing").first
    assert here.say("clearing.cancelled") in first.inner_text()
    first.click()
    here.tab.get_by_text(here.say("clearing.cancelled_lead")).wait_for()
    here.check()


@pytest.mark.parametrize(("language", "size"), BOTH)
def test_a_clearing_that_fails_says_why(visit: Callable[..., Visit], served: Served, language: str, size: str) -> None:
    usual = kind_of("clearing")
    register(replace(usual, prepare=lambda platform, job: b"bad_input", run=job_kinds.run))
    try:
        here = visit(language, size)
        here.sign_in("zhou", "/clearings")
        here.press("clearings.run")
        here.tab.get_by_text(here.say("clearing.failed_lead")).wait_for()
    finally:
        register(usual)
    assert here.say("problem.invalid") in here.tab.inner_text("main")
    here.check()


def test_nothing_to_clear(visit: Callable[..., Visit]) -> None:
    """Days without any listing are refused in words."""
    here = visit("zh", "desktop")
    here.sign_in("zhou", "/clearings")
    here.tab.get_by_label(here.say("clearings.start")).fill("2090-01-01")
    here.press("clearings.run")
    here.tab.get_by_text(here.say("clearings.empty")).wait_for()


@pytest.mark.parametrize(("language", "size"), BOTH)
def test_direct_offers(visit: Callable[..., Visit], served: Served, language: str, size: str) -> None:
    """An offer is made from the map, countered, accepted; both then have contacts."""
    name = f"offered {language} {size}"
    served.client("li").listings.create(lot(served, "demand", name, "clay_dry", 60, 117.04))
    served.client("wang").listings.create(lot(served, "supply", f"for {name}", "clay_dry", 40, 117.03))
    here = visit(language, size)
    here.sign_in("wang", "/")
    tab = here.tab
    tab.locator(".item", has_text=name).and_(tab.locator(".item", has_not_text="for ")).first.click()
    tab.get_by_role("link", name=here.say("map.offer")).click()
    tab.get_by_label(here.say("offer.price")).fill("7")
    tab.locator(".money").get_by_text(re.compile("280")).wait_for()
    here.check()
    here.press("offer.send")
    tab.get_by_text(here.say("offer.sent")).wait_for()
    here.check()
    here.sign_in("li", "/matches")
    tab.locator(".match", has_text=name).get_by_role("link", name=here.say("nav.counter")).click()
    tab.get_by_label(here.say("offer.price")).fill("5")
    here.check()
    here.press("offer.send")
    tab.get_by_text(here.say("offer.sent")).wait_for()
    here.sign_in("wang", "/matches")
    tab.locator(".match", has_text=name).get_by_role("button", name=here.say("matches.accept")).click()
    here.confirm("matches.accept")
    deal = tab.locator(".match.agreed", has_text=name)
    deal.wait_for()
    assert "li office" in deal.inner_text() and "200" in deal.locator(".sum").inner_text()


@pytest.mark.parametrize(("language", "size"), BOTH)
def test_what_a_lot_may_be_refused_for(visit: Callable[..., Visit], served: Served, language: str, size: str) -> None:
    """Off the roads, dates the wrong way round, too much, no certificate, an expired permit: each said where it is."""
    today = served.people.platform.clock.today()
    permit = {"number": "D-1", "kind": "discharge", "valid_from": today - dt.timedelta(9), "valid_to": today}
    place = Location(lon=117.0356, lat=36.80487, crs="wgs84")
    wang = served.client("wang")
    if "expired" not in [site.name for site in wang.sites.all()]:
        wang.sites.create(SiteNew.model_validate({"name": "expired", "location": place, "permits": [permit]}))
    here = visit(language, size)
    here.sign_in("wang", "/post")
    tab = here.tab
    _choose_clay(here)
    tab.get_by_label(here.say("col.quantity")).fill("100000000")
    tab.locator(".more summary", has_text=here.say("post.coordinates")).click()
    tab.get_by_label(here.say("col.lon")).fill("121")
    tab.get_by_label(here.say("col.lat")).fill("31")
    tab.locator(".form .q-field--error").first.wait_for()  # the quantity
    tab.get_by_label(here.say("col.quantity")).fill("100")
    tab.locator(".fault", has_text="货运道路" if language == "zh" else "truck road").wait_for()
    here.check()
    tab.get_by_role("button", name="expired").click()
    tab.get_by_label(here.say("post.to"), exact=True).fill("2020-01-01")
    tab.locator(".q-field--error").get_by_text("开始日期" if language == "zh" else "before").wait_for()
    tab.get_by_label(here.say("post.to"), exact=True).fill((today + dt.timedelta(days=7)).isoformat())
    tab.locator(".quote .big").wait_for()
    here.press("post.post")
    tab.get_by_text(here.say("problem.expired-permit")).first.wait_for()
    here.check()


def test_an_organisation_that_waits_for_approval(visit: Callable[..., Visit], served: Served) -> None:
    served.people.join("contractor", "newcomer", state="pending")
    here = visit("en", "phone")
    here.sign_in("newcomer", "/post")
    assert here.tab.get_by_text(here.say("frame.not_approved")).is_visible()
    here.go("/listings")
    assert here.tab.get_by_text(here.say("listings.none")).is_visible()
    here.go("/matches")
    assert here.tab.get_by_text(here.say("matches.none")).is_visible()
    here.check()


def test_without_a_connection_and_after_the_end_of_a_sign_in(visit: Callable[..., Visit], served: Served) -> None:
    here = visit("zh", "phone", quiet=False)
    here.sign_in("sun", "/matches")
    tab = here.tab
    tab.wait_for_function("window.did_handshake")  # who was never connected cannot lose the connection
    tab.context.set_offline(True)
    tab.locator("#popup").wait_for()
    tab.context.set_offline(False)
    tab.locator("#popup").wait_for(state="hidden")
    for kept in list(session._signed_in.values()):
        kept.client.sign_out()
    here.go("/matches")
    tab.wait_for_url(re.compile("/login.to=/matches"))


def test_the_first_load_is_light(chromium: Any, served: Served) -> None:
    """What a phone with an empty cache loads for the map, compressed."""
    tab = chromium.new_page(viewport={"width": 390, "height": 844})
    wire = tab.context.new_cdp_session(tab)
    wire.send("Network.enable")
    names: dict[str, str] = {}
    sizes: dict[str, float] = {}
    wire.on("Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]}))
    wire.on(
        "Network.loadingFinished", lambda event: sizes.update({names[event["requestId"]]: event["encodedDataLength"]})
    )
    tab.goto(served.url)
    tab.locator(".market-map canvas").first.wait_for()
    tab.wait_for_load_state("networkidle")
    tab.close()
    assert 100_000 < sum(sizes.values()) < MOST_BYTES, sizes


def test_sign_in_and_language(visit: Callable[..., Visit]) -> None:
    here = visit("zh", "phone")
    tab = here.go("/matches")
    assert "/login" in tab.url
    tab.fill("#email", "sun@example.org")
    tab.fill("#password", "not the password")
    tab.locator("form.form button").click()
    tab.locator("#login-problem").wait_for()
    assert here.say("problem.wrong-password") in tab.inner_text("#login-problem")
    tab.fill("#email", "sun@example.org")
    tab.fill("#password", PASSWORD)
    tab.locator("form.form button").click()
    tab.wait_for_url(re.compile("/matches$"))
    tab.get_by_role("link", name="English").click()
    tab.get_by_role("heading", name="My matches").wait_for()
    assert tab.evaluate("document.documentElement.lang") == "en-US"
    tab.locator(".who summary").click()
    tab.locator(".who .menu button").click()
    tab.wait_for_url(re.compile("/login"))
    assert "Sign in" in here.go("/").inner_text("header")


def test_who_may_not_see_a_page(visit: Callable[..., Visit]) -> None:
    zhao = visit("en", "desktop")
    zhao.sign_in("zhao", "/matches")
    assert zhao.go("/clearings").url.endswith("/")
    assert zhao.tab.locator(".places.wide .place").all_inner_texts() != []


def test_the_api_keeps_its_addresses(served: Served) -> None:
    public = TestClient(served.app)
    assert public.get("/v1/nothing").json()["code"] == "not-found"
    assert public.put("/v1/sites").json()["code"] == "method-not-allowed"
    assert public.get("/docs").status_code == 200
