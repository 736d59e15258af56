"""Registering trucks."""

from __future__ import annotations

from sqlalchemy import select

from api.carriers.service import CarrierRepository, refuse_expired
from api.kernel.preconditions import Precondition
from api.kernel.problems import Conflict, FieldFault, invalid
from api.kernel.repository import Repository
from api.kernel.types import to_kg, to_t
from api.kernel.work import Work
from api.trucks.models import Truck
from api.trucks.schemas import TruckNew, TruckPatch, TruckView

# legal gross mass in t by axles (GB 1589 as in DOMAIN.md for 2 to 4; 5 and 6 are articulated) and least empty mass
GROSS_T = {2: 18.0, 3: 25.0, 4: 31.0, 5: 43.0, 6: 49.0}
EMPTY_SHARE = 0.25  # no truck of these classes is lighter than a quarter of its gross mass


class TruckRepository(Repository[Truck]):
    """Of one's own organisation; overseers see all."""

    model, noun = Truck, "truck"


def register(work: Work, new: TruckNew) -> Truck:
    """A new truck of one of the caller's carriers.

    Raises:
        NotFound, ForeignResource (carrier), ExpiredPermit, Conflict (plate), Invalid.
    """
    carrier = CarrierRepository(work).get_own(new.carrier_id, lock=False)
    refuse_expired(work, carrier)
    if work.session.execute(select(Truck.id).where(Truck.plate == new.plate)).first():
        raise Conflict("This plate is registered.", errors=[FieldFault(field="plate", message="is registered already")])
    _refuse_overweight(new.axles, new.payload)
    now = work.clock.now()
    row = TruckRepository(work).add(
        Truck(
            organisation_id=carrier.organisation_id,
            payload_kg=to_kg(new.payload),
            **new.model_dump(exclude={"payload"}),
            created_at=now,
            updated_at=now,
        )
    )
    work.tell("truck.registered", row.id, plate=row.plate)
    return row


def change(work: Work, id_: str, patch: TruckPatch, precondition: Precondition) -> Truck:
    """Changes a truck; activating one needs a valid licence.

    Raises:
        NotFound, ForeignResource, PreconditionRequired, StaleVersion, ExpiredPermit, Invalid.
    """
    row = TruckRepository(work).get_own(id_)
    precondition.check(row)
    for name, value in patch.model_dump(exclude={"payload"}, exclude_none=True).items():
        setattr(row, name, value)
    if patch.payload is not None:
        row.payload_kg = to_kg(patch.payload)
    _refuse_overweight(row.axles, to_t(row.payload_kg))
    if patch.active:
        refuse_expired(work, CarrierRepository(work).get(row.carrier_id))
    row.updated_at = work.clock.now()
    work.session.flush()
    work.tell("truck.changed", row.id, fields=sorted(patch.model_fields_set))
    return row


def _refuse_overweight(axles: int, payload: float) -> None:
    most = GROSS_T[axles] * (1 - EMPTY_SHARE)
    if payload > most:
        raise invalid("payload", f"{payload:g} t cannot be legal: {axles} axles allow {GROSS_T[axles]:g} t gross")


def view(row: Truck) -> TruckView:
    """A truck as its carrier sees it."""
    fields = {name: getattr(row, name) for name in TruckView.model_fields if name != "payload"}
    return TruckView(**fields, payload=to_t(row.payload_kg))
