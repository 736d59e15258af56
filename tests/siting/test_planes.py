"""What a relaxation proves of other sets, against every set planned by itself."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from optimizer.backends.highs import Highs
from optimizer.blocks import build_program
from optimizer.distances import measure
from optimizer.lanes import build_lanes
from optimizer.planner import Options, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.siting.choices import Choices, all_open, opened
from optimizer.siting.live import Siting
from optimizer.siting.planes import Planes
from optimizer.siting.search import Search
from optimizer.solve import goal_order, open_session

CANDIDATES = 6


def searched(folder, gap):
    """(scenario, choices, siting, search for each goal in turn), earlier goals held as the command holds them."""
    scenario = load_scenario(folder)
    choices = Choices.of(scenario)
    every = all_open(scenario, choices)
    lanes = build_lanes(every, measure(every, Progress()))
    program = build_program(every, lanes)
    siting = Siting(every, lanes, program, choices, open_session(every, program, Highs()), gap, None, Progress())
    searches: dict[str, Search] = {}
    for goal in goal_order(scenario.objective):
        for earlier, search in list(searches.items())[-1:]:
            siting.hold(earlier, search.value)
        searches[goal] = Search(siting, goal, None)
        searches[goal].solve()
    return scenario, choices, siting, searches


def planned(scenario, choices):
    """Every set and the goals of its own plan."""
    for mask in itertools.product((False, True), repeat=CANDIDATES):
        plan = plan_scenario(opened(scenario, choices, np.array(mask)), Options(), Progress(), brief=True).plan
        yield np.array(mask), {goal["name"]: goal["value"] for goal in plan.summary["goals"]}


@pytest.mark.parametrize("seed", range(2))
def test_no_set_lies_below_a_plane(chance_district, seed):
    """64 sets: each plane, the least over a box of sets, and every exchange stay below what the sets cost."""
    folder = chance_district(seed, CANDIDATES, "weights = { cost = 1.0, offsite = 30.0 }")
    scenario, choices, siting, searches = searched(folder, 1e-7)
    planes, constant = searches["total"]._planes, siting.session.constant("total")
    value = {mask.tobytes(): goals["total"] - constant for mask, goals in planned(scenario, choices)}
    assert len(planes) > 3
    for mask in itertools.product((False, True), repeat=CANDIDATES):
        chosen = np.array(mask)
        y = choices.switches @ chosen.astype(float)
        assert planes.least(y, y) <= value[chosen.tobytes()] + 1e-3
        box = [v for other, v in value.items() if (np.frombuffer(other, dtype=bool) <= chosen).all()]
        assert planes.least(np.zeros(len(y)), y) <= min(box) + 1e-3
        out, into = np.append(np.flatnonzero(chosen), -1), np.append(np.flatnonzero(~chosen), -1)
        below = planes.exchanged(chosen)
        for (row, a), (column, b) in itertools.product(enumerate(out), enumerate(into)):
            near = chosen.copy()
            near[[i for i in (a,) if i >= 0]], near[[i for i in (b,) if i >= 0]] = False, True
            assert below[row, column] <= value[near.tobytes()] + 1e-3


@pytest.mark.parametrize("seed", range(2))
def test_what_is_excluded_sends_more_out_of_the_zone(chance_district, seed):
    """With the first goal held, a set told to be impossible is one whose own plan is worse in that goal."""
    folder = chance_district(seed, CANDIDATES, 'order = ["offsite", "cost"]')
    scenario, choices, siting, searches = searched(folder, 1e-7)
    search, best = searches["cost"], searches["offsite"].value + siting.session.constant("offsite")
    worse = {mask.tobytes(): goals["offsite"] > best + 1e-3 for mask, goals in planned(scenario, choices)}
    for mask in itertools.product((False, True), repeat=CANDIDATES):
        search._try(np.array(mask))
    told = 0
    for mask in itertools.product((False, True), repeat=CANDIDATES):
        excluded = search._planes.exchanged(np.array(mask))[-1, -1] == np.inf
        assert not excluded or worse[np.array(mask).tobytes()]
        told += excluded
    assert told == sum(worse.values()) > 0


def test_planes_by_hand():
    """Two candidates. 10 + 2a − 3b from one answer, 8 + 5a from another; a alone lacks 1 of a + 2b ≥ 2."""
    from scipy import sparse

    planes = Planes(sparse.csr_array(np.eye(2)))
    planes.add(12.0, np.array([1.0, 0.0]), np.array([1.0, 0.0]), np.array([2.0, -3.0]), np.zeros(2))
    planes.add(8.0, np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.array([5.0, 0.0]), np.zeros(2))
    assert planes.least(np.zeros(2), np.ones(2)) == 8.0
    assert planes.least(np.array([1.0, 0.0]), np.ones(2)) == 13.0
    only_a = np.array([True, False])
    assert planes.exchanged(only_a).tolist() == [[8.0, 10.0], [13.0, 13.0]]
    planes.exclude(-2.0, np.array([1.0, 2.0]), np.zeros(2))
    assert planes.exchanged(only_a).tolist() == [[8.0, np.inf], [13.0, np.inf]]
