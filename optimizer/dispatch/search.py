"""The search: strings of neighbouring loads are taken out of a few trucks and put back where they cost least.

Slack induction by string removals (Christiaens and Vanden Berghe, Transportation Science 54(2), 2020), on loads that go
from one place to one place. What is never traded: a schedule that leaves less undone always wins, whatever it drives;
every schedule on the way keeps shifts, driving hours, rests, bans, gate hours and bays. Loads that nobody expects any
more go behind what drivers have been told. Compiled code.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimizer.dispatch.clock import hold_bays, measure, walk
from optimizer.dispatch.compiled import compiled, inside
from optimizer.dispatch.state import (
    AFTER,
    BEFORE,
    BEGIN,
    BUSY,
    BY,
    CLASS,
    DESTINATION,
    END,
    FIRST,
    FIXED,
    GIVE_BACK,
    KEEP,
    KIND,
    LADEN_MIN,
    LASTS,
    LOAD,
    LOAD_MIN,
    LONGEST,
    NONE,
    ORIGIN,
    PUNCTUAL,
    READY,
    SIZE,
    TAKE,
    TIP_MIN,
    TRY,
    WHEN,
    Day,
    Routes,
    copied,
)  # fmt: skip
from optimizer.scenario import Floats, Ints

REMOVED = 10  # loads taken out at a time, on average, and the longest string: the authors' figures
LAST = 1e9  # more than any order of loads
LISTED = 10  # loads of a lane that a round tries to put back; they are the same, and rounds take out few
SORTED = 100  # fewer than twice as many loads are put in order by plain insertion
BLINK = 0.01  # share of positions that an insertion overlooks
SPLIT = 0.5  # share of strings that leave a part in the middle standing


class Memory(NamedTuple):
    """Scratch space: trucks as they were before this round, and marks of what was touched."""

    was: Routes
    touched: Ints  # (M,) round in which the truck was saved
    changed: Ints  # (M,) trucks saved in this round, the first ``saved[0]`` are valid
    saved: Ints  # (1,)
    ruined: Ints  # (M,) round in which a string was taken from it
    tried: Ints  # (kinds,) load for which an unused truck of the kind was tried
    failed: Ints  # (2 lanes,) round in which a load of the lane, or one that waits, found no place
    listed: Ints  # (2 lanes,) how many of the lane's loads are among the absent
    absent: Ints  # (n,) loads that have no truck, the first ``count`` are valid
    order: Floats  # (n,)


def memory(day: Day, routes: Routes) -> Memory:
    """Scratch space for a schedule."""
    trucks, loads = len(day.trucks), len(day.lane)
    return Memory(
        was=copied(routes),
        touched=np.full(trucks, -1, dtype=np.int64),
        changed=np.zeros(trucks, dtype=np.int64),
        saved=np.zeros(1, dtype=np.int64),
        ruined=np.full(trucks, -1, dtype=np.int64),
        tried=np.full(int(day.trucks[:, KIND].max(initial=0)) + 1, -1, dtype=np.int64),
        failed=np.full(2 * len(day.lanes), -1, dtype=np.int64),
        listed=np.zeros(2 * len(day.lanes), dtype=np.int64),
        absent=np.zeros(loads, dtype=np.int64),
        order=np.zeros(loads),
    )


@compiled
def seed_compiled(seed: int) -> None:
    """Seeds the random numbers of compiled code, which are apart from NumPy's."""
    np.random.seed(seed)


@inside
def place(day: Day, routes: Routes, memory: Memory, load: int, stamp: int, blink: float) -> bool:
    """Puts one load where it costs least and can be done; False when there is no such place."""
    trucks, minutes, stops, legs, fits = day.trucks, day.minutes, routes.stops, routes.legs, day.fits
    lane = day.lane[load]
    origin, destination = day.lanes[lane, ORIGIN], day.lanes[lane, DESTINATION]
    service = day.lanes[lane, LOAD_MIN] + day.lanes[lane, LADEN_MIN] + day.lanes[lane, TIP_MIN]
    into, out = day.toward[origin], day.km[destination]
    attempt = stamp * len(day.lane) + load
    least, truck_found, p_found = np.inf, NONE, NONE
    for truck in range(len(trucks)):
        size = routes.trucks[truck, SIZE]
        if not fits[trucks[truck, CLASS], lane] or size >= routes.visits.shape[1]:
            continue
        if size == 0:
            if memory.tried[trucks[truck, KIND]] == attempt:
                continue
            memory.tried[trucks[truck, KIND]] = attempt
        room = trucks[truck, END] - trucks[truck, READY] - routes.trucks[truck, BUSY] - service
        if room + routes.trucks[truck, LONGEST] < 0:
            continue
        given_back = size
        change = day.calm if day.told[load, BY] >= 0 and day.told[load, BY] != truck else 0.0
        first = _behind_told(day, routes, truck) if day.waits[load] > 0.0 else trucks[truck, FIXED]
        for p in range(size, first - 1, -1):
            if room + stops[truck, p, LASTS] < 0:
                continue
            before, after = stops[truck, p, BEFORE], stops[truck, p, AFTER]
            more = into[before] + out[after] - legs[truck, p] + change
            if more >= least or (blink > 0.0 and np.random.random() < blink):
                continue
            if minutes[before, origin] + minutes[destination, after] - stops[truck, p, LASTS] > room:
                continue
            if day.limited:
                hold_bays(day, routes, truck, p, given_back, GIVE_BACK)
                given_back = p
            if walk(day, routes, truck, p, load, TRY):
                least, truck_found, p_found = more, truck, p
        if given_back < size:
            hold_bays(day, routes, truck, given_back, size, TAKE)
    if truck_found < 0:
        return False
    _save(routes, memory, truck_found, stamp)
    return _insert(day, routes, truck_found, p_found, load)


