"""Listings with their states: one's own to withdraw or close, for those who oversee the market all of them."""

from __future__ import annotations

from itertools import islice

from fastapi import Request
from nicegui import ui

from api.client import Client
from api.listings.schemas import ListingView, State
from api.materials.schemas import MaterialView
from api.pages.frame import OVERSEERS, TRADERS, page
from api.pages.parts import box, button, choice, confirmed, empty, heading, pill, plain_button, text
from api.pages.session import Visitor, ask
from api.pages.texts import tonnes
from api.pages.things import (
    SEEN_T,
    STATE_TONES,
    listing_icon,
    material_name,
    materials,
    per_t,
    quantity,
    reserve_of,
    window,
)

MOST_SHOWN = 200
LISTED = 30
PAST: tuple[State, ...] = ("closed", "withdrawn", "expired")


class Listings:
    """The list that a visitor sees, and what may be done to it."""

    def __init__(self, visitor: Visitor, known: dict[str, MaterialView]) -> None:
        self.visitor, self.known = visitor, known
        self.mine = visitor.role not in OVERSEERS
        self.past = False
        self.listed = LISTED
        self.rows: list[ListingView] = []

    async def load(self) -> None:
        """Reads them, newest first."""
        self.rows = await ask(self._read, self.visitor.client)

    def _read(self, client: Client) -> list[ListingView]:
        if self.mine:
            return list(islice(client.listings.search(mine=True), MOST_SHOWN))
        states: tuple[State | None, ...] = PAST if self.past else (None, "matched")
        found = [row for state in states for row in islice(client.listings.search(state=state), MOST_SHOWN)]
        return sorted(found, key=lambda row: row.id, reverse=True)

    async def show(self, which: str) -> None:
        """Those that live, or those that are over."""
        self.past, self.listed = which == "past", LISTED
        await self.load()
        self.cards.refresh()

    @ui.refreshable_method
    def cards(self) -> None:
        """One card each."""
        visitor = self.visitor
        shown = [row for row in self.rows if (row.state in PAST) == self.past]
        if not shown:
            with empty("inventory_2", visitor.say("listings.none"), visitor.say("listings.none_lead")):
                if visitor.may("listings:write") and not self.past:
                    text(visitor.say("nav.post"), "button primary", "a", href="/post")
            return
        with box("cards"):
            for row in shown[: self.listed]:
                self._card(row)
        if len(shown) > self.listed:
            plain_button(visitor.say("frame.more"), self._more)

    def _more(self) -> None:
        self.listed += LISTED
        self.cards.refresh()

    def _card(self, row: ListingView) -> None:
        visitor = self.visitor
        with box("card stack listing", "article"):
            with box("between"):
                with box("row tight"):
                    listing_icon(self.known, row)
                    text(visitor.say(f"side.{row.side}"), "soft", "span")
                pill(visitor.say(f"state.{row.state}"), STATE_TONES[row.state])
            text(row.name, "title", "h2")
            names = "、" if visitor.language == "zh" else ", "
            what = names.join(material_name(visitor, self.known, m) for m in row.materials)
            text(f"{what} · {quantity(visitor, row)}", "soft")
            text(window(visitor, row.window_from, row.window_to), "soft")
            reserve = reserve_of(row)
            if reserve is not None:
                text(f"{visitor.say(f'col.reserve_{row.side}')} {per_t(visitor, reserve)}", "soft")
            if not row.mine:
                text(row.organisation, "soft")
            self._shares(row)
            if row.mine and row.state not in PAST:
                self._events(row)

    def _events(self, row: ListingView) -> None:
        """What its owner may do with it in its present state."""
        visitor = self.visitor
        if row.private is not None and row.private.reserved_t > 0:
            text(visitor.say("listings.answer_first"), "button small", "a", href="/matches")
            return
        with box("row end"):
            if row.state == "draft":
                button(visitor, visitor.say("listings.open"), lambda: self._open(row), kind="small primary")
            if row.state in ("draft", "open"):
                button(
                    visitor, visitor.say("listings.withdraw"), lambda: self._end(row, "withdraw"), kind="small danger"
                )
            else:
                button(visitor, visitor.say("listings.close"), lambda: self._end(row, "close"), kind="small")

    def _shares(self, row: ListingView) -> None:
        """How much is agreed, held by open proposals, and free: as a bar and in words."""
        if row.private is None:
            return
        parts = [("agreed", row.private.committed_t), ("held", row.private.reserved_t), ("free", row.left_t)]
        with box("bar-of", aria_hidden="true"):
            for name, t in parts:
                if t >= SEEN_T:
                    box(f"part {name}", style=f"flex-grow: {t:.3f}")
        with box("row shares"):
            for name, t in parts:
                if t >= SEEN_T:
                    with box("row tight"):
                        box(f"swatch {name}", "i", aria_hidden="true")
                        text(f"{self.visitor.say(f'listings.{name}')} {tonnes(self.visitor.language, t)}", "", "span")

    async def _open(self, row: ListingView) -> None:
        await ask(self.visitor.client.listings.open, row)
        await self.load()
        self.cards.refresh()

    async def _end(self, row: ListingView, event: str) -> None:
        visitor = self.visitor
        question = visitor.say(f"listings.{event}_ask", name=row.name)
        if not await confirmed(
            visitor, question, visitor.say(f"listings.{event}"), detail=visitor.say(f"listings.{event}_lead")
        ):
            return
        await ask(getattr(visitor.client.listings, event), row)  # withdraw or close
        await self.load()
        self.cards.refresh()


async def _draw(visitor: Visitor, request: Request) -> None:
    rows = Listings(visitor, await materials(visitor))
    await rows.load()
    title = visitor.say("nav.listings" if rows.mine else "nav.market")
    heading(title, visitor.say("listings.lead" if rows.mine else "listings.lead_all"))
    if "posted" in request.query_params:
        text(visitor.say("listings.posted"), "notice good", role="status")
    which = {"live": visitor.say("listings.live"), "past": visitor.say("listings.past")}
    choice(which, "live", rows.show, label=visitor.say("listings.which"))
    rows.cards()


@page("/listings", "listings", roles=(*TRADERS, *OVERSEERS))
async def listings(visitor: Visitor, request: Request) -> None:
    """The list, with a switch between those that live and those that are over."""
    await _draw(visitor, request)
