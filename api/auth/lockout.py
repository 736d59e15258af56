"""Lock-out: after some wrong passwords in a row an e-mail is refused for a while, whoever it belongs to, if anybody."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from api.auth.models import LoginFailures
from api.auth.tokens import digest
from api.kernel.access import PUBLIC
from api.kernel.problems import LockedOut
from api.kernel.work import Work
from api.platform import Platform

KEPT = dt.timedelta(days=1)  # longer than any lock and than anybody's patience in guessing


def refuse_locked(work: Work, email: str) -> None:
    """Refuses an e-mail that is locked.

    Raises:
        LockedOut: with the seconds to wait.
    """
    row = work.session.get(LoginFailures, digest(email))
    now = work.clock.now()
    if row is not None and row.locked_until is not None and row.locked_until > now:
        seconds = int((row.locked_until - now).total_seconds()) + 1
        raise LockedOut(headers={"Retry-After": str(seconds)})


def count_failure(platform: Platform, email: str, user_id: str | None) -> None:
    """Counts a wrong password, in a transaction of its own: the refusal that follows must not undo it."""
    key, now = digest(email), platform.clock.now()
    with platform.writing(PUBLIC) as work:
        insert = sqlite_insert if platform.database.is_sqlite else pg_insert
        work.session.execute(insert(LoginFailures).values(email_hash=key, failures=0, at=now).on_conflict_do_nothing())
        wanted = select(LoginFailures).where(LoginFailures.email_hash == key).with_for_update()
        row = work.session.execute(wanted).scalar_one()
        row.failures, row.at = row.failures + 1, now
        locked = row.failures >= platform.settings.lockout_failures
        if locked:
            row.failures, row.locked_until = 0, now + dt.timedelta(minutes=platform.settings.lockout_minutes)
        work.tell("user.locked" if locked else "user.sign_in_failed", user_id or "unknown")


def clear_failures(work: Work, email: str) -> None:
    """The right password was given."""
    work.session.execute(delete(LoginFailures).where(LoginFailures.email_hash == digest(email)))


def forget_failures(work: Work) -> None:
    """Removes what is long over."""
    work.session.execute(delete(LoginFailures).where(LoginFailures.at < work.clock.now() - KEPT))
