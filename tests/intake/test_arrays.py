"""What the good scenario becomes, worked by hand; and the rules that need two rows to show."""

from __future__ import annotations

import numpy as np
import pytest
from forms import assert_same
from good_scenario import GOOD

from optimizer.scenario import GRADES, commodity_of


@pytest.fixture
def good(load):
    return load()


def k(scenario, material: str, grade: int) -> int:
    return int(commodity_of(scenario.materials.index[material], grade))


def test_supplies_in_tonnes(good):
    """S1 100 m³ bank × 2.0 t/m³ (overridden) = 200 t; S2 60 t; S3 70 + 50 = 120 t; S4 30 m³ loose slurry × 1.2 = 36 t.

    daily_max of S1 is in its own unit: 50 m³ × 2.0 = 100 t. stock_max is in t as entered.
    """
    s = good.supplies
    np.testing.assert_allclose(s.quantity, [200, 60, 120, 36])
    np.testing.assert_allclose(s.daily_max, [100, np.inf, np.inf, np.inf])
    np.testing.assert_array_equal(s.stock_max, [200, np.inf, np.inf, np.inf])
    assert s.unit == ("m3_bank", "t", "t", "m3_loose")
    assert s.commodity.tolist() == [
        k(good, "spoil_silty_clay", 2), k(good, "topsoil", 1), k(good, "concrete_rubble", 2), k(good, "slurry", 2)
    ]  # fmt: skip
    assert s.must_move.tolist() == [True, False, True, True]
    np.testing.assert_array_equal(s.ask, [-3, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(s.priority, [2, 1, 1, 1])
    assert (s.names[0], s.owner[0], s.street[0]) == ("pit", "Zhang", "大桥")


def test_release_by_day(good):
    """S1: 200 t over 5 days, 40 a day. S2: 60 t over 5 days of which three are planned: 12 a day, 36 in all.

    S3 as listed. S4 has no dates: 36 t over the seven days of the horizon.
    """
    np.testing.assert_allclose(
        good.supplies.release,
        [[40, 40, 40, 40, 40, 0, 0], [12, 12, 12, 0, 0, 0, 0], [0, 70, 0, 50, 0, 0, 0], [36 / 7] * 7],
    )
    assert good.supplies.first.tolist() == [0, 0, 1, 0]
    assert good.supplies.last.tolist() == [4, 2, 3, 6]
    assert any("1 of 4 supplies have dates beyond the horizon" in note for note in good.notes)


def test_releases_before_the_horizon_count_but_are_not_planned(load):
    """S2 releases 24 t on 1 March, before the horizon, and 36 t on 4 March."""
    listed = GOOD["releases.csv"] + "S2,2025-03-01,24\nS2,2025-03-04,36\n"
    supplies = load({"releases.csv": listed}).supplies
    assert supplies.quantity[1] == 60
    assert supplies.release[1].tolist() == [0, 36, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(("quantity", "fits"), [("120.1", True), ("120.2", False)])
def test_listed_releases_match_the_quantity_within_a_thousandth(quantity, fits, load, faults):
    """120.1 × 0.1 % = 0.12 ≥ 0.1; 120.2 × 0.1 % = 0.12 < 0.2. What is planned is what is listed."""
    change = {"supplies.csv": ("concrete_rubble,,t", f"concrete_rubble,{quantity},t")}
    if fits:
        assert load(change).supplies.quantity[2] == 120
    else:
        assert len(faults(change)) == 1


def test_demands_keep_their_unit(good):
    """D1 in compacted m³: silty clay 1.90 / 0.87 = 2.1839 t/m³ compacted, dry clay 1.84 / 0.85 = 2.1647; D2 in t."""
    d, at = good.demands, good.materials.index
    assert d.units_per_t[0, at["spoil_silty_clay"]] == pytest.approx(0.87 / 1.90)
    assert d.units_per_t[0, at["clay_dry"]] == pytest.approx(0.85 / 1.84)
    assert d.units_per_t[1, at["topsoil"]] == 1.0
    np.testing.assert_array_equal(np.isnan(d.units_per_t), ~d.accepts)
    assert d.accepts.sum(axis=1).tolist() == [2, 1]
    assert d.first_material.tolist() == [at["spoil_silty_clay"], at["topsoil"]]
    np.testing.assert_array_equal(d.quantity, [90, 40])
    np.testing.assert_array_equal(d.required, [40, 0])
    np.testing.assert_array_equal(d.daily_max, [30, np.inf])
    assert d.grade.tolist() == [2, 1]


def test_first_material_is_the_first_written_not_the_first_known(load):
    scenario = load({"demands.csv": ("spoil_silty_clay;clay_dry", "clay_dry;spoil_silty_clay")})
    assert scenario.demands.first_material[0] == scenario.materials.index["clay_dry"]


def test_facilities(good):
    """Blank grade: 2, but x at treatment; a quarry sells grade 1. Blank storage: 0 for plants, inf for others."""
    f = good.facilities
    assert f.kind == ("yard", "recycling", "treatment", "disposal", "quarry")
    assert f.grade.tolist() == [2, 2, 3, 2, 1]
    assert f.storage.tolist() == [800, 250, 0, 5000, np.inf]
    assert f.end_stock_max.tolist() == [500, *[np.inf] * 4]
    assert f.longest_stay.tolist() == [3, *[np.inf] * 4]
    assert f.fee.tolist() == [5, 15, 0, 30, 40]
    assert f.opening_cost.tolist() == [0, 0, 0, 0, 5000]
    assert f.status == ("open", "open", "open", "open", "candidate")
    assert f.accepts[0].all()
    assert f.accepts[1].sum() == 1


def test_days_on_which_facilities_are_open(good):
    """Y1 is closed by the calendar on 8 and 9 March, P1 has dates 4 to 8 March, Q1 is only a candidate."""
    assert good.facilities.open.astype(int).tolist() == [
        [1, 1, 1, 1, 1, 0, 0],
        [0, 1, 1, 1, 1, 1, 0],
        [1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 1],
        [0, 0, 0, 0, 0, 0, 0],
    ]


def test_calendar_limits_hold_on_its_dates_and_blank_ones_change_nothing(good):
    f = good.facilities
    assert f.daily_in[0].tolist() == [400] * 5 + [0, 0]
    assert f.daily_in[3].tolist() == [np.inf, np.inf, 10, *[np.inf] * 4]
    assert f.daily_out[3].tolist() == [np.inf] * 7
    assert f.daily_out[4].tolist() == [900] * 7


def test_calendar_of_one_gate_does_not_close(load):
    assert load({"calendar.csv": ("0,0", "0,5")}).facilities.open[0].all()


def test_recipes(good):
    """97 % is read as a share."""
    r, at = good.recipes, good.materials.index
    np.testing.assert_allclose(r.yields, [0.88, 0.04, 0.97])
    assert r.facility.tolist() == [1, 1, 2]
    assert r.output.tolist() == [at["recycled_aggregate"], at["residue"], at["spoil_silty_clay"]]
    assert r.grade_in.tolist() == [0, 0, 3]
    assert r.grade_out.tolist() == [0, 0, 2]
    assert r.daily_max.tolist() == [80, 80, np.inf]
    assert r.cost.tolist() == [20, 20, 0]


def test_yields_of_different_grades_are_not_added(load, faults):
    """Grade x and grade 2 are two recipes of 0.97 each; a row for any grade adds to both."""
    more = GOOD["recipes.csv"] + "W1,spoil_silty_clay,spoil_silty_clay,0.9,,,2,\n"
    assert len(load({"recipes.csv": more}).recipes.yields) == 4
    found = faults({"recipes.csv": more + "W1,spoil_silty_clay,residue,0.05,,,,\n"})
    assert found == ["recipes.csv:4: yield: makes mass out of nothing: the yields of spoil_silty_clay at W1 add up to "
                     "1.02; expected 1 at most"]  # fmt: skip


def test_an_input_may_come_from_another_recipe_of_the_plant(load):
    """W1 does not accept cake by truck, but makes it from slurry and then stabilises it."""
    more = GOOD["recipes.csv"] + "W1,slurry,cake,0.4,,,,\nW1,cake,stabilised_soil,1,,,,\n"
    assert len(load({"recipes.csv": more}).recipes.yields) == 5


def test_opening_stock_in_tonnes(good):
    """100 m³ loose silty clay at 1.90 / 1.30 t/m³ loose (only its bank density is overridden) = 146.15 t."""
    np.testing.assert_allclose(good.stocks.t, [100 * 1.90 / 1.30, 50])
    assert good.stocks.commodity.tolist() == [k(good, "spoil_silty_clay", 2), k(good, "recycled_aggregate", 2)]


def test_mixes(good):
    assert (good.mixes.demand.tolist(), good.mixes.material.tolist()) == ([0], [good.materials.index["clay_dry"]])
    assert (good.mixes.min_share.tolist(), good.mixes.max_share.tolist()) == ([0.0], [0.5])


def test_settings(good, write):
    assert (good.name, good.start.isoformat(), good.days) == ("good", "2025-03-03", 7)
    assert good.objective.order == ("unserved", "haul")
    assert good.objective.tolerance == 1e-6
    assert good.costs.haul_per_t_km == 0.8
    assert good.costs.unserved_per_t == 1000.0
    assert (good.roads.detour, good.roads.by, good.roads.snap_km, good.roads.max_km) == (1.3, "distance", 1.0, np.inf)
    assert good.folder == write()


def test_a_nameless_scenario_is_called_after_its_folder(load):
    assert load({"scenario.toml": ('name = "good"\n', "")}).name == "case"


def test_default_objective(load):
    scenario = load({"scenario.toml": ('[objective]\norder = ["unserved", "haul"]\n', "")})
    assert scenario.objective.order == ("unserved", "offsite", "transfer", "haul")


def test_a_scenario_without_demands_says_so(load):
    scenario = load({"demands.csv": None, "mixes.csv": None})
    assert scenario.demands.accepts.shape == (0, len(scenario.materials.ids))
    assert "there is no table of demands: nothing inside the district takes fill" in scenario.notes


def test_road_files_are_inputs_and_no_tables(write, load):
    """A road graph of nodes.csv and edges.csv may lie in the scenario folder itself."""
    changes = {"scenario.toml": ("detour = 1.3", 'file = "."'), "nodes.csv": "node,lon,lat\n", "edges.csv": "from,to\n"}
    assert {"nodes.csv", "edges.csv"} < set(load(changes).hashes)


def test_reading_twice_gives_the_same(load):
    assert_same(load(), load())


@pytest.mark.parametrize("table", ["supplies.csv", "demands.csv", "facilities.csv"])
def test_order_of_rows_only_changes_numbering(table, load, good):
    head, *rows = GOOD[table].splitlines()
    turned = load({table: "\n".join([head, *reversed(rows)])})
    part = table.removesuffix(".csv")
    assert getattr(turned, part).ids == getattr(good, part).ids[::-1]
    assert turned.supplies.release.sum() == pytest.approx(good.supplies.release.sum())
    assert len(turned.place_ids) == len(good.place_ids) == 11


def test_commodities_are_material_times_grade(good):
    assert good.commodity_name(int(good.supplies.commodity[1])) == ("topsoil", "1")
    assert int(good.supplies.commodity.max()) < len(good.materials.ids) * GRADES


def test_values_at_their_very_limits_are_fine(load):
    """Everything as far as it may go: no fault, and no limit off by one."""
    scenario = load(
        {
            "supplies.csv": [("2025-03-01,2025-03-05", "2025-02-20,2025-03-03"), ("m3_loose,", "m3_loose,2025-03-09")],
            "demands.csv": (",40,2025-03-03,2025-03-09", ",90,2025-03-09,2025-03-20"),
            "recipes.csv": ("residue,0.04", "residue,0.12"),
            "stocks.csv": ("50,t", "250,t"),
            "mixes.csv": ("D1,clay_dry,,0.5", "D1,clay_dry,0.5,0.5\nD1,spoil_silty_clay,0.5,0.5"),
            "calendar.csv": ("F1,2025-03-05,2025-03-05,10,\n",
                             "Y1,2025-03-10,2025-03-12,0,0\nF1,2025-03-01,2025-03-02,0,0\n"),
        }
    )  # fmt: skip
    assert (scenario.supplies.first[1], scenario.supplies.last[1]) == (0, 0)
    assert scenario.supplies.release[1].sum() == pytest.approx(60 / 12)  # one of twelve days, 20 February to 3 March
    assert (scenario.supplies.first[3], scenario.supplies.last[3]) == (6, 6)
    assert (scenario.demands.first[0], scenario.demands.last[0]) == (6, 6)
    assert scenario.facilities.open[3].all()
    assert scenario.facilities.open[0].tolist() == [True] * 5 + [False] * 2


@pytest.mark.parametrize("dates", ["2025-03-10,", ",2025-03-02"])
def test_a_day_outside_is_outside(dates, faults):
    """The horizon is 3 to 9 March; `to` 2 March and `from` 10 March miss it by a day."""
    assert len(faults({"supplies.csv": ("slurry,30,m3_loose,,", f"slurry,30,m3_loose,{dates}")})) == 1


def test_releases_of_the_first_supply(load):
    """S1 is supply 0: listing it must not be taken for not listing anything."""
    scenario = load({"releases.csv": GOOD["releases.csv"] + "S1,2025-03-03,100\n"})
    assert scenario.supplies.release[0].tolist() == [200, 0, 0, 0, 0, 0, 0]


def test_grade_of_a_quarry_is_ignored_with_a_note(load):
    scenario = load({"facilities.csv": ("candidate,5000,,,,,,,,", "candidate,5000,,,,,,x,,")})
    assert scenario.facilities.grade[4] == 1
    assert "facilities.csv: goods of the quarry Q1 are grade 1; its grade is ignored" in scenario.notes
    plain = load({"facilities.csv": ("500,,,3", "500,2,,3")})
    assert plain.facilities.grade[0] == 2
    assert not any("quarry" in note for note in plain.notes)


def test_a_scenario_of_stock_alone(load):
    """Supplies are optional like every table: here only the yard's opening stock has to go anywhere."""
    scenario = load({"supplies.csv": None, "releases.csv": None})
    assert scenario.supplies.release.shape == (0, 7)
    assert len(scenario.stocks.t) == 2
    assert "there is no table of supplies: nothing new has to go anywhere" in scenario.notes
