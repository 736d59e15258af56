"""The week's program by linopy at its best: a pandas table of lanes, one sum by group for every rule, sparse storage.

The lanes are made by joins, and no loop runs over lanes, rows or days. Where linopy has sparse models (they store
expressions as compressed rows instead of padding every group to the largest) they are used. Written from DESIGN.md and
docs/maths.md; it shares no rule, lane or matrix with ``optimizer``.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import linopy
import numpy as np
import pandas as pd
from scipy import sparse as sp

from benchmarks.arrays import optimum
from benchmarks.goods import Goods, goods
from optimizer.distances import Distances
from optimizer.scenario import Scenario

HAS_SPARSE = "sparse" in inspect.signature(linopy.Model.__init__).parameters
DAYS = ["place", "day"]
LYING = ["place", "commodity", "day"]


def build(
    scenario: Scenario, distances: Distances, weights: Mapping[str, float], *, sparse: bool = HAS_SPARSE
) -> linopy.Model:
    """The whole program with the weighted goals as its objective (minimised).

    Args:
        scenario: what to model.
        distances: km between its places.
        weights: of the goals unserved, offsite, transfer and haul.
        sparse: linopy's opt-in sparse model; otherwise its default, which pads every group to the longest.
    """
    if not HAS_SPARSE:
        return _build(linopy.Model(), scenario, distances, weights)
    with _explicit_alignment():
        return _build(linopy.Model(sparse=sparse), scenario, distances, weights)


def arrays_of(model: linopy.Model) -> tuple[Any, ...]:
    """The arrays a solver takes; linopy makes them only when asked."""
    with _explicit_alignment():
        matrices = model.matrices
        return matrices.A, matrices.b, matrices.sense, matrices.lb, matrices.ub, matrices.c


def solve(model: linopy.Model) -> float:
    """Optimum of the objective, by HiGHS from linopy's arrays."""
    matrix, right, sense, lower, upper, cost = arrays_of(model)
    rows = np.where(sense == "<", -np.inf, right), np.where(sense == ">", np.inf, right)
    return optimum(sp.csc_array(matrix), rows, (lower, upper), cost)


@contextmanager
def _explicit_alignment() -> Iterator[None]:
    """linopy's newer semantics, which sparse models need; left as it was afterwards."""
    with linopy.options as options:
        if HAS_SPARSE:
            options(semantics="v1")
        yield


@dataclass
class _Rule:
    """One kind of row: a table of keys with its right-hand side, and the sums that belong to it."""

    model: linopy.Model
    name: str
    sign: str
    keys: pd.MultiIndex
    right: Any
    parts: list[Any] = field(default_factory=list)

    def add(self, variable: Any, table: pd.DataFrame, columns: Sequence[str], factor: Any = 1.0) -> None:
        """Adds factor · variable to the row that the table's columns name; entries without a row stay out."""
        row = self.keys.get_indexer(pd.MultiIndex.from_frame(table[list(columns)]))
        own = np.flatnonzero(row >= 0)
        if not len(own):
            return
        (dim,) = variable.dims
        terms = variable if len(own) == len(row) else variable.isel({dim: own})
        index = terms.indexes[dim]
        values = np.broadcast_to(np.asarray(factor, dtype=float), len(row))[own]
        group = pd.Series(row[own], index=index, name="row")
        self.parts.append((terms * pd.Series(values, index=index)).groupby(group).sum())

    def close(self) -> None:
        """Hands the finished rows to the model."""
        if not self.parts:
            return
        left = self.parts[0]
        for part in self.parts[1:]:
            left = left.add(part, join="outer")
        rows = left.indexes["row"]
        right = np.broadcast_to(np.asarray(self.right, dtype=float), len(self.keys))
        self.model.add_constraints(left, self.sign, pd.Series(right[rows], index=rows), name=self.name)


