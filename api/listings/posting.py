"""Posting, changing and ending listings: the rules for their owners."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select

from api.documents.models import Document
from api.kernel.geography import Location
from api.kernel.preconditions import Precondition
from api.kernel.problems import (
    ClosedWindow,
    ExpiredPermit,
    FieldFault,
    Invalid,
    NotApproved,
    Problem,
    RefusedMaterial,
    WrongState,
)
from api.kernel.quantities import mass_kg
from api.kernel.work import EVERYBODY, Work
from api.listings.models import TRADING, Listing, ListingMaterial
from api.listings.repository import ListingRepository
from api.listings.schemas import ListingNew, ListingPatch
from api.sites.models import Site
from api.sites.repository import SiteRepository
from optimizer.materials import Material

OPEN_CHANGES = frozenset(
    ("quantity", "reserve", "price_public", "auto_accept", "window_to", "photo_ids", "note", "certificate_id")
)
LONGEST_DAYS = 1100
PERMIT_KIND = {"supply": "discharge", "demand": "receipt"}


def create(work: Work, new: ListingNew) -> Listing:
    """Posts a listing, as a draft or open at once.

    Raises:
        Invalid with every fault; RefusedMaterial, UnknownCoordinateSystem, NotFound (site), ExpiredPermit, NotApproved.
    """
    site = SiteRepository(work).get_own(new.site_id, lock=False) if new.site_id is not None else None
    now = work.clock.now()
    row = Listing(
        organisation_id=work.caller.organisation_id,
        site_id=new.site_id,
        side=new.side,
        state="draft",
        reserved_kg=0,
        committed_kg=0,
        created_at=now,
        updated_at=now,
        version=1,
        **new.model_dump(include={"name", "reserve", "price_public", "auto_accept", "note", "photo_ids"}),
        certificate_id=new.certificate_id,
        street=new.street or (site.street if site else ""),
    )
    faults = _describe(work, row, new.model_dump(exclude={"open", "location"}))
    faults += _place(work, row, new.location, site)
    faults += check_documents(work, row)
    if new.open:
        faults += _opening_faults(work, row)
    _raise(faults)
    if new.open:
        _refuse_opening(work, row, site)
    work.session.add(row)
    work.session.flush()
    _index(work, row)
    work.tell("listing.drafted", row.id, quantity_kg=row.quantity_kg)
    if new.open:
        _open(work, row)
    return row


def change(work: Work, id_: str, patch: ListingPatch, precondition: Precondition) -> Listing:
    """Changes a draft freely, an open listing where it hurts nobody.

    Raises:
        NotFound, ForeignResource, PreconditionRequired, StaleVersion, WrongState, Invalid, …
    """
    row = ListingRepository(work).get_own(id_)
    precondition.check(row)
    fields = patch.model_fields_set
    if row.state not in ("draft", *TRADING):
        raise WrongState(f"The listing is {row.state}; it cannot be changed.")
    if row.state in TRADING and not fields <= OPEN_CHANGES:
        frozen = ", ".join(sorted(fields - OPEN_CHANGES))
        raise WrongState(f"An open listing keeps its {frozen}; withdraw it and post another.")
    given = patch.model_dump(exclude_unset=True, exclude={"location"})
    for name in ("name", "reserve", "price_public", "auto_accept", "note", "photo_ids", "certificate_id", "street"):
        if name in given and (given[name] is not None or name in ("reserve", "certificate_id")):
            setattr(row, name, given[name])
    faults = _describe(work, row, {**_entered(row), **{k: v for k, v in given.items() if v is not None}})
    if patch.location is not None:
        faults += _place(work, row, patch.location, None)
    faults += check_documents(work, row)
    held = row.reserved_kg + row.committed_kg
    if row.quantity_kg < held:
        faults.append(FieldFault(field="quantity", message=f"{held / 1000:,.3f} t are held or promised already"))
    if row.state in TRADING:
        faults += _opening_faults(work, row)
    _raise(faults)
    if row.state in TRADING:
        row.state = "open" if not row.committed_kg else "matched" if held == row.quantity_kg else "partly_matched"
    row.updated_at = work.clock.now()
    work.session.flush()
    _index(work, row)
    work.tell("listing.changed", row.id, to=EVERYBODY if row.state in TRADING else None, fields=sorted(fields))
    return row


def open_(work: Work, id_: str, precondition: Precondition) -> Listing:
    """Puts a draft on the market.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState, NotApproved, ExpiredPermit, ClosedWindow, Invalid.
    """
    row = ListingRepository(work).get_own(id_)
    precondition.check(row)
    if row.state != "draft":
        raise WrongState(f"The listing is {row.state}; only a draft can be opened.")
    _raise(_opening_faults(work, row))
    site = work.session.get(Site, row.site_id) if row.site_id else None
    _refuse_opening(work, row, site)
    _open(work, row)
    work.session.flush()
    return row


def withdraw(work: Work, id_: str, precondition: Precondition) -> Listing:
    """Takes a listing off the market before anything is agreed.

    Raises:
        WrongState: something is agreed (close it instead), or proposals wait for an answer (answer them first).
    """
    row = ListingRepository(work).get_own(id_)
    precondition.check(row)
    if row.state not in ("draft", "open"):
        raise WrongState(f"The listing is {row.state}; close it instead.")
    return _end(work, row, "withdrawn")


def close(work: Work, id_: str, precondition: Precondition) -> Listing:
    """Ends a listing; what is agreed stands.

    Raises:
        WrongState: it is not on the market, or proposals wait for an answer.
    """
    row = ListingRepository(work).get_own(id_)
    precondition.check(row)
    if row.state not in (*TRADING, "matched"):
        raise WrongState(f"The listing is {row.state}.")
    return _end(work, row, "closed")


def _end(work: Work, row: Listing, state: str) -> Listing:
    if row.reserved_kg:
        raise WrongState("Proposals for it wait for an answer; accept or decline them first.")
    was, row.state, row.updated_at = row.state, state, work.clock.now()
    work.session.flush()
    work.tell(f"listing.{state}", row.id, to=None if was == "draft" else EVERYBODY, shown={"state": state})
    return row


def _entered(row: Listing) -> dict[str, Any]:
    """The describing fields as they were entered; daily_max and minimum_lot are kept in kg."""
    per_kg = float(row.quantity) / row.quantity_kg
    return {
        "name": row.name,
        "materials": row.materials,
        "grade": row.grade,
        "quantity": float(row.quantity),
        "unit": row.unit,
        "daily_max": None if row.daily_max_kg is None else row.daily_max_kg * per_kg,
        "minimum_lot": row.minimum_lot_kg * per_kg or None,
        "window_from": row.window_from,
        "window_to": row.window_to,
    }


def _describe(work: Work, row: Listing, given: dict[str, Any]) -> list[FieldFault]:
    """Sets what is offered, how much and when; returns the faults."""
    faults: list[FieldFault] = []
    row.grade, row.unit = given["grade"], given["unit"]
    row.window_from, row.window_to = given["window_from"], given["window_to"]
    if row.window_to < row.window_from:
        faults.append(FieldFault(field="window_to", message="lies before window_from"))
    if row.window_to - row.window_from > dt.timedelta(days=LONGEST_DAYS):
        faults.append(FieldFault(field="window_to", message=f"is more than {LONGEST_DAYS} days after window_from"))
    if row.side == "demand" and row.grade == "x":
        faults.append(FieldFault(field="grade", message="soil of grade x may only be treated; a demand takes 1 or 2"))
    materials = _materials(work, given["materials"], faults)
    if not materials:
        return faults
    row.material, row.materials = materials[0].id, [material.id for material in materials]
    row.name = given["name"] or " ".join(filter(None, (materials[0].name_zh, row.street)))
    row.quantity = Decimal(str(round(given["quantity"], 2)))
    row.quantity_kg = mass_kg(materials[0], given["quantity"], row.unit, "quantity", faults)
    for i, material in enumerate(materials[1:], 1):
        mass_kg(material, 1.0, row.unit, f"materials.{i}", faults)
    for name in ("daily_max", "minimum_lot"):
        value = given[name]
        kg = None if value is None else mass_kg(materials[0], value, row.unit, name, faults)
        setattr(row, f"{name}_kg", kg if name == "daily_max" else kg or 0)
    if row.minimum_lot_kg > row.quantity_kg:
        faults.append(FieldFault(field="minimum_lot", message="is more than the quantity"))
    return faults


def _materials(work: Work, names: list[str], faults: list[FieldFault]) -> list[Material]:
    found: list[Material] = []
    for i, name in enumerate(names):
        try:
            material = work.district.material(name, f"materials.{i}")
        except RefusedMaterial:
            raise
        except Problem as problem:
            faults += problem.errors
            continue
        if material in found:
            faults.append(FieldFault(field=f"materials.{i}", message=f"{name!r} is named twice"))
        found.append(material)
    return found


def _place(work: Work, row: Listing, location: Location | None, site: Site | None) -> list[FieldFault]:
    if location is not None:
        columns: dict[str, Any] = location.columns()
    elif site is not None:
        columns = {c: getattr(site, c) for c in ("lon", "lat", "entered_lon", "entered_lat", "entered_crs")}
    else:
        return [FieldFault(field="location", message="give a location, or one of your sites as site_id")]
    for name, value in columns.items():
        setattr(row, name, value)
    if work.district.snaps((row.lon, row.lat)):
        return []
    limit = work.district.roads.snap_km
    return [
        FieldFault(field="location", message=f"no truck road of the district is within {limit:g} km; is crs right?")
    ]


def check_documents(work: Work, row: Listing) -> list[FieldFault]:
    """Certificate and photos must be documents of the listing's organisation, of their kind."""
    wanted = {"certificate_id": ([row.certificate_id] if row.certificate_id else [], ("certificate",)),
              "photo_ids": (row.photo_ids or [], ("photo",))}  # fmt: skip
    faults = []
    for field, (ids, kinds) in wanted.items():
        own = select(Document.id).where(
            Document.id.in_(ids), Document.organisation_id == row.organisation_id, Document.kind.in_(kinds)
        )
        missing = set(ids) - set(work.session.execute(own).scalars()) if ids else set()
        message = f"is no {kinds[0]} of your organisation"
        faults += [FieldFault(field=field, message=f"{id_!r} {message}") for id_ in sorted(missing)]
    return faults


