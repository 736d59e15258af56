"""The ``cutfill`` command. Nothing heavy is imported before the command that needs it is known."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from optimizer import __version__
from optimizer.arguments import seconds
from optimizer.errors import InputError
from optimizer.native import leave
from optimizer.progress import Progress

DONE, FAULTY_PLAN, BAD_INPUT, UNSERVED, LIMIT, INTERRUPTED = 0, 1, 2, 3, 4, 130
SHOWN_FAULTS = 200
# command → (module with add_arguments and command, what it does)
OWN_ARGUMENTS = {
    "dispatch": ("optimizer.dispatch.cli", "truck schedules for a plan's flows, written beside the plan"),
    "replay": ("optimizer.replay.cli", "drive published truck schedules again, with exact and with random times"),
    "roads": ("optimizer.roads", "turn an OSM extract or road table into a truck road graph"),
    "sample": ("optimizer.sample", "generate a scenario of a given size"),
    "frontier": ("optimizer.frontier", "the exact trade-off between two goals"),
    "hedge": ("optimizer.hedge", "what to order now when volumes, dates and weather are uncertain"),
    "quarter": ("optimizer.quarter", "a simulated quarter: re-planned weekly, from scratch, and without a plan"),
    "reach": ("optimizer.reach", "the cheapest changes by which a wanted utilisation rate is reached"),
    "replan": ("optimizer.replan", "plan the rest again from what has really moved, with few changes"),
    "site": ("optimizer.siting", "decide which candidate facilities to open"),
    "worth": ("optimizer.worth", "what one more unit of every limit is worth, and how far that holds"),
    "whatif": ("optimizer.whatif", "compare variants of a scenario with it"),
    "serve": ("api.serve", "the trading platform on an embedded database"),
    "audit": ("api.audit.command", "verify the platform's audit trail"),
    "bench": ("benchmarks", "run the benchmark suite"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code (DESIGN.md, "Command line")."""
    words = list(sys.argv[1:] if argv is None else argv)
    args = _parser(next((word for word in words if not word.startswith("-")), "")).parse_args(words)
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, _stop)
    try:
        run: Callable[[argparse.Namespace], int] = args.run
        return run(args)
    except InputError as error:
        return _tell_faults(error, as_json=getattr(args, "json", False))
    except (_StoppedError, KeyboardInterrupt):
        print("stopped; nothing was written", file=sys.stderr)
        return leave(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    except OSError as error:
        print(f"{error.filename or 'disk'}: {error.strerror or error}; nothing was written", file=sys.stderr)
        return BAD_INPUT
    except MemoryError:
        print(
            "this scenario needs more memory than there is; set max_km in [roads], or plan fewer days at once",
            file=sys.stderr,
        )
        return BAD_INPUT


class _StoppedError(BaseException):
    """Stopped by a signal. Python ends by the signal, not our exit code, where KeyboardInterrupt meets an import."""


def _stop(signum: int, frame: object) -> None:
    raise _StoppedError


def _tell_faults(error: InputError, *, as_json: bool) -> int:
    faults = error.faults
    if as_json:
        rows = [
            {"file": f.file, "row": f.row or None, "column": f.column or None, "message": f.message} for f in faults
        ]
        print(json.dumps({"status": "bad_input", "faults": rows}, ensure_ascii=False, indent=1))
    for fault in faults[:SHOWN_FAULTS]:
        print(fault, file=sys.stderr)
    if len(faults) > SHOWN_FAULTS:
        print(f"… and {len(faults) - SHOWN_FAULTS:,} more; --json lists all of them", file=sys.stderr)
    print(f"{len(faults):,} fault{'s' if len(faults) != 1 else ''}; nothing was written", file=sys.stderr)
    return BAD_INPUT


def _parser(command: str) -> argparse.ArgumentParser:
    """The parser; of commands whose modules bring their own arguments, only the one given is imported."""
    parser = argparse.ArgumentParser(
        prog="cutfill",
        description="Plans where every tonne of excavated soil and construction waste of a district goes.",
    )
    parser.add_argument("--version", action="version", version=f"cutfill {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    plan = commands.add_parser("plan", help="solve a scenario and write the plan folder")
    plan.add_argument("scenario", type=Path, help="scenario folder, .xlsx or .json")
    plan.add_argument("-o", "--out", type=Path, help="plan folder to write")
    plan.add_argument("--explain", metavar="SUPPLY", action="append", default=[], help="why a lot goes where it goes")
    plan.add_argument("--solver", choices=("highs", "glop"), default="highs")
    plan.add_argument("--time-limit", type=seconds, metavar="SECONDS", help="stop with the best plan so far")
    plan.add_argument("--threads", type=int, default=1, help="threads of the solver")
    plan.add_argument("--seed", type=int, default=0, help="random seed of the solver")
    plan.add_argument("--lp", type=Path, metavar="FILE", help="also write the linear program in LP format")
    _variant(plan)
    _common(plan)
    plan.set_defaults(run=_plan)

    check = commands.add_parser("check", help="recompute a plan's balances, bounds and goals from the inputs alone")
    check.add_argument("scenario", type=Path)
    check.add_argument("out", type=Path, help="plan folder")
    _variant(check)
    _common(check)
    check.set_defaults(run=_check)

    new = commands.add_parser("new", help="write a scenario template to fill in")
    new.add_argument("folder", type=Path)
    new.set_defaults(run=_new)

    for name, (module, text) in OWN_ARGUMENTS.items():
        parser_of = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if name == command:
            own = import_module(module)
            own.add_arguments(parser_of)
            parser_of.set_defaults(run=own.command)
    return parser


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the summary as JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def _variant(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--variant", metavar="TOML", help="of a variant of the scenario, as for cutfill whatif")


def _plan(args: argparse.Namespace) -> int:
    if args.out is None and not (args.explain or args.lp):
        raise InputError.single("cutfill plan", "name the folder to write, as in: cutfill plan my-week -o out")
    progress = Progress(quiet=args.quiet, as_json=args.json)
    with progress.phase("start"):
        from optimizer.explain import explain, refuse_unknown
        from optimizer.outputs import summary_json, write_plan
        from optimizer.planner import Options, plan_scenario
        from optimizer.read import load_scenario
        from optimizer.whatif.variants import varied
    if args.out is not None:
        _refuse_odd_target(args.out, args.scenario)
    with progress.phase("read"):
        scenario = varied(args.scenario, args.variant) if args.variant else load_scenario(args.scenario)
    refuse_unknown(scenario, args.explain)
    options = Options(args.solver, args.time_limit, args.threads, args.seed)
    planning = plan_scenario(scenario, options, progress)
    if args.lp:
        from optimizer.lp_format import write_lp

        write_lp(planning, args.lp)
    if args.out is not None:
        there = os.path.relpath(args.scenario.resolve(), args.out.resolve())
        planning.plan.summary["scenario"] = Path(there).as_posix()
        write_plan(scenario, planning.plan, args.out, progress)
    for supply in args.explain:
        print(explain(planning, supply), file=sys.stderr if args.json else sys.stdout)
    summary = planning.plan.summary
    if args.json:
        print(summary_json(summary), end="")
    else:
        from optimizer.console import plan_in_words

        print(plan_in_words(summary, args.out))
    if summary["termination"] != "optimal":
        return LIMIT
    return UNSERVED if summary["kpis"]["unserved_t"] > 0 else DONE


def _refuse_odd_target(out: Path, scenario: Path) -> None:
    if out.exists() and not out.is_dir():
        raise InputError.single(str(out), "is a file; name a folder for the plan")
    if out.resolve() == scenario.resolve():
        raise InputError.single(str(out), "is the scenario itself; name another folder for the plan")


def _check(args: argparse.Namespace) -> int:
    from optimizer.check import check, format_result, result_json

    result = check(args.scenario, args.out, Progress(quiet=args.quiet, as_json=args.json), variant=args.variant)
    print(result_json(result) if args.json else format_result(result))
    return FAULTY_PLAN if result.findings else DONE


def _new(args: argparse.Namespace) -> int:
    from optimizer.template import write_template

    write_template(args.folder)
    print(f"wrote a scenario to fill in: {args.folder}\nplan it with: cutfill plan {args.folder} -o {args.folder}-plan")
    return DONE


if __name__ == "__main__":
    sys.exit(main())
