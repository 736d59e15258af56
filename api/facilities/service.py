"""Registering facilities, changing them, and reporting what lies there. The rules are those of ``facilities.csv``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select

from api.facilities.models import Facility, Stock
from api.facilities.repository import FacilityRepository
from api.facilities.schemas import (
    FacilityNew,
    FacilityPatch,
    FacilityPrivate,
    FacilityView,
    StockReport,
    StockView,
    cny,
)
from api.kernel.geography import LocationView
from api.kernel.preconditions import Precondition
from api.kernel.problems import FieldFault, Invalid, Problem, RefusedMaterial
from api.kernel.quantities import mass_kg
from api.kernel.types import to_kg, to_t
from api.kernel.work import EVERYBODY, Audience, Work
from api.organisations.models import Organisation
from optimizer.scenario import PLANTS

MASSES = {"daily_in": "daily_in_kg", "daily_out": "daily_out_kg", "storage": "storage_kg",
          "end_stock_max": "end_stock_max_kg"}  # fmt: skip
MONEY = ("fee", "hold_cost", "end_cost")
LISTS = ("hours", "closures", "recipes")
PLAIN = ("name", "kind", "street", "grade", "status", "longest_stay", "auto_accept")
STORES = ("yard", *PLANTS)
KEEPS_X = ("treatment", "offsite")


def register(work: Work, new: FacilityNew) -> Facility:
    """A new facility of the caller's organisation.

    Raises:
        Invalid with every fault; RefusedMaterial, UnknownCoordinateSystem.
    """
    now = work.clock.now()
    row = Facility(organisation_id=work.caller.organisation_id, created_at=now, updated_at=now, reported_at=now)
    _apply(work, row, new, set(FacilityNew.model_fields))
    FacilityRepository(work).add(row)
    work.tell("facility.registered", row.id, to=_audience(row), shown={"kind": row.kind, "name": row.name})
    return row


def change(work: Work, id_: str, patch: FacilityPatch, precondition: Precondition) -> Facility:
    """Changes a facility; its figures count as confirmed now.

    Raises:
        NotFound, ForeignResource, PreconditionRequired, StaleVersion, Invalid, RefusedMaterial, …
    """
    row = FacilityRepository(work).get_own(id_)
    precondition.check(row)
    audience = _audience(row)
    _apply(work, row, patch, patch.model_fields_set)
    row.updated_at = row.reported_at = work.clock.now()
    work.session.flush()
    audience = EVERYBODY if EVERYBODY in (audience, _audience(row)) else audience
    shown = {"status": row.status}
    work.tell("facility.changed", row.id, to=audience, shown=shown, fields=sorted(patch.model_fields_set))
    return row


def _audience(row: Facility) -> Audience:
    """Who may know of a facility: everybody of an open one, otherwise its operator."""
    return EVERYBODY if row.status == "open" else Audience(organisations=(row.organisation_id,))


def confirm(work: Work, id_: str) -> Facility:
    """Says that the figures still hold.

    Raises:
        NotFound, ForeignResource.
    """
    row = FacilityRepository(work).get_own(id_)
    row.reported_at = work.clock.now()
    work.session.flush()
    work.tell("facility.confirmed", row.id)
    return row


def report_stock(work: Work, id_: str, report: StockReport, precondition: Precondition) -> list[Stock]:
    """Replaces what lies there.

    Raises:
        NotFound, ForeignResource, StaleVersion, Invalid, RefusedMaterial.
    """
    row = FacilityRepository(work).get_own(id_)
    precondition.check(row)
    faults: list[FieldFault] = []
    kg: dict[tuple[str, str], int] = defaultdict(int)
    if row.kind not in STORES:
        faults.append(FieldFault(field="lines", message=f"a {row.kind} has no stock; yards and plants have"))
    if report.as_of > work.clock.today():
        faults.append(FieldFault(field="as_of", message=f"lies in the future; today is {work.clock.today()}"))
    for i, line in enumerate(report.lines):
        material = _material(work, line.material, f"lines.{i}.material", faults)
        if material is not None and line.quantity > 0:
            kg[material.id, line.grade] += mass_kg(material, line.quantity, line.unit, f"lines.{i}.quantity", faults)
    if faults:
        raise _invalid(faults)
    work.session.execute(delete(Stock).where(Stock.facility_id == row.id))
    lines = [
        Stock(facility_id=row.id, material=material, grade=grade, kg=mass, as_of=report.as_of)
        for (material, grade), mass in sorted(kg.items())
    ]
    work.session.add_all(lines)
    row.stock_as_of = report.as_of
    row.reported_at = row.updated_at = work.clock.now()
    work.session.flush()
    work.tell("facility.stock_reported", row.id, as_of=report.as_of.isoformat(), kg=sum(kg.values()))
    return lines


def _material(work: Work, name: str, field: str, faults: list[FieldFault]) -> Any:
    try:
        return work.district.material(name, field)
    except RefusedMaterial:
        raise
    except Problem as problem:
        faults += problem.errors
        return None


def _invalid(faults: list[FieldFault]) -> Invalid:
    return Invalid("; ".join(f"{fault.field}: {fault.message}" for fault in faults), errors=faults)


def _apply(work: Work, row: Facility, given: FacilityNew | FacilityPatch, fields: set[str]) -> None:
    """Sets the fields and checks the whole."""
    faults: list[FieldFault] = []
    values = given.model_dump(mode="json", by_alias=True, exclude_none=True)
    for name in fields & set(PLAIN):
        if name in values or name == "longest_stay":
            setattr(row, name, values.get(name))
    for name in fields & set(LISTS):
        if name in values:
            setattr(row, name, values[name])
    for name in fields & set(MONEY):
        if name in values:
            setattr(row, name, cny(getattr(given, name)))
    for name in fields & set(MASSES):
        value = getattr(given, name)
        setattr(row, MASSES[name], None if value is None else to_kg(value))
    if given.location is not None:
        for column, coordinate in given.location.columns().items():
            setattr(row, column, coordinate)
        if not work.district.snaps((row.lon, row.lat)):
            limit = work.district.roads.snap_km
            faults.append(FieldFault(field="location", message=f"no truck road of the zone is within {limit:g} km"))
    if given.accepts is not None:
        row.accepts = _accepts(work, row, given.accepts, faults)
    faults += _grade_faults(row) + _recipe_faults(work, row)
    if faults:
        raise _invalid(faults)


def _accepts(work: Work, row: Facility, names: Sequence[str], faults: list[FieldFault]) -> list[str]:
    if list(names) == ["*"]:
        if row.kind == "quarry":
            faults.append(FieldFault(field="accepts", message="a quarry names what it sells"))
        return ["*"]
    found = [_material(work, name, f"accepts.{i}", faults) for i, name in enumerate(names)]
    return list(dict.fromkeys(material.id for material in found if material is not None))


def _grade_faults(row: Facility) -> list[FieldFault]:
    if row.grade == "x" and row.kind not in KEEPS_X:
        return [FieldFault(field="grade", message="grade x may only go to treatment or off-site")]
    return []


def _recipe_faults(work: Work, row: Facility) -> list[FieldFault]:
    faults: list[FieldFault] = []
    if row.recipes and row.kind not in PLANTS:
        faults.append(
            FieldFault(field="recipes", message=f"a {row.kind} processes nothing; recycling and treatment do")
        )
    total: dict[tuple[str, str], float] = defaultdict(float)
    limits: dict[str, set[tuple[Any, Any]]] = defaultdict(set)
    for i, recipe in enumerate(row.recipes or []):
        for end in ("input", "output"):
            material = _material(work, recipe[end], f"recipes.{i}.{end}", faults)
            if material is not None:
                recipe[end] = material.id
        total[recipe["input"], recipe.get("grade_in", "")] += recipe["yield"]
        limits[recipe["input"]].add((recipe.get("daily_max"), recipe.get("cost")))
    for (material_id, _), share in total.items():
        if share > 1 + 1e-9:
            faults.append(
                FieldFault(field="recipes", message=f"yields of {material_id} add up to {share:g}, more than 1")
            )
    for material_id, different in limits.items():
        if len(different) > 1:
            message = f"daily_max and cost of {material_id} must be the same on all its recipes"
            faults.append(FieldFault(field="recipes", message=message))
    return faults


def views(work: Work, rows: Sequence[Facility]) -> list[FacilityView]:
    """Facilities as the caller may see them."""
    ids = {row.organisation_id for row in rows}
    wanted = select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    names = dict(work.session.execute(wanted).all()) if ids else {}
    repository = FacilityRepository(work)
    return [_view(row, names[row.organisation_id], private=repository.sees_private(row)) for row in rows]


def _view(row: Facility, operator: str, *, private: bool) -> FacilityView:
    masses = {
        name: None if getattr(row, column) is None else to_t(getattr(row, column)) for name, column in MASSES.items()
    }
    hidden = FacilityPrivate(
        storage=masses["storage"],
        end_stock_max=masses["end_stock_max"],
        **{name: getattr(row, name) for name in ("hold_cost", "end_cost", "longest_stay", "recipes", "auto_accept")},
    )
    same = ("id", "organisation_id", "name", "kind", "street", "accepts", "fee", "grade", "status", "hours", "closures",
            "reported_at", "created_at", "updated_at", "version")  # fmt: skip
    return FacilityView(
        **{name: getattr(row, name) for name in same},
        operator=operator,
        location=LocationView.of(row),
        daily_in=masses["daily_in"],
        daily_out=masses["daily_out"],
        private=hidden if private else None,
    )


def stock_views(work: Work, row: Facility) -> list[StockView]:
    """What lies at a facility."""
    query = select(Stock).where(Stock.facility_id == row.id).order_by(Stock.material, Stock.grade)
    return [
        StockView(material=line.material, grade=line.grade, t=to_t(line.kg), as_of=line.as_of)
        for line in work.session.execute(query).scalars()
    ]
