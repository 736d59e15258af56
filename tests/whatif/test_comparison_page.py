"""comparison.html in a browser: nothing loaded, both languages, maps and charts drawn."""

from __future__ import annotations

from pathlib import Path

from optimizer.cli import main

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
