"""The pages in a real Chromium against a real server: each story in both languages, on a phone and on a desktop.

At the end of every visit: nothing on the console, no request to another host, and nothing wider than the screen.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from people import PASSWORD, People, settings_for
from served import serving

from api.app import create_app
from api.clearings.schemas import ClearingNew
from api.client import Client
from api.kernel.geography import Location
from api.listings.schemas import ListingNew
from api.pages import install
from api.pages.texts import say, texts
from api.sites.schemas import SiteNew

SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
LOCALES = {"zh": "zh-CN", "en": "en-US"}
NASTY = "<img src=x onerror=\"document.title='owned'\">"
SLOW = 20_000  # ms that a page may take on a busy machine
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        own = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        try:
            browser = playwright.chromium.launch(executable_path=own, args=["--no-sandbox"])
        except api.Error as error:
            pytest.skip(f"chromium does not start: {error}")
        yield browser
        browser.close()


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
    install(app)
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
        """Nothing wider than the screen, nothing left untranslated, nothing too small for a thumb."""
        assert self.tab.evaluate("document.documentElement.scrollWidth") <= self.width
        shown = self.tab.inner_text("body")
        assert not re.search(r"\b(?:map|post|quote|state|side|col|problem)\.[a-z_]+|undefined|NaN|None\b", shown)
        small = self.tab.locator("a.button, .q-btn, .place, summary, .item").evaluate_all(
            "list => list.map((e) => e.getBoundingClientRect()).filter((r) => r.height > 0 && r.height < 43).length"
        )
        assert small == 0


@pytest.fixture
def visit(chromium: Any, served: Served) -> Iterator[Callable[..., Visit]]:
    faults: list[str] = []
    contexts = []

    def begin(language: str = "zh", size: str = "desktop") -> Visit:
        width, height = SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height}, locale=LOCALES[language])
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(SLOW)
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


def test_texts_are_whole() -> None:
    for key, pair in texts().items():
        assert set(pair) == {"zh", "en"} and all(pair.values()), key
        fields = [set(re.findall(r"\{(\w+)\}", text)) for text in pair.values()]
        assert fields[0] == fields[1] or key in ("map.and_more",), key


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
    tab.get_by_label(here.say("post.material")).fill(
        here.say("map.label") and "粉质" if here.language == "zh" else "silty"
    )
    tab.locator(".q-menu .q-item").first.click()
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


def test_decline_and_withdraw(visit: Callable[..., Visit], served: Served) -> None:
    here = visit("en", "phone")
    served.client("wang").listings.create(lot(served, "supply", "to decline", "spoil_silty_clay", 80, 117.03))
    served.client("wang").listings.create(lot(served, "supply", "to withdraw", "slurry", 80, 117.03))
    today = served.people.platform.clock.today()
    zhou = served.client("zhou")
    clearing = zhou.clearings.run(ClearingNew(start=today + dt.timedelta(days=1), days=7))
    assert clearing.job_id is not None
    zhou.jobs.wait(clearing.job_id, seconds=60)
    zhou.clearings.publish(zhou.clearings.get(clearing.id))
    here.sign_in("wang", "/matches")
    tab = here.tab
    for left in range(tab.locator(".answers").count() - 1, -1, -1):
        here.press("matches.decline")
        here.confirm("matches.decline")
        tab.wait_for_function(f"document.querySelectorAll('.answers').length === {left}")
    assert tab.get_by_text(here.say("matches.none")).is_visible()
    here.go("/listings")
    card = tab.locator(".listing", has_text="to withdraw")
    card.get_by_role("button", name=here.say("listings.withdraw")).click()
    here.confirm("listings.withdraw")
    card.wait_for(state="detached")
    here.press("listings.past")
    tab.locator(".listing", has_text="to withdraw").wait_for()


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
