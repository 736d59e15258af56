"""``cutfill bench``: our times next to those of peers, taken in turn in the same run."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.suite import registry, run_suite

__all__ = ["add_arguments", "command"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill bench``."""
    parser.add_argument("--smoke", action="store_true", help="small sizes, once: that it runs, not how fast")
    parser.add_argument("--only", action="append", metavar="NAME", choices=sorted(registry()), help=_names())
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the results as JSON")
    parser.add_argument("--json", action="store_true", help="print the results as JSON instead of the table")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def command(args: argparse.Namespace) -> int:
    """Runs ``cutfill bench``; 0 when every peer gives our answer, 1 when one does not."""
    from benchmarks.measure import DisagreementError

    def tell(name: str) -> None:
        if not args.quiet:
            print(f"{name} …", file=sys.stderr, flush=True)

    try:
        results = run_suite(args.only or list(registry()), smoke=args.smoke, tell=tell)
    except DisagreementError as difference:
        print(f"no times, because the answers differ: {difference}", file=sys.stderr)
        return 1
    text = json.dumps(results, ensure_ascii=False, indent=1) + "\n"
    if args.out:
        args.out.write_text(text, encoding="utf-8")
    print(text if args.json else in_words(results) + "\n", end="")
    return 0


def in_words(results: dict[str, Any]) -> str:
    """Machine, table, and how many targets are met."""
    from benchmarks.rows import table

    about = results["machine"]
    rows = [row for each in results["results"].values() for row in each]
    judged = [row["met"] for row in rows if row["met"] is not None]
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    repeats = "one small run, targets not judged" if results["smoke"] else f"{sum(judged)} of {len(judged)} targets met"
    return (
        f"{about['cpu']}, {about['cores']} cores, load {about['load']}, {about['system']}, {about['date']}; "
        f"Python {about['python']}, {versions}\n\n{table(rows)}\n\n{repeats}"
    )


def _names() -> str:
    return "one of them, may be given again: " + ", ".join(registry())
