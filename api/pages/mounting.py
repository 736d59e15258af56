"""Pages beside the API: one route of the application that takes every address the API has not claimed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.routing import Match, Mount
from starlette.types import Receive, Scope, Send

from api.platform import Platform

# addresses that are the API's alone: unknown ones and other methods are answered by it, with a problem document
NOT_PAGES = ("/v1/", "/api-assets/", "/docs", "/openapi.json", "/problems")
APP_KEY = "cutfill.application"  # in the scope of a page's request: the application it belongs to


class _PagesRoute(Mount):
    """Everything that is not the API's."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["path"].startswith(NOT_PAGES):
            return Match.NONE, {}
        return super().matches(scope)


class _Pages:
    """NiceGUI, started by the first visitor and stopped with the application."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._shell: FastAPI | None = None
        self._starting = asyncio.Lock()
        self._running = AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._starting:
            if self._shell is None:
                self._shell = await self._start()
        await self._shell({**scope, APP_KEY: self._app}, receive, send)

    async def _start(self) -> FastAPI:
        from api.pages import shell

        platform: Platform = self._app.state.platform
        started = shell.shell(platform.settings)
        await self._running.enter_async_context(shell.running(started))
        return started

    async def stop(self) -> None:
        """Stops NiceGUI, if it was started here."""
        await self._running.aclose()
        self._shell = None


def install(app: FastAPI) -> None:
    """Hangs the pages below an application, once; call it after every other route was added."""
    if hasattr(app.state, "pages"):
        return
    app.state.pages = pages = _Pages(app)
    around = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(inner: Any) -> AsyncIterator[Any]:
        async with around(inner) as state:
            yield state
            await pages.stop()

    app.router.lifespan_context = lifespan
    app.router.routes.append(_PagesRoute("", app=pages, name="pages"))
