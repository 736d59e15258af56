"""Yards and plants day by day: balance, overnight stock, end stock, longest stay; gates and room of every facility."""

from __future__ import annotations

import numpy as np

from optimizer.lanes import Lanes, recipe_rows
from optimizer.program import Coupling, Model
from optimizer.scenario import PLANTS, Ints


def balance(m: Model) -> None:
    """Every commodity balances every day at every yard and plant.

        y_fkd − y_fk,d−1 − Σ_in x + Σ_out x + z_fkd − Σ_inputs yield · z_f,input,d = 0      (opening stock on day 0)

    Column ``facility.stock`` y is t overnight after day d; it exists where the facility has storage.
    Same-day in and out is allowed. A closed facility has no lanes, so its stock lies still.

    Dual: change of the goal per further tonne of the commodity that appears there that day.
    """
    s = m.scenario
    stores = np.array([kind == "yard" or kind in PLANTS for kind in s.facilities.kind], dtype=bool)
    f, k = np.nonzero(m.lanes.may_hold & stores[:, None])
    days = s.days
    facility, commodity = np.repeat(f, days), np.repeat(k, days)
    day = np.tile(np.arange(days), len(f))
    opening = np.zeros(m.lanes.may_hold.shape)
    opening[s.stocks.facility, s.stocks.commodity] = s.stocks.t
    rhs = np.where(day == 0, opening[facility, commodity], 0.0)
    rows = m.add_rows("facility.balance", rhs, rhs, facility=facility, commodity=commodity, day=day)
    table = np.full((*m.lanes.may_hold.shape, days), -1, dtype=np.int32)
    table[facility, commodity, day] = rows.index

    kept = s.facilities.storage[facility] > 0
    stock = m.add_columns(
        "facility.stock", 0.0, np.inf, facility=facility[kept], commodity=commodity[kept], day=day[kept]
    )
    a, b, d = stock.keys
    m.add(table[a, b, d], stock.index, 1.0)
    before_last = d < days - 1
    m.add(table[a, b, np.minimum(d + 1, days - 1)][before_last], stock.index[before_last], -1.0)

    m.couple(_at_facility(m, table, "destination", -1.0))
    m.couple(_at_facility(m, table, "origin", 1.0))
    process = m.columns["plant.process"]
    a, b, d = process.keys
    m.add(table[a, b, d], process.index, 1.0)
    for (plant, taken), chosen in _groups(a, b).items():
        for recipe, output in recipe_rows(s, plant, taken):
            m.add(table[plant, output, d[chosen]], process.index[chosen], -s.recipes.yields[recipe])


def overnight(m: Model) -> None:
    """All commodities together fit the storage every night; holding and end stock have their price in `cost`.

        Σ_k y_fkd ≤ storage_f        (0 from the day on which a place that a siting closes has to be empty)

    Dual: change of the goal per further tonne of storage that night (≤ 0).
    """
    f, stock = m.scenario.facilities, m.columns["facility.stock"]
    facility, _, day = stock.keys
    holders = np.unique(facility)
    keys = np.repeat(holders, m.scenario.days), np.tile(np.arange(m.scenario.days), len(holders))
    most = np.where(keys[1] >= f.empty_from[keys[0]], 0.0, f.storage[keys[0]])
    rows = m.add_rows("facility.storage", -np.inf, most, facility=keys[0], day=keys[1])
    table = np.full((len(f.ids), m.scenario.days), -1, dtype=np.int32)
    table[keys] = rows.index
    m.add(table[facility, day], stock.index, 1.0)
    last = day == m.scenario.days - 1
    m.cost("cost", stock.index, f.hold_cost[facility] + np.where(last, f.end_cost[facility], 0.0))


def end_stock(m: Model) -> None:
    """Stock at the end is bounded, since a yard that may end full would be free disposal.

        Σ_k y_fk,last − Σ_k stuck_fk ≤ end_stock_max_f

    Column ``facility.stuck`` is opening stock that cannot be cleared as ``end_stock_max`` or ``longest_stay`` wants;
    it is `unserved`, so that no rule can make a week infeasible.

    Dual: change of the goal per further tonne allowed at the end (≤ 0).
    """
    s = m.scenario
    f = s.facilities
    ruled = np.isfinite(f.end_stock_max) | np.isfinite(f.longest_stay)
    at = np.flatnonzero(ruled[s.stocks.facility]) if len(s.stocks.t) else np.zeros(0, dtype=int)
    stuck = m.add_columns(
        "facility.stuck", 0.0, s.stocks.t[at], facility=s.stocks.facility[at], commodity=s.stocks.commodity[at]
    )
    m.cost("unserved", stuck.index, 1.0)
    stock = m.columns["facility.stock"]
    facility, _, day = stock.keys
    bounded = np.intersect1d(np.flatnonzero(np.isfinite(f.end_stock_max)), facility)
    rows = m.add_rows("facility.end_stock", -np.inf, f.end_stock_max[bounded], facility=bounded)
    table = np.full(len(f.ids), -1, dtype=np.int32)
    table[bounded] = rows.index
    last = day == s.days - 1
    m.add(table[facility[last]], stock.index[last], 1.0)
    m.add(table[stuck.keys[0]], stuck.index, -1.0)


