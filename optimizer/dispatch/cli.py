"""``cutfill dispatch``: from a plan's flows to truck schedules, written beside the plan."""

from __future__ import annotations

import argparse
import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.arguments import amount, seconds, whole
from optimizer.dispatch import SLACK, Budget, Dispatch, dispatch_scenario
from optimizer.dispatch.redispatch import CALM, Published, Rest, dispatch_rest, named_tickets
from optimizer.dispatch.slack import slack_in_words
from optimizer.dispatch.tables import FILES
from optimizer.distances import Distances
from optimizer.errors import InputError
from optimizer.files import folder_written_whole
from optimizer.followed import NOT_THE_PLANS, flows_of
from optimizer.outputs import DISPATCH_FILES, summary_json
from optimizer.progress import Progress
from optimizer.replay import REPLICATIONS, replay
from optimizer.replay.words import replay_in_words
from optimizer.scenario import Scenario
from optimizer.tables import Table
from optimizer.tickets import handouts

if TYPE_CHECKING:
    from optimizer.planner import Planning

DONE, FAULTY, UNSERVED, LIMIT = 0, 1, 3, 4
MAY_CHANGE = (*NOT_THE_PLANS, "scenario.toml")  # since the plan was made, which may be dispatched again then
# where the plan's report names the schedules, once there are any
LINK_MARK = "<!-- dispatch -->"
LINK = '<a href="dispatch.html"><span lang="en">Trucks</span><span lang="zh-CN">派车</span></a>'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill dispatch``."""
    parser.add_argument("scenario", type=Path, help="scenario folder, .xlsx or .json, with trucks")
    parser.add_argument("out", type=Path, help="plan folder; planned first when there is no plan in it")
    parser.add_argument("--rounds", type=whole, metavar="N",
                        help=f"rounds of the search for each day ({Budget().rounds:,}, or as many as the time limit "
                        "allows); same N and seed, same schedule")  # fmt: skip
    parser.add_argument("--time-limit", type=seconds, metavar="SECONDS", help="stop with the best schedule so far")
    parser.add_argument("--seed", type=int, default=0, help="random seed of the search")
    parser.add_argument("--replay", type=whole, default=REPLICATIONS, metavar="N",
                        help="replays with random times; one with exact times is always made")  # fmt: skip
    parser.add_argument("--slack", type=whole, metavar="MINUTES",
                        help=f"minutes to spare after every load ({SLACK}), on days on which no load is left by "
                        "it")  # fmt: skip
    parser.add_argument("--feedback", type=whole, default=0, metavar="N",
                        help="while loads are left, plan and dispatch again within what gates and trucks could do, "
                        "at most N times (0: the plan stays as it is)")  # fmt: skip
    again = parser.add_argument_group("a day dispatched anew, from what is in OUT")
    again.add_argument("--from", dest="moment", type=_moment, metavar="HH:MM",
                       help="what has not begun by then may change; 2025-03-03T10:00 names the day too")  # fmt: skip
    again.add_argument("--actuals", type=Path, metavar="CSV",
                       help="what has become of the day so far: late and cancelled tickets, breakdowns, closed gates, "
                       "new loads; who is not told of did as published")  # fmt: skip
    again.add_argument("--change-km", type=amount, default=CALM, metavar="KM",
                       help=f"empty km that one changed ticket counts ({CALM:g}: none to save less)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the summary as JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def _moment(text: str) -> tuple[dt.date | None, int]:
    """(day if it is named, minutes from its midnight)."""
    date, _, clock = text.rpartition("T")
    try:
        time = dt.time.fromisoformat(clock)
        return (dt.date.fromisoformat(date) if date else None), time.hour * 60 + time.minute
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no moment; write 10:00 or 2025-03-03T10:00") from None


def command(args: argparse.Namespace) -> int:
    """Runs ``cutfill dispatch``; returns the exit code."""
    if args.actuals and not args.moment:
        raise InputError.single("--actuals", "goes with --from HH:MM, the minute from which on the day is open")
    if args.slack is not None and args.moment:
        raise InputError.single(
            "--slack", "is for whole days; with --from, the slack of the morning is there to be used"
        )
    slack = SLACK if args.slack is None else args.slack
    progress = Progress(quiet=args.quiet, as_json=args.json)
    with progress.phase("start"):
        from optimizer.dispatch.feedback import as_written
        from optimizer.distances import measure
        from optimizer.outputs import write_plan
        from optimizer.planner import Options, plan_scenario
        from optimizer.read import load_scenario
    with progress.phase("read"):
        scenario = load_scenario(args.scenario)
    if scenario.period_days > 1:
        told = "a plan by periods tells no day on which a truck drives; leave period_days out to dispatch"
        raise InputError.single("scenario.toml", told, column="period_days")
    if not scenario.trucks.ids:
        raise InputError.single("trucks.csv", "there are no trucks; dispatch needs at least one row")
    published = Published.read(args.out) if args.moment else None
    planning = None
    if (args.out / "plan.json").exists():
        flows, distances = flows_of(scenario, args.out, but=MAY_CHANGE, then="dispatch"), measure(scenario, progress)
    else:
        planning = plan_scenario(scenario, Options(), progress)
        flows, distances = as_written(planning.plan.tables["flows"]), planning.distances
    rounds = args.rounds if args.rounds is not None or args.time_limit else Budget().rounds
    budget = Budget(rounds, args.time_limit, args.seed)
    if published is not None:
        date, now = args.moment
        day = published.day(scenario, date, named_tickets(args.actuals))
        rest = Rest(published, day, now, args.actuals, args.change_km)
        dispatch = Dispatch(*dispatch_rest(scenario, distances, flows, rest, budget, progress))
    else:
        dispatch = dispatch_scenario(scenario, distances, flows, budget, progress, slack)
        if args.feedback and len(dispatch.tables["undone"]):
            dispatch, planning = _fed_back(
                args, scenario, distances, flows, dispatch, planning, budget, progress, slack
            )
    replayed = replay(scenario, distances, dispatch.tables, replications=args.replay, seed=args.seed, progress=progress)
    dispatch.summary["replay"], dispatch.tables["replay"] = replayed.summary, replayed.table
    dispatch.summary["violations"] |= replayed.violations
    with progress.phase("write sheets"):
        more = handouts(scenario, distances, dispatch.tables, dispatch.summary)
    if planning is not None:
        write_plan(scenario, planning.plan, args.out, progress)
    write_dispatch(dispatch, args.out, more)
    if args.json:
        print(summary_json(dispatch.summary), end="")
    else:
        print(in_words(dispatch, args.out))
    if replayed.summary["exact"]["differences"]:
        return FAULTY
    if dispatch.summary["violations"]["unserved_loads"]:
        return UNSERVED
    return LIMIT if dispatch.summary["termination"] == "time_limit" else DONE


def _fed_back(
    args: argparse.Namespace, scenario: Scenario, distances: Distances, flows: Table, first: Dispatch,
    planning: Planning | None, budget: Budget, progress: Progress, slack: int,
) -> tuple[Dispatch, Planning | None]:  # fmt: skip
    """Plan and dispatch again within what could be done; with the plan that has to be written, if any."""
    from optimizer.dispatch.feedback import Round, with_feedback

    if (args.out / "site.csv").exists():
        what = "holds a siting, which --feedback would plan again without; run cutfill plan with what it opens first"
        raise InputError.single(str(args.out), what)

    def dispatched(flows: Table) -> tuple[dict[str, Table], dict[str, Any]]:
        made = dispatch_scenario(scenario, distances, flows, budget, progress, slack)
        return made.tables, made.summary

    if planning is None:
        summary = json.loads((args.out / "plan.json").read_text(encoding="utf-8"))
    else:
        summary = planning.plan.summary
    left = summary["kpis"]["unserved_t"] + first.summary["violations"]["unserved_t"]
    start = Round(None, flows, first.tables, first.summary, left)
    best, told = with_feedback(scenario, distances, start, dispatched, args.feedback, progress)
    if best.planning is not None:
        planning = best.planning
        planning.plan.summary["feedback"] = told
    best.summary["feedback"] = told
    return Dispatch(best.summary, best.tables), planning


def write_dispatch(dispatch: Dispatch, folder: Path, more: Mapping[str, str] | None = None) -> None:
    """Writes the tables, ``dispatch.json`` and further files into a plan folder; everything else there is kept."""
    with folder_written_whole(folder, owned=DISPATCH_FILES) as scratch:
        for name, file in FILES.items():
            if name not in dispatch.tables:
                continue
            (scratch / file).write_text(dispatch.tables[name].to_csv(), encoding="utf-8")
        report = folder / "report.html"
        if "dispatch.html" in (more or {}) and report.exists():
            linked = report.read_text(encoding="utf-8").replace(LINK_MARK, LINK)
            (scratch / report.name).write_text(linked, encoding="utf-8")
        for name, text in (more or {}).items():
            (scratch / name).parent.mkdir(exist_ok=True)
            (scratch / name).write_text(text, encoding="utf-8")
        (scratch / "dispatch.json").write_text(summary_json(dispatch.summary), encoding="utf-8")


def in_words(dispatch: Dispatch, out: Path) -> str:
    """The headline figures, for the terminal."""
    summary: dict[str, Any] = dispatch.summary
    k, goal, bad = summary["kpis"], summary["goals"][0], summary["violations"]
    share = 0.0 if k["empties_share"] is None else k["empties_share"]
    slack = slack_in_words(summary["days"])
    lines = [
        f"{summary['name']}: {k['loads']:,} loads, {k['t']:,.0f} t, {k['truck_days']:,} truck days",
        *([f"  {slack[0]}"] if slack else []),
        f"  empty {goal['value']:,.1f} km ({share:.1%} of all km), proven bound {goal['bound']:,.1f} km: gap "
        f"{goal['gap_of_empty_km']:.2%} of the empty km, {goal['gap_of_all_km']:.2%} of all km",
        f"  {k['duty_h']:,.0f} h on duty, {k['driving_h']:,.0f} h driving, {k['fuel_l']:,.0f} L, {k['co2_kg']:,.0f} kg "
        f"CO2, {k['cost']:,.0f} CNY",
        f"  unserved loads {bad['unserved_loads']:,} ({bad['unserved_t']:,.1f} t), late {bad['late']:,}, "
        f"over hours {bad['over_hours']:,}, gate overlaps {bad['gate_overlaps']:,}",
    ]
    lines += [
        f"  round {told['round']} of feedback: {len(told['limits'])} limits of gates and trucks, "
        f"{told['moved_t']:,.0f} t moved; left by plan and trucks {told['unserved_t']:,.1f} t, before "
        f"{told['before_t']:,.1f} t" + ("" if told["better"] else "; not better, not taken")
        for told in summary.get("feedback", ())
    ]
    if "again" in summary:
        lines.insert(1, _again_in_words(summary["again"]))
    lines += replay_in_words(summary["replay"])
    if bad["unserved_loads"]:
        helps = dispatch.tables["helps"].rows[:5]
        lines += [f"  {date}: {what} takes {loads} more loads, {t:,.0f} t, worth {worth:,.0f} CNY"
                  for date, what, loads, t, worth, *_ in helps]  # fmt: skip
        lines.append("  undone.csv says what is left and why, helps.csv what more would be worth")
    lines.append(
        f"  written to {out}: trips.csv has every ticket, dispatch.html shows the days, sheets has a page"
        " per truck and day; cutfill check recomputes it"
    )
    return "\n".join(lines)


def _again_in_words(again: dict[str, Any]) -> str:
    """What the day that was dispatched anew changes."""
    kinds = {"other_truck": "to another truck", "other_time": "to another time", "now_undone": "without a truck now",
             "stranded": "stranded", "cancelled": "cancelled", "new": "loads added"}  # fmt: skip
    told = ", ".join(f"{again[name]:,} {words}" for name, words in kinds.items() if again[name])
    return (
        f"  from {again['from'].replace('T', ' ')}: {again['begun_tickets']:,} tickets are done or under way, "
        f"{again['changed_tickets']:,} of {again['open_tickets']:,} open ones change ({again['changed_share']:.1%}"
        f"; {again['of_trucks_out']:,} were those of trucks that are out)" + (f": {told}" if told else "")
    )
