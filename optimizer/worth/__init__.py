"""``cutfill worth``: what one more unit of every limit of a plan is worth, and how far that holds, on one page."""

from __future__ import annotations

import argparse
from pathlib import Path

from optimizer.arguments import whole

__all__ = ["add_arguments", "command"]

MOST = 6  # limits of each sort that are asked


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill worth``."""
    parser.add_argument("scenario", type=Path, help="scenario folder, .xlsx or .json")
    parser.add_argument("out", type=Path, help="plan folder; planned first when there is no plan in it")
    parser.add_argument("--most", type=whole, default=MOST, metavar="N",
                        help=f"places, needs and lots asked about, N of each, the dearest first ({MOST})")  # fmt: skip
    parser.add_argument("--closed", metavar="TOML", action="append", default=[],
                        help="a variant with [[closures]]: what an hour of that road is worth")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print worth.csv as JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def command(args: argparse.Namespace) -> int:
    """Runs ``cutfill worth``; returns the exit code."""
    import json

    from optimizer.check.siting import read_siting, with_openings
    from optimizer.cli import DONE, FAULTY_PLAN
    from optimizer.files import write_whole
    from optimizer.followed import NOT_THE_PLANS, flows_of
    from optimizer.outputs import write_plan
    from optimizer.planner import Options, plan_scenario
    from optimizer.progress import Progress
    from optimizer.read import Inputs
    from optimizer.worth.page import render
    from optimizer.worth.roads import read_closures
    from optimizer.worth.study import study, worth_table

    progress = Progress(quiet=args.quiet, as_json=args.json)
    closures = read_closures(args.closed)
    with progress.phase("read"):
        inputs = Inputs.read(args.scenario)
    if not (args.out / "plan.json").exists():
        write_plan(inputs.scenario, plan_scenario(inputs.scenario, Options(), progress).plan, args.out, progress)
    flows_of(inputs.scenario, args.out, but=NOT_THE_PLANS, then="worth")
    scenario = with_openings(inputs.scenario, read_siting(args.out))
    worth = study(inputs, scenario, args.most, closures, progress)
    table = worth_table(worth)
    write_whole(args.out / "worth.csv", table.to_csv())
    write_whole(args.out / "worth.html", render(worth))
    if args.json:
        print(json.dumps(list(table.records()), ensure_ascii=False))
    else:
        for told in worth.sentences[:5]:
            print(told.en)
        print(f"written to {args.out}: worth.html, worth.csv")
    for finding in worth.findings:
        print(f"not confirmed by the second calculation: {finding}")
    return FAULTY_PLAN if worth.findings else DONE
