"""The API's document, and the pages that show it: every schema with an example, every problem with its code."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from api.kernel.problems import NotFound, Problem, kinds

FOLDER = Path(__file__).parent
EXAMPLES = FOLDER / "examples.json"  # name of a schema → one of it; Page[X] is a page with one X
DESCRIPTION = """
Where each tonne of excavated soil and construction waste of a district goes, and who agrees to it.
土方与建筑垃圾的供需信息平台：发布、询价、撮合、成交。

Masses are tonnes, money is CNY as a decimal text, times are UTC, dates are days in the district. Lists are paged by
`cursor`; edits need `If-Match`; creations take `Idempotency-Key`; every error is a problem document (RFC 9457) with a
stable `code`, all of them listed at [/problems](/problems).

Sign in at `POST /v1/auth/tokens` and send the access token as `Authorization: Bearer …`, or send an API key as
`X-API-Key`. What each role may do is refused with `forbidden` otherwise; what belongs to others is `not-found` or
`foreign-resource`.
"""
# packages whose router.py is served, in the order of the document
TAGS = {
    "auth": "登录与密钥 · Tokens, who you are, API keys with scopes.",
    "organisations": "单位与成员 · Organisations, their approval and their members.",
    "streets": "街道 · Streets (sub-districts) of the zone.",
    "materials": "物料 · What the zone calls its materials, with densities and classes.",
    "sites": "工地 · Building sites with their estimate before the works, and permits.",
    "facilities": "设施 · Yards, placement yards, plants, quarries: what they take, when, at what fee; stocks.",
    "carriers": "运输单位 · Haulage companies and their licences.",
    "trucks": "车辆 · Trucks of a carrier.",
    "directory": "名录 · The public directory of builders, carriers, plants and yards, and how fresh it is.",
    "documents": "文件 · Test certificates, permits and photos.",
    "listings": "供需信息 · Supply and demand on the market: posting, searching, bulk files, map layers.",
    "quotes": "询价 · Where a lot would go now, when, and at what reference price.",
    "clearings": "撮合 · Runs over everything that is open; their proposals, scenario, plan and published week.",
    "proposals": "撮合结果 · What a clearing proposes, to accept or decline.",
    "offers": "报价 · Direct offers and counter-offers between two listings.",
    "deals": "成交 · What two parties agreed; it stands.",
    "jobs": "任务 · Work outside the request: progress, result, cancelling.",
    "events": "动态 · What happens, as it happens: a stream that resumes, or pages.",
    "webhooks": "回调 · Events sent to your own system, signed.",
    "audit": "审计 · Who did what, each entry chained to the one before.",
}


def serve_documents(app: FastAPI) -> None:
    """The document, the page to try it and the list of problems; every asset from this host."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(plain())
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]
    assets = Path(fastapi_offline.__file__).parent / "static"  # Swagger UI 5 as files
    app.mount("/api-assets", StaticFiles(directory=assets), name="api-assets")

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="cutfill API",
            swagger_js_url="/api-assets/swagger-ui-bundle.js",
            swagger_css_url="/api-assets/swagger-ui.css",
            swagger_favicon_url="/api-assets/favicon.png",
            swagger_ui_parameters={"docExpansion": "none", "defaultModelsExpandDepth": 0, "validatorUrl": ""},
        )

    @app.get("/problems", include_in_schema=False)
    @app.get("/problems/{code}", include_in_schema=False)
    def problem_pages(code: str | None = None) -> HTMLResponse:
        if code is not None and code not in {kind.code for kind in kinds()}:
            raise NotFound(f"There is no problem {code!r}; /problems lists them.")
        return HTMLResponse(_problem_page(code))


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """Adds to FastAPI's document what is written by hand: examples, codes, and a line for each operation."""
    schemas = document["components"]["schemas"]
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    for name, schema in schemas.items():
        plain = name.removesuffix("-Input").removesuffix("-Output")
        item = plain.removeprefix("Page_").removesuffix("_")
        if plain in examples:
            schema["examples"] = [examples[plain]]
        elif plain != item and item in examples:
            schema["examples"] = [{"items": [examples[item]], "next": None}]
    schemas["ProblemView"]["properties"]["code"]["enum"] = sorted(kind.code for kind in kinds())
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["summary"] = (
                " ".join(operation["description"].split("\n\n")[0].split()).split(". ")[0].rstrip(".")
            )
    return document


def _explained(kind: type[Problem]) -> str:
    """One more sentence for a reader; the base of all kinds says nothing to them."""
    return "" if kind is Problem else " ".join((kind.__doc__ or "").replace("``", "").split())


@cache
def _problem_page(code: str | None) -> str:
    shown = [kind for kind in kinds() if code in (None, kind.code)]
    rows = "".join(
        f'<tr id="{kind.code}"><td><span class="s{kind.status // 100}">{kind.status}</span></td>'
        f'<td><a href="/problems/{kind.code}"><code>{kind.code}</code></a></td>'
        f'<td><p lang="zh">{escape(kind.title_zh)}</p><p>{escape(kind.title)}</p>'
        f"<p class=why>{escape(_explained(kind))}</p></td></tr>"
        for kind in shown
    )
    back = "" if code is None else '<p><a href="/problems">全部 · All problems</a></p>'
    return (FOLDER / "problems.html").read_text(encoding="utf-8").replace("{{rows}}", rows).replace("{{back}}", back)
