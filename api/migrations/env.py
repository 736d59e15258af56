"""Alembic's entry: runs the steps on the connection that :mod:`api.migrations` opened."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from api import tables
from api.kernel.database import Base
from api.kernel.types import Money, UtcTime


def _render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Column types as the database knows them, so that old steps do not change with the code."""
    if kind != "type":
        return False
    if isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Money):
        return "sa.BigInteger()"
    if type(item).__name__ == "JSON":
        autogen.imports.add("from sqlalchemy.dialects.postgresql import JSONB")
        return 'sa.JSON().with_variant(JSONB(), "postgresql")'
    return False


assert tables.ALL
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
    render_item=_render,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
