"""A sentence in both languages, and the small pieces that sentences are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from optimizer.scenario import GRADES, Bools, Scenario


@dataclass(frozen=True)
class Words:
    """The same words in English and Chinese."""

    en: str
    zh: str

    def __add__(self, other: Words) -> Words:
        return Words(self.en + other.en, self.zh + other.zh)

    def __bool__(self) -> bool:
        return bool(self.en)


UNIT_WORDS = {
    "t": Words("t", "t"),
    "m3_bank": Words("m³ bank", "m³（自然方）"),
    "m3_loose": Words("m³ loose", "m³（松方）"),
    "m3_compacted": Words("m³ compacted", "m³（压实方）"),
}


def joined(parts: Iterable[Words], en: str = "; ", zh: str = "；") -> Words:
    """Parts with a separator between."""
    kept = [part for part in parts if part]
    return Words(en.join(p.en for p in kept), zh.join(p.zh for p in kept))


def tonnes(t: float) -> str:
    """A mass for a sentence: whole tonnes from ten up, otherwise one decimal."""
    return f"{t:,.0f}" if abs(t) >= 10 else f"{t:,.1f}"


def place(scenario: Scenario, node: int) -> str:
    """Id and, where there is one, name of a place."""
    names = scenario.supplies.names + scenario.demands.names + scenario.facilities.names
    own, name = scenario.place_ids[node], names[node]
    return f"{own} ({name})" if name and name != own else own


def material(scenario: Scenario, commodity: int) -> Words:
    """Name of a commodity's material."""
    m = scenario.materials
    return Words(m.name_en[commodity // GRADES] or m.ids[commodity // GRADES], m.name_zh[commodity // GRADES])


def dates(scenario: Scenario, open_days: Bools) -> str:
    """Open days as ``03-03…03-05`` runs."""
    runs: list[tuple[int, int]] = []
    for day in range(len(open_days)):
        if not open_days[day]:
            continue
        if runs and runs[-1][1] == day - 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    shown = [
        f"{scenario.date(a):%m-%d}" if a == b else f"{scenario.date(a):%m-%d}…{scenario.date(b):%m-%d}" for a, b in runs
    ]
    return ", ".join(shown) if shown else "–"
