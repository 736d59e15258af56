"""Supplies and demands, day by day: releases, waiting soil, own units, windows' totals and blends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.check.moves import Flows, Places, summed
from optimizer.check.result import Ledger, number, slack
from optimizer.scenario import Floats, Ints, Scenario

FILE = "flows.csv"


@dataclass(frozen=True)
class Served:
    """What was offered, moved and left unserved of every lot or need, in t."""

    offered: Floats
    moved: Floats
    unserved: Floats


def check_supplies(scenario: Scenario, places: Places, flows: Flows, ledger: Ledger) -> Served:
    """Nothing leaves before it is released or after it was lost, nor faster than ``daily_max``.

    What is left after the last date, or does not fit ``stock_max`` at night, is unserved where it must move.
    Keeping as much as fits is the kindest reading of a plan that only says what moved.
    """
    lots = scenario.supplies
    rows = np.flatnonzero(places.are(flows.origin, "supply"))
    origin, day = flows.origin[rows], flows.day[rows]
    moved = summed((len(lots.ids), scenario.days), (origin, day), flows.t[rows])
    last = _last_lines((len(lots.ids), scenario.days), (origin, day), flows.line[rows])
    released = np.cumsum(lots.release, axis=1)
    waiting = np.zeros(len(lots.ids))
    for d in range(scenario.days):
        there = waiting + lots.release[:, d]
        over = moved[:, d] - there
        _expect_there(scenario, d, moved[:, d], there, released[:, d], last[:, d], ledger)
        waiting = np.minimum(np.maximum(-over, 0.0), lots.stock_max)
    _expect_heaps(scenario, moved, last, ledger)
    rate, loaded = np.broadcast_to(lots.daily_max[:, None], moved.shape), moved.copy()
    for dry, wet in scenario.twins:
        loaded[[dry, wet]] = moved[dry] + moved[wet]
    ledger.expect_all(
        loaded <= rate + slack(rate),
        FILE,
        lambda i: int(last.flat[i]),
        "t",
        lambda i: (
            f"{number(loaded.flat[i])} t leave {lots.ids[i // scenario.days]} on {scenario.date(i % scenario.days)}, "
            f"more than its daily_max of {number(rate.flat[i])} t"
        ),
        lambda i: float(loaded.flat[i] - rate.flat[i]),
    )
    offered, gone = lots.release.sum(axis=1), moved.sum(axis=1)
    return Served(offered, gone, np.where(lots.must_move, np.maximum(offered - gone, 0.0), 0.0))


def _least_kept(release: Floats, moved: Floats) -> Floats:
    """(…, days) t that must lie on site each night for what leaves later to be there."""
    kept = np.zeros_like(moved)
    for day in range(moved.shape[-1] - 2, -1, -1):
        kept[..., day] = np.maximum(kept[..., day + 1] + moved[..., day + 1] - release[..., day + 1], 0.0)
    return kept


def _expect_heaps(scenario: Scenario, moved: Floats, last: Ints, ledger: Ledger) -> None:
    """Wet and dry soil of one pit, as far as it leaves later, fit its ``stock_max`` together at night."""
    for pair in scenario.twins:
        _expect_heap(scenario, list(pair), moved, last, ledger)


def _expect_heap(scenario: Scenario, pit: list[int], moved: Floats, last: Ints, ledger: Ledger) -> None:
    lots = scenario.supplies
    kept = _least_kept(lots.release[pit], moved[pit]).sum(axis=0)
    most = np.full(len(kept), lots.stock_max[pit[0]])
    ledger.expect_all(
        kept <= most + slack(most),
        FILE,
        lambda i: int(last[pit, i:].max()),
        "t",
        lambda i: (
            f"{number(kept[i])} t lie at {lots.ids[pit[0]]}, wet and dry, in the night after {scenario.date(i)}, "
            f"more than its stock_max of {number(most[i])} t"
        ),
        lambda i: float(kept[i] - most[i]),
    )


def _expect_there(
    scenario: Scenario, day: int, moved: Floats, there: Floats, released: Floats, last: Ints, ledger: Ledger
) -> None:
    ids = scenario.supplies.ids

    def message(i: int) -> str:
        told = f"{number(moved[i])} t leave {ids[i]} on {scenario.date(day)} but only {number(there[i])} t "
        if abs(there[i] - released[i]) <= slack(released[i]):
            return told + "were released by then"
        return told + f"of the {number(released[i])} t released by then are still there"

    ledger.expect_all(
        moved <= there + slack(released),
        FILE,
        lambda i: int(last[i]),
        "t",
        message,
        lambda i: float(moved[i] - there[i]),
    )


def _last_lines(shape: tuple[int, int], at: tuple[Ints, Ints], lines: Ints) -> Ints:
    """The last line of the file that falls into each cell; 0 where none does."""
    last = np.zeros(shape, dtype=np.int64)
    np.maximum.at(last, at, lines)
    return last


def check_demands(scenario: Scenario, places: Places, flows: Flows, ledger: Ledger) -> Served:
    """Own units a day and in all, and the required part; the shortfall is t of the first material accepted."""
    needs = scenario.demands
    n, days = len(needs.ids), scenario.days
    rows = np.flatnonzero(places.are(flows.to, "demand"))
    to, material = flows.to[rows] - places.first_demand, flows.material[rows]
    counts = np.nan_to_num(needs.units_per_t)[to, material]  # what is not accepted is a finding of its row
    received = summed((n, days), (to, flows.day[rows]), flows.t[rows] * counts)
    last = _last_lines((n, days), (to, flows.day[rows]), flows.line[rows])
    rate = np.broadcast_to(needs.daily_max[:, None], received.shape)
    ledger.expect_all(
        received <= rate + slack(rate),
        FILE,
        lambda i: int(last.flat[i]),
        "t",
        lambda i: (
            f"{needs.ids[i // days]} receives {number(received.flat[i])} {needs.unit[i // days]} on "
            f"{scenario.date(i % days)}, more than its daily_max of {number(rate.flat[i])}"
        ),
        lambda i: float(received.flat[i] - rate.flat[i]),
    )
    total, end = received.sum(axis=1), last.max(axis=1, initial=0)
    ledger.expect_all(
        total <= needs.quantity + slack(needs.quantity),
        FILE,
        lambda i: int(end[i]),
        "t",
        lambda i: (
            f"{needs.ids[i]} receives {number(total[i])} {needs.unit[i]} in all, more than its quantity of "
            f"{number(needs.quantity[i])}"
        ),
        lambda i: float(total[i] - needs.quantity[i]),
    )
    per_t = needs.units_per_t[np.arange(n), needs.first_material]
    short = np.maximum(needs.required - total, 0.0) / per_t
    return Served(needs.quantity / per_t, summed((n,), (to,), flows.t[rows]), short)


def check_blends(scenario: Scenario, places: Places, flows: Flows, ledger: Ledger) -> None:
    """Shares by mass of all that a demand receives and had before; a limit broken before is kept by what comes."""
    mixes = scenario.mixes
    for demand, material, low, high, before, all_before in zip(
        mixes.demand, mixes.material, mixes.min_share, mixes.max_share, mixes.before, mixes.before_all, strict=True
    ):
        here = flows.to == places.first_demand + demand
        this = here & (flows.material == material)
        part, whole = flows.total(this), flows.total(here)
        told = (
            f"{number(part)} t of the {number(whole)} t that {scenario.demands.ids[demand]} receives are "
            f"{scenario.materials.ids[material]}"
        )
        line = flows.last_line(this) or flows.last_line(here)
        over = part - high * whole - max(0.0, high * all_before - before)
        under = low * whole - part - max(0.0, before - low * all_before)
        message = f"{told}, more than its max_share of {number(high)}"
        ledger.expect(bool(over <= slack(whole)), FILE, line, "material", message, over)
        message = f"{told}, less than its min_share of {number(low)}"
        ledger.expect(bool(under <= slack(whole)), FILE, line, "material", message, under)
