"""``/v1/facilities``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy import ColumnElement

from api.facilities import service
from api.facilities.models import Facility
from api.facilities.repository import FacilityRepository
from api.facilities.schemas import FacilityNew, FacilityPatch, FacilityView, Kind, StockReport, StockView
from api.kernel.idempotency import Once
from api.kernel.paging import LARGEST_PAGE, Page, PageQuery, Paging
from api.kernel.preconditions import IfMatch, show_etag
from api.kernel.problems import (
    ForeignResource,
    IdempotencyConflict,
    NotFound,
    PreconditionRequired,
    RefusedMaterial,
    StaleVersion,
    UnknownCoordinateSystem,
)
from api.kernel.work import Work
from api.requests import Transacting, answers, reads, writes

router = APIRouter(prefix="/v1/facilities", tags=["facilities"], route_class=Transacting)
GEOJSON = "application/geo+json"
CHANGING = (NotFound, ForeignResource, PreconditionRequired, StaleVersion, RefusedMaterial, UnknownCoordinateSystem)
KindQuery = Annotated[Kind | None, Query(description="Only of this kind.")]
StreetQuery = Annotated[str | None, Query(max_length=80)]


def _where(kind: str | None, street: str | None) -> list[ColumnElement[bool]]:
    given = ((Facility.kind, kind), (Facility.street, street))
    return [column == value for column, value in given if value is not None]


@router.get("", responses=answers(permission=False))
def facilities(
    paging: Paging, work: Annotated[Work, reads()], kind: KindQuery = None, street: StreetQuery = None
) -> Page[FacilityView]:
    """Facilities that you may see, newest first."""
    rows, cursor = FacilityRepository(work).page(paging, *_where(kind, street))
    return Page(items=service.views(work, rows), next=cursor)


@router.get(
    ".geojson",
    response_class=JSONResponse,
    responses={**answers(permission=False), 200: {"content": {GEOJSON: {}}, "description": "Points, as GeoJSON."}},
)
def facilities_geojson(work: Annotated[Work, reads()], kind: KindQuery = None, street: StreetQuery = None) -> Response:
    """The first 200 facilities as a map layer."""
    rows, _ = FacilityRepository(work).page(PageQuery(limit=LARGEST_PAGE), *_where(kind, street))
    features = [
        {
            "type": "Feature",
            "id": view.id,
            "geometry": {"type": "Point", "coordinates": [view.location.lon, view.location.lat]},
            "properties": view.model_dump(mode="json", by_alias=True, exclude={"location", "private"}),
        }
        for view in service.views(work, rows)
    ]
    return JSONResponse({"type": "FeatureCollection", "features": features}, media_type=GEOJSON)


@router.post(
    "",
    status_code=201,
    response_model=FacilityView,
    responses=answers(IdempotencyConflict, RefusedMaterial, UnknownCoordinateSystem),
)
def register(
    new: FacilityNew, once: Once, work: Annotated[Work, writes("facilities:write", approved=True)]
) -> Response:
    """Registers a facility of your organisation."""

    def make() -> tuple[FacilityView, str]:
        row = service.register(work, new)
        return service.views(work, [row])[0], f"/v1/facilities/{row.id}"

    return once.once(work, make)


@router.get("/{id}", responses=answers(NotFound, permission=False))
def facility(id: str, response: Response, work: Annotated[Work, reads()]) -> FacilityView:
    """One facility."""
    row = FacilityRepository(work).get(id)
    show_etag(response, row)
    return service.views(work, [row])[0]


@router.patch("/{id}", responses=answers(*CHANGING))
def change(
    id: str,
    patch: FacilityPatch,
    response: Response,
    precondition: IfMatch,
    work: Annotated[Work, writes("facilities:write")],
) -> FacilityView:
    """Changes a facility."""
    row = service.change(work, id, patch, precondition)
    show_etag(response, row)
    return service.views(work, [row])[0]


@router.post("/{id}/confirm", responses=answers(NotFound, ForeignResource))
def confirm(id: str, response: Response, work: Annotated[Work, writes("facilities:write")]) -> FacilityView:
    """Says that the figures still hold."""
    row = service.confirm(work, id)
    show_etag(response, row)
    return service.views(work, [row])[0]


@router.get("/{id}/stocks", responses=answers(NotFound, ForeignResource))
def stocks(id: str, work: Annotated[Work, reads("organisation:write")]) -> Page[StockView]:
    """What lies there; for its operator and overseers."""
    repository = FacilityRepository(work)
    row = repository.get(id)
    if not repository.sees_private(row):
        raise ForeignResource
    return Page(items=service.stock_views(work, row))


@router.put("/{id}/stocks", responses=answers(*CHANGING))
def report_stock(
    id: str,
    report: StockReport,
    response: Response,
    precondition: IfMatch,
    work: Annotated[Work, writes("facilities:write")],
) -> Page[StockView]:
    """Reports everything that lies there; what is not named is not there."""
    service.report_stock(work, id, report, precondition)
    row = FacilityRepository(work).get(id)
    show_etag(response, row)
    return Page(items=service.stock_views(work, row))
