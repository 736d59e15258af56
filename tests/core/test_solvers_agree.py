"""Every answer from somewhere else as well: other solvers goal by goal, min-cost flow, and trying everything."""

from __future__ import annotations

import itertools
import random

import networkx as nx
import numpy as np
import pytest
from pytest import approx
from scipy import sparse
from scipy.optimize import linprog
from weeks import Week, random_week, solved, solved_folder

from optimizer.program import Program
from optimizer.sample import sample
from optimizer.solve import goal_order

CLOSE = {"rel": 1e-6, "abs": 1e-5}
HELD = 1e-8  # cold solvers with presolve need a little more room than the session's warm start


def _by_linprog(program: Program, costs: list[np.ndarray], constants: list[float]) -> list[float]:
    """Optimum of each goal in order, the earlier ones held, by SciPy's interior point with crossover."""
    matrix = sparse.csr_array(program.matrix)
    equal = program.row_lower == program.row_upper
    above, below = np.isfinite(program.row_upper) & ~equal, np.isfinite(program.row_lower) & ~equal
    inequalities = [matrix[above], -matrix[below]]
    limits = [program.row_upper[above], -program.row_lower[below]]
    values = []
    for cost, constant in zip(costs, constants, strict=True):
        got = linprog(
            cost,
            A_ub=sparse.vstack(inequalities),
            b_ub=np.concatenate(limits),
            A_eq=matrix[equal],
            b_eq=program.row_lower[equal],
            bounds=np.column_stack([program.lower, program.upper]),
            method="highs-ipm",
        )
        assert got.status == 0, got.message
        values.append(got.fun + constant)
        inequalities.append(sparse.csr_array(cost[None, :]))
        limits.append(np.array([got.fun + HELD * max(1.0, abs(values[-1]))]))
    return values


def _all_agree(week: Week, folder) -> None:
    highs, glop = solved(week, folder), solved(week, folder, solver="glop")
    assert glop.goals == approx(highs.goals, **CLOSE)
    order = goal_order(highs.scenario.objective)
    session = highs.session
    other = _by_linprog(highs.program, [session.cost(g) for g in order], [session.constant(g) for g in order])
    assert other == approx([highs.goals[g] for g in order], **CLOSE)


@pytest.mark.parametrize("seed", range(40))
def test_three_solvers_agree_goal_by_goal_on_random_weeks(seed, tmp_path):
    _all_agree(random_week(random.Random(seed)), tmp_path)


@pytest.mark.parametrize("seed", range(4))
def test_three_solvers_agree_on_generated_districts(seed, tmp_path):
    """Districts of `cutfill sample`: yards, plants, blends and windows together."""
    sample(
        tmp_path / "district", sites=14, demands=8, yards=2, plants=1, materials=5, days=4, seed=seed, distances=True
    )
    highs, glop = (solved_folder(tmp_path / "district", name) for name in ("highs", "glop"))
    assert glop.goals == approx(highs.goals, **CLOSE)
    order = goal_order(highs.scenario.objective)
    other = _by_linprog(highs.program, [highs.session.cost(g) for g in order], [0.0] * len(order))
    assert other == approx([highs.goals[g] for g in order], **CLOSE)


def _transport(chance: random.Random, sites: int, needs: int) -> Week:
    """Whole tonnes from sites to needs in one day, some roads missing."""
    week = Week(days=1, objective='order = ["unserved", "haul"]')
    for i in range(sites):
        week.add("supplies", supply=f"S{i}", material="sand", quantity=chance.randint(1, 9), unit="t")
    for j in range(needs):
        week.add("demands", demand=f"D{j}", accepts="sand", quantity=chance.randint(1, 9), unit="t")
    for i, j in itertools.product(range(sites), range(needs)):
        if chance.random() < 0.8:
            week.road(f"S{i}", f"D{j}", chance.randint(1, 30))
    return week


@pytest.mark.parametrize("seed", range(25))
def test_pure_transport_is_a_min_cost_flow(seed, tmp_path):
    """Moving as much as possible, then hauling least, is networkx's maximum flow of minimum cost (whole numbers)."""
    chance = random.Random(seed)
    week = _transport(chance, chance.randint(1, 7), chance.randint(1, 6))
    graph = nx.DiGraph()
    graph.add_nodes_from(["from", "to"])
    for row in week.tables["supplies"]:
        graph.add_edge("from", row["supply"], capacity=row["quantity"], weight=0)
    for row in week.tables["demands"]:
        graph.add_edge(row["demand"], "to", capacity=row["quantity"], weight=0)
    for row in week.tables.get("distances", ()):
        graph.add_edge(row["from"], row["to"], weight=row["km"])
    flow = nx.max_flow_min_cost(graph, "from", "to")
    moved = sum(flow["from"].values())
    offered = sum(row["quantity"] for row in week.tables["supplies"])
    goals = solved(week, tmp_path).goals
    assert goals["unserved"] == approx(offered - moved, abs=1e-6)
    assert goals["haul"] == approx(nx.cost_of_flow(graph, flow), **CLOSE)


