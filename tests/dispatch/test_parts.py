"""A large day is improved in parts: nothing is lost on the way, and the tickets do not depend on the cores."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from fleets import checked, dispatched, drawn, write

from optimizer.dispatch import parts

TRUCKS = [
    {"truck": f"T{i}", "count": 14, "depot": depot, "payload": 16, "shift_from": "06:00", "shift_to": end}
    for i, (depot, end) in enumerate((("Y1", "18:00"), ("S1", "16:00")))
]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(parts, "PART", 150)


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """640 loads on four lanes: up to four parts."""
    pit = {"material": "spoil_silty_clay", "unit": "t", "quantity": 10_000}
    fill = {"accepts": "spoil_silty_clay", "unit": "t", "quantity": 10_000}
    folder = write(tmp_path_factory.mktemp("large") / "a", trucks=TRUCKS,
                   supplies=[{"supply": s, **pit} for s in ("S1", "S2")],
                   demands=[{"demand": d, **fill} for d in ("D1", "D2")])  # fmt: skip
    return folder, drawn(np.random.default_rng(5), 640)[1]


def test_parts_keep_every_load_and_the_check_agrees(week, tmp_path, monkeypatch):
    folder, plan = week
    seen = []
    improved = parts.improve_in_parts

    def watched(day, routes, best, *rest):
        improved(day, routes, best, *rest)
        trucks, loads = zip(*parts._parts(day, routes, np.random.default_rng(1)), strict=True)
        seen.append((len(trucks), np.sort(np.concatenate(trucks)), np.sort(np.concatenate(loads))))

    monkeypatch.setattr("optimizer.dispatch.solve.improve_in_parts", watched)
    dispatch = dispatched(folder, plan, rounds=4000)
    assert len(seen) > 1
    for number, trucks, loads in seen:
        assert number >= 2
        assert (trucks == np.arange(28)).all()
        assert (loads == np.arange(640)).all()
    assert checked(folder, plan, dispatch, tmp_path / "out") == []
    day = dispatch.summary["days"][0]
    assert day["empty_km"] < day["empty_km_first_schedule"]


def test_tickets_do_not_depend_on_the_cores(week, monkeypatch):
    folder, plan = week
    found = []
    for cores in (1, 3):
        monkeypatch.setattr(parts, "ThreadPoolExecutor", partial(ThreadPoolExecutor, max_workers=cores))
        found.append(dispatched(folder, plan, rounds=3000).tables["trips"].rows)
    assert found[0] == found[1]
