"""``--explain SUPPLY``: why a lot goes where it goes, the next best place, and what that would cost."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from optimizer.errors import InputError
from optimizer.scenario import GRADE_NAMES, GRADES, Scenario
from optimizer.words import dates, place, tonnes

if TYPE_CHECKING:
    from optimizer.planner import Planning

ALTERNATIVES = 3
NOTHING = 1e-6  # a change below this, per t, is none


def refuse_unknown(scenario: Scenario, supplies: Sequence[str]) -> None:
    """Raises InputError for names that are no supply of the scenario, with the nearest one."""
    for name in supplies:
        if name not in scenario.supplies.ids:
            near = difflib.get_close_matches(name, scenario.supplies.ids, n=1, cutoff=0.0)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InputError.single("--explain", f"{name!r} is no supply of this scenario{hint}")


def explain(planning: Planning, supply: str) -> str:
    """A few lines of text about one lot.

    The figure after each alternative is what one tonne forced there would add to each goal when everything else is
    planned anew: the reduced cost of its cheapest lane, goal by goal in the order of the scenario.
    """
    s, lanes, g = planning.scenario, planning.lanes, planning.ledger
    lot = s.supplies.ids.index(supply)
    commodity = int(s.supplies.commodity[lot])
    released = float(s.supplies.release[lot].sum())
    window = np.zeros(s.days, dtype=bool)
    window[s.supplies.first[lot] : s.supplies.last[lot] + 1] = True
    lines = [
        f"{place(s, lot)}: {tonnes(released)} t of {s.materials.ids[commodity // GRADES]} "
        f"grade {GRADE_NAMES[commodity % GRADES]}, {dates(s, window)}"
    ]
    used = sorted(set(g.destination[g.origin == lot].tolist()))
    for destination in used:
        mask = (g.origin == lot) & (g.destination == destination)
        on = np.isin(np.arange(s.days), g.day[mask])
        lines.append(
            f"  {tonnes(g.t[mask].sum()):>8} t to {place(s, destination)}, {g.km[mask][0]:.2f} km, on {dates(s, on)}"
        )
    if g.left[lot] > 0:
        lines.append(f"  {tonnes(g.left[lot]):>8} t unserved")
    staying = released - float(g.t[g.origin == lot].sum()) - float(g.left[lot])
    if staying > NOTHING:
        lines.append(f"  {tonnes(staying):>8} t stay on site (need not move)")
    lines += _alternatives(planning, lot, used)
    reasons = planning.plan.tables["reasons"]
    lines += [
        f"  why not otherwise: {r['why']}\n  would help: {r['would_help']}"
        for r in reasons.records()
        if r["id"] == supply
    ]
    if lanes.origin.size and not np.any(lanes.origin == lot):
        lines.append("  no lane leaves this site: nothing it may go to is in reach")
    return "\n".join(lines)


def _alternatives(planning: Planning, lot: int, used: Sequence[int]) -> list[str]:
    s, lanes = planning.scenario, planning.lanes
    costs = planning.session.reduced_costs()
    if not costs:
        return []
    flow = planning.program.columns["flow"].span
    mine = np.flatnonzero(lanes.origin[lanes.arc] == lot)
    best: dict[int, tuple[float, ...]] = {}
    for lane in mine.tolist():
        destination = int(lanes.destination[lanes.arc[lane]])
        vector = tuple(round(float(reduced[flow][lane]), 6) + 0.0 for reduced in costs.values())
        if destination not in used and (destination not in best or vector < best[destination]):
            best[destination] = vector
    lines = []
    ranked = sorted(best.items(), key=lambda item: (item[1], item[0]))[:ALTERNATIVES]
    for rank, (destination, vector) in enumerate(ranked):
        from optimizer.planner import UNITS

        extra = [f"{v:+,.2f} {UNITS[goal]} {goal}" for goal, v in zip(costs, vector, strict=True) if abs(v) > NOTHING]
        km = planning.distances.km[lot, destination]
        label = "next best" if rank == 0 else "then"
        lines.append(
            f"  {label}: {place(s, destination)}, {km:.2f} km: "
            + (", ".join(extra) + " for every tonne sent there instead" if extra else "equally good")
        )
    return lines
