"""The siting program: the plan with every candidate open, and a column for each option that lets its lanes be used.

    Σ_in x ≤ Σ_o daily_in_od · z_o      Σ_out x ≤ Σ_o daily_out_od · z_o      Σ_k stock ≤ Σ_o storage_o · z_o
    Σ_days x_pf ≤ most that p can give to or take from f · Σ_o z_o         for every partner p: the strong rows
    Σ_{o in switch} z_o = y_switch        y 0/1

the sums over the options o of a candidate that are open on the day. A candidate with one option has z = y.

The strong rows make the relaxation nearly as good as the answer, and nearly all of them never matter: they are added
when the relaxation breaks them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from optimizer.lanes import Lanes
from optimizer.program import Program
from optimizer.scenario import GRADES, Floats, Ints, Scenario
from optimizer.siting.choices import Choices

SWITCHED = ("gate.in", "gate.out", "facility.room", "plant.daily", "facility.storage")
BROKEN = 1e-4  # share of a partner's most by which a strong row must be broken to be added


@dataclass(frozen=True)
class Pairs:
    """Strong rows, P of them: lanes between one partner and one candidate, on all days and of all commodities.

    Attributes:
        candidate: (P,) position among the choices.
        most: (P,) in the partner's own unit.
        weight: (P, columns) what a unit of each lane counts for.
    """

    candidate: Ints
    most: Floats
    weight: sparse.csr_array

    def broken(self, x: Floats, y: Floats) -> Ints:
        """Rows that a point breaks, the worst first."""
        over = (self.weight @ x) / self.most - y[self.candidate]
        at = np.flatnonzero(over > BROKEN)
        return at[np.argsort(-over[at], kind="stable")]


def strong_pairs(scenario: Scenario, lanes: Lanes, program: Program, choices: Choices) -> Pairs:
    """All strong rows of a program in which every candidate is open."""
    position = np.full(len(scenario.place_ids), -1, dtype=np.int64)
    position[choices.facility + scenario.first_facility] = np.arange(len(choices))
    start = program.columns["flow"].start
    rows: list[Ints] = []
    columns: list[Ints] = []
    weights: list[Floats] = []
    candidate: list[Ints] = []
    most: list[Floats] = []
    used = 0
    for own, other in ((lanes.origins, lanes.destinations), (lanes.destinations, lanes.origins)):
        lane = np.flatnonzero(position[own] >= 0)
        partner, site = other[lane], position[own[lane]]
        key, row = np.unique(partner.astype(np.int64) * len(choices) + site, return_inverse=True)
        limit, per_t = _most(scenario, key // len(choices)), _units(scenario, lanes, lane, partner)
        kept = np.isfinite(limit) & (limit > 0)
        number = np.where(kept, np.cumsum(kept) - 1, -1)[row]
        inside = number >= 0
        rows.append(number[inside] + used)
        columns.append(start + lane[inside])
        weights.append(per_t[inside])
        candidate.append((key % len(choices))[kept])
        most.append(limit[kept])
        used += int(kept.sum())
    entries: Any = np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))
    matrix = sparse.csr_array(entries, shape=(used, program.shape[1]))
    return Pairs(np.concatenate(candidate), np.concatenate(most), matrix)


def _most(scenario: Scenario, place: Ints) -> Floats:
    """What a place can give or take over the horizon, in its own unit; infinite where nothing tells."""
    f = scenario.facilities
    gates = np.minimum(f.daily_in.sum(axis=1), np.where([k == "quarry" for k in f.kind], np.inf, f.storage))
    total = scenario.supplies.release.sum()
    facility = np.where(
        [k in ("disposal", "offsite") for k in f.kind], np.minimum(gates, total), f.daily_in.sum(axis=1)
    )
    whole = np.concatenate([scenario.supplies.release.sum(axis=1), scenario.demands.quantity, facility])
    return np.asarray(whole, dtype=np.float64)[place]


def _units(scenario: Scenario, lanes: Lanes, lane: Ints, partner: Ints) -> Floats:
    """Own units that a t on each lane counts for at its partner."""
    d = scenario.demands
    at = partner - scenario.first_demand
    inside = (at >= 0) & (at < len(d.ids))
    units = np.ones(len(lane))
    units[inside] = d.units_per_t[at[inside], lanes.commodities[lane[inside]] // GRADES]
    return units


def capacities(scenario: Scenario, program: Program, choices: Choices) -> tuple[Any, Ints]:
    """(rows, P) what each option lets through in the program's rows, and those rows, whose bound options take over."""
    position = np.full(len(scenario.facilities.ids), -1, dtype=np.int64)
    position[choices.facility] = np.arange(len(choices))
    stocked = np.zeros(len(position), dtype=bool)
    stocked[scenario.stocks.facility] = True
    rows: list[Ints] = []
    columns: list[Ints] = []
    values: list[Floats] = []
    for name in SWITCHED:
        block = program.rows[name]
        facility = block.keys[0]
        candidate = position[facility]
        if name == "facility.storage":  # what lies at a closed candidate already goes on lying there
            candidate = np.where(stocked[facility], -1, candidate)
        at = np.flatnonzero((candidate >= 0) & np.isfinite(program.row_upper[block.span]))
        day = block.keys[block.dims.index("day")] if "day" in block.dims else None
        row, option = _pairs_of(candidate[at], choices.options.candidate)
        row = np.asarray(at[row], dtype=np.int64)
        if day is not None:
            on = (choices.options.first[option] <= day[row]) & (day[row] <= choices.options.last[option])
            if name == "facility.storage":
                on |= ~choices.options.dated[option]  # without a choice of days stock may lie on where nobody comes
            row, option = row[on], option[on]
        limit = _limit_of(name, choices, option, None if day is None else day[row])
        rows.append(row + block.start)
        columns.append(option)
        values.append(-np.minimum(limit, program.row_upper[row + block.start]))
    entries: Any = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    matrix = sparse.csc_array(entries, shape=(program.shape[0], len(choices.options)))
    return matrix, _switched_rows(program, position, stocked)


