"""``/v1/directory``: who builds, hauls, treats and stores here, and how fresh the figures are. Public."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import select

from api.carriers.service import CarrierRepository
from api.directory.schemas import EntryKind, EntryView
from api.facilities.models import Facility
from api.facilities.repository import FacilityRepository
from api.kernel.geography import Location, Point, km_between
from api.kernel.paging import Page, Paging, encode_cursor
from api.kernel.problems import UnknownCoordinateSystem, invalid
from api.kernel.work import Work
from api.organisations.models import Organisation
from api.organisations.repository import OrganisationRepository
from api.requests import Transacting, answers, reads

router = APIRouter(prefix="/v1/directory", tags=["directory"], route_class=Transacting)
FACILITY_KINDS: dict[str, EntryKind] = {
    "yard": "yard",
    "disposal": "placement",
    "recycling": "plant",
    "treatment": "plant",
}


@router.get("", responses=answers(UnknownCoordinateSystem, permission=False))
def directory(
    paging: Paging,
    work: Annotated[Work, reads()],
    kind: EntryKind | None = None,
    street: Annotated[str | None, Query(max_length=80)] = None,
    text: Annotated[str | None, Query(max_length=80, description="Part of a name.")] = None,
    lon: Annotated[float | None, Query(ge=-180, le=180)] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90)] = None,
    crs: Annotated[str, Query(max_length=20)] = "wgs84",
) -> Page[EntryView]:
    """Builders, carriers, plants, yards and placement yards; the nearest first where a point is given, else by name."""
    if (lon is None) != (lat is None):
        raise invalid("lat" if lat is None else "lon", "give both lon and lat, or neither")
    near: Point | None = None
    if lon is not None and lat is not None:
        columns = Location(lon=lon, lat=lat, crs=crs).columns("crs")
        near = float(columns["lon"]), float(columns["lat"])
    wanted = (text or "").lower()
    found = [
        entry.model_copy(update={"km": _km(near, entry)})
        for entry in (*_builders(work), *_carriers(work), *_facilities(work))
        if kind in (None, entry.kind) and street in (None, entry.street) and wanted in entry.name.lower()
    ]
    found.sort(key=lambda e: (e.km is None, e.km or 0.0, e.name, e.id) if near else (False, 0.0, e.name, e.id))
    first = _first(paging.after)
    page = found[first : first + paging.limit]
    more = first + paging.limit < len(found)
    return Page(items=page, next=encode_cursor([first + paging.limit]) if more else None)


def _first(after: list[object] | None) -> int:
    if after is None:
        return 0
    if not isinstance(after[0], int) or after[0] < 0:
        raise invalid("cursor", "is not the `next` of an earlier page")
    return after[0]


def _km(near: Point | None, entry: EntryView) -> float | None:
    if near is None or entry.lon is None or entry.lat is None:
        return None
    return round(km_between(near, (entry.lon, entry.lat)), 3)


def _builders(work: Work) -> Iterator[EntryView]:
    query = (
        OrganisationRepository(work)
        .visible()
        .where(Organisation.kind == "contractor", Organisation.state == "active", Organisation.listed)
    )
    for row in work.session.execute(query).scalars():
        yield EntryView(
            kind="builder", id=row.id, name=row.name, operator=row.name, street=row.street, lon=None, lat=None,
            accepts=[],
            confirmed_at=row.updated_at, days_since_confirmed=(work.clock.now() - row.updated_at).days,
        )  # fmt: skip


def _carriers(work: Work) -> Iterator[EntryView]:
    names = _names(work)
    for row in work.session.execute(CarrierRepository(work).visible()).scalars():
        yield EntryView(
            kind="carrier", id=row.id, name=row.name, operator=names[row.organisation_id], street=row.street,
            lon=row.lon, lat=row.lat, accepts=[], confirmed_at=row.reported_at,
            days_since_confirmed=(work.clock.now() - row.reported_at).days,
        )  # fmt: skip


def _facilities(work: Work) -> Iterator[EntryView]:
    names = _names(work)
    query = FacilityRepository(work).visible().where(Facility.kind.in_(FACILITY_KINDS), Facility.status == "open")
    for row in work.session.execute(query).scalars():
        yield EntryView(
            kind=FACILITY_KINDS[row.kind], id=row.id, name=row.name, operator=names[row.organisation_id],
            street=row.street, lon=row.lon, lat=row.lat, accepts=row.accepts, confirmed_at=row.reported_at,
            days_since_confirmed=(work.clock.now() - row.reported_at).days,
        )  # fmt: skip


def _names(work: Work) -> dict[str, str]:
    return dict(work.session.execute(select(Organisation.id, Organisation.name)).all())
