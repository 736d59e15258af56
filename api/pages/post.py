"""Posting a listing in under a minute: what, how much, where, when; the quote; then Post."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from fastapi import Request
from nicegui import events, ui

from api.client import ApiProblem, Client
from api.documents.schemas import DocumentKind
from api.kernel.geography import Location
from api.listings.schemas import ListingNew
from api.materials.schemas import MaterialView
from api.pages.frame import TRADERS, page
from api.pages.marketmap import MarketMap
from api.pages.parts import box, button, choice, date_field, heading, plain_button, text
from api.pages.quoted import draw_quote
from api.pages.session import FAILURES, Visitor, ask, problem_text
from api.pages.texts import number, tonnes
from api.pages.things import material_name, materials, truckloads
from api.quotes.schemas import QuoteNew, QuoteView
from api.sites.schemas import SiteView

UNITS = ("m3_bank", "m3_loose", "m3_compacted", "t")
DENSITY = {"m3_bank": "bank_t_m3", "m3_loose": "loose_t_m3", "m3_compacted": "compacted_t_m3"}
RECENT = 4
FILE_ICONS = {"photo": "photo_camera", "certificate": "description"}
SPANS = {"7": 7, "14": 14, "30": 30}
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
        self.price: str = ""
        self.name = ""
        self.note = ""
        self.auto_accept = False
        self.photos: list[str] = []
        self.certificate_id: str | None = None
        self.quote: QuoteView | None = None
        self.problem = ""
        self.asking = False
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

    def lot(self) -> dict[str, Any]:
        """What quote and listing have in common.

        Raises:
            ValueError: the price is no number.
        """
        assert self.place is not None
        try:
            price = Decimal(self.price.replace(",", "").replace("，", "").strip()) if self.price.strip() else None
        except InvalidOperation:
            raise ValueError("reserve") from None
        return {
            "side": self.side,
            "materials": self.materials,
            "grade": self.grade,
            "quantity": self.quantity,
            "unit": self.unit,
            "location": Location(lon=self.place[0], lat=self.place[1], crs=self.crs),
            "window_from": self.first,
            "window_to": self.last,
            "reserve": price,
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
        """Where it would go, on today's market."""
        self.quote, self.problem = None, ""
        self.clear_faults()
        if self.ready:
            mine = self._asked
            self.asking = True
            self.answer.refresh()
            try:
                quote = await ask(self.visitor.client.quotes.ask, QuoteNew(**self.lot()))
            except ApiProblem as problem:
                self.show_faults(problem)
                self.problem = problem_text(self.visitor, problem)
            except ValueError:
                self.fault("reserve", self.visitor.say("post.no_number"))
            else:
                if mine != self._asked:
                    return
                self.quote = quote
            self.asking = False
        self.answer.refresh()

    async def post(self) -> None:
        """Opens the listing and goes to it."""
        self.clear_faults()
        if self.missing():
            return
        try:
            new = ListingNew(
                **self.lot(), name=self.listing_name(), site_id=self.site_id, note=self.note,
                auto_accept=self.auto_accept, photo_ids=self.photos,
                certificate_id=self.certificate_id, open=True,
            )  # fmt: skip
        except ValueError:
            self.fault("reserve", self.visitor.say("post.no_number"))
            return
        try:
            await ask(self.visitor.client.listings.create, new)
        except ApiProblem as problem:
            self.show_faults(problem)
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
        return bool(lacking)

    def show_faults(self, problem: ApiProblem) -> None:
        """Puts each fault at its field."""
        for error in problem.errors:
            self.fault(error.field.split(".")[0], self.visitor.say("problem.at_field", message=error.message))

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

    @ui.refreshable_method
    def answer(self) -> None:
        """The quote, or what is still missing for it."""
        if self.asking:
            with box("row", role="status"):
                ui.spinner(size="1.6em")
                text(self.visitor.say("post.wait"), "soft")
        else:
            draw_quote(self.visitor, self.quote, self.problem)


