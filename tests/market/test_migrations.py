"""The layout of the database: up, down and up again, by several servers at once; on both databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from conftest import KINDS, new_database
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from api import tables
from api.kernel.database import Base, Database
from api.migrations import downgrade, upgrade
from optimizer.errors import InputError

SERVERS = 2


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    with new_database(request.param, request, tmp_path, empty=True) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url.replace("postgresql://", "postgresql+psycopg://"))
    yield found
    found.close()


def names(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def execute(database: Database, statement: str) -> list[tuple[object, ...]]:
    with database.engine.connect() as connection, connection.begin():
        found = connection.execute(text(statement))
        return [tuple(row) for row in found] if found.returns_rows else []


def test_up_and_down_and_up_again(database: Database) -> None:
    upgrade(database)
    assert names(database) == set(Base.metadata.tables)
    downgrade(database)
    assert not names(database)
    if not database.is_sqlite:
        assert not execute(database, "SELECT 1 FROM pg_proc WHERE proname = 'audit_refuse'")
    upgrade(database)
    upgrade(database)  # nothing left to do
    assert execute(database, "SELECT id, entry, hash, event FROM ledger_head") == [(1, 0, "", 0)]


def test_the_migrated_layout_is_the_models(database: Database) -> None:
    assert tables.ALL
    upgrade(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_database_itself_checks_and_protects(database: Database) -> None:
    """Checks are what a comparison does not see on SQLite, and triggers are in no metadata."""
    upgrade(database)
    execute(
        database,
        "INSERT INTO audit (number, at, actor, action, subject, details, previous, hash) "
        "VALUES (1, '2026-01-01', 'a', 'b', 'c', '{}', '', 'x')",
    )
    for statement in ("UPDATE audit SET actor = 'z'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="append-only"):
            execute(database, statement)
    checks = {
        str(check["name"])
        for table in names(database)
        for check in inspect(database.engine).get_check_constraints(table)
    }
    wanted = {
        str(c.name) for table in Base.metadata.tables.values() for c in table.constraints if str(c.name)[:2] == "ck"
    }
    assert wanted and wanted <= checks


def test_servers_that_start_at_once_do_it_once(database: Database, database_url: str, tmp_path: Path) -> None:
    script = (
        "import sys; from api.app import create_app, prepare; from api.settings import Settings; "
        f"prepare(create_app(Settings(data_dir={str(tmp_path)!r}, database_url=sys.argv[1])).state.platform)"
    )
    servers = [
        subprocess.Popen([sys.executable, "-c", script, database_url], stderr=subprocess.PIPE, text=True)
        for _ in range(SERVERS)
    ]
    said = [server.communicate(timeout=120)[1] for server in servers]
    assert [server.returncode for server in servers] == [0] * SERVERS, said
    assert names(database) == set(Base.metadata.tables)
    assert len(execute(database, "SELECT * FROM ledger_head")) == 1


def test_a_later_layout_is_refused(database: Database) -> None:
    upgrade(database)
    execute(database, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(InputError, match="layout 9999, which a later version of the program made"):
        upgrade(database)


def test_tables_of_no_version_are_refused(database: Database) -> None:
    execute(database, "CREATE TABLE organisations (id INTEGER PRIMARY KEY)")
    with pytest.raises(InputError, match="made before the first release"):
        upgrade(database)
    assert names(database) == {"organisations"}


def test_the_next_step_is_empty_while_the_models_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What docs/platform.md says one runs after a change of the models."""
    import shutil

    from api import migrations

    copy = tmp_path / "migrations"
    shutil.copytree(migrations.FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrations, "FOLDER", copy)
    migrations.new_step("Nothing new")
    (made,) = (copy / "versions").glob("0002_*.py")
    assert 'down_revision = "0001"' in made.read_text().replace("'", '"')
    assert made.read_text().count("    pass\n") == 2
