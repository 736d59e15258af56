"""The bound by whole routes: below the optimum of small days with gate hours, which brute force finds, and by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from fleets import KM, dispatched, drawn, flows, write

from optimizer.dispatch.bound import lower_bound
from optimizer.dispatch.days import build_gates, build_problem
from optimizer.dispatch.loads import cut_loads, read_flows
from optimizer.dispatch.network import build_network
from optimizer.dispatch.routes_bound import by_routes
from optimizer.distances import measure
from optimizer.progress import Progress
from optimizer.read import load_scenario

WAYS = {(a, b): km for (x, y), km in KM.items() for a, b in ((x, y), (y, x))} | {("Y1", "Y1"): 0}


def minutes(a, b, speed):
    return int(np.ceil(WAYS[a, b] / speed * 60 - 1e-9))


def route(loads, hours, shift):
    """Empty km of one truck that does loads in this order, each as early as it can; infinite when it is late."""
    at, now, km = "Y1", shift[0], 0.0
    for origin, destination in loads:
        km += WAYS[at, origin]
        now = max(now + minutes(at, origin, 35), hours.get(origin, (0, 0))[0])
        if origin in hours and now + 5 > hours[origin][1]:
            return np.inf
        now += 5 + minutes(origin, destination, 25) + 3 + 4
        at = destination
    late = now + minutes(at, "Y1", 35) > shift[1]
    return np.inf if late else km + WAYS[at, "Y1"]


def clock(minute):
    return f"{minute // 60:02d}:{minute % 60:02d}"


def optimum(loads, trucks, hours, shift):
    """Least empty km of every way to deal loads to equal trucks in every order."""
    costs = {}
    best = np.inf
    for order in set(itertools.permutations(loads)):
        for cuts in itertools.combinations_with_replacement(range(len(order) + 1), trucks - 1):
            parts = [order[a:b] for a, b in itertools.pairwise((0, *cuts, len(order))) if b > a]
            for part in parts:
                if part not in costs:
                    costs[part] = route(part, hours, shift)
            best = min(best, sum(costs[part] for part in parts))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_the_bound_is_never_above_the_optimum(tmp_path, seed):
    """Up to six loads, two or three trucks, gates open for an hour or two: hours shape the day."""
    rng = np.random.default_rng(seed)
    loads, plan = drawn(rng, int(rng.integers(3, 7)))
    hours = {}
    for place in ("S1", "S2")[: int(rng.integers(1, 3))]:
        opens = 360 + int(rng.integers(0, 120))
        hours[place] = (opens, opens + int(rng.integers(40, 150)))
    gates = [{"place": place, "what": "load", "opens": clock(a), "closes": clock(b), "minutes": 5}
             for place, (a, b) in hours.items()]  # fmt: skip
    trucks = int(rng.integers(2, 4))
    fleet = {"truck": "T", "count": trucks, "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "12:00"}
    folder = write(tmp_path / "a", trucks=[fleet], gates=gates)
    dispatch = dispatched(folder, plan, rounds=100)
    least = optimum(loads, trucks, hours, (360, 720))
    goal = dispatch.summary["goals"][0]
    if dispatch.summary["violations"]["unserved_loads"] == 0:
        assert goal["bound"] <= least + 1e-6
        assert goal["value"] >= least - 1e-6
    else:
        assert least == np.inf


def test_hours_that_part_two_places_cost_a_way_home(tmp_path):
    """S1 loads until 06:40, S2 from 11:00: nobody takes from one to the other what the km alone would chain.

    Both loads go to the other's side (S1 → D2, S2 → D1), 4 km out and 6 home: with one truck 4 + 5 + 6 = 15. A shift
    of four hours is over before S2 opens for the early one, so two trucks go, 2 · (4 + 6) = 20 km.
    """
    gates = [{"place": "S1", "what": "load", "opens": "06:00", "closes": "06:40", "minutes": 5},
             {"place": "S2", "what": "load", "opens": "11:00", "closes": "12:00", "minutes": 5}]  # fmt: skip
    trucks = [{"truck": name, "depot": "Y1", "payload": 16, "shift_from": a, "shift_to": b}
              for name, a, b in (("A", "06:00", "10:00"), ("B", "09:00", "13:00"))]  # fmt: skip
    folder = write(tmp_path / "a", gates=gates, trucks=trucks)
    plan = flows((0, "S1", "D2", 16.0), (0, "S2", "D1", 16.0))
    goal = dispatched(folder, plan).summary["goals"][0]
    assert goal["value"] == 20
    assert goal["bound"] == pytest.approx(20, rel=1e-4)
    scenario = load_scenario(folder)
    network, lanes = build_network(scenario, measure(scenario, Progress())), read_flows(scenario, plan)
    loads = cut_loads(scenario, network, lanes)
    day = build_problem(scenario, network, build_gates(scenario), lanes, 0, loads).arrays
    assert by_routes(day)
    assert lower_bound(day, np.arange(2)).empty_km == pytest.approx(15, rel=1e-4)