@page("/post", "post", roles=TRADERS)
async def post(visitor: Visitor, request: Request) -> None:
    """The form on one page, the quote beside or below it."""
    known = await materials(visitor)
    sites, recent = await ask(_own, visitor.client)
    form = Form(visitor, known, sites, recent)
    heading(visitor.say("post.title"), visitor.say("post.lead"))
    with box("posting"):
        with box("stack form"):
            _what(form)
            _how_much(form)
            _where(form)
            _when(form)
            _more(form)
        with box("aside stack"):
            with box("card quote", "section", aria_label=visitor.say("quote.title")):
                text(visitor.say("quote.title"), tag="h2")
                form.answer()
            with box("submit"):
                button(visitor, visitor.say("post.post"), form.post, kind="primary large", icon="check")


def _own(client: Client) -> tuple[list[SiteView], list[str]]:
    """One's sites, and the materials one posted last."""
    sites = [site for site in client.sites.all() if site.active]
    recent: dict[str, None] = {}
    for listing in islice(client.listings.search(mine=True), 30):
        recent[listing.materials[0]] = None
    return sites, list(recent)[:RECENT]


def _set(form: Form, field: str, convert: Callable[[Any], Any] = lambda value: value) -> Callable[..., Any]:
    """A handler that keeps a value and lets the form react."""

    async def keep(event: Any) -> None:
        value = getattr(event, "value", event)
        setattr(form, field, convert(value))
        await form.changed()

    return keep


def _what(form: Form) -> None:
    visitor, known = form.visitor, form.known
    names = {
        id_: material_name(visitor, known, id_) for id_ in [*form.recent, *(m for m in known if m not in form.recent)]
    }

    async def chose(event: events.ValueChangeEventArguments[Any]) -> None:
        value = event.value or []
        form.materials = list(value) if isinstance(value, list) else [value]
        if not form.fits(form.unit):
            form.fields["unit"].value = next(unit for unit in UNITS if form.fits(unit))
        await form.changed()

    async def set_side(side: str) -> None:
        form.side, form.materials = side, []
        form.unit = "m3_bank" if side == "supply" else "m3_compacted"
        form.fields["unit"].value = form.unit
        form.fields["reserve"].props["label"] = visitor.say(f"post.price_{side}")
        field.refresh()
        await form.changed()

    @ui.refreshable
    def field() -> None:
        many = form.side == "demand"
        select = ui.select(
            names,
            label=visitor.say("post.materials" if many else "post.material"),
            with_input=True,
            multiple=many,
            value=form.materials if many else None,
            on_change=chose,
        ).props(f"outlined {'use-chips' if many else ''}")
        form.fields["material"] = select
        if form.recent:
            with box("choice", role="group", aria_label=visitor.say("post.recent")):
                for id_ in form.recent:
                    ui.button(
                        names[id_],
                        on_click=lambda _, id_=id_: select.set_value([*form.materials, id_] if many else id_),
                        color=None,
                    ).props("flat no-caps")

    with box("card stack", "section"):
        sides = {side: visitor.say(f"post.{side}") for side in ("supply", "demand")}
        choice(sides, form.side, set_side, label=visitor.say("col.side"), even=True)
        field()


def _how_much(form: Form) -> None:
    visitor = form.visitor
    with box("card stack", "section"):
        with box("pair"):
            form.fields["quantity"] = ui.number(
                visitor.say("col.quantity"), min=0, on_change=_set(form, "quantity")
            ).props("outlined inputmode=decimal")
            units = {unit: visitor.say(f"unit.{unit}") for unit in UNITS}
            form.fields["unit"] = ui.select(
                units, label=visitor.say("col.unit"), value=form.unit, on_change=_set(form, "unit")
            ).props("outlined")
        form.conversion()


