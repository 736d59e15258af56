"""Direct offers between two listings, outside clearings.

    open → accepted | declined | countered | withdrawn | expired

Only the addressee accepts, declines or counters, only the maker withdraws. Nothing is held by an offer; a listing's
quantity is looked at, under lock, when it is accepted. A counter-offer is a new offer in the same thread with the
roles turned round.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, or_, select

from api.deals.models import Deal
from api.deals.schemas import Step
from api.deals.service import strike
from api.kernel.geography import km_between
from api.kernel.preconditions import Precondition
from api.kernel.problems import (
    ClosedWindow,
    FieldFault,
    ForeignResource,
    Invalid,
    OverCommitted,
    WrongState,
    invalid,
)
from api.kernel.quantities import density
from api.kernel.repository import Repository
from api.kernel.types import round_cny, to_kg, to_t
from api.kernel.work import Audience, Work
from api.listings import service as listings
from api.listings.models import Listing
from api.listings.repository import ListingRepository
from api.offers.models import Offer
from api.offers.schemas import OfferNew, OfferView, Terms
from api.proposals.days import of_buyer, overfull, used_by_day
from api.sides import Sides

EXPIRED_AT_ONCE = 500


class OfferRepository(Repository[Offer]):
    """The two parties' and the overseers'."""

    model, noun = Offer, "offer"

    def _owned_by(self, organisation_id: str) -> ColumnElement[bool]:
        return or_(Offer.from_id == organisation_id, Offer.to_id == organisation_id)

    def owners(self, row: Offer) -> tuple[str | None, ...]:
        """Both parties."""
        return row.from_id, row.to_id


@dataclass(frozen=True)
class Ends:
    """The two listings of an offer."""

    supply: Listing
    demand: Listing


def make(work: Work, new: OfferNew) -> Offer:
    """Offers on somebody's listing.

    Raises:
        NotFound, ForeignResource (own_listing_id), Invalid with every fault, WrongState, ClosedWindow, OverCommitted.
    """
    theirs = ListingRepository(work).get(new.listing_id)
    own = ListingRepository(work).get_own(new.own_listing_id, lock=False)
    if work.caller.owns(theirs.organisation_id):
        raise invalid("listing_id", "is your own listing")
    if theirs.side == own.side:
        raise invalid("own_listing_id", f"is a {own.side} as well; a deal has a supply and a demand")
    ends = Ends(theirs, own) if theirs.side == "supply" else Ends(own, theirs)
    row = _offer(work, new, ends, from_id=own.organisation_id, to_id=theirs.organisation_id)
    row.listing_id, row.own_listing_id = theirs.id, own.id
    OfferRepository(work).add(row)
    row.thread_id = row.id
    work.session.flush()
    _tell(work, row, "made")
    return row


def counter(work: Work, id_: str, terms: Terms, precondition: Precondition) -> Offer:
    """Answers an offer with another one.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState, ClosedWindow, Invalid, OverCommitted.
    """
    earlier = _addressed(work, id_, precondition)
    row = _offer(work, terms, _ends(work, earlier), from_id=earlier.to_id, to_id=earlier.from_id)
    row.listing_id, row.own_listing_id = str(earlier.own_listing_id), earlier.listing_id
    row.thread_id, row.parent_id = earlier.thread_id, earlier.id
    _end(work, earlier, "countered")
    OfferRepository(work).add(row)
    _tell(work, row, "made")
    return row


def accept(work: Work, id_: str, precondition: Precondition) -> Offer:
    """Makes the deal; accepting again changes nothing.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState, ClosedWindow, OverCommitted.
    """
    row = OfferRepository(work).get_own(id_)
    if row.state == "accepted" and work.caller.owns(row.to_id):
        return row
    _refuse_unless_addressed(work, row, precondition)
    locked = listings.lock(work, (row.listing_id, row.own_listing_id))
    for listing in locked.values():
        listings.refuse_unless_trading(work, listing)
    ends = _ends(work, row)
    buyer_kg = _taken(work, ends.demand, row.material, row.kg)
    _refuse_other_days(work, row, ends, buyer_kg)
    haul = _haul(work, ends)
    row.state, row.updated_at = "accepted", work.clock.now()
    strike(
        work,
        Deal(
            offer_id=row.id,
            seller_id=row.seller_id,
            buyer_id=row.buyer_id,
            seller_listing_id=ends.supply.id,
            buyer_listing_id=ends.demand.id,
            material=row.material,
            grade=row.grade,
            kg=row.kg,
            buyer_kg=buyer_kg,
            seller_price=row.price - (haul if row.haul_by == "seller" else 0),
            buyer_price=row.price + (haul if row.haul_by == "buyer" else 0),
            haul=haul,
            externality=Decimal(0),
            haul_by=row.haul_by,
            schedule=row.schedule,
            tolerance=row.tolerance,
            created_at=work.clock.now(),
        ),
        reserved=False,
    )
    _tell(work, row, "accepted")
    return row


def decline(work: Work, id_: str, precondition: Precondition) -> Offer:
    """Says no.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState, ClosedWindow.
    """
    return _end(work, _addressed(work, id_, precondition), "declined")


def _refuse_other_days(work: Work, row: Offer, ends: Ends, buyer_kg: int) -> None:
    """The locked listings must still be there on the days of an offer, and have some of those days left.

    Raises:
        ClosedWindow, OverCommitted.
    """
    dates = [dt.date.fromisoformat(step["date"]) for step in row.schedule]
    used = used_by_day(work, (ends.supply, ends.demand))
    for listing, total in ((ends.supply, row.kg), (ends.demand, buyer_kg)):
        if not listing.window_from <= min(dates) <= max(dates) <= listing.window_to:
            raise ClosedWindow(f"{listing.name} is open from {listing.window_from} to {listing.window_to} now.")
        own = [(step["date"], of_buyer(step["kg"], row.kg, total)) for step in row.schedule]
        date = overfull(listing, used.get(listing.id, {}), own)
        if date is not None:
            raise OverCommitted(f"{listing.name} has less left than that on {date}; see its daily maximum.")


def withdraw(work: Work, id_: str, precondition: Precondition) -> Offer:
    """Takes an offer back before it is answered.

    Raises:
        NotFound, ForeignResource, StaleVersion, WrongState.
    """
    row = OfferRepository(work).get_own(id_)
    precondition.check(row)
    if not work.caller.owns(row.from_id):
        raise ForeignResource("Only who made the offer can withdraw it.")
    if row.state != "open":
        raise WrongState(f"The offer is {row.state}.")
    return _end(work, row, "withdrawn")


def expire(work: Work) -> int:
    """Ends offers that nobody answered in time."""
    query = select(Offer).where(Offer.state == "open", Offer.expires_at <= work.clock.now()).order_by(Offer.id)
    rows = list(
        work.session.execute(query.limit(EXPIRED_AT_ONCE).with_for_update(skip_locked=True, key_share=True)).scalars()
    )
    for row in rows:
        _end(work, row, "expired")
    return len(rows)


def _addressed(work: Work, id_: str, precondition: Precondition) -> Offer:
    row = OfferRepository(work).get_own(id_)
    _refuse_unless_addressed(work, row, precondition)
    return row


def _refuse_unless_addressed(work: Work, row: Offer, precondition: Precondition) -> None:
    precondition.check(row)
    if not work.caller.owns(row.to_id):
        raise ForeignResource("Only whom it was made to can answer the offer.")
    if row.state != "open":
        raise WrongState(f"The offer is {row.state}.")
    if row.expires_at <= work.clock.now():
        raise ClosedWindow(f"The offer could be answered until {row.expires_at.isoformat()}.")


def _ends(work: Work, row: Offer) -> Ends:
    one = work.session.get_one(Listing, row.listing_id)
    other = work.session.get_one(Listing, str(row.own_listing_id))
    return Ends(one, other) if one.side == "supply" else Ends(other, one)


def _offer(work: Work, terms: Terms, ends: Ends, *, from_id: str, to_id: str) -> Offer:
    """An offer on the given terms, checked; its ids are the caller's to set."""
    for listing in (ends.supply, ends.demand):
        listings.refuse_unless_trading(work, listing)
    now = work.clock.now()
    steps = sorted(terms.schedule, key=lambda step: step.date)
    kg = sum(to_kg(step.t) for step in steps)
    faults = _faults(work, terms, ends, kg)
    if faults:
        raise Invalid("; ".join(f"{fault.field}: {fault.message}" for fault in faults), errors=faults)
    taken = _taken(work, ends.demand, ends.supply.material, kg)
    for listing, wanted in ((ends.supply, kg), (ends.demand, taken)):
        if wanted > listing.free_kg:
            raise OverCommitted(f"{listing.name} has {to_t(listing.free_kg):,.3f} t left, not {to_t(wanted):,.3f} t.")
    return Offer(
        thread_id="",
        from_id=from_id,
        to_id=to_id,
        seller_id=ends.supply.organisation_id,
        buyer_id=ends.demand.organisation_id,
        material=ends.supply.material,
        grade=ends.supply.grade,
        kg=kg,
        price=terms.price,
        haul_by=terms.haul_by,
        schedule=[{"date": step.date.isoformat(), "kg": to_kg(step.t)} for step in steps],
        tolerance=terms.tolerance,
        message=terms.message,
        expires_at=min(now + dt.timedelta(hours=terms.hours), work.clock.end_of(steps[0].date)),
        created_at=now,
        updated_at=now,
    )


