"""Tonnes of an earlier plan on the lanes of this one."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from optimizer.errors import InputError
from optimizer.lanes import Lanes
from optimizer.scenario import Floats, Scenario
from optimizer.tables import Table


def reference_tonnes(scenario: Scenario, lanes: Lanes, folder: Path) -> tuple[Floats, Floats]:
    """(L,) t of the reference plan on each lane, and (days,) the t on lanes that this scenario no longer has.

    What the reference moves on days outside the horizon is no part of either.

    Raises:
        InputError: the folder holds no readable ``flows.csv``.
    """
    path = folder / "flows.csv"
    try:
        table = Table.read_csv(path)
        flows = list(zip(*(table.column(c) for c in ("date", "from", "to", "material", "grade", "t")), strict=True))
        tonnes = [float(flow[5]) for flow in flows]
    except (OSError, ValueError) as error:
        raise InputError.single(
            "scenario.toml",
            f"{path} cannot be read as the flows of a plan ({error}); name a folder written by cutfill plan",
            column="objective.reference",
        ) from None
    places = scenario.place_ids
    position: dict[tuple[str, ...], int] = {}
    for lane, (arc, day) in enumerate(zip(lanes.arc, lanes.day, strict=True)):
        material, grade = scenario.commodity_name(int(lanes.commodity[arc]))
        ends = places[lanes.origin[arc]], places[lanes.destination[arc]]
        position[scenario.date(day).isoformat(), *ends, material, grade] = lane
    reference, lost = np.zeros(len(lanes)), np.zeros(scenario.days)
    day_of = {scenario.date(day).isoformat(): day for day in range(scenario.days)}
    for flow, t in zip(flows, tonnes, strict=True):
        lane_index = position.get(tuple(flow[:5]))
        if lane_index is not None:
            reference[lane_index] += t
        elif flow[0] in day_of:
            lost[day_of[flow[0]]] += t
    return reference, lost
