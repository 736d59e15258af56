"""The bound: below the optimum of small days with hours, bans, bays and rests, which brute force finds; by hand."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
import pytest
from fleets import KM, LANES, dispatched, drawn, flows, write
from test_electric import E, least_km

from optimizer.dispatch.bound import PRINTED, Standing, lower_bound
from optimizer.dispatch.days import build_gates, build_problem
from optimizer.dispatch.loads import cut_loads, read_flows
from optimizer.dispatch.network import build_network
from optimizer.dispatch.routes_bound import by_routes, route_bound
from optimizer.dispatch.state import (
    DESTINATION,
    END,
    HOME,
    LOAD_GATE,
    NOWHERE,
    ORIGIN,
    READY,
    REST,
    REST_AFTER,
    SINCE,
    empty_routes,
)
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


@dataclass(frozen=True)
class Rules:
    """What holds on a day drawn by chance: hours of loading and bans by place, minutes between two in a bay."""

    shift: tuple[int, int]
    hours: dict[str, tuple[int, int]]
    bans: dict[str, tuple[int, int]]
    rest_after: int = 1000
    rest: int = 20
    headway: dict[str, int] = field(default_factory=dict)

    def leave(self, a, b, at, lasts):
        """First minute from which a leg touches no ban at its ends."""
        for _ in range(2):
            for place in (a, b):
                begins, ends = self.bans.get(place, (0, 0))
                if lasts and at < ends and at + lasts > begins:
                    at = ends
        return at

    def load(self, place, at):
        """First minute from which loading may begin by the hours."""
        opens, closes = self.hours.get(place, (0, 2000))
        return max(at, opens) if max(at, opens) + 5 <= closes else np.inf

    def legs(self, part):
        """The legs of a route: from, to, minutes, what is done at its end."""
        at = "Y1"
        for origin, destination in part:
            yield at, origin, minutes(at, origin, 35), "load"
            yield origin, destination, minutes(origin, destination, 25), "tip"
            at = destination
        yield at, "Y1", minutes(at, "Y1", 35), "home"

    def possible(self, part):
        """Whether one truck can do a route in its shift, resting before whichever legs it likes."""
        legs = list(self.legs(part))
        states = {(self.shift[0], 0)}
        for a, b, lasts, what in legs:
            found = set()
            for now, driven in states:
                for pause in (0, self.rest):
                    go = self.leave(a, b, now + pause, lasts)
                    so_far = (0 if go - now >= self.rest else driven) + lasts
                    if so_far > self.rest_after:
                        continue
                    come = go + lasts
                    begin = self.load(b, come) if what == "load" else come
                    so_far = 0 if begin - come >= self.rest else so_far
                    found.add((begin + {"load": 5, "tip": 7, "home": 0}[what], so_far))
            states = {(now, driven) for now, driven in found if now <= self.shift[1]}
        return bool(states)

    def in_time(self, parts, turns):
        """Whether routes without rests can be done together, loads at gates with one bay in this order."""
        trucks = [[self.shift[0], list(self.legs(part))] for part in parts]
        free, turns = dict.fromkeys(self.headway, 0), list(turns)
        while any(legs for _, legs in trucks):
            moved = False
            for number, (now, legs) in enumerate(trucks):
                if not legs:
                    continue
                a, b, lasts, what = legs[0]
                scarce = what == "load" and b in self.headway
                if scarce and turns[0] != (number, b):
                    continue
                come = self.leave(a, b, now, lasts) + lasts
                begin = self.load(b, max(come, free[b]) if scarce else come) if what == "load" else come
                if begin == np.inf:
                    return False
                if scarce:
                    free[b] = begin + self.headway[b]
                    turns.pop(0)
                trucks[number] = [begin + {"load": 5, "tip": 7, "home": 0}[what], legs[1:]]
                moved = True
            if not moved:
                return False
        return all(now <= self.shift[1] for now, _ in trucks)

    def least(self, loads, trucks):
        """Least empty km over every way to deal loads to trucks, in every order, with every order at the bays."""
        best = np.inf
        for parts in dealt(loads, trucks):
            km = sum(route_km(part) for part in parts)
            if km >= best or not all(self.possible(part) for part in parts):
                continue
            calls = [
                (number, origin) for number, part in enumerate(parts) for origin, _ in part if origin in self.headway
            ]
            if not self.headway or any(self.in_time(parts, turns) for turns in set(itertools.permutations(calls))):
                best = km
        return best


def dealt(loads, trucks):
    """Every way to deal loads to equal trucks in every order, those of the same routes once."""
    found = set()
    for order in set(itertools.permutations(loads)):
        for cuts in itertools.combinations_with_replacement(range(len(order) + 1), trucks - 1):
            parts = [order[a:b] for a, b in itertools.pairwise((0, *cuts, len(order))) if b > a]
            found.add(tuple(sorted(parts)))
    return found


def route_km(part):
    places = ["Y1", *(place for load in part for place in load), "Y1"]
    return sum(WAYS[a, b] for a, b in zip(places[::2], places[1::2], strict=True))


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A day with a load on every lane, and gates where S1 and S2 load."""
    gates = [
        {"place": place, "what": "load", "opens": "00:00", "closes": "24:00", "minutes": 5} for place in ("S1", "S2")
    ]
    folder = write(tmp_path_factory.mktemp("base"), gates=gates)
    scenario = load_scenario(folder)
    network = build_network(scenario, measure(scenario, Progress()))
    lanes = read_flows(scenario, flows(*((0, a, b, 16.0) for a, b in LANES)))
    loads = cut_loads(scenario, network, lanes)
    problem = build_problem(scenario, network, build_gates(scenario), lanes, 0, loads)
    nodes = [scenario.place_ids[n] if n < len(scenario.place_ids) else "Y1" for n in problem.nodes]
    return problem.arrays, nodes


