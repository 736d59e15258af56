"""``/v1/deals``."""

from __future__ import annotations

import csv
import io
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.deals import service
from api.deals.models import Deal
from api.deals.repository import DealRepository
from api.deals.schemas import DealView
from api.kernel.paging import LARGEST_PAGE, Page, PageQuery, Paging
from api.kernel.preconditions import show_etag
from api.kernel.problems import NotFound
from api.kernel.work import Work
from api.requests import Transacting, answers, reads

router = APIRouter(prefix="/v1/deals", tags=["deals"], route_class=Transacting)
COLUMNS = ("id", "seller", "seller_place", "buyer", "buyer_place", "material", "grade", "t", "seller_price",
           "buyer_price", "haul", "externality", "first_date", "last_date", "created_at")  # fmt: skip


@router.get("", responses=answers())
def deals(
    paging: Paging,
    work: Annotated[Work, reads("deals:read")],
    clearing_id: Annotated[str | None, Query(max_length=40)] = None,
    material: Annotated[str | None, Query(max_length=60)] = None,
) -> Page[DealView]:
    """Your deals; overseers see all."""
    where = [
        column == value
        for column, value in ((Deal.clearing_id, clearing_id), (Deal.material, material))
        if value is not None
    ]
    rows, cursor = DealRepository(work).page(paging, *where)
    return Page(items=service.views(work, rows), next=cursor)


@router.get(
    ".csv",
    response_class=Response,
    responses={**answers(), 200: {"content": {"text/csv": {}}, "description": "All your deals, newest first."}},
)
def deals_csv(work: Annotated[Work, reads("deals:read")]) -> Response:
    """All your deals as a table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    paging = PageQuery(limit=LARGEST_PAGE)
    while True:
        rows, cursor = DealRepository(work).page(paging)
        for deal in service.views(work, rows):
            dates = [step.date.isoformat() for step in deal.schedule]
            cells = {**deal.model_dump(), "first_date": min(dates), "last_date": max(dates)}
            writer.writerow([_safe(cells[name]) for name in COLUMNS])
        if cursor is None:
            break
        paging = PageQuery(limit=LARGEST_PAGE, cursor=cursor)
    headers = {"Content-Disposition": 'attachment; filename="deals.csv"'}
    return Response(text.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def _safe(cell: object) -> object:
    """Text that a spreadsheet would run as a formula is quoted."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@\t\r" else cell


@router.get("/{id}", responses=answers(NotFound))
def deal(id: str, response: Response, work: Annotated[Work, reads("deals:read")]) -> DealView:
    """One deal, with the other party's contact."""
    row = DealRepository(work).get(id)
    show_etag(response, row)
    return service.views(work, [row])[0]
