"""What a siting may decide: which candidates open, how large and when, with what is forced, excluded and affordable.

An *option* is one candidate at one size over one run of days. A *switch* is a set of options of one candidate of which
one at most is taken: all of them (is it open?), those of a size, those that are open on a day. Deciding every switch
decides the options; a candidate with one option is its own switch.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from optimizer.errors import Fault, InputError
from optimizer.intake.faults import nearest
from optimizer.scenario import Bools, Floats, Ints, Scenario

COMMAND = "cutfill site"
MONTH = 365 / 12  # days that a lease counts as one month
MOST_DAYS = 36  # of a horizon over which dates are chosen: 666 runs of days for each size


@dataclass(frozen=True)
class Options:
    """P options.

    Attributes:
        candidate: (P,) position among the candidates.
        size: name of the size; blank where there is one.
        first, last: (P,) days of the horizon on which it is open, both included.
        storage: (P,) t.
        daily_in, daily_out: (P, days) t.
        opening, lease, restoration: (P,) CNY over the horizon.
        dated: (P,) whether its days are a choice; such a place has to be empty when it closes.
    """

    candidate: Ints
    size: tuple[str, ...]
    first: Ints
    last: Ints
    storage: Floats
    daily_in: Floats
    daily_out: Floats
    opening: Floats
    lease: Floats
    restoration: Floats
    dated: Bools

    def __len__(self) -> int:
        return len(self.candidate)


@dataclass(frozen=True)
class Choices:
    """C candidates, their options, and the rules of choosing among them.

    Attributes:
        facility: (C,) facility number of each.
        options: what may be chosen.
        cost: (P,) CNY of each option: opening, lease and restoration.
        switches: (B, P) which options each switch holds; the first C are those of "is it open?".
        lower, upper: (B,) of each switch: 1, 1 where it must be on; 0, 0 where it must not.
        exclusive: pairs of candidates of which one at most opens.
        max_open: most that may open; None for no limit.
        budget: most CNY that the options taken may cost; None for no limit.
    """

    facility: Ints
    options: Options
    cost: Floats
    switches: sparse.csr_array
    lower: Floats
    upper: Floats
    exclusive: tuple[tuple[int, int], ...] = ()
    max_open: int | None = None
    budget: float | None = None
    known: tuple[bytes, ...] = ()  # sets that are no longer asked for

    def __len__(self) -> int:
        return len(self.facility)

    @property
    def of_candidate(self) -> sparse.csr_array:
        """(C, P) the options of each candidate."""
        return self.switches[: len(self)]

    @property
    def single(self) -> Bools:
        """(P,) options whose candidate has no other."""
        return np.bincount(self.options.candidate, minlength=len(self))[self.options.candidate] == 1

    def open(self, chosen: Bools) -> Bools:
        """(C,) candidates that a set of options opens."""
        return np.asarray(self.of_candidate @ chosen.astype(float)) > 0.5

    def allow(self, chosen: Bools) -> bool:
        """Whether a set of options keeps every rule."""
        on = self.switches @ chosen.astype(float)
        return (
            bool((on >= self.lower).all() and (on <= self.upper).all())
            and (self.max_open is None or chosen.sum() <= self.max_open)
            and (self.budget is None or self.cost[chosen].sum() <= self.budget * (1 + 1e-9) + 1e-6)
            and not any(on[a] and on[b] for a, b in self.exclusive)
            and chosen.tobytes() not in self.known
        )

    def without(self, chosen: Bools) -> Choices:
        """The same choices, one set apart."""
        return replace(self, known=(*self.known, chosen.tobytes()))

    def flipped(self, i: int, chosen: Bools) -> Choices | None:
        """The same choices with one candidate made to go the other way than in a set; None where it must not."""
        lower, upper = self.lower.copy(), self.upper.copy()
        lower[i] = upper[i] = 0.0 if self.open(chosen)[i] else 1.0
        fits = self.lower[i] <= lower[i] and upper[i] <= self.upper[i]
        return replace(self, lower=lower, upper=upper) if fits else None

    def named(self, scenario: Scenario, chosen: Bools) -> list[str]:
        """The options of a set as people read them: the candidate, with size and dates where these were chosen."""
        o, single = self.options, self.single
        names = []
        for p in np.flatnonzero(chosen).tolist():
            name = scenario.facilities.ids[self.facility[o.candidate[p]]]
            if not single[p]:
                first, last = self.dates(scenario, p)
                name += f" {o.size[p]}".rstrip() + f" {first}…{last}"
            names.append(name)
        return names

    def dates(self, scenario: Scenario, option: int) -> tuple[dt.date, dt.date]:
        """First and last calendar date of an option."""
        first, last = int(self.options.first[option]), int(self.options.last[option])
        return scenario.date(first), scenario.date(last + 1) - dt.timedelta(days=1)

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
            message = "no facility has the status candidate; expected it of every one that may open"
            faults.append(Fault("facilities.csv", 0, "status", message))
        number = {name: i for i, name in enumerate(ids)}

        def found(names: Iterable[str], option: str) -> list[int]:
            for name in names:
                if name not in number:
                    kind = "a facility, but not a candidate" if name in facilities.ids else "not a candidate"
                    faults.append(Fault(COMMAND, 0, option, f"'{name}' is {kind}{nearest(name, ids)}"))
            return [number[name] for name in names if name in number]

        options = _options(scenario, at, faults)
        switches = _switches(options, len(at))
        lower, upper = np.zeros(switches.shape[0]), np.ones(switches.shape[0])
        lower[found(forced_open, "--force-open")] = 1
        upper[found(forced_closed, "--force-closed")] = 0
        pairs = []
        for pair in exclusive:
            both = found([name.strip() for name in pair.split(",")], "--exclusive")
            if len(pair.split(",")) != 2:
                faults.append(Fault(COMMAND, 0, "--exclusive", f"'{pair}' is not a pair; write A,B"))
            elif len(both) == 2:
                pairs.append((both[0], both[1]))
        cost = options.opening + options.lease + options.restoration
        choices = cls(at, options, cost, switches, lower, upper, tuple(pairs), max_open, budget)
        faults += _impossible(choices, ids)
        if faults:
            raise InputError(faults)
        return choices


def _options(scenario: Scenario, at: Ints, faults: list[Fault]) -> Options:
    """Every size of every candidate, over all its days or, where a lease makes it matter, over every run of them."""
    f, days = scenario.facilities, scenario.days
    rows: list[dict[str, Any]] = []
    for c, i in enumerate(at.tolist()):
        on = np.flatnonzero(f.dates[i])
        begin, end = (int(on[0]), int(on[-1])) if len(on) else (0, days - 1)
        sizes = _sizes_of(scenario, i)
        dated = any(size["lease"] > 0 for size in sizes)
        if dated and end - begin >= MOST_DAYS:
            told = (
                f"{f.ids[i]} has a lease, so its dates are chosen among {end - begin + 1} days; expected "
                f"{MOST_DAYS} at most: set period_days in scenario.toml, or take the lease out"
            )
            faults.append(Fault("facilities.csv", 0, "lease", told))
            continue
        runs = [(a, b) for a in range(begin, end + 1) for b in range(a, end + 1)] if dated else [(begin, end)]
        for size in sizes:
            for a, b in runs:
                lease = size["lease"] * (b - a + 1) * scenario.period_days / MONTH
                closing = size["restoration"] if b < days - 1 else 0.0
                own = {"candidate": c, "first": a, "last": b, "lease": lease, "restoration": closing, "dated": dated}
                rows.append(size | own)

    def column(name: str, kind: type) -> Any:
        return np.array([row[name] for row in rows], dtype=kind)

    return Options(
        candidate=column("candidate", int),
        size=tuple(row["size"] for row in rows),
        first=column("first", int),
        last=column("last", int),
        daily_in=column("daily_in", float).reshape(-1, days),
        daily_out=column("daily_out", float).reshape(-1, days),
        dated=column("dated", bool),
        **{name: column(name, float) for name in ("storage", "opening", "lease", "restoration")},
    )


def _sizes_of(scenario: Scenario, i: int) -> list[dict[str, Any]]:
    """The sizes that a candidate may have; the facility as it is where sizes.csv names none."""
    f, z = scenario.facilities, scenario.sizes
    own = {
        "size": "", "storage": f.storage[i], "daily_in": f.daily_in[i], "daily_out": f.daily_out[i],
        "opening": f.opening_cost[i], "lease": f.lease[i], "restoration": f.restoration[i],
    }  # fmt: skip
    return [
        {
            "size": z.ids[n],
            "storage": z.storage[n],
            "daily_in": _gate(z.daily_in[n], f.daily_in[i], f.dates[i]),
            "daily_out": _gate(z.daily_out[n], f.daily_out[i], f.dates[i]),
            "opening": z.opening_cost[n],
            "lease": z.lease[n],
            "restoration": z.restoration[n],
        }
        for n in np.flatnonzero(z.facility == i).tolist()
    ] or [own]


def _gate(size: float, own: Floats, dates: Bools) -> Floats:
    """(days,) a size's limit on the days that the place is there; its own where the size has none."""
    return own if np.isnan(size) else np.where(dates, size, 0.0)


