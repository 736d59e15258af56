"""The siting program: the plan with every candidate open, and a 0/1 column for each that lets its lanes be used.

    Σ_in x ≤ daily_in_fd · y_f      Σ_out x ≤ daily_out_fd · y_f      Σ_k stock ≤ storage_f · y_f
    Σ_days x_pf ≤ most that p can give to or take from f · y_f         for every partner p: the strong rows

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


def switches(scenario: Scenario, program: Program, choices: Choices) -> tuple[Any, Ints]:
    """(rows, C) entries of the 0/1 columns in the program's own rows, and those rows, whose bound they take over."""
    position = np.full(len(scenario.facilities.ids), -1, dtype=np.int64)
    position[choices.facility] = np.arange(len(choices))
    stocked = np.zeros(len(position), dtype=bool)
    stocked[scenario.stocks.facility] = True
    of_row = np.full(program.shape[0], -1, dtype=np.int64)
    for name in SWITCHED:
        block = program.rows[name]
        of_row[block.span] = position[block.keys[0]]
        if name == "facility.storage":  # what lies at a closed candidate already goes on lying there
            of_row[block.span][stocked[block.keys[0]]] = -1
    at = np.flatnonzero((of_row >= 0) & np.isfinite(program.row_upper))
    entries: Any = -program.row_upper[at], (at, of_row[at])
    return sparse.csc_array(entries, shape=(program.shape[0], len(choices))), at


def enclosing_rows(
    scenario: Scenario, lanes: Lanes, program: Program, choices: Choices
) -> tuple[sparse.csr_array, Floats]:
    """Per candidate, all that leaves or is processed and all that enters ≤ (its most) · y: what closes it altogether.

    Returns:
        (2C, columns) matrix and (2C,) most.
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
    return sparse.csr_array(entries, shape=(2 * n, program.shape[1])), _capacities(scenario, choices)


def _capacities(scenario: Scenario, choices: Choices) -> Floats:
    """(2C,) most t that can leave and enter each candidate: its gates, and no more than there is."""
    f, d = scenario.facilities, scenario.demands
    per_t = np.nanmin(d.units_per_t, axis=1) if len(d.ids) else np.zeros(0)
    there = float(scenario.supplies.release.sum() + scenario.stocks.t.sum())
    wanted = float((d.quantity / per_t).sum())
    quarry = np.array([f.kind[i] == "quarry" for i in choices.facility.tolist()], dtype=bool)
    days = scenario.days
    out = np.minimum(f.daily_out[choices.facility].sum(axis=1), np.where(quarry, wanted, there * days))
    into = np.minimum(f.daily_in[choices.facility].sum(axis=1), there * days)
    return np.concatenate([np.maximum(out, 1.0), np.maximum(into, 1.0)])
