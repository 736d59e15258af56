"""Places as the presentation shows them: where they are, what they are, how much comes and goes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from optimizer.plan import Plan
from optimizer.scenario import Demands, Facilities, Floats, Scenario, Supplies


@dataclass(frozen=True)
class Site:
    """One place of the scenario with its totals over the horizon.

    Attributes:
        side: ``supply``, ``demand`` or ``facility``.
        kind: the facility's kind, else the side.
        lon: WGS-84 degrees, nan when the scenario has no coordinates.
        t_in: t received over the horizon.
        t_out: t sent over the horizon.
    """

    id: str
    name: str
    side: str
    kind: str
    street: str
    lon: float
    lat: float
    t_in: float
    t_out: float

    @property
    def placed(self) -> bool:
        """Whether it has coordinates."""
        return self.lon == self.lon and self.lat == self.lat


def sites(scenario: Scenario, plan: Plan) -> list[Site]:
    """All places in node order."""
    flows = plan.tables["flows"]
    came: dict[str, float] = defaultdict(float)
    went: dict[str, float] = defaultdict(float)
    for origin, destination, t in zip(flows.column("from"), flows.column("to"), flows.column("t"), strict=True):
        went[origin] += t
        came[destination] += t
    parts: tuple[tuple[str, Supplies | Demands | Facilities], ...] = (
        ("supply", scenario.supplies),
        ("demand", scenario.demands),
        ("facility", scenario.facilities),
    )
    return [
        Site(
            id=place,
            name=part.names[i],
            side=side,
            kind=part.kind[i] if isinstance(part, Facilities) else side,
            street=part.street[i],
            lon=float(part.lon[i]),
            lat=float(part.lat[i]),
            t_in=came[place],
            t_out=went[place],
        )
        for side, part in parts
        for i, place in enumerate(part.ids)
    ]


def line_between(plan: Plan, origin: Site, destination: Site) -> Floats | None:
    """The lane's line in lon/lat: its road path, else straight; None when it can be neither."""
    path = plan.paths.get((origin.id, destination.id))
    if path is not None and len(path) >= 2 and np.isfinite(path).all():
        return np.asarray(path, dtype=float)
    if origin.placed and destination.placed:
        return np.array([(origin.lon, origin.lat), (destination.lon, destination.lat)])
    return None
