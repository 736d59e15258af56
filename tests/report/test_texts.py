"""Every text exists in both languages, and every text that the page asks for exists."""

import re
import string
from pathlib import Path

import pytest

import optimizer.report as report
from optimizer.lanes import PLACE_KINDS
from optimizer.prices import SIDES
from optimizer.report.payload import SCRIPT_TEXTS, VIAS
from optimizer.report.texts import Both, joined, money, named, number, percent, say, texts, unit
from optimizer.scenario import GOALS, KINDS

FOLDER = Path(report.__file__).parent


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(texts()))
def test_both_languages_are_there_and_take_the_same_parts(key):
    both = texts()[key]
    assert both.en.strip() and both.zh.strip()
    assert fields(both.en) == fields(both.zh)


def test_chinese_is_chinese():
    """A text copied over untranslated would have no Chinese character; a few are units or names in any language."""
    latin = [key for key, both in texts().items() if not re.search(r"[\u4e00-\u9fff]", both.zh)]
    assert latin == ["compare.join"]


def test_template_and_scripts_ask_only_for_texts_that_exist():
    page = (FOLDER / "page.html").read_text(encoding="utf-8")
    asked = set(re.findall(r'\b(?:t|say)\("([a-z_]+\.[a-z_]+)"', page))
    asked |= {f"{key}.heading" for key in re.findall(r'head\("([a-z_]+)"', page)}
    for script in FOLDER.glob("*.js"):
        asked |= set(re.findall(rf'"((?:{"|".join(SCRIPT_TEXTS)})\.[a-z_]+)"', script.read_text(encoding="utf-8")))
    assert len(asked) > 100
    assert sorted(asked - set(texts())) == []


def test_names_of_the_program_have_texts():
    for table, names in (("goal", GOALS), ("kind", KINDS), ("side", SIDES.values()), ("via", VIAS)):
        assert [name for name in names if f"{table}.{name}" not in texts()] == []
    assert {"supply", "demand", *KINDS} == set(PLACE_KINDS)


def test_no_text_is_left_over():
    """Nothing asks for a dead text by its whole key, nor by its last word (keys put together from a figure's name)."""
    from_data = {
        "goal",
        "kind",
        "side",
        "via",
        "part",
        "count",
        "cert",
        "class",
        "unit",
        "status",
        "termination",
        "road",
    }
    sources = [*FOLDER.glob("*.js"), *FOLDER.glob("*.py"), FOLDER / "page.html", FOLDER.parent / "workbook.py"]
    words = set(re.findall(r"[\w.]+", " ".join(path.read_text(encoding="utf-8") for path in sources)))
    own = [key.split(".") for key in texts() if key.split(".")[0] not in from_data]
    dead = [f"{table}.{leaf}" for table, leaf in own if not {f"{table}.{leaf}", leaf.removeprefix("what_")} & words]
    assert dead == []


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(48200, None, "48,200"), (12.345, None, "12.3"), (0.456, None, "0.46"), (-3.0, None, "-3"), (1e-9, None, "0"),
     (-1e-9, None, "0"), (-0.2, 0, "0"), (None, None, "–"), (float("nan"), None, "–"), (1234.567, 2, "1,234.57")],
)  # fmt: skip
def test_numbers(value, digits, text):
    assert number(value, digits) == text


def test_percent_and_money():
    assert percent(0.95432) == "95.4%"
    assert percent(None) == "–"
    assert money(437_000.4) == Both("CNY 437,000", "43.7 万元")
    assert money(18.02) == Both("CNY 18.02", "18.02 元")
    assert money(None) == Both("–", "–")


def test_saying():
    assert say("verdict.offsite", t="12", share="3%").en == "12 t (3%) leave the zone."
    assert named("goal", "haul") == Both("haul work", "运输周转量")
    assert named("goal", "something new") == Both("something new", "something new")
    assert unit("t·km") == Both("t·km", "吨公里")
    assert joined([Both("a", "甲"), Both("b", "乙")], Both(" ", "")) == Both("a b", "甲乙")