def _faults(work: Work, terms: Terms, ends: Ends, kg: int) -> list[FieldFault]:
    supply, demand = ends.supply, ends.demand
    faults = []
    for i, step in enumerate(terms.schedule):
        if to_kg(step.t) == 0:
            faults.append(FieldFault(field=f"schedule.{i}.t", message="is less than a kilogram"))
    if supply.material not in demand.materials:
        faults.append(FieldFault(field="listing_id", message=f"{demand.name} does not take {supply.material}"))
    if supply.grade > demand.grade:
        message = f"soil of grade {supply.grade} is not fit for {demand.name}, which takes {demand.grade}"
        faults.append(FieldFault(field="listing_id", message=message))
    first, last = max(supply.window_from, demand.window_from), min(supply.window_to, demand.window_to)
    dates = [step.date for step in terms.schedule]
    if len(set(dates)) < len(dates):
        faults.append(FieldFault(field="schedule", message="names a date twice"))
    for i, date in enumerate(dates):
        if not max(first, work.clock.today()) <= date <= last:
            message = f"{date} lies outside both windows' common days, {first} to {last}"
            faults.append(FieldFault(field=f"schedule.{i}.date", message=message))
    if supply.material in demand.materials:
        taken = _taken(work, demand, supply.material, kg)
        for listing, own in ((supply, kg), (demand, taken)):
            if own < listing.minimum_lot_kg:
                message = f"{listing.name} trades lots of {to_t(listing.minimum_lot_kg):,.3f} t and more"
                faults.append(FieldFault(field="schedule", message=message))
    return faults


