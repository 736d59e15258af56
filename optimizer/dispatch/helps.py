"""What one more truck, or one more hour of a gate, would be worth to the loads that are left."""

from __future__ import annotations

import numpy as np

from optimizer.dispatch.days import MINUTES
from optimizer.dispatch.search import fill, memory, seed_compiled
from optimizer.dispatch.solve import DaySchedule
from optimizer.dispatch.state import (
    END,
    FIXED,
    HOME,
    KIND,
    LOAD_GATE,
    NOWHERE,
    READY,
    SINCE,
    START,
    TIP_GATE,
    Day,
    Routes,
    copied,
    empty_routes,
)
from optimizer.dispatch.tables import Week
from optimizer.scenario import Ints
from optimizer.tables import Table

HOUR = 60


def what_would_help(week: Week) -> Table:
    """Per day with loads left: each class of truck with one more, each limited gate of a load left with an hour more.

    ``kind`` is truck, load or tip, ``id`` the truck class or the place.

    Loads are put into the schedule as it stands, so each figure is a promise that can be kept, not an estimate.
    """
    s = week.scenario
    table = Table(("date", "what", "loads", "t", "worth", "what_zh", "kind", "id"))
    does = {"load": "装车", "tip": "卸车"}
    gate_names = {
        number: (
            f"one hour more at {s.place_ids[node]} ({what})",
            f"{s.place_ids[node]}（{does[what]}）延长一小时",
            what,
            s.place_ids[node],
        )
        for (node, what), number in week.gates.number.items()
    }
    for schedule in week.days:
        if not len(schedule.undone):
            continue
        tries = {
            (f"one more {name}", f"增加一辆 {name}", "truck", name): _with_truck(schedule, k, s.trucks.shift[k][1])
            for k, name in enumerate(s.trucks.ids)
        }
        day = schedule.problem.arrays
        lanes = day.lanes[day.lane[schedule.undone]]
        for gate in sorted(set(lanes[:, LOAD_GATE].tolist()) | set(lanes[:, TIP_GATE].tolist())):
            if gate in gate_names:
                tries[gate_names[gate]] = _with_hour(schedule, gate)
        for (what, *more), placed in tries.items():
            t = sum(schedule.problem.loads[i].t for i in placed.tolist())
            if len(placed):
                date = s.date(schedule.problem.date).isoformat()
                table.rows.append((date, what, len(placed), t, t * s.costs.unserved_per_t, *more))
    table.rows.sort(key=lambda row: (row[0], -row[4], row[1]))
    return table


def _with_truck(schedule: DaySchedule, truck_class: int, end: int) -> Ints:
    """Loads that one more truck of a class takes whose shift ends at a minute."""
    problem, routes = schedule.problem, copied(schedule.routes)
    day = problem.arrays
    like = int(np.flatnonzero(problem.classes == truck_class)[0])
    more = day.trucks[like].copy()
    more[KIND], more[HOME], more[FIXED] = day.trucks[:, KIND].max() + 1, more[START], 0
    more[SINCE], more[END] = max(more[READY], problem.now), end
    alone = empty_routes(day._replace(trucks=more[None, :]), routes.taken, longest=routes.visits.shape[1])
    return _placed(
        day._replace(trucks=np.vstack([day.trucks, more])),
        routes._replace(
            visits=np.concatenate([routes.visits, alone.visits]),
            trucks=np.vstack([routes.trucks, alone.trucks]),
            stops=np.concatenate([routes.stops, alone.stops]),
            legs=np.vstack([routes.legs, alone.legs]),
            km=np.append(routes.km, alone.km),
            charges=np.concatenate([routes.charges, alone.charges]),
        ),
        schedule,
    )


def _with_hour(schedule: DaySchedule, gate: int) -> Ints:
    """Loads that go when a gate serves an hour longer at the end of its last spell of the day."""
    day = schedule.problem.arrays
    begin = day.begin.copy()
    open_ = begin[gate] == np.arange(MINUTES)
    today = np.flatnonzero(open_[: MINUTES // 2])
    last = int(today.max()) if len(today) else 0
    open_[last : last + HOUR + 1] = True
    following = NOWHERE
    for minute in range(MINUTES - 1, -1, -1):
        following = minute if open_[minute] else following
        begin[gate, minute] = following
    return _placed(day._replace(begin=begin), copied(schedule.routes), schedule)


def _placed(day: Day, routes: Routes, schedule: DaySchedule) -> Ints:
    seed_compiled(0)
    fill(day, routes, memory(day, routes), 0, 0.0)
    return schedule.undone[routes.truck[schedule.undone] >= 0]
