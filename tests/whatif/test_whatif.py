"""Variants: what they change, what it means, and every fault with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optimizer.check import check
from optimizer.cli import main
from optimizer.errors import InputError
from optimizer.planner import Options, plan_scenario
from optimizer.progress import Progress
from optimizer.read import Inputs, load_scenario
from optimizer.tables import Table
from optimizer.whatif.apply import apply
from optimizer.whatif.patch import read_variants
from optimizer.whatif.study import Ground, Study
from optimizer.whatif.variants import varied

WEEK = Path(__file__).resolve().parents[2] / "scenarios" / "qibuqu-week"


def study_of(folder):
    return Study(Ground.of(Inputs.read(folder), Options(), Progress()), Options(), Progress())


def faults(folder, *variants):
    with pytest.raises(InputError) as caught:
        for variant in read_variants(list(variants)):
            apply(Inputs.read(folder), variant)
    return [str(fault) for fault in caught.value.faults]


def test_more_soil_by_hand(two_pits, patch):
    """150 of 200 t find room at D, 50 t leave (from B, the farther pit: 100·2 + 50·3 + 50·10 = 850 t·km).
    With 20 % more, 90 t leave: A 120·2 + B 30·3 + 90·10 = 1,230 t·km."""
    study = study_of(two_pits)
    assert study.base.goals == pytest.approx({"unserved": 0, "offsite": 50, "haul": 850})
    case = study.solve(read_variants([patch("wet", "[[supplies]]\nscale = { quantity = 1.2 }\n")])[0])
    assert case.goals == pytest.approx({"unserved": 0, "offsite": 90, "haul": 1230})
    assert case.findings == ()


def test_where_scales_one_street_only(two_pits, patch):
    """Only A (East) grows to 150: all of it fits D, B leaves: offsite 100."""
    variant = read_variants([patch("east", '[[supplies]]\nwhere = { street = "East" }\nscale = { quantity = 1.5 }\n')])[
        0
    ]
    case = study_of(two_pits).solve(variant)
    assert case.goals["offsite"] == pytest.approx(100)
    assert [row[2:6] for row in case.inputs.rows] == [("A", "quantity", "100", "150.0")]


def test_open_and_a_setting_and_an_added_place(two_pits, patch):
    """A second fill E of 30 t next to the opened yard takes 30 t more; 20 t leave."""
    variant = patch(
        "more",
        """
        name = "More room"
        open = ["Y"]
        [scenario]
        costs.haul_per_t_km = 2
        [[facilities]]
        where = { facility = "Y" }
        set = { end_stock_max = 0 }
        [[demands]]
        add = { demand = "E", accepts = "spoil_silty_clay", quantity = 30, unit = "t" }
        [[distances]]
        add = { from = "Y", to = "E", km = 1 }
        """,
    )
    case = study_of(two_pits).solve(read_variants([variant])[0])
    assert case.goals["offsite"] == pytest.approx(20)
    assert case.findings == ()
    assert case.planning.scenario.costs.haul_per_t_km == 2


def test_patches_compose_in_order(two_pits, patch):
    """Scaled twice: 100 · 1.2 · 1.5 = 180 t each; 360 − 150 leave."""
    a = patch("a", "[[supplies]]\nscale = { quantity = 1.2 }\n")
    b = patch("b", "[[supplies]]\nscale = { quantity = 1.5 }\n")
    case = study_of(two_pits).solve(read_variants([f"{a}+{b}"])[0])
    assert case.key == "a+b"
    assert case.goals["offsite"] == pytest.approx(210)


def test_every_fault_of_a_patch_has_its_place(two_pits, patch):
    variant = patch(
        "bad",
        """
        open = ["Yy"]
        close = ["Y"]
        [[supplies]]
        where = { supply = "A" }
        set = { quantity = -5, from = 2024-01-01 }
        [[facilities]]
        where = { facility = "Y" }
        set = { status = "open" }
        """,
    )
    told = faults(two_pits, variant)
    assert told == [
        "bad.toml:2: facilities.where.facility: 'Yy' names nothing in facilities.csv; did you mean `Y`?",
        "bad.toml:4: supplies.quantity: '-5' is too small; expected more than 0",
        "bad.toml:4: supplies.set.from: 2024-01-01 is outside the horizon, 2025-03-03 to 2025-03-05",
        "bad.toml:7: facilities.set.status: 'open' contradicts 'closed' of bad.toml:3",
    ]


def test_what_cannot_be_read_and_what_does_not_fit_is_told_at_once(two_pits, patch, tmp_path, capsys):
    """Of two patches and of rows of a table, by the command; `plan --variant` tells the same of its patch."""
    bad = patch("bad", 'oppen = ["Y"]\nclose = ["Yy"]\n')
    short = patch("short", "[[supplies]]\nset = { quantty = 1 }\n")
    table = tmp_path / "v.csv"
    table.write_text(
        "variant,table,id,column,action,value\na,supplys,,quantity,scale,2\nb,supplies,Z,quantity,scale,2\n"
    )
    words = ["whatif", str(two_pits), bad, short, "--table", str(table), "-o", str(tmp_path / "out"), "--quiet"]
    of_bad = ["bad.toml:1: oppen: unknown key", "bad.toml:2: facilities.where.facility: 'Yy' names nothing"]
    assert main(words) == 2
    told = capsys.readouterr().err
    for fault in (
        *of_bad,
        "short.toml:1: supplies.set.quantty: unknown column",
        "v.csv:2: table",
        "v.csv:3: supplies.",
    ):
        assert fault in told, told
    assert "5 faults; nothing was written" in told
    with pytest.raises(InputError) as caught:
        varied(two_pits, bad)
    assert [
        str(fault).split(";")[0][: len(start)] for fault, start in zip(caught.value.faults, of_bad, strict=True)
    ] == of_bad


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "v.toml: changes nothing"),
        ("oppen = []", "v.toml:1: oppen: unknown key; did you mean `open`?"),
        ("[[supplies]]\nset = { quantty = 1 }", "v.toml:1: supplies.set.quantty: unknown column; did "
         "you mean `quantity`?"),
        ("[[supplies]]\nwhere = { supply = 'A' }", "v.toml:1: supplies: changes nothing; expected one of set, scale, "
         "shift, add, remove"),
        ("[[supplies]]\nscale = { quantity = -1 }", "v.toml:1: supplies.scale.quantity: '-1': expected a number column "
         "and a factor above 0"),
        ("[[closures]]\nlon = 1\nlat = 2\nradius_km = 3", "v.toml:1: closures: roads can be closed on a map only; this "
         "base has none: remove rows of distances instead"),
        ("[scenario]\ncosts.haul_per_t_km = 'dear'", "v.toml:2: costs.haul_per_t_km: 'dear' is not a number"),
        ("[[facilities]]\nscale = { end_stock_max = 2 }", "v.toml:1: facilities.scale.end_stock_max: is blank in every "
         "row that `where` names; use set"),
        ("[[facilities]]\nwhere = { facility = 'Y' }\nset = { lon = 117 }", "v.toml:1: facilities.set.lon: distances "
         "come as a table: moving a place changes nothing there; change rows of distances"),
    ],
)  # fmt: skip
def test_one_fault(two_pits, patch, text, told):
    assert told in faults(two_pits, patch("v", text))


def test_a_removed_row_is_named(two_pits, patch):
    a = patch("gone", '[[distances]]\nwhere = { from = "A", to = "D" }\nremove = true\n')
    b = patch("then", '[[distances]]\nwhere = { from = "A", to = "D" }\nset = { km = 9 }\n')
    assert faults(two_pits, f"{a}+{b}") == [
        "then.toml:1: distances.where.to: 'D' names nothing in distances.csv; gone.toml:1 has removed it"
    ]


def test_releases_follow_the_quantity(tmp_path, patch):
    variant = patch("wet", '[[supplies]]\nwhere = { supply = "S14" }\nscale = { quantity = 2 }\n')
    before, after = load_scenario(WEEK), varied(WEEK, variant)
    lot = before.supplies.ids.index("S14")
    assert after.supplies.release[lot] == pytest.approx(2 * before.supplies.release[lot])
    assert after.supplies.release.sum() == pytest.approx(
        before.supplies.release.sum() + before.supplies.release[lot].sum()
    )


def test_warm_answers_are_those_of_cold_plans(patch):
    """The start-up zone: more soil, a closed yard, both, a price; warm from the base and cold from nothing."""
    study = study_of(WEEK)
    wet = patch("wet", "[[supplies]]\nscale = { quantity = 1.3 }\n")
    shut = patch("shut", 'close = ["Y01"]\n')
    dear = patch("dear", '[[facilities]]\nwhere = { kind = "offsite" }\nset = { daily_in = 300 }\n')
    for word in (wet, shut, f"{wet}+{shut}", dear):
        variant = read_variants([word])[0]
        warm = study.solve(variant)
        cold = plan_scenario(apply(study._inputs, variant).scenario, Options(), Progress(), brief=True)
        for a, b in zip(warm.summary["goals"], cold.plan.summary["goals"], strict=True):
            assert a["value"] == pytest.approx(b["value"], rel=1e-7, abs=1e-4)
            assert a["bound"] == pytest.approx(a["value"], rel=1e-6, abs=1e-4)
        assert warm.findings == ()


def test_a_road_can_be_closed(patch):
    """A closed district makes hauls longer or keeps them; never shorter."""
    study = study_of(WEEK)
    case = study.solve(
        read_variants([patch("bridge", "[[closures]]\nlon = 117.03\nlat = 36.85\nradius_km = 1.2\n")])[0]
    )
    assert case.findings == ()
    assert (case.planning.distances.km != study.base.planning.distances.km).any()


def test_the_command_writes_what_check_confirms(two_pits, patch, tmp_path, capsys):
    wet = patch("wet", 'name = "Wet"\nname_zh = "雨"\n[[supplies]]\nscale = { quantity = 1.2 }\n')
    shut = patch("shut", '[[facilities]]\nwhere = { facility = "O" }\nset = { status = "closed" }\n')
    out = tmp_path / "out"
    assert main(["whatif", str(two_pits), wet, shut, "-o", str(out), "--quiet"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == (
        "Wet: 40 t more leave the zone, haul work grows by 44.7%, it costs CNY 342 more, "
        "utilisation goes from 75.0% to 62.5%."
    )
    assert (
        said[1]
        == "shut: 50 t more find no place, 50 t less leave the zone, haul work falls by 58.8%, it saves CNY 450."
    )
    summary = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    assert (
        summary["variants"][0]["sentence_zh"]
        == "雨：外运增加 40 吨，运输周转量增加 44.7%，多花 342 元，综合利用率由 75.0% 变为 62.5%。"
    )
    assert all(told["verified"] for told in (summary["base"], *summary["variants"]))
    decisions = list(Table.read_csv(out / "decisions.csv").records())
    assert {(row["variant"], row["from"], row["to"], row["change_t"]) for row in decisions} >= {
        ("wet", "A", "D", "20"), ("wet", "B", "O", "40"), ("shut", "B", "O", "-50"),
    }  # fmt: skip
    assert check(two_pits, out / "plans" / "wet", Progress(), variant=wet).findings == ()
    assert check(two_pits, out / "plans" / "wet", Progress()).findings != ()
    assert main(["plan", str(two_pits), "--variant", wet, "-o", str(tmp_path / "p"), "--quiet"]) == 0


def test_every_variant_has_a_name_of_its_own(two_pits, patch, tmp_path, capsys):
    a, base = patch("a", 'close = ["O"]\n'), patch("base", 'close = ["O"]\n')
    assert main(["whatif", str(two_pits), a, a, base, "-o", str(tmp_path / "out"), "--quiet"]) == 2
    said = capsys.readouterr().err
    assert "a: is there twice; a variant is compared once" in said
    assert "base.toml: base is what the base itself is called; give it another name" in said