def _taken(work: Work, demand: Listing, material: str, kg: int) -> int:
    """kg of the demand's quantity: in m³ each material counts by its own density."""
    units = to_t(kg) / density(work.district.materials[material], demand.unit)
    return round(units * demand.quantity_kg / float(demand.quantity))


def _haul(work: Work, ends: Ends) -> Decimal:
    """CNY/t at the district's rate along the road, or the straight line where no road leads."""
    start, end = (ends.supply.lon, ends.supply.lat), (ends.demand.lon, ends.demand.lat)
    km = work.district.road_km(start, [end])[0]
    return round_cny((km_between(start, end) if km is None else km) * work.district.costs.haul_per_t_km)


def _end(work: Work, row: Offer, state: str) -> Offer:
    row.state, row.updated_at = state, work.clock.now()
    work.session.flush()
    _tell(work, row, state)
    return row


def _tell(work: Work, row: Offer, event: str) -> None:
    shown = {"thread_id": row.thread_id, "state": row.state, "t": to_t(row.kg), "material": row.material}
    work.tell(f"offer.{event}", row.id, to=Audience(organisations=(row.from_id, row.to_id)), shown=shown)


@dataclass(frozen=True)
class _Placed:
    """An offer's two sides in the form that :class:`Sides` reads."""

    seller_id: str
    buyer_id: str
    seller_listing_id: str
    buyer_listing_id: str
    seller_facility_id: None = None
    buyer_facility_id: None = None


def views(work: Work, rows: Sequence[Offer]) -> list[OfferView]:
    """Offers as their parties see them."""
    placed = {row.id: _placed(row) for row in rows}
    sides = Sides(work, list(placed.values()))
    wanted = select(Deal.offer_id, Deal.id).where(Deal.offer_id.in_(placed))
    deals = dict(work.session.execute(wanted).all()) if rows else {}
    return [
        OfferView(
            **{name: getattr(row, name) for name in _PLAIN},
            **sides.named(placed[row.id]),
            t=to_t(row.kg),
            schedule=[Step(date=step["date"], t=to_t(step["kg"])) for step in row.schedule],
            deal_id=deals.get(row.id),
        )
        for row in rows
    ]


def _placed(row: Offer) -> _Placed:
    """Who makes an offer has the own listing."""
    own, theirs = str(row.own_listing_id), row.listing_id
    supply, demand = (own, theirs) if row.seller_id == row.from_id else (theirs, own)
    return _Placed(row.seller_id, row.buyer_id, supply, demand)


_PLAIN = (
    "id", "thread_id", "parent_id", "listing_id", "own_listing_id", "from_id", "to_id", "seller_id", "buyer_id",
    "material", "grade", "price", "haul_by", "tolerance", "message", "state", "expires_at", "created_at", "updated_at",
    "version",
)  # fmt: skip
