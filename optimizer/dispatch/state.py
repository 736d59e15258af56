"""What the inner loops of dispatch work on: one day's problem as flat arrays, and the schedule under construction.

Everything is in whole minutes from midnight of the day and in km. Places are nodes: first the places of the scenario
that take part, then the depots. The arrays are named tuples because that is what compiled code can take apart.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from optimizer.scenario import Bools, Floats, Ints

NOWHERE = -1  # minutes of a leg without a road, or of a service that can no longer begin
# what compiled functions are called with: NumPy's own, since each is compiled anew for every literal number it is given
FIRST: Any = np.int64(0)
NONE: Any = np.int64(-1)
TAKE: Any = np.int64(1)
GIVE_BACK: Any = np.int64(-1)
KEEP: Any = np.bool_(True)
TRY: Any = np.bool_(False)

# columns of Day.lanes
ORIGIN, DESTINATION, LOAD_GATE, TIP_GATE, LOAD_MIN, TIP_MIN, LADEN_MIN = range(7)
# columns of Day.trucks; END is NOWHERE where it takes no more loads; from the seventh on minutes of driving a day, of
# driving without a rest, of a rest; how many of its visits are fixed, the first minute at which more may begin, and
# whether its battery is looked at
CLASS, KIND, START, HOME, READY, END, DRIVE_MAX, REST_AFTER, REST, FIXED, SINCE, ELECTRIC = range(12)
# columns of Day.told, and minutes by which loading may move before it counts as changed
BY, WHEN = range(2)
PUNCTUAL = 15
# columns of Day.gates: bays (0 = no limit), and minutes a bay is taken by one truck
BAYS, HOLD = range(2)
# columns of Routes.visits: the load (-1 beyond the last one); the empty leg begins, loading begins, it leaves laden, it
# arrives, tipping begins, it is tipped and washed; minutes driven by then since the last rest, and in this shift
LOAD, LEG, BEGIN, GO, COME, TIP, FREE, DRIVEN, DRIVEN_ALL = range(9)
# columns of Routes.trucks: loads; leaves for home; is home; minutes of driving and service without any wait; minutes of
# its longest empty leg
SIZE, BACK, BACK_HOME, BUSY, LONGEST = range(5)
# columns of Day.power: shares of a battery by km laden and empty, by minute of charging, and that stay in it
PER_LADEN, PER_EMPTY, PER_MINUTE, RESERVE = range(4)
# columns of Routes.charges: node where it charges before the leg to a position (-1: nowhere), leaves for it, plugs in,
# unplugs and leaves; share of the battery at the end of the visit, or at home
PLACE, OFF, PLUG, UNPLUG, BATTERY = range(5)
# columns of Routes.stops: places where the empty leg to a position begins and ends, and its minutes
BEFORE, AFTER, LASTS = range(3)


class Day(NamedTuple):
    """One day's problem: n loads on L lanes, M trucks of K classes, Q nodes, G gates, T minutes.

    Attributes:
        lane: (n,) lane of each load; weight: (n,) t that count as undone when it is.
        lanes: (L, 7) nodes, gates and minutes; ``LOAD_MIN`` and ``TIP_MIN`` have the wash in them.
        fits: (K, L) the class can carry the lane's loads.
        km, minutes: (Q, Q) empty legs; ``minutes`` NOWHERE where no road is; toward: ``km`` by head and tail.
        trucks: (M, 12); trucks of one kind are the same in everything.
        begin: (G, T) first minute from which service may begin by the gate's hours; NOWHERE when it closed.
        gates: (G, 2); limited: whether any has bays.
        ban_at: (K·Q + 1,) where the bans of a class at a node begin in ``bans``, (B, 2) minutes from and to.
        near: (L, up to 100) lanes by the empty km that join them, nearest first.
        away: (L,) km from the nearest depot to the lane's origin.
        lane_at, lane_loads: loads by lane: those of lane l are ``lane_loads[lane_at[l]:lane_at[l + 1]]``.
        told: (n, 2) truck and minute of loading that its driver has been told, -1 where nobody has been.
        calm: empty km that one change of what was told counts; 0 when nobody has been told anything.
        waits: (n,) empty km that a load left undone counts which nobody expects any more to be done, instead of its
            weight; 0 for all others.
        power: (K, 4) of the batteries, zero where a class has none.
        charger_at, chargers: nodes where the trucks of class k can charge are
            ``chargers[charger_at[k]:charger_at[k + 1]]``.
        refuge: (K, Q) share of the battery that the empty way from a node to the nearest of them takes.
    """

    lane: Ints
    weight: Floats
    lanes: Ints
    fits: Bools
    km: Floats
    toward: Floats
    minutes: Ints
    trucks: Ints
    begin: Ints
    gates: Ints
    limited: bool
    ban_at: Ints
    bans: Ints
    near: Ints
    away: Floats
    lane_at: Ints
    lane_loads: Ints
    told: Ints
    calm: float
    waits: Floats
    power: Floats
    charger_at: Ints
    chargers: Ints
    refuge: Floats


class Routes(NamedTuple):
    """The schedule under construction.

    ``visits`` (M, X, 9), ``trucks`` (M, 5), ``stops`` (M, X + 1, 3) and their ``legs`` (M, X + 1) in km, ``km`` (M,)
    empty, ``truck`` (n,) of each load or -1, ``taken`` (G, T) bays, ``charges`` (M, X + 1, 5), or of no truck on a day
    without batteries.
    """

    visits: Ints
    trucks: Ints
    stops: Ints
    legs: Floats
    km: Floats
    truck: Ints
    taken: Ints
    charges: Floats


def empty_routes(day: Day, taken: Ints, longest: int | None = None) -> Routes:
    """A schedule in which no truck does a load; ``taken`` (G, T) bays are taken already.

    Args:
        longest: loads for which each truck has room; as many as a shift can hold when None.
    """
    trucks, loads = len(day.trucks), len(day.lane)
    cycle = day.lanes[:, [LOAD_MIN, TIP_MIN, LADEN_MIN]].sum(axis=1).min(initial=1440)
    most = int((day.trucks[:, END] - day.trucks[:, READY]).max(initial=0)) // max(int(cycle), 1) + 2
    most = max(1, min(loads, most)) if longest is None else longest
    ends = day.trucks[:, [START, HOME]]
    legs, lasts = day.km[ends[:, 0], ends[:, 1]], day.minutes[ends[:, 0], ends[:, 1]]
    state = np.zeros((trucks, 5), dtype=np.int64)
    state[:, BUSY] = state[:, LONGEST] = lasts
    return Routes(
        visits=np.full((trucks, most, 9), -1, dtype=np.int64),
        trucks=state,
        stops=np.repeat(np.column_stack([ends, lasts])[:, None, :], most + 1, axis=1),
        legs=np.repeat(legs[:, None], most + 1, axis=1),
        km=legs.copy(),
        truck=np.full(loads, -1, dtype=np.int64),
        taken=taken.copy(),
        charges=np.full((trucks if day.power.any() else 0, most + 1, 5), -1.0),
    )


def copied(routes: Routes) -> Routes:
    """A schedule that no longer shares memory with the one given."""
    return routes._replace(**{name: part.copy() for name, part in routes._asdict().items()})


def neighbours(origin: Ints, destination: Ints, km: Floats, most: int = 100) -> Ints:
    """(L, most) lanes by the shorter empty leg between them in either order, a lane itself first."""
    between = km[np.ix_(destination, origin)]
    near = np.minimum(between, between.T)
    np.fill_diagonal(near, -1.0)
    lanes = len(origin)
    kept = min(lanes, most)
    if kept == lanes:
        return np.argsort(near, axis=1, kind="stable").astype(np.int64)
    chosen = np.argpartition(near, kept, axis=1)[:, :kept]
    order = np.argsort(np.take_along_axis(near, chosen, axis=1), axis=1, kind="stable")
    found: Any = np.take_along_axis(chosen, order, axis=1)
    return found.astype(np.int64)
