"""The command line as a person and a script meet it: exit codes, streams, and what is left on disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from optimizer.cli import main

PYTHON = (sys.executable, "-m", "optimizer.cli")
REPO = Path(__file__).resolve().parents[2]
DISTANCES = "from,to,km\nS,D,5"
PLAN_FILES = {
    "plan.json", "flows.csv", "stocks.csv", "balance.csv", "prices.csv", "reasons.csv", "map.geojson", "report.html",
    "plan.xlsx", "processing.csv",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _signals():
    """`main` answers SIGTERM; the handler of the test run is put back."""
    before = {stop: signal.getsignal(stop) for stop in (signal.SIGINT, signal.SIGTERM)}
    yield
    for stop, handler in before.items():
        signal.signal(stop, handler)


@pytest.fixture
def good(week):
    """Everything fits: 90 t to a need of 100 t."""
    return week(
        supplies="supply,material,quantity,unit\nS,spoil_silty_clay,90,t",
        demands="demand,accepts,quantity,unit\nD,spoil_silty_clay,100,t",
        distances=DISTANCES,
    )


@pytest.fixture
def tight(week):
    """40 t of 90 find no place."""
    return week(
        supplies="supply,material,quantity,unit\nS,spoil_silty_clay,90,t",
        demands="demand,accepts,quantity,unit\nD,spoil_silty_clay,50,t",
        distances=DISTANCES,
    )


@pytest.fixture
def broken(week):
    """Two faults in two files."""
    return week(
        supplies="supply,material,quantity,unit\nS,spoil_silty_clay,ninety,t",
        demands="demand,accepts,quantity,unit\nD,no_such_soil,100,t",
        distances=DISTANCES,
    )


def run(*words: object, **more) -> subprocess.CompletedProcess[str]:
    """A command in its own process."""
    return subprocess.run([*PYTHON, *map(str, words)], capture_output=True, text=True, cwd=REPO, timeout=120, **more)


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, whole."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def no_scratch(folder: Path) -> bool:
    return not [p.name for p in folder.iterdir() if p.name.startswith(".")]


# ---------------------------------------------------------------- exit codes


def test_done_is_0_and_all_files_are_written(good, tmp_path, capsys):
    assert main(["plan", str(good), "-o", str(tmp_path / "out")]) == 0
    assert set(content(tmp_path / "out")) == PLAN_FILES
    said = capsys.readouterr()
    assert "test: proven optimal" in said.out
    assert str(tmp_path / "out" / "report.html") in said.out
    assert said.err == "", "nothing took longer than a second"
    assert no_scratch(tmp_path)


def test_bad_input_is_2_and_names_every_fault(broken, tmp_path, capsys):
    assert main(["plan", str(broken), "-o", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert "supplies.csv:2: quantity: " in said.err
    assert "demands.csv:2: accepts: " in said.err
    assert "2 faults; nothing was written" in said.err
    assert said.out == ""
    assert not (tmp_path / "out").exists()


def test_unserved_is_3_and_the_plan_is_written_with_reasons(tight, tmp_path, capsys):
    assert main(["plan", str(tight), "-o", str(tmp_path / "out")]) == 3
    assert "40.0 t that must be served are not; reasons.csv says why" in capsys.readouterr().out
    assert "all 50 t wanted are filled" in (tmp_path / "out" / "reasons.csv").read_text(encoding="utf-8")


def test_a_limit_is_4_and_the_best_plan_is_written(tight, tmp_path, capsys):
    assert main(["plan", str(tight), "-o", str(tmp_path / "out"), "--time-limit", "0.000001"]) == 4
    assert "stopped at a limit; best plan so far" in capsys.readouterr().out
    summary = json.loads((tmp_path / "out" / "plan.json").read_text(encoding="utf-8"))
    assert (summary["status"], summary["termination"]) == ("feasible", "time_limit")


def test_exit_codes_reach_the_shell(good, tight, broken, tmp_path):
    codes = [
        run("plan", folder, "-o", tmp_path / f"out{i}").returncode for i, folder in enumerate((good, tight, broken))
    ]
    assert codes == [0, 3, 2]


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "soon"])
def test_an_odd_time_limit_is_refused(limit, good, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["plan", str(good), "-o", str(tmp_path / "out"), "--time-limit", limit])
    assert stopped.value.code == 2
    assert "--time-limit" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["paln"], [], ["plan"], ["plan", "x", "--solver", "cplex"], ["plan", "x", "-o"]])
def test_a_wrong_command_is_2_with_usage(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    assert "usage: cutfill" in capsys.readouterr().err


def test_help_and_version_are_0(capsys):
    from optimizer import __version__

    for words in (["--help"], ["plan", "--help"], ["check", "--help"], ["sample", "--help"], ["roads", "--help"]):
        with pytest.raises(SystemExit) as stopped:
            main(words)
        assert stopped.value.code == 0
    with pytest.raises(SystemExit):
        main(["--version"])
    assert f"cutfill {__version__}" in capsys.readouterr().out


# ---------------------------------------------------------------- odd places


def test_no_such_scenario(tmp_path, capsys):
    assert main(["plan", str(tmp_path / "nowhere"), "-o", str(tmp_path / "out")]) == 2
    assert "there is no such scenario; expected a folder, an .xlsx or a .json" in capsys.readouterr().err


def test_out_is_a_file(good, tmp_path, capsys):
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    assert main(["plan", str(good), "-o", str(tmp_path / "out")]) == 2
    assert "is a file; name a folder for the plan" in capsys.readouterr().err
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


def test_out_is_the_scenario(good, capsys):
    before = content(good)
    for same in (good, good / ".." / good.name):
        assert main(["plan", str(good), "-o", str(same)]) == 2
        assert "is the scenario itself" in capsys.readouterr().err
    assert content(good) == before


def test_out_is_missing(good, capsys):
    assert main(["plan", str(good)]) == 2
    assert "name the folder to write, as in: cutfill plan my-week -o out" in capsys.readouterr().err


def test_out_below_a_file(good, tmp_path, capsys):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert main(["plan", str(good), "-o", str(tmp_path / "file" / "out")]) == 2
    assert "file" in capsys.readouterr().err


def test_folders_above_out_are_made(good, tmp_path):
    assert main(["plan", str(good), "-o", str(tmp_path / "a" / "b" / "out"), "--quiet"]) == 0
    assert (tmp_path / "a" / "b" / "out" / "plan.json").exists()


def test_explain_alone_writes_nothing(good, tmp_path, capsys):
    before = {p.name for p in tmp_path.iterdir()}
    assert main(["plan", str(good), "--explain", "S"]) == 0
    assert "90 t to D, 5.00 km" in capsys.readouterr().out
    assert {p.name for p in tmp_path.iterdir()} == before


def test_explain_of_an_unknown_lot(good, tmp_path, capsys):
    assert main(["plan", str(good), "-o", str(tmp_path / "out"), "--explain", "SS"]) == 2
    assert "'SS' is no supply of this scenario; did you mean S?" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_lp_is_written_beside(good, tmp_path):
    assert main(["plan", str(good), "--lp", str(tmp_path / "week.lp"), "--quiet"]) == 0
    text = (tmp_path / "week.lp").read_text(encoding="utf-8")
    assert text.startswith("Minimize\n unserved: ")
    assert text.endswith("End\n")


# ---------------------------------------------------------------- streams


@pytest.mark.parametrize("name", ["good", "tight"])
def test_json_is_pure_and_is_plan_json(name, request, tmp_path):
    folder = request.getfixturevalue(name)
    done = run("plan", folder, "-o", tmp_path / "out", "--json", "--explain", "S")
    assert json.loads(done.stdout) == json.loads((tmp_path / "out" / "plan.json").read_text(encoding="utf-8"))
    assert "S: 90 t" in done.stderr


def test_json_of_faults_is_pure(broken, tmp_path):
    done = run("plan", broken, "-o", tmp_path / "out", "--json")
    told = json.loads(done.stdout)
    assert told["status"] == "bad_input"
    assert {(fault["file"], fault["row"], fault["column"]) for fault in told["faults"]} == {
        ("supplies.csv", 2, "quantity"), ("demands.csv", 2, "accepts"),
    }  # fmt: skip


def test_json_of_sample_and_check_is_pure(tmp_path, capsys):
    assert main(["sample", "--sites", "5", "--json", "--distances", str(tmp_path / "week")]) == 0
    assert json.loads(capsys.readouterr().out)["sites"] == 5
    assert main(["plan", str(tmp_path / "week"), "-o", str(tmp_path / "out"), "--json", "--quiet"]) in (0, 3)
    capsys.readouterr()
    assert main(["check", str(tmp_path / "week"), str(tmp_path / "out"), "--json", "--quiet"]) == 0
    json.loads(capsys.readouterr().out)


def test_quiet_is_silent_and_progress_is_not(tmp_path):
    """A plan of some seconds tells its phases on standard error, and with --quiet nothing."""
    assert run("sample", "--sites", 120, "--demands", 60, "--distances", tmp_path / "week").returncode == 0
    loud = run("plan", tmp_path / "week", "-o", tmp_path / "a")
    quiet = run("plan", tmp_path / "week", "-o", tmp_path / "b", "--quiet")
    assert quiet.returncode == loud.returncode
    assert quiet.returncode in (0, 3)
    assert quiet.stderr == ""
    assert "Traceback" not in loud.stderr
    assert content(tmp_path / "a")["flows.csv"] == content(tmp_path / "b")["flows.csv"]


def test_a_closed_pipe_is_no_traceback(good, tmp_path):
    command = [*PYTHON, "plan", str(good), "-o", str(tmp_path / "out"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPO) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()


# ---------------------------------------------------------------- what is on disk stays


def test_a_failed_run_leaves_the_old_plan_untouched(good, broken, tmp_path):
    out = tmp_path / "out"
    assert main(["plan", str(good), "-o", str(out), "--quiet"]) == 0
    before = content(out)
    assert main(["plan", str(broken), "-o", str(out), "--quiet"]) == 2
    assert content(out) == before
    assert no_scratch(tmp_path)


def test_a_run_that_breaks_while_writing_leaves_the_old_plan_untouched(good, tight, tmp_path, monkeypatch):
    import optimizer.workbook

    out = tmp_path / "out"
    assert main(["plan", str(good), "-o", str(out), "--quiet"]) == 0
    before = content(out)

    def full(*args: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(optimizer.workbook, "workbook_bytes", full)
    assert main(["plan", str(tight), "-o", str(out), "--quiet"]) == 2
    assert content(out) == before
    assert no_scratch(tmp_path)


def test_a_new_plan_replaces_its_own_files_and_keeps_those_of_others(good, tight, tmp_path):
    """Notes and folders of a person stay; an older dispatch, which the new plan makes untrue, goes."""
    out = tmp_path / "out"
    assert main(["plan", str(good), "-o", str(out), "--quiet"]) == 0
    (out / "notes.txt").write_text("call the yard", encoding="utf-8")
    (out / "photos").mkdir()
    (out / "photos" / "gate.jpg").write_bytes(b"\xff\xd8")
    (out / "trips.csv").write_text("old", encoding="utf-8")
    assert main(["plan", str(tight), "-o", str(out), "--quiet"]) == 3
    after = content(out)
    assert after.pop("notes.txt") == b"call the yard"
    assert after.pop("photos/gate.jpg") == b"\xff\xd8"
    assert set(after) == PLAN_FILES
    assert json.loads(after["plan.json"])["kpis"]["unserved_t"] == pytest.approx(40)


def test_planning_twice_writes_the_same_tables(tight, tmp_path):
    for name in ("a", "b"):
        assert main(["plan", str(tight), "-o", str(tmp_path / name), "--quiet"]) == 3
    a, b = content(tmp_path / "a"), content(tmp_path / "b")
    for name in (
        "flows.csv",
        "stocks.csv",
        "balance.csv",
        "prices.csv",
        "reasons.csv",
        "processing.csv",
        "map.geojson",
    ):
        assert a[name] == b[name]


def test_inputs_are_never_written(tight, tmp_path):
    before = content(tight)
    assert main(["plan", str(tight), "-o", str(tmp_path / "out"), "--quiet"]) == 3
    assert content(tight) == before


def test_sample_refuses_a_folder_that_is_not_empty(good, capsys):
    before = content(good)
    assert main(["sample", "--sites", "5", str(good)]) == 2
    assert "is not empty; name a new or empty folder" in capsys.readouterr().err
    assert content(good) == before


def test_new_writes_a_template_that_can_be_planned(tmp_path, capsys):
    assert main(["new", str(tmp_path / "mine")]) == 0
    assert main(["plan", str(tmp_path / "mine"), "-o", str(tmp_path / "out"), "--quiet"]) in (0, 3)
    capsys.readouterr()
    assert main(["new", str(tmp_path / "mine")]) == 2
    assert "not empty" in capsys.readouterr().err


# ---------------------------------------------------------------- stopped by hand


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A district that takes some seconds to plan."""
    folder = tmp_path_factory.mktemp("large") / "week"
    from optimizer.sample import sample

    sample(folder, sites=450, demands=250, yards=12, plants=4, days=14, seed=2, distances=True)
    return folder


