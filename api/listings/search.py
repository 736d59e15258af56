"""Finding listings: by side, material, grade, time, place, price and text.

What is on the market is looked for in the narrow rows of :class:`ListingMaterial`, everything else (one's own drafts,
what is over) in the listings themselves; either way the rows that are shown are read through the repository.

A page of the newest is looked for among the newest few first, and by place only when too few of those fit: many fit a
large box, and a small one holds few. A page of the nearest is looked for in growing circles. So little is looked at
even where much would fit.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import Select, String, Text, bindparam, cast, func, or_, select

from api.kernel.database import bare
from api.kernel.geography import EARTH_KM, box_around, km_between
from api.kernel.paging import PageQuery, encode_cursor
from api.kernel.problems import invalid
from api.kernel.types import among
from api.kernel.work import Work
from api.listings.index import ANY, band
from api.listings.models import TRADING, Listing
from api.listings.query import Box, SearchQuery
from api.listings.repository import ListingRepository, seen_by
from api.listings.statements import Conditions, statement
from api.organisations.models import Organisation

MOST_ON_ROADS = 1000  # candidates whose road distance is measured for one search
RINGS_KM = (1.0, 3.0, 9.0, 27.0, 81.0)
MOST_BANDS = 150  # a box taller than that (330 km) is not cut into bands
Found = tuple[list[Any], dict[str, float], str | None]
Values = dict[str, Any]

# A listing as plain values, named as in the model: objects of the ORM take three times as long to make and to read.
_NAMES = [*bare(Listing).c.keys(), "free_kg", "organisation"]
_row: Callable[[Any], Any] = namedtuple("_Row", _NAMES)._make  # type: ignore[attr-defined, misc]
_COLUMNS = (bare(Listing), Listing.quantity_kg - Listing.reserved_kg - Listing.committed_kg, Organisation.name)


def find(work: Work, query: SearchQuery, paging: PageQuery) -> Found:
    """Listings (rows with the attributes of the model, and the name of their ``organisation``), their distances in km
    by id where asked for, and the cursor of the next page.

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
        self.of_listing = [*self._scope(), *self._of_listing()]
        self.values: Values = {"side": query.side, "grade": query.grade, "from": query.from_, "to": query.to}
        if self.on_market:
            self.values["material"] = self.material or ANY
        if self.near is not None:
            lon, lat = self.near
            turn = math.radians(lat)
            self.values |= {"lon": lon, "lat": lat, "cos": math.cos(turn), "sin": math.sin(turn)}

    def rows(self, ids: list[str]) -> list[Any]:
        """The listings themselves, in that order."""
        if not ids:
            return []
        own = self.work.caller.organisation_id
        query = _listings(self.work.caller.oversees, own is not None)
        found = self.work.session.connection().execute(query, {"ids": ids, "own": own}).all()
        by_id = {row.id: row for row in map(_row, found)}
        return [by_id[id_] for id_ in ids if id_ in by_id]

    def newest(self, paging: PageQuery) -> tuple[list[str], str | None]:
        """Ids of a page, newest first, and the cursor after it."""
        last = _after(paging, 1)
        asked = {"after": None if last is None else last[0], "limit": paging.limit + 1}
        box = self._box_within(self.query.within_km)
        ids: list[str] = []
        if self.on_market and box is not None and not self.of_listing:
            ids = [id_ for (id_,) in self._run("among the newest", asked | self._inside(box, banded=False))]
        if len(ids) <= paging.limit:
            ids = [id_ for (id_,) in self._run("newest", asked | self._inside(box))]
        more, ids = len(ids) > paging.limit, ids[: paging.limit]
        return ids, encode_cursor([ids[-1]]) if more else None

    def nearest(self, paging: PageQuery) -> tuple[list[str], str | None]:
        """Ids of a page, nearest first, and the cursor after it."""
        last = _after(paging, 2, number_first=True)
        begun, asked = 0.0, {"limit": paging.limit + 1}
        if last is not None:
            begun = 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, last[0])))
            asked |= {"after_far": last[0], "after": last[1]}
        page: list[Any] = []
        for km in self._rings(begun):
            page = self._run("nearest", asked | self._inside(self._box_within(km), km))
            if len(page) > paging.limit:
                break
        more, page = len(page) > paging.limit, page[: paging.limit]
        return [id_ for id_, _ in page], encode_cursor([page[-1][1], page[-1][0]]) if more else None

    def _rings(self, begun: float) -> Iterator[float | None]:
        """Radii in km of circles to look in, from the smallest that reaches beyond ``begun``; None = no limit."""
        most = self.query.within_km
        yield from (km for km in RINGS_KM if begun < km < (most or math.inf))
        yield most

    def along_roads(self, paging: PageQuery) -> Found:
        """By km along the road; a road is never shorter than the line, so the line picks the candidates."""
        assert self.near is not None and self.query.within_km is not None
        last, most = _after(paging, 2, number_first=True), self.query.within_km
        found = self._run("candidates", {"limit": MOST_ON_ROADS} | self._inside(self._box_within(most)))
        by_road = self.work.district.road_km(self.near, [(lon, lat) for _, lon, lat in found])
        reached = sorted((km, row[0]) for row, km in zip(found, by_road, strict=True) if km is not None and km <= most)
        left = reached if last is None else [place for place in reached if place > (last[0], last[1])]
        page = left[: paging.limit]
        cursor = encode_cursor(list(page[-1])) if len(left) > paging.limit else None
        return self.rows([id_ for _, id_ in page]), {id_: km for km, id_ in page}, cursor

    def _run(self, way: str, more: Values) -> list[Any]:
        values = {name: value for name, value in (self.values | more).items() if value is not None}
        query = statement(way, self.on_market, frozenset(values), self.of_listing)
        return list(self.work.session.connection().execute(query, values))

    def _scope(self) -> Conditions:
        """Which listings the search is about, where it is not about all that are on the market."""
        if self.on_market:
            return []
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

    def _inside(self, box: Box | None, km: float | None = None, *, banded: bool = True) -> Values:
        """Values that keep it in the box and in the circle. ``banded`` names the strips of latitude, for the index."""
        values: Values = {}
        km = km or self.query.within_km
        if km is not None and self.near is not None:
            values["most_far"] = math.sin(km / EARTH_KM / 2) ** 2
        if box is None:
            return values
        west, south, east, north = box
        if banded and self.on_market and band(north) - band(south) < MOST_BANDS:
            values["bands"] = list(range(band(south), band(north) + 1))
        return values | {"west": west, "south": south, "east": east, "north": north}


@cache
def _listings(oversees: bool, member: bool) -> Select[Any]:
    """The statement that reads listings by their ``ids``, for a member of the organisation ``own`` or for others."""
    seen = seen_by(oversees, bindparam("own", type_=String) if member else None)
    owned = Organisation.id == Listing.organisation_id
    return select(*_COLUMNS).join(Organisation, owned).where(seen, among(Listing.id, "ids"))


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
