"""Scenario folders as data: tables of rows that a test changes, writes, reads and solves; and random ones."""

from __future__ import annotations

import copy
import csv
import itertools
import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optimizer.backends import make_backend
from optimizer.blocks import build_program
from optimizer.distances import measure
from optimizer.lanes import Lanes, build_lanes
from optimizer.planner import Options, Planning, plan_scenario
from optimizer.program import Program
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.scenario import Scenario
from optimizer.solve import Session, Solution, open_session

START = "2025-03-03"
DATES = [f"2025-03-{day:02d}" for day in range(3, 20)]
MATERIALS: list[dict[str, Any]] = [
    {"material": "earth", "name_zh": "土", "name_en": "earth", "waste_class": "spoil", "bank_t_m3": 2.0,
     "loose_t_m3": 1.6, "compacted_t_m3": 2.5, "counts_as_waste": "true"},
    {"material": "sand", "name_zh": "砂", "name_en": "sand", "waste_class": "spoil", "bank_t_m3": 1.0,
     "loose_t_m3": 1.0, "compacted_t_m3": 1.0, "counts_as_waste": "true"},
    {"material": "slime", "name_zh": "泥浆", "name_en": "slime", "waste_class": "slurry", "bank_t_m3": 1.2,
     "loose_t_m3": 1.2, "compacted_t_m3": 1.2, "counts_as_waste": "true"},
    {"material": "stone", "name_zh": "再生料", "name_en": "stone", "waste_class": "product", "bank_t_m3": 1.4,
     "loose_t_m3": 1.4, "compacted_t_m3": 1.4, "counts_as_waste": "false"},
]  # fmt: skip
KEYS = {"supplies": "supply", "demands": "demand", "facilities": "facility"}


@dataclass
class Week:
    """A scenario as rows by table; ``toml`` is what follows name, start and days."""

    days: int = 3
    objective: str = ""
    costs: str = ""
    max_km: float | None = None
    streets: str = ""
    start: str = START
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def copy(self) -> Week:
        return copy.deepcopy(self)

    def row(self, table: str, key: str) -> dict[str, Any]:
        """The row of a place."""
        return next(row for row in self.tables[table] if row[KEYS[table]] == key)

    def add(self, table: str, **row: Any) -> Week:
        """Adds a row; ``from_`` stands for the column ``from``."""
        self.tables.setdefault(table, []).append({k.rstrip("_"): v for k, v in row.items()})
        return self

    def road(self, origin: str, to: str, km: float, **more: Any) -> Week:
        return self.add("distances", from_=origin, to=to, km=km, **more)

    @property
    def toml(self) -> str:
        limit = "" if self.max_km is None else f"max_km = {self.max_km}\n"
        return (
            f'name = "test"\nstart = {self.start}\ndays = {self.days}\n[objective]\n{self.objective}\n'
            f'[roads]\ndistances = "distances.csv"\n{limit}[costs]\n{self.costs}\n[streets]\n{self.streets}\n'
        )

    def write(self, folder: Path) -> Path:
        """Writes the scenario folder."""
        folder.mkdir(parents=True)
        (folder / "scenario.toml").write_text(self.toml, encoding="utf-8")
        tables = {"materials": MATERIALS, "supplies": [], "distances": [], **self.tables}
        for name, rows in tables.items():
            columns = list(dict.fromkeys(itertools.chain.from_iterable(rows))) or {
                "supplies": ["supply", "material", "quantity", "unit"], "distances": ["from", "to", "km"],
            }.get(name)  # fmt: skip
            if columns is None:
                continue
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, columns, restval="")
                writer.writeheader()
                writer.writerows(rows)
        return folder

    def __repr__(self) -> str:
        """What a failing property shows: the whole scenario as one line that can be pasted."""
        return f"Week({self.days}, {self.objective!r}, {self.costs!r}, tables={json.dumps(self.tables)})"


_numbers = itertools.count()


@dataclass
class Solved:
    """A program solved in its order, without tables and reasons."""

    scenario: Scenario
    lanes: Lanes
    program: Program
    session: Session
    solution: Solution

    @property
    def goals(self) -> dict[str, float]:
        return {stage.goal: stage.value for stage in self.solution.stages}


def fresh(folder: Path) -> Path:
    """A path below ``folder`` that nobody has used."""
    return folder / f"w{next(_numbers)}"


def solved(week: Week, folder: Path, *, solver: str = "highs") -> Solved:
    """Writes, reads and solves a week."""
    return solved_folder(week.write(fresh(folder)), solver)


def solved_folder(folder: Path, solver: str = "highs") -> Solved:
    """Reads and solves a scenario folder."""
    scenario = load_scenario(folder)
    lanes = build_lanes(scenario, measure(scenario, Progress()))
    program = build_program(scenario, lanes)
    session = open_session(scenario, program, make_backend(solver))
    return Solved(scenario, lanes, program, session, session.run(Progress()))


def planned(week: Week, folder: Path, *, solver: str = "highs") -> Planning:
    """Writes, reads and plans a week."""
    return plan_scenario(load_scenario(week.write(fresh(folder))), Options(solver=solver), Progress())


def goal_values(planning: Planning) -> dict[str, float]:
    """Goals of a plan as ``plan.json`` tells them."""
    return {goal["name"]: goal["value"] for goal in planning.plan.summary["goals"]}


ORDERS = (
    'order = ["unserved", "offsite", "transfer", "haul"]',
    'order = ["unserved", "landfill", "offsite", "cost"]',
    'order = ["unserved", "cost"]',
    'order = ["offsite", "carbon", "transfer"]',
    'order = ["welfare"]',
)
WEIGHTS = (
    "weights = { cost = 1.0, offsite = 20.0 }",
    "weights = { haul = 1.0, landfill = 3.0, unserved = 50.0 }",
    "weights = { welfare = 1.0, transfer = 2.0 }",
)


