"""The audit trail is append-only in the database itself: statements that make it refuse changes and deletions."""

from __future__ import annotations

from sqlalchemy import Connection, text

_REFUSAL = "the audit trail is append-only"
_SQLITE = tuple(
    f"CREATE TRIGGER IF NOT EXISTS audit_no_{event.lower()} BEFORE {event} ON audit "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for event in ("UPDATE", "DELETE")
)
_SQLITE_OFF = ("DROP TRIGGER IF EXISTS audit_no_update", "DROP TRIGGER IF EXISTS audit_no_delete")
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
    "DROP TRIGGER IF EXISTS audit_no_change ON audit",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
)
_POSTGRESQL_OFF = ("DROP TRIGGER IF EXISTS audit_no_change ON audit", "DROP FUNCTION IF EXISTS audit_refuse()")


def statements(dialect: str) -> tuple[str, ...]:
    """DDL that protects the table ``audit``; ``dialect`` is ``sqlite`` or ``postgresql``. May be run again."""
    return _SQLITE if dialect == "sqlite" else _POSTGRESQL


def undoing(dialect: str) -> tuple[str, ...]:
    """DDL that takes the protection away."""
    return _SQLITE_OFF if dialect == "sqlite" else _POSTGRESQL_OFF


def protect(connection: Connection) -> None:
    """Runs :func:`statements`."""
    for statement in statements(connection.dialect.name):
        connection.execute(text(statement))


def unprotect(connection: Connection) -> None:
    """Runs :func:`undoing`."""
    for statement in undoing(connection.dialect.name):
        connection.execute(text(statement))
