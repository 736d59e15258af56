"""How things of the market are told: materials, states, dates, prices; and what is read once per platform."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

from nicegui import ui

from api.client import Client
from api.facilities.schemas import FacilityView
from api.listings.schemas import ListingView
from api.materials.schemas import MaterialView
from api.pages.marketmap import (
    CLASSES,
    FACILITY_RADIUS,
    KINDS,
    OTHER_CLASS,
    SIDES,
    Mark,
    listing_radius,
    shape_icon,
)
from api.pages.session import Visitor, ask
from api.pages.texts import BLANK, days, named, tonnes, yuan

TRUCK_T, TRUCK_M3 = 16.0, 18.0  # a four-axle spoil truck: payload, body (DOMAIN.md, "Trucks")
SEEN_T = 0.05  # less is what rounding leaves
STATE_TONES = {
    "draft": "",
    "open": "accent",
    "partly_matched": "fair",
    "matched": "good",
    "closed": "",
    "withdrawn": "",
    "expired": "bad",
}


async def materials(visitor: Visitor) -> dict[str, MaterialView]:
    """Materials by id, as the API lists them."""
    return await ask(_materials, visitor.client)


def _materials(client: Client) -> dict[str, MaterialView]:
    return {material.id: material for material in client.materials.all()}


def material_name(visitor: Visitor, known: dict[str, MaterialView], id_: str) -> str:
    """A material's name in the visitor's language; its id where it is not known (any more)."""
    return named(visitor.language, known[id_]) if id_ in known else id_


def truckloads(material: MaterialView, t: float) -> int:
    """Loads of a four-axle truck, limited by mass or by loose volume."""
    loads = math.ceil(t / TRUCK_T - 1e-9)
    loose = material.loose_t_m3
    return max(loads, math.ceil(t / loose / TRUCK_M3 - 1e-9)) if loose else loads


def listing_colour(known: dict[str, MaterialView], listing: ListingView) -> str:
    """Of the class of its material."""
    material = known.get(listing.materials[0])
    return CLASSES.get(material.waste_class, OTHER_CLASS) if material else OTHER_CLASS


def listing_icon(known: dict[str, MaterialView], listing: ListingView) -> ui.html:
    """A listing's mark for lists: its side as a shape, its material's class as a colour."""
    return shape_icon(SIDES[listing.side], listing_colour(known, listing), hollow=listing.side == "demand")


def listing_mark(visitor: Visitor, known: dict[str, MaterialView], listing: ListingView) -> Mark:
    """A listing on the map, sized by what is left of it."""
    name = material_name(visitor, known, listing.materials[0])
    return Mark(
        id=listing.id,
        lon=listing.location.lon,
        lat=listing.location.lat,
        shape=SIDES[listing.side],
        colour=listing_colour(known, listing),
        r=listing_radius(listing.left_t),
        hollow=listing.side == "demand",
        faint=listing.left_t < SEEN_T,
        label=f"{listing.name} · {name} · {tonnes(visitor.language, listing.left_t)}",
    )


def facility_mark(visitor: Visitor, facility: FacilityView) -> Mark:
    """A facility on the map."""
    shape, colour = KINDS[facility.kind]
    return Mark(
        id=facility.id,
        lon=facility.location.lon,
        lat=facility.location.lat,
        shape=shape,
        colour=colour,
        r=FACILITY_RADIUS,
        label=f"{facility.name} · {visitor.say(f'kind.{facility.kind}')}",
        faint=facility.status != "open",
    )


def window(visitor: Visitor, first: dt.date, last: dt.date) -> str:
    """A span of dates."""
    return days(visitor.language, first, last)


def per_t(visitor: Visitor, price: Decimal | None) -> str:
    """A price per t."""
    if price is None:
        return BLANK
    return visitor.say("unit.per_t", money=yuan(visitor.language, price))


def reserve_of(listing: ListingView) -> Decimal | None:
    """The reserve price, to those who may know it."""
    return listing.price if listing.private is None else listing.private.reserve


def quantity(visitor: Visitor, listing: ListingView) -> str:
    """As it was entered, with its unit."""
    return f"{listing.quantity:,.10g} {visitor.say(f'unit.{listing.unit}')}"
