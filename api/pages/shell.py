"""NiceGUI, set up once per process: its state is in its module and its middlewares cannot change once it has served."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import HTMLResponse
from nicegui import app as nicegui_app
from nicegui import storage, ui

from api.pages import clearing, clearings, home, listings, matches, offers, post, signing, styles  # noqa: F401 - they register
from api.pages.session import language_of
from api.pages.texts import TAGS, say
from api.settings import Settings

COOKIE = "cutfill_session"
COOKIE_DAYS = 30
RECONNECT_SECONDS = 30.0  # a phone may sleep that long and find its page as it was


_made: list[FastAPI] = []


def shell(settings: Settings) -> FastAPI:
    """The application that NiceGUI runs with; all platforms of a process share it, one at a time, the first one's."""
    if not _made:
        _made.append(_make(settings))
    return _made[0]


def _make(settings: Settings) -> FastAPI:
    made = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    made.add_middleware(GZipMiddleware, compresslevel=6)
    storage.Storage.path = settings.data_dir / "pages"
    ui.run_with(
        made,
        title="cutfill",
        viewport="width=device-width, initial-scale=1, viewport-fit=cover",
        favicon=styles.FAVICON,
        binding_refresh_interval=None,
        reconnect_timeout=RECONNECT_SECONDS,
        tailwind=False,
        show_welcome_message=False,
        gzip_middleware_factory=None,  # ours is there in tests too
        storage_secret=settings.secret_key.get_secret_value(),
        session_middleware_kwargs={
            "session_cookie": COOKIE,
            "max_age": COOKIE_DAYS * 86_400,
            "same_site": "lax",
            "https_only": settings.public_url.startswith("https://"),
        },
    )
    nicegui_app.add_exception_handler(404, _no_such_page)
    return made


async def _no_such_page(request: Request, error: Exception) -> HTMLResponse:
    """For an address that is neither a page nor the API's."""
    language = language_of(request)
    return HTMLResponse(
        f'<!doctype html><html lang="{TAGS[language]}"><meta charset="utf-8"><title>cutfill</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{styles.STYLE_PATH}"><main class="content"><div class="card stack">'
        f"<h1>{say(language, 'problem.no_page')}</h1>"
        f'<a class="button" href="/">{say(language, "nav.map")}</a></div></main>',
        404,
    )


@asynccontextmanager
async def running(shell: FastAPI) -> AsyncIterator[None]:
    """Runs NiceGUI on this event loop.

    Raises:
        RuntimeError: another application of this process shows pages.
    """
    if nicegui_app.is_started:
        raise RuntimeError("another application of this process shows pages already")
    async with shell.router.lifespan_context(shell):
        yield
