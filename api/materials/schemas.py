"""What a material is."""

from __future__ import annotations

from pydantic import BaseModel, Field


class MaterialView(BaseModel):
    """One material of the district's library. Densities are t/m³; null where the volume state has no meaning."""

    id: str
    name_zh: str
    name_en: str
    aliases: list[str]
    waste_class: str = Field(examples=["spoil"])
    bank_t_m3: float | None
    loose_t_m3: float | None
    compacted_t_m3: float | None
    counts_as_waste: bool
    source: str = Field(description="Where the figures come from: [S] published, [K] trade knowledge.")
