"""A quote, told: where it could go, when, at what reference price, what it saves, how old the prices are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from api.pages.parts import box, text
from api.pages.session import Visitor
from api.pages.texts import days, number, span, tonnes, yuan
from api.pages.things import per_t
from api.quotes.schemas import PlacementView, QuoteView

MOST_PLACES = 6
FRESH = dt.timedelta(minutes=1)


@dataclass
class Place:
    """What a lot would send to (or get from) one place."""

    name: str
    km: float
    t: float
    first: dt.date
    last: dt.date


def by_place(placements: list[PlacementView]) -> list[Place]:
    """Placements of all days and materials by place, the largest first."""
    found: dict[str, Place] = {}
    for each in placements:
        place = found.setdefault(each.place_id, Place(each.place, each.km, 0.0, each.date, each.date))
        place.t += each.t
        place.first, place.last = min(place.first, each.date), max(place.last, each.date)
    return sorted(found.values(), key=lambda place: -place.t)


def draw_quote(visitor: Visitor, quote: QuoteView | None, problem: str) -> None:
    """The quote; why there is none; or what is needed for one."""
    if problem:
        text(problem, "notice bad", role="alert")
        return
    if quote is None:
        text(visitor.say("quote.hint"), "soft", "p")
        return
    supply = quote.lot.side == "supply"
    if quote.price is not None:
        _price(visitor, quote.price, supply)
    why = quote.why_zh if visitor.language == "zh" else quote.why_en
    if why:
        text(why, "notice fair")
    if quote.placements:
        _places(visitor, quote, supply)
    if quote.saving is not None and quote.saving_per_t is not None and quote.saving > 0:
        whole, each = yuan(visitor.language, quote.saving, cents=False), yuan(visitor.language, quote.saving_per_t)
        text(visitor.say("quote.saving", sum=whole, per_t=each), "notice good")
    if quote.nearest is not None:
        nearest = {"place": quote.nearest.place, "km": number(quote.nearest.km, 1)}
        text(visitor.say("quote.nearest", cost=yuan(visitor.language, quote.nearest.cost), **nearest), "note", "p")
    _age(visitor, quote)


def draw_summary(visitor: Visitor, quote: QuoteView | None, problem: str) -> None:
    """The quote in two lines."""
    if problem or quote is None:
        text(problem or visitor.say("quote.short_hint"), "soft")
        return
    if quote.price is None:
        text(visitor.say("quote.nowhere"), "strong")
        return
    text(_way(visitor, quote.price, quote.lot.side == "supply"), "soft")
    price, placed = per_t(visitor, abs(quote.price)), tonnes(visitor.language, quote.placed_t)
    text(f"{price} · {placed}", "strong")


def _way(visitor: Visitor, price: Decimal, supply: bool) -> str:
    """Which way the money goes, in words."""
    receives = (price > 0) == supply
    return visitor.say("quote.even" if price == 0 else "quote.receive" if receives else "quote.pay")


def _price(visitor: Visitor, price: Decimal, supply: bool) -> None:
    receives = (price > 0) == supply
    with box(f"money {'in' if receives else 'out'}"):
        text(_way(visitor, price, supply), "soft")
        text(per_t(visitor, abs(price)), "big sum")


def _places(visitor: Visitor, quote: QuoteView, supply: bool) -> None:
    with box("between"):
        text(visitor.say("quote.to" if supply else "quote.from"), tag="h3")
        text(visitor.say("quote.placed", t=tonnes(visitor.language, quote.placed_t)), "soft")
    places = by_place(quote.placements)
    with box("places-list", "ul"):
        for place in places[:MOST_PLACES]:
            with box("", "li"):
                text(place.name, "strong", "span")
                text(tonnes(visitor.language, place.t), "n strong", "span")
                when = days(visitor.language, place.first, place.last)
                text(f"{number(place.km, 1)} {visitor.say('unit.km')} · {when}", "soft", "span")
    if len(places) > MOST_PLACES:
        text(visitor.say("quote.more", n=len(places) - MOST_PLACES), "note")
    if quote.unplaced_t > 0:
        text(visitor.say("quote.unplaced", t=tonnes(visitor.language, quote.unplaced_t)), "note fair")


def _age(visitor: Visitor, quote: QuoteView) -> None:
    age = dt.timedelta(seconds=quote.prices.age_seconds)
    dates = days(visitor.language, quote.prices.first_date, quote.prices.last_date)
    text(visitor.say("quote.within", days=dates, t=tonnes(visitor.language, quote.t)), "note")
    told = visitor.say("quote.fresh" if age < FRESH else "quote.age", span=span(visitor.language, age))
    if quote.prices.listings_since:
        told += " · " + visitor.say("quote.since", n=quote.prices.listings_since)
    text(told, "note")
    text(visitor.say("quote.reference"), "note")
