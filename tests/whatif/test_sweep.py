"""Many variants on workers: the same as one by one, a killed worker, going on after a kill, a cluster that is away."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from optimizer.cli import main
from optimizer.errors import Fault
from optimizer.planner import Options
from optimizer.progress import Progress
from optimizer.read import Inputs
from optimizer.spread import Workers
from optimizer.tables import Table
from optimizer.whatif.study import Ground, Study
from optimizer.whatif.sweep import read_table, sweep

WEEK = Path(__file__).resolve().parents[2] / "scenarios" / "qibuqu-week"


def variants_table(path: Path, count: int) -> Path:
    rows = ["variant,table,id,column,action,value"]
    rows += [f"wet{i},supplies,,quantity,scale,{1 + i / 20}" for i in range(1, count + 1)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_killed_worker_loses_and_doubles_nothing(tmp_path, with_a_killed_worker):
    """Three workers, one ended by SIGKILL after the first result: the table is that of one process."""
    variants = read_table(variants_table(tmp_path / "v.csv", 8), [])
    ground = Ground.of(Inputs.read(WEEK), Options(), Progress())
    out = tmp_path / "out"

    def over(address):
        with Workers("cutfill whatif", None, address) as workers:
            return sweep(ground, variants, Options(), out, Progress(), workers)

    table = with_a_killed_worker(3, over, out / "results")
    assert table.column("variant") == [variant.key for variant in variants]
    assert len(list(out.glob("results/*.parquet"))) == len(variants)
    study = Study(ground, Options(), Progress())
    for row, variant in zip(table.records(), variants, strict=True):
        goals = study.solve(variant).goals
        assert row["verified"]
        assert [row[f"goal_{name}"] for name in goals] == pytest.approx(list(goals.values()), rel=1e-7, abs=1e-4)


def test_what_is_done_is_not_done_again(two_pits, tmp_path, capsys):
    table, out = variants_table(tmp_path / "v.csv", 4), tmp_path / "out"
    words = ["whatif", str(two_pits), "--table", str(table), "--workers", "1", "-o", str(out), "--quiet"]
    assert main(words) == 0
    first = capsys.readouterr().out
    files = sorted(out.glob("results/*.parquet"))
    stamps = {file: file.stat().st_mtime_ns for file in files}
    files[1].unlink()
    assert main(words) == 0
    assert capsys.readouterr().out == first
    assert {file: file.stat().st_mtime_ns for file in files if file != files[1]} == {
        file: stamp for file, stamp in stamps.items() if file != files[1]
    }
    offsite = [float(cell) for cell in Table.read_csv(out / "results.csv").column("offsite_t")]
    assert offsite == pytest.approx([60, 70, 80, 90], abs=1e-4)  # 200 t and 10 t more each, less 150 t of room


def test_a_cluster_that_is_not_there(two_pits, patch, tmp_path, capsys):
    wet = patch("wet", "[[supplies]]\nscale = { quantity = 1.2 }\n")
    start = time.monotonic()
    words = ["whatif", str(two_pits), wet, "--cluster", "tcp://127.0.0.1:1", "-o", str(tmp_path / "out"), "--quiet"]
    assert main(words) == 2
    assert time.monotonic() - start < 30
    assert "leave --cluster out to use this machine with --workers" in capsys.readouterr().err


def test_faults_of_a_table(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text(
        "variant,table,id,column,action,value\na,supplys,,quantity,scale,2\nb,supplies,,quantty,scale,2\n"
        "c,supplies,,quantity,scale,two\nd,supplies,,quantity,drop,2\n"
    )
    faults: list[Fault] = []
    assert read_table(path, faults) == []
    assert [(fault.row, fault.column) for fault in faults] == [
        (2, "table"), (3, "column"), (4, "value"), (5, "action"),
    ]  # fmt: skip
