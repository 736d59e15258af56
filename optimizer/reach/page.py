"""reach.html: the changes, what each costs and what is lost without it, in Chinese and English."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from optimizer.report import self_contained


def render(told: dict[str, Any], name: str) -> str:
    """The page of an answer (``reach.json``)."""
    template = files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    return self_contained(template, {}, [], told=told, name=name)