def random_week(chance: random.Random, *, objective: str | None = None, days: int | None = None) -> Week:
    """A small week with some of everything, drawn from ``chance``; whole numbers, so that corners do meet."""
    week = Week(days=days or chance.randint(1, 4))
    week.objective = objective or chance.choice(ORDERS + WEIGHTS)
    week.costs = "carbon_per_kg = 0.05" if chance.random() < 0.3 else ""
    if chance.random() < 0.3:
        week.max_km = 25
    _some_places(week, chance)
    _some_facilities(week, chance)
    _some_roads(week, chance)
    return week


def _maybe(chance: random.Random, likelihood: float, low: int, high: int) -> int | str:
    return chance.randint(low, high) if chance.random() < likelihood else ""


def _window(week: Week, chance: random.Random) -> dict[str, str]:
    if chance.random() < 0.5:
        return {"from": "", "to": ""}
    first = chance.randrange(week.days)
    return {"from": DATES[first], "to": DATES[chance.randrange(first, week.days)]}


def _some_places(week: Week, chance: random.Random) -> None:
    for i in range(chance.randint(1, 4)):
        quantity = chance.randint(1, 120)
        week.add(
            "supplies", supply=f"S{i}", material=chance.choice(("earth", "earth", "sand", "slime")), quantity=quantity,
            unit=chance.choice(("t", "t", "m3_bank", "m3_loose")), daily_max=_maybe(chance, 0.3, 5, 60),
            stock_max=_maybe(chance, 0.3, 0, 60), grade=chance.choice(("", "1", "2", "x")),
            must_move=chance.choice(("", "true", "false")), ask=_maybe(chance, 0.3, -5, 10),
            priority=_maybe(chance, 0.3, 0, 3), **_window(week, chance),
        )  # fmt: skip
    for i in range(chance.randint(0, 3)):
        quantity = chance.randint(1, 120)
        accepts = chance.sample(("earth", "sand", "slime", "stone"), chance.randint(1, 3))
        week.add(
            "demands", demand=f"D{i}", accepts=";".join(accepts), quantity=quantity,
            unit=chance.choice(("t", "t", "m3_compacted", "m3_loose")),
            required=chance.randint(0, quantity) if chance.random() < 0.5 else "",
            daily_max=_maybe(chance, 0.3, 5, 60), grade=chance.choice(("", "1", "2")),
            bid=_maybe(chance, 0.3, -3, 20), priority=_maybe(chance, 0.3, 0, 3), **_window(week, chance),
        )  # fmt: skip
        if len(accepts) > 1 and chance.random() < 0.4:
            low = chance.choice((0, 0.2, 0.5))
            week.add(
                "mixes", demand=f"D{i}", material=accepts[0], min_share=low, max_share=chance.choice((0.5, 0.75, 1))
            )


def _some_facilities(week: Week, chance: random.Random) -> None:
    kinds = ("yard", "yard", "disposal", "recycling", "treatment", "offsite", "quarry")
    for i in range(chance.randint(0, 4)):
        kind = chance.choice(kinds)
        storage: int | str = _maybe(chance, 0.7, 10, 150)
        accepts = chance.sample(("earth", "sand", "slime", "stone"), chance.randint(1, 3))
        if kind in ("recycling", "treatment") and "slime" not in accepts:
            accepts.append("slime")
        stores = kind in ("yard", "recycling", "treatment")
        week.add(
            "facilities", facility=f"F{i}", kind=kind, accepts=";".join(accepts), daily_in=_maybe(chance, 0.3, 5, 80),
            daily_out=_maybe(chance, 0.3, 5, 80), storage=storage, fee=_maybe(chance, 0.5, 0, 20),
            hold_cost=_maybe(chance, 0.3, 0, 3), end_cost=_maybe(chance, 0.3, 0, 9),
            end_stock_max=_maybe(chance, 0.3, 0, 60) if stores else "",
            longest_stay=_maybe(chance, 0.3, 0, 3) if stores else "", **_window(week, chance),
        )  # fmt: skip
        if kind in ("recycling", "treatment"):
            daily, cost = _maybe(chance, 0.5, 5, 60), _maybe(chance, 0.5, 0, 9)
            grade_in = "x" if kind == "treatment" and chance.random() < 0.5 else ""
            for output, share in (("sand", 0.5), ("stone", chance.choice((0.25, 0.5)))):
                week.add(
                    "recipes", facility=f"F{i}", input="slime", output=output, **{"yield": share}, daily_max=daily,
                    cost=cost, grade_in=grade_in, grade_out="2" if grade_in else "",
                )  # fmt: skip
        if stores and storage and chance.random() < 0.5:
            week.add(
                "stocks",
                facility=f"F{i}",
                material=accepts[0],
                grade="1",
                quantity=chance.randint(1, int(storage)),
                unit="t",
            )
        if chance.random() < 0.3:
            date = chance.choice(DATES[: week.days])
            week.add(
                "calendar", facility=f"F{i}", from_=date, to=date, daily_in=chance.randint(0, 40),
                daily_out=chance.randint(0, 40),
            )  # fmt: skip


def _some_roads(week: Week, chance: random.Random) -> None:
    ids = {name: [row[key] for row in week.tables.get(name, ())] for name, key in KEYS.items()}
    origins, targets = ids["supplies"] + ids["facilities"], ids["demands"] + ids["facilities"]
    for origin in origins:
        for target in targets:
            if origin != target and chance.random() < 0.85:
                week.road(origin, target, chance.randint(1, 40), cost_per_t=_maybe(chance, 0.1, 0, 40))
