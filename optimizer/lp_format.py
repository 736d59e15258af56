"""The linear program of a plan in CPLEX LP format, with rows and columns named by the user's entities."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from optimizer.blocks.street import named_streets
from optimizer.files import write_whole
from optimizer.lanes import Lanes
from optimizer.program import Block, Program
from optimizer.scenario import GRADE_NAMES, GRADES, Floats, Scenario
from optimizer.solve import goal_order

if TYPE_CHECKING:
    from optimizer.planner import Planning


def write_lp(planning: Planning, path: Path) -> None:
    """Writes the program of a planning; its objective is the first goal, the later ones are comments."""
    goals = goal_order(planning.scenario.objective)
    costs = {goal: planning.session.cost(goal) for goal in goals}
    write_whole(path, lp_text(planning.scenario, planning.lanes, planning.program, costs))


def lp_text(
    scenario: Scenario, lanes: Lanes, program: Program, costs: dict[str, Floats], *, rows: tuple[str, ...] | None = None
) -> str:
    """LP text of a program, or of the row blocks named in ``rows`` only."""
    columns = [name for block in program.columns.values() for name in _names(scenario, lanes, block)]
    lines = []
    for position, (goal, cost) in enumerate(costs.items()):
        terms = _terms(np.flatnonzero(cost), cost[np.flatnonzero(cost)], columns) or "0"
        lines += ["Minimize", f" {goal}: {terms}"] if position == 0 else [f"\\ then minimise {goal}: {terms}"]
    lines.append("Subject To")
    matrix = program.matrix.tocsr()
    for name, block in program.rows.items():
        if rows is not None and name not in rows:
            continue
        for row, label in zip(block.index.tolist(), _names(scenario, lanes, block), strict=True):
            span = slice(matrix.indptr[row], matrix.indptr[row + 1])
            terms = _terms(matrix.indices[span], matrix.data[span], columns)
            lines += _row(label, terms, float(program.row_lower[row]), float(program.row_upper[row]))
    lines.append("Bounds")
    for name, low, high in zip(columns, program.lower.tolist(), program.upper.tolist(), strict=True):
        if (low, high) != (0.0, float("inf")):
            lines.append(f" {low:g} <= {name} <= {high:.12g}")
    lines.append("End")
    return "\n".join(lines) + "\n"


def _row(label: str, terms: str, low: float, high: float) -> Iterator[str]:
    if not terms:
        return
    if low == high:
        yield f" {label}: {terms} = {low:.12g}"
    elif np.isinf(low):
        yield f" {label}: {terms} <= {high:.12g}"
    else:
        yield f" {label}: {terms} >= {low:.12g}"


def _terms(index: np.ndarray, values: np.ndarray, names: list[str]) -> str:
    order = np.argsort(index)
    parts = [f"{v:+.12g} {names[i]}" for i, v in zip(index[order].tolist(), values[order].tolist(), strict=True) if v]
    return " ".join(parts).removeprefix("+")


def _names(scenario: Scenario, lanes: Lanes, block: Block) -> list[str]:
    """``block(entity,entity,day)`` with characters that LP format allows."""
    columns = []
    for dim, key in zip(block.dims, block.keys, strict=True):
        columns.append([_entity(scenario, lanes, dim, value) for value in key.tolist()])
    safe = block.name.replace(".", "_")
    return [f"{safe}({','.join(parts)})".replace(" ", "_") for parts in zip(*columns, strict=True)]


def _entity(scenario: Scenario, lanes: Lanes, dim: str, value: int) -> str:
    if dim == "arc":
        places = scenario.place_ids
        ends = places[lanes.origin[value]], places[lanes.destination[value]]
        return f"{ends[0]},{ends[1]},{_entity(scenario, lanes, 'commodity', int(lanes.commodity[value]))}"
    if dim == "commodity":
        return f"{scenario.materials.ids[value // GRADES]}.{GRADE_NAMES[value % GRADES]}"
    if dim == "day":
        return f"d{value}"
    ids = {
        "supply": scenario.supplies.ids,
        "demand": scenario.demands.ids,
        "facility": scenario.facilities.ids,
        "material": scenario.materials.ids,
        "street": named_streets(scenario)[0],
    }[dim]
    return ids[value]
