"""Slack against lateness: minutes that a truck has to spare after every load, so that a slow one is not passed on.

The search works on a day on which tipping takes so much longer. What is published are the minutes of the place: the
truck stands before its next leg, or is home that long before its shift ends. Slack gives way to loads: a day on which
some are left goes on without.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from optimizer.dispatch.clock import departure
from optimizer.dispatch.days import Problem
from optimizer.dispatch.solve import Budget, DaySchedule, schedule_day
from optimizer.dispatch.state import (
    BACK,
    BACK_HOME,
    CLASS,
    DESTINATION,
    FREE,
    HOME,
    LOAD,
    PLACE,
    SIZE,
    TIP_MIN,
    Day,
    Routes,
)
from optimizer.scenario import Ints

SLACK = 3  # minutes, where nobody says otherwise: what it costs and saves is in docs/dispatch.md


def schedule_with_slack(problem: Problem, taken: Ints, budget: Budget, until: float | None, slack: int) -> DaySchedule:
    """Solves one day with slack after every load, or without where some would be left.

    Args:
        problem: with the minutes of the places; ``slack`` of the answer's is what its schedule has.
        taken, budget, until: as :func:`schedule_day` takes them.
        slack: minutes.
    """
    if not slack:
        return schedule_day(problem, taken, budget, until)
    day = problem.arrays
    lanes = day.lanes.copy()
    lanes[:, TIP_MIN] += slack
    planned = schedule_day(replace(problem, arrays=day._replace(lanes=lanes)), taken, budget, until)
    routes = _spared(day, planned.routes, slack)
    if len(planned.undone):
        return schedule_day(problem, taken, budget, until, routes)
    return replace(planned, problem=replace(problem, slack=slack), routes=routes)


def slack_in_words(days: list[dict[str, Any]]) -> tuple[str, str] | None:
    """Minutes to spare, and the days that gave them up for loads or were dispatched anew, in English and Chinese.

    Args:
        days: of dispatch.json.
    """
    most = max((day.get("slack", 0) for day in days), default=0)
    without = [day["date"] for day in days if day.get("slack", 0) < most]
    english, chinese = f"{most} min to spare after every load", f"每趟后预留 {most} 分钟"
    if without:
        english += f" (none promised on {', '.join(without)})"
        chinese += f"（{'、'.join(without)} 不作承诺）"
    return (english + ".", chinese + "。") if most else None


def _spared(day: Day, routes: Routes, slack: int) -> Routes:
    """The schedule with trucks free when they are tipped and washed, going home at once where no ban holds them."""
    routes = routes._replace(visits=routes.visits.copy(), trucks=routes.trucks.copy())
    for truck, row in enumerate(routes.trucks):
        visits = routes.visits[truck, : row[SIZE]]
        visits[:, FREE] -= slack
        if not len(visits) or (len(routes.charges) and routes.charges[truck, len(visits), PLACE] >= 0):
            continue
        last, home = day.lanes[day.lane[visits[-1, LOAD]], DESTINATION], day.trucks[truck, HOME]
        ends = day.trucks[truck, CLASS] * len(day.km) + last, day.trucks[truck, CLASS] * len(day.km) + home
        earlier = row[BACK] - slack
        if departure(day.bans, day.ban_at, *ends, earlier, day.minutes[last, home]) == earlier:
            row[BACK] -= slack
            row[BACK_HOME] -= slack
    return routes
