"""Days of truckloads for the dispatch benchmark, drawn by chance, and the same days as OR-Tools and PyVRP take them.

Every contestant gets the same loads, trucks, whole minutes and windows. A load is one customer whose service is
loading, driving laden and tipping; the leg from one to another is the empty one, since no truck carries two loads.
"""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.dispatch.days import Problem, build_gates, build_problem
from optimizer.dispatch.loads import cut_loads, read_flows
from optimizer.dispatch.network import build_network
from optimizer.dispatch.state import DESTINATION, HOME, LADEN_MIN, LOAD_GATE, LOAD_MIN, ORIGIN, START, TIP_MIN
from optimizer.distances import measure
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.scenario import Floats, Ints
from optimizer.tables import Table

PAYLOAD = 16.0
SHIFT = (6 * 60, 18 * 60)
SIDE = 21.0  # km: a square of the start-up zone's 450 km²
DETOUR = 1.3
TOML = """name = "haulage"
start = 2025-03-03
days = 1
[objective]
order = ["unserved", "haul"]
[roads]
distances = "distances.csv"
[dispatch]
laden_km_h = 25
empty_km_h = 35
"""


def drawn(loads: int, *, windows: bool = False, seed: int = 1) -> Problem:
    """A day: a lane for every five loads or so, three depots, trucks enough; ``windows``: half the sites open 4 h."""
    rng = np.random.default_rng(seed)
    sites, fills, depots = max(4, loads // 10), max(3, loads // 15), 3
    names = [f"S{i}" for i in range(sites)] + [f"D{i}" for i in range(fills)] + [f"Y{i}" for i in range(depots)]
    at = rng.uniform(0, SIDE, (len(names), 2))
    km = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) * DETOUR
    lanes = {(i, sites + int(j)) for i in range(sites) for j in rng.choice(fills, 2, replace=False)}
    shares = rng.multinomial(loads, rng.dirichlet(np.full(len(lanes), 2.0)))
    counts = {lane: int(n) for lane, n in zip(sorted(lanes), shares, strict=True) if n}
    cycle = sum(n * (12 + km[lane] / 25 * 60 + km[lane] / 35 * 60) for lane, n in counts.items())
    trucks = int(np.ceil(cycle / (SHIFT[1] - SHIFT[0]) / depots * 1.35)) + 1
    gates = []
    for i in rng.permutation(sites)[: sites // 2] if windows else ():
        opens = int(rng.integers(SHIFT[0], SHIFT[1] - 240) // 30 * 30)
        gates.append({"place": names[i], "what": "load", "opens": _clock(opens), "closes": _clock(opens + 240)})
    with tempfile.TemporaryDirectory(prefix="cutfill-bench-") as parent:
        folder = Path(parent)
        _written(folder, names, km, trucks, gates)
        scenario = load_scenario(folder)
        distances = measure(scenario, Progress())
    plan = Table(("date", "from", "to", "material", "grade", "t"))
    plan.rows = [
        ("2025-03-03", names[a], names[b], "spoil_silty_clay", "2", n * PAYLOAD) for (a, b), n in counts.items()
    ]
    network, flows = build_network(scenario, distances), read_flows(scenario, plan)
    cut = cut_loads(scenario, network, flows)
    return build_problem(scenario, network, build_gates(scenario), flows, 0, cut)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _written(folder: Path, names: list[str], km: Floats, trucks: int, gates: list[dict[str, Any]]) -> None:
    soil: dict[str, Any] = {"unit": "t", "quantity": 1e6}
    tables = {
        "supplies": [{"supply": n, "material": "spoil_silty_clay", **soil} for n in names if n[0] == "S"],
        "demands": [{"demand": n, "accepts": "spoil_silty_clay", **soil} for n in names if n[0] == "D"],
        "facilities": [{"facility": n, "kind": "yard", "accepts": "spoil_silty_clay", "status": "closed"}
                       for n in names if n[0] == "Y"],
        "distances": [{"from": a, "to": b, "km": round(float(km[i, j]), 3)}
                      for i, a in enumerate(names) for j, b in enumerate(names) if i != j],
        "trucks": [{"truck": f"T{n[1:]}", "count": trucks, "depot": n, "payload": PAYLOAD, "rest_after": 12,
                    "shift_from": _clock(SHIFT[0]), "shift_to": _clock(SHIFT[1])} for n in names if n[0] == "Y"],
        **({"gates": gates} if gates else {}),
    }  # fmt: skip
    (folder / "scenario.toml").write_text(TOML, encoding="utf-8")
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


@dataclass(frozen=True)
class Customers:
    """The day for solvers of vehicle routing: nodes are first the depots, then the loads.

    Attributes:
        metres, minutes: (N, N) empty legs; service: (N,) minutes; window: (N, 2) in which loading may begin.
        fleet: trucks at each depot.
    """

    metres: Any
    minutes: Any
    service: Ints
    window: Ints
    fleet: list[int]


def as_customers(problem: Problem) -> Customers:
    """The same day, loads by their own rows."""
    day = problem.arrays
    homes, fleet = np.unique(day.trucks[:, HOME], return_counts=True)
    assert (day.trucks[:, START] == day.trucks[:, HOME]).all()
    lanes = day.lanes[day.lane]
    tail = np.concatenate([homes, lanes[:, DESTINATION]])
    head = np.concatenate([homes, lanes[:, ORIGIN]])
    service = np.concatenate([np.zeros(len(homes)), lanes[:, [LOAD_MIN, LADEN_MIN, TIP_MIN]].sum(axis=1)])
    opens = [(np.flatnonzero(b == np.arange(len(b)))[[0, -1]]) for b in day.begin[lanes[:, LOAD_GATE], : SHIFT[1] + 1]]
    window = np.vstack([np.tile(SHIFT, (len(homes), 1)), np.maximum(np.array(opens), SHIFT[0])])
    metres = np.rint(np.nan_to_num(day.km[np.ix_(tail, head)] * 1000, posinf=0))  # from depot to depot nobody drives
    return Customers(metres.astype(np.int64), day.minutes[np.ix_(tail, head)],
                     service.astype(np.int64), window, fleet.tolist())  # fmt: skip


def by_ortools(customers: Customers, seconds: float) -> float | None:
    """Empty km of OR-Tools routing with guided local search; None when it finds no schedule of all loads."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    homes = [d for d, count in enumerate(customers.fleet) for _ in range(count)]
    manager = pywrapcp.RoutingIndexManager(len(customers.service), len(homes), homes, homes)
    routing = pywrapcp.RoutingModel(manager)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(customers.metres.tolist()))
    minutes = routing.RegisterTransitMatrix((customers.minutes + customers.service[:, None]).tolist())
    routing.AddDimension(minutes, SHIFT[1], SHIFT[1], False, "time")
    time = routing.GetDimensionOrDie("time")
    for load in range(len(customers.fleet), len(customers.service)):
        time.CumulVar(manager.NodeToIndex(load)).SetRange(*customers.window[load].tolist())
    for vehicle in range(len(homes)):
        time.CumulVar(routing.Start(vehicle)).SetRange(*SHIFT)
        time.CumulVar(routing.End(vehicle)).SetRange(*SHIFT)
    options = pywrapcp.DefaultRoutingSearchParameters()
    options.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    options.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    options.time_limit.FromMilliseconds(int(seconds * 1000))
    found = routing.SolveWithParameters(options)
    return None if found is None else found.ObjectiveValue() / 1000


def by_pyvrp(customers: Customers, seconds: float, seed: int) -> float | None:
    """Empty km of PyVRP's hybrid search; None when it finds no schedule of all loads."""
    import pyvrp

    depots, nodes = len(customers.fleet), range(len(customers.service))
    service, window = customers.service.tolist(), customers.window.tolist()
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in nodes],
        clients=[pyvrp.Client(i, service_duration=service[i], tw_early=window[i][0], tw_late=window[i][1])
                 for i in nodes[depots:]],
        depots=[pyvrp.Depot(i) for i in nodes[:depots]],
        vehicle_types=[pyvrp.VehicleType(count, start_depot=d, end_depot=d, tw_early=SHIFT[0], tw_late=SHIFT[1])
                       for d, count in enumerate(customers.fleet)],
        distance_matrices=[_hollow(customers.metres)],
        duration_matrices=[_hollow(customers.minutes)],
    )  # fmt: skip
    found = pyvrp.solve(data, pyvrp.stop.MaxRuntime(seconds), seed=seed, display=False)
    return float(found.cost()) / 1000 if found.is_feasible() else None


def _hollow(legs: Any) -> Any:
    """A matrix without the legs from a load to itself, which PyVRP wants to be zero and never drives."""
    return legs * (1 - np.eye(len(legs), dtype=np.int64))
