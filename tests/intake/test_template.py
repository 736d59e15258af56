"""What is generated from the schema."""

from __future__ import annotations

import csv

import pytest

from optimizer.errors import InputError
from optimizer.read import load_scenario
from optimizer.schema import SETTING_FIELDS, TABLES
from optimizer.template import PAGE, data_dictionary, write_template


@pytest.fixture
def template(tmp_path):
    write_template(tmp_path / "new")
    return tmp_path / "new"


def test_template_loads_without_a_word(template):
    scenario = load_scenario(template)
    assert scenario.notes == ()
    assert (len(scenario.supplies.ids), len(scenario.demands.ids), len(scenario.facilities.ids)) == (3, 3, 5)
    assert scenario.supplies.quantity[2] == 1200  # releases.csv: 700 + 500


def test_template_has_every_column_and_every_key(template):
    for file in template.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as stream:
            assert next(csv.reader(stream)) == [f.name for f in TABLES[file.stem].fields]
    assert {f.stem for f in template.glob("*.csv")} == set(TABLES) - {"distances", "materials"}
    toml = (template / "scenario.toml").read_text(encoding="utf-8")
    assert all(f"{name.rpartition('.')[2]} = " in toml for name in SETTING_FIELDS)
    assert all(field.zh in toml and field.en in toml for field in SETTING_FIELDS.values())


def test_template_keys_that_are_commented_out_are_right_when_used(template):
    """Every optional scalar of [objective], [roads] and [costs] with its default as written."""
    toml = (template / "scenario.toml").read_text(encoding="utf-8")
    for key in (
        "tolerance",
        "by",
        "snap_km",
        "max_km",
        "haul_per_t_km",
        "co2_per_t_km",
        "carbon_per_kg",
        "unserved_per_t",
    ):
        assert f"\n# {key} = " in toml
        toml = toml.replace(f"\n# {key} = ", f"\n{key} = ")
    (template / "scenario.toml").write_text(toml, encoding="utf-8")
    scenario = load_scenario(template)
    assert (scenario.objective.tolerance, scenario.roads.max_km, scenario.costs.co2_per_t_km) == (1e-6, 60, 0.129)


def test_template_never_overwrites(template):
    before = {f.name: f.read_bytes() for f in template.iterdir()}
    with pytest.raises(InputError, match="is there already and not empty"):
        write_template(template)
    assert {f.name: f.read_bytes() for f in template.iterdir()} == before


def test_template_over_a_file_or_into_a_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        write_template(tmp_path / "file")
    with pytest.raises(InputError, match="cannot be written"):
        write_template(tmp_path / "file" / "new")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_template_fills_an_empty_folder(tmp_path):
    (tmp_path / "new").mkdir()
    write_template(tmp_path / "new")
    assert load_scenario(tmp_path / "new").days == 7


def test_the_committed_page_is_the_generated_one():
    assert PAGE.read_text(encoding="utf-8") == data_dictionary(), "run python -m optimizer.template"


def test_the_page_names_every_field():
    page = data_dictionary()
    for spec in TABLES.values():
        assert all(f"| `{field.name}` | {field.type}" in page for field in spec.fields)
