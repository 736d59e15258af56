"""What a check finds: rows that do not hold, and the figures it recomputed on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.scenario import Floats

# A solver meets its rows to about 1e-7 of their scale and the plan's files carry nine decimals, so honest sums are off
# by far less than these; a mistake that moves 100 g of soil or a millionth of a total is already found.
RELATIVE = 1e-6  # of the larger quantity compared
ABSOLUTE = 1e-4  # t, m³, km, minutes or CNY of one row or one day
FIGURE = 1e-3  # t, t·km, CNY or kg of a total over the whole plan

SHOWN = 200  # findings printed; --json lists all


@dataclass(frozen=True)
class Finding:
    """One thing in the plan that the inputs do not bear out.

    Attributes:
        file: file of the plan folder.
        row: 1-based line in the file, the header being line 1; 0 when it is about a missing row or the whole file.
        column: column, or key of plan.json.
        message: what is wrong, with both numbers.
        amount: by how much, in the unit of the column; 0 where there is no amount.
    """

    file: str
    row: int
    column: str
    message: str
    amount: float = 0.0

    def __str__(self) -> str:
        place = f"{self.file}:{self.row}" if self.row else self.file
        return f"{place}: {self.column}: {self.message}" if self.column else f"{place}: {self.message}"


@dataclass(frozen=True)
class CheckResult:
    """The second reading of a plan.

    Attributes:
        findings: everything that does not hold, by file and row; empty for a good plan.
        goals: value of each goal, recomputed from the inputs and the plan's rows.
        figures: the figures (KPI), recomputed; ``None`` where a share has nothing to divide by.
        checks: how many comparisons were made.
    """

    findings: tuple[Finding, ...]
    goals: Mapping[str, float]
    figures: Mapping[str, float | None]
    checks: int


@dataclass
class Ledger:
    """Counts comparisons and collects what does not hold."""

    findings: list[Finding] = field(default_factory=list)
    checks: int = 0

    def add(self, file: str, row: int, column: str, message: str, amount: float = 0.0) -> None:
        """Adds one finding."""
        self.findings.append(Finding(file, int(row), column, message, float(abs(amount))))

    def expect(self, holds: bool, file: str, row: int, column: str, message: str, amount: float = 0.0) -> None:
        """Counts one comparison, and adds a finding when it does not hold."""
        self.checks += 1
        if not holds:
            self.add(file, row, column, message, amount)

    def expect_all(
        self,
        holds: npt.ArrayLike,
        file: str,
        rows: Callable[[int], int],
        column: str,
        message: Callable[[int], str],
        amount: Callable[[int], float] = lambda i: 0.0,
    ) -> None:
        """Counts a comparison per entry of ``holds``; row, message and amount are asked for only where it fails."""
        flags = np.asarray(holds, dtype=bool).ravel()
        self.checks += len(flags)
        for i in np.flatnonzero(~flags).tolist():
            self.add(file, rows(i), column, message(i), amount(i))


def slack(scale: npt.ArrayLike, absolute: float = ABSOLUTE) -> Floats:
    """How far apart two numbers of that scale may be."""
    return absolute + RELATIVE * np.abs(np.asarray(scale, dtype=np.float64))


def agree(a: npt.ArrayLike, b: npt.ArrayLike, absolute: float = ABSOLUTE) -> npt.NDArray[np.bool_]:
    """Where two numbers are the same within the tolerance; two blanks (nan) agree, a blank and a number do not."""
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        near = np.abs(x - y) <= slack(np.maximum(np.abs(x), np.abs(y)), absolute)
    return near | (np.isnan(x) & np.isnan(y))


def number(value: float) -> str:
    """A number as messages show it: enough digits to see the difference, no more."""
    if np.isnan(value):
        return "blank"
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def format_result(result: CheckResult) -> str:
    """The result for a terminal: the failing rows, or what was found to hold."""
    lines = [str(finding) for finding in result.findings[:SHOWN]]
    if len(result.findings) > SHOWN:
        lines.append(f"… and {len(result.findings) - SHOWN:,} more; --json lists all of them")
    if result.findings:
        n = len(result.findings)
        lines.append(f"{n:,} finding{'s' if n > 1 else ''} in {result.checks:,} checks: the plan does not hold")
        return "\n".join(lines)
    lines.append(f"{result.checks:,} checks from the inputs alone: the plan holds")
    lines += [f"  {name:<10}{value:>16,.3f}" for name, value in result.goals.items()]
    return "\n".join(lines)


def result_json(result: CheckResult) -> str:
    """The result as JSON: ``status``, ``checks``, ``goals``, ``figures`` and every finding."""
    data: dict[str, Any] = {
        "status": "fails" if result.findings else "holds",
        "checks": result.checks,
        "goals": dict(result.goals),
        "figures": dict(result.figures),
        "findings": [asdict(f) | {"row": f.row or None, "column": f.column or None} for f in result.findings],
    }
    return json.dumps(data, ensure_ascii=False, indent=1)
