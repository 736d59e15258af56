"""Quotes on a live market: 1,200 surpluses, 800 needs, 14 gates, a week; nobody forced, joined by the great circle."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from benchmarks.district import generated
from benchmarks.measure import DisagreementError
from benchmarks.rows import Row, told, within
from optimizer.distances import measure
from optimizer.progress import Progress
from optimizer.quotes import Lot, Market
from optimizer.read import load_scenario
from optimizer.scenario import GRADE_NAMES, GRADES, Scenario

FULL = {"sites": 1200, "demands": 800, "yards": 5, "plants": 3}
SMOKE = {"sites": 30, "demands": 20, "yards": 2, "plants": 1}
LOTS = 200
MOST_SECONDS = 0.3  # a person who types a listing sees the answer as they type
CHARGES = {"offsite": 30.0, "landfill": 10.0}
ASIDE = 0.005  # degrees from the listing that a lot is made after


def run(smoke: bool) -> list[Row]:
    """Opening the market, and the median and the 95th percentile of answering a lot."""
    with generated(**(SMOKE if smoke else FULL), distances=False) as folder:
        scenario = nobody_forced(load_scenario(folder))
    distances = measure(scenario, Progress())
    start = time.perf_counter()
    market = Market.open(scenario, distances, None, CHARGES)
    opening = time.perf_counter() - start
    asked = list(lots(scenario, 10 if smoke else LOTS))
    seconds, quotes = [], []
    for lot in asked:
        start = time.perf_counter()
        quotes.append(market.quote(lot))
        seconds.append(time.perf_counter() - start)
    if market.quote(asked[0]) != quotes[0]:
        raise DisagreementError("the first lot is told something else after the others")
    median, high = np.quantile(seconds, [0.5, 0.95])
    listings = len(scenario.supplies.ids) + len(scenario.demands.ids)
    placed = sum(bool(quote.placements) for quote in quotes)
    name = f"quote on {listings:,} listings"
    return [
        told(f"{name}: open", opening, "rows and columns {:,} × {:,}".format(*market.size)),
        told(f"{name}: median", float(median), f"{placed} of {len(asked)} lots find a place"),
        within(f"{name}: 95th percentile", float(high), MOST_SECONDS, "s", smoke=smoke),
    ]


def nobody_forced(scenario: Scenario) -> Scenario:
    """The same district as a market of the willing."""
    s, d = scenario.supplies, scenario.demands
    return replace(
        scenario,
        supplies=replace(s, must_move=np.zeros(len(s.ids), dtype=bool)),
        demands=replace(d, required=np.zeros(len(d.ids))),
    )


def lots(scenario: Scenario, count: int, seed: int = 1) -> Iterator[Lot]:
    """Lots like the listings, a little aside of them: surpluses and needs in turn."""
    chance = np.random.default_rng(seed)
    materials = scenario.materials.ids
    s, d = scenario.supplies, scenario.demands
    for number in range(count):
        if number % 2:
            i = int(chance.integers(len(s.ids)))
            yield Lot(
                "supply",
                lon=float(s.lon[i]) + ASIDE,
                lat=float(s.lat[i]),
                materials=(materials[s.commodity[i] // GRADES],),
                quantity=float(s.quantity[i]),
                first=scenario.date(s.first[i]),
                last=scenario.date(s.last[i]),
                grade=GRADE_NAMES[s.commodity[i] % GRADES],
                reserve=float(s.ask[i]),
            )
        else:
            i = int(chance.integers(len(d.ids)))
            yield Lot(
                "demand",
                lon=float(d.lon[i]) + ASIDE,
                lat=float(d.lat[i]),
                materials=tuple(materials[m] for m in np.flatnonzero(d.accepts[i])),
                quantity=float(d.quantity[i]),
                first=scenario.date(d.first[i]),
                last=scenario.date(d.last[i]),
                unit=d.unit[i],
                grade=GRADE_NAMES[d.grade[i] - 1],
                daily_max=float(d.daily_max[i]) if np.isfinite(d.daily_max[i]) else None,
                reserve=float(d.bid[i]),
            )
