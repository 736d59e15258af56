"""The pages' words in both languages, and figures as people read them. All texts are in ``texts.toml``."""

from __future__ import annotations

import datetime as dt
import tomllib
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from optimizer.report.texts import BLANK, number, percent

__all__ = [
    "BLANK",
    "LANGUAGES",
    "TAGS",
    "day",
    "days",
    "named",
    "number",
    "percent",
    "say",
    "span",
    "texts",
    "tonnes",
    "yuan",
]

LANGUAGES = ("zh", "en")  # the first is the default
TAGS = {"zh": "zh-CN", "en": "en-US"}  # what browsers and Quasar call them


@cache
def texts() -> dict[str, dict[str, str]]:
    """All texts by ``table.key``, each by language."""
    tables = tomllib.loads(files(__package__).joinpath("texts.toml").read_text(encoding="utf-8"))
    return {f"{table}.{key}": pair for table, keys in tables.items() for key, pair in keys.items()}


def say(language: str, key: str, default: str | None = None, **parts: object) -> str:
    """The text ``key`` with its braces filled; ``default`` where there is none.

    Raises:
        KeyError: there is none, and no default.
    """
    pair = texts().get(key)
    if pair is None:
        if default is None:
            raise KeyError(key)
        return default
    return pair[language].format(**parts) if parts else pair[language]


def tonnes(language: str, t: float) -> str:
    """Tonnes, whole above a hundred."""
    return f"{number(t)} {say(language, 'unit.t')}"


def yuan(language: str, cny: Decimal | float | None, *, cents: bool = True) -> str:
    """An amount; in Chinese large sums are told in 万元."""
    if cny is None:
        return BLANK
    value = float(cny)
    digits = 2 if cents and value != round(value) and abs(value) < 10_000 else 0
    if language == "zh":
        told = f"{number(value / 10_000, 1)} 万元" if abs(value) >= 100_000 else f"{number(value, digits)} 元"
    else:
        told = f"CNY {number(value, digits)}"
    return told.replace("-", "−")


def day(language: str, date: dt.date) -> str:
    """A date as people say it: 3月5日 周三 / Wed 5 Mar."""
    week = date.weekday()
    if language == "zh":
        return f"{date.month}月{date.day}日 周{'一二三四五六日'[week]}"
    return f"{_DAYS[week]} {date.day} {_MONTHS[date.month - 1]}"


def days(language: str, first: dt.date, last: dt.date) -> str:
    """A span of dates."""
    if first == last:
        return day(language, first)
    same = (first.year, first.month) == (last.year, last.month)
    if language == "zh":
        return f"{first.month}月{first.day}日–{'' if same else f'{last.month}月'}{last.day}日"
    return f"{first.day}{'' if same else ' ' + _MONTHS[first.month - 1]}–{last.day} {_MONTHS[last.month - 1]}"


def span(language: str, time: dt.timedelta) -> str:
    """How long, roughly: the two largest units that matter."""
    minutes = max(0, int(time.total_seconds() // 60))
    if minutes < 1:
        return say(language, "time.moment")
    if minutes < 60:
        return say(language, "time.minutes", n=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return say(language, "time.hours", n=hours)
    return say(language, "time.days", n=hours // 24)


def named(language: str, thing: Any) -> str:
    """The name of a thing that has one in each language (``name_zh``, ``name_en``)."""
    return str(getattr(thing, f"name_{language}"))


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
