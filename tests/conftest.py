"""Shared by all tests: small scenario folders from text, and planning them in one call."""

from __future__ import annotations

import os
import shutil
import signal
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import optimizer  # noqa: F401 – before NumPy is: it keeps its sums on one core

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the first starts no windows
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones first: one that begins last leaves the other cores with nothing to do.

    Those that compile truck schedules go to one worker, which compiles once for all that come after.
    """
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items:
        if item.path.parent.name == "dispatch":
            item.add_marker(pytest.mark.xdist_group("compiles"))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    """Prepared road graphs of tests never land in the user's cache."""
    monkeypatch.setenv("CUTFILL_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for the tests of a module; they skip by name where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        own = next(filter(None, map(shutil.which, BROWSERS)), None)
        try:
            browser = playwright.chromium.launch(executable_path=own, args=["--no-sandbox"])
        except api.Error as error:
            pytest.skip(f"chromium does not start: {error}")
        yield browser
        browser.close()


@pytest.fixture
def with_a_killed_worker():
    """Runs ``work(address)`` on workers of which one ends by SIGKILL after the first result; returns what it does."""
    from optimizer.cluster import embedded

    def run(workers: int, work: Callable[[str], Any], results: Path) -> Any:
        found: list[Any] = []
        with embedded(workers, allowed_failures=10) as cluster:
            thread = threading.Thread(target=lambda: found.append(work(cluster.scheduler_address)), daemon=True)
            thread.start()
            end = time.monotonic() + 60
            while not list(results.glob("*.parquet")) and time.monotonic() < end:
                time.sleep(0.01)
            os.kill(cluster.workers[0].pid, signal.SIGKILL)
            thread.join(120)
        (one,) = found
        return one

    return run


@pytest.fixture
def week(tmp_path):
    """Writes a scenario folder: ``week(toml, supplies="...", demands="...")``, tables as indented CSV text."""
    counter = iter(range(1000))

    def write(toml: str = "", **tables: str) -> Path:
        folder = tmp_path / f"week{next(counter)}"
        folder.mkdir()
        head = 'name = "test"\nstart = 2025-03-03\ndays = 3\n'
        if "days =" in toml.split("[")[0]:
            head = 'name = "test"\nstart = 2025-03-03\n'
        if "[roads]" not in toml:
            toml += '\n[roads]\ndistances = "distances.csv"\n'
        (folder / "scenario.toml").write_text(head + textwrap.dedent(toml), encoding="utf-8")
        for name, text in tables.items():
            (folder / f"{name}.csv").write_text(textwrap.dedent(text).strip() + "\n", encoding="utf-8")
        return folder

    return write
