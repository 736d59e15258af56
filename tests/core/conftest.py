"""Plans of small weeks, each verified by the independent check as well."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from optimizer.planner import Options, Planning, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario


@dataclass
class Result:
    """A planning with the look-ups that tests need."""

    planning: Planning
    folder: Path

    @property
    def goals(self) -> dict[str, float]:
        return {goal["name"]: goal["value"] for goal in self.planning.plan.summary["goals"]}

    @property
    def kpis(self):
        return self.planning.plan.summary["kpis"]

    def rows(self, table: str):
        return list(self.planning.plan.tables[table].records())

    def moved(self, origin: str | None = None, to: str | None = None, date: str | None = None) -> float:
        return sum(
            row["t"]
            for row in self.rows("flows")
            if (origin is None or row["from"] == origin)
            and (to is None or row["to"] == to)
            and (date is None or row["date"].endswith(date))
        )

    def price(self, place: str, side: str, date: str | None = None, goal: str = "price") -> float:
        return sum(
            row[goal]
            for row in self.rows("prices")
            if row["id"] == place and row["side"] == side and (date is None or row["date"].endswith(date))
        )


@pytest.fixture
def solve(week, tmp_path):
    """Writes a week, plans it, checks the plan from the inputs alone, and returns the result."""

    def run(toml: str = "", *, solver: str = "highs", checked: bool = True, **tables: str) -> Result:
        folder = week(toml, **tables)
        planning = plan_scenario(load_scenario(folder), Options(solver=solver), Progress())
        if checked and __import__("importlib.util").util.find_spec("optimizer.check"):
            from optimizer.check import check
            from optimizer.outputs import write_plan

            out = tmp_path / f"{folder.name}-plan"
            write_plan(planning.scenario, planning.plan, out, Progress())
            result = check(folder, out, Progress())
            assert result.findings == (), "\n".join(map(str, result.findings))
        return Result(planning, folder)

    return run
