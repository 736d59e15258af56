"""What generated districts are made of: materials that arise, uses that take them, plants that change them.

Shares, sizes, yields and prices are illustrative; plant yields follow DOMAIN.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stuff:
    """A material that sites give away.

    Attributes:
        id: id in the built-in library.
        share: weight among the sites.
        t: median t of one lot and week.
        units: units its owners quote it in.
        clean: share of lots of grade 1.
        foul: share of lots of grade x.
        plant: kind of plant it must pass; empty when it is used as it comes.
    """

    id: str
    share: float
    t: float
    units: tuple[str, ...]
    clean: float = 0.2
    foul: float = 0.0
    plant: str = ""


# In the order in which ``--materials N`` takes them.
STUFF = (
    Stuff("spoil_silty_clay", 0.40, 2200, ("m3_bank", "m3_bank", "t", "m3_loose"), clean=0.3, foul=0.03),
    Stuff("topsoil", 0.12, 700, ("m3_bank", "m3_loose"), clean=0.7),
    Stuff("concrete_rubble", 0.12, 1200, ("t", "m3_loose"), plant="crusher"),
    Stuff("slurry", 0.08, 900, ("t", "m3_bank"), plant="press"),
    Stuff("clay_wet", 0.14, 1800, ("m3_bank", "t"), clean=0.25, foul=0.03),
    Stuff("mixed_rubble", 0.08, 900, ("t", "m3_loose"), plant="crusher"),
    Stuff("silt_dredged", 0.08, 1000, ("m3_bank", "t"), clean=0.4),
    Stuff("fitout_waste", 0.06, 250, ("m3_loose", "t"), plant="crusher"),
    Stuff("gravel", 0.05, 1200, ("m3_bank", "t"), clean=0.6),
    Stuff("earth_wet", 0.06, 1600, ("m3_bank", "m3_loose"), clean=0.3, foul=0.02),
    Stuff("sand_wet", 0.05, 1300, ("m3_bank", "t"), clean=0.5),
    Stuff("legacy_heap", 0.05, 1500, ("t",), clean=0.0, foul=0.05),
    Stuff("clay_dry", 0.05, 1600, ("m3_bank", "t"), clean=0.3),
    Stuff("sand_dry", 0.04, 1200, ("m3_bank", "m3_loose"), clean=0.5),
    Stuff("rock_blasted", 0.03, 1800, ("m3_bank", "m3_loose"), clean=0.8),
)


@dataclass(frozen=True)
class Use:
    """What a demand needs soil or product for.

    Attributes:
        name: shown in the demand's name.
        share: weight among the demands.
        accepts: materials it may take, the usual one first.
        unit: unit it is asked for in.
        clean: share of demands that insist on grade 1.
        most: most materials one demand lists.
    """

    name: str
    share: float
    accepts: tuple[str, ...]
    unit: str
    clean: float
    most: int


BOUGHT = ("quarry_gravel", "quarry_sand")
FILL = ("spoil_silty_clay", "clay_wet", "earth_wet", "clay_dry", "sand_wet", "sand_dry", "gravel", "rock_blasted")
USES = (
    Use("raising ground", 0.38, FILL, "m3_compacted", clean=0.2, most=3),
    Use("landscaping", 0.20, ("spoil_silty_clay", "topsoil", "earth_wet", "cake", "silt_dredged"), "t", 0.3, 3),
    Use("planting", 0.12, ("topsoil", "silt_dredged"), "m3_loose", clean=0.4, most=2),
    Use("pond filling", 0.12, ("clay_wet", "spoil_silty_clay", "cake", "silt_dredged", "legacy_heap"), "t", 0.0, 4),
    Use("road base", 0.10, ("recycled_aggregate", "gravel", "rock_blasted", *BOUGHT), "t", clean=0.0, most=4),
    Use("public works", 0.08, ("recycled_aggregate",), "t", clean=0.0, most=1),
)


@dataclass(frozen=True)
class PlantRow:
    """One recipe row: ``share`` t of ``output`` per t of ``input``."""

    input: str
    output: str
    share: float
    grade_in: str = ""
    grade_out: str = ""


@dataclass(frozen=True)
class PlantType:
    """A plant and its recipes.

    Attributes:
        kind: facility kind.
        rows: recipe rows.
        cost: CNY per t of input.
        stores: days of its input that fit its yard; 0 = nothing overnight.
    """

    kind: str
    rows: tuple[PlantRow, ...]
    cost: float
    stores: float


PLANTS = {
    "crusher": PlantType(
        "recycling",
        (
            PlantRow("concrete_rubble", "recycled_aggregate", 0.88),
            PlantRow("concrete_rubble", "residue", 0.05),
            PlantRow("mixed_rubble", "recycled_aggregate", 0.80),
            PlantRow("mixed_rubble", "residue", 0.10),
            PlantRow("fitout_waste", "recycled_aggregate", 0.62),
            PlantRow("fitout_waste", "residue", 0.22),
        ),
        cost=28.0,
        stores=2.0,
    ),
    "press": PlantType("recycling", (PlantRow("slurry", "cake", 0.45),), cost=22.0, stores=1.0),
    "wash": PlantType(
        "treatment",
        tuple(PlantRow(s.id, s.id, 0.97, "x", "2") for s in STUFF if s.foul > 0),
        cost=95.0,
        stores=0.0,
    ),
}
PLANT_ORDER = ("crusher", "press", "wash")
