"""``/v1/listings``."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, File, Query, Response, UploadFile
from fastapi.responses import JSONResponse

from api.kernel.idempotency import Once
from api.kernel.paging import Page, Paging, as_json
from api.kernel.preconditions import IfMatch, IfMatchOptional, show_etag
from api.kernel.problems import (
    ClosedWindow,
    ExpiredPermit,
    ForeignResource,
    IdempotencyConflict,
    NotApproved,
    NotFound,
    PreconditionRequired,
    RefusedMaterial,
    StaleVersion,
    TooLarge,
    UnknownCoordinateSystem,
    WrongMediaType,
    WrongState,
)
from api.kernel.work import Work
from api.listings import bulk, posting, search, sheet
from api.listings.query import Search
from api.listings.repository import ListingRepository
from api.listings.schemas import BulkResult, ListingNew, ListingPatch, ListingView
from api.listings.views import features, view, views
from api.requests import Transacting, answers, reads, writes

router = APIRouter(prefix="/v1/listings", tags=["listings"], route_class=Transacting)
GEOJSON = "application/geo+json"
MOST_FEATURES = 2000
MAKING = (
    NotFound,
    ForeignResource,
    NotApproved,
    ExpiredPermit,
    ClosedWindow,
    IdempotencyConflict,
    RefusedMaterial,
    UnknownCoordinateSystem,
)
CHANGING = (NotFound, ForeignResource, WrongState, StaleVersion)


@router.get(
    "",
    response_model=Page[ListingView],
    responses=answers(RefusedMaterial, UnknownCoordinateSystem, permission=False),
)
def listings(query: Search, paging: Paging, work: Annotated[Work, reads()]) -> Response:
    """Searches what is on the market, and your own listings in any state with `mine=true`."""
    rows, km, cursor = search.find(work, query, paging)
    return as_json(Page(items=views(work, rows, km), next=cursor))


@router.get(
    ".geojson",
    response_class=JSONResponse,
    responses={
        **answers(RefusedMaterial, UnknownCoordinateSystem, permission=False),
        200: {"content": {GEOJSON: {}}, "description": f"The first {MOST_FEATURES:,} found, as GeoJSON points."},
    },
)
def listings_geojson(query: Search, paging: Paging, work: Annotated[Work, reads()]) -> Response:
    """The same search as a map layer."""
    paging.limit = MOST_FEATURES
    rows, km, _ = search.find(work, query, paging)
    return JSONResponse(features(views(work, rows, km)), media_type=GEOJSON)


@router.post("", status_code=201, response_model=ListingView, responses=answers(*MAKING))
def create(new: ListingNew, once: Once, work: Annotated[Work, writes("listings:write")]) -> Response:
    """Posts a listing: a draft, or open at once with `open: true`."""

    def make() -> tuple[ListingView, str]:
        row = posting.create(work, new)
        return view(work, row), f"/v1/listings/{row.id}"

    return once.once(work, make)


@router.post(
    "/bulk",
    status_code=201,
    response_model=BulkResult,
    responses=answers(*MAKING, TooLarge, WrongMediaType),
)
def create_many(
    file: Annotated[UploadFile, File(description="CSV or XLSX; see the template.")],
    once: Once,
    work: Annotated[Work, writes("listings:write", approved=True)],
) -> Response:
    """Opens a listing for each row of a file; all of them, or none and every fault at once."""
    data = file.file.read()

    def make() -> tuple[BulkResult, str]:
        return BulkResult(ids=bulk.post(work, file.filename or "file", data)), "/v1/listings?mine=true"

    return once.once(work, make, fingerprint=data)


@router.get(
    "/bulk/template",
    response_class=Response,
    responses={**answers(permission=False), 200: {"content": {"text/csv": {}, "application/octet-stream": {}}}},
)
def template(
    format: Annotated[Literal["csv", "xlsx"], Query()] = "csv", language: Annotated[Literal["zh", "en"], Query()] = "zh"
) -> Response:
    """An example file for bulk posting."""
    media = "text/csv; charset=utf-8" if format == "csv" else "application/octet-stream"
    disposition = {"Content-Disposition": f'attachment; filename="listings.{format}"'}
    return Response(sheet.template(format, language), media_type=media, headers=disposition)


@router.get("/{id}", responses=answers(NotFound, permission=False))
def listing(id: str, response: Response, work: Annotated[Work, reads()]) -> ListingView:
    """One listing."""
    row = ListingRepository(work).get(id)
    show_etag(response, row)
    return view(work, row)


@router.patch(
    "/{id}",
    responses=answers(*CHANGING, PreconditionRequired, RefusedMaterial, UnknownCoordinateSystem),
)
def change(
    id: str,
    patch: ListingPatch,
    response: Response,
    precondition: IfMatch,
    work: Annotated[Work, writes("listings:write")],
) -> ListingView:
    """Changes a draft freely; of an open listing what hurts nobody."""
    row = posting.change(work, id, patch, precondition)
    show_etag(response, row)
    return view(work, row)


@router.post("/{id}/open", responses=answers(*CHANGING, NotApproved, ExpiredPermit, ClosedWindow))
def open_(
    id: str, response: Response, precondition: IfMatchOptional, work: Annotated[Work, writes("listings:write")]
) -> ListingView:
    """Puts a draft on the market."""
    row = posting.open_(work, id, precondition)
    show_etag(response, row)
    return view(work, row)


@router.post("/{id}/withdraw", responses=answers(*CHANGING))
def withdraw(
    id: str, response: Response, precondition: IfMatchOptional, work: Annotated[Work, writes("listings:write")]
) -> ListingView:
    """Takes it off the market before anything is agreed."""
    row = posting.withdraw(work, id, precondition)
    show_etag(response, row)
    return view(work, row)


@router.post("/{id}/close", responses=answers(*CHANGING))
def close(
    id: str, response: Response, precondition: IfMatchOptional, work: Annotated[Work, writes("listings:write")]
) -> ListingView:
    """Ends it; what is agreed stands."""
    row = posting.close(work, id, precondition)
    show_etag(response, row)
    return view(work, row)
