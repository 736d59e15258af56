"""Asking the live market where a lot would go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from api.facilities.models import Facility
from api.kernel.problems import FieldFault, Invalid, from_input_error
from api.kernel.quantities import mass_kg
from api.kernel.types import round_cny, to_t
from api.kernel.work import Work
from api.listings.models import Listing
from api.quotes.market import Quoting, Snapshot
from api.quotes.models import Quote
from api.quotes.repository import QuoteRepository
from api.quotes.schemas import NearestView, PlacementView, PricesView, QuoteNew, QuoteView
from optimizer.errors import Fault, InputError
from optimizer.quotes import Lot
from optimizer.quotes import Quote as Told

# fields of optimizer.lots.Lot → of a quote's lot
FIELDS = {"lon, lat": "location", "first": "window_from", "last": "window_to", "material": "materials"}


@dataclass(frozen=True)
class Answer:
    """What the market said, and which market; ``late`` when the lot's dates lie outside the market's."""

    held: Snapshot
    told: Told
    late: bool


def ask(work: Work, quoting: Quoting, new: QuoteNew) -> Answer:
    """Tries a lot on the live market; nothing is written.

    Raises:
        Invalid with every fault, RefusedMaterial, UnknownCoordinateSystem, Busy: there is no market yet.
    """
    faults: list[FieldFault] = []
    materials = [work.district.material(name, f"materials.{i}") for i, name in enumerate(new.materials)]
    for i, material in enumerate(materials):
        mass_kg(material, new.quantity, new.unit, "quantity" if i == 0 else f"materials.{i}", faults)
    if faults:
        raise Invalid("; ".join(fault.message for fault in faults), errors=faults)
    place = new.location.columns()
    held = quoting.snapshot()
    lot = Lot(
        side=new.side,
        lon=float(place["lon"]),
        lat=float(place["lat"]),
        materials=tuple(material.id for material in materials),
        quantity=new.quantity,
        first=new.window_from,
        last=new.window_to,
        unit=new.unit,
        grade=new.grade,
        daily_max=new.daily_max,
        reserve=None if new.reserve is None else float(new.reserve),
    )
    late = lot.first > held.last_date or lot.last < held.start
    if late:  # asked as if it were for the days that there are prices for; the answer says so
        lot = replace(lot, first=held.start, last=held.last_date)
    try:
        told = held.market.quote(lot)
    except InputError as error:
        renamed = (Fault(f.file, f.row, FIELDS.get(f.column, f.column), f.message) for f in error.faults)
        raise from_input_error(InputError(replace(fault, file="") for fault in renamed)) from None
    return Answer(held, told, late)


def store(work: Work, quoting: Quoting, new: QuoteNew, answer: Answer) -> QuoteView:
    """Keeps an answer and shows it."""
    held, told = answer.held, answer.told
    now = work.clock.now()
    names = _names(work, told)
    why_zh, why_en = told.why.zh, told.why.en
    if answer.late:
        days_zh, days_en = f"{held.start} 至 {held.last_date}", f"{held.start} to {held.last_date}"
        why_zh = f"现有价格只到{days_zh}，按这几天估算；之后由届时的撮合决定。{why_zh}"
        why_en = f"There are prices for {days_en} only; this is what those days would give. {why_en}".strip()
    row = QuoteRepository(work).add(
        Quote(organisation_id=work.caller.organisation_id, lot=new.model_dump(mode="json"), answer={}, created_at=now)
    )
    view = QuoteView(
        id=row.id,
        lot=new,
        t=round(told.placed_t + told.unplaced_t, 3),
        placed_t=round(told.placed_t, 3),
        unplaced_t=round(told.unplaced_t, 3),
        price=None if told.price is None else round_cny(told.price),
        placements=[
            PlacementView(
                place_id=part.place,
                place=names.get(part.place, part.place),
                date=part.date,
                material=part.material,
                grade=part.grade,
                t=round(part.t, 3),
                km=round(part.km, 3),
                price=round_cny(part.price),
            )
            for part in told.placements
        ],
        nearest=None
        if told.nearest is None
        else NearestView(
            place_id=told.nearest.place,
            place=names.get(told.nearest.place, told.nearest.place),
            km=round(told.nearest.km, 3),
            cost=round_cny(told.nearest.cost),
        ),
        saving_per_t=None if told.saving_per_t is None else round_cny(told.saving_per_t),
        saving=None if told.saving is None else round_cny(told.saving),
        why_zh=why_zh,
        why_en=why_en,
        prices=PricesView(
            as_of=held.as_of,
            age_seconds=max(0.0, (now - held.as_of).total_seconds()),
            clearing_id=held.clearing_id,
            first_date=held.start,
            last_date=held.last_date,
            listings_since=quoting.opened_since(held),
        ),
        created_at=now,
    )
    row.answer = view.model_dump(mode="json")
    work.tell("quote.asked", row.id, t=to_t(round(view.t * 1000)))
    return view


def _names(work: Work, told: Told) -> dict[str, str]:
    """Names of the places in an answer; listings and facilities on the market are public."""
    ids: set[str] = {part.place for part in told.placements}
    if told.nearest is not None:
        ids.add(told.nearest.place)
    names: dict[str, str] = {}
    models: tuple[Any, ...] = (Listing, Facility)
    for model in models:
        names |= dict(work.session.execute(select(model.id, model.name).where(model.id.in_(ids))).all())
    return names
