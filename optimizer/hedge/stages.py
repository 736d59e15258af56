"""Orders now, everything else later: the first days' drives are ordered before it is known what comes.

An order is t between two places on a day. What moves there on that day is at most what was ordered, whatever came, and
what was ordered is paid like a drive, used or not. All else is decided when the sample is known. The average over the
samples, and if wanted the mean of its worst part, is one linear program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from optimizer.backends import make_backend
from optimizer.blocks import build_program
from optimizer.distances import Distances
from optimizer.hedge.draws import Template
from optimizer.lanes import Lanes, build_lanes
from optimizer.planner import Options
from optimizer.program import Program
from optimizer.scenario import Floats, Scenario
from optimizer.solve import TOTAL, all_mass, open_session, proven_bound, refuse_endless_gain

Pair = tuple[int, int, int]  # origin and destination as entered, day


@dataclass(frozen=True)
class Future:
    """One sample as a program: what a plan of it costs, and to which order each lane of the first days belongs.

    Attributes:
        cost: (columns,) CNY.
        constant: CNY that no decision changes.
        pairs: those of the first days that have lanes here.
        drive: (pairs,) CNY per t of the drive.
        lanes_of: (pairs, columns) 1 where a lane belongs to a pair.
    """

    scenario: Scenario
    lanes: Lanes
    program: Program
    cost: Floats
    constant: float
    pairs: tuple[Pair, ...]
    drive: Floats
    lanes_of: sparse.csr_array

    @classmethod
    def of(cls, scenario: Scenario, template: Template, distances: Distances, days: int) -> Future:
        """A drawn scenario whose first ``days`` are ordered."""
        lanes = build_lanes(scenario, distances)
        program = build_program(scenario, lanes)
        session = open_session(scenario, program, make_backend(Options().solver))
        first = np.flatnonzero(lanes.day < days)
        ends = template.at[lanes.origins[first]], template.at[lanes.destinations[first]]
        keys = np.column_stack([*ends, lanes.day[first]]) if len(first) else np.zeros((0, 3), dtype=np.int64)
        found, which = np.unique(keys, axis=0, return_inverse=True)
        drive = np.zeros(len(found))
        drive[which.ravel()] = lanes.haul_cost[lanes.arc[first]]
        shape = (len(found), program.shape[1])
        lanes_of = sparse.csr_array((np.ones(len(first)), (which.ravel(), first)), shape=shape)
        weights = scenario.objective.weights
        paid = weights.get("cost", weights.get("welfare", 1.0))
        pairs = tuple((int(a), int(b), int(d)) for a, b, d in found)
        return cls(
            scenario, lanes, program, session.cost(TOTAL), session.constant(TOTAL), pairs, paid * drive, lanes_of
        )

    def perfect(self) -> tuple[float, Floats]:
        """CNY and columns of the best plan when this sample is known from the start: exactly what moves is ordered."""
        x, _ = _solved(self.program, self.cost)
        return float(self.cost @ x) + self.constant, x

    def under(self, orders: Orders) -> tuple[float, Floats]:
        """CNY and columns of the best that can be done when this sample comes and those orders were given."""
        most = np.array([orders.t.get(pair, 0.0) for pair in self.pairs])
        program = _with_rows(self.program, self.lanes_of, most)
        cost = self.cost - self.lanes_of.T @ self.drive
        x, _ = _solved(program, cost)
        return float(cost @ x) + self.constant + orders.paid, x


@dataclass(frozen=True)
class Orders:
    """t ordered by pair and day; ``paid`` CNY for their drives."""

    t: dict[Pair, float]
    paid: float

    @classmethod
    def of(cls, amounts: Floats, pairs: Sequence[Pair], drive: Floats) -> Orders:
        """Orders from amounts."""
        t = {pair: float(amount) for pair, amount in zip(pairs, amounts, strict=True) if amount > 1e-6}
        return cls(t, float(drive @ amounts))


def certain(future: Future, x: Floats) -> Orders:
    """The orders of a plan: what it moves on the first days."""
    return Orders.of(future.lanes_of @ x, future.pairs, future.drive)


@dataclass(frozen=True)
class Hedged:
    """The best orders over all samples; ``value`` and ``bound`` of what is minimised, the bound proven by the duals."""

    orders: Orders
    value: float
    bound: float


def hedged(futures: Sequence[Future], worst: float, share: float, floor: float) -> Hedged:
    """Orders that are best for all samples together.

    Args:
        futures: equally likely.
        worst: weight, 0 to 1, of the mean of the worst part against the mean of all.
        share: how large the worst part is.
        floor: CNY that no sample can cost less than.
    """
    pairs = sorted({pair for future in futures for pair in future.pairs})
    number = {pair: i for i, pair in enumerate(pairs)}
    drive = np.zeros(len(pairs))
    for future in futures:
        drive[[number[pair] for pair in future.pairs]] = future.drive
    program, cost = _extensive(futures, number, drive, (worst, share, floor))
    x, dual = _solved(program, cost)
    dearest = max(1.0, *(float(np.abs(future.cost).max()) for future in futures))
    mass = dearest * max(all_mass(future.program) for future in futures)  # more than any t, and than any CNY
    bound = proven_bound(program, cost, dual, [], np.zeros(0), [], mass=mass)
    mean = (1 - worst) * float(np.mean([f.constant for f in futures]))
    return Hedged(Orders.of(x[: len(pairs)], pairs, drive), float(cost @ x) + mean, bound + mean)


def _extensive(
    futures: Sequence[Future], number: dict[Pair, int], drive: Floats, risk: tuple[float, float, float]
) -> tuple[Program, Floats]:
    """Columns: orders, every sample's own, and with a worst part its threshold and what each sample is above it."""
    n, p, (worst, share, floor) = len(futures), len(drive), risk
    own = [future.cost - future.lanes_of.T @ future.drive for future in futures]
    links = [
        sparse.csr_array((np.ones(len(f.pairs)), (range(len(f.pairs)), [number[pair] for pair in f.pairs])),
                         shape=(len(f.pairs), p))
        for f in futures
    ]  # fmt: skip
    programs = [future.program for future in futures]
    tail = n + 1 if worst else 0
    body = sparse.block_diag([program.matrix for program in programs], format="csc")
    limits = sparse.block_diag([future.lanes_of for future in futures], format="csc")
    rows = [
        sparse.hstack([sparse.csc_array((body.shape[0], p)), body]),
        sparse.hstack([-sparse.vstack(links), limits]),
    ]
    lower = [np.concatenate([q.row_lower for q in programs]), np.full(limits.shape[0], -np.inf)]
    upper = [np.concatenate([q.row_upper for q in programs]), np.zeros(limits.shape[0])]
    cost = np.concatenate([drive, *(c / n for c in own)])
    if tail:
        above = sparse.hstack([
            sparse.csc_array(np.tile(drive, (n, 1))), sparse.block_diag([c[None, :] for c in own]),
            sparse.csc_array(-np.ones((n, 1))), -sparse.eye_array(n),
        ])  # fmt: skip
        rows = [sparse.hstack([row, sparse.csc_array((row.shape[0], tail))]) for row in rows] + [above]
        lower.append(np.full(n, -np.inf))
        upper.append(-np.array([f.constant for f in futures]))
        cost = np.concatenate([(1 - worst) * cost, [worst], np.full(n, worst / (share * n))])
    width = p + body.shape[1] + tail
    most = np.concatenate([np.full(p, np.inf), *(q.upper for q in programs), np.full(tail, np.inf)])
    least = np.concatenate([np.zeros(p), *(q.lower for q in programs), np.append([floor], np.zeros(n))[:tail]])
    program = replace(
        programs[0],
        matrix=sparse.csc_array(sparse.vstack(rows)),
        row_lower=np.concatenate(lower),
        row_upper=np.concatenate(upper),
        lower=least,
        upper=most,
        goals={},
        constants={},
    )
    assert program.matrix.shape == (len(program.row_lower), width)
    return program, cost


