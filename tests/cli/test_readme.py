"""Every command of the README is run, in its order, where a reader would run it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from optimizer.cli import main

ROOT = Path(__file__).resolve().parents[2]
MAP = ROOT.parent / "shared" / "data" / "roads" / "krems.osm.gz"


def commands() -> list[list[str]]:
    """The words after ``.venv/bin/cutfill`` of every line that begins with it."""
    lines = (line.strip() for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines())
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith(".venv/bin/cutfill ")]


def test_the_commands_of_the_readme(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found = commands()
    assert [words[0] for words in found] == ["new", "plan", "check", "plan", "roads", "serve"]
    for words in found[:-2]:
        assert main(words) == 0, words
    assert "next best" in capsys.readouterr().out
    assert (tmp_path / "out" / "report.html").exists()


def test_the_hedge_to_try(tmp_path, monkeypatch, capsys):
    """docs/whatif.md: a generated week with what is uncertain, hedged as typed."""
    monkeypatch.chdir(tmp_path)
    lines = [line.strip() for line in (ROOT / "docs" / "whatif.md").read_text(encoding="utf-8").splitlines()]
    at = next(i for i, line in enumerate(lines) if line.startswith("cutfill sample") and "--uncertain" in line)
    for line in lines[at : at + 2]:
        assert main(shlex.split(line, comments=True)[1:]) == 0, line
    told = capsys.readouterr().out
    assert "hedge it with: cutfill hedge my-week" in told and "saves CNY" in told
    assert (tmp_path / "out" / "hedge.html").exists()


@pytest.mark.skipif(not MAP.exists(), reason="../shared/data/roads/krems.osm.gz is not there")
def test_the_roads_command_of_the_readme(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-week").mkdir()
    words = commands()[-2]
    words[words.index("shandong.osm.pbf")] = str(MAP)
    assert main(words) == 0
    assert (tmp_path / "my-week" / "roads.graphml").exists()
