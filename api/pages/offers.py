"""A direct offer on a listing, with one of one's own as its other end; and the answer to one with other terms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from fastapi import Request
from nicegui import ui

from api.client import ApiProblem, Client
from api.listings.schemas import ListingView
from api.materials.schemas import MaterialView
from api.offers.schemas import OfferNew, StepNew, Terms
from api.pages.frame import TRADERS, page
from api.pages.parts import box, button, choice, date_field, empty, facts, heading, text
from api.pages.session import Visitor, ask
from api.pages.texts import number, tonnes, yuan
from api.pages.things import SEEN_T, material_name, materials, per_t, reserve_of, window

TRADING = ("open", "partly_matched")
MOST_DAYS = 100
MOST_HOURS = 24.0 * 30


def fits(one: ListingView, other: ListingView) -> bool:
    """Whether the two could be the ends of a deal: a surplus that the need takes, on days they share."""
    supply, demand = (one, other) if one.side == "supply" else (other, one)
    return (
        one.side != other.side
        and supply.materials[0] in demand.materials
        and all(each.state in TRADING and each.left_t >= SEEN_T for each in (one, other))
        and max(one.window_from, other.window_from) <= min(one.window_to, other.window_to)
    )


def evenly(t: float, first: dt.date, last: dt.date) -> list[StepNew]:
    """A quantity spread over days; the last one takes what rounding to whole kg leaves."""
    days = (last - first).days + 1
    each = round(t / days, 3)
    return [
        StepNew(date=first + dt.timedelta(days=i), t=each if i < days - 1 else round(t - each * (days - 1), 3))
        for i in range(days)
    ]


class Draft:
    """What is offered so far.

    Attributes:
        own: the listing that is the visitor's own end.
        pays: whether the visitor pays (else the other side does).
        price: CNY per t, never negative.
    """

    def __init__(self, visitor: Visitor, target: ListingView, own: ListingView) -> None:
        self.visitor, self.target = visitor, target
        self.pays = own.side == "demand"
        self.price: float | None = None
        self.haul_by = "buyer"
        self.message = ""
        self.hours: float | None = 48.0
        self.fields: dict[str, Any] = {}
        self.choose(own)

    def choose(self, own: ListingView) -> None:
        """Another of one's own listings: what both have left, on the days they share."""
        self.own = own
        self.most = min(own.left_t, self.target.left_t)
        self.t: float | None = self.most
        self.first: dt.date | None = max(own.window_from, self.target.window_from)
        self.last: dt.date | None = min(own.window_to, self.target.window_to)

    @property
    def own_side(self) -> str:
        """The side that the visitor is on."""
        return self.own.side

    def terms(self) -> Terms | None:
        """The terms; None, and the fields say why, when something is missing."""
        needed = {"t": self.t, "price": self.price, "first": self.first, "last": self.last, "hours": self.hours}
        for name, value in needed.items():
            self.fields[name].error = self.visitor.say("post.needed") if value is None else None
        if self.t is None or self.price is None or self.first is None or self.last is None or self.hours is None:
            return None
        if not 0 <= (self.last - self.first).days < MOST_DAYS:
            self.fields["last"].error = self.visitor.say("offer.days")
            return None
        buyer_pays = self.pays == (self.own_side == "demand")
        price = Decimal(str(self.price))
        return Terms.model_validate(
            {
                "schedule": evenly(self.t, self.first, self.last),
                "price": price if buyer_pays else -price,
                "haul_by": self.haul_by,
                "message": self.message,
                "hours": self.hours,
            }
        )

    def show_faults(self, problem: ApiProblem) -> None:
        """Puts each fault at its field."""
        names = {"schedule": "t", "own_listing_id": "own"}
        for error in problem.errors:
            name = error.field.split(".")[0]
            field = self.fields.get(names.get(name, name))
            if field is not None:
                field.error = self.visitor.say("problem.at_field", message=error.message)

    @ui.refreshable_method
    def total(self) -> None:
        """What it comes to."""
        visitor = self.visitor
        if not self.t or self.price is None:
            return
        key = "matches.nothing" if not self.price else "matches.pay" if self.pays else "matches.receive"
        with box(f"money {'out' if self.pays else 'in'}", role="status"):
            text(visitor.say(key), "soft")
            with box("between"):
                text(yuan(visitor.language, self.price * self.t, cents=False), "sum")
                text(per_t(visitor, Decimal(str(self.price))), "soft")


def _set(draft: Draft, name: str) -> Callable[[Any], None]:
    def keep(event: Any) -> None:
        setattr(draft, name, getattr(event, "value", event))
        draft.total.refresh()

    return keep


