"""Legs: km and whole minutes between the places that take part and the depots, laden and empty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.dispatch.state import NOWHERE
from optimizer.distances import Distances
from optimizer.errors import Fault, InputError
from optimizer.scenario import Driving, Floats, Ints, Scenario

LADEN_KM_H, EMPTY_KM_H = 25.0, 35.0  # [S] DOMAIN.md, haul roads; only where neither speed nor minutes are known


@dataclass(frozen=True)
class Network:
    """Q nodes: the scenario's places in their order, then one depot per truck class.

    Attributes:
        km: (Q, Q), ``inf`` where no road is; 0 from a node to itself.
        laden, empty: (Q, Q) whole minutes, rounded up; NOWHERE where no road is.
        depot: (K,) node of each truck class.
    """

    km: Floats
    laden: Ints
    empty: Ints
    depot: Ints


def cycle_minutes(km: float, load: float, tip: float, laden_km_h: float, empty_km_h: float) -> float:
    """Minutes of one round trip of ``km`` each way, before any rounding (DOMAIN.md, "Cycle check")."""
    return load + tip + 60 * km / laden_km_h + 60 * km / empty_km_h


def build_network(scenario: Scenario, distances: Distances) -> Network:
    """Legs of a scenario.

    Raises:
        InputError: there are no trucks, or depots that cannot be placed; every fault.
    """
    trucks, places = scenario.trucks, scenario.place_ids
    if not trucks.ids:
        raise InputError.single("trucks.csv", "there are no trucks; dispatch needs at least one row")
    n, classes = len(places), len(trucks.ids)
    km, minutes = (np.full((n + classes, n + classes), np.nan) for _ in range(2))
    km[:n, :n], minutes[:n, :n] = distances.km, distances.minutes
    if scenario.pairs is not None:  # people list the way out; the way back is as long where it is not listed
        back = np.isnan(km) & ~np.isnan(km.T)
        km[back], minutes[back] = km.T[back], minutes.T[back]
    faults = []
    known: dict[tuple[float, float], int] = {}
    for k, name in enumerate(trucks.depot):
        node = n + k
        at = (trucks.lon[k], trucks.lat[k])
        if name in places:
            twin = places.index(name)
        elif np.isnan(at[0]):
            where = (
                "write the id of a place as depot" if distances.reach is None else "give lon and lat, or a place's id"
            )
            faults.append(Fault("trucks.csv", 0, "depot", f"nobody knows where that of {trucks.ids[k]} lies; {where}"))
            continue
        elif distances.reach is None:
            faults.append(Fault("trucks.csv", 0, "depot", "distances come as a table, which has no "
                                f"'{name}'; write the id of a place as depot"))  # fmt: skip
            continue
        elif at in known:
            twin = known[at]
        else:
            reach = distances.reach(*at)
            km[node, :n], minutes[node, :n], km[:n, node], minutes[:n, node] = (
                reach.km_out,
                reach.minutes_out,
                reach.km_in,
                reach.minutes_in,
            )
            known[at] = node
            continue
        km[node, :n], minutes[node, :n], km[:n, node], minutes[:n, node] = (
            km[twin, :n],
            minutes[twin, :n],
            km[:n, twin],
            minutes[:n, twin],
        )
        if twin < n:
            km[node, twin] = km[twin, node] = minutes[node, twin] = minutes[twin, node] = 0.0
    if faults:
        raise InputError(faults)
    np.fill_diagonal(km, 0.0)
    np.fill_diagonal(minutes, 0.0)
    driving = scenario.driving
    return Network(
        km=np.where(np.isnan(km), np.inf, km),
        laden=whole_minutes(km, minutes, driving.laden_km_h, LADEN_KM_H),
        empty=whole_minutes(km, minutes, driving.empty_km_h, EMPTY_KM_H),
        depot=np.arange(n, n + classes, dtype=np.int64),
    )


def whole_minutes(km: Floats, minutes: Floats, speed: float, else_speed: float) -> Ints:
    """Minutes by the speed given, else by the road's own time, else by ``else_speed``; rounded up."""
    by_road = np.where(np.isnan(minutes), km / else_speed * 60, minutes)
    exact = by_road if np.isnan(speed) else km / speed * 60
    return np.where(np.isnan(km), NOWHERE, np.ceil(np.nan_to_num(exact) - 1e-9)).astype(np.int64)


def gate_minutes(driving: Driving) -> dict[str, tuple[float, float]]:
    """(minutes, wash) of a gate that gates.csv does not name, by what is done there."""
    return {"load": (driving.load_minutes, 0.0), "tip": (driving.tip_minutes, driving.wash_minutes)}
