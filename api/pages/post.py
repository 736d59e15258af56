"""Posting a listing in under a minute: what, how much, where, when; the quote; then Post."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import islice
from typing import Any

from fastapi import Request
from nicegui import events, ui

from api.client import Client
from api.documents.schemas import DocumentKind
from api.facilities.schemas import FacilityView
from api.pages.form import Form
from api.pages.frame import TRADERS, page
from api.pages.marketmap import MarketMap
from api.pages.parts import box, button, choice, date_field, heading, plain_button, text
from api.pages.session import FAILURES, Visitor, ask, problem_text
from api.pages.things import facility_mark, material_name, materials
from api.sites.schemas import SiteView

UNITS = ("m3_bank", "m3_loose", "m3_compacted", "t")
RECENT = 4
FILE_ICONS = {"photo": "photo_camera", "certificate": "description"}
SPANS = {"7": 7, "14": 14, "30": 30}


@page("/post", "post", roles=TRADERS)
async def post(visitor: Visitor, request: Request) -> None:
    """The form on one page, the quote beside or below it."""
    known = await materials(visitor)
    sites, recent, facilities = await ask(_own, visitor.client)
    form = Form(visitor, known, sites, recent)
    heading(visitor.say("post.title"), visitor.say("post.lead"))
    with box("posting"):
        with box("stack form"):
            _what(form)
            _how_much(form)
            _where(form, facilities)
            _when(form)
            _price(form)
            _more(form)
        with box("aside stack"):
            with box("card quote", "section", id="quote", aria_label=visitor.say("quote.title"), aria_live="polite"):
                text(visitor.say("quote.title"), tag="h2")
                form.answer()
            with box("submit"):
                with box("summary", "a", href="#quote"):
                    form.summary()
                button(visitor, visitor.say("post.post"), form.post, kind="primary large", icon="check")


def _own(client: Client) -> tuple[list[SiteView], list[str], list[FacilityView]]:
    """One's sites, the materials one posted last, and the facilities, to find one's way on the map."""
    sites = [site for site in client.sites.all() if site.active]
    recent: dict[str, None] = {}
    for listing in islice(client.listings.search(mine=True), 30):
        recent[listing.materials[0]] = None
    return sites, list(recent)[:RECENT], list(client.facilities.all())


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
        form.limit.refresh()
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


def _where(form: Form, facilities: list[FacilityView]) -> None:
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
            form.map.show(facility_mark(visitor, each) for each in facilities)
        text(visitor.say("post.where_hint_sites" if form.sites else "post.where_hint"), "note")
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


def _price(form: Form) -> None:
    visitor = form.visitor

    async def set_mode(mode: str) -> None:
        form.market_price = mode == "market"
        form.fields["reserve"].set_visibility(not form.market_price)
        form.limit.refresh()
        await form.changed()

    with box("card stack", "section"):
        modes = {mode: visitor.say(f"post.price_{mode}") for mode in ("market", "own")}
        choice(modes, "market", set_mode, label=visitor.say("col.price"), even=True)
        field = ui.input(visitor.say(f"post.price_{form.side}"), on_change=_set(form, "price", str))
        form.fields["reserve"] = field.props("outlined inputmode=text")
        field.set_visibility(False)
        form.limit()


def _more(form: Form) -> None:
    visitor = form.visitor
    with box("card more", "details"):
        text(visitor.say("post.more"), "", "summary")
        with box("stack"):
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
