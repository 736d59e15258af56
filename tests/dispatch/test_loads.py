"""Truckloads: payload or body, remainders, and the plan's t to the last one."""

from __future__ import annotations

import pytest
from fleets import dispatched, flows, write

from optimizer.dispatch.loads import cut_loads, read_flows
from optimizer.dispatch.network import build_network, cycle_minutes
from optimizer.distances import measure
from optimizer.errors import InputError
from optimizer.progress import Progress
from optimizer.read import load_scenario


def loads_of(folder, plan):
    scenario = load_scenario(folder)
    network = build_network(scenario, measure(scenario, Progress()))
    lanes = read_flows(scenario, plan)
    return [(load.day, load.t, load.part) for load in cut_loads(scenario, network, lanes)]


@pytest.mark.parametrize(("km", "minutes", "m3_per_hour"), [(1, 5.714, 219.13), (5, 22.171, 56.48)])
def test_the_cycles_of_the_trade(km, minutes, m3_per_hour):
    """Body 24 m³ at 15 % bulking = 20.870 m³ bank; 1 min to load, 0.6 to dump, 25 and 35 km/h."""
    cycle = cycle_minutes(km, 1.0, 0.6, 25, 35)
    assert f"{cycle:.3f}" == f"{minutes:.3f}"
    assert f"{24 / 1.15 * 60 / cycle:.2f}" == f"{m3_per_hour:.2f}"


def test_payload_or_body_whichever_binds(tmp_path):
    """Silty clay: 1.90 / 1.30 = 1.4615 t per loose m³. A body of 8 m³ holds 11.692 t: 40 t are 3 loads and 4.923."""
    heavy = write(tmp_path / "a")
    assert loads_of(heavy, flows((0, "S1", "D1", 40.0))) == [(0, 16, False), (0, 16, False), (0, 8, True)]
    truck = {"truck": "T", "depot": "Y1", "payload": 16, "body": 8}
    light = write(tmp_path / "b", trucks=[truck])
    found = loads_of(light, flows((0, "S1", "D1", 40.0)))
    density = load_scenario(light).materials
    loose = density.density[density.index["spoil_silty_clay"], 2]
    assert [t for _, t, part in found if not part] == pytest.approx([8 * loose] * 3)
    assert sum(t for _, t, _ in found) == pytest.approx(40)


def test_a_remainder_waits_for_the_lanes_next_day(tmp_path):
    """20 + 20 + 5 t at 16 t: a load, 4 left; 24: a load, 8 left; 13: a part load of 13 on the last day."""
    folder = write(tmp_path / "a", days=3)
    plan = flows((0, "S1", "D1", 20.0), (1, "S1", "D1", 20.0), (2, "S1", "D1", 5.0))
    assert loads_of(folder, plan) == [(0, 16, False), (1, 16, False), (2, pytest.approx(13), True)]


def test_a_remainder_goes_at_once_where_the_next_day_has_no_room(tmp_path):
    """D1 takes 20 t a day: nothing fits beside the 20 t of the second day, so 4 t go as a part load on the first."""
    demands = [{"demand": d, "accepts": "spoil_silty_clay", "unit": "t", "quantity": 500, "daily_max": 20}
               for d in ("D1", "D2")]  # fmt: skip
    folder = write(tmp_path / "a", days=2, demands=demands)
    plan = flows((0, "S1", "D1", 20.0), (1, "S1", "D1", 20.0))
    assert [t for _, t, _ in loads_of(folder, plan)] == pytest.approx([16, 4, 16, 4])


def test_dispatch_and_plan_reconcile_to_the_tonne(tmp_path):
    folder = write(tmp_path / "a", days=3)
    plan = flows((0, "S1", "D1", 33.3), (1, "S1", "D1", 50.1), (1, "S2", "D2", 7.77), (2, "S1", "D1", 0.4))
    tables = dispatched(folder, plan, rounds=0).tables
    assert sum(tables["trips"].column("t")) == pytest.approx(33.3 + 50.1 + 7.77 + 0.4, abs=1e-9)
    loads = tables["loads"]
    assert sum(loads.column("plan_t")) == pytest.approx(sum(loads.column("loads_t")))
    assert [row["carried_t"] for row in loads.records() if row["date"] == "2025-03-05"] == [0.0]


def test_faults_are_told_all_at_once(tmp_path):
    truck = {"payload": 16, "carries": "slurry"}
    folder = write(
        tmp_path / "a",
        trucks=[{"truck": "T", "depot": "Y1", **truck}, {"truck": "U", "depot": "nowhere", **truck}],
    )
    with pytest.raises(InputError) as error:
        dispatched(folder, flows((0, "S1", "D1", 40.0)))
    assert str(error.value) == "trucks.csv: depot: nobody knows where that of U lies; write the id of a place as depot"
    folder = write(tmp_path / "b", trucks=[{"truck": "T", "depot": "Y1", **truck}])
    with pytest.raises(InputError, match="no truck may carry spoil_silty_clay; the plan moves it"):
        dispatched(folder, flows((0, "S1", "D1", 40.0)))


def test_bad_tables_are_told_all_at_once(tmp_path):
    folder = write(
        tmp_path / "a",
        trucks=[{"truck": "T", "payload": 16, "shift_from": "07:00", "shift_to": "07:00"}],
        gates=[
            {"place": "Y1", "what": "tip", "opens": "08:00", "closes": "08:00"},
            {"place": "D1", "what": "tip", "opens": "06:00", "closes": "12:00", "bays": 1},
            {"place": "D1", "what": "tip", "opens": "11:00", "closes": "13:00", "bays": 2},
            {"place": "Z9", "what": "tip", "per_hour": 5},
            {"place": "D2", "what": "tip", "opens": "08:00", "closes": "08:05", "minutes": 8},
        ],
        bans=[{"vehicle": "tank", "hour_from": "07:00", "hour_to": "09:00"}],
    )
    with pytest.raises(InputError) as error:
        load_scenario(folder)
    told = str(error.value)
    for message in (
        "trucks.csv:2: shift_to: is the same minute as shift_from",
        "gates.csv:2: closes: is the same minute as opens",
        "gates.csv:4: bays: differs from row 3",
        "gates.csv:4: opens: overlaps row 3",
        "gates.csv:5: place: 'Z9' is not the id of a",
        "gates.csv:6: closes: leaves 5 min, less than the 8 that one truck takes",
        "bans.csv:2: vehicle: 'tank' is no vehicle of trucks.csv",
    ):
        assert message in told


def test_no_trucks(tmp_path):
    folder = write(tmp_path / "a")
    (folder / "trucks.csv").unlink()
    with pytest.raises(InputError, match="there are no trucks"):
        dispatched(folder, flows((0, "S1", "D1", 40.0)))
