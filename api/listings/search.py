"""Finding listings: by side, material, grade, time, place, price and text."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from sqlalchemy import ColumnElement, and_, func, literal, or_, select

from api.kernel.geography import EARTH_KM, Location, Point, box_around, km_between
from api.kernel.paging import PageQuery, encode_cursor
from api.kernel.problems import invalid
from api.kernel.work import Work
from api.listings.models import TRADING, Listing, ListingMaterial
from api.listings.repository import ListingRepository
from api.listings.schemas import Grade, Side, State

MOST_ON_ROADS = 1000  # candidates whose road distance is measured for one search
FARTHEST_KM = 500.0
DEGREE_KM = math.pi * EARTH_KM / 180


class SearchQuery:
    """Filters of a search; all that are given must hold."""

    def __init__(
        self,
        side: Side | None = None,
        material: Annotated[str | None, Query(max_length=80, description="Offered or accepted; id or name.")] = None,
        grade: Annotated[
            Grade | None, Query(description="Soil fit for a place of this grade or demands that take it.")
        ] = None,
        state: Annotated[State | None, Query(description="Blank = open and partly matched.")] = None,
        from_: Annotated[dt.date | None, Query(alias="from", description="Window ends on or after this date.")] = None,
        to: Annotated[dt.date | None, Query(description="Window begins on or before this date.")] = None,
        near: Annotated[
            str | None, Query(description="lon,lat to measure from.", max_length=60, examples=["117.03,36.81"])
        ] = None,
        crs: Annotated[str, Query(max_length=20, description="System of `near` and `bbox`.")] = "wgs84",
        within_km: Annotated[
            float | None, Query(gt=0, le=FARTHEST_KM, description="At most this far from `near`.")
        ] = None,
        along: Annotated[Literal["line", "road"], Query(description="How the distance is measured.")] = "line",
        bbox: Annotated[str | None, Query(max_length=120, description="west,south,east,north")] = None,
        price_min: Annotated[Decimal | None, Query(description="Of public prices, CNY/t.")] = None,
        price_max: Annotated[Decimal | None, Query(description="Of public prices, CNY/t.")] = None,
        text: Annotated[str | None, Query(max_length=80, description="Part of the name or street.")] = None,
        mine: Annotated[bool, Query(description="Only of your own organisation, in any state.")] = False,
        sort: Annotated[Literal["newest", "distance"], Query()] = "newest",
    ) -> None:
        self.side, self.material, self.grade, self.state = side, material, grade, state
        self.from_, self.to, self.text, self.mine = from_, to, text, mine
        self.price_min, self.price_max = price_min, price_max
        self.along, self.sort, self.within_km = along, sort, within_km
        self.near = _point(near, crs, "near")
        self.box = _box(bbox, crs)
        if self.near is None and (within_km is not None or sort == "distance" or along == "road"):
            raise invalid("near", "is needed for within_km, sort=distance and along=road")
        if along == "road" and within_km is None:
            raise invalid("within_km", "is needed for along=road")


Search = Annotated[SearchQuery, Depends()]


def _numbers(text: str, count: int, field: str, what: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != count or not all(map(math.isfinite, values)):
        raise invalid(field, f"{text!r} is not {what}")
    return values


def _point(text: str | None, crs: str, field: str) -> Point | None:
    if text is None:
        return None
    lon, lat = _numbers(text, 2, field, "lon,lat")
    if abs(lon) > 180 or abs(lat) > 90:
        raise invalid(field, "is no place on Earth")
    columns = Location(lon=lon, lat=lat, crs=crs).columns(field)
    return float(columns["lon"]), float(columns["lat"])


def _box(text: str | None, crs: str) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    west, south, east, north = _numbers(text, 4, "bbox", "west,south,east,north")
    first, second = _point(f"{west},{south}", crs, "bbox"), _point(f"{east},{north}", crs, "bbox")
    assert first is not None and second is not None
    return (*first, *second)


def find(work: Work, query: SearchQuery, paging: PageQuery) -> tuple[list[Listing], dict[str, float], str | None]:
    """Listings, their distances in km by id where asked for, and the cursor of the next page."""
    if query.along == "road":
        return _along_roads(work, query, paging)
    select_ = ListingRepository(work).visible().where(*_conditions(work, query))
    if query.sort == "newest":
        rows, cursor = _newest(work, select_, paging)
    else:
        rows, cursor = _nearest(work, select_, query, paging)
    km = {row.id: km_between(query.near, (row.lon, row.lat)) for row in rows} if query.near else {}
    return rows, km, cursor


def _newest(work: Work, select_: Any, paging: PageQuery) -> tuple[list[Listing], str | None]:
    if paging.after is not None:
        select_ = select_.where(Listing.id < str(paging.after[0]))
    rows = list(work.session.execute(select_.order_by(Listing.id.desc()).limit(paging.limit + 1)).scalars())
    more, rows = len(rows) > paging.limit, rows[: paging.limit]
    return rows, encode_cursor([rows[-1].id]) if more else None


def _nearest(work: Work, select_: Any, query: SearchQuery, paging: PageQuery) -> tuple[list[Listing], str | None]:
    far = _squared(query.near).label("far")
    select_ = select_.add_columns(far)
    if paging.after is not None:
        if len(paging.after) != 2 or isinstance(paging.after[0], str):
            raise invalid("cursor", "belongs to another order")
        last, id_ = float(paging.after[0]), str(paging.after[1])
        select_ = select_.where(or_(far > last, and_(far == last, Listing.id > id_)))
    found = work.session.execute(select_.order_by(far, Listing.id).limit(paging.limit + 1)).all()
    more, found = len(found) > paging.limit, found[: paging.limit]
    cursor = encode_cursor([found[-1][1], found[-1][0].id]) if more else None
    return [row for row, _ in found], cursor


def _along_roads(
    work: Work, query: SearchQuery, paging: PageQuery
) -> tuple[list[Listing], dict[str, float], str | None]:
    """By kilometres along the road; a road is never shorter than the line, so the line picks the candidates."""
    assert query.near is not None and query.within_km is not None
    select_ = ListingRepository(work).visible().where(*_conditions(work, query))
    nearest = select_.order_by(_squared(query.near), Listing.id).limit(MOST_ON_ROADS)
    rows = list(work.session.execute(nearest).scalars())
    by_road = work.district.road_km(query.near, [(row.lon, row.lat) for row in rows])
    km = {row.id: far for row, far in zip(rows, by_road, strict=True) if far is not None and far <= query.within_km}
    kept = sorted((row for row in rows if row.id in km), key=lambda row: (km[row.id], row.id))
    if paging.after is not None:
        if len(paging.after) != 2 or isinstance(paging.after[0], str):
            raise invalid("cursor", "belongs to another order")
        last = (float(paging.after[0]), str(paging.after[1]))
        kept = [row for row in kept if (km[row.id], row.id) > last]
    page = kept[: paging.limit]
    more = len(kept) > paging.limit
    return page, km, encode_cursor([km[page[-1].id], page[-1].id]) if more else None


def _squared(near: Point | None) -> ColumnElement[float]:
    """Squared distance in degrees of latitude on the plane: orders as the distance does, within a district."""
    assert near is not None
    shrink = math.cos(math.radians(near[1])) ** 2
    east, north = Listing.lon - literal(near[0]), Listing.lat - literal(near[1])
    return east * east * shrink + north * north


def _conditions(work: Work, query: SearchQuery) -> Sequence[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    box = query.box
    if query.near is not None and query.within_km is not None:
        box = _narrower(box, box_around(query.near, query.within_km))
        wanted.append(_squared(query.near) <= (query.within_km / DEGREE_KM) ** 2)
    if query.mine:
        wanted.append(Listing.organisation_id == (work.caller.organisation_id or ""))
    if query.state is not None:
        wanted.append(Listing.state == query.state)
    elif not query.mine:
        wanted.append(Listing.state.in_(TRADING))
    if query.material is not None:
        wanted.append(Listing.id.in_(_of_material(work.district.material(query.material).id, box)))
    if box is not None:
        west, south, east, north = box
        wanted += [Listing.lat.between(south, north), Listing.lon.between(west, east)]
    if query.grade is not None:
        fits = Listing.grade <= query.grade  # "1" < "2" < "x"
        wanted.append(
            or_(and_(Listing.side == "supply", fits), and_(Listing.side == "demand", ~(Listing.grade < query.grade)))
        )
    if query.side is not None:
        wanted.append(Listing.side == query.side)
    if query.from_ is not None:
        wanted.append(Listing.window_to >= query.from_)
    if query.to is not None:
        wanted.append(Listing.window_from <= query.to)
    if query.price_min is not None:
        wanted += [Listing.price_public.is_(True), Listing.reserve >= query.price_min]
    if query.price_max is not None:
        wanted += [Listing.price_public.is_(True), Listing.reserve <= query.price_max]
    if query.text is not None:
        part = query.text.lower()
        named = (func.lower(column).contains(part, autoescape=True) for column in (Listing.name, Listing.street))
        wanted.append(or_(*named))
    return wanted


def _of_material(material: str, box: tuple[float, float, float, float] | None) -> Any:
    found = select(ListingMaterial.listing_id).where(ListingMaterial.material == material)
    if box is None:
        return found
    west, south, east, north = box
    return found.where(ListingMaterial.lat.between(south, north), ListingMaterial.lon.between(west, east))


def _narrower(
    box: tuple[float, float, float, float] | None, other: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    if box is None:
        return other
    return max(box[0], other[0]), max(box[1], other[1]), min(box[2], other[2]), min(box[3], other[3])
