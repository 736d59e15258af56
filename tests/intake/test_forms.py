"""The same scenario in every form and encoding gives the same arrays; what is doubtful is refused by name."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import openpyxl
import pytest
from forms import arrays, assert_same, write_json, write_xlsx
from good_scenario import GOOD

from optimizer.errors import InputError
from optimizer.read import load_scenario

ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom", "utf-32", "gb18030", "gbk")


def encoded(text: str, encoding: str) -> bytes:
    if encoding.endswith("-bom"):
        return ("\ufeff" + text).encode(encoding.removesuffix("-bom"))
    return text.encode(encoding)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings_of_every_file(encoding, load):
    recoded = load({file: encoded(text, encoding) for file, text in GOOD.items()})
    assert_same(recoded, load())
    assert recoded.supplies.street[0] == "大桥"
    told = [note for note in recoded.notes if "GBK" in note]
    assert len(told) == (2 if encoding.startswith("gb") else 0)  # supplies.csv and materials.csv hold Chinese


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings(ending, load):
    assert_same(load({f: t.replace("\n", ending) for f, t in GOOD.items() if f.endswith(".csv")}), load())


def test_line_numbers_are_those_of_the_editor(faults):
    """Row S2 spans lines 3 and 4, an empty line follows, so S3 stands on line 6 and S4 on line 7."""
    changed = GOOD["supplies.csv"].replace("S2,park", 'S2,"pa\nrk"').replace("\nS3", "\n\nS3").replace("slurry", "mud!")
    assert [line.split(" is ")[0] for line in faults({"supplies.csv": changed})] == ["supplies.csv:7: material: 'mud!'"]


def test_tabs_of_excels_unicode_text(load):
    text = GOOD["stocks.csv"].replace(",", "\t")
    scenario = load({"stocks.csv": encoded(text, "utf-16")})
    assert_same(scenario, load())
    assert "stocks.csv: cells are separated by tabs; read as such" in scenario.notes


def test_order_and_case_of_columns_do_not_matter(load):
    rows = [line.split(",") for line in GOOD["recipes.csv"].splitlines()]
    turned = "\n".join(",".join(reversed(row)) for row in rows).replace("yield", " ＹIELD ")
    assert_same(load({"recipes.csv": turned}), load())


def test_rows_may_end_early_and_blank_lines_are_skipped(load):
    short = "\n\n" + GOOD["supplies.csv"].replace(",,,,,,,,,,\n", "\n\n,,,\n")
    assert_same(load({"supplies.csv": short}), load())


def test_trailing_nameless_columns_are_nothing_when_empty(load):
    assert_same(load({"mixes.csv": GOOD["mixes.csv"].replace("\n", ",,\n")}), load())


def test_xlsx_is_the_same_scenario(tmp_path, load):
    write_xlsx(tmp_path / "week.xlsx", GOOD)
    assert_same(load_scenario(tmp_path / "week.xlsx"), load())


def test_json_is_the_same_scenario(tmp_path, load):
    write_json(tmp_path / "week.json", GOOD)
    assert_same(load_scenario(tmp_path / "week.json"), load())


def test_json_takes_lists_as_lists(tmp_path, load):
    write_json(tmp_path / "week.json", GOOD)
    content = json.loads((tmp_path / "week.json").read_text())
    for row in content["demands"]:
        row["accepts"] = row["accepts"].split(";")
    (tmp_path / "week.json").write_text(json.dumps(content))
    assert_same(load_scenario(tmp_path / "week.json"), load())


def test_weights_in_all_three_forms(tmp_path, load):
    toml = GOOD["scenario.toml"].replace('order = ["unserved", "haul"]', "weights = { cost = 1.5, offsite = 200 }")
    expected = load({"scenario.toml": toml})
    assert expected.objective.order == ()
    assert expected.objective.weights == {"cost": 1.5, "offsite": 200.0}
    files = GOOD | {"scenario.toml": toml}
    write_json(tmp_path / "week.json", files)
    assert_same(load_scenario(tmp_path / "week.json"), expected)
    write_xlsx(tmp_path / "week.xlsx", GOOD)
    book = openpyxl.load_workbook(tmp_path / "week.xlsx")
    sheet = book["scenario"]
    sheet.delete_rows(next(r for r in range(1, 20) if sheet.cell(r, 1).value == "objective.order"))
    sheet.append(["objective.weights.cost", 1.5])
    sheet.append(["objective.weights.offsite", "200"])
    book.save(tmp_path / "week.xlsx")
    assert_same(load_scenario(tmp_path / "week.xlsx"), expected)


def edited(tmp_path, edit) -> list[str]:
    """Faults of the workbook after an edit."""
    write_xlsx(tmp_path / "week.xlsx", GOOD)
    book = openpyxl.load_workbook(tmp_path / "week.xlsx")
    edit(book)
    book.save(tmp_path / "week.xlsx")
    with pytest.raises(InputError) as error:
        load_scenario(tmp_path / "week.xlsx")
    return [str(fault) for fault in error.value.faults]


def put(sheet, cell, value):
    return lambda book: book[sheet].__setitem__(cell, value)


def renamed(old, new):
    return lambda book: setattr(book[old], "title", new)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (put("supplies", "F2", "many"), "week.xlsx[supplies]:2: quantity: 'many' is not a number"),
        (
            put("supplies", "A2", dt.datetime(2025, 3, 1)),
            "week.xlsx[supplies]:2: supply: '2025-03-01 00:00:00' was turned into a date or time by Excel; "
            "format the column as text, type it again",
        ),
        (
            put("supplies", "H2", dt.datetime(2025, 3, 3, 8, 30)),
            "week.xlsx[supplies]:2: from: '2025-03-03 08:30:00' has a time of day; a date alone is expected",
        ),
        (
            put("supplies", "F2", dt.datetime(2025, 3, 3)),
            "week.xlsx[supplies]:2: quantity: '2025-03-03 00:00:00' is a date or time; a number is expected",
        ),
        (
            put("demands", "F2", "=40+50"),
            "week.xlsx[demands]:2: the formula in column 6 has no stored value; open the workbook in Excel and save "
            "it, or paste the values",
        ),
        (
            put("demands", "H2", "#REF!"),
            "week.xlsx[demands]:2: column 8 shows the Excel error #REF!; correct its formula",
        ),
        (renamed("mixes", "mixs"), "week.xlsx[mixs]: unknown sheet; did you mean `mixes`?"),
        (
            renamed("scenario", "notes"),
            "week.xlsx[scenario]: the sheet is missing; expected rows of key and value, at least start, days and "
            "roads.file, roads.distances or roads.detour",
        ),
        (put("scenario", "A3", "strat"), "week.xlsx[scenario]:3: strat: unknown key; did you mean `start`?"),
        (put("scenario", "A4", "start"), "week.xlsx[scenario]:4: start: 'start' is already in row 3"),
    ],
)
def test_faults_of_a_workbook(tmp_path, edit, expected):
    assert expected in edited(tmp_path, edit)


JSON_FAULTS = {
    '{"scenario": ': "week.json:1: is not JSON: Expecting value",
    "[]": "week.json: is not a scenario; expected an object with scenario and the tables",
    '{"a": 1, "a": 2}': "week.json: the key 'a' is there twice in one object; keep one",
    '{"supplies": [{"quantity": NaN}]}': "week.json: NaN is not a number; leave the key out when a value is not known",
    '{"supplys": []}': "week.json: supplys: unknown table; did you mean `supplies`?",
    '{"supplies": {}}': "week.json[supplies]: is not a list of rows",
    '{"supplies": [3]}': "week.json[supplies]:1: is not a row; expected an object with the columns as keys",
    '{"supplies": [{"unit": {"a": 1}}]}': "week.json[supplies]:1: unit: is a list or object; one value is expected",
    '{"supplies": [{"quantity": true}]}': "week.json[supplies]:1: quantity: 'true' is not a number",
    '{"supplies": [{}, {"quantity": 1e999}]}': "week.json[supplies]:2: quantity: 'inf' is too large to be true; "
    "numbers up to 1e+12 are read",
    '{"supplies": [{"owner": "\\ud800"}]}': "week.json: contains half of a character (a lone surrogate such as "
    "\\ud800); type it again",
    "[" * 100_000: "week.json: is not a scenario: a number is too long or the nesting too deep",
    '{"a": ' + "9" * 5000 + "}": "week.json: is not a scenario: a number is too long or the nesting too deep",
    '{"supplies": []}': "week.json: scenario: is missing; expected an object with at least start, days and roads",
}


@pytest.mark.parametrize(("text", "expected"), JSON_FAULTS.items(), ids=range(len(JSON_FAULTS)))
def test_faults_of_json(tmp_path, text, expected):
    (tmp_path / "week.json").write_text(text)
    with pytest.raises(InputError) as error:
        load_scenario(tmp_path / "week.json")
    assert expected in [str(fault) for fault in error.value.faults]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "week.xlsx",
            b"PK no workbook",
            "week.xlsx: cannot be read as an Excel workbook (BadZipFile); save it again as",
        ),
        ("week.xls", b"", "week.xls: is an old Excel file; save it as .xlsx; expected a folder, an .xlsx or a .json"),
        ("week.zip", b"", "week.zip: is not a scenario; expected a folder, an .xlsx or a .json"),
    ],
)
def test_no_scenario_at_all(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        load_scenario(tmp_path / name)
    assert str(error.value).startswith(expected)


def test_path_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="there is no such scenario"):
        load_scenario(tmp_path / "nowhere")


DATES = ("2025-03-04", "2025/3/4", "2025.3.4", "2025年3月4日", "２０２５－０３－０４", "20250304", "45720",
         "2025-03-04 00:00:00", "2025-03-04T00:00")  # fmt: skip


@pytest.mark.parametrize("text", DATES)
def test_dates_as_people_write_them(text, load):
    scenario = load({"supplies.csv": ("2025-03-04,2025-03-06", f"{text},2025-03-06")})
    assert (scenario.supplies.first[2], scenario.supplies.last[2]) == (1, 3)


NUMBERS = {"1234.5": 1234.5, "１２３４．５": 1234.5, '"1,234.5"': 1234.5, "1.2345e3": 1234.5, " 1234.50 ": 1234.5,
           "+1234.5": 1234.5, '"1，234.5"': 1234.5}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), NUMBERS.items())
def test_numbers_as_people_write_them(text, value, load):
    assert load({"supplies.csv": ("topsoil,60,", f"topsoil,{text},")}).supplies.quantity[1] == value


def test_names_lists_and_truths_as_people_write_them(load):
    changed = load(
        {
            "supplies.csv": [("S1,pit", "Ｓ１,pit"), ("topsoil", "表层土"), ("concrete_rubble", "拆除垃圾（混凝土）"),
                             (",1,false,", ",１,否,")],
            "demands.csv": ("spoil_silty_clay;clay_dry", "工程渣土；Dry clay"),
            "materials.csv": ("red mud,spoil", "red mud,工程渣土"),
        }
    )  # fmt: skip
    expected = arrays(load())
    for name, value in arrays(changed).items():
        if name != "supplies.ids":
            np.testing.assert_array_equal(value, expected[name], err_msg=name)
    assert changed.supplies.ids[0] == "Ｓ１"  # kept as written; S1 elsewhere still finds it
    assert load({"supplies.csv": ("S3,", "Ｓ３,")}).supplies.quantity[2] == 120.0


def test_distances_from_the_table_and_from_elsewhere(load, write, tmp_path):
    """Places are numbered supplies 0-3, demands 4-5, facilities 6-10."""
    rows = "from,to,km,minutes,cost_per_t\nS1,D1,3.5,9,\nY1,D2,2,,7\n"
    inside = load({"scenario.toml": ("detour = 1.3", 'distances = "distances.csv"'), "distances.csv": rows})
    assert inside.pairs.origin.tolist() == [0, 6]
    assert inside.pairs.destination.tolist() == [4, 5]
    np.testing.assert_array_equal(inside.pairs.km, [3.5, 2.0])
    np.testing.assert_array_equal(inside.pairs.minutes, [9.0, np.nan])
    np.testing.assert_array_equal(inside.pairs.cost_per_t, [np.nan, 7.0])
    (tmp_path / "km.csv").write_text(rows)
    (tmp_path / "case" / "distances.csv").unlink()
    outside = load({"scenario.toml": ("detour = 1.3", 'distances = "../km.csv"')})
    np.testing.assert_array_equal(outside.pairs.km, inside.pairs.km)
    assert "../km.csv" in outside.hashes


def test_named_table_wins_over_a_file_and_a_sheet_is_named_like_a_table(tmp_path, load):
    toml = GOOD["scenario.toml"].replace("detour = 1.3", 'distances = "distances"')
    write_xlsx(tmp_path / "week.xlsx", GOOD | {"scenario.toml": toml, "distances.csv": "from,to,km\nS1,D1,3.5\n"})
    assert load_scenario(tmp_path / "week.xlsx").pairs.km.tolist() == [3.5]


def test_a_table_elsewhere_of_the_same_name_is_the_one_that_is_named(tmp_path, load):
    (tmp_path / "distances.csv").write_text("from,to,km\nS1,D1,9\n")
    toml = ("detour = 1.3", 'distances = "../distances.csv"')
    scenario = load({"scenario.toml": toml, "distances.csv": "from,to,km\nS1,D1,1\n"})
    assert scenario.pairs.km.tolist() == [9.0]


def test_coordinates_may_be_blank_when_distances_are_given(load):
    scenario = load(
        {
            "scenario.toml": ("detour = 1.3", 'distances = "distances.csv"'),
            "distances.csv": "from,to,km\nS1,D1,1\n",
            "supplies.csv": [("117.02,36.80", ","), ("117.03,36.85", "0,0")],
        }
    )
    assert np.isnan(scenario.supplies.lon[0])
    assert scenario.supplies.lon[1] == 0.0


def test_long_columns_read_in_one_go_as_cell_by_cell(load):
    """1,200 rows take the fast way, and one odd cell (８ for 8) sends its column the slow way: same arrays."""
    rows = [f"S{i},name {i},{116 + i / 1e3:.6f},36.8,topsoil,{i + 8},t,2025-03-03,,{i},,,,-{i}.5,,,大桥"
            for i in range(1, 1201)]  # fmt: skip
    head = GOOD["supplies.csv"].splitlines()[0]
    plain = "\n".join([head, *rows])
    odd = (
        plain.replace(",topsoil,9,", ",topsoil,９,")
        .replace("S1,name 1,", "S1,name\u30001,")
        .replace(",1,,,,-1.5", ",１,,,,-1.5")
    )
    gone = {"releases.csv": None, "stocks.csv": None}
    fast, slow = load({"supplies.csv": plain, **gone}), load({"supplies.csv": odd, **gone})
    assert slow.supplies.names[0] == "name\u30001"
    np.testing.assert_array_equal(fast.supplies.quantity, slow.supplies.quantity)
    np.testing.assert_array_equal(fast.supplies.daily_max, slow.supplies.daily_max)
    np.testing.assert_array_equal(fast.supplies.ask, -(np.arange(1, 1201) + 0.5))
    assert fast.supplies.ids == slow.supplies.ids


@pytest.mark.parametrize("bad", ["1e400", "-1", "1-1", "..", "nan", "1_0", "٣", "9" * 400])
def test_a_bad_cell_in_a_long_column_is_found(bad, faults):
    rows = [f"S{i},,117.0,36.8,topsoil,{bad if i == 700 else i},t" for i in range(1, 1201)]
    text = "\n".join(["supply,name,lon,lat,material,quantity,unit", *rows])
    found = faults({"supplies.csv": text, "releases.csv": None, "stocks.csv": None})
    assert len(found) == 1
    assert found[0].startswith("supplies.csv:701: quantity: ")


def test_a_long_id_in_a_long_column_is_found(faults):
    rows = [f"{'S' * 201 if i == 3 else f'S{i}'},{'n' * 500},117.0,36.8,topsoil,1,t" for i in range(1200)]
    text = "\n".join(["supply,name,lon,lat,material,quantity,unit", *rows])
    found = faults({"supplies.csv": text, "releases.csv": None, "stocks.csv": None})
    assert len(found) == 1
    assert "has 201 characters; an id has 200 at most" in found[0]


def test_a_million_equal_faults_are_told_by_their_number(faults):
    """6,000 blank ids: 5,000 are listed, the other 1,000 counted."""
    rows = "\n".join(",117.0,36.8,topsoil,1,t" for _ in range(6000))
    found = faults({"supplies.csv": f"supply,lon,lat,material,quantity,unit\n{rows}\n", "releases.csv": None})
    assert len(found) == 5001
    assert found[0] == "supplies.csv: supply: 1,000 more faults here; the first 5,000 are listed"


def test_hashes_cover_every_input_file(load):
    assert set(load().hashes) == set(GOOD)


def test_distances_that_nobody_names_are_noted(load):
    assert "distances.csv is not used: [roads] does not name it" in load({"distances.csv": "from,to,km\n"}).notes
