"""The built-in material library, and how names of materials are understood.

The figures stand in ``data/materials.csv`` with their sources: [S] a published source, [K] trade knowledge or an
estimate, shipped as a default that a scenario's ``materials.csv`` overrides field by field. Densities of the other
volume states follow from the bank density: loose = bank / swell, compacted = bank / compaction, where swell is loose
over bank volume and compaction is compacted over bank volume (DOMAIN.md, "Volume states").
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from optimizer.scenario import UNITS, Materials

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x2212: 0x2D}

# Never in this stream (DOMAIN.md): what a name must contain to be refused, and what the thing is called.
_REFUSED = (
    (re.compile(r"生活污泥|市政污泥|污水污泥|污水厂污泥|(?<!non)(household|sewage|sanitary|municipal)sludge"),
     "household sludge 生活污泥"),
    (re.compile(r"(?<!非)危险废物|(?<!非)危废|(?<!non)hazardous"), "hazardous waste 危险废物"),
    (re.compile(r"医疗废物|医废|(?<!non)medicalwaste|clinicalwaste"), "medical waste 医疗废物"),
    (re.compile(r"放射性|radioactive"), "radioactive waste 放射性废物"),
    (re.compile(r"生活垃圾|householdwaste|householdgarbage"), "household waste 生活垃圾"),
)  # fmt: skip


@dataclass(frozen=True)
class Material:
    """One material: names, class and densities in t/m³ (``nan`` where the state has no meaning)."""

    id: str
    name_zh: str
    name_en: str
    waste_class: str
    bank_t_m3: float
    loose_t_m3: float
    compacted_t_m3: float
    counts_as_waste: bool
    source: str
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it may be called in an input file."""
        return (self.id, self.name_zh, self.name_en, *self.aliases)


def narrow(text: str) -> str:
    """Text with full-width digits, letters and punctuation made half-width, and no blanks around it.

    Unlike NFKC this leaves superscripts and circled numbers alone: ``5²`` must not become ``52``.
    """
    return text.strip() if text.isascii() else text.translate(_FULL_WIDTH).strip()


def name_key(name: str) -> str:
    """What two spellings of one material name have in common: width, case, blanks, hyphens and underscores."""
    return re.sub(r"[\s_\-]+", "", narrow(name).casefold())


def refused_class(name: str) -> str | None:
    """What the name stands for when it never enters this stream (household sludge, hazardous waste…), else None."""
    key = name_key(name)
    return next((title for pattern, title in _REFUSED if pattern.search(key)), None)


def loose_density(bank: float, swell: float) -> float:
    """Loose density from bank density and swell L/B: the same mass fills ``swell`` times the volume."""
    return bank / swell


def compacted_density(bank: float, compaction: float) -> float:
    """Compacted density from bank density and compaction F/B."""
    return bank / compaction


@cache
def library() -> tuple[Material, ...]:
    """The built-in materials in file order."""
    text = (files("optimizer") / "data" / "materials.csv").read_text(encoding="utf-8")
    return tuple(_from_row(row) for row in csv.DictReader(text.splitlines()))


def _from_row(row: dict[str, str]) -> Material:
    bank, swell, compaction, loose, compacted = (
        float(row[c]) if row[c] else np.nan
        for c in ("bank_t_m3", "swell", "compaction", "loose_t_m3", "compacted_t_m3")
    )
    return Material(
        id=row["material"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        waste_class=row["waste_class"],
        bank_t_m3=bank,
        loose_t_m3=loose if row["loose_t_m3"] else loose_density(bank, swell),
        compacted_t_m3=compacted if row["compacted_t_m3"] else compacted_density(bank, compaction),
        counts_as_waste=row["counts_as_waste"] == "true",
        source=row["source"],
        aliases=tuple(a for a in row["aliases"].split(";") if a),
    )


def overridden(base: Material, **fields: Any) -> Material:
    """``base`` with the given fields in place of its own; None keeps the library's."""
    changed = {name: value for name, value in fields.items() if value is not None}
    return replace(base, **changed, source="scenario") if changed else base


def frozen(materials: Sequence[Material]) -> Materials:
    """The materials as the scenario's arrays."""
    density = np.array(
        [[1.0, m.bank_t_m3, m.loose_t_m3, m.compacted_t_m3] for m in materials], dtype=np.float64
    ).reshape(-1, len(UNITS))
    return Materials(
        ids=tuple(m.id for m in materials),
        name_zh=tuple(m.name_zh for m in materials),
        name_en=tuple(m.name_en for m in materials),
        waste_class=tuple(m.waste_class for m in materials),
        density=density,
        counts_as_waste=np.array([m.counts_as_waste for m in materials], dtype=bool),
        source=tuple(m.source for m in materials),
    )


def name_index(materials: Iterable[Material]) -> dict[str, int | None]:
    """Position by :func:`name_key` of every name; None where two materials share a name. Ids win over other names."""
    index: dict[str, int | None] = {}
    listed = list(materials)
    for i, material in enumerate(listed):
        for name in filter(None, material.names[1:]):
            key = name_key(name)
            index[key] = i if index.get(key, i) == i else None
    for i, material in enumerate(listed):
        index[name_key(material.id)] = i
    return index
