"""Takes the README's pictures with chromium: python docs/pictures/take.py out/qibuqu-week/report.html."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright


def main(report: Path) -> None:
    """Writes report-en.png, report-zh.png, map.png and flows.png beside this file, and trucks.png of dispatch.html."""
    here = Path(__file__).parent
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 940})
        for language in ("zh", "en"):
            page.goto(f"{report.resolve().as_uri()}?lang={language}")
            page.wait_for_timeout(1500)
            page.screenshot(path=here / f"report-{language}.png")
        for section in ("map", "flows"):
            page.locator(f"section:has(#{section})").scroll_into_view_if_needed()
            page.wait_for_timeout(800)
            page.locator(f"section:has(#{section})").screenshot(path=here / f"{section}.png")
        schedules = report.with_name("dispatch.html")
        if schedules.exists():
            page.goto(f"{schedules.resolve().as_uri()}?lang=en")
            page.wait_for_timeout(1500)
            page.locator("#trucks").evaluate("section => section.scrollIntoView()")
            page.wait_for_timeout(800)
            page.screenshot(path=here / "trucks.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
