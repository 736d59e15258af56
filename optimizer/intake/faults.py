"""Collecting faults and notes while a scenario is read."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from optimizer.errors import Fault, InputError

MOST_PER_COLUMN = 5000  # faults listed of one column; a million rows of the same mistake are told by their number


class Faults:
    """Everything found wrong so far, and notes on how the input was read."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._count: Counter[tuple[str, str]] = Counter()
        self.notes: list[str] = []

    def add(self, file: str, row: int, column: str, message: str | Refused) -> None:
        """Adds one fault; beyond :data:`MOST_PER_COLUMN` of a column they are only counted."""
        self._count[file, column] += 1
        if self._count[file, column] <= MOST_PER_COLUMN:
            self._faults.append(Fault(file, int(row), column, str(message)))

    def note(self, text: str) -> None:
        """A sentence for the person about how the input was read."""
        if text not in self.notes:
            self.notes.append(text)

    def found(self) -> tuple[Fault, ...]:
        """Every fault so far, and how many more there are of a column that has very many."""
        uncounted = [
            Fault(
                file,
                0,
                column,
                f"{count - MOST_PER_COLUMN:,} more faults here; the first {MOST_PER_COLUMN:,} are listed",
            )
            for (file, column), count in self._count.items()
            if count > MOST_PER_COLUMN
        ]
        return (*self._faults, *uncounted)

    def raise_if_any(self) -> None:
        """Raises :class:`InputError` with every fault, when there is one."""
        if self._faults:
            raise InputError(self.found())


@dataclass(frozen=True)
class Refused:
    """Why something could not be read, and what is expected.

    As text it ends with the known name nearest to ``name``, which is only looked for when the text is wanted: it costs
    more than reading the cell.
    """

    message: str
    name: str = ""
    known: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.message + (nearest(self.name, self.known) if self.name else "")


def nearest(name: str, known: Iterable[str]) -> str:
    """`` (did you mean `x`?)`` when a known name is close, else an empty string."""
    by_lower = {k.casefold(): k for k in known}
    close = difflib.get_close_matches(name.casefold()[:100], list(by_lower), n=1, cutoff=0.6)
    return f"; did you mean `{by_lower[close[0]]}`?" if close else ""


def listed(names: Iterable[str]) -> str:
    """Names for a message: ``a, b, c``."""
    return ", ".join(names)


def quoted(cell: object) -> str:
    """A cell as messages show it, shortened."""
    text = str(cell)
    return "'" + (text if len(text) <= 40 else text[:37] + "…") + "'"
