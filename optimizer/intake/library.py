"""``materials.csv``: the built-in library with the scenario's rows over it, field by field."""

from __future__ import annotations

import math
from typing import Any

from optimizer.intake.faults import Faults, quoted
from optimizer.intake.lookups import Library
from optimizer.intake.typed import Typed
from optimizer.materials import Material, frozen, library, name_index, name_key, overridden, refused_class

_DENSITIES = ("bank_t_m3", "loose_t_m3", "compacted_t_m3")


def build_library(table: Typed, faults: Faults) -> Library:
    """The materials that this scenario knows."""
    materials = list(library())
    names = name_index(materials)
    seen: dict[int, int] = {}
    for row, text in enumerate(table["material"].tolist()):
        if not text:
            continue
        refused = next(filter(None, (refused_class(table[c][row]) for c in ("material", "name_zh", "name_en"))), None)
        if refused:
            table.fault(faults, row, "material", f"{quoted(text)} is {refused}, which never enters this stream")
            continue
        at = names.get(name_key(text))
        if at is None:
            at = names[name_key(text)] = len(materials)
            materials.append(_new(table, row, text, faults))
        elif at in seen:
            table.fault(
                faults, row, "material", f"{quoted(text)} is already in row {table.lines[seen[at]]}; ids are used once"
            )
        else:
            materials[at] = overridden(materials[at], **_given(table, row))
        seen.setdefault(at, row)
        if materials[at].compacted_t_m3 < materials[at].loose_t_m3:
            faults.note(f"{table.file}: {text} is lighter compacted than loose; are the densities swapped?")
    return Library.of(materials, frozen(materials).density, complete=table.complete)


def _given(table: Typed, row: int) -> dict[str, Any]:
    """The fields that are not blank."""
    fields: dict[str, Any] = {}
    for name in ("name_zh", "name_en", "waste_class"):
        fields[name] = table[name][row] or None
    for name in _DENSITIES:
        value = float(table[name][row])
        fields[name] = None if math.isnan(value) else value
    flag = table["counts_as_waste"][row]
    fields["counts_as_waste"] = None if flag < 0 else bool(flag)
    return fields


def _new(table: Typed, row: int, name: str, faults: Faults) -> Material:
    """A material that the library does not have."""
    if not table["waste_class"][row] and not table.bad["waste_class"][row]:
        faults.note(f"{table.file}: {quoted(name)} is a new material without a waste class; it is taken as spoil")
    given = {key: value for key, value in _given(table, row).items() if value is not None}
    return Material(**{
        "id": name, "name_zh": name, "name_en": name, "waste_class": "spoil",
        **dict.fromkeys(_DENSITIES, math.nan),
        "counts_as_waste": given.get("waste_class") != "product", "source": "scenario", **given,
    })  # fmt: skip
