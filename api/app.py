"""The FastAPI application."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import swagger_ui_bundle
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool

from api import pages
from api.background import Background
from api.blobs import Blobs
from api.district import District
from api.kernel.clock import Clock
from api.kernel.database import Database
from api.kernel.problems import Busy, Invalid, TooLarge, TooManyRequests, install_problem_handlers, kinds, problems
from api.middleware import RateLimit, SecurityHeaders
from api.migrations import upgrade
from api.platform import Platform
from api.settings import Settings
from optimizer import __version__

# packages whose router.py is served, in the order of the API's document
NOUNS = (
    "auth",
    "organisations",
    "streets",
    "materials",
    "sites",
    "facilities",
    "carriers",
    "trucks",
    "directory",
    "documents",
    "listings",
    "quotes",
    "clearings",
    "proposals",
    "offers",
    "deals",
    "jobs",
    "events",
    "webhooks",
    "audit",
)
DESCRIPTION = """
Where each tonne of excavated soil and construction waste of a district goes, and who agrees to it.

Masses are tonnes, money is CNY as a decimal text, times are UTC, dates are days in the district. Lists are paged by
`cursor`; edits need `If-Match`; creations take `Idempotency-Key`; every error is a problem document (RFC 9457) with a
stable `code`, all of them listed at [/problems](/problems).
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Builds the platform's application.

    Args:
        settings: by default those of the environment.
    """
    settings = settings or Settings()
    district = District.load(settings.district_folder)
    platform = Platform(
        settings, Database(settings.url), Clock(settings.time_zone), district, Blobs(settings.data_dir / "blobs")
    )
    app = FastAPI(
        title="cutfill",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        responses=problems(TooLarge, Invalid, TooManyRequests, Busy),
    )
    app.state.platform = platform
    install_problem_handlers(app)
    app.add_middleware(RateLimit, settings=settings)
    app.add_middleware(SecurityHeaders)
    for noun in NOUNS:
        if find_spec(f"api.{noun}.router") is not None:
            app.include_router(import_module(f"api.{noun}.router").router)
    _serve_documents(app)
    pages.install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    platform: Platform = app.state.platform
    prepare(platform)
    background = Background(platform)
    app.state.hub, app.state.quoting = background.hub, background.quoting
    background.start()
    try:
        yield
    finally:
        await run_in_threadpool(background.stop)
        platform.database.close()


def prepare(platform: Platform) -> None:
    """Brings the database to the present layout.

    Raises:
        InputError: a later version of the program laid it out.
    """
    upgrade(platform.database)


def _serve_documents(app: FastAPI) -> None:
    """API pages and the list of problems, every asset from this host."""
    assets = next(Path(swagger_ui_bundle.__file__).parent.glob("vendor/swagger-ui-*"))
    app.mount("/api-assets", StaticFiles(directory=assets), name="api-assets")

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="cutfill API",
            swagger_js_url="/api-assets/swagger-ui-bundle.js",
            swagger_css_url="/api-assets/swagger-ui.css",
            swagger_favicon_url="/api-assets/favicon-32x32.png",
        )

    @app.get("/problems", include_in_schema=False)
    @app.get("/problems/{code}", include_in_schema=False)
    def problem_pages(code: str | None = None) -> HTMLResponse:
        shown = [kind for kind in kinds() if code in (None, kind.code)]
        rows = "".join(
            f"<h2 id={kind.code}><code>{kind.code}</code> {kind.status}</h2><p>{kind.title}</p><p>{kind.__doc__}</p>"
            for kind in shown
        )
        return HTMLResponse(f"<!doctype html><meta charset=utf-8><title>Problems</title><h1>Problems</h1>{rows}")


def openapi_json(app: FastAPI) -> str:
    """The API's document as text."""
    document: dict[str, Any] = app.openapi()
    return json.dumps(document, ensure_ascii=False, indent=1)


def __getattr__(name: str) -> Any:
    """``api.app:app`` is built when a server asks for it, not when this module is imported."""
    if name != "app":
        raise AttributeError(name)
    return globals().setdefault("app", create_app())