def _switches(options: Options, candidates: int) -> sparse.csr_array:
    """(B, P) the switches: of every candidate whether it is open, then each size and each day that is a choice."""
    sets = [np.flatnonzero(options.candidate == c) for c in range(candidates)]
    for own in list(sets):
        names = dict.fromkeys(options.size[p] for p in own.tolist())
        if len(names) > 1:
            sets += [np.array([p for p in own.tolist() if options.size[p] == name]) for name in names]
        if len(own) > len(names):
            for day in range(int(options.first[own].min()), int(options.last[own].max()) + 1):
                sets.append(own[(options.first[own] <= day) & (options.last[own] >= day)])
    rows = np.repeat(np.arange(len(sets)), [len(s) for s in sets])
    columns = np.concatenate(sets) if sets else np.zeros(0, dtype=np.int64)
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(sets), len(options)))


def _impossible(choices: Choices, ids: Sequence[str]) -> Iterable[Fault]:
    """Rules that contradict each other, each with the smallest fix."""
    c = len(choices)
    must, may = choices.lower[:c] > 0, choices.upper[:c] > 0
    least = np.full(c, np.inf)
    np.minimum.at(least, choices.options.candidate, choices.cost)
    for i in np.flatnonzero(must & ~may).tolist():
        yield Fault(COMMAND, 0, "--force-open", f"{ids[i]} is forced open and forced closed; keep one of them")
    for a, b in choices.exclusive:
        if must[a] and must[b]:
            told = f"{ids[a]} and {ids[b]} exclude each other and both are forced open; release one of them"
            yield Fault(COMMAND, 0, "--exclusive", told)
    n, cost = int(must.sum()), float(least[must].sum())
    if choices.max_open is not None and n > choices.max_open:
        told = f"{n} candidates are forced open, more than {choices.max_open}; expected {n} at least"
        yield Fault(COMMAND, 0, "--max-open", told)
    if choices.budget is not None and cost > choices.budget:
        told = f"the candidates forced open cost {cost:,.0f} CNY; expected {cost:,.0f} at least"
        yield Fault(COMMAND, 0, "--budget", told)
    free = least[may]
    if choices.budget is not None and not must.any() and len(free) and choices.budget < free.min():
        told = f"{choices.budget:,.0f} CNY can open nothing; the cheapest candidate costs {free.min():,.0f}"
        yield Fault(COMMAND, 0, "--budget", told)


