"""What the replays say: does the schedule hold with exact times, where do trucks queue, who is late."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.dispatch.tables import MOMENTS
from optimizer.replay.tickets import LOAD, MIDNIGHT, TIP, Schedule
from optimizer.replay.world import Outcome
from optimizer.scenario import Bools, Floats, Scenario
from optimizer.tables import Table

LATE = 15  # minutes after its ticket from which on the tipping of a load counts as late
SHOWN = 20  # tickets that do not come out at their minutes
WHATS = ("load", "tip")
COLUMNS = ("what", "id", "service", "hour", "trucks", "planned_p90_min", "planned_longest_min", "queue_mean_min",
           "queue_p90_min", "queue_longest_min", "late_share", "delay_mean_min", "delay_p90_min")  # fmt: skip


def exact_figures(schedule: Schedule, exact: Outcome) -> dict[str, Any]:
    """How many moments of the tickets, and of coming home, an exact replay does not hit, and the first of them.

    Of those ``late`` are loads tipped after their minute or never, ``gate_overlaps`` services that cannot begin at
    theirs although what came before was in time, and ``over_hours`` truck days that end after the shift.
    """
    wrong = ~(np.abs(exact.at - schedule.at) < 1e-6)
    behind = ~(exact.at - schedule.at < 1e-6)
    told = [
        {"ticket": schedule.names[i], "moment": MOMENTS[m], "minutes_later": _known(exact.at[i, m] - schedule.at[i, m])}
        for i, m in np.argwhere(wrong).tolist()
    ]
    home = np.array([day.home for day in schedule.days])
    told += [
        {"ticket": schedule.names[schedule.days[i].tickets[-1]], "moment": "home_at",
         "minutes_later": _known(exact.home[i] - home[i])}
        for i in np.flatnonzero(~(np.abs(exact.home - home) < 1e-6)).tolist()
    ]  # fmt: skip
    shift_end = np.array([day.shift_end for day in schedule.days])
    return {
        "moments": int(schedule.at.size + len(home)),
        "differences": len(told),
        "late": int(behind[:, TIP].sum()),
        "gate_overlaps": int(sum((behind[:, m] & ~behind[:, m - 1]).sum() for m in (LOAD, TIP))),
        "over_hours": int((~(exact.home <= shift_end + 1e-6)).sum()),
        "first_differences": told[:SHOWN],
    }


def random_figures(scenario: Scenario, schedule: Schedule, chance: Outcome) -> dict[str, Any]:
    """Figures over all replications; arrays of ``chance`` have them as their first axis."""
    late = _late(schedule, chance)
    turned = np.isnan(chance.at[:, :, TIP])
    home_late = chance.home > np.array([day.shift_end for day in schedule.days]) + 1e-6
    gates = {key: chance.queue[:, rows, side] for key, rows, side in _gates(schedule)}
    worst = max(gates, key=lambda key: _p90(gates[key]), default=None)
    return {
        "late_min": LATE,
        "queue_p90_min": _p90(chance.queue),
        "queue_mean_min": _mean(chance.queue),
        "queue_longest_min": _longest(chance.queue),
        "gates": len(gates),
        "gates_over_10_min": sum(_p90(queue) > 10 for queue in gates.values()),
        "worst_gate": None if worst is None else _worst(scenario, worst, gates[worst]),
        "late_loads": _spread(late.sum(axis=1)),
        "late_share": _mean(late),
        "turned_away_loads": _spread(turned.sum(axis=1)),
        "home_late_trucks": _spread(home_late.sum(axis=1)),
        "home_late_share": _mean(home_late),
    }


def replay_table(scenario: Scenario, schedule: Schedule, exact: Outcome, chance: Outcome | None) -> Table:
    """replay.csv: gates as a whole, gates by hour of the tickets, and trucks."""
    table = Table(COLUMNS)
    names = scenario.place_ids
    late = None if chance is None else _late(schedule, chance)
    for (node, what), rows, side in _gates(schedule):
        hours = np.mod(schedule.at[rows, (LOAD, TIP)[side]], MIDNIGHT) // 60
        for hour in (None, *np.unique(hours).astype(int).tolist()):
            some = rows if hour is None else rows[hours == hour]
            kind, clock = ("gate", None) if hour is None else ("gate_hour", f"{hour:02d}:00")
            table.rows.append((kind, names[node], what, clock, len(some), *_gate_row(some, side, exact, chance, late)))
    trucks: dict[str, list[int]] = {}
    for i, day in enumerate(schedule.days):
        trucks.setdefault(day.truck, []).append(i)
    for truck, numbers in trucks.items():
        table.rows.append(("truck", truck, None, None, len(numbers), *_truck_row(schedule, numbers, exact, chance)))
    return table


def _gates(schedule: Schedule) -> list[tuple[tuple[int, str], Any, int]]:
    """((node, load | tip), its tickets, side of ``Outcome.queue``)."""
    found = []
    for side, nodes in enumerate((schedule.origin, schedule.destination)):
        found += [((node, WHATS[side]), np.flatnonzero(nodes == node), side) for node in np.unique(nodes).tolist()]
    return found


def _gate_row(rows: Any, side: int, exact: Outcome, chance: Outcome | None, late: Bools | None) -> tuple[Any, ...]:
    planned = exact.queue[rows, side]
    start = (_p90(planned), _longest(planned))
    if chance is None or late is None:
        return (*start, *[None] * 6)
    queue = chance.queue[:, rows, side]
    shown = _mean(late[:, rows]) if WHATS[side] == "tip" else None
    return (*start, _mean(queue), _p90(queue), _longest(queue), shown, None, None)


def _truck_row(schedule: Schedule, numbers: list[int], exact: Outcome, chance: Outcome | None) -> tuple[Any, ...]:
    """Waits of a truck at all gates, share of its days that end after the shift, minutes home after the plan."""
    tickets = [ticket for i in numbers for ticket in schedule.days[i].tickets]
    planned = exact.queue[tickets]
    start = (_p90(planned), _longest(planned))
    if chance is None:
        return (*start, *[None] * 6)
    queue, home = chance.queue[:, tickets], chance.home[:, numbers]
    end, plan = (np.array([getattr(schedule.days[i], name) for i in numbers]) for name in ("shift_end", "home"))
    return (*start, _mean(queue), _p90(queue), _longest(queue), _mean(home > end + 1e-6), _mean(home - plan),
            _p90(home - plan))  # fmt: skip


def _worst(scenario: Scenario, gate: tuple[int, str], queue: Floats) -> dict[str, Any]:
    return {"place": scenario.place_ids[gate[0]], "service": gate[1], "queue_p90_min": _p90(queue)}


def _late(schedule: Schedule, chance: Outcome) -> Bools:
    """(replications, n) loads tipped late, or not at all."""
    found: Bools = ~(chance.at[:, :, TIP] - schedule.at[:, TIP] <= LATE)
    return found


def _spread(counts: Any) -> dict[str, float]:
    return {"mean": float(np.mean(counts)), "p90": float(np.quantile(counts, 0.9)), "most": float(np.max(counts))}


def _p90(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(np.quantile(known, 0.9)) if len(known) else 0.0


def _longest(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.max(initial=0.0))


def _mean(values: Any) -> float:
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else 0.0


def _known(minutes: float) -> float | None:
    """Minutes, None for what never happened."""
    return None if np.isnan(minutes) else float(minutes)
