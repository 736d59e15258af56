"""The page's words in both languages, and numbers as people read them.

Every text lives in ``texts.toml``; a :class:`Both` is one text in both languages, ready for the page, where the
style sheet shows the one that is asked for.
"""

from __future__ import annotations

import math
import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

BLANK = "–"


class Both(NamedTuple):
    """One text in English and Chinese."""

    en: str
    zh: str


@cache
def texts() -> dict[str, Both]:
    """All texts by ``table.key``."""
    tables = tomllib.loads(files(__package__).joinpath("texts.toml").read_text(encoding="utf-8"))
    return {f"{table}.{key}": Both(**pair) for table, keys in tables.items() for key, pair in keys.items()}


def say(key: str, **parts: str | Both) -> Both:
    """The text ``key`` with its braces filled; a part may itself be in both languages."""
    pair = texts()[key]
    if not parts:
        return pair
    return Both(*(text.format(**{k: _side(v, i) for k, v in parts.items()}) for i, text in enumerate(pair)))


def named(table: str, key: str) -> Both:
    """The text ``table.key``, or the key itself where there is none (a name from a newer or foreign plan)."""
    return texts().get(f"{table}.{key}", Both(key, key))


def joined(parts: list[Both], separator: Both) -> Both:
    """Texts put in a row."""
    return Both(*(separator[i].join(part[i] for part in parts) for i in range(2)))


def _side(value: str | Both, side: int) -> str:
    return value[side] if isinstance(value, Both) else value


def number(value: float | None, digits: int | None = None) -> str:
    """A number with thousands separators; without ``digits``, small numbers keep one or two decimals."""
    if value is None or value != value:
        return BLANK
    if digits is None:
        size = abs(value)
        digits = 0 if size >= 100 or size < 0.005 or value == round(value) else 1 if size >= 1 else 2
    half_up = value + math.copysign(1e-9 * max(1.0, abs(value)), value)  # as the page's scripts round
    text = f"{half_up:,.{digits}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text


def percent(share: float | None, digits: int = 1) -> str:
    """A share as a percentage."""
    return BLANK if share is None or share != share else f"{number(100 * share, digits)}%"


def unit(name: str) -> Both:
    """A unit's short name."""
    return named("unit", name)


def money(cny: float | None) -> Both:
    """Yuan; in Chinese large sums are told in 万元."""
    if cny is None:
        return Both(BLANK, BLANK)
    zh = f"{number(cny / 10_000, 1)} 万元" if abs(cny) >= 100_000 else f"{number(cny, 0 if abs(cny) >= 100 else 2)} 元"
    return Both(f"CNY {number(cny, 0 if abs(cny) >= 100 else 2)}", zh)
