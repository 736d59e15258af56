"""Goals and figures of a plan, from its rows and the inputs alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.check.balance import Left
from optimizer.check.folder import Sheet
from optimizer.check.moves import Flows, Places, Processing
from optimizer.check.plants import Made
from optimizer.check.rows import Rates
from optimizer.check.stocks import Stocks
from optimizer.check.streets import largest_burden
from optimizer.scenario import GRADES, Bools, Floats, Scenario

Figures = dict[str, float | None]


@dataclass(frozen=True)
class Recount:
    """Everything recomputed that goals and figures are made of."""

    scenario: Scenario
    places: Places
    flows: Flows
    rates: Rates
    processing: Processing
    made: Made
    stocks: Stocks
    left: Left
    km: Floats  # (places, places)

    @property
    def held(self) -> Floats:
        """(H, D, K) t overnight at yards and plants; what lies in a disposal yard is no stock."""
        held: Floats = self.stocks.end * self.stocks.holds[:, None, None]
        return held


def cost_parts(count: Recount) -> dict[str, float]:
    """CNY by part; openings are those of the candidates that ``site.csv`` opens."""
    s, flows = count.scenario, count.flows
    bought = count.places.are(flows.origin, "quarry")
    night = count.held.sum(axis=2)
    at = count.stocks.facility
    opening = {"opening": float(s.facilities.opening_cost[s.opened].sum())} if s.opened.any() else {}
    return opening | {
        "haul": float(count.rates.haul.sum()),
        "gate_fees": float(count.rates.fees[~bought].sum()),
        "processing": float(count.made.cost.sum()),
        "purchase": float(count.rates.fees[bought].sum()),
        "holding": float((night.sum(axis=1) * s.facilities.hold_cost[at]).sum()),
        "end_stock": float((night[:, -1] * s.facilities.end_cost[at]).sum()),
        "carbon": s.costs.carbon_per_kg * _carbon(count),
    }


def _carbon(count: Recount) -> float:
    return float((count.flows.t * count.rates.km).sum()) * count.scenario.costs.co2_per_t_km


def goal_values(count: Recount, reference: Sheet | None) -> dict[str, float]:
    """Value of every goal that exists, named or not; ``changes`` and ``frozen`` only with a reference plan."""
    s, flows, left = count.scenario, count.flows, count.left
    into = {kind: flows.total(count.places.are(flows.to, kind)) for kind in ("offsite", "disposal", "yard")}
    cost = sum(cost_parts(count).values())
    from_supply, to_demand = count.places.are(flows.origin, "supply"), count.places.are(flows.to, "demand")
    asks = np.nan_to_num(s.supplies.ask)[flows.origin[from_supply]] @ flows.t[from_supply]
    bids = np.nan_to_num(s.demands.bid)[flows.to[to_demand] - count.places.first_demand] @ flows.t[to_demand]
    values = {
        "unserved": float(
            s.supplies.priority @ left.supply.unserved + s.demands.priority @ left.demand.unserved + left.stock.sum()
        ),
        "offsite": into["offsite"],
        "landfill": into["disposal"],
        "transfer": into["yard"],
        "haul": float((flows.t * count.rates.km).sum()),
        "cost": cost,
        "carbon": _carbon(count),
        "welfare": cost + float(asks - bids),
    }
    if "fairness" in s.objective.goals:
        values["fairness"] = largest_burden(s, flows)
    if "empties" in s.objective.goals:
        values["empties"] = sum(_empties(count, day) for day in np.unique(flows.day).tolist())
    if reference is not None:
        covered = s.days if s.objective.reference_days is None else min(s.objective.reference_days, s.days)
        values["changes"] = _changes(count, reference, covered)
        values["frozen"] = _changes(count, reference, min(s.objective.frozen_days, covered))
    return values


def _empties(count: Recount, day: int) -> float:
    """Least t·km of a day from where it is tipped to where it is loaded next, by the prices that say so.

    The dual of the transportation problem: what a tonne of empty room is worth, by place, at most apart by the way.
    """
    from scipy.optimize import linprog  # 0.3 s, and few plans ask for it

    flows = count.flows
    today = flows.day == day
    tips, loads = np.unique(flows.to[today]), np.unique(flows.origin[today])
    km = np.where(np.isnan(count.km), count.km.T, count.km)
    np.fill_diagonal(km, 0.0)
    apart = np.nan_to_num(km, nan=float(np.nanmax(km)))[np.ix_(tips, loads)]
    sums = [np.bincount(np.searchsorted(tips, flows.to[today]), flows.t[today], len(tips)),
            -np.bincount(np.searchsorted(loads, flows.origin[today]), flows.t[today], len(loads))]  # fmt: skip
    differences = np.zeros((apart.size, len(tips) + len(loads)))
    pair = np.arange(apart.size)
    differences[pair, pair // len(loads)] = 1.0
    differences[pair, len(tips) + pair % len(loads)] = -1.0
    found = linprog(-np.concatenate(sums), A_ub=differences, b_ub=apart.ravel(), bounds=(None, None), method="highs")
    return -float(found.fun)


def _changes(count: Recount, reference: Sheet, days: int) -> float:
    """Half the t by which rows of the first days differ from the reference's; a tonne sent elsewhere counts once."""
    s, flows = count.scenario, count.flows
    t: dict[tuple[int, str, str, str, int], float] = {}
    span = range(s.start.toordinal(), s.start.toordinal() + days)
    columns = (reference[c] for c in ("date", "from", "to", "material", "grade", "t"))
    for date, origin, to, material, grade, mass in zip(*columns, strict=True):
        if int(date) in span:
            key = (int(date), origin, to, material, int(grade))
            t[key] = t.get(key, 0.0) - float(mass)
    ids, names = count.places.ids, s.materials.ids
    for i in np.flatnonzero(flows.day < days):
        date = span.start + int(flows.day[i])
        key = (date, ids[flows.origin[i]], ids[flows.to[i]], names[flows.material[i]], int(flows.grade[i]))
        t[key] = t.get(key, 0.0) + float(flows.t[i])
    return sum(map(abs, t.values())) / 2


