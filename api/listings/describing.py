"""From what an owner enters to the columns of a listing: material, quantity, window, place, documents."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from api.documents.models import Document
from api.kernel.geography import Location
from api.kernel.problems import FieldFault, Problem
from api.kernel.quantities import density, mass_kg
from api.kernel.work import Work
from api.listings.faults import Faults
from api.listings.models import Listing
from api.sites.models import Site
from optimizer.materials import Material

LONGEST_DAYS = 1100
PLAIN = (
    "grade", "window_from", "window_to", "reserve", "price_public", "auto_accept", "street", "note", "site_id",
    "certificate_id", "photo_ids",
)  # fmt: skip
AMOUNTS = ("quantity", "daily_max", "minimum_lot")
MEASURES = frozenset(("materials", "unit", *AMOUNTS))


def describe(work: Work, row: Listing, given: dict[str, Any], faults: Faults) -> None:
    """Sets the fields that are given, and finds what is wrong with the listing as it is then."""
    for name in PLAIN:
        if name in given:
            setattr(row, name, given[name])
    if MEASURES & given.keys():
        _measure(work, row, given, faults)
    if given.get("name"):
        row.name = given["name"]
    elif "name" in given and row.material is not None:
        row.name = " ".join(filter(None, (work.district.materials[row.material].name_zh, row.street)))
    _check_window(row, faults)
    if row.side == "demand" and row.grade == "x":
        faults.add("grade", "soil of grade x may only be treated; a demand takes 1 or 2")
    if {"certificate_id", "photo_ids"} & given.keys():
        _check_documents(work, row, faults)


def _check_window(row: Listing, faults: Faults) -> None:
    if row.window_to < row.window_from:
        faults.add("window_to", "lies before window_from")
    elif row.window_to - row.window_from > dt.timedelta(days=LONGEST_DAYS):
        faults.add("window_to", f"is more than {LONGEST_DAYS} days after window_from")


def _measure(work: Work, row: Listing, given: dict[str, Any], faults: Faults) -> None:
    """Materials and masses. Amounts that are not given stay as they were entered, in whatever unit there is now."""
    entered = {**_entered(work, row), **{name: given[name] for name in AMOUNTS if name in given}}
    row.unit = given.get("unit", row.unit)
    materials = _materials(work, given.get("materials", row.materials), faults)
    if row.side == "supply" and len(given.get("materials", ())) > 1:
        faults.add("materials", "a supply is of one material; post another listing for another one")
    if not materials:
        return
    row.material, row.materials = materials[0].id, [material.id for material in materials]
    row.quantity = Decimal(str(entered["quantity"]))
    unmeasured: list[FieldFault] = []
    kg = {
        name: None if value is None else mass_kg(materials[0], value, row.unit, name, unmeasured)
        for name, value in entered.items()
    }
    row.quantity_kg, row.daily_max_kg, row.minimum_lot_kg = kg["quantity"] or 0, kg["daily_max"], kg["minimum_lot"] or 0
    for i, material in enumerate(materials[1:], 1):
        mass_kg(material, 1.0, row.unit, f"materials.{i}", unmeasured)
    for fault in unmeasured:
        faults.add(fault.field, fault.message)
    if row.minimum_lot_kg > row.quantity_kg:
        faults.add("minimum_lot", "is more than the quantity")


def _entered(work: Work, row: Listing) -> dict[str, float | None]:
    """The amounts as they were entered; those kept only in kg are turned back, exact to the two places they have."""
    if row.quantity is None:
        return dict.fromkeys(AMOUNTS)
    kg_per_unit = density(work.district.materials[row.material], row.unit) * 1000
    kept = {"daily_max": row.daily_max_kg, "minimum_lot": row.minimum_lot_kg or None}
    amounts: dict[str, float | None] = {"quantity": float(row.quantity)}
    return amounts | {name: None if kg is None else round(kg / kg_per_unit, 2) for name, kg in kept.items()}


def _materials(work: Work, names: list[str], faults: Faults) -> list[Material]:
    found: list[Material] = []
    for i, name in enumerate(names):
        try:
            material = work.district.material(name, f"materials.{i}")
        except Problem as problem:
            faults.take(problem)
            continue
        if material in found:
            faults.add(f"materials.{i}", f"{name!r} is named twice")
        found.append(material)
    return found


def place(work: Work, row: Listing, location: Location | None, site: Site | None, faults: Faults) -> None:
    """Sets where it is: the location given, else that of the site."""
    if location is not None:
        try:
            columns: dict[str, Any] = location.columns()
        except Problem as problem:
            faults.take(problem)
            return
    elif site is not None:
        columns = {c: getattr(site, c) for c in ("lon", "lat", "entered_lon", "entered_lat", "entered_crs")}
    else:
        faults.add("location", "give a location, or one of your sites as site_id")
        return
    if site is not None and not site.active:
        faults.add("site_id", f"the site {site.name!r} is no longer active")
    for name, value in columns.items():
        setattr(row, name, value)
    if not work.district.snaps((row.lon, row.lat)):
        limit = work.district.roads.snap_km
        faults.add("location", f"no truck road of the district is within {limit:g} km; is crs right?")


def _check_documents(work: Work, row: Listing, faults: Faults) -> None:
    """Certificate and photos must be documents of the listing's organisation, of their kind."""
    wanted = dict.fromkeys(row.photo_ids or (), ("photo_ids", "photo"))
    if row.certificate_id is not None:
        wanted[row.certificate_id] = ("certificate_id", "certificate")
    if not wanted:
        return
    own = select(Document.id, Document.kind).where(
        Document.id.in_(wanted), Document.organisation_id == row.organisation_id
    )
    kinds = dict(work.session.execute(own).all())
    for id_, (field, kind) in wanted.items():
        if kinds.get(id_) != kind:
            faults.add(field, f"{id_!r} is no {kind} of your organisation")
