"""Many variants at once: a table of them, planned and checked on workers."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from optimizer.errors import Fault, InputError
from optimizer.planner import Options
from optimizer.progress import Progress
from optimizer.schema import TABLES
from optimizer.spread import Row, Work, Workers
from optimizer.tables import Table
from optimizer.whatif.compare import KPIS, sentence
from optimizer.whatif.patch import ACTIONS, Edit, Place, Variant
from optimizer.whatif.study import Ground, Study

COLUMNS = ("variant", "table", "id", "column", "action", "value")


def read_table(path: Path, faults: list[Fault]) -> list[Variant]:
    """Variants of a CSV table with the columns :data:`COLUMNS`; rows of one variant apply together, in their order.

    A blank ``id`` means every row of the table; ``action`` is set, scale or shift.

    Args:
        faults: gets every fault of a row; the variants are of the other rows.

    Raises:
        InputError: it is no such table.
    """
    edits: dict[str, list[Edit]] = {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError.single(path.name, f"cannot be read ({error}); expected a CSV of variants") from None
    reader = csv.DictReader(io.StringIO(text))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise InputError([Fault(path.name, 1, name, "the column is missing") for name in missing])
    for row in reader:
        place = Place(path.name, reader.line_num)
        if row["table"] not in TABLES:
            faults.append(place.fault("table", f"'{row['table']}' is not a table; expected one of {', '.join(TABLES)}"))
        elif row["column"] not in {field.name for field in TABLES[row["table"]].fields}:
            faults.append(place.fault("column", f"'{row['column']}' is not a column of {row['table']}"))
        elif row["action"] not in ACTIONS[:3]:
            faults.append(place.fault("action", f"'{row['action']}'; expected one of {', '.join(ACTIONS[:3])}"))
        elif row["action"] != "set" and not _is_number(row["value"]):
            faults.append(place.fault("value", f"'{row['value']}' is not a number"))
        else:
            where = {TABLES[row["table"]].key[0]: row["id"]} if row["id"] else {}
            number: dict[str, Any] = {"scale": float, "shift": int, "set": str}
            value = number[row["action"]](row["value"])
            edits.setdefault(row["variant"], []).append(
                Edit(row["table"], where, row["action"], {row["column"]: value}, place)
            )
    if not edits and not faults:
        faults.append(Fault(path.name, 0, "", "holds no variants"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return [Variant(key, key, key, tuple(rows), (), (), {path.name: digest}) for key, rows in edits.items()]


def _is_number(text: str) -> bool:
    try:
        return float(text) > float("-inf")
    except ValueError:
        return False


def sweep(
    ground: Ground, variants: Sequence[Variant], options: Options, folder: Path, progress: Progress, workers: Workers
) -> Table:
    """Plans and checks every variant on workers; the table of all, in the order given.

    Args:
        ground: the base.
        variants: each with a key of its own.
        options: how to solve.
        folder: where results are kept; those already there are not repeated.
        progress: told how many are done, and about how long the rest takes.
        workers: who does it.

    Raises:
        InputError: no scheduler answers at the address.
    """
    marks = (sorted(ground.inputs.scenario.hashes.items()), options)
    work = Work("variants", (ground.without_paths(), options), marks, _planned, _row)
    with progress.phase("workers"):
        rows = workers.rows(work, variants, folder, progress)
    return Table(tuple(rows[0]), [tuple(row.values()) for row in rows])


def _planned(base: tuple[Ground, Options]) -> Study:
    """The base, planned once on every worker; no row tells of it alone."""
    return Study(*base, Progress(), told=False)


def _row(study: Study, variant: Variant) -> Row:
    """One variant; a row of the result table."""
    case = study.solve(variant)
    told = sentence(study.base, case)
    return {
        "variant": case.key,
        "name": case.name,
        "sentence": told.en,
        "sentence_zh": told.zh,
        "termination": case.summary["termination"],
        "verified": not case.findings,
        **{f"goal_{name}": value for name, value in case.goals.items()},
        **{name: case.summary["kpis"][name] for name in KPIS},
        "seconds": case.seconds,
    }