def _where(form: Form) -> None:
    visitor = form.visitor

    async def moved(lon: float, lat: float, crs: str = "wgs84", site: SiteView | None = None) -> None:
        form.place, form.crs, form.site_id = (round(lon, 6), round(lat, 6)), crs, site.id if site else None
        assert form.map is not None
        form.map.pick(lon, lat)
        lon_field.value, lat_field.value, crs_field.value = form.place[0], form.place[1], crs
        await form.changed()

    async def typed() -> None:
        if lon_field.value is None or lat_field.value is None:
            return
        if form.place == (lon_field.value, lat_field.value) and form.crs == crs_field.value:
            return
        form.place, form.crs, form.site_id = (lon_field.value, lat_field.value), crs_field.value, None
        assert form.map is not None
        form.map.pick(*form.place)
        await form.changed()

    with box("card stack", "section"):
        text(visitor.say("post.where"), "label")
        if form.sites:
            with box("choice", role="group", aria_label=visitor.say("post.my_sites")):
                for site in form.sites:
                    at = site.location
                    ui.button(
                        site.name, on_click=lambda _, at=at, site=site: moved(at.lon, at.lat, "wgs84", site), color=None
                    ).props("flat no-caps")
        with box("mapbox"):
            form.map = MarketMap(visitor, on_place=moved)
        text(visitor.say("post.where_hint"), "note")
        form.fields["location"] = ui.label("").classes("fault")
        with box("more", "details"):
            text(visitor.say("post.coordinates"), "", "summary")
            with box("triple"):
                lon_field = ui.number(visitor.say("col.lon"), format="%.6f", on_change=typed).props("outlined")
                lat_field = ui.number(visitor.say("col.lat"), format="%.6f", on_change=typed).props("outlined")
                systems = {crs: visitor.say(f"crs.{crs}") for crs in ("wgs84", "gcj02", "bd09")}
                crs_field = ui.select(systems, label=visitor.say("col.crs"), value="wgs84", on_change=typed).props(
                    "outlined"
                )


def _when(form: Form) -> None:
    visitor = form.visitor

    def set_span(days: str) -> None:
        if form.first is not None:
            form.fields["window_to"].value = (form.first + dt.timedelta(days=SPANS[days] - 1)).isoformat()

    with box("card stack", "section"):
        with box("pair"):
            form.fields["window_from"] = date_field(visitor.say("post.from"), form.first, _set(form, "first"))
            form.fields["window_to"] = date_field(visitor.say("post.to"), form.last, _set(form, "last"))
        choice({key: visitor.say(f"post.span_{key}") for key in SPANS}, "14", set_span, label=visitor.say("col.dates"))


def _more(form: Form) -> None:
    visitor = form.visitor
    with box("card more", "details"):
        text(visitor.say("post.more"), "", "summary")
        with box("stack"):
            form.fields["reserve"] = ui.input(
                visitor.say(f"post.price_{form.side}"),
                placeholder=visitor.say("post.price_hint"),
                on_change=_set(form, "price", str),
            ).props("outlined inputmode=text")
            grades = {grade: visitor.say(f"grade.{grade}") for grade in ("1", "2")}
            form.fields["grade"] = ui.select(
                grades, label=visitor.say("col.grade"), value=form.grade, on_change=_set(form, "grade")
            ).props("outlined")
            form.fields["name"] = (
                ui.input(visitor.say("col.name")).props("outlined maxlength=200").bind_value_to(form, "name")
            )
            form.fields["note"] = (
                ui.textarea(visitor.say("col.note")).props("outlined autogrow").bind_value_to(form, "note")
            )
            ui.checkbox(visitor.say("post.auto_accept")).bind_value_to(form, "auto_accept")
            _files(form)


def _files(form: Form) -> None:
    """A photo, and the certificate that soil of the first grade needs."""
    _file(form, "photo", "image/*", lambda id_: form.photos.append(id_))
    _file(form, "certificate", "application/pdf,image/*", lambda id_: setattr(form, "certificate_id", id_))


def _file(form: Form, kind: DocumentKind, accept: str, keep: Callable[[str], None]) -> None:
    visitor = form.visitor

    async def uploaded(event: events.UploadEventArguments) -> None:
        fault.set_text("")
        data = await event.file.read()
        try:
            document = await ask(visitor.client.documents.upload, data, event.file.name, kind)
        except FAILURES as problem:
            fault.set_text(problem_text(visitor, problem))
            return
        keep(document.id)
        names.set_text(" · ".join(filter(None, (names.text, document.filename))))

    def refused() -> None:
        fault.set_text(visitor.say("problem.too-large"))

    most = visitor.platform.settings.upload_mb * 1_000_000
    upload = ui.upload(auto_upload=True, on_upload=uploaded, on_rejected=refused, max_file_size=most)
    upload.props(f'accept="{accept}"').classes("hidden")
    with box("row"):
        plain_button(visitor.say(f"post.{kind}"), lambda: upload.run_method("pickFiles"), icon=FILE_ICONS[kind])
        names = ui.label("").classes("soft")
    fault = ui.label("").classes("fault")
    form.fields[{"photo": "photo_ids", "certificate": "certificate_id"}[kind]] = fault