def _form(draft: Draft, send: Callable[[Terms], Awaitable[Any]]) -> None:
    """Quantity, price, days, haul and a message; the sum below."""
    visitor = draft.visitor

    async def sent() -> None:
        terms = draft.terms()
        if terms is None:
            return
        try:
            await send(terms)
        except ApiProblem as problem:
            draft.show_faults(problem)
            raise
        ui.navigate.to("/matches?offered=1")

    with box("card stack", "section"):
        most = visitor.say("offer.most", t=tonnes(visitor.language, draft.most))
        draft.fields["t"] = ui.number(
            visitor.say("offer.t"), value=draft.t, min=0, on_change=_set(draft, "t")
        ).props(f'outlined inputmode=decimal hint="{most}"')  # fmt: skip
        with box("pair"):
            for name, limit in (("first", draft.first), ("last", draft.last)):
                draft.fields[name] = date_field(visitor.say(f"offer.{name}"), limit, _set(draft, name))
    with box("card stack", "section"):
        ways = {"pay": visitor.say("offer.i_pay"), "receive": visitor.say("offer.i_receive")}
        choice(
            ways,
            "pay" if draft.pays else "receive",
            lambda way: _set(draft, "pays")(way == "pay"),
            label=visitor.say("col.price"),
            even=True,
        )
        draft.fields["price"] = ui.number(
            visitor.say("offer.price"), value=draft.price, min=0, on_change=_set(draft, "price")
        ).props("outlined inputmode=decimal")  # fmt: skip
        payers = {side: visitor.say(f"offer.haul_{side}") for side in ("buyer", "seller")}
        choice(payers, draft.haul_by, _set(draft, "haul_by"), label=visitor.say("offer.haul"), even=True)
        text(visitor.say("offer.haul_lead"), "note")
        draft.total()
    with box("card stack", "section"):
        draft.fields["hours"] = ui.number(
            visitor.say("offer.hours"), value=draft.hours, min=1, max=MOST_HOURS, on_change=_set(draft, "hours")
        ).props("outlined inputmode=numeric")  # fmt: skip
        ui.textarea(visitor.say("offer.message"), on_change=_set(draft, "message")).props(
            "outlined autogrow maxlength=1000"
        )
    button(visitor, visitor.say("offer.send"), sent, kind="primary large", icon="send")


def _about(visitor: Visitor, known: dict[str, MaterialView], target: ListingView) -> None:
    """The listing that the offer is on."""
    names = "、" if visitor.language == "zh" else ", "
    rows = [
        (visitor.say("col.material"), names.join(material_name(visitor, known, id_) for id_ in target.materials)),
        (visitor.say("col.free"), tonnes(visitor.language, target.left_t)),
        (visitor.say("col.dates"), window(visitor, target.window_from, target.window_to)),
        (visitor.say("col.organisation"), target.organisation),
    ]
    reserve = reserve_of(target)
    if reserve is not None:
        rows.append((visitor.say(f"col.reserve_{target.side}"), per_t(visitor, reserve)))
    with box("card stack", "section"):
        text(target.name, "title", "h2")
        facts(rows)


def _target(client: Client, id_: str) -> tuple[ListingView, list[ListingView]]:
    """A listing, and those of one's own that could be the other end."""
    target = client.listings.get(id_)
    return target, [row for row in client.listings.search(mine=True) if fits(row, target)]


@page("/offer/{id}", "offer", roles=TRADERS)
async def offer(visitor: Visitor, request: Request) -> None:
    """An offer on a listing."""
    target, own = await ask(_target, visitor.client, request.path_params["id"])
    known = await materials(visitor)
    heading(visitor.say("nav.offer"), visitor.say("offer.lead"))
    with box("narrow stack"):
        _about(visitor, known, target)
        if not own:
            with empty("inventory_2", visitor.say("offer.none"), visitor.say(f"offer.none_{target.side}")):
                text(visitor.say("nav.post"), "button primary", "a", href="/post")
            return
        draft = Draft(visitor, target, own[0])

        @ui.refreshable
        def terms() -> None:
            _form(draft, send)

        async def send(agreed: Terms) -> None:
            new = OfferNew(**agreed.model_dump(), listing_id=target.id, own_listing_id=draft.own.id)
            await ask(visitor.client.offers.make, new)

        def chose(event: Any) -> None:
            draft.choose(next(row for row in own if row.id == event.value))
            terms.refresh()

        titles = {row.id: f"{row.name} · {tonnes(visitor.language, row.left_t)}" for row in own}
        ui.select(titles, label=visitor.say("offer.own"), value=own[0].id, on_change=chose).props("outlined")
        terms()


@page("/offers/{id}/counter", "counter", roles=TRADERS)
async def counter(visitor: Visitor, request: Request) -> None:
    """Other terms, as an answer to an offer."""
    answered = await ask(visitor.client.offers.get, request.path_params["id"])
    target = await ask(visitor.client.listings.get, answered.own_listing_id)
    own = await ask(visitor.client.listings.get, answered.listing_id)
    known = await materials(visitor)
    heading(visitor.say("nav.counter"), visitor.say("offer.counter_lead", price=number(float(abs(answered.price)), 2)))
    draft = Draft(visitor, target, own)
    draft.t, draft.price, draft.haul_by = answered.t, float(abs(answered.price)), answered.haul_by
    draft.first, draft.last = answered.schedule[0].date, answered.schedule[-1].date
    draft.pays = (answered.price >= 0) == (own.side == "demand")

    async def send(terms: Terms) -> None:
        await ask(visitor.client.offers.counter, answered, terms)

    with box("narrow stack"):
        _about(visitor, known, target)
        _form(draft, send)
