"""Finding listings: by side, material, grade, time, place, price and text.

What is on the market is looked for in the narrow rows of :class:`ListingMaterial`, everything else (one's own drafts,
what is over) in the listings themselves; either way the rows that are shown are read through the repository.

A page of the newest is looked for among the newest few first, and by place only when too few of those fit: many fit a
large box, and a small one holds few. A page of the nearest is looked for in growing circles. So little is looked at
even where much would fit.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, literal, or_, select

from api.kernel.geography import EARTH_KM, box_around, km_between
from api.kernel.paging import PageQuery, encode_cursor
from api.kernel.problems import invalid
from api.kernel.work import Work
from api.listings.index import ANY, band
from api.listings.models import SIDES, TRADING, Listing, ListingMaterial
from api.listings.query import Box, SearchQuery
from api.listings.repository import ListingRepository

MOST_ON_ROADS = 1000  # candidates whose road distance is measured for one search
NEWEST_TRIED = 1000  # rows looked at before a page of the newest is looked for by place
RINGS_KM = (1.0, 3.0, 9.0, 27.0, 81.0)
MOST_BANDS = 150  # a box taller than that (330 km) is not cut into bands
Conditions = list[ColumnElement[bool]]
Found = tuple[list[Listing], dict[str, float], str | None]


def find(work: Work, query: SearchQuery, paging: PageQuery) -> Found:
    """Listings, their distances in km by id where asked for, and the cursor of the next page.

    Raises:
        Invalid, RefusedMaterial, UnknownCoordinateSystem.
    """
    search = _Search(work, query)
    if query.along == "road":
        return search.along_roads(paging)
    ids, cursor = search.newest(paging) if query.sort == "newest" else search.nearest(paging)
    rows, near = search.rows(ids), search.near
    return rows, {row.id: km_between(near, (row.lon, row.lat)) for row in rows} if near else {}, cursor


class _Search:
    """One search: where it looks, and what must hold."""

    def __init__(self, work: Work, query: SearchQuery) -> None:
        self.work, self.query = work, query
        self.near, self.box = query.origin(), query.box()
        self.material = None if query.material is None else work.district.material(query.material).id
        self.on_market = not query.mine and (query.state is None or query.state in TRADING)
        self.table: Any = ListingMaterial if self.on_market else Listing
        self.id: Any = ListingMaterial.listing_id if self.on_market else Listing.id
        self.of_listing = self._of_listing()
        self.fits = [*self._scope(), *_fits(self.table, query)]

    def rows(self, ids: list[str]) -> list[Listing]:
        """The listings themselves, in that order."""
        if not ids:
            return []
        query = ListingRepository(self.work).visible().where(Listing.id.in_(ids))
        by_id = {row.id: row for row in self.work.session.execute(query).scalars()}
        return [by_id[id_] for id_ in ids if id_ in by_id]

    def newest(self, paging: PageQuery) -> tuple[list[str], str | None]:
        """Ids of a page, newest first, and the cursor after it."""
        last = _after(paging, 1)
        box = self._box_within(self.query.within_km)
        ids: list[str] = []
        if self.on_market and box is not None and not self.of_listing:
            ids = self._among_newest(last, box, paging.limit + 1)
        if len(ids) <= paging.limit:
            query = self._select(self.id).where(*self._inside(box, banded=True))
            query = query if last is None else query.where(self.id < last[0])
            # by an expression where there is a box: else SQLite walks along the ids and not through the strips
            query = query.order_by(self.id.desc() if box is None else func.coalesce(self.id, "").desc())
            ids = list(self.work.session.execute(query.limit(paging.limit + 1)).scalars())
        more, ids = len(ids) > paging.limit, ids[: paging.limit]
        return ids, encode_cursor([ids[-1]]) if more else None

    def _among_newest(self, last: list[Any] | None, box: Box, limit: int) -> list[str]:
        """Those that fit among the newest few; fewer than ``limit`` say nothing about the rest."""
        id_ = ListingMaterial.listing_id
        few = [ListingMaterial.material == (self.material or ANY), *([] if last is None else [id_ < last[0]])]
        oldest_tried = select(id_).where(*few).order_by(id_.desc()).offset(NEWEST_TRIED).limit(1).scalar_subquery()
        query = select(id_).where(
            *few,
            id_ > func.coalesce(oldest_tried, ""),
            *_fits(ListingMaterial, self.query),
            *self._inside(box, banded=False),
        )
        return list(self.work.session.execute(query.order_by(id_.desc()).limit(limit)).scalars())

    def nearest(self, paging: PageQuery) -> tuple[list[str], str | None]:
        """Ids of a page, nearest first, and the cursor after it."""
        last = _after(paging, 2, number_first=True)
        far = self._far
        begun = 0.0 if last is None else 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, last[0])))
        page: list[Any] = []
        for km in (*(ring for ring in RINGS_KM if begun < ring < (self.query.within_km or math.inf)),
                   self.query.within_km):  # fmt: skip
            box = self._box_within(km)
            query = self._select(self.id, far).where(*self._inside(box, km=km, banded=True))
            if last is not None:
                query = query.where(or_(far > last[0], and_(far == last[0], self.id > last[1])))
            page = list(self.work.session.execute(query.order_by(far, self.id).limit(paging.limit + 1)).all())
            if len(page) > paging.limit:
                break
        more, page = len(page) > paging.limit, page[: paging.limit]
        return [id_ for id_, _ in page], encode_cursor([page[-1][1], page[-1][0]]) if more else None

    def along_roads(self, paging: PageQuery) -> Found:
        """By km along the road; a road is never shorter than the line, so the line picks the candidates."""
        assert self.near is not None and self.query.within_km is not None
        last, most = _after(paging, 2, number_first=True), self.query.within_km
        query = self._select(self.id, self.table.lon, self.table.lat)
        query = query.where(*self._inside(self._box_within(most), banded=True))
        nearest = query.order_by(self._far, self.id).limit(MOST_ON_ROADS)
        found = self.work.session.execute(nearest).all()
        by_road = self.work.district.road_km(self.near, [(lon, lat) for _, lon, lat in found])
        reached = sorted((km, row[0]) for row, km in zip(found, by_road, strict=True) if km is not None and km <= most)
        left = reached if last is None else [place for place in reached if place > (last[0], last[1])]
        page = left[: paging.limit]
        cursor = encode_cursor(list(page[-1])) if len(left) > paging.limit else None
        return self.rows([id_ for _, id_ in page]), {id_: km for km, id_ in page}, cursor

    def _select(self, *columns: Any) -> Any:
        query = select(*columns).where(*self.fits)
        if self.on_market and self.of_listing:
            query = query.join(Listing, Listing.id == ListingMaterial.listing_id)
        return query.where(*self.of_listing)

    def _scope(self) -> Conditions:
        """Which rows the search is about."""
        if self.on_market:
            return [ListingMaterial.material == (self.material or ANY)]
        wanted: Conditions = [ListingRepository(self.work).shown()]
        if self.query.mine:
            wanted.append(Listing.organisation_id == (self.work.caller.organisation_id or ""))
        if self.material is not None:  # a JSON list; quotes keep one id from being found in another
            wanted.append(cast(Listing.materials, Text).contains(f'"{self.material}"', autoescape=True))
        return wanted

    def _of_listing(self) -> Conditions:
        """Conditions on what only the listing itself has."""
        query, wanted = self.query, []
        if query.state is not None:
            wanted.append(Listing.state == query.state)
        if query.text is not None:
            part = query.text.lower()
            names = (Listing.name, Listing.street)
            wanted.append(or_(*(func.lower(name).contains(part, autoescape=True) for name in names)))
        if query.price_min is not None or query.price_max is not None:
            wanted.append(ListingRepository(self.work).shows_price())
        if query.price_min is not None:
            wanted.append(Listing.reserve >= query.price_min)
        if query.price_max is not None:
            wanted.append(Listing.reserve <= query.price_max)
        return wanted

    def _box_within(self, km: float | None) -> Box | None:
        """The rectangle to look in: what was asked for, around what is near."""
        if km is None or self.near is None:
            return self.box
        around = box_around(self.near, km)
        if self.box is None:
            return around
        west, south, east, north = self.box
        return max(west, around[0]), max(south, around[1]), min(east, around[2]), min(north, around[3])

    def _inside(self, box: Box | None, *, banded: bool, km: float | None = None) -> Conditions:
        """In the box and not beyond the circle. ``banded`` names the strips of latitude, for the index."""
        table, wanted = self.table, []
        km = km or self.query.within_km
        if km is not None and self.near is not None:
            wanted.append(self._far <= math.sin(km / EARTH_KM / 2) ** 2)
        if box is None:
            return wanted
        west, south, east, north = box
        if banded and self.on_market and band(north) - band(south) < MOST_BANDS:
            wanted.append(table.band.in_(range(band(south), band(north) + 1)))
            if self.query.side is None:
                wanted.append(table.side.in_(SIDES))  # keeps the index in use
        return [*wanted, table.lat.between(south, north), table.lon.between(west, east)]

    @cached_property
    def _far(self) -> ColumnElement[float]:
        """sin² of half the angle between a row and what is near, as in :func:`km_between`: it orders as km do.

        By the first terms of the series of sin² and cos, for SQLite need not know them: to 500 km they are off by
        less than a millionth.
        """
        assert self.near is not None
        lon, lat = self.near
        radian = math.pi / 180
        north = (self.table.lat - literal(lat)) * literal(radian)
        east = (self.table.lon - literal(lon)) * literal(radian)
        cos, sin = math.cos(lat * radian), math.sin(lat * radian)
        shrinks = cos - north * (sin + north * (cos / 2 - north * (sin / 6 + north * cos / 24)))  # cos of its latitude
        far: ColumnElement[float] = _sin2_of_half(north) + cos * shrinks * _sin2_of_half(east)
        return far


def _sin2_of_half(angle: ColumnElement[float]) -> ColumnElement[float]:
    """sin²(x/2) = x²/4 − x⁴/48 + x⁶/1440 − …"""
    square = angle * angle
    value: ColumnElement[float] = square * (literal(1 / 4) - square * (literal(1 / 48) - square / 1440))
    return value


def _fits(table: Any, query: SearchQuery) -> Conditions:
    """Conditions on what the narrow rows and the listings both have."""
    wanted: Conditions = []
    if query.side is not None:
        wanted.append(table.side == query.side)
    if query.grade is not None:  # "1" < "2" < "x"
        supplies, demands = table.grade <= query.grade, table.grade >= query.grade
        wanted.append(or_(and_(table.side == "supply", supplies), and_(table.side == "demand", demands)))
    if query.from_ is not None:
        wanted.append(table.window_to >= query.from_)
    if query.to is not None:
        wanted.append(table.window_from <= query.to)
    return wanted


def _after(paging: PageQuery, length: int, *, number_first: bool = False) -> list[Any] | None:
    """What the cursor remembers of this order: an id, or a distance and an id.

    Raises:
        Invalid: it is of another order.
    """
    after = paging.after
    if after is None:
        return None
    if len(after) != length or not isinstance(after[-1], str) or (number_first and isinstance(after[0], str)):
        raise invalid("cursor", "belongs to another order")
    return [max(0.0, float(after[0])), after[1]] if number_first else after
