"""site.html: what opens and why, money and streets in words, and the page in a browser."""

from __future__ import annotations

import json
import re

import pytest

from optimizer.cli import main
from optimizer.planner import Options
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.siting import words
from optimizer.siting.choices import Choices
from optimizer.siting.decide import decide
from optimizer.siting.page import curves


@pytest.fixture
def coast(week):
    """100 t wait two days for D. Y (small or large, leased, in North) saves 40 km a tonne; Z (South) is too dear."""
    return week(
        'days = 4\n[objective]\norder = ["unserved", "cost"]\n[costs]\nhaul_per_t_km = 1\ncarbon_per_kg = 0.1\n'
        "[streets]\nper_t = 2\nper_passage = 8\n[roads]\ndetour = 1.0\n",
        supplies="supply,name,lon,lat,material,quantity,unit,from,to,street\n"
        "S,Pit <b>one</b>,117,36,spoil_silty_clay,100,t,2025-03-03,2025-03-03,North\n"
        "T,Pit two,117,36.02,spoil_silty_clay,30,t,2025-03-05,2025-03-06,South\n",
        demands="demand,lon,lat,accepts,quantity,unit,from,to,street\n"
        "D,117,36.05,spoil_silty_clay,130,t,2025-03-05,2025-03-06,South\n",
        facilities="facility,lon,lat,kind,accepts,storage,status,opening_cost,lease,restoration_cost,end_stock_max,"
        "hold_cost,fee,street\n"
        "Y,117,36.02,yard,*,,candidate,,600,10,0,0.5,1,North\nZ,117.3,36.02,yard,*,500,candidate,9000,,,0,,,South\n"
        "O,117,36.5,offsite,*,,open,,,,,,5,\n",
        sizes="facility,size,storage,opening_cost\nY,small,40,100\nY,large,120,250\n",
    )


def decided(folder, **rules):
    scenario = load_scenario(folder)
    given = {"gap": 1e-7, "solutions": 2, "break_even": True}
    return decide(scenario, Choices.of(scenario, **rules), Options(), Progress(), **given)


def test_the_curves_end_at_the_cost_of_both_plans(coast):
    decision = decided(coast)
    without, opened = curves(decision)
    assert without[-1] == pytest.approx(decision.without.plan.summary["kpis"]["cost"])
    assert opened[-1] == pytest.approx(decision.planning.plan.summary["kpis"]["cost"])
    assert opened[0] > without[0] - 100 * (0.48 * 111.2 + 5) * 1.02  # its opening is paid on the first day


def test_what_is_said_of_a_siting(coast):
    decision = decided(coast)
    rows = {row["facility"]: row for row in decision.tables["site"].records()}
    told = words.headline(decision)
    assert told.en.startswith("Open Y, large: 100 t stay in the zone; CNY ")
    assert told.zh.startswith("启用Y（large）：100 吨不再外运；")
    assert words.name_of(decision, rows["Y"]).en == "Y, large, 2025-03-03 to 2025-03-05"
    through, limit = (one.en for one in words.why(decision, rows["Y"]))
    assert through == "It takes 100 t, mostly from S (Pit <b>one</b>), sends 100 t on, mostly to D."
    assert limit.startswith("It stays the right choice as long as opening it costs less than CNY ")
    assert words.why(decision, rows["Z"])[0].en == "It would not be opened even if that cost nothing."
    nowhere, north, south = decision.tables["streets"].records()
    assert (nowhere["street"], nowhere["compensation"]) == ("", 0)
    assert words.street_words(north, True).en.startswith("Its facilities receive 100 t (100 more); 13 laden trucks ")
    assert "it is paid CNY" in words.street_words(south, True).en
    assert "paid" not in words.street_words(north, False).en.split("haul")[-1]


def test_what_is_said_when_nothing_opens_or_was_asked_for(coast):
    closed = decided(coast, forced_closed=["Y", "Z"])
    assert words.headline(closed).en.startswith("Open none of the 2 candidates")
    row = closed.tables["site"].rows[0]
    told = words.why(closed, dict(zip(closed.tables["site"].columns, row, strict=True)))
    assert [one.en for one in told] == ["It had to stay closed: that was asked for."]
    forced = decided(coast, forced_open=["Z"], forced_closed=["Y"])
    assert "it costs CNY" in words.headline(forced).en


def test_a_siting_whose_goals_hold_no_money_says_so(coast, capsys, tmp_path):
    assert words.unweighed(decided(coast)).en == ""
    toml = coast / "scenario.toml"
    toml.write_text(re.sub("order = .*|weights = .*", 'order = ["unserved", "haul"]', toml.read_text()))
    told = words.unweighed(decided(coast))
    assert told.en.startswith("The goals hold no money") and told.zh.startswith("目标中不含费用")
    assert main(["site", str(coast), "-o", str(tmp_path / "out"), "--quiet"]) == 0
    assert "openings only break ties; put cost into the order" in capsys.readouterr().out
    assert json.loads((tmp_path / "out" / "plan.json").read_text())["site"]["counts_in"] is None


def test_a_gap_of_two_is_taken_for_a_slip(coast, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["site", str(coast), "-o", str(tmp_path / "out"), "--gap", "2"])
    assert "'2' is no share below 1, as 0.01 for 1 %" in capsys.readouterr().err


def test_the_page_in_both_languages(coast, tmp_path, chromium):
    out = tmp_path / "out"
    args = ["site", str(coast), "-o", str(out), "--quiet", "--break-even", "--solutions", "3"]
    assert main(args) == 0
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    troubles, asked = [], []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{(out / 'site.html').as_uri()}?lang=en")
    assert page.locator(".headline").inner_text().startswith("Open Y, large: ")
    assert "Pit <b>one</b>" in page.locator('[data-candidate="Y"]').inner_text()
    assert page.locator('[data-candidate="Z"] .tag').inner_text() == "stays closed"
    assert page.locator("#site-map canvas").count() == 1
    assert page.locator("#curve svg").count() == 1
    assert page.locator("[data-street]").count() == 2
    assert page.locator("#sets tbody tr").count() == 3
    page.locator('[data-lang="zh"]').click()
    assert page.locator(".headline").inner_text().startswith("启用Y（large）")
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.documentElement.scrollWidth === 390")  # charts follow the window a frame later
    page.close()
    assert troubles == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
    assert main(["plan", str(coast), "-o", str(out), "--quiet"]) == 0
    assert not (out / "site.html").exists()
