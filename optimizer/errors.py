"""Faults in what a person gave us: collected, located, and in words that say what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong with the input.

    Attributes:
        file: file (or sheet) name as the person knows it, for example ``supplies.csv``.
        row: 1-based line in the file, the header being line 1; 0 when the fault is about the whole file.
        column: column or key name; empty when the fault is about the whole row or file.
        message: what is wrong, and what is expected.
    """

    file: str
    row: int
    column: str
    message: str

    def __str__(self) -> str:
        place = self.file
        if self.row:
            place += f":{self.row}"
        if self.column:
            place += f": {self.column}"
        return f"{place}: {self.message}"


class InputError(Exception):
    """Bad input: carries every fault found, in file and row order. The command line exits with 2."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(f) for f in self.faults))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Fault, ...]]]:
        """With its faults: a worker's error is told by whoever asked it."""
        return type(self), (self.faults,)

    @classmethod
    def single(cls, file: str, message: str, *, row: int = 0, column: str = "") -> InputError:
        """An error with one fault."""
        return cls([Fault(file, row, column, message)])
