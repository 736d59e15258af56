"""The FastAPI application."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from api import pages
from api.background import Background
from api.blobs import Blobs
from api.district import District
from api.kernel.clock import Clock
from api.kernel.database import Database
from api.kernel.problems import install_problem_handlers
from api.middleware import RateLimit, SecurityHeaders
from api.migrations import upgrade
from api.openapi import DESCRIPTION, TAGS, serve_documents
from api.platform import Platform
from api.settings import Settings
from optimizer import __version__


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
        openapi_tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.platform = platform
    install_problem_handlers(app)
    app.add_middleware(RateLimit, settings=settings)
    app.add_middleware(SecurityHeaders)
    for noun in TAGS:  # as they were declared: to include the router would build each route once more
        app.router.routes.extend(import_module(f"api.{noun}.router").router.routes)
    serve_documents(app)
    pages.install(app)
    return app


SWITCH_SECONDS = 0.0005  # how long the thread that answers everybody waits for one at work; Python's own is 0.005


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    sys.setswitchinterval(SWITCH_SECONDS)
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


def __getattr__(name: str) -> Any:
    """``api.app:app`` is built when a server asks for it, not when this module is imported."""
    if name != "app":
        raise AttributeError(name)
    return globals().setdefault("app", create_app())
