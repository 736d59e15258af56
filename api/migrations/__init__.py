"""The layout of the database, step by step; :func:`upgrade` brings any earlier one to the present."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from api.kernel.database import Database
from optimizer.errors import InputError

FOLDER = Path(__file__).parent
ADVISORY_LOCK = 0x637574  # one server migrates at a time; the others wait
_running = threading.Lock()  # Alembic's environment is one for the whole process


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration for this folder, on an open connection."""
    found = Config()
    found.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    found.attributes["connection"] = connection
    return found


def upgrade(database: Database, revision: str = "head") -> None:
    """Applies what is missing, in one transaction; several servers may call it at the same time.

    Raises:
        InputError: the database was laid out by a later version of the program, or by no version at all.
    """
    _run(database, lambda connection: _upgrade(connection, revision))


def downgrade(database: Database, revision: str = "base") -> None:
    """Takes steps back; what the dropped tables held is gone."""
    _run(database, lambda connection: command.downgrade(config(connection), revision))


def new_step(message: str) -> None:
    """Writes the next step into ``versions/``: what the models have and the steps so far do not make."""
    number = len(list((FOLDER / "versions").glob("*.py"))) + 1
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/scratch.sqlite")
        upgrade(database)
        with database.changing_layout() as connection:
            command.revision(config(connection), message, autogenerate=True, rev_id=f"{number:04}")
        database.close()


def _run(database: Database, step: Callable[[Connection], Any]) -> None:
    with _running, database.changing_layout() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        step(connection)


@cache
def _steps() -> ScriptDirectory:
    """Read once in a process; it compiles every step."""
    return ScriptDirectory.from_config(config())


def _upgrade(connection: Connection, revision: str) -> None:
    at = MigrationContext.configure(connection).get_current_revision()
    steps = _steps()
    if at is None and "organisations" in inspect(connection).get_table_names():
        raise InputError.single(
            "database", "its tables were made before the first release; take an empty database, or delete the file"
        )
    if at is not None and at not in {step.revision for step in steps.walk_revisions()}:
        raise InputError.single(
            "database",
            f"it has layout {at}, which a later version of the program made; this one knows up to "
            f"{steps.get_current_head()}: install the later version, or restore a backup from before",
        )
    if at != steps.get_current_head() or revision != "head":
        command.upgrade(config(connection), revision)