def _build(model: linopy.Model, scenario: Scenario, distances: Distances, weights: Mapping[str, float]) -> linopy.Model:
    known = goods(scenario)
    lanes = _lane_table(scenario, distances, known)
    flow = _variable(model, "flow", lanes)
    first_facility = len(scenario.supplies.ids) + len(scenario.demands.ids)
    lanes["source"], lanes["target"] = lanes["origin"] - first_facility, lanes["destination"] - first_facility
    entering = {"yard": weights["transfer"], "offsite": weights["offsite"]}
    cost = weights["haul"] * lanes["km"] + lanes["to_kind"].map(entering).fillna(0.0).to_numpy()
    objective = [(flow * pd.Series(cost.to_numpy(), index=flow.indexes["flow_"])).sum()]
    objective += _supplies(model, scenario, lanes, flow, weights["unserved"])
    objective += _demands(model, scenario, lanes, flow, weights["unserved"])
    objective += _stores(model, scenario, known, lanes, flow, weights["unserved"])
    _gates(model, scenario, lanes, flow)
    total = objective[0]
    for part in objective[1:]:
        total = total + part
    model.add_objective(total)
    return model


def _variable(model: linopy.Model, name: str, table: pd.DataFrame, upper: Any = np.inf) -> Any:
    """A non-negative variable over the rows of a table."""
    index = pd.RangeIndex(len(table), name=f"{name}_")
    top = pd.Series(np.broadcast_to(np.asarray(upper, dtype=float), len(table)), index=index)
    return model.add_variables(lower=0.0, upper=top, name=name)


def _weighted(variable: Any, factor: Any) -> Any:
    (dim,) = variable.dims
    index = variable.indexes[dim]
    return (variable * pd.Series(np.broadcast_to(np.asarray(factor, dtype=float), len(index)), index=index)).sum()


def _keys(table: pd.DataFrame, columns: Sequence[str]) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(table[list(columns)])


def _lane_table(scenario: Scenario, distances: Distances, known: Goods) -> pd.DataFrame:
    """origin, destination, commodity, material, kinds, km, day of every lane."""
    pairs = [(kind, to) for kind, receivers in known.receivers.items() for to in receivers]
    allowed = pd.DataFrame(pairs, columns=["from_kind", "to_kind"])
    offers = pd.DataFrame(
        [(o, k) for k, places in known.senders.items() for o in places], columns=["origin", "commodity"]
    )
    wants = pd.DataFrame(
        [(d, k) for k, places in known.takers.items() for d in places], columns=["destination", "commodity"]
    )
    kind = pd.Series(known.kind)
    offers["from_kind"], wants["to_kind"] = kind[offers["origin"]].to_numpy(), kind[wants["destination"]].to_numpy()
    lanes = offers.merge(allowed, on="from_kind").merge(wants, on=["to_kind", "commodity"])
    lanes["km"] = distances.km[lanes["origin"], lanes["destination"]]
    lanes = lanes[lanes["km"] <= scenario.roads.max_km]
    days = pd.DataFrame([(place, day) for place, on in enumerate(known.open_days) for day in on], columns=DAYS)
    leaving, arriving = days.rename(columns={"place": "origin"}), days.rename(columns={"place": "destination"})
    lanes = lanes.merge(leaving, on="origin").merge(arriving, on=["destination", "day"])
    lanes["material"] = lanes["commodity"].map(known.material)
    return lanes


