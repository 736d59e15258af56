from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optimizer.cli import main


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTFILL_CACHE", str(tmp_path_factory.getbasetemp() / "road-cache"))


@pytest.fixture
def planned(tmp_path: Path) -> Callable[[Path], tuple[int, dict[str, Any]]]:
    """Runs `cutfill plan` and `cutfill check` on a scenario; returns plan's exit code and plan.json."""

    def run(scenario: Path) -> tuple[int, dict[str, Any]]:
        out = tmp_path / "plan"
        code = main(["plan", str(scenario), "-o", str(out), "--quiet"])
        assert main(["check", str(scenario), str(out), "--quiet"]) == 0
        return code, json.loads((out / "plan.json").read_text(encoding="utf-8"))

    return run
