from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.distances import measure
from optimizer.errors import InputError
from optimizer.lanes import build_lanes
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.sample import Size, command, sample
from optimizer.sample.stuff import PLANTS, STUFF, USES


def digests(folder: Path) -> dict[str, str]:
    files = [p for p in folder.rglob("*") if p.is_file()]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def lanes_of(folder: Path) -> int:
    scenario = load_scenario(folder)
    return len(build_lanes(scenario, measure(scenario, Progress())))


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path):
    sample(tmp_path / "a", sites=30, seed=5)
    sample(tmp_path / "b", sites=30, seed=5)
    sample(tmp_path / "c", sites=30, seed=6)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(tmp_path / "a")["supplies.csv"] != digests(tmp_path / "c")["supplies.csv"]


def test_what_is_uncertain_changes_no_other_file(tmp_path):
    for name, uncertain in (("plain", False), ("uncertain", True)):
        sample(tmp_path / name, sites=12, days=3, uncertain=uncertain)
    plain, more = ({file.name: file.read_bytes() for file in (tmp_path / n).iterdir()} for n in ("plain", "uncertain"))
    assert more.keys() - plain.keys() == {"uncertainty.csv"}
    assert {name: more[name] for name in plain} == plain
    assert {row.what for row in load_scenario(tmp_path / "uncertain").uncertain} >= {"quantity", "rain", "wet"}