@pytest.mark.parametrize("seed", range(12))
def test_a_yard_over_days_is_a_min_cost_flow_in_time(seed, tmp_path):
    """Days as layers of a network: soil waits on site (free) or overnight in a yard with room for 6 t, 5 t a day in.

    Transfer counts a tonne into the yard once, 1000 km in the network, which is more than any drive saves.
    """
    chance = random.Random(seed)
    days = 3
    week = Week(days=days, objective='order = ["unserved", "transfer", "haul"]')
    week.add("facilities", facility="Y", kind="yard", accepts="sand", storage=6, daily_in=5, end_stock_max=0)
    graph = nx.DiGraph()
    for d in range(days):
        graph.add_edge(f"gate{d}", f"Y{d}", capacity=5, weight=1000)
        if d + 1 < days:
            graph.add_edge(f"Y{d}", f"Y{d + 1}", capacity=6, weight=0)
    offered = 0
    for i in range(3):
        first = chance.randrange(days)
        last = chance.randrange(first, days)
        per_day = chance.randint(1, 6)
        offered += per_day * (last - first + 1)
        km = chance.randint(1, 20)
        week.add(
            "supplies", supply=f"S{i}", material="sand", quantity=per_day * (last - first + 1), unit="t",
            from_=f"2025-03-0{3 + first}", to=f"2025-03-0{3 + last}",
        )  # fmt: skip
        week.road(f"S{i}", "Y", km)
        for d in range(first, last + 1):
            graph.add_edge("from", f"S{i}.{d}", capacity=per_day, weight=0)
            graph.add_edge(f"S{i}.{d}", f"gate{d}", weight=km)
            if d < last:
                graph.add_edge(f"S{i}.{d}", f"S{i}.{d + 1}", weight=0)
    for j in range(2):
        first, quantity = chance.randrange(days), chance.randint(3, 15)
        week.add("demands", demand=f"D{j}", accepts="sand", quantity=quantity, unit="t", from_=f"2025-03-0{3 + first}")
        week.road("Y", f"D{j}", 4 + j)
        graph.add_edge(f"D{j}", "to", capacity=quantity, weight=0)
        for d in range(first, days):
            graph.add_edge(f"Y{d}", f"D{j}", weight=4 + j)
        for i in range(3):
            km = chance.randint(1, 20)
            week.road(f"S{i}", f"D{j}", km)
            for d in range(first, days):
                if graph.has_node(f"S{i}.{d}"):
                    graph.add_edge(f"S{i}.{d}", f"D{j}", weight=km)
    flow = nx.max_flow_min_cost(graph, "from", "to")
    transfer = sum(t for d in range(days) for t in flow[f"gate{d}"].values())
    goals = solved(week, tmp_path).goals
    assert goals["unserved"] == approx(offered - sum(flow["from"].values()), abs=1e-6)
    assert goals["transfer"] == approx(transfer, abs=1e-6)
    assert goals["haul"] == approx(nx.cost_of_flow(graph, flow) - 1000 * transfer, **CLOSE)


@pytest.mark.parametrize("seed", range(10))
def test_no_whole_number_plan_is_better(seed, tmp_path):
    """Every way to split 2–3 sites of a few tonnes over two needs is tried; transport optima are whole numbers."""
    chance = random.Random(100 + seed)
    week = _transport(chance, chance.randint(2, 3), 2)
    for row in week.tables["supplies"]:
        row["quantity"] = chance.randint(1, 4)
    km = {(row["from"], row["to"]): row["km"] for row in week.tables.get("distances", ())}
    rooms = {row["demand"]: row["quantity"] for row in week.tables["demands"]}
    best = (np.inf, np.inf)
    ways = []
    for row in week.tables["supplies"]:
        reach = [d for d in rooms if (row["supply"], d) in km]
        splits = [
            s for s in itertools.product(range(row["quantity"] + 1), repeat=len(reach)) if sum(s) <= row["quantity"]
        ]
        ways.append([(row["supply"], row["quantity"], dict(zip(reach, split, strict=True))) for split in splits])
    for choice in itertools.product(*ways):
        if all(sum(split.get(d, 0) for _, _, split in choice) <= room for d, room in rooms.items()):
            left = sum(quantity - sum(split.values()) for _, quantity, split in choice)
            haul = sum(t * km[supply, d] for supply, _, split in choice for d, t in split.items())
            best = min(best, (left, haul))
    goals = solved(week, tmp_path).goals
    assert (goals["unserved"], goals["haul"]) == approx(best, **CLOSE)
