"""The page in a real browser: no errors, no requests, both languages, phone, paper, hostile names."""

import re
from dataclasses import replace

import pytest
import report_district as district

from optimizer.report import render

NASTY = "<img src=x onerror=\"document.title='owned'\"></script><script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def files(tmp_path_factory, scenario, plan):
    folder = tmp_path_factory.mktemp("pages")
    supplies = replace(
        scenario.supplies, names=(NASTY,) * len(scenario.supplies.ids), street=(NASTY,) * len(scenario.supplies.ids)
    )
    facilities = replace(scenario.facilities, names=(NASTY,) * len(scenario.facilities.ids))
    hostile = plan.summary | {"roads": {"attribution": NASTY}, "notes": [NASTY]}
    pages = {
        "plain": render(scenario, plan),
        "bare": render(district.without_coordinates(scenario), replace(plan, paths={})),
        "hostile": render(
            replace(scenario, name=NASTY, supplies=supplies, facilities=facilities), replace(plan, summary=hostile)
        ),
    }
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture
def visit(chromium, files):
    """Opens a page; at the end there must have been no error on the console and no request."""
    faults, contexts = [], []

    def go(name, language="en", width=1300, height=900):
        contexts.append(chromium.new_context(viewport={"width": width, "height": height}, offline=True, locale="de-DE"))
        tab = contexts[-1].new_page()
        tab.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("request", lambda r: faults.append(r.url) if not r.url.startswith(("file:", "data:")) else None)
        tab.goto(f"{(files / f'{name}.html').as_uri()}#{language}")
        return tab

    yield go
    for context in contexts:
        context.close()
    assert faults == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["plain", "bare"])
@pytest.mark.parametrize("width", [390, 1440])
def test_page_draws(visit, name, language, width):
    tab = visit(name, language, width)
    text = tab.inner_text("body")
    assert not re.search(r"\b(?:js|col|kpi|via|kind|side)\.[a-z_]+|\{\w+\}|undefined|NaN", text)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.locator("#sankey svg path").count() > 10
    assert tab.locator(".multiple svg").count() == 6
    assert tab.locator("#detail-tabs tbody tr").count() == 20
    other = "主要指标" if language == "en" else "Headline figures"
    assert other not in text


def test_language_switch_is_remembered(visit, files):
    tab = visit("plain", "en")
    tab.get_by_role("button", name="中文").click()
    assert "主要指标" in tab.inner_text("body") and "用土工地" in tab.inner_text("#detail-tabs")
    tab.goto(f"{(files / 'plain.html').as_uri()}?again")
    assert tab.evaluate("document.documentElement.lang") == "zh-CN"
    tab.goto(f"{(files / 'plain.html').as_uri()}?lang=en")
    assert tab.evaluate("document.documentElement.lang") == "en"


def test_filters_and_details(visit, plan):
    tab = visit("plain")

    def shown(box="#map-shown", pattern=r"^([\d,]+) t"):
        return float(re.search(pattern, tab.inner_text(box))[1].replace(",", ""))

    whole = sum(plan.tables["flows"].column("t"))
    assert shown() == pytest.approx(whole, abs=1)
    tab.locator("#map-filters select").nth(1).select_option("2")
    day = sum(r["t"] for r in plan.tables["flows"].records() if r["date"] == "2025-03-05")
    assert shown() == pytest.approx(day, abs=1)
    tab.locator("#map-filters .chips button").first.click()
    rest = sum(r["t"] for r in plan.tables["flows"].records() if r["date"] == "2025-03-05" and r["via"] != "direct")
    assert shown() == pytest.approx(rest, abs=1)
    tab.evaluate("flowMap.select({ site: DATA.sites.findIndex((s) => s.id === 'Y2'), day: -1 })")
    received = sum(r["t"] for r in plan.tables["flows"].records() if r["to"] == "Y2")
    assert shown("#map-details", r"receives ([\d,]+) t") == pytest.approx(received, abs=1)


def test_search_sort_and_pages(visit, plan):
    tab = visit("plain")
    tab.get_by_role("tab", name="All movements").click()
    box = tab.locator("#detail-tabs")
    assert f"of {len(plan.tables['flows'])}" in box.locator(".pager").inner_text()
    box.get_by_role("button", name="Next").click()
    assert "26–50" in box.locator(".pager").inner_text()
    box.locator("th", has_text=re.compile(r"^t\b")).first.click()
    assert (
        box.locator("tbody tr").first.locator("td").nth(5).inner_text()
        == f"{max(plan.tables['flows'].column('t')):,.0f}"
    )
    box.locator("input").fill("offsite landfill")
    to_offsite = sum(v == "X1" for v in plan.tables["flows"].column("to"))
    assert f"of {to_offsite}" in box.locator(".pager").inner_text()


def test_sankey_closes(visit):
    """What enters a yard or plant and what leaves it are the same, with stocks and losses in the picture."""
    tab = visit("plain")
    sums = tab.evaluate(
        """() => { const s = {}; for (const l of new Streams(-1, false).links.values()) {
        (s[l.from] ||= [0, 0])[1] += l.t; (s[l.to] ||= [0, 0])[0] += l.t; } return s; }"""
    )
    for node in ("yards", "recycling"):
        assert sums[node][0] == pytest.approx(sums[node][1], rel=1e-6)


def test_paper(visit):
    tab = visit("plain", "zh")
    assert tab.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    tab.emulate_media(media="print")
    tab.evaluate("setPrinting(true)")
    boxes = tab.locator("main :is(table, .chart, .card, .multiple, .mapbox)")
    assert max(boxes.evaluate_all("list => list.map((box) => box.getBoundingClientRect().right)")) <= 703
    assert not tab.locator("header.top").is_visible()
    tab.evaluate("setPrinting(false)")
    assert tab.locator("header.top").is_visible()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_hostile_names_stay_text(visit, language):
    tab = visit("hostile", language)
    tab.evaluate("flowMap.select({ site: 0 })")
    tab.locator(".multiple .plot").first.hover()
    tab.locator("#sankey").hover(position={"x": 200, "y": 60})
    tab.wait_for_timeout(200)
    assert tab.title() != "owned"
    assert tab.locator("img").count() == 0
    assert "onerror" in tab.inner_text("#map-details h3")
