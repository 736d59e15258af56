"""Takes the README's pictures of the platform: python docs/pictures/take_platform.py http://127.0.0.1:8000.

The address is that of a fresh `cutfill serve --demo`.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from api.demo import PASSWORD

HERE = Path(__file__).parent
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LOCALES = {"zh": "zh-CN", "en": "en-US"}


def main(url: str) -> None:
    """Writes platform-map.png, platform-clearing.png, platform-post.png and platform-matches.png beside this file."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = _signed_in(browser, url, "wang@demo", "zh", DESKTOP)
        tab.locator(".item").nth(1).click()
        _take(tab, "platform-map")
        tab = _signed_in(browser, url, "planner@demo", "en", DESKTOP)
        _open(tab, f"{url}/clearings")
        tab.locator(".item.clearing").first.click()
        _take(tab, "platform-clearing")
        tab = _signed_in(browser, url, "wang@demo", "zh", PHONE)
        _open(tab, f"{url}/matches")
        _take(tab, "platform-matches")
        _open(tab, f"{url}/post")
        tab.locator(".choice .q-btn").nth(2).click()
        tab.get_by_label("数量").fill("1200")
        tab.locator(".mapbox .market-map").click(position={"x": 190, "y": 150})
        tab.locator(".quote .big").wait_for()
        tab.locator(".quote").scroll_into_view_if_needed()
        _take(tab, "platform-post")
        browser.close()


def _signed_in(browser: Any, url: str, email: str, language: str, size: dict[str, int]) -> Any:
    tab = browser.new_context(viewport=size, locale=LOCALES[language], device_scale_factor=2).new_page()
    tab.goto(f"{url}/login")
    tab.fill("#email", email)
    tab.fill("#password", PASSWORD)
    tab.locator("form.form button").click()
    _open(tab, f"{url}/language/{language}?to=/")
    return tab


def _open(tab: Any, address: str) -> None:
    tab.goto(address)
    tab.wait_for_load_state("networkidle")


def _take(tab: Any, name: str) -> None:
    tab.wait_for_load_state("networkidle")
    tab.wait_for_timeout(800)
    tab.screenshot(path=HERE / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
