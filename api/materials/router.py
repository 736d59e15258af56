"""``/v1/materials``: the district's library; it changes only when the server is set up anew."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Response

from api.kernel.paging import Page
from api.kernel.problems import NotFound
from api.kernel.work import Work
from api.materials.schemas import MaterialView
from api.requests import Transacting, answers, reads
from optimizer.materials import Material

router = APIRouter(prefix="/v1/materials", tags=["materials"], route_class=Transacting)
CACHED = "public, max-age=300"


@router.get("", responses=answers(permission=False))
def materials(response: Response, work: Annotated[Work, reads()]) -> Page[MaterialView]:
    """All materials, on one page."""
    response.headers["Cache-Control"] = CACHED
    return Page(items=[view(material) for material in work.district.materials.values()])


@router.get("/{id}", responses=answers(NotFound, permission=False))
def material(id: str, response: Response, work: Annotated[Work, reads()]) -> MaterialView:
    """One material."""
    found = work.district.materials.get(id)
    if found is None:
        raise NotFound(f"There is no material {id!r} in this district.")
    response.headers["Cache-Control"] = CACHED
    return view(found)


def view(material: Material) -> MaterialView:
    """A material as JSON can hold it."""
    densities = {
        name: None if math.isnan(value) else round(value, 4)
        for name in ("bank_t_m3", "loose_t_m3", "compacted_t_m3")
        for value in (float(getattr(material, name)),)
    }
    return MaterialView(
        id=material.id,
        name_zh=material.name_zh,
        name_en=material.name_en,
        aliases=list(material.aliases),
        waste_class=material.waste_class,
        counts_as_waste=material.counts_as_waste,
        source=material.source,
        **densities,
    )
