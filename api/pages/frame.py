"""What stands around every page: who you are, where you can go, the language; and who may see which page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from nicegui import ui
from nicegui.storage import request_contextvar

from api.client import ApiProblem
from api.pages.parts import box, text
from api.pages.session import FAILURES, Visitor, forget, language_of, problem_text, visitor_of
from api.pages.texts import LANGUAGES, TAGS, say

BUILD_SECONDS = 20.0
EVERYONE = ("public", "contractor", "carrier", "facility", "planner", "official", "admin")
TRADERS = ("contractor", "facility")
OVERSEERS = ("planner", "official", "admin")


@dataclass(frozen=True)
class Place:
    """An entry of the navigation; pages for more roles are more rows."""

    name: str  # its text is nav.<name>
    path: str
    icon: str
    roles: tuple[str, ...]


PLACES = (
    Place("map", "/", "map", EVERYONE),
    Place("post", "/post", "add_circle_outline", TRADERS),
    Place("listings", "/listings", "inventory_2", TRADERS),
    Place("matches", "/matches", "handshake", TRADERS),
    Place("clearings", "/clearings", "balance", OVERSEERS),
    Place("market", "/listings", "inventory_2", OVERSEERS),
)


class _Page(ui.page):
    """A page in its visitor's language."""

    def resolve_language(self) -> str | None:  # type: ignore[override]
        """The language for the browser and for Quasar."""
        request = request_contextvar.get()
        return None if request is None else TAGS[language_of(request)]


Body = Callable[[Visitor, Request], Awaitable[None]]


def page(path: str, place: str, *, roles: tuple[str, ...] = EVERYONE) -> Callable[[Body], Body]:
    """Registers a page: who may not see it is sent to sign in, what the API refuses is told in its place.

    Args:
        place: the entry of :data:`PLACES` it belongs to; its title is ``nav.<place>``.
        roles: who may see it; the API decides what is in it.
    """

    def register(body: Body) -> Body:
        @_Page(path, response_timeout=BUILD_SECONDS)
        async def draw(request: Request) -> Response | None:
            visitor = visitor_of(request)
            if visitor.role not in roles:
                return RedirectResponse(f"/login?to={request.url.path}" if visitor.me is None else "/", 303)
            try:
                with framed(visitor, place):
                    await body(visitor, request)
            except ApiProblem as problem:
                if problem.code == "not-signed-in":
                    forget(request.session["id"])
                    return RedirectResponse(f"/login?to={request.url.path}", 303)
                _refused(visitor, problem)
            except FAILURES as problem:
                _refused(visitor, problem)
            return None

        return body

    return register


@contextmanager
def framed(visitor: Visitor, place: str) -> Iterator[None]:
    """Header and navigation around the page's content."""
    ui.colors(primary="#23566e", secondary="#5d6b74", accent="#d9a23c", positive="#2c7a57", negative="#b5392f")
    ui.context.client.title = f"{visitor.say(f'nav.{place}')} · cutfill"
    whole = ui.context.client.content.parent_slot
    if whole is not None:
        whole.parent.props("role=presentation")  # Quasar's page calls itself main, and header and navigation are in it
    shown = [each for each in PLACES if visitor.role in each.roles]
    text(visitor.say("frame.skip"), "skip", "a", href="#content")
    with box("top", "header"), box("bar"):
        with box("brand", "a", href="/"):
            text("cutfill", "name", "b")
            text(visitor.say("frame.kicker"), "kicker", "span")
        with box("places wide", "nav", aria_label=visitor.say("frame.places")):
            _links(visitor, shown)
        box("grow")
        _tools(visitor)
    with box(f"content page-{place}", "main", id="content", tabindex="-1"):
        if visitor.me is not None and not visitor.me.approved:
            text(visitor.say("frame.not_approved"), "notice fair unapproved", role="status")
        yield
    if len(shown) > 1:
        with box("places tabs", "nav", aria_label=visitor.say("frame.places")):
            _links(visitor, shown)


def _links(visitor: Visitor, places: list[Place]) -> None:
    here = ui.context.client.request.url.path
    for each in places:
        link = box("place", "a", href=each.path)
        if here == each.path or (each.path != "/" and here.startswith(f"{each.path}/")):
            link.classes("current").props["aria-current"] = "page"
        with link:
            ui.icon(each.icon).props("aria-hidden=true")
            text(visitor.say(f"nav.{each.name}"), tag="span")


def _tools(visitor: Visitor) -> None:
    """Language, and who you are or the way to sign in."""
    here = ui.context.client.request.url.path
    with box("languages", role="group", aria_label=visitor.say("frame.language")):
        for language in LANGUAGES:
            link = text(
                say(language, "language.name"), "", "a", href=f"/language/{language}?to={here}", lang=TAGS[language]
            )
            if language == visitor.language:
                link.classes("current").props["aria-current"] = "true"
    if visitor.me is None:
        if here != "/login":
            text(visitor.say("frame.sign_in"), "button small primary", "a", href="/login")
        return
    role = visitor.say(f"role.{visitor.me.role}")
    with box("who", "details"):
        with box("", "summary", aria_label=visitor.say("frame.account")):
            with box("names", "span"):
                text(visitor.me.organisation, "organisation", "span")
                text(role, "role", "span")
            ui.icon("account_circle").props("aria-hidden=true")
        with box("menu"):
            text(visitor.me.organisation, "strong")
            text(f"{visitor.me.name} · {role}", "soft")
            with box("", "form", method="post", action="/logout"):
                text(visitor.say("frame.sign_out"), "button", "button", type="submit")


def _refused(visitor: Visitor, problem: Exception) -> None:
    """What went wrong, in the place of the page."""
    with box("notice bad", role="alert"):
        text(visitor.say("problem.title"), "strong")
        text(problem_text(visitor, problem))
        text(visitor.say("problem.again"), "button", "a", href=ui.context.client.request.url.path)