def listens(pid: int) -> bool:
    """Whether the command has its handlers: until then it is Python that starts. Python has none of SIGTERM itself."""
    caught = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("after", [0.7, 3.0])
def test_stopped_by_hand_is_130_and_leaves_everything_as_it_was(stop, after, large, tmp_path):
    """During reading, and during the solve: at once, no traceback, no scratch folder, the old plan untouched."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "plan.json").write_text("{}", encoding="utf-8")
    command = [*PYTHON, "plan", str(large), "-o", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPO) as process:
        while process.poll() is None and not listens(process.pid):
            time.sleep(0.01)
        time.sleep(after)
        assert process.poll() is None, "the district is too small for this test"
        process.send_signal(stop)
        sent = time.monotonic()
        said, told = process.communicate(timeout=30)
        took = time.monotonic() - sent
    assert process.returncode == 130, told
    assert "stopped; nothing was written" in told
    assert "Traceback" not in told
    assert said == ""
    assert took < 10
    assert content(out) == {"plan.json": b"{}"}
    assert no_scratch(tmp_path)


# ---------------------------------------------------------------- what is imported


@pytest.mark.parametrize("words", ["", "--version", "plan --help", "new", "roads --help", "sample --help"])
def test_nothing_heavy_is_imported_before_it_is_needed(words):
    """The command line itself loads no numerical library; --help of a command only that command's module."""
    heavy = ("numpy", "scipy", "highspy", "ortools", "openpyxl", "pyproj", "shapely", "osmium", "jinja2")
    if words.startswith(("roads", "sample")):
        heavy = ("scipy", "highspy", "ortools", "openpyxl", "osmium", "osmnx")
    code = (
        "import sys, contextlib, io\nfrom optimizer.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()), "
        f"contextlib.redirect_stderr(io.StringIO()):\n    main({words.split()!r})\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=REPO,
        timeout=60,
        env={**os.environ},
        check=True,
    )
    assert done.stdout.strip() == "[]"
