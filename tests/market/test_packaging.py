"""What is installed holds what it reads: every data file of `api`, and the week of the demonstration."""

from __future__ import annotations

import tomllib
from pathlib import Path

from api.demo import SCENARIO
from api.migrations import FOLDER

ROOT = Path(__file__).parents[2]


def test_every_data_file_is_packaged() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    packaged = {
        path
        for package, patterns in settings["package-data"].items()
        for pattern in patterns
        for path in (ROOT / package).glob(pattern)
    }
    data = {
        path
        for path in (ROOT / "api").rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and path.name != "README.md"
    }
    assert data and data <= packaged
    assert {path for path in SCENARIO.rglob("*") if path.is_file()} <= packaged
    assert "scenarios" in settings["packages"]["find"]["include"]
    assert list((FOLDER / "versions").glob("*.py"))
