"""The market on a map and in a list: what is offered and needed, the facilities, the roads."""

from __future__ import annotations

import datetime as dt
from itertools import islice

from fastapi import Request, Response
from nicegui import app, ui

from api.client import Client
from api.facilities.schemas import FacilityView
from api.listings.schemas import ListingView, Side
from api.materials.schemas import MaterialView
from api.pages.frame import page
from api.pages.marketmap import CLASSES, KINDS, SIDES, MarketMap, shape_icon
from api.pages.parts import box, choice, date_field, empty, facts, pill, plain_button, text
from api.pages.session import FAILURES, Visitor, ask, visitor_of
from api.pages.texts import number, span, tonnes
from api.pages.things import (
    SEEN_T,
    STATE_TONES,
    facility_mark,
    listing_icon,
    listing_mark,
    material_name,
    materials,
    per_t,
    quantity,
    reserve_of,
    window,
)

SIDE_CHOICES: dict[str, Side | None] = {"all": None, "supply": "supply", "demand": "demand"}
MOST_SHOWN = 500  # listings on the map at a time
LISTED = 40  # in the list before "show more"


class Market:
    """The state of one visitor's map: filters, what they let through, what is chosen."""

    def __init__(self, visitor: Visitor, known: dict[str, MaterialView], facilities: list[FacilityView]) -> None:
        self.visitor, self.known = visitor, known
        self.facilities = {facility.id: facility for facility in facilities}
        self.listings: dict[str, ListingView] = {}
        self.side: Side | None = None
        self.material: str | None = None
        self.first: dt.date | None = None
        self.last: dt.date | None = None
        self.chosen = ""
        self.listed = LISTED
        self.map: MarketMap | None = None
        self.view: tuple[float, float, float, float] | None = None

    async def load(self) -> None:
        """Asks for the listings that the filters let through."""
        found = await ask(self._search, self.visitor.client)
        self.listings = {listing.id: listing for listing in found}

    def _search(self, client: Client) -> list[ListingView]:
        return list(
            islice(
                client.listings.search(
                    side=self.side, material=self.material, from_=self.first, to=self.last, bbox=self.view
                ),
                MOST_SHOWN,
            )
        )

    async def refresh(self) -> None:
        """After a filter was changed."""
        await self.load()
        self.listed = LISTED
        if self.chosen not in self.listings and self.chosen not in self.facilities:
            self.chosen = ""
        self.show_marks()
        self.details.refresh()
        self.items.refresh()

    async def moved(self, west: float, south: float, east: float, north: float) -> None:
        """A busy market is shown a window at a time: what the map shows is what is asked for."""
        if len(self.listings) >= MOST_SHOWN or self.view is not None:
            self.view = (west, south, east, north)
            await self.refresh()

    def show_marks(self) -> None:
        """Puts facilities and listings on the map; large ones first, so that small ones stay on top."""
        assert self.map is not None
        facilities = [] if self.side else [facility_mark(self.visitor, each) for each in self.facilities.values()]
        listings = [listing_mark(self.visitor, self.known, each) for each in self.listings.values()]
        self.map.show([*facilities, *sorted(listings, key=lambda mark: -mark.r)])

    def choose(self, id_: str) -> None:
        """Shows the details of a listing or facility; "" closes them."""
        self.chosen = "" if id_ == self.chosen else id_
        assert self.map is not None
        self.map.choose(self.chosen)
        self.details.refresh()
        self.items.refresh()

    @ui.refreshable_method
    def details(self) -> None:
        """What is known of the chosen thing."""
        thing = self.listings.get(self.chosen) or self.facilities.get(self.chosen)
        if thing is None:
            return
        with box("details", role="region", aria_label=thing.name):
            close = text("×", "close", "button", type="button", aria_label=self.visitor.say("frame.close"))
            close.on("click", lambda: self.choose(""))
            text(thing.name, "title")
            if isinstance(thing, ListingView):
                self._listing_details(thing)
            else:
                self._facility_details(thing)

    def _listing_details(self, listing: ListingView) -> None:
        visitor = self.visitor
        with box("row tight"):
            listing_icon(self.known, listing)
            text(visitor.say(f"side.{listing.side}"), "strong", "span")
            pill(visitor.say(f"state.{listing.state}"), STATE_TONES[listing.state])
        names = "、" if visitor.language == "zh" else ", "
        rows = [
            (visitor.say("col.material"), names.join(material_name(visitor, self.known, m) for m in listing.materials)),
            (visitor.say("col.free"), tonnes(visitor.language, listing.left_t)),
            (visitor.say("col.quantity"), quantity(visitor, listing)),
            (visitor.say("col.dates"), window(visitor, listing.window_from, listing.window_to)),
            (visitor.say("col.grade"), visitor.say(f"grade.{listing.grade}")),
        ]
        if listing.street:
            rows.append((visitor.say("col.street"), listing.street))
        reserve = reserve_of(listing)
        if reserve is not None:
            rows.append((visitor.say(f"col.reserve_{listing.side}"), per_t(visitor, reserve)))
        rows.append((visitor.say("col.organisation"), listing.organisation))
        facts(rows)
        if listing.photo_ids:
            with box("pictures"):
                for number_, id_ in enumerate(listing.photo_ids, 1):
                    box("", "img", src=f"/photos/{id_}", alt=visitor.say("map.photo", n=number_), loading="lazy")
        if listing.mine:
            text(visitor.say("map.own"), "button", "a", href="/listings")
        elif visitor.may("offers:write") and listing.left_t >= SEEN_T:
            text(visitor.say("map.offer"), "button primary", "a", href=f"/offer/{listing.id}")

    def _facility_details(self, facility: FacilityView) -> None:
        visitor = self.visitor
        with box("row tight"):
            shape_icon(*KINDS[facility.kind])
            text(visitor.say(f"kind.{facility.kind}"), "strong", "span")
            pill(visitor.say(f"status.{facility.status}"), "good" if facility.status == "open" else "")
        names = "、" if visitor.language == "zh" else ", "
        accepts = (
            visitor.say("map.everything")
            if "*" in facility.accepts
            else names.join(material_name(visitor, self.known, m) for m in facility.accepts)
        )
        sells = facility.kind == "quarry"
        rows = [
            (visitor.say("col.sells" if sells else "col.accepts"), accepts),
            (visitor.say("col.price" if sells else "col.fee"), per_t(visitor, facility.fee)),
        ]
        if facility.daily_in is not None:
            rows.append((visitor.say("col.daily_in"), tonnes(visitor.language, facility.daily_in)))
        if facility.hours:
            rows.append((visitor.say("col.hours"), names.join(f"{h.from_}–{h.to}" for h in facility.hours)))
        age = span(visitor.language, visitor.platform.clock.now() - facility.reported_at)
        rows.append((visitor.say("col.reported"), visitor.say("time.ago", span=age)))
        rows.append((visitor.say("col.organisation"), facility.operator))
        if facility.street:
            rows.append((visitor.say("col.street"), facility.street))
        facts(rows)

    @ui.refreshable_method
    def items(self) -> None:
        """The same listings as a list, newest first."""
        visitor, shown = self.visitor, list(self.listings.values())
        total = sum(listing.left_t for listing in shown)
        more = "+" if len(shown) == MOST_SHOWN else ""
        with box("between"):
            text(visitor.say("map.count", n=f"{len(shown)}{more}"), "strong", "h2")
            text(visitor.say("map.total", t=number(total)), "soft")
        if not shown:
            empty("search_off", visitor.say("map.none"), visitor.say("map.none_lead"))
            return
        with box("items", role="list"):
            for listing in shown[: self.listed]:
                self._item(listing)
        if len(shown) > self.listed:
            plain_button(visitor.say("frame.more"), self._more)

    def _more(self) -> None:
        self.listed += LISTED
        self.items.refresh()

    def _item(self, listing: ListingView) -> None:
        visitor = self.visitor
        with box("", role="listitem"):
            item = box(f"item {'on' if listing.id == self.chosen else ''}", "button", type="button")
            item.on("click", lambda: self.choose(listing.id))
            with item:
                listing_icon(self.known, listing)
                text(listing.name, "title", "span")
                text(tonnes(visitor.language, listing.left_t), "amount", "span")
                material = material_name(visitor, self.known, listing.materials[0])
                count = len(listing.materials)
                if count > 1:
                    material = visitor.say("map.and_more", material=material, count=count, n=count - 1)
                parts = (
                    visitor.say(f"side.{listing.side}"),
                    material,
                    window(visitor, listing.window_from, listing.window_to),
                )
                text(" · ".join(parts), "sub", "span")


