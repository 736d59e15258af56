"""comparison.html in a browser: nothing loaded, both languages, maps and charts drawn."""

from __future__ import annotations

from pathlib import Path

from optimizer.cli import main
from optimizer.tables import Table
from optimizer.whatif.page import _picked

WEEK = Path(__file__).resolve().parents[2] / "scenarios" / "qibuqu-week"


def test_the_page_shows_maps_side_by_side_in_both_languages(patch, tmp_path, chromium):
    wet = patch("wet", 'name = "Wet <b>month</b>"\nname_zh = "雨月"\n[[supplies]]\nscale = { quantity = 1.3 }\n')
    shut = patch("shut", 'name = "Yard shut"\nname_zh = "关场"\nclose = ["Y01"]\n')
    out = tmp_path / "out"
    assert main(["whatif", str(WEEK), wet, shut, "-o", str(out), "--quiet"]) == 0
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    troubles, asked = [], []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{(out / 'comparison.html').as_uri()}?lang=en")
    assert page.locator("#says li").count() == 2
    assert page.locator("#says li").first.inner_text().startswith("Wet <b>month</b>: ")
    assert page.locator(".canvas canvas").count() >= 2
    assert page.locator("#right-name").inner_text() == "Wet <b>month</b>"
    page.locator("#map-filters select").select_option(label="Yard shut")
    assert page.locator("#right-name").inner_text() == "Yard shut"
    assert page.locator("#plots svg").count() >= 4
    page.locator('[data-lang="zh"]').click()
    assert page.locator("#says li").first.inner_text().startswith("雨月：")
    assert page.locator("#left-name").inner_text() == "基准"
    page.close()
    assert troubles == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)


def test_of_many_corners_those_that_divide_the_frontier_are_shown_first():
    frontier = Table(("corner", "cost", "carbon"))
    frontier.rows = [(i + 1, float(cost), 0.0) for i, cost in enumerate([0, 1, 2, 3, 9, 10, 19, 20, 21, 30])]
    assert _picked(9, 3, frontier) == [4, 6, 8]  # 10, 20 and 30; the first corner is what they are compared with
    assert _picked(9, 24, frontier) == list(range(9))
    assert _picked(30, 3, None) == [0, 1, 2]
