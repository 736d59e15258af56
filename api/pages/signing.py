"""Signing in and out, and the choice of language: plain forms and links, so that password managers know them."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import RedirectResponse
from nicegui import app

from api.auth.schemas import MePatch
from api.client import ApiProblem
from api.pages.frame import page
from api.pages.parts import box, text
from api.pages.session import Visitor, ask, client_for, forget, remember, renew, visitor_of
from api.pages.texts import LANGUAGES


@page("/login", "login")
async def login(visitor: Visitor, request: Request) -> None:
    """The form, and in a demonstration everybody who can be tried."""
    to = _inside(request.query_params.get("to", "/"))
    problem = request.query_params.get("problem")
    with box("signing"):
        with box("card"):
            text(visitor.say("login.title"), tag="h1")
            text(visitor.platform.district.name or visitor.say("login.lead"), "lead", "p")
            if problem is not None:
                known = visitor.say(f"problem.{problem}", default=visitor.say("problem.defect"))
                text(known, "notice bad", role="alert", id="login-problem")
            with box("form", "form", method="post", action="/login"):
                box("", "input", type="hidden", name="to", value=to)
                email = {"type": "email", "autocomplete": "username", "value": request.query_params.get("email", "")}
                _field(visitor.say("login.email"), "email", email)
                _field(
                    visitor.say("login.password"), "password", {"type": "password", "autocomplete": "current-password"}
                )
                text(visitor.say("login.enter"), "button primary large", "button", type="submit")
        if visitor.platform.settings.demo:
            _demo(visitor, to)


def _field(label: str, name: str, attributes: dict[str, str]) -> None:
    with box("field"):
        text(label, "", "label", for_=name)
        box("", "input", id=name, name=name, required="", maxlength="200", **attributes)


def _demo(visitor: Visitor, to: str) -> None:
    from api.demo import PASSWORD, PEOPLE

    with box("card demo"):
        text(visitor.say("login.demo"), tag="h2")
        text(visitor.say("login.demo_lead"), "soft", "p")
        for email, (name, role, _) in PEOPLE.items():
            with box("", "form", method="post", action="/login"):
                for field, value in (("to", to), ("email", email), ("password", PASSWORD)):
                    box("", "input", type="hidden", name=field, value=value)
                with box("person", "button", type="submit"):
                    text(visitor.say(f"role.{role}"), "strong", "span")
                    text(name, "", "span")
                    text(email, "soft", "span")


@app.post("/login")
async def enter(
    request: Request, email: Annotated[str, Form()], password: Annotated[str, Form()], to: Annotated[str, Form()] = "/"
) -> RedirectResponse:
    """Signs in and goes where the person wanted to."""
    if not _from_here(request):
        return RedirectResponse("/login", 303)
    client = client_for(request)
    try:
        await ask(client.sign_in, email, password)
        me = await ask(client.me)
    except ApiProblem as problem:
        query = f"problem={problem.code}&to={_inside(to)}"
        return RedirectResponse(f"/login?{query}", 303)
    request.session["id"] = str(uuid.uuid4())  # a cookie from before the sign-in is worth nothing after it
    request.session.setdefault("language", me.language)
    remember(request.session["id"], client, me)
    return RedirectResponse(_inside(to), 303)


@app.post("/logout")
async def leave(request: Request) -> RedirectResponse:
    """Signs out here and on the server."""
    if _from_here(request):
        client = forget(request.session.get("id", ""))
        request.session["id"] = str(uuid.uuid4())
        if client is not None:
            with suppress(ApiProblem):  # it had run out already
                await ask(client.sign_out)
    return RedirectResponse("/login", 303)


@app.get("/language/{language}")
async def choose(request: Request, language: str, to: str = "/") -> RedirectResponse:
    """Keeps the language for this browser and, signed in, for the person."""
    if language in LANGUAGES:
        request.session["language"] = language
        visitor = visitor_of(request)
        if visitor.me is not None and visitor.me.language != language:
            renew(request.session["id"], await ask(visitor.client.change_me, MePatch(language=language)))
    return RedirectResponse(_inside(to), 303)


def _inside(to: str) -> str:
    """A path of this host, whatever was sent."""
    return to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"


def _from_here(request: Request) -> bool:
    """Whether a form was sent by a page of this host."""
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
