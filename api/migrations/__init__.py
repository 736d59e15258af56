"""The layout of the database, step by step; :func:`upgrade` brings any earlier one to the present."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from api.kernel.database import Database

FOLDER = Path(__file__).parent
ADVISORY_LOCK = 0x637574  # one server migrates at a time; the others wait


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration for this folder, on an open connection."""
    found = Config()
    found.set_main_option("script_location", str(FOLDER))
    found.attributes["connection"] = connection
    return found


def upgrade(database: Database, revision: str = "head") -> None:
    """Applies what is missing, in one transaction; several servers may call it at the same time."""
    _run(database, command.upgrade, revision)


def downgrade(database: Database, revision: str = "base") -> None:
    """Takes steps back."""
    _run(database, command.downgrade, revision)


def _run(database: Database, step: object, revision: str) -> None:
    with database.changing_layout() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        step(config(connection), revision)  # type: ignore[operator]