def day_of(base, rules, loads, trucks):
    """The day of the rules as the arrays that the bound works on."""
    day, nodes = base
    lanes = [(nodes[row[ORIGIN]], nodes[row[DESTINATION]]) for row in day.lanes]
    rows = np.repeat(day.trucks[:1], trucks, axis=0)
    rows[:, READY] = rows[:, SINCE] = rules.shift[0]
    rows[:, END], rows[:, REST_AFTER], rows[:, REST] = rules.shift[1], rules.rest_after, rules.rest
    begin, gates, minute = day.begin.copy(), day.gates.copy(), np.arange(day.begin.shape[1])
    for row in day.lanes:
        place, gate = nodes[row[ORIGIN]], row[LOAD_GATE]
        opens, closes = rules.hours.get(place, (0, 2000))
        begin[gate] = np.where(minute + 5 > closes, NOWHERE, np.maximum(minute, opens))
        gates[gate] = (1, rules.headway[place]) if place in rules.headway else (0, 0)
    bans = [rules.bans.get(name) for name in nodes]
    return day._replace(
        lane=np.array([lanes.index(load) for load in loads]), trucks=rows, begin=begin, gates=gates,
        weight=np.ones(len(loads)), told=np.full((len(loads), 2), -1), limited=bool(rules.headway),
        bans=np.array([ban for ban in bans if ban], dtype=np.int64).reshape(-1, 2),
        ban_at=np.cumsum([0, *(ban is not None for ban in bans)]),
    )  # fmt: skip


def proven(day):
    """(flow's bound, bound by whole routes) of all loads of a day."""
    loads = np.arange(len(day.lane))
    bound = lower_bound(day, loads)
    if bound.flow is None:
        return np.inf, np.inf
    none = empty_routes(day, np.zeros(day.begin.shape, dtype=np.int64))
    return bound.empty_km, route_bound(day, loads, none, bound.flow) * (1 - PRINTED)


def drawn_rules(rng, bays):
    """A shift of one and a half to five hours, hours, bans, and bays or rests by chance."""
    begins = int(rng.integers(300, 480))
    shift = begins, begins + int(rng.integers(90, 300))

    def spells(places, share, least):
        found = {}
        for place in places:
            if rng.random() < share:
                opens = begins + int(rng.integers(-30, 120))
                found[place] = opens, opens + int(rng.integers(least, 150))
        return found

    hours, bans = spells(("S1", "S2"), 0.5, 40), spells(("S1", "S2", "D1", "D2", "Y1"), 0.3, 15)
    if bays:
        return Rules(shift, hours, bans, headway={place: int(rng.integers(10, 70)) for place in ("S1", "S2")[:bays]})
    return Rules(shift, hours, bans, rest_after=int(rng.integers(30, 120)), rest=int(rng.integers(10, 40)))


