"""Everything that is wrong with a listing, told at once."""

from __future__ import annotations

from api.kernel.problems import (
    ClosedWindow,
    ExpiredPermit,
    FieldFault,
    Invalid,
    Problem,
    RefusedMaterial,
    UnknownCoordinateSystem,
)

# which kind names the whole, when there are several
_GRAVEST_FIRST = (RefusedMaterial, UnknownCoordinateSystem, Invalid, ClosedWindow, ExpiredPermit)


class Faults:
    """Faults found so far, each with its field and its kind of problem."""

    def __init__(self) -> None:
        self.found: list[FieldFault] = []
        self._kinds: set[type[Problem]] = set()

    def add(self, field: str, message: str, kind: type[Problem] = Invalid) -> None:
        """One more."""
        self.found.append(FieldFault(field=field, message=message))
        self._kinds.add(kind)

    def take(self, problem: Problem) -> None:
        """The faults of a problem that was raised."""
        self.found += problem.errors
        self._kinds.add(type(problem))

    def raise_if_any(self) -> None:
        """Raises one problem of the gravest kind, with all of them."""
        if self.found:
            kind = next(kind for kind in _GRAVEST_FIRST if kind in self._kinds)
            raise kind("; ".join(f"{fault.field}: {fault.message}" for fault in self.found), errors=self.found)
