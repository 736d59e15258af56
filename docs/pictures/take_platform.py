"""Takes the README's pictures of the platform: python docs/pictures/take_platform.py http://127.0.0.1:8000.

The address is that of a fresh `cutfill serve --demo`.
"""

from __future__ import annotations

import os
import shutil
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from api.demo import PASSWORD

HERE = Path(__file__).parent
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SETTLE_MS = 2000
LOCALES = {"zh": "zh-CN", "en": "en-US"}


def main(url: str) -> None:
    """Writes platform-map.png, platform-post.png, platform-matches.png and platform-clearing.png beside this file."""
    with sync_playwright() as playwright:
        tab = _signed_in(playwright, url, "wang@demo", "zh", DESKTOP)
        tab.locator(".legend summary").click()
        tab.locator(".item", has_text="farmland").click()
        _take(tab, "platform-map")
        tab = _signed_in(playwright, url, "wang@demo", "zh", PHONE)
        _open(tab, f"{url}/post")
        tab.locator(".form .q-select input").first.fill("粉质")
        tab.locator(".q-menu .q-item").first.click()
        tab.get_by_label("数量").fill("8000")
        tab.locator(".mapbox .market-map").click(position={"x": 180, "y": 140})
        tab.locator(".quote .big").wait_for()
        tab.locator(".submit .summary").click()
        _take(tab, "platform-post")
        tab = _signed_in(playwright, url, "wang@demo", "en", PHONE)
        _open(tab, f"{url}/matches")
        _take(tab, "platform-matches")
        tab = _signed_in(playwright, url, "planner@demo", "en", DESKTOP)
        _open(tab, f"{url}/clearings")
        tab.locator(".item.clearing").first.click()
        tab.locator(".figures").wait_for()
        _take(tab, "platform-clearing")


def _signed_in(playwright: Any, url: str, email: str, language: str, size: dict[str, int]) -> Any:
    """A browser of its own, in the language of the picture: date fields follow it."""
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"),
        args=["--no-sandbox"],
        env={**os.environ, "LANGUAGE": LOCALES[language].replace("-", "_")},
    )
    tab = browser.new_context(viewport=size, locale=LOCALES[language], device_scale_factor=2).new_page()
    tab.goto(f"{url}/login")
    tab.fill("#email", email)
    tab.fill("#password", PASSWORD)
    tab.locator("form.form button").click()
    tab.wait_for_url(f"{url}/")
    _open(tab, f"{url}/language/{language}?to=/")
    return tab


def _open(tab: Any, address: str) -> None:
    tab.goto(address)
    tab.locator("main h1").wait_for(state="attached")
    tab.wait_for_timeout(SETTLE_MS)


def _take(tab: Any, name: str) -> None:
    tab.wait_for_timeout(SETTLE_MS)
    picture = Image.open(BytesIO(tab.screenshot())).convert("RGB")
    palette = picture.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette.save(HERE / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