@pytest.mark.parametrize("bays", [0, 1, 2])
def test_bans_bays_and_rests_never_put_the_bound_above_the_optimum(base, bays):
    """Eighty days each of three or four loads for one to three trucks; on some the routes prove more than the flow."""
    tighter = possible = 0
    for seed in range(80):
        rng = np.random.default_rng((bays, seed))
        rules = drawn_rules(rng, bays)
        loads = [LANES[int(i)] for i in rng.integers(0, 4, int(rng.integers(3, 5)))]
        trucks = int(rng.integers(1, 4))
        by_flow, by_routes = proven(day_of(base, rules, loads, trucks))
        least = rules.least(loads, trucks)
        assert max(by_flow, by_routes) <= least + 1e-6, seed
        possible += least < np.inf
        tighter += by_routes > by_flow + 0.01 and least < np.inf
    assert possible > 20
    assert tighter > 5


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
    day = only_day(folder, plan)
    assert by_routes(day)
    assert lower_bound(day, np.arange(2)).empty_km == pytest.approx(15, rel=1e-4)


def only_day(folder, plan):
    """The arrays of the first day of a folder."""
    scenario = load_scenario(folder)
    network, lanes = build_network(scenario, measure(scenario, Progress())), read_flows(scenario, plan)
    loads = cut_loads(scenario, network, lanes)
    return build_problem(scenario, network, build_gates(scenario), lanes, 0, loads).arrays


def test_bans_that_part_two_places_cost_a_way_home(tmp_path):
    """The same with bans: nobody drives at S1 from 06:40 on, nor at S2 before 11:00, where the flow proves 15 km."""
    spoil = {"material": "spoil_silty_clay", "unit": "t", "quantity": 64}
    supplies = [{"supply": "S1", "street": "west", **spoil}, {"supply": "S2", "street": "east", **spoil}]
    bans = [{"street": "west", "hour_from": "06:40", "hour_to": "24:00"},
            {"street": "east", "hour_from": "00:00", "hour_to": "11:00"}]  # fmt: skip
    trucks = [{"truck": name, "depot": "Y1", "payload": 16, "shift_from": a, "shift_to": b}
              for name, a, b in (("A", "06:00", "10:00"), ("B", "09:00", "13:00"))]  # fmt: skip
    folder = write(tmp_path / "a", supplies=supplies, bans=bans, trucks=trucks)
    plan = flows((0, "S1", "D2", 16.0), (0, "S2", "D1", 16.0))
    goal = dispatched(folder, plan).summary["goals"][0]
    assert goal["value"] == 20
    assert goal["bound"] == pytest.approx(20, rel=1e-4)
    assert lower_bound(only_day(folder, plan), np.arange(2)).empty_km == pytest.approx(15, rel=1e-4)


