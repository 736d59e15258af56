"""Engine, declarative base and transactions, on SQLite (WAL) and PostgreSQL alike."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import orjson
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import QueuePool

BUSY_SECONDS = 30
POOL = 20
READERS = 5

_NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(naming_convention=_NAMES)


def bare(model: type[Base]) -> Table:
    """A model's table: statements on it, made once and run on the session's connection, pass the ORM by.

    For the few that every writing request runs; they take a third of its time.
    """
    return cast(Table, model.__table__)


class Database:
    """Where everything is kept. Reading sessions never block; writing ones are durable before anyone is told."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = create_engine(
                self.url,
                poolclass=QueuePool,
                pool_size=POOL,
                max_overflow=POOL,
                json_deserializer=orjson.loads,
                connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            )
            event.listen(self.engine, "connect", _tune_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
            self._reader = self.engine
        else:
            given: dict[str, Any] = {"pool_size": POOL, "max_overflow": POOL, "json_deserializer": orjson.loads}
            self.engine = create_engine(self.url, **given)
            # connections of their own: one that is lent to readers and writers in turn is told so each time
            self._reader = create_engine(
                self.url, isolation_level="AUTOCOMMIT", skip_autocommit_rollback=True, **given | {"pool_size": READERS}
            )
        self._writer: Engine = self.engine.execution_options(immediate=True)
        self._turn = threading.Lock()
        self._others: IO[str] | None = None  # on SQLite the file that writers of several processes take turns by

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that changes nothing.

        On SQLite all its statements see one state. On PostgreSQL each sees its own, as in any transaction at its
        default isolation, so none is begun: that would be two more round trips for each request.
        """
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction: committed when the block ends, rolled back when it raises.

        On SQLite the write lock is taken at the start (``BEGIN IMMEDIATE``): a reader that turns into a writer half-way
        could only fail. Writers of this machine queue up before it, since SQLite's own waiting is sleeping.
        """
        with self._in_turn(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """One writer at a time on SQLite, of this process and of others; after a long wait SQLite itself refuses."""
        waited = self.is_sqlite and self._turn.acquire(timeout=BUSY_SECONDS)
        try:
            if waited and self.url.database:
                self._others = self._others or Path(f"{self.url.database}-turn").open("w")  # noqa: SIM115 - until close
                fcntl.flock(self._others, fcntl.LOCK_EX)  # let go of when its process dies
            yield
        finally:
            if waited:
                if self._others:
                    fcntl.flock(self._others, fcntl.LOCK_UN)
                self._turn.release()

    @contextmanager
    def changing_layout(self) -> Iterator[Connection]:
        """A transaction for migrations, without foreign keys on SQLite: tables may be rebuilt meanwhile."""
        with self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.commit()
            finally:
                connection.invalidate()

    def close(self) -> None:
        """Closes all connections."""
        self.engine.dispose()
        self._reader.dispose()
        if self._others:
            self._others.close()
            self._others = None


def _tune_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite, not where the driver guesses
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # what was acknowledged survives a power cut, not only a crash
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "cache_size=-65536",
        "mmap_size=268435456",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
