"""``cutfill replay``: a published schedule driven again; its figures, replay.csv and dispatch.html are written anew."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from optimizer.arguments import whole
from optimizer.errors import InputError
from optimizer.files import write_whole
from optimizer.outputs import summary_json
from optimizer.progress import Progress
from optimizer.replay import REPLICATIONS, replay
from optimizer.replay.words import replay_in_words
from optimizer.tables import Table
from optimizer.tickets.page import page

DONE, FAULTY = 0, 1
TABLES = ("trips", "trucks", "undone", "helps")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill replay``."""
    parser.add_argument("scenario", type=Path, help="scenario folder, .xlsx or .json, that was dispatched")
    parser.add_argument("out", type=Path, help="plan folder with trips.csv and trucks.csv")
    parser.add_argument("--replay", type=whole, default=REPLICATIONS, metavar="N", help="replays with random times")
    parser.add_argument("--seed", type=int, default=0, help="random seed; same seed and N, same luck")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")


def command(args: argparse.Namespace) -> int:
    """Runs ``cutfill replay``; exit code 1 when the schedule cannot be driven as written."""
    from optimizer.distances import measure
    from optimizer.read import load_scenario

    progress = Progress(quiet=args.quiet, as_json=args.json)
    with progress.phase("read"):
        scenario = load_scenario(args.scenario)
    distances = measure(scenario, progress)
    with progress.phase("replay"):
        try:
            summary = json.loads((args.out / "dispatch.json").read_text(encoding="utf-8"))
            tables = {name: Table.read_csv(args.out / f"{name}.csv") for name in TABLES}
            found = replay(scenario, distances, tables, replications=args.replay, seed=args.seed, progress=progress)
            summary["replay"] = found.summary
            summary["violations"] |= found.violations
            changes = args.out / "ticket_changes.csv"
            if changes.exists():
                tables["changes"] = Table.read_csv(changes)
            page_text = page(scenario, distances, tables | {"replay": found.table}, summary)
        except (OSError, ValueError, KeyError) as error:
            what = f"the schedules in it cannot be read ({error}); dispatch again"
            raise InputError.single(str(args.out), what) from None
    write_whole(args.out / "replay.csv", found.table.to_csv())
    write_whole(args.out / "dispatch.json", summary_json(summary))
    write_whole(args.out / "dispatch.html", page_text)
    print(summary_json(found.summary).rstrip() if args.json else "\n".join(replay_in_words(found.summary)))
    return FAULTY if found.summary["exact"]["differences"] else DONE
