"""A small good scenario that tests break in one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from good_scenario import GOOD

from optimizer.errors import InputError
from optimizer.read import load_scenario
from optimizer.scenario import Scenario

Change = tuple[str, str] | str | bytes | None


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes the good scenario with changes: (old, new) replaced once, whole content, or None for no file."""

    def written(changes: dict[str, Change | list[tuple[str, str]]] | None = None) -> Path:
        folder = tmp_path / "case"
        folder.mkdir(exist_ok=True)
        contents: dict[str, str | bytes] = dict(GOOD)
        for file, change in (changes or {}).items():
            if change is None:
                del contents[file]
            elif isinstance(change, str | bytes):
                contents[file] = change
            else:
                for old, new in change if isinstance(change, list) else [change]:
                    text = contents[file]
                    assert isinstance(text, str) and text.count(old) == 1, f"{old!r} must be in {file} once"
                    contents[file] = text.replace(old, new)
        for file, content in contents.items():
            data = content.encode() if isinstance(content, str) else content
            (folder / file).write_bytes(data)
        return folder

    return written


@pytest.fixture
def load(write: Callable[..., Path]) -> Callable[..., Scenario]:
    """Loads the good scenario with changes."""
    return lambda changes=None: load_scenario(write(changes))


@pytest.fixture
def faults(write: Callable[..., Path]) -> Callable[..., list[str]]:
    """The faults of the good scenario with changes, as the command line lists them."""

    def found(changes: dict[str, Change | list[tuple[str, str]]]) -> list[str]:
        with pytest.raises(InputError) as error:
            load_scenario(write(changes))
        return [str(fault) for fault in error.value.faults]

    return found
