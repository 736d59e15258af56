"""The one table that says what a scenario may contain.

Readers, the template of ``cutfill new``, the data dictionary page and every error message come from :data:`TABLES`
and :data:`SETTINGS`; a new field is one row here and one use of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Type = Literal["id", "text", "number", "date", "bool", "choice", "materials", "grade", "list", "ref", "path"]


@dataclass(frozen=True)
class Field:
    """One column of a table, or one key of ``scenario.toml``.

    Attributes:
        name: column or key, the same in every format.
        type: how a cell is read.
        unit: unit of the value; ``own unit`` means the row's ``unit`` column.
        required: the cell may not be blank.
        default: what a blank means, in words when it is not a value (``None`` = stays blank).
        en: description in English.
        zh: description in Chinese.
        choices: allowed values of a choice.
        low: smallest allowed number (exclusive when ``strict``), None for no limit.
        high: largest allowed number, None for no limit.
        strict: the low limit itself is not allowed.
        refers: for ``ref``: the tables whose ids it may name.
        example: cell of the template's example row.
    """

    name: str
    type: Type
    en: str
    zh: str
    unit: str = ""
    required: bool = False
    default: str | float | bool | None = None
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    strict: bool = False
    refers: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True)
class TableSpec:
    """One file of the folder, sheet of the workbook or key of the JSON."""

    name: str
    en: str
    zh: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]  # columns that together are unique
    required: bool = False
