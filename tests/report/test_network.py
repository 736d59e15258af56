"""Lane paths are cut where the set of lanes changes, and no piece of road is stored twice."""

import numpy as np

from optimizer.report.network import STEP, TOLERANCE, shared_arcs


def points(numbers):
    return np.array(numbers).reshape(-1, 2).cumsum(axis=0) * STEP


def line(*xy):
    return np.array(xy, dtype=float) / 100


def length(numbers):
    return np.hypot(*np.diff(points(numbers), axis=0).T).sum()


def test_two_lanes_that_share_the_middle():
    """a-b-c-d and e-b-c-f share b-c: five arcs, three for each lane, the middle one common."""
    one = line((0, 0), (1, 0.5), (2, 0.5), (3, 0))
    two = line((0, 1), (1, 0.5), (2, 0.5), (3, 1))
    network = shared_arcs([one, two])
    assert len(network.arcs) == 5
    assert [len(lane) for lane in network.lanes] == [3, 3]
    (middle,) = set(network.lanes[0]) & set(network.lanes[1])
    np.testing.assert_allclose(sorted(points(network.arcs[middle]).tolist()), [[0.01, 0.005], [0.02, 0.005]])


def test_opposite_directions_use_the_same_arc():
    there = line((0, 0), (1, 1), (2, 0))
    network = shared_arcs([there, there[::-1]])
    assert len(network.arcs) == 1
    assert network.lanes == [[0], [0]]


def test_lengths_of_a_lane_add_up():
    rng = np.random.default_rng(5)
    lines = [np.cumsum(rng.uniform(0, 0.01, (40, 2)), axis=0) for _ in range(6)]
    lines.append(np.vstack([lines[0][:20], lines[1][20:]]))
    network = shared_arcs(lines)
    for path, lane in zip(lines, network.lanes, strict=True):
        whole = np.hypot(*np.diff(path, axis=0).T).sum()
        assert abs(sum(length(network.arcs[k]) for k in lane) - whole) < 0.01 * whole


def test_flat_bends_are_dropped_and_real_ones_kept():
    flat = [(x / 10, TOLERANCE * STEP * 20 * (x % 2)) for x in range(11)]
    sharp = [(x / 10, 0.2 * (x % 2)) for x in range(11)]
    assert len(shared_arcs([line(*flat)]).arcs[0]) < 12
    assert len(shared_arcs([line(*sharp)]).arcs[0]) == 22


def test_nothing_and_points():
    assert shared_arcs([]).arcs == []
    standing = shared_arcs([line((1, 1), (1, 1)), line((0, 0), (1, 1))])
    assert standing.lanes == [[], [0]]
    assert shared_arcs([line((1, 1), (1, 1))]).lanes == [[]]
