"""The plan: tables that a person reads, and the summary that becomes ``plan.json``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.lanes import PLACE_KINDS, Lanes, recipe_rows
from optimizer.ledger import SMALLEST_T, Ledger
from optimizer.scenario import GRADE_NAMES, GRADES, PLANTS, Floats, Ints, Scenario
from optimizer.tables import Table


@dataclass(frozen=True)
class Plan:
    """Everything that is written to a plan folder.

    Attributes:
        summary: the content of ``plan.json``.
        tables: by file name without ``.csv``: flows, stocks, processing, balance, prices, reasons.
        paths: (from id, to id) → (points, 2) lon/lat line, for flows that are used.
    """

    summary: dict[str, Any]
    tables: dict[str, Table]
    paths: dict[tuple[str, str], Floats] = field(default_factory=dict)


class _Names:
    """Ids and dates for integer indices."""

    def __init__(self, scenario: Scenario):
        self.places = scenario.place_ids
        self.dates = [scenario.date(day).isoformat() for day in range(scenario.days)]
        self._materials = scenario.materials.ids

    def dated(self, days: Ints) -> list[str]:
        return [self.dates[d] for d in days.tolist()]

    def placed(self, places: Ints) -> list[str]:
        return [self.places[p] for p in places.tolist()]

    def material(self, commodities: Ints) -> list[str]:
        return [self._materials[k // GRADES] for k in commodities.tolist()]

    def grade(self, commodities: Ints) -> list[str]:
        return [GRADE_NAMES[k % GRADES] for k in commodities.tolist()]


def ledger_tables(scenario: Scenario, lanes: Lanes, ledger: Ledger, recipe_cost: Floats) -> dict[str, Table]:
    """flows, stocks, processing and balance of a ledger."""
    names = _Names(scenario)
    return {
        "flows": _flows(names, lanes, ledger),
        "stocks": _stocks(scenario, names, lanes, ledger),
        "processing": _processing(scenario, names, ledger, recipe_cost),
        "balance": _balance(scenario, ledger),
    }


def _flows(names: _Names, lanes: Lanes, g: Ledger) -> Table:
    kinds = np.array(PLACE_KINDS)
    to, origin = kinds[lanes.kind[g.destination]], kinds[lanes.kind[g.origin]]
    via = np.where(to == "demand", np.where(origin == "supply", "direct", origin), to)
    return Table.from_columns(
        date=names.dated(g.day),
        **{"from": names.placed(g.origin), "to": names.placed(g.destination)},
        material=names.material(g.commodity),
        grade=names.grade(g.commodity),
        t=g.t,
        km=g.km,
        t_km=g.t * g.km,
        minutes=g.minutes,
        cost=g.t * (g.haul_cost + g.fee),
        via=via,
    )


def _processing(scenario: Scenario, names: _Names, g: Ledger, recipe_cost: Floats) -> Table:
    order = np.lexsort((g.p_commodity, g.p_facility, g.p_day))
    commodity = g.p_commodity[order]
    return Table.from_columns(
        date=names.dated(g.p_day[order]),
        facility=names.placed(g.p_facility[order] + scenario.first_facility),
        input=names.material(commodity),
        grade=names.grade(commodity),
        t=g.p_t[order],
        cost=(g.p_t * recipe_cost)[order],
    )


def _stocks(scenario: Scenario, names: _Names, lanes: Lanes, g: Ledger) -> Table:
    """In and out of every yard, plant and disposal yard; a plant's in has what it made, its out what it used up."""
    came, went, start, end = stock_movements(scenario, lanes, g)
    moving = (came + went + start + end) > SMALLEST_T
    stores = np.array([kind in ("yard", "disposal", *PLANTS) for kind in scenario.facilities.kind], dtype=bool)
    moving[~stores] = False
    f, k, d = np.nonzero(moving)
    order = np.lexsort((k, f, d))
    f, k, d = f[order], k[order], d[order]
    return Table.from_columns(
        date=names.dated(d),
        facility=names.placed(f + scenario.first_facility),
        material=names.material(k),
        grade=names.grade(k),
        t_start=start[f, k, d],
        t_in=came[f, k, d],
        t_out=went[f, k, d],
        t_end=end[f, k, d],
    )


def stock_movements(scenario: Scenario, lanes: Lanes, g: Ledger) -> tuple[Floats, Floats, Floats, Floats]:
    """(F, K, days) t that came in or was made, that went out or was used, and stock at start and end of each day.

    In a disposal yard what is placed stays, so its stock accumulates.
    """
    first, shape = scenario.first_facility, g.stock.shape
    came, went = np.zeros(shape), np.zeros(shape)
    into, out_of = g.destination >= first, g.origin >= first
    np.add.at(came, (g.destination[into] - first, g.commodity[into], g.day[into]), g.t[into])
    np.add.at(went, (g.origin[out_of] - first, g.commodity[out_of], g.day[out_of]), g.t[out_of])
    np.add.at(went, (g.p_facility, g.p_commodity, g.p_day), g.p_t)
    for f, k, d, t in zip(g.p_facility.tolist(), g.p_commodity.tolist(), g.p_day.tolist(), g.p_t, strict=True):
        for row, output in recipe_rows(scenario, f, k):
            came[f, output, d] += scenario.recipes.yields[row] * t
    end = g.stock.copy()
    disposal = np.array([kind == "disposal" for kind in scenario.facilities.kind], dtype=bool)
    end[disposal] = came[disposal].cumsum(axis=2)
    opening = np.zeros(shape[:2])
    opening[scenario.stocks.facility, scenario.stocks.commodity] = scenario.stocks.t
    start = np.concatenate([opening[:, :, None], end[:, :, :-1]], axis=2)
    return came, went, start, end


def _balance(scenario: Scenario, g: Ledger) -> Table:
    s, d = scenario.supplies, scenario.demands
    materials = scenario.materials.ids
    places = len(scenario.place_ids)
    moved = np.bincount(g.origin, weights=g.t, minlength=places)
    received = np.bincount(g.destination, weights=g.t, minlength=places)
    released = s.release.sum(axis=1)
    rows: list[tuple[Any, ...]] = [
        (s.ids[i], "supply", materials[k // GRADES], GRADE_NAMES[k % GRADES], float(released[i]), float(moved[i]),
         float(g.left[i]))
        for i, k in enumerate(s.commodity.tolist())
    ]  # fmt: skip
    for i, material in enumerate(d.first_material.tolist()):
        units = d.units_per_t[i, material]
        rows.append(
            (d.ids[i], "demand", materials[material], GRADE_NAMES[d.grade[i] - 1], float(d.quantity[i] / units),
             float(received[scenario.first_demand + i]), float(g.short[i] / units))
        )  # fmt: skip
    opening = scenario.stocks
    for f, k, t in zip(opening.facility.tolist(), opening.commodity.tolist(), opening.t.tolist(), strict=True):
        stuck = float(g.stuck[f, k])
        if stuck:
            place = scenario.facilities.ids[f]
            rows.append((place, "stock", materials[k // GRADES], GRADE_NAMES[k % GRADES], t, t - stuck, stuck))
    return Table(("id", "side", "material", "grade", "offered_t", "moved_t", "unserved_t"), rows)
