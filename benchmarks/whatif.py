"""Variants of the benchmark week: warm on one live model, next to a cold ``cutfill plan`` process each."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.district import FULL, SMOKE, generated
from benchmarks.measure import agree
from benchmarks.plan import planned
from benchmarks.rows import Row, against, told
from optimizer.planner import Options
from optimizer.progress import Progress
from optimizer.read import Inputs
from optimizer.schema import TABLES
from optimizer.spread import Workers
from optimizer.whatif.patch import Edit, Place, Variant
from optimizer.whatif.study import Ground, Study
from optimizer.whatif.sweep import sweep

VARIANTS = 100
COLD = 5  # cold processes that are timed, evenly among the variants
LEAST, LEAST_WORKERS = 5.0, 1.7


def run(smoke: bool) -> list[Row]:
    """Seconds for each variant: patch to checked plan, next to a cold process; and two workers next to one."""
    count, cold = (4, 1) if smoke else (VARIANTS, COLD)
    with generated(**(SMOKE if smoke else FULL), distances=True) as folder:
        inputs = Inputs.read(folder)
        variants = drawn(inputs, count)
        ground = Ground.of(inputs, Options(), Progress())
        start = time.perf_counter()
        study = Study(ground, Options(), Progress())
        base = time.perf_counter() - start
        cases, seconds, theirs = {}, [], []
        for number, variant in enumerate(variants):
            case = study.solve(variant)
            seconds.append(case.seconds)
            cases[variant.key] = case.goals
            if number % (count // cold) == 0:  # in turn, so that both meet the same noise
                file = folder.with_name(f"{variant.key}.toml")
                file.write_text(as_toml(variant), encoding="utf-8")
                launched, summary = planned(folder, "--variant", str(file))
                theirs.append(launched.seconds)
                goals = {goal["name"]: goal["value"] for goal in summary["goals"]}
                for name, value in case.goals.items():
                    agree(f"{variant.key}, {name}", value, {"cutfill plan": goals[name]}, 1e-6)
        name = f"{count} variants of {study.base.summary['counts']['columns']:,} columns, each"
        ours = float(np.mean(seconds) + base / count)
        row = against(name, ours, "cold cutfill plan", float(np.mean(theirs)), LEAST, smoke=smoke)
        return [row, *_by_workers(ground, variants, smoke)]


def _by_workers(ground: Ground, variants: list[Variant], smoke: bool) -> list[Row]:
    """The whole sweep on one worker and on two, starting the workers included."""
    spent = {}
    for workers in (1, 2):
        with tempfile.TemporaryDirectory(prefix="cutfill-bench-") as folder:
            start = time.perf_counter()
            with Workers("cutfill bench", workers, None) as hands:
                sweep(ground, variants, Options(), Path(folder), Progress(), hands)
            spent[workers] = time.perf_counter() - start
    name = f"sweep of {len(variants)} variants on two workers"
    row = against(name, spent[2], "one worker", spent[1], LEAST_WORKERS, smoke=smoke)
    return [row, told(f"{name}, each", spent[2] / len(variants))]


def drawn(inputs: Inputs, count: int, seed: int = 1) -> list[Variant]:
    """Seeded variants: more or less soil, a gate narrowed or widened, a yard closed, dearer fees."""
    chance = np.random.default_rng(seed)
    facilities = inputs.scenario.facilities
    yards = [name for name, kind in zip(facilities.ids, facilities.kind, strict=True) if kind == "yard"]
    found = []
    for number in range(count):
        place = Place(f"v{number}.toml", 1)
        yard = str(chance.choice(yards))
        factor = float(np.round(chance.uniform(0.7, 1.3), 3))
        edit = [
            Edit("supplies", {}, "scale", {"quantity": factor}, place),
            Edit("facilities", {"facility": yard}, "scale", {"daily_in": factor}, place),
            Edit("facilities", {"facility": yard}, "set", {"status": "closed"}, place),
            Edit("facilities", {"facility": yard}, "set", {"fee": round(20 * factor, 2)}, place),
        ][number % 4]
        found.append(Variant(f"v{number}", f"v{number}", f"v{number}", (edit,), (), (), {}))
    return found


def as_toml(variant: Variant) -> str:
    """A variant's edits as the file that a person would write."""
    lines = []
    for edit in variant.edits:
        assert edit.table in TABLES
        lines.append(f"[[{edit.table}]]")
        for word, values in (("where", edit.where), (edit.action, edit.values)):
            cells = ", ".join(f"{k} = {v!r}" for k, v in values.items())
            lines.append(f"{word} = {{ {cells} }}")
    return "\n".join(lines) + "\n"
