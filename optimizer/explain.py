"""``--explain SUPPLY``: why a lot goes where it goes, the next best place, and what that would cost."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from optimizer.errors import InputError
from optimizer.scenario import GRADE_NAMES, GRADES, Scenario
from optimizer.solve import UNITS
from optimizer.words import dates, place, tonnes

if TYPE_CHECKING:
    from optimizer.planner import Planning

ALTERNATIVES = 3
NOTHING = 5e-3  # a change below this, per t, is none


def refuse_unknown(scenario: Scenario, supplies: Sequence[str]) -> None:
    """Raises InputError for names that are no supply of the scenario, with the nearest one."""
    for name in supplies:
        if name not in scenario.supplies.ids:
            near = difflib.get_close_matches(name, scenario.supplies.ids, n=1, cutoff=0.0)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InputError.single("--explain", f"{name!r} is no supply of this scenario{hint}")


def explain(planning: Planning, supply: str) -> str:
    """A few lines of text about one lot.

    The figure after each alternative is what one tonne forced there would add to each goal, in the order of the
    scenario, when everything else is planned anew. Reduced costs say which places to try, re-solves what they cost.
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
    s, lanes, session = planning.scenario, planning.lanes, planning.session
    reduced = session.reduced_costs()
    if len(reduced) < len(session.stages):
        return []  # stopped at a limit: nothing is known about alternatives
    flow = planning.program.columns["flow"]
    best: dict[int, tuple[tuple[float, ...], int]] = {}
    for lane in np.flatnonzero(lanes.origin[lanes.arc] == lot).tolist():
        destination = int(lanes.destination[lanes.arc[lane]])
        promise = tuple(round(float(costs[flow.start + lane]), 6) for costs in reduced.values())
        if destination not in used and (destination not in best or promise < best[destination][0]):
            best[destination] = promise, flow.start + lane
    nearest = sorted(best.items(), key=lambda item: (item[1][0], item[0]))[:ALTERNATIVES]
    tried = [(_extra(planning, column, lot), destination) for destination, (_, column) in nearest]
    ranked = sorted((extra, destination) for extra, destination in tried if extra is not None)
    lines = []
    for rank, (vector, destination) in enumerate(ranked):
        extra = [f"{v:+,.2f} {UNITS[goal]} {goal}" for goal, v in zip(reduced, vector, strict=True) if abs(v) > NOTHING]
        km = planning.distances.km[lot, destination]
        lines.append(
            f"  {'then' if rank else 'next best'}: {place(s, destination)}, {km:.2f} km: "
            + (", ".join(extra) + " for every tonne sent there instead" if extra else "equally good")
        )
    return lines


def _extra(planning: Planning, column: int, lot: int) -> tuple[float, ...] | None:
    """What a tonne forced onto a lane adds to each goal, by solving again; None where it cannot be sent there."""
    t = min(1.0, float(planning.scenario.supplies.release[lot].sum()))
    forced = planning.session.forced(column, t)
    if forced is None:
        return None
    return tuple(round((forced[stage.goal] - stage.value) / t, 4) + 0.0 for stage in planning.session.stages)
