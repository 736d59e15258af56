"""``cutfill audit``: verifies the audit trail of a platform's database."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from api.audit.service import VerifyResult, verify
from api.kernel.database import Database
from api.settings import Settings
from optimizer.errors import InputError

INTACT, BROKEN = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``cutfill audit``."""
    parser.add_argument("--database-url", metavar="URL", help="default: CUTFILL_DATABASE_URL, or the embedded database")
    parser.add_argument(
        "--known",
        metavar="NUMBER:HASH",
        action="append",
        default=[],
        help="an entry noted earlier: finds a trail that was rewritten as a whole",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def command(args: argparse.Namespace) -> int:
    """Verifies and says the result; 0 when the trail is intact, 1 when it is not.

    Raises:
        InputError: there is no such database, or ``--known`` is not understood.
    """
    known = dict(_known(text) for text in args.known)
    url = (Settings(database_url=args.database_url) if args.database_url else Settings()).url
    try:
        result = _verify(make_url(url), known)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise InputError.single("--database-url", reason) from None
    number, digest = result.head
    if args.json:
        found = {"intact": result.intact, "entries": result.entries, "number": result.number, "fault": result.fault}
        print(json.dumps({**found, "head": {"number": number, "hash": digest}}, ensure_ascii=False))
    elif result.intact:
        print(f"intact: {result.entries:,} entries; note this to verify against later: {number}:{digest}")
    else:
        print(f"broken at entry {result.number}: {result.fault}")
    return INTACT if result.intact else BROKEN


def _verify(url: URL, known: dict[int, str]) -> VerifyResult:
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise InputError.single("--database-url", f"{url.database}: there is no such database")
    database = Database(url.render_as_string(hide_password=False))
    try:
        with database.reading() as session:
            return verify(session, known)
    finally:
        database.close()


def _known(text: str) -> tuple[int, str]:
    found = re.fullmatch(r"([1-9]\d*):([0-9a-f]{64})", text.strip())
    if found is None:
        raise InputError.single("--known", f"{text!r} is not NUMBER:HASH, as `cutfill audit` prints it")
    return int(found[1]), found[2]
