"""Truck schedules next to OR-Tools routing and PyVRP: the same loads, trucks and seconds, one after the other."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.haulage import as_customers, by_ortools, by_pyvrp, drawn
from benchmarks.measure import DisagreementError, installed
from benchmarks.rows import Row, told, within
from optimizer.dispatch.days import Problem, km_laden
from optimizer.dispatch.solve import Budget, DaySchedule, schedule_day

# loads, with windows, seconds of each contestant, most gap in percent, and whether the peers run too
DAYS = ((300, False, 60.0, 0.3, True), (1000, False, 60.0, 1.0, True), (300, True, 60.0, 2.0, True),
        (3000, False, 300.0, 2.0, False))  # fmt: skip
SMOKE_DAYS = ((30, False, 1.0, 0.3, True), (30, True, 1.0, 2.0, True))
FIRST = 3000
FIRST_SECONDS = 2.0
SEED = 0


def run(smoke: bool) -> list[Row]:
    """Per day the gap to our proven bound, as a share of all km, of ours and the peers; and the first schedule."""
    scheduled(drawn(20), 0.1)  # compiled before anything is timed
    rows = []
    for loads, windows, seconds, most, peers in SMOKE_DAYS if smoke else DAYS:
        problem = drawn(loads, windows=windows)
        ours = scheduled(problem, seconds)
        laden = float(km_laden(problem).sum())
        name = f"{loads} loads{', half of the sites open 4 h' if windows else ''}: gap after {seconds:g} s"
        row = within(name, _gap(ours.empty_km, ours.bound.empty_km, laden), most, "%", smoke=smoke)
        found = _peers(problem, seconds) if peers else {}
        row["peers"] = {peer: _gap(km, ours.bound.empty_km, laden) for peer, km in found.items()}
        for peer, gap in row["peers"].items():
            if gap < -1e-3:
                raise DisagreementError(f"{name}: {peer} drives less than our bound allows ({gap} %)")
        rows.append(row)
        if len(ours.undone):
            rows.append(told(f"{loads} loads: left undone", len(ours.undone), unit=""))
    problem = drawn(SMOKE_DAYS[0][0] if smoke else FIRST)
    first = scheduled(problem, None)
    name = f"{len(problem.loads)} loads: first schedule"
    rows.append(within(name, first.first_seconds, FIRST_SECONDS, "s", smoke=smoke))
    if len(first.undone):
        raise DisagreementError(f"{name}: {len(first.undone)} loads were left")
    return rows


def scheduled(problem: Problem, seconds: float | None) -> DaySchedule:
    """Ours: all of the seconds, or none but for the first schedule."""
    taken = np.zeros(problem.arrays.begin.shape, dtype=np.int64)
    if seconds is None:
        return schedule_day(problem, taken, Budget(0, None, SEED), None)
    return schedule_day(problem, taken, Budget(None, seconds, SEED), time.perf_counter() + seconds)


def _peers(problem: Problem, seconds: float) -> dict[str, float]:
    customers = as_customers(problem)
    found = {"OR-Tools routing": by_ortools(customers, seconds)}
    if installed("pyvrp"):
        found["PyVRP"] = by_pyvrp(customers, seconds, SEED)
    return {peer: km for peer, km in found.items() if km is not None}


def _gap(km: float, bound: float, laden: float) -> float:
    """Percent of all km above the bound."""
    return 100 * (km - bound) / (bound + laden)
