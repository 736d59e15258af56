"""A scenario written as a folder: CSV tables beside ``scenario.toml``."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimizer.replan.rest import Row


def write_scenario(folder: Path, settings: Mapping[str, Any], tables: Mapping[str, list[Row]]) -> None:
    """Writes a scenario folder.

    Args:
        folder: made here.
        settings: by dotted name; paths relative to the folder.
        tables: rows by table; one without rows is not written.
    """
    folder.mkdir()
    (folder / "scenario.toml").write_text(_toml(settings), encoding="utf-8")
    for name, rows in tables.items():
        if not rows:
            continue
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _toml(settings: Mapping[str, Any]) -> str:
    sections: dict[str, list[str]] = defaultdict(list)
    for name, value in settings.items():
        section, _, key = name.rpartition(".")
        sections[section].append(f"{key} = {_value(value)}")
    parts = ["\n".join(sections.pop("", []))]
    parts += [f"[{section}]\n" + "\n".join(lines) for section, lines in sorted(sections.items())]
    return "\n\n".join(parts) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
