"""Naming streets."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, true

from api.kernel.access import Caller
from api.kernel.preconditions import Precondition
from api.kernel.problems import Conflict, FieldFault
from api.kernel.repository import Repository
from api.kernel.work import EVERYBODY, Work
from api.streets.models import Street
from api.streets.schemas import StreetNew, StreetPatch


class StreetRepository(Repository[Street]):
    """Public; kept by planners."""

    model, noun = Street, "street"

    def _seen_by(self, caller: Caller) -> ColumnElement[bool]:
        return true()

    def owns(self, row: Street) -> bool:
        """Planners and administrators."""
        return self.caller.role in ("planner", "admin")


def create(work: Work, new: StreetNew) -> Street:
    """A new street.

    Raises:
        Conflict: there is one of that name.
    """
    _refuse_double(work, new.name, None)
    row = StreetRepository(work).add(Street(**new.model_dump()))
    work.tell("street.named", row.id, to=EVERYBODY, shown={"name": row.name})
    return row


def change(work: Work, id_: str, patch: StreetPatch, precondition: Precondition) -> Street:
    """Renames a street.

    Raises:
        NotFound, ForeignResource, PreconditionRequired, StaleVersion, Conflict.
    """
    row = StreetRepository(work).get_own(id_)
    precondition.check(row)
    for name, value in patch.model_dump(exclude_none=True).items():
        setattr(row, name, value)
    _refuse_double(work, row.name, row.id)
    work.session.flush()
    work.tell("street.named", row.id, to=EVERYBODY, shown={"name": row.name})
    return row


def _refuse_double(work: Work, name: str, own: str | None) -> None:
    with work.session.no_autoflush:
        other = work.session.execute(select(Street.id).where(Street.name == name, Street.id != (own or ""))).first()
    if other:
        raise Conflict(f"There is a street {name!r}.", errors=[FieldFault(field="name", message="is taken")])
