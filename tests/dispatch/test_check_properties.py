"""The independent check on days drawn by Hypothesis: what dispatch writes passes, what is spoilt on purpose is named.

Legs are told again here from the km of ``fleets``: 25 km/h laden, 35 empty, loading 5, tipping 3, washing 4 minutes.
"""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from tempfile import TemporaryDirectory

from fleets import KM, checked, flows, recheck, write
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from optimizer.dispatch import Budget, dispatch_scenario
from optimizer.distances import measure
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.tables import Table

LANES = [("S1", "D1"), ("S1", "D2"), ("S2", "D1"), ("S2", "D2")]
WAYS = {(a, b): km for (x, y), km in KM.items() for a, b in ((x, y), (y, x))}
SMALL = {"truck": "small", "depot": "Y1", "payload": 8, "shift_from": "06:00", "shift_to": "18:00"}
MOMENTS = ("start_at", "load_at", "depart_at", "arrive_at", "tip_at", "leave_at")
few = settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@st.composite
def days(draw, *, electric=None, rests=False, gates=None):
    """Tables of a small day, its plan, and minutes to spare."""
    truck = {"truck": "T", "count": draw(st.integers(1, 3)), "depot": "Y1", "payload": 16, "shift_from": "06:00",
             "shift_to": draw(st.sampled_from(["14:00", "18:00", "02:00"]))}  # fmt: skip
    if rests:
        truck |= {"rest_after": 1, "rest": draw(st.integers(15, 40))}
    if draw(st.booleans()) if electric is None else electric:
        truck |= {"range_loaded": draw(st.integers(35, 90)), "charge_minutes": draw(st.integers(20, 90)),
                  "chargers": draw(st.sampled_from(["", "D1", "D2;S1"]))}  # fmt: skip
    tables = {"trucks": [truck, SMALL]}
    if draw(st.booleans()) if gates is None else gates:
        tables["gates"] = [{"place": "S1", "what": "load", "opens": "06:00", "closes": "16:00", "bays": 1,
                            "minutes": draw(st.integers(3, 15))}]  # fmt: skip
    t = draw(st.lists(st.sampled_from([0.0, 16.0, 40.0, 64.0, 96.0]), min_size=4, max_size=4))
    t[0] = t[0] or 64.0  # something moves, and more than one load of it
    return tables, flows(*((0, a, b, x) for (a, b), x in zip(LANES, t, strict=True) if x)), draw(st.integers(0, 4))


class Written:
    """A day dispatched and written, which the check confirms."""

    def __init__(self, day, slack=None):
        tables, self.plan, spare = day
        self._scratch = TemporaryDirectory(prefix="cutfill-test-")
        parent = Path(self._scratch.name)
        self.folder, self.out = write(parent / "a", **tables), parent / "out"
        scenario = load_scenario(self.folder)
        made = dispatch_scenario(scenario, measure(scenario, Progress()), self.plan, Budget(20), Progress(),
                                 spare if slack is None else slack)  # fmt: skip
        assert checked(self.folder, self.plan, made, self.out) == []
        self.trips = list(Table.read_csv(self.out / "trips.csv").records())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._scratch.cleanup()

    def found(self):
        """What the check says of the tickets as they are now."""
        columns = tuple(self.trips[0])
        table = Table(columns, [tuple(row[name] for name in columns) for row in self.trips])
        (self.out / "trips.csv").write_text(table.to_csv(), encoding="utf-8")
        return recheck(self.folder, self.plan, self.out)


def moved(moment, minutes):
    return (dt.datetime.fromisoformat(moment) + dt.timedelta(minutes=minutes)).isoformat(timespec="minutes")


def between(a, b):
    return int((dt.datetime.fromisoformat(b) - dt.datetime.fromisoformat(a)).total_seconds() // 60)


@few
@given(days())
def test_every_day_that_is_dispatched_passes(day):
    with Written(day):
        pass


@few
@given(days(), st.data())
def test_a_moment_one_minute_too_early_is_named(day, data):
    with Written(day) as written:
        row = data.draw(st.sampled_from(written.trips))
        laden = math.ceil(WAYS[row["from"], row["to"]] / 25 * 60 - 1e-9)
        step = {"arrive_at": ("depart_at", laden), "tip_at": ("arrive_at", 0), "leave_at": ("tip_at", 3 + 4)}
        column = data.draw(st.sampled_from(sorted(step)))
        before, least = step[column]
        row[column] = moved(row[before], least - 1)
        line = written.trips.index(row) + 2
        assert any(told.startswith(f"trips.csv:{line}: {column}: is 1 min before") for told in written.found())


@few
@given(days(), st.data())
def test_a_load_on_a_truck_that_is_too_small_is_named(day, data):
    with Written(day) as written:
        row = data.draw(st.sampled_from([row for row in written.trips if float(row["t"]) > 8]))
        row["truck"] = "small"
        line = written.trips.index(row) + 2
        assert f"trips.csv:{line}: t: 16 t on a truck of 8 t" in written.found()


@few
@given(days(gates=True, electric=False), st.data())
def test_two_trucks_in_one_bay_are_named(day, data):
    """A truck comes with all its moments to the minute at which another is being loaded."""
    with Written(day) as written:
        at_gate = [row for row in written.trips if row["from"] == "S1"]
        pairs = [(a, b) for a in at_gate for b in at_gate if a["truck"] != b["truck"] and a["load_at"] != b["load_at"]]
        assume(pairs)
        one, other = data.draw(st.sampled_from(pairs))
        shift = between(one["load_at"], other["load_at"])
        one |= {name: moved(one[name], shift) for name in MOMENTS}
        assert any("2 trucks at the gate S1 (load) at once, it has bays for 1" in told for told in written.found())


@few
@given(days(electric=True), st.data())
def test_a_charge_that_is_cut_short_is_named(day, data):
    """Without the charge the battery would fall below its reserve; and what is told of it is not what is left."""
    with Written(day) as written:
        charged = [row for row in written.trips if row["charge_at"] and between(row["plug_at"], row["unplug_at"]) > 1]
        assume(charged)
        row = data.draw(st.sampled_from(charged))
        line = written.trips.index(row) + 2
        row["unplug_at"] = row["plug_at"]
        found = written.found()
        assert any(told.startswith(f"trips.csv:{line}: battery: is ") for told in found)
        assert any("must stay" in told for told in found)


@few
@given(days(rests=True, electric=False, gates=False), st.data())
def test_a_break_that_is_driven_through_is_named(day, data):
    """All that comes before a rest between two loads is moved into it."""
    with Written(day, slack=0) as written:
        rest = int(day[0]["trucks"][0]["rest"])
        breaks = [
            (before, after) for before, after in zip(written.trips, written.trips[1:], strict=False)
            if before["truck"] == after["truck"] and between(before["leave_at"], after["start_at"]) >= rest
        ]  # fmt: skip
        assume(breaks)
        before, after = data.draw(st.sampled_from(breaks))
        gap = between(before["leave_at"], after["start_at"])
        for row in written.trips[: written.trips.index(after)]:
            if row["truck"] == after["truck"]:
                row |= {name: moved(row[name], gap) for name in MOMENTS}
        assert any("min without a rest, more than 60" in told for told in written.found())