def _supplies(model: linopy.Model, scenario: Scenario, lanes: pd.DataFrame, flow: Any, unserved: float) -> list[Any]:
    s = scenario.supplies
    dates = pd.DataFrame(
        [(lot, d) for lot, (a, b) in enumerate(zip(s.first, s.last, strict=True)) for d in range(a, b + 1)],
        columns=DAYS,
    )
    lot = dates["place"].to_numpy()
    last = dates["day"].to_numpy() == s.last[lot]
    waiting = dates[~last].reset_index(drop=True)
    given_up = dates[last | np.isfinite(s.stock_max[lot])].reset_index(drop=True)
    wait = _variable(model, "wait", waiting, s.stock_max[waiting["place"]])
    left = _variable(model, "left", given_up)
    release = _Rule(model, "release", "=", _keys(dates, DAYS), s.release[lot, dates["day"]])
    release.add(flow, lanes, ["origin", "day"])
    release.add(wait, waiting, DAYS)
    release.add(wait, waiting.assign(day=waiting["day"] + 1), DAYS, -1.0)
    release.add(left, given_up, DAYS)
    release.close()
    limited = dates[np.isfinite(s.daily_max[lot])]
    daily = _Rule(model, "supply_daily", "<=", _keys(limited, DAYS), s.daily_max[limited["place"]])
    daily.add(flow, lanes, ["origin", "day"])
    daily.close()
    penalty = np.where(s.must_move, s.priority, 0.0)[given_up["place"]]
    return [_weighted(left, unserved * penalty)]


def _demands(model: linopy.Model, scenario: Scenario, lanes: pd.DataFrame, flow: Any, unserved: float) -> list[Any]:
    d, first = scenario.demands, len(scenario.supplies.ids)
    arriving = lanes.assign(place=np.where(lanes["to_kind"] == "demand", lanes["destination"] - first, -1))
    at = np.maximum(arriving["place"].to_numpy(), 0)
    units = np.nan_to_num(d.units_per_t[at, lanes["material"]])

    needs = pd.DataFrame({"place": np.arange(len(d.ids))})
    asking = needs[d.required > 0].reset_index(drop=True)
    asks = asking["place"].to_numpy()
    room = _Rule(model, "room", "<=", _keys(needs, ["place"]), d.quantity)
    room.add(flow, arriving, ["place"], units)
    room.close()
    short = _variable(model, "short", asking, d.required[asks])
    required = _Rule(model, "required", ">=", _keys(asking, ["place"]), d.required[asks])
    required.add(flow, arriving, ["place"], units)
    required.add(short, asking, ["place"])
    required.close()
    limited = pd.DataFrame(
        [(i, day) for i in np.flatnonzero(np.isfinite(d.daily_max)) for day in range(d.first[i], d.last[i] + 1)],
        columns=DAYS,
    )
    daily = _Rule(model, "demand_daily", "<=", _keys(limited, DAYS), d.daily_max[limited["place"]])
    daily.add(flow, arriving, DAYS, units)
    daily.close()

    m = scenario.mixes
    mixes = pd.DataFrame({"place": m.demand, "material": m.material, "low": m.min_share, "high": m.max_share})
    for name, sign, share, chosen in (
        ("blend_min", ">=", "low", mixes[mixes["low"] > 0]),
        ("blend_max", "<=", "high", mixes[mixes["high"] < 1]),
    ):
        for number, mix in enumerate(chosen.itertuples()):
            here = arriving[arriving["place"] == mix.place]
            rule = _Rule(model, f"{name}{number}", sign, _keys(here.head(1), ["place"]), 0.0)
            part = np.where(here["material"] == mix.material, 1.0, 0.0) - getattr(mix, share)
            rule.add(flow.isel(flow_=here.index.to_numpy()), here, ["place"], part)
            rule.close()
    return [_weighted(short, unserved * d.priority[asks] / d.units_per_t[asks, d.first_material[asks]])]


