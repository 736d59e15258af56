"""The benchmarks run, and their peers give our answers; times are never judged here."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from benchmarks import build, solve
from benchmarks.district import WEIGHTS, crowded, district
from benchmarks.measure import DisagreementError, agree, installed, launch, side_by_side
from benchmarks.rows import table
from benchmarks.suite import registry
from optimizer.cli import main

KEYS = {"name", "ours_s", "peers", "ratio", "target", "met"}
OWN = (
    "build",
    "solve",
    "plan",
    "start",
    "sizes",
    "quote",
    "whatif",
    "site",
    "dispatch",
    "trucks",
    "market",
    "clearing",
)


@pytest.fixture(scope="module")
def weeks():
    return {seed: district(smoke=True, seed=seed) for seed in (1, 2, 3)}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("crowd", [False, True], ids=["easy", "crowded"])
def test_peers_reach_our_optimum(weeks, seed, crowd):
    """MPSolver and linopy models, written from the contract alone, have our optimum, and one size among them."""
    sizes = build.compare(crowded(weeks[seed]) if crowd else weeks[seed])
    assert len({columns for peer, (_, columns) in sizes.items() if peer != "ours"}) == 1, sizes


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_peers_build_programs_of_our_size(weeks, seed):
    """As many rows and columns as the MPSolver loop; linopy leaves out rows in which nothing takes part."""
    sizes = build.compare(weeks[seed])
    assert sizes["ours"] == sizes[build.MPSOLVER], sizes


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_cold_solvers_reach_our_goals(weeks, seed):
    """Four fresh solves with earlier goals held by rows reach each goal's value."""
    values = solve.compare(crowded(weeks[seed]))
    assert list(values) == ["unserved", "offsite", "transfer", "haul"]
    assert values["offsite"] > 0 and values["haul"] > 0


def test_a_wrong_model_is_noticed(weeks):
    """A peer that forgets something gives another optimum, and then no times are told."""
    week = weeks[1]
    week.program.goals["haul"][: len(week.program.goals["haul"]) // 2] *= 1.01
    try:
        with pytest.raises(DisagreementError, match="MPSolver"):
            build.compare(week)
    finally:
        week.program.goals["haul"][: len(week.program.goals["haul"]) // 2] /= 1.01
    assert np.isfinite(week.cost()).all() and set(WEIGHTS) <= set(week.program.goals)


def test_agreement_is_relative_and_names_the_peer():
    agree("x", 1e6, {"peer": 1e6 + 0.01})
    with pytest.raises(DisagreementError, match=r"x: ours 1\.0, peer 1\.1"):
        agree("x", 1.0, {"peer": 1.1})
    with pytest.raises(DisagreementError):
        agree("x", 1.0, {"peer": float("nan")})


def test_runs_are_taken_in_turn():
    order = []
    seconds = side_by_side({"ours": lambda: order.append("ours"), "peer": lambda: order.append("peer")}, 3)
    assert order == ["ours", "peer"] * 3
    assert set(seconds) == {"ours", "peer"}


def test_peak_memory_is_the_commands_own():
    """Even when the process that asks is larger: its own peak must not be inherited by the figure."""
    ballast = np.ones(25_000_000)  # 200 MB
    small = launch([sys.executable, "-c", "print('hello')"])
    large = launch([sys.executable, "-c", "x = bytearray(150_000_000); print(len(x))"])
    assert small.code == 0 and small.output == "hello\n" and small.peak_mb < 60 < ballast.nbytes / 1e6
    assert 150 < large.peak_mb < 250
    assert launch([sys.executable, "-c", "raise SystemExit(3)"]).code == 3


def test_table_is_aligned_markdown():
    row = {"name": "a", "ours_s": 0.01, "peers": {"b": 0.2}, "ratio": 20.0, "target": 15.0, "met": True}
    lines = table([row, {**row, "name": "a longer one", "met": False, "target": None}]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert "| 20.0× | ≥ 15×" in lines[2] and "| yes |" in lines[2] and "| NO " in lines[3]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.xdist_group("compiles")) if n in ("dispatch", "trucks") else n for n in OWN],
)
def test_smoke_run_through_the_command(name, tmp_path, capsys):
    """`cutfill bench --smoke` ends with 0, prints the table and writes every row of a benchmark as JSON."""
    file = tmp_path / "bench.json"
    assert main(["bench", "--smoke", "--quiet", "--out", str(file), "--only", name]) == 0
    shown = capsys.readouterr().out
    told = json.loads(file.read_text(encoding="utf-8"))
    assert set(told["results"]) == {name} and told["smoke"] is True
    rows = told["results"][name]
    assert rows and all(row.keys() >= KEYS and row["ours_s"] >= 0 and row["met"] is None for row in rows)
    assert all(row["name"] in shown for row in rows)
    if name == "build":
        peers = {peer for row in rows for peer in row["peers"]}
        assert "MPSolver loop" in peers and ("linopy, sparse model" in peers) == installed("linopy")


def test_registry_takes_in_the_road_benchmarks():
    assert set(OWN) <= set(registry())
    assert all(name in OWN or name.startswith("roads_") for name in registry())


def test_one_benchmark_as_json(capsys):
    assert main(["bench", "--smoke", "--quiet", "--json", "--only", "build"]) == 0
    assert set(json.loads(capsys.readouterr().out)["results"]) == {"build"}