def opened(scenario: Scenario, choices: Choices, chosen: Bools) -> Scenario:
    """The scenario with a set of options taken: these candidates are open on their days and at their size, and what
    opening them costs is the whole of the option; they keep the status candidate. A place whose days were a choice has
    to be empty when it closes."""
    f, o, days = scenario.facilities, choices.options, np.arange(scenario.days)
    names = ("open", "storage", "daily_in", "daily_out", "opening_cost", "empty_from")
    parts = {name: getattr(f, name).copy() for name in names}
    for p in np.flatnonzero(chosen).tolist():
        i = int(choices.facility[o.candidate[p]])
        parts["open"][i] = f.dates[i] & (days >= o.first[p]) & (days <= o.last[p])
        parts["storage"][i], parts["opening_cost"][i] = o.storage[p], choices.cost[p]
        parts["daily_in"][i], parts["daily_out"][i] = o.daily_in[p], o.daily_out[p]
        if o.dated[p]:
            parts["empty_from"][i] = o.last[p] + 1
    return replace(scenario, facilities=replace(f, **parts))


def all_open(scenario: Scenario, choices: Choices) -> Scenario:
    """The scenario with every candidate open on all its days at the largest size and at no cost, every limit that a
    switch needs being finite."""
    f, o = scenario.facilities, choices.options
    most = _most_there_is(scenario)
    parts = {name: getattr(f, name).copy() for name in ("open", "storage", "daily_in", "daily_out")}
    for c, i in enumerate(choices.facility.tolist()):
        own = np.flatnonzero(o.candidate == c)
        parts["open"][i] = f.dates[i]
        for name in ("storage", "daily_in", "daily_out"):
            largest = getattr(o, name)[own].max(axis=0)
            parts[name][i] = largest if len(own) == 1 else np.minimum(largest, most)
    return replace(scenario, facilities=replace(f, opening_cost=np.zeros(len(f.ids)), **parts))


def _most_there_is(scenario: Scenario) -> float:
    """t that no gate lets through in a day, nor any room holds: all there is, and all that is wanted."""
    d = scenario.demands
    per_t = np.nanmin(d.units_per_t, axis=1) if len(d.ids) else np.zeros(0)
    there = float(scenario.supplies.release.sum() + scenario.stocks.t.sum())
    return max(there * 2 + float((d.quantity / per_t).sum()), 1.0)
