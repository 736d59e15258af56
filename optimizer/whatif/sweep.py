"""Many variants at once on Dask workers: the base is sent once, results are kept as they come, nothing is done twice.

Every finished variant is one small Parquet file under ``results``, written whole and named by the hash of the base and
of the variant; a sweep that was killed goes on with those that are not there. A worker that is lost is replaced, and
Dask runs its variants again; a file is written by the sweep alone, so no variant is counted twice.
"""

from __future__ import annotations

import csv
import hashlib
import io
import pickle
import time
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from optimizer.cluster import connected
from optimizer.errors import Fault, InputError
from optimizer.files import write_whole
from optimizer.planner import Options
from optimizer.progress import Progress
from optimizer.schema import TABLES
from optimizer.tables import Table
from optimizer.whatif.compare import KPIS, sentence
from optimizer.whatif.patch import ACTIONS, Edit, Place, Variant
from optimizer.whatif.study import Ground, Study

COLUMNS = ("variant", "table", "id", "column", "action", "value")
RESULTS = "results"
_studies: dict[str, Study] = {}  # of this worker process, by the base's key


def read_table(path: Path) -> list[Variant]:
    """Variants of a CSV table with the columns :data:`COLUMNS`; rows of one variant apply together, in their order.

    A blank ``id`` means every row of the table; ``action`` is set, scale or shift.

    Raises:
        InputError: with every fault.
    """
    faults: list[Fault] = []
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
    if faults:
        raise InputError(faults)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return [Variant(key, key, key, tuple(rows), (), (), {path.name: digest}) for key, rows in edits.items()]


def _is_number(text: str) -> bool:
    try:
        return float(text) > float("-inf")
    except ValueError:
        return False


def sweep(
    ground: Ground,
    variants: Sequence[Variant],
    options: Options,
    folder: Path,
    progress: Progress,
    *,
    workers: int,
    cluster: str | None,
) -> Table:
    """Plans and checks every variant on workers; the table of all, in the order given.

    Args:
        ground: the base.
        variants: each with a key of its own.
        options: how to solve.
        folder: where results are kept; those already there are not repeated.
        progress: told how many are done, and about how long the rest takes.
        workers: processes of the embedded cluster.
        cluster: address of a scheduler to use instead.

    Raises:
        InputError: no scheduler answers at the address.
    """
    ground = ground.without_paths()
    base = hashlib.sha256(pickle.dumps((ground.inputs.scenario.hashes, options))).hexdigest()
    files = {variant.key: folder / RESULTS / f"{_digest(base, variant)}.parquet" for variant in variants}
    left = [variant for variant in variants if not files[variant.key].exists()]
    if left:
        with progress.phase("workers"), connected(cluster, workers) as client:
            shared = client.scatter(pickle.dumps(ground), broadcast=True, hash=True)
            futures = [
                client.submit(solved, shared, base, options, variant, key=f"{base}-{variant.key}", pure=False)
                for variant in left
            ]
            _collect(client, futures, files, len(variants), progress)
    return result_table(files.values())


def _digest(base: str, variant: Variant) -> str:
    return hashlib.sha256(base.encode() + repr(variant).encode()).hexdigest()[:24]


def _collect(client: Any, futures: Sequence[Any], files: dict[str, Path], total: int, progress: Progress) -> None:
    start, before = time.perf_counter(), total - len(futures)
    as_completed = import_module("distributed").as_completed
    for done, (_, row) in enumerate(as_completed(futures, loop=client.loop, with_results=True), start=1):
        _keep(files[row["variant"]], row)
        rest = (time.perf_counter() - start) / done * (len(futures) - done)
        progress.step(before + done, total, f"variants, about {rest:,.0f} s left")


def solved(ground: bytes, base: str, options: Options, variant: Variant) -> dict[str, Any]:
    """One variant on a worker, which plans the base once; a row of the result table."""
    if base not in _studies:
        _studies.clear()
        _studies[base] = Study(pickle.loads(ground), options, Progress())
    study = _studies[base]
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


def _keep(path: Path, row: dict[str, Any]) -> None:
    pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    sink = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist([row]), sink)
    write_whole(path, sink.getvalue())


def result_table(files: Iterable[Path]) -> Table:
    """The results of files, in their order."""
    parquet = import_module("pyarrow.parquet")
    rows = [parquet.read_table(file).to_pylist()[0] for file in files]
    return Table(tuple(rows[0]), [tuple(row.values()) for row in rows])
