"""A large day in parts: trucks that drive near each other are improved apart with their loads, on every core.

The parts are drawn anew at every turn, so that each truck meets each neighbour. A round in a part looks at fewer trucks
than one in the whole day. What is found depends on the seed alone, not on how many cores there are. Bays are shared by
all trucks, and a day under way is changed in few places: such days stay whole.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from optimizer.dispatch.search import memory, rounds, seed_compiled
from optimizer.dispatch.state import KIND, LOAD, SIZE, Day, Routes, copied
from optimizer.scenario import Floats, Ints

PART = 500  # loads of a part, on average from this to twice as many


def improve_in_parts(
    day: Day, routes: Routes, best: Routes, turn: tuple[int, int], count: int, hot: float, cold: float
) -> None:
    """One turn: rounds of the search in every part; ``best`` follows the best schedule seen.

    Args:
        turn: the seed of the day, and the number of the turn.
        count: rounds of all parts together.
    """
    chance = np.random.default_rng(turn)
    parts = _parts(day, routes, chance)
    each = -(-count // len(parts))
    seeds = chance.integers(2**32, size=len(parts))

    def improved(number: int) -> tuple[Routes, Routes]:
        part, begun = _part(day, routes, *parts[number])
        seed_compiled(seeds[number])
        found = copied(begun)
        rounds(part, begun, found, memory(part, begun), 1, each, hot, cold)
        return begun, found

    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(improved, range(len(parts))))
    candidate = copied(routes)
    for (trucks, loads), (now, found) in zip(parts, answers, strict=True):
        _put(routes, now, trucks, loads)
        _put(candidate, found, trucks, loads)
    if _value(day, candidate) < _value(day, best):
        for mine, theirs in zip(best, candidate, strict=True):
            mine[...] = theirs


def parts_of(day: Day) -> int:
    """About how many parts a day has; 1 where it is small, or trucks share what a part cannot see."""
    return 1 if day.limited or day.calm > 0 else max(1, len(day.lane) // PART)


def _value(day: Day, routes: Routes) -> tuple[float, float]:
    return float(day.weight[routes.truck < 0].sum()), float(routes.km.sum())


def _parts(day: Day, routes: Routes, chance: np.random.Generator) -> list[tuple[Ints, Ints]]:
    """Trucks and loads of each part; idle trucks and loads without a truck are dealt out."""
    sizes = routes.trucks[:, SIZE]
    busy, idle = np.flatnonzero(sizes), chance.permutation(np.flatnonzero(sizes == 0))
    where = np.zeros((len(sizes), len(day.km)))  # share of its stops by truck and place
    truck, position = np.nonzero(routes.visits[:, :, LOAD] >= 0)
    for end in range(2):
        np.add.at(where, (truck, day.lanes[day.lane[routes.visits[truck, position, LOAD]], end]), 0.5 / sizes[truck])
    km = np.where(np.isfinite(day.km), day.km, day.km[np.isfinite(day.km)].max())
    found = _halved(busy, sizes, where, km, chance)
    idle = idle[np.argsort(day.trucks[idle, KIND], kind="stable")]
    left = chance.permutation(np.flatnonzero(routes.truck < 0))
    of_truck = np.full(len(sizes) + 1, -1)
    for number, trucks in enumerate(found):
        of_truck[trucks] = number
    of_truck[idle] = np.arange(len(idle)) % len(found)
    of_load = of_truck[routes.truck]
    of_load[left] = np.arange(len(left)) % len(found)
    return [(np.flatnonzero(of_truck[:-1] == i), np.flatnonzero(of_load == i)) for i in range(len(found))]


def _halved(trucks: Ints, sizes: Ints, where: Floats, km: Floats, chance: np.random.Generator) -> list[Ints]:
    """Halves trucks by whether they are nearer to a random one's places or to what is farthest from it, and again."""
    loads = int(sizes[trucks].sum())
    if loads < 2 * PART or len(trucks) < 2:
        return [trucks]
    one = where[chance.choice(trucks)] @ km
    other = km[int(np.argmax(one))]
    order = trucks[np.argsort(where[trucks] @ (one - other), kind="stable")]
    half = int(np.searchsorted(np.cumsum(sizes[order]), loads / 2)) + 1
    half = min(half, len(order) - 1)
    return [part for side in (order[:half], order[half:]) for part in _halved(side, sizes, where, km, chance)]


def _part(day: Day, routes: Routes, trucks: Ints, loads: Ints) -> tuple[Day, Routes]:
    """The day and the schedule of some trucks and loads alone, numbered from 0."""
    of_truck, of_load = np.full(len(day.trucks) + 1, -1), np.full(len(day.lane) + 1, -1)
    of_truck[trucks], of_load[loads] = np.arange(len(trucks)), np.arange(len(loads))
    lane = day.lane[loads]
    by_lane = np.argsort(lane, kind="stable")
    part = day._replace(
        lane=lane, weight=day.weight[loads], trucks=day.trucks[trucks], told=day.told[loads], waits=day.waits[loads],
        lane_loads=by_lane,
        lane_at=np.searchsorted(lane[by_lane], np.arange(len(day.lanes) + 1)),
    )  # fmt: skip
    visits = routes.visits[trucks]
    visits[:, :, LOAD] = of_load[visits[:, :, LOAD]]
    begun = routes._replace(
        visits=visits, trucks=routes.trucks[trucks], stops=routes.stops[trucks], legs=routes.legs[trucks],
        km=routes.km[trucks], truck=of_truck[routes.truck[loads]],
        charges=routes.charges[trucks] if len(routes.charges) else routes.charges,
    )  # fmt: skip
    return part, begun


def _put(routes: Routes, part: Routes, trucks: Ints, loads: Ints) -> None:
    """Puts the schedule of a part back into that of the day."""
    visits = part.visits.copy()
    visits[:, :, LOAD] = np.append(loads, -1)[visits[:, :, LOAD]]
    routes.visits[trucks] = visits
    for name in ("trucks", "stops", "legs", "km"):
        getattr(routes, name)[trucks] = getattr(part, name)
    if len(routes.charges):
        routes.charges[trucks] = part.charges
    routes.truck[loads] = np.append(trucks, -1)[part.truck]
