"""The material library against DOMAIN.md, and overriding it."""

from __future__ import annotations

import math

import pytest

from optimizer.materials import compacted_density, library, loose_density, name_index, refused_class
from optimizer.schema import WASTE_CLASSES

BY_ID = {m.id: m for m in library()}


def test_two_hundred_bank_at_forty_percent_swell_are_280_loose():
    """Mass is conserved: 200 m³ × ρ = 280 m³ × ρ / 1.4."""
    bank = 1.9
    assert 200 * bank / loose_density(bank, 1.4) == pytest.approx(280)


def test_a_million_loose_is_700_000_bank_and_560_000_compacted():
    """1163 / 1661 / 2077 kg per loose / bank / compacted m³, so swell 1661/1163 and compaction 1661/2077."""
    t = 1_000_000 * 1.163
    assert loose_density(1.661, 1661 / 1163) == pytest.approx(1.163)
    assert compacted_density(1.661, 1661 / 2077) == pytest.approx(2.077)
    assert t / 1.661 == pytest.approx(700_000, rel=1e-3)
    assert t / compacted_density(1.661, 1661 / 2077) == pytest.approx(560_000, rel=1e-3)


DOMAIN = {  # bank t/m³, loose = bank / swell, compacted = bank / (compacted over bank volume)
    "spoil_silty_clay": (1.90, 1.90 / 1.30, 1.90 / 0.87),
    "clay_dry": (1.84, 1.84 / 1.24, 1.84 / 0.85),
    "clay_wet": (2.08, 2.08 / 1.25, 2.08 / 0.85),
    "earth_wet": (2.02, 2.02 / 1.26, 2.02 / 0.85),
    "sand_dry": (1.60, 1.60 / 1.13, 1.60 / 0.94),
    "sand_wet": (2.08, 2.08 / 1.13, 2.08 / 0.94),
    "gravel": (2.17, 2.17 / 1.12, 2.17 / 0.95),
    "rock_blasted": (2.50, 2.50 / 1.53, 2.50 / 1.31),
    "topsoil": (1.37, 1.37 / 1.44, 1.37 / 0.95),
    "slurry": (1.2, 1.2, None),
    "silt_dredged": (1.35, 1.35 / 1.05, 1.35 / 0.8),
    "concrete_rubble": (2.40, 1.5, None),
    "mixed_rubble": (1.90, 1.90 / 1.46, None),
    "fitout_waste": (None, 0.95, None),
    "recycled_aggregate": (None, 1.4, 1.9),
}


@pytest.mark.parametrize(("material", "expected"), DOMAIN.items())
def test_densities_of_the_field(material, expected):
    m = BY_ID[material]
    for found, wanted in zip((m.bank_t_m3, m.loose_t_m3, m.compacted_t_m3), expected, strict=True):
        assert math.isnan(found) if wanted is None else found == pytest.approx(wanted, rel=1e-12)


def test_every_figure_has_a_source_and_every_class_is_there():
    assert all(m.source.startswith(("[S]", "[K]")) for m in library())
    assert {m.waste_class for m in library()} == set(WASTE_CLASSES)
    assert all(m.counts_as_waste == (m.waste_class != "product") for m in library())


def test_every_name_means_one_material():
    index = name_index(library())
    assert None not in index.values()
    assert len(BY_ID) == len(library())


@pytest.mark.parametrize(
    "name",
    ["生活污泥", "household sludge", "Sewage-Sludge", "危险废物", "危废", "hazardous_waste", "医疗废物", "生活垃圾"],
)
def test_refused_classes(name):
    assert refused_class(name) is not None


@pytest.mark.parametrize("name", ["工程泥浆", "non-hazardous soil", "非危险废物", "淤泥", "slurry"])
def test_what_is_not_refused(name):
    assert refused_class(name) is None


def test_no_library_name_is_refused():
    assert not [name for m in library() for name in m.names if refused_class(name)]


def test_override_field_by_field(load):
    """Only the bank density of silty clay is given: the others stay the library's."""
    m = load().materials
    at = m.index["spoil_silty_clay"]
    assert m.density[at].tolist() == pytest.approx([1, 2.0, 1.90 / 1.30, 1.90 / 0.87])
    assert (m.name_zh[at], m.source[at]) == (BY_ID["spoil_silty_clay"].name_zh, "scenario")
    assert m.source[m.index["clay_dry"]] == BY_ID["clay_dry"].source


def test_new_material(load):
    m = load({"supplies.csv": ("topsoil,60", "红泥,60")}).materials
    at = m.index["red_mud"]
    assert m.density[at].tolist() == [1, 1.6, 1.2, 1.9]
    assert (m.name_zh[at], m.name_en[at], m.waste_class[at], bool(m.counts_as_waste[at])) == (
        "红泥", "red mud", "spoil", True
    )  # fmt: skip


def test_new_material_without_a_class_is_spoil_and_noted(load):
    scenario = load({"materials.csv": ("red mud,spoil", "red mud,")})
    assert scenario.materials.waste_class[scenario.materials.index["red_mud"]] == "spoil"
    assert any("'red_mud' is a new material without a waste class" in note for note in scenario.notes)


def test_new_product_does_not_count_as_waste(load):
    m = load({"materials.csv": ("red mud,spoil", "red mud,product")}).materials
    assert not m.counts_as_waste[m.index["red_mud"]]


def test_estimated_density_and_swapped_densities_are_noted(load):
    notes = load({"supplies.csv": ("slurry,30", "legacy_heap,30")}).notes
    assert any("legacy_heap became tonnes by an estimated density" in note for note in notes)
    weighed = load({"supplies.csv": ("slurry,30,m3_loose", "legacy_heap,30,t")}).notes
    assert not any("estimated" in note for note in weighed)
    notes = load({"materials.csv": ("1.6,1.2,1.9", "1.6,1.9,1.2")}).notes
    assert "materials.csv: red_mud is lighter compacted than loose; are the densities swapped?" in notes
