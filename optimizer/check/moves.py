"""The plan's rows in the scenario's own numbers: which place, which commodity, which day.

Rows that name something the scenario does not have are findings and take no part in any later sum.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.check.folder import Sheet
from optimizer.check.result import Ledger
from optimizer.scenario import GRADE_NAMES, GRADES, KINDS, Bools, Floats, Ints, Scenario

PLACE_KINDS = ("supply", "demand", *KINDS)
HOLDERS = ("yard", "recycling", "treatment")  # facilities with stock that goes in and out


@dataclass(frozen=True)
class Places:
    """All places in node order (supplies, demands, facilities).

    Attributes:
        ids: by node.
        kind: (places,) position in ``PLACE_KINDS``.
        first_demand, first_facility: node numbers.
        number: node by id.
    """

    ids: tuple[str, ...]
    kind: Ints
    first_demand: int
    first_facility: int
    number: dict[str, int]

    @classmethod
    def of(cls, scenario: Scenario) -> Places:
        """The places of a scenario."""
        kinds = ["supply"] * len(scenario.supplies.ids) + ["demand"] * len(scenario.demands.ids)
        kinds += scenario.facilities.kind
        kind = np.array([PLACE_KINDS.index(k) for k in kinds], dtype=np.int32)
        ids = scenario.place_ids
        return cls(ids, kind, scenario.first_demand, scenario.first_facility, {name: i for i, name in enumerate(ids)})

    def are(self, nodes: Ints, *kinds: str) -> Bools:
        """Which of the nodes are of one of the kinds."""
        return np.isin(self.kind[nodes], [PLACE_KINDS.index(k) for k in kinds])


class _Rows:
    """What the rows of flows.csv and processing.csv have in common."""

    line: Ints
    material: Ints
    grade: Ints

    def __len__(self) -> int:
        return len(self.line)

    @property
    def commodity(self) -> Ints:
        """(n,) commodity index, of the input where a recipe runs."""
        index: Ints = self.material * GRADES + self.grade - 1
        return index

    def last_line(self, where: Bools) -> int:
        """Line of the last of the rows chosen; 0 when there is none."""
        return int(self.line[where].max(initial=0))


@dataclass(frozen=True)
class Flows(_Rows):
    """Rows of flows.csv, n of them."""

    line: Ints
    day: Ints
    origin: Ints  # node
    to: Ints  # node
    material: Ints
    grade: Ints  # 1, 2 or 3
    t: Floats
    km: Floats
    t_km: Floats
    minutes: Floats
    cost: Floats
    via: tuple[str, ...]

    def total(self, where: Bools) -> float:
        """t of the rows chosen."""
        return float(self.t[where].sum())


@dataclass(frozen=True)
class Processing(_Rows):
    """Rows of processing.csv, n of them."""

    line: Ints
    day: Ints
    facility: Ints  # number among facilities
    material: Ints
    grade: Ints
    t: Floats
    cost: Floats


def read_flows(scenario: Scenario, places: Places, sheet: Sheet, ledger: Ledger) -> Flows:
    """The flows that name known places, materials and dates; the others become findings."""
    origin = _looked_up(sheet, "from", places.number, "place", ledger)
    to = _looked_up(sheet, "to", places.number, "place", ledger)
    material = _looked_up(sheet, "material", scenario.materials.index, "material", ledger)
    day, inside = days_of(scenario, sheet, ledger)
    keep = (origin >= 0) & (to >= 0) & (material >= 0) & inside
    via = tuple(text for text, kept in zip(sheet["via"], keep.tolist(), strict=True) if kept)
    columns = {name: sheet[name][keep] for name in ("grade", "t", "km", "t_km", "minutes", "cost")}
    return Flows(sheet.line[keep], day[keep], origin[keep], to[keep], material[keep], via=via, **columns)


def read_processing(scenario: Scenario, sheet: Sheet, ledger: Ledger) -> Processing:
    """The processing rows that name known facilities, materials and dates; the others become findings."""
    known = {name: i for i, name in enumerate(scenario.facilities.ids)}
    facility = _looked_up(sheet, "facility", known, "facility", ledger)
    material = _looked_up(sheet, "input", scenario.materials.index, "material", ledger)
    day, inside = days_of(scenario, sheet, ledger)
    keep = (facility >= 0) & (material >= 0) & inside
    columns = {name: sheet[name][keep] for name in ("grade", "t", "cost")}
    return Processing(sheet.line[keep], day[keep], facility[keep], material[keep], **columns)


def _looked_up(sheet: Sheet, column: str, known: dict[str, int], what: str, ledger: Ledger) -> Ints:
    cells = sheet[column]
    index = np.array([known.get(cell, -1) for cell in cells], dtype=np.int64)
    expect_rows(ledger, index >= 0, sheet, column, lambda i: f"'{cells[i]}' is not the id of a {what} of this scenario")
    return index


def days_of(scenario: Scenario, sheet: Sheet, ledger: Ledger) -> tuple[Ints, Bools]:
    """(n,) day of the horizon of each row, and which rows lie within it."""
    since = sheet["date"] - scenario.start.toordinal()
    day, within = np.divmod(since, scenario.period_days)
    inside = (day >= 0) & (day < scenario.days)
    span = f"{scenario.start} to {scenario.date(scenario.days - 1)}"

    def told(i: int) -> dt.date:
        return scenario.start + dt.timedelta(days=int(since[i]))

    expect_rows(ledger, inside, sheet, "date", lambda i: f"{told(i)} is outside the horizon, {span}")
    if scenario.period_days > 1:
        first = f"is no first day of a period of {scenario.period_days} days"
        expect_rows(ledger, within == 0, sheet, "date", lambda i: f"{told(i)} {first}")
    return day, inside & (within == 0)


def expect_rows(
    ledger: Ledger,
    holds: Bools,
    sheet: Sheet,
    column: str,
    message: Callable[[int], str],
    amount: Callable[[int], float] = lambda i: 0.0,
) -> None:
    """One comparison per row of a table."""
    ledger.expect_all(holds, sheet.file, lambda i: int(sheet.line[i]), column, message, amount)


def first_rows(*keys: Ints) -> Ints:
    """(n,) for each row the first row with the same keys; its own number where it is the first."""
    n = len(keys[0])
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    _, start, group = np.unique(np.stack(keys), axis=1, return_index=True, return_inverse=True)
    first: Ints = start[group.ravel()]
    return first


def summed(shape: Sequence[int], at: tuple[Ints, ...], values: Floats) -> Floats:
    """Values added up into an array of that shape."""
    size = int(np.prod(shape))
    if size == 0 or len(values) == 0:
        return np.zeros(tuple(shape))
    flat = np.ravel_multi_index(at, tuple(shape))
    total: Floats = np.bincount(flat, weights=values, minlength=size).astype(np.float64)
    return total.reshape(tuple(shape))


def goods(scenario: Scenario, material: int, grade: int) -> str:
    """A commodity as messages show it."""
    return f"{scenario.materials.ids[material]} of grade {GRADE_NAMES[grade - 1]}"


def goods_of(scenario: Scenario, commodity: int) -> str:
    """A commodity index as messages show it."""
    return goods(scenario, commodity // GRADES, commodity % GRADES + 1)