def _switched_rows(program: Program, position: Ints, stocked: Any) -> Ints:
    """Rows whose bound options take over: those of candidates, also on days on which no option is open."""
    found = [np.zeros(0, dtype=np.int64)]
    for name in SWITCHED:
        block = program.rows[name]
        own = (position[block.keys[0]] >= 0) & np.isfinite(program.row_upper[block.span])
        if name == "facility.storage":
            own &= ~stocked[block.keys[0]]
        found.append(np.flatnonzero(own) + block.start)
    return np.concatenate(found)


def _pairs_of(candidate: Ints, of_option: Ints) -> tuple[Ints, Ints]:
    """All (position, option) with the option belonging to the candidate at that position."""
    order = np.argsort(of_option, kind="stable")
    first = np.searchsorted(of_option[order], candidate, side="left")
    counts = np.searchsorted(of_option[order], candidate, side="right") - first
    position = np.repeat(np.arange(len(candidate)), counts)
    within = np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)
    return position, order[np.repeat(first, counts) + within]


def _limit_of(block: str, choices: Choices, option: Ints, day: Ints | None) -> Floats:
    """What an option lets through in a row of a block; infinite where it has no limit of its own."""
    o = choices.options
    if block in ("facility.room", "facility.storage"):
        return np.asarray(o.storage[option], dtype=np.float64)
    if block == "plant.daily":
        return np.full(len(option), np.inf)
    assert day is not None
    return np.asarray((o.daily_in if block == "gate.in" else o.daily_out)[option, day], dtype=np.float64)


def enclosing_rows(
    scenario: Scenario, lanes: Lanes, program: Program, choices: Choices
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Per candidate, all that leaves or is processed and all that enters ≤ what its option lets through altogether.

    Returns:
        (2C, columns) of the flows and (2C, P) of the options, as its negative.
    """
    first = scenario.first_facility
    position = np.full(len(scenario.place_ids), -1, dtype=np.int64)
    position[choices.facility + first] = np.arange(len(choices))
    n = len(choices)
    flow, process = program.columns["flow"].start, program.columns["plant.process"]
    out, into = (np.flatnonzero(position[end] >= 0) for end in (lanes.origins, lanes.destinations))
    runs = np.flatnonzero(position[process.keys[0] + first] >= 0)
    rows = np.concatenate(
        [position[lanes.origins[out]], position[process.keys[0][runs] + first], n + position[lanes.destinations[into]]]
    )
    columns = np.concatenate([flow + out, process.index[runs], flow + into])
    entries: Any = np.ones(len(rows)), (rows, columns)
    most = _most_through(scenario, choices)
    option, candidate = np.arange(len(choices.options)), choices.options.candidate
    own: Any = -np.concatenate(most), (np.concatenate([candidate, n + candidate]), np.tile(option, 2))
    return (
        sparse.csr_array(entries, shape=(2 * n, program.shape[1])),
        sparse.csr_array(own, shape=(2 * n, len(option))),
    )


def _most_through(scenario: Scenario, choices: Choices) -> tuple[Floats, Floats]:
    """(P,) most t that can leave and enter with each option: its gates, and no more than there is."""
    d, o = scenario.demands, choices.options
    per_t = np.nanmin(d.units_per_t, axis=1) if len(d.ids) else np.zeros(0)
    there = float(scenario.supplies.release.sum() + scenario.stocks.t.sum())
    wanted = float((d.quantity / per_t).sum())
    kind = [scenario.facilities.kind[i] for i in choices.facility[o.candidate].tolist()]
    quarry = np.array([k == "quarry" for k in kind], dtype=bool)
    days = np.arange(scenario.days)
    on = (days >= o.first[:, None]) & (days <= o.last[:, None])
    length = (o.last - o.first + 1).astype(float)
    out = np.minimum(np.where(on, o.daily_out, 0.0).sum(axis=1), np.where(quarry, wanted, there * length))
    into = np.minimum(np.where(on, o.daily_in, 0.0).sum(axis=1), there * length)
    return np.maximum(out, 1.0), np.maximum(into, 1.0)