def longest_stay(m: Model) -> None:
    """First in, first out: what lies at a place came in during the last L nights.

        y_fkd − stuck_fk ≤ Σ_{t=d−L+1..d} (in_fkt + made_fkt)        opening stock came in on the day before the start

    Dual: change of the goal per further tonne that may overstay that night (≤ 0).
    """
    s = m.scenario
    stay = s.facilities.longest_stay
    stock, stuck = m.columns["facility.stock"], m.columns["facility.stuck"]
    ruled = np.isfinite(stay[stock.keys[0]]) if len(stock) else np.zeros(0, dtype=bool)
    facility, commodity, day = (key[ruled] for key in stock.keys)
    opening = np.zeros(m.lanes.may_hold.shape)
    opening[s.stocks.facility, s.stocks.commodity] = s.stocks.t
    fresh = np.where(day <= stay[facility] - 2, opening[facility, commodity], 0.0)
    rows = m.add_rows("facility.stay", -np.inf, fresh, facility=facility, commodity=commodity, day=day)
    table = np.full((*m.lanes.may_hold.shape, s.days), -1, dtype=np.int32)
    table[facility, commodity, day] = rows.index
    m.add(rows.index, stock.index[ruled], 1.0)
    for later in range(s.days):
        m.add(table[stuck.keys[0], stuck.keys[1], later], stuck.index, -1.0)
    process = m.columns["plant.process"]
    plant, taken, on = process.keys
    longest = int(min(s.days, stay[np.isfinite(stay)].max(initial=0)))
    for night in range(longest):
        shifted = _shift(table, stay, night)
        m.couple(_at_facility(m, shifted, "destination", -1.0))
        for (a, b), chosen in _groups(plant, taken).items():
            for recipe, output in recipe_rows(s, a, b):
                m.add(shifted[a, output, on[chosen]], process.index[chosen], -s.recipes.yields[recipe])


def gates(m: Model) -> None:
    """What enters and leaves a facility in a day.

        Σ_in x ≤ daily_in_fd        Σ_out x ≤ daily_out_fd

    Dual: change of the goal per further tonne through the gate that day (≤ 0).
    """
    f = m.scenario.facilities
    for name, side, limit in (("gate.in", "destination", f.daily_in), ("gate.out", "origin", f.daily_out)):
        facility, day = np.nonzero(np.isfinite(limit) & f.open)
        rows = m.add_rows(name, -np.inf, limit[facility, day], facility=facility, day=day)
        table = np.full(limit.shape, -1, dtype=np.int32)
        table[facility, day] = rows.index
        m.couple(_at_facility(m, table, side, 1.0))


def room(m: Model) -> None:
    """Room left over the horizon in disposal and off-site places, and what a quarry has to sell.

        Σ_in x ≤ storage_f        (quarry: Σ_out x ≤ storage_f)

    Dual: change of the goal per further tonne of room (≤ 0).
    """
    f = m.scenario.facilities
    sinks = [i for i, kind in enumerate(f.kind) if kind in ("disposal", "offsite", "quarry")]
    at = np.array([i for i in sinks if np.isfinite(f.storage[i])], dtype=np.int32)
    rows = m.add_rows("facility.room", -np.inf, f.storage[at], facility=at)
    table = np.full((len(f.ids), m.scenario.days), -1, dtype=np.int32)
    table[at] = rows.index[:, None]
    m.couple(_at_facility(m, table, "destination", 1.0))
    m.couple(_at_facility(m, table, "origin", 1.0))


def _at_facility(m: Model, table: Ints, side: str, value: float) -> Coupling:
    """Coupling of lanes at a facility to rows by (facility, day) or (facility, commodity, day)."""
    first = m.scenario.first_facility

    def coupling(lanes: Lanes) -> tuple[Ints, Ints, float]:
        inside = lanes.into_facility if side == "destination" else lanes.from_facility
        at = (lanes.destinations if side == "destination" else lanes.origins)[inside] - first
        days = lanes.day[inside]
        row = table[at, lanes.commodities[inside], days] if table.ndim == 3 else table[at, days]
        return inside, row, value

    return coupling


def _groups(facility: Ints, commodity: Ints) -> dict[tuple[int, int], Ints]:
    """Positions of each (facility, commodity) among process columns."""
    pairs = sorted({(int(a), int(b)) for a, b in zip(facility, commodity, strict=True)})
    return {(a, b): np.flatnonzero((facility == a) & (commodity == b)).astype(np.int32) for a, b in pairs}


def _shift(table: Ints, stay: np.ndarray, night: int) -> Ints:
    """Row that a tonne coming in on day t still excuses ``night`` nights later, while within its longest stay."""
    shifted = np.full_like(table, -1)
    shifted[:, :, : table.shape[2] - night] = table[:, :, night:]
    shifted[~(stay > night)] = -1
    return shifted
