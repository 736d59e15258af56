"""The data in the page: whole, plain, and safe."""

import json
from dataclasses import replace

import numpy as np
import pytest
import report_district as district

from optimizer.report.payload import MAX_PRICES, as_script, payload
from optimizer.tables import Table


@pytest.fixture(scope="module")
def data(scenario, plan):
    return json.loads(as_script(payload(scenario, plan)))


def test_flows_are_all_there(data, plan):
    flows = plan.tables["flows"]
    assert data["flows"]["t"] == pytest.approx(flows.column("t"), abs=1e-6)
    sites = data["sites"]
    ends = [tuple(sites[i]["id"] for i in data["lanes"][lane][:2]) for lane in data["flows"]["lane"]]
    assert ends == list(zip(flows.column("from"), flows.column("to"), strict=True))
    assert [data["vias"][i] for i in data["flows"]["via"]] == flows.column("via")
    assert [data["days"][i] for i in data["flows"]["day"]] == flows.column("date")


def test_sites_carry_what_comes_and_goes(data, plan):
    moved = sum(plan.tables["flows"].column("t"))
    assert sum(site["t_in"] for site in data["sites"]) == pytest.approx(moved, abs=0.1)
    assert sum(site["t_out"] for site in data["sites"]) == pytest.approx(moved, abs=0.1)


def test_every_lane_lies_on_arcs(data):
    assert all(arcs for _, _, _, arcs in data["lanes"])
    assert {k for _, _, _, arcs in data["lanes"] for k in arcs} == set(range(len(data["arcs"])))


def test_unlimited_is_null(data):
    offsite = next(f for f, s in zip(data["facilities"], data["sites"][32:], strict=True) if s.get("kind") == "offsite")
    assert offsite["storage"] is None and set(offsite["daily_in"]) == {None}


def test_grades_of_a_material_are_one_line_of_stock(scenario, plan):
    """Two grades of one material in one yard on one night: 100 t and 20 t are 120 t."""
    row = (scenario.start.isoformat(), "Y1", "topsoil")
    stocks = Table(
        plan.tables["stocks"].columns, [(*row, "1", 0.0, 100.0, 0.0, 100.0), (*row, "2", 0.0, 20.0, 0.0, 20.0)]
    )
    rows = payload(scenario, replace(plan, tables=plan.tables | {"stocks": stocks}))["stocks"]
    assert [r[3:] for r in rows] == [[0.0, 120.0, 0.0, 120.0]]


def test_received_is_told_in_the_demands_own_unit(scenario, plan):
    """A demand in m³ compacted of silty clay at 2.18 t/m³ that got t tonnes holds t / 2.18 m³."""
    demands = scenario.demands
    units = demands.units_per_t.copy()
    units[3] = np.where(demands.accepts[3], 1 / 2.18, np.nan)
    metric = replace(scenario, demands=replace(demands, units_per_t=units))
    got = payload(metric, plan)
    t = got["sites"][20 + 3]["t_in"]
    assert got["demands"][3]["received"] == pytest.approx(t / 2.18, abs=1e-3)


def test_bottlenecks_put_the_first_goal_first(scenario, plan):
    columns = ("id", "side", "material", "date", "price", "unserved", "haul")
    day = scenario.start.isoformat()
    rows = [
        ("Y1", "storage", None, day, -90.0, 0.0, -90.0),
        ("Y2", "gate_in", None, day, -1.0, -0.5, -1.0),
        ("Y2", "gate_in", None, scenario.date(1).isoformat(), -2.0, -1.0, -2.0),
        ("S01", "supply", "topsoil", day, 99.0, 1.0, 99.0),
        ("D1", "room", None, None, 0.0, 0.0, 0.0),
    ]
    goals = [{"name": "unserved", "unit": "t"}, {"name": "haul", "unit": "t·km"}]
    priced = replace(
        plan, summary=plan.summary | {"goals": goals}, tables=plan.tables | {"prices": Table(columns, rows)}
    )
    tight = payload(scenario, priced)["prices"]
    assert [(row["id"], row["unserved"], row["tight_days"]) for row in tight] == [("Y2", -1.0, 2), ("Y1", 0.0, 1)]
    many = [("Y1", "storage", f"m{i}", day, -1.0, 0.0, -1.0 - i) for i in range(50)]
    crowded = replace(priced, tables=plan.tables | {"prices": Table(columns, many)})
    assert len(payload(scenario, crowded)["prices"]) == MAX_PRICES


def test_script_cannot_be_left():
    text = as_script({"name": "</script><!-- & \u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"name": "</script><!-- & \u2028"}


def test_no_coordinates(scenario, plan):
    bare = payload(district.without_coordinates(scenario), replace(plan, paths={}))
    assert bare["arcs"] == [] and all(site["at"] is None for site in bare["sites"])
    assert all(arcs == [] for _, _, _, arcs in bare["lanes"])


def test_some_coordinates(scenario, plan):
    """One supply without coordinates: its lanes are not drawn, the others keep their arcs."""
    lon = scenario.supplies.lon.copy()
    lon[0] = np.nan
    some = payload(replace(scenario, supplies=replace(scenario.supplies, lon=lon)), replace(plan, paths={}))
    assert all((arcs == []) == (0 in (a, b)) for a, b, _, arcs in some["lanes"])