@inside
def _behind_told(day: Day, routes: Routes, truck: int) -> int:
    """First position of a truck behind which nothing is that a driver has been told of."""
    p = routes.trucks[truck, SIZE]
    while p > day.trucks[truck, FIXED] and day.told[routes.visits[truck, p - 1, LOAD], BY] < 0:
        p -= 1
    return p


@inside
def _insert(day: Day, routes: Routes, truck: int, p: int, load: int) -> bool:
    visits = routes.visits
    hold_bays(day, routes, truck, p, routes.trucks[truck, SIZE], GIVE_BACK)
    for q in range(routes.trucks[truck, SIZE], p, -1):
        visits[truck, q, LOAD] = visits[truck, q - 1, LOAD]
    visits[truck, p, LOAD] = load
    routes.trucks[truck, SIZE] += 1
    routes.truck[load] = truck
    if walk(day, routes, truck, p, NONE, KEEP):
        measure(day, routes, truck)
        return True
    _take_out(day, routes, truck, p, p + 1)  # it would meet itself at a gate
    return False


@inside
def _take_out(day: Day, routes: Routes, truck: int, first: int, end: int) -> None:
    """Takes the loads from ``first`` to before ``end`` out, the bays from ``first`` on given back before.

    All loads of the truck that are not fixed go when the rest cannot be done: a detour by km can take less time.
    """
    visits, size = routes.visits, routes.trucks[truck, SIZE]
    for q in range(first, end):
        routes.truck[visits[truck, q, LOAD]] = -1
    for q in range(first, size):
        visits[truck, q, LOAD] = visits[truck, q + end - first, LOAD] if q + end - first < size else -1
    routes.trucks[truck, SIZE] = size - end + first
    if not walk(day, routes, truck, first, NONE, KEEP):
        fixed = day.trucks[truck, FIXED]
        hold_bays(day, routes, truck, fixed, first, GIVE_BACK)
        for q in range(fixed, routes.trucks[truck, SIZE]):
            routes.truck[visits[truck, q, LOAD]] = -1
            visits[truck, q, LOAD] = -1
        routes.trucks[truck, SIZE] = fixed
        walk(day, routes, truck, fixed, NONE, KEEP)
    measure(day, routes, truck)


@inside
def _save(routes: Routes, memory: Memory, truck: int, stamp: int) -> None:
    """Keeps a truck as it is before this round's first change to it."""
    if memory.touched[truck] != stamp:
        memory.touched[truck] = stamp
        memory.changed[memory.saved[0]] = truck
        memory.saved[0] += 1
        _copy_truck(routes, memory.was, truck)


@inside
def _copy_truck(a: Routes, b: Routes, truck: int) -> None:
    # loops, since slices that are assigned bring along their error messages, which took a sixth of the compiling
    longest = max(a.trucks[truck, SIZE], b.trucks[truck, SIZE])
    for p in range(longest):
        for column in range(a.visits.shape[2]):
            b.visits[truck, p, column] = a.visits[truck, p, column]
    for p in range(longest + 1):
        for column in range(a.stops.shape[2]):
            b.stops[truck, p, column] = a.stops[truck, p, column]
        b.legs[truck, p] = a.legs[truck, p]
    if len(a.charges):
        for p in range(longest + 1):
            for column in range(a.charges.shape[2]):
                b.charges[truck, p, column] = a.charges[truck, p, column]
    for column in range(a.trucks.shape[1]):
        b.trucks[truck, column] = a.trucks[truck, column]
    b.km[truck] = a.km[truck]


