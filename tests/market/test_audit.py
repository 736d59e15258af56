"""The audit trail: append-only in the database, and what was tampered with is found; on both databases."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from people import People
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.audit.protect import protect, undoing
from api.audit.service import verify
from api.kernel.database import Database
from optimizer.cli import main


def fill(people: People, count: int = 5) -> None:
    for i in range(count):
        with people.platform.writing() as work:
            odd = {"share": i / 7, "whole": 2.0, "big": 1e20, "nothing": None, "名": "值", "deep": [{"a": -0.0}]}
            work.tell("thing.done", f"thing{i}", i=i, **odd)


def tamper(people: People, statement: str) -> None:
    """As somebody with the database's own password could."""
    database = people.platform.database
    with database.engine.connect() as connection, connection.begin():
        for off in undoing("sqlite" if database.is_sqlite else "postgresql"):
            connection.execute(text(off))
        connection.execute(text(statement))
        protect(connection)


def checked(people: People, **options: object) -> tuple[int | None, str]:
    with people.platform.database.reading() as session:
        result = verify(session, **options)  # type: ignore[arg-type]
    return result.number, result.fault


def test_intact(people: People) -> None:
    people.join("contractor")
    fill(people)
    assert checked(people) == (None, "")


def test_an_empty_trail_is_intact(people: People) -> None:
    assert checked(people) == (None, "")


@pytest.mark.parametrize(
    ("statement", "number", "fault"),
    [
        ("UPDATE audit SET actor = 'somebody' WHERE number = 3", 3, "content does not match"),
        ("UPDATE audit SET subject = 'other' WHERE number = 1", 1, "content does not match"),
        ("UPDATE audit SET hash = previous WHERE number = 2", 2, "content does not match"),
        ("UPDATE audit SET previous = hash WHERE number = 4", 4, "hash of the entry before"),
        ("DELETE FROM audit WHERE number = 2", 2, "missing"),
        ("DELETE FROM audit WHERE number = 5", 5, "head of the ledger is at entry 5"),
        ("UPDATE ledger_head SET entry = 4", 5, "head of the ledger is at entry 4"),
        ("DELETE FROM ledger_head", 5, "head of the ledger is gone"),
    ],
)
def test_tampering_is_found(people: People, statement: str, number: int, fault: str) -> None:
    fill(people)
    tamper(people, statement)
    found, words = checked(people)
    assert found == number and fault in words


def test_a_trail_rewritten_as_a_whole_is_found_by_a_noted_hash(people: People) -> None:
    fill(people)
    with people.platform.database.reading() as session:
        number, digest = verify(session).head
    assert checked(people, known={number: digest}) == (None, "")
    tamper(people, "DELETE FROM audit")
    tamper(people, "UPDATE ledger_head SET entry = 0, hash = ''")
    assert checked(people, known={number: digest})[1] == "entry 5 was known and is gone"
    fill(people)
    assert checked(people) == (None, "")
    assert checked(people, known={number: digest}) == (
        5,
        "its hash is not the one that was noted: the trail was rewritten",
    )


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_refuses(people: People, statement: str) -> None:
    fill(people)
    with (
        pytest.raises(DBAPIError, match="append-only"),
        people.platform.database.engine.connect() as connection,
        connection.begin(),
    ):
        connection.execute(text(statement))
    assert checked(people) == (None, "")


def test_who_reads_it_and_how(people: People) -> None:
    official, wang = people.join("official"), people.join("contractor", "wang")
    before = people.platform.clock.now()
    fill(people)
    assert wang.get("/v1/audit").json()["code"] == "forbidden"
    assert people.join("planner").get("/v1/audit").json()["code"] == "forbidden"
    assert people.public.get("/v1/audit/1").json()["code"] == "not-signed-in"
    page = official.get("/v1/audit", params={"action": "thing.", "limit": 2}).json()
    assert [e["subject"] for e in page["items"]] == ["thing4", "thing3"]
    rest = official.get("/v1/audit", params={"action": "thing.", "cursor": page["next"]}).json()
    assert [e["subject"] for e in rest["items"]] == ["thing2", "thing1", "thing0"] and rest["next"] is None
    one = official.get("/v1/audit", params={"subject": "thing2", "actor": "system"}).json()["items"]
    assert [e["details"]["i"] for e in one] == [2]
    assert official.get(f"/v1/audit/{one[0]['number']}").json() == one[0]
    later = official.get("/v1/audit", params={"since": (before + dt.timedelta(hours=1)).isoformat()})
    assert later.json()["items"] == []
    assert official.get("/v1/audit", params={"until": before.isoformat(), "action": "thing."}).json()["items"] == []
    assert official.get("/v1/audit/999999").json()["code"] == "not-found"
    assert official.get("/v1/audit", params={"cursor": "WyJ4Il0"}).json()["code"] == "invalid"
    assert official.get("/v1/audit", params={"since": "2026-01-01T00:00:00"}).json()["code"] == "invalid"


def test_the_command(people: People, capsys: pytest.CaptureFixture[str]) -> None:
    fill(people)
    url = people.platform.database.url.render_as_string(hide_password=False)
    assert main(["audit", "--database-url", url]) == 0
    noted = capsys.readouterr().out.strip().rpartition(" ")[2]
    assert main(["audit", "--database-url", url, "--known", noted, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["entries"] == 5
    tamper(people, "UPDATE audit SET actor = 'somebody' WHERE number = 3")
    assert main(["audit", "--database-url", url]) == 1
    assert "broken at entry 3" in capsys.readouterr().out


def test_the_command_on_nothing(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--database-url", f"sqlite:///{tmp_path}/none.sqlite"]) == 2
    assert main(["audit", "--database-url", "postgresql://nobody@127.0.0.1:9/none"]) == 2
    empty = Database(f"sqlite:///{tmp_path}/empty.sqlite")
    with empty.reading() as session:
        session.execute(text("SELECT 1"))
    empty.close()
    assert main(["audit", "--database-url", f"sqlite:///{tmp_path}/empty.sqlite"]) == 2
    assert main(["audit", "--database-url", "nonsense"]) == 2
    assert main(["audit", "--known", "5:xyz"]) == 2
    assert "NUMBER:HASH" in capsys.readouterr().err
