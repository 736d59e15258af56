"""Figures of a dispatch, as dispatch.json has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizer.dispatch.solve import Budget, DaySchedule
from optimizer.dispatch.state import SIZE
from optimizer.dispatch.tables import Week, by_carrier, total
from optimizer.followed import NOT_THE_PLANS
from optimizer.progress import Progress
from optimizer.scenario import Scenario
from optimizer.tables import Table


def day_figures(week: Week, schedule: DaySchedule) -> dict[str, Any]:
    """Figures of one day; km that were driven before anything could be decided are in value and bound."""
    return {
        "date": week.scenario.date(schedule.problem.date).isoformat(),
        "loads": len(schedule.problem.loads),
        "unserved_loads": len(schedule.undone),
        "empty_km": schedule.empty_km,
        "empty_km_bound": schedule.fixed_km + schedule.bound.empty_km,
        "empty_km_first_schedule": schedule.first_km,
        "trucks": int((schedule.routes.trucks[:, SIZE] > 0).sum()),
        "trucks_bound": schedule.bound.trucks,
        "rounds": schedule.rounds,
        "termination": schedule.termination,
        "slack": schedule.problem.slack,
    }


def summarise(
    scenario: Scenario, tables: Mapping[str, Table], days: list[dict[str, Any]], budget: Budget, progress: Progress
) -> dict[str, Any]:
    """The content of dispatch.json but for what a replay finds.

    Args:
        scenario: what was dispatched.
        tables: trips, trucks and undone of the whole horizon.
        days: ``day_figures`` of every day.
        budget: of the search.
        progress: for the seconds by phase.
    """
    trips, trucks = tables["trips"], tables["trucks"]
    loaded, empty = total(trips, "km_loaded"), total(trucks, "km_empty")
    bound = sum(day["empty_km_bound"] for day in days)
    limited = any(day["termination"] == "time_limit" for day in days)
    return {
        "name": scenario.name,
        "termination": "time_limit" if limited else "rounds",
        "seed": budget.seed,
        "rounds": [day["rounds"] for day in days],
        "inputs": {name: scenario.hashes[name] for name in NOT_THE_PLANS if name in scenario.hashes},
        "violations": {
            "unserved_loads": int(total(tables["undone"], "loads")),
            "unserved_t": total(tables["undone"], "t"),
        },
        "goals": [
            {"name": "empty_km", "unit": "km", "value": empty, "bound": bound,
             "gap_of_empty_km": _gap(empty, bound), "gap_of_all_km": _gap(loaded + empty, loaded + bound)},
        ],
        "kpis": {
            "loads": len(trips),
            "t": total(trips, "t"),
            "km_loaded": loaded,
            "km_empty": empty,
            "empties_share": empty / (loaded + empty) if loaded + empty else None,
            "truck_days": len(trucks),
            "charges": int(total(trucks, "charges")),
            "charge_h": total(trucks, "charge_h"),
            "duty_h": total(trucks, "duty_h"),
            "driving_h": total(trucks, "driving_h"),
            "fuel_l": total(trucks, "fuel_l"),
            "fuel_empty_l": total(trucks, "fuel_empty_l"),
            "co2_kg": total(trucks, "co2_kg"),
            "co2_empty_kg": total(trucks, "co2_empty_kg"),
            "cost": total(trucks, "cost"),
        },
        "carriers": by_carrier(trucks),
        "days": days,
        "seconds": progress.seconds,
    }  # fmt: skip


def _gap(value: float, bound: float) -> float:
    return (value - bound) / max(1.0, value)
