"""What the clearings proposed, to accept or decline; and what is agreed, with whom to call."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import islice

from fastapi import Request
from nicegui import ui

from api.client import Client
from api.deals.schemas import DealView
from api.materials.schemas import MaterialView
from api.offers.schemas import OfferView
from api.pages.frame import TRADERS, page
from api.pages.parts import box, button, confirmed, empty, facts, heading, pill, text
from api.pages.session import FAILURES, Visitor, ask, tell_problem
from api.pages.texts import day, number, span, tonnes, yuan
from api.pages.things import material_name, materials, per_t
from api.proposals.schemas import ProposalState, ProposalView

Match = ProposalView | DealView | OfferView
MOST_SHOWN = 100
LOOK_SECONDS = 20.0
SHOWN: tuple[ProposalState, ...] = ("open", "waiting", "declined", "lapsed")  # agreed ones are deals
TONES = {"open": "accent", "agreed": "good", "waiting": "fair", "declined": "bad", "lapsed": ""}


class Matches:
    """Proposals and deals of a visitor."""

    def __init__(self, visitor: Visitor, known: dict[str, MaterialView]) -> None:
        self.visitor, self.known = visitor, known
        self.proposals: list[ProposalView] = []
        self.deals: list[DealView] = []
        self.offers: list[OfferView] = []

    async def load(self) -> None:
        """Reads them all."""
        self.proposals, self.deals, self.offers = await ask(self._read, self.visitor.client)

    def _read(self, client: Client) -> tuple[list[ProposalView], list[DealView], list[OfferView]]:
        found = [row for state in SHOWN for row in islice(client.proposals.all(state=state), MOST_SHOWN)]
        offers = list(islice(client.offers.all(state="open"), MOST_SHOWN))
        return found, list(islice(client.deals.all(), MOST_SHOWN)), offers

    def sells(self, match: Match) -> bool:
        """Whether the visitor gives the material away (or takes it)."""
        return self.visitor.me is not None and match.seller_id == self.visitor.me.organisation_id

    @ui.refreshable_method
    def cards(self) -> None:
        """Proposals that wait for an answer, then what is agreed, then what is over."""
        visitor = self.visitor
        waiting = [p for p in self.proposals if p.state in ("open", "waiting")]
        text(visitor.say("matches.open", n=len(waiting)), "section", "h2")
        if waiting:
            with box("cards"):
                for proposal in waiting:
                    self._proposal(proposal)
        else:
            with box("card"):
                empty("handshake", visitor.say("matches.none"), visitor.say("matches.none_lead"))
        if self.offers:
            text(visitor.say("offer.open", n=len(self.offers)), "section", "h2")
            with box("cards"):
                for offer in self.offers:
                    self._offer(offer)
        text(visitor.say("matches.deals", n=len(self.deals)), "section", "h2")
        if self.deals:
            with box("cards"):
                for deal in self.deals:
                    self._deal(deal)
        else:
            text(visitor.say("matches.no_deals"), "soft")
        over = [p for p in self.proposals if p.state in ("declined", "lapsed")]
        if over:
            with box("more", "details"):
                text(visitor.say("matches.over", n=len(over)), "", "summary")
                with box("cards"):
                    for proposal in over:
                        self._proposal(proposal)

    def _proposal(self, proposal: ProposalView) -> None:
        visitor = self.visitor
        sells = self.sells(proposal)
        own = proposal.seller_answer if sells else proposal.buyer_answer
        with box("card stack match", "article"):
            with box("between"):
                pill(visitor.say(f"proposal.{proposal.state}"), TONES[proposal.state])
                if proposal.state == "open":
                    self._time_left(proposal.closes_at)
            self._what(proposal, sells)
            self._money(proposal.seller_price if sells else proposal.buyer_price, proposal.t, sells)
            why = proposal.why_zh if visitor.language == "zh" else proposal.why_en
            if why:
                text(why, "why", "p")
            self._schedule(proposal)
            if proposal.state == "open" and not own:
                with box("answers"):
                    button(
                        visitor,
                        visitor.say("matches.decline"),
                        lambda: self._answer(proposal, "decline"),
                        kind="danger",
                    )
                    button(
                        visitor, visitor.say("matches.accept"), lambda: self._answer(proposal, "accept"), kind="primary"
                    )
            elif own == "accepted" and proposal.state == "open":
                text(visitor.say("matches.accepted_waiting"), "notice fair")

    def _offer(self, offer: OfferView) -> None:
        visitor = self.visitor
        sells = self.sells(offer)
        made = visitor.me is not None and offer.from_id == visitor.me.organisation_id
        with box("card stack match", "article"):
            with box("between"):
                pill(visitor.say("offer.made" if made else "offer.got"), "" if made else "accent")
                self._time_left(offer.expires_at)
            self._what(offer, sells)
            self._money(offer.price, offer.t, sells)
            text(f"{offer.buyer if sells else offer.seller} · {visitor.say(f'offer.haul_{offer.haul_by}')}", "soft")
            if offer.message:
                text(offer.message, "why", "p")
            self._schedule(offer)
            with box("row end offer-answers"):
                if made:
                    self._offer_button(offer, "withdraw", "danger")
                else:
                    self._offer_button(offer, "decline", "danger")
                    text(visitor.say("nav.counter"), "button", "a", href=f"/offers/{offer.id}/counter")
                    self._offer_button(offer, "accept", "primary")

    def _offer_button(self, offer: OfferView, event: str, kind: str) -> None:
        table = "listings" if event == "withdraw" else "matches"
        label = self.visitor.say(f"{table}.{event}")

        async def answer() -> None:
            visitor = self.visitor
            lead = visitor.say(f"offer.{event}_lead")
            if not await confirmed(visitor, visitor.say(f"offer.{event}_ask"), label, detail=lead):
                return
            answered = await ask(getattr(visitor.client.offers, event), offer)
            await self._told(visitor.say(f"offer.told_{answered.state}"))

        button(self.visitor, label, answer, kind=kind)

    def _deal(self, deal: DealView) -> None:
        visitor = self.visitor
        sells = self.sells(deal)
        with box("card stack match agreed", "article"):
            with box("between"):
                pill(visitor.say("proposal.agreed"), "good")
                text(visitor.say("matches.tolerance", share=number(100 * deal.tolerance)), "soft")
            self._what(deal, sells)
            self._money(deal.seller_price if sells else deal.buyer_price, deal.t, sells)
            contact = deal.buyer_contact if sells else deal.seller_contact
            if contact is not None:
                with box("contact"):
                    text(visitor.say("matches.contact"), tag="h3")
                    text(deal.buyer if sells else deal.seller, "strong")
                    text(contact.name)
                    if contact.phone:
                        text(contact.phone, "", "a", href=f"tel:{contact.phone.replace(' ', '')}")
                    if contact.email:
                        text(contact.email, "", "a", href=f"mailto:{contact.email}")
            self._schedule(deal)

    def _what(self, match: Match, sells: bool) -> None:
        visitor = self.visitor
        other = match.buyer_place if sells else match.seller_place
        own = match.seller_place if sells else match.buyer_place
        text(visitor.say("matches.to" if sells else "matches.from", place=other), "title", "h3")
        material = material_name(visitor, self.known, match.material)
        what = visitor.say("matches.what", t=tonnes(visitor.language, match.t), material=material, own=own)
        if isinstance(match, ProposalView):
            what += " · " + visitor.say("matches.km", km=number(match.km, 1))
        text(what, "soft")

    def _money(self, price: Decimal | None, t: float, sells: bool) -> None:
        """Their own price, per t and in all, and which way the money goes."""
        visitor = self.visitor
        if price is None:
            return
        receives = (price > 0) == sells and price != 0
        key = "matches.nothing" if price == 0 else "matches.receive" if receives else "matches.pay"
        with box(f"money {'in' if receives else 'out'}"):
            text(visitor.say(key), "soft")
            with box("between"):
                text(yuan(visitor.language, abs(price) * Decimal(str(t)), cents=False), "sum")
                text(per_t(visitor, abs(price)), "soft")

    def _schedule(self, match: Match) -> None:
        visitor = self.visitor
        dates = [step.date for step in match.schedule]
        with box("more", "details"):
            summary = (
                day(visitor.language, dates[0])
                if len(dates) == 1
                else visitor.say(
                    "matches.when",
                    first=day(visitor.language, dates[0]),
                    last=day(visitor.language, dates[-1]),
                    n=len(dates),
                )
            )
            text(summary, "", "summary")
            facts((day(visitor.language, step.date), tonnes(visitor.language, step.t)) for step in match.schedule)

    def _time_left(self, end: dt.datetime | None) -> None:
        if end is None:
            return
        visitor = self.visitor
        left = end - visitor.platform.clock.now()
        if left <= dt.timedelta(0):
            text(visitor.say("time.over"), "soft")
        else:
            text(visitor.say("time.left", span=span(visitor.language, left)), "soft")

    async def _answer(self, proposal: ProposalView, event: str) -> None:
        visitor = self.visitor
        question = visitor.say(f"matches.{event}_ask")
        if not await confirmed(
            visitor, question, visitor.say(f"matches.{event}"), detail=visitor.say(f"matches.{event}_lead")
        ):
            return
        client = visitor.client.proposals
        answered = await ask(client.accept if event == "accept" else client.decline, proposal)
        await self._told(visitor.say(f"matches.told_{answered.state}"))

    async def _told(self, message: str) -> None:
        ui.notify(message, type="positive", position="top")
        await self.load()
        self.cards.refresh()

    async def look(self) -> None:
        """Shows what has come meanwhile."""
        before = self._versions()
        try:
            await self.load()
        except FAILURES as problem:
            tell_problem(self.visitor, problem)
            return
        if self._versions() != before:
            self.cards.refresh()

    def _versions(self) -> list[tuple[str, int]]:
        return [(p.id, p.version) for p in self.proposals] + [
            (each.id, each.version) for rows in (self.deals, self.offers) for each in rows
        ]


@page("/matches", "matches", roles=TRADERS)
async def matches(visitor: Visitor, request: Request) -> None:
    """Proposals first, deals below."""
    found = Matches(visitor, await materials(visitor))
    await found.load()
    heading(visitor.say("nav.matches"), visitor.say("matches.lead"))
    if "offered" in request.query_params:
        text(visitor.say("offer.sent"), "notice good", role="status")
    found.cards()
    ui.timer(LOOK_SECONDS, found.look, immediate=False)