def _opening_faults(work: Work, row: Listing) -> list[FieldFault]:
    faults = []
    if row.side == "supply" and row.grade == "x":
        faults.append(FieldFault(field="grade", message="soil of grade x is held, not traded; it stays a draft"))
    if row.side == "supply" and row.grade == "1" and row.certificate_id is None:
        faults.append(FieldFault(field="certificate_id", message="grade 1 needs a test certificate (GB 36600)"))
    if row.window_to < work.clock.today():
        faults.append(FieldFault(field="window_to", message=f"is over; today is {work.clock.today()}"))
    return faults


def _refuse_opening(work: Work, row: Listing, site: Site | None) -> None:
    if not work.caller.approved:
        raise NotApproved
    if row.window_to < work.clock.today():
        raise ClosedWindow
    permits = [p for p in (site.permits if site else []) if p["kind"] == PERMIT_KIND[row.side]]
    covers = any(
        p["valid_from"] <= row.window_from.isoformat() and p["valid_to"] >= row.window_to.isoformat() for p in permits
    )
    if permits and not covers:
        dates = "; ".join(f"{p['number']}: {p['valid_from']} to {p['valid_to']}" for p in permits)
        raise ExpiredPermit(f"No permit covers {row.window_from} to {row.window_to} ({dates}).")


def _open(work: Work, row: Listing) -> None:
    row.state, row.updated_at = "open", work.clock.now()
    shown = {"side": row.side, "material": row.material, "t": row.quantity_kg / 1000, "street": row.street}
    work.tell("listing.opened", row.id, to=EVERYBODY, shown=shown)


def _index(work: Work, row: Listing) -> None:
    """Keeps the search table beside the listing."""
    work.session.execute(delete(ListingMaterial).where(ListingMaterial.listing_id == row.id))
    work.session.execute(
        ListingMaterial.__table__.insert(),  # type: ignore[attr-defined]
        [{"listing_id": row.id, "material": m, "lon": row.lon, "lat": row.lat} for m in row.materials],
    )


def _raise(faults: list[FieldFault]) -> None:
    if faults:
        raise Invalid("; ".join(f"{fault.field}: {fault.message}" for fault in faults), errors=faults)
