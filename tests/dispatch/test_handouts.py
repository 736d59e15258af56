"""What a schedule puts into people's hands: manifests, codes that read back, sheets, the page in a browser."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import zxingcpp
from fleets import dispatched, write
from test_schedules import GOOD

from optimizer.dispatch.cli import write_dispatch
from optimizer.distances import measure
from optimizer.progress import Progress
from optimizer.read import load_scenario
from optimizer.replay import replay
from optimizer.tickets import handouts
from optimizer.tickets.codes import FIELDS, code_svg, content

QUIET = Progress(quiet=True)
NASTY = "<img src=x onerror=\"document.title='owned'\"></script><script>document.title='owned'</script>"


def published(folder, out, replications=2):
    """A dispatched folder with all its files."""
    scenario, dispatch = load_scenario(folder), dispatched(folder, GOOD)
    distances = measure(scenario, QUIET)
    found = replay(scenario, distances, dispatch.tables, replications=replications, seed=1, progress=QUIET)
    dispatch.summary["replay"], dispatch.tables["replay"] = found.summary, found.table
    out.mkdir()
    write_dispatch(dispatch, out, handouts(scenario, distances, dispatch.tables, dispatch.summary))
    return dispatch


def read_back(svg):
    """What a code reader sees in a drawn code."""
    side = int(re.search(r'viewBox="0 0 (\d+) ', svg)[1])
    picture = np.full((side, side), 255, dtype=np.uint8)
    x, y = (int(float(v)) for v in re.search(r'd="M(\d+) ([\d.]+)', svg).groups())
    for dx, dy, run in re.findall(r"m(-?\d+) (-?\d+)h(\d+)", svg):
        x, y = x + int(dx), y + int(dy)
        picture[y, x : x + int(run)] = 0
        x += int(run)
    (found,) = zxingcpp.read_barcodes(np.kron(picture, np.ones((4, 4), dtype=np.uint8)))
    return found.text


def test_a_code_reads_back():
    row = dict.fromkeys(FIELDS, "x") | {"ticket": "20250303-T-01-01", "from": "一号,工地", "t": 16.0, "to": "Y1"}
    assert read_back(code_svg(content(row))) == 'CUTFILL1,20250303-T-01-01,x,"一号,工地",Y1,x,x,16,x,x'


def test_every_ticket_is_a_draft_manifest_with_a_code_on_its_sheet(tmp_path):
    dispatch = published(write(tmp_path / "a"), tmp_path / "out")
    trips = list(dispatch.tables["trips"].records())
    documents = json.loads((tmp_path / "out" / "tickets.json").read_text(encoding="utf-8"))["manifests"]
    assert [one["number"] for one in documents] == [row["ticket"] for row in trips]
    first = documents[0]
    assert first["state"] == "draft"
    assert (first["discharge"]["site"], first["receipt"]["site"]) == (trips[0]["from"], trips[0]["to"])
    assert (first["cargo"]["t"], first["receipt"]["manner"]) == (16, "fill")
    assert set(first["approvals"].values()) == {None}
    page = (tmp_path / "out" / "sheets" / "2025-03-03.html").read_text(encoding="utf-8")
    assert page.count('<article class="sheet"') == len(dispatch.tables["trucks"])
    codes = re.findall(r'<svg viewBox.*?class="code".*?</svg>', page)
    assert {read_back(code) for code in codes} == {content(row) for row in trips}


def test_laden_and_empty_add_up(tmp_path):
    """16 t T at 41.5 and 27.5 L/100 km, 2.65 kg/L; the carrier's figures are those of its trucks."""
    dispatch = dispatched(write(tmp_path / "a"), GOOD)
    for row in dispatch.tables["trucks"].records():
        assert row["fuel_empty_l"] == pytest.approx(row["km_empty"] * 0.275)
        assert row["fuel_loaded_l"] + row["fuel_empty_l"] == pytest.approx(row["fuel_l"])
        assert row["co2_loaded_kg"] == pytest.approx(row["km_loaded"] * 0.415 * 2.65)
    (carrier,) = dispatch.summary["carriers"]
    assert carrier["cost"] == pytest.approx(dispatch.summary["kpis"]["cost"])
    assert carrier["co2_empty_kg"] == pytest.approx(dispatch.summary["kpis"]["co2_empty_kg"])
    assert carrier["truck_days"] == len(dispatch.tables["trucks"])


def test_the_pages_in_a_browser(tmp_path, chromium):
    """No error, no request, hostile names stay text, both languages, trucks move, a sheet is a page of paper."""
    places = {"S1": (117.0, 36.8), "S2": (117.1, 36.8), "D1": (117.0, 36.9), "D2": (117.1, 36.9), "Y1": (117.05, 36.85)}
    base = {"material": "spoil_silty_clay", "unit": "t", "quantity": 64}
    rows = {
        name: {"name": NASTY, "lon": lon, "lat": lat, "owner": NASTY} for name, (lon, lat) in places.items()
    }  # fmt: skip
    demand = {"accepts": "spoil_silty_clay", "unit": "t", "quantity": 500}
    yard = {key: value for key, value in rows["Y1"].items() if key != "owner"}
    truck = {"truck": "T", "count": 2, "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "18:00",
             "carrier": NASTY}  # fmt: skip
    folder = write(
        tmp_path / "a",
        supplies=[{"supply": s, **base, **rows[s]} for s in ("S1", "S2")],
        demands=[{"demand": d, **demand, **rows[d]} for d in ("D1", "D2")],
        facilities=[{"facility": "Y1", "kind": "yard", "accepts": "spoil_silty_clay", "status": "closed", **yard}],
        gates=[{"place": "D1", "what": "tip", "opens": "06:00", "closes": "18:00", "bays": 1}],
        trucks=[truck],
    )
    dispatch = published(folder, tmp_path / "out")
    tab, faults = chromium.new_context(offline=True, viewport={"width": 1200, "height": 900}).new_page(), []
    tab.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("request", lambda r: faults.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
    tab.goto(f"{(tmp_path / 'out' / 'dispatch.html').as_uri()}#en")
    assert tab.locator("#truck-table tbody tr").count() == len(dispatch.tables["trucks"])
    assert tab.locator("#truck-gantt svg path").count() > 32
    assert tab.locator("#gate-gantt svg path").count() >= 4
    before = tab.inner_text("#clock")
    tab.click("#play")
    tab.wait_for_function("before => document.getElementById('clock').textContent !== before", arg=before)
    assert "Every load has a truck" in tab.inner_text("main")
    tab.click("[data-lang=zh]")
    assert "每趟都有车" in tab.inner_text("main")
    assert "owned" not in tab.title()
    tab.locator("#truck-table a").first.click()
    assert tab.locator(".sheet:visible").count() == 1
    assert "owned" not in tab.title()
    assert len(re.findall(rb"/Type\s*/Page[^s]", tab.pdf(prefer_css_page_size=True))) == 1
    assert faults == []


def test_what_is_left_is_on_the_page(tmp_path):
    """One truck until 07:30 does two or three of eight loads."""
    short = {"truck": "T", "depot": "Y1", "payload": 16, "shift_from": "06:00", "shift_to": "07:30"}
    dispatch = published(write(tmp_path / "a", trucks=[short]), tmp_path / "out", replications=0)
    left = dispatch.summary["violations"]["unserved_loads"]
    page = (tmp_path / "out" / "dispatch.html").read_text(encoding="utf-8")
    assert f"{left} of 8 loads have no truck." in page
    assert f"8 趟中有 {left} 趟无车可派。" in page
    assert "one more T" in page
    assert "There was no replay with random times." in page
