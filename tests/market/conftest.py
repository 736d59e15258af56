"""The platform under test, on SQLite and on a real PostgreSQL that the run starts for itself."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from people import People, settings_for

from api.app import create_app
from api.kernel.database import Database
from api.migrations import upgrade
from optimizer.cluster import embedded

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a private PostgreSQL server without a database name; it waits for no disk, as no test cuts its power."""
    folder = Path(tempfile.mkdtemp(prefix="cutfill-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # pgserver asks for it, and a bare machine has none
    import pgserver

    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")  # type: ignore[arg-type]
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def laid_out(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """File or name of a database of a kind that has its tables and nothing in them: laid out once, then copied."""

    @cache
    def template(kind: str) -> str:
        found = str(tmp_path_factory.mktemp("laid_out") / "template.sqlite")
        url = f"sqlite:///{found}"
        if kind == "postgresql":
            found, server = "laid_out", request.getfixturevalue("postgres")
            url = _create(server, found).replace("postgresql://", "postgresql+psycopg://")
        database = Database(url)
        upgrade(database)
        database.close()
        return found

    return template


@contextmanager
def new_database(kind: str, request: pytest.FixtureRequest, folder: Path, *, empty: bool = False) -> Iterator[str]:
    """URL of a new database of a kind, without tables if it is to be empty; a PostgreSQL one is dropped at the end."""
    template = "" if empty else request.getfixturevalue("laid_out")(kind)
    if kind == "sqlite":
        file = folder / "platform.sqlite"
        if template:
            shutil.copy(template, file)
        yield f"sqlite:///{file}"
        return
    server, name = request.getfixturevalue("postgres"), f"t{uuid.uuid4().hex}"
    yield _create(server, name, template)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


def _create(server: str, name: str, template: str = "") -> str:
    """URL of a new database of a PostgreSQL server."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(  # type: ignore[call-overload]
            f"CREATE DATABASE {name} TEMPLATE {template or 'template1'} STRATEGY FILE_COPY"
        )
    base, _, query = server.partition("?")
    return f"{base.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of either kind with nothing in its tables."""
    with new_database(request.param, request, tmp_path) as url:
        yield url


@pytest.fixture(scope="module", params=KINDS)
def shared_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of either kind for all tests of a module."""
    with new_database(request.param, request, tmp_path_factory.mktemp("shared")) as url:
        yield url


@pytest.fixture(scope="session")
def scheduler() -> Iterator[str]:
    """Address of the Dask cluster that all tests of the run share."""
    with embedded(2, allowed_failures=0) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def dask(scheduler: str) -> str:
    """A test that names this fixture gets an application that runs jobs."""
    return scheduler


@pytest.fixture
def app(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> FastAPI:
    """The application on an empty database; it runs jobs in tests that use the ``dask`` fixture."""
    with_jobs = "dask" in request.fixturenames
    scheduler = request.getfixturevalue("dask") if with_jobs else ""
    return create_app(settings_for(database_url, tmp_path, runner=with_jobs, dask_scheduler=scheduler))


@pytest.fixture
def anyone(app: FastAPI) -> Iterator[TestClient]:
    """A client of the public; entering it starts the application."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def people(app: FastAPI, anyone: TestClient) -> People:
    """Makes organisations and members."""
    return People(app, anyone)
