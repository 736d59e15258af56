"""The cheapest changes by which a wanted share is put to use: by hand, next to other ways, and where it cannot be."""

from __future__ import annotations

import json

import pytest

from optimizer.cli import main
from optimizer.tables import Table


@pytest.fixture
def pit_and_need(week):
    """100 t on the 3rd, when D takes 60 t, 2 km away; the rest leaves. E lies 25 km off, beyond the limit of 20."""

    def write(**more):
        return week(
            '[objective]\norder = ["unserved", "offsite", "haul"]\n[roads]\ndistances = "distances.csv"\nmax_km = 20\n',
            **{
                "supplies": """
                    supply,name,material,quantity,unit,from,to
                    A,Pit,spoil_silty_clay,100,t,2025-03-03,2025-03-03
                    """,
                "demands": """
                    demand,name,accepts,quantity,unit,daily_max,from,to
                    D,Park,spoil_silty_clay,500,t,60,2025-03-03,2025-03-03
                    E,,spoil_silty_clay,500,t,,,
                    """,
                "facilities": """
                    facility,kind,accepts
                    O,offsite,*
                    """,
                "distances": """
                    from,to,km
                    A,D,2
                    A,E,25
                    A,O,10
                    """,
            }
            | more,
        )

    return write


def reached(folder, out, *options, code=0):
    assert main(["reach", str(folder), "-o", str(out), "--quiet", *options]) == code
    return json.loads((out / "reach.json").read_text(encoding="utf-8"))


def kinds(told):
    return {(c["change"], c["id"]): (c["amount"], c["price"]) for c in told["changes"]}


def test_the_cheapest_way_by_hand(pit_and_need, tmp_path):
    """60 t are used, 35 more are wanted: 5 km beyond the limit at 1 CNY are 5 a tonne; two windows would be 10.

    Once the haul limit is raised nothing keeps the other 5 t from going there as well.
    """
    told = reached(pit_and_need(), tmp_path / "out")
    assert (told["before"], told["after"], told["most"]) == pytest.approx((0.6, 1.0, 1.0), abs=1e-3)
    assert kinds(told) == {("distance", "A"): pytest.approx((35, 175), abs=1e-2)}
    assert told["bound"] == pytest.approx(told["price"], rel=1e-6)
    assert told["changes"][0]["without"] == pytest.approx(0.6, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--without", "distance"], {("window", "A"): (35, 175), ("window", "D"): (35, 175)}),
        (["--without", "distance", "--without", "window"], {("capacity", "D"): (35, 700)}),
        (["--price", "distance=3"], {("window", "A"): (35, 175), ("window", "D"): (35, 175)}),
        (["--price", "capacity=1"], {("capacity", "D"): (35, 35)}),
    ],
)
def test_dearer_or_forbidden_changes_give_way(pit_and_need, tmp_path, options, expected):
    told = reached(pit_and_need(), tmp_path / "out", *options)
    assert kinds(told) == {key: pytest.approx(value, abs=1e-2) for key, value in expected.items()}


def test_the_plan_is_one_of_the_week_with_the_changes(pit_and_need, tmp_path):
    """Every kind of change is written as a variant; what it makes of the week is planned, and checked again."""
    folder = pit_and_need()
    for i, options in enumerate((["--without", "distance"], ["--price", "capacity=1"], [])):
        out = tmp_path / f"out{i}"
        reached(folder, out, *options)
        assert main(["check", str(folder), str(out), "--variant", str(out / "reach.toml"), "--quiet"]) == 0
        assert main(["whatif", str(folder), str(out / "reach.toml"), "-o", str(tmp_path / f"w{i}"), "--quiet"]) == 0


def test_a_need_may_take_what_others_take(pit_and_need, tmp_path):
    """Topsoil's only taker is full. It takes spoil as well, as D does, so D may take topsoil; F, nearer, may not."""
    folder = pit_and_need(
        supplies="""
            supply,material,quantity,unit,from,to
            A,topsoil,100,t,2025-03-03,2025-03-03
            """,
        demands="""
            demand,accepts,quantity,unit
            D,spoil_silty_clay,500,t
            E,topsoil;spoil_silty_clay,50,t
            F,recycled_aggregate,500,t
            """,
        distances="""
            from,to,km
            A,D,2
            A,E,10
            A,F,1
            A,O,10
            """,
    )
    told = reached(folder, tmp_path / "out", "--utilisation", "90%")
    assert kinds(told) == {("acceptance", "D"): pytest.approx((40, 600), abs=1e-2)}
    assert told["changes"][0]["other"] == "topsoil"
    assert main(["check", str(folder), str(tmp_path / "out"), "--variant", str(tmp_path / "out/reach.toml")]) == 0