def _with_rows(program: Program, matrix: sparse.csr_array, upper: Floats) -> Program:
    return replace(
        program,
        matrix=sparse.csc_array(sparse.vstack([program.matrix, matrix])),
        row_lower=np.concatenate([program.row_lower, np.full(len(upper), -np.inf)]),
        row_upper=np.concatenate([program.row_upper, upper]),
    )


def _solved(program: Program, cost: Floats) -> tuple[Floats, Floats]:
    """Columns and row duals of an optimum.

    Raises:
        InputError: somebody gains without end.
    """
    backend = make_backend(Options().solver)
    backend.load(program)
    backend.set_cost(cost)
    answer = backend.solve(None)
    if answer.status == "unbounded":
        raise refuse_endless_gain(TOTAL)
    assert answer.status == "optimal" and answer.x is not None and answer.row_dual is not None
    return answer.x, answer.row_dual


def worst_mean(costs: Floats, share: float) -> float:
    """Mean of the worst part of equally likely costs; a part of one counts in part."""
    ordered = np.sort(costs)[::-1]
    weight = np.clip(share * len(costs) - np.arange(len(costs)), 0.0, 1.0)
    return float(weight @ ordered / weight.sum())


def figure(costs: Floats, worst: float, share: float) -> float:
    """What is minimised."""
    return (1 - worst) * float(costs.mean()) + worst * worst_mean(costs, share)