@inside
def _ruin(day: Day, routes: Routes, memory: Memory, stamp: int) -> None:
    """Takes strings of loads near a random one out of a few trucks."""
    loads = len(day.lane)
    used, assigned = 0, 0
    for truck in range(len(day.trucks)):
        if routes.trucks[truck, SIZE] > day.trucks[truck, FIXED]:
            used += 1
            assigned += routes.trucks[truck, SIZE] - day.trucks[truck, FIXED]
    if not used:
        return
    longest = min(REMOVED, assigned / used)
    strings = int(np.random.random() * (4.0 * REMOVED / (1.0 + longest) - 1.0)) + 1
    seed = day.lane[_seed(day, routes) if day.calm > 0.0 else np.random.randint(loads)]
    done = 0
    for lane in day.near[seed]:
        first, last = day.lane_at[lane], day.lane_at[lane + 1]
        turn = np.random.randint(last - first) if last > first else 0
        for i in range(last - first):
            load = day.lane_loads[first + (i + turn) % (last - first)]
            truck = routes.truck[load]
            if truck < 0 or memory.ruined[truck] == stamp:
                continue
            at = FIRST
            while routes.visits[truck, at, LOAD] != load:
                at += 1
            if at < day.trucks[truck, FIXED]:
                continue
            _save(routes, memory, truck, stamp)
            memory.ruined[truck] = stamp
            _cut(day, routes, truck, at, longest)
            done += 1
            if done >= strings:
                return
            break


@inside
def _cut(day: Day, routes: Routes, truck: int, at: int, longest: float) -> None:
    """Takes a string that contains position ``at`` out of a truck, sometimes leaving a part in its middle."""
    size, fixed = routes.trucks[truck, SIZE], day.trucks[truck, FIXED]
    free = size - fixed
    length = int(np.random.random() * min(float(free), longest)) + 1
    length = min(length, free)
    kept = 0
    if 1 < length < free and np.random.random() < SPLIT:
        kept = 1
        while length + kept < free and np.random.random() > BLINK:
            kept += 1
    whole = length + kept
    low, high = max(fixed, at - whole + 1), min(at, size - whole)
    first = low + np.random.randint(high - low + 1)
    hold_bays(day, routes, truck, first, size, GIVE_BACK)
    if not kept:
        _take_out(day, routes, truck, first, first + length)
        return
    head = 1 + np.random.randint(length - 1)
    visits = routes.visits
    for q in range(first + head + kept, first + whole):  # the second part first, then the first one
        routes.truck[visits[truck, q, LOAD]] = -1
    for q in range(first + head + kept, size):
        visits[truck, q, LOAD] = visits[truck, q + length - head, LOAD] if q + length - head < size else -1
    routes.trucks[truck, SIZE] -= length - head
    _take_out(day, routes, truck, first, first + head)


