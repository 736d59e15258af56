"""``cutfill replan``: the rest of a plan anew, from what has really moved, with as few changes as the goals allow."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import Any

from optimizer.arguments import seconds, whole

__all__ = ["add_arguments", "command"]

MONEY_PER_CHANGE = 10.0  # CNY per t; only with weights, where a goal without a weight does not count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill replan``."""
    parser.add_argument("plan", type=Path, metavar="OUT", help="plan folder that was followed until now")
    parser.add_argument("--actuals", type=Path, required=True, metavar="CSV", help="what has moved before --from")
    parser.add_argument("--from", dest="first", type=_date, required=True, metavar="DATE", help="plan anew from here")
    parser.add_argument("--scenario", type=Path, help="the scenario as it is known now, if not where OUT's lies")
    parser.add_argument("--stocktake", type=Path, metavar="CSV", help="stock measured in yards and plants")
    parser.add_argument("--variant", metavar="TOML", help="patch of the scenario; a.toml+b.toml applies both")
    parser.add_argument("-o", "--out", type=Path, help="folder to write; OUT-from-DATE if not given")
    parser.add_argument("--days", type=whole, metavar="DAYS", help="days of the new plan, if more than are left")
    parser.add_argument("--freeze", type=whole, default=1, metavar="DAYS", help="first days whose orders stay; 1")
    parser.add_argument("--calm-after", metavar="GOAL", help="goals up to this one may change orders, later ones not")
    parser.add_argument("--change-cost", type=float, default=MONEY_PER_CHANGE, metavar="CNY",
                        help="with weights: what a changed tonne counts")  # fmt: skip
    parser.add_argument("--time-limit", type=seconds, metavar="SECONDS", help="stop with the best plan so far")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write it as 2025-03-06") from None


def command(args: argparse.Namespace) -> int:
    """Runs ``cutfill replan``; returns the exit code."""
    from optimizer.cli import DONE, FAULTY_PLAN, LIMIT, UNSERVED
    from optimizer.outputs import summary_json
    from optimizer.planner import Options
    from optimizer.progress import Progress
    from optimizer.replan.again import Request, plan_again

    out = args.out or args.plan.with_name(f"{args.plan.name}-from-{args.first}")
    request = Request(
        args.plan,
        args.scenario,
        args.actuals,
        args.first,
        args.days,
        args.freeze,
        args.calm_after,
        args.change_cost,
        out,
        args.stocktake,
        args.variant,
    )
    progress = Progress(quiet=args.quiet, as_json=args.json)
    summary, findings = plan_again(request, Options(time_limit=args.time_limit), progress)
    print(summary_json(summary) if args.json else in_words(summary, out), end="")
    if findings:
        return FAULTY_PLAN
    if summary["termination"] != "optimal":
        return LIMIT
    return UNSERVED if summary["kpis"]["unserved_t"] > 0 else DONE


def in_words(summary: dict[str, Any], out: Path) -> str:
    """What was kept and changed, the goals, and where to read on."""
    again = summary["replan"]
    lines = [
        f"{summary['name']}: from {again['from']} on {again['kept_t']:,.0f} of {again['ordered_t']:,.0f} t ordered "
        f"stay as they were; {again['changed_orders']} orders change"
        + (f", {again['frozen_orders']} of them in the freeze window" if again["frozen_orders"] else "")
    ]
    for goal in summary["goals"]:
        bound = "" if goal["bound"] is None else f"   proven bound {goal['bound']:,.3f}"
        lines.append(f"  {goal['name']:<10}{goal['value']:>16,.3f} {goal['unit']:<8}{bound}")
    lines += [f"  {note['en']}" for note in again["notes"]]
    lines += [f"  not confirmed by the second calculation: {finding}" for finding in again["findings"]]
    lines.append(f"  written to {out}: changes.html, changes.csv, report.html, and the rest as scenario/")
    return "\n".join(lines) + "\n"
