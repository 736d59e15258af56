"""Lane paths cut into shared pieces of road, so that the map can add up the tonnes on each piece.

Many lanes run over the same bridges and trunk roads. An *arc* is a longest piece of road used by one and the same
set of lanes; each lane is then a list of arcs, and every piece of geometry is stored once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from optimizer.scenario import Floats

STEP = 1e-5  # degrees; about 1 m
TOLERANCE = 4.0  # steps: a bend flatter than this is not drawn
PASSES = 6


@dataclass(frozen=True)
class Network:
    """Arcs as flat integer lists (first point, then differences, in :data:`STEP`), and each lane's arcs."""

    arcs: list[list[int]]
    lanes: list[list[int]]


def shared_arcs(lines: list[Floats]) -> Network:
    """Cuts lines at the points where the set of lanes using the road changes.

    Args:
        lines: one (p, 2) array of lon/lat per lane; p ≥ 1.
    """
    if not lines:
        return Network([], [])
    points, lane = _without_repeats(lines)
    vertices, vertex = np.unique(points, axis=0, return_inverse=True)
    vertex = vertex.reshape(-1)
    inside = lane[1:] == lane[:-1]
    a, b, owner = vertex[:-1][inside], vertex[1:][inside], lane[1:][inside]
    if not len(a):
        return Network([], [[] for _ in lines])
    low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
    _, segment = np.unique(low * len(vertices) + high, return_inverse=True)
    users = _user_sets(segment, owner, len(lines))
    new_run = np.ones(len(segment), dtype=bool)
    new_run[1:] = (users[segment[1:]] != users[segment[:-1]]) | (owner[1:] != owner[:-1])
    starts = np.flatnonzero(new_run)
    ends = np.append(starts[1:], len(segment))
    names = np.column_stack([np.minimum.reduceat(segment, starts), np.maximum.reduceat(segment, starts), ends - starts])
    _, first, arc = np.unique(names, axis=0, return_index=True, return_inverse=True)
    arcs = [encoded(vertices[np.append(a[starts[i] : ends[i]], b[ends[i] - 1])]) for i in first]
    members = np.unique(np.column_stack([owner[starts], arc.reshape(-1)]), axis=0)
    lanes: list[list[int]] = [[] for _ in lines]
    for i, k in members.tolist():
        lanes[i].append(k)
    return Network(arcs, lanes)


def _without_repeats(lines: list[Floats]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Points of all lanes on the integer grid, one after the other, without standing still; and their lane."""
    points = np.rint(np.concatenate(lines) / STEP).astype(np.int64)
    lane = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    keep = np.ones(len(points), dtype=bool)
    keep[1:] = (points[1:] != points[:-1]).any(axis=1) | (lane[1:] != lane[:-1])
    return points[keep], lane[keep]


def _user_sets(segment: npt.NDArray[np.int64], owner: npt.NDArray[np.int64], lanes: int) -> npt.NDArray[np.uint64]:
    """A fingerprint per segment of the set of lanes that use it: the sum of a random number per lane."""
    token = np.random.default_rng(0).integers(1, 2**63, lanes, dtype=np.uint64)
    pairs = np.unique(segment.astype(np.int64) * lanes + owner)
    users = np.zeros(int(segment.max()) + 1, dtype=np.uint64)
    np.add.at(users, pairs // lanes, token[pairs % lanes])
    return users


def encoded(points: npt.NDArray[np.int64]) -> list[int]:
    """First point and differences, after dropping bends too flat to see."""
    for turn in range(PASSES):
        if len(points) < 3:
            break
        chord = points[2:] - points[:-2]
        arm = points[1:-1] - points[:-2]
        height = np.abs(chord[:, 0] * arm[:, 1] - chord[:, 1] * arm[:, 0]) / np.maximum(np.hypot(*chord.T), 1e-9)
        flat = (height < TOLERANCE) & (chord != 0).any(axis=1)
        flat[turn % 2 :: 2] = False  # never two neighbours in one pass, their chords overlap
        points = points[np.concatenate([[True], ~flat, [True]])]
    first = points[0].tolist()
    return first + np.diff(points, axis=0).reshape(-1).tolist()
