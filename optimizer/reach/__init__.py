"""``cutfill reach``: the cheapest set of changes by which a wanted share of what is generated is put to use."""

from __future__ import annotations

import argparse
from pathlib import Path

__all__ = ["add_arguments", "command"]

TARGET = 0.95  # the published programme's rate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill reach``."""
    parser.add_argument("scenario", type=Path, help="scenario folder, .xlsx or .json")
    parser.add_argument("--utilisation", type=share, default=TARGET, metavar="SHARE",
                        help="wanted utilisation rate, as 0.95 or 95%% (0.95)")  # fmt: skip
    parser.add_argument("--price", action="append", default=[], metavar="KIND=CNY",
                        help="of a change: capacity, window, distance or acceptance (docs/whatif.md)")  # fmt: skip
    parser.add_argument(
        "--without", action="append", default=[], metavar="KIND", help="changes that are not to be made"
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def share(text: str) -> float:
    """A share above 0 and at most 1."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share above 0 and at most 1, as 0.95 or 95%")
    return value


def command(args: argparse.Namespace) -> int:
    """Runs ``cutfill reach``; returns the exit code."""
    from optimizer.cli import DONE, FAULTY_PLAN, UNSERVED
    from optimizer.outputs import summary_json
    from optimizer.progress import Progress
    from optimizer.reach.folder import answer, prices_of
    from optimizer.read import Inputs

    progress = Progress(quiet=args.quiet, as_json=args.json)
    prices = prices_of(args.price, args.without)
    with progress.phase("read"):
        inputs = Inputs.read(args.scenario)
    told = answer(inputs, args.utilisation, prices, args.out, progress)
    if args.json:
        print(summary_json(told), end="")
    else:
        print(told["sentence"])
        for change in (*told["changes"], *told["why"]):
            print(f"  {change['sentence']}")
        print(f"written to {args.out}: reach.html, reach.csv, and the plan that does it")
    if told["findings"]:
        return FAULTY_PLAN
    return DONE if told["reached"] else UNSERVED