def test_sizes_are_those_asked_for(tmp_path):
    size = sample(tmp_path / "s", sites=40, demands=17, yards=3, plants=4, materials=9, days=5, seed=2)
    scenario = load_scenario(tmp_path / "s")
    assert size == Size(40, 17, 3, 4, 9, 5)
    assert (len(scenario.supplies.ids), len(scenario.demands.ids), scenario.days) == (40, 17, 5)
    assert scenario.facilities.kind.count("yard") == 3
    assert sum(kind in ("recycling", "treatment") for kind in scenario.facilities.kind) == 4
    assert len(np.unique(scenario.supplies.commodity // 3)) == 9


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_reference_size_has_about_35_000_lanes(tmp_path, seed):
    """The benchmark instance: 200 x 100 x 10 yards x 3 plants x 6 materials x 7 days."""
    sample(tmp_path / "s", sites=200, demands=100, yards=10, plants=3, materials=6, days=7, seed=seed)
    assert 30_000 <= lanes_of(tmp_path / "s") <= 40_000


def test_two_thousand_sites_load(tmp_path):
    sample(tmp_path / "s", sites=2000, materials=12, seed=3)
    assert len(load_scenario(tmp_path / "s").supplies.ids) == 2000


def test_given_distances_open_the_same_lanes_as_the_detour(tmp_path):
    sample(tmp_path / "pairs", sites=25, seed=4, distances=True)
    sample(tmp_path / "detour", sites=25, seed=4)
    by_pairs, by_detour = load_scenario(tmp_path / "pairs"), load_scenario(tmp_path / "detour")
    assert lanes_of(tmp_path / "pairs") == lanes_of(tmp_path / "detour")
    km, other = measure(by_pairs, Progress()).km, measure(by_detour, Progress()).km
    given_pairs = ~np.isnan(km)
    assert km[given_pairs] == pytest.approx(other[given_pairs], abs=6e-4)  # written to the metre


def test_a_district_is_mixed(tmp_path):
    sample(tmp_path / "s", sites=200, seed=1)
    scenario = load_scenario(tmp_path / "s")
    s, d = scenario.supplies, scenario.demands
    assert set(s.unit) == {"t", "m3_bank", "m3_loose"}
    assert set(d.unit) >= {"t", "m3_loose", "m3_compacted"}
    assert set((s.commodity % 3).tolist()) == {0, 1, 2}
    assert (s.last - s.first + 1 < 7).any()
    assert np.isfinite(s.stock_max).any()
    assert np.isfinite(d.daily_max).any()
    assert (d.required > 0).any()
    assert not s.must_move.all()
    assert len(scenario.stocks.t)
    assert len(scenario.mixes.demand)
    assert {"yard", "disposal", "recycling", "treatment", "offsite", "quarry"} == set(scenario.facilities.kind)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sites=st.integers(1, 40),
    demands=st.integers(1, 20),
    yards=st.integers(0, 4),
    plants=st.integers(0, 5),
    materials=st.integers(1, len(STUFF)),
    days=st.integers(1, 10),
    seed=st.integers(0, 10**6),
)
def test_every_district_loads_and_can_be_served(tmp_path_factory, sites, demands, yards, plants, materials, days, seed):
    """Whatever the size, nothing required is out of reach: off-site takes all, required needs are made to be met."""
    from optimizer.planner import Options, plan_scenario

    folder = tmp_path_factory.mktemp("sample") / "s"
    sample(folder, sites=sites, demands=demands, yards=yards, plants=plants, materials=materials, days=days, seed=seed)
    summary = plan_scenario(load_scenario(folder), Options(), Progress()).plan.summary
    assert summary["status"] == "optimal"
    assert summary["kpis"]["unserved_t"] == pytest.approx(0.0, abs=1e-5)


def test_most_goes_direct_some_waits_in_a_yard_little_leaves(tmp_path):
    from optimizer.planner import Options, plan_scenario

    shares = []
    for seed in (2, 3, 5):
        sample(tmp_path / str(seed), sites=200, seed=seed)
        k = plan_scenario(load_scenario(tmp_path / str(seed)), Options(), Progress()).plan.summary["kpis"]
        shares.append([k[name] / k["generated_t"] for name in ("direct_t", "transfer_t", "offsite_t")])
    direct, transfer, offsite = np.array(shares).T
    assert (direct > 0.5).all()
    assert (transfer > 0.005).all()
    assert (offsite < 0.1).all()
    assert (offsite > 0).any()


def test_a_folder_with_something_in_it_is_refused_and_kept(tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "note.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        sample(tmp_path / "s", sites=3)
    assert (tmp_path / "s" / "note.txt").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["s"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "s").mkdir()
    sample(tmp_path / "s", sites=3)
    assert load_scenario(tmp_path / "s").days == 7


def test_all_bad_numbers_are_told_at_once(tmp_path):
    with pytest.raises(InputError) as error:
        sample(tmp_path / "s", sites=0, materials=99, days=-1)
    assert {fault.column for fault in error.value.faults} == {"--sites", "--materials", "--days"}
    assert not (tmp_path / "s").exists()


def test_a_map_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        sample(tmp_path / "s", sites=3, roads=tmp_path / "nowhere.osm")
    assert not (tmp_path / "s").exists()


def test_roads_and_distances_together_are_refused(tmp_path):
    with pytest.raises(InputError, match="one of them"):
        sample(tmp_path / "s", sites=3, roads=tmp_path, distances=True)


@pytest.mark.parametrize("as_json", [False, True])
def test_command_says_what_it_wrote(tmp_path, capsys, as_json):
    import argparse
    import json

    from optimizer.sample import add_arguments

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    argv = ["--sites", "4", str(tmp_path / "s"), "--quiet", *(["--json"] if as_json else [])]
    assert command(parser.parse_args(argv)) == 0
    out = capsys.readouterr().out
    if as_json:
        assert json.loads(out)["sites"] == 4
    else:
        assert "sites 4" in out
        assert "cutfill plan" in out


def test_recipes_never_make_mass():
    for plant in PLANTS.values():
        for key in {(row.input, row.grade_in) for row in plant.rows}:
            assert sum(row.share for row in plant.rows if (row.input, row.grade_in) == key) <= 1


def test_every_material_has_somewhere_to_go():
    """Each one is used as it comes by some use, or a plant makes something of it."""
    taken = {material for use in USES for material in use.accepts}
    for stuff in STUFF:
        inputs = {row.input for row in PLANTS[stuff.plant].rows} if stuff.plant else taken
        assert stuff.id in inputs
