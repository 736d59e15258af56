"""How large and when: sizes, leases, restoration and periods, by hand and against every combination."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from optimizer.blocks import build_program
from optimizer.check import check
from optimizer.cli import main
from optimizer.distances import measure
from optimizer.errors import InputError
from optimizer.lanes import build_lanes
from optimizer.planner import Options, make_backend, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.siting.choices import Choices, opened
from optimizer.siting.decide import decide
from optimizer.solve import open_session
from optimizer.tables import Table

MONTH = 365 / 12


def sited(folder, **rules):
    scenario = load_scenario(folder)
    choices = Choices.of(scenario, **rules)
    return decide(scenario, choices, Options(), Progress(), gap=1e-7, solutions=1, break_even=False)


def opens(decision):
    return [tuple(row[c] for c in ("facility", "size", "from", "to")) for row in decision.tables["site"].records()
            if row["open"]]  # fmt: skip


@pytest.fixture
def waiting(week):
    """100 t released on the first day wait for D, which takes them on the second; off-site costs 20 CNY a tonne more.

    By a yard Y of storage s: min(s, 100) t save 20 CNY each.
    """

    def made(sizes: str, facility: str = "Y,yard,*,,candidate,,", toml: str = "", needs: str = "2025-03-04"):
        return week(
            f'{toml}[objective]\norder = ["unserved", "cost"]\n[costs]\nhaul_per_t_km = 1\n',
            supplies="supply,material,quantity,unit,from,to\nS,spoil_silty_clay,100,t,2025-03-03,2025-03-03\n",
            demands=f"demand,accepts,quantity,unit,from,to\nD,spoil_silty_clay,100,t,{needs},{needs}\n",
            facilities="facility,kind,accepts,storage,status,lease,restoration_cost,end_stock_max\n"
            f"{facility},0\nO,offsite,*,,open,,,\n",
            sizes=sizes,
            distances="from,to,km\nS,Y,5\nY,D,5\nS,O,30\n",
        )

    return made


@pytest.mark.parametrize(
    ("large", "size", "cost"),
    [(1_500, "large", 2_500), (1_900, "small", 2_850), (2_100, "small", 2_850)],
)
def test_the_size_that_pays(waiting, large, size, cost):
    """Without Y 3,000 CNY. Small: 50 t through Y (500), 50 t off-site (1,500) and 850. Large: 1,000 and its cost."""
    decision = sited(waiting(f"facility,size,storage,opening_cost\nY,small,50,850\nY,large,100,{large}\n"))
    assert decision.planning.plan.summary["goals"][1]["value"] == pytest.approx(cost)
    assert opens(decision)[0][:2] == ("Y", size)


def test_a_lease_is_paid_for_the_days_that_are_needed(waiting, tmp_path):
    """Y must be open on 03-03 and 03-04 of three days: two days of a lease of 3,650 CNY a month, and restoration."""
    folder = waiting("facility,size\n", facility="Y,yard,*,500,candidate,3650,70")
    decision = sited(folder)
    assert [str(d) for d in opens(decision)[0][2:]] == ["2025-03-03", "2025-03-04"]
    assert decision.planning.plan.summary["goals"][1]["value"] == pytest.approx(1_000 + 2 * 3650 / MONTH + 70)
    out = tmp_path / "out"
    assert main(["site", str(folder), "-o", str(out), "--quiet"]) == 0
    assert check(folder, out, Progress()).findings == ()
    assert [tuple(r.values())[-4:] for r in Table.read_csv(out / "site.csv").records()] == [
        ("2025-03-03", "2025-03-04", "240", "70")
    ]


def test_dear_restoration_keeps_it_open_to_the_end(waiting):
    """A third day of lease (120 CNY) is less than restoring the land (130); at 110 it is not."""
    for restoration, last in ((130, "2025-03-05"), (110, "2025-03-04")):
        decision = sited(waiting("facility,size\n", facility=f"Y,yard,*,500,candidate,3650,{restoration}"))
        assert str(opens(decision)[0][3]) == last


def test_months_as_periods(waiting, tmp_path):
    """90 days in periods of 30: the soil comes in the first, the need in the last; the lease is for all 90 days."""
    folder = waiting(
        "facility,size,storage,lease\nY,one,100,300\nY,two,300,500\n", toml="days = 90\nperiod_days = 30\n",
        needs="2025-05-10",
    )  # fmt: skip
    decision = sited(folder)
    assert [str(x) for x in opens(decision)[0]] == ["Y", "one", "2025-03-03", "2025-05-31"]
    assert decision.planning.plan.summary["goals"][1]["value"] == pytest.approx(1_000 + 90 * 300 / MONTH)
    out = tmp_path / "out"
    assert main(["site", str(folder), "-o", str(out), "--quiet"]) == 0
    assert check(folder, out, Progress()).findings == ()
    dates = Table.read_csv(out / "flows.csv").column("date")
    assert dates == ["2025-03-03", "2025-05-02"]


def chance(week, seed: int):
    """Two candidates with two sizes and a lease each, three days or four, a need that comes and goes."""
    dice, days = random.Random(seed), 4 if seed == 0 else 3
    supplies = ["supply,material,quantity,unit,from,to"]
    supplies += [
        f"S{i},spoil_silty_clay,{dice.randint(60, 200)},t,2025-03-0{3 + i},2025-03-0{min(4 + i, 5)}" for i in range(3)
    ]
    demands = ["demand,accepts,quantity,unit,required,from,to"]
    for i in range(3):
        need = f"{dice.randint(80, 200)},t,{dice.choice(['', 40])}"
        demands.append(f"D{i},spoil_silty_clay;quarry_gravel,{need},2025-03-0{3 + i},2025-03-05")
    kind, accepts = [("yard", "*"), ("disposal", "*"), ("quarry", "quarry_gravel")][seed % 3]
    places = ["S0", "S1", "S2"]
    pairs = itertools.chain(
        itertools.product([*places, "A", "B"], ["D0", "D1", "D2", "O"]), itertools.product(places, ["A", "B"])
    )
    toml = f'days = {days}\n[objective]\norder = ["{dice.choice(["unserved", "offsite"])}", "cost"]\n'
    return week(
        toml,
        supplies="\n".join(supplies),
        demands="\n".join(demands),
        facilities="facility,kind,accepts,daily_in,status,opening_cost,end_stock_max\n"
        f"A,yard,*,{dice.choice(['', 90])},candidate,,\nB,{kind},{accepts},,candidate,,\nO,offsite,*,70,open,,\n",
        sizes="facility,size,storage,daily_in,opening_cost,lease,restoration_cost\n"
        + "\n".join(
            f"{name},{size},{room},{dice.choice(['', room])},{dice.randint(50, 400)},{dice.randint(500, 9000)},"
            f"{dice.choice(['', 100, 300])}"
            for name in "AB"
            for size, room in (("s", 60), ("l", 150))
        ),
        distances="from,to,km\n" + "\n".join(f"{a},{b},{dice.randint(1, 25)}" for a, b in pairs),
    )


def values_of(scenario, distances) -> list[float]:
    """The goals of a scenario planned by itself, openings included."""
    lanes = build_lanes(scenario, distances)
    session = open_session(scenario, build_program(scenario, lanes), make_backend("highs", threads=1, seed=0))
    return [stage.value for stage in session.run(Progress()).stages]


@pytest.mark.parametrize("seed", range(5))
def test_as_good_as_every_size_and_every_run_of_days(week, seed):
    """13 ways for each of two candidates (21 in four days), 169 plans, each solved by itself."""
    folder = chance(week, seed)
    scenario = load_scenario(folder)
    distances = measure(scenario, Progress())
    choices = Choices.of(scenario)
    runs = scenario.days * (scenario.days + 1) // 2
    assert len(choices.options) == 2 * 2 * runs
    best = None
    for a, b in itertools.product(range(-1, 2 * runs), range(-1, 2 * runs)):
        chosen = np.zeros(4 * runs, dtype=bool)
        chosen[[p for p in (a, 2 * runs + b if b >= 0 else -1) if p >= 0]] = True
        values = [round(v, 4) for v in values_of(opened(scenario, choices, chosen), distances)]
        best = values if best is None else min(best, values)
    decision = sited(folder)
    goals = decision.planning.plan.summary["goals"]
    assert [goal["value"] for goal in goals] == pytest.approx(best, rel=1e-6, abs=2e-3)
    assert decision.planning.plan.summary["status"] == "optimal"


@pytest.mark.parametrize("seed", range(3))
def test_the_folder_is_confirmed_and_a_wrong_size_is_found(week, tmp_path, seed):
    folder, out = chance(week, seed), tmp_path / "out"
    assert main(["site", str(folder), "-o", str(out), "--quiet", "--force-open", "A"]) in (0, 3)
    assert check(folder, out, Progress()).findings == ()
    text = (out / "site.csv").read_text()
    row = next(row for row in Table.read_csv(out / "site.csv").records() if row["facility"] == "A")
    other = "l" if row["size"] == "s" else "s"
    (out / "site.csv").write_text(text.replace(f",{row['size']},{row['from']}", f",{other},{row['from']}", 1))
    assert any(f.file == "site.csv" for f in check(folder, out, Progress()).findings)
    (out / "site.csv").write_text(text.replace(f"{row['from']},{row['to']}", f"{row['to']},{row['from']}", 1))
    if row["from"] != row["to"]:
        assert "size" in {f.column for f in check(folder, out, Progress()).findings}


def test_periods_are_days_when_everything_is_scaled(week):
    """Six days in periods of two are three days of twice the gates, rates and releases."""
    tables = {
        "supplies": "supply,material,quantity,unit,from,to,daily_max\n"
        "S,spoil_silty_clay,600,t,2025-03-03,{to},{rate}\n",
        "demands": "demand,accepts,quantity,unit,daily_max\nD,spoil_silty_clay,400,t,{rate}\n",
        "facilities": "facility,kind,accepts,daily_in,daily_out,storage,status,hold_cost\n"
        "Y,yard,*,{gate},{gate},90,open,{hold}\nO,offsite,*,,,,open,\n",
        "distances": "from,to,km\nS,D,4\nS,Y,1\nY,D,1\nS,O,9\n",
    }
    objective = '[objective]\norder = ["unserved", "offsite", "cost"]\n'
    days = {"to": "2025-03-05", "rate": 100, "gate": 60, "hold": 1}
    twos = {"to": "2025-03-08", "rate": 50, "gate": 30, "hold": 0.5}
    folders = [
        week(f"{head}\n{objective}", **{name: text.format(**scale) for name, text in tables.items()})
        for head, scale in (("days = 3", days), ("days = 6\nperiod_days = 2", twos))
    ]
    plans = [plan_scenario(load_scenario(folder), Options(), Progress(), brief=True).plan for folder in folders]
    one, two = ([goal["value"] for goal in plan.summary["goals"]] for plan in plans)
    assert one == pytest.approx(two)
    assert sum(one) > 100


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ({"sizes": "facility,size\nO,big\n"}, "sizes.csv:2: facility: O is open; only a candidate has sizes"),
        ({"sizes": "facility,size\nY,big\nY,big\n"}, "sizes.csv:3: size: this size of Y is already in row 2"),
        ({"sizes": "facility,size\nQ,big\n"}, "sizes.csv:2: facility: "),
        ({"sizes": "facility,size,storage\nY,big,-3\n"}, "sizes.csv:2: storage: "),
        ({"sizes": "facility,size\nY,big\n", "stocks": "facility,material,quantity,unit\nY,spoil_silty_clay,5,t\n"},
         "facilities.csv:2: facility: Y has opening stock, so its size and dates are not free to choose"),
    ],
)  # fmt: skip
def test_sizes_that_cannot_be(week, tables, told):
    folder = week(
        supplies="supply,material,quantity,unit\nS,spoil_silty_clay,100,t\n",
        facilities="facility,kind,accepts,storage,status\nY,yard,*,10,candidate\nO,offsite,*,,open\n",
        distances="from,to,km\nS,O,3\n",
        **tables,
    )
    with pytest.raises(InputError) as caught:
        load_scenario(folder)
    assert any(str(fault).startswith(told) for fault in caught.value.faults), caught.value


def test_a_period_that_does_not_divide_the_horizon(waiting):
    with pytest.raises(InputError, match="period_days: 2 days do not divide the horizon of 3; expected days = 2 or 4"):
        load_scenario(waiting("facility,size\n", toml="days = 3\nperiod_days = 2\n"))


def test_too_many_days_for_choosing_dates(waiting):
    folder = waiting("facility,size\n", facility="Y,yard,*,500,candidate,10,", toml="days = 40\n")
    with pytest.raises(InputError, match="Y has a lease, so its dates are chosen among 40 days; expected 36 at most"):
        Choices.of(load_scenario(folder))


@pytest.mark.parametrize("command", ["dispatch", "replan"])
def test_periods_have_no_trucks_and_no_thursdays(waiting, tmp_path, command, capsys):
    folder = waiting("facility,size\n", toml="days = 4\nperiod_days = 2\n")
    out = tmp_path / "out"
    assert main(["plan", str(folder), "-o", str(out), "--quiet"]) == 0
    if command == "dispatch":
        code = main(["dispatch", str(folder), str(out), "--quiet"])
    else:
        code = main(["replan", str(out), "--actuals", str(out / "flows.csv"), "--from", "2025-03-05", "--quiet"])
    assert code == 2
    assert "period_days" in capsys.readouterr().err


def test_forced_open_beyond_the_budget_names_the_least(waiting):
    folder = waiting("facility,size,storage,opening_cost\nY,small,50,800\nY,large,100,1500\n")
    with pytest.raises(InputError, match="the candidates forced open cost 800 CNY; expected 800 at least"):
        Choices.of(load_scenario(folder), forced_open=["Y"], budget=500)