@app.get("/photos/{id}")
async def photo(request: Request, id: str) -> Response:
    """A listing's photo, with the visitor's rights."""
    client = visitor_of(request).client
    try:
        document = await ask(client.documents.get, id)
        data = await ask(client.documents.content, id)
    except FAILURES:
        return Response(status_code=404)
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, max-age=3600"}
    return Response(data if document.kind == "photo" else b"", media_type=document.media_type, headers=headers)


@page("/", "map")
async def home(visitor: Visitor, request: Request) -> None:
    """Map, filters, list and details."""
    known = await materials(visitor)
    market = Market(visitor, known, await ask(lambda: list(visitor.client.facilities.all())))
    await market.load()
    with box("market"):
        with box("mapside"):
            market.map = MarketMap(visitor, on_mark=market.choose, on_view=market.moved)
            _legend(visitor, known, market)
        with box("panel"):
            text(visitor.say("nav.map"), "visually-hidden", "h1")
            _filters(visitor, known, market)
            market.details()
            market.items()
    market.show_marks()


def _filters(visitor: Visitor, known: dict[str, MaterialView], market: Market) -> None:
    async def set_side(value: str) -> None:
        market.side = SIDE_CHOICES[value]
        await market.refresh()

    async def set_material(value: str | None) -> None:
        market.material = value
        await market.refresh()

    async def set_first(value: dt.date | None) -> None:
        market.first = value
        await market.refresh()

    async def set_last(value: dt.date | None) -> None:
        market.last = value
        await market.refresh()

    with box("filters", role="search", aria_label=visitor.say("map.filters")):
        sides = {"all": visitor.say("map.all")} | {side: visitor.say(f"side.{side}") for side in SIDES}
        choice(sides, "all", set_side, label=visitor.say("col.side"), even=True)
        names = {id_: material_name(visitor, known, id_) for id_ in known}
        with box("finer", "details"):
            text(visitor.say("map.filters"), "", "summary")
        with box("fields"):
            material = ui.select(names, label=visitor.say("col.material"), with_input=True, clearable=True)
            material.props("outlined").classes("wide").on_value_change(lambda event: set_material(event.value))
            date_field(visitor.say("map.from"), None, set_first)
            date_field(visitor.say("map.to"), None, set_last)


def _legend(visitor: Visitor, known: dict[str, MaterialView], market: Market) -> None:
    classes = sorted({m.waste_class for m in known.values()} & set(CLASSES), key=list(CLASSES).index)
    kinds = sorted({f.kind for f in market.facilities.values()}, key=list(KINDS).index)
    with box("legend", "details"):
        text(visitor.say("map.legend"), "", "summary")
        with box("groups"):
            for title, entries in (
                ("map.listings", [(SIDES[s], "#56646d", visitor.say(f"side.{s}"), s == "demand") for s in SIDES]),
                ("map.colours", [("circle", CLASSES[c], visitor.say(f"class.{c}"), False) for c in classes]),
                ("map.facilities", [(*KINDS[k], visitor.say(f"kind.{k}"), False) for k in kinds]),
            ):
                with box():
                    text(visitor.say(title), tag="h3")
                    with box("", "ul"):
                        for shape, colour, label, hollow in entries:
                            with box("", "li"):
                                shape_icon(shape, colour, hollow=hollow)
                                text(label, "", "span")
