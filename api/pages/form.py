"""The form of a lot to be posted: what was entered, the quote for it, the faults at their fields."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from nicegui import ui
from pydantic import ValidationError

from api.client import ApiProblem
from api.kernel.geography import Location
from api.listings.schemas import ListingNew
from api.materials.schemas import MaterialView
from api.pages.marketmap import MarketMap
from api.pages.parts import box, text
from api.pages.quoted import draw_quote, draw_summary
from api.pages.session import FAILURES, Visitor, ask, problem_text
from api.pages.texts import number, tonnes, yuan
from api.pages.things import material_name, truckloads
from api.quotes.schemas import QuoteNew, QuoteView
from api.sites.schemas import SiteView

DENSITY = {"m3_bank": "bank_t_m3", "m3_loose": "loose_t_m3", "m3_compacted": "compacted_t_m3"}
SHOW_FIRST_FAULT = """
const fault = document.querySelector(".q-field--error, .fault:not(:empty)");
fault?.closest("details")?.setAttribute("open", "");
fault?.scrollIntoView({block: "center"});
"""
SETTLE_SECONDS = 0.6  # how long nobody types before a quote is asked for


class Form:
    """What the visitor has entered so far."""

    def __init__(
        self, visitor: Visitor, known: dict[str, MaterialView], sites: list[SiteView], recent: list[str]
    ) -> None:
        self.visitor, self.known, self.sites, self.recent = visitor, known, sites, recent
        today = visitor.platform.clock.today()
        self.side = "supply"
        self.materials: list[str] = []
        self.quantity: float | None = None
        self.unit = "m3_bank"
        self.place: tuple[float, float] | None = None
        self.crs = "wgs84"
        self.site_id: str | None = None
        self.first: dt.date | None = today + dt.timedelta(days=1)
        self.last: dt.date | None = today + dt.timedelta(days=14)
        self.grade = "2"
        self.market_price = True
        self.price: str = ""
        self.name = ""
        self.note = ""
        self.auto_accept = False
        self.photos: list[str] = []
        self.certificate_id: str | None = None
        self.quote: QuoteView | None = None
        self.problem = ""
        self.asking = False
        self.asked_for: dict[str, Any] = {}
        self.fields: dict[str, Any] = {}
        self.map: MarketMap | None = None
        self._asked = 0

    @property
    def ready(self) -> bool:
        """Whether everything is there that a quote needs."""
        return bool(self.materials and self.quantity and self.quantity > 0 and self.place and self.first and self.last)

    @property
    def t(self) -> float | None:
        """The quantity in t, by its first material."""
        density = self.density()
        return None if density is None or self.quantity is None else self.quantity * density

    def density(self) -> float | None:
        """t per unit of the first material; None where that volume state has no meaning for it."""
        if not self.materials:
            return None
        name = DENSITY.get(self.unit)
        return 1.0 if name is None else getattr(self.known[self.materials[0]], name)

    def fits(self, unit: str) -> bool:
        """Whether the unit has a meaning for every material: aggregate has no bank volume, slurry no compacted one."""
        name = DENSITY.get(unit)
        return name is None or all(getattr(self.known[id_], name) is not None for id_ in self.materials)

    def own_price(self) -> Decimal | None:
        """The reserve price that was typed; None at the market's price.

        Raises:
            ValueError: it is no number.
        """
        typed = self.price.replace(",", "").replace("，", "").strip()
        if self.market_price or not typed:
            return None
        try:
            return Decimal(typed)
        except InvalidOperation:
            raise ValueError("reserve") from None

    def lot(self) -> dict[str, Any]:
        """What quote and listing have in common.

        Raises:
            ValueError: the price is no number.
        """
        assert self.place is not None
        return {
            "side": self.side,
            "materials": self.materials,
            "grade": self.grade,
            "quantity": self.quantity,
            "unit": self.unit,
            "location": Location(lon=self.place[0], lat=self.place[1], crs=self.crs),
            "window_from": self.first,
            "window_to": self.last,
            "reserve": self.own_price(),
        }

    def listing_name(self) -> str:
        """The name given, else the site's, else the material's."""
        if self.name.strip():
            return self.name.strip()
        site = next((site.name for site in self.sites if site.id == self.site_id), "")
        return site or material_name(self.visitor, self.known, self.materials[0])

    async def changed(self) -> None:
        """Converts at once, and asks for a quote when nothing has changed for a moment."""
        self.conversion.refresh()
        self._asked += 1
        mine = self._asked
        await asyncio.sleep(SETTLE_SECONDS)
        if mine == self._asked:
            await self.ask_quote()

    async def ask_quote(self) -> None:
        """Where it would go, on today's market; an answer to what has changed meanwhile is not shown."""
        self.quote, self.problem, self.asking = None, "", self.ready
        self.clear_faults()
        self.draw_answer()
        if not self.ready:
            return
        mine, failure = self._asked, None
        try:
            quote = await self._asked_quote(self.lot())
        except (*FAILURES, ValueError) as problem:
            quote, failure = None, problem
        if mine != self._asked:
            return
        self.quote, self.asking = quote, False
        if isinstance(failure, FAILURES):
            self.problem = problem_text(self.visitor, failure)
        if isinstance(failure, ApiProblem):
            self.show_faults(failure)
        elif isinstance(failure, ValueError):
            self.show_wrong(failure)
        self.draw_answer()

    async def _asked_quote(self, lot: dict[str, Any]) -> QuoteView:
        """A quote; at the market's price the limit is what the nearest legal place costs: nobody need pay more."""
        client = self.visitor.client
        quote = await ask(client.quotes.ask, QuoteNew(**lot))
        if self.market_price and quote.nearest is not None:
            limit = -quote.nearest.cost if self.side == "supply" else quote.nearest.cost
            quote = await ask(client.quotes.ask, QuoteNew(**{**lot, "reserve": limit}))
        self.asked_for = lot
        return quote

    async def post(self) -> None:
        """Opens the listing and goes to it."""
        self.clear_faults()
        if self.missing():
            return
        try:
            lot = self.lot()
            if self.market_price:
                if self.quote is None or self.asked_for != lot:
                    await self.ask_quote()
                lot["reserve"] = None if self.quote is None else self.quote.lot.reserve
            new = ListingNew(
                **lot, name=self.listing_name(), site_id=self.site_id, note=self.note,
                auto_accept=self.auto_accept, photo_ids=self.photos,
                certificate_id=self.certificate_id, open=True,
            )  # fmt: skip
        except ValueError as error:
            self.show_wrong(error)
            return
        try:
            await ask(self.visitor.client.listings.create, new)
        except ApiProblem as problem:
            self.show_faults(problem)
            ui.run_javascript(SHOW_FIRST_FAULT)
            raise
        ui.navigate.to("/listings?posted=1")

    def missing(self) -> bool:
        """Says at each field what is still needed."""
        needed = {
            "material": self.materials,
            "quantity": self.quantity,
            "location": self.place,
            "window_from": self.first,
            "window_to": self.last,
        }
        lacking = [field for field, value in needed.items() if not value]
        for field in lacking:
            self.fault(field, self.visitor.say("post.needed"))
        if lacking:
            ui.run_javascript(SHOW_FIRST_FAULT)
        return bool(lacking)

    def show_faults(self, problem: ApiProblem) -> None:
        """Puts each fault that the API found at its field."""
        for error in problem.errors:
            self._show_fault(error.field.split(".")[0], error.message)

    def show_wrong(self, error: ValueError) -> None:
        """Puts what cannot even be asked at its field: no number, or beyond what the API takes."""
        if not isinstance(error, ValidationError):
            self.fault("reserve", self.visitor.say("post.no_number"))
            return
        for fault in error.errors():
            self._show_fault(str(fault["loc"][0]) if fault["loc"] else "window_to", fault["msg"])

    def _show_fault(self, field: str, message: str) -> None:
        other = self.visitor.say("problem.at_field", message=message)
        self.fault(field, self.visitor.say(f"fault.{field}", default=other, message=message))

    def fault(self, field: str, message: str) -> None:
        """One fault at its field."""
        shown = self.fields.get("material" if field == "materials" else field)
        if isinstance(shown, ui.label):
            shown.set_text(message)
        elif shown is not None:
            shown.error = message

    def clear_faults(self) -> None:
        """No faults any more."""
        for shown in self.fields.values():
            if isinstance(shown, ui.label):
                shown.set_text("")
            else:
                shown.error = None

    @ui.refreshable_method
    def conversion(self) -> None:
        """The quantity as t and as truckloads."""
        if self.t is None:
            text(self.visitor.say("post.convert_hint"), "note")
            return
        loads = truckloads(self.known[self.materials[0]], self.t)
        t = tonnes(self.visitor.language, self.t)
        text(self.visitor.say("post.converted", t=t, loads=number(loads)), "converted", aria_live="polite")

    def draw_answer(self) -> None:
        """Draws what depends on the quote."""
        self.answer.refresh()
        self.summary.refresh()
        self.limit.refresh()

    @ui.refreshable_method
    def answer(self) -> None:
        """The quote, or what is still missing for it."""
        if self.asking:
            with box("row"):
                ui.spinner(size="1.6em")
                text(self.visitor.say("post.wait"), "soft")
        else:
            draw_quote(self.visitor, self.quote, self.problem)

    @ui.refreshable_method
    def summary(self) -> None:
        """The quote in two lines, beside the button on a phone."""
        if self.asking:
            text(self.visitor.say("post.wait"), "soft")
        else:
            draw_summary(self.visitor, self.quote, self.problem)

    @ui.refreshable_method
    def limit(self) -> None:
        """What the reserve price means."""
        visitor, quote = self.visitor, self.quote
        if not self.market_price:
            text(visitor.say(f"post.own_{self.side}"), "note")
        elif quote is None or quote.nearest is None:
            text(visitor.say(f"post.market_{self.side}"), "note")
        else:
            cost = yuan(visitor.language, quote.nearest.cost)
            text(visitor.say(f"post.limit_{self.side}", cost=cost, place=quote.nearest.place), "note")
