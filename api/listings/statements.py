"""The statements of a search. They name their values, so that searches alike share one, which is compiled once.

Building a statement takes several times as long as running it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, literal, or_, select

from api.kernel.types import among
from api.listings.models import SIDES, Listing, ListingMaterial

NEWEST_TRIED = 1000  # rows looked at before a page of the newest is looked for by place
LAST = "~"  # after every id
Conditions = list[ColumnElement[bool]]


def statement(way: str, on_market: bool, given: frozenset[str], of_listing: Conditions) -> Select[Any]:
    """The statement that looks for listings.

    Args:
        way: "newest" (ids), "among the newest" (ids; of the market, and fewer than asked for say nothing about the
            rest), "nearest" (ids, and how far as in :meth:`_Statement.far`) or "candidates" (ids, longitudes and
            latitudes, nearest first).
        on_market: looks through the narrow rows of what is on the market; else through the listings.
        given: names of the values that it will be run with; each brings its condition.
        of_listing: more conditions, on the listings themselves.
    """
    if on_market and not of_listing:
        return _shared(way, given)
    return _Statement(on_market, given, of_listing).build(way)


@lru_cache(maxsize=1000)
def _shared(way: str, given: frozenset[str]) -> Select[Any]:
    return _Statement(True, given, []).build(way)


class _Statement:
    """What a statement is made of."""

    def __init__(self, on_market: bool, given: frozenset[str], of_listing: Conditions) -> None:
        self.on_market, self.given, self.of_listing = on_market, given, of_listing
        self.table: Any = ListingMaterial if on_market else Listing
        self.id: Any = ListingMaterial.listing_id if on_market else Listing.id

    def build(self, way: str) -> Select[Any]:
        """The statement for a way of looking."""
        if way == "among the newest":
            # bound above as well: else PostgreSQL takes them for a third of all, and walks through the whole material
            few = and_(self.id > self._oldest_tried(), self.id < literal(LAST))
            query = self._select(self.id).where(few).order_by(self.id.desc())
        elif way == "newest":
            # by an expression where there is a box: else SQLite walks along the ids and not through the strips
            order = func.coalesce(self.id, "") if "west" in self.given else self.id
            query = self._select(self.id).order_by(order.desc())
        elif way == "nearest":
            query = self._select(self.id, self.far()).order_by(self.far(), self.id)
        else:
            query = self._select(self.id, self.table.lon, self.table.lat).order_by(self.far(), self.id)
        return query.limit(bindparam("limit"))

    def _select(self, *columns: Any) -> Select[Any]:
        query = select(*columns).where(*self._fits(), *self._inside(), *self._after())
        if self.on_market and self.of_listing:
            query = query.join(Listing, Listing.id == ListingMaterial.listing_id)
        return query.where(*self.of_listing)

    def _oldest_tried(self) -> ColumnElement[str]:
        """The id after which the newest few begin; blank where there are fewer."""
        few = [self.table.material == bindparam("material"), *self._after()]
        last = select(self.id).where(*few).order_by(self.id.desc()).offset(NEWEST_TRIED).limit(1)
        return func.coalesce(last.scalar_subquery(), "")

    def _fits(self) -> Conditions:
        """Side, material, grade and time."""
        table, wanted = self.table, []
        if "material" in self.given:
            wanted.append(table.material == bindparam("material"))
        if "side" in self.given:
            wanted.append(table.side == bindparam("side"))
        if "grade" in self.given:  # "1" < "2" < "x"
            supplies = and_(table.side == "supply", table.grade <= bindparam("grade"))
            demands = and_(table.side == "demand", table.grade >= bindparam("grade"))
            wanted.append(or_(supplies, demands))
        if "from" in self.given:
            wanted.append(table.window_to >= bindparam("from"))
        if "to" in self.given:
            wanted.append(table.window_from <= bindparam("to"))
        return wanted

    def _inside(self) -> Conditions:
        """In the circle, the strips and the box."""
        table, wanted = self.table, []
        if "most_far" in self.given:
            wanted.append(self.far() <= bindparam("most_far"))
        if "bands" in self.given:
            wanted.append(among(table.band, "bands"))
            if "side" not in self.given:
                wanted.append(table.side.in_(SIDES))  # keeps the index in use
        if "west" in self.given:
            wanted.append(table.lat.between(bindparam("south"), bindparam("north")))
            wanted.append(table.lon.between(bindparam("west"), bindparam("east")))
        return wanted

    def _after(self) -> Conditions:
        """Beyond the page before."""
        if "after_far" in self.given:
            far = self.far()
            last: ColumnElement[float] = bindparam("after_far")
            return [or_(far > last, and_(far == last, self.id > bindparam("after")))]
        return [self.id < bindparam("after")] if "after" in self.given else []

    def far(self) -> ColumnElement[float]:
        """sin² of half the angle to what is near, as in :func:`~api.kernel.geography.km_between`: it orders as km do.

        By the first terms of the series of sin² and cos, for SQLite need not know them: to 500 km they are off by
        less than a millionth.
        """
        radian = literal(math.pi / 180)
        north = (self.table.lat - bindparam("lat")) * radian
        east = (self.table.lon - bindparam("lon")) * radian
        cos: ColumnElement[float] = bindparam("cos")  # of the latitude there
        sin: ColumnElement[float] = bindparam("sin")
        shrinks = cos - north * (sin + north * (cos / 2 - north * (sin / 6 + north * cos / 24)))  # cos of its latitude
        far: ColumnElement[float] = _sin2_of_half(north) + cos * shrinks * _sin2_of_half(east)
        return far


def _sin2_of_half(angle: ColumnElement[float]) -> ColumnElement[float]:
    """sin²(x/2) = x²/4 − x⁴/48 + x⁶/1440 − …"""
    square = angle * angle
    value: ColumnElement[float] = square * (literal(1 / 4) - square * (literal(1 / 48) - square / 1440))
    return value
