"""The zone as data: its roads, costs and materials; nothing in the code is true of one zone only.

It is a scenario folder of which ``scenario.toml`` (name, roads, costs, objective) and ``materials.csv`` are used;
listings, facilities and stocks come from the database. Without a folder, distances are great-circle × 1.3.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from api.kernel.geography import Point, km_between
from api.kernel.problems import FieldFault, Invalid, RefusedMaterial
from optimizer.intake.faults import Faults
from optimizer.intake.library import build_library
from optimizer.intake.settings import read_settings
from optimizer.intake.typed import read_table
from optimizer.materials import Material, library, name_index, name_key, refused_class
from optimizer.progress import Progress
from optimizer.read import read_source
from optimizer.roads import Profile, RoadGraph, Router, Snapper, load_graph
from optimizer.scenario import Costs, Objective, RoadSpec
from optimizer.schema import TABLES

DETOUR = 1.3
DETOUR_KM_H = 30.0
_loading = threading.Lock()


@dataclass(frozen=True)
class District:
    """What the platform knows of its zone."""

    name: str
    folder: Path | None
    materials: dict[str, Material]
    roads: RoadSpec
    costs: Costs
    objective: Objective

    @classmethod
    def load(cls, folder: Path) -> District:
        """Reads a district folder; a missing one gives the built-in materials and straight-line distances.

        Raises:
            InputError: the folder has faults.
        """
        if not folder.exists():
            return cls("", None, {m.id: m for m in library()}, RoadSpec(detour=DETOUR), Costs(), Objective())
        faults = Faults()
        source = read_source(folder, faults)
        settings = read_settings(source, faults)
        table = read_table(source.tables.get("materials"), TABLES["materials"], "materials.csv", faults)
        materials = build_library(table, faults).materials
        faults.raise_if_any()
        return cls(
            settings.name,
            folder.resolve(),
            {m.id: m for m in materials},
            settings.roads,
            settings.costs,
            settings.objective,
        )

    @cached_property
    def _names(self) -> dict[str, str]:
        listed = list(self.materials.values())
        return {key: listed[i].id for key, i in name_index(listed).items() if i is not None}

    def material(self, name: str, field: str = "material") -> Material:
        """The material of that id, or Chinese or English name.

        Raises:
            RefusedMaterial: a class that never enters this stream, by name. Invalid: not known.
        """
        found = self._names.get(name_key(name))
        if found is not None:
            return self.materials[found]
        refused = refused_class(name)
        if refused is not None:
            message = f"{name!r} is {refused}, which never enters this stream"
            raise RefusedMaterial(message, errors=[FieldFault(field=field, message=message)])
        message = f"{name!r} is no material of this district; GET /v1/materials lists them"
        raise Invalid(message, errors=[FieldFault(field=field, message=message)])

    @cached_property
    def graph(self) -> RoadGraph | None:
        """The truck road graph; None where distances are straight lines. Loaded at first use, then kept."""
        with _loading:
            if self.roads.file is None:
                return None
            profile = Profile.load(self.roads.profile)
            progress = Progress(quiet=True)
            return load_graph(
                self.roads.file, profile, cache=None, progress=progress, crs=self.roads.crs, zones=self.roads.zones
            )

    @cached_property
    def _router(self) -> Router:
        assert self.graph is not None
        return Router(self.graph, by=self.roads.by)  # type: ignore[arg-type]

    @cached_property
    def _snapper(self) -> Snapper:
        assert self.graph is not None
        return Snapper(self.graph)

    def snaps(self, point: Point) -> bool:
        """Whether a truck road is near enough to a point."""
        if self.graph is None:
            return True
        limit = self.roads.snap_km
        return bool(self._snapper.snap(np.array([point[0]]), np.array([point[1]]), limit_km=limit).arc[0] >= 0)

    def road_km(self, origin: Point, points: list[Point]) -> list[float | None]:
        """Kilometres along the road from one place to others, one way; None where no road leads."""
        if not points:
            return []
        if self.graph is None:
            detour = self.roads.detour or DETOUR
            return [km_between(origin, point) * detour for point in points]
        limit = self.roads.snap_km
        lon, lat = (np.array(part) for part in zip(*points, strict=True))
        start = self._snapper.snap(np.array([origin[0]]), np.array([origin[1]]), limit_km=limit)
        ends = self._snapper.snap(lon, lat, limit_km=limit)
        km, _ = self._router.matrix(start, ends, Progress(quiet=True))
        return [None if np.isnan(value) else float(value) for value in km[0]]
