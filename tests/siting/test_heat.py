"""What a yard would be worth anywhere: by hand, against re-solves, in any scenario, and as a checked folder."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import numpy as np
import pytest

from optimizer.check import check
from optimizer.cli import main
from optimizer.distances import measure
from optimizer.errors import InputError
from optimizer.planner import Options, plan_scenario
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.siting.heat import TINY, Ghost, heat, in_cny, with_yard
from optimizer.siting.heat_page import classes
from optimizer.tables import Table

WEEK = Path(__file__).resolve().parents[2] / "scenarios" / "qibuqu-week"
DETOUR = "[roads]\ndetour = 1.0\n"


def mapped(folder, **options):
    scenario = load_scenario(folder)
    given = {"places": 100, "samples": 12, "charges": {}} | options
    return heat(scenario, measure(scenario, Progress()), Options(), Progress(), **given)


@pytest.fixture
def waits(week):
    """100 t must leave on the first day; D takes 60 t on the second day, O is far away.

    One degree of latitude is 111.195 km; S at 36°, D at 36.1° and O at 37°, all on one meridian, 1 CNY per t·km:
    off-site a tonne costs 111.195 + 40 CNY, by a yard between S and D it costs 11.1195. So a tonne of room on the way
    saves 140.0755, and further north by z km beyond D 2 z less.
    """

    def made(more: str = ""):
        return week(
            '[objective]\norder = ["unserved", "offsite", "cost"]\n[costs]\nhaul_per_t_km = 1\n' + DETOUR,
            supplies="supply,lon,lat,material,quantity,unit,from,to,street\n"
            "S,117,36,spoil_silty_clay,100,t,2025-03-03,2025-03-03,North\n",
            demands="demand,lon,lat,accepts,quantity,unit,from,to\n"
            "D,117,36.1,spoil_silty_clay,60,t,2025-03-04,2025-03-04\n",
            facilities="facility,lon,lat,kind,accepts,fee,storage,status\nO,117,37,offsite,*,40,,open\n" + more,
        )

    return made


KM = 111.19508  # of a degree of latitude on the sphere


def test_worth_by_hand(waits):
    scenario = in_cny(load_scenario(waits()), {})
    yard = Ghost(scenario, measure(scenario, Progress()), Options(), Progress())
    north = np.array([0.0, 5.0, 10.0, 11.1195, 21.1195, 90.0])  # km north of S
    away = np.abs(north[:, None] - np.array([0.0, 0.1 * KM, KM]))
    worth, told = yard.worth(away, away, trace=True)
    saved = KM + 40 - 0.1 * KM
    assert worth == pytest.approx(
        [saved, saved, saved, saved, saved - 20, max(0, saved - 2 * (90 - 0.1 * KM))], abs=1e-2
    )
    assert [(s.origin, s.fetched, s.destination, s.sent) for s in told[0]] == [(0, 0, 1, 1)]
    assert yard.gain(away[0], away[0]) == pytest.approx(saved, abs=1e-3)


def test_an_open_yard_with_room_leaves_nothing_to_gain(waits):
    found = mapped(waits("Y,117,36.05,yard,*,0,500,open\n"))
    assert found.worth.max() == pytest.approx(0, abs=1e-6)
    assert found.best == ()


def test_a_full_yard_leaves_the_difference_to_the_next_one(waits):
    """Y has room for 10 t of the 60 t that D would take: the next tonne of room is worth as much as without Y."""
    assert mapped(waits("Y,117,36.05,yard,*,0,10,open\n")).worth.max() == pytest.approx(0.9 * KM + 40, abs=1e-2)


def test_a_charge_raises_the_worth_by_what_stays_in_the_zone(waits):
    assert mapped(waits(), charges={"offsite": 25.0}).worth.max() == pytest.approx(0.9 * KM + 65, abs=1e-2)


def chance_week(week, seed: int):
    """A seeded week on a plane with pits, fills, a plant, a tight yard, blends, dates, limits of every kind."""
    dice = random.Random(seed)

    def at() -> str:
        return f"{117 + dice.random() / 4:.4f},{36 + dice.random() / 4:.4f}"

    kinds = ["spoil_silty_clay", "sand_dry", "concrete_rubble"]
    supplies = ["supply,lon,lat,material,quantity,unit,from,to,daily_max,stock_max"]
    for i in range(6):
        first = dice.randint(3, 5)
        supplies.append(f"S{i},{at()},{dice.choice(kinds)},{dice.randint(50, 300)},t,2025-03-0{first},2025-03-0"
                        f"{dice.randint(first, 7)},{dice.choice(['', 60])},{dice.choice(['', 0, 40])}")  # fmt: skip
    demands = ["demand,lon,lat,accepts,quantity,unit,required,from,to,daily_max"]
    mixes = ["demand,material,max_share"]
    for i in range(4):
        first = dice.randint(3, 7)
        accepts = dice.choice(["spoil_silty_clay;sand_dry", "sand_dry", "recycled_aggregate;sand_dry"])
        demands.append(f"D{i},{at()},{accepts},{dice.randint(60, 250)},{dice.choice(['t', 'm3_compacted'])},"
                       f"{dice.choice(['', 30])},2025-03-0{first},2025-03-0{dice.randint(first, 7)},"
                       f"{dice.choice(['', 50])}")  # fmt: skip
        mixes += [f"D{i},sand_dry,0.4"] if accepts.startswith("spoil") else []
    return week(
        f"days = 5\n[objective]\norder = [\"unserved\", \"offsite\", \"cost\"]\n[roads]\ndetour = 1.3\n"
        f"max_km = {dice.choice([30, 100])}\n",
        supplies="\n".join(supplies),
        demands="\n".join(demands),
        mixes="\n".join(mixes),
        facilities="facility,lon,lat,kind,accepts,daily_in,storage,fee,status,longest_stay\n"
        f"Y,{at()},yard,*,40,30,1,open,2\nR,{at()},recycling,concrete_rubble,80,40,5,open,\n"
        f"L,{at()},disposal,*,50,120,15,open,\nO,{at()},offsite,*,,,60,open,\n",
        recipes="facility,input,output,yield,daily_max,cost\nR,concrete_rubble,recycled_aggregate,0.8,60,4\n",
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_no_try_gains_more_and_most_gain_as_much(week, seed):
    """Re-solves at 30 places of a seeded week: the worth is never exceeded, and reached at most of them."""
    found = mapped(chance_week(week, seed), samples=30)
    worth, gain = (np.array([getattr(one, name) for one in found.samples]) for name in ("worth", "gain"))
    assert (gain <= worth + 1e-3).all()
    assert (gain >= -1e-3).all()
    if worth.sum() > 0:
        assert gain.sum() >= 0.8 * worth.sum()


def test_a_try_is_the_plan_with_that_yard(week):
    """What the live model says of a place is what planning the scenario with a yard there says."""
    folder = chance_week(week, 3)
    scenario = in_cny(load_scenario(folder), {})
    distances = measure(scenario, Progress())
    yard = Ghost(scenario, distances, Options(), Progress())
    wide = with_yard(scenario)
    f = wide.facilities
    f.lon[-1], f.lat[-1] = 117.1, 36.1
    anew = plan_scenario(wide, Options(), Progress(), brief=True).plan.summary["goals"][0]["value"]
    reach = distances.reach(117.1, 36.1)
    assert yard.gain(reach.km_in, reach.km_out) == pytest.approx((yard.value - anew) / TINY, abs=1e-3)


def test_over_priced_lanes_the_tries_are_the_same(week):
    """Where the solver holds few lanes, the optimum of every try is still that of all."""
    scenario = load_scenario(chance_week(week, 5))
    distances = measure(scenario, Progress())
    whole, few = (
        heat(scenario, distances, Options(priced_from=n), Progress(), places=64, samples=9, charges={})
        for n in (10**9, 1)
    )
    assert whole.value == pytest.approx(few.value)
    gains = {one.at: one.gain for one in whole.samples}
    both = [(gains[one.at], one.gain) for one in few.samples if one.at in gains]
    assert len(both) >= 3
    assert [a for a, _ in both] == pytest.approx([b for _, b in both], abs=1e-3)
    assert all(one.gain <= one.worth + 1e-3 for one in few.samples)


def test_options_of_the_other_task_are_refused_together(waits, tmp_path, capsys):
    folder, out = str(waits()), str(tmp_path / "out")
    assert main(["site", folder, "-o", out, "--map", "--max-open", "2", "--break-even", "--quiet"]) == 2
    told = capsys.readouterr().err
    assert "--max-open: has no meaning with --map" in told and "--break-even: has no meaning with --map" in told
    assert main(["site", folder, "-o", out, "--charge", "offsite=3", "--quiet"]) == 2
    assert "--charge: has a meaning with --map only" in capsys.readouterr().err


def test_distances_as_a_table_are_refused(week, tmp_path, capsys):
    folder = week(supplies="supply,material,quantity,unit\nS,spoil_silty_clay,10,t\n", distances="from,to,km\n")
    assert main(["site", str(folder), "-o", str(tmp_path / "out"), "--map", "--quiet"]) == 2
    told = capsys.readouterr().err
    assert "scenario.toml: roads.distances: distances come as a table" in told and "name a road file" in told
    assert not (tmp_path / "out").exists()


def test_a_charge_on_what_is_no_burden_is_refused(waits):
    with pytest.raises(InputError, match="cutfill site: --charge: there is no charge on 'unserved'"):
        mapped(waits(), charges={"unserved": 3.0})


@pytest.mark.parametrize("most", [0.0, 0.013, 1.0, 58.3, 100.0, 99_999.0])
def test_colour_classes_are_round_and_reach_the_most(most):
    limits = classes(most)
    assert limits[0] == 0 and len(limits) <= 7
    assert all(b > a for a, b in itertools.pairwise(limits)) and limits[-1] <= most


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("heat") / "out"
    assert main(["site", str(WEEK), "-o", str(out), "--map", "--places", "2000", "--quiet"]) == 0
    return out


def test_a_map_of_the_week_is_confirmed_from_its_prices(folder):
    assert check(WEEK, folder, Progress()).findings == ()
    heat_rows = list(Table.read_csv(folder / "heat.csv").records())
    assert 1900 <= len(heat_rows) <= 2000 and {row["street"] for row in heat_rows} >= {"大桥", "崔寨", "孙耿", "太平"}
    shares = [float(row["share"]) for row in Table.read_csv(folder / "heat-samples.csv").records() if row["share"]]
    assert min(shares) > 0.9


def test_a_spoiled_map_is_found(folder, tmp_path):
    import shutil

    out = tmp_path / "out"
    shutil.copytree(folder, out)
    table = Table.read_csv(out / "heat-steps.csv")
    one = next(row for row in table.records() if float(row["gain"]) > 1)
    text = (out / "heat-steps.csv").read_text()
    for old, new, column in (
        (one["gain"], f"{float(one['gain']) + 1:.9f}", "gain"),
        (f"{one['sent']},", "2026-01-01,", "from"),
    ):
        (out / "heat-steps.csv").write_text(text.replace(old, new, 1))
        assert column in {f.column for f in check(WEEK, out, Progress()).findings}
    (out / "heat-steps.csv").write_text(text)
    tries = (out / "heat-samples.csv").read_text().splitlines()
    cells = tries[1].split(",")
    cells[3] = str(float(cells[2]) + 1)
    (out / "heat-samples.csv").write_text("\n".join([tries[0], ",".join(cells), *tries[2:]]) + "\n")
    assert [f.column for f in check(WEEK, out, Progress()).findings] == ["resolved"]


def test_the_page_tells_and_colours_in_both_languages(folder, chromium):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    troubles, asked = [], []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{(folder / 'map.html').as_uri()}?lang=en")
    assert page.locator(".headline").inner_text().startswith("A new yard is worth most near ")
    assert page.locator("#heat .pin").count() == page.locator(".best li").count() > 2
    assert page.locator("#scale li").count() > 3
    page.locator("#heat .pin").first.hover()
    assert "first tonne of room" in page.locator(".leaflet-tooltip").first.inner_text()
    page.locator('[data-lang="zh"]').click()
    assert "首吨库容" in page.locator(".headline").inner_text()
    page.close()
    assert troubles == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
