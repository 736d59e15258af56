"""``cutfill quarter``: a quarter with shocks lived three times: re-planned, from scratch, and without a plan."""

from __future__ import annotations

import argparse
from pathlib import Path

from optimizer.arguments import whole

__all__ = ["add_arguments", "command"]

AHEAD = 14


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill quarter``."""
    parser.add_argument("scenario", type=Path, help="scenario folder, .xlsx or .json; of 91 days for 13 weeks")
    parser.add_argument("--ahead", type=whole, default=AHEAD, metavar="DAYS", help=f"days of every plan ({AHEAD})")
    parser.add_argument("--freeze", type=whole, default=1, metavar="DAYS",
                        help="first days of a week whose orders stay when it is re-planned; 1")  # fmt: skip
    parser.add_argument("--seed", type=whole, default=0, help="of the shocks")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--json", action="store_true", help="print quarter.json on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def command(args: argparse.Namespace) -> int:
    """Runs ``cutfill quarter``; returns the exit code."""
    from optimizer.cli import DONE, FAULTY_PLAN
    from optimizer.outputs import summary_json
    from optimizer.progress import Progress
    from optimizer.quarter.page import told, write
    from optimizer.quarter.study import study
    from optimizer.read import load_scenario

    progress = Progress(quiet=args.quiet, as_json=args.json)
    with progress.phase("read"):
        scenario = load_scenario(args.scenario)
    quarter = study(scenario, args.ahead, args.freeze, args.seed, progress)
    summary = told(quarter, args.ahead, args.freeze, args.seed)
    write(quarter, summary, args.out)
    if args.json:
        print(summary_json(summary), end="")
    else:
        for sentence in summary["sentences"]:
            print(sentence["en"])
        print(f"written to {args.out}: quarter.html, quarter.csv, weeks.csv")
    return FAULTY_PLAN if quarter.findings else DONE
