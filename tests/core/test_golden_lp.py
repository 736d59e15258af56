"""Each constraint block of a small week as LP text that a person can read beside docs/maths.md.

``CUTFILL_UPDATE_GOLDEN=1 pytest tests/core/test_golden_lp.py`` rewrites the files; read them before you commit them.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from weeks import DATES, Week, fresh, solved

from optimizer.blocks import build_program
from optimizer.lp_format import lp_text
from optimizer.scenario import GOALS

GOLDEN = Path(__file__).parent / "golden"
HEADER = """\\ block {name}: rows {rows}
\\ {story}
"""


def _supply() -> Week:
    week = Week(days=3)
    week.add("supplies", supply="A", material="earth", quantity=60, unit="m3_bank", daily_max=15, from_="", to=DATES[1])
    week.add("supplies", supply="B", material="sand", quantity=30, unit="t", stock_max=5, priority=2)
    week.add("supplies", supply="C", material="sand", quantity=10, unit="t", must_move="false", from_=DATES[2])
    week.add("demands", demand="D", accepts="earth;sand", quantity=500, unit="t")
    return week.road("A", "D", 1).road("B", "D", 2).road("C", "D", 3)


def _demand() -> Week:
    week = Week(days=2)
    week.add("supplies", supply="E", material="earth", quantity=100, unit="t", from_=DATES[0], to=DATES[0])
    week.add("supplies", supply="S", material="sand", quantity=100, unit="t")
    week.add(
        "demands",
        demand="D",
        accepts="earth;sand",
        quantity=100,
        unit="m3_compacted",
        required=60,
        daily_max=40,
        priority=3,
    )
    week.add("demands", demand="N", accepts="sand", quantity=70, unit="t", from_=DATES[1])
    return week.road("E", "D", 1).road("S", "D", 2).road("S", "N", 3)


def _blend() -> Week:
    week = Week(days=1)
    week.add("supplies", supply="E", material="earth", quantity=100, unit="t")
    week.add("supplies", supply="S", material="sand", quantity=100, unit="t", grade="1")
    week.add("demands", demand="D", accepts="earth;sand", quantity=100, unit="m3_compacted")
    week.add("mixes", demand="D", material="sand", min_share=0.2, max_share=0.75)
    week.add("mixes", demand="D", material="earth", min_share="", max_share=0.7)
    return week.road("E", "D", 1).road("S", "D", 2)


def _recipes() -> Week:
    week = Week(days=2, objective='order = ["unserved", "cost"]')
    week.add("supplies", supply="S", material="slime", quantity=100, unit="t", grade="2")
    week.add("supplies", supply="T", material="slime", quantity=100, unit="t", grade="1")
    week.add("demands", demand="D", accepts="sand;stone", quantity=100, unit="t")
    week.add("facilities", facility="P", kind="recycling", accepts="slime")
    for output, share in (("sand", 0.5), ("stone", 0.25)):
        week.add("recipes", facility="P", input="slime", output=output, **{"yield": share}, daily_max=40, cost=6)
    return week.road("S", "P", 1).road("T", "P", 1).road("P", "D", 2)


def _balance() -> Week:
    """A yard with stock, and a plant that stores nothing and lifts grade x to 2."""
    week = Week(days=2)
    week.add("supplies", supply="S", material="earth", quantity=40, unit="t", grade="x", from_=DATES[0], to=DATES[0])
    week.add("demands", demand="D", accepts="earth", quantity=100, unit="t")
    week.add("facilities", facility="T", kind="treatment", accepts="earth", grade="x")
    week.add("facilities", facility="Y", kind="yard", accepts="earth", storage=80)
    week.add("recipes", facility="T", input="earth", output="earth", **{"yield": 0.9}, grade_in="x", grade_out="2")
    week.add("stocks", facility="Y", material="earth", grade="2", quantity=25, unit="t")
    return week.road("S", "T", 1).road("T", "Y", 2).road("Y", "D", 3).road("T", "D", 9)


def _overnight() -> Week:
    week = Week(days=2, objective='order = ["unserved", "cost"]', costs="haul_per_t_km = 1.0")
    week.add("supplies", supply="S", material="earth", quantity=40, unit="t")
    week.add("supplies", supply="A", material="sand", quantity=40, unit="t")
    week.add("demands", demand="D", accepts="earth;sand", quantity=100, unit="t")
    week.add(
        "facilities", facility="Y", kind="yard", accepts="earth;sand", storage=50, hold_cost=0.5, end_cost=8, fee=2
    )
    return week.road("S", "Y", 1).road("A", "Y", 2).road("Y", "D", 3)


def _end_stock() -> Week:
    week = Week(days=2)
    week.add("supplies", supply="S", material="earth", quantity=40, unit="t")
    week.add("demands", demand="D", accepts="earth", quantity=100, unit="t")
    week.add("facilities", facility="Y", kind="yard", accepts="earth", storage=50, end_stock_max=10)
    week.add("facilities", facility="Z", kind="yard", accepts="earth", storage=50)
    week.add("stocks", facility="Y", material="earth", grade="", quantity=30, unit="t")
    week.add("stocks", facility="Z", material="earth", grade="", quantity=30, unit="t")
    return week.road("S", "Y", 1).road("Y", "D", 3).road("Z", "D", 3)


def _longest_stay() -> Week:
    """Two nights at Y; what the plant P makes of slime may lie there one night."""
    week = Week(days=4)
    week.add("supplies", supply="S", material="sand", quantity=40, unit="t", from_=DATES[0], to=DATES[0])
    week.add("supplies", supply="L", material="slime", quantity=40, unit="t", from_=DATES[1], to=DATES[1])
    week.add("demands", demand="D", accepts="sand", quantity=100, unit="t", from_=DATES[3])
    week.add("facilities", facility="Y", kind="yard", accepts="sand", storage=50, longest_stay=2)
    week.add("facilities", facility="P", kind="treatment", accepts="slime", storage=50, longest_stay=1)
    week.add("recipes", facility="P", input="slime", output="sand", **{"yield": 0.5})
    week.add("stocks", facility="Y", material="sand", grade="", quantity=30, unit="t")
    return week.road("S", "Y", 1).road("Y", "D", 3).road("L", "P", 2).road("P", "D", 4)


def _gates() -> Week:
    """Limits of the table, of the calendar on day 2, and a day on which X is shut."""
    week = Week(days=3)
    week.add("supplies", supply="S", material="earth", quantity=90, unit="t")
    week.add("demands", demand="D", accepts="earth", quantity=100, unit="t")
    week.add("facilities", facility="Y", kind="yard", accepts="earth", storage=50, daily_in=20, daily_out=30)
    week.add("facilities", facility="X", kind="disposal", accepts="earth", daily_in=11)
    week.add("calendar", facility="Y", from_=DATES[1], to=DATES[1], daily_in=5, daily_out="")
    week.add("calendar", facility="X", from_=DATES[2], to=DATES[2], daily_in=0, daily_out=0)
    return week.road("S", "Y", 1).road("Y", "D", 3).road("S", "X", 2).road("Y", "X", 2)


def _room() -> Week:
    week = Week(days=2)
    week.add("supplies", supply="S", material="earth", quantity=90, unit="t")
    week.add("demands", demand="D", accepts="earth", quantity=100, unit="t", from_=DATES[1])
    week.add("facilities", facility="X", kind="disposal", accepts="earth", storage=50)
    week.add("facilities", facility="O", kind="offsite", accepts="earth", storage=60)
    week.add("facilities", facility="Q", kind="quarry", accepts="earth", storage=70, fee=20)
    week.add("facilities", facility="U", kind="offsite", accepts="earth")
    return week.road("S", "X", 1).road("S", "O", 2).road("Q", "D", 3).road("S", "U", 4)


def _changes() -> Week:
    week = Week(days=2, objective='order = ["unserved", "changes", "haul"]\nreference = "earlier"')
    week.add("supplies", supply="S", material="earth", quantity=20, unit="t", from_=DATES[0], to=DATES[0])
    week.add("demands", demand="D", accepts="earth", quantity=10, unit="t")
    week.add("demands", demand="E", accepts="earth", quantity=10, unit="t")
    return week.road("S", "D", 10).road("S", "E", 5)


def _streets() -> Week:
    week = Week(days=1)
    week.streets = "per_t = 2\nper_passage = 32\ntruck_t = 16\nmax_share = 0.6"
    week.add("supplies", supply="S", material="earth", quantity=100, unit="t", street="North")
    week.add("demands", demand="D", accepts="earth", quantity=10, unit="t", street="North")
    week.add("facilities", facility="X", kind="disposal", accepts="*", street="North")
    week.add("facilities", facility="Z", kind="disposal", accepts="*", street="South")
    week.add("facilities", facility="O", kind="offsite", accepts="*", street="South")
    return week.road("S", "D", 1).road("S", "X", 1).road("S", "Z", 2).road("S", "O", 3)


# block → (week, its rows, goals that the block adds to, what to look for)
CASES = {
    "supply": (
        _supply(), ("supply.release", "supply.daily"), ("unserved",),
        "A 60 m3 bank x 2.0 = 120 t in two days, 15 x 2.0 = 30 t a day; B 10 t a day, 5 t wait; C need not move",
    ),
    "demand": (
        _demand(), ("demand.room", "demand.required", "demand.daily"), ("unserved",),
        "D in m3 compacted: 1 t of earth is 1/2.5 = 0.4, of sand 1; 1 m3 short is 2.5 t x priority 3; N opens on day 2",
    ),
    "blend": (
        _blend(), ("blend.min", "blend.max"), (),
        "by mass: sand - 0.2 (sand + earth) >= 0; sand - 0.75 (...) <= 0; earth - 0.7 (...) <= 0; all grades count",
    ),
    "recipes": (
        _recipes(), ("plant.daily",), ("cost",), "one limit of 40 t a day for both grades of slime; 6 CNY per t",
    ),
    "balance": (
        _balance(), ("facility.balance",), (),
        "T stores nothing: in = processed, 0.9 made = out the same day; Y opens with 25 t of grade 2",
    ),
    "overnight": (
        _overnight(), ("facility.storage",), ("cost",),
        "both materials together 50 t; a night costs 0.5, the last one 0.5 + 8; lanes pay km x 1 + fee 2 into Y",
    ),
    "end_stock": (
        _end_stock(), ("facility.end_stock",), ("unserved",),
        "stock of the last night less stuck opening stock <= 10; only Y has the rule",
    ),
    "longest_stay": (
        _longest_stay(), ("facility.stay",), ("unserved",),
        "Y two nights: opening stock came on the eve, so d0 is its last; P one night: what came or was made that day",
    ),
    "gates": (
        _gates(), ("gate.in", "gate.out"), (), "Y 20 in, on d1 5; 30 out every day; X 11, no row on d2 (shut: no lane)",
    ),
    "room": (
        _room(), ("facility.room",), ("offsite", "landfill"),
        "X and O count what comes in on all days, Q what goes out; U has no limit",
    ),
    "streets": (
        _streets(), ("street.share",), (),
        "a t counts 2 where a facility receives it and 32/16 = 2 where it starts or ends; less 0.6 of what all bear",
    ),
    "fairness": (
        _streets(), ("street.most",), ("fairness",),
        "a t counts 1 where a facility receives it and (32/16) / 2 = 1 where it starts or ends; z in units of 4",
    ),
    "changes": (
        _changes(), ("changes.lane",), ("changes",),
        "flow - more + less = reference, 10 t on d0; half of both is the goal; 4 t of d1 have no lane: constant 2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_block_says_what_its_formula_says(name, tmp_path):
    week, rows, goals, story = CASES[name]
    if "earlier" in week.objective:
        earlier = fresh(tmp_path)
        earlier.mkdir()
        (earlier / "flows.csv").write_text(
            f"date,from,to,material,grade,t\n{DATES[0]},S,D,earth,2,10\n{DATES[1]},S,D,earth,2,4\n", encoding="utf-8"
        )
        week = week.copy()
        week.objective = week.objective.replace("earlier", str(earlier))
    got = solved(week, tmp_path)
    every_goal = replace(got.scenario.objective, order=GOALS, weights={})
    program = build_program(replace(got.scenario, objective=every_goal), got.lanes)
    costs = {goal: program.goals[goal] for goal in goals}
    text = HEADER.format(name=name, rows=", ".join(rows), story=story)
    text += lp_text(got.scenario, got.lanes, program, costs, rows=rows)
    path = GOLDEN / f"{name}.lp"
    if os.environ.get("CUTFILL_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert program.constants["changes"] == (2 if name == "changes" else 0)


def test_every_row_block_has_a_golden_file(tmp_path):
    """A new block must come with its file."""
    known = {row for _, rows, _, _ in CASES.values() for row in rows}
    program = solved(_supply(), tmp_path).program
    assert set(program.rows) | {"changes.lane", "street.share", "street.most"} == known
    assert {path.stem for path in GOLDEN.glob("*.lp")} == set(CASES)


def test_the_whole_program_is_what_other_solvers_read(tmp_path):
    """HiGHS reads the LP file back: A has 120 t in two days and 30 t a day may leave, so 60 t are unserved."""
    import highspy

    got = solved(_supply(), tmp_path)
    path = tmp_path / "week.lp"
    costs = {goal: got.program.goals[goal] for goal in ("unserved", "haul")}
    path.write_text(lp_text(got.scenario, got.lanes, got.program, costs), encoding="utf-8")
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    assert solver.readModel(str(path)) == highspy.HighsStatus.kOk
    assert (solver.getNumRow(), solver.getNumCol()) == got.program.shape
    solver.run()
    assert solver.getObjectiveValue() == pytest.approx(60)
    assert got.goals["unserved"] == pytest.approx(60)