def named_goals(scenario: Scenario, values: dict[str, float]) -> dict[str, float]:
    """The goals that plan.json reports, in its order.

    An order that does not name ``unserved`` has it first. With weights the first is ``total``, the weighted sum, in
    which unserved tonnes count at ``unserved_per_t`` unless they have a weight of their own.
    """
    objective = scenario.objective
    if objective.order:
        order = objective.order if "unserved" in objective.order else ("unserved", *objective.order)
        return {name: values[name] for name in order}
    weights = dict(objective.weights)
    weights.setdefault("unserved", scenario.costs.unserved_per_t)
    total = sum(weight * values[name] for name, weight in weights.items())
    return {"total": total} | {name: values[name] for name in weights}


def figures(count: Recount) -> Figures:
    """The figures of the whole plan by their names in plan.json, without ``cost_parts`` and groups."""
    every = np.ones(len(count.scenario.materials.ids), dtype=bool)
    totals = material_figures(count, every)
    totals["unserved_t"] = float(
        count.left.supply.unserved.sum() + count.left.demand.unserved.sum() + count.left.stock.sum()
    )
    totals["co2_kg"] = _carbon(count)
    totals["cost"] = sum(cost_parts(count).values())
    return totals


def material_figures(count: Recount, chosen: Bools) -> Figures:
    """The figures of the materials chosen, (M,) bool; products of a plant count under their own material."""
    s, flows, places = count.scenario, count.flows, count.places
    waste = s.materials.counts_as_waste
    mine, is_waste = chosen[flows.material], waste[flows.material]
    from_supply, to_demand = places.are(flows.origin, "supply"), places.are(flows.to, "demand")
    from_quarry = places.are(flows.origin, "quarry")
    lots = s.supplies.commodity // GRADES
    processed = chosen[count.processing.material]
    stocked = chosen[count.stocks.commodity // GRADES] if len(count.stocks.commodity) else np.zeros(0, dtype=bool)
    opening = count.stocks.opening * count.stocks.holds[:, None]
    generated = float(count.left.supply.offered[chosen[lots] & waste[lots]].sum()) if len(lots) else 0.0
    t, t_km = flows.total(mine), float((flows.t * count.rates.km)[mine].sum())
    direct = flows.total(mine & from_supply & to_demand)
    placed = flows.total(mine & is_waste & to_demand & ~from_quarry)
    recycled = float(count.made.off_ledger[processed].sum())
    return {
        "generated_t": generated,
        "direct_t": direct,
        "direct_share": _share(direct, generated),
        "transfer_t": flows.total(mine & places.are(flows.to, "yard")),
        "offsite_t": flows.total(mine & places.are(flows.to, "offsite")),
        "landfill_t": flows.total(mine & places.are(flows.to, "disposal")),
        "recycled_t": recycled,
        "placed_t": placed,
        "utilisation_rate": _share(placed + recycled, generated),
        "end_stock_t": float(count.held[:, -1][:, stocked].sum()),
        "opening_stock_t": float(opening[:, stocked].sum()),
        "process_loss_t": float(count.made.loss[processed].sum()),
        "borrowed_t": flows.total(mine & from_quarry),
        "t": t,
        "t_km": t_km,
        "mean_haul_km": _share(t_km, t),
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