def test_what_cannot_be_reached_is_told_with_the_most_and_why(pit_and_need, tmp_path, capsys):
    folder = pit_and_need(
        supplies="""
            supply,material,quantity,unit,from,to
            A,spoil_silty_clay,100,t,2025-03-03,2025-03-03
            B,slurry,300,t,2025-03-03,2025-03-03
            """,
        distances="""
            from,to,km
            A,D,2
            A,E,25
            A,O,10
            B,O,10
            """,
    )
    told = reached(folder, tmp_path / "out", code=3)
    assert not told["reached"] and told["most"] == pytest.approx(0.25)
    assert told["after"] == pytest.approx(0.25, abs=1e-3)
    assert [w["sentence"] for w in told["why"]] == ["300 t of slurry: no need takes it and no plant processes it."]
    assert "at most 25.0%" in capsys.readouterr().out


def test_what_is_reached_already_needs_nothing(pit_and_need, tmp_path):
    told = reached(pit_and_need(), tmp_path / "out", "--utilisation", "0.5")
    assert told["changes"] == [] and told["price"] == 0
    assert not (tmp_path / "out" / "reach.toml").exists()


def test_a_generated_week(tmp_path):
    """A generated week: the price is proven, every change is needed, and a higher share is dearer."""
    folder, out = tmp_path / "week", tmp_path / "out"
    assert main(["sample", "--sites", "10", "--days", "3", "--seed", "5", str(folder)]) == 0
    first = reached(folder, out, "--utilisation", "0.01")
    middle = (first["before"] + first["most"]) / 2
    told = reached(folder, out, "--utilisation", repr(middle))
    assert told["reached"] and told["price"] > 0 and told["bound"] == pytest.approx(told["price"], rel=1e-6)
    assert told["after"] >= middle - 1e-4
    assert all(c["without"] < middle for c in told["changes"])
    dearer = reached(folder, out, "--utilisation", repr((middle + first["most"]) / 2))
    assert dearer["price"] > told["price"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--price", "gates=3"], "--price: 'gates' is no kind of change"),
        (["--price", "window=free"], "--price: 'window=free': expected window= and a number, 0 or more"),
        (["--without", "windows"], "did you mean `window`?"),
        ([f"--without={k}" for k in ("capacity", "window", "distance", "acceptance")], "leaves nothing"),
    ],
)
def test_bad_options_are_told(pit_and_need, tmp_path, capsys, options, told):
    assert main(["reach", str(pit_and_need()), "-o", str(tmp_path / "out"), "--quiet", *options]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_table_and_page_tell_the_same(pit_and_need, tmp_path):
    told = reached(pit_and_need(), tmp_path / "out")
    row = next(iter(Table.read_csv(tmp_path / "out" / "reach.csv").records()))
    assert (
        row["sentence"]
        == "35 t go from A (Pit) to E, 25.0 km, beyond the haul limit of 20 km: CNY 175; without it at most 60.0%."
    )
    page = (tmp_path / "out" / "reach.html").read_text(encoding="utf-8")
    assert told["sentence_zh"] in page and "超过运距上限 20 km" in page


def test_where_only_the_order_of_goals_is_in_the_way_no_limit_is_changed(pit_and_need, tmp_path):
    """Haul first: 10 km out of the zone are nearer than the 15 km to E, which needs it and is within the limit."""
    folder = pit_and_need(distances="from,to,km\nA,D,2\nA,E,15\nA,O,10")
    settings = folder / "scenario.toml"
    settings.write_text(settings.read_text().replace('["unserved", "offsite", "haul"]', '["unserved", "haul"]'))
    told = reached(folder, tmp_path / "out", "--utilisation", "0.9")
    assert (
        told["changes"] == [] and told["before"] == pytest.approx(0.6) and told["after"] == pytest.approx(0.9, abs=2e-4)
    )  # 0.01 t of 100
    assert told["sentence"].startswith("90.0% instead of 60.0% needs no change of limits")
    assert main(["check", str(folder), str(tmp_path / "out")]) == 0
