"""``cutfill site``: which candidate facilities to open, and what a yard would be worth anywhere (``--map``)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optimizer.progress import Progress
    from optimizer.scenario import Scenario

from optimizer.arguments import amount, seconds, some

__all__ = ["add_arguments", "command"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill site``."""
    parser.add_argument("scenario", type=Path, help="scenario folder, .xlsx or .json, with candidates")
    parser.add_argument("-o", "--out", type=Path, required=True, help="plan folder to write")
    parser.add_argument("--max-open", type=some, metavar="N", help="most candidates that may open")
    parser.add_argument("--budget", type=amount, metavar="CNY", help="most that openings may cost")
    parser.add_argument("--force-open", metavar="ID", action="append", default=[], help="this candidate opens")
    parser.add_argument("--force-closed", metavar="ID", action="append", default=[], help="this one stays closed")
    parser.add_argument("--exclusive", metavar="A,B", action="append", default=[], help="one of the two opens at most")
    parser.add_argument("--solutions", type=some, default=1, metavar="N", help="how many distinct sets, best first")
    parser.add_argument("--break-even", action="store_true", help="opening cost at which each would go the other way")
    parser.add_argument("--gap", type=_gap, default=1e-7, help="relative gap at which the search ends")
    parser.add_argument(
        "--time-limit", type=seconds, metavar="SECONDS", help="stop the search with the best set so far"
    )
    parser.add_argument("--map", action="store_true", help="instead: what a yard would be worth anywhere on the roads")
    parser.add_argument("--places", type=some, default=10_000, metavar="N", help="of --map: places priced")
    parser.add_argument("--map-check", type=some, default=8, metavar="N", help="of --map: places tried by re-solving")
    parser.add_argument(
        "--charge", type=_charge, metavar="GOAL=CNY", action="append", default=[],
        help="of --map: a price per unit of offsite, landfill, transfer, haul or carbon, beside cost",
    )  # fmt: skip
    parser.add_argument("--variant", metavar="TOML", help="of a variant of the scenario, as for cutfill whatif")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def _gap(text: str) -> float:
    value = amount(text)
    if value >= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share below 1, as 0.01 for 1 %")
    return value


def _charge(text: str) -> tuple[str, float]:
    goal, _, price = text.partition("=")
    return goal, amount(price)


def command(args: argparse.Namespace) -> int:
    """Runs ``cutfill site``; returns the exit code."""
    from optimizer.cli import DONE, LIMIT, UNSERVED
    from optimizer.outputs import summary_json, write_plan
    from optimizer.planner import Options
    from optimizer.progress import Progress
    from optimizer.read import load_scenario
    from optimizer.siting.choices import Choices
    from optimizer.siting.decide import decide
    from optimizer.siting.page import render
    from optimizer.whatif.variants import varied

    progress = Progress(quiet=args.quiet, as_json=args.json)
    with progress.phase("read"):
        scenario = varied(args.scenario, args.variant) if args.variant else load_scenario(args.scenario)
    _refuse_mixed(args)
    if args.map:
        return _map(scenario, args, progress)
    choices = Choices.of(
        scenario,
        forced_open=args.force_open,
        forced_closed=args.force_closed,
        exclusive=args.exclusive,
        max_open=args.max_open,
        budget=args.budget,
    )
    decision = decide(
        scenario, choices, Options(time_limit=args.time_limit), progress,
        gap=args.gap, solutions=args.solutions, break_even=args.break_even,
    )  # fmt: skip
    pages = {"site": render(decision)}
    write_plan(decision.scenario, decision.planning.plan, args.out, progress, decision.tables, pages)
    summary = decision.planning.plan.summary
    print(summary_json(summary) if args.json else in_words(summary, args.out), end="")
    if summary["termination"] == "time_limit":
        return LIMIT
    return UNSERVED if summary["kpis"]["unserved_t"] > 0 else DONE


def _refuse_mixed(args: argparse.Namespace) -> None:
    """Options of the one task that were given for the other."""
    from optimizer.errors import Fault, InputError

    of_sets = {
        "--max-open": args.max_open, "--budget": args.budget, "--force-open": args.force_open,
        "--force-closed": args.force_closed, "--exclusive": args.exclusive, "--break-even": args.break_even,
        "--solutions": args.solutions > 1,
    }  # fmt: skip
    given = [name for name, value in of_sets.items() if value not in (None, False, [])] if args.map else []
    faults = [Fault("cutfill site", 0, name, "has no meaning with --map, which opens nothing") for name in given]
    if args.charge and not args.map:
        told = "has a meaning with --map only; give offsite and the like a weight in scenario.toml instead"
        faults.append(Fault("cutfill site", 0, "--charge", told))
    if faults:
        raise InputError(faults)


def _map(scenario: Scenario, args: argparse.Namespace, progress: Progress) -> int:
    """Runs ``cutfill site --map``."""
    from optimizer.cli import DONE
    from optimizer.distances import measure
    from optimizer.outputs import summary_json
    from optimizer.planner import Options
    from optimizer.siting.heat import heat
    from optimizer.siting.heat_folder import write_heat

    charges, options = dict(args.charge), Options(time_limit=args.time_limit)
    distances = measure(scenario, progress, engine=options.engine)
    found = heat(
        scenario, distances, options, progress, places=args.places, samples=args.map_check, charges=charges
    )  # fmt: skip
    with progress.phase("write"):
        summary = write_heat(found, distances, args.out, charges)
    print(summary_json(summary) if args.json else map_in_words(summary, args.out), end="")
    return DONE


def map_in_words(summary: dict[str, Any], out: Path) -> str:
    """What a tonne of room is worth at most, and how much of it came true where it was tried."""
    tried = summary["tried"]
    share = (
        "" if tried["mean_share"] is None else f", {tried['mean_share']:.1%} of it reached on average when re-solved"
    )
    return (
        f"{summary['name']}: {summary['places']:,} places priced; the first tonne of room saves at most "
        f"{summary['most']:,.2f} CNY over {summary['days']} days, half of the places {summary['median']:,.2f} or more\n"
        f"  tried with {tried['t']} t at {tried['places']} places{share}\n"
        f"  written to {out}: map.html, heat.csv, heat-steps.csv, heat-samples.csv\n"
    )


def in_words(summary: dict[str, Any], out: Path) -> str:
    """What opens, what it costs, how far it is proven, and where to read on."""
    site = summary["site"]
    names = ", ".join(site["open"]) or "nothing"
    known = "proven best" if summary["status"] == "optimal" else f"within {site['gap']:.3%} of the best"
    lines = [
        f"{summary['name']}: open {names} ({len(site['open'])} of {site['candidates']}), "
        f"{site['opening_cost']:,.0f} CNY, {known}"
    ]
    for goal in summary["goals"]:
        bound = "" if goal["bound"] is None else f"   proven bound {goal['bound']:,.3f}"
        lines.append(f"  {goal['name']:<10}{goal['value']:>16,.3f} {goal['unit']:<8}{bound}")
    if site["counts_in"] is None:
        lines.append("  the goals hold no money, so openings only break ties; put cost into the order to weigh them")
    lines.append(f"  written to {out}: site.html, site.csv, solutions.csv, streets.csv, report.html")
    return "\n".join(lines) + "\n"