def _stores(
    model: linopy.Model, scenario: Scenario, known: Goods, lanes: pd.DataFrame, flow: Any, unserved: float
) -> list[Any]:
    """Balance, storage, end stock and recipes of yards and plants."""
    f, days = scenario.facilities, range(scenario.days)
    lying = pd.DataFrame(
        [
            (place, commodity, day)
            for place, kind in enumerate(f.kind)
            if kind in ("yard", "recycling", "treatment")
            for commodity in sorted(known.held[place])
            for day in days
        ],
        columns=LYING,
    )
    opening = pd.DataFrame(
        {"place": scenario.stocks.facility, "commodity": scenario.stocks.commodity, "t": scenario.stocks.t, "day": 0}
    )
    right = lying.merge(opening, how="left", on=LYING)["t"].fillna(0.0)
    balance = _Rule(model, "balance", "=", _keys(lying, LYING), right)
    balance.add(flow, lanes.rename(columns={"source": "place"}), LYING)
    balance.add(flow, lanes.rename(columns={"target": "place"}), LYING, -1.0)

    kept = lying[f.storage[lying["place"]] > 0].reset_index(drop=True)
    stock = _variable(model, "stock", kept)
    balance.add(stock, kept, LYING)
    balance.add(stock, kept.assign(day=kept["day"] + 1), LYING, -1.0)
    nights = kept[DAYS].drop_duplicates()
    storage = _Rule(model, "storage", "<=", _keys(nights, DAYS), f.storage[nights["place"]])
    storage.add(stock, kept, DAYS)
    storage.close()

    bounded = kept[np.isfinite(f.end_stock_max[kept["place"]]) & (kept["day"] == scenario.days - 1)]
    holders = bounded[DAYS].drop_duplicates()
    lies = opening[np.isfinite(f.end_stock_max[opening["place"]])].assign(day=scenario.days - 1).reset_index(drop=True)
    stuck = _variable(model, "stuck", lies, lies["t"])
    end = _Rule(model, "end_stock", "<=", _keys(holders, DAYS), f.end_stock_max[holders["place"]])
    end.add(stock, kept, DAYS)
    end.add(stuck, lies, DAYS, -1.0)
    end.close()
    _recipes(model, scenario, known, balance)
    balance.close()
    return [_weighted(stuck, unserved)] if len(lies) else []


def _recipes(model: linopy.Model, scenario: Scenario, known: Goods, balance: _Rule) -> None:
    rows = [(r.plant, r.takes, r.material, r.daily_max, number) for number, r in enumerate(known.recipes)]
    work = pd.DataFrame(rows, columns=["place", "commodity", "material", "daily_max", "recipe"])
    work = work.merge(pd.DataFrame(np.argwhere(scenario.facilities.open), columns=DAYS), on="place")
    if not len(work):
        return
    process = _variable(model, "process", work)
    balance.add(process, work, LYING)
    made = [(number, made, rate) for number, r in enumerate(known.recipes) for made, rate in r.makes.items()]
    outputs = pd.DataFrame(made, columns=["recipe", "output", "rate"])
    outputs["rank"] = outputs.groupby("recipe").cumcount()
    for _, each in outputs.groupby("rank"):
        making = work.reset_index().merge(each, on="recipe")
        chosen = process.isel(process_=making["index"].to_numpy())
        making["commodity"] = making["output"]
        balance.add(chosen, making, LYING, -making["rate"])
    columns = ["place", "material", "day"]
    limits = work[np.isfinite(work["daily_max"])].drop_duplicates(columns)
    daily = _Rule(model, "plant_daily", "<=", _keys(limits, columns), limits["daily_max"])
    daily.add(process, work, columns)
    daily.close()


def _gates(model: linopy.Model, scenario: Scenario, lanes: pd.DataFrame, flow: Any) -> None:
    """Daily limits in and out, and room over the horizon."""
    f = scenario.facilities
    for name, column, limit in (("gate_in", "target", f.daily_in), ("gate_out", "source", f.daily_out)):
        days = pd.DataFrame(np.argwhere(np.isfinite(limit) & f.open), columns=DAYS)
        gate = _Rule(model, name, "<=", _keys(days, DAYS), limit[days["place"], days["day"]])
        gate.add(flow, lanes.rename(columns={column: "place"}), DAYS)
        gate.close()
    ends = np.array([kind in ("disposal", "offsite", "quarry") for kind in f.kind])
    places = pd.DataFrame({"place": np.flatnonzero(ends & np.isfinite(f.storage))})
    room = _Rule(model, "facility_room", "<=", _keys(places, ["place"]), f.storage[places["place"]])
    room.add(flow, lanes.rename(columns={"target": "place"}), ["place"])
    room.add(flow, lanes.rename(columns={"source": "place"}), ["place"])
    room.close()
