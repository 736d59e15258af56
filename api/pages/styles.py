"""The pages' own assets, all from this host: style sheet, icon, the vendored map library, the roads."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fastapi import Request
from fastapi.responses import JSONResponse
from nicegui import app, ui
from starlette.concurrency import run_in_threadpool

import optimizer.report
from api.pages.mounting import APP_KEY
from api.pages.roads import drawn_roads

HERE = Path(__file__).parent
VENDORED = Path(optimizer.report.__file__).parent / "assets"  # see its README.md for versions and licences
STYLE = (HERE / "style.css").read_text(encoding="utf-8")
VERSION = hashlib.sha256(STYLE.encode()).hexdigest()[:8]
ASSETS = "/_pages"
STYLE_PATH = f"{ASSETS}/style-{VERSION}.css"
ROADS_PATH = f"{ASSETS}/roads.json"
FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#23566e"/>'
    '<path d="M5 22 L13 12 L18 18 L22 14 L27 22 Z" fill="#d9a23c"/><path d="M5 25h22" stroke="#fff" stroke-width="2"/>'
    "</svg>"
)
DAY = 86_400

app.add_static_file(local_file=HERE / "style.css", url_path=STYLE_PATH, max_cache_age=365 * DAY)
for _name in ("leaflet.js", "leaflet.css"):
    app.add_static_file(local_file=VENDORED / _name, url_path=f"{ASSETS}/{_name}", max_cache_age=DAY)
ui.add_head_html(f'<link rel="stylesheet" href="{ASSETS}/leaflet.css">', shared=True)
ui.add_head_html(f'<link rel="stylesheet" href="{STYLE_PATH}">', shared=True)


@app.get(ROADS_PATH)
async def roads(request: Request) -> JSONResponse:
    """The district's roads as lines; open to all, as a map is."""
    state = request.scope[APP_KEY].state
    if not hasattr(state, "drawn_roads"):
        state.drawn_roads = await run_in_threadpool(drawn_roads, state.platform.district)
    return JSONResponse(state.drawn_roads, headers={"Cache-Control": "public, max-age=3600"})
