"""Week after week: what is left is planned with what is known, one week of it is done, and the next one begins.

Known at the start of a week is what its days release and what the needs that begin by then really want; of later days
what was entered. So a week is carried out as it was planned, and what comes otherwise meets the weeks after it. What a
need requires is asked for evenly over its days that are left.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from optimizer.distances import Distances
from optimizer.lanes import Lanes
from optimizer.ledger import SMALLEST_T, Ledger, make_ledger
from optimizer.planner import Options, Planning, plan_scenario
from optimizer.progress import Progress
from optimizer.replan.again import MONEY_AND_WAY
from optimizer.scenario import Floats, Objective, OpeningStocks, Scenario
from optimizer.tables import Table

WEEK = 7
CHANGE_CNY = 10.0  # what a changed tonne counts where goals are weighed
SINKS = ("disposal", "offsite", "quarry")  # their storage is room for good, or what there is to sell
Order = tuple[str, ...]  # date, from, to, material, grade


@dataclass
class Done:
    """What has been done so far, in the numbers of the whole quarter."""

    waiting: Floats  # (S,) t on site
    filled: Floats  # (N,) own units received
    used: Floats  # (F,) t of room or of goods used up
    stock: Floats  # (F, K) t
    flows: list[tuple[int, int, int, int, float]] = field(
        default_factory=list
    )  # day, origin, destination, commodity, t
    runs: list[tuple[int, int, int, float]] = field(default_factory=list)  # facility, commodity, day, t
    nights: list[Floats] = field(default_factory=list)  # (F, K) t after each day
    ordered: list[float] = field(default_factory=list)  # by week: t that an earlier plan had ordered for it
    changed: list[float] = field(default_factory=list)  # by week: t of these that went otherwise

    @classmethod
    def nothing(cls, scenario: Scenario) -> Done:
        """The start."""
        stock = np.zeros((len(scenario.facilities.ids), len(scenario.materials.ids) * 3))
        stock[scenario.stocks.facility, scenario.stocks.commodity] = scenario.stocks.t
        n = (len(scenario.supplies.ids), len(scenario.demands.ids), len(scenario.facilities.ids))
        return cls(np.zeros(n[0]), np.zeros(n[1]), np.zeros(n[2]), stock)

    def ledger(self, scenario: Scenario, lanes: Lanes) -> Ledger:
        """All of it as the ledger of the quarter; what was left is not told, since that follows from the rest."""
        day, origin, destination, commodity = (
            np.array([flow[:4] for flow in self.flows], dtype=np.int64).reshape(-1, 4).T
        )
        arcs = {key: i for i, key in enumerate(zip(lanes.origin, lanes.destination, lanes.commodity, strict=True))}
        arc = [arcs[key] for key in zip(origin.tolist(), destination.tolist(), commodity.tolist(), strict=True)]
        runs = np.array([run[:3] for run in self.runs], dtype=np.int64).reshape(-1, 3)
        return make_ledger(
            scenario,
            lanes,
            arc=np.array(arc, dtype=np.int64),
            day=day,
            t=np.array([flow[4] for flow in self.flows]),
            processing=(runs[:, 0], runs[:, 1], runs[:, 2], np.array([run[3] for run in self.runs])),
            stock=np.stack(self.nights, axis=2),
            left=np.zeros(len(scenario.supplies.ids)),
            short=np.zeros(len(scenario.demands.ids)),
            stuck=np.zeros(self.stock.shape),
        )


def rest(truth: Scenario, entered: Scenario, done: Done, first: int, days: int) -> Scenario:
    """What is left from a day on, with what is known on its morning."""
    known = first + WEEK
    s, d, f = truth.supplies, truth.demands, truth.facilities
    here = slice(first, first + days)
    release = np.concatenate([s.release[:, :known], entered.supplies.release[:, known:]], axis=1)[:, here].copy()
    open_lot = (s.last >= first) & (s.first < first + days)
    release[~open_lot] = 0.0
    release[open_lot, 0] += done.waiting[open_lot]
    wanted, required = (
        np.where(d.first < known, getattr(d, name), getattr(entered.demands, name)) for name in ("quantity", "required")
    )
    open_need = (d.last >= first) & (d.first < first + days)
    begins = np.maximum(d.first, first)
    share = (np.minimum(d.last, first + days - 1) - begins + 1) / np.maximum(d.last - begins + 1, 1)
    sink = np.array([kind in SINKS for kind in f.kind], dtype=bool)
    held, commodity = np.nonzero(done.stock > SMALLEST_T)
    return replace(
        truth,
        start=truth.start + timedelta(days=first),
        days=days,
        supplies=replace(s, release=release, first=_within(s.first, first, days), last=_within(s.last, first, days)),
        demands=replace(
            d,
            quantity=np.where(open_need, np.maximum(wanted - done.filled, 0.0), 0.0),
            required=np.where(open_need, np.maximum(required - done.filled, 0.0) * np.maximum(share, 0.0), 0.0),
            first=_within(d.first, first, days),
            last=_within(d.last, first, days),
        ),
        facilities=replace(
            f,
            open=f.open[:, here],
            dates=f.dates[:, here],
            daily_in=f.daily_in[:, here],
            daily_out=f.daily_out[:, here],
            storage=np.where(sink, np.maximum(f.storage - done.used, 0.0), f.storage),
        ),
        rain=tuple(day - first for day in truth.rain if first <= day < min(known, first + days)),
        stocks=OpeningStocks(held.astype(np.int32), commodity.astype(np.int32), done.stock[held, commodity]),
    )


def _within(day: np.ndarray, first: int, days: int) -> np.ndarray:
    return np.clip(day - first, 0, days - 1).astype(np.int32)


@dataclass(frozen=True)
class Orders:
    """Where the last plan's orders lie for the next one to keep to, and how many of its first days are frozen."""

    folder: Path
    freeze: int


