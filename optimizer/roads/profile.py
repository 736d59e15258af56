"""The truck profile: ``truck.toml`` with a person's own file over it."""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.errors import Fault, InputError

DEFAULT_FILE = Path(__file__).with_name("truck.toml")
_FREE_TABLES = frozenset({"speeds"})  # a person may add classes of their own here


@dataclass(frozen=True)
class Profile:
    """What a road must be for a loaded truck to use it; every field is explained in ``truck.toml``."""

    mass_t: float
    axle_t: float
    height_m: float
    width_m: float
    length_m: float
    speeds: Mapping[str, float]
    banned_classes: frozenset[str]
    access_keys: tuple[str, ...]
    access_denied: frozenset[str]
    access_destination: frozenset[str]
    destination_factor: float
    service_denied: frozenset[str]
    tracktype_allowed: frozenset[str]
    smoothness_denied: frozenset[str]
    oneway_classes: frozenset[str]
    oneway_junctions: frozenset[str]
    oneway_keys: tuple[str, ...]
    respect_maxspeed: bool
    limit_keys: Mapping[str, tuple[str, ...]]  # mass, axle, height, width, length
    no_limit: frozenset[str]
    blocking_barriers: frozenset[str]
    preferred_factor: float
    digest: str  # of all the values above, part of the cache key

    @classmethod
    def load(cls, path: Path | None) -> Profile:
        """The default profile, or the default with the values of ``path`` over it.

        Raises:
            InputError: every wrong key and value of the file at once.
        """
        values = tomllib.loads(DEFAULT_FILE.read_text(encoding="utf-8"))
        if path is not None:
            _merge(values, _read_toml(path), path.name)
        return cls._from_values(values)

    @classmethod
    def _from_values(cls, values: dict[str, dict[str, Any]]) -> Profile:
        truck, rules, limits = values["truck"], values["rules"], values["limits"]
        sets = (
            "banned_classes access_denied access_destination service_denied tracktype_allowed smoothness_denied "
            "oneway_classes oneway_junctions"
        )
        named: dict[str, Any] = {name: float(value) for name, value in truck.items()}
        named |= {name: frozenset(rules[name]) for name in sets.split()}
        digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
        return cls(
            **named,
            speeds={name: float(speed) for name, speed in values["speeds"].items()},
            access_keys=tuple(rules["access_keys"]),
            oneway_keys=tuple(rules["oneway_keys"]),
            destination_factor=float(rules["destination_factor"]),
            respect_maxspeed=rules["respect_maxspeed"],
            limit_keys={name: tuple(limits[name]) for name in ("mass", "axle", "height", "width", "length")},
            no_limit=frozenset(limits["no_limit"]),
            blocking_barriers=frozenset(values["barriers"]["blocking"]),
            preferred_factor=float(values["zones"]["preferred_factor"]),
            digest=digest,
        )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise InputError.single(path.name, f"cannot be read ({error.strerror}); name a TOML file") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError.single(path.name, f"is not a TOML file: {error}") from None


def _merge(values: dict[str, dict[str, Any]], own: dict[str, Any], file: str) -> None:
    """Puts a person's values over the defaults, in place; raises all faults at once."""
    faults = []
    for table, entries in own.items():
        if table not in values or not isinstance(entries, dict):
            hint = _nearest(table, values)
            faults.append(Fault(file, 0, table, f"is not a table of a truck profile; {hint}"))
            continue
        for key, value in entries.items():
            where = f"{table}.{key}"
            if key not in values[table] and table not in _FREE_TABLES:
                faults.append(Fault(file, 0, where, f"is not a key of [{table}]; {_nearest(key, values[table])}"))
                continue
            problem = _value_problem(value, values[table].get(key, 1.0), speed=table == "speeds")
            if problem:
                faults.append(Fault(file, 0, where, problem))
            else:
                values[table][key] = value
    if faults:
        raise InputError(faults)


def _value_problem(value: Any, default: Any, *, speed: bool) -> str:
    """What is wrong with a value, judged by the default it replaces; empty when nothing is."""
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else f"{value!r} is not true or false"
    if isinstance(default, list):
        good = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return "" if good else f'{value!r} is not a list of words such as ["a", "b"]'
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value <= 0:
        return f"{value!r} is not a number above 0"
    if speed and value > 150:
        return f"{value!r} km/h is no speed of a truck; expected at most 150"
    return ""


def _nearest(word: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]}?" if close else "known are " + ", ".join(known)
