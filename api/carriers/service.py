"""Registering carriers."""

from __future__ import annotations

from sqlalchemy import ColumnElement, true

from api.carriers.models import Carrier
from api.carriers.schemas import CarrierNew, CarrierPatch, CarrierView
from api.kernel.access import Caller
from api.kernel.geography import LocationView
from api.kernel.preconditions import Precondition
from api.kernel.problems import ExpiredPermit
from api.kernel.repository import Repository
from api.kernel.work import EVERYBODY, Work


class CarrierRepository(Repository[Carrier]):
    """Public in their public fields."""

    model, noun = Carrier, "carrier"

    def _seen_by(self, caller: Caller) -> ColumnElement[bool]:
        return true()


def register(work: Work, new: CarrierNew) -> Carrier:
    """A new carrier of the caller's organisation.

    Raises:
        ExpiredPermit: its licence is over. UnknownCoordinateSystem.
    """
    now = work.clock.now()
    row = Carrier(
        organisation_id=work.caller.organisation_id,
        **new.model_dump(exclude={"location"}),
        **new.location.columns(),
        reported_at=now,
        created_at=now,
        updated_at=now,
    )
    refuse_expired(work, row)
    CarrierRepository(work).add(row)
    work.tell("carrier.registered", row.id, to=EVERYBODY, shown={"name": row.name})
    return row


def change(work: Work, id_: str, patch: CarrierPatch, precondition: Precondition) -> Carrier:
    """Changes a carrier.

    Raises:
        NotFound, ForeignResource, PreconditionRequired, StaleVersion, ExpiredPermit, UnknownCoordinateSystem.
    """
    row = CarrierRepository(work).get_own(id_)
    precondition.check(row)
    values = patch.model_dump(exclude={"location"}, exclude_none=True)
    if patch.location is not None:
        values |= patch.location.columns()
    for name, value in values.items():
        setattr(row, name, value)
    if patch.licence_until is not None:
        refuse_expired(work, row)
    row.updated_at = row.reported_at = work.clock.now()
    work.session.flush()
    work.tell("carrier.changed", row.id, to=EVERYBODY, shown={"name": row.name}, fields=sorted(patch.model_fields_set))
    return row


def refuse_expired(work: Work, row: Carrier) -> None:
    """Raises:
    ExpiredPermit: the transport licence is over.
    """
    if row.licence_until < work.clock.today():
        raise ExpiredPermit(f"The transport licence {row.licence} ended on {row.licence_until}.")


def view(work: Work, row: Carrier) -> CarrierView:
    """What the caller may see of a carrier."""
    private = CarrierRepository(work).sees_private(row)
    same = ("id", "organisation_id", "name", "street", "reported_at", "created_at", "updated_at", "version")
    return CarrierView(
        **{name: getattr(row, name) for name in same},
        licence=row.licence if private else None,
        licence_until=row.licence_until if private else None,
        licensed=row.licence_until >= work.clock.today(),
        location=LocationView.of(row),
    )
