"""``cutfill hedge``: what to order now when volumes, dates and weather are uncertain, and what that is worth."""

from __future__ import annotations

import argparse
from pathlib import Path

from optimizer import spread
from optimizer.arguments import some, whole

__all__ = ["add_arguments", "command"]

SAMPLES, DAYS, WORST_SHARE = 20, 1, 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill hedge``."""
    parser.add_argument("scenario", type=Path, help="scenario folder, .xlsx or .json, with uncertainty.csv")
    parser.add_argument("--samples", type=some, default=SAMPLES, metavar="N", help=f"scenarios drawn ({SAMPLES})")
    parser.add_argument("--seed", type=whole, default=0, help="of the draws")
    parser.add_argument("--order", type=some, default=DAYS, metavar="DAYS",
                        help=f"first days whose drives are ordered now ({DAYS})")  # fmt: skip
    parser.add_argument("--worst", type=_weight, default=0.0, metavar="WEIGHT",
                        help="weight, 0 to 1, of the worst part against the mean of all (0)")  # fmt: skip
    parser.add_argument("--worst-share", type=_share, default=WORST_SHARE, metavar="SHARE",
                        help=f"how large the worst part is ({WORST_SHARE})")  # fmt: skip
    parser.add_argument("--weight", action="append", default=[], metavar="GOAL=CNY",
                        help="CNY per unit of a goal, in place of the scenario's objective")  # fmt: skip
    spread.add_arguments(parser, "; in this one where neither is given")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--json", action="store_true", help="print hedge.json on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def _weight(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def _share(text: str) -> float:
    if not _weight(text):
        raise argparse.ArgumentTypeError("the worst part must be more than nothing")
    return _weight(text)


def command(args: argparse.Namespace) -> int:
    """Runs ``cutfill hedge``; returns the exit code."""
    from optimizer.cli import DONE, FAULTY_PLAN
    from optimizer.hedge.study import COMMAND, Request, study
    from optimizer.hedge.tables import told, weights_of, write
    from optimizer.outputs import summary_json
    from optimizer.progress import Progress
    from optimizer.read import load_scenario

    progress = Progress(quiet=args.quiet, as_json=args.json)
    weights = weights_of(args.weight)
    with progress.phase("read"):
        scenario = load_scenario(args.scenario)
    request = Request(args.samples, args.seed, min(args.order, scenario.days), args.worst, args.worst_share, weights)
    with spread.Workers(COMMAND, args.workers, args.cluster) as workers:
        hedge = study(scenario, request, progress, workers, args.out)
    summary = told(hedge)
    write(hedge, summary, args.out)
    if args.json:
        print(summary_json(summary), end="")
    else:
        for sentence in summary["sentences"]:
            print(sentence["en"])
        print(
            f"written to {args.out}: hedge.html, samples.csv, orders.csv" + (", sitings.csv" if hedge.sitings else "")
        )
    return FAULTY_PLAN if hedge.findings else DONE
