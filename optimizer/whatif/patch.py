"""A variant: a small TOML file that says what is different from the base, and where in the file each part stands.

name = "Wet month, bridge closed"          name_zh = "雨月，大桥封闭"
open = ["Y2"]                              close = ["P1"]
[scenario]                                 costs.haul_per_t_km = 1.1
[[supplies]]                               where = { street = "大桥" }      scale = { quantity = 1.3 }
[[facilities]]                             where = { facility = "Y1" }      set = { storage = 9000 }
[[calendar]]                               add = { facility = "Y1", from = 2025-03-05, to = 2025-03-06, … }
[[distances]]                              where = { from = "S1" }          remove = true
[[closures]]                               lon = 117.05    lat = 36.83      radius_km = 0.2
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from optimizer.errors import Fault, InputError
from optimizer.intake.faults import listed, nearest, quoted
from optimizer.intake.raw import flattened
from optimizer.schema import SETTING_FIELDS, TABLES

ACTIONS = ("set", "scale", "shift", "add", "remove")
KEYS = ("name", "name_zh", "open", "close", "scenario", "closures")
BASE = "base"  # key of the base among cases
CLOSURE_KEYS = {"lon", "lat", "radius_km", "name"}
_SECTION = re.compile(r"\s*\[\[?\s*([A-Za-z_]+)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*([A-Za-z_.]+)\s*=")


@dataclass(frozen=True)
class Place:
    """Where a part of a variant stands."""

    file: str
    line: int

    def fault(self, column: str, message: object) -> Fault:
        """A fault there."""
        return Fault(self.file, self.line, column, str(message))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Edit:
    """One change of the rows of a table.

    Attributes:
        table: its name.
        where: condition by column; all rows where empty.
        action: one of :data:`ACTIONS`.
        values: by column; of a removal nothing.
    """

    table: str
    where: Mapping[str, Any]
    action: str
    values: Mapping[str, Any]
    place: Place


@dataclass(frozen=True)
class Closure:
    """A round place that trucks may not drive through."""

    lon: float
    lat: float
    radius_km: float
    place: Place


@dataclass(frozen=True)
class Variant:
    """Everything that one or several patches, in their order, change.

    Attributes:
        key: short name for files and tables.
        name, name_zh: for people.
        edits, closures: in order.
        settings: (dotted name, value, place) in order.
        hashes: sha-256 by file name.
    """

    key: str
    name: str
    name_zh: str
    edits: tuple[Edit, ...]
    closures: tuple[Closure, ...]
    settings: tuple[tuple[str, Any, Place], ...]
    hashes: Mapping[str, str]


def read_variants(words: Sequence[str], faults: list[Fault] | None = None) -> list[Variant]:
    """Variants by the words of a command line; ``a.toml+b.toml`` is one variant of two patches, in this order.

    Args:
        faults: gets every fault of every file; the variants are then of what could be read, to be fitted for theirs.

    Raises:
        InputError: with every fault, where there is no list for them.
    """
    raised = faults is None
    faults = [] if faults is None else faults
    known: dict[Path, Variant | None] = {}
    found: list[Variant] = []
    for word in words:
        parts = []
        for path in [Path(word)] if Path(word).exists() else [Path(part) for part in word.split("+")]:
            if path not in known:
                known[path] = _read(path, faults)
            parts.append(known[path])
        found += [_composed([part for part in parts if part is not None])] if all(parts) else []
    if faults and raised:
        raise InputError(faults)
    return found


def refuse_namesakes(variants: Sequence[Variant]) -> None:
    """Every variant has a name of its own, and none that of the base.

    Raises:
        InputError: with every fault.
    """
    names = [variant.key for variant in variants]
    faults = [
        Fault(name, 0, "", "is there twice; a variant is compared once") for name in names if names.count(name) > 1
    ]
    if BASE in names:
        faults.append(Fault(f"{BASE}.toml", 0, "", f"{BASE} is what the base itself is called; give it another name"))
    if faults:
        raise InputError(faults)


def _composed(parts: list[Variant]) -> Variant:
    if len(parts) == 1:
        return parts[0]
    return Variant(
        "+".join(part.key for part in parts),
        " + ".join(part.name for part in parts),
        " + ".join(part.name_zh for part in parts),
        tuple(edit for part in parts for edit in part.edits),
        tuple(closure for part in parts for closure in part.closures),
        tuple(setting for part in parts for setting in part.settings),
        {name: value for part in parts for name, value in part.hashes.items()},
    )


def _read(path: Path, faults: list[Fault]) -> Variant | None:
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
        content = tomllib.loads(text)
    except OSError as error:
        faults.append(Fault(str(path), 0, "", f"cannot be read ({error.strerror}); expected a variant as TOML"))
        return None
    except ValueError as error:
        at = re.search(r"\(at line (\d+)", str(error))
        faults.append(Fault(path.name, int(at[1]) if at else 0, "", f"is not TOML: {error}"))
        return None
    return _Reader(path, _lines(text), faults).variant(content, sha256(data).hexdigest())


def _lines(text: str) -> dict[str, list[int]]:
    """Lines of every section, in order, and of every key outside tables of rows."""
    lines: dict[str, list[int]] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if head := _SECTION.match(line):
            section = head[1]
            lines.setdefault(section, []).append(number)
        elif (key := _KEY.match(line)) and section in ("", "scenario"):
            lines.setdefault(f"{section}.{key[1]}".lstrip("."), []).append(number)
    return lines


class _Reader:
    """One file, its faults collected."""

    def __init__(self, path: Path, lines: dict[str, list[int]], faults: list[Fault]):
        self.file, self.stem, self.folder = path.name, path.stem, path.parent
        self.lines, self.faults = lines, faults

    def at(self, key: str, number: int = 0) -> Place:
        """Place of a section or key, the first or a later one."""
        lines = self.lines.get(key, ())
        return Place(self.file, lines[number] if number < len(lines) else 0)

    def variant(self, content: dict[str, Any], digest: str) -> Variant | None:
        """The variant, of what has no fault; None where nothing is left."""
        before = len(self.faults)
        for key in content:
            if key not in KEYS and key not in TABLES:
                hint = nearest(key, (*KEYS, *TABLES)) or f"; known are {listed((*KEYS, *TABLES))}"
                self.faults.append(self.at(key).fault(key, f"unknown key{hint}"))
        edits = [edit for word, status in (("open", "open"), ("close", "closed")) for edit in
                 self._statuses(word, status, content.get(word, []))]  # fmt: skip
        for table in TABLES:
            edits += self._edits(table, content.get(table, []))
        closures = self._closures(content.get("closures", []))
        settings = self._settings(content.get("scenario", {}))
        if not (edits or closures or settings):
            if len(self.faults) == before:
                self.faults.append(Fault(self.file, 0, "", "changes nothing"))
            return None
        name = str(content.get("name") or self.stem)
        return Variant(self.stem, name, str(content.get("name_zh") or name), tuple(edits), tuple(closures),
                       tuple(settings), {self.file: digest})  # fmt: skip

    def _statuses(self, word: str, status: str, ids: Any) -> list[Edit]:
        place = self.at(word)
        if not isinstance(ids, list) or not all(isinstance(name, str) for name in ids):
            self.faults.append(place.fault(word, f'is not a list of facilities; write for example {word} = ["Y1"]'))
            return []
        return [Edit("facilities", {"facility": name}, "set", {"status": status}, place) for name in ids]

    def _edits(self, table: str, rows: Any) -> list[Edit]:
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.faults.append(self.at(table).fault(table, f"is not a list of changes; write it as [[{table}]]"))
            return []
        return [edit for number, row in enumerate(rows) for edit in self._row(table, row, self.at(table, number))]

    def _row(self, table: str, row: dict[str, Any], place: Place) -> list[Edit]:
        before = len(self.faults)
        known = ("where", *ACTIONS)
        for key in row:
            if key not in known:
                hint = nearest(key, known) or f"; known are {listed(known)}"
                self.faults.append(place.fault(f"{table}.{key}", f"unknown key{hint}"))
        for key in ("where", "set", "scale", "shift", "add"):
            self._columns(table, key, row.get(key, {}), place)
        actions = [action for action in ACTIONS if action in row]
        if not actions:
            self.faults.append(place.fault(table, f"changes nothing; expected one of {listed(ACTIONS)}"))
        if ("add" in row or "remove" in row) and len(actions) > 1:
            self.faults.append(place.fault(table, f"{listed(actions)} exclude each other; write them apart"))
        if "remove" in row and row["remove"] is not True:
            self.faults.append(place.fault(f"{table}.remove", "expected true"))
        if len(self.faults) > before:
            return []
        where = row.get("where", {})
        return [Edit(table, where, action, row[action] if action != "remove" else {}, place) for action in actions]

    def _columns(self, table: str, key: str, values: Any, place: Place) -> None:
        fields = {field.name: field for field in TABLES[table].fields}
        if not isinstance(values, dict):
            self.faults.append(place.fault(f"{table}.{key}", "is not a table; write for example { storage = 9000 }"))
            return
        for name, value in values.items():
            told = f"{table}.{key}.{name}"
            if name not in fields:
                hint = nearest(name, fields) or f"; known are {listed(fields)}"
                self.faults.append(place.fault(told, f"unknown column{hint}"))
            elif key == "scale" and (fields[name].type not in ("number", "integer") or not _positive(value)):
                self.faults.append(place.fault(told, f"{quoted(value)}: expected a number column and a factor above 0"))
            elif key == "shift" and (fields[name].type != "date" or type(value) is not int):
                self.faults.append(place.fault(told, f"{quoted(value)}: expected a date column and whole days"))

    def _closures(self, rows: Any) -> list[Closure]:
        found = []
        for number, row in enumerate(rows if isinstance(rows, list) else ()):
            place = self.at("closures", number)
            numbers = [row.get(key) for key in ("lon", "lat", "radius_km")] if isinstance(row, dict) else [None]
            if any(type(value) not in (int, float) for value in numbers) or not _positive(numbers[2]):
                self.faults.append(place.fault("closures", "expected lon, lat and radius_km as numbers"))
            elif unknown := set(row) - CLOSURE_KEYS:
                self.faults.append(place.fault("closures", f"unknown key {listed(sorted(unknown))}"))
            else:
                lon, lat, radius = (float(value) for value in numbers if value is not None)
                found.append(Closure(lon, lat, radius, place))
        return found

    def _settings(self, content: Any) -> list[tuple[str, Any, Place]]:
        if not isinstance(content, dict):
            self.faults.append(self.at("scenario").fault("scenario", "is a section; write its keys under [scenario]"))
            return []
        found = []
        for name, value in flattened(content).items():
            place = self.at(f"scenario.{name}")
            if name not in SETTING_FIELDS:
                hint = nearest(name, SETTING_FIELDS) or f"; known are {listed(SETTING_FIELDS)}"
                self.faults.append(place.fault(name, f"unknown key{hint}"))
            elif SETTING_FIELDS[name].type == "path" and name != "objective.reference":
                found.append((name, str((self.folder / str(value)).resolve()), place))
            else:
                found.append((name, value, place))
        return found


def _positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
