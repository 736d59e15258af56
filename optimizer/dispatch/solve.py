"""A day's schedule: built by cheapest insertion, improved until the budget is used up, never worse on the way."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from optimizer.dispatch.bound import PRINTED, Bound, lower_bound, standing
from optimizer.dispatch.days import Problem
from optimizer.dispatch.parts import improve_in_parts, parts_of
from optimizer.dispatch.routes_bound import by_routes, route_bound
from optimizer.dispatch.search import Memory, fill, memory, rounds, seed_compiled
from optimizer.dispatch.state import (
    END,
    FIXED,
    LOAD,
    NOWHERE,
    Day,
    Routes,
    copied,
    empty_routes,
)  # fmt: skip
from optimizer.dispatch.waits import leave_late
from optimizer.scenario import Ints

CHUNK = 500  # rounds between looks at the clock
HOT, COLD = 0.3, 0.003  # first and last temperature, as shares of the mean empty km of a load


@dataclass(frozen=True)
class Budget:
    """When to stop: rounds of the search for each day, seconds for all days together.

    Without ``seconds`` there is no limit of time; without ``rounds`` the search cools down by the clock and takes all
    the seconds there are.
    """

    rounds: int | None = 20_000
    seconds: float | None = None
    seed: int = 0


@dataclass(frozen=True)
class DaySchedule:
    """What is known of a day: the schedule, what it leaves undone, its bound, and why the search stopped.

    Attributes:
        undone: loads without a truck.
        bound: for the loads that are done.
        first_km, first_seconds: empty km of the first schedule and when it stood; ``rounds`` how many rounds were run.
        fixed_km: part of ``empty_km`` that was driven before anything could be decided.
        termination: ``rounds`` or ``time_limit``.
    """

    problem: Problem
    routes: Routes
    undone: Ints
    empty_km: float
    bound: Bound
    first_km: float
    first_seconds: float
    fixed_km: float
    rounds: int
    termination: str


def schedule_day(
    problem: Problem, taken: Ints, budget: Budget, until: float | None, begun: Routes | None = None
) -> DaySchedule:
    """Solves one day.

    Args:
        taken: (G, T) bays that are taken by others.
        budget: rounds and seed.
        until: the moment of ``time.perf_counter`` at which to stop.
        begun: where to begin, with the visits that are fixed; with no load on any truck when None.
    """
    began = time.perf_counter()
    day = problem.arrays
    seed_compiled(budget.seed)
    routes = empty_routes(day, taken) if begun is None else begun
    scratch = memory(day, routes)
    fill(day, routes, scratch, 0, 0.0)
    best = copied(routes)
    first_km, first_seconds = float(best.km.sum()), time.perf_counter() - began
    done, termination = _search(day, routes, best, scratch, budget, began, until)
    if (best.truck < 0).any() and day.calm > 0:  # rather earlier than told than not at all
        waiting = (best.truck < 0) & (day.waits > 0)
        best.truck[waiting] = len(day.trucks)  # not looked at
        fill(day._replace(told=np.full_like(day.told, NOWHERE)), best, memory(day, best), 0, 0.0)
        best.truck[waiting] = NOWHERE
    leave_late(day, best)
    undone = np.flatnonzero(best.truck < 0).astype(np.int64)
    open_ = best.truck >= 0
    for truck, count in enumerate(day.trucks[:, FIXED]):
        open_[best.visits[truck, :count, LOAD]] = False
    bound = _bound(day, best, np.flatnonzero(open_))
    fixed_km = sum(best.legs[truck, :count].sum() if day.trucks[truck, END] != NOWHERE else best.km[truck]
                   for truck, count in enumerate(day.trucks[:, FIXED]))  # fmt: skip
    return DaySchedule(
        problem, best, undone, float(best.km.sum()), bound, first_km, first_seconds, float(fixed_km), done, termination
    )


def _search(
    day: Day, routes: Routes, best: Routes, scratch: Memory, budget: Budget, began: float, until: float | None
) -> tuple[int, str]:
    """Improves ``best`` until the budget is used up; how many rounds it took, and why it stopped."""
    scale = max(float(best.km.sum()) / len(day.lane), 0.1)
    parts, done = parts_of(day), 0
    while budget.rounds is None or done < budget.rounds:
        now = time.perf_counter()
        if until is not None and now > until:
            return done, "time_limit"
        count = CHUNK * parts if budget.rounds is None else min(CHUNK * parts, budget.rounds - done)
        if budget.rounds is not None:
            spent = (done / budget.rounds, (done + count) / budget.rounds)
        else:
            spent = ((now - began) / (until - began),) * 2 if until is not None else (1.0, 1.0)
        hot, cold = (scale * HOT * (COLD / HOT) ** share for share in spent)
        if parts > 1:
            improve_in_parts(day, routes, best, (budget.seed, done), count, hot, cold)
        else:
            rounds(day, routes, best, scratch, done + 1, count, hot, cold)
        done += count
    return done, "rounds"


def _bound(day: Day, routes: Routes, loads: Ints) -> Bound:
    """The bound for the open loads of a schedule; by whole routes where they know more and nobody is under way."""
    bound = lower_bound(day, loads, standing(day, routes))
    if bound.flow is None or not by_routes(day):
        return bound
    whole = route_bound(day, loads, routes, bound.flow) * (1 - PRINTED)
    return replace(bound, empty_km=max(bound.empty_km, whole))