@pytest.mark.parametrize(("per_hour", "km"), [(2, 35), (12, 30)])
def test_a_bay_that_serves_one_truck_in_time_costs_a_way_home(tmp_path, per_hour, km):
    """Two trucks could take S1 → D2 and back S2 → D1: 06:07 at S1, 06:43 empty, 06:57 laden, 07:39 home, 15 km each.

    S2 loads from 06:45 on, which is too late to begin with it (S1 only at 07:25, home 08:12). When S1 lets in a truck
    every 30 minutes, the second one loads at 06:37 and has no time for another load before 08:00: 15 + 10 + 10 km.
    """
    gates = [{"place": "S1", "what": "load", "opens": "06:00", "closes": "12:00", "bays": 1, "minutes": 5,
              "per_hour": per_hour},
             {"place": "S2", "what": "load", "opens": "06:45", "closes": "12:00", "minutes": 5}]  # fmt: skip
    trucks = [{"truck": "T", "count": 4, "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "08:00"}]
    folder = write(tmp_path / "a", gates=gates, trucks=trucks)
    goal = dispatched(folder, flows((0, "S1", "D2", 32.0), (0, "S2", "D1", 32.0))).summary["goals"][0]
    assert goal["value"] == km
    assert goal["bound"] == pytest.approx(km, rel=1e-4)


def test_places_in_a_circle_are_come_into(tmp_path):
    """Four loads S1 → D1, four S2 → D2. One truck: 4 + 3 · 5 + 10 + 3 · 5 + 6 = 50 km, as two: 2 · (4 + 3 · 5 + 6).

    A flow that no truck ties together lets the trucks of S2 and D2 go round: 4 + 3 · 5 + 6 + 4 · 5 = 45.
    """
    folder, plan = write(tmp_path / "a"), flows((0, "S1", "D1", 64.0), (0, "S2", "D2", 64.0))
    goal = dispatched(folder, plan).summary["goals"][0]
    assert goal["value"] == 50
    assert goal["bound"] == pytest.approx(50, rel=1e-4)


def test_rests_count_for_the_fleet(tmp_path):
    """Ten loads S1 → D1 take 7 + 10 · 24 + 9 · 9 + 11 = 339 of 360 minutes, but 219 of them are driven.

    With half an hour after each hour of driving, three rests are needed: two trucks.
    """
    fleet = {"truck": "T", "count": 3, "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "12:00"}
    plan = flows((0, "S1", "D1", 160.0))
    supplies = [{"supply": s, "material": "spoil_silty_clay", "unit": "t", "quantity": 160} for s in ("S1", "S2")]
    for more, trucks in (({}, 1), ({"rest_after": 1, "rest": 30}, 2)):
        folder = write(tmp_path / str(trucks), supplies=supplies, trucks=[fleet | more])
        (day,) = dispatched(folder, plan).summary["days"]
        assert (day["unserved_loads"], day["trucks_bound"]) == (0, trucks)
        assert day["trucks"] >= trucks


def test_charging_costs_a_way_round(tmp_path):
    """Fifteen days of one electric truck and five loads, chargers at the depot: never above the optimum, often it."""
    met = tighter = 0
    for seed in range(15):
        rng = np.random.default_rng(seed)
        loads, plan = drawn(rng, 5)
        lasts = int(rng.integers(60, 110))
        truck = E | {"range_loaded": lasts / 2, "range_empty": lasts, "reserve": 0, "charge_minutes": 30}
        folder = write(tmp_path / "a", trucks=[truck | {"shift_from": "00:00", "shift_to": "24:00"}])
        day = only_day(folder, plan)
        bound, least = max(proven(day)), least_km(loads, lasts)
        assert bound <= least + 1e-6, seed
        met += bound > least - 0.01 and least < np.inf
        tighter += bound > lower_bound(day._replace(power=np.zeros_like(day.power)), np.arange(5)).empty_km + 1
    assert met > 9
    assert tighter > 3


def test_a_charge_is_whole(tmp_path):
    """Ten loads S1 → D1 spend 0.04 + 10 · 0.1 + 9 · 0.05 + 0.06 = 1.55 of a battery that gives 0.9: one call at Y1.

    From D1 by Y1 to S1 are 10 km, not 5: 4 + 8 · 5 + 10 + 6 = 60. On a fleet with one truck that burns fuel, who knows.
    """
    plan, fuel = flows((0, "S1", "D1", 160.0)), {"truck": "F", "depot": "Y1", "payload": 16}
    shift = {"shift_from": "06:00", "shift_to": "18:00"}
    for trucks, km in (([E], 60), ([E, fuel | shift], 55)):
        day = only_day(write(tmp_path / str(km), trucks=trucks), plan)
        assert max(proven(day)) == pytest.approx(km, rel=1e-4)


@pytest.mark.parametrize(("stands", "km"), [("D1", 10 + 6), ("D2", 5 + 6)])
def test_a_truck_under_way_need_not_come_in_again(tmp_path, stands, km):
    """A truck has just tipped, and a load S2 → D2 is left: it takes it and goes home; a fresh one drives 4 + 6 more."""
    folder = write(tmp_path / "a")
    day = only_day(folder, flows((0, "S1", "D1", 16.0), (0, "S2", "D2", 16.0)))
    place = day.lanes[["D1", "D2"].index(stands), DESTINATION]
    begun = Standing(np.array([place]), day.trucks[:1, HOME], minutes=120.0, driving=600.0, rest=20.0)
    assert lower_bound(day, np.array([1]), begun).empty_km == pytest.approx(km, rel=1e-4)