def carry_out(
    truth: Scenario, entered: Scenario, distances: Distances, ahead: int, orders: Orders | None, progress: Progress
) -> Done:
    """The whole quarter, each week planned ``ahead`` days.

    Args:
        truth: what really comes; ``entered`` what was thought.
        distances: of both.
        ahead: days of every plan.
        orders: to keep to; None: every plan is from scratch.
        progress: told of each week.
    """
    done, before, planning = Done.nothing(truth), dict[Order, float](), None
    for first in range(0, truth.days, WEEK):
        days = min(ahead, truth.days - first)
        scenario = rest(truth, entered, done, first, days)
        if orders is not None and planning is not None:
            covered = min(planning.scenario.days - WEEK, days)
            (orders.folder / "flows.csv").write_text(planning.plan.tables["flows"].to_csv(), encoding="utf-8")
            scenario = replace(scenario, objective=calm(scenario, orders, covered))
        planning = plan_scenario(
            scenario, Options(), Progress(quiet=True), distances=distances, warm=planning, brief=True
        )
        last_day = min(WEEK, days)
        now = _orders(planning.plan.tables["flows"])
        until = (scenario.start + timedelta(days=last_day)).isoformat()
        _compare(
            done, {k: t for k, t in before.items() if k[0] < until}, {k: t for k, t in now.items() if k[0] < until}
        )
        before = {k: t for k, t in now.items() if k[0] >= until}
        _do(done, planning, first, last_day)
        progress.step(first // WEEK + 1, -(-truth.days // WEEK), "weeks")
    return done


def calm(scenario: Scenario, orders: Orders, covered: int) -> Objective:
    """The objective of `cutfill replan`: the first days' orders stay, and money and way turn none over."""
    frozen = min(orders.freeze, covered)
    own = replace(scenario.objective, reference=orders.folder, reference_days=covered, frozen_days=frozen)
    if own.weights:
        more = {"frozen": scenario.costs.unserved_per_t, "changes": CHANGE_CNY}
        return replace(own, weights={**more, **own.weights})
    order = tuple(goal for goal in own.goals if goal not in ("frozen", "changes"))
    at = next((i for i, goal in enumerate(order) if goal in MONEY_AND_WAY), len(order))
    return replace(own, order=("frozen", *order[:at], "changes", *order[at:]))


def _orders(flows: Table) -> dict[Order, float]:
    sums: dict[Order, float] = defaultdict(float)
    keys = zip(*(flows.column(name) for name in ("date", "from", "to", "material", "grade")), strict=True)
    for key, t in zip(keys, flows.column("t"), strict=True):
        sums[key] += t
    return sums


def _compare(done: Done, before: dict[Order, float], now: dict[Order, float]) -> None:
    """t ordered for the week by the plan before, and how many of them go otherwise, a tonne sent elsewhere once."""
    done.ordered.append(sum(before.values()))
    withdrawn = sum(max(t - now.get(key, 0.0), 0.0) for key, t in before.items())
    done.changed.append(withdrawn)


def _do(done: Done, planning: Planning, first: int, days: int) -> None:
    """Carries out a plan's first days."""
    s, g = planning.scenario, planning.ledger
    d, week = s.demands, g.day < days
    flows = zip(g.day[week] + first, g.origin[week], g.destination[week], g.commodity[week], g.t[week], strict=True)
    done.flows += [(int(a), int(b), int(c), int(k), float(t)) for a, b, c, k, t in flows]
    runs = g.p_day < days
    rows = zip(g.p_facility[runs], g.p_commodity[runs], g.p_day[runs] + first, g.p_t[runs], strict=True)
    done.runs += [(int(f), int(k), int(day), float(t)) for f, k, day, t in rows]
    done.nights += [g.stock[:, :, day] for day in range(days)]
    done.stock = g.stock[:, :, days - 1]
    done.waiting = np.zeros(len(s.supplies.ids))
    wait = planning.program.columns["supply.wait"]
    tonight = wait.keys[1] == days - 1
    done.waiting[wait.keys[0][tonight]] = planning.solution.x[wait.index[tonight]]
    into = week & (g.destination >= s.first_demand) & (g.destination < s.first_facility)
    need = g.destination[into] - s.first_demand
    np.add.at(done.filled, need, g.t[into] * d.units_per_t[need, g.commodity[into] // 3])
    for ends in (g.destination, g.origin):
        at = week & (ends >= s.first_facility)
        np.add.at(done.used, ends[at] - s.first_facility, g.t[at])
