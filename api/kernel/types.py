"""Column types: UTC times, money to the fen, JSON that both databases keep."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, ColumnElement, DateTime, Dialect, Integer, bindparam
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

FEN = Decimal("0.01")

Json = JSON().with_variant(JSONB(), "postgresql")
# SQLite numbers rows by itself only in a column of type INTEGER
BigKey = BigInteger().with_variant(Integer(), "sqlite")


class UtcTime(TypeDecorator[dt.datetime]):
    """Aware datetimes in, aware UTC datetimes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """UTC; SQLite has no time zones and gets the naive UTC time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone reached the database")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Always aware."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Money(TypeDecorator[Decimal]):
    """CNY as an exact decimal with two places, kept as a whole number of fen."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Rounded half to even, to the fen."""
        return None if value is None else int(round_cny(value) * 100)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Two places."""
        return None if value is None else (Decimal(value) / 100).quantize(FEN)


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> _Among:
        """As it is: SQLite, which has no booleans, would compare it with 1 and use no index."""
        return self


def among(column: ColumnElement[Any] | InstrumentedAttribute[Any], name: str) -> ColumnElement[bool]:
    """``column`` is in the list that the statement is run with under ``name``.

    On PostgreSQL the list is one value, so that the statement is prepared once for lists of any length; ``IN`` has a
    parameter for each item. SQLite uses an index only with ``IN``.
    """
    return _Among(column, bindparam(name, type_=ARRAY(type(column.type))))


@compiles(_Among)
def _(element: _Among, compiler: SQLCompiler, **given: Any) -> str:
    column, listed = element.clauses
    return compiler.process(column.in_(bindparam(listed.key, expanding=True)), **given)


@compiles(_Among, "postgresql")
def _(element: _Among, compiler: SQLCompiler, **given: Any) -> str:
    column, listed = (compiler.process(part, **given) for part in element.clauses)
    return f"{column} = ANY ({listed})"


class Unindexed(FunctionElement[Any]):
    """A column by which SQLite, which keeps no statistics, must not look for rows; PostgreSQL may do as it likes."""

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any] | InstrumentedAttribute[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(Unindexed)
def _(element: Unindexed, compiler: SQLCompiler, **given: Any) -> str:
    (column,) = element.clauses
    return f"+{compiler.process(column, **given)}"


@compiles(Unindexed, "postgresql")
def _(element: Unindexed, compiler: SQLCompiler, **given: Any) -> str:
    (column,) = element.clauses
    return compiler.process(column, **given)


def round_cny(value: Decimal | float) -> Decimal:
    """CNY to the fen, half to even."""
    return Decimal(str(value)).quantize(FEN, rounding=ROUND_HALF_EVEN)


def to_kg(t: float | Decimal) -> int:
    """Tonnes as whole kilograms: the platform's unit of account, so that sums are exact."""
    return round(float(t) * 1000)


def to_t(kg: int) -> float:
    """Kilograms as tonnes."""
    return kg / 1000
