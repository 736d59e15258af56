"""The changes as a variant that ``cutfill whatif`` and ``--variant`` take: what is told is what is planned."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence

from optimizer.intake.cells import as_text
from optimizer.reach.relax import Capacity, LaneGroup
from optimizer.reach.search import Change
from optimizer.read import Inputs
from optimizer.scenario import Scenario
from optimizer.worth.limits import FIELDS

TABLES = {"supply": "supplies", "demand": "demands", "facility": "facilities"}


def as_variant(inputs: Inputs, changes: Sequence[Change], name: str, name_zh: str) -> str:
    """TOML text of a variant that makes all changes; limits are raised to whole units."""
    lines = [f"name = {_quoted(name)}", f"name_zh = {_quoted(name_zh)}"]
    farthest = max((c.km for c in changes if isinstance(c.what, LaneGroup) and c.what.kind == "distance"), default=0.0)
    if farthest:
        lines += ["", "[scenario]", f"roads.max_km = {math.ceil(farthest * 10) / 10:g}"]
    accepted: dict[int, list[int]] = {}
    for change in changes:
        what = change.what
        if isinstance(what, Capacity):
            lines += [*_raised(inputs.scenario, what, change.amount), *_calendar(inputs, what, change.amount)]
        elif what.kind == "window":
            lines += _window(inputs, what.node, change.days.tolist())
        elif what.kind == "acceptance":
            accepted.setdefault(what.node, []).append(what.other)
    for node, materials in accepted.items():
        lines += _acceptance(inputs, node, materials)
    return "\n".join(lines) + "\n"


def raised_to(amount: float) -> int:
    """Whole units by which a limit is raised."""
    return math.ceil(amount - 1e-6)


def _raised(scenario: Scenario, what: Capacity, amount: float) -> Iterator[str]:
    """A limit grows on all its days in proportion."""
    factor = 1 + raised_to(amount) / what.now
    _, part, field = FIELDS[what.side]
    name = scenario.place_ids[what.node]
    if part == "recipes":
        where = f"facility = {_quoted(name)}, input = {_quoted(scenario.materials.ids[what.material])}"
        yield from _edit("recipes", where, f"scale = {{ {field} = {factor!r} }}")
        return
    key = {"supplies": "supply", "demands": "demand", "facilities": "facility"}[part]
    yield from _edit(part, f"{key} = {_quoted(name)}", f"scale = {{ {field} = {factor!r} }}")


def _calendar(inputs: Inputs, what: Capacity, amount: float) -> Iterator[str]:
    """Rows of calendar.csv with a limit of their own, which grow alike."""
    table, field = inputs.tables["calendar"], FIELDS[what.side][2]
    if field not in ("daily_in", "daily_out"):
        return
    name = inputs.scenario.place_ids[what.node]
    rows = [row for row, facility in enumerate(table["facility"].tolist()) if facility == name]
    if any(table[field][row] > 0 for row in rows):
        factor = 1 + raised_to(amount) / what.now
        yield from _edit("calendar", f"facility = {_quoted(name)}", f"scale = {{ {field} = {factor!r} }}")


def _window(inputs: Inputs, node: int, days: Sequence[int]) -> Iterator[str]:
    """Dates of a place that take in the days; a lot goes on releasing what it released."""
    s = inputs.scenario
    side = "supply" if node < s.first_demand else "demand" if node < s.first_facility else "facility"
    table, name = inputs.tables[TABLES[side]], s.place_ids[node]
    row = table[side].tolist().index(name)
    first, last = s.date(min(days)).toordinal(), s.date(max(days)).toordinal()
    written, until = int(table["from"][row]), int(table["to"][row])
    dates = {}
    if written and first < written:
        dates["from"] = dt.date.fromordinal(first)
    if until and last > until:
        dates["to"] = dt.date.fromordinal(last)
    set_ = ", ".join(f"{column} = {date}" for column, date in dates.items())
    yield from _edit(TABLES[side], f"{side} = {_quoted(name)}", f"set = {{ {set_} }}")
    if side == "supply" and name not in inputs.tables["releases"].text("supply"):
        begin = written or s.start.toordinal()
        each = float(table["quantity"][row]) / (until - begin + 1)
        for day in range(begin, until + 1):
            yield from _added("releases", f"supply = {_quoted(name)}, date = {dt.date.fromordinal(day)}, "
                                          f"quantity = {each!r}")  # fmt: skip


def _acceptance(inputs: Inputs, node: int, materials: Sequence[int]) -> Iterator[str]:
    s = inputs.scenario
    name = s.place_ids[node]
    raw = inputs.source.tables["demands"]
    row = [as_text(cell) for cell in raw.columns["demand"]].index(name)
    parts = [part.strip() for part in as_text(raw.columns["accepts"][row]).split(";")]
    accepts = [*parts, *(s.materials.ids[m] for m in materials)]
    listed = ", ".join(_quoted(part) for part in accepts)
    yield from _edit("demands", f"demand = {_quoted(name)}", f"set = {{ accepts = [{listed}] }}")


def _edit(table: str, where: str, action: str) -> Iterator[str]:
    yield from ("", f"[[{table}]]", f"where = {{ {where} }}", action)


def _added(table: str, values: str) -> Iterator[str]:
    yield from ("", f"[[{table}]]", f"add = {{ {values} }}")


def _quoted(text: str) -> str:
    """A TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
