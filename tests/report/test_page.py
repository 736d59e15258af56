"""The page as text: self-contained, whole in both languages, safe with any name, graceful with little."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import report_district as district

from optimizer.report import render
from optimizer.tables import Table

NASTY = "</script><img src=x onerror=alert(1)> {{ 7*7 }} & \"'`"


@pytest.fixture(scope="module")
def page(scenario, plan):
    return render(scenario, plan)


class Reader(HTMLParser):
    """Collects attributes that load something, and the visible text of one language."""

    VOID = frozenset({"meta", "link", "img", "br", "input", "hr"})

    def __init__(self, language):
        super().__init__()
        self.other = {"en": "zh-CN", "zh": "en"}[language]
        self.stack, self.loads, self.words = [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.loads += [v for k, v in attrs.items() if k in ("src", "href", "srcset", "action", "poster")]
        if tag not in self.VOID:
            self.stack.append((tag, tag in ("script", "style") or (tag == "span" and attrs.get("lang") == self.other)))

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, text):
        if not any(hidden for _, hidden in self.stack):
            self.words.append(text)


def read(page, language="en"):
    reader = Reader(language)
    reader.feed(page)
    return reader


def test_nothing_is_loaded_from_anywhere(page):
    assert [link for link in read(page).loads if not link.startswith(("#", "data:"))] == []
    assert "default-src 'none'" in page
    assert "sourceMappingURL" not in page


def test_size(page):
    assert len(page.encode()) < 2_500_000


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_key_or_brace_is_left_in_the_text(page, language):
    words = " ".join(read(page, language).words)
    assert not re.search(r"\{\w*\}|\{\{|\b(?:js|col|kpi|via|kind|page|verdict)\.[a-z_]+", words)
    assert not re.search(r"\b(?:None|nan|inf)\b", words)


def test_each_language_is_whole(page):
    english, chinese = (" ".join(read(page, language).words) for language in ("en", "zh"))
    for en, zh in (("Headline figures", "主要指标"), ("Where it goes", "流向地图"), ("Goals and proof", "目标与证明")):
        assert en in english and en not in chinese
        assert zh in chinese and zh not in english


def test_names_may_contain_anything(scenario, plan):
    supplies = replace(
        scenario.supplies, names=(NASTY, *scenario.supplies.names[1:]), street=(NASTY, *scenario.supplies.street[1:])
    )
    nasty = replace(scenario, name=NASTY, supplies=supplies, notes=(NASTY,))
    page = render(
        nasty,
        replace(
            plan, summary=plan.summary | {"notes": [NASTY], "inputs": {NASTY: NASTY}, "roads": {"attribution": NASTY}}
        ),
    )
    assert "<img src=x" not in page
    assert "{{ 7*7 }}" in " ".join(read(page).words)
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert json.loads(data[1])["sites"][0]["name"] == NASTY


def test_no_coordinates_says_so(scenario, plan):
    page = render(district.without_coordinates(scenario), replace(plan, paths={}))
    assert "there is no map" in page and 'id="map-canvas"' not in page


def test_missing_coordinates_are_counted(scenario, plan):
    lat = scenario.demands.lat.copy()
    lat[:3] = np.nan
    page = render(replace(scenario, demands=replace(scenario.demands, lat=lat)), replace(plan, paths={}))
    assert "3 places without coordinates are not drawn." in page


def test_a_plan_with_nothing_in_it(scenario, plan):
    tables = {name: Table(table.columns) for name, table in plan.tables.items()}
    summary = {"name": "x", "status": "none", "termination": "interrupted", "mode": "lexicographic", "goals": []}
    page = render(scenario, replace(plan, summary=summary, tables=tables, paths={}))
    assert "The solver stopped before it found a plan." in page
    assert "Against the usual way" not in page and "Tightest spots" not in page
    assert "Nothing is unserved and nothing leaves the zone." in page


def test_weights_mode_explains_itself(scenario, plan):
    summary = plan.summary | {
        "mode": "weights",
        "goals": [{"name": "total", "unit": "CNY", "value": 5.0, "bound": 5.0}],
    }
    page = render(scenario, replace(plan, summary=summary))
    assert "One weighted sum is minimised" in page and "weighted sum" in page


def test_same_plan_same_page(scenario, plan, page):
    assert render(scenario, plan) == page
