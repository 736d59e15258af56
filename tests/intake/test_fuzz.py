"""Whatever the bytes: a scenario or an InputError, never another exception."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from forms import write_json, write_xlsx
from good_scenario import GOOD
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.errors import InputError
from optimizer.read import load_scenario

FILES = sorted(GOOD)
ODD = st.sampled_from(
    ["", " ", "NaN", "inf", "-1", "1e400", "1e-400", "0", "x", "-0", "1,000", "1,5", "9" * 400, "*", ";", "S1", "D1",
     "Y1", "topsoil", "生活污泥", "2025-02-30", "0000-00-00", "9999-12-31", "99999", "03/04/2025", "2025-03-03",
     "\u3000", "\0", "\ufeff", '"', "'", "\n", "\r", "=1+1", "#REF!",
     "٣", "5²", "🙂", "a" * 3000, "true", "t", "m3_loose", "yard", "%",
     "1970-01-01", "\ud7ff", "\x1b", "\u2028", "--", "1e5", "TRUE"]
)  # fmt: skip
CELLS = st.one_of(ODD, st.text(max_size=8), st.floats().map(str), st.integers().map(str))
FAST = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def outcome(files: dict[str, bytes]) -> InputError | None:
    """Loads the files; the error when they are refused. Anything else that is raised fails the test."""
    with tempfile.TemporaryDirectory() as name:
        for file, data in files.items():
            (Path(name) / file).write_bytes(data)
        return tried(Path(name))


def tried(path: Path) -> InputError | None:
    try:
        load_scenario(path)
    except InputError as error:
        assert error.faults
        assert all(fault.message and fault.file for fault in error.faults)
        str(error).encode()
        return error
    return None


def good_bytes() -> dict[str, bytes]:
    return {file: text.encode() for file, text in GOOD.items()}


@FAST
@given(file=st.sampled_from(FILES), data=st.binary(max_size=400))
def test_random_bytes_for_a_file(file, data):
    outcome(good_bytes() | {file: data})


@FAST
@given(file=st.sampled_from(FILES), at=st.floats(0, 1), junk=st.binary(max_size=6))
def test_truncated_and_then_junk(file, at, junk):
    data = GOOD[file].encode()
    outcome(good_bytes() | {file: data[: int(at * len(data))] + junk})


@FAST
@given(data=st.data())
def test_odd_cells_anywhere(data):
    files = good_bytes()
    for _ in range(data.draw(st.integers(1, 5))):
        file = data.draw(st.sampled_from([f for f in FILES if f.endswith(".csv")]))
        rows = [line.split(",") for line in files[file].decode("utf-8", "replace").split("\n")]
        row = data.draw(st.sampled_from(rows))
        at = data.draw(st.integers(0, len(row) - 1))
        row[at] = data.draw(CELLS)
        files[file] = "\n".join(",".join(row) for row in rows).encode("utf-8", "replace")
    outcome(files)


@FAST
@given(data=st.data())
def test_rows_and_columns_shuffled(data):
    file = data.draw(st.sampled_from([f for f in FILES if f.endswith(".csv")]))
    rows = [line.split(",") for line in GOOD[file].splitlines()]
    cells = data.draw(st.permutations([cell for row in rows[1:] for cell in row]))
    width = len(rows[0])
    turned = [rows[0]] + [cells[i : i + width] for i in range(0, len(cells), width)]
    outcome(good_bytes() | {file: "\n".join(",".join(row) for row in turned).encode()})


@FAST
@given(order=st.permutations(range(17)))
def test_columns_in_any_order_give_the_same(order):
    rows = [line.split(",") for line in GOOD["supplies.csv"].splitlines()]
    turned = "\n".join(",".join(row[i] for i in order) for row in rows)
    assert outcome(good_bytes() | {"supplies.csv": turned.encode()}) is None


TOML_VALUES = st.one_of(
    st.sampled_from(["1e400", "nan", "-inf", "[]", "{}", '""', '"x"', "true", "1979-05-27T07:32:00Z", "07:32:00",
                     "[[]]", '["haul", 3]', "{ a = { b = 1 } }", "0", "-5", "99999999999999999999", "2025-03-03"]),
    st.floats().map(str), st.text("abc\"'\\[]{}=,\n", max_size=6),
)  # fmt: skip


@FAST
@given(line=st.integers(0, 9), value=TOML_VALUES)
def test_odd_settings(line, value):
    lines = GOOD["scenario.toml"].splitlines()
    key = lines[line % len(lines)].split("=")[0]
    lines[line % len(lines)] = f"{key}= {value}"
    outcome(good_bytes() | {"scenario.toml": "\n".join(lines).encode()})


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["unit", "supply", "km", "a"]), inner),
    max_leaves=5,
)


@FAST
@given(
    table=st.sampled_from(["supplies", "demands", "scenario", "facilities", "stocks"]), value=JSON, whole=st.booleans()
)
def test_odd_json(table, value, whole):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "week.json"
        write_json(path, GOOD)
        content = json.loads(path.read_text(encoding="utf-8"))
        if whole or table == "scenario":
            content[table] = value
        else:
            content[table][0] |= dict.fromkeys(list(content[table][0])[::2], value)
        path.write_text(json.dumps(content), encoding="utf-8")
        tried(path)


@settings(FAST, max_examples=40)
@given(at=st.floats(0, 1), junk=st.binary(min_size=1, max_size=40))
def test_damaged_workbook(at, junk, tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    write_xlsx(folder / "week.xlsx", GOOD)
    data = (folder / "week.xlsx").read_bytes()
    place = int(at * len(data))
    (folder / "week.xlsx").write_bytes(data[:place] + junk + data[place + len(junk) :])
    tried(folder / "week.xlsx")


@pytest.mark.parametrize("name", ["supplies.csv", "scenario.toml", "demands.csv"])
def test_a_folder_where_a_file_should_be(name, write):
    folder = write()
    (folder / name).unlink()
    (folder / name).mkdir()
    error = tried(folder)
    assert error is not None
    assert str(error) == f"{name}: cannot be read: Is a directory"


def test_a_hundred_thousand_rows_of_junk():
    """Every row is wrong in several ways; the answer is a list, and soon."""
    rows = "\n".join(f"S{i % 9},n,{i},x,mud{i},-{i},m{i},32.13.2025,{i}x,,,7,perhaps,,,," for i in range(100_000))
    error = outcome(good_bytes() | {"supplies.csv": (GOOD["supplies.csv"].splitlines()[0] + "\n" + rows).encode()})
    assert error is not None
    assert len(error.faults) > 20_000
