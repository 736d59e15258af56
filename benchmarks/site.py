"""Siting next to plain HiGHS on the textbook strong formulation (x_ij ≤ d_i y_j for every pair), to the same gap."""

from __future__ import annotations

import csv
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np
from scipy import sparse

from benchmarks.district import FULL, SMOKE, District, crowded, generated
from benchmarks.measure import DisagreementError
from benchmarks.rows import Row, against, told, within
from optimizer.distances import measure
from optimizer.planner import Options
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.scenario import Floats
from optimizer.siting.choices import Choices
from optimizer.siting.decide import decide
from optimizer.siting.heat import heat

SIZES = ((200, 50), (500, 100))
SMOKE_SIZES = ((20, 8),)
GAP = 1e-3
LEAST = 3.0
LIMIT = 900.0  # seconds of either side
PLACES, MAP_SECONDS = 10_000, 10.0  # of the heat map
CHARGES = {"offsite": 300.0}  # so that a yard is worth something in the crowded week


@dataclass(frozen=True)
class Instance:
    """Capacitated facility location: (n,) need, (m,) capacity and opening cost, (n, m) cost per t."""

    need: Floats
    capacity: Floats
    opening: Floats
    cost: Floats


def run(smoke: bool) -> list[Row]:
    """One row for each size; the time is that of deciding, distances and the plan of the best set included."""
    rows: list[Row] = []
    for demands, candidates in SMOKE_SIZES if smoke else SIZES:
        instance = drawn(demands, candidates)
        with tempfile.TemporaryDirectory(prefix="cutfill-bench-") as parent:
            scenario = load_scenario(written(instance, Path(parent, "week")))
        start = time.perf_counter()
        choices, options = Choices.of(scenario), Options(time_limit=LIMIT)
        decision = decide(scenario, choices, options, Progress(), gap=GAP, solutions=1, break_even=False)
        ours = time.perf_counter() - start
        start = time.perf_counter()
        value, bound, nodes = textbook(instance)
        theirs = time.perf_counter() - start
        found = decision.found[0]
        if found.bounds["cost"] > value * (1 + 1e-6) or bound > found.values["cost"] * (1 + 1e-6):
            raise DisagreementError(f"siting: ours {found.values['cost']}, textbook {value}: a bound is above a value")
        name = f"siting {demands} × {candidates} to {GAP:.1%}"
        rows.append(against(name, ours, "HiGHS, strong formulation", theirs, LEAST, smoke=smoke))
        rows.append(told(f"{name}: nodes", found.nodes, unit="", peers={"HiGHS": nodes}))
    return [*rows, heat_map(smoke)]


def heat_map(smoke: bool) -> Row:
    """Pricing a yard everywhere in the crowded week: places, program, plan, prices and eight re-solves."""
    with generated(**(SMOKE if smoke else FULL), distances=False) as folder:
        easy = load_scenario(folder)
    week = crowded(District(easy, measure(easy, Progress())))
    places = 100 if smoke else PLACES
    start = time.perf_counter()
    found = heat(week.scenario, week.distances, Options(), Progress(), places=places, samples=8, charges=CHARGES)
    took = time.perf_counter() - start
    if any(one.gain > one.worth + 1e-3 for one in found.samples):
        raise DisagreementError("heat map: a yard that was tried gains more than its duals allow")
    return within(f"heat map of {len(found.worth):,} places", took, MAP_SECONDS, "s", smoke=smoke)


def drawn(demands: int, candidates: int, ratio: float = 3.0, seed: int = 1) -> Instance:
    """A seeded instance in the manner of Cornuéjols, Sridharan and Thizy: needs 5–35, capacities ``ratio`` × needs."""
    chance = np.random.default_rng(seed)
    need, capacity = chance.uniform(5, 35, demands), chance.uniform(10, 160, candidates)
    capacity *= ratio * need.sum() / capacity.sum()
    opening = chance.uniform(0, 90, candidates) + chance.uniform(100, 110, candidates) * np.sqrt(capacity)
    at, sites = chance.uniform(0, 1, (demands, 2)), chance.uniform(0, 1, (candidates, 2))
    cost = 10 * np.hypot(at[:, None, 0] - sites[None, :, 0], at[:, None, 1] - sites[None, :, 1])
    return Instance(need.round(6), capacity.round(6), opening.round(4), cost.round(6))


def written(instance: Instance, folder: Path) -> Path:
    """The instance as a scenario folder: candidates are quarries."""
    folder.mkdir()
    n, m = instance.cost.shape
    rows: dict[str, list[tuple[object, ...]]] = {
        "demands": [("demand", "accepts", "quantity", "unit", "required")],
        "facilities": [("facility", "kind", "accepts", "daily_out", "status", "opening_cost")],
        "distances": [("from", "to", "km", "cost_per_t")],
    }
    rows["demands"] += [(f"D{i}", "quarry_gravel", instance.need[i], "t", instance.need[i]) for i in range(n)]
    rows["facilities"] += [
        (f"Q{j}", "quarry", "quarry_gravel", instance.capacity[j], "candidate", instance.opening[j]) for j in range(m)
    ]
    rows["distances"] += [(f"Q{j}", f"D{i}", 1, instance.cost[i, j]) for j in range(m) for i in range(n)]
    for name, lines in rows.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(lines)
    objective, roads = 'order = ["unserved", "cost"]', 'distances = "distances.csv"'
    text = f"start = 2025-03-03\ndays = 1\n[objective]\n{objective}\n[roads]\n{roads}\n"
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    return folder


def textbook(instance: Instance) -> tuple[float, float, int]:
    """(value, bound, nodes) of HiGHS as it comes, on one thread."""
    n, m = instance.cost.shape
    x = np.arange(n * m)
    i, j = np.divmod(x, m)
    ones = np.ones(n * m)
    serve = sparse.csr_array((ones, (i, x)), shape=(n, n * m + m))
    room_entries = np.r_[instance.need[i], -instance.capacity], (np.r_[j, np.arange(m)], np.arange(n * m + m))
    room = sparse.csr_array(room_entries, shape=(m, n * m + m))
    strong = sparse.csr_array((np.r_[ones, -ones], (np.r_[x, x], np.r_[x, n * m + j])), shape=(n * m, n * m + m))
    matrix = sparse.csc_array(sparse.vstack([serve, room, strong]))
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrix.shape
    lp.col_cost_ = np.r_[(instance.cost * instance.need[:, None]).ravel(), instance.opening]
    lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.ones(lp.num_col_)
    lp.row_lower_ = np.r_[np.ones(n), np.full(m + n * m, -np.inf)]
    lp.row_upper_ = np.r_[np.ones(n), np.zeros(m + n * m)]
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kContinuous] * (n * m) + [kinds.kInteger] * m
    solver = highspy._core._Highs()  # without its callbacks, which print a banner
    for key, value in {"output_flag": False, "threads": 1, "mip_rel_gap": GAP, "time_limit": LIMIT}.items():
        solver.setOptionValue(key, value)
    highspy.Highs.resetGlobalScheduler(True)  # another benchmark may have begun it with more threads: then run() fails
    solver.passModel(lp)
    if solver.run() == highspy.HighsStatus.kError:
        raise DisagreementError("siting: HiGHS ended with an error")
    info = solver.getInfo()
    return float(info.objective_function_value), float(info.mip_dual_bound), int(info.mip_node_count)
