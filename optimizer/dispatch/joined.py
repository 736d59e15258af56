"""Rows that join a day's empty legs: whoever loads or tips in a set of places without a depot must have come into it.

A flow of empty trucks may go in circles that no depot is on, each place having as many trucks arrive as leave. Trucks
do not: those that serve a set of places come into it, laden or empty, or stood in it when the day began. How many at
least is a rounded capacity (Toth and Vigo, Vehicle Routing, 2nd ed. 2014, ch. 2): the minutes of all loads with an end
there, with the shortest empty leg to each, over the longest shift less the shortest way home, rounded up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.dispatch.state import DESTINATION, LADEN_MIN, LOAD_MIN, ORIGIN, TIP_MIN
from optimizer.scenario import Bools, Floats, Ints

SHORT = 0.01  # trucks too few from which on a set is worth a row


@dataclass(frozen=True)
class Joints:
    """What the rows of a day are made of.

    Attributes:
        lanes: (n, 7) of each load, as ``Day.lanes``.
        tail, head: (C,) nodes of the empty legs.
        depots: nodes that no set holds.
        stood: (Q,) trucks that are free at each node to begin with.
        work: (n,) minutes of each load and of the shortest empty leg to it.
        shift: minutes that a truck has for loads and the legs to them.
    """

    lanes: Ints
    tail: Ints
    head: Ints
    depots: Ints
    stood: Ints
    work: Floats
    shift: float

    def missing(self, x: Floats, known: set[bytes]) -> list[tuple[Floats, float]]:
        """Rows (legs into a set, how many at least) that a flow does not keep, each one once."""
        rows = []
        for inside in self._sets(x):
            into = inside[self.head] & ~inside[self.tail]
            fewest = self._fewest(inside)
            if fewest - x[into].sum() > SHORT and inside.tobytes() not in known:
                known.add(inside.tobytes())
                rows.append((into.astype(float), float(fewest)))
        return rows

    def _fewest(self, inside: Bools) -> int:
        """Least number of empty legs into a set."""
        from_inside, to_inside = inside[self.lanes[:, ORIGIN]], inside[self.lanes[:, DESTINATION]]
        trucks = int(np.ceil(self.work[from_inside | to_inside].sum() / self.shift - 1e-9))
        return trucks - int((to_inside & ~from_inside).sum()) - int(self.stood[inside].sum())

    def _sets(self, x: Floats) -> list[Bools]:
        """Sets of places in which most of the driving stays: the two that most trucks drive between become one."""
        nodes = len(self.stood)
        drives = np.zeros((nodes, nodes))
        np.add.at(drives, (self.tail, self.head), x)
        np.add.at(drives, (self.lanes[:, ORIGIN], self.lanes[:, DESTINATION]), 1.0)
        drives[self.depots], drives[:, self.depots] = 0.0, 0.0
        places = np.flatnonzero(drives.any(axis=0) | drives.any(axis=1))
        between = (drives + drives.T)[np.ix_(places, places)]
        np.fill_diagonal(between, 0.0)
        members = np.zeros((len(places), nodes), dtype=bool)
        members[np.arange(len(places)), places] = True
        found = list(members.copy())
        for _ in range(len(places) - 1):
            one, other = np.unravel_index(int(between.argmax()), between.shape)
            if between[one, other] <= 0:
                break
            members[one] |= members[other]
            found.append(members[one].copy())
            between[one] += between[other]
            between[:, one] = between[one]
            between[other], between[:, other], between[one, one] = 0.0, 0.0, 0.0
        return found


def joints(lanes: Ints, legs: tuple[Ints, Ints], depots: Ints, stood: Ints, minutes: Floats, shift: float) -> Joints:
    """The rows' parts.

    Args:
        lanes: of each load.
        legs: tails and heads of the empty legs.
        depots, stood: as in :class:`Joints`.
        minutes: (C,) of the legs.
        shift: minutes of the longest shift.
    """
    tail, head = legs
    least = np.full(len(stood), np.inf)
    np.minimum.at(least, head, minutes)
    work = lanes[:, [LOAD_MIN, LADEN_MIN, TIP_MIN]].sum(axis=1) + least[lanes[:, ORIGIN]]
    return Joints(lanes, tail, head, depots, stood, work, max(1.0, shift - float(least[depots].min())))
