"""Quantities at the border: t, or m³ with the volume state named, turned into whole kilograms once."""

from __future__ import annotations

import math
from typing import Literal

from api.kernel.problems import FieldFault
from api.kernel.types import to_kg
from optimizer.materials import Material

Unit = Literal["t", "m3_bank", "m3_loose", "m3_compacted"]
DENSITY = {"m3_bank": "bank_t_m3", "m3_loose": "loose_t_m3", "m3_compacted": "compacted_t_m3"}


def density(material: Material, unit: str) -> float:
    """t per unit; ``nan`` where the volume state has no meaning for the material (slurry is not compacted)."""
    return 1.0 if unit == "t" else float(getattr(material, DENSITY[unit]))


def mass_kg(material: Material, quantity: float, unit: str, field: str, faults: list[FieldFault]) -> int:
    """Whole kilograms of a quantity as entered; 0 and a fault where the unit has no meaning or nothing is left."""
    t_per_unit = density(material, unit)
    if math.isnan(t_per_unit):
        faults.append(
            FieldFault(field=field, message=f"{material.id} has no density in {unit}; give t, or another unit")
        )
        return 0
    kg = to_kg(quantity * t_per_unit)
    if kg <= 0:
        faults.append(FieldFault(field=field, message="must come to at least 1 kg"))
    return kg
