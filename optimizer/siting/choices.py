"""What a siting may decide: which candidates open, with what is forced, excluded, affordable and allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.errors import Fault, InputError
from optimizer.intake.faults import nearest
from optimizer.scenario import Bools, Floats, Ints, Scenario

COMMAND = "cutfill site"


@dataclass(frozen=True)
class Choices:
    """C candidates and the rules of choosing among them.

    Attributes:
        facility: (C,) facility number of each.
        cost: (C,) CNY of opening it.
        lower, upper: (C,) 1, 1 where it must open; 0, 0 where it must not.
        exclusive: pairs of positions of which one at most opens.
        max_open: most that may open; None for no limit.
        budget: most CNY that openings may cost; None for no limit.
    """

    facility: Ints
    cost: Floats
    lower: Floats
    upper: Floats
    exclusive: tuple[tuple[int, int], ...] = ()
    max_open: int | None = None
    budget: float | None = None
    known: tuple[bytes, ...] = ()  # sets that are no longer asked for

    def __len__(self) -> int:
        return len(self.facility)

    def allow(self, chosen: Bools) -> bool:
        """Whether a set of candidates keeps every rule."""
        return (
            bool((chosen >= self.lower).all() and (chosen <= self.upper).all())
            and (self.max_open is None or chosen.sum() <= self.max_open)
            and (self.budget is None or self.cost[chosen].sum() <= self.budget * (1 + 1e-9) + 1e-6)
            and not any(chosen[a] and chosen[b] for a, b in self.exclusive)
            and chosen.tobytes() not in self.known
        )

    def without(self, chosen: Bools) -> Choices:
        """The same choices, one set apart."""
        return replace(self, known=(*self.known, chosen.tobytes()))

    def flipped(self, i: int, chosen: Bools) -> Choices | None:
        """The same choices with one candidate made to go the other way than in a set; None where it must not."""
        lower, upper = self.lower.copy(), self.upper.copy()
        lower[i] = upper[i] = 0.0 if chosen[i] else 1.0
        fits = self.lower[i] <= lower[i] and upper[i] <= self.upper[i]
        return replace(self, lower=lower, upper=upper) if fits else None

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        *,
        forced_open: Sequence[str] = (),
        forced_closed: Sequence[str] = (),
        exclusive: Sequence[str] = (),
        max_open: int | None = None,
        budget: float | None = None,
    ) -> Choices:
        """The choices of a scenario.

        Args:
            scenario: with candidates.
            forced_open, forced_closed: ids of candidates.
            exclusive: pairs of ids as ``A,B``.
            max_open, budget: limits.

        Raises:
            InputError: every fault: no candidates, unknown ids, rules that no choice keeps, with the smallest fix.
        """
        facilities = scenario.facilities
        at = np.array([i for i, status in enumerate(facilities.status) if status == "candidate"], dtype=np.int64)
        ids = [facilities.ids[i] for i in at.tolist()]
        faults: list[Fault] = []
        if not len(at):
            message = "no facility has the status candidate; there is nothing to decide"
            faults.append(Fault("facilities.csv", 0, "status", message))
        number = {name: i for i, name in enumerate(ids)}

        def found(names: Iterable[str], option: str) -> list[int]:
            for name in names:
                if name not in number:
                    kind = "a facility, but not a candidate" if name in facilities.ids else "not a candidate"
                    faults.append(Fault(COMMAND, 0, option, f"'{name}' is {kind}{nearest(name, ids)}"))
            return [number[name] for name in names if name in number]

        lower, upper = np.zeros(len(at)), np.ones(len(at))
        lower[found(forced_open, "--force-open")] = 1
        upper[found(forced_closed, "--force-closed")] = 0
        pairs = []
        for pair in exclusive:
            both = found([name.strip() for name in pair.split(",")], "--exclusive")
            if len(pair.split(",")) != 2:
                faults.append(Fault(COMMAND, 0, "--exclusive", f"'{pair}' is not a pair; write A,B"))
            elif len(both) == 2:
                pairs.append((both[0], both[1]))
        choices = cls(at, facilities.opening_cost[at], lower, upper, tuple(pairs), max_open, budget)
        faults += _impossible(choices, ids)
        if faults:
            raise InputError(faults)
        return choices


def _impossible(choices: Choices, ids: Sequence[str]) -> Iterable[Fault]:
    """Rules that contradict each other, each with the smallest fix."""
    must = choices.lower > 0
    for i in np.flatnonzero(must & (choices.upper < 1)).tolist():
        yield Fault(COMMAND, 0, "--force-open", f"{ids[i]} is forced open and forced closed; keep one of them")
    for a, b in choices.exclusive:
        if must[a] and must[b]:
            told = f"{ids[a]} and {ids[b]} exclude each other and both are forced open; release one of them"
            yield Fault(COMMAND, 0, "--exclusive", told)
    n, cost = int(must.sum()), float(choices.cost[must].sum())
    if choices.max_open is not None and n > choices.max_open:
        told = f"{n} candidates are forced open, more than {choices.max_open}; expected {n} at least"
        yield Fault(COMMAND, 0, "--max-open", told)
    if choices.budget is not None and cost > choices.budget:
        told = f"the candidates forced open cost {cost:,.0f} CNY; expected {cost:,.0f} at least"
        yield Fault(COMMAND, 0, "--budget", told)
    free = choices.cost[choices.upper > 0]
    if choices.budget is not None and not must.any() and len(free) and choices.budget < free.min():
        told = f"{choices.budget:,.0f} CNY can open nothing; the cheapest candidate costs {free.min():,.0f}"
        yield Fault(COMMAND, 0, "--budget", told)


def opened(scenario: Scenario, facilities: Iterable[int]) -> Scenario:
    """The scenario with some candidates open on their dates; they keep the status candidate."""
    f = scenario.facilities
    is_open = f.open.copy()
    at = list(facilities)
    is_open[at] = f.dates[at]
    return replace(scenario, facilities=replace(f, open=is_open))
