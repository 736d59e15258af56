"""``cutfill whatif``: variants of a scenario compared with it, as tables, as a page, and in a sentence each."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from optimizer import spread

if TYPE_CHECKING:
    from optimizer.planner import Options
    from optimizer.progress import Progress
    from optimizer.read import Inputs
    from optimizer.whatif.patch import Variant

__all__ = ["add_arguments", "command"]

LEAD = ("What if", "情景对比")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill whatif``."""
    parser.add_argument("scenario", type=Path, help="scenario folder, .xlsx or .json")
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help="TOML patch; a.toml+b.toml applies both")
    parser.add_argument("--table", type=Path, metavar="CSV", help="many variants as a table; planned on workers")
    spread.add_arguments(parser, "; results.csv, no page")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", help="of each solve")
    parser.add_argument("--json", action="store_true", help="print comparison.json on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def command(args: argparse.Namespace) -> int:
    """Runs ``cutfill whatif``; returns the exit code."""
    from optimizer.cli import DONE, FAULTY_PLAN, LIMIT
    from optimizer.errors import Fault, InputError
    from optimizer.outputs import summary_json
    from optimizer.planner import Options
    from optimizer.progress import Progress
    from optimizer.read import Inputs
    from optimizer.whatif.apply import refuse_unfit
    from optimizer.whatif.folder import comparison, write_comparison
    from optimizer.whatif.patch import read_variants, refuse_namesakes
    from optimizer.whatif.study import Ground, Study
    from optimizer.whatif.sweep import read_table

    progress = Progress(quiet=args.quiet, as_json=args.json)
    faults: list[Fault] = []
    variants = [*read_variants(args.variants, faults), *(read_table(args.table, faults) if args.table else ())]
    if not variants and not faults:
        raise InputError.single("cutfill whatif", "name a variant, as in: cutfill whatif my-week wet.toml -o out")
    refuse_namesakes(variants)
    with progress.phase("read"):
        inputs = Inputs.read(args.scenario)
    refuse_unfit(inputs, variants, faults)
    options = Options(time_limit=args.time_limit)
    if args.table or args.workers or args.cluster:
        return _sweep(args, inputs, variants, options, progress)
    study = Study(Ground.of(inputs, options, progress), options, progress)
    cases = []
    with progress.phase("variants"):
        for number, variant in enumerate(variants, start=1):
            cases.append(study.solve(variant))
            progress.step(number, len(variants), "variants")
    write_comparison(study.base, cases, args.out, LEAD)
    summary = comparison(study.base, cases)
    if args.json:
        print(summary_json(summary), end="")
    else:
        for told in summary["variants"]:
            print(told["sentence"])
        print(f"written to {args.out}: open {args.out / 'comparison.html'}")
    if any(case.findings for case in (study.base, *cases)):
        return FAULTY_PLAN
    return DONE if all(case.summary["termination"] == "optimal" for case in (study.base, *cases)) else LIMIT


def _sweep(
    args: argparse.Namespace, inputs: Inputs, variants: list[Variant], options: Options, progress: Progress
) -> int:
    """Many variants on workers; their table instead of pages."""
    import json

    from optimizer.cli import DONE, FAULTY_PLAN, LIMIT
    from optimizer.files import write_whole
    from optimizer.whatif.study import Ground
    from optimizer.whatif.sweep import sweep

    with spread.Workers("cutfill whatif", args.workers or 2, args.cluster) as workers:
        ground = Ground.of(inputs, options, progress)
        table = sweep(ground, variants, options, args.out, progress, workers)
    write_whole(args.out / "results.csv", table.to_csv())
    if args.json:
        print(json.dumps(list(table.records()), ensure_ascii=False))
    else:
        print(*table.column("sentence"), f"written to {args.out}: results.csv", sep="\n")
    if not all(table.column("verified")):
        return FAULTY_PLAN
    return DONE if set(table.column("termination")) == {"optimal"} else LIMIT