@inside
def _sort_absent(day: Day, memory: Memory, count: int) -> None:
    """Absent loads in one of four orders: by chance, the longest, the farthest from or nearest to the depots first.

    Those that nobody expects any more come last.
    """
    choice = np.random.randint(11)
    for i in range(count):
        lane = day.lane[memory.absent[i]]
        if choice < 4:
            memory.order[i] = np.random.random()
        elif choice < 8:
            memory.order[i] = -float(day.lanes[lane, LADEN_MIN])
        elif choice < 10:
            memory.order[i] = -day.away[lane]
        else:
            memory.order[i] = day.away[lane]
        if day.waits[memory.absent[i]] > 0.0:
            memory.order[i] += LAST
    step = max(1, count // SORTED)
    while step > 0:  # Shell's sort
        for i in range(step, count):
            load, key, j = memory.absent[i], memory.order[i], i
            while j >= step and memory.order[j - step] > key:
                memory.absent[j], memory.order[j] = memory.absent[j - step], memory.order[j - step]
                j -= step
            memory.absent[j], memory.order[j] = load, key
        step = step // 3 if step > 3 else min(1, step - 1)


@inside
def _put_back(day: Day, routes: Routes, memory: Memory) -> None:
    """Undoes every change of a round."""
    for truck in memory.changed[: memory.saved[0]]:
        hold_bays(day, routes, truck, FIRST, routes.trucks[truck, SIZE], GIVE_BACK)
        for p in range(routes.trucks[truck, SIZE]):
            routes.truck[routes.visits[truck, p, LOAD]] = -1
    for truck in memory.changed[: memory.saved[0]]:
        _copy_truck(memory.was, routes, truck)
        for p in range(routes.trucks[truck, SIZE]):
            routes.truck[routes.visits[truck, p, LOAD]] = truck
        hold_bays(day, routes, truck, FIRST, routes.trucks[truck, SIZE], TAKE)


@inside
def undone_and_km(day: Day, routes: Routes) -> tuple[float, float]:
    """(t left undone, empty km and what changes of what was told, and loads that wait, count)."""
    undone, km = 0.0, 0.0
    for truck in range(len(routes.km)):
        km += routes.km[truck]
    for load in range(len(day.lane)):
        if routes.truck[load] < 0 and day.waits[load] > 0.0:
            km += day.waits[load]
        elif routes.truck[load] < 0:
            undone += day.weight[load]
    if day.calm > 0.0:
        km += day.calm * changes(day, routes)
    return undone, km


@inside
def changes(day: Day, routes: Routes) -> int:
    """How many loads that are done go by another truck than was told, or are loaded at another time."""
    count = 0
    for truck in range(len(day.trucks)):
        for p in range(day.trucks[truck, FIXED], routes.trucks[truck, SIZE]):
            count += _is_changed(day, routes, truck, p)
    return count


@inside
def _is_changed(day: Day, routes: Routes, truck: int, p: int) -> bool:
    load = routes.visits[truck, p, LOAD]
    if day.told[load, BY] < 0:
        return False
    return day.told[load, BY] != truck or abs(routes.visits[truck, p, BEGIN] - day.told[load, WHEN]) > PUNCTUAL


@inside
def _seed(day: Day, routes: Routes) -> int:
    """Every other time one of the loads that are changed, else any."""
    chosen, seen = np.random.randint(len(day.lane)), 0
    if np.random.random() < 0.5:
        for truck in range(len(day.trucks)):
            for p in range(day.trucks[truck, FIXED], routes.trucks[truck, SIZE]):
                if _is_changed(day, routes, truck, p):
                    seen += 1
                    if np.random.randint(seen) == 0:
                        chosen = routes.visits[truck, p, LOAD]
    return chosen


@inside
def _row(day: Day, load: int) -> int:
    """Loads of one row are the same: those of a lane, and apart from them those that nobody expects any more."""
    return day.lane[load] + (len(day.lanes) if day.waits[load] > 0.0 else 0)


@compiled
def fill(day: Day, routes: Routes, memory: Memory, stamp: int, blink: float) -> None:
    """Puts every load that has no truck into the schedule, as far as possible.

    Where one load of a lane found no place, the others are not tried, and a round (with ``blink``) looks at few of
    them: on a day with far too few trucks that would be nearly all of the time.
    """
    count, most = FIRST, LISTED if blink > 0.0 else len(day.lane)
    for row in range(len(memory.listed)):
        memory.listed[row] = 0
    for load in range(len(day.lane)):
        row = _row(day, load)
        if routes.truck[load] < 0 and memory.listed[row] < most:
            memory.listed[row] += 1
            memory.absent[count] = load
            count += 1
    _sort_absent(day, memory, count)
    for i in range(count):
        load = memory.absent[i]
        row = _row(day, load)
        if memory.failed[row] != stamp and not place(day, routes, memory, load, stamp, blink):
            memory.failed[row] = stamp


@compiled
def rounds(
    day: Day, routes: Routes, best: Routes, memory: Memory, first: int, count: int, hot: float, cold: float
) -> int:
    """``count`` rounds of ruin and repair with the temperature (km) falling from ``hot`` to ``cold``.

    ``best`` follows the best schedule seen. Returns how many rounds found a better one.
    """
    undone, km = undone_and_km(day, routes)
    best_undone, best_km = undone_and_km(day, best)
    found = 0
    for i in range(count):
        stamp = first + i
        temperature = hot * (cold / hot) ** (i / count)
        memory.saved[0] = 0
        _ruin(day, routes, memory, stamp)
        fill(day, routes, memory, stamp, BLINK)
        new_undone, new_km = undone_and_km(day, routes)
        less_undone = new_undone < undone - 1e-9
        as_much = abs(new_undone - undone) <= 1e-9
        if less_undone or (as_much and new_km < km - temperature * np.log(np.random.random())):
            undone, km = new_undone, new_km
            if undone < best_undone - 1e-9 or (undone <= best_undone + 1e-9 and km < best_km - 1e-9):
                best_undone, best_km = undone, km
                copy_into(routes, best)
                found += 1
        else:
            _put_back(day, routes, memory)
    return found


@inside
def copy_into(a: Routes, b: Routes) -> None:
    """Copies a whole schedule."""
    for truck in range(len(a.trucks)):
        _copy_truck(a, b, truck)
    for load in range(len(a.truck)):
        b.truck[load] = a.truck[load]
    for gate in range(a.taken.shape[0]):
        for minute in range(a.taken.shape[1]):
            b.taken[gate, minute] = a.taken[gate, minute]
